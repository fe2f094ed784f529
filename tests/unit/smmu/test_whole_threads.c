/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What test_whole_random.c does in any order is done at once here, each thing in a thread of its
 * own, and nothing fails. For the thread sanitizer, and for who waits for whom. A plain one has
 * nothing but a guest that numbers its buses anew, with one vEVENTQ for all. In the end all
 * endpoints have their numbers.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <vsmmu/event.h>

#include "lib/rng.h"
#include "lib/test_vmm.h"

#define ENDPOINTS 4
#define THREADS	  7
#define PLAIN	  5 /* of them, the first */
#define VSID(n)	  (0x10u + (n))
#define STRTAB	  (TEST_VMM_MEMORY + 0x100000)
#define EVENTQ	  (TEST_VMM_MEMORY + 0x200000)
#define LOG2	  8
#define CD	  (TEST_VMM_MEMORY + 0x300000)
#define CMDQ	  (TEST_VMM_MEMORY + 0x400000)
#define CMDQ_MASK 0xffu /* with the wrap bit */
#define STE_S1	  (UINT64_C(0xb) | CD)
#define ALL_ON	  (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)

/* A failed assertion must not jump out of another thread: counted, looked at by main. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			complain(__LINE__);                                                        \
	} while (0)

static atomic_uint complaints;

struct bench {
	bool plain;
	unsigned int rounds; /* of each thread, at least */
	struct test_vmm *vmm;
	struct vsmmu *vsmmu;
	struct vsmmu_host *sim;
	uint32_t dev[ENDPOINTS];
	struct vsmmu_endpoint *endpoint[ENDPOINTS];
	atomic_uint_fast64_t number[ENDPOINTS];
	uint32_t parent[2];	  /* of the VMM's, by physical SMMU */
	atomic_bool noticed;	  /* there are interrupts to take */
	atomic_uint_fast64_t own; /* events that the VMM recorded */
	atomic_uint busy;	  /* threads that have not done their rounds yet */
};

static void complain(int line)
{
	if (atomic_fetch_add(&complaints, 1) < 10)
		fprintf(stderr, "# line %d\n", line);
}

/* Return: whether to go on: until each thread has done its rounds, whatever the others did. */
static bool goes_on(struct bench *bench, unsigned int round)
{
	if (round == bench->rounds)
		atomic_fetch_sub(&bench->busy, 1);
	return atomic_load(&bench->busy);
}

static struct bench whole;

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
	atomic_store(&whole.noticed, true);
}

static uint64_t number_of(void *opaque, void *endpoint_opaque)
{
	(void)opaque;
	return atomic_load((atomic_uint_fast64_t *)endpoint_opaque);
}

/* On its VMM's parent, or on the library's as in a plain one. */
static void attach(struct bench *bench, unsigned int n, unsigned int any)
{
	const unsigned int how = bench->plain ? 0 : any;
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = VSMMU_NO_VSID,
		.dev_id = bench->dev[n],
		.vfio_fd = -1,
		.opaque = &bench->number[n],
		.parent_hwpt = how ? bench->parent[n % 2] : 0,
		.put_back = how == 2,
	};

	CHECK(!vsmmu_endpoint_attach(bench->vsmmu, &config, &bench->endpoint[n]));
}

static void bench_new(struct bench *bench)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = test_vmm_memory_read,
		.memory_write = test_vmm_memory_write,
		.irq_pulse = irq_pulse,
		.vsid = number_of,
	};
	struct vsmmu_config config = {.size = sizeof(config),
		.ops = &ops,
		.isolate = !bench->plain,
		.defer_irqs = !bench->plain,
		.ats = bench->plain ? 0 : VSMMU_AUTO,
		.report_burst = 1};

	bench->vmm = test_vmm_alloc();
	bench->sim = test_vmm_sim(bench->vmm, NULL);
	config.opaque = bench->vmm;
	config.host = bench->sim;
	assert_int_equal(vsmmu_new(&bench->vsmmu, &config), 0);
	bench->vmm->vsmmu = bench->vsmmu;
	bench->vmm->host = bench->sim;
	for (unsigned int n = 0; n < ENDPOINTS; n++) {
		assert_int_equal(vsmmu_sim_endpoint_new(bench->sim, n % 2, &bench->dev[n]), 0);
		test_vmm_store64(bench->vmm, STRTAB + 64 * (uint64_t)VSID(n), STE_S1);
		atomic_init(&bench->number[n], VSMMU_NO_VSID);
	}
	for (unsigned int smmu = 0; smmu < 2; smmu++)
		assert_int_equal(
			vsmmu_sim_parent_new(bench->sim, bench->dev[smmu], &bench->parent[smmu]),
			0);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		attach(bench, n, n % 3);
	test_vmm_write64(bench->vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(bench->vmm, SMMU_STRTAB_BASE_CFG, 6);
	test_vmm_write64(bench->vmm, SMMU_EVENTQ_BASE, EVENTQ | LOG2);
	test_vmm_write64(bench->vmm, SMMU_CMDQ_BASE, CMDQ | 7);
	test_vmm_write(bench->vmm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	test_vmm_write(bench->vmm, SMMU_CR0, ALL_ON);
}

static void cfgi_all(struct bench *bench)
{
	const uint32_t prod = test_vmm_read(bench->vmm, SMMU_CMDQ_PROD);
	const uint32_t next = (prod + 1) & CMDQ_MASK;
	const uint64_t at = CMDQ + 16 * (uint64_t)(prod & CMDQ_MASK >> 1);

	test_vmm_store64(bench->vmm, at, 0x04);
	test_vmm_store64(bench->vmm, at + 8, 31);
	test_vmm_write(bench->vmm, SMMU_CMDQ_PROD, next);
	while (test_vmm_read(bench->vmm, SMMU_CMDQ_CONS) != next)
		CHECK(vsmmu_run_commands(bench->vsmmu, 0) >= 0);
}

/* Any, or none, some twice. */
static void *guest_thread(void *opaque)
{
	struct bench *bench = opaque;
	struct rng rng = {1};

	for (unsigned int i = 0; goes_on(bench, i); i++) {
		for (unsigned int n = 0; n < ENDPOINTS; n++) {
			const uint64_t any = rng_below(&rng, ENDPOINTS + 1);

			atomic_store(
				&bench->number[n], any == ENDPOINTS ? VSMMU_NO_VSID : VSID(any));
		}
		cfgi_all(bench);
	}
	return NULL;
}

static void *vcpu_thread(void *opaque)
{
	struct bench *bench = opaque;

	for (unsigned int i = 0; goes_on(bench, i); i++) {
		struct vsmmu_identity identity = {.size = sizeof(identity)};

		CHECK(!vsmmu_mmio_write(
			bench->vsmmu, SMMU_CR0, 4, i % 2 ? ALL_ON : ALL_ON & ~SMMU_CR0_SMMUEN));
		CHECK(!vsmmu_mmio_write(bench->vsmmu, SMMU_GBPA, 4,
			SMMU_GBPA_UPDATE | (i % 4 < 2 ? SMMU_GBPA_ABORT : 0)));
		CHECK(!vsmmu_get_identity(bench->vsmmu, &identity) && identity.frozen);
	}
	return NULL;
}

static void *vmm_thread(void *opaque)
{
	struct bench *bench = opaque;
	struct rng rng = {2};

	for (unsigned int i = 0; goes_on(bench, i); i++) {
		const unsigned int n = (unsigned int)rng_below(&rng, ENDPOINTS);
		const uint64_t any = rng_below(&rng, ENDPOINTS + 1);
		const uint64_t vsid = any == ENDPOINTS ? VSMMU_NO_VSID : VSID(any);
		struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};
		int ret;

		if (!rng_below(&rng, 4)) {
			CHECK(!vsmmu_endpoint_detach(bench->endpoint[n]));
			attach(bench, n, (unsigned int)rng_below(&rng, 3));
		}
		CHECK(!vsmmu_endpoint_get_stats(bench->endpoint[n], &stats));
		ret = vsmmu_endpoint_set_vsid(bench->endpoint[n], vsid);
		CHECK(!ret || ret == -EEXIST || ret == -EAGAIN);
	}
	return NULL;
}

static void *dispatch_thread(void *opaque)
{
	struct bench *bench = opaque;

	for (unsigned int i = 0; goes_on(bench, i); i++) {
		uint64_t prod = 0;
		uint32_t lines;

		if (!bench->plain && atomic_exchange(&bench->noticed, false))
			CHECK(!vsmmu_take_irqs(bench->vsmmu, &lines));
		CHECK(vsmmu_dispatch(bench->vsmmu, 0) >= 0);
		CHECK(vsmmu_run_commands(bench->vsmmu, 0) >= 0);
		CHECK(!vsmmu_mmio_read(bench->vsmmu, SMMU_EVENTQ_PROD, 4, &prod));
		CHECK(!vsmmu_mmio_write(bench->vsmmu, SMMU_EVENTQ_CONS, 4, prod));
	}
	return NULL;
}

static void *fault_thread(void *opaque)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct bench *bench = opaque;

	for (unsigned int i = 0; goes_on(bench, i); i++)
		vsmmu_sim_fault(bench->sim, bench->dev[i % ENDPOINTS], &record);
	return NULL;
}

static void *own_thread(void *opaque)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION | UINT64_C(0x90) << 32}};
	struct bench *bench = opaque;

	for (unsigned int i = 0; goes_on(bench, i); i++) {
		int ret = vsmmu_record_event(bench->vsmmu, &record);

		CHECK(!ret || ret == -ENOBUFS);
		atomic_fetch_add(&bench->own, 1);
	}
	return NULL;
}

static void *keeper_thread(void *opaque)
{
	struct bench *bench = opaque;

	for (unsigned int i = 0; goes_on(bench, i); i++) {
		size_t length;
		void *bytes;

		CHECK(!vsmmu_drop_parents(bench->vsmmu));
		CHECK(!vsmmu_recover(bench->vsmmu));
		if (i % 16 || vsmmu_save(bench->vsmmu, &bytes, &length))
			continue;
		vsmmu_snapshot_free(bytes);
	}
	return NULL;
}

static void take_all(struct bench *bench)
{
	while (vsmmu_dispatch(bench->vsmmu, 0))
		test_vmm_write(
			bench->vmm, SMMU_EVENTQ_CONS, test_vmm_read(bench->vmm, SMMU_EVENTQ_PROD));
	test_vmm_write(bench->vmm, SMMU_EVENTQ_CONS, test_vmm_read(bench->vmm, SMMU_EVENTQ_PROD));
}

/* Each has its own, and its events come under it. */
static void expect_numbers(struct bench *bench)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};

	test_vmm_write(bench->vmm, SMMU_CR0, ALL_ON);
	take_all(bench);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		atomic_store(&bench->number[n], VSID(n));
	cfgi_all(bench);
	for (unsigned int n = 0; n < ENDPOINTS; n++) {
		const uint32_t prod = test_vmm_read(bench->vmm, SMMU_EVENTQ_PROD);
		const uint64_t at = EVENTQ + 32 * (uint64_t)(prod & ((1U << LOG2) - 1));

		assert_int_equal(vsmmu_sim_fault(bench->sim, bench->dev[n], &record), 0);
		assert_int_equal(vsmmu_dispatch(bench->vsmmu, 0), 1);
		assert_int_equal(test_vmm_load64(bench->vmm, at) >> 32, VSID(n));
	}
}

static void run(bool plain, unsigned int rounds)
{
	static void *(*const runs[])(void *opaque) = {guest_thread, vcpu_thread, vmm_thread,
		dispatch_thread, fault_thread, own_thread, keeper_thread};
	const int count = plain ? PLAIN : THREADS;
	struct vsmmu_stats stats;
	pthread_t threads[THREADS];

	memset(&whole, 0, sizeof(whole));
	whole.plain = plain;
	whole.rounds = rounds;
	atomic_store(&whole.busy, (unsigned int)count);
	bench_new(&whole);
	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, runs[i], &whole), 0);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&complaints), 0);
	expect_numbers(&whole);
	stats = test_vmm_stats(whole.vmm);
	assert_int_equal(stats.blocked, 0);
	assert_int_equal(
		stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	assert_int_equal(stats.vmm_events + stats.vmm_drops, atomic_load(&whole.own));
	vsmmu_free(whole.vsmmu);
	whole.vmm->vsmmu = NULL;
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		assert_int_equal(vsmmu_sim_attach(whole.sim, whole.dev[n], 0), 0);
	for (unsigned int smmu = 0; smmu < 2; smmu++)
		assert_int_equal(vsmmu_sim_parent_free(whole.sim, whole.parent[smmu]), 0);
	test_vmm_free(whole.vmm);
}

TEST(all_of_it_at_once)
{
	run(false, 400);
}

TEST(a_guest_numbers_its_buses_meanwhile)
{
	run(true, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 S9", all_of_it_at_once),
		UNIT_TEST("S6 S9", a_guest_numbers_its_buses_meanwhile),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
