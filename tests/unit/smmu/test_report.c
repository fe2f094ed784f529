/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports tell a person something once, with what to do, and never are a flood. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/ratelimit.h"
#include "lib/vm.h"

#define SECOND UINT64_C(1000000000)

static void lose_once(struct test_vmm *vm)
{
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
}

static struct test_vmm *limited_vm(uint32_t burst, uint64_t interval)
{
	const struct vm_setup setup = {.report_burst = burst, .report_interval_ns = interval};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 4);
	return vm;
}

TEST(a_burst_per_interval_and_the_rest_is_counted)
{
	struct test_vmm *vm = limited_vm(3, SECOND);

	for (int i = 0; i < 10; i++)
		lose_once(vm);
	assert_int_equal(vm->report_count, 3);
	assert_int_equal(vm_stats_all(vm).reports_suppressed, 7);
	vm->now = SECOND - 1;
	lose_once(vm);
	assert_int_equal(vm->report_count, 3);
	vm->now = SECOND;
	lose_once(vm);
	assert_int_equal(vm->report_count, 4);
	for (int i = 0; i < 3; i++)
		assert_int_equal(vm->reports[i].suppressed, 0);
	assert_int_equal(vm->reports[3].suppressed, 8);
	lose_once(vm);
	assert_int_equal(vm->reports[4].suppressed, 0); /* told once */
	assert_int_equal(vm_stats_all(vm).reports_suppressed, 8);
	vm_free(vm);
}

TEST(the_defaults_are_ten_in_five_seconds)
{
	struct test_vmm *vm = limited_vm(0, 0);

	for (int i = 0; i < 20; i++)
		lose_once(vm);
	assert_int_equal(vm->report_count, 10);
	vm->now = 5 * SECOND - 1;
	lose_once(vm);
	assert_int_equal(vm->report_count, 10);
	vm->now = 5 * SECOND;
	lose_once(vm);
	assert_int_equal(vm->report_count, 11);
	vm_free(vm);
}

TEST(each_code_has_a_limit_of_its_own)
{
	struct test_vmm *vm = limited_vm(2, SECOND);

	for (int i = 0; i < 5; i++)
		lose_once(vm);
	vm->bad_end = UINT64_MAX;
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_EVENTS_LOST), 2);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_EVENTQ_ABORT), 1);
	assert_int_equal(vm->reports[2].suppressed, 0);
	vm_free(vm);
}

static struct test_vmm_report last_report;
static unsigned int flushed;

static void keep_report(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	flushed++;
	assert_int_equal(report->size, sizeof(*report));
	last_report.code = report->code;
	last_report.severity = report->severity;
	last_report.vsid = report->vsid;
	last_report.suppressed = report->suppressed;
	snprintf(last_report.text, sizeof(last_report.text), "%s", report->text);
}

static int write_nothing(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	(void)address;
	(void)bytes;
	(void)length;
	return 0;
}

static void pulse_nothing(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

/* A vSMMU of its own beside the one of @vm, on the same host. */
static struct vsmmu *second_vsmmu(struct test_vmm *vm, const struct vsmmu_ops *ops)
{
	const struct vsmmu_config config = {.size = sizeof(config),
		.ops = ops,
		.host = vm->host,
		.event_path_only = true,
		.report_burst = 1};
	struct vsmmu *vsmmu;

	assert_int_equal(vsmmu_new(&vsmmu, &config), 0);
	return vsmmu;
}

TEST(what_was_held_back_is_told_at_the_end)
{
	const struct vsmmu_ops ops = {.size = sizeof(ops),
		.memory_write = write_nothing,
		.irq_pulse = pulse_nothing,
		.report = keep_report};
	const struct vm_setup setup = {.unattached = true};
	struct test_vmm *vm = vm_new(&setup);
	struct vsmmu *own = vm->vsmmu;

	vm->vsmmu = second_vsmmu(vm, &ops);
	assert_int_equal(vm_attach(vm, 0), 0);
	vm_set_ste(vm, 0);
	flushed = 0;
	for (int i = 0; i < 6; i++)
		lose_once(vm);
	assert_int_equal(flushed, 1);
	vsmmu_free(vm->vsmmu);
	assert_int_equal(flushed, 2);
	assert_int_equal(last_report.code, VSMMU_REPORT_EVENTS_LOST);
	assert_int_equal(last_report.severity, VSMMU_INFO);
	assert_int_equal(last_report.suppressed, 5);
	assert_string_equal(last_report.text, "closing: 5 reports of events-lost were held back");
	assert_int_equal(last_report.vsid, VSMMU_NO_VSID);
	vm->vsmmu = own;
	vm_free(vm);
}

TEST(a_vmm_without_report_or_clock_is_fine)
{
	const struct vsmmu_ops ops = {
		.size = sizeof(ops), .memory_write = write_nothing, .irq_pulse = pulse_nothing};
	const struct vsmmu_ops clockless = {.size = sizeof(ops),
		.memory_write = write_nothing,
		.irq_pulse = pulse_nothing,
		.report = keep_report};
	const struct vm_setup setup = {.unattached = true};
	struct test_vmm *vm = vm_new(&setup);
	struct vsmmu *own = vm->vsmmu;

	for (int i = 0; i < 2; i++) {
		vm->vsmmu = second_vsmmu(vm, i ? &clockless : &ops);
		assert_int_equal(vm_attach(vm, 0), 0);
		vm_set_ste(vm, 0);
		for (int n = 0; n < 3; n++)
			lose_once(vm);
		vsmmu_free(vm->vsmmu);
	}
	vm->vsmmu = own;
	vm_free(vm);
}

TEST(each_event_worth_telling_is_told)
{
	struct test_vmm *vm = vm_new(NULL);
	const char *text;

	vm_enable(vm, 3);
	vm_lose(vm, 0, 17);
	vm_dispatch(vm);
	assert_int_equal(vm->reports[0].code, VSMMU_REPORT_EVENTS_LOST);
	assert_int_equal(vm->reports[0].severity, VSMMU_WARNING);
	text = vm->reports[0].text;
	assert_non_null(strstr(text, " 17 "));
	assert_non_null(strstr(text, "veventq_depth"));

	vm->bad_end = UINT64_MAX;
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm->reports[vm->report_count - 1].code, VSMMU_REPORT_EVENTQ_ABORT);

	vm_host_fail_read(vm, 0, EIO);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm->reports[vm->report_count - 1].code, VSMMU_REPORT_QUEUE_DISARMED);
	assert_int_equal(vm->reports[vm->report_count - 1].severity, VSMMU_ERROR);
	text = vm->reports[vm->report_count - 1].text;
	assert_non_null(strstr(text, "vsmmu_rearm()"));
	assert_non_null(strstr(text, "EIO"));
	for (unsigned int i = 0; i < vm->report_count; i++)
		assert_null(strchr(vm->reports[i].text, '\n'));
	vm_free(vm);
}

/* A guest that does all it can: the log grows with time, not with what it does. */
TEST(a_guest_cannot_flood_the_log)
{
	struct test_vmm *vm = limited_vm(2, SECOND);

	vm->bad_end = UINT64_MAX;
	for (int i = 0; i < 500; i++) {
		vm_fault(vm, 0);
		vm_dispatch(vm);
		test_vmm_write(vm, SMMU_GERRORN, test_vmm_read(vm, SMMU_GERROR));
	}
	assert_int_equal(vm_stats_all(vm).aborts, 500);
	assert_int_equal(vm->report_count, 2);
	assert_int_equal(vm_stats_all(vm).reports_suppressed, 498);
	vm_free(vm);
}

TEST(the_limit_itself)
{
	struct ratelimit limit = {.begin = 0};

	/* The first one begins the interval, whatever the clock says. */
	assert_true(ratelimit_pass(&limit, 1000, 1, 10));
	assert_false(ratelimit_pass(&limit, 1009, 1, 10));
	assert_int_equal(limit.suppressed, 1);
	assert_true(ratelimit_pass(&limit, 1010, 1, 10));
	assert_false(ratelimit_pass(&limit, 1010, 1, 10));
	assert_true(ratelimit_pass(&limit, UINT64_MAX, 1, 10));
	assert_int_equal(limit.suppressed, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(a_burst_per_interval_and_the_rest_is_counted),
		UNIT_TEST_PLAIN(the_defaults_are_ten_in_five_seconds),
		UNIT_TEST_PLAIN(each_code_has_a_limit_of_its_own),
		UNIT_TEST_PLAIN(what_was_held_back_is_told_at_the_end),
		UNIT_TEST_PLAIN(a_vmm_without_report_or_clock_is_fine),
		UNIT_TEST("E3", each_event_worth_telling_is_told),
		UNIT_TEST_PLAIN(a_guest_cannot_flood_the_log),
		UNIT_TEST_PLAIN(the_limit_itself),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
