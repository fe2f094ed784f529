/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot's streams wait for endpoints that have no StreamID at its destination yet. */
#include "late_fixture.h"

TEST(the_number_is_there_already)
{
	struct install_fixture *from = source_new(), *to = fixture_of(2);

	faults(from, 0, 2);
	/* Which device is which is the VMM's to know. */
	to->number[0] = B;
	to->number[OTHER] = A;
	assert_int_equal(move(from, to), 0);
	assert_int_equal(to->asked[0], 1);
	assert_int_equal(waiting(to), 0);
	fixture_expect_nested(to, 0, STE_S1, 0xd4);
	fixture_expect_nested(to, OTHER, STE_S1, 0);
	take(to, A, 2);
	expect_no_more(to);
	fixture_free(from);
	fixture_free(to);
}

TEST(the_number_comes_later)
{
	struct install_fixture *from = source_new(), *to = fixture_of(2);
	struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};

	faults(from, 0, 2);
	faults(from, OTHER, 1);
	to->number[OTHER] = B;
	assert_int_equal(move(from, to), 0);
	assert_int_equal(waiting(to), 1);
	fixture_expect_parked(to, 0);
	fixture_expect_nested(to, OTHER, STE_S1, 0xd4);
	/* Its events are the guest's, in their turn, whoever has the number. */
	take(to, A, 2);
	take(to, B, 1);
	expect_no_more(to);
	fixture_command(to, CFGI_ALL);
	fixture_expect_parked(to, 0);
	assert_int_equal(waiting(to), 1);
	/* It gets what the guest's table says by then. */
	fixture_write_ste(to, A, STE_BYPASS, 0);
	to->number[0] = A;
	fixture_command(to, CFGI_ALL);
	assert_int_equal(waiting(to), 0);
	fixture_expect_nested(to, 0, STE_BYPASS, 0);
	assert_int_equal(vsmmu_endpoint_get_stats(to->endpoint[0], &stats), 0);
	assert_int_equal(stats.delivered, 2);
	fixture_free(from);
	fixture_free(to);
}

/* With the guest's queue full they still wait when the number comes: they are its own. */
TEST(events_wait_for_their_endpoint)
{
	for (int asked = 0; asked < 2; asked++) {
		struct install_fixture *from = source_new(), *to = fixture_of(2);

		leave_events(from);
		to->number[OTHER] = B;
		assert_int_equal(move(from, to), 0);
		assert_int_equal(test_vmm_stats(to->vmm).pending, 4);
		to->number[0] = A;
		if (asked)
			fixture_command(to, CFGI_ALL);
		else
			assert_int_equal(vsmmu_endpoint_set_vsid(to->endpoint[0], A), 0);
		fixture_expect_nested(to, 0, STE_S1, 0);
		assert_int_equal(waiting(to), 0);
		faults(to, 0, 1);
		take(to, B, QUEUE);
		take(to, A, 3);
		take(to, B, 1);
		take(to, A, 1);
		expect_no_more(to);
		assert_int_equal(stale(to), 0);
		fixture_free(from);
		fixture_free(to);
	}
}

/* An endpoint that is new in the guest has nothing to do with what waits. */
TEST(another_ones_events_are_not_its_own)
{
	for (int late = 0; late < 2; late++) {
		struct install_fixture *from = source_new(), *to = fixture_of(2);

		leave_events(from);
		to->number[OTHER] = B;
		assert_int_equal(move(from, to), 0);
		/* Plugged after the restore. */
		assert_int_equal(late ? fixture_attach_late(to, THIRD) : 0, 0);
		if (late) {
			assert_int_equal(vsmmu_endpoint_set_vsid(to->endpoint[THIRD], A), 0);
		} else {
			const struct vsmmu_endpoint_config config = {.size = sizeof(config),
				.vsid = A,
				.vfio_fd = -1,
				.dev_id = to->dev[THIRD]};

			assert_int_equal(vsmmu_endpoint_attach(
						 to->vmm->vsmmu, &config, &to->endpoint[THIRD]),
				0);
		}
		assert_int_equal(stale(to), 3);
		fixture_expect_nested(to, THIRD, STE_S1, 0);
		take(to, B, QUEUE + 1);
		expect_no_more(to);
		fixture_free(from);
		fixture_free(to);
	}
}

/* The guest had numbered its buses anew, but not said so before the save. */
TEST(another_number_comes)
{
	for (int at_once = 0; at_once < 2; at_once++) {
		struct install_fixture *from = source_new(), *to = fixture_of(2), *next;

		leave_events(from);
		to->number[0] = at_once ? NEW : N;
		to->number[OTHER] = B;
		assert_int_equal(move(from, to), 0);
		to->number[0] = NEW;
		fixture_command(to, CFGI_ALL);
		fixture_expect_nested(to, 0, STE_BYPASS, 0);
		/* None is left that A may be of. */
		assert_int_equal(waiting(to), 0);
		next = fixture_of(2);
		next->number[0] = NEW;
		next->number[OTHER] = B;
		take(to, B, QUEUE + 1);
		assert_int_equal(stale(to), 3);
		expect_no_more(to);
		assert_int_equal(move(to, next), 0);
		fixture_expect_nested(next, 0, STE_BYPASS, 0);
		fixture_free(from);
		fixture_free(to);
		fixture_free(next);
	}
}

/* It never comes, and the machine moves on. */
TEST(streams_wait_on_and_on)
{
	struct install_fixture *from = source_new(), *to = NULL;

	leave_events(from);
	for (int i = 0; i < 3; i++) {
		to = fixture_of(2);
		assert_int_equal(move(from, to), 0);
		assert_int_equal(waiting(to), 2);
		assert_int_equal(test_vmm_stats(to->vmm).pending, 4);
		fixture_expect_parked(to, 0);
		fixture_expect_parked(to, OTHER);
		fixture_free(from);
		from = to;
	}
	take(to, B, QUEUE);
	take(to, A, 3);
	take(to, B, 1);
	expect_no_more(to);
	assert_int_equal(vsmmu_endpoint_set_vsid(to->endpoint[OTHER], A), 0);
	fixture_expect_nested(to, OTHER, STE_S1, 0);
	assert_int_equal(waiting(to), 1);
	fixture_free(to);
}

/* With the last endpoint that they may be of, or at a reset, nothing waits any more. */
TEST(waiting_ends)
{
	for (int reset = 0; reset < 2; reset++) {
		struct install_fixture *from = source_new(), *to = fixture_of(2);

		leave_events(from);
		assert_int_equal(move(from, to), 0);
		if (reset) {
			assert_int_equal(vsmmu_reset(to->vmm->vsmmu), 0);
			fixture_expect_bypass(to, 0);
			assert_int_equal(
				test_vmm_stats(to->vmm).discarded_by[VSMMU_DISCARD_RESET], 4);
		} else {
			fixture_detach(to, 0);
			assert_int_equal(waiting(to), 2);
			fixture_detach(to, OTHER);
			take(to, B, QUEUE);
			assert_int_equal(stale(to), 4);
		}
		assert_int_equal(waiting(to), 0);
		expect_no_more(to);
		fixture_free(from);
		fixture_free(to);
	}
}

/* Without an endpoint that may get it late, all must be there, and nothing else. */
TEST(others_must_fit)
{
	struct install_fixture *from = source_new(), *to = fixture_of(0);

	assert_int_equal(fixture_attach(to, 0), 0); /* A */
	assert_int_equal(move(from, to), -ENODEV);
	assert_int_equal(test_vmm_reported(to->vmm, VSMMU_REPORT_UNFIT), 1);
	assert_int_equal(to->vmm->reports[0].vsid, B);
	assert_int_equal(fixture_attach_late(to, OTHER), 0);
	/* A third one with a number that the guest does not know. */
	assert_int_equal(fixture_attach(to, THIRD), 0);
	assert_int_equal(move(from, to), -ENODEV);
	assert_int_equal(test_vmm_reported(to->vmm, VSMMU_REPORT_UNFIT), 2);
	assert_int_equal(waiting(to), 0);
	fixture_detach(to, THIRD);
	/* One of those that come late may have it, or have none. */
	assert_int_equal(fixture_attach_late(to, THIRD), 0);
	to->number[THIRD] = NEW;
	assert_int_equal(move(from, to), 0);
	fixture_expect_nested(to, 0, STE_S1, 0);
	fixture_expect_nested(to, THIRD, STE_BYPASS, 0);
	fixture_expect_parked(to, OTHER);
	fixture_free(from);
	fixture_free(to);
}

/* A source's endpoint without a number is no stream: it is not in the snapshot. */
TEST(one_that_has_none_is_not_saved)
{
	struct install_fixture *from = source_new(), *to = fixture_of(2);

	assert_int_equal(vsmmu_endpoint_set_vsid(from->endpoint[0], N), 0);
	to->number[OTHER] = B;
	assert_int_equal(move(from, to), 0);
	assert_int_equal(waiting(to), 0);
	fixture_expect_parked(to, 0);
	fixture_expect_nested(to, OTHER, STE_S1, 0xd4);
	fixture_free(from);
	fixture_free(to);
}

/* A restore that fails leaves nothing that waits, and can be made again. */
TEST(any_call_may_fail)
{
	unsigned int n = 1;

	for (bool failed = true; failed; n++) {
		struct install_fixture *from = source_new(), *to = fixture_of(2);
		int ret;

		leave_events(from);
		to->number[OTHER] = B;
		host_interposer_fail(to->host, HOST_CALLS_DO, n, 1, EIO);
		ret = move(from, to);
		failed = host_interposer_failed(to->host);
		if (ret) {
			assert_int_equal(ret, -EIO);
			assert_int_equal(waiting(to), 0);
			assert_int_equal(test_vmm_stats(to->vmm).pending, 0);
			assert_int_equal(move(from, to), 0);
		}
		assert_int_equal(waiting(to), 1);
		fixture_expect_parked(to, 0);
		fixture_expect_nested(to, OTHER, STE_S1, 0xd4);
		take(to, B, QUEUE);
		take(to, A, 3);
		take(to, B, 1);
		expect_no_more(to);
		fixture_free(from);
		fixture_free(to);
	}
	assert_true(n > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 S7", the_number_is_there_already),
		UNIT_TEST("S6 S7", the_number_comes_later),
		UNIT_TEST("S7 E6", events_wait_for_their_endpoint),
		UNIT_TEST("S6 S7 A4", another_ones_events_are_not_its_own),
		UNIT_TEST("S6 S7", another_number_comes),
		UNIT_TEST("S7 E6", streams_wait_on_and_on),
		UNIT_TEST("S6 S7", waiting_ends),
		UNIT_TEST("S7", others_must_fit),
		UNIT_TEST("S6 S7", one_that_has_none_is_not_saved),
		UNIT_TEST("S7", any_call_may_fail),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
