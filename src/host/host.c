/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/host.h"

#include <errno.h>

struct vsmmu_host *vsmmu_host_ref(struct vsmmu_host *host)
{
	if (!host)
		return NULL;
	atomic_fetch_add_explicit(&host->refs, 1, memory_order_relaxed);
	return host;
}

void vsmmu_host_unref(struct vsmmu_host *host)
{
	if (!host)
		return;
	/* Acquire and release: who frees sees what every former holder wrote. */
	if (atomic_fetch_sub_explicit(&host->refs, 1, memory_order_acq_rel) == 1)
		host->ops->free(host);
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
