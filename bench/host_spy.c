/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_spy.h"

#include <errno.h>
#include <stdlib.h>

#include "vmm.h"

static struct host_spy spy;
static const struct host_ops *real;
static struct host_ops spied; /* a copy: calls that this file does not know go through */

static void before(enum spied_call call)
{
	if (spy.before)
		spy.before(spy.opaque, call);
}

/* Return: @ret. */
static int after(enum spied_call call, int ret)
{
	if (spy.after)
		spy.after(spy.opaque, call);
	return ret;
}

static int parent_alloc(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t *out)
{
	before(SPIED_PARENT_ALLOC);
	return after(SPIED_PARENT_ALLOC, real->parent_alloc(host, endpoint, out));
}

static int viommu_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t parent_id, uint32_t *out)
{
	before(SPIED_VIOMMU_ALLOC);
	return after(SPIED_VIOMMU_ALLOC, real->viommu_alloc(host, endpoint, parent_id, out));
}

static int vdevice_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, uint32_t vsid, uint32_t *out)
{
	before(SPIED_VDEVICE_ALLOC);
	return after(
		SPIED_VDEVICE_ALLOC, real->vdevice_alloc(host, endpoint, viommu_id, vsid, out));
}

static int nested_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, const uint64_t ste[2], uint32_t *out)
{
	before(SPIED_NESTED_ALLOC);
	return after(SPIED_NESTED_ALLOC, real->nested_alloc(host, endpoint, viommu_id, ste, out));
}

static int attach(struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t pt_id,
	enum vsmmu_attach_purpose purpose)
{
	before(SPIED_ATTACH);
	return after(SPIED_ATTACH, real->attach(host, endpoint, pt_id, purpose));
}

static int detach(struct vsmmu_host *host, const struct host_endpoint *endpoint)
{
	before(SPIED_DETACH);
	return after(SPIED_DETACH, real->detach(host, endpoint));
}

static ssize_t read_spied(void *source, void *buffer, size_t length)
{
	return spy.read(spy.opaque, source, buffer, length);
}

static int veventq_alloc(
	struct vsmmu_host *host, uint32_t viommu_id, uint32_t depth, struct host_veventq *out)
{
	int ret;

	before(SPIED_VEVENTQ_ALLOC);
	ret = after(SPIED_VEVENTQ_ALLOC, real->veventq_alloc(host, viommu_id, depth, out));
	if (!ret && spy.read) {
		struct veventq_source *source = malloc(sizeof(*source));

		bench_check(source ? 0 : -ENOMEM, "memory");
		*source = out->source;
		out->source = (struct veventq_source){.read = read_spied, .ctx = source};
	}
	return ret;
}

static void veventq_close(struct vsmmu_host *host, struct host_veventq *veventq)
{
	before(SPIED_VEVENTQ_CLOSE);
	real->veventq_close(host, veventq);
	after(SPIED_VEVENTQ_CLOSE, 0);
}

static int hw_info(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, struct host_hw_info *out)
{
	before(SPIED_HW_INFO);
	return after(SPIED_HW_INFO, real->hw_info(host, endpoint, out));
}

static int invalidate(struct vsmmu_host *host, uint32_t viommu_id, const uint64_t (*command)[2],
	uint32_t count, uint32_t *handled)
{
	before(SPIED_INVALIDATE);
	return after(SPIED_INVALIDATE, real->invalidate(host, viommu_id, command, count, handled));
}

static int destroy(struct vsmmu_host *host, uint32_t id)
{
	before(SPIED_DESTROY);
	return after(SPIED_DESTROY, real->destroy(host, id));
}

void host_spy_begin(struct vsmmu_host *host, const struct host_spy *who)
{
	spy = *who;
	real = host->ops;
	spied = *real;
	spied.parent_alloc = parent_alloc;
	spied.viommu_alloc = viommu_alloc;
	spied.vdevice_alloc = vdevice_alloc;
	spied.nested_alloc = nested_alloc;
	spied.attach = attach;
	spied.detach = detach;
	spied.veventq_alloc = veventq_alloc;
	spied.veventq_close = veventq_close;
	spied.hw_info = hw_info;
	spied.invalidate = invalidate;
	spied.destroy = destroy;
	host->ops = &spied;
}

void host_spy_end(struct vsmmu_host *host)
{
	host->ops = real;
}
