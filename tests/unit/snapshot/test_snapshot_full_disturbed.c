/* SPDX-License-Identifier: BSD-2-Clause */
/* Restores of a full vSMMU that a failing host or another thread disturbs. */
#include <errno.h>

#include <vsmmu/event.h>

#include "host/call_gate.h"
#include "smmu/endpoints/ste_install.h"
#include "snapshot_machine.h"

static void assert_as_it_was(struct machine *machine)
{
	assert_int_equal(test_vmm_read(machine->vmm, SMMU_CR0), 0);
	assert_int_equal(test_vmm_read64(machine->vmm, SMMU_STRTAB_BASE), 0);
	assert_int_equal(test_vmm_read64(machine->vmm, SMMU_EVENTQ_BASE), 0);
	assert_int_equal(test_vmm_stats(machine->vmm).pending, 0);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		assert_int_equal(machine_dma(machine, n, DATA), 0);
}

static void assert_moved(struct machine *machine)
{
	for (unsigned int n = 0; n < ENDPOINTS; n++) {
		assert_int_equal(machine_dma(machine, n, DATA), n < 2 ? -EFAULT : 0);
		assert_int_equal(machine->endpoint[n]->installed, INSTALLED_NESTED);
		assert_false(machine->endpoint[n]->blocked);
	}
}

/* Each host call fails once; then the vSMMU is as it was, or did not need that call. */
TEST(a_failing_host_leaves_it_as_it_was)
{
	unsigned int failed = 0, again = 0;
	struct machine from, to;
	bool fired = true;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_start_with_event(&from);
	for (unsigned int n = 1; fired; n++) {
		int ret;

		machine_new(&to, NULL, NULL, ENDPOINTS);
		host_interposer_fail(to.host, HOST_CALLS_ANY, n, 1, EIO);
		ret = machine_move(&from, &to);
		fired = host_interposer_failed(to.host);
		host_interposer_heal(to.host);
		if (ret) {
			assert_true(fired);
			assert_int_equal(ret, -EIO);
			assert_as_it_was(&to);
			failed++;
			assert_int_equal(machine_move(&from, &to), 0);
		}
		again += fired && !ret;
		assert_int_equal(test_vmm_stats(to.vmm).pending, 1);
		assert_moved(&to);
		machine_free(&to);
	}
	/* A nested HWPT and an attach of each; 2 vIOMMUs' invalidations, made again. */
	assert_int_equal(failed, 2 * ENDPOINTS);
	assert_int_equal(again, 4);
	machine_free(&from);
}

static int machine_move_unwillingly(struct machine *from, struct machine *to, enum host_call call,
	unsigned int first, unsigned int count)
{
	int ret;

	host_interposer_fail(to->host, HOST_CALLS_OF(call), first + 1, count, EIO);
	ret = machine_move(from, to);
	host_interposer_heal(to->host);
	return ret;
}

/* Invalidations that fail for good end a restore while there is nothing to be undone. */
TEST(a_host_that_invalidates_nothing_leaves_it_as_it_was)
{
	struct machine from;
	bool good = false;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_start_mixed(&from);
	for (unsigned int first = 0; !good; first++) {
		struct machine to;
		uint64_t before;
		int ret;

		machine_new(&to, NULL, NULL, ENDPOINTS);
		before = machine_sim(&to).replaces;
		ret = machine_move_unwillingly(
			&from, &to, HOST_CALL_INVALIDATE, first, UINT32_MAX / 2);
		good = !ret;
		if (ret) {
			assert_int_equal(ret, -EIO);
			/* Nothing had been installed. */
			assert_int_equal(machine_sim(&to).replaces, before);
			assert_as_it_was(&to);
			assert_int_equal(test_vmm_reported(to.vmm, VSMMU_REPORT_INVALIDATION), 1);
			assert_int_equal(machine_move(&from, &to), 0);
		} else {
			/* TLB and configuration behind two physical SMMUs. */
			assert_int_equal(first, 4);
		}
		assert_moved(&to);
		assert_int_equal(test_vmm_reported(to.vmm, VSMMU_REPORT_BLOCKED), 0);
		machine_free(&to);
	}
	machine_free(&from);
}

/* Where it cannot even be undone that is reported, and mended by the next restore, or reset. */
TEST(a_host_that_takes_nothing_back_is_reported)
{
	struct machine from;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_start_mixed(&from);
	for (unsigned int first = 0; first < ENDPOINTS; first++) {
		for (int again = 0; again < 2; again++) {
			struct machine to;

			machine_new(&to, NULL, NULL, ENDPOINTS);
			assert_int_equal(machine_move_unwillingly(&from, &to, HOST_CALL_ATTACH,
						 first, UINT32_MAX / 2),
				-EIO);
			assert_int_equal(test_vmm_read(to.vmm, SMMU_CR0), 0);
			assert_true(test_vmm_reported(to.vmm, VSMMU_REPORT_BLOCKED) >= 2);
			if (again) {
				assert_int_equal(vsmmu_reset(to.vmm->vsmmu), 0);
				assert_as_it_was(&to);
			}
			assert_int_equal(machine_move(&from, &to), 0);
			assert_moved(&to);
			machine_free(&to);
		}
	}
	machine_free(&from);
}

struct interloper {
	struct machine *to;
	unsigned int attaches;
	unsigned int faults;
	uint32_t prod; /* of the guest's queue, when that was looked at */
	int error;     /* of the last attach */
};

/* While STEs are installed something faults, and another thread dispatches. */
static int interlope(void *opaque, enum host_call call, uint32_t count)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(1) << 35, 0x7000, 0}};
	struct interloper *interloper = opaque;
	struct machine *to = interloper->to;

	(void)count;
	if (call != HOST_CALL_ATTACH)
		return 0;
	interloper->attaches++;
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		if (to->endpoint[n]->installed == INSTALLED_NESTED &&
			!vsmmu_sim_fault(to->sim, to->dev_id[n], &record))
			interloper->faults++;
	vsmmu_dispatch(to->vmm->vsmmu, 0);
	interloper->prod |= test_vmm_read(to->vmm, SMMU_EVENTQ_PROD);
	return interloper->faults ? interloper->error : 0;
}

/* Whatever comes in while a restore is under way is behind the snapshot's events. */
TEST(nothing_overtakes_a_snapshots_events)
{
	for (int error = 0; error >= -EIO; error -= EIO) {
		struct interloper interloper = {.error = error};
		struct machine from, to;

		machine_new(&from, NULL, NULL, ENDPOINTS);
		machine_new(&to, NULL, NULL, ENDPOINTS);
		machine_start_with_event(&from);
		interloper.to = &to;
		to.host->opaque = &interloper;
		to.host->hook = interlope;
		assert_int_equal(machine_move(&from, &to), error);
		to.host->hook = NULL;
		assert_int_equal(interloper.prod, 0);
		assert_true(interloper.faults > 0);
		if (error) {
			assert_int_equal(test_vmm_stats(to.vmm).delivered, 0);
		} else {
			assert_int_equal(test_vmm_stats(to.vmm).pending, 1);
			while (vsmmu_dispatch(to.vmm->vsmmu, 0))
				;
			assert_int_equal(
				test_vmm_read(to.vmm, SMMU_EVENTQ_PROD), 1 + interloper.faults);
			assert_int_equal(
				test_vmm_load64(to.vmm, EVENTQ) & 0xff, VSMMU_EVENT_C_BAD_CD);
			assert_int_equal(test_vmm_load64(to.vmm, EVENTQ + 32) & 0xff,
				VSMMU_EVENT_F_TRANSLATION);
		}
		machine_free(&from);
		machine_free(&to);
	}
}

struct move {
	struct machine *from, *to;
};

static int move(void *opaque)
{
	const struct move *move = opaque;

	return machine_move(move->from, move->to);
}

static int attach_last(void *opaque)
{
	return machine_attach(opaque, ENDPOINTS - 1);
}

/* An endpoint that is being attached is there for the snapshot, or it is not: nothing between. */
TEST(a_restore_waits_for_an_attach)
{
	struct call_gate gate = CALL_GATE_INIT;
	struct aside attaching, restoring;
	struct machine from, to;
	struct move both = {&from, &to};

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS - 1);
	machine_start_mixed(&from);
	assert_int_equal(vsmmu_sim_on_call(to.sim, call_gate_hook, &gate), 0);
	call_gate_hold(&gate, VSMMU_SIM_CALL_FIRST_ATTACH);
	aside_start(&attaching, attach_last, &to);
	call_gate_await(&gate);
	aside_start(&restoring, move, &both);
	aside_await_asleep(&restoring);
	call_gate_hold(&gate, 0);
	assert_int_equal(aside_join(&attaching), 0);
	assert_int_equal(aside_join(&restoring), 0);
	assert_moved(&to);
	machine_free(&from);
	machine_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7", a_failing_host_leaves_it_as_it_was),
		UNIT_TEST("S7 S3", a_host_that_invalidates_nothing_leaves_it_as_it_was),
		UNIT_TEST("S7", a_host_that_takes_nothing_back_is_reported),
		UNIT_TEST("S7", nothing_overtakes_a_snapshots_events),
		UNIT_TEST("S7 S9", a_restore_waits_for_an_attach),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
