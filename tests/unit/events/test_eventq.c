/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's event queue by itself: arithmetic, overflow, aborts, signals. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "arch/queue.h"
#include "arch/regs.h"
#include "lib/rng.h"
#include "smmu/events/eventq.h"
#include "lib/unit.h"

#define BASE   UINT64_C(0x40000000)
#define OVFLG  SMMU_EVENTQ_PROD_OVFLG
#define RECORD 32

static struct eventq eventq;
static struct guest_queue *const queue = &eventq.queue;
static uint8_t *memory;
static uint64_t memory_size, bad_from; /* writes at or beyond it are refused */
static void (*on_write)(void);
static unsigned int writes;

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	writes++;
	if (on_write)
		on_write();
	assert_true(address >= BASE && address - BASE + length <= memory_size);
	if (address + length > bad_from)
		return -1;
	memcpy(memory + (address - BASE), bytes, length);
	return 0;
}

static const struct vsmmu_ops ops = {.size = sizeof(ops), .memory_write = memory_write};

static void start(unsigned int log2_max, unsigned int log2, uint32_t prod, uint32_t cons)
{
	memset(&eventq, 0, sizeof(eventq));
	eventq.log2_max = log2_max;
	eventq_reset(&eventq);
	memory_size = (uint64_t)RECORD << (log2 < log2_max ? log2 : log2_max);
	memory = calloc(1, memory_size);
	assert_non_null(memory);
	bad_from = UINT64_MAX;
	on_write = NULL;
	writes = 0;
	queue->base = BASE | log2;
	atomic_store(&queue->prod, prod);
	atomic_store(&queue->cons, cons);
	eventq_enable(&eventq, true);
}

static void stop(void)
{
	free(memory);
}

static void stage(uint32_t number)
{
	uint8_t *record = eventq.records[eventq.staged++];

	memset(record, 0, RECORD);
	memcpy(record, &number, sizeof(number));
}

static struct eventq_commit commit(bool overflow)
{
	return eventq_commit(&eventq, &ops, NULL, overflow);
}

static uint32_t slot(uint32_t index)
{
	uint32_t number;

	memcpy(&number, memory + (size_t)index * RECORD, sizeof(number));
	return number;
}

/* Fills and empties the queue over its wrap, for every legal size. */
TEST(every_size_wraps)
{
	for (unsigned int log2 = 0; log2 <= 19; log2++) {
		uint32_t size = 1u << log2, number = 0, written = 0, batch;

		start(19, log2, 0, 0);
		assert_int_equal(eventq_room(&eventq), size);
		/* Three quarters first, so that the next rounds wrap in the middle. */
		for (uint32_t goal = size - size / 4; written <= 3 * size; goal = size) {
			uint32_t used = 0;

			while (used < goal) {
				batch = goal - used < EVENTQ_BATCH ? goal - used : EVENTQ_BATCH;
				for (uint32_t i = 0; i < batch; i++)
					stage(++number);
				assert_int_equal(commit(false).written, batch);
				used += batch;
			}
			assert_int_equal(eventq_room(&eventq), size - goal);
			assert_int_equal((eventq_room(&eventq) == 0), goal == size);
			assert_int_equal(
				atomic_load(&queue->prod), (written + used) & (2 * size - 1));
			for (uint32_t i = 0; i < used; i++)
				if (slot((written + i) & (size - 1)) != written + i + 1)
					fail();
			written += used;
			atomic_store(&queue->cons, written & (2 * size - 1));
			assert_int_equal(eventq_room(&eventq), size);
		}
		stop();
	}
}

TEST(a_size_above_the_maximum_counts_as_the_maximum)
{
	start(4, 31, 0, 0);
	assert_int_equal(queue->log2, 4);
	assert_int_equal(eventq_room(&eventq), 16);
	stop();
	start(19, 20, 0, 0);
	assert_int_equal(queue->log2, 19);
	stop();
}

TEST(the_base_is_aligned_to_the_size)
{
	start(10, 6, 0, 0);
	queue->base = (BASE + 0x7e0) | 6; /* 64 records are 0x800 bytes */
	eventq_enable(&eventq, true);
	assert_int_equal(queue->address, BASE);
	queue->base = (BASE + 0x20) | 0;
	eventq_enable(&eventq, true);
	assert_int_equal(queue->address, BASE + 0x20);
	queue->base = UINT64_MAX; /* bits 55:5 are address, and the size is capped */
	eventq_enable(&eventq, true);
	assert_int_equal(queue->address, UINT64_C(0x00ffffffffff8000));
	stop();
}

/* When it may change is deliver.c's to say: here it changes, and is seen to. */
TEST(an_overflow_toggles_and_is_acknowledged)
{
	start(3, 3, 0, 0);
	assert_false(eventq_overflow_is_active(&eventq));
	commit(true);
	assert_int_equal(atomic_load(&queue->prod), OVFLG);
	assert_true(eventq_overflow_is_active(&eventq));
	/* An unacknowledged overflow does not stop delivery (7.4). */
	stage(1);
	assert_int_equal(commit(false).written, 1);
	assert_int_equal(atomic_load(&queue->prod), OVFLG | 1);
	assert_true(eventq_overflow_is_active(&eventq));
	atomic_store(&queue->cons, OVFLG | 1);
	assert_false(eventq_overflow_is_active(&eventq));
	commit(true); /* it toggles back */
	assert_int_equal(atomic_load(&queue->prod), 1);
	assert_true(eventq_overflow_is_active(&eventq));
	stop();
}

/* A handler may dequeue before it looks: FreeBSD's does. */
TEST(an_overflow_of_an_empty_queue_is_not_signalled)
{
	start(3, 3, 5, 5);
	assert_false(commit(true).signal);
	assert_int_equal(atomic_load(&queue->prod), OVFLG | 5);
	stage(1);
	assert_true(commit(false).signal);
	atomic_store(&queue->cons, OVFLG | 5);
	/* With a record in it that the guest has been told of. */
	assert_true(commit(true).signal);
	assert_int_equal(atomic_load(&queue->prod), 6);
	stop();
}

TEST(flags_and_high_bits_do_not_disturb_the_index)
{
	start(3, 3, OVFLG | 0x000ffff5, OVFLG | 0x000aaa75);
	assert_int_equal(eventq_room(&eventq), 8);
	stage(9);
	assert_true(commit(false).signal);
	/* The register is the SMMU's now, and clean but for OVFLG. */
	assert_int_equal(atomic_load(&queue->prod), OVFLG | 6);
	assert_int_equal(slot(5), 9);
	stop();
}

TEST(a_signal_means_it_was_empty)
{
	start(2, 2, 0, 0);
	stage(1);
	assert_true(commit(false).signal);
	stage(2);
	assert_false(commit(false).signal);
	atomic_store(&queue->cons, 2);
	stage(3);
	stage(4);
	assert_true(commit(false).signal);
	assert_false(commit(false).signal); /* nothing written */
	stop();
}

static void consume_one(void)
{
	atomic_fetch_add(&queue->cons, 1);
}

TEST(a_guest_that_empties_it_meanwhile_is_signalled)
{
	start(2, 2, 1, 0);
	on_write = consume_one; /* between the staging and PROD */
	stage(1);
	assert_true(commit(false).signal);
	stop();
}

/* Every pair of PROD and CONS: nonsense counts as full, and nothing is overwritten. */
TEST(nonsense_pointers_are_full)
{
	for (unsigned int log2 = 0; log2 <= 4; log2++) {
		for (uint32_t prod = 0; prod < 2u << log2; prod++) {
			for (uint32_t cons = 0; cons < 2u << log2; cons++) {
				uint32_t used = (prod - cons) & ((2u << log2) - 1);
				uint32_t size = 1u << log2;

				start(4, log2, prod, cons);
				assert_int_equal(
					eventq_room(&eventq), used > size ? 0 : size - used);
				assert_int_equal((eventq_room(&eventq) == 0), used >= size);
				stop();
			}
		}
	}
}

/* A write that fails at record k of a batch, for each k and each place of the wrap. */
TEST(an_abort_delivers_what_precedes_it)
{
	for (uint32_t begin = 0; begin < 16; begin++) {
		for (uint32_t good = 0; good < 8; good++) {
			struct eventq_commit result;
			uint32_t expected = 0;

			start(3, 3, begin, begin);
			/* Records in slots from @good on are refused. */
			bad_from = BASE + (uint64_t)good * RECORD;
			while (expected < 6 && ((begin + expected) & 7) < good)
				expected++;
			for (uint32_t i = 0; i < 6; i++)
				stage(i + 1);
			result = commit(true);
			assert_int_equal(result.written, expected);
			assert_int_equal(result.aborted, expected < 6);
			assert_int_equal(
				atomic_load(&queue->prod), OVFLG | ((begin + expected) & 15));
			for (uint32_t i = 0; i < expected; i++)
				assert_int_equal(slot((begin + i) & 7), i + 1);
			assert_int_equal(eventq.staged, 0);
			stop();
		}
	}
}

TEST(a_refused_batch_changes_nothing)
{
	struct eventq_commit result;

	start(3, 3, 5, 3);
	bad_from = 0;
	stage(1);
	result = commit(false);
	assert_int_equal(result.written, 0);
	assert_true(result.aborted);
	assert_false(result.signal);
	assert_int_equal(atomic_load(&queue->prod), 5);
	assert_int_equal(writes, 1);
	stop();
}

TEST(a_batch_is_one_write_or_two_at_the_wrap)
{
	start(3, 3, 0, 0);
	for (uint32_t i = 0; i < 6; i++)
		stage(i);
	commit(false);
	assert_int_equal(writes, 1);
	atomic_store(&queue->cons, 6);
	for (uint32_t i = 0; i < 6; i++)
		stage(i);
	commit(false);
	assert_int_equal(writes, 3);
	stop();
}

/* Records before CONS are counted among all that were ever written. */
TEST(what_was_consumed_is_counted_for_ever)
{
	uint64_t consumed = 0;

	start(3, 3, 0, 0);
	for (uint32_t round = 0; round < 100; round++) {
		for (uint32_t i = 0; i < 8; i++)
			stage(i);
		commit(false);
		assert_true(eventq_consumed(&eventq) == consumed);
		for (uint32_t i = 0; i < 8; i++) {
			atomic_store(&queue->cons, queue_advance(atomic_load(&queue->cons), 1, 3));
			assert_true(eventq_consumed(&eventq) == ++consumed);
		}
	}
	assert_true(eventq.written == consumed);
	/* Records that the guest says were in it before count as nothing. */
	eventq_enable(&eventq, false);
	atomic_store(&queue->prod, 5);
	atomic_store(&queue->cons, 2);
	eventq_enable(&eventq, true);
	assert_true(eventq_consumed(&eventq) == consumed - 3);
	stop();
	start(3, 3, 5, 2);
	assert_true(eventq_consumed(&eventq) == 0);
	stop();
}

TEST(a_quarter_is_rounded_up)
{
	for (unsigned int log2 = 0; log2 <= 19; log2++) {
		const uint32_t size = 1u << log2, least = size > 4 ? size / 4 : 1;
		const uint32_t prod = size / 2;

		for (uint32_t free = 0; free <= size; free += size > 64 ? size / 64 : 1)
			assert_int_equal(queue_quarter_is_free(prod,
						 (prod - (size - free)) & (2 * size - 1), log2),
				free >= least);
		assert_true(
			queue_quarter_is_free(prod, (prod - size + least) & (2 * size - 1), log2));
		assert_false(queue_quarter_is_free(
			prod, (prod - size + least - 1) & (2 * size - 1), log2));
		/* Nonsense is full. */
		if (size > 1)
			assert_false(queue_quarter_is_free(prod, prod + 1, log2));
	}
}

/* The fast path stores whole words. */
TEST(records_are_aligned)
{
	assert_int_equal(offsetof(struct eventq, records) % 16, 0);
	assert_int_equal(_Alignof(struct eventq) % 16, 0);
	assert_int_equal((uintptr_t)eventq.records % 16, 0);
}

TEST(enabling_takes_the_queue_as_it_stands)
{
	start(8, 3, 0, 0);
	for (uint32_t i = 0; i < 5; i++)
		stage(i);
	commit(false);
	eventq_enable(&eventq, false);
	queue->base = BASE | 2;
	atomic_store(&queue->prod, 6);
	atomic_store(&queue->cons, 4);
	eventq_enable(&eventq, true);
	assert_int_equal(eventq_room(&eventq), 2);
	stage(77);
	commit(false);
	assert_int_equal(atomic_load(&queue->prod), 7);
	assert_int_equal(slot(2), 77);
	stop();
}

/* No slot is written that the guest has not given back, if it writes nonsense into CONS. */
TEST(a_guest_that_writes_nonsense_loses_nothing_of_others)
{
	struct rng rng = {1};

	for (int round = 0; round < 200; round++) {
		uint32_t first = (uint32_t)rng_next(&rng), second = (uint32_t)rng_next(&rng);

		start(4, (unsigned int)rng_below(&rng, 5), first, second);
		for (int step = 0; step < 200; step++) {
			uint32_t cons = rng_below(&rng, 3) ? (uint32_t)rng_next(&rng)
							   : (uint32_t)atomic_load(&queue->prod);
			uint32_t room, used;

			atomic_store(&queue->cons, cons);
			room = eventq_room(&eventq);
			used = (atomic_load(&queue->prod) - cons) & queue_mask(queue->log2);
			assert_int_equal(
				room + (used > 1u << queue->log2 ? 1u << queue->log2 : used),
				1u << queue->log2);
			for (uint32_t i = 0; i < room; i++)
				stage(i);
			assert_int_equal(commit(rng_below(&rng, 2)).written, room);
		}
		stop();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E7", every_size_wraps),
		UNIT_TEST("E7", a_size_above_the_maximum_counts_as_the_maximum),
		UNIT_TEST_PLAIN(the_base_is_aligned_to_the_size),
		UNIT_TEST("E7 P6", an_overflow_toggles_and_is_acknowledged),
		UNIT_TEST("E8 P22 A2 D4", an_overflow_of_an_empty_queue_is_not_signalled),
		UNIT_TEST_PLAIN(flags_and_high_bits_do_not_disturb_the_index),
		UNIT_TEST("E8", a_signal_means_it_was_empty),
		UNIT_TEST("E8", a_guest_that_empties_it_meanwhile_is_signalled),
		UNIT_TEST("E7", nonsense_pointers_are_full),
		UNIT_TEST("E7 P6", an_abort_delivers_what_precedes_it),
		UNIT_TEST("P6", a_refused_batch_changes_nothing),
		UNIT_TEST("E2", a_batch_is_one_write_or_two_at_the_wrap),
		UNIT_TEST("E9", what_was_consumed_is_counted_for_ever),
		UNIT_TEST("E2 A1", a_quarter_is_rounded_up),
		UNIT_TEST("A9", records_are_aligned),
		UNIT_TEST("P7", enabling_takes_the_queue_as_it_stands),
		UNIT_TEST("E7", a_guest_that_writes_nonsense_loses_nothing_of_others),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
