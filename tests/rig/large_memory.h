/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * So much memory in the machine's IOAS that making a nesting parent takes long, as it does for
 * a large guest: IOMMU_HWPT_ALLOC maps and pins all of it, IOMMU_DESTROY unpins it.
 */
#ifndef RIG_LARGE_MEMORY_H
#define RIG_LARGE_MEMORY_H

#include "real_machine.h"

/* Something took time; CLOCK_MONOTONIC, in ns. */
struct span {
	uint64_t begin;
	uint64_t end;
};

uint64_t span_now(void);

/* Return: its length in milliseconds. */
double span_ms(const struct span *span);

/*
 * Maps 1 GiB at guest-physical 4 GiB and up, and more until IOMMU_HWPT_ALLOC of a parent takes
 * @least ns; beside another parent it takes longer. Return: 0; -errno; -ERANGE when 16 GiB are too
 * little.
 */
int large_memory_map(struct real_machine *real, uint64_t least);

/*
 * Makes a nesting parent of the whole IOAS, and destroys it. @alloc may be NULL. Return: 0 or
 * -errno.
 */
int large_memory_pin(struct real_machine *real, struct span *alloc);

#endif
