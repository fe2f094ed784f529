/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints of all kinds go over to another vSMMU, whatever has happened to them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/event.h>

#include "../endpoints/parent_fixture.h"
#include "move_fixture.h"

#define CFGI_ALL UINT64_C(0x04), 31

static struct install_fixture *late_new(void)
{
	struct install_fixture *install = fixture_new_asking(NULL, NULL);

	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		fixture_write_ste(install, FIXTURE_VSID(n), STE_S1, 0);
	return install;
}

/* With isolate each has a vEVENTQ of its own, before or afterwards. */
TEST(isolated_ones_move)
{
	for (unsigned int i = 0; i < 4; i++) {
		const struct vsmmu_config one = {.isolate = i & 1}, other = {.isolate = i >> 1};
		struct move_fixture *fixture = move_fixture_new(&one, 4);

		fixture->storm = true;
		assert_int_equal(
			move_fixture_move_to(fixture, move_fixture_another(fixture, &other)), 0);
		fixture->storm = false;
		assert_int_equal(
			fixture_objects(fixture->install), OBJECTS(2, other.isolate ? 4 : 2, 4, 4));
		move_fixture_faults(fixture, 1);
		move_fixture_free(fixture);
	}
}

/* With SMMUEN = 0 they are bypassed, or abort. */
TEST(those_without_translation_move)
{
	for (int aborts = 0; aborts < 2; aborts++) {
		struct move_fixture *fixture = move_fixture_of(fixture_translating(NULL, 2), 0);
		struct install_fixture *install = fixture->install;

		if (aborts)
			test_vmm_write(install->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
		host_interposer_clear(install->host);
		assert_int_equal(move_fixture_move(fixture), 0);
		for (unsigned int n = 0; n < 2; n++) {
			if (aborts)
				fixture_expect_parked(install, n);
			else
				fixture_expect_bypass(install, n);
			assert_int_equal(
				host_interposer_opened(install->host, install->dev[n]), !aborts);
		}
		fixture_enable(install);
		fixture_expect_nested(install, 0, STE_S1, 0);
		move_fixture_free(fixture);
	}
}

/* They are asked for at the next CFGI_STE, and not before. */
TEST(those_without_a_streamid_move)
{
	struct move_fixture *fixture = move_fixture_of(late_new(), 0);
	struct install_fixture *install = fixture->install;
	unsigned int asked;

	assert_int_equal(fixture_attach_late(install, 0), 0);
	assert_int_equal(fixture_attach_late(install, 2), 0);
	install->number[2] = FIXTURE_VSID(2);
	fixture_enable(install);
	fixture_enable_commands(install);
	fixture_expect_parked(install, 0);
	fixture_expect_nested(install, 2, STE_S1, 0);
	install->number[0] = FIXTURE_VSID(0);
	asked = install->asked[0];
	assert_int_equal(move_fixture_move(fixture), 0);
	assert_int_equal(install->asked[0], asked);
	fixture_expect_parked(install, 0);
	fixture_expect_nested(install, 2, STE_S1, 0);
	fixture_command(install, CFGI_ALL);
	fixture_expect_nested(install, 0, STE_S1, 0);
	move_fixture_free(fixture);
}

/* An answer that another endpoint has is tried again when that one has gone. */
TEST(those_that_are_refused_a_streamid_move)
{
	struct move_fixture *fixture = move_fixture_of(late_new(), 0);
	struct install_fixture *install = fixture->install;

	assert_int_equal(fixture_attach(install, 0), 0);
	assert_int_equal(fixture_attach_late(install, 2), 0);
	install->number[2] = FIXTURE_VSID(0);
	fixture_enable(install);
	fixture_enable_commands(install);
	fixture_expect_parked(install, 2);
	assert_int_equal(move_fixture_move(fixture), 0);
	fixture_expect_parked(install, 2);
	fixture_detach(install, 0);
	fixture_command(install, CFGI_ALL);
	fixture_expect_nested(install, 2, STE_S1, 0);
	move_fixture_free(fixture);
}

/* So is an answer whose StreamID becomes free by the move itself. */
TEST(those_that_wait_for_a_stale_streamid_move)
{
	struct move_fixture *fixture = move_fixture_of(late_new(), 0);
	struct install_fixture *install = fixture->install;
	struct test_vmm *vmm = install->vmm;

	assert_int_equal(fixture_attach(install, 0), 0);
	assert_int_equal(fixture_attach_late(install, 2), 0);
	assert_int_equal(fixture_attach(install, 4), 0);
	fixture_enable(install);
	fixture_enable_commands(install);
	for (unsigned int i = 0; i <= 1U << FIXTURE_EVENTQ_LOG2; i++)
		assert_true(fixture_event(install, 4, VSMMU_EVENT_F_TRANSLATION, 0));
	while (vsmmu_dispatch(vmm->vsmmu, 0))
		;
	/* An event of it waits behind a full queue. */
	assert_true(fixture_event(install, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	fixture_detach(install, 0);
	install->number[2] = FIXTURE_VSID(0);
	fixture_command(install, CFGI_ALL);
	fixture_expect_parked(install, 2);
	assert_int_equal(move_fixture_move(fixture), 0);
	assert_true(vmm->vsmmu->recovery.backoff);
	pollset_timer_start(&vmm->vsmmu->cmdq.pollset, POLLSET_RETRY, pollset_now());
	vsmmu_run_commands(vmm->vsmmu, 0);
	fixture_expect_nested(install, 2, STE_S1, 0);
	fixture_expect_counted(install);
	move_fixture_free_roughly(fixture);
}

/* Streams of a snapshot wait for endpoints that have no StreamID yet: their events go along. */
TEST(streams_that_wait_move)
{
	struct move_fixture *source = move_fixture_of(late_new(), 0), *fixture;
	struct install_fixture *install = source->install;
	uint64_t word[4];
	size_t length;
	void *bytes;

	assert_int_equal(fixture_attach_late(install, 0), 0);
	install->number[0] = FIXTURE_VSID(0);
	fixture_enable(install);
	assert_true(fixture_event(install, 0, VSMMU_EVENT_F_TRANSLATION, 0x1000));
	assert_int_equal(vsmmu_save(install->vmm->vsmmu, &bytes, &length), 0);

	fixture = move_fixture_of(late_new(), 0);
	memcpy(fixture->install->vmm->memory, install->vmm->memory, TEST_VMM_SIZE);
	move_fixture_free_roughly(source);
	install = fixture->install;
	assert_int_equal(fixture_attach_late(install, 0), 0);
	assert_int_equal(vsmmu_restore(install->vmm->vsmmu, bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(install->vmm->vsmmu->streams.saved, 1);
	assert_int_equal(move_fixture_move(fixture), 0);
	assert_int_equal(install->vmm->vsmmu->streams.saved, 1);
	install->number[0] = FIXTURE_VSID(0);
	fixture_enable_commands(install);
	fixture_command(install, CFGI_ALL);
	assert_int_equal(install->vmm->vsmmu->streams.saved, 0);
	assert_true(fixture_consume(install, word));
	assert_int_equal(word[0] >> 32, FIXTURE_VSID(0));
	assert_int_equal(word[2], 0x1000);
	move_fixture_free_roughly(fixture);
}

/* What C_BAD_STE stands for goes along. */
TEST(bad_stes_move)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 1);
	struct install_fixture *install = fixture->install;
	uint64_t word[4];

	/* StreamID beyond the table: C_BAD_STREAMID. */
	test_vmm_write(install->vmm, SMMU_CR0, SMMU_CR0_EVENTQEN);
	test_vmm_write(install->vmm, SMMU_STRTAB_BASE_CFG, 2);
	test_vmm_write(install->vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	fixture_expect_nested(install, 0, STE_BAD0, STE_BAD1);
	assert_int_equal(move_fixture_move(fixture), 0);
	fixture_expect_nested(install, 0, STE_BAD0, STE_BAD1);
	assert_true(fixture_event(install, 0, VSMMU_EVENT_C_BAD_STE, 0));
	assert_true(fixture_consume(install, word));
	assert_int_equal(word[0] & 0xff, VSMMU_EVENT_C_BAD_STREAMID);
	move_fixture_free_roughly(fixture);
}

/* Those that a failing host has cut off stay cut off, and come back where they are then. */
TEST(blocked_ones_move)
{
	for (int parked = 0; parked < 2; parked++) {
		struct move_fixture *fixture = move_fixture_new(NULL, 2);
		struct install_fixture *install = fixture->install;
		struct vsmmu *to;

		fixture->count = 1;
		host_interposer_fail(
			install->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, parked ? 1 : 2, EIO);
		assert_int_equal(fixture_set_ste(install, 1, STE_BYPASS, 0), -EIO);
		/* It has been tried again, in vain. */
		host_interposer_fail(
			install->host, HOST_CALLS_OF(HOST_CALL_NESTED_ALLOC), 1, 1, EIO);
		if (parked)
			assert_int_equal(vsmmu_recover(install->vmm->vsmmu), -EIO);
		host_interposer_heal(install->host);
		if (parked)
			fixture_expect_parked(install, 1);
		else
			fixture_expect_nested(install, 1, STE_S1, 0);
		to = move_fixture_another(fixture, NULL);
		/* The count of tries is another one there. */
		assert_int_equal(vsmmu_recover(to), 0);
		fixture->storm = true;
		assert_int_equal(move_fixture_move_to(fixture, to), 0);
		fixture->storm = false;
		fixture_expect_parked(install, 1);
		assert_int_equal(vsmmu_recover(install->vmm->vsmmu), 0);
		fixture_expect_nested(install, 1, STE_BYPASS, 0);
		assert_int_equal(test_vmm_reported(install->vmm, VSMMU_REPORT_RECOVERED), 1);
		move_fixture_free(fixture);
	}
}

/* Before they come back, everything is invalidated that the guest had invalidated in vain. */
TEST(invalidations_that_failed_move)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 1);
	struct install_fixture *install = fixture->install;

	fixture->count = 0;
	fixture_enable_commands(install);
	host_interposer_fail(
		install->host, HOST_CALLS_OF(HOST_CALL_INVALIDATE), 1, UINT32_MAX, EIO);
	/* CFGI_CD_ALL, TLBI_NSNH_ALL, SYNC */
	fixture_command(install, 0x06 | (uint64_t)FIXTURE_VSID(0) << 32, 0);
	fixture_command(install, 0x30, 0);
	fixture_command(install, 0x46, 0);
	fixture_expect_parked(install, 0);
	host_interposer_heal(install->host);
	host_interposer_clear(install->host);
	assert_int_equal(move_fixture_move(fixture), 0);
	assert_int_equal(host_interposer_count(install->host, "invalidate"), 0);
	assert_int_equal(vsmmu_recover(install->vmm->vsmmu), 0);
	/* One call for the parent's TLB, one for the vIOMMU's CDs. */
	assert_int_equal(host_interposer_count(install->host, "invalidate"), 2);
	fixture_expect_nested(install, 0, STE_S1, 0);
	move_fixture_free(fixture);
}

/* Errors that pass are tried again by the new one's timer. */
TEST(what_waits_for_the_host_goes_on_waiting)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 1);
	struct install_fixture *install = fixture->install;

	fixture->count = 0;
	host_interposer_fail(install->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 1, EBUSY);
	assert_int_equal(fixture_set_ste(install, 0, STE_BYPASS, 0), -EBUSY);
	assert_int_equal(move_fixture_move(fixture), 0);
	assert_true(install->vmm->vsmmu->recovery.backoff);
	pollset_timer_start(&install->vmm->vsmmu->cmdq.pollset, POLLSET_RETRY, pollset_now());
	while (install->endpoint[0]->blocked)
		vsmmu_run_commands(install->vmm->vsmmu, 0);
	fixture_expect_nested(install, 0, STE_BYPASS, 0);
	move_fixture_free(fixture);
}

TEST(orphans_move)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 2);
	struct install_fixture *install = fixture->install;
	const uint64_t objects = fixture_objects(install);

	host_interposer_fail(install->host, HOST_CALLS_OF(HOST_CALL_DESTROY), 1, 1, EIO);
	assert_int_equal(fixture_set_ste(install, 0, STE_BYPASS, 0), 0);
	assert_int_equal(fixture_objects(install), objects + 1);
	fixture->count = 0;
	assert_int_equal(move_fixture_move(fixture), 0);
	assert_int_equal(vsmmu_recover(install->vmm->vsmmu), 0);
	assert_int_equal(fixture_objects(install), objects);
	move_fixture_free(fixture);
}

/* The guest's memory stays pinned for the next endpoint, also when there is none now. */
TEST(a_parent_without_endpoints_moves)
{
	struct move_fixture *fixture = move_fixture_of(fixture_translating(NULL, 2), 0);
	struct install_fixture *install = fixture->install;

	fixture_detach(install, 0);
	assert_int_equal(move_fixture_move(fixture), 0);
	host_interposer_clear(install->host);
	assert_int_equal(fixture_attach(install, 0), 0);
	assert_int_equal(host_interposer_count(install->host, "parent"), 0);
	fixture_detach(install, 0);
	assert_int_equal(vsmmu_drop_parents(install->vmm->vsmmu), 0);
	assert_int_equal(fixture_objects(install), OBJECTS(1, 1, 1, 0));
	move_fixture_free(fixture);
}

/* A VMM's parent and its own way of attaching; put_back comes true later. */
TEST(those_on_a_vmms_parent_move)
{
	struct parent_fixture *parents = parent_fixture_new(NULL);
	struct move_fixture *fixture = move_fixture_of(parents->install, 0);
	struct vsmmu_endpoint_config config = parent_fixture_config(parents, 0);

	config.parent_hwpt = parent_fixture_parent(parents, 0);
	config.put_back = true;
	assert_int_equal(parent_fixture_attach(parents, 0, &config), 0);
	fixture_enable(parents->install);
	fixture->count = 1;
	parent_fixture_expect(parents, 0, "nabs");
	fixture->storm = true;
	/* The op fails: what had been attached stays. */
	parents->fail_at = 1;
	assert_int_equal(move_fixture_move(fixture), -EIO);
	parent_fixture_expect(parents, 0, "s!");
	assert_int_equal(move_fixture_move(fixture), 0);
	fixture->storm = false;
	parent_fixture_expect(parents, 0, "s");
	move_fixture_consume(fixture);
	move_fixture_expect_all(fixture);
	assert_int_equal(parent_fixture_free_parent(parents, config.parent_hwpt), -EBUSY);
	assert_int_equal(parent_fixture_detach(parents, 0), 0);
	parent_fixture_expect(parents, 0, "ap");
	assert_true(parent_fixture_is_open(parents, 0));
	fixture->install->host->hook = NULL;
	vsmmu_free(parents->install->vmm->vsmmu);
	parents->install->vmm->vsmmu = NULL;
	/* The parent is the VMM's still, with the device on it. */
	assert_int_equal(fixture_objects(parents->install), 1);
	fixture_free_with_leaks(parents->install);
	free(parents);
	free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 S6", isolated_ones_move),
		UNIT_TEST("S7 S6", those_without_translation_move),
		UNIT_TEST("S7 S6", those_without_a_streamid_move),
		UNIT_TEST("S7 S6", those_that_are_refused_a_streamid_move),
		UNIT_TEST("S7 A4", those_that_wait_for_a_stale_streamid_move),
		UNIT_TEST("S7 E6", streams_that_wait_move),
		UNIT_TEST("S7", bad_stes_move),
		UNIT_TEST("S7", blocked_ones_move),
		UNIT_TEST("S7", invalidations_that_failed_move),
		UNIT_TEST("S7", what_waits_for_the_host_goes_on_waiting),
		UNIT_TEST("S7", orphans_move),
		UNIT_TEST("S7 S6", a_parent_without_endpoints_moves),
		UNIT_TEST("S7 S6", those_on_a_vmms_parent_move),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
