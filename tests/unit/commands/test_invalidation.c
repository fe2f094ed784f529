/* SPDX-License-Identifier: BSD-2-Clause */
/* What of the guest's commands reaches which host, in how many calls. */
#include "arch/command.h"
#include "arch/queue.h"
#include "lib/commander.h"
#include "lib/rng.h"
#include "smmu/endpoint.h"

#define SID(n) COMMANDER_SID(n)

static void expect_call(const struct commander *commander, unsigned int call, uint32_t n,
	uint64_t word0, uint64_t word1)
{
	const uint64_t *command = recorder_command(commander->recorder, call, n);

	assert_int_equal(command[0], word0);
	assert_int_equal(command[1], word1);
}

static uint32_t call_count(const struct commander *commander, unsigned int call)
{
	assert_true(call < commander->recorder->calls);
	return commander->recorder->call[call].count;
}

static void up_to_a_sync_it_is_one_call(void **unused)
{
	const struct commander_setup setup = {0};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	for (unsigned int n = 0; n < 63; n++)
		commander_push(commander, C_TLBI_ASID(n), 0);
	commander_ring(commander);
	commander_expect_idle(commander);
	/* Without a SYNC nothing has to happen, and nothing does. */
	assert_int_equal(commander->recorder->calls, 0);
	commander_push(commander, C_TLBI_ASID(63), 0);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 1);
	assert_int_equal(call_count(commander, 0), 64);
	for (unsigned int n = 0; n < 64; n++)
		expect_call(commander, 0, n, C_TLBI_ASID(n), 0);
	assert_int_equal(whole_stats(commander->whole).invalidations, 64);
	assert_int_equal(whole_stats(commander->whole).invalidation_calls, 1);
	commander_free(commander);
}

/* A count of 0 is EINVAL to the kernel: a SYNC alone sends nothing. */
static void a_sync_without_anything_is_no_call(void **unused)
{
	const struct commander_setup setup = {0};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	commander_sync(commander);
	commander_push(commander, C_CFGI_CD(SID(0) + 1), 0); /* nobody's */
	commander_sync(commander);
	commander_push(commander, 0x01, 0);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 0);
	commander_free(commander);
}

static void commands_for_emulated_endpoints_stay_here(void **unused)
{
	const struct commander_setup setup = {.endpoints = 3, .config.ats = true};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	for (uint32_t sid = 0; sid < 64; sid++) {
		commander_push(commander, C_CFGI_CD(sid), 1);
		commander_push(commander, C_CFGI_CD_ALL(sid), 0);
		commander_push(commander, C_ATC_INV(sid), 52);
		commander_push(commander, C_CFGI_STE(sid), 0);
		commander_ring(commander);
	}
	commander_push(commander, C_CFGI_CD(UINT32_MAX), 0);
	commander_sync(commander);
	commander_expect_idle(commander);
	assert_int_equal(commander->recorder->calls, 1);
	assert_int_equal(call_count(commander, 0), 12);
	assert_int_equal(commander->recorder->refused, 0);
	for (uint32_t n = 0; n < 3; n++) {
		expect_call(commander, 0, 4 * n, C_CFGI_CD(SID(n)), 1);
		expect_call(commander, 0, 4 * n + 1, C_CFGI_CD_ALL(SID(n)), 0);
		expect_call(commander, 0, 4 * n + 2, C_ATC_INV(SID(n)), 52);
		expect_call(commander, 0, 4 * n + 3, C_CFGI_CD_ALL(SID(n)), 0);
	}
	/* Nor after it has gone. */
	recorder_clear(commander->recorder);
	assert_int_equal(vsmmu_endpoint_detach(commander->endpoint[1]), 0);
	commander_push(commander, C_CFGI_CD(SID(1)), 0);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 0);
	commander_free(commander);
}

static void cfgi_ste_takes_the_cds_along(void **unused)
{
	const struct commander_setup setup = {.endpoints = 8};
	struct commander *commander = commander_new(&setup, NULL);
	uint64_t stes = whole_stats(commander->whole).stes;

	(void)unused;
	/* Its words are as they were: nothing is installed, and yet its CDs go. */
	commander_push(commander, C_CFGI_STE(SID(2)), 1);
	commander_sync(commander);
	assert_int_equal(whole_stats(commander->whole).stes, stes);
	assert_int_equal(call_count(commander, 0), 1);
	expect_call(commander, 0, 0, C_CFGI_CD_ALL(SID(2)), 0);
	/* A range of 8 StreamIDs: four endpoints. */
	recorder_clear(commander->recorder);
	commander_push(commander, C_CFGI_STE(SID(4) + 3) + 1, 2);
	commander_sync(commander);
	assert_int_equal(call_count(commander, 0), 4);
	for (uint32_t n = 0; n < 4; n++) {
		uint64_t sid = recorder_command(commander->recorder, 0, n)[0] >> 32;

		assert_in_range(sid, SID(4), SID(7));
	}
	recorder_clear(commander->recorder);
	commander_push(commander, C_CFGI_ALL);
	commander_sync(commander);
	assert_int_equal(call_count(commander, 0), 8);
	commander_free(commander);
}

/* The last StreamID of a range is in it, the next one is not. */
static void a_range_ends_where_it_ends(void **unused)
{
	const struct commander_setup setup = {.endpoints = 3};
	struct commander *commander = commander_new(&setup, NULL);
	const uint32_t last = SID(0) + 3, next = SID(0) + 4;

	(void)unused;
	assert_int_equal(vsmmu_endpoint_set_vsid(commander->endpoint[2], 7), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(commander->endpoint[0], last), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(commander->endpoint[1], next), 0);
	recorder_clear(commander->recorder);
	commander_push(commander, C_CFGI_RANGE(SID(0)), 1); /* of four */
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 1);
	assert_int_equal(call_count(commander, 0), 1);
	expect_call(commander, 0, 0, C_CFGI_CD_ALL(last), 0);
	commander_free(commander);
}

static void a_changed_ste_is_installed_by_cfgi(void **unused)
{
	const struct commander_setup setup = {.endpoints = 2};
	struct commander *commander = commander_new(&setup, NULL);
	struct vsmmu_endpoint *endpoint = commander->endpoint[1];
	uint64_t ste = COMMANDER_STRTAB + 64 * SID(1);

	(void)unused;
	whole_store64(commander->whole, ste, 1 | 4 << 1); /* bypass */
	assert_int_equal(endpoint->vste[0] >> 1 & 7, 5);
	commander_send(commander, C_CFGI_STE(SID(0)), 0);
	assert_int_equal(endpoint->vste[0] >> 1 & 7, 5);
	commander_send(commander, C_CFGI_STE(SID(1)), 0);
	assert_int_equal(endpoint->vste[0] >> 1 & 7, 4);
	whole_store64(commander->whole, ste, 1); /* abort */
	commander_send(commander, C_CFGI_ALL);
	assert_int_equal(endpoint->vste[0] >> 1 & 7, 0);
	commander_free(commander);
}

static void each_viommu_gets_its_own(void **unused)
{
	const struct commander_setup setup = {.endpoints = 6, .smmus = 2};
	struct commander *commander = commander_new(&setup, NULL);
	struct recorder *recorder = commander->recorder;

	(void)unused;
	commander_push(commander, C_TLBI_ASID(1), 0);
	for (uint32_t n = 0; n < 6; n++)
		commander_push(commander, C_CFGI_CD(SID(n)), 0);
	commander_push(commander, C_TLBI_ASID(2), 0);
	commander_sync(commander);
	assert_int_equal(recorder->calls, 2);
	for (unsigned int call = 0; call < 2; call++) {
		uint32_t smmu = recorder->call[call].smmu;

		/* In the guest's order. */
		assert_int_equal(call_count(commander, call), 5);
		expect_call(commander, call, 0, C_TLBI_ASID(1), 0);
		for (uint32_t n = 0; n < 3; n++)
			expect_call(commander, call, n + 1, C_CFGI_CD(SID(2 * n + smmu)), 0);
		expect_call(commander, call, 4, C_TLBI_ASID(2), 0);
	}
	assert_int_equal(recorder->call[0].smmu + recorder->call[1].smmu, 1);
	/* Only whom it concerns is called. */
	recorder_clear(recorder);
	commander_push(commander, C_CFGI_CD(SID(3)), 0);
	commander_sync(commander);
	assert_int_equal(recorder->calls, 1);
	assert_int_equal(recorder->call[0].smmu, 1);
	assert_int_equal(recorder->refused, 0);
	commander_free(commander);
}

static void isolated_endpoints_have_a_viommu_each(void **unused)
{
	const struct commander_setup setup = {.endpoints = 10, .config.isolate = true};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	commander_push(commander, C_CFGI_ALL);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 10);
	for (unsigned int call = 0; call < 10; call++)
		assert_int_equal(call_count(commander, call), 1);
	recorder_clear(commander->recorder);
	commander_push(commander, C_TLBI_NSNH_ALL, 0);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 10);
	assert_int_equal(commander->recorder->refused, 0);
	commander_free(commander);
}

/* More than a batch holds: sent before the SYNC, and nothing is forgotten. */
static void a_full_batch_is_sent_at_once(void **unused)
{
	const struct commander_setup setup = {.log2 = 12};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	for (unsigned int n = 0; n < 2 * INVALIDATION_MAX + 10; n++)
		commander_push(commander, C_TLBI_ASID(n), 0);
	commander_sync(commander);
	while (commander_is_told(commander))
		vsmmu_run_commands(commander->vsmmu, 0);
	commander_expect_idle(commander);
	assert_int_equal(commander->recorder->calls, 3);
	assert_int_equal(call_count(commander, 2), 10);
	for (unsigned int n = 0; n < 2 * INVALIDATION_MAX + 10; n++)
		expect_call(
			commander, n / INVALIDATION_MAX, n % INVALIDATION_MAX, C_TLBI_ASID(n), 0);
	commander_free(commander);
}

static void a_cfgi_all_can_fill_a_batch(void **unused)
{
	const struct commander_setup setup = {.endpoints = COMMANDER_MAX};
	struct commander *commander = commander_new(&setup, NULL);
	uint64_t seen = 0;

	(void)unused;
	for (unsigned int n = 0; n < INVALIDATION_MAX - 10; n++) {
		commander_push(commander, C_TLBI_ASID(n), 0);
		commander_ring(commander);
	}
	commander_push(commander, C_CFGI_ALL);
	commander_ring(commander);
	assert_int_equal(commander->recorder->calls, 1);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 2);
	assert_int_equal(call_count(commander, 0), INVALIDATION_MAX);
	assert_int_equal(call_count(commander, 1), COMMANDER_MAX - 10);
	for (unsigned int n = 0; n < COMMANDER_MAX; n++) {
		const uint64_t *command =
			n < 10 ? recorder_command(commander->recorder, 0, INVALIDATION_MAX - 10 + n)
			       : recorder_command(commander->recorder, 1, n - 10);

		seen |= UINT64_C(1) << ((command[0] >> 32) - SID(0)) / 2;
	}
	assert_true(seen == UINT64_MAX);
	commander_free(commander);
}

/* ERRATA_REPEAT_TLBI_CFGI */
static void an_erratum_has_every_batch_sent_twice(void **unused)
{
	const struct commander_setup setup = {.endpoints = 2, .smmus = 2};
	struct recorder *recorder = recorder_new();
	struct commander *commander;

	(void)unused;
	recorder->info[1].repeat_commands = true;
	commander = commander_new(&setup, recorder);
	commander_push(commander, C_TLBI_ASID(1), 0);
	commander_push(commander, C_CFGI_ALL);
	commander_sync(commander);
	assert_int_equal(recorder->calls, 3);
	for (unsigned int call = 0; call < 3; call++)
		if (recorder->call[call].smmu == 1 && call + 1 < 3 &&
			recorder->call[call + 1].smmu == 1)
			assert_memory_equal(
				recorder->call[call].command, recorder->call[call + 1].command, 32);
	assert_int_equal(
		recorder->call[0].smmu + recorder->call[1].smmu + recorder->call[2].smmu, 2);
	assert_int_equal(recorder->call[1].smmu, 1);
	commander_free(commander);
}

/* Reserved bits, ranges, ASIDs: whatever the guest puts there, the kernel takes it. */
static void reserved_bits_do_not_reach_the_kernel(void **unused)
{
	const struct commander_setup setup = {.endpoints = 1};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	commander_push(commander, C_TLBI_NSNH_ALL | UINT64_C(0xffffffffffffff00), ~UINT64_C(0));
	commander_push(commander, 0x10 | UINT64_C(0xffffffffffffff00), ~UINT64_C(0));
	commander_push(commander, 0x11 | UINT64_C(0xffffffffffffff00), ~UINT64_C(0));
	commander_push(commander, 0x12 | UINT64_C(0xffffffffffffff00), ~UINT64_C(0));
	commander_push(commander, 0x13 | UINT64_C(0xffffffffffffff00), ~UINT64_C(0));
	commander_push(commander, C_CFGI_CD(SID(0)) | 0xfffff800, ~UINT64_C(0));
	commander_push(commander, C_CFGI_CD_ALL(SID(0)) | 0xfffff800, ~UINT64_C(0));
	commander_sync(commander);
	commander_expect_idle(commander);
	assert_int_equal(commander->recorder->refused, 0);
	assert_int_equal(call_count(commander, 0), 7);
	expect_call(commander, 0, 0, C_TLBI_NSNH_ALL, 0);
	expect_call(commander, 0, 1, 0x10, 0);
	expect_call(commander, 0, 2, C_TLBI_ASID(0xffff), 0);
	expect_call(commander, 0, 6, C_CFGI_CD_ALL(SID(0)), 0);
	commander_free(commander);
}

/* While SMMUEN = 0 an ATC_INV is ignored (4.5.1), all else is not. */
static void atc_inv_is_ignored_while_translation_is_off(void **unused)
{
	const struct commander_setup setup = {.disabled = true, .config.ats = true};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	commander_push(commander, C_ATC_INV(SID(0)), 52);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 0);
	commander_push(commander, C_ATC_INV(SID(0)), 52);
	commander_push(commander, C_TLBI_NSNH_ALL, 0);
	commander_push(commander, C_CFGI_CD(SID(0)), 0);
	commander_sync(commander);
	assert_int_equal(call_count(commander, 0), 2);
	/* Nor is there anything to do for an endpoint whose STE has ATS off. */
	whole_write(commander->whole, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_CMDQEN);
	commander_push(commander, C_ATC_INV(SID(0)), 52);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 2);
	expect_call(commander, 1, 0, C_ATC_INV(SID(0)), 52);
	whole_store64(commander->whole, COMMANDER_STRTAB + 64 * SID(0) + 8, 0);
	commander_push(commander, C_CFGI_STE(SID(0)), 0);
	commander_push(commander, C_ATC_INV(SID(0)), 52);
	commander_sync(commander);
	assert_int_equal(commander->recorder->calls, 3);
	assert_int_equal(call_count(commander, 2), 1);
	commander_free(commander);
}

/* Linux sends the same command for each page of a table: neighbours that are equal are one. */
static void repeated_commands_are_sent_once(void **unused)
{
	const struct commander_setup setup = {0};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	for (unsigned int n = 0; n < 20; n++)
		commander_push(commander, C_CFGI_CD_ALL(SID(0)), 0);
	commander_push(commander, C_TLBI_ASID(1), 0);
	commander_push(commander, C_CFGI_CD_ALL(SID(0)), 0);
	commander_sync(commander);
	assert_int_equal(call_count(commander, 0), 3);
	commander_free(commander);
}

static void a_reset_forgets_the_batch(void **unused)
{
	const struct commander_setup setup = {0};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	commander_send(commander, C_TLBI_ASID(1), 0);
	assert_int_equal(vsmmu_reset(commander->vsmmu), 0);
	assert_int_equal(commander->vsmmu->invalidation.count, 0);
	assert_int_equal(commander->recorder->calls, 0);
	commander_free(commander);
}

/* Any bytes at all: the kernel refuses nothing, and what is legal is consumed. */
static void random_commands(void **unused)
{
	const uint8_t opcodes[] = {
		0x03, 0x04, 0x05, 0x06, 0x10, 0x11, 0x12, 0x13, 0x30, 0x40, 0x46};
	struct rng rng = {.state = 0x5eed};

	(void)unused;
	for (unsigned int round = 0; round < 12; round++) {
		const struct commander_setup setup = {
			.endpoints = 4,
			.smmus = 1 + round % 3,
			.config = {.ats = round & 1,
				.ssid_bits = round & 2 ? 20 : 0,
				.msi = round & 4,
				.no_ril = round & 8,
				.isolate = round == 5},
		};
		struct commander *commander = commander_new(&setup, NULL);
		uint64_t legal = 0;

		for (unsigned int n = 0; n < 3000; n++) {
			uint32_t index = queue_index(commander->prod, commander->log2);
			uint64_t word0 = rng_next(&rng), word1 = rng_next(&rng);
			struct command_scope scope;
			uint32_t active;

			if (rng_below(&rng, 8))
				word0 = (word0 & ~UINT64_C(0x4ff)) |
					opcodes[rng_below(&rng, sizeof(opcodes))];
			if (rng_below(&rng, 2))
				word0 = (word0 & UINT32_MAX) | (SID(0) + rng_below(&rng, 8)) << 32;
			commander_send(commander, word0, word1);
			active = whole_read(commander->whole, SMMU_GERROR) ^
				 whole_read(commander->whole, SMMU_GERRORN);
			/* An MSI may have gone nowhere. */
			if (active == SMMU_GERROR_MSI_CMDQ_ABT)
				commander_acknowledge(commander);
			if (!(active & SMMU_GERROR_CMDQ_ERR)) {
				commander_expect_idle(commander);
				legal++;
				continue;
			}
			assert_int_equal(arch_command_classify((const uint64_t[]){word0, word1},
						 &commander->vsmmu->features, &scope),
				COMMAND_ILLEGAL);
			commander_expect_error(commander, index, SMMU_CERROR_ILL);
			commander_put(commander, index, C_SYNC_SEV, 0);
			commander_acknowledge(commander);
			commander_expect_idle(commander);
		}
		assert_true(legal > 1000);
		assert_true(commander->recorder->calls > 10);
		assert_int_equal(commander->recorder->refused, 0);
		assert_int_equal(whole_stats(commander->whole).invalidation_failures, 0);
		commander_free(commander);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S3", up_to_a_sync_it_is_one_call),
		UNIT_TEST("S3", a_sync_without_anything_is_no_call),
		UNIT_TEST("S3", commands_for_emulated_endpoints_stay_here),
		UNIT_TEST("S3 P14", cfgi_ste_takes_the_cds_along),
		UNIT_TEST("S3 P14", a_range_ends_where_it_ends),
		UNIT_TEST("S3 P14", a_changed_ste_is_installed_by_cfgi),
		UNIT_TEST("S3 S6", each_viommu_gets_its_own),
		UNIT_TEST("S3", isolated_endpoints_have_a_viommu_each),
		UNIT_TEST("S3", a_full_batch_is_sent_at_once),
		UNIT_TEST("S3 P14", a_cfgi_all_can_fill_a_batch),
		UNIT_TEST("S3", an_erratum_has_every_batch_sent_twice),
		UNIT_TEST("S3 P15", reserved_bits_do_not_reach_the_kernel),
		UNIT_TEST("S3", atc_inv_is_ignored_while_translation_is_off),
		UNIT_TEST("S3", repeated_commands_are_sent_once),
		UNIT_TEST("S3", a_reset_forgets_the_batch),
		UNIT_TEST("S2 S3 P9 P15", random_commands),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
