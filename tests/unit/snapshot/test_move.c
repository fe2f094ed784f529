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
	/* Records wait that no vEVENTQ tells of. */
	assert_true(move_fixture_readable(install->vmm->vsmmu));
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

/* The VMM's event loop may serve both meanwhile: nothing of it is too early, nor spins. */
TEST(both_may_be_dispatched_meanwhile)
{
	for (int off = 0; off < 2; off++) {
		struct move_fixture *fixture = move_fixture_new(NULL, 3);
		struct test_vmm *vmm = fixture->install->vmm;
		struct vsmmu *to = move_fixture_another(fixture, NULL);
		uint64_t caused = 0;

		if (off)
			test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
		move_fixture_faults(fixture, 3);
		fixture->dispatched[0] = vmm->vsmmu;
		fixture->dispatched[1] = to;
		fixture->storm = true;
		assert_int_equal(vsmmu_move(vmm->vsmmu, to), 0);
		fixture->storm = false;
		fixture->dispatched[0] = fixture->dispatched[1] = NULL;
		vsmmu_free(vmm->vsmmu);
		vmm->vsmmu = to;
		if (!off) {
			move_fixture_free(fixture);
			continue;
		}
		while (vsmmu_dispatch(to, 0))
			;
		for (unsigned int n = 0; n < fixture->count; n++)
			caused += fixture->caused[n];
		fixture_expect_counted(fixture->install);
		assert_int_equal(test_vmm_stats(vmm).discarded_by[VSMMU_DISCARD_DISABLED], caused);
		move_fixture_free_roughly(fixture);
	}
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

/* More than can wait: told as for a save. */
TEST(room_for_events_is_bounded)
{
	const struct vsmmu_config deep = {.veventq_depth = 100000};
	struct move_fixture *fixture = move_fixture_new(&deep, 1);
	struct test_vmm *vmm = fixture->install->vmm;

	move_fixture_faults(fixture, QUEUE + 65536 + 7);
	while (vsmmu_dispatch(vmm->vsmmu, 0))
		;
	assert_int_equal(move_fixture_move(fixture), 0);
	assert_int_equal(test_vmm_stats(vmm).pending, 65536);
	assert_int_equal(test_vmm_stats(vmm).lost, 7);
	assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_EVENTS_LOST), 1);
	fixture_expect_counted(fixture->install);
	move_fixture_free_roughly(fixture);
}

/* Nobody takes them: with the queue off they are discarded, before and after. */
TEST(a_queue_that_is_off_moves)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 2);
	struct test_vmm *vmm = fixture->install->vmm;

	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	move_fixture_faults(fixture, 1);
	/* Nor is a loss told to it. */
	assert_int_equal(vsmmu_sim_drop(fixture->install->sim, fixture->install->dev[0], 1), 0);
	fixture->storm = true;
	assert_int_equal(move_fixture_move(fixture), 0);
	fixture->storm = false;
	expect_same(fixture);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), 0);
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
	test_vmm_write(vmm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN);
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
	move_fixture_faults(fixture, 1);
	assert_int_equal(vsmmu_dispatch(vmm->vsmmu, 0), 1);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(move_fixture_move(fixture), 0);
	/* Both once more, as edges may have been missed. */
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 2);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 2);
	assert_int_equal(test_vmm_read(vmm, SMMU_GERROR), SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS) & 0xff, 2);
	move_fixture_free(fixture);
}

/* It keeps the ID registers that it knows, though the config would have others. */
TEST(the_guest_finds_its_identity_again)
{
	const struct vsmmu_config small = {.eventq_log2_max = 9};
	struct vsmmu_identity identity = {.size = sizeof(identity)};
	struct move_fixture *fixture = move_fixture_new(&small, 1);
	struct test_vmm *vmm = fixture->install->vmm;
	const uint32_t idr1 = test_vmm_read(vmm, SMMU_IDR0 + 4);

	assert_int_equal(move_fixture_move(fixture), 0);
	assert_int_equal(vsmmu_get_identity(vmm->vsmmu, &identity), 0);
	assert_true(identity.frozen);
	assert_int_equal(identity.eventq_log2_max, 9);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 4), idr1);
	move_fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E6", endpoints_never_are_without_their_stage_1),
		UNIT_TEST("S7 E6", moves_ten_times_in_a_row),
		UNIT_TEST("S7 E6 S9", both_may_be_dispatched_meanwhile),
		UNIT_TEST("S7 E6", a_full_queue_moves),
		UNIT_TEST("S7 E6", losses_are_told),
		UNIT_TEST("S7 E6", room_for_events_is_bounded),
		UNIT_TEST("S7 E6", a_queue_that_is_off_moves),
		UNIT_TEST("S7 A4", stale_events_stay_stale),
		UNIT_TEST("S7", the_guest_finds_its_smmu_again),
		UNIT_TEST("S7", the_guest_finds_its_identity_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
