/* SPDX-License-Identifier: BSD-2-Clause */
/* A StreamID that an endpoint is to have is stale still, or the host fails to give it. */
#include "ask_fixture.h"

/* The guest's queue is full, and events of endpoint 0 are left behind one of a neighbour's. */
static void leave_events_behind(struct install_fixture *fixture)
{
	for (unsigned int i = 0; i < 1U << FIXTURE_EVENTQ_LOG2; i++)
		assert_true(fixture_event(fixture, 2, VSMMU_EVENT_F_TRANSLATION, i));
	while (vsmmu_dispatch(fixture->vmm->vsmmu, 0))
		;
	assert_true(fixture_event(fixture, 2, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
}

static void take_all(struct install_fixture *fixture)
{
	uint64_t word[4];

	/* None has a number that its endpoint does not have. */
	while (fixture_consume(fixture, word))
		assert_int_equal(word[0] >> 32, fixture->endpoint[2]->vsid);
}

/* A stale one comes as soon as it is free: the guest need not ask again. */
TEST(a_stale_number_comes_when_it_is_free)
{
	struct install_fixture *fixture = fixture_asking(3);

	number(fixture, A, B, C);
	fixture_command(fixture, CFGI_ALL);
	leave_events_behind(fixture);
	number(fixture, FREE, A, C);
	for (int i = 0; i < 3; i++)
		fixture_command(fixture, CFGI_ALL);
	assert_int_equal(fixture->endpoint[0]->vsid, FREE);
	assert_int_equal(fixture->endpoint[1]->vsid, N);
	fixture_expect_parked(fixture, 1);
	assert_int_equal(refused(fixture), 1);
	/* And is not waited for in a loop. */
	assert_true(!command_fd_is_readable(fixture));
	assert_int_equal(vsmmu_run_commands(fixture->vmm->vsmmu, 0), 0);
	fixture_expect_parked(fixture, 1);
	take_all(fixture);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_VSID_FREE), 1);
	assert_true(command_fd_is_readable(fixture));
	assert_int_equal(fixture->endpoint[1]->vsid, N);
	/* A command that asks nobody does not take that away. */
	fixture_command(fixture, SYNC);
	assert_true(command_fd_is_readable(fixture));
	assert_int_equal(vsmmu_run_commands(fixture->vmm->vsmmu, 0), 0);
	assert_true(!command_fd_is_readable(fixture));
	expect_all(fixture, FREE, A, C);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_RECOVERED), 0);
	fixture_free(fixture);
}

/* The next command gives it as well, and vsmmu_recover(). */
TEST(a_stale_number_is_tried_when_asked)
{
	for (int recover = 0; recover < 2; recover++) {
		struct install_fixture *fixture = fixture_asking(3);

		number(fixture, A, B, C);
		fixture_command(fixture, CFGI_ALL);
		leave_events_behind(fixture);
		number(fixture, N, A, C);
		fixture_command(fixture, CFGI_ALL);
		assert_int_equal(fixture->endpoint[1]->vsid, N);
		test_vmm_write(fixture->vmm, SMMU_EVENTQ_CONS,
			test_vmm_read(fixture->vmm, SMMU_EVENTQ_PROD));
		if (recover)
			assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
		else
			fixture_command(fixture, CFGI_ALL);
		assert_int_equal(fixture->endpoint[1]->vsid, A);
		take_all(fixture);
		expect_all(fixture, N, A, C);
		fixture_free(fixture);
	}
}

/* "Not yet" takes nothing back, neither what an endpoint has nor what it is to have. */
TEST(not_yet_keeps_what_is_wanted)
{
	struct install_fixture *fixture = fixture_asking(3);

	number(fixture, A, B, C);
	fixture_command(fixture, CFGI_ALL);
	leave_events_behind(fixture);
	number(fixture, FREE, A, C);
	fixture_command(fixture, CFGI_ALL);
	number(fixture, FREE, N, C);
	fixture_command(fixture, CFGI_ALL);
	take_all(fixture);
	assert_int_equal(vsmmu_run_commands(fixture->vmm->vsmmu, 0), 0);
	expect_all(fixture, FREE, A, C);
	assert_int_equal(refused(fixture), 1);
	fixture_free(fixture);
}

/* The library's own recovery gives it what the answer was. */
TEST(a_host_that_fails_is_tried_again)
{
	unsigned int n = 1, tried = 0;

	for (bool failed = true; failed; n++) {
		struct install_fixture *fixture = fixture_asking(3);

		number(fixture, A, B, C);
		fixture_command(fixture, CFGI_ALL);
		number(fixture, FREE, A, C);
		host_interposer_fail(fixture->host, HOST_CALLS_ANY, n, 1, ENOMEM);
		fixture_command(fixture, CFGI_ALL);
		failed = host_interposer_failed(fixture->host);
		for (unsigned int i = 0; i < 2 && test_vmm_stats(fixture->vmm).blocked; i++) {
			/* No more than the rules say: at worst it aborts. */
			if (fixture->endpoint[i]->blocked)
				fixture_expect_parked(fixture, i);
		}
		if (test_vmm_stats(fixture->vmm).blocked) {
			tried++;
			assert_true(test_vmm_reported(fixture->vmm, VSMMU_REPORT_BLOCKED) >= 1);
		}
		assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
		expect_all(fixture, FREE, A, C);
		assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
		assert_int_equal(fixture_objects(fixture), OBJECTS(2, 2, 3, 3));
		fixture_free(fixture);
	}
	assert_true(tried >= 8);
}

/* By itself, with the timer behind the command fd. */
TEST(access_comes_back_by_itself)
{
	struct install_fixture *fixture = fixture_asking(1);
	struct pollfd fd = {.fd = vsmmu_get_command_fd(fixture->vmm->vsmmu), .events = POLLIN};

	fixture->number[0] = A;
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_VDEVICE_ALLOC), 1, 1, EBUSY);
	fixture_command(fixture, CFGI_ALL);
	fixture_expect_parked(fixture, 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 1);
	assert_int_equal(poll(&fd, 1, 30000), 1);
	assert_int_equal(vsmmu_run_commands(fixture->vmm->vsmmu, 0), 0);
	expect(fixture, 0, A);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_RECOVERED), 1);
	fixture_free(fixture);
}

/* Runs what the command fd tells of, until an endpoint has a StreamID. */
static void recover_by_itself(struct install_fixture *fixture, unsigned int n, uint64_t vsid)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(fixture->vmm->vsmmu), .events = POLLIN};

	while (fixture->endpoint[n]->vsid != vsid || !fixture->endpoint[n]->vdevice_id) {
		assert_int_equal(poll(&fd, 1, 30000), 1);
		assert_int_equal(vsmmu_run_commands(fixture->vmm->vsmmu, 0), 0);
	}
}

/* Its last holder's vDEVICE could not be destroyed yet. */
TEST(a_vdevice_that_is_left_is_waited_for)
{
	for (int recover = 0; recover < 2; recover++) {
		struct install_fixture *fixture = fixture_asking(3);

		number(fixture, A, N, N);
		fixture_command(fixture, CFGI_ALL);
		/* The HWPT of its STE, then the vDEVICE: at the detach, and once more. */
		host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_DESTROY), 2, 1, EBUSY);
		assert_int_equal(vsmmu_endpoint_detach(fixture->endpoint[0]), -EBUSY);
		assert_true(host_interposer_failed(fixture->host));
		number(fixture, N, N, A);
		fixture_command(fixture, CFGI_ALL);
		fixture_expect_parked(fixture, 2);
		if (recover)
			assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
		else
			recover_by_itself(fixture, 2, A);
		expect(fixture, 2, A);
		fixture->endpoint[0] = NULL;
		fixture_free(fixture);
	}
}

/* One that could not give its StreamID up kept another from it too. */
TEST(both_of_a_swap_recover)
{
	for (int recover = 0; recover < 2; recover++) {
		struct install_fixture *fixture = fixture_asking(3);

		number(fixture, A, N, C);
		fixture_command(fixture, CFGI_ALL);
		number(fixture, C, N, A);
		host_interposer_fail(
			fixture->host, HOST_CALLS_OF(HOST_CALL_DESTROY), recover ? 2 : 4, 1, EBUSY);
		fixture_command(fixture, CFGI_ALL);
		assert_true(host_interposer_failed(fixture->host));
		fixture_expect_parked(fixture, 0);
		fixture_expect_parked(fixture, 2);
		if (recover)
			assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
		else
			recover_by_itself(fixture, 0, C);
		expect_all(fixture, C, N, A);
		fixture_free(fixture);
	}
}

/* An error that does not pass: the guest's next command tries again. */
TEST(the_guest_tries_again)
{
	struct install_fixture *fixture = fixture_asking(1);

	fixture->number[0] = A;
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_VDEVICE_ALLOC), 1, 1, EIO);
	fixture_command(fixture, CFGI_ALL);
	fixture_expect_parked(fixture, 0);
	fixture_command(fixture, CFGI_STE(C));
	expect(fixture, 0, A);
	fixture_free(fixture);
}

/* With a number that is not its own any more, it has no access, whatever the guest's table says. */
TEST(an_old_number_gives_no_access)
{
	struct install_fixture *fixture = fixture_asking(1);

	fixture->number[0] = A;
	fixture_command(fixture, CFGI_ALL);
	fixture->number[0] = B;
	/* The HWPT of its STE, then the vDEVICE. */
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_DESTROY), 2, 1000, EIO);
	fixture_command(fixture, CFGI_ALL);
	assert_int_equal(fixture->endpoint[0]->vsid, A);
	fixture_expect_parked(fixture, 0);
	fixture_command(fixture, CFGI_STE(A));
	assert_int_equal(fixture_refresh_all(fixture), 0);
	fixture_expect_parked(fixture, 0);
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), -EIO);
	fixture_expect_parked(fixture, 0);
	host_interposer_heal(fixture->host);
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
	expect(fixture, 0, B);
	/* Or the guest gives the old one back. */
	fixture->number[0] = A;
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_DESTROY), 2, 1000, EIO);
	fixture_command(fixture, CFGI_ALL);
	fixture_expect_parked(fixture, 0);
	fixture->number[0] = B;
	fixture_command(fixture, CFGI_ALL);
	host_interposer_heal(fixture->host);
	expect(fixture, 0, B);
	fixture_free(fixture);
}

static int command_in_a_detach(void *opaque, enum host_call call, uint32_t count)
{
	struct install_fixture *fixture = opaque;

	(void)count;
	if (call == HOST_CALL_DETACH) {
		fixture->host->hook = NULL;
		fixture_command(fixture, CFGI_ALL);
	}
	return 0;
}

/* A detach takes long, but what its endpoint had is free before: no register write waits for it. */
TEST(a_number_is_free_in_the_midst_of_a_detach)
{
	struct install_fixture *fixture = fixture_asking(3);

	number(fixture, A, N, C);
	fixture_command(fixture, CFGI_ALL);
	number(fixture, A, B, A);
	fixture->host->hook = command_in_a_detach;
	fixture->host->opaque = fixture;
	fixture_detach(fixture, 0);
	expect(fixture, 1, B);
	expect(fixture, 2, A);
	assert_int_equal(refused(fixture), 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 0);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 A4", a_stale_number_comes_when_it_is_free),
		UNIT_TEST("S6 A4", a_stale_number_is_tried_when_asked),
		UNIT_TEST("S6 A4", not_yet_keeps_what_is_wanted),
		UNIT_TEST("S6 D3", a_host_that_fails_is_tried_again),
		UNIT_TEST("S6 D3", access_comes_back_by_itself),
		UNIT_TEST("S6 D3", a_vdevice_that_is_left_is_waited_for),
		UNIT_TEST("S6 D3", both_of_a_swap_recover),
		UNIT_TEST("S6 D3", the_guest_tries_again),
		UNIT_TEST("S4 S6", an_old_number_gives_no_access),
		UNIT_TEST("S6 D1", a_number_is_free_in_the_midst_of_a_detach),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
