/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dispatcher that finds the queue full against the guest that makes room at that very
 * moment: with a queue of one slot, once for each event. One lost wake-up, and all stands
 * still. Whoever waits here does nothing else that could hide it.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/epoll.h>

#include "lib/rng.h"
#include "lib/vm.h"

#define EVENTS 40000
#define DEPTH  50000
#define STILL  1200 /* looks without one event: nobody will ever wake it */

static struct test_vmm *vm;
static atomic_uint consumed;
static atomic_bool stuck;

static void *dispatcher(void *unused)
{
	(void)unused;
	while (atomic_load(&consumed) < EVENTS && !atomic_load(&stuck)) {
		struct pollfd fd = {.fd = vsmmu_get_event_fd(vm->vsmmu), .events = POLLIN};

		if (poll(&fd, 1, 100) == 1)
			vsmmu_dispatch(vm->vsmmu, 0);
	}
	return NULL;
}

/* Writes a register only when it takes a record. */
static void *guest(void *write_cr0)
{
	const uint32_t wrap = (2u << vm->log2) - 1;
	struct rng rng = {1};
	uint32_t cons = 0;

	while (atomic_load(&consumed) < EVENTS && !atomic_load(&stuck)) {
		uint64_t prod;

		vsmmu_mmio_read(vm->vsmmu, SMMU_EVENTQ_PROD, 4, &prod);
		if (prod == cons) {
			sched_yield();
			continue;
		}
		/* At every moment of a pause, one time or another. */
		for (volatile uint64_t wait = rng_below(&rng, 400); wait; wait--)
			;
		atomic_fetch_add(&consumed, 1);
		cons = (cons + 1) & wrap;
		if (write_cr0) {
			/* Leaves "full" another way: anew, and empty. */
			vsmmu_mmio_write(vm->vsmmu, SMMU_CR0, 4, 0);
			vsmmu_mmio_write(vm->vsmmu, SMMU_EVENTQ_PROD, 8, 0);
			cons = 0;
			vsmmu_mmio_write(vm->vsmmu, SMMU_CR0, 4, VM_ON);
		} else {
			vsmmu_mmio_write(vm->vsmmu, SMMU_EVENTQ_CONS, 4, cons);
		}
	}
	return NULL;
}

/* A full queue of one slot, or with two that are isolated a share of one. */
static void run(bool write_cr0, bool isolate)
{
	const struct vm_setup setup = {.depth = DEPTH, .isolate = isolate, .endpoints = 2};
	unsigned int before = 0, still = 0;
	pthread_t threads[2];

	vm = vm_new(&setup);
	vm_enable(vm, isolate);
	/* Some are discarded while it is disabled: there are more than enough. */
	vm_faults(vm, 0, write_cr0 ? DEPTH : EVENTS);
	atomic_store(&consumed, 0);
	atomic_store(&stuck, false);
	/* From here on it is the guest alone that can go on. */
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 1);
	assert_int_equal(vm_stats(vm).pauses, 1);
	assert_false(vm_readable(vm));
	assert_int_equal(pthread_create(&threads[0], NULL, dispatcher, NULL), 0);
	assert_int_equal(
		pthread_create(&threads[1], NULL, guest, write_cr0 ? (void *)&stuck : NULL), 0);
	while (before < EVENTS && still < STILL) {
		struct vsmmu_stats stats = {.size = sizeof(stats)};
		unsigned int now = atomic_load(&consumed);

		/* Not vm_stats(): the interrupts that it counts are another thread's. */
		assert_int_equal(vsmmu_get_stats(vm->vsmmu, &stats), 0);
		if (write_cr0 && stats.sequenced == vm->produced)
			break;
		still = now == before ? still + 1 : 0;
		before = now;
		poll(NULL, 0, 50);
	}
	atomic_store(&stuck, true);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_true(still < STILL);
	if (!write_cr0)
		assert_int_equal(vm_stats_all(vm).delivered, EVENTS);
	vm_free(vm);
}

int __real_epoll_ctl(int set, int operation, int fd, struct epoll_event *event);
/* Called by the linker's doing alone. */
int __wrap_epoll_ctl(int set, int operation, int fd, struct epoll_event *event);

/* When the guest makes room: while the dispatcher is about to pause, or is just doing so. */
static enum { NOT_NOW, BEFORE_PAUSE, IN_PAUSE } room;

static void make_room(void)
{
	room = NOT_NOW;
	test_vmm_write(vm, SMMU_EVENTQ_CONS, test_vmm_read(vm, SMMU_EVENTQ_PROD));
}

/* In a pause the vEVENTQ is not polled. */
int __wrap_epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
	const bool pause = operation == EPOLL_CTL_DEL;
	int ret;

	if (pause && room == BEFORE_PAUSE)
		make_room();
	ret = __real_epoll_ctl(set, operation, fd, event);
	if (pause && room == IN_PAUSE)
		make_room();
	return ret;
}

/* The very moment, for certain: with one slot it is full, with two a share is half of it. */
TEST(no_wake_up_is_lost_in_a_pause)
{
	for (int isolate = 0; isolate < 2; isolate++) {
		for (int when = BEFORE_PAUSE; when <= IN_PAUSE; when++) {
			const struct vm_setup setup = {.endpoints = 2, .isolate = isolate};

			vm = vm_new(&setup);
			vm_enable(vm, isolate);
			vm_faults(vm, 0, 2);
			room = when;
			assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 1);
			assert_int_equal(room, NOT_NOW);
			assert_true(vm_readable(vm));
			assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 1);
			vm_expect(vm, 0, 2, 1);
			assert_int_equal(vm_stats_all(vm).delivered, 2);
			vm_free(vm);
		}
	}
}

TEST(no_wake_up_is_lost_when_cons_moves)
{
	run(false, false);
}

TEST(no_wake_up_is_lost_when_cons_passes_a_share)
{
	run(false, true);
}

TEST(no_wake_up_is_lost_when_the_queue_is_enabled_anew)
{
	run(true, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E7 A1 A3", no_wake_up_is_lost_in_a_pause),
		UNIT_TEST("E7 A1", no_wake_up_is_lost_when_cons_moves),
		UNIT_TEST("E7 E9 A3", no_wake_up_is_lost_when_cons_passes_a_share),
		UNIT_TEST("E7", no_wake_up_is_lost_when_the_queue_is_enabled_anew),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
