/* SPDX-License-Identifier: BSD-2-Clause */
/* A full vSMMU that is reset, rearmed, saved and restored while it is used from all sides. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include <vsmmu/access.h>
#include <vsmmu/snapshot.h>

#include "lib/mt_work.h"

#define RESETS 60
#define MOVES  10

/* Every now and then the host cannot read a vEVENTQ for a while. */
static void *resetter(void *unused)
{
	(void)unused;
	for (unsigned int i = 0; i < RESETS; i++) {
		const bool fail = i % 3 == 2;

		if (fail)
			CHECK(vsmmu_sim_fail(mt_vmm.sim, VSMMU_SIM_FAIL_READ_ALWAYS, 0, EIO) == 0);
		mt_vmm_reset();
		poll(NULL, 0, 2);
		if (fail)
			CHECK(vsmmu_sim_fail(mt_vmm.sim, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0) == 0);
	}
	return NULL;
}

static void *rearmer(void *unused)
{
	(void)unused;
	while (!mt_work_is_over()) {
		CHECK(vsmmu_rearm(mt_vmm.vsmmu) >= 0);
		poll(NULL, 0, 1);
	}
	return NULL;
}

/* One read that fails, for certain, and what was not read comes after the rearm. */
static void disarm_and_rearm(void)
{
	const struct vsmmu_stats before = mt_vmm_stats();

	assert_int_equal(vsmmu_sim_fail(mt_vmm.sim, VSMMU_SIM_FAIL_READ, 0, EIO), 0);
	assert_int_equal(mt_vmm_dma_read(0, 2 * MT_VMM_IOVA), 0);
	assert_int_equal(vsmmu_dispatch(mt_vmm.vsmmu, 0), 0);
	assert_int_equal(mt_vmm_stats().failed_reads, before.failed_reads + 1);
	assert_int_equal(vsmmu_dispatch(mt_vmm.vsmmu, 0), 0);
	assert_int_equal(vsmmu_rearm(mt_vmm.vsmmu), 1);
	assert_int_equal(vsmmu_dispatch(mt_vmm.vsmmu, 0), 1);
}

TEST(everything_at_once_and_resets)
{
	mt_vmm.sim = mt_vmm_sim_new(mt_vmm.dev_ids);
	mt_vmm_create(mt_vmm.sim, NULL);
	mt_work(MT_WORK_RESETTING, resetter, rearmer);
	vsmmu_rearm(mt_vmm.vsmmu);
	mt_vmm_reset();
	disarm_and_rearm();
	mt_work_deliver_and_discard();
	mt_work_check_events();
	mt_vmm_destroy(mt_vmm.sim);
}

/* Reads mt_vmm's memory, where the tables are, and has no other effect on its guest. */
static int forget(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	(void)address;
	(void)bytes;
	(void)length;
	return 0;
}

static void no_irq(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

static struct vsmmu *deaf_new(struct vsmmu_host *host)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = mt_vmm_memory_read,
		.memory_write = forget,
		.irq_pulse = no_irq,
	};
	const struct vsmmu_config config = {
		.size = sizeof(config),
		.ops = &ops,
		.host = host,
		.veventq_depth = 200,
	};
	struct vsmmu *vsmmu = NULL;

	CHECK(vsmmu_new(&vsmmu, &config) == 0);
	return vsmmu;
}

static struct vsmmu_stats deaf_stats(struct vsmmu *vsmmu)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	CHECK(vsmmu_get_stats(vsmmu, &stats) == 0);
	CHECK(stats.sequenced == stats.delivered + stats.lost + stats.discarded + stats.pending);
	return stats;
}

static uint64_t deaf_read(struct vsmmu *vsmmu, uint64_t offset)
{
	uint64_t value = 0;

	CHECK(vsmmu_mmio_read(vsmmu, offset, 4, &value) == 0);
	return value;
}

static struct vsmmu_endpoint *deaf_attach(struct vsmmu *vsmmu, uint32_t dev_id, uint32_t vsid)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vsid = vsid, .dev_id = dev_id, .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint = NULL;
	int ret;

	do {
		CHECK(vsmmu_dispatch(vsmmu, 0) >= 0);
		ret = vsmmu_endpoint_attach(vsmmu, &config, &endpoint);
	} while (ret == -EAGAIN);
	CHECK(ret == 0);
	return endpoint;
}

/* Where mt_vmm's vSMMU moves to, again and again, and who is there already. */
static struct {
	struct vsmmu_host *sim;
	uint32_t dev_ids[MT_VMM_ENDPOINTS], neighbour_id;
	struct vsmmu *vsmmu;
	atomic_bool over;
} to;

static void *moved_devices(void *unused)
{
	for (unsigned int i = 0; !atomic_load(&to.over); i++) {
		const struct vsmmu_access access = {
			.size = sizeof(access), .address = MT_VMM_IOVA << i % 2};
		uint64_t value;
		int ret = vsmmu_sim_dma(to.sim, to.dev_ids[i / 2 % MT_VMM_ENDPOINTS], &access,
			&value, sizeof(value));

		CHECK(ret == 0 || ret == -EFAULT);
	}
	return unused;
}

static void *moved_dispatcher(void *unused)
{
	while (!atomic_load(&to.over)) {
		CHECK(vsmmu_dispatch(to.vsmmu, 0) >= 0);
		CHECK(vsmmu_run_commands(to.vsmmu, 0) >= 0);
		CHECK(vsmmu_rearm(to.vsmmu) == 0);
		deaf_read(to.vsmmu, SMMU_GERROR);
		deaf_stats(to.vsmmu);
	}
	return unused;
}

/* The one that comes and goes was there, with one of its StreamIDs, or was not. */
static int restore(const void *bytes, size_t length)
{
	struct vsmmu_endpoint *plugged = NULL;
	int ret = vsmmu_restore(to.vsmmu, bytes, length);

	for (uint32_t vsid = MT_VMM_PLUGGED; ret == -ENODEV && vsid < MT_VMM_PLUGGED + 3; vsid++) {
		vsmmu_endpoint_detach(plugged);
		plugged = deaf_attach(to.vsmmu, to.dev_ids[MT_VMM_PLUGGED], vsid);
		ret = vsmmu_restore(to.vsmmu, bytes, length);
	}
	return ret;
}

/* Return: the counters that it went on from. */
static struct vsmmu_stats move(bool busy)
{
	static void *(*const bodies[])(void *) = {moved_devices, moved_dispatcher};
	struct vsmmu_stats before = mt_vmm_stats(), stats;
	pthread_t threads[2];
	size_t length = 0;
	void *bytes = NULL;

	CHECK(vsmmu_save(mt_vmm.vsmmu, &bytes, &length) == 0);
	to.vsmmu = deaf_new(to.sim);
	for (unsigned int n = 0; n < MT_VMM_PLUGGED; n++)
		deaf_attach(to.vsmmu, to.dev_ids[n], n);
	atomic_store(&to.over, false);
	for (int i = 0; i < 2 && busy; i++)
		CHECK(pthread_create(&threads[i], NULL, bodies[i], NULL) == 0);
	CHECK(restore(bytes, length) == 0);
	vsmmu_snapshot_free(bytes);
	stats = deaf_stats(to.vsmmu);
	CHECK(stats.sequenced >= before.sequenced && stats.commands >= before.commands);
	CHECK(deaf_read(to.vsmmu, SMMU_CR0ACK) == mt_vmm_read(SMMU_CR0ACK, 4));
	poll(NULL, 0, 2);
	atomic_store(&to.over, true);
	for (int i = 0; i < 2 && busy; i++)
		pthread_join(threads[i], NULL);
	vsmmu_free(to.vsmmu);
	return stats;
}

static void *mover(void *unused)
{
	for (unsigned int i = 0; i < MOVES; i++)
		move(true);
	return unused;
}

static void *neighbour(void *unused)
{
	const struct vsmmu_access bad = {.size = sizeof(bad), .address = 2 * MT_VMM_IOVA};
	struct vsmmu *vsmmu = deaf_new(to.sim);
	uint64_t value;

	do {
		struct vsmmu_endpoint *endpoint = deaf_attach(vsmmu, to.neighbour_id, 0);
		const uint64_t before = deaf_stats(vsmmu).sequenced;

		vsmmu_mmio_write(vsmmu, SMMU_STRTAB_BASE, 8, MT_VMM_STRTAB);
		vsmmu_mmio_write(vsmmu, SMMU_STRTAB_BASE_CFG, 4, 6);
		vsmmu_mmio_write(vsmmu, SMMU_EVENTQ_BASE, 8, MT_VMM_STRTAB | 4);
		vsmmu_mmio_write(vsmmu, SMMU_CR0, 4, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
		for (unsigned int i = 0; i < 5; i++) {
			CHECK(vsmmu_sim_dma(to.sim, to.neighbour_id, &bad, &value, 8) == -EFAULT);
			CHECK(vsmmu_dispatch(vsmmu, 0) == 1);
		}
		CHECK(vsmmu_reset(vsmmu) == 0);
		CHECK(vsmmu_endpoint_detach(endpoint) == 0);
		CHECK(deaf_stats(vsmmu).sequenced == before + 5);
	} while (!mt_work_is_over());
	vsmmu_free(vsmmu);
	return unused;
}

/* One is used from all sides and saved, one restored from that, and one is busy beside it. */
TEST(everything_at_once_and_moves)
{
	struct vsmmu_sim_stats host = {.size = sizeof(host)};
	struct vsmmu_stats stats;

	mt_vmm.sim = mt_vmm_sim_new(mt_vmm.dev_ids);
	to.sim = mt_vmm_sim_new(to.dev_ids);
	assert_int_equal(vsmmu_sim_endpoint_new(to.sim, 0, &to.neighbour_id), 0);
	mt_vmm_create(mt_vmm.sim, NULL);
	mt_work(MT_WORK_STEADY, mover, neighbour);
	mt_work_deliver_and_discard();
	mt_work_check_events();
	mt_work_check_commands();
	stats = move(false);
	assert_int_equal(stats.sequenced, mt_vmm_stats().sequenced);
	assert_int_equal(stats.delivered, mt_vmm_stats().delivered);
	assert_int_equal(stats.commands, mt_vmm_stats().commands);
	assert_int_equal(vsmmu_sim_get_stats(to.sim, &host), 0);
	assert_int_equal(host.objects, 0);
	assert_int_equal(host.commands_refused, 0);
	vsmmu_host_unref(to.sim);
	mt_vmm_destroy(mt_vmm.sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S9 S6 E6 E10", everything_at_once_and_resets),
		UNIT_TEST("S9 S7 S6", everything_at_once_and_moves),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
