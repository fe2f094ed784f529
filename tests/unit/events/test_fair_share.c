/* SPDX-License-Identifier: BSD-2-Clause */
/* One stream's storm leaves room for the others in the guest's queue. */
#include "lib/vm.h"

#define OVFLG SMMU_EVENTQ_PROD_OVFLG

static struct test_vmm *vm_with(unsigned int endpoints, unsigned int log2)
{
	const struct vm_setup setup = {.endpoints = endpoints};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, log2);
	return vm;
}

/* Two streams, each entitled to half; the last quarter is for who is below that. */
TEST(a_storm_never_takes_the_last_quarter)
{
	for (unsigned int log2 = 2; log2 <= 10; log2++) {
		unsigned int size = 1u << log2, kept = size - size / 4;
		struct test_vmm *vm = vm_with(2, log2);

		vm_faults(vm, 0, 3 * size);
		assert_int_equal(vm_dispatch(vm), 3 * size);
		assert_int_equal(vm_pending(vm), kept);
		assert_int_equal(vm_stream(vm, 0).queued, kept);
		assert_int_equal(vm_stream(vm, 0).fair_share, 3 * size - kept);
		assert_int_equal(
			vm_stats_all(vm).discarded_by[VSMMU_DISCARD_FAIR_SHARE], 3 * size - kept);
		/* The other gets all of its own through, up to the last slot. */
		vm_faults(vm, 1, size / 4);
		assert_int_equal(vm_dispatch(vm), size / 4);
		assert_int_equal(vm_pending(vm), size);
		assert_int_equal(vm_stream(vm, 1).delivered, size / 4);
		assert_int_equal(vm_stream(vm, 1).fair_share, 0);
		vm_expect(vm, 0, 1, kept);
		vm_expect(vm, 1, 3 * size + 1, size / 4);
		vm_expect_empty(vm);
		vm_free(vm);
	}
}

TEST(the_excess_is_loss_to_the_guest)
{
	struct test_vmm *vm = vm_with(2, 3);

	vm_faults(vm, 0, 6);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 6);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 6 | OVFLG);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 2);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 2);
	assert_int_equal(vm_stats_all(vm).lost, 0);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_FAIR_SHARE], 2);
	vm_free(vm);
}

TEST(a_stream_below_its_share_takes_any_slot)
{
	struct test_vmm *vm = vm_with(2, 3);

	vm_faults(vm, 0, 4);
	vm_faults(vm, 1, 4);
	assert_int_equal(vm_dispatch(vm), 8);
	assert_int_equal(vm_pending(vm), 8);
	assert_int_equal(vm_stats_all(vm).discarded, 0);
	/* Now it is full, and that is backpressure again: nothing is discarded. */
	vm_faults(vm, 0, 3);
	vm_dispatch(vm);
	assert_false(vm_readable(vm));
	assert_int_equal(vm_stats(vm).discarded, 0);
	vm_free(vm);
}

TEST(what_the_guest_consumes_counts_no_more)
{
	struct test_vmm *vm = vm_with(2, 3);

	vm_faults(vm, 0, 6);
	vm_dispatch(vm);
	assert_int_equal(vm_stream(vm, 0).queued, 6);
	vm_expect(vm, 0, 1, 4);
	assert_int_equal(vm_stream(vm, 0).queued, 2);
	vm_faults(vm, 0, 4);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).discarded, 0);
	assert_int_equal(vm_stream(vm, 0).queued, 6);
	vm_expect(vm, 0, 5, 6);
	vm_free(vm);
}

TEST(one_stream_alone_has_it_all)
{
	struct test_vmm *vm = vm_with(1, 3);

	vm_faults(vm, 0, 10);
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), 8);
	assert_int_equal(vm_stats(vm).discarded, 0);
	vm_free(vm);
}

TEST(it_can_be_switched_off)
{
	const struct vm_setup setup = {.endpoints = 2, .no_fair_share = true};
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

TEST(one_slot_cannot_be_shared)
{
	struct test_vmm *vm = vm_with(2, 0);

	vm_faults(vm, 0, 3);
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), 1);
	assert_int_equal(vm_stats(vm).discarded, 0);
	vm_free(vm);

	/* Of two slots, one is kept. */
	vm = vm_with(2, 1);
	vm_faults(vm, 0, 3);
	vm_fault(vm, 1);
	vm_dispatch(vm);
	vm_expect(vm, 0, 1, 1);
	vm_expect(vm, 1, 4, 1);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_FAIR_SHARE], 2);
	vm_free(vm);
}

TEST(more_streams_than_slots_still_get_through)
{
	struct test_vmm *vm = vm_with(8, 2);

	vm_faults(vm, 0, 50);
	vm_fault(vm, 1);
	vm_dispatch(vm);
	vm_expect(vm, 0, 1, 3);
	vm_expect(vm, 1, 51, 1);
	vm_expect_empty(vm);
	vm_free(vm);
}

TEST(enabling_anew_forgets_what_was_queued)
{
	struct test_vmm *vm = vm_with(2, 3);

	vm_faults(vm, 0, 6);
	vm_dispatch(vm);
	vm_disable(vm);
	assert_int_equal(vm_stream(vm, 0).queued, 0);
	vm_enable(vm, 3);
	vm_faults(vm, 0, 6);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).discarded, 0);
	assert_int_equal(vm_stream(vm, 0).queued, 6);
	vm_free(vm);
}

TEST(the_share_follows_the_number_of_streams)
{
	struct test_vmm *vm = vm_with(4, 4); /* a quarter each: four, and four are kept */

	vm_faults(vm, 0, 12);
	vm_faults(vm, 1, 6); /* in the last quarter: up to its share of four */
	vm_dispatch(vm);
	assert_int_equal(vm_stream(vm, 0).queued, 12);
	assert_int_equal(vm_stream(vm, 1).queued, 4);
	vm_free(vm);

	vm = vm_with(4, 4);
	vm_detach(vm, 3);
	vm_detach(vm, 2); /* two are left: eight each */
	vm_faults(vm, 0, 10);
	vm_faults(vm, 1, 8);
	vm_dispatch(vm);
	assert_int_equal(vm_stream(vm, 0).queued, 10);
	assert_int_equal(vm_stream(vm, 1).queued, 6);
	assert_int_equal(vm_pending(vm), 16);
	vm_free(vm);
}

/* Whatever storms and however the guest consumes: a lone fault gets through. */
TEST(no_storm_starves_a_neighbour)
{
	struct test_vmm *vm = vm_with(3, 4);
	uint64_t delivered = 0;

	for (int round = 0; round < 500; round++) {
		uint64_t word[4];

		vm_faults(vm, 0, 7 + round % 23);
		vm_fault(vm, 1);
		vm_dispatch(vm);
		assert_int_equal(vm_stream(vm, 1).delivered, ++delivered);
		for (int i = 0; i < 1 + round % 5; i++)
			vm_consume(vm, word);
		while (vm_stream(vm, 1).queued)
			assert_true(vm_consume(vm, word));
	}
	assert_int_equal(vm_stream(vm, 1).fair_share, 0);
	vm_stats_all(vm);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E9", a_storm_never_takes_the_last_quarter),
		UNIT_TEST("E9 P17", the_excess_is_loss_to_the_guest),
		UNIT_TEST("E9", a_stream_below_its_share_takes_any_slot),
		UNIT_TEST("E9", what_the_guest_consumes_counts_no_more),
		UNIT_TEST("E9", one_stream_alone_has_it_all),
		UNIT_TEST("E9", it_can_be_switched_off),
		UNIT_TEST("E9", one_slot_cannot_be_shared),
		UNIT_TEST("E9", more_streams_than_slots_still_get_through),
		UNIT_TEST("E9 P7", enabling_anew_forgets_what_was_queued),
		UNIT_TEST("E9", the_share_follows_the_number_of_streams),
		UNIT_TEST("E9", no_storm_starves_a_neighbour),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
