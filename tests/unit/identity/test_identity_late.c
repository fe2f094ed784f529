/* SPDX-License-Identifier: BSD-2-Clause */
/* An identity that follows the endpoints until the guest looks, and the host that comes late. */
#include "identity_fixture.h"

#include <pthread.h>

#include <vsmmu/snapshot.h>

#include "arch/features.h"

static const struct vsmmu_config automatic = {
	.ats = VSMMU_AUTO, .ssid_bits = VSMMU_AUTO, .oas_bits = VSMMU_AUTO};

/* 4 and 64 KiB, 44 bits; SubstreamIDs of 8 bits, no RIL. */
static const struct host_hw_info modest = {
	.idr = {0x0d48100c, 8 << 6, 0, 0, 0, 0x54}, .ats = false};
/* 4 and 16 KiB, 42 bits; SubstreamIDs of 12 bits, RIL, ASIDs of 8 bits. */
static const struct host_hw_info other = {
	.idr = {0x0d48000c, 12 << 6, 0, 0x400, 0, 0x33}, .ats = true};

static void expect_idr(struct identity_fixture *fixture, uint32_t idr0, uint32_t idr1,
	uint32_t idr3, uint32_t idr5)
{
	const struct vsmmu_identity identity = fixture_identity(fixture);
	const uint32_t idr[6] = {idr0, idr1, 0, idr3, 0, idr5};

	assert_memory_equal(identity.idr, idr, sizeof(idr));
	assert_int_equal(identity.sid_bits, idr1 & 0x3f);
	assert_int_equal(identity.ssid_bits, idr1 >> 6 & 0x1f);
	assert_int_equal(identity.eventq_log2_max, idr1 >> 16 & 0x1f);
	assert_int_equal(identity.cmdq_log2_max, idr1 >> 21 & 0x1f);
	assert_int_equal(identity.oas_bits, arch_address_bits(idr5 & 7));
	assert_int_equal(identity.asid_bits, idr0 >> 12 & 1 ? 16 : 8);
	assert_int_equal(identity.granules, idr5 >> 4 & 7);
	assert_int_equal(identity.ats, idr0 >> 10 & 1);
	assert_int_equal(identity.msi, idr0 >> 13 & 1);
	assert_int_equal(identity.ril, idr3 >> 10 & 1);
}

static void expect_none(struct identity_fixture *fixture)
{
	expect_idr(fixture, 0x0d40301a, 0x02730010, 0x404, 0x74);
}

TEST(it_follows_the_endpoints_as_they_come_and_go)
{
	struct identity_fixture fixture;

	fixture_new(&fixture, &automatic);
	fixture.host->info[1] = modest;
	fixture.host->info[2] = other;
	expect_none(&fixture);
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	expect_idr(&fixture, 0x0d48341a, 0x02730510, 0x1404, 0x4f6);
	assert_int_equal(fixture_attach(&fixture, 1), 0);
	expect_idr(&fixture, 0x0d48301a, 0x02730210, 0x4, 0x54);
	assert_int_equal(fixture_attach(&fixture, 2), 0);
	expect_idr(&fixture, 0x0d48201a, 0x02730210, 0x4, 0x13);
	fixture_detach(&fixture, 1);
	expect_idr(&fixture, 0x0d48241a, 0x02730310, 0x404, 0x33);
	fixture_detach(&fixture, 0);
	expect_idr(&fixture, 0x0d48241a, 0x02730310, 0x404, 0x33);
	fixture_detach(&fixture, 2);
	expect_none(&fixture);
	assert_int_equal(fixture_attach(&fixture, 1), 0);
	expect_idr(&fixture, 0x0d48301a, 0x02730210, 0x4, 0x54);
	assert_int_equal(fixture.vmm->report_count, 0);
	/* The guest reads just that. */
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_IDR0), 0x0d48301a);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_IDR5), 0x54);
	fixture_free(&fixture);
}

/* An endpoint that the guest has given no StreamID yet counts as any other. */
TEST(it_needs_no_streamid)
{
	struct identity_fixture fixture;

	fixture_new(&fixture, &automatic);
	fixture.host->info[1] = modest;
	fixture.host->info[2] = other;
	assert_int_equal(fixture_attach_as(&fixture, 1, VSMMU_NO_VSID), 0);
	expect_idr(&fixture, 0x0d48301a, 0x02730210, 0x4, 0x54);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture.endpoint[1], 7), 0);
	expect_idr(&fixture, 0x0d48301a, 0x02730210, 0x4, 0x54);
	fixture_detach(&fixture, 1);
	expect_none(&fixture);
	assert_int_equal(fixture_attach_as(&fixture, 1, VSMMU_NO_VSID), 0);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_IDR5), 0x54);
	assert_int_equal(fixture_attach_as(&fixture, 2, VSMMU_NO_VSID), -ENODEV);
	assert_true(fixture.vmm->reports[0].vsid == VSMMU_NO_VSID);
	fixture_expect_report(&fixture, "endpoint 3000", "promised ASID16 1");
	fixture_free(&fixture);
}

TEST(once_frozen_it_stays)
{
	struct identity_fixture fixture;

	fixture_new(&fixture, &automatic);
	fixture.host->info[1] = modest;
	fixture.host->info[2] = other;
	assert_int_equal(fixture_attach(&fixture, 1), 0);
	assert_int_equal(vsmmu_freeze_identity(fixture.vmm->vsmmu), 0);
	assert_int_equal(vsmmu_freeze_identity(fixture.vmm->vsmmu), 0);
	fixture_expect_refused(&fixture, 2, "promised ASID16 1", "has 0");
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	expect_idr(&fixture, 0x0d48301a, 0x02730210, 0x4, 0x54);
	fixture_detach(&fixture, 1);
	assert_int_equal(vsmmu_reset(fixture.vmm->vsmmu), 0);
	assert_true(fixture_identity(&fixture).frozen);
	expect_idr(&fixture, 0x0d48301a, 0x02730210, 0x4, 0x54);
	fixture_expect_refused(&fixture, 2, "promised ASID16 1", "has 0");
	/* OAS as the SMMUs have it is a promise, too. */
	fixture.host->info[2] = modest;
	fixture.host->info[2].idr[5] = 0x53;
	fixture_expect_refused(&fixture, 2, "promised OAS of 44 bits", "has 42");
	fixture_free(&fixture);
	fixture_new(&fixture, &(struct vsmmu_config){.oas_bits = 44});
	fixture.host->info[2].idr[5] = 0x73;
	assert_int_equal(vsmmu_freeze_identity(fixture.vmm->vsmmu), 0);
	assert_int_equal(fixture_attach(&fixture, 2), 0);
	fixture_free(&fixture);
}

TEST(endpoints_that_share_no_granule_do_not_meet)
{
	struct identity_fixture fixture;

	fixture_new(&fixture, NULL);
	fixture.host->info[0].idr[5] = 0x16;
	fixture.host->info[1].idr[5] = 0x26;
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	fixture_expect_refused(&fixture, 1, "endpoint 2000 and those that are attached", "granule");
	assert_int_equal(fixture_identity(&fixture).granules, VSMMU_GRANULE_4K);
	fixture_detach(&fixture, 0);
	assert_int_equal(fixture_attach(&fixture, 1), 0);
	assert_int_equal(fixture_identity(&fixture).granules, VSMMU_GRANULE_16K);
	fixture_free(&fixture);
	/* Nor do those that have 52 bits in ways of their own. */
	fixture_new(&fixture, &(struct vsmmu_config){.oas_bits = 52});
	fixture.host->info[0].idr[5] = 0x4b6;
	fixture.host->info[1].idr[5] = 0x56;
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	fixture_expect_refused(
		&fixture, 1, "and those that are attached: oas_bits 52", "GRAN64K 0");
	fixture_free(&fixture);
}

static bool freezes(bool write, uint64_t offset, uint32_t size, int expected)
{
	struct identity_fixture fixture;
	uint64_t value;
	bool frozen;
	int ret;

	fixture_new(&fixture, NULL);
	assert_false(fixture_identity(&fixture).frozen);
	ret = write ? vsmmu_mmio_write(fixture.vmm->vsmmu, offset, size, 0)
		    : vsmmu_mmio_read(fixture.vmm->vsmmu, offset, size, &value);
	assert_int_equal(ret, expected);
	frozen = fixture_identity(&fixture).frozen;
	fixture_free(&fixture);
	return frozen;
}

TEST(a_guest_that_looks_or_writes_freezes_it)
{
	static const uint64_t written[] = {SMMU_IDR0, SMMU_CR0, SMMU_GBPA, SMMU_GERRORN,
		SMMU_CMDQ_PROD, SMMU_EVENTQ_CONS, 0x8000, SMMU_REG_SPACE - 4};

	for (uint64_t offset = SMMU_IDR0; offset <= SMMU_AIDR; offset += 4) {
		assert_true(freezes(false, offset, 4, 0));
		if (!(offset % 8))
			assert_true(freezes(false, offset, 8, 0));
	}
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++)
		assert_true(freezes(true, written[i], 4, 0));
	assert_true(freezes(true, SMMU_STRTAB_BASE, 8, 0));
	/* An access that there is not tells nothing. */
	assert_false(freezes(false, 2, 4, -EINVAL));
	assert_false(freezes(false, 0, 2, -EINVAL));
	assert_false(freezes(true, 0x21, 4, -EINVAL));
	assert_false(freezes(true, SMMU_REG_SPACE, 4, -EINVAL));
}

TEST(nothing_else_freezes_it)
{
	struct vsmmu_access access = {.size = sizeof(access), .vsid = FIXTURE_VSID(0)};
	struct vsmmu_translation translation = {.size = sizeof(translation)};
	struct identity_fixture fixture;
	struct vsmmu *vsmmu;
	size_t length;
	void *bytes;

	fixture_new(&fixture, &automatic);
	vsmmu = fixture.vmm->vsmmu;
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	for (uint64_t offset = SMMU_AIDR + 4; offset < SMMU_REG_SPACE; offset += 4)
		test_vmm_read(fixture.vmm, offset);
	assert_int_equal(vsmmu_reset(vsmmu), 0);
	assert_int_equal(vsmmu_dispatch(vsmmu, 0), 0);
	assert_int_equal(vsmmu_run_commands(vsmmu, 0), 0);
	assert_int_equal(vsmmu_recover(vsmmu), 0);
	vsmmu_translate(vsmmu, &access, &translation);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture.endpoint[0], 1), 0);
	assert_int_equal(vsmmu_save(vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	assert_false(fixture_identity(&fixture).frozen);
	fixture_detach(&fixture, 0);
	expect_none(&fixture);
	fixture_free(&fixture);
}

/* Each call of the host fails in turn. */
TEST(an_attach_that_fails_leaves_it_as_it_was)
{
	struct identity_fixture fixture;
	unsigned int failed = 0;
	bool all = false;

	for (unsigned int n = 1; !all; n++) {
		fixture_new(&fixture, &automatic);
		fixture.host->info[1] = modest;
		host_interposer_fail(fixture.host, HOST_CALLS_DO, n, 1, EIO);
		if (fixture_attach(&fixture, 1)) {
			expect_none(&fixture);
			failed++;
		}
		all = !host_interposer_failed(fixture.host);
		host_interposer_heal(fixture.host);
		if (!fixture.endpoint[1])
			assert_int_equal(fixture_attach(&fixture, 1), 0);
		expect_idr(&fixture, 0x0d48301a, 0x02730210, 0x4, 0x54);
		fixture_free(&fixture);
	}
	assert_true(failed >= 8);
}

static void *guest_looks(void *opaque)
{
	struct identity_fixture *fixture = opaque;

	test_vmm_read(fixture->vmm, SMMU_IDR0);
	return NULL;
}

/* The host has been asked, and the endpoint is not in the list yet. */
static int look_meanwhile(void *opaque, enum host_call call, uint32_t count)
{
	pthread_t vcpu;

	(void)count;
	if (call != HOST_CALL_PARENT_ALLOC)
		return 0;
	assert_int_equal(pthread_create(&vcpu, NULL, guest_looks, opaque), 0);
	assert_int_equal(pthread_join(vcpu, NULL), 0);
	return 0;
}

TEST(a_guest_that_looks_during_an_attach_is_not_lied_to)
{
	struct identity_fixture fixture;

	fixture_new(&fixture, &automatic);
	fixture.host->info[1] = modest;
	fixture.host->hook = look_meanwhile;
	fixture.host->opaque = &fixture;
	fixture_expect_refused(&fixture, 1, "promised RIL 1", "has 0");
	assert_true(fixture_identity(&fixture).frozen);
	expect_none(&fixture);
	/* The StreamID is free, and no object is left. */
	fixture.host->hook = NULL;
	fixture.host->info[1] = fixture_rich;
	assert_int_equal(fixture_attach(&fixture, 1), 0);
	fixture_free(&fixture);
	/* With enough it comes, and the guest keeps what it saw. */
	fixture_new(&fixture, &automatic);
	fixture.host->hook = look_meanwhile;
	fixture.host->opaque = &fixture;
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	expect_none(&fixture);
	fixture_free(&fixture);
}

TEST(the_host_may_come_late)
{
	struct host_interposer *host = host_interposer_new(NULL, 0);
	struct vsmmu_host foreign = {.contract = HOST_CONTRACT + 1};
	struct identity_fixture fixture = {.vmm = test_vmm_alloc()};
	struct vsmmu *vsmmu;

	assert_int_equal(test_vmm_new(fixture.vmm, NULL, &automatic), 0);
	vsmmu = fixture.vmm->vsmmu;
	assert_int_equal(fixture_attach(&fixture, 0), -EINVAL);
	fixture_expect_report(&fixture, "endpoint 1000", "config.host is NULL");
	assert_int_equal(vsmmu_set_host(vsmmu, NULL), -EINVAL);
	fixture_expect_report(&fixture, "NULL", "host");
	assert_int_equal(vsmmu_set_host(vsmmu, &foreign), -EPROTO);
	fixture_expect_report(&fixture, "another build", "host");
	assert_int_equal(vsmmu_set_host(NULL, &host->host), -EINVAL);
	/* The guest runs already. */
	test_vmm_write(fixture.vmm, SMMU_CR0, SMMU_CR0_CMDQEN | SMMU_CR0_SMMUEN);
	assert_int_equal(vsmmu_set_host(vsmmu, &host->host), 0);
	vsmmu_host_unref(&host->host);
	assert_int_equal(vsmmu_set_host(vsmmu, &host->host), -EBUSY);
	fixture_expect_report(&fixture, "one already", "host");
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	assert_int_equal(vsmmu_set_host(vsmmu, &host->host), -EBUSY);
	fixture_free(&fixture);
	/* A host of the config is one. */
	fixture_new(&fixture, NULL);
	assert_int_equal(vsmmu_set_host(fixture.vmm->vsmmu, &fixture.host->host), -EBUSY);
	fixture_free(&fixture);
}

TEST(an_older_or_newer_caller_gets_what_it_knows)
{
	struct {
		struct vsmmu_identity identity;
		uint64_t more;
	} newer = {.identity.size = sizeof(newer), .more = UINT64_MAX};
	struct vsmmu_identity older = {.size = 16}, none = {.size = 0};
	struct identity_fixture fixture;
	struct vsmmu *vsmmu;

	fixture_new(&fixture, NULL);
	vsmmu = fixture.vmm->vsmmu;
	assert_int_equal(vsmmu_get_identity(vsmmu, &older), 0);
	assert_int_equal(older.size, 16);
	assert_int_equal(older.idr[1], 0x02730010);
	assert_int_equal(older.idr[3], 0);
	assert_int_equal(vsmmu_get_identity(vsmmu, &newer.identity), 0);
	assert_int_equal(newer.identity.idr[3], 0x404);
	assert_int_equal(newer.more, 0);
	assert_int_equal(fixture.vmm->report_count, 0);
	assert_int_equal(vsmmu_get_identity(vsmmu, NULL), -EINVAL);
	fixture_expect_report(&fixture, "vsmmu_get_identity()", "size");
	assert_int_equal(vsmmu_get_identity(vsmmu, &none), -EINVAL);
	fixture_expect_report(&fixture, "vsmmu_get_identity()", "size");
	assert_int_equal(vsmmu_get_identity(NULL, &older), -EINVAL);
	assert_int_equal(vsmmu_freeze_identity(NULL), -EINVAL);
	fixture_free(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1 S6", it_follows_the_endpoints_as_they_come_and_go),
		UNIT_TEST("S1 S6", it_needs_no_streamid),
		UNIT_TEST("S1 S6", once_frozen_it_stays),
		UNIT_TEST("S1 S6", endpoints_that_share_no_granule_do_not_meet),
		UNIT_TEST("S1", a_guest_that_looks_or_writes_freezes_it),
		UNIT_TEST("S1", nothing_else_freezes_it),
		UNIT_TEST("S1 S6", an_attach_that_fails_leaves_it_as_it_was),
		UNIT_TEST("S1 S6", a_guest_that_looks_during_an_attach_is_not_lied_to),
		UNIT_TEST("S1 S6", the_host_may_come_late),
		UNIT_TEST("S1", an_older_or_newer_caller_gets_what_it_knows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
