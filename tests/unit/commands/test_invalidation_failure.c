/* SPDX-License-Identifier: BSD-2-Clause */
/* A host that refuses invalidations: nothing is skipped, and no guest is told a lie. */
#include <string.h>

#include "lib/commander.h"

#define SID(n)	      COMMANDER_SID(n)
#define FOREVER	      1000000
#define TLBI_NSNH_ALL C_TLBI_NSNH_ALL

static struct commander *stand(unsigned int smmus, bool ats)
{
	const struct commander_setup setup = {.endpoints = 4, .smmus = smmus, .config.ats = ats};

	return commander_new(&setup, NULL);
}

static void fail_calls(struct commander *commander, unsigned int from, unsigned int count)
{
	recorder_clear(commander->recorder);
	commander->recorder->fail_from = from;
	commander->recorder->fail_count = count;
	commander->recorder->over_report = true;
}

static void push_three(struct commander *commander)
{
	commander_push(commander, C_TLBI_ASID(1), 0);
	commander_push(commander, C_CFGI_CD(SID(0)), 0);
	commander_push(commander, C_TLBI_ASID(2), 0);
}

static void expect_same_calls(const struct commander *commander, unsigned int a, unsigned int b)
{
	const struct recorder_call *call = commander->recorder->call;

	assert_true(a < commander->recorder->calls && b < commander->recorder->calls);
	assert_int_equal(call[a].viommu, call[b].viommu);
	assert_int_equal(call[a].count, call[b].count);
	assert_memory_equal(call[a].command, call[b].command, 16 * call[a].count);
}

static void expect_attached(const struct commander *commander, unsigned int n, unsigned int smmu)
{
	assert_int_not_equal(commander->recorder->attached[RECORDER_DEV(smmu, n)], 0);
}

static void expect_blocked(const struct commander *commander, unsigned int n, unsigned int smmu)
{
	assert_int_equal(commander->recorder->attached[RECORDER_DEV(smmu, n)], 0);
}

/* The kernel says that it did all three, and did none. */
static void a_batch_that_failed_is_issued_again_as_a_whole(void **unused)
{
	struct commander *commander = stand(1, false);

	(void)unused;
	fail_calls(commander, 1, 1);
	push_three(commander);
	commander_sync(commander);
	commander_expect_idle(commander);
	assert_int_equal(commander->recorder->calls, 2);
	assert_int_equal(commander->recorder->call[0].count, 3);
	expect_same_calls(commander, 0, 1);
	assert_int_equal(whole_stats(commander->whole).invalidation_failures, 1);
	assert_int_equal(whole_reported(commander->whole, VSMMU_REPORT_INVALIDATION), 1);
	assert_int_equal(commander->whole->reports[0].severity, VSMMU_WARNING);
	commander_free(commander);
}

/* All that the guest can have cached there: the TLB, and each endpoint's CDs and ATC. */
static void expect_everything(const struct commander *commander, unsigned int call, bool ats)
{
	unsigned int cds = 0, atcs = 0;

	assert_int_equal(recorder_command(commander->recorder, call, 0)[0], TLBI_NSNH_ALL);
	for (uint32_t n = 1; n < commander->recorder->call[call].count; n++) {
		const uint64_t *command = recorder_command(commander->recorder, call, n);

		for (unsigned int i = 0; i < 4; i++) {
			cds += command[0] == C_CFGI_CD_ALL(SID(i));
			atcs += command[0] == C_ATC_INV(SID(i)) && command[1] == 52;
		}
	}
	assert_int_equal(cds, 4);
	assert_int_equal(atcs, ats ? 4 : 0);
	assert_int_equal(commander->recorder->call[call].count, 5 + atcs);
	assert_int_equal(commander->recorder->refused, 0);
}

static void what_fails_twice_becomes_everything(void **unused)
{
	(void)unused;
	for (unsigned int ats = 0; ats < 2; ats++) {
		struct commander *commander = stand(1, ats);

		fail_calls(commander, 1, 2);
		push_three(commander);
		if (ats)
			commander_push(commander, C_ATC_INV(SID(1)), 12);
		commander_sync(commander);
		commander_expect_idle(commander);
		assert_int_equal(commander->recorder->calls, 3);
		expect_same_calls(commander, 0, 1);
		expect_everything(commander, 2, ats);
		assert_int_equal(whole_stats(commander->whole).invalidation_failures, 2);
		assert_int_equal(whole_stats(commander->whole).blocked, 0);
		assert_int_equal(whole_reported(commander->whole, VSMMU_REPORT_INVALIDATION), 1);
		for (unsigned int n = 0; n < 4; n++)
			expect_attached(commander, n, 0);
		commander_free(commander);
	}
}

static void what_fails_for_good_cuts_the_endpoints_off(void **unused)
{
	struct commander *commander = stand(1, false);

	(void)unused;
	fail_calls(commander, 1, FOREVER);
	push_three(commander);
	commander_push(commander, C_SYNC_IRQ, 0);
	commander_ring(commander);
	/* The guest did nothing wrong: its SYNC completes. */
	commander_expect_idle(commander);
	assert_int_equal(commander->whole->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	assert_int_equal(commander->recorder->calls, 3);
	assert_int_equal(whole_stats(commander->whole).blocked, 4);
	assert_int_equal(whole_reported(commander->whole, VSMMU_REPORT_INVALIDATION), 1);
	for (unsigned int n = 0; n < 4; n++)
		expect_blocked(commander, n, 0);
	commander_free(commander);
}

/* What the hardware has cached is older than what the guest believes, until everything went. */
static void access_comes_back_only_after_everything_was_invalidated(void **unused)
{
	struct commander *commander = stand(1, false);

	(void)unused;
	fail_calls(commander, 1, FOREVER);
	push_three(commander);
	commander_sync(commander);
	expect_blocked(commander, 0, 0);
	/* The host still refuses. */
	commander_push(commander, C_CFGI_STE(SID(0)), 0);
	commander_sync(commander);
	commander_expect_idle(commander);
	expect_blocked(commander, 0, 0);
	/* It does not any more: first everything, then the endpoint, then what is new. */
	recorder_clear(commander->recorder);
	commander_push(commander, C_CFGI_STE(SID(0)), 0);
	commander_ring(commander);
	assert_int_equal(commander->recorder->calls, 1);
	expect_everything(commander, 0, false);
	expect_attached(commander, 0, 0);
	expect_blocked(commander, 1, 0);
	commander_push(commander, C_CFGI_ALL);
	commander_sync(commander);
	for (unsigned int n = 0; n < 4; n++)
		expect_attached(commander, n, 0);
	/* One debt is paid once. */
	assert_int_equal(commander->recorder->calls, 2);
	commander_expect_idle(commander);
	commander_free(commander);
}

/* A SYNC pays it too. */
static void a_later_batch_pays_the_debt(void **unused)
{
	struct commander *commander = stand(1, false);

	(void)unused;
	fail_calls(commander, 1, FOREVER);
	push_three(commander);
	commander_sync(commander);
	fail_calls(commander, 1, 1);
	push_three(commander);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 1);
	expect_everything(commander, 0, false);
	push_three(commander);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 2);
	expect_everything(commander, 1, false);
	push_three(commander);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 3);
	assert_int_equal(commander->recorder->call[2].count, 3);
	commander_expect_idle(commander);
	commander_free(commander);
}

static void a_lost_atc_inv_is_told_at_the_sync(void **unused)
{
	struct commander *commander = stand(1, true);

	(void)unused;
	fail_calls(commander, 1, FOREVER);
	commander_push(commander, C_TLBI_ASID(1), 0);
	commander_push(commander, C_ATC_INV(SID(0)), 52);
	commander_push(commander, C_SYNC_IRQ, 0);
	commander_ring(commander);
	commander_expect_error(commander, 2, SMMU_CERROR_ATC_INV);
	assert_int_equal(commander->whole->irqs[VSMMU_IRQ_CMD_SYNC], 0);
	assert_int_equal(whole_stats(commander->whole).blocked, 4);
	assert_non_null(strstr(
		commander->whole->reports[(commander->whole->report_count - 1) % WHOLE_REPORTS]
			.text,
		"CERROR_ATC_INV_SYNC"));
	/* Acknowledged, the SYNC is tried again, and nothing is left that could be lost. */
	commander_acknowledge(commander);
	commander_expect_idle(commander);
	assert_int_equal(commander->whole->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	commander_free(commander);
}

/* It was in a batch that went before the SYNC came. */
static void a_lost_atc_inv_is_not_forgotten_until_the_sync(void **unused)
{
	const struct commander_setup setup = {.log2 = 12, .config.ats = true};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	fail_calls(commander, 1, 3);
	commander_push(commander, C_ATC_INV(SID(0)), 52);
	for (unsigned int n = 0; n < INVALIDATION_MAX + 5; n++)
		commander_push(commander, C_TLBI_ASID(n), 0);
	commander_sync(commander);
	while (commander_is_told(commander))
		vsmmu_run_commands(commander->vsmmu, 0);
	commander_expect_error(commander, INVALIDATION_MAX + 6, SMMU_CERROR_ATC_INV);
	commander_acknowledge(commander);
	commander_expect_idle(commander);
	commander_free(commander);
}

static void one_viommus_failure_is_its_own(void **unused)
{
	struct commander *commander = stand(2, true);
	struct recorder *recorder = commander->recorder;
	unsigned int bad;

	(void)unused;
	/* The ATC_INV is for the one that works. */
	fail_calls(commander, 1, 3);
	commander_push(commander, C_TLBI_ASID(1), 0);
	commander_sync(commander);
	commander_expect_idle(commander);
	assert_int_equal(recorder->calls, 4);
	bad = recorder->call[0].smmu;
	assert_int_equal(recorder->call[2].smmu, bad);
	assert_int_equal(recorder->call[3].smmu, !bad);
	assert_int_equal(whole_stats(commander->whole).blocked, 2);
	for (unsigned int n = 0; n < 4; n++) {
		if (n % 2 == bad)
			expect_blocked(commander, n, n % 2);
		else
			expect_attached(commander, n, n % 2);
	}
	commander_free(commander);
}

static void success_of_less_than_all_is_no_success(void **unused)
{
	struct commander *commander = stand(1, false);

	(void)unused;
	commander->recorder->short_success = true;
	push_three(commander);
	commander_sync(commander);
	commander_expect_idle(commander);
	assert_int_equal(commander->recorder->calls, 3);
	assert_int_equal(whole_stats(commander->whole).blocked, 4);
	commander_free(commander);
}

/* The second half of a pair may fail as well. */
static void an_erratums_second_call_may_fail(void **unused)
{
	const struct commander_setup setup = {0};
	struct recorder *recorder = recorder_new();
	struct commander *commander;

	(void)unused;
	recorder->info[0].repeat_commands = true;
	commander = commander_new(&setup, recorder);
	fail_calls(commander, 2, 1);
	push_three(commander);
	commander_sync(commander);
	commander_expect_idle(commander);
	assert_int_equal(recorder->calls, 4);
	for (unsigned int call = 1; call < 4; call++)
		expect_same_calls(commander, 0, call);
	assert_int_equal(whole_stats(commander->whole).blocked, 0);
	commander_free(commander);
}

/* Everything, for more endpoints than one array of it has room for. */
static void everything_may_take_several_calls(void **unused)
{
	const struct commander_setup setup = {.endpoints = COMMANDER_MAX, .config.ats = true};
	struct commander *commander = commander_new(&setup, NULL);
	unsigned int commands = 0;

	(void)unused;
	fail_calls(commander, 1, 2);
	push_three(commander);
	commander_sync(commander);
	commander_expect_idle(commander);
	for (unsigned int call = 2; call < commander->recorder->calls; call++)
		commands += commander->recorder->call[call].count;
	assert_int_equal(commands, 1 + 2 * COMMANDER_MAX);
	assert_int_equal(commander->recorder->refused, 0);
	/* A failure within is a failure of all. */
	fail_calls(commander, 1, 4);
	commander->recorder->fail_from = 1;
	push_three(commander);
	commander_sync(commander);
	assert_int_equal(whole_stats(commander->whole).blocked, COMMANDER_MAX);
	commander_free(commander);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S3 P9", a_batch_that_failed_is_issued_again_as_a_whole),
		UNIT_TEST("S3 P9", what_fails_twice_becomes_everything),
		UNIT_TEST("S3 P9 P10", what_fails_for_good_cuts_the_endpoints_off),
		UNIT_TEST("S3 P9", access_comes_back_only_after_everything_was_invalidated),
		UNIT_TEST("S3 P9", a_later_batch_pays_the_debt),
		UNIT_TEST("S2 S3 P10", a_lost_atc_inv_is_told_at_the_sync),
		UNIT_TEST("S2 S3", a_lost_atc_inv_is_not_forgotten_until_the_sync),
		UNIT_TEST("S3 S6", one_viommus_failure_is_its_own),
		UNIT_TEST("S3 P9", success_of_less_than_all_is_no_success),
		UNIT_TEST("S3", an_erratums_second_call_may_fail),
		UNIT_TEST("S3 P9", everything_may_take_several_calls),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
