/* SPDX-License-Identifier: BSD-2-Clause */
/* What waits for an endpoint after a restore, while it comes or if it never does. */
#include "late_fixture.h"

/* Events of A wait for endpoint 0, which was not given it yet; B's are the guest's already. */
static struct install_fixture *with_heir(struct install_fixture *from)
{
	struct install_fixture *to = fixture_of(2);

	leave_events(from);
	to->number[OTHER] = B;
	assert_int_equal(move(from, to), 0);
	assert_int_equal(test_vmm_stats(to->vmm).pending, 4);
	return to;
}

static void make_room(struct install_fixture *fixture)
{
	take(fixture, B, QUEUE);
}

struct dispatching {
	struct install_fixture *fixture;
	uint64_t stale;
};

/* The event loop has its turn while the vDEVICE is made. */
static int dispatch_within(void *opaque, enum host_call call, uint32_t count)
{
	struct dispatching *dispatching = opaque;

	(void)count;
	if (call == HOST_CALL_VDEVICE_ALLOC) {
		make_room(dispatching->fixture);
		dispatching->stale = stale(dispatching->fixture);
	}
	return 0;
}

TEST(events_are_not_lost_while_their_endpoint_comes)
{
	struct install_fixture *from = source_new(), *to = with_heir(from);
	struct dispatching dispatching = {.fixture = to};

	to->host->hook = dispatch_within;
	to->host->opaque = &dispatching;
	assert_int_equal(vsmmu_endpoint_set_vsid(to->endpoint[0], A), 0);
	assert_int_equal(dispatching.stale, 0);
	take(to, A, 3);
	take(to, B, 1);
	expect_no_more(to);
	assert_int_equal(stale(to), 0);
	fixture_free(from);
	fixture_free(to);
}

/* A host that fails for a while costs access, and none of the events. */
TEST(events_survive_a_host_that_fails)
{
	for (int moves = 0; moves < 2; moves++) {
		struct install_fixture *from = source_new(), *to = with_heir(from), *next;
		struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};

		to->number[0] = A;
		host_interposer_fail(to->host, HOST_CALLS_OF(HOST_CALL_VDEVICE_ALLOC), 1, 1, EBUSY);
		fixture_command(to, CFGI_ALL);
		fixture_expect_parked(to, 0);
		if (moves) {
			next = fixture_of(2);
			next->number[0] = A;
			next->number[OTHER] = B;
			assert_int_equal(move(to, next), 0);
			fixture_free(to);
			to = next;
		}
		make_room(to);
		take(to, A, 3);
		take(to, B, 1);
		expect_no_more(to);
		assert_int_equal(vsmmu_recover(to->vmm->vsmmu), 0);
		fixture_expect_nested(to, 0, STE_S1, 0);
		assert_int_equal(stale(to), 0);
		assert_int_equal(vsmmu_endpoint_get_stats(to->endpoint[0], &stats), 0);
		assert_int_equal(stats.delivered, 3);
		assert_int_equal(stats.discarded, 0);
		fixture_free(from);
		fixture_free(to);
	}
}

/* The guest numbers it otherwise, or it goes, and the machine moves on before events were taken. */
TEST(events_of_nobody_do_not_spoil_a_snapshot)
{
	for (int how = 0; how < 3; how++) {
		struct install_fixture *from = source_new(), *to = with_heir(from);
		struct install_fixture *next = fixture_of(how ? 1 : 2);

		if (how == 0) {
			to->number[0] = next->number[0] = NEW;
			next->number[OTHER] = B;
			fixture_command(to, CFGI_ALL);
			fixture_expect_nested(to, 0, STE_BYPASS, 0);
		} else {
			if (how == 2) {
				host_interposer_fail(to->host,
					HOST_CALLS_OF(HOST_CALL_VDEVICE_ALLOC), 1, 1, EIO);
				assert_int_equal(vsmmu_endpoint_set_vsid(to->endpoint[0], A), -EIO);
			}
			fixture_detach(to, 0);
			next->number[0] = B;
		}
		assert_int_equal(move(to, next), 0);
		take(next, B, QUEUE + 1);
		expect_no_more(next);
		assert_int_equal(stale(next), 3);
		fixture_free(from);
		fixture_free(to);
		fixture_free(next);
	}
}

/* One of two goes before the guest has numbered it; the other one moves on, with its number. */
TEST(an_endpoint_that_has_gone_is_not_missed)
{
	struct install_fixture *from = source_new(), *to = fixture_of(2), *next = fixture_of(1);

	assert_int_equal(move(from, to), 0);
	assert_int_equal(waiting(to), 2);
	fixture_detach(to, OTHER);
	assert_int_equal(waiting(to), 2);
	next->number[0] = A;
	assert_int_equal(move(to, next), 0);
	fixture_expect_nested(next, 0, STE_S1, 0);
	assert_int_equal(waiting(next), 0);
	fixture_free(from);
	fixture_free(to);
	fixture_free(next);
}

/* Its counters begin with it, not with the stream that had its number. */
TEST(a_new_endpoint_has_no_counters_of_an_old_stream)
{
	for (int taken = 0; taken < 2; taken++) {
		struct install_fixture *from = source_new(), *to = with_heir(from);
		struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};

		if (taken) {
			make_room(to);
			take(to, A, 3);
		}
		assert_int_equal(fixture_attach_late(to, THIRD), 0);
		assert_int_equal(vsmmu_endpoint_set_vsid(to->endpoint[THIRD], A), 0);
		assert_int_equal(vsmmu_endpoint_get_stats(to->endpoint[THIRD], &stats), 0);
		assert_int_equal(stats.delivered, 0);
		assert_int_equal(stats.discarded, 0);
		fixture_free(from);
		fixture_free(to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E6", events_are_not_lost_while_their_endpoint_comes),
		UNIT_TEST("S7 E6", events_survive_a_host_that_fails),
		UNIT_TEST("S7 E6", events_of_nobody_do_not_spoil_a_snapshot),
		UNIT_TEST("S6 S7", an_endpoint_that_has_gone_is_not_missed),
		UNIT_TEST("S6 S7 A4", a_new_endpoint_has_no_counters_of_an_old_stream),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
