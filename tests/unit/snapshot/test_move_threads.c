/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest goes over from vSMMU to vSMMU while its devices do DMA: no access fails, none reads
 * anything else, and each fault that they cause meanwhile is accounted for.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include <vsmmu/snapshot.h>

#include "lib/host_interposer.h"
#include "lib/mt_vmm.h"

#define MOVES  10
#define WORK   200 /* accesses of each device between two moves, at least */
#define FAULTS 16  /* one access of so many is a fault */

static struct vsmmu *vsmmus[2 * MOVES + 1];
static atomic_uint made; /* of these */
static atomic_uint_fast64_t accesses[MT_VMM_PLUGGED], faults;
static atomic_bool over;

/* The memory that it reads does not change. */
static void *device(void *which)
{
	const unsigned int n = (unsigned int)(uintptr_t)which;

	for (uint64_t i = 1; !atomic_load(&over); i++) {
		if (i % FAULTS == 0) {
			CHECK(mt_vmm_dma_read(n, 2 * MT_VMM_IOVA) == 0);
			atomic_fetch_add(&faults, 1);
		}
		CHECK(mt_vmm_dma_read(n, MT_VMM_IOVA) == 0x1000 * (uint64_t)n + 1);
		atomic_fetch_add(&accesses[n], 1);
	}
	return NULL;
}

/* All of them, those that the guest is behind and the others, at any time. */
static void *dispatcher(void *unused)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	(void)unused;
	while (!atomic_load(&over)) {
		const unsigned int count = atomic_load(&made);

		for (unsigned int i = count > 3 ? count - 3 : 0; i < count; i++) {
			CHECK(vsmmu_dispatch(vsmmus[i], 0) >= 0);
			CHECK(vsmmu_run_commands(vsmmus[i], 0) >= 0);
			CHECK(vsmmu_get_stats(vsmmus[i], &stats) == 0);
		}
		poll(NULL, 0, 1);
	}
	return NULL;
}

static struct vsmmu *another(struct vsmmu_host *host, bool isolate)
{
	const struct vsmmu_config config = {.isolate = isolate};

	vsmmus[made] = mt_vmm_new(host, &config);
	return vsmmus[atomic_fetch_add(&made, 1)];
}

static void wait_for_work(void)
{
	uint64_t before[MT_VMM_PLUGGED];

	for (unsigned int n = 0; n < MT_VMM_PLUGGED; n++)
		before[n] = atomic_load(&accesses[n]);
	for (unsigned int n = 0; n < MT_VMM_PLUGGED; n++)
		while (atomic_load(&accesses[n]) < before[n] + WORK)
			poll(NULL, 0, 1);
}

/* The vCPUs run between two moves. */
static void take_events(void)
{
	const uint64_t both = mt_vmm_read(SMMU_EVENTQ_PROD, 8);

	mt_vmm_write(SMMU_EVENTQ_CONS, (uint32_t)both, 4);
}

static void expect_counted(void)
{
	struct vsmmu_sim_stats host = {.size = sizeof(host)};
	struct vsmmu_stats stats;

	do
		take_events();
	while (vsmmu_dispatch(mt_vmm.vsmmu, 0) > 0);
	stats = mt_vmm_stats();
	assert_int_equal(vsmmu_sim_get_stats(mt_vmm.sim, &host), 0);
	assert_int_equal(stats.sequenced, host.numbered);
	assert_int_equal(host.numbered, atomic_load(&faults));
	assert_int_equal(stats.lost, host.dropped + atomic_load(&mt_vmm.left_out));
	assert_int_equal(stats.discarded, 0);
	assert_int_equal(stats.pending, 0);
	/* Those alone were to fail. */
	assert_int_equal(host.aborts, atomic_load(&faults));
	assert_int_equal(stats.blocked, 0);
}

/* @fails: each second move fails in the host, somewhere. */
static void move_under_load(bool fails)
{
	uint32_t dev_ids[MT_VMM_ENDPOINTS];
	struct vsmmu_host *sim = mt_vmm_sim_new(dev_ids);
	struct host_interposer *host = host_interposer_new(vsmmu_host_ref(sim), 0);
	pthread_t devices[MT_VMM_PLUGGED], dispatches;

	mt_vmm.sim = sim;
	for (unsigned int n = 0; n < MT_VMM_ENDPOINTS; n++)
		mt_vmm.dev_ids[n] = dev_ids[n];
	atomic_store(&over, false);
	atomic_store(&faults, 0);
	atomic_store(&made, 0);
	mt_vmm_create(&host->host, NULL);
	vsmmus[0] = mt_vmm.vsmmu;
	atomic_store(&made, 1);
	for (uintptr_t n = 0; n < MT_VMM_PLUGGED; n++)
		assert_int_equal(pthread_create(&devices[n], NULL, device, (void *)n), 0);
	assert_int_equal(pthread_create(&dispatches, NULL, dispatcher, NULL), 0);
	for (unsigned int i = 0; i < MOVES; i++) {
		struct vsmmu *to = another(&host->host, i % 3 == 2);

		wait_for_work();
		if (fails) {
			host_interposer_fail(host, HOST_CALLS_DO, 4 + i, 1, EIO);
			assert_int_equal(vsmmu_move(mt_vmm.vsmmu, to), -EIO);
			host_interposer_heal(host);
			wait_for_work();
			take_events();
		}
		assert_int_equal(vsmmu_move(mt_vmm.vsmmu, to), 0);
		mt_vmm.vsmmu = to;
		take_events();
	}
	wait_for_work();
	atomic_store(&over, true);
	for (unsigned int n = 0; n < MT_VMM_PLUGGED; n++)
		pthread_join(devices[n], NULL);
	pthread_join(dispatches, NULL);
	expect_counted();
	for (unsigned int i = 0; i < made; i++)
		if (vsmmus[i] != mt_vmm.vsmmu)
			vsmmu_free(vsmmus[i]);
	mt_vmm_destroy(&host->host);
	vsmmu_host_unref(sim);
}

TEST(dma_goes_on_while_its_guest_moves)
{
	move_under_load(false);
}

TEST(dma_goes_on_while_a_move_fails)
{
	move_under_load(true);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 S9", dma_goes_on_while_its_guest_moves),
		UNIT_TEST("S7 S9", dma_goes_on_while_a_move_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
