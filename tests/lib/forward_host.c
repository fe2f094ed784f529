/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/forward_host.h"

#include <stdlib.h>

struct forward_host {
	struct vsmmu_host host;
	struct vsmmu_host *inner;
	int (*before)(void *opaque, enum forward_call call, uint32_t count);
	void *opaque;
	bool split;
};

/* Return: 0 with the host behind, or -errno. */
static int ask(
	struct vsmmu_host *host, enum forward_call call, uint32_t count, struct vsmmu_host **inner)
{
	const struct forward_host *forward = (struct forward_host *)host;

	*inner = forward->inner;
	return forward->before(forward->opaque, call, count);
}

static int parent_alloc(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t *out)
{
	struct vsmmu_host *inner;
	int ret = ask(host, FORWARD_PARENT_ALLOC, 0, &inner);

	return ret ? ret : inner->ops->parent_alloc(inner, endpoint, out);
}

static int viommu_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t parent_id, uint32_t *out)
{
	struct vsmmu_host *inner;
	int ret = ask(host, FORWARD_VIOMMU_ALLOC, 0, &inner);

	return ret ? ret : inner->ops->viommu_alloc(inner, endpoint, parent_id, out);
}

static int vdevice_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, uint32_t vsid, uint32_t *out)
{
	struct vsmmu_host *inner;
	int ret = ask(host, FORWARD_VDEVICE_ALLOC, 0, &inner);

	return ret ? ret : inner->ops->vdevice_alloc(inner, endpoint, viommu_id, vsid, out);
}

static int nested_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, const uint64_t ste[2], uint32_t *out)
{
	struct vsmmu_host *inner;
	int ret = ask(host, FORWARD_NESTED_ALLOC, 0, &inner);

	return ret ? ret : inner->ops->nested_alloc(inner, endpoint, viommu_id, ste, out);
}

static int attach(struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t pt_id)
{
	struct vsmmu_host *inner;
	int ret = ask(host, FORWARD_ATTACH, 0, &inner);

	return ret ? ret : inner->ops->attach(inner, endpoint, pt_id);
}

static int detach(struct vsmmu_host *host, const struct host_endpoint *endpoint)
{
	struct vsmmu_host *inner;
	int ret = ask(host, FORWARD_DETACH, 0, &inner);

	return ret ? ret : inner->ops->detach(inner, endpoint);
}

static int veventq_alloc(
	struct vsmmu_host *host, uint32_t viommu_id, uint32_t depth, struct host_veventq *out)
{
	struct vsmmu_host *inner;
	int ret = ask(host, FORWARD_VEVENTQ_ALLOC, 0, &inner);

	return ret ? ret : inner->ops->veventq_alloc(inner, viommu_id, depth, out);
}

static void veventq_close(struct vsmmu_host *host, struct host_veventq *veventq)
{
	struct vsmmu_host *inner = ((struct forward_host *)host)->inner;

	inner->ops->veventq_close(inner, veventq);
}

static int hw_info(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, struct host_hw_info *out)
{
	struct vsmmu_host *inner;
	int ret = ask(host, FORWARD_HW_INFO, 0, &inner);

	return ret ? ret : inner->ops->hw_info(inner, endpoint, out);
}

static int invalidate_whole(struct vsmmu_host *host, uint32_t viommu_id,
	const uint64_t (*command)[2], uint32_t count, uint32_t *handled)
{
	struct vsmmu_host *inner;
	int ret = ask(host, FORWARD_INVALIDATE, count, &inner);

	return ret ? ret : inner->ops->invalidate(inner, viommu_id, command, count, handled);
}

static int invalidate(struct vsmmu_host *host, uint32_t viommu_id, const uint64_t (*command)[2],
	uint32_t count, uint32_t *handled)
{
	int ret = 0;

	if (!((struct forward_host *)host)->split)
		return invalidate_whole(host, viommu_id, command, count, handled);
	*handled = 0;
	for (uint32_t i = 0; !ret && i < count; i++) {
		uint32_t one = 0;

		ret = invalidate_whole(host, viommu_id, &command[i], 1, &one);
		*handled += one;
	}
	return ret;
}

static int destroy(struct vsmmu_host *host, uint32_t id)
{
	struct vsmmu_host *inner;
	int ret = ask(host, FORWARD_DESTROY, 0, &inner);

	return ret ? ret : inner->ops->destroy(inner, id);
}

static void free_host(struct vsmmu_host *host)
{
	vsmmu_host_unref(((struct forward_host *)host)->inner);
	free(host);
}

struct vsmmu_host *forward_host_new(struct vsmmu_host *inner,
	int (*before)(void *opaque, enum forward_call call, uint32_t count), void *opaque)
{
	static const struct host_ops ops = {
		.name = "forward",
		.parent_alloc = parent_alloc,
		.viommu_alloc = viommu_alloc,
		.vdevice_alloc = vdevice_alloc,
		.nested_alloc = nested_alloc,
		.attach = attach,
		.detach = detach,
		.veventq_alloc = veventq_alloc,
		.veventq_close = veventq_close,
		.hw_info = hw_info,
		.invalidate = invalidate,
		.destroy = destroy,
		.free = free_host,
	};
	struct forward_host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->host.ops = &ops;
	host->host.vmid_per_viommu = inner->vmid_per_viommu;
	atomic_init(&host->host.refs, 1);
	host->inner = inner;
	host->before = before;
	host->opaque = opaque;
	return &host->host;
}

void forward_host_split(struct vsmmu_host *host, bool split)
{
	((struct forward_host *)host)->split = split;
}
