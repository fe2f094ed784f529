/* SPDX-License-Identifier: BSD-2-Clause */
/* What a look at the guest's tables says of the endpoint: what the host has, not what it should. */
#include <errno.h>
#include <string.h>

#include <vsmmu/event.h>
#include <vsmmu/tables.h>

#include "install_fixture.h"

static struct vsmmu_tables look(struct install_fixture *fixture, unsigned int n)
{
	struct vsmmu_tables lookup = {.size = sizeof(lookup)};

	host_interposer_clear(fixture->host);
	assert_int_equal(vsmmu_lookup(fixture->vmm->vsmmu, FIXTURE_VSID(n), VSMMU_NO_SSID,
				 VSMMU_NO_IOVA, &lookup),
		0);
	assert_string_equal(host_interposer_text(fixture->host), "");
	return lookup;
}

/* Return: it, with these purposes and words. */
static struct vsmmu_tables expect(struct install_fixture *fixture, enum vsmmu_attach_purpose wanted,
	enum vsmmu_attach_purpose installed, uint64_t word0, uint64_t word1)
{
	const struct vsmmu_tables lookup = look(fixture, 0);

	assert_true(lookup.has_endpoint);
	assert_int_equal(lookup.wanted, wanted);
	assert_int_equal(lookup.installed, installed);
	assert_true(lookup.installed_ste[0] == word0 && lookup.installed_ste[1] == word1);
	return lookup;
}

TEST(an_endpoint_shows_what_is_installed)
{
	struct install_fixture *fixture = fixture_new(NULL, NULL);
	struct vsmmu_tables lookup;

	assert_false(look(fixture, 0).has_endpoint);
	assert_int_equal(fixture_attach(fixture, 1), 0);
	assert_int_equal(fixture_attach(fixture, 0), 0);
	assert_int_equal(fixture_attach(fixture, 2), 0);
	expect(fixture, VSMMU_ATTACH_BYPASS, VSMMU_ATTACH_BYPASS, 0, 0);
	test_vmm_write(fixture->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	expect(fixture, VSMMU_ATTACH_ABORT, VSMMU_ATTACH_ABORT, 0, 0);
	fixture_write_ste(fixture, FIXTURE_VSID(0), STE_S1, 0xd4);
	fixture_enable(fixture);
	expect(fixture, VSMMU_ATTACH_STAGE1, VSMMU_ATTACH_STAGE1, STE_S1, 0xd4);
	/* The guest has not said yet that it has changed its STE. */
	fixture_write_ste(fixture, FIXTURE_VSID(0), STE_ABORT, 0);
	lookup = expect(fixture, VSMMU_ATTACH_ABORT, VSMMU_ATTACH_STAGE1, STE_S1, 0xd4);
	assert_true(lookup.ste[0] == STE_ABORT);
	assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
	expect(fixture, VSMMU_ATTACH_ABORT, VSMMU_ATTACH_ABORT, STE_ABORT, 0);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_BYPASS, 0), 0);
	expect(fixture, VSMMU_ATTACH_BYPASS, VSMMU_ATTACH_BYPASS, STE_BYPASS, 0);
	/* By these words the hardware records C_BAD_STE. */
	assert_int_equal(fixture_set_ste(fixture, 0, 0, 0), 0);
	lookup = expect(fixture, VSMMU_ATTACH_ABORT, VSMMU_ATTACH_STAGE1, STE_BAD0, STE_BAD1);
	assert_int_equal(lookup.event.word[0] & 0xff, VSMMU_EVENT_C_BAD_STE);
	fixture_detach(fixture, 0);
	lookup = look(fixture, 0);
	assert_false(lookup.has_endpoint);
	assert_int_equal(lookup.installed, VSMMU_ATTACH_NOTHING);
	assert_true(lookup.installed_ste[0] == 0 && lookup.has_ste);
	fixture_free(fixture);
}

TEST(an_endpoint_that_was_cut_off_says_so)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	struct vsmmu_tables lookup;

	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_NESTED_ALLOC), 1, 1, EIO);
	fixture_enable(fixture);
	lookup = expect(fixture, VSMMU_ATTACH_STAGE1, VSMMU_ATTACH_ABORT, 0, 0);
	assert_true(lookup.blocked);
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
	lookup = expect(fixture, VSMMU_ATTACH_STAGE1, VSMMU_ATTACH_STAGE1, STE_S1, 0);
	assert_false(lookup.blocked);
	fixture_free(fixture);
}

/* Its StreamID could not be given to it: the host has it abort. */
TEST(an_endpoint_is_found_by_the_streamid_that_it_has_now)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	struct vsmmu_endpoint *endpoint = fixture->endpoint[0];

	fixture_enable(fixture);
	assert_int_equal(vsmmu_endpoint_set_vsid(endpoint, FIXTURE_VSID(3)), 0);
	assert_false(look(fixture, 0).has_endpoint);
	assert_int_equal(look(fixture, 3).installed, VSMMU_ATTACH_STAGE1);
	assert_int_equal(vsmmu_endpoint_set_vsid(endpoint, VSMMU_NO_VSID), 0);
	assert_false(look(fixture, 3).has_endpoint);
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_VDEVICE_ALLOC), 1, 1, EIO);
	assert_int_equal(vsmmu_endpoint_set_vsid(endpoint, FIXTURE_VSID(0)), -EIO);
	expect(fixture, VSMMU_ATTACH_STAGE1, VSMMU_ATTACH_ABORT, 0, 0);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4 S6", an_endpoint_shows_what_is_installed),
		UNIT_TEST("D3", an_endpoint_that_was_cut_off_says_so),
		UNIT_TEST("S6", an_endpoint_is_found_by_the_streamid_that_it_has_now),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
