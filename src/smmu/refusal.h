/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A public call that is refused says why, exactly once: each ground with its own words where it is
 * found, and whatever has none when the call returns.
 */
#ifndef SMMU_REFUSAL_H
#define SMMU_REFUSAL_H

#include "smmu/report.h"

/* Tells why a call is refused with @error. Return: @error. */
int refuse(struct vsmmu *vsmmu, uint64_t vsid, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Copies a caller's structure, of @size bytes here and called @name, see sized_copy_in(). Return:
 * 0; -EINVAL or -E2BIG, told.
 */
int refusal_copy_in(struct vsmmu *vsmmu, void *to, const void *from, size_t size, const char *name);

/*
 * Tells that @call returns @error, unless this thread has reported a reason since report_made()
 * gave @made, or there is no error. Return: @error.
 */
int refusal_end(struct vsmmu *vsmmu, unsigned int made, uint64_t vsid, int error, const char *call);

#endif
