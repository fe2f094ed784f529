/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/mt_work.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include <vsmmu/access.h>
#include <vsmmu/snapshot.h>
#include <vsmmu/tables.h>

#include "lib/rng.h"

#define VCPUS  3
#define ROUNDS 250 /* of each vCPU, at least */

static enum mt_work_mode mode; /* changes while there is one thread */
static atomic_bool led, over;

bool mt_work_is_over(void)
{
	return atomic_load(&over);
}

/* No device may see what is left of an older page. */
static void check_dma(unsigned int n, uint64_t expected)
{
	const uint64_t value = mt_vmm_dma_read(n, MT_VMM_IOVA);

	if (mode == MT_WORK_STEADY)
		CHECK(value == expected);
	else if (mode == MT_WORK_FAILING)
		CHECK(value == expected || value == 0);
}

/*
 * vCPU n has endpoint n: it moves its page, invalidates, and what the endpoint then reads
 * must be the new page. That holds as long as nobody turns translation off.
 */
static void *vcpu(void *which)
{
	const unsigned int n = (unsigned int)(uintptr_t)which;
	struct rng rng = {10 + n};
	uint64_t command[120][2];

	for (uint32_t round = 1; round <= ROUNDS || !atomic_load(&led); round++) {
		const uint64_t page = rng_below(&rng, 3);
		unsigned int count = (unsigned int)rng_below(&rng, round % 16 ? 8 : 118);
		bool done;

		mt_vmm_set_page(n, page == 2 ? 0 : MT_VMM_PAGES(n) + 0x1000 * page);
		for (unsigned int i = 0; i < count; i++) {
			command[i][0] = COMMAND_OP_TLBI_NH_VA | (uint64_t)(n + 1) << 48;
			command[i][1] = MT_VMM_IOVA + 0x1000 * (uint64_t)i;
		}
		if (!count || round % 4 == 0) {
			command[count][0] = COMMAND_OP_CFGI_STE | (uint64_t)n << 32;
			command[count++][1] = 1;
			command[count][0] = COMMAND_OP_TLBI_NSNH_ALL;
			command[count++][1] = 0;
		}
		done = mt_vmm_issue_and_wait(n, (const uint64_t(*)[2])command, count, round);
		CHECK(done || mode == MT_WORK_RESETTING);
		if (n < MT_VMM_PLUGGED)
			check_dma(n, page == 2 ? 0 : 0x1000 * n + page + 1);
	}
	return NULL;
}

/* Good and bad accesses, of all mt_vmm.endpoints whether they are plugged or not. */
static void *devices(void *unused)
{
	struct rng rng = {4};

	(void)unused;
	while (!mt_work_is_over())
		mt_vmm_dma_read((unsigned int)rng_below(&rng, MT_VMM_ENDPOINTS),
			rng_below(&rng, 2) ? MT_VMM_IOVA : 0x1000 * rng_below(&rng, 256));
	return NULL;
}

static void *emulated_device(void *unused)
{
	struct rng rng = {5};

	(void)unused;
	while (!mt_work_is_over()) {
		struct vsmmu_translation translation = {.size = sizeof(translation)};
		struct vsmmu_access access = {
			.size = sizeof(access),
			.vsid = (uint32_t)rng_below(&rng, 70),
			.flags = (uint32_t)rng_below(&rng, 2),
			.address = rng_below(&rng, 2) ? MT_VMM_IOVA : rng_next(&rng),
		};
		struct vsmmu_tables tables = {.size = sizeof(tables)};
		int ret = vsmmu_translate(mt_vmm.vsmmu, &access, &translation);

		CHECK(ret == 0 || ret == -EFAULT);
		CHECK(!vsmmu_lookup(
			mt_vmm.vsmmu, access.vsid, VSMMU_NO_SSID, access.address, &tables));
		poll(NULL, 0, 1);
	}
	return NULL;
}

/* Both sleep until they are woken, and do nothing but what wakes them. */
static void *dispatcher(void *unused)
{
	struct pollfd fd = {.fd = vsmmu_get_event_fd(mt_vmm.vsmmu), .events = POLLIN};
	struct rng rng = {3};

	(void)unused;
	while (!mt_work_is_over())
		if (poll(&fd, 1, 20) == 1)
			CHECK(vsmmu_dispatch(mt_vmm.vsmmu, (uint32_t)rng_below(&rng, 300)) >= 0);
	return NULL;
}

static void *command_runner(void *unused)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(mt_vmm.vsmmu), .events = POLLIN};
	struct rng rng = {6};

	(void)unused;
	while (!mt_work_is_over())
		if (poll(&fd, 1, 20) == 1)
			CHECK(vsmmu_run_commands(mt_vmm.vsmmu, (uint32_t)rng_below(&rng, 40)) >= 0);
	return NULL;
}

/* Where the queue is turned off meanwhile, what it held is none of the guest's any more. */
static void *consumer(void *unused)
{
	(void)unused;
	while (!mt_work_is_over()) {
		uint64_t both = mt_vmm_read(SMMU_EVENTQ_PROD, 8);

		if ((uint32_t)both != both >> 32)
			mt_vmm_write(SMMU_EVENTQ_CONS, (uint32_t)both, 4);
		mt_vmm_write(SMMU_GERRORN, mt_vmm_read(SMMU_GERROR, 4), 4);
		poll(NULL, 0, 1);
	}
	return NULL;
}

static void *registers(void *unused)
{
	static const uint64_t offsets[] = {SMMU_IDR0, SMMU_CR0, SMMU_CR0ACK, SMMU_GBPA, SMMU_GERROR,
		SMMU_STRTAB_BASE, SMMU_CMDQ_BASE, SMMU_CMDQ_PROD, SMMU_EVENTQ_BASE,
		SMMU_EVENTQ_PROD};
	struct rng rng = {2};

	(void)unused;
	while (!mt_work_is_over()) {
		mt_vmm_read(offsets[rng_below(&rng, 10)], 4);
		mt_vmm_write(SMMU_IRQ_CTRL, rng_next(&rng) & MT_VMM_IRQS, 4);
		/* While the driver comes up, the rest is its own. */
		if (mode == MT_WORK_RESETTING)
			continue;
		if (mode != MT_WORK_FAILING)
			mt_vmm_write(SMMU_STRTAB_BASE_CFG, 0x3f, 4);
		/* Where access comes and goes all the time there is none to be taken away. */
		if (mode == MT_WORK_STEADY || (mode == MT_WORK_FAILING && rng_below(&rng, 64))) {
			mt_vmm_write(SMMU_CR0, MT_VMM_ON, 4);
			poll(NULL, 0, mode == MT_WORK_FAILING);
			continue;
		}
		mt_vmm_write(SMMU_GBPA,
			SMMU_GBPA_UPDATE | (rng_below(&rng, 2) ? SMMU_GBPA_ABORT : 0), 4);
		mt_vmm_write(SMMU_CR0, SMMU_CR0_CMDQEN | (rng_next(&rng) & MT_VMM_ON), 4);
		/* The table is not moved while it may be in use. */
		if (!(mt_vmm_read(SMMU_CR0ACK, 4) & SMMU_CR0_SMMUEN))
			mt_vmm_write(SMMU_STRTAB_BASE, MT_VMM_STRTAB, 8);
		mt_vmm_write(SMMU_STRTAB_BASE_CFG, 6, 4);
		poll(NULL, 0, 1);
	}
	return NULL;
}

static void *plugger(void *unused)
{
	const bool fails = mode == MT_WORK_FAILING || mode == MT_WORK_BROKEN;
	struct rng rng = {7};

	(void)unused;
	while (!mt_work_is_over()) {
		int ret = mt_vmm_attach(MT_VMM_PLUGGED, MT_VMM_PLUGGED);

		CHECK(ret == 0 || ret == -EAGAIN || fails);
		if (ret)
			continue;
		for (int i = 0; i < 5; i++) {
			const uint64_t any = rng_below(&rng, 4);

			ret = vsmmu_endpoint_set_vsid(mt_vmm.endpoints[MT_VMM_PLUGGED],
				any == 3 ? VSMMU_NO_VSID : MT_VMM_PLUGGED + any);
			CHECK(ret == 0 || ret == -EAGAIN || fails);
		}
		ret = vsmmu_endpoint_detach(mt_vmm.endpoints[MT_VMM_PLUGGED]);
		CHECK(ret == 0 || fails);
		if (fails && rng_below(&rng, 2))
			vsmmu_drop_parents(mt_vmm.vsmmu);
		poll(NULL, 0, 1);
	}
	return NULL;
}

static void *saver(void *unused)
{
	(void)unused;
	while (!mt_work_is_over()) {
		size_t length = 0;
		void *bytes = NULL;
		int ret = vsmmu_save(mt_vmm.vsmmu, &bytes, &length);

		CHECK(ret == 0 || (ret == -EIO && mode == MT_WORK_RESETTING));
		vsmmu_snapshot_free(bytes);
		mt_vmm_stats();
		poll(NULL, 0, 5);
	}
	return NULL;
}

static void take_events(void)
{
	do {
		mt_vmm_write(SMMU_EVENTQ_CONS, mt_vmm_read(SMMU_EVENTQ_PROD, 4), 4);
	} while (vsmmu_dispatch(mt_vmm.vsmmu, 0) > 0);
}

/* What the threads came to is a matter of luck: here is one of each. */
void mt_work_deliver_and_discard(void)
{
	struct vsmmu_stats before;

	mt_vmm_write(SMMU_GERRORN, mt_vmm_read(SMMU_GERROR, 4), 4);
	mt_vmm_write(SMMU_CR0, MT_VMM_ON, 4);
	take_events();
	before = mt_vmm_stats();
	assert_int_equal(mt_vmm_dma_read(0, 2 * MT_VMM_IOVA), 0);
	take_events();
	assert_int_equal(mt_vmm_stats().delivered, before.delivered + 1);
	assert_int_equal(mt_vmm_dma_read(0, 2 * MT_VMM_IOVA), 0);
	mt_vmm_write(SMMU_CR0, SMMU_CR0_CMDQEN, 4);
	while (vsmmu_dispatch(mt_vmm.vsmmu, 0) > 0)
		;
	assert_int_equal(mt_vmm_stats().discarded, before.discarded + 1);
}

void mt_work_check_events(void)
{
	struct vsmmu_sim_stats host = {.size = sizeof(host)};
	struct vsmmu_stats stats = mt_vmm_stats();

	assert_int_equal(vsmmu_sim_get_stats(mt_vmm.sim, &host), 0);
	assert_int_equal(stats.sequenced, host.numbered);
	assert_int_equal(stats.lost, host.dropped + atomic_load(&mt_vmm.left_out));
	assert_int_equal(stats.stream_errors, 0);
	assert_int_equal(stats.command_errors, 0);
	if (mode != MT_WORK_FAILING && mode != MT_WORK_BROKEN) {
		assert_int_equal(stats.invalidation_failures, 0);
		assert_int_equal(stats.blocked, 0);
	}
	assert_true(stats.stes >= MT_VMM_PLUGGED);
	/* How many of them were let through is a matter of who came first. */
	assert_true(host.transactions >= 2);
}

void mt_work_check_commands(void)
{
	const struct vsmmu_stats stats = mt_vmm_stats();

	assert_int_equal(stats.commands, atomic_load(&mt_vmm.commands));
	assert_int_equal(stats.syncs, atomic_load(&mt_vmm.syncs));
}

void mt_work(enum mt_work_mode how, void *(*leader)(void *), void *(*follower)(void *))
{
	void *(*const others[])(void *) = {devices, emulated_device, dispatcher, command_runner,
		consumer, registers, plugger, saver, follower};
	pthread_t vcpus[VCPUS], threads[sizeof(others) / sizeof(others[0])], led_by;
	const int count = sizeof(others) / sizeof(others[0]) - !follower;

	mode = how;
	atomic_store(&led, !leader);
	atomic_store(&over, false);
	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, others[i], NULL), 0);
	for (uintptr_t i = 0; i < VCPUS; i++)
		assert_int_equal(pthread_create(&vcpus[i], NULL, vcpu, (void *)i), 0);
	if (leader) {
		assert_int_equal(pthread_create(&led_by, NULL, leader, NULL), 0);
		pthread_join(led_by, NULL);
		atomic_store(&led, true);
	}
	for (int i = 0; i < VCPUS; i++)
		pthread_join(vcpus[i], NULL);
	atomic_store(&over, true);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}
