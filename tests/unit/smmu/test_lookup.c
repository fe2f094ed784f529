/* SPDX-License-Identifier: BSD-2-Clause */
/* A look at the guest's tables: what was read, and what comes of it. */
#include <stddef.h>

#include "lookup_fixture.h"

#define SHARED (UINT64_C(3) << 8)

TEST(a_page_shows_all_that_leads_to_it)
{
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_tables lookup;

	test_vmm_store64(vmm, CD + 24, 0xff00);
	set_page(vmm, TABLE | AF | USER | SHARED | READ_ONLY | 1 << 2 | BIT(11) | BIT(52) |
			      BIT(53) | BIT(54));
	lookup = look(vmm, PAGE_VA + 0x123);
	assert_true(lookup.enabled && lookup.has_ste && lookup.has_cd && lookup.has_mapping);
	assert_false(lookup.has_l1std || lookup.has_l1cd || lookup.has_endpoint || lookup.blocked);
	assert_true(lookup.ste_address == STE && lookup.ste[0] == (CD | 0xb));
	assert_true(lookup.cd_address == CD && lookup.cd[0] == CD_WORD0);
	assert_int_equal(lookup.wanted, VSMMU_ATTACH_STAGE1);
	assert_int_equal(lookup.installed, VSMMU_ATTACH_NOTHING);
	assert_int_equal(lookup.walk_count, 3);
	assert_int_equal(lookup.walk[0].level, 1);
	assert_true(lookup.walk[0].address == LEVEL1 && lookup.walk[0].value == (LEVEL2 | TABLE));
	assert_true(lookup.walk[1].address == LEVEL2 && lookup.walk[1].value == (LEVEL3 | TABLE));
	assert_true(lookup.walk[2].address == LEVEL3 + 8 * (PAGE_VA >> 12));
	assert_true(lookup.walk[2].value == test_vmm_load64(vmm, lookup.walk[2].address));
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_PASSES);
	assert_true(lookup.output == PAGE_PA + 0x123);
	assert_int_equal(lookup.size_log2, 12);
	assert_int_equal(lookup.attributes, 0xff);
	assert_int_equal(lookup.shareability, 3);
	assert_true(lookup.not_global && lookup.contiguous && lookup.unprivileged);
	assert_true(lookup.read_only && lookup.unprivileged_no_execute);
	assert_true(lookup.privileged_no_execute);
	expect_no_event(&lookup);
	set_page(vmm, TABLE | AF | USER);
	lookup = look(vmm, PAGE_VA);
	assert_int_equal(lookup.attributes, 0);
	assert_int_equal(lookup.shareability, 0);
	assert_false(lookup.not_global || lookup.contiguous || lookup.read_only);
	assert_false(lookup.unprivileged_no_execute || lookup.privileged_no_execute);
	test_vmm_free(vmm);
}

TEST(a_block_ends_the_walk)
{
	struct test_vmm *vmm = fixture_new(NULL);
	const struct vsmmu_tables lookup = look(vmm, BLOCK_VA + 0x12345);

	assert_int_equal(lookup.walk_count, 2);
	assert_true(lookup.walk[1].address == LEVEL2 + 8);
	assert_int_equal(lookup.size_log2, 21);
	assert_true(lookup.output == BLOCK_PA + 0x12345);
	test_vmm_free(vmm);
}

TEST(without_an_address_no_table_is_walked)
{
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_tables lookup = look(vmm, VSMMU_NO_IOVA);

	assert_int_equal(vmm->memory_reads, 2);
	assert_true(lookup.has_ste && lookup.has_cd && !lookup.has_mapping);
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_OPEN);
	assert_int_equal(lookup.wanted, VSMMU_ATTACH_STAGE1);
	assert_int_equal(lookup.walk_count, 0);
	assert_true(lookup.output == 0);
	expect_no_event(&lookup);
	/* What no address can change is told all the same. */
	test_vmm_store64(vmm, CD, 0);
	lookup = look(vmm, VSMMU_NO_IOVA);
	expect_event(&lookup, VSMMU_EVENT_C_BAD_CD);
	assert_true(lookup.has_cd);
	set_ste(vmm, 0x1, 0);
	lookup = look(vmm, VSMMU_NO_IOVA);
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_ABORTS);
	assert_int_equal(lookup.wanted, VSMMU_ATTACH_ABORT);
	expect_no_event(&lookup);
	set_ste(vmm, 0x9, 0);
	lookup = look(vmm, VSMMU_NO_IOVA);
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_OPEN);
	assert_int_equal(lookup.wanted, VSMMU_ATTACH_BYPASS);
	test_vmm_free(vmm);
}

TEST(what_is_wrong_with_a_stream_is_told)
{
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_tables lookup = look_at(vmm, 16, VSMMU_NO_SSID, PAGE_VA);

	expect_event(&lookup, VSMMU_EVENT_C_BAD_STREAMID);
	assert_false(lookup.has_ste);
	lookup = look_at(vmm, UINT32_MAX, VSMMU_NO_SSID, PAGE_VA);
	assert_true(expect_event(&lookup, VSMMU_EVENT_C_BAD_STREAMID).sid == UINT32_MAX);
	set_ste(vmm, 0x9, 0);
	lookup = look(vmm, PAGE_VA);
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_PASSES);
	assert_true(lookup.output == PAGE_VA && lookup.has_ste && !lookup.has_cd);
	lookup = look(vmm, BIT(44));
	expect_event(&lookup, VSMMU_EVENT_F_ADDR_SIZE);
	assert_true(lookup.output == 0);
	set_ste(vmm, CD | 0xf, 0x5c); /* stage 2 */
	lookup = look(vmm, PAGE_VA);
	expect_event(&lookup, VSMMU_EVENT_C_BAD_STE);
	assert_true(lookup.has_ste);
	assert_int_equal(lookup.wanted, VSMMU_ATTACH_ABORT);
	set_ste(vmm, NOWHERE | 0xb, 0x5c);
	lookup = look(vmm, PAGE_VA);
	assert_true(expect_event(&lookup, VSMMU_EVENT_F_CD_FETCH).fetch_addr == NOWHERE);
	assert_false(lookup.has_cd);
	test_vmm_write(vmm, SMMU_CR0, 0);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, NOWHERE);
	test_vmm_write(vmm, SMMU_CR2, 0);
	test_vmm_write(vmm, SMMU_CR0, ON);
	lookup = look(vmm, PAGE_VA);
	assert_true(
		expect_event(&lookup, VSMMU_EVENT_F_STE_FETCH).fetch_addr == NOWHERE + 64 * SID);
	assert_false(lookup.has_ste);
	/* Without RECINVSID the guest is not told, but who looks is. */
	lookup = look_at(vmm, 16, VSMMU_NO_SSID, PAGE_VA);
	assert_int_equal(lookup.event.word[0] & 0xff, VSMMU_EVENT_C_BAD_STREAMID);
	assert_false(lookup.recorded);
	test_vmm_free(vmm);
}

TEST(what_is_wrong_with_an_address_is_told)
{
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_tables lookup;

	set_page(vmm, 0);
	lookup = look(vmm, PAGE_VA + 1);
	assert_true(expect_event(&lookup, VSMMU_EVENT_F_TRANSLATION).input_addr == PAGE_VA + 1);
	/* The descriptor that is at fault is the last one. */
	assert_int_equal(lookup.walk_count, 3);
	assert_true(lookup.walk[2].value == PAGE_PA);
	assert_false(lookup.has_mapping);
	lookup = look(vmm, BIT(40)); /* of no half */
	expect_event(&lookup, VSMMU_EVENT_F_TRANSLATION);
	assert_int_equal(lookup.walk_count, 0);
	set_page(vmm, TABLE | USER);
	lookup = look(vmm, PAGE_VA);
	expect_event(&lookup, VSMMU_EVENT_F_ACCESS);
	assert_false(lookup.has_mapping);
	/* A page that privileged accesses alone may use is shown with its address. */
	set_page(vmm, TABLE | AF);
	lookup = look(vmm, PAGE_VA + 4);
	expect_event(&lookup, VSMMU_EVENT_F_PERMISSION);
	assert_true(lookup.has_mapping && !lookup.unprivileged && lookup.output == PAGE_PA + 4);
	set_page(vmm, BIT(46) | TABLE | AF | USER);
	lookup = look(vmm, PAGE_VA);
	expect_event(&lookup, VSMMU_EVENT_F_ADDR_SIZE);
	test_vmm_store64(vmm, LEVEL2, NOWHERE | TABLE);
	lookup = look(vmm, PAGE_VA);
	assert_true(expect_event(&lookup, VSMMU_EVENT_F_WALK_EABT).fetch_addr ==
		    NOWHERE + 8 * (PAGE_VA >> 12));
	assert_int_equal(lookup.walk_count, 2);
	test_vmm_free(vmm);
}

TEST(a_guest_may_want_its_faults_invisible)
{
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_tables lookup;

	test_vmm_store64(vmm, CD, CD_WORD0 & ~CD_R);
	lookup = look(vmm, 0x9000);
	assert_int_equal(lookup.event.word[0] & 0xff, VSMMU_EVENT_F_TRANSLATION);
	assert_false(lookup.recorded);
	vmm->vsmmu->features.term_model = false;
	test_vmm_store64(vmm, CD, CD_WORD0 & ~CD_A);
	lookup = look(vmm, 0x9000);
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_IGNORED);
	assert_true(lookup.recorded);
	test_vmm_free(vmm);
}

TEST(gbpa_decides_while_the_smmu_is_off)
{
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_tables lookup;

	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_EVENTQEN);
	lookup = look(vmm, PAGE_VA);
	assert_false(lookup.enabled || lookup.has_ste || lookup.has_mapping);
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_PASSES);
	assert_int_equal(lookup.wanted, VSMMU_ATTACH_BYPASS);
	assert_true(lookup.output == PAGE_VA);
	assert_int_equal(vmm->memory_reads, 0);
	lookup = look(vmm, BIT(44));
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_ABORTS);
	expect_no_event(&lookup);
	assert_int_equal(look(vmm, VSMMU_NO_IOVA).outcome, VSMMU_LOOKUP_OPEN);
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	lookup = look(vmm, PAGE_VA);
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_ABORTS);
	assert_int_equal(lookup.wanted, VSMMU_ATTACH_ABORT);
	expect_no_event(&lookup);
	assert_int_equal(look(vmm, VSMMU_NO_IOVA).outcome, VSMMU_LOOKUP_ABORTS);
	test_vmm_free(vmm);
}

/* Before the guest has done anything. */
TEST(a_look_promises_nothing)
{
	struct test_vmm *vmm = test_vmm_alloc();
	struct vsmmu_tables lookup;

	assert_int_equal(test_vmm_new(vmm, NULL, NULL), 0);
	lookup = look(vmm, VSMMU_NO_IOVA);
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_OPEN);
	assert_false(atomic_load(&vmm->vsmmu->identity_is_frozen));
	test_vmm_free(vmm);
}

TEST(misuse_is_refused_with_a_report)
{
	struct vsmmu_tables lookup = {.size = sizeof(lookup)};
	struct test_vmm *vmm = fixture_new(NULL);
	const unsigned int reports = vmm->report_count;

	assert_int_equal(vsmmu_lookup(vmm->vsmmu, SID, 1 << 20, 0, &lookup), -EINVAL);
	assert_int_equal(vsmmu_lookup(vmm->vsmmu, SID, VSMMU_NO_SSID - 1, 0, &lookup), -EINVAL);
	assert_int_equal(vsmmu_lookup(vmm->vsmmu, SID, VSMMU_NO_SSID, 0, NULL), -EINVAL);
	assert_int_equal(vmm->report_count, reports + 3);
	lookup.size = offsetof(struct vsmmu_tables, ste);
	lookup.ste[0] = 0xa5;
	assert_int_equal(vsmmu_lookup(vmm->vsmmu, SID, VSMMU_NO_SSID, PAGE_VA, &lookup), 0);
	assert_true(lookup.ste_address == STE && lookup.ste[0] == 0xa5);
	test_vmm_free(vmm);
	vmm = test_vmm_alloc();
	vmm->events_only = true;
	assert_int_equal(test_vmm_new(vmm, NULL, NULL), 0);
	lookup.size = sizeof(lookup);
	assert_int_equal(vsmmu_lookup(vmm->vsmmu, SID, VSMMU_NO_SSID, 0, &lookup), -EOPNOTSUPP);
	assert_int_equal(vmm->report_count, 1);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S8", a_page_shows_all_that_leads_to_it),
		UNIT_TEST("S8", a_block_ends_the_walk),
		UNIT_TEST("S8", without_an_address_no_table_is_walked),
		UNIT_TEST("S4 S8", what_is_wrong_with_a_stream_is_told),
		UNIT_TEST("S8", what_is_wrong_with_an_address_is_told),
		UNIT_TEST("S8", a_guest_may_want_its_faults_invisible),
		UNIT_TEST("S4", gbpa_decides_while_the_smmu_is_off),
		UNIT_TEST("S1", a_look_promises_nothing),
		UNIT_TEST("D7", misuse_is_refused_with_a_report),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
