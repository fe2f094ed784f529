/* SPDX-License-Identifier: BSD-2-Clause */
/* An endpoint is attached before the guest has given it a StreamID, or loses the one that it had.
 */
#include <errno.h>

#include <vsmmu/event.h>

#include "install_fixture.h"

#define ENDPOINT_0_OBJECTS OBJECTS(1, 1, 0, 0) + 2 /* two HWPTs, and no vDEVICE */
#define CFGI_ALL	   UINT64_C(0x04), 31

static struct install_fixture *fixture_unnumbered(const struct vsmmu_config *config)
{
	struct install_fixture *fixture = fixture_translating(config, 0);

	assert_int_equal(fixture_attach_late(fixture, 0), 0);
	return fixture;
}

static int dma(struct install_fixture *fixture, unsigned int n)
{
	const struct vsmmu_access access = {
		.size = sizeof(access), .address = TEST_VMM_MEMORY, .flags = VSMMU_ACCESS_WRITE};
	uint32_t bytes = 0;

	return vsmmu_sim_dma(fixture->sim, fixture->dev[n], &access, &bytes, sizeof(bytes));
}

/* Nothing happens to it that calls the host, or is told the guest. */
static void expect_left_alone(struct install_fixture *fixture)
{
	host_interposer_clear(fixture->host);
	assert_int_equal(fixture_refresh_all(fixture), 0);
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
	assert_string_equal(host_interposer_text(fixture->host), "");
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_RECOVERED), 0);
	assert_int_equal(fixture->vmm->vsmmu->recovery.backoff, 0);
}

TEST(gbpa_and_smmuen_decide)
{
	struct install_fixture *fixture = fixture_unnumbered(NULL);
	uint64_t word[4];

	assert_int_equal(fixture_objects(fixture), ENDPOINT_0_OBJECTS);
	fixture_expect_bypass(fixture, 0);
	assert_int_equal(dma(fixture, 0), 0);
	test_vmm_write(fixture->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	fixture_expect_parked(fixture, 0);
	test_vmm_write(fixture->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE);
	fixture_expect_bypass(fixture, 0);
	fixture_enable(fixture);
	fixture_expect_parked(fixture, 0);
	assert_int_equal(dma(fixture, 0), -EFAULT);
	assert_true(!fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_true(!fixture_consume(fixture, word));
	expect_left_alone(fixture);
	fixture_disable(fixture);
	fixture_expect_bypass(fixture, 0);
	expect_left_alone(fixture);
	assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 0);
	assert_int_equal(fixture->vmm->report_count, 0);
	fixture_free(fixture);
}

TEST(gbpa_may_abort_from_the_start)
{
	const struct vsmmu_config config = {.gbpa_abort = true};
	struct install_fixture *fixture = fixture_unnumbered(&config);

	fixture_expect_parked(fixture, 0);
	fixture_free(fixture);
}

/* Firmware reads its disk while the guest numbers buses: there is no moment of abort. */
TEST(a_number_comes_without_a_gap)
{
	struct install_fixture *fixture = fixture_unnumbered(NULL);

	host_interposer_clear(fixture->host);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], FIXTURE_VSID(0)), 0);
	assert_string_equal(host_interposer_text(fixture->host), "vdevice 10\n");
	fixture_expect_bypass(fixture, 0);
	fixture_enable(fixture);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	assert_int_equal(fixture_objects(fixture), OBJECTS(1, 1, 1, 1));
	fixture_free(fixture);
}

TEST(a_number_comes_while_the_guest_runs)
{
	struct install_fixture *fixture = fixture_unnumbered(NULL);
	uint64_t word[4];

	fixture_enable(fixture);
	fixture_enable_commands(fixture);
	fixture_command(fixture, CFGI_ALL);
	fixture_expect_parked(fixture, 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], FIXTURE_VSID(0)), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[0] >> 32, FIXTURE_VSID(0));
	fixture_free(fixture);
}

TEST(a_number_is_taken_away)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	uint64_t word[4];

	fixture_enable(fixture);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	test_vmm_write(fixture->vmm, SMMU_CR0, SMMU_CR0_SMMUEN); /* so that it stays there */
	host_interposer_clear(fixture->host);
	for (int again = 0; again < 2; again++)
		assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSMMU_NO_VSID), 0);
	assert_string_equal(host_interposer_text(fixture->host), "attach nested\n"
								 "destroy nested\n"
								 "destroy vdevice\n");
	fixture_expect_parked(fixture, 0);
	assert_int_equal(fixture_objects(fixture), ENDPOINT_0_OBJECTS);
	test_vmm_write(fixture->vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	assert_true(!fixture_consume(fixture, word));
	fixture_expect_counted(fixture);
	expect_left_alone(fixture);
	/* So its number is free for another one; and it may be given back. */
	assert_int_equal(fixture_attach_late(fixture, 2), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[2], FIXTURE_VSID(0)), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], FIXTURE_VSID(0)), -EEXIST);
	fixture_detach(fixture, 2);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], FIXTURE_VSID(0)), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	/* While SMMUEN is 0 GBPA decides, as for one that never had any. */
	fixture_disable(fixture);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSMMU_NO_VSID), 0);
	fixture_expect_bypass(fixture, 0);
	fixture_free(fixture);
}

/* It is detached, reset, saved and freed as any other one is. */
TEST(it_comes_and_goes)
{
	struct install_fixture *fixture = fixture_unnumbered(NULL);
	size_t length;
	void *bytes;

	fixture_enable(fixture);
	assert_int_equal(vsmmu_save(fixture->vmm->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), 0);
	fixture_expect_bypass(fixture, 0);
	fixture_enable(fixture);
	fixture_expect_parked(fixture, 0);
	fixture_detach(fixture, 0);
	assert_int_equal(fixture_objects(fixture), 2);
	assert_int_equal(fixture_attach_late(fixture, 0), 0);
	fixture_expect_parked(fixture, 0);
	assert_int_equal(fixture_attach_late(fixture, 1), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[1], FIXTURE_VSID(1)), 0);
	fixture_detach(fixture, 1);
	fixture_free(fixture);
}

/* Each call of each step may fail, and what it cost comes back. */
TEST(any_call_may_fail)
{
	static const uint64_t numbers[] = {FIXTURE_VSID(0), FIXTURE_VSID(1), VSMMU_NO_VSID};
	unsigned int failures = 0;

	for (unsigned int n = 1; n < 12; n++) {
		struct install_fixture *fixture = fixture_unnumbered(NULL);
		bool failed = false;

		fixture_enable(fixture);
		host_interposer_fail(fixture->host, HOST_CALLS_ANY, n, 1, ENOMEM);
		for (unsigned int i = 0; i < 3 && !failed; i++) {
			const int ret = vsmmu_endpoint_set_vsid(fixture->endpoint[0], numbers[i]);

			failed = host_interposer_failed(fixture->host);
			assert_true(!ret || failed);
			if (!ret)
				continue;
			assert_int_equal(ret, -ENOMEM);
			fixture_expect_parked(fixture, 0);
			failures++;
			assert_int_equal(
				vsmmu_endpoint_set_vsid(fixture->endpoint[0], numbers[i]), 0);
		}
		assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
		assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSMMU_NO_VSID), 0);
		fixture_expect_parked(fixture, 0);
		assert_int_equal(fixture_objects(fixture), ENDPOINT_0_OBJECTS);
		fixture_free(fixture);
	}
	/* Those that destroy the HWPT of an STE are made again later. */
	assert_int_equal(failures, 11 - 2);
}

/* An attach fails without a trace. */
TEST(any_call_of_an_attach_may_fail)
{
	bool failed = true;
	unsigned int n;

	for (n = 1; failed; n++) {
		struct install_fixture *fixture = fixture_new_asking(NULL, NULL);

		host_interposer_fail(fixture->host, HOST_CALLS_DO, n, 1, EIO);
		failed = fixture_attach_late(fixture, 0) != 0;
		assert_int_equal(failed, host_interposer_failed(fixture->host));
		assert_int_equal(fixture->vmm->vsmmu->asked, !failed);
		if (failed) {
			assert_int_equal(fixture_attach_late(fixture, 0), 0);
			assert_int_equal(fixture->vmm->vsmmu->asked, 1);
		}
		fixture_detach(fixture, 0);
		assert_int_equal(fixture->vmm->vsmmu->asked, 0);
		fixture_free(fixture);
	}
	assert_true(n > 7);
}

TEST(bad_numbers_are_refused)
{
	static const uint64_t bad[] = {UINT64_C(1) << 16, UINT64_C(1) << 32,
		UINT64_C(1) << 32 | FIXTURE_VSID(0), VSMMU_NO_VSID - 1};
	struct install_fixture *fixture = fixture_unnumbered(NULL);
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vfio_fd = -1, .dev_id = fixture->dev[1]};
	struct vsmmu_endpoint *endpoint;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		config.vsid = bad[i];
		assert_int_equal(
			vsmmu_endpoint_attach(fixture->vmm->vsmmu, &config, &endpoint), -EINVAL);
		assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], bad[i]), -EINVAL);
		assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT), 2 * (i + 1));
		assert_int_equal(fixture->vmm->reports[2 * i].vsid, bad[i]);
	}
	fixture_expect_bypass(fixture, 0);
	fixture_free(fixture);
}

/* An emulated device has no endpoint, and its StreamID comes with each access. */
TEST(emulated_devices_do_not_mind)
{
	struct vsmmu_translation translation = {.size = sizeof(translation)};
	struct install_fixture *fixture = fixture_unnumbered(NULL);
	const struct vsmmu_access access = {
		.size = sizeof(access), .vsid = FIXTURE_VSID(1), .address = TEST_VMM_MEMORY};

	fixture_write_ste(fixture, FIXTURE_VSID(1), STE_BYPASS, 0);
	fixture_enable(fixture);
	assert_int_equal(vsmmu_translate(fixture->vmm->vsmmu, &access, &translation), 0);
	assert_int_equal(translation.address, TEST_VMM_MEMORY);
	fixture_free(fixture);
}

/* The VMM of an event path alone decides, but for stage 1, which takes a StreamID. */
TEST(its_vmm_may_decide)
{
	static const uint64_t abort_ste[] = {STE_ABORT, 0}, bypass_ste[] = {STE_BYPASS, 0},
			      s1_ste[] = {STE_S1, 0};
	struct test_vmm *vmm = test_vmm_alloc();
	struct vsmmu_host *sim = test_vmm_sim(vmm, NULL);
	struct host_interposer *host = host_interposer_new(sim, HOST_INTERPOSER_TRACE);
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vfio_fd = -1, .vsid = VSMMU_NO_VSID};
	struct vsmmu_endpoint *endpoint;

	vmm->events_only = true;
	assert_int_equal(test_vmm_new(vmm, &host->host, NULL), 0);
	assert_int_equal(vsmmu_sim_endpoint_new(sim, 0, &config.dev_id), 0);
	assert_int_equal(vsmmu_endpoint_attach(vmm->vsmmu, &config, &endpoint), 0);
	assert_int_equal(host_interposer_attached(host, config.dev_id).ste[0], STE_BYPASS);
	assert_int_equal(vsmmu_endpoint_set_ste(endpoint, abort_ste), 0);
	assert_int_equal(host_interposer_attached(host, config.dev_id).ste[0], STE_ABORT);
	assert_int_equal(vsmmu_endpoint_set_ste(endpoint, s1_ste), -ENOENT);
	assert_int_equal(host_interposer_attached(host, config.dev_id).ste[0], STE_ABORT);
	assert_int_equal(vsmmu_endpoint_set_ste(endpoint, bypass_ste), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(endpoint, UINT64_C(1) << 32), -EINVAL);
	/* What was attached without a vDEVICE does not know its vSID: it is attached again. */
	host_interposer_clear(host);
	assert_int_equal(vsmmu_endpoint_set_vsid(endpoint, UINT32_MAX), 0);
	assert_string_equal(host_interposer_text(host), "attach nested\n"
							"destroy nested\n"
							"vdevice ffffffff\n"
							"nested 9 0\n"
							"attach nested\n");
	assert_int_equal(host_interposer_attached(host, config.dev_id).ste[0], STE_BYPASS);
	assert_int_equal(vsmmu_endpoint_set_ste(endpoint, s1_ste), 0);
	assert_int_equal(host_interposer_attached(host, config.dev_id).ste[0], STE_S1);
	/* Then stage 1 waits for the next one. */
	assert_int_equal(vsmmu_endpoint_set_vsid(endpoint, VSMMU_NO_VSID), 0);
	assert_int_equal(host_interposer_attached(host, config.dev_id).ste[0], STE_ABORT);
	assert_int_equal(vsmmu_endpoint_set_vsid(endpoint, 7), 0);
	assert_int_equal(host_interposer_attached(host, config.dev_id).ste[0], STE_S1);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4 S6", gbpa_and_smmuen_decide),
		UNIT_TEST("S4 S6", gbpa_may_abort_from_the_start),
		UNIT_TEST("S6", a_number_comes_without_a_gap),
		UNIT_TEST("S6", a_number_comes_while_the_guest_runs),
		UNIT_TEST("S6 P20", a_number_is_taken_away),
		UNIT_TEST("S6 S7", it_comes_and_goes),
		UNIT_TEST("S6 D3", any_call_may_fail),
		UNIT_TEST("S6", any_call_of_an_attach_may_fail),
		UNIT_TEST("S6", bad_numbers_are_refused),
		UNIT_TEST("S6 S8", emulated_devices_do_not_mind),
		UNIT_TEST("S6", its_vmm_may_decide),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
