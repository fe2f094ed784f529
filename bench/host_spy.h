/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks at the calls that a vSMMU makes of its host. There is one spy in a process, on one
 * host at a time.
 */
#ifndef BENCH_HOST_SPY_H
#define BENCH_HOST_SPY_H

#include <sys/types.h>

#include "host/host.h"

enum spied_call {
	SPIED_PARENT_ALLOC,
	SPIED_VIOMMU_ALLOC,
	SPIED_VDEVICE_ALLOC,
	SPIED_NESTED_ALLOC,
	SPIED_ATTACH,
	SPIED_DETACH,
	SPIED_VEVENTQ_ALLOC,
	SPIED_VEVENTQ_CLOSE,
	SPIED_HW_INFO,
	SPIED_INVALIDATE,
	SPIED_DESTROY,
};

/**
 * struct host_spy - who is told
 * @before: called before each call, by the thread that makes it; may block
 * @after: called after it, by the same thread
 * @read: reads a vEVENTQ in place of @source, which it has to ask
 * @opaque: for all three, any of which may be NULL
 */
struct host_spy {
	void (*before)(void *opaque, enum spied_call call);
	void (*after)(void *opaque, enum spied_call call);
	ssize_t (*read)(
		void *opaque, const struct veventq_source *source, void *buffer, size_t length);
	void *opaque;
};

/*
 * From here to host_spy_end() the calls of @host go by @spy, which is copied; vEVENTQs that
 * were made meanwhile still do so afterwards. The simulator does not know the host until
 * host_spy_end(): no vsmmu_sim_...() works on it.
 */
void host_spy_begin(struct vsmmu_host *host, const struct host_spy *spy);
void host_spy_end(struct vsmmu_host *host);

#endif
