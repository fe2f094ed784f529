/* SPDX-License-Identifier: BSD-2-Clause */
/* Invalidations go to the vIOMMUs and nesting parents that they concern, and to no others. */
#include "invalidation_calls.h"
#include "smmu/endpoint.h"

TEST(each_viommu_gets_its_own)
{
	const struct cmdq_guest_setup setup = {.endpoints = 6, .smmus = 2};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	struct host_interposer *host = guest->host;

	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	for (uint32_t n = 0; n < 6; n++)
		cmdq_guest_push(guest, C_CFGI_CD(SID(n)), 0);
	cmdq_guest_push(guest, C_TLBI_ASID(2), 0);
	cmdq_guest_sync(guest);
	assert_int_equal(host->invalidations, 2);
	for (unsigned int call = 0; call < 2; call++) {
		uint32_t smmu = host->invalidation[call].smmu;

		/* In the guest's order, but TLB invalidations come first. */
		assert_int_equal(call_count(guest, call), 5);
		expect_call(guest, call, 0, C_TLBI_ASID(1), 0);
		expect_call(guest, call, 1, C_TLBI_ASID(2), 0);
		for (uint32_t n = 0; n < 3; n++)
			expect_call(guest, call, n + 2, C_CFGI_CD(SID(2 * n + smmu)), 0);
	}
	assert_int_equal(host->invalidation[0].smmu + host->invalidation[1].smmu, 1);
	/* Only whom it concerns is called. */
	host_interposer_clear(host);
	cmdq_guest_push(guest, C_CFGI_CD(SID(3)), 0);
	cmdq_guest_sync(guest);
	assert_int_equal(host->invalidations, 1);
	assert_int_equal(host->invalidation[0].smmu, 1);
	assert_int_equal(host->refused, 0);
	cmdq_guest_free(guest);
}

/* The vIOMMU of an endpoint's vDEVICE. */
static uint32_t viommu_of(const struct cmdq_guest *guest, unsigned int n)
{
	return guest->endpoint[n]->viommu->id;
}

static uint32_t parking_of(const struct cmdq_guest *guest, unsigned int n)
{
	return guest->endpoint[n]->viommu->parent->parking_id;
}

/* They share the VMID of their nesting parent, and so one TLBI is for all of them. */
TEST(tlbis_go_once_for_each_nesting_parent)
{
	const struct cmdq_guest_setup setup = {.endpoints = 8, .config.isolate = true};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	struct host_interposer *host = guest->host;

	for (unsigned int n = 0; n < 50; n++) {
		cmdq_guest_push(guest, C_TLBI_ASID(n), 0);
		cmdq_guest_sync(guest);
	}
	assert_int_equal(host->invalidations, 50);
	for (unsigned int n = 0; n < 50; n++) {
		assert_int_equal(host->invalidation[n].viommu, parking_of(guest, 0));
		expect_call(guest, n, 0, C_TLBI_ASID(n), 0);
	}
	assert_int_equal(host->refused, 0);
	cmdq_guest_free(guest);
}

/* The first of them carries the TLBIs, which so need no call of their own. */
TEST(stream_commands_go_to_their_viommu_alone)
{
	const struct cmdq_guest_setup setup = {.endpoints = 8, .config.isolate = true};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	struct host_interposer *host = guest->host;

	for (unsigned int named = 1; named <= 8; named++) {
		unsigned int tlbis = 0, seen = 0;

		host_interposer_clear(host);
		cmdq_guest_push(guest, C_TLBI_ASID(named), 0);
		for (unsigned int n = 0; n < named; n++)
			cmdq_guest_push(guest, C_CFGI_CD(SID(n)), 0);
		cmdq_guest_sync(guest);
		assert_int_equal(host->invalidations, named);
		expect_call(guest, 0, 0, C_TLBI_ASID(named), 0);
		for (unsigned int call = 0; call < named; call++)
			for (uint32_t i = 0; i < call_count(guest, call); i++) {
				const uint64_t *command = host_interposer_command(host, call, i);
				unsigned int n = (unsigned int)((command[0] >> 32) - SID(0)) / 2;

				tlbis += command[0] == C_TLBI_ASID(named);
				if (command[0] == C_TLBI_ASID(named))
					continue;
				assert_true(n < named);
				seen |= 1u << n;
				assert_int_equal(
					host->invalidation[call].viommu, viommu_of(guest, n));
			}
		assert_int_equal(tlbis, 1);
		assert_int_equal(seen, (1u << named) - 1);
	}
	assert_int_equal(host->refused, 0);
	cmdq_guest_free(guest);
}

/* A kernel may come that gives each vIOMMU a VMID of its own. */
TEST(tlbis_go_to_each_viommu_where_it_has_a_vmid)
{
	const struct cmdq_guest_setup setup = {.endpoints = 8, .config.isolate = true};
	struct host_interposer *host = host_interposer_new(NULL, HOST_INTERPOSER_RECORD);
	struct cmdq_guest *guest;
	unsigned int seen = 0;

	host->host.vmid_per_viommu = true;
	guest = cmdq_guest_new(&setup, host);
	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	cmdq_guest_push(guest, C_CFGI_CD(SID(5)), 0);
	cmdq_guest_sync(guest);
	assert_int_equal(host->invalidations, 8);
	for (unsigned int call = 0; call < 8; call++)
		for (unsigned int n = 0; n < 8; n++) {
			if (host->invalidation[call].viommu != viommu_of(guest, n))
				continue;
			seen |= 1u << n;
			assert_int_equal(call_count(guest, call), n == 5 ? 2 : 1);
			expect_call(guest, call, 0, C_TLBI_ASID(1), 0);
			if (n == 5)
				expect_call(guest, call, 1, C_CFGI_CD(SID(5)), 0);
		}
	assert_int_equal(seen, 0xff);
	assert_int_equal(host->refused, 0);
	cmdq_guest_free(guest);
}

/* Nobody is there whose access depends on it, and who comes finds that everything has gone. */
TEST(a_parent_without_endpoints_costs_no_call)
{
	const struct cmdq_guest_setup setup = {.endpoints = 2, .smmus = 2};
	const struct vsmmu_endpoint_config again = {
		.size = sizeof(again),
		.vsid = SID(1),
		.dev_id = HOST_INTERPOSER_DEV(1, 1),
		.vfio_fd = -1,
	};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	struct host_interposer *host = guest->host;

	assert_int_equal(vsmmu_endpoint_detach(guest->endpoint[1]), 0);
	host_interposer_clear(host);
	for (unsigned int n = 0; n < 5; n++) {
		cmdq_guest_push(guest, C_TLBI_ASID(n), 0);
		cmdq_guest_sync(guest);
	}
	assert_int_equal(host->invalidations, 5);
	for (unsigned int n = 0; n < 5; n++)
		assert_int_equal(host->invalidation[n].smmu, 0);
	host_interposer_clear(host);
	assert_int_equal(vsmmu_endpoint_attach(guest->vsmmu, &again, &guest->endpoint[1]), 0);
	assert_int_equal(host->invalidations, 1);
	assert_int_equal(host->invalidation[0].smmu, 1);
	expect_call(guest, 0, 0, C_TLBI_NSNH_ALL, 0);
	cmdq_guest_free(guest);
}

TEST(isolated_endpoints_have_a_viommu_each)
{
	const struct cmdq_guest_setup setup = {.endpoints = 10, .config.isolate = true};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	cmdq_guest_push(guest, C_CFGI_ALL);
	cmdq_guest_sync(guest);
	assert_int_equal(guest->host->invalidations, 10);
	for (unsigned int call = 0; call < 10; call++)
		assert_int_equal(call_count(guest, call), 1);
	assert_int_equal(guest->host->refused, 0);
	cmdq_guest_free(guest);
}

/* ERRATA_REPEAT_TLBI_CFGI */
TEST(an_erratum_has_every_batch_sent_twice)
{
	const struct cmdq_guest_setup setup = {.endpoints = 2, .smmus = 2};
	struct host_interposer *host = host_interposer_new(NULL, HOST_INTERPOSER_RECORD);
	struct cmdq_guest *guest;

	host->info[1].repeat_commands = true;
	guest = cmdq_guest_new(&setup, host);
	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	cmdq_guest_push(guest, C_CFGI_ALL);
	cmdq_guest_sync(guest);
	assert_int_equal(host->invalidations, 3);
	for (unsigned int call = 0; call < 3; call++)
		if (host->invalidation[call].smmu == 1 && call + 1 < 3 &&
			host->invalidation[call + 1].smmu == 1)
			assert_memory_equal(host->invalidation[call].command,
				host->invalidation[call + 1].command, 32);
	assert_int_equal(host->invalidation[0].smmu + host->invalidation[1].smmu +
				 host->invalidation[2].smmu,
		2);
	assert_int_equal(host->invalidation[1].smmu, 1);
	cmdq_guest_free(guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S3 S6", each_viommu_gets_its_own),
		UNIT_TEST("S3", tlbis_go_once_for_each_nesting_parent),
		UNIT_TEST("S3", stream_commands_go_to_their_viommu_alone),
		UNIT_TEST("S3", tlbis_go_to_each_viommu_where_it_has_a_vmid),
		UNIT_TEST("S3", a_parent_without_endpoints_costs_no_call),
		UNIT_TEST("S3", isolated_endpoints_have_a_viommu_each),
		UNIT_TEST("S3", an_erratum_has_every_batch_sent_twice),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
