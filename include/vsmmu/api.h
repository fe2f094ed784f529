/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All public headers of libvsmmu include this one, for symbol visibility and the version. These
 * rules hold for all of them:
 *
 * Sizes. A structure that crosses the ABI begins with its size, which the caller sets to its
 * sizeof, in results as well. Every other member may be left 0, except where 0 is a value like any
 * other: in a file descriptor it is standard input. Later versions add members at the end, and
 * never make a structure larger than 4096 bytes. Members that an older caller's config lacks are
 * taken as 0; a newer caller's config is -E2BIG if a member that this version does not know is not
 * 0. A result is filled up to the caller's size; members that the library does not know become 0. A
 * size that cannot have been meant, 0 or more than 4096 for instance, is -EINVAL. Members called
 * reserved must be 0, else the call returns -EINVAL; in results they are 0.
 *
 * In C, a designated initialiser does all this: { .size = sizeof(config), .ops = &ops }. C++20 has
 * them too, with the members in the order of the header. For g++ with -Wextra, and before C++20,
 * begin with {} and assign.
 *
 * NULL. A handle, a config or a place for a result that is NULL gives -EINVAL, or what a function
 * that returns no error returns for nothing, unless its description says that it may be NULL.
 *
 * Refusals. A vSMMU that refuses a call says why in one report: usually VSMMU_REPORT_UNFIT, with
 * the name of the error and of the member that is wrong. vsmmu_new() can do so once the config and
 * the ops have a size. These return the error and report nothing: functions that take no vSMMU; a
 * NULL in place of the vSMMU or its object, and -EDEADLK, see <vsmmu/smmu.h>; functions that only
 * ask, such as vsmmu_get_stats(); vsmmu_mmio_read() and vsmmu_mmio_write(), whose -EINVAL is the
 * guest's doing; vsmmu_save(), vsmmu_recover() and vsmmu_drop_parents(), whose errors are of memory
 * or of the host, or a NULL.
 *
 * Names and texts are for people and may change; numbers stay.
 */
#ifndef VSMMU_API_H
#define VSMMU_API_H

#if defined(__GNUC__)
#define VSMMU_API __attribute__((visibility("default")))
#else
#define VSMMU_API
#endif

#define VSMMU_VERSION_MAJOR 0
#define VSMMU_VERSION_MINOR 1
#define VSMMU_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vsmmu_version() - version of the library that is linked, e.g. "0.1.0"
 *
 * Compare with VSMMU_VERSION_* to find a program that runs with another
 * library than it was built for.
 *
 * Return: a string that lives as long as the library; never NULL.
 * Threads: any. Since: 0.1
 */
VSMMU_API const char *vsmmu_version(void);

#ifdef __cplusplus
}
#endif

#endif
