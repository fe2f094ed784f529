/* SPDX-License-Identifier: BSD-2-Clause */
/* What of the guest's commands reaches which host, in how many calls. */
#include "arch/command.h"
#include "arch/queue.h"
#include "invalidation_calls.h"
#include "lib/rng.h"
#include "smmu/endpoint.h"
#include "smmu/vsmmu.h"

TEST(up_to_a_sync_it_is_one_call)
{
	const struct cmdq_guest_setup setup = {0};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	for (unsigned int n = 0; n < 63; n++)
		cmdq_guest_push(guest, C_TLBI_ASID(n), 0);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);
	/* Without a SYNC nothing has to happen, and nothing does. */
	assert_int_equal(guest->host->invalidations, 0);
	cmdq_guest_push(guest, C_TLBI_ASID(63), 0);
	cmdq_guest_sync(guest);
	assert_int_equal(guest->host->invalidations, 1);
	assert_int_equal(call_count(guest, 0), 64);
	for (unsigned int n = 0; n < 64; n++)
		expect_call(guest, 0, n, C_TLBI_ASID(n), 0);
	assert_int_equal(test_vmm_stats(guest->vmm).invalidations, 64);
	assert_int_equal(test_vmm_stats(guest->vmm).invalidation_calls, 1);
	cmdq_guest_free(guest);
}

/* A count of 0 is EINVAL to the kernel: a SYNC alone sends nothing. */
TEST(a_sync_without_anything_is_no_call)
{
	const struct cmdq_guest_setup setup = {0};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	cmdq_guest_sync(guest);
	cmdq_guest_push(guest, C_CFGI_CD(SID(0) + 1), 0); /* nobody's */
	cmdq_guest_sync(guest);
	cmdq_guest_push(guest, 0x01, 0);
	cmdq_guest_sync(guest);
	assert_int_equal(guest->host->invalidations, 0);
	cmdq_guest_free(guest);
}

TEST(commands_for_emulated_endpoints_stay_here)
{
	const struct cmdq_guest_setup setup = {.endpoints = 3, .config.ats = true};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	for (uint32_t sid = 0; sid < 64; sid++) {
		cmdq_guest_push(guest, C_CFGI_CD(sid), 1);
		cmdq_guest_push(guest, C_CFGI_CD_ALL(sid), 0);
		cmdq_guest_push(guest, C_ATC_INV(sid), 52);
		cmdq_guest_push(guest, C_CFGI_STE(sid), 0);
		cmdq_guest_ring(guest);
	}
	cmdq_guest_push(guest, C_CFGI_CD(UINT32_MAX), 0);
	cmdq_guest_sync(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->host->invalidations, 1);
	assert_int_equal(call_count(guest, 0), 12);
	assert_int_equal(guest->host->refused, 0);
	for (uint32_t n = 0; n < 3; n++) {
		expect_call(guest, 0, 4 * n, C_CFGI_CD(SID(n)), 1);
		expect_call(guest, 0, 4 * n + 1, C_CFGI_CD_ALL(SID(n)), 0);
		expect_call(guest, 0, 4 * n + 2, C_ATC_INV(SID(n)), 52);
		expect_call(guest, 0, 4 * n + 3, C_CFGI_CD_ALL(SID(n)), 0);
	}
	/* Nor after it has gone. */
	host_interposer_clear(guest->host);
	assert_int_equal(vsmmu_endpoint_detach(guest->endpoint[1]), 0);
	cmdq_guest_push(guest, C_CFGI_CD(SID(1)), 0);
	cmdq_guest_sync(guest);
	assert_int_equal(guest->host->invalidations, 0);
	cmdq_guest_free(guest);
}

TEST(cfgi_ste_takes_the_cds_along)
{
	const struct cmdq_guest_setup setup = {.endpoints = 8};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	uint64_t stes = test_vmm_stats(guest->vmm).stes;

	/* Its words are as they were: nothing is installed, and yet its CDs go. */
	cmdq_guest_push(guest, C_CFGI_STE(SID(2)), 1);
	cmdq_guest_sync(guest);
	assert_int_equal(test_vmm_stats(guest->vmm).stes, stes);
	assert_int_equal(call_count(guest, 0), 1);
	expect_call(guest, 0, 0, C_CFGI_CD_ALL(SID(2)), 0);
	/* A range of 8 StreamIDs: four endpoints. */
	host_interposer_clear(guest->host);
	cmdq_guest_push(guest, C_CFGI_STE(SID(4) + 3) + 1, 2);
	cmdq_guest_sync(guest);
	assert_int_equal(call_count(guest, 0), 4);
	for (uint32_t n = 0; n < 4; n++) {
		uint64_t sid = host_interposer_command(guest->host, 0, n)[0] >> 32;

		assert_in_range(sid, SID(4), SID(7));
	}
	host_interposer_clear(guest->host);
	cmdq_guest_push(guest, C_CFGI_ALL);
	cmdq_guest_sync(guest);
	assert_int_equal(call_count(guest, 0), 8);
	cmdq_guest_free(guest);
}

/* The last StreamID of a range is in it, the next one is not. */
TEST(a_range_ends_where_it_ends)
{
	const struct cmdq_guest_setup setup = {.endpoints = 3};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	const uint32_t last = SID(0) + 3, next = SID(0) + 4;

	assert_int_equal(vsmmu_endpoint_set_vsid(guest->endpoint[2], 7), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(guest->endpoint[0], last), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(guest->endpoint[1], next), 0);
	host_interposer_clear(guest->host);
	cmdq_guest_push(guest, C_CFGI_RANGE(SID(0)), 1); /* of four */
	cmdq_guest_sync(guest);
	assert_int_equal(guest->host->invalidations, 1);
	assert_int_equal(call_count(guest, 0), 1);
	expect_call(guest, 0, 0, C_CFGI_CD_ALL(last), 0);
	cmdq_guest_free(guest);
}

TEST(a_changed_ste_is_installed_by_cfgi)
{
	const struct cmdq_guest_setup setup = {.endpoints = 2};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	struct vsmmu_endpoint *endpoint = guest->endpoint[1];
	uint64_t ste = CMDQ_GUEST_STRTAB + 64 * SID(1);

	test_vmm_store64(guest->vmm, ste, 1 | 4 << 1); /* bypass */
	assert_int_equal(endpoint->vste[0] >> 1 & 7, 5);
	cmdq_guest_send(guest, C_CFGI_STE(SID(0)), 0);
	assert_int_equal(endpoint->vste[0] >> 1 & 7, 5);
	cmdq_guest_send(guest, C_CFGI_STE(SID(1)), 0);
	assert_int_equal(endpoint->vste[0] >> 1 & 7, 4);
	test_vmm_store64(guest->vmm, ste, 1); /* abort */
	cmdq_guest_send(guest, C_CFGI_ALL);
	assert_int_equal(endpoint->vste[0] >> 1 & 7, 0);
	cmdq_guest_free(guest);
}

/* The kernel's own CFGI_STE, when it attaches, is for the CDs too. */
TEST(an_ste_that_was_just_attached_needs_no_more)
{
	const struct cmdq_guest_setup setup = {.endpoints = 3};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	test_vmm_store64(guest->vmm, CMDQ_GUEST_STRTAB + 64 * SID(1), 1);
	cmdq_guest_push(guest, C_CFGI_ALL);
	cmdq_guest_sync(guest);
	vsmmu_run_commands(guest->vsmmu, 0);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->host->invalidations, 1);
	assert_int_equal(call_count(guest, 0), 2);
	for (uint32_t n = 0; n < 2; n++)
		assert_true(host_interposer_command(guest->host, 0, n)[0] != C_CFGI_CD_ALL(SID(1)));
	cmdq_guest_free(guest);
}

/* More than a batch holds: sent before the SYNC, and nothing is forgotten. */
TEST(a_full_batch_is_sent_at_once)
{
	const struct cmdq_guest_setup setup = {.log2 = 12};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	for (unsigned int n = 0; n < 2 * INVALIDATION_MAX + 10; n++)
		cmdq_guest_push(guest, C_TLBI_ASID(n), 0);
	cmdq_guest_sync(guest);
	while (cmdq_guest_is_signalled(guest))
		vsmmu_run_commands(guest->vsmmu, 0);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->host->invalidations, 3);
	assert_int_equal(call_count(guest, 2), 10);
	for (unsigned int n = 0; n < 2 * INVALIDATION_MAX + 10; n++)
		expect_call(guest, n / INVALIDATION_MAX, n % INVALIDATION_MAX, C_TLBI_ASID(n), 0);
	cmdq_guest_free(guest);
}

TEST(a_cfgi_all_can_fill_a_batch)
{
	const struct cmdq_guest_setup setup = {.endpoints = CMDQ_GUEST_MAX};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	uint64_t seen = 0;

	for (unsigned int n = 0; n < INVALIDATION_MAX - 10; n++) {
		cmdq_guest_push(guest, C_TLBI_ASID(n), 0);
		cmdq_guest_ring(guest);
	}
	cmdq_guest_push(guest, C_CFGI_ALL);
	cmdq_guest_ring(guest);
	assert_int_equal(guest->host->invalidations, 1);
	cmdq_guest_sync(guest);
	assert_int_equal(guest->host->invalidations, 2);
	assert_int_equal(call_count(guest, 0), INVALIDATION_MAX);
	assert_int_equal(call_count(guest, 1), CMDQ_GUEST_MAX - 10);
	for (unsigned int n = 0; n < CMDQ_GUEST_MAX; n++) {
		const uint64_t *command =
			n < 10 ? host_interposer_command(guest->host, 0, INVALIDATION_MAX - 10 + n)
			       : host_interposer_command(guest->host, 1, n - 10);

		seen |= UINT64_C(1) << ((command[0] >> 32) - SID(0)) / 2;
	}
	assert_true(seen == UINT64_MAX);
	cmdq_guest_free(guest);
}

/* Reserved bits, ranges, ASIDs: whatever the guest puts there, the kernel takes it. */
TEST(reserved_bits_do_not_reach_the_kernel)
{
	const struct cmdq_guest_setup setup = {.endpoints = 1};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	cmdq_guest_push(guest, C_TLBI_NSNH_ALL | UINT64_C(0xffffffffffffff00), ~UINT64_C(0));
	cmdq_guest_push(guest, 0x10 | UINT64_C(0xffffffffffffff00), ~UINT64_C(0));
	cmdq_guest_push(guest, 0x11 | UINT64_C(0xffffffffffffff00), ~UINT64_C(0));
	cmdq_guest_push(guest, 0x12 | UINT64_C(0xffffffffffffff00), ~UINT64_C(0));
	cmdq_guest_push(guest, 0x13 | UINT64_C(0xffffffffffffff00), ~UINT64_C(0));
	cmdq_guest_push(guest, C_CFGI_CD(SID(0)) | 0xfffff800, ~UINT64_C(0));
	cmdq_guest_push(guest, C_CFGI_CD_ALL(SID(0)) | 0xfffff800, ~UINT64_C(0));
	cmdq_guest_sync(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->host->refused, 0);
	assert_int_equal(call_count(guest, 0), 7);
	expect_call(guest, 0, 0, C_TLBI_NSNH_ALL, 0);
	expect_call(guest, 0, 1, 0x10, 0);
	expect_call(guest, 0, 2, C_TLBI_ASID(0xffff), 0);
	expect_call(guest, 0, 6, C_CFGI_CD_ALL(SID(0)), 0);
	cmdq_guest_free(guest);
}

/* While SMMUEN = 0 an ATC_INV is ignored (4.5.1), all else is not. */
TEST(atc_inv_is_ignored_while_translation_is_off)
{
	const struct cmdq_guest_setup setup = {.disabled = true, .config.ats = true};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
	cmdq_guest_sync(guest);
	assert_int_equal(guest->host->invalidations, 0);
	cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
	cmdq_guest_push(guest, C_TLBI_NSNH_ALL, 0);
	cmdq_guest_push(guest, C_CFGI_CD(SID(0)), 0);
	cmdq_guest_sync(guest);
	assert_int_equal(call_count(guest, 0), 2);
	/* Nor is there anything to do for an endpoint whose STE has ATS off. */
	test_vmm_write(guest->vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_CMDQEN);
	cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
	cmdq_guest_sync(guest);
	assert_int_equal(guest->host->invalidations, 2);
	expect_call(guest, 1, 0, C_ATC_INV(SID(0)), 52);
	test_vmm_store64(guest->vmm, CMDQ_GUEST_STRTAB + 64 * SID(0) + 8, 0);
	cmdq_guest_push(guest, C_CFGI_STE(SID(0)), 0);
	cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
	cmdq_guest_sync(guest);
	vsmmu_run_commands(guest->vsmmu, 0);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->host->invalidations, 2);
	cmdq_guest_free(guest);
}

/* Linux sends the same command for each page of a table: neighbours that are equal are one. */
TEST(repeated_commands_are_sent_once)
{
	const struct cmdq_guest_setup setup = {0};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	for (unsigned int n = 0; n < 20; n++)
		cmdq_guest_push(guest, C_CFGI_CD_ALL(SID(0)), 0);
	cmdq_guest_push(guest, C_CFGI_CD(SID(0)), 1);
	cmdq_guest_push(guest, C_CFGI_CD_ALL(SID(0)), 0);
	cmdq_guest_sync(guest);
	assert_int_equal(call_count(guest, 0), 3);
	cmdq_guest_free(guest);
}

TEST(a_reset_forgets_the_batch)
{
	const struct cmdq_guest_setup setup = {0};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	cmdq_guest_send(guest, C_TLBI_ASID(1), 0);
	assert_int_equal(vsmmu_reset(guest->vsmmu), 0);
	assert_int_equal(guest->vsmmu->invalidation.count, 0);
	assert_int_equal(guest->host->invalidations, 0);
	cmdq_guest_free(guest);
}

/* Any bytes at all: the kernel refuses nothing, and what is legal is consumed. */
TEST(random_commands)
{
	const uint8_t opcodes[] = {
		0x03, 0x04, 0x05, 0x06, 0x10, 0x11, 0x12, 0x13, 0x30, 0x40, 0x46};
	struct rng rng = {.state = 0x5eed};

	for (unsigned int round = 0; round < 12; round++) {
		const struct cmdq_guest_setup setup = {
			.endpoints = 4,
			.smmus = 1 + round % 3,
			.config = {.ats = round & 1,
				.ssid_bits = round & 2 ? 20 : 0,
				.no_msi = round & 4,
				.no_ril = round & 8,
				.isolate = round == 5},
		};
		struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
		uint64_t legal = 0;

		for (unsigned int n = 0; n < 3000; n++) {
			uint32_t index = queue_index(guest->prod, guest->log2);
			uint64_t word0 = rng_next(&rng), word1 = rng_next(&rng);
			struct command_scope scope;
			uint32_t active;

			if (rng_below(&rng, 8))
				word0 = (word0 & ~UINT64_C(0x4ff)) |
					opcodes[rng_below(&rng, sizeof(opcodes))];
			if (rng_below(&rng, 2))
				word0 = (word0 & UINT32_MAX) | (SID(0) + rng_below(&rng, 8)) << 32;
			cmdq_guest_send(guest, word0, word1);
			active = test_vmm_read(guest->vmm, SMMU_GERROR) ^
				 test_vmm_read(guest->vmm, SMMU_GERRORN);
			/* An MSI may have gone nowhere. */
			if (active == SMMU_GERROR_MSI_CMDQ_ABT)
				cmdq_guest_acknowledge(guest);
			if (!(active & SMMU_GERROR_CMDQ_ERR)) {
				cmdq_guest_expect_idle(guest);
				legal++;
				continue;
			}
			assert_int_equal(arch_command_classify((const uint64_t[]){word0, word1},
						 &guest->vsmmu->features, &scope),
				COMMAND_ILLEGAL);
			cmdq_guest_expect_error(guest, index, SMMU_CERROR_ILL);
			cmdq_guest_put(guest, index, C_SYNC_SEV, 0);
			cmdq_guest_acknowledge(guest);
			cmdq_guest_expect_idle(guest);
		}
		assert_true(legal > 1000);
		assert_true(guest->host->invalidations > 10);
		assert_int_equal(guest->host->refused, 0);
		assert_int_equal(test_vmm_stats(guest->vmm).invalidation_failures, 0);
		cmdq_guest_free(guest);
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
		UNIT_TEST("S3", an_ste_that_was_just_attached_needs_no_more),
		UNIT_TEST("S3", a_full_batch_is_sent_at_once),
		UNIT_TEST("S3 P14", a_cfgi_all_can_fill_a_batch),
		UNIT_TEST("S3 P15", reserved_bits_do_not_reach_the_kernel),
		UNIT_TEST("S3", atc_inv_is_ignored_while_translation_is_off),
		UNIT_TEST("S3", repeated_commands_are_sent_once),
		UNIT_TEST("S3", a_reset_forgets_the_batch),
		UNIT_TEST("S2 S3 P9 P15", random_commands),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
