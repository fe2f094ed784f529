/* SPDX-License-Identifier: BSD-2-Clause */
#include "mock_smmu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/iommufd/ioctl.h"
#include "record_host.h"
#include "uapi/iommufd_test.h"

#define MEMORY	    UINT64_C(0x80000000)
#define MEMORY_SIZE ((size_t)4 << 20)
#define BATCH_MAX   2048

/* The kernel gives out the lowest number that is free: far more than a test ever has. */
#define IDS 256

/* Nobody's vSID here. */
#define NO_VDEVICE 0xdead

static struct mock_smmu *of_host(struct vsmmu_host *host)
{
	return (struct mock_smmu *)((uintptr_t)host->ops - offsetof(struct mock_smmu, ops));
}

/* The library's own, which the mock's answer has to come through. */
static int hw_info(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, struct host_hw_info *out)
{
	struct vsmmu_host *inner = of_host(host)->inner;

	return inner->ops->hw_info(inner, endpoint, out);
}

static int send(struct mock_smmu *smmu, struct uapi_iommu_hwpt_invalidate *call)
{
	smmu->answer = iommufd_ioctl(smmu->mock.iommufd, UAPI_IOMMU_HWPT_INVALIDATE, call);
	smmu->handled = call->entry_num;
	return smmu->answer;
}

static int send_as_is(struct mock_smmu *smmu, uint32_t viommu_id, const uint64_t (*command)[2],
	uint32_t count, uint32_t *handled)
{
	struct uapi_iommu_hwpt_invalidate call = {
		.size = sizeof(call),
		.hwpt_id = viommu_id,
		.data_uptr = (uintptr_t)command,
		.data_type = UAPI_IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.entry_len = sizeof(command[0]),
		.entry_num = count,
	};
	int ret = send(smmu, &call);

	*handled = call.entry_num;
	return ret;
}

/* What is about no CD has nothing to do on the mock. Return: entries, 0 or 1. */
static unsigned int translate(
	const uint64_t command[2], struct uapi_iommu_viommu_invalidate_selftest *entry)
{
	*entry = (struct uapi_iommu_viommu_invalidate_selftest){
		.vdev_id = (uint32_t)(command[0] >> 32),
	};
	switch (command[0] & 0xff) {
	case SMMU_CMD_CFGI_CD:
		entry->cache_id = command[0] >> 12 & (UAPI_MOCK_DEV_CACHE_NUM - 1);
		return 1;
	case SMMU_CMD_CFGI_CD_ALL:
		entry->flags = UAPI_IOMMU_TEST_INVALIDATE_FLAG_ALL;
		return 1;
	default:
		return 0;
	}
}

static int send_translated(struct mock_smmu *smmu, uint32_t viommu_id, const uint64_t (*command)[2],
	uint32_t count, uint32_t *handled)
{
	static struct uapi_iommu_viommu_invalidate_selftest entry[BATCH_MAX + 1];
	struct uapi_iommu_hwpt_invalidate call = {
		.size = sizeof(call),
		.hwpt_id = viommu_id,
		.data_uptr = (uintptr_t)entry,
		.data_type = UAPI_IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST,
		.entry_len = sizeof(entry[0]),
	};
	bool spoil = smmu->spoil > 0;
	int ret;

	for (uint32_t i = 0; i < count && i < BATCH_MAX; i++) {
		if (spoil && i == count / 2)
			entry[call.entry_num++] = (struct uapi_iommu_viommu_invalidate_selftest){
				.vdev_id = NO_VDEVICE};
		call.entry_num += translate(command[i], &entry[call.entry_num]);
	}
	if (spoil)
		smmu->spoil--;
	ret = send(smmu, &call);
	*handled = ret ? call.entry_num : count;
	return ret;
}

static int invalidate(struct vsmmu_host *host, uint32_t viommu_id, const uint64_t (*command)[2],
	uint32_t count, uint32_t *handled)
{
	struct mock_smmu *smmu = of_host(host);

	smmu->calls++;
	smmu->empty_calls += !count;
	smmu->largest = count > smmu->largest ? count : smmu->largest;
	if (smmu->batches == MOCK_SMMU_REFUSED)
		return send_as_is(smmu, viommu_id, command, count, handled);
	return send_translated(smmu, viommu_id, command, count, handled);
}

static const struct host_ops *record_ops;

static int parent_alloc(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t *out)
{
	int ret = record_ops->parent_alloc(host, endpoint, out);

	of_host(host)->parents += !ret;
	return ret;
}

/* What is made before anything is attached is what the endpoint will be parked at. */
static void note_parking(struct mock_smmu *smmu, uint32_t dev_id, uint64_t ste0, uint32_t id)
{
	struct mock_smmu_endpoint *endpoint = smmu->endpoint;

	while (endpoint->device->dev_id != dev_id)
		endpoint++;
	if (endpoint->pt_id)
		return;
	if (ste0 == SMMU_STE0_V)
		endpoint->abort_id = id;
	else if (ste0 == (SMMU_STE0_V | SMMU_STE0_BYPASS))
		endpoint->bypass_id = id;
}

static int nested_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, const uint64_t ste[2], uint32_t *out)
{
	struct mock_smmu *smmu = of_host(host);
	int ret = record_ops->nested_alloc(host, endpoint, viommu_id, ste, out);

	smmu->ste0 |= ste[0];
	smmu->ste1 |= ste[1];
	memcpy(smmu->last_vste, ste, sizeof(smmu->last_vste));
	smmu->nested += !ret;
	if (!ret)
		note_parking(smmu, endpoint->dev_id, ste[0], *out);
	return ret;
}

static int attach(void *opaque, const struct vsmmu_attachment *attachment)
{
	struct mock_smmu_endpoint *endpoint = opaque;
	int ret = mock_machine_attach((void *)(uintptr_t)endpoint->device, attachment);

	if (ret)
		return ret;
	endpoint->pt_id = attachment->pt_id;
	endpoint->attaches += attachment->pt_id != 0;
	endpoint->detaches += attachment->pt_id == 0;
	return 0;
}

static int make_host(struct mock_smmu *smmu, struct vsmmu_host **out)
{
	int ret = mock_machine_host(&smmu->mock, &smmu->inner);

	if (ret)
		return ret;
	ret = record_host_new(out, smmu->inner);
	/* That one has it now. */
	vsmmu_host_unref(smmu->inner);
	if (ret)
		return ret;
	record_ops = (*out)->ops;
	smmu->ops = *record_ops;
	smmu->ops.hw_info = hw_info;
	smmu->ops.invalidate = invalidate;
	smmu->ops.parent_alloc = parent_alloc;
	smmu->ops.nested_alloc = nested_alloc;
	(*out)->ops = &smmu->ops;
	return 0;
}

static int machine_open(struct smmu_machine *machine)
{
	struct mock_smmu *smmu = calloc(1, sizeof(*smmu));
	uint8_t *memory = calloc(1, MEMORY_SIZE);
	int ret = -ENOMEM;

	if (!smmu || !memory)
		goto fail_free;
	ret = mock_machine_open(&smmu->mock, SMMU_MACHINE_ENDPOINTS);
	if (ret)
		goto fail_free;
	ret = make_host(smmu, &machine->host);
	if (ret)
		goto fail_mock;
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		smmu->endpoint[n].device = &smmu->mock.device[n];
		machine->endpoint[n] = mock_machine_endpoint(&smmu->mock, n);
		machine->endpoint[n].attach = attach;
		machine->endpoint[n].opaque = &smmu->endpoint[n];
	}
	machine->state = smmu;
	machine->memory = memory;
	machine->memory_gpa = MEMORY;
	machine->memory_size = MEMORY_SIZE;
	return 0;
fail_mock:
	mock_machine_close(&smmu->mock);
fail_free:
	free(memory);
	free(smmu);
	return ret;
}

static int destroy(const struct mock_smmu *smmu, uint32_t id)
{
	struct uapi_iommu_destroy call = {.size = sizeof(call), .id = id};

	return iommufd_ioctl(smmu->mock.iommufd, UAPI_IOMMU_DESTROY, &call);
}

/* The machine's own objects; the kernel has some behind them, which are busy. */
static bool is_own(const struct mock_smmu *smmu, uint32_t id)
{
	bool own = id == smmu->mock.ioas_id;

	for (unsigned int n = 0; n < smmu->mock.count; n++)
		own = own || id == smmu->mock.device[n].stdev_id;
	return own;
}

/* Return: an object that somebody forgot to destroy, or 0. */
static uint32_t find_left(const struct mock_smmu *smmu)
{
	uint32_t left = 0;

	for (uint32_t id = 1; id < IDS && !left; id++)
		if (!is_own(smmu, id) && !destroy(smmu, id))
			left = id;
	/* Nothing needs these any more, and they are all that others needed. */
	for (unsigned int n = 0; n < smmu->mock.count && !left; n++)
		left = destroy(smmu, smmu->mock.device[n].stdev_id) ? smmu->mock.device[n].stdev_id
								    : 0;
	if (!left && destroy(smmu, smmu->mock.ioas_id))
		left = smmu->mock.ioas_id;
	for (uint32_t id = 1; id < IDS && !left; id++)
		if (destroy(smmu, id) != -ENOENT)
			left = id;
	return left;
}

static void machine_close(struct smmu_machine *machine)
{
	struct mock_smmu *smmu = machine->state;
	unsigned int empty = smmu->empty_calls;
	uint32_t left;

	vsmmu_host_unref(machine->host);
	left = find_left(smmu);
	mock_machine_close(&smmu->mock);
	free(machine->memory);
	free(smmu);
	TAP_CHECK(!left, "iommufd object %u is left", left);
	TAP_EQ(empty, 0);
}

static int machine_dma(struct smmu_machine *machine, unsigned int n,
	const struct vsmmu_access *access, size_t length)
{
	(void)machine;
	(void)n;
	(void)access;
	(void)length;
	return -EOPNOTSUPP;
}

static int machine_settle(struct smmu_machine *machine)
{
	(void)machine;
	return 0;
}

const struct smmu_machine_ops smmu_machine_mock = {
	.lane = "mock",
	.open = machine_open,
	.close = machine_close,
	.dma = machine_dma,
	.settle = machine_settle,
};

int mock_smmu_fault(const struct smmu_guest *guest, unsigned int n, unsigned int count)
{
	return mock_machine_trigger(&mock_smmu_of(guest)->mock, n, count);
}

void mock_smmu_expect_event(struct smmu_guest *guest, unsigned int n)
{
	unsigned int before = guest->records;

	TAP_EQ(mock_smmu_fault(guest, n, 1), 0);
	smmu_guest_run(guest);
	TAP_EQ(guest->records, before + 1);
	TAP_CHECK(before < SMMU_GUEST_RECORDS, "too many records for this test");
	TAP_EQ(SMMU_EVENT_ID(guest->record[before][0]), SMMU_F_TRANSLATION);
	TAP_EQ(SMMU_EVENT_SID(guest->record[before][0]), guest->vsid[n]);
}

void mock_smmu_expect_silence(struct smmu_guest *guest, unsigned int n)
{
	unsigned int before = guest->records;

	TAP_EQ(mock_smmu_fault(guest, n, 1), -ENOENT);
	smmu_guest_run(guest);
	TAP_EQ(guest->records, before);
}

static void expect_parked(struct smmu_guest *guest, unsigned int n, uint32_t id)
{
	TAP_CHECK(id, "it has no HWPT to be parked at");
	TAP_EQ(mock_smmu_of(guest)->endpoint[n].pt_id, id);
	mock_smmu_expect_silence(guest, n);
}

void mock_smmu_expect_abort(struct smmu_guest *guest, unsigned int n)
{
	expect_parked(guest, n, mock_smmu_of(guest)->endpoint[n].abort_id);
}

void mock_smmu_expect_bypass(struct smmu_guest *guest, unsigned int n)
{
	expect_parked(guest, n, mock_smmu_of(guest)->endpoint[n].bypass_id);
}

bool mock_smmu_invalidated(const struct smmu_guest *guest, unsigned int n, unsigned int cache)
{
	const struct mock_smmu *smmu = mock_smmu_of(guest);
	struct uapi_iommu_test_cmd command = {
		.size = sizeof(command),
		.op = UAPI_IOMMU_TEST_OP_DEV_CHECK_CACHE,
		.id = smmu->mock.device[n].dev_id,
		.check_dev_cache = {.id = cache},
	};
	int zero = iommufd_ioctl(smmu->mock.iommufd, UAPI_IOMMU_TEST_CMD, &command);

	command.check_dev_cache.cache = UAPI_IOMMU_TEST_DEV_CACHE_DEFAULT;
	/* It is one of the two. */
	TAP_EQ(iommufd_ioctl(smmu->mock.iommufd, UAPI_IOMMU_TEST_CMD, &command),
		zero ? 0 : -EINVAL);
	return !zero;
}

struct vsmmu_stats mock_smmu_expect_accounted(struct smmu_guest *guest, uint64_t events)
{
	struct vsmmu_stats stats = smmu_guest_stats(guest);

	TAP_EQ(stats.sequenced, events);
	TAP_EQ(stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	TAP_EQ(stats.stream_errors, 0);
	return stats;
}

void mock_smmu_attach(struct smmu_guest *guest, unsigned int n, struct driver_domain *domain)
{
	TAP_EQ(driver_domain_init(&guest->driver, domain, NULL), 0);
	TAP_EQ(driver_attach(&guest->driver, guest->vsid[n], domain), 0);
}
