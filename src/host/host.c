/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/host.h"

#include <errno.h>

struct vsmmu_host *vsmmu_host_ref(struct vsmmu_host *host)
{
	if (host)
		host_ref(host);
	return host;
}

void vsmmu_host_unref(struct vsmmu_host *host)
{
	if (host)
		host_unref(host);
}

bool host_error_passes(int error)
{
	switch (error) {
	case -ETIMEDOUT:
	case -EBUSY:
	case -ENOMEM:
	case -EAGAIN:
	case -EINTR:
		return true;
	default:
		return false;
	}
}
