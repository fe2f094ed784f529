/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory is short when an endpoint's StreamID comes, or when a snapshot's has to wait for it. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <vsmmu/snapshot.h>

#include "install_fixture.h"
#include "lib/fail_nth.h"

#define CFGI_ALL UINT64_C(0x04), 31
#define OTHERS	 16 /* the table of streams grows for the next one */
#define PATIENCE 30000

/* Endpoint 0 has no StreamID yet, and others have as many as fit. */
static struct install_fixture *fixture_crowded(void)
{
	struct install_fixture *fixture = fixture_new_asking(NULL, NULL);
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint;

	assert_int_equal(fixture_attach_late(fixture, 0), 0);
	for (unsigned int i = 0; i < OTHERS; i++) {
		assert_int_equal(vsmmu_sim_endpoint_new(fixture->sim, 0, &config.dev_id), 0);
		config.vsid = FIXTURE_VSID(FIXTURE_ENDPOINTS) + i;
		assert_int_equal(vsmmu_endpoint_attach(fixture->vmm->vsmmu, &config, &endpoint), 0);
	}
	for (unsigned int vsid = 0; vsid < 1U << FIXTURE_LOG2; vsid++)
		fixture_write_ste(fixture, vsid, STE_S1, 0);
	return fixture;
}

static void run(struct install_fixture *fixture)
{
	fixture_enable(fixture);
	fixture_enable_commands(fixture);
}

/* It aborts until there is some, and the guest need not ask again. */
TEST(a_number_comes_when_there_is_some)
{
	unsigned int n = 1;

	for (bool failed = true; failed; n++) {
		struct install_fixture *fixture = fixture_crowded();
		struct pollfd fd = {
			.fd = vsmmu_get_command_fd(fixture->vmm->vsmmu), .events = POLLIN};

		run(fixture);
		fixture->number[0] = FIXTURE_VSID(0);
		fail_nth_arm(n);
		fixture_command(fixture, CFGI_ALL);
		fail_nth_arm(0);
		failed = fail_nth_fired();
		if (failed && fixture->endpoint[0]->vsid == VSMMU_NO_VSID) {
			fixture_expect_parked(fixture, 0);
			assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT), 1);
		}
		if (failed) {
			assert_int_equal(poll(&fd, 1, PATIENCE), 1);
			assert_int_equal(vsmmu_run_commands(fixture->vmm->vsmmu, 0), 0);
		}
		fixture_expect_nested(fixture, 0, STE_S1, 0);
		assert_int_equal(poll(&fd, 1, 0), 0);
		assert_int_equal(fixture->vmm->vsmmu->recovery.backoff, 0);
		fixture_free(fixture);
	}
	assert_true(n > 3);
}

/* A shortage that lasts is tried less and less often, as a failing host is. */
TEST(a_shortage_is_backed_off_from)
{
	struct install_fixture *fixture = fixture_crowded();
	struct vsmmu *vsmmu = fixture->vmm->vsmmu;

	run(fixture);
	fixture->number[0] = FIXTURE_VSID(0);
	fail_nth_arm(1);
	fixture_command(fixture, CFGI_ALL);
	for (uint64_t backoff = UINT64_C(100000000); backoff < UINT64_C(1000000000); backoff *= 2) {
		assert_int_equal(vsmmu->recovery.backoff, backoff);
		fail_nth_arm(1);
		assert_int_equal(vsmmu_recover(vsmmu), -ENOMEM);
	}
	fail_nth_arm(0);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT), 1);
	assert_int_equal(vsmmu_recover(vsmmu), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	fixture_free(fixture);
}

/* A restore leaves no trace, and can be made again. */
TEST(a_restore_can_be_made_again)
{
	struct install_fixture *from = fixture_crowded();
	unsigned int n = 1;
	size_t length;
	void *bytes;

	run(from);
	from->number[0] = FIXTURE_VSID(0);
	fixture_command(from, CFGI_ALL);
	assert_int_equal(vsmmu_save(from->vmm->vsmmu, &bytes, &length), 0);
	for (bool failed = true; failed; n++) {
		struct install_fixture *to = fixture_crowded();
		struct vsmmu *vsmmu = to->vmm->vsmmu;
		int ret;

		memcpy(to->vmm->memory, from->vmm->memory, TEST_VMM_SIZE);
		fail_nth_arm(n);
		ret = vsmmu_restore(vsmmu, bytes, length);
		fail_nth_arm(0);
		failed = fail_nth_fired();
		if (ret) {
			assert_int_equal(ret, -ENOMEM);
			assert_int_equal(vsmmu->streams.saved, 0);
			assert_int_equal(vsmmu->streams.used, OTHERS);
			assert_int_equal(vsmmu_restore(vsmmu, bytes, length), 0);
		}
		assert_int_equal(vsmmu->streams.saved, 1);
		fixture_expect_parked(to, 0);
		assert_int_equal(vsmmu_endpoint_set_vsid(to->endpoint[0], FIXTURE_VSID(0)), 0);
		fixture_expect_nested(to, 0, STE_S1, 0);
		fixture_free(to);
	}
	vsmmu_snapshot_free(bytes);
	fixture_free(from);
	assert_true(n > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 D3", a_number_comes_when_there_is_some),
		UNIT_TEST("S6 D3", a_shortage_is_backed_off_from),
		UNIT_TEST("S7", a_restore_can_be_made_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
