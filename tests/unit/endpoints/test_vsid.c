/* SPDX-License-Identifier: BSD-2-Clause */
/* An endpoint gets another StreamID while the guest runs. */
#include <errno.h>

#include <vsmmu/event.h>

#include "install_fixture.h"

#define VSID_NEW   0x21u
#define VSID_OTHER 0x22u

static struct install_fixture *fixture_with(unsigned int endpoints)
{
	struct install_fixture *fixture = fixture_new(NULL, NULL);

	for (unsigned int n = 0; n < endpoints; n++) {
		fixture_write_ste(fixture, FIXTURE_VSID(n), STE_S1, 0);
		assert_int_equal(fixture_attach(fixture, n), 0);
	}
	fixture_write_ste(fixture, VSID_NEW, STE_S1, 0xd4);
	fixture_enable(fixture);
	return fixture;
}

static struct vsmmu_endpoint_stats counters(struct install_fixture *fixture, unsigned int n)
{
	struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_endpoint_get_stats(fixture->endpoint[n], &stats), 0);
	return stats;
}

static uint64_t vsid_of(struct install_fixture *fixture, unsigned int n)
{
	uint64_t vsid = VSMMU_NO_VSID;

	assert_int_equal(vsmmu_endpoint_get_vsid(fixture->endpoint[n], &vsid), 0);
	return vsid;
}

TEST(the_guests_ste_of_the_new_one_is_in_force)
{
	struct install_fixture *fixture = fixture_with(1);
	uint64_t word[4];

	host_interposer_clear(fixture->host);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSID_NEW), 0);
	/* The kernel knows the vSID of what was attached with the vDEVICE, so that comes last. */
	assert_string_equal(host_interposer_text(fixture->host), "attach nested\n"
								 "destroy nested\n"
								 "destroy vdevice\n"
								 "vdevice 21\n"
								 "nested 8030000b d4\n"
								 "attach nested\n");
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0x4000));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[0], (uint64_t)VSID_NEW << 32 | VSMMU_EVENT_F_TRANSLATION);
	assert_int_equal(counters(fixture, 0).delivered, 1);
	assert_int_equal(vsid_of(fixture, 0), VSID_NEW);
	/* The guest's commands reach it by its new name alone. */
	fixture_write_ste(fixture, FIXTURE_VSID(0), STE_BYPASS, 0);
	assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0xd4);
	fixture_write_ste(fixture, VSID_NEW, STE_ABORT, 0);
	assert_int_equal(fixture_refresh(fixture, VSID_NEW, 1), 0);
	fixture_expect_nested(fixture, 0, STE_ABORT, 0);
	fixture_free(fixture);
}

/* A renumbering begins no new count, and nobody's count gets another's events. */
TEST(counters_stay_with_their_endpoint)
{
	struct install_fixture *fixture = fixture_with(2);
	uint64_t word[4];

	for (unsigned int n = 0; n < 2; n++) {
		assert_true(fixture_event(fixture, n, VSMMU_EVENT_F_TRANSLATION, 0));
		assert_true(fixture_consume(fixture, word));
	}
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSID_NEW), 0);
	assert_int_equal(counters(fixture, 0).delivered, 1);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[1], FIXTURE_VSID(0)), 0);
	for (unsigned int n = 0; n < 2; n++) {
		assert_true(fixture_event(fixture, n, VSMMU_EVENT_F_TRANSLATION, 0));
		assert_true(fixture_consume(fixture, word));
		assert_int_equal(word[0] >> 32, vsid_of(fixture, n));
		assert_int_equal(counters(fixture, n).delivered, 2);
		assert_int_equal(counters(fixture, n).discarded, 0);
	}
	fixture_free(fixture);
}

TEST(the_old_ones_events_are_stale)
{
	struct install_fixture *fixture = fixture_with(3);
	uint64_t word[4];

	for (unsigned int i = 0; i < 4; i++)
		assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, i << 12));
	assert_true(fixture_event(fixture, 2, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSID_NEW), 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).discarded_by[VSMMU_DISCARD_STALE], 4);
	assert_int_equal(counters(fixture, 0).discarded, 0);
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[0] >> 32, FIXTURE_VSID(2));
	assert_true(!fixture_consume(fixture, word));
	/* So the old one is free for another. */
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[2], FIXTURE_VSID(0)), 0);
	assert_true(fixture_event(fixture, 2, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[0] >> 32, FIXTURE_VSID(0));
	fixture_free(fixture);
}

TEST(a_change_that_cannot_be_changes_nothing)
{
	struct install_fixture *fixture = fixture_with(3);

	host_interposer_clear(fixture->host);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], FIXTURE_VSID(0)), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], FIXTURE_VSID(1)), -EEXIST);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], 1U << 16), -EINVAL);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT), 2);
	/* Events of the last holder that cannot be read yet: the guest's queue is full. */
	for (unsigned int i = 0; i < 1U << FIXTURE_EVENTQ_LOG2; i++)
		assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, i));
	while (vsmmu_dispatch(fixture->vmm->vsmmu, 0))
		;
	for (unsigned int i = 0; i < 1U << FIXTURE_EVENTQ_LOG2; i++) {
		assert_true(fixture_event(fixture, 1, VSMMU_EVENT_F_TRANSLATION, i));
		assert_true(fixture_event(fixture, 2, VSMMU_EVENT_F_TRANSLATION, i));
	}
	while (vsmmu_dispatch(fixture->vmm->vsmmu, 0))
		;
	assert_true(fixture_event(fixture, 2, VSMMU_EVENT_F_TRANSLATION, 0));
	fixture_detach(fixture, 2);
	host_interposer_clear(fixture->host);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], FIXTURE_VSID(2)), -EAGAIN);
	assert_string_equal(host_interposer_text(fixture->host), "");
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	test_vmm_write(
		fixture->vmm, SMMU_EVENTQ_CONS, test_vmm_read(fixture->vmm, SMMU_EVENTQ_PROD));
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], FIXTURE_VSID(2)), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	fixture_free(fixture);
}

/* Without access until it works, under whatever name. */
TEST(any_call_may_fail)
{
	unsigned int n = 1;

	for (bool failed = true; failed; n++) {
		struct install_fixture *fixture = fixture_with(2);
		int ret;

		host_interposer_clear(fixture->host);
		host_interposer_fail(fixture->host, HOST_CALLS_DO, n, 1, ENOMEM);
		ret = vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSID_NEW);
		failed = host_interposer_failed(fixture->host);
		host_interposer_heal(fixture->host);
		assert_int_equal(ret, failed ? -ENOMEM : 0);
		if (failed) {
			fixture_expect_parked(fixture, 0);
			assert_true(!host_interposer_opened(fixture->host, fixture->dev[0]));
			assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 1);
		}
		/* Without a vDEVICE, it has nothing that a command could reach. */
		if (n == 2) {
			assert_int_equal(fixture_refresh_all(fixture), 0);
			fixture_disable(fixture);
			fixture_enable(fixture);
			fixture_expect_parked(fixture, 0);
			assert_int_equal(
				vsmmu_endpoint_set_vsid(fixture->endpoint[0], FIXTURE_VSID(1)),
				-EEXIST);
			assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), 0);
			fixture_enable(fixture);
			fixture_expect_parked(fixture, 0);
		}
		assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSID_NEW), 0);
		fixture_expect_nested(fixture, 0, STE_S1, 0xd4);
		assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
		assert_int_equal(fixture_objects(fixture), OBJECTS(2, 2, 2, 2));
		fixture_free(fixture);
	}
	assert_int_equal(n - 2, 4); /* parking, vDEVICE, HWPT, attach */
}

TEST(any_undoing_may_fail)
{
	for (unsigned int n = 1; n <= 2; n++) {
		struct install_fixture *fixture = fixture_with(1);
		const bool vdevice = n == 2;

		host_interposer_clear(fixture->host);
		host_interposer_fail(fixture->host, HOST_CALLS_UNDO, n, 1, EIO);
		/* Not so the old STE's HWPT, which can go later. */
		assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSID_NEW),
			vdevice ? -EIO : 0);
		assert_true(host_interposer_failed(fixture->host));
		assert_int_equal(test_vmm_stats(fixture->vmm).blocked, vdevice);
		if (vdevice) {
			/* It has kept its name, without access. */
			assert_int_equal(vsid_of(fixture, 0), FIXTURE_VSID(0));
			assert_int_equal(counters(fixture, 0).delivered, 0);
			assert_true(!host_interposer_opened(fixture->host, fixture->dev[0]));
		}
		assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSID_NEW), 0);
		fixture_expect_nested(fixture, 0, STE_S1, 0xd4);
		fixture_free(fixture);
	}
}

/* An endpoint that the host cost its access may ask for its own StreamID again. */
TEST(its_present_one_is_tried_again)
{
	struct install_fixture *fixture = fixture_with(1);

	host_interposer_fail(fixture->host, HOST_CALLS_DO, 1, 1, EIO);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1, 0xd4), -EIO);
	fixture_expect_parked(fixture, 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], FIXTURE_VSID(0)), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0xd4);
	host_interposer_clear(fixture->host);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], FIXTURE_VSID(0)), 0);
	assert_string_equal(host_interposer_text(fixture->host), "");
	fixture_free(fixture);
}

TEST(one_without_a_name_can_go)
{
	struct install_fixture *fixture = fixture_with(2);

	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_VDEVICE_ALLOC), 1, 1, EIO);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSID_NEW), -EIO);
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_VDEVICE_ALLOC), 1, 1, EIO);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[1], VSID_OTHER), -EIO);
	fixture_detach(fixture, 0);
	/* Its names are free. */
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[1], VSID_NEW), 0);
	assert_int_equal(fixture_attach(fixture, 0), 0);
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_VDEVICE_ALLOC), 1, 1, EIO);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[1], FIXTURE_VSID(1)), -EIO);
	fixture_free(fixture); /* with one nameless */
}

/* The fault override of a C_BAD_STE belongs to the StreamID, not to the endpoint. */
TEST(what_c_bad_ste_means_goes_with_the_name)
{
	struct install_fixture *fixture = fixture_with(1);
	uint64_t word[4];

	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], 0x1000), 0);
	fixture_expect_nested(fixture, 0, STE_BAD0, STE_BAD1);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[0], UINT64_C(0x1000) << 32 | VSMMU_EVENT_C_BAD_STREAMID);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSID_OTHER), 0);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[0], (uint64_t)VSID_OTHER << 32 | VSMMU_EVENT_C_BAD_STE);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6", the_guests_ste_of_the_new_one_is_in_force),
		UNIT_TEST("S6 P20", counters_stay_with_their_endpoint),
		UNIT_TEST("S6 P20", the_old_ones_events_are_stale),
		UNIT_TEST("S6", a_change_that_cannot_be_changes_nothing),
		UNIT_TEST("S6", any_call_may_fail),
		UNIT_TEST("S6", any_undoing_may_fail),
		UNIT_TEST("S6", its_present_one_is_tried_again),
		UNIT_TEST("S6", one_without_a_name_can_go),
		UNIT_TEST("S4 S6", what_c_bad_ste_means_goes_with_the_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
