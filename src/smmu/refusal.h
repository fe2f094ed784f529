/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A public call that is refused says why, exactly once: refuse() does so where the reason is found,
 * and refusal_end() when the call returns, if nothing was reported before.
 */
#ifndef SMMU_REFUSAL_H
#define SMMU_REFUSAL_H

#include "smmu/report.h"

/* Reports why a call is refused with @error. Return: @error. */
int refuse(struct vsmmu *vsmmu, uint64_t vsid, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Copies a caller's structure into @to, of @size bytes, see sized_copy_in(); a report calls it
 * @name. Return: 0; -EINVAL or -E2BIG, reported.
 */
int refusal_copy_in(struct vsmmu *vsmmu, void *to, const void *from, size_t size, const char *name);

/*
 * Reports that @call returns @error, unless that is 0 or this thread has reported a reason since
 * report_made() gave @made. Return: @error.
 */
int refusal_end(struct vsmmu *vsmmu, unsigned int made, uint64_t vsid, int error, const char *call);

#endif
