/* SPDX-License-Identifier: BSD-2-Clause */
#include <vsmmu/api.h>

#define TEXT(number)	 #number
#define VERSION(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

const char *vsmmu_version(void)
{
	return VERSION(VSMMU_VERSION_MAJOR, VSMMU_VERSION_MINOR, VSMMU_VERSION_PATCH);
}
