/* SPDX-License-Identifier: BSD-2-Clause */
/* A hundred vEVENTQs: more than one look at the poll set gives. And what a CMD_SYNC reads. */
#include <errno.h>

#include "smmu/events/dispatch.h"
#include "smmu/vsmmu.h"
#include "lib/vm.h"

#define MANY 100
#define SIZE 256

static struct test_vmm *vm;
static struct vsmmu_endpoint *endpoints[MANY];
static uint32_t devices[MANY];

static void begin(unsigned int count, unsigned int log2)
{
	const struct vsmmu_config config = {.isolate = true, .veventq_depth = 4096};
	const uint64_t ste[2] = {0xb, 0};

	vm = test_vmm_alloc();
	vm->events_only = true;
	assert_int_equal(test_vmm_new(vm, test_vmm_sim(vm, NULL), &config), 0);
	for (unsigned int n = 0; n < count; n++) {
		struct vsmmu_endpoint_config endpoint = {
			.size = sizeof(endpoint), .vsid = VM_VSID(n), .vfio_fd = -1};

		assert_int_equal(vsmmu_sim_endpoint_new(vm->host, 0, &devices[n]), 0);
		endpoint.dev_id = devices[n];
		assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &endpoint, &endpoints[n]), 0);
		assert_int_equal(vsmmu_endpoint_set_ste(endpoints[n], ste), 0);
	}
	vm_enable(vm, log2);
}

static void end(void)
{
	/* Nothing is discarded but events of endpoints that were detached. */
	assert_int_equal(
		vm_stats(vm).discarded, vm_stats(vm).discarded_by[VSMMU_DISCARD_STALE] +
						vm_stats(vm).discarded_by[VSMMU_DISCARD_TEARDOWN]);
	test_vmm_free(vm);
}

static void faults(unsigned int n, unsigned int count)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};

	vm->produced += count;
	while (count--)
		assert_int_equal(vsmmu_sim_fault(vm->host, devices[n], &record), 0);
}

static uint64_t delivered(unsigned int n)
{
	struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_endpoint_get_stats(endpoints[n], &stats), 0);
	return stats.delivered;
}

static void consume(unsigned int count)
{
	uint64_t word[4];

	while (count-- && vm_consume(vm, word))
		;
}

static void expect_all(void)
{
	do
		vm_dispatch(vm);
	while (vm_consume_all(vm));
	assert_int_equal(vm_stats_all(vm).delivered + vm_stats(vm).discarded, vm->produced);
	assert_false(vm_readable(vm));
}

TEST(one_each_of_a_hundred_arrives)
{
	begin(MANY, 8);
	for (int round = 0; round < 10; round++) {
		for (unsigned int n = 0; n < MANY; n++)
			faults(n, 1);
		vm_dispatch(vm);
		assert_int_equal(vm_pending(vm), MANY);
		assert_int_equal(vm_consume_all(vm), MANY);
		for (unsigned int n = 0; n < MANY; n++)
			assert_int_equal(delivered(n), round + 1);
	}
	expect_all();
	end();
}

/* The guest makes room for a quarter at a time; however small the budget, all go round. */
TEST(a_hundred_storms_share_what_becomes_free)
{
	static const uint32_t budgets[] = {0, 7, 64, 100, 1000};

	for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
		uint64_t least = UINT64_MAX, most = 0;

		begin(MANY, 8);
		for (unsigned int n = 0; n < MANY; n++)
			faults(n, 900);
		while (vm_stats(vm).delivered < 400 * MANY) {
			while (vm_readable(vm))
				vsmmu_dispatch(vm->vsmmu, budgets[i]);
			consume(SIZE / 4);
		}
		for (unsigned int n = 0; n < MANY; n++) {
			uint64_t got = delivered(n);

			least = got < least ? got : least;
			most = got > most ? got : most;
		}
		/* They had 400 each, give or take a turn: a quarter at most. */
		assert_in_range(most - least, 0, SIZE / 4);
		expect_all();
		end();
	}
}

/*
 * CMD_SYNCs gave all of them more than their share, and the guest is never done: they are
 * readable, and all of them are left where they are.
 */
TEST(a_hundred_that_have_their_share_end_a_dispatch)
{
	begin(MANY, 8);
	for (unsigned int n = 0; n < MANY; n++)
		faults(n, 1);
	dispatch_for_sync(vm->vsmmu, UINT32_MAX / 2);
	for (int round = 0; round < SIZE / 2; round++) {
		for (unsigned int n = 0; n < MANY; n++)
			faults(n, 1);
		dispatch_for_sync(vm->vsmmu, UINT32_MAX / 2);
		assert_int_equal(vm_pending(vm), 2 * MANY);
		consume(MANY);
	}
	for (unsigned int n = 0; n < MANY; n++)
		faults(n, 1);
	assert_true(vm_readable(vm));
	assert_int_equal(vm_dispatch(vm), 0); /* until it is not readable any more */
	assert_int_equal(vm_pending(vm), MANY);
	/* The first one's last record gone: it goes on, and only it. */
	consume(1);
	assert_true(vm_readable(vm));
	assert_int_equal(vm_dispatch(vm), 1);
	assert_false(vm_readable(vm));
	expect_all();
	end();
}

/* A kick takes one of the places of a look at the poll set: that is not the end of it. */
TEST(a_sync_reads_a_hundred_whoever_has_kicked)
{
	begin(MANY, 8);
	for (int kick = 0; kick < 2; kick++) {
		if (kick)
			pollset_kick(&vm->vsmmu->pollset);
		for (unsigned int n = 0; n < MANY; n++)
			faults(n, 1);
		dispatch_for_sync(vm->vsmmu, 1000);
		assert_int_equal(vm_pending(vm), MANY);
		consume(MANY);
	}
	expect_all();
	end();
}

TEST(a_sync_asks_for_no_share)
{
	begin(2, 8);
	faults(0, 300);
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), SIZE / 2);
	assert_false(vm_readable(vm));
	/* It keeps to its budget, and to the room. */
	dispatch_for_sync(vm->vsmmu, 100);
	assert_int_equal(vm_pending(vm), SIZE / 2 + 100);
	dispatch_for_sync(vm->vsmmu, 1000);
	assert_int_equal(vm_pending(vm), SIZE);
	dispatch_for_sync(vm->vsmmu, 1000);
	assert_int_equal(vm_pending(vm), SIZE);
	/* The pause ends all the same. */
	consume(SIZE);
	assert_true(vm_readable(vm));
	expect_all();
	end();
}

TEST(a_sync_waits_for_no_quarter)
{
	begin(1, 8);
	faults(0, SIZE / 2);
	vm_dispatch(vm);
	faults(0, SIZE);
	dispatch_for_sync(vm->vsmmu, 1000); /* a vEVENTQ alone has a share too */
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), SIZE);
	for (unsigned int i = 0; i < 10; i++) {
		consume(3);
		assert_false(vm_readable(vm));
		dispatch_for_sync(vm->vsmmu, 1000);
		assert_int_equal(vm_pending(vm), SIZE);
		assert_false(vm_readable(vm));
	}
	consume(SIZE);
	assert_true(vm_readable(vm));
	expect_all();
	end();
}

/* A SYNC that finds the queue full leaves it to whoever dispatches to say so. */
TEST(a_sync_leaves_the_fd_readable)
{
	begin(3, 3);
	for (unsigned int n = 0; n < 3; n++)
		faults(n, 5);
	dispatch_for_sync(vm->vsmmu, 1000);
	assert_int_equal(vm_pending(vm), 8);
	assert_true(vm_readable(vm));
	assert_int_equal(vm_dispatch(vm), 0);
	assert_false(vm_readable(vm));
	expect_all();
	/* Or it has found all, and nothing is left to say. */
	faults(1, 2);
	dispatch_for_sync(vm->vsmmu, 1000);
	assert_int_equal(vm_pending(vm), 2);
	assert_false(vm_readable(vm));
	expect_all();
	end();
}

/* Some fail for a while, some for good, some go away while they wait. */
TEST(whoever_drops_out_holds_nobody_up)
{
	begin(MANY, 8);
	for (unsigned int n = 0; n < MANY; n++)
		faults(n, 200);
	for (unsigned int i = 0; i < 20; i++) {
		assert_int_equal(
			vsmmu_sim_fail(vm->host, VSMMU_SIM_FAIL_READ, 0, i % 2 ? ENOMEM : EIO), 0);
		vsmmu_dispatch(vm->vsmmu, 30);
		consume(20);
	}
	for (unsigned int n = 0; n < MANY; n += 10) {
		assert_int_equal(vsmmu_endpoint_detach(endpoints[n]), 0);
		vm_dispatch(vm);
		consume(SIZE / 4);
	}
	for (int i = 0; i < 1000 && vm_stats(vm).sequenced < vm->produced; i++) {
		vsmmu_rearm(vm->vsmmu);
		vm_wait(vm);
		vm_dispatch(vm);
		vm_consume_all(vm);
	}
	expect_all();
	for (unsigned int n = 0; n < MANY; n++)
		if (n % 10)
			assert_int_equal(delivered(n), 200);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E9", one_each_of_a_hundred_arrives),
		UNIT_TEST("E9 A3", a_hundred_storms_share_what_becomes_free),
		UNIT_TEST("E9", a_hundred_that_have_their_share_end_a_dispatch),
		UNIT_TEST("E9", a_sync_reads_a_hundred_whoever_has_kicked),
		UNIT_TEST("E9 A3", a_sync_asks_for_no_share),
		UNIT_TEST("E9 A1", a_sync_waits_for_no_quarter),
		UNIT_TEST("E9 A1", a_sync_leaves_the_fd_readable),
		UNIT_TEST("E3 E9 E10", whoever_drops_out_holds_nobody_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
