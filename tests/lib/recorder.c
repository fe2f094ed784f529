/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "arch/command.h"

static struct recorder *to_recorder(struct vsmmu_host *host)
{
	return (struct recorder *)host;
}

static uint32_t smmu_of(const struct host_endpoint *endpoint)
{
	return endpoint->dev_id / 1000 - 1;
}

static struct recorder_object *find(struct recorder *recorder, uint32_t id, uint8_t kind)
{
	if (!id || id > recorder->objects || recorder->object[id].kind != kind)
		return NULL;
	return &recorder->object[id];
}

static uint32_t make(struct recorder *recorder, uint8_t kind, uint32_t smmu)
{
	uint32_t id = ++recorder->objects;

	assert_true(id < RECORDER_OBJECTS);
	recorder->object[id] = (struct recorder_object){.kind = kind, .smmu = (uint8_t)smmu};
	return id;
}

static int parent_alloc(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t *out)
{
	*out = make(to_recorder(host), RECORDER_PARENT, smmu_of(endpoint));
	return 0;
}

static int viommu_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t parent_id, uint32_t *out)
{
	const struct recorder_object *parent = find(to_recorder(host), parent_id, RECORDER_PARENT);

	if (!parent || parent->smmu != smmu_of(endpoint))
		return -EINVAL;
	*out = make(to_recorder(host), RECORDER_VIOMMU, parent->smmu);
	return 0;
}

static int vdevice_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, uint32_t vsid, uint32_t *out)
{
	struct recorder *recorder = to_recorder(host);
	const struct recorder_object *viommu = find(recorder, viommu_id, RECORDER_VIOMMU);

	if (!viommu || viommu->smmu != smmu_of(endpoint))
		return -EINVAL;
	*out = make(recorder, RECORDER_VDEVICE, viommu->smmu);
	recorder->object[*out].viommu = viommu_id;
	recorder->object[*out].vsid = vsid;
	return 0;
}

static int nested_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, const uint64_t ste[2], uint32_t *out)
{
	(void)viommu_id;
	(void)ste;
	*out = make(to_recorder(host), RECORDER_NESTED, smmu_of(endpoint));
	return 0;
}

static int attach(struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t pt_id)
{
	to_recorder(host)->attached[endpoint->dev_id] = pt_id;
	return 0;
}

static int detach(struct vsmmu_host *host, const struct host_endpoint *endpoint)
{
	to_recorder(host)->attached[endpoint->dev_id] = 0;
	return 0;
}

/* Its vEVENTQs are always empty. */
static ssize_t nothing_to_read(void *ctx, void *buffer, size_t length)
{
	(void)ctx;
	(void)buffer;
	(void)length;
	return 0;
}

static int veventq_alloc(
	struct vsmmu_host *host, uint32_t viommu_id, uint32_t depth, struct host_veventq *out)
{
	(void)viommu_id;
	(void)depth;
	out->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_true(out->fd >= 0);
	out->id = make(to_recorder(host), RECORDER_VEVENTQ, 0);
	out->type = VSMMU_VEVENTQ_ARM_SMMUV3;
	out->first_sequence = 0;
	out->source = (struct veventq_source){.read = nothing_to_read};
	return 0;
}

static void veventq_close(struct vsmmu_host *host, struct host_veventq *veventq)
{
	(void)host;
	close(veventq->fd);
}

static int hw_info(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, struct host_hw_info *out)
{
	*out = to_recorder(host)->info[smmu_of(endpoint)];
	return 0;
}

static bool has_vdevice(const struct recorder *recorder, uint32_t viommu, uint64_t vsid)
{
	for (uint32_t id = 1; id <= recorder->objects; id++)
		if (recorder->object[id].kind == RECORDER_VDEVICE &&
			recorder->object[id].viommu == viommu && recorder->object[id].vsid == vsid)
			return true;
	return false;
}

static bool kernel_takes(const struct recorder *recorder, const struct host_hw_info *info,
	uint32_t viommu, const uint64_t command[2])
{
	uint8_t opcode = (uint8_t)command[0];
	struct arch_features features;

	arch_idr_host_features(info->idr, info->ats, &features);
	if (!arch_command_kernel_accepts(command, &features))
		return false;
	if (opcode != COMMAND_OP_CFGI_CD && opcode != COMMAND_OP_CFGI_CD_ALL &&
		opcode != COMMAND_OP_ATC_INV)
		return true;
	return has_vdevice(recorder, viommu, command[0] >> 32);
}

static int invalidate(struct vsmmu_host *host, uint32_t viommu_id, const uint64_t (*command)[2],
	uint32_t count, uint32_t *handled)
{
	struct recorder *recorder = to_recorder(host);
	const struct recorder_object *viommu = find(recorder, viommu_id, RECORDER_VIOMMU);
	unsigned int number = recorder->calls++;

	assert_non_null(viommu);
	assert_true(count > 0 && count <= RECORDER_KEPT);
	for (uint32_t i = 0; i < count; i++)
		if (!kernel_takes(recorder, &recorder->info[viommu->smmu], viommu_id, command[i]))
			recorder->refused++;
	if (number < RECORDER_CALLS) {
		struct recorder_call *call = &recorder->call[number];

		call->smmu = viommu->smmu;
		call->viommu = viommu_id;
		call->count = count;
		memcpy(call->command, command, count * sizeof(*command));
	}
	if (recorder->on_call)
		recorder->on_call(recorder, recorder->opaque);
	*handled = recorder->short_success ? count - 1 : count;
	if (!recorder->fail_from || number + 1 < recorder->fail_from ||
		number + 1 - recorder->fail_from >= recorder->fail_count)
		return 0;
	*handled = recorder->over_report ? count : 0;
	return -EIO;
}

static int destroy(struct vsmmu_host *host, uint32_t id)
{
	struct recorder *recorder = to_recorder(host);

	if (!id || id > recorder->objects || recorder->object[id].kind == RECORDER_NOTHING)
		return -ENOENT;
	recorder->object[id].kind = RECORDER_NOTHING;
	return 0;
}

static void recorder_free(struct vsmmu_host *host)
{
	struct recorder *recorder = to_recorder(host);

	/* Nothing may be left. */
	for (uint32_t id = 1; id <= recorder->objects; id++)
		assert_int_equal(recorder->object[id].kind, RECORDER_NOTHING);
	free(recorder->call);
	free(recorder);
}

struct recorder *recorder_new(void)
{
	static const struct host_ops ops = {
		.name = "recorder",
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
		.free = recorder_free,
	};
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	assert_non_null(recorder);
	recorder->call = calloc(RECORDER_CALLS, sizeof(*recorder->call));
	assert_non_null(recorder->call);
	recorder->host.ops = &ops;
	atomic_init(&recorder->host.refs, 1);
	for (unsigned int smmu = 0; smmu < RECORDER_SMMUS; smmu++) {
		memcpy(recorder->info[smmu].idr, arch_idr_simulator, sizeof(arch_idr_simulator));
		recorder->info[smmu].ats = true;
	}
	return recorder;
}

void recorder_clear(struct recorder *recorder)
{
	recorder->calls = 0;
	recorder->fail_from = 0;
}

const uint64_t *recorder_command(const struct recorder *recorder, unsigned int call, uint32_t n)
{
	assert_true(call < recorder->calls && call < RECORDER_CALLS);
	assert_true(n < recorder->call[call].count);
	return recorder->call[call].command[n];
}
