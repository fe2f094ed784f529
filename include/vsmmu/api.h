/* SPDX-License-Identifier: BSD-2-Clause */
/* Every public header of libvsmmu needs these: symbol visibility and the version. */
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
