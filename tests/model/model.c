/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random lives of a vSMMU on the simulator against the oracle: after every step the
 * registers, every counter, and each record that the guest takes must be as foretold.
 * Arguments: seeds and steps; a failure prints its seed, to be run alone as "model SEED".
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/sim.h>

#include "oracle.h"
#include "lib/rng.h"
#include "lib/still_clock.h"
#include "lib/vm.h"

#define SEEDS 200
#define STEPS 2000

#define MILLISECOND UINT64_C(1000000)

static uint64_t first_seed = 1, last_seed = SEEDS;

struct pair {
	struct test_vmm *vm;
	struct oracle oracle;
	struct rng rng;
	uint64_t seed;
	unsigned int step;
	const char *what;    /* the step under way */
	uint32_t enabled_at; /* PROD when it was enabled */
	bool ack;	     /* OVACKFLG */
};

static uint64_t below(struct pair *pair, uint64_t limit)
{
	return rng_below(&pair->rng, limit);
}

static void differs(const struct pair *pair, const char *what, uint64_t real, uint64_t foretold)
{
	fail_msg("seed %" PRIu64 " step %u (%s): %s is %" PRIu64 ", foretold %" PRIu64, pair->seed,
		pair->step, pair->what, what, real, foretold);
}

static void same(const struct pair *pair, const char *what, uint64_t real, uint64_t foretold)
{
	if (real != foretold)
		differs(pair, what, real, foretold);
}

static void compare(struct pair *pair)
{
	const struct vsmmu_stats stats = vm_stats(pair->vm);
	const struct oracle *oracle = &pair->oracle;
	uint32_t prod = test_vmm_read(pair->vm, SMMU_EVENTQ_PROD);

#define SAME(member) same(pair, #member, stats.member, oracle->stats.member)
	SAME(sequenced);
	SAME(delivered);
	SAME(lost);
	SAME(discarded);
	SAME(reads);
	SAME(empty_reads);
	SAME(memory_reads);
	SAME(failed_reads);
	SAME(eventq_irqs);
	SAME(gerror_irqs);
	SAME(overflows);
	SAME(aborts);
#undef SAME
	for (int i = 0; i < VSMMU_DISCARD_SLOTS; i++)
		same(pair, vsmmu_discard_name((enum vsmmu_discard)i), stats.discarded_by[i],
			oracle->stats.discarded_by[i]);
	same(pair, "stream_errors", stats.stream_errors, 0);
	if (oracle->eventqen)
		same(pair, "PROD", prod & SMMU_QUEUE_INDEX, oracle->prod);
	same(pair, "overflow active", vm_overflow_pending(pair->vm), oracle->overflow_active);
	same(pair, "abort active",
		test_vmm_read(pair->vm, SMMU_GERROR) != test_vmm_read(pair->vm, SMMU_GERRORN),
		oracle->abort_active);
}

static void do_fault(struct pair *pair)
{
	unsigned int n = (unsigned int)below(pair, ORACLE_STREAMS);
	unsigned int count = 1 + (unsigned int)below(pair, below(pair, 20) ? 5 : 100);
	uint64_t kind = below(pair, 10);

	pair->what = "fault";
	while (count--) {
		/* Every tenth has a SubstreamID, which this guest's SMMU does not. */
		struct vsmmu_event_record record = {
			.word = {0x10 | (kind ? 0 : 1 << 11), 0, ++pair->vm->serial, 0}};
		/* Only where it is sure to be used: it would hit a later one else. */
		bool no_memory = below(pair, 12) == 0 && pair->oracle.streams[n].forwards;
		bool numbered;

		if (no_memory)
			vsmmu_sim_fail(pair->vm->host, VSMMU_SIM_FAIL_EVENT_ALLOC, 0, 0);
		numbered = vm_host_fault(pair->vm, n, &record);
		pair->vm->produced += numbered;
		same(pair, "numbered", numbered,
			oracle_fault(&pair->oracle, n, pair->vm->serial,
				kind ? DISCARD_COUNT : VSMMU_DISCARD_SUBSTREAM, no_memory));
	}
}

static void pass(struct pair *pair, uint64_t nanoseconds)
{
	still_clock_advance(nanoseconds);
	pair->oracle.now = still_clock_now();
}

static void do_time(struct pair *pair)
{
	pair->what = "time";
	pass(pair, below(pair, 60 * MILLISECOND));
}

static void do_dispatch(struct pair *pair)
{
	unsigned int budget = 1 + (unsigned int)below(pair, below(pair, 3) ? 200 : 6);

	pair->what = "dispatch";
	/* How long a backoff is the oracle does not know: it is over by then. */
	if (pair->oracle.exists && pair->oracle.armed == ORACLE_BACKOFF) {
		pass(pair, 128 * MILLISECOND);
		oracle_timer(&pair->oracle);
	}
	same(pair, "handled", (unsigned int)vsmmu_dispatch(pair->vm->vsmmu, budget),
		oracle_dispatch(&pair->oracle, budget));
}

static void do_consume(struct pair *pair)
{
	struct oracle *oracle = &pair->oracle;
	unsigned int count = (unsigned int)below(pair, 12);

	pair->what = "consume";
	if (!oracle->eventqen)
		return;
	if (count > oracle->queued || !below(pair, 4))
		count = oracle->queued;
	for (unsigned int i = 0; i < count; i++) {
		uint64_t word[4] = {0};

		same(pair, "a record to take", vm_consume(pair->vm, word), true);
		same(pair, "word 0", word[0],
			(uint64_t)VM_VSID(oracle->fifo[i].stream) << 32 | 0x10);
		same(pair, "word 1", word[1], 0);
		same(pair, "word 2", word[2], oracle->fifo[i].serial);
		same(pair, "word 3", word[3], 0);
	}
	oracle_consume(oracle, count);
}

static void do_ack_overflow(struct pair *pair)
{
	pair->what = "acknowledge overflow";
	vm_overflow_ack(pair->vm);
	pair->oracle.overflow_active = false;
	oracle_consume(&pair->oracle, 0);
}

static void do_ack_abort(struct pair *pair)
{
	pair->what = "acknowledge abort";
	test_vmm_write(pair->vm, SMMU_GERRORN, test_vmm_read(pair->vm, SMMU_GERROR));
	oracle_ack_abort(&pair->oracle);
}

static void do_memory(struct pair *pair)
{
	uint32_t slot = (uint32_t)below(pair, 16);

	pair->what = "memory";
	if (pair->vm->bad_end) {
		pair->vm->bad_end = 0;
		pair->oracle.bad_slot = UINT32_MAX;
	} else if (!below(pair, 4)) {
		pair->vm->bad_begin = TEST_VMM_MEMORY + 32 * slot;
		pair->vm->bad_end = UINT64_MAX;
		pair->oracle.bad_slot = slot;
	}
}

static void enable(struct pair *pair)
{
	unsigned int log2 = (unsigned int)below(pair, 9);
	uint32_t prod = (uint32_t)below(pair, 2u << log2);

	if (!pair->oracle.eventqen) {
		uint32_t flag = test_vmm_read(pair->vm, SMMU_EVENTQ_PROD) & SMMU_EVENTQ_PROD_OVFLG;
		uint32_t ack =
			test_vmm_read(pair->vm, SMMU_EVENTQ_CONS) & SMMU_EVENTQ_CONS_OVACKFLG;

		pair->vm->log2 = log2;
		vsmmu_mmio_write(pair->vm->vsmmu, SMMU_EVENTQ_BASE, 8, TEST_VMM_MEMORY | log2);
		test_vmm_write(pair->vm, SMMU_EVENTQ_PROD, prod | flag);
		test_vmm_write(pair->vm, SMMU_EVENTQ_CONS, prod | ack);
	}
	test_vmm_write(pair->vm, SMMU_CR0, VM_ON);
	oracle_cr0(&pair->oracle, true, true, log2, prod);
}

static void do_enable(struct pair *pair)
{
	uint32_t cr0 = (uint32_t)below(pair, 4);

	pair->what = "enable";
	if (pair->oracle.nonsense)
		return;
	if (cr0 == 3 || below(pair, 4)) {
		enable(pair);
		return;
	}
	/* EVENTQEN may stay with SMMUEN gone, but it does not come alone here. */
	if (cr0 == 2 && !pair->oracle.eventqen)
		cr0 = 0;
	test_vmm_write(pair->vm, SMMU_CR0,
		(cr0 & 1 ? SMMU_CR0_SMMUEN : 0) | (cr0 & 2 ? SMMU_CR0_EVENTQEN : 0));
	oracle_cr0(&pair->oracle, cr0 & 1, cr0 & 2, 0, 0);
}

static void do_irq_ctrl(struct pair *pair)
{
	uint32_t value = (uint32_t)below(pair, 8);

	pair->what = "IRQ_CTRL";
	if (below(pair, 2))
		value |= 5;
	test_vmm_write(pair->vm, SMMU_IRQ_CTRL, value);
	pair->oracle.gerror_irqen = value & 1;
	pair->oracle.eventq_irqen = value & 4;
}

/* CONS ahead of PROD, and back where it was. */
static void do_nonsense(struct pair *pair)
{
	uint32_t cons = test_vmm_read(pair->vm, SMMU_EVENTQ_CONS);

	pair->what = "nonsense";
	if (!pair->oracle.eventqen)
		return;
	test_vmm_write(pair->vm, SMMU_EVENTQ_CONS,
		(pair->oracle.prod + 1) | (cons & SMMU_EVENTQ_CONS_OVACKFLG));
	/* A queue of one slot has no nonsense in it: one ahead is one behind. */
	pair->oracle.nonsense = pair->oracle.log2 != 0;
	if (pair->oracle.nonsense) {
		do_dispatch(pair);
		pair->what = "nonsense";
	}
	pair->oracle.nonsense = false;
	test_vmm_write(pair->vm, SMMU_EVENTQ_CONS, cons);
	oracle_consume(&pair->oracle, 0);
}

static void set_ste(struct pair *pair, unsigned int n)
{
	vm_set_ste(pair->vm, n);
	pair->oracle.streams[n].forwards = true;
}

static void do_plug(struct pair *pair)
{
	unsigned int n = (unsigned int)below(pair, ORACLE_STREAMS);

	if (pair->oracle.streams[n].state == ORACLE_LIVE) {
		pair->what = "detach";
		if (below(pair, 4))
			return;
		vm_detach(pair->vm, n);
		oracle_detach(&pair->oracle, n);
	} else {
		int ret;

		pair->what = "attach";
		ret = vm_attach(pair->vm, n);
		same(pair, "attach", (uint64_t)(int64_t)ret,
			(uint64_t)(int64_t)oracle_attach(&pair->oracle, n));
		if (!ret)
			set_ste(pair, n);
	}
}

static void do_reset(struct pair *pair)
{
	pair->what = "reset";
	if (below(pair, 4))
		return;
	same(pair, "reset", (uint64_t)vsmmu_reset(pair->vm->vsmmu), 0);
	oracle_reset(&pair->oracle);
	for (unsigned int n = 0; n < ORACLE_STREAMS; n++)
		if (pair->oracle.streams[n].state == ORACLE_LIVE)
			set_ste(pair, n);
}

static void do_fail_read(struct pair *pair)
{
	int error = below(pair, 3) ? EIO : ENOMEM;

	pair->what = "fail read";
	if (!pair->oracle.exists || pair->oracle.armed != ORACLE_ARMED || pair->oracle.paused)
		return;
	vm_host_fail_read(pair->vm, 0, error);
	pair->oracle.kernel.fail_read = error;
	do_dispatch(pair);
	/* The queue may be full: then it meets another one. */
}

static void do_rearm(struct pair *pair)
{
	bool disarmed = pair->oracle.exists && pair->oracle.armed == ORACLE_DISARMED;

	pair->what = "rearm";
	same(pair, "rearmed", (unsigned int)vsmmu_rearm(pair->vm->vsmmu), disarmed);
	oracle_rearm(&pair->oracle);
}

static const struct {
	void (*run)(struct pair *pair);
	unsigned int weight;
} steps[] = {
	{do_fault, 30},
	{do_dispatch, 30},
	{do_time, 10},
	{do_consume, 25},
	{do_ack_overflow, 6},
	{do_ack_abort, 6},
	{do_memory, 3},
	{do_enable, 4},
	{do_irq_ctrl, 2},
	{do_nonsense, 2},
	{do_plug, 4},
	{do_reset, 1},
	{do_fail_read, 1},
	{do_rearm, 6},
};

static void random_step(struct pair *pair)
{
	unsigned int total = 0, at;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		total += steps[i].weight;
	at = (unsigned int)below(pair, total);
	for (size_t i = 0;; i++) {
		if (at < steps[i].weight) {
			steps[i].run(pair);
			return;
		}
		at -= steps[i].weight;
	}
}

/* To the end: everything that was produced has been accounted for. */
static void finish(struct pair *pair)
{
	pair->what = "finish";
	vm_disable(pair->vm);
	oracle_cr0(&pair->oracle, false, false, 0, 0);
	for (unsigned int n = 0; n < ORACLE_STREAMS; n++) {
		if (pair->oracle.streams[n].state == ORACLE_LIVE) {
			vm_detach(pair->vm, n);
			oracle_detach(&pair->oracle, n);
		}
	}
	compare(pair);
	same(pair, "produced", vm_stats(pair->vm).sequenced, pair->vm->produced);
}

static void live(uint64_t seed)
{
	struct pair pair = {.seed = seed, .rng = {seed}, .what = "begin"};
	struct vm_setup setup = {
		.endpoints = ORACLE_STREAMS,
		.unattached = true,
		.depth = 1 + (uint32_t)rng_below(&pair.rng, ORACLE_DEPTH),
		.loss_policy =
			rng_below(&pair.rng, 4) ? VSMMU_LOSS_OVERFLOW : VSMMU_LOSS_COUNT_ONLY,
	};

	if (seed % 2)
		setup.first_sequence = 0x7fffffff - (uint32_t)rng_below(&pair.rng, 500);
	pair.vm = vm_new(&setup);
	oracle_init(&pair.oracle, setup.depth);
	pair.oracle.policy = setup.loss_policy;
	still_clock_stop();
	pair.oracle.now = still_clock_now();
	for (pair.step = 1; pair.step <= STEPS; pair.step++) {
		random_step(&pair);
		compare(&pair);
	}
	finish(&pair);
	vm_free(pair.vm);
	still_clock_go();
}

TEST(random_lives_are_as_foretold)
{
	for (uint64_t seed = first_seed; seed <= last_seed; seed++)
		live(seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E2 E5 E6 E7 E8 E9 E10 A1 A2 A6 P1 P16 P17 P20",
			random_lives_are_as_foretold),
	};

	if (argc > 1)
		first_seed = last_seed = strtoull(argv[1], NULL, 0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
