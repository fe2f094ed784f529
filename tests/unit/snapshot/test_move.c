/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest goes over to another vSMMU while its devices cause events: none is lost, doubled, late.
 */
#include <errno.h>
#include <string.h>

#include <vsmmu/event.h>

#include "move_fixture.h"

#define QUEUE (1U << FIXTURE_EVENTQ_LOG2)

/* Each has what it had, on objects that are new. */
static void expect_same(struct move_fixture *fixture)
{
	for (unsigned int n = 0; n < fixture->count; n++)
		fixture_expect_nested(fixture->install, n, STE_S1, 0);
}

TEST(endpoints_never_are_without_their_stage_1)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 3);
	struct install_fixture *install = fixture->install;
	const uint64_t objects = fixture_objects(install);
	const struct interposed_object before =
		host_interposer_attached(install->host, install->dev[0]);
	uint64_t vsid;

	move_fixture_faults(fixture, 1);
	host_interposer_clear(install->host);
	fixture->storm = true;
	assert_int_equal(move_fixture_move(fixture), 0);
	fixture->storm = false;
	/* One replace for each, and nothing of the guest's memory was pinned. */
	assert_int_equal(host_interposer_count(install->host, "attach nested"), 3);
	assert_int_equal(host_interposer_count(install->host, "detach"), 0);
	assert_int_equal(host_interposer_count(install->host, "parent"), 0);
	assert_int_equal(host_interposer_count(install->host, "destroy parent"), 0);
	assert_int_equal(host_interposer_count(install->host, "invalidate"), 0);
	assert_int_equal(fixture_objects(install), objects);
	assert_int_not_equal(
		host_interposer_attached(install->host, install->dev[0]).viommu, before.viommu);
	expect_same(fixture);
	move_fixture_faults(fixture, 1);
	move_fixture_consume(fixture);
	move_fixture_expect_all(fixture);
	assert_int_equal(vsmmu_endpoint_get_vsid(install->endpoint[1], &vsid), 0);
	assert_int_equal(vsid, FIXTURE_VSID(1));
	fixture_set_ste(install, 1, STE_BYPASS, 0);
	fixture_expect_nested(install, 1, STE_BYPASS, 0);
	fixture_detach(install, 1);
	assert_int_equal(fixture_attach(install, 1), 0);
	move_fixture_free(fixture);
}

TEST(moves_ten_times_in_a_row)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 4);
	struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};

	for (unsigned int i = 0; i < 10; i++) {
		fixture->storm = true;
		assert_int_equal(move_fixture_move(fixture), 0);
		fixture->storm = false;
		move_fixture_faults(fixture, 1);
		if (i % 3 == 0)
			move_fixture_consume(fixture);
	}
	move_fixture_consume(fixture);
	for (unsigned int n = 0; n < fixture->count; n++) {
		assert_int_equal(
			vsmmu_endpoint_get_stats(fixture->install->endpoint[n], &stats), 0);
		assert_int_equal(stats.delivered, fixture->caused[n]);
		assert_int_equal(stats.discarded, 0);
	}
	move_fixture_free(fixture);
}

/* Events wait in the kernel, and in the vSMMU since an earlier save. */
TEST(a_full_queue_moves)
{
	for (int saved = 0; saved < 2; saved++) {
		struct move_fixture *fixture = move_fixture_new(NULL, 2);
		struct test_vmm *vmm = fixture->install->vmm;
		size_t length;
		void *bytes;

		move_fixture_faults(fixture, QUEUE);
		while (vsmmu_dispatch(vmm->vsmmu, 0))
			;
		if (saved) {
			assert_int_equal(vsmmu_save(vmm->vsmmu, &bytes, &length), 0);
			vsmmu_snapshot_free(bytes);
			move_fixture_faults(fixture, 3);
		}
		fixture->storm = true;
		assert_int_equal(move_fixture_move(fixture), 0);
		fixture->storm = false;
		assert_true(test_vmm_stats(vmm).pending > QUEUE);
		assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), QUEUE);
		move_fixture_faults(fixture, 3);
		move_fixture_free(fixture);
	}
}

/* What the kernel dropped is counted, and told to the guest. */
TEST(losses_are_told)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 1);
	struct install_fixture *install = fixture->install;

	move_fixture_faults(fixture, 1);
	assert_int_equal(vsmmu_sim_drop(install->sim, install->dev[0], 5), 0);
	assert_int_equal(move_fixture_move(fixture), 0);
	assert_int_equal(test_vmm_stats(install->vmm).lost, 5);
	assert_true(test_vmm_read(install->vmm, SMMU_EVENTQ_PROD) & SMMU_EVENTQ_PROD_OVFLG);
	assert_int_equal(vsmmu_dispatch(install->vmm->vsmmu, 0), 1);
	assert_int_equal(test_vmm_stats(install->vmm).delivered, 1);
	fixture_expect_counted(install);
	move_fixture_free_roughly(fixture);
}

/* Nobody takes them: with the queue off they are discarded, before and after. */
TEST(a_queue_that_is_off_moves)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 2);
	struct test_vmm *vmm = fixture->install->vmm;

	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	fixture->storm = true;
	assert_int_equal(move_fixture_move(fixture), 0);
	fixture->storm = false;
	expect_same(fixture);
	while (vsmmu_dispatch(vmm->vsmmu, 0))
		;
	fixture_expect_counted(fixture->install);
	assert_int_equal(test_vmm_stats(vmm).delivered, 0);
	assert_int_equal(test_vmm_stats(vmm).discarded_by[VSMMU_DISCARD_DISABLED],
		fixture->caused[0] + fixture->caused[1]);
	move_fixture_free_roughly(fixture);
}

/* A StreamID whose last holder's events wait in the vEVENTQ is free afterwards, and they are not.
 */
TEST(stale_events_stay_stale)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 3);
	struct install_fixture *install = fixture->install;

	move_fixture_faults(fixture, QUEUE);
	while (vsmmu_dispatch(install->vmm->vsmmu, 0))
		;
	/* Endpoint 2 shares its vEVENTQ with endpoint 0. */
	fixture_detach(install, 2);
	assert_int_equal(fixture_attach(install, 2), -EAGAIN);
	assert_int_equal(move_fixture_move(fixture), 0);
	assert_int_equal(test_vmm_reported(install->vmm, VSMMU_REPORT_VSID_FREE), 1);
	assert_int_equal(fixture_attach(install, 2), 0);
	move_fixture_consume(fixture);
	assert_int_equal(fixture->seen[0], fixture->caused[0]);
	assert_true(test_vmm_stats(install->vmm).discarded_by[VSMMU_DISCARD_STALE] > 0);
	fixture_expect_counted(install);
	move_fixture_free_roughly(fixture);
}

/* All that a snapshot has: registers, commands that wait, and errors that are active. */
TEST(the_guest_finds_its_smmu_again)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 1);
	struct install_fixture *install = fixture->install;
	struct test_vmm *vmm = install->vmm;

	fixture_enable_commands(install);
	/* A TLBI that no CMD_SYNC has sent yet. */
	fixture_command(install, 0x30, 0);
	host_interposer_clear(install->host);
	assert_int_equal(move_fixture_move(fixture), 0);
	assert_int_equal(host_interposer_count(install->host, "invalidate"), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_CR0ACK),
		SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN);
	assert_true(test_vmm_read64(vmm, SMMU_STRTAB_BASE) == FIXTURE_STRTAB);
	fixture_command(install, 0x46, 0);
	assert_int_equal(host_interposer_count(install->host, "invalidate"), 1);
	/* An unknown opcode stops the queue, here and there. */
	test_vmm_store64(vmm, FIXTURE_CMDQ + 32, 0xff);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 3);
	assert_int_equal(test_vmm_read(vmm, SMMU_GERROR), SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(move_fixture_move(fixture), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_GERROR), SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS) & 0xff, 2);
	move_fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E6", endpoints_never_are_without_their_stage_1),
		UNIT_TEST_PLAIN(moves_ten_times_in_a_row),
		UNIT_TEST_PLAIN(a_full_queue_moves),
		UNIT_TEST_PLAIN(losses_are_told),
		UNIT_TEST_PLAIN(a_queue_that_is_off_moves),
		UNIT_TEST_PLAIN(stale_events_stay_stale),
		UNIT_TEST_PLAIN(the_guest_finds_its_smmu_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
