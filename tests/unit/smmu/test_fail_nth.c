/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vSMMU's whole life with its n-th allocation or system call failing, for every n:
 * no crash, nothing left behind, and no event unaccounted for.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fail_nth.h"
#include "smmu/vsmmu.h"
#include "lib/vm.h"

#define ENDPOINTS 3
#define FDS	  256

static struct test_vmm vm;

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	(void)address;
	(void)bytes;
	(void)length;
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

static void on_report(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	assert_non_null(report->text);
}

static const struct vsmmu_ops ops = {
	.size = sizeof(ops),
	.memory_write = memory_write,
	.irq_pulse = irq_pulse,
	.report = on_report,
};

static unsigned int open_fds(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < FDS; fd++)
		count += __real_fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void attach(unsigned int n)
{
	const uint64_t ste[2] = {0xb, 0};

	if (vm.endpoints[n].handle || vm_attach(&vm, n))
		return;
	/* Fails or not; without it, the endpoint's faults are printed by the host. */
	vsmmu_endpoint_set_ste(vm.endpoints[n].handle, ste);
}

static void detach(unsigned int n)
{
	vsmmu_endpoint_detach(vm.endpoints[n].handle);
	vm.endpoints[n].handle = NULL;
}

static void faults(unsigned int count)
{
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		if (vm.endpoints[n].handle)
			vm_faults(&vm, n, count);
}

static void dispatch(void)
{
	for (int i = 0; i < 3; i++)
		assert_true(vsmmu_dispatch(vm.vsmmu, 0) >= 0);
}

static void consume(void)
{
	test_vmm_write(&vm, SMMU_EVENTQ_CONS, test_vmm_read(&vm, SMMU_EVENTQ_PROD));
}

static void live(void)
{
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		attach(n);
	vm_enable(&vm, 3);
	faults(2);
	dispatch();
	consume();
	if (vm.endpoints[0].handle)
		vm_host_fail_read(&vm, 0, ENOMEM); /* so that the timer is used */
	faults(1);
	dispatch();
	detach(1);
	attach(1);
	faults(5); /* more than there is room for */
	dispatch();
	detach(0);
	attach(0);
	consume();
	dispatch();
	vsmmu_reset(vm.vsmmu);
	for (unsigned int n = 0; n < ENDPOINTS; n++) {
		const uint64_t ste[2] = {0xb, 0};

		if (vm.endpoints[n].handle)
			vsmmu_endpoint_set_ste(vm.endpoints[n].handle, ste);
	}
	faults(2);
	dispatch();
}

/* From here on everything works: what failed for a while must come right. */
static void settle(void)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	vm_disable(&vm);
	vsmmu_rearm(vm.vsmmu);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(vsmmu_get_stats(vm.vsmmu, &stats), 0);
		assert_int_equal(stats.sequenced,
			stats.delivered + stats.lost + stats.discarded + stats.pending);
		if (stats.sequenced == vm.produced)
			break;
		poll(&(struct pollfd){.fd = vsmmu_get_event_fd(vm.vsmmu), .events = POLLIN}, 1,
			100);
		dispatch();
		vsmmu_rearm(vm.vsmmu);
	}
	assert_int_equal(stats.sequenced, vm.produced);
	assert_int_equal(stats.lost, 0);
}

/* Return: whether a call was failed. */
static bool life(unsigned int n, const struct vm_setup *setup)
{
	const struct vsmmu_config config = {.size = sizeof(config),
		.ops = &ops,
		.isolate = setup->isolate,
		.event_path_only = true,
		.veventq_depth = 64};
	struct vsmmu_config with_host = config;
	unsigned int fds = open_fds();

	memset(&vm, 0, sizeof(vm));
	vm.endpoint_count = ENDPOINTS;
	vm.smmus = setup->smmus;
	vm_host_new(&vm, setup);
	with_host.host = vm.host;
	for (unsigned int i = 0; i < ENDPOINTS; i++) {
		vm.endpoints[i].vsid = VM_VSID(i);
		vm.endpoints[i].fd = -1;
		vm_host_plug(&vm, i);
	}

	fail_nth_arm(n);
	if (!vsmmu_new(&vm.vsmmu, &with_host)) {
		live();
		fail_nth_arm(0);
		settle();
		vsmmu_free(vm.vsmmu);
	} else {
		assert_true(fail_nth_fired());
		assert_null(vm.vsmmu);
		fail_nth_arm(0);
	}
	vm_host_free(&vm); /* asserts that no host object is left */
	assert_int_equal(open_fds(), fds);
	return fail_nth_fired();
}

static unsigned int every_call(const struct vm_setup *setup)
{
	unsigned int n = 1;

	while (life(n, setup))
		n++;
	return n - 1;
}

TEST(any_call_may_fail_with_one_veventq)
{
	const struct vm_setup setup = {.smmus = 1};

	/* At the very least vsmmu_new(), three endpoints, and the timer. */
	assert_true(every_call(&setup) > 30);
}

TEST(any_call_may_fail_with_several)
{
	const struct vm_setup two = {.smmus = 2}, isolated = {.smmus = 1, .isolate = true};

	assert_true(every_call(&two) > 30);
	assert_true(every_call(&isolated) > 30);
}

/* Everything is taken down, and no failure may stop that. */
TEST(any_call_may_fail_at_the_end)
{
	const struct vm_setup setup = {.smmus = 2};
	bool fired = true;

	for (unsigned int n = 1; fired; n++) {
		unsigned int fds = open_fds();
		const struct vsmmu_config config = {
			.size = sizeof(config), .ops = &ops, .event_path_only = true};
		struct vsmmu_config with_host = config;

		memset(&vm, 0, sizeof(vm));
		vm.endpoint_count = ENDPOINTS;
		vm.smmus = setup.smmus;
		vm_host_new(&vm, &setup);
		with_host.host = vm.host;
		assert_int_equal(vsmmu_new(&vm.vsmmu, &with_host), 0);
		for (unsigned int i = 0; i < ENDPOINTS; i++) {
			vm.endpoints[i].vsid = VM_VSID(i);
			vm.endpoints[i].fd = -1;
			vm_host_plug(&vm, i);
			attach(i);
		}
		faults(3);
		fail_nth_arm(n);
		detach(1);
		vsmmu_free(vm.vsmmu);
		fired = fail_nth_fired();
		fail_nth_arm(0);
		vm_host_free(&vm);
		assert_int_equal(open_fds(), fds);
	}
}

/* A source that waits for memory goes on waiting when it cannot be polled again. */
TEST(a_backoff_may_not_end_at_once)
{
	struct test_vmm *own = vm_new(NULL);
	const struct event_source *source = own->vsmmu->sources.first;
	uint64_t first;

	vm_enable(own, 4);
	vm_host_fail_read(own, 0, ENOMEM);
	vm_faults(own, 0, 2);
	assert_int_equal(vsmmu_dispatch(own->vsmmu, 0), 0);
	first = source->backoff;
	vm_wait(own);
	fail_nth_arm(2); /* after the timer's */
	assert_int_equal(vsmmu_dispatch(own->vsmmu, 0), 0);
	assert_true(fail_nth_fired());
	assert_string_equal(fail_nth_what(), "epoll_ctl");
	fail_nth_arm(0);
	assert_int_equal(source->state, SOURCE_BACKOFF);
	assert_int_equal(source->backoff, 2 * first);
	assert_false(vm_queue_readable(own));
	vm_wait(own);
	assert_int_equal(vm_dispatch(own), 2);
	vm_expect(own, 0, 1, 2);
	assert_int_equal(vm_stats_all(own).memory_reads, 1);
	vm_free(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E11", any_call_may_fail_with_one_veventq),
		UNIT_TEST("E11", any_call_may_fail_with_several),
		UNIT_TEST("E11", any_call_may_fail_at_the_end),
		UNIT_TEST("E3 E11", a_backoff_may_not_end_at_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
