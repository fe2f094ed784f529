/* SPDX-License-Identifier: BSD-2-Clause */
/* An ATC_INV that the host refuses: lost, and told at the SYNC, where a device keeps its access. */
#include <errno.h>
#include <string.h>

#include "invalidation_failure.h"
#include "smmu/vsmmu.h"

static void fail_all(struct cmdq_guest *guest)
{
	fail_calls(guest, 1, FOREVER);
	host_interposer_fail(guest->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, FOREVER, EIO);
}

/* Cut off, a device has its ATS off: nothing is left that could be stale. */
TEST(an_atc_inv_of_a_device_that_is_cut_off_is_not_lost)
{
	struct cmdq_guest *guest = fixture_new(1, true);

	fail_calls(guest, 1, FOREVER);
	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
	cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	assert_int_equal(test_vmm_stats(guest->vmm).blocked, 4);
	for (unsigned int n = 0; n < 4; n++)
		expect_blocked(guest, n, 0);
	cmdq_guest_free(guest);
}

TEST(a_lost_atc_inv_is_told_at_the_sync)
{
	struct cmdq_guest *guest = fixture_new(1, true);

	fail_all(guest);
	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
	cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_error(guest, 2, SMMU_CERROR_ATC_INV);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 0);
	assert_int_equal(test_vmm_stats(guest->vmm).blocked, 4);
	assert_non_null(
		strstr(guest->vmm->reports[(guest->vmm->report_count - 1) % TEST_VMM_REPORTS].text,
			"CERROR_ATC_INV_SYNC"));
	/* Acknowledged, the SYNC is tried again, and nothing is left that could be lost. */
	cmdq_guest_acknowledge(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	/* While a device keeps its access the next one is lost too; TLBIs alone are no ATC_INV. */
	cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
	cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_error(guest, 4, SMMU_CERROR_ATC_INV);
	cmdq_guest_acknowledge(guest);
	cmdq_guest_push(guest, C_CFGI_CD(SID(0)), 0);
	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	cmdq_guest_sync(guest);
	cmdq_guest_expect_idle(guest);
	/* Until it can be cut off, which is tried again each time. */
	host_interposer_heal(guest->host);
	fail_calls(guest, 1, FOREVER);
	cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
	cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);
	for (unsigned int n = 0; n < 4; n++)
		expect_blocked(guest, n, 0);
	cmdq_guest_free(guest);
}

/* Each vIOMMU has TLBIs of its own, but the guest has asked for no ATC to be invalidated. */
TEST(tlbis_alone_lose_no_atc_inv)
{
	const struct cmdq_guest_setup setup = {
		.endpoints = 4, .config = {.isolate = true, .ats = true}};
	struct host_interposer *host = host_interposer_new(NULL, HOST_INTERPOSER_RECORD);
	struct cmdq_guest *guest;

	host->host.vmid_per_viommu = true;
	guest = cmdq_guest_new(&setup, host);
	fail_all(guest);
	cmdq_guest_push(guest, C_CFGI_CD(SID(1)), 0);
	cmdq_guest_sync(guest);
	cmdq_guest_expect_idle(guest);
	for (unsigned int n = 0; n < 3; n++) {
		cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
		cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	}
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 3);
	assert_int_equal(test_vmm_stats(guest->vmm).blocked, 4);
	cmdq_guest_free(guest);
}

/* It was in a batch that went before the SYNC came. */
TEST(a_lost_atc_inv_is_not_forgotten_until_the_sync)
{
	const struct cmdq_guest_setup setup = {.log2 = 12, .config.ats = true};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	fail_all(guest);
	cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
	for (unsigned int n = 0; n < INVALIDATION_MAX + 5; n++)
		cmdq_guest_push(guest, C_TLBI_ASID(n), 0);
	cmdq_guest_sync(guest);
	while (cmdq_guest_is_signalled(guest))
		vsmmu_run_commands(guest->vsmmu, 0);
	cmdq_guest_expect_error(guest, INVALIDATION_MAX + 6, SMMU_CERROR_ATC_INV);
	cmdq_guest_acknowledge(guest);
	cmdq_guest_expect_idle(guest);
	cmdq_guest_free(guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S2 S3 P10", an_atc_inv_of_a_device_that_is_cut_off_is_not_lost),
		UNIT_TEST("S2 S3 P10", a_lost_atc_inv_is_told_at_the_sync),
		UNIT_TEST("S2 S3", tlbis_alone_lose_no_atc_inv),
		UNIT_TEST("S2 S3", a_lost_atc_inv_is_not_forgotten_until_the_sync),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
