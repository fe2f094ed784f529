/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of the event path: counted, and failed one by one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "smmu/vsmmu.h"
#include "lib/vm.h"

static struct test_vmm *vm;

/* Calls on the vSMMU's own fds since count_begin(). */
static struct counts {
	unsigned int epoll_ctl, epoll_wait, timer_read, settime, kick, unkick;
} counts;

/* The n-th of these from now on fails. */
static unsigned int fail_ctl, fail_settime;

int __real_epoll_ctl(int set, int operation, int fd, struct epoll_event *event);
int __real_epoll_wait(int set, struct epoll_event *events, int count, int timeout);
ssize_t __real_read(int fd, void *buffer, size_t length);
ssize_t __real_write(int fd, const void *buffer, size_t length);
int __real_timerfd_settime(
	int fd, int flags, const struct itimerspec *when, struct itimerspec *old);
/* Called by the linker's doing alone. */
int __wrap_epoll_ctl(int set, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_wait(int set, struct epoll_event *events, int count, int timeout);
ssize_t __wrap_read(int fd, void *buffer, size_t length);
ssize_t __wrap_write(int fd, const void *buffer, size_t length);
int __wrap_timerfd_settime(
	int fd, int flags, const struct itimerspec *when, struct itimerspec *old);

static const struct pollset *pollset(void)
{
	static const struct pollset none = {.set = -1, .kick = -1, .timer = -1};

	return vm && vm->vsmmu ? &vm->vsmmu->pollset : &none;
}

static bool fails(unsigned int *nth)
{
	if (!*nth || --*nth)
		return false;
	errno = ENOMEM;
	return true;
}

int __wrap_epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
	counts.epoll_ctl++;
	if (operation == EPOLL_CTL_ADD && fails(&fail_ctl))
		return -1;
	return __real_epoll_ctl(set, operation, fd, event);
}

int __wrap_epoll_wait(int set, struct epoll_event *events, int count, int timeout)
{
	counts.epoll_wait++;
	return __real_epoll_wait(set, events, count, timeout);
}

ssize_t __wrap_read(int fd, void *buffer, size_t length)
{
	counts.timer_read += fd == pollset()->timer;
	counts.unkick += fd == pollset()->kick;
	return __real_read(fd, buffer, length);
}

ssize_t __wrap_write(int fd, const void *buffer, size_t length)
{
	counts.kick += fd == pollset()->kick;
	return __real_write(fd, buffer, length);
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *old)
{
	counts.settime++;
	return fails(&fail_settime) ? -1 : __real_timerfd_settime(fd, flags, when, old);
}

static void count_begin(void)
{
	memset(&counts, 0, sizeof(counts));
}

static void expect_counts(struct counts expected)
{
	assert_memory_equal(&counts, &expected, sizeof(counts));
}

static void begin(const struct vm_setup *setup, unsigned int log2)
{
	vm = vm_new(setup);
	vm_enable(vm, log2);
	count_begin();
}

static void end(void)
{
	vm_free(vm);
	vm = NULL;
}

/* Nothing but the read of the vEVENTQ, as long as there is one alone. */
TEST(an_event_costs_no_other_call)
{
	begin(NULL, 4);
	for (unsigned int i = 1; i <= 100; i++) {
		vm_fault(vm, 0);
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 1);
		vm_expect(vm, 0, i, 1);
	}
	expect_counts((struct counts){0});
	assert_int_equal(vm_stats_all(vm).reads, 100);
	end();
}

TEST(with_several_it_costs_one_look)
{
	const struct vm_setup setup = {.endpoints = 3, .isolate = true};

	begin(&setup, 4);
	for (unsigned int i = 1; i <= 100; i++) {
		vm_fault(vm, i % 3);
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 1);
		vm_expect(vm, i % 3, i, 1);
	}
	expect_counts((struct counts){.epoll_wait = 100});
	assert_int_equal(vm_stats_all(vm).reads, 100);
	end();
}

/* Linux writes CONS after each record, and the queue is full all the time. */
TEST(a_saturated_queue_costs_little)
{
	const struct vm_setup setup = {.depth = 32768};
	unsigned int calls;

	for (unsigned int log2 = 4; log2 <= 10; log2 += 2) {
		const unsigned int events = 20000, rounds = events / (1u << log2) * 4 + 4;
		uint64_t taken = 0;

		begin(&setup, log2);
		vm_faults(vm, 0, events);
		for (;; taken++) {
			if (vm_readable(vm))
				vsmmu_dispatch(vm->vsmmu, 0);
			if (!vm_pending(vm))
				break;
			vm_expect(vm, 0, taken + 1, 1);
		}
		assert_int_equal(taken, events);
		/* A quarter is read at a time; the vEVENTQ leaves the poll set once. */
		assert_in_range(counts.kick, 1, rounds);
		assert_int_equal(counts.kick, counts.unkick);
		assert_in_range(counts.epoll_ctl, 1, 2);
		assert_int_equal(counts.epoll_wait + counts.timer_read + counts.settime, 0);
		calls = counts.kick + counts.unkick + counts.epoll_ctl +
			(unsigned int)vm_stats_all(vm).reads;
		/* With 1024 slots, one for 64 events. */
		if (log2 == 10)
			assert_in_range(calls, 1, events / 64);
		end();
	}
}

/* Two storms that have their shares pause for half a queue each. */
TEST(saturated_shares_cost_little)
{
	const struct vm_setup setup = {.depth = 16384, .endpoints = 3, .isolate = true};
	uint64_t taken = 0;

	begin(&setup, 10);
	vm_faults(vm, 0, 10000);
	vm_faults(vm, 1, 10000);
	for (;; taken++) {
		uint64_t word[4];

		if (vm_readable(vm))
			vsmmu_dispatch(vm->vsmmu, 0);
		if (!vm_consume(vm, word))
			break;
	}
	assert_int_equal(taken, 20000);
	assert_in_range(
		counts.kick + counts.unkick + counts.epoll_wait + counts.epoll_ctl, 1, 20000 / 64);
	assert_in_range(vm_stats_all(vm).reads, 1, 20000 / 64);
	end();
}

/* Lines of /proc/self/fdinfo that name a member. */
static unsigned int members(int wanted)
{
	char path[64], line[256];
	unsigned int count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", vsmmu_get_event_fd(vm->vsmmu));
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		int fd;

		if (sscanf(line, "tfd: %d", &fd) == 1)
			count += wanted < 0 || fd == wanted;
	}
	fclose(file);
	return count;
}

/* An event's wake-up runs in the host's interrupt thread through each set above the vEVENTQ. */
TEST(the_set_holds_the_veventqs_themselves)
{
	const struct vm_setup setup = {.endpoints = 3, .isolate = true};
	unsigned int veventqs = 0;

	begin(&setup, 1);
	for (const struct event_source *source = vm->vsmmu->sources.first; source;
		source = source->next, veventqs++)
		assert_int_equal(members(source->veventq.fd), 1);
	assert_int_equal(veventqs, 3);
	assert_int_equal(members(vm->vsmmu->pollset.kick), 1);
	assert_int_equal(members(vm->vsmmu->pollset.timer), 1);
	assert_int_equal(members(-1), 5);
	/* A source that has its share is left out, all by itself. */
	vm_faults(vm, 1, 3);
	vm_dispatch(vm);
	assert_int_equal(members(-1), 4);
	vm_consume_all(vm);
	vm_dispatch(vm);
	vm_consume_all(vm);
	vm_dispatch(vm);
	vm_consume_all(vm);
	vm_dispatch(vm);
	assert_int_equal(members(-1), 5);
	end();
}

/* A call may fail: the fd is never silent for good, and never readable for nothing. */
TEST(no_failure_silences_it)
{
	static const unsigned int endpoints[] = {1, 3};

	for (size_t i = 0; i < 4; i++) {
		const struct vm_setup setup = {.endpoints = endpoints[i / 2], .isolate = i & 1};

		for (unsigned int which = 0; which < 2; which++) {
			unsigned int *fail = which ? &fail_settime : &fail_ctl;
			bool fired = true;

			for (unsigned int nth = 1; fired; nth++) {
				begin(&setup, 2);
				*fail = nth;
				for (int round = 0; round < 12; round++) {
					for (unsigned int n = 0; n < vm->endpoint_count; n++) {
						vm_faults(vm, n, 1 + round % 4);
						if (round == 3 * (int)n)
							vm_lose(vm, n, 2);
					}
					/* The sim's next read, whoever's. */
					if (round == 5)
						vm_host_fail_read(vm, 0, ENOMEM);
					vm_dispatch(vm);
					vm_overflow_ack(vm);
					vm_consume_all(vm);
				}
				fired = !*fail;
				*fail = 0;
				while (vm_stats(vm).sequenced < vm->produced) {
					vm_wait(vm);
					vm_dispatch(vm);
					vm_consume_all(vm);
				}
				/* A timer may be set for a flag that waits. */
				while (vm->vsmmu->eventq.overflow_pending) {
					vm_wait(vm);
					vm_dispatch(vm);
				}
				vm_dispatch(vm);
				assert_false(vm_readable(vm));
				assert_int_equal(vm_stats_all(vm).discarded, 0);
				for (const struct event_source *source = vm->vsmmu->sources.first;
					source; source = source->next)
					assert_true(source->polled);
				end();
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E2 A7", an_event_costs_no_other_call),
		UNIT_TEST("E2 A7", with_several_it_costs_one_look),
		UNIT_TEST("E2 A1", a_saturated_queue_costs_little),
		UNIT_TEST("E2 E9 A1 A3", saturated_shares_cost_little),
		UNIT_TEST("A8", the_set_holds_the_veventqs_themselves),
		UNIT_TEST("E3 E11", no_failure_silences_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
