/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMM is asked which StreamID its guest has given an endpoint, when that matters. */
#include "ask_fixture.h"

TEST(commands_that_change_streams_ask)
{
	struct install_fixture *fixture = fixture_asking(1);
	unsigned int asked = fixture->asked[0];

	fixture_command(fixture, TLBI);
	fixture_command(fixture, CFGI_CD(A));
	fixture_command(fixture, SYNC);
	assert_int_equal(fixture->asked[0], asked);
	fixture_command(fixture, CFGI_ALL);
	assert_int_equal(fixture->asked[0], ++asked);
	expect(fixture, 0, N);
	/* Of whatever stream. */
	fixture->number[0] = A;
	fixture_command(fixture, CFGI_STE(C));
	assert_int_equal(fixture->asked[0], ++asked);
	expect(fixture, 0, A);
	fixture->number[0] = B;
	fixture_command(fixture, CFGI_RANGE(C));
	assert_int_equal(fixture->asked[0], ++asked);
	expect(fixture, 0, B);
	fixture->number[0] = C;
	fixture_command(fixture, CFGI_ALL);
	expect(fixture, 0, C);
	fixture_free(fixture);
}

/* An STE that the guest wrote before its CFGI_STE is the one that the endpoint gets. */
TEST(the_command_acts_on_what_is_new)
{
	struct install_fixture *fixture = fixture_asking(1);
	unsigned int stes = (unsigned int)test_vmm_stats(fixture->vmm).stes;

	fixture_write_ste(fixture, A, STE_BYPASS, 0);
	fixture->number[0] = A;
	fixture_command(fixture, CFGI_STE(A));
	fixture_expect_nested(fixture, 0, STE_BYPASS, 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).stes, stes + 1);
	fixture_free(fixture);
}

TEST(smmuen_asks_when_it_becomes_1)
{
	struct install_fixture *fixture = fixture_asking(1);
	struct test_vmm *vmm = fixture->vmm;
	unsigned int asked = fixture->asked[0];
	uint32_t cr0 = test_vmm_read(vmm, SMMU_CR0);

	assert_int_equal(asked, 1);
	test_vmm_write(vmm, SMMU_CR0, cr0 & ~SMMU_CR0_EVENTQEN);
	test_vmm_write(vmm, SMMU_CR0, cr0);
	test_vmm_write(vmm, SMMU_CR0, cr0 & ~SMMU_CR0_SMMUEN);
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE);
	assert_int_equal(fixture->asked[0], asked);
	fixture->number[0] = A;
	fixture_expect_bypass(fixture, 0);
	host_interposer_clear(fixture->host);
	test_vmm_write(vmm, SMMU_CR0, cr0);
	assert_int_equal(fixture->asked[0], asked + 1);
	assert_int_equal(host_interposer_count(fixture->host, "attach nested"), 1);
	expect(fixture, 0, A);
	fixture_free(fixture);
}

/* Commands also come while SMMUEN is 0, and GBPA still decides then. */
TEST(gbpa_decides_all_the_while)
{
	struct install_fixture *fixture = fixture_asking(2);

	test_vmm_write(fixture->vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
	fixture->number[0] = A;
	host_interposer_clear(fixture->host);
	fixture_command(fixture, CFGI_ALL);
	assert_string_equal(host_interposer_text(fixture->host), "vdevice 10\n");
	fixture_expect_bypass(fixture, 0);
	/* One that is refused, too. */
	fixture->number[0] = UINT64_C(1) << 40;
	fixture_command(fixture, CFGI_ALL);
	fixture_expect_bypass(fixture, 0);
	assert_int_equal(fixture->endpoint[0]->vsid, N);
	test_vmm_write(fixture->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	fixture->number[1] = B;
	fixture_command(fixture, CFGI_ALL);
	fixture_expect_parked(fixture, 0);
	fixture_expect_parked(fixture, 1);
	fixture_free(fixture);
}

/* Nor is it asked after it is gone; and without any nothing is looked at. */
TEST(others_are_never_asked)
{
	struct install_fixture *fixture = fixture_asking(1);
	unsigned int asked;

	assert_int_equal(fixture_attach(fixture, 1), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[1], N), 0);
	fixture->number[0] = A;
	fixture->number[1] = B;
	fixture_command(fixture, CFGI_ALL);
	expect(fixture, 0, A);
	expect(fixture, 1, N);
	assert_int_equal(fixture->asked[1], 0);
	asked = fixture->asked[0];
	fixture_detach(fixture, 0);
	host_interposer_clear(fixture->host);
	fixture_command(fixture, CFGI_ALL);
	assert_string_equal(host_interposer_text(fixture->host), "");
	assert_int_equal(fixture->asked[0], asked);
	assert_int_equal(fixture->vmm->vsmmu->asked, 0);
	fixture_free(fixture);
}

/* All leave first, so two or three may exchange their numbers at once. */
TEST(numbers_are_exchanged)
{
	struct install_fixture *fixture = fixture_asking(3);

	number(fixture, A, B, C);
	fixture_command(fixture, CFGI_ALL);
	expect_all(fixture, A, B, C);
	number(fixture, B, A, C);
	host_interposer_clear(fixture->host);
	fixture_command(fixture, CFGI_STE(A));
	/* Who keeps its own is left alone. */
	assert_int_equal(host_interposer_count(fixture->host, "vdevice"), 2);
	assert_int_equal(host_interposer_count(fixture->host, "destroy vdevice"), 2);
	expect_all(fixture, B, A, C);
	number(fixture, A, C, B);
	fixture_command(fixture, CFGI_ALL);
	expect_all(fixture, A, C, B);
	number(fixture, C, B, A);
	fixture_command(fixture, CFGI_ALL);
	expect_all(fixture, C, B, A);
	number(fixture, B, A, C);
	fixture_command(fixture, CFGI_ALL);
	expect_all(fixture, B, A, C);
	assert_int_equal(refused(fixture), 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 0);
	fixture_free(fixture);
}

/* Nothing that was queued before an exchange is told under either number. */
TEST(events_of_before_are_stale)
{
	struct install_fixture *fixture = fixture_asking(3);
	uint64_t word[4];

	number(fixture, A, B, C);
	fixture_command(fixture, CFGI_ALL);
	for (unsigned int n = 0; n < 3; n++)
		assert_true(fixture_event(fixture, n, VSMMU_EVENT_F_TRANSLATION, n));
	number(fixture, C, B, A);
	fixture_command(fixture, CFGI_ALL);
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[0] >> 32, B);
	assert_true(!fixture_consume(fixture, word));
	assert_int_equal(test_vmm_stats(fixture->vmm).discarded_by[VSMMU_DISCARD_STALE], 2);
	expect_all(fixture, C, B, A);
	fixture_expect_counted(fixture);
	fixture_free(fixture);
}

TEST(not_yet_changes_nothing)
{
	struct install_fixture *fixture = fixture_asking(3);

	number(fixture, A, B, N);
	fixture_command(fixture, CFGI_ALL);
	number(fixture, N, B, N);
	host_interposer_clear(fixture->host);
	fixture_command(fixture, CFGI_STE(B));
	assert_string_equal(host_interposer_text(fixture->host), "");
	expect_all(fixture, A, B, N);
	/* But its number is another's now, so it is not its own any more. */
	number(fixture, N, A, N);
	fixture_command(fixture, CFGI_ALL);
	expect_all(fixture, N, A, N);
	number(fixture, C, A, N);
	fixture_command(fixture, CFGI_ALL);
	expect_all(fixture, C, A, N);
	assert_int_equal(refused(fixture), 0);
	fixture_free(fixture);
}

/* Of two that are to have one number the one that has it keeps it. */
TEST(a_number_that_comes_twice)
{
	struct install_fixture *fixture = fixture_asking(3);

	number(fixture, A, N, N);
	fixture_command(fixture, CFGI_ALL);
	number(fixture, A, A, N);
	for (int i = 0; i < 3; i++) {
		fixture_command(fixture, CFGI_ALL);
		expect_all(fixture, A, N, N);
		assert_int_equal(refused(fixture), 1);
	}
	/* It is tried each time. */
	number(fixture, FREE, A, N);
	fixture_command(fixture, CFGI_ALL);
	expect_all(fixture, FREE, A, N);
	/* Another time is told again. */
	number(fixture, A, A, N);
	fixture_command(fixture, CFGI_ALL);
	fixture_command(fixture, CFGI_ALL);
	expect_all(fixture, N, A, N);
	assert_int_equal(refused(fixture), 2);
	/* From nothing one of them gets it, and only one. */
	number(fixture, C, C, C);
	fixture_command(fixture, CFGI_ALL);
	assert_int_equal((fixture->endpoint[0]->vsid == C) + (fixture->endpoint[1]->vsid == C) +
				 (fixture->endpoint[2]->vsid == C),
		1);
	fixture_free(fixture);
}

TEST(a_number_of_one_that_is_not_asked)
{
	struct install_fixture *fixture = fixture_asking(1);

	assert_int_equal(fixture_attach(fixture, 1), 0);
	fixture->number[0] = B;
	fixture_command(fixture, CFGI_ALL);
	fixture_command(fixture, CFGI_ALL);
	expect(fixture, 0, N);
	expect(fixture, 1, B);
	assert_int_equal(refused(fixture), 1);
	assert_int_equal(fixture->vmm->reports[0].vsid, B);
	assert_int_equal(fixture->vmm->reports[0].severity, VSMMU_WARNING);
	fixture_detach(fixture, 1);
	fixture_command(fixture, CFGI_ALL);
	expect(fixture, 0, B);
	assert_int_equal(refused(fixture), 1);
	fixture_free(fixture);
}

TEST(a_number_beyond_sidsize)
{
	static const uint64_t beyond[] = {1U << 16, UINT64_C(1) << 32 | A, N - 1};
	struct install_fixture *fixture = fixture_asking(1);

	for (unsigned int i = 0; i < 3; i++) {
		fixture->number[0] = A;
		fixture_command(fixture, CFGI_ALL);
		expect(fixture, 0, A);
		fixture->number[0] = beyond[i];
		fixture_command(fixture, CFGI_ALL);
		fixture_command(fixture, CFGI_ALL);
		expect(fixture, 0, N);
		assert_int_equal(refused(fixture), i + 1);
		assert_int_equal(fixture->vmm->reports[i].vsid, beyond[i]);
	}
	/* Going back and forth it has nothing to lose. */
	fixture->number[0] = N;
	fixture_command(fixture, CFGI_ALL);
	expect(fixture, 0, N);
	assert_int_equal(refused(fixture), 3);
	fixture_free(fixture);
}

/* What the VMM sets holds until an answer differs from it. */
TEST(it_may_be_set_as_well)
{
	struct install_fixture *fixture = fixture_asking(1);

	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], A), 0);
	expect(fixture, 0, A);
	fixture_command(fixture, CFGI_ALL);
	expect(fixture, 0, A);
	fixture->number[0] = A;
	fixture_command(fixture, CFGI_ALL);
	expect(fixture, 0, A);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], B), 0);
	expect(fixture, 0, B);
	fixture_command(fixture, CFGI_ALL);
	expect(fixture, 0, A);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], N), 0);
	expect(fixture, 0, N);
	fixture_command(fixture, CFGI_ALL);
	expect(fixture, 0, A);
	/* Also what was refused is wanted no more. */
	fixture->number[0] = 1U << 16;
	fixture_command(fixture, CFGI_ALL);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], N), 0);
	fixture->number[0] = N;
	fixture_command(fixture, CFGI_ALL);
	expect(fixture, 0, N);
	assert_int_equal(refused(fixture), 1);
	fixture_free(fixture);
}

/* A reset takes no number away; the guest's next enabling asks anew. */
TEST(a_reset_keeps_them)
{
	struct install_fixture *fixture = fixture_asking(3);
	uint64_t word[4];

	number(fixture, A, B, C);
	fixture_command(fixture, CFGI_ALL);
	number(fixture, B, A, N);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), 0);
	for (unsigned int n = 0; n < 3; n++)
		fixture_expect_bypass(fixture, n);
	fixture_enable(fixture);
	assert_true(!fixture_consume(fixture, word));
	expect_all(fixture, B, A, C);
	fixture_free(fixture);
}

/* A register write stops behind the command that gave numbers, as behind one that changed STEs. */
TEST(a_register_write_is_bounded)
{
	struct install_fixture *fixture = fixture_asking(2);
	struct test_vmm *vmm = fixture->vmm;
	const uint32_t prod = test_vmm_read(vmm, SMMU_CMDQ_PROD);

	number(fixture, A, B, N);
	for (unsigned int i = 0; i < 3; i++) {
		test_vmm_store64(vmm, FIXTURE_CMDQ + 16 * (uint64_t)(prod + i),
			UINT64_C(0x03) | (uint64_t)C << 32);
		test_vmm_store64(vmm, FIXTURE_CMDQ + 16 * (uint64_t)(prod + i) + 8, 1);
	}
	test_vmm_write(vmm, SMMU_CMDQ_PROD, prod + 3);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), prod + 1);
	assert_true(command_fd_is_readable(fixture));
	assert_int_equal(vsmmu_run_commands(vmm->vsmmu, 0), 2);
	expect(fixture, 0, A);
	expect(fixture, 1, B);
	fixture_free(fixture);
}

/* Without the op, a VMM gives all numbers itself. */
TEST(without_the_op_nobody_is_asked)
{
	struct install_fixture *fixture = fixture_translating(NULL, 0);

	assert_int_equal(fixture_attach_late(fixture, 0), 0);
	fixture_enable(fixture);
	fixture_enable_commands(fixture);
	fixture_command(fixture, CFGI_ALL);
	fixture_expect_parked(fixture, 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], A), 0);
	fixture_command(fixture, CFGI_ALL);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 P14", commands_that_change_streams_ask),
		UNIT_TEST("S6", the_command_acts_on_what_is_new),
		UNIT_TEST("S6 P13", smmuen_asks_when_it_becomes_1),
		UNIT_TEST("S4 S6", gbpa_decides_all_the_while),
		UNIT_TEST("S6", others_are_never_asked),
		UNIT_TEST("S6", numbers_are_exchanged),
		UNIT_TEST("S6 P20", events_of_before_are_stale),
		UNIT_TEST("S6", not_yet_changes_nothing),
		UNIT_TEST("S6", a_number_that_comes_twice),
		UNIT_TEST("S6", a_number_of_one_that_is_not_asked),
		UNIT_TEST("S6", a_number_beyond_sidsize),
		UNIT_TEST("S6", it_may_be_set_as_well),
		UNIT_TEST("S6 P20", a_reset_keeps_them),
		UNIT_TEST("S2 S6", a_register_write_is_bounded),
		UNIT_TEST("S6", without_the_op_nobody_is_asked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
