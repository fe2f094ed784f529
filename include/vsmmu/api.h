/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every public header of libvsmmu needs these: symbol visibility and the version. These rules hold
 * for all of them:
 *
 * Sizes. A structure that crosses the ABI begins with its size, which the caller sets to sizeof,
 * for results as well; all others of its members may be left 0. Later versions add members at its
 * end, never above 4096 bytes in all. Of an older caller's config what is missing is 0; a newer
 * caller's is -E2BIG when what this version does not know is not 0. Results are filled up to the
 * caller's size, and 0 beyond the library's. A size that nobody can have set is -EINVAL. Members
 * called reserved must be 0, else -EINVAL, and are 0 in results.
 *
 * In C a designated initialiser does it, { .size = sizeof(config), .ops = &ops }; in C++20 too,
 * with the members in the header's order. For g++ with -Wextra, and for earlier C++, begin with {}
 * and assign.
 *
 * NULL. A handle, a config or a place for a result that is NULL is -EINVAL, or what the function
 * returns for nothing, unless its description says that it may be NULL.
 *
 * Refusals. A call that a vSMMU refuses says why in a report, once: mostly VSMMU_REPORT_UNFIT, with
 * the error's name and the member's. vsmmu_new() can do so if the config and the ops have a size;
 * functions that only ask, vsmmu_get_stats() and the like, never do.
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
