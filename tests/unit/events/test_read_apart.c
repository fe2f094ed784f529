/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A read of a vEVENTQ takes its time, and meanwhile the guest or its VMM does something that has to
 * do with where events go: in a thread of its own, to its end or to where it has to wait.
 */
#include <errno.h>

#include <vsmmu/event.h>

#include "../host/call_gate.h"
#include "lib/vm.h"
#include "smmu/vsmmu.h"

#define OWN 0x90u /* StreamID of a device that is no endpoint */

static struct test_vmm *vm;
static struct veventq_source inner; /* the vEVENTQ's own */
static struct aside aside;
static int (*meanwhile)(void *unused); /* during the next read */
static bool had_to_wait;

static ssize_t read_slowly(void *ctx, void *buffer, size_t length)
{
	if (meanwhile) {
		aside_start(&aside, meanwhile, NULL);
		meanwhile = NULL;
		while (!atomic_load(&aside.done) &&
			!(atomic_load(&aside.tid) && thread_is_blocked(atomic_load(&aside.tid))))
			sched_yield();
		had_to_wait = !atomic_load(&aside.done);
	}
	return inner.read(ctx, buffer, length);
}

static void slow_down(struct test_vmm *machine)
{
	struct veventq_source *source = &machine->vsmmu->sources.first->reader.source;

	vm = machine;
	inner = *source;
	source->read = read_slowly;
}

/* Dispatches, and does something during the first read. Return: what that returned. */
static int dispatch_and(int (*something)(void *unused))
{
	meanwhile = something;
	vsmmu_dispatch(vm->vsmmu, 0);
	assert_null(meanwhile);
	return aside_join(&aside);
}

/* All that was caused meanwhile came after what was done, and so is the guest's. */
static void expect_delivered(unsigned int events)
{
	/* If one came between the read and a look at whether there is more, after a while. */
	while (vm_pending(vm) < events) {
		vm_wait(vm);
		vsmmu_dispatch(vm->vsmmu, 0);
	}
	assert_int_equal(vm_pending(vm), events);
	assert_int_equal(vm_stats_all(vm).discarded, 0);
}

static int acknowledge(void *unused)
{
	(void)unused;
	test_vmm_write(vm, SMMU_GERRORN, SMMU_GERROR_EVENTQ_ABT_ERR);
	vm_fault(vm, 0);
	return 0;
}

TEST(an_event_after_an_acknowledgement_is_delivered)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION | (uint64_t)OWN << 32}};

	vm = vm_new(NULL);
	slow_down(vm);
	vm_enable(vm, 4);
	vm->bad_end = UINT64_MAX;
	assert_int_equal(vsmmu_record_event(vm->vsmmu, &record), -ENOBUFS);
	vm->bad_end = 0;
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), SMMU_GERROR_EVENTQ_ABT_ERR);
	dispatch_and(acknowledge);
	expect_delivered(1);
	vm_free(vm);
}

static int enable(void *unused)
{
	(void)unused;
	vm_enable(vm, 4);
	vm_fault(vm, 0);
	return 0;
}

TEST(an_event_after_the_queue_is_enabled_is_delivered)
{
	vm = vm_new(NULL);
	slow_down(vm);
	dispatch_and(enable);
	expect_delivered(1);
	vm_free(vm);
}

static int enable_anew(void *unused)
{
	vm_disable(vm);
	return enable(unused);
}

/* What was there before it is the guest's too, or not; but that it is off and on loses no other. */
TEST(an_event_after_the_queue_is_enabled_anew_is_delivered)
{
	vm = vm_new(NULL);
	slow_down(vm);
	vm_enable(vm, 4);
	dispatch_and(enable_anew);
	expect_delivered(1);
	vm_free(vm);
}

static int record(void *unused)
{
	const struct vsmmu_event_record own = {
		.word = {VSMMU_EVENT_F_TRANSLATION | (uint64_t)OWN << 32}};

	(void)unused;
	return vsmmu_record_event(vm->vsmmu, &own);
}

/* The read may bring as many as the guest's queue takes; it does not, and there is room. */
TEST(an_event_of_the_vmms_own_has_the_room_that_a_read_leaves)
{
	for (unsigned int faults = 0; faults < 3; faults++) {
		vm = vm_new(NULL);
		slow_down(vm);
		vm_enable(vm, 1);
		vm_faults(vm, 0, faults);
		assert_int_equal(dispatch_and(record), faults == 2 ? -ENOBUFS : 0);
		assert_int_equal(vm_pending(vm), faults == 2 ? 2 : faults + 1);
		assert_int_equal(vm_stats_all(vm).vmm_drops, faults == 2);
		assert_int_equal(vm_overflow_pending(vm), faults == 2);
		vm_free(vm);
	}
}

/* Where there is room besides, it does not wait. */
TEST(an_event_of_the_vmms_own_does_not_wait_for_nothing)
{
	vm = vm_new(NULL);
	slow_down(vm);
	vm_enable(vm, 9);
	vm_faults(vm, 0, 2);
	assert_int_equal(dispatch_and(record), 0);
	assert_false(had_to_wait);
	assert_int_equal(vm_pending(vm), 3);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E7", an_event_after_an_acknowledgement_is_delivered),
		UNIT_TEST("E7", an_event_after_the_queue_is_enabled_is_delivered),
		UNIT_TEST("E7", an_event_after_the_queue_is_enabled_anew_is_delivered),
		UNIT_TEST("E7", an_event_of_the_vmms_own_has_the_room_that_a_read_leaves),
		UNIT_TEST("E7", an_event_of_the_vmms_own_does_not_wait_for_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
