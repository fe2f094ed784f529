/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fairness between vEVENTQs: nothing is discarded for it. With isolate each has half of the
 * guest's queue at most, is left in the kernel when it has that, and goes on when the guest has
 * consumed its last record.
 */
#include <string.h>

#include "lib/rng.h"
#include "smmu/vsmmu.h"
#include "lib/vm.h"

static struct test_vmm *isolated_vm(unsigned int endpoints, unsigned int log2)
{
	const struct vm_setup setup = {.endpoints = endpoints, .isolate = true, .depth = 8192};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, log2);
	return vm;
}

static void consume(struct test_vmm *vm, uint32_t count)
{
	uint64_t word[4];

	while (count--)
		assert_true(vm_consume(vm, word));
}

TEST(a_storm_takes_half_of_the_queue)
{
	for (unsigned int log2 = 0; log2 <= 10; log2++) {
		const unsigned int half = log2 ? 1u << (log2 - 1) : 1;
		struct test_vmm *vm = isolated_vm(2, log2);
		uint64_t reads;

		vm_faults(vm, 0, 4 * half + 10);
		assert_int_equal(vm_dispatch(vm), half);
		assert_int_equal(vm_pending(vm), half);
		/* It costs nothing to leave it where it is. */
		reads = vm_host_reads(vm);
		vm_faults(vm, 0, 3);
		assert_false(vm_readable(vm));
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
		assert_int_equal(vm_host_reads(vm), reads);
		/* The rest is its neighbour's. */
		if (log2) {
			vm_faults(vm, 1, half);
			assert_true(vm_readable(vm));
			assert_int_equal(vm_dispatch(vm), half);
			assert_int_equal(vm_pending(vm), 2 * half);
			assert_false(vm_readable(vm));
		}
		assert_int_equal(vm_stats(vm).discarded, 0);
		while (vm_consume_all(vm))
			vm_dispatch(vm);
		assert_int_equal(vm_stats_all(vm).delivered, vm->produced);
		vm_free(vm);
	}
}

TEST(it_goes_on_when_its_last_record_was_consumed)
{
	struct test_vmm *vm = isolated_vm(2, 4);

	vm_fault(vm, 1);
	vm_dispatch(vm);
	vm_faults(vm, 0, 30); /* 8 of them, behind one of the neighbour's */
	vm_dispatch(vm);
	vm_faults(vm, 1, 2);
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), 11);
	for (int i = 0; i < 8; i++) {
		consume(vm, 1);
		assert_false(vm_readable(vm));
	}
	consume(vm, 1); /* its last one; two of the neighbour's are left */
	assert_true(vm_readable(vm));
	assert_int_equal(vm_dispatch(vm), 8);
	assert_int_equal(vm_pending(vm), 10);
	vm_free(vm);
}

/* The guest's handler takes all there is: no source waits for a CONS that never comes. */
TEST(no_pause_outlives_an_empty_queue)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct rng rng = {seed};
		struct test_vmm *vm = isolated_vm(3, (unsigned int)rng_below(&rng, 6));

		for (int step = 0; step < 300; step++) {
			vm_faults(vm, (unsigned int)rng_below(&rng, 3),
				(unsigned int)rng_below(&rng, 50));
			vsmmu_dispatch(vm->vsmmu, (uint32_t)rng_below(&rng, 30));
			if (rng_below(&rng, 2))
				consume(vm, (uint32_t)rng_below(&rng, vm_pending(vm) + 1));
			if (rng_below(&rng, 8))
				continue;
			do
				vm_dispatch(vm);
			while (vm_consume_all(vm));
			/* Empty, and nobody is left behind. */
			assert_int_equal(vm_stats_all(vm).delivered, vm->produced);
		}
		vm_free(vm);
	}
}

#define SOURCES 4

/* Seen from the guest's memory: what each has had since its last record was consumed. */
struct account {
	uint64_t written, consumed;
	uint64_t faults[SOURCES], delivered[SOURCES];
	uint64_t since[SOURCES], end[SOURCES];
	bool full; /* until a quarter is free */
};

static void account_delivered(struct account *account, struct test_vmm *vm)
{
	const uint32_t size = 1u << vm->log2, pending = vm_pending(vm);
	uint32_t cons = test_vmm_read(vm, SMMU_EVENTQ_CONS);

	for (uint32_t i = (uint32_t)(account->written - account->consumed); i < pending; i++) {
		uint64_t word0;
		unsigned int n;

		memcpy(&word0, vm->memory + (size_t)((cons + i) & (size - 1)) * 32, sizeof(word0));
		n = (unsigned int)(word0 >> 32) - VM_VSID(0);
		assert_in_range(n, 0, SOURCES - 1);
		account->delivered[n]++;
		account->since[n]++;
		account->end[n] = ++account->written;
		assert_in_range(account->since[n], 1, size > 1 ? size / 2 : 1);
	}
	account->full = account->full || pending == size;
}

static void account_consumed(struct account *account, struct test_vmm *vm)
{
	const uint32_t size = 1u << vm->log2;

	consume(vm, 1);
	account->consumed++;
	for (unsigned int n = 0; n < SOURCES; n++)
		if (account->consumed >= account->end[n])
			account->since[n] = 0;
	if (4 * (size - vm_pending(vm)) >= size)
		account->full = false;
}

/* While the fd is not readable, whoever has something has had its share, or the queue is full. */
static void account_check(const struct account *account, struct test_vmm *vm)
{
	const uint32_t size = 1u << vm->log2, share = size > 1 ? size / 2 : 1;
	bool waits = false, may = false;

	for (unsigned int n = 0; n < SOURCES; n++) {
		waits = waits || account->delivered[n] < account->faults[n];
		may = may ||
		      (account->delivered[n] < account->faults[n] && account->since[n] < share);
	}
	if (!vm_readable(vm))
		assert_false(may && !account->full);
	/* And it is readable for no other reason, once it was dispatched to the end. */
	if (!waits) {
		vm_dispatch(vm);
		assert_int_equal(vm_pending(vm), account->written - account->consumed);
	}
}

TEST(whoever_waits_has_a_reason)
{
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct rng rng = {seed};
		struct test_vmm *vm = isolated_vm(SOURCES, (unsigned int)rng_below(&rng, 7));
		struct account account = {0};

		for (int step = 0; step < 500; step++) {
			unsigned int n = (unsigned int)rng_below(&rng, SOURCES);
			uint64_t count = rng_below(&rng, rng_below(&rng, 5) ? 4 : 60);

			switch (rng_below(&rng, 4)) {
			case 0:
				vm_faults(vm, n, (unsigned int)count);
				account.faults[n] += count;
				break;
			case 1:
				vsmmu_dispatch(vm->vsmmu, (uint32_t)rng_below(&rng, 40));
				break;
			case 2:
				vm_dispatch(vm);
				break;
			default:
				while (count-- && vm_pending(vm))
					account_consumed(&account, vm);
			}
			account_delivered(&account, vm);
			account_check(&account, vm);
		}
		vm_stats(vm);
		vm_free(vm);
	}
}

/* An old storm is forgotten however often the queue went round since. */
TEST(an_old_share_is_not_taken_for_a_new_one)
{
	for (unsigned int rounds = 0; rounds < 9; rounds++) {
		struct test_vmm *vm = isolated_vm(2, 3);

		vm_faults(vm, 0, 3);
		vm_dispatch(vm);
		vm_consume_all(vm);
		for (unsigned int i = 0; i < rounds; i++) {
			vm_faults(vm, 1, 4);
			vm_dispatch(vm);
			consume(vm, i + 1 < rounds ? 4 : 3);
		}
		vm_faults(vm, 0, 4);
		assert_int_equal(vm_dispatch(vm), 4);
		vm_free(vm);
	}
}

TEST(enabling_anew_begins_anew)
{
	struct test_vmm *vm = isolated_vm(2, 4);
	uint64_t before;

	vm_faults(vm, 0, 20);
	vm_dispatch(vm);
	before = vm_stats(vm).delivered;
	vm_disable(vm);
	vm_enable(vm, 4);
	assert_true(vm_readable(vm));
	assert_int_equal(vm_dispatch(vm), 8);
	assert_int_equal(vm_stats(vm).delivered, before + 8);
	vm_consume_all(vm);
	assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	vm_set_ste(vm, 0);
	vm_enable(vm, 4);
	vm_faults(vm, 0, 20);
	assert_int_equal(vm_dispatch(vm), 8);
	vm_free(vm);
}

/* The queue is full before anybody has its share: a pause of all, ended by a quarter. */
TEST(a_full_queue_stops_all)
{
	struct test_vmm *vm = isolated_vm(3, 4);
	uint64_t reads;

	vm_faults(vm, 0, 7);
	vm_dispatch(vm);
	vm_faults(vm, 1, 7);
	vm_dispatch(vm);
	vm_faults(vm, 2, 7);
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), 16);
	reads = vm_host_reads(vm);
	vm_faults(vm, 0, 1);
	vm_faults(vm, 1, 1);
	assert_int_equal(vm_dispatch(vm), 0);
	assert_int_equal(vm_host_reads(vm), reads);
	consume(vm, 3);
	assert_false(vm_readable(vm));
	consume(vm, 1);
	assert_int_equal(vm_dispatch(vm), 4);
	assert_int_equal(vm_pending(vm), 16);
	while (vm_consume_all(vm))
		vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).delivered, vm->produced);
	vm_free(vm);
}

/* Eight storms, and a guest that makes room for a quarter at a time: all go round. */
TEST(storms_share_what_becomes_free)
{
	static const unsigned int counts[] = {2, 3, 8};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const unsigned int sources = counts[i];
		struct test_vmm *vm = isolated_vm(sources, 8);
		uint64_t least = UINT64_MAX, most = 0;

		for (unsigned int n = 0; n < sources; n++)
			vm_faults(vm, n, 4000);
		vm_dispatch(vm);
		while (vm_stats(vm).delivered < 1000 * sources) {
			consume(vm, 64);
			vm_dispatch(vm);
		}
		for (unsigned int n = 0; n < sources; n++) {
			uint64_t got = vm_stream(vm, n).delivered;

			least = got < least ? got : least;
			most = got > most ? got : most;
		}
		/* They had 1000 each; one may be a share ahead. */
		assert_in_range(most - least, 0, 2 * 128);
		vm_free(vm);
	}
}

/* A lone fault beside any storm: it arrives before the guest has emptied its queue. */
TEST(no_storm_starves_a_neighbour)
{
	struct test_vmm *vm = isolated_vm(3, 4);
	uint64_t delivered = 0;

	for (int round = 0; round < 500; round++) {
		vm_faults(vm, 0, 7 + round % 23);
		if (round % 3 == 0)
			vm_dispatch(vm);
		vm_fault(vm, 1);
		vm_dispatch(vm);
		/* With a guest that is never done, it too has its share of those not seen yet. */
		for (delivered++; vm_stream(vm, 1).delivered < delivered; vm_dispatch(vm))
			consume(vm, 1);
		do
			consume(vm, 1);
		while (vm_pending(vm) > 7);
	}
	assert_int_equal(vm_stats(vm).discarded, 0);
	vm_free(vm);
}

TEST(without_isolate_there_are_no_shares)
{
	const struct vm_setup setup = {.endpoints = 2};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 3);
	vm_faults(vm, 0, 10);
	vm_fault(vm, 1);
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), 8);
	assert_false(vm_readable(vm));
	vm_expect(vm, 0, 1, 8);
	vm_dispatch(vm);
	vm_expect(vm, 0, 9, 2);
	vm_expect(vm, 1, 11, 1);
	assert_int_equal(vm_stats_all(vm).discarded, 0);
	vm_free(vm);
}

/* A source goes away while it waits, at each place of the list: the others go on. */
TEST(whoever_drops_out_holds_nobody_up)
{
	for (int how = 0; how < 4; how++) {
		struct test_vmm *vm = isolated_vm(4, 4);

		vm_faults(vm, 0, 30);
		vm_dispatch(vm); /* it has its share, and waits */
		vm_faults(vm, 1, 30);
		if (how == 3)
			vsmmu_dispatch(vm->vsmmu, 2); /* this one waits in the middle */
		else
			vm_dispatch(vm);
		vm_faults(vm, 2, 30);
		if (how == 0)
			vm_detach(vm, 0);
		else if (how == 1)
			vm_detach(vm, 1);
		else if (how == 2)
			vm_detach(vm, 2);
		else
			vm_detach(vm, 1);
		vm_fault(vm, 3);
		for (int round = 0; round < 20; round++) {
			vm_dispatch(vm);
			vm_consume_all(vm);
		}
		assert_int_equal(vm_stream(vm, 3).delivered, 1);
		for (unsigned int n = 0; n < 3; n++)
			if (vm->endpoints[n].handle)
				assert_int_equal(vm_stream(vm, n).delivered, 30);
		assert_false(vm_readable(vm));
		vm_stats_all(vm);
		vm_free(vm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E9 A3", a_storm_takes_half_of_the_queue),
		UNIT_TEST("E9 A3", it_goes_on_when_its_last_record_was_consumed),
		UNIT_TEST("E9 A3", no_pause_outlives_an_empty_queue),
		UNIT_TEST("E9 A1 A3", whoever_waits_has_a_reason),
		UNIT_TEST("E9", an_old_share_is_not_taken_for_a_new_one),
		UNIT_TEST("E9 E10 P7", enabling_anew_begins_anew),
		UNIT_TEST("E9 A1", a_full_queue_stops_all),
		UNIT_TEST("E9", storms_share_what_becomes_free),
		UNIT_TEST("E9", no_storm_starves_a_neighbour),
		UNIT_TEST("E9 A3", without_isolate_there_are_no_shares),
		UNIT_TEST("E9 E10", whoever_drops_out_holds_nobody_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
