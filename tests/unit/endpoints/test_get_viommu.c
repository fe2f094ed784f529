/* SPDX-License-Identifier: BSD-2-Clause */
/* A VMM that invalidates by itself is told the vIOMMU of each endpoint. */
#include <errno.h>

#include "install_fixture.h"

#define CFGI_CD_ALL(n) (UINT64_C(0x06) | (uint64_t)FIXTURE_VSID(n) << 32)
#define TLBI_NSNH_ALL  UINT64_C(0x30)

static uint32_t viommu_of(struct install_fixture *fixture, unsigned int n)
{
	uint32_t id = 0;

	assert_int_equal(vsmmu_endpoint_get_viommu(fixture->endpoint[n], &id), 0);
	assert_int_not_equal(id, 0);
	return id;
}

static int invalidate(struct install_fixture *fixture, uint32_t viommu, uint64_t word)
{
	const uint64_t command[1][2] = {{word, 0}};

	return vsmmu_sim_invalidate(fixture->sim, viommu, command, 1);
}

/* Endpoint @n's StreamID is known through the vIOMMU that it is told, and through no other's. */
static void expect_own(struct install_fixture *fixture, unsigned int n, bool isolate)
{
	for (unsigned int other = 0; other < 3; other++)
		assert_int_equal(invalidate(fixture, viommu_of(fixture, other), CFGI_CD_ALL(n)),
			other == n || (!isolate && other % 2 == n % 2) ? 0 : -EIO);
	assert_int_equal(invalidate(fixture, viommu_of(fixture, n), TLBI_NSNH_ALL), 0);
}

static void expect_each(bool isolate)
{
	const struct vsmmu_config config = {.size = sizeof(config), .isolate = isolate};
	struct install_fixture *fixture = fixture_translating(&config, 3);

	for (unsigned int n = 0; n < 3; n++)
		expect_own(fixture, n, isolate);
	/* It stays the same when the StreamID goes and comes back. */
	for (unsigned int turn = 0; turn < 2; turn++) {
		const uint32_t before = viommu_of(fixture, 0);

		assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0],
					 turn ? FIXTURE_VSID(0) : VSMMU_NO_VSID),
			0);
		assert_int_equal(viommu_of(fixture, 0), before);
	}
	expect_own(fixture, 0, isolate);
	fixture_free(fixture);
}

TEST(endpoints_of_a_parent_share_their_viommu)
{
	expect_each(false);
}

TEST(isolated_endpoints_have_one_each)
{
	expect_each(true);
}

TEST(bad_calls_are_refused)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	const uint64_t good[1][2] = {{TLBI_NSNH_ALL, 0}};
	const uint32_t viommu = viommu_of(fixture, 0);
	uint32_t id = 7;

	assert_int_equal(vsmmu_endpoint_get_viommu(NULL, &id), -EINVAL);
	assert_int_equal(vsmmu_endpoint_get_viommu(fixture->endpoint[0], NULL), -EINVAL);
	assert_int_equal(id, 7);
	assert_int_equal(vsmmu_sim_invalidate(NULL, viommu, good, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_invalidate(fixture->sim, viommu, NULL, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_invalidate(fixture->sim, viommu, good, 0), -EINVAL);
	assert_int_equal(vsmmu_sim_invalidate(fixture->sim, 0, good, 1), -ENOENT);
	assert_int_equal(invalidate(fixture, viommu, 0xff), -EIO);
	assert_int_equal(vsmmu_sim_invalidate(fixture->sim, viommu, good, 1), 0);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S3 S6", endpoints_of_a_parent_share_their_viommu),
		UNIT_TEST("S3 S6", isolated_endpoints_have_one_each),
		UNIT_TEST("S3", bad_calls_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
