/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host fails in the midst of a move: nothing has changed, for the guest, its endpoints and its
 * events. If it goes on failing, endpoints are cut off and come back.
 */
#include <errno.h>
#include <limits.h>

#include <vsmmu/event.h>

#include "lib/fail_nth.h"
#include "move_fixture.h"

#define ENDPOINTS 4

static void expect_same(struct move_fixture *fixture)
{
	for (unsigned int n = 0; n < fixture->count; n++)
		fixture_expect_nested(fixture->install, n, STE_S1, 0);
}

/* It is as new, and takes what its guest does. */
static void expect_new(struct move_fixture *fixture, struct vsmmu *to)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct test_vmm *vmm = fixture->install->vmm;
	struct vsmmu *own = vmm->vsmmu;

	vmm->vsmmu = to;
	/* Not where the other one's events are. */
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, (FIXTURE_EVENTQ + 0x10000) | FIXTURE_EVENTQ_LOG2);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	assert_int_equal(vsmmu_record_event(to, &record), 0);
	assert_int_equal(vsmmu_reset(to), 0);
	vmm->vsmmu = own;
}

/* Return: whether a call failed. */
static bool fail_once(unsigned int calls, unsigned int n, bool isolate)
{
	const struct vsmmu_config config = {.size = sizeof(config), .isolate = isolate};
	struct move_fixture *fixture = move_fixture_new(&config, ENDPOINTS);
	struct install_fixture *install = fixture->install;
	struct test_vmm *vmm = install->vmm;
	struct vsmmu *to = move_fixture_another(fixture, &config);
	const uint64_t objects = fixture_objects(install);
	bool failed, moved;
	int ret;

	move_fixture_faults(fixture, 1);
	fixture->storm = true;
	host_interposer_fail(install->host, calls, n, 1, EIO);
	ret = move_fixture_move_to(fixture, to);
	fixture->storm = false;
	failed = host_interposer_failed(install->host);
	host_interposer_heal(install->host);
	moved = !ret;
	assert_true(moved || ret == -EIO);
	/* What could not be destroyed afterwards is no failure. */
	assert_true(moved || failed);
	assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_UNFIT), !moved);
	assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_BLOCKED), 0);
	expect_same(fixture);
	move_fixture_faults(fixture, 1);
	move_fixture_consume(fixture);
	move_fixture_expect_all(fixture);
	assert_int_equal(vsmmu_recover(vmm->vsmmu), 0);
	assert_int_equal(fixture_objects(install), objects);
	/* The same one again. */
	if (!moved)
		expect_new(fixture, to);
	if (!moved)
		assert_int_equal(move_fixture_move_to(fixture, to), 0);
	expect_same(fixture);
	assert_int_equal(fixture_objects(install), objects);
	move_fixture_faults(fixture, 1);
	move_fixture_consume(fixture);
	move_fixture_expect_all(fixture);
	/* Nothing of the StreamID is left over. */
	fixture_detach(install, 0);
	assert_int_equal(fixture_attach(install, 0), 0);
	move_fixture_free(fixture);
	return failed;
}

static void fail_each(unsigned int calls, unsigned int least)
{
	for (int isolate = 0; isolate < 2; isolate++) {
		unsigned int n = 1;

		while (fail_once(calls, n, isolate))
			n++;
		assert_in_range(n, least, UINT_MAX);
	}
}

TEST(any_call_may_fail)
{
	fail_each(HOST_CALLS_DO, 5 * ENDPOINTS);
}

TEST(any_undoing_may_fail)
{
	fail_each(HOST_CALLS_OF(HOST_CALL_DESTROY), 4 * ENDPOINTS);
}

/*
 * From the @n-th of these calls on all fail, @count of them. Return: whether one did. Each endpoint
 * has what it had, or is cut off and that was told, or that it could not be is.
 */
static bool fail_on(unsigned int calls, unsigned int n, unsigned int count)
{
	struct move_fixture *fixture = move_fixture_new(NULL, ENDPOINTS);
	struct install_fixture *install = fixture->install;
	struct test_vmm *vmm = install->vmm;
	struct vsmmu *to = move_fixture_another(fixture, NULL);
	struct vsmmu_stats stats;
	unsigned int blocked = 0;
	bool failed, astray = false;
	int ret;

	move_fixture_faults(fixture, 1);
	fixture->storm = true;
	host_interposer_fail(install->host, calls, n, count, EIO);
	ret = move_fixture_move_to(fixture, to);
	fixture->storm = false;
	failed = host_interposer_failed(install->host);
	host_interposer_heal(install->host);
	assert_true(!ret || (failed && ret == -EIO));
	for (unsigned int i = 0; i < ENDPOINTS; i++)
		blocked += install->endpoint[i]->blocked;
	assert_int_equal(test_vmm_stats(vmm).blocked, blocked);
	assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_BLOCKED), blocked);
	for (unsigned int i = 0; i < ENDPOINTS; i++) {
		/* It could not be cut off, and its vEVENTQ is gone with the new objects. */
		if (install->endpoint[i]->installed == INSTALLED_STRAY)
			astray = true;
		else if (install->endpoint[i]->installed == INSTALLED_ABORT)
			fixture_expect_parked(install, i);
		else
			fixture_expect_nested(install, i, STE_S1, 0);
	}
	/* Orphans on which others are wait for those. */
	vsmmu_recover(vmm->vsmmu);
	assert_int_equal(vsmmu_recover(vmm->vsmmu), 0);
	expect_same(fixture);
	assert_int_equal(vmm->vsmmu->streams.live, ENDPOINTS);
	assert_int_equal(fixture_objects(install), OBJECTS(2, 2, ENDPOINTS, ENDPOINTS));
	move_fixture_consume(fixture);
	if (!astray)
		fixture_expect_counted(install);
	/* From now on all arrive. */
	for (unsigned int i = 0; i < ENDPOINTS; i++)
		fixture->seen[i] = fixture->caused[i];
	fixture->gaps = 0;
	stats = test_vmm_stats(vmm);
	move_fixture_faults(fixture, 2);
	move_fixture_consume(fixture);
	assert_int_equal(fixture->gaps, 0);
	assert_int_equal(test_vmm_stats(vmm).delivered, stats.delivered + 2 * ENDPOINTS);
	if (ret)
		assert_int_equal(move_fixture_move_to(fixture, to), 0);
	expect_same(fixture);
	if (!astray)
		fixture_expect_counted(install);
	install->host->hook = NULL;
	vsmmu_free(vmm->vsmmu);
	vmm->vsmmu = NULL;
	assert_int_equal(fixture_objects(install), 0);
	move_fixture_free_roughly(fixture);
	return failed;
}

TEST(the_host_may_fail_for_good)
{
	const unsigned int kinds[] = {HOST_CALLS_ANY, HOST_CALLS_DO,
		HOST_CALLS_OF(HOST_CALL_ATTACH), HOST_CALLS_OF(HOST_CALL_VDEVICE_ALLOC),
		HOST_CALLS_OF(HOST_CALL_DESTROY)};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (unsigned int n = 1; fail_on(kinds[i], n, UINT_MAX); n++)
			;
}

TEST(the_host_may_fail_for_a_while)
{
	for (unsigned int count = 2; count <= 6; count++)
		for (unsigned int n = 1; fail_on(HOST_CALLS_ANY, n, count); n++)
			;
}

/* A vEVENTQ that cannot be read keeps its vSMMU from being moved, as from being saved. */
TEST(a_read_may_fail)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 1);
	struct install_fixture *install = fixture->install;

	move_fixture_faults(fixture, 3);
	assert_int_equal(vsmmu_sim_fail(install->sim, VSMMU_SIM_FAIL_READ, 0, EIO), 0);
	assert_int_equal(move_fixture_move(fixture), -EIO);
	expect_same(fixture);
	assert_true(move_fixture_readable(install->vmm->vsmmu));
	assert_int_equal(move_fixture_move(fixture), 0);
	move_fixture_free(fixture);
}

TEST(memory_may_be_short)
{
	bool fired = true;

	for (unsigned int n = 1; fired; n++) {
		struct move_fixture *fixture = move_fixture_new(NULL, ENDPOINTS);
		struct vsmmu *to = move_fixture_another(fixture, NULL);
		int ret;

		move_fixture_faults(fixture, 300);
		fixture->storm = true;
		fail_nth_arm(n);
		ret = move_fixture_move_to(fixture, to);
		fired = fail_nth_fired();
		fail_nth_arm(0);
		fixture->storm = false;
		assert_true(!ret || fired);
		expect_same(fixture);
		if (ret) {
			move_fixture_faults(fixture, 1);
			assert_int_equal(move_fixture_move_to(fixture, to), 0);
		}
		move_fixture_faults(fixture, 1);
		move_fixture_consume(fixture);
		vsmmu_recover(fixture->install->vmm->vsmmu);
		move_fixture_free(fixture);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST("S7", any_call_may_fail),
		UNIT_TEST("S7", any_undoing_may_fail),
		UNIT_TEST("S7", the_host_may_fail_for_good),
		UNIT_TEST("S7", the_host_may_fail_for_a_while),
		UNIT_TEST("S7", a_read_may_fail),
		UNIT_TEST("S7", memory_may_be_short),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
