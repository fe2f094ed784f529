/* SPDX-License-Identifier: BSD-2-Clause */
/* A host that refuses invalidations: nothing is skipped, and no guest is told a lie. */
#include <errno.h>

#include "invalidation_failure.h"
#include "smmu/vsmmu.h"

#define TLBI_NSNH_ALL C_TLBI_NSNH_ALL

static void push_three(struct cmdq_guest *guest)
{
	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	cmdq_guest_push(guest, C_CFGI_CD(SID(0)), 0);
	cmdq_guest_push(guest, C_TLBI_ASID(2), 0);
}

static void expect_same_calls(const struct cmdq_guest *guest, unsigned int a, unsigned int b)
{
	const struct interposed_invalidation *call = guest->host->invalidation;

	assert_true(a < guest->host->invalidations && b < guest->host->invalidations);
	assert_int_equal(call[a].viommu, call[b].viommu);
	assert_int_equal(call[a].count, call[b].count);
	assert_memory_equal(call[a].command, call[b].command, 16 * call[a].count);
}

static void expect_attached(const struct cmdq_guest *guest, unsigned int n, unsigned int smmu)
{
	assert_int_equal(ste_config(guest, n, smmu), 5); /* stage 1 translates */
}

/* The kernel says that it did all three, and did none. */
TEST(a_batch_that_failed_is_issued_again_as_a_whole)
{
	struct cmdq_guest *guest = fixture_new(1, false);

	fail_calls(guest, 1, 1);
	push_three(guest);
	cmdq_guest_sync(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->host->invalidations, 2);
	assert_int_equal(guest->host->invalidation[0].count, 3);
	expect_same_calls(guest, 0, 1);
	assert_int_equal(test_vmm_stats(guest->vmm).invalidation_failures, 1);
	assert_int_equal(test_vmm_reported(guest->vmm, VSMMU_REPORT_INVALIDATION), 1);
	assert_int_equal(guest->vmm->reports[0].severity, VSMMU_WARNING);
	cmdq_guest_free(guest);
}

/*
 * All that the guest can have cached there: the TLB by a call of its own, then each endpoint's
 * CDs and ATC.
 */
static void expect_everything(const struct cmdq_guest *guest, unsigned int call, bool ats)
{
	unsigned int cds = 0, atcs = 0;

	assert_int_equal(guest->host->invalidation[call].count, 1);
	assert_int_equal(host_interposer_command(guest->host, call, 0)[0], TLBI_NSNH_ALL);
	call++;
	for (uint32_t n = 0; n < guest->host->invalidation[call].count; n++) {
		const uint64_t *command = host_interposer_command(guest->host, call, n);

		for (unsigned int i = 0; i < 4; i++) {
			cds += command[0] == C_CFGI_CD_ALL(SID(i));
			atcs += command[0] == C_ATC_INV(SID(i)) && command[1] == 52;
		}
	}
	assert_int_equal(cds, 4);
	assert_int_equal(atcs, ats ? 4 : 0);
	assert_int_equal(guest->host->invalidation[call].count, 4 + atcs);
	assert_int_equal(guest->host->refused, 0);
}

TEST(what_fails_twice_becomes_everything)
{
	for (unsigned int ats = 0; ats < 2; ats++) {
		struct cmdq_guest *guest = fixture_new(1, ats);

		fail_calls(guest, 1, 2);
		push_three(guest);
		if (ats)
			cmdq_guest_push(guest, C_ATC_INV(SID(1)), 12);
		cmdq_guest_sync(guest);
		cmdq_guest_expect_idle(guest);
		assert_int_equal(guest->host->invalidations, 4);
		expect_same_calls(guest, 0, 1);
		expect_everything(guest, 2, ats);
		assert_int_equal(test_vmm_stats(guest->vmm).invalidation_failures, 2);
		assert_int_equal(test_vmm_stats(guest->vmm).blocked, 0);
		assert_int_equal(test_vmm_reported(guest->vmm, VSMMU_REPORT_INVALIDATION), 1);
		for (unsigned int n = 0; n < 4; n++)
			expect_attached(guest, n, 0);
		cmdq_guest_free(guest);
	}
}

TEST(what_fails_for_good_cuts_the_endpoints_off)
{
	struct cmdq_guest *guest = fixture_new(1, false);

	fail_calls(guest, 1, FOREVER);
	push_three(guest);
	cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_ring(guest);
	/* The guest did nothing wrong: its SYNC completes. */
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	assert_int_equal(guest->host->invalidations, 3);
	assert_int_equal(test_vmm_stats(guest->vmm).blocked, 4);
	assert_int_equal(test_vmm_reported(guest->vmm, VSMMU_REPORT_INVALIDATION), 1);
	for (unsigned int n = 0; n < 4; n++)
		expect_blocked(guest, n, 0);
	cmdq_guest_free(guest);
}

/* What the hardware has cached is older than what the guest believes, until everything went. */
TEST(access_comes_back_only_after_everything_was_invalidated)
{
	struct cmdq_guest *guest = fixture_new(1, false);

	fail_calls(guest, 1, FOREVER);
	push_three(guest);
	cmdq_guest_sync(guest);
	expect_blocked(guest, 0, 0);
	/* The host still refuses. */
	cmdq_guest_push(guest, C_CFGI_STE(SID(0)), 0);
	cmdq_guest_sync(guest);
	vsmmu_run_commands(guest->vsmmu, 0);
	cmdq_guest_expect_idle(guest);
	expect_blocked(guest, 0, 0);
	/* It does not any more: first everything, then the endpoint, then what is new. */
	host_interposer_heal(guest->host);
	host_interposer_clear(guest->host);
	cmdq_guest_push(guest, C_CFGI_STE(SID(0)), 0);
	cmdq_guest_ring(guest);
	assert_int_equal(guest->host->invalidations, 2);
	expect_everything(guest, 0, false);
	expect_attached(guest, 0, 0);
	expect_blocked(guest, 1, 0);
	cmdq_guest_push(guest, C_CFGI_ALL);
	cmdq_guest_sync(guest);
	vsmmu_run_commands(guest->vsmmu, 0);
	for (unsigned int n = 0; n < 4; n++)
		expect_attached(guest, n, 0);
	/* "Everything" went once; this is the CD_ALL of the one whose STE was as before. */
	assert_int_equal(guest->host->invalidations, 3);
	assert_int_equal(guest->host->invalidation[2].count, 1);
	cmdq_guest_expect_idle(guest);
	cmdq_guest_free(guest);
}

/* Its endpoints are cut off, and a host that does not work may take a second for each call. */
TEST(where_everything_is_due_nothing_more_is_sent)
{
	struct cmdq_guest *guest = fixture_new(1, true);

	fail_calls(guest, 1, FOREVER);
	push_three(guest);
	cmdq_guest_sync(guest);
	host_interposer_clear(guest->host);
	for (unsigned int n = 0; n < 10; n++) {
		push_three(guest);
		cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
		cmdq_guest_push(guest, C_SYNC_IRQ, 0);
		cmdq_guest_ring(guest);
	}
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 10);
	assert_int_equal(guest->host->invalidations, 0);
	for (unsigned int n = 0; n < 4; n++)
		expect_blocked(guest, n, 0);
	/* Recovery is what pays for it. */
	assert_int_equal(vsmmu_recover(guest->vsmmu), -EIO);
	for (unsigned int n = 0; n < 4; n++)
		expect_blocked(guest, n, 0);
	host_interposer_heal(guest->host);
	host_interposer_clear(guest->host);
	assert_int_equal(vsmmu_recover(guest->vsmmu), 0);
	assert_int_equal(guest->host->invalidations, 2);
	assert_int_equal(host_interposer_command(guest->host, 0, 0)[0], TLBI_NSNH_ALL);
	for (unsigned int n = 0; n < 4; n++)
		expect_attached(guest, n, 0);
	push_three(guest);
	cmdq_guest_sync(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->host->invalidations, 3);
	assert_int_equal(guest->host->invalidation[2].count, 3);
	cmdq_guest_free(guest);
}

/* With a vIOMMU for each endpoint a failure of CDs is that one's, one of TLBIs is all theirs. */
TEST(a_failure_concerns_whom_it_must)
{
	for (unsigned int mode = 0; mode < 4; mode++) {
		const bool tlbi = mode & 1, each = mode & 2;
		const struct cmdq_guest_setup setup = {.endpoints = 4, .config.isolate = true};
		struct host_interposer *host = host_interposer_new(NULL, HOST_INTERPOSER_RECORD);
		struct cmdq_guest *guest;

		host->host.vmid_per_viommu = each;
		guest = cmdq_guest_new(&setup, host);
		fail_calls(guest, 1, FOREVER);
		if (tlbi)
			cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
		cmdq_guest_push(guest, C_CFGI_CD(SID(2)), 0);
		cmdq_guest_sync(guest);
		cmdq_guest_expect_idle(guest);
		/* Twice as it was, then everything, once, however many vIOMMUs there are. */
		assert_int_equal(host->invalidations, 3);
		for (unsigned int n = 0; n < 4; n++) {
			if (tlbi || n == 2)
				expect_blocked(guest, n, 0);
			else
				expect_attached(guest, n, 0);
		}
		assert_int_equal(test_vmm_stats(guest->vmm).blocked, tlbi ? 4 : 1);
		/* The others work on. Of the one that is cut off only a TLB of its own is not due.
		 */
		host_interposer_heal(host);
		host_interposer_clear(host);
		for (unsigned int n = 0; n < 4; n++)
			cmdq_guest_push(guest, C_CFGI_CD(SID(n)), 0);
		cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
		cmdq_guest_sync(guest);
		cmdq_guest_expect_idle(guest);
		assert_int_equal(host->invalidations, tlbi ? 0 : each ? 4 : 3);
		cmdq_guest_free(guest);
	}
}

/* "Everything" then is for each of them. */
TEST(everything_goes_to_all_viommus_of_a_parent)
{
	for (unsigned int each = 0; each < 2; each++) {
		const struct cmdq_guest_setup setup = {.endpoints = 4, .config.isolate = true};
		struct host_interposer *host = host_interposer_new(NULL, HOST_INTERPOSER_RECORD);
		struct cmdq_guest *guest;
		unsigned int tlbis = 0, cds = 0;

		host->host.vmid_per_viommu = each;
		guest = cmdq_guest_new(&setup, host);
		fail_calls(guest, 1, 2);
		cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
		cmdq_guest_sync(guest);
		cmdq_guest_expect_idle(guest);
		for (unsigned int call = 2; call < host->invalidations; call++)
			for (uint32_t i = 0; i < host->invalidation[call].count; i++) {
				uint8_t opcode = (uint8_t)host_interposer_command(host, call, i)[0];

				tlbis += opcode == 0x30;
				cds += opcode == 0x06;
			}
		assert_int_equal(tlbis, each ? 1 + 4 : 1);
		assert_int_equal(cds, 4);
		assert_int_equal(host->refused, 0);
		assert_int_equal(test_vmm_stats(guest->vmm).blocked, 0);
		cmdq_guest_free(guest);
	}
}

TEST(one_viommus_failure_is_its_own)
{
	struct cmdq_guest *guest = fixture_new(2, true);
	struct host_interposer *host = guest->host;
	unsigned int bad;

	/* The ATC_INV is for the one that works. */
	fail_calls(guest, 1, 3);
	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	cmdq_guest_sync(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(host->invalidations, 4);
	bad = host->invalidation[0].smmu;
	assert_int_equal(host->invalidation[2].smmu, bad);
	assert_int_equal(host->invalidation[3].smmu, !bad);
	assert_int_equal(test_vmm_stats(guest->vmm).blocked, 2);
	for (unsigned int n = 0; n < 4; n++) {
		if (n % 2 == bad)
			expect_blocked(guest, n, n % 2);
		else
			expect_attached(guest, n, n % 2);
	}
	cmdq_guest_free(guest);
}

TEST(success_of_less_than_all_is_no_success)
{
	struct cmdq_guest *guest = fixture_new(1, false);

	guest->host->under_report = true;
	push_three(guest);
	cmdq_guest_sync(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->host->invalidations, 3);
	assert_int_equal(test_vmm_stats(guest->vmm).blocked, 4);
	cmdq_guest_free(guest);
}

/* The second half of a pair may fail as well. */
TEST(an_erratums_second_call_may_fail)
{
	const struct cmdq_guest_setup setup = {0};
	struct host_interposer *host = host_interposer_new(NULL, HOST_INTERPOSER_RECORD);
	struct cmdq_guest *guest;

	host->info[0].repeat_commands = true;
	guest = cmdq_guest_new(&setup, host);
	fail_calls(guest, 2, 1);
	push_three(guest);
	cmdq_guest_sync(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(host->invalidations, 4);
	for (unsigned int call = 1; call < 4; call++)
		expect_same_calls(guest, 0, call);
	assert_int_equal(test_vmm_stats(guest->vmm).blocked, 0);
	cmdq_guest_free(guest);
}

/* Everything, for more endpoints than one array of it has room for. */
TEST(everything_may_take_several_calls)
{
	const struct cmdq_guest_setup setup = {.endpoints = CMDQ_GUEST_MAX, .config.ats = true};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	unsigned int commands = 0;

	fail_calls(guest, 1, 2);
	push_three(guest);
	cmdq_guest_sync(guest);
	cmdq_guest_expect_idle(guest);
	for (unsigned int call = 2; call < guest->host->invalidations; call++)
		commands += guest->host->invalidation[call].count;
	assert_int_equal(commands, 1 + 2 * CMDQ_GUEST_MAX);
	assert_int_equal(guest->host->refused, 0);
	/* A failure within is a failure of all. */
	fail_calls(guest, 1, 4);
	push_three(guest);
	cmdq_guest_sync(guest);
	assert_int_equal(test_vmm_stats(guest->vmm).blocked, CMDQ_GUEST_MAX);
	cmdq_guest_free(guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S3 P9", a_batch_that_failed_is_issued_again_as_a_whole),
		UNIT_TEST("S3 P9", what_fails_twice_becomes_everything),
		UNIT_TEST("S3 P9 P10", what_fails_for_good_cuts_the_endpoints_off),
		UNIT_TEST("S3 P9", access_comes_back_only_after_everything_was_invalidated),
		UNIT_TEST("S3 P9", where_everything_is_due_nothing_more_is_sent),
		UNIT_TEST("S3 P9", a_failure_concerns_whom_it_must),
		UNIT_TEST("S3 P9", everything_goes_to_all_viommus_of_a_parent),
		UNIT_TEST("S3 S6", one_viommus_failure_is_its_own),
		UNIT_TEST("S3 P9", success_of_less_than_all_is_no_success),
		UNIT_TEST("S3", an_erratums_second_call_may_fail),
		UNIT_TEST("S3 P9", everything_may_take_several_calls),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
