/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls of struct host_ops, one function each, handed on or answered here. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "arch/command.h"
#include "arch/idr.h"
#include "lib/host_interposer_state.h"

/* The physical SMMU of a device; only without a host behind is it known. */
static uint32_t smmu_of(
	const struct host_interposer *interposer, const struct host_endpoint *endpoint)
{
	const uint32_t smmu = endpoint->dev_id / 1000 - 1;

	if (interposer->inner)
		return 0;
	MUST(smmu < HOST_INTERPOSER_SMMUS);
	return smmu;
}

/* A host behind need not have all calls: the rig's has no hw_info. */
#define HAND_ON(interposer, op, ...)                                                               \
	((interposer)->inner->ops->op ? (interposer)->inner->ops->op(__VA_ARGS__) : -EOPNOTSUPP)

/* Without a host behind. @needs: an object that must exist on the same SMMU, or NULL. */
static int make_up(
	struct host_interposer *interposer, uint32_t smmu, const uint32_t *needs, uint32_t *out)
{
	const struct interposed_object on =
		needs ? interposer_object(interposer, *needs) : (struct interposed_object){0};

	if (needs && (on.kind == INTERPOSED_NOTHING || on.smmu != smmu))
		return -EINVAL;
	*out = interposer_new_id(interposer);
	return 0;
}

static void note(struct host_interposer *interposer, int ret, const uint32_t *id,
	struct interposed_object object)
{
	if (ret)
		return;
	interposer_set_object(interposer, *id, object);
}

static int parent_alloc(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t *out)
{
	struct host_interposer *to;
	int ret = interposer_begin(host, HOST_CALL_PARENT_ALLOC, 0, &to);

	if (!ret)
		ret = to->inner ? HAND_ON(to, parent_alloc, to->inner, endpoint, out)
				: make_up(to, smmu_of(to, endpoint), NULL, out);
	note(to, ret, out,
		(struct interposed_object){
			.kind = INTERPOSED_PARENT, .smmu = smmu_of(to, endpoint)});
	return interposer_end(to, ret, "parent");
}

static int viommu_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t parent_id, uint32_t *out)
{
	struct host_interposer *to;
	int ret = interposer_begin(host, HOST_CALL_VIOMMU_ALLOC, 0, &to);

	if (!ret)
		ret = to->inner ? HAND_ON(to, viommu_alloc, to->inner, endpoint, parent_id, out)
				: make_up(to, smmu_of(to, endpoint), &parent_id, out);
	note(to, ret, out,
		(struct interposed_object){
			.kind = INTERPOSED_VIOMMU, .smmu = smmu_of(to, endpoint)});
	return interposer_end(to, ret, "viommu");
}

static int vdevice_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, uint32_t vsid, uint32_t *out)
{
	struct host_interposer *to;
	int ret = interposer_begin(host, HOST_CALL_VDEVICE_ALLOC, 0, &to);

	if (!ret)
		ret = to->inner ? HAND_ON(to, vdevice_alloc, to->inner, endpoint, viommu_id, vsid,
					  out)
				: make_up(to, smmu_of(to, endpoint), &viommu_id, out);
	note(to, ret, out,
		(struct interposed_object){.kind = INTERPOSED_VDEVICE,
			.smmu = smmu_of(to, endpoint),
			.viommu = viommu_id,
			.vsid = vsid});
	return interposer_end(to, ret, "vdevice %" PRIx32, vsid);
}

static int nested_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, const uint64_t ste[2], uint32_t *out)
{
	struct host_interposer *to;
	int ret = interposer_begin(host, HOST_CALL_NESTED_ALLOC, 0, &to);

	if (!ret)
		ret = to->inner
			      ? HAND_ON(to, nested_alloc, to->inner, endpoint, viommu_id, ste, out)
			      : make_up(to, smmu_of(to, endpoint), &viommu_id, out);
	note(to, ret, out,
		(struct interposed_object){.kind = INTERPOSED_NESTED,
			.smmu = smmu_of(to, endpoint),
			.viommu = viommu_id,
			.ste = {ste[0], ste[1]}});
	return interposer_end(to, ret, "nested %" PRIx64 " %" PRIx64, ste[0], ste[1]);
}

static int attach(struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t pt_id,
	enum vsmmu_attach_purpose purpose)
{
	struct host_interposer *to;
	int ret = interposer_begin(host, HOST_CALL_ATTACH, 0, &to);
	const struct interposed_object object = interposer_object(to, pt_id);

	if (!ret && to->inner)
		ret = HAND_ON(to, attach, to->inner, endpoint, pt_id, purpose);
	if (!ret)
		interposer_set_attached(to, endpoint->dev_id, object);
	return interposer_end(to, ret, "attach %s", interposer_kind_name(object.kind));
}

static int detach(struct vsmmu_host *host, const struct host_endpoint *endpoint)
{
	struct host_interposer *to;
	int ret = interposer_begin(host, HOST_CALL_DETACH, 0, &to);

	if (!ret && to->inner)
		ret = HAND_ON(to, detach, to->inner, endpoint);
	if (!ret)
		interposer_set_attached(to, endpoint->dev_id, (struct interposed_object){0});
	return interposer_end(to, ret, "detach");
}

static ssize_t nothing_to_read(void *ctx, void *buffer, size_t length)
{
	(void)ctx;
	(void)buffer;
	(void)length;
	return 0;
}

static int make_up_veventq(
	struct host_interposer *interposer, uint32_t viommu_id, struct host_veventq *out)
{
	if (interposer_object(interposer, viommu_id).kind != INTERPOSED_VIOMMU)
		return -EINVAL;
	*out = (struct host_veventq){
		.id = interposer_new_id(interposer),
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
		.source.read = nothing_to_read,
	};
	MUST(out->fd >= 0);
	return 0;
}

static int veventq_alloc(
	struct vsmmu_host *host, uint32_t viommu_id, uint32_t depth, struct host_veventq *out)
{
	struct host_interposer *to;
	int ret = interposer_begin(host, HOST_CALL_VEVENTQ_ALLOC, 0, &to);

	if (!ret)
		ret = to->inner ? HAND_ON(to, veventq_alloc, to->inner, viommu_id, depth, out)
				: make_up_veventq(to, viommu_id, out);
	note(to, ret, &out->id,
		(struct interposed_object){.kind = INTERPOSED_VEVENTQ,
			.smmu = interposer_object(to, viommu_id).smmu,
			.viommu = viommu_id});
	return interposer_end(to, ret, "veventq");
}

static void veventq_close(struct vsmmu_host *host, struct host_veventq *veventq)
{
	struct host_interposer *to;

	interposer_begin(host, HOST_CALL_VEVENTQ_CLOSE, 0, &to);
	if (to->inner)
		to->inner->ops->veventq_close(to->inner, veventq);
	else
		close(veventq->fd);
	interposer_end(to, 0, "close");
}

static int hw_info(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, struct host_hw_info *out)
{
	struct host_interposer *to;
	int ret = interposer_begin(host, HOST_CALL_HW_INFO, 0, &to);

	if (!ret && to->inner)
		ret = HAND_ON(to, hw_info, to->inner, endpoint, out);
	else if (!ret)
		*out = to->info[smmu_of(to, endpoint)];
	return interposer_end(to, ret, "hw_info");
}

static bool kernel_takes(
	struct host_interposer *interposer, uint32_t viommu_id, const uint64_t command[2])
{
	const struct host_hw_info *info =
		&interposer->info[interposer_object(interposer, viommu_id).smmu];
	const uint8_t opcode = (uint8_t)command[0];
	struct arch_features features;

	arch_idr_host_features(info->idr, info->ats, &features);
	if (!arch_command_kernel_accepts(command, &features))
		return false;
	if (opcode != COMMAND_OP_CFGI_CD && opcode != COMMAND_OP_CFGI_CD_ALL &&
		opcode != COMMAND_OP_ATC_INV)
		return true;
	return interposer_has_vdevice(interposer, viommu_id, command[0] >> 32);
}

/* As the kernel would, up to its answer. */
static void judge(struct host_interposer *interposer, uint32_t viommu_id,
	const uint64_t (*command)[2], uint32_t count)
{
	MUST(interposer_object(interposer, viommu_id).kind == INTERPOSED_VIOMMU);
	MUST(count);
	for (uint32_t i = 0; i < count; i++)
		interposer->refused += !kernel_takes(interposer, viommu_id, command[i]);
}

static int invalidate_at_once(struct vsmmu_host *host, uint32_t viommu_id,
	const uint64_t (*command)[2], uint32_t count, uint32_t *handled)
{
	struct host_interposer *to = (struct host_interposer *)host;
	int ret;

	interposer_record(to, viommu_id, command, count);
	if (!to->inner)
		judge(to, viommu_id, command, count);
	ret = interposer_begin(host, HOST_CALL_INVALIDATE, count, &to);
	if (ret)
		*handled = to->over_report ? count : 0;
	else if (to->inner)
		ret = HAND_ON(to, invalidate, to->inner, viommu_id, command, count, handled);
	else
		*handled = to->under_report ? count - 1 : count;
	return interposer_end(to, ret, "invalidate %" PRIu32, count);
}

static int invalidate(struct vsmmu_host *host, uint32_t viommu_id, const uint64_t (*command)[2],
	uint32_t count, uint32_t *handled)
{
	int ret = 0;

	if (!((struct host_interposer *)host)->split)
		return invalidate_at_once(host, viommu_id, command, count, handled);
	*handled = 0;
	for (uint32_t i = 0; !ret && i < count; i++) {
		uint32_t one = 0;

		ret = invalidate_at_once(host, viommu_id, &command[i], 1, &one);
		*handled += one;
	}
	return ret;
}

static int destroy(struct vsmmu_host *host, uint32_t id)
{
	struct host_interposer *to;
	int ret = interposer_begin(host, HOST_CALL_DESTROY, 0, &to);
	const struct interposed_object object = interposer_object(to, id);

	/* First, as the host behind may give the id to another object right after. */
	interposer_set_object(to, id, ret ? object : (struct interposed_object){0});
	if (!ret && to->inner)
		ret = HAND_ON(to, destroy, to->inner, id);
	else if (!ret && object.kind == INTERPOSED_NOTHING)
		ret = -ENOENT;
	if (ret)
		interposer_set_object(to, id, object);
	return interposer_end(to, ret, "destroy %s", interposer_kind_name(object.kind));
}

static void free_host(struct vsmmu_host *host)
{
	struct host_interposer *interposer = (struct host_interposer *)host;

	if (interposer->inner)
		vsmmu_host_unref(interposer->inner);
	interposer_free_state(interposer);
	free(interposer);
}

const struct host_ops interposer_ops = {
	.name = "interposer",
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
