/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a failing host cost comes back by itself: the guest would never ask again, as Linux sends
 * CFGI_STE only when a domain changes. A failure that does not pass is tried again when asked.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <vsmmu/event.h>

#include "install_fixture.h"

#define CMDQ	  (TEST_VMM_MEMORY + 0x400000)
#define VSID_NEW  0x21
#define PATIENCE  30000 /* ms, for what must happen */
#define FIRST_MS  100	/* until the first try */
#define SECOND_NS UINT64_C(1000000000)
#define FIRST_NS  UINT64_C(100000000)
#define LAST_NS	  (10 * SECOND_NS)

static const int passing[] = {ETIMEDOUT, EBUSY, ENOMEM, EAGAIN, EINTR};

#define PASSING (sizeof(passing) / sizeof(passing[0]))

static void push_and_sync(struct install_fixture *fixture, uint64_t word0)
{
	struct test_vmm *vmm = fixture->vmm;
	const uint32_t prod = test_vmm_read(vmm, SMMU_CMDQ_PROD);

	test_vmm_store64(vmm, CMDQ + 16 * (uint64_t)prod, word0);
	test_vmm_store64(vmm, CMDQ + 16 * (uint64_t)prod + 16, 0x46);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, prod + 2);
	while (test_vmm_read(vmm, SMMU_CMDQ_CONS) != prod + 2)
		assert_true(vsmmu_run_commands(vmm->vsmmu, 0) > 0);
}

static void send_tlbi(struct install_fixture *fixture)
{
	push_and_sync(fixture, UINT64_C(0x11) | UINT64_C(1) << 48); /* TLBI_NH_ASID */
}

/* Two endpoints behind two physical SMMUs, both translating. */
static struct install_fixture *fixture_running(void)
{
	struct install_fixture *fixture = fixture_translating(NULL, 2);

	fixture_write_ste(fixture, VSID_NEW, STE_S1, 0);
	test_vmm_write64(fixture->vmm, SMMU_CMDQ_BASE, CMDQ | 7);
	fixture_enable(fixture);
	test_vmm_write(
		fixture->vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN);
	host_interposer_clear(fixture->host);
	return fixture;
}

static int wait_for_command_fd(struct install_fixture *fixture, int ms)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(fixture->vmm->vsmmu), .events = POLLIN};

	return poll(&fd, 1, ms);
}

/* Does what a VMM's loop does: the command fd tells when. */
static void run_when_readable(struct install_fixture *fixture)
{
	assert_int_equal(wait_for_command_fd(fixture, PATIENCE), 1);
	assert_true(vsmmu_run_commands(fixture->vmm->vsmmu, 0) >= 0);
}

static unsigned int recovered(const struct install_fixture *fixture)
{
	return test_vmm_reported(fixture->vmm, VSMMU_REPORT_RECOVERED);
}

/* Each costs endpoint 0 its access when the calls that it needs fail; @error is positive. */
static void lose_by_invalidation(struct install_fixture *fixture, int error)
{
	/* The batch, the batch again, everything: of endpoint 1's SMMU first. */
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_INVALIDATE), 1, 1000, error);
	send_tlbi(fixture);
	fixture_expect_parked(fixture, 1);
}

static void lose_by_attach(struct install_fixture *fixture, int error)
{
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 1, error);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1, 0xd4), -error);
	fixture_write_ste(fixture, FIXTURE_VSID(0), STE_S1, 0);
}

static void lose_by_nested_alloc(struct install_fixture *fixture, int error)
{
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_NESTED_ALLOC), 1, 1000, error);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1, 0xd4), -error);
	fixture_write_ste(fixture, FIXTURE_VSID(0), STE_S1, 0);
}

static void lose_by_vdevice_alloc(struct install_fixture *fixture, int error)
{
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_VDEVICE_ALLOC), 1, 1000, error);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSID_NEW), -error);
}

static void lose_by_vdevice_destroy(struct install_fixture *fixture, int error)
{
	/* The HWPT of the STE, then this: it keeps its StreamID. */
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_DESTROY), 2, 1, error);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], VSID_NEW), -error);
}

static void lose_in_a_reset(struct install_fixture *fixture, int error)
{
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 4, 1, error);
	assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), -error);
}

static const struct {
	void (*lose)(struct install_fixture *fixture, int error);
	uint64_t ste; /* what comes back */
} losses[] = {{lose_by_invalidation, STE_S1}, {lose_by_attach, STE_S1},
	{lose_by_nested_alloc, STE_S1}, {lose_by_vdevice_alloc, STE_S1},
	{lose_by_vdevice_destroy, STE_S1}, {lose_in_a_reset, STE_BYPASS}};

#define LOSSES (sizeof(losses) / sizeof(losses[0]))

/* The guest does nothing for it, and nor does its VMM but what it always does. */
TEST(access_comes_back_by_itself)
{
	for (size_t i = 0; i < LOSSES * PASSING; i++) {
		struct install_fixture *fixture = fixture_running();
		const uint64_t before = pollset_now();

		losses[i / PASSING].lose(fixture, passing[i % PASSING]);
		fixture_expect_parked(fixture, 0);
		assert_true(test_vmm_stats(fixture->vmm).blocked >= 1);
		assert_true(test_vmm_reported(fixture->vmm, VSMMU_REPORT_BLOCKED) >= 1);
		host_interposer_heal(fixture->host);
		assert_int_equal(recovered(fixture), 0);
		run_when_readable(fixture);
		assert_true(pollset_now() - before >= FIRST_NS);
		for (unsigned int n = 0; n < 2; n++)
			fixture_expect_nested(fixture, n, losses[i / PASSING].ste, 0);
		assert_int_equal(recovered(fixture), 1);
		/* And that was all. */
		assert_int_equal(wait_for_command_fd(fixture, 0), 0);
		assert_int_equal(fixture->vmm->vsmmu->recovery.backoff, 0);
		fixture_free(fixture);
	}
}

TEST(what_does_not_pass_comes_back_when_asked)
{
	for (size_t i = 0; i < LOSSES; i++) {
		struct install_fixture *fixture = fixture_running();

		losses[i].lose(fixture, EIO);
		fixture_expect_parked(fixture, 0);
		host_interposer_heal(fixture->host);
		host_interposer_clear(fixture->host);
		assert_int_equal(wait_for_command_fd(fixture, 2 * FIRST_MS), 0);
		assert_true(vsmmu_run_commands(fixture->vmm->vsmmu, 0) >= 0);
		assert_string_equal(host_interposer_text(fixture->host), "");
		assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
		for (unsigned int n = 0; n < 2; n++)
			fixture_expect_nested(fixture, n, losses[i].ste, 0);
		assert_int_equal(recovered(fixture), 1);
		fixture_free(fixture);
	}
}

static void guest_configures(struct install_fixture *fixture)
{
	push_and_sync(fixture, UINT64_C(0x03) | (uint64_t)VSID_NEW << 32); /* CFGI_STE */
}

static void guest_switches_translation(struct install_fixture *fixture)
{
	const uint32_t cr0 = test_vmm_read(fixture->vmm, SMMU_CR0);

	test_vmm_write(fixture->vmm, SMMU_CR0, cr0 & ~SMMU_CR0_SMMUEN);
	fixture_expect_bypass(fixture, 0);
	test_vmm_write(fixture->vmm, SMMU_CR0, cr0);
}

/* Meanwhile the guest has it abort, or bypass, for which no StreamID is needed. */
TEST(a_streamid_comes_back_after_the_guest_did_without)
{
	void (*const guest[])(struct install_fixture *) = {
		guest_configures, guest_switches_translation};

	for (size_t i = 0; i < 4; i++) {
		struct install_fixture *fixture = fixture_running();
		const bool passes = i / 2;

		lose_by_vdevice_alloc(fixture, passes ? EBUSY : EIO);
		guest[i % 2](fixture);
		fixture_expect_parked(fixture, 0);
		host_interposer_heal(fixture->host);
		if (passes)
			run_when_readable(fixture);
		else
			assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
		fixture_expect_nested(fixture, 0, STE_S1, 0);
		assert_int_equal(recovered(fixture), 1);
		fixture_free(fixture);
	}
}

/* While invalidating fails nothing is attached; then everything is invalidated first. */
TEST(everything_is_invalidated_first)
{
	struct install_fixture *fixture = fixture_running();
	const char *text, *attach;

	lose_by_invalidation(fixture, ETIMEDOUT);
	host_interposer_clear(fixture->host);
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), -ETIMEDOUT);
	assert_null(strstr(host_interposer_text(fixture->host), "attach"));
	assert_true(host_interposer_count(fixture->host, "invalidate 1") >= 2);
	assert_int_equal(recovered(fixture), 0);
	host_interposer_heal(fixture->host);
	host_interposer_clear(fixture->host);
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
	/* For each of them: the TLB, its CDs, then it has access. */
	text = host_interposer_text(fixture->host);
	for (unsigned int n = 0; n < 2; n++) {
		const char *one = "invalidate 1\ninvalidate 1\nnested 8030000b 0\nattach nested\n";

		attach = strstr(text, one);
		assert_ptr_equal(attach, text);
		text += strlen(one);
	}
	assert_string_equal(text, "");
	fixture_free(fixture);
}

/* Each time it is twice as long until the next one. */
TEST(tries_come_less_and_less_often)
{
	struct install_fixture *fixture = fixture_running();
	const struct vsmmu *vsmmu = fixture->vmm->vsmmu;
	uint64_t backoff = FIRST_NS;

	lose_by_invalidation(fixture, ETIMEDOUT);
	for (unsigned int i = 0; i < 12; i++) {
		assert_int_equal(vsmmu->recovery.backoff, backoff);
		assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), -ETIMEDOUT);
		backoff = 2 * backoff < LAST_NS ? 2 * backoff : LAST_NS;
	}
	assert_int_equal(backoff, LAST_NS);
	host_interposer_heal(fixture->host);
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
	assert_int_equal(vsmmu->recovery.backoff, 0);
	fixture_free(fixture);
}

/* A VMM's loop on a host that goes on failing: in one second there is no time for many tries. */
TEST(there_is_no_endless_fast_retry)
{
	struct install_fixture *fixture = fixture_running();
	const uint64_t begin = pollset_now();
	unsigned int woken = 0;

	lose_by_invalidation(fixture, EBUSY);
	host_interposer_clear(fixture->host);
	while (pollset_now() - begin < SECOND_NS)
		if (wait_for_command_fd(fixture, 50) == 1) {
			vsmmu_run_commands(fixture->vmm->vsmmu, 0);
			woken++;
		}
	assert_in_range(woken, 1, 4); /* after 100, 300 and 700 ms */
	assert_int_equal(recovered(fixture), 0);
	host_interposer_heal(fixture->host);
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
	fixture_free(fixture);
}

/* Cutting off fails for a while, though what it was cut off for fails for good. */
TEST(one_that_was_not_even_cut_off_is_cut_off_later)
{
	struct install_fixture *fixture = fixture_running();

	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_NESTED_ALLOC), 1, 1000, EIO);
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 1, EBUSY);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_ABORT, 0), -EIO);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	host_interposer_clear(fixture->host);
	run_when_readable(fixture);
	fixture_expect_parked(fixture, 0);
	assert_string_equal(host_interposer_text(fixture->host), "attach nested\ndestroy nested\n");
	assert_int_equal(recovered(fixture), 0);
	assert_int_equal(wait_for_command_fd(fixture, 3 * FIRST_MS), 0);
	host_interposer_heal(fixture->host);
	fixture_write_ste(fixture, FIXTURE_VSID(0), STE_S1, 0);
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	fixture_free(fixture);
}

/*
 * Neither a new STE nor cutting it off worked, so the old one is there with its CDs; the guest
 * goes back to it. The host does nothing for an STE that stays the same.
 */
TEST(cds_go_with_an_ste_that_comes_back)
{
	struct install_fixture *fixture = fixture_running();
	const uint64_t cfgi_ste = UINT64_C(0x03) | (uint64_t)FIXTURE_VSID(0) << 32;

	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 2, EBUSY);
	fixture_write_ste(fixture, FIXTURE_VSID(0), STE_S1, 0xd4);
	push_and_sync(fixture, cfgi_ste);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	host_interposer_clear(fixture->host);
	fixture_write_ste(fixture, FIXTURE_VSID(0), STE_S1, 0);
	push_and_sync(fixture, cfgi_ste);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	assert_int_equal(host_interposer_count(fixture->host, "invalidate 1"), 1);
	fixture_free(fixture);
}

/* Objects that could not be destroyed go later; that gives nobody access back. */
TEST(orphans_go_later)
{
	for (size_t i = 0; i < PASSING; i++) {
		struct install_fixture *fixture = fixture_running();

		host_interposer_fail(
			fixture->host, HOST_CALLS_OF(HOST_CALL_DESTROY), 1, 3, passing[i]);
		fixture_set_ste(fixture, 0, STE_BYPASS, 0);
		fixture_set_ste(fixture, 0, STE_S1, 0);
		fixture_set_ste(fixture, 1, STE_BYPASS, 0);
		assert_int_equal(fixture_objects(fixture), OBJECTS(2, 2, 2, 2 + 3));
		run_when_readable(fixture);
		assert_int_equal(fixture_objects(fixture), OBJECTS(2, 2, 2, 2));
		assert_int_equal(recovered(fixture), 0);
		assert_int_equal(wait_for_command_fd(fixture, 0), 0);
		fixture_free(fixture);
	}
}

/* Those of a detach hold each other: in the order in which they were to go, all do. */
TEST(orphans_of_a_detach_go_later)
{
	struct install_fixture *fixture = fixture_running();

	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_DESTROY), 1, 1000, EBUSY);
	assert_int_equal(vsmmu_endpoint_detach(fixture->endpoint[0]), -EBUSY);
	assert_int_equal(fixture_objects(fixture), OBJECTS(2, 2, 2, 2));
	host_interposer_heal(fixture->host);
	run_when_readable(fixture);
	assert_int_equal(fixture_objects(fixture), OBJECTS(2, 1, 1, 1));
	assert_int_equal(fixture_attach(fixture, 0), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	fixture_free(fixture);
}

/* An endpoint that waits for the host can be detached. */
TEST(one_that_is_blocked_can_go)
{
	for (size_t i = 0; i < LOSSES; i++) {
		struct install_fixture *fixture = fixture_running();

		losses[i].lose(fixture, EBUSY);
		host_interposer_heal(fixture->host);
		fixture_detach(fixture, 0);
		run_when_readable(fixture);
		fixture_expect(fixture, 0, INTERPOSED_NOTHING);
		fixture_expect_nested(fixture, 1, losses[i].ste, 0);
		fixture_free(fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4 D3", access_comes_back_by_itself),
		UNIT_TEST("S4 D3", what_does_not_pass_comes_back_when_asked),
		UNIT_TEST("S6 D3", a_streamid_comes_back_after_the_guest_did_without),
		UNIT_TEST("S3 D3", everything_is_invalidated_first),
		UNIT_TEST("S4 D3", tries_come_less_and_less_often),
		UNIT_TEST("S4 D3", there_is_no_endless_fast_retry),
		UNIT_TEST("S4 D3", one_that_was_not_even_cut_off_is_cut_off_later),
		UNIT_TEST("S3 D3", cds_go_with_an_ste_that_comes_back),
		UNIT_TEST("S6 D3", orphans_go_later),
		UNIT_TEST("S6 D3", orphans_of_a_detach_go_later),
		UNIT_TEST("S6 D3", one_that_is_blocked_can_go),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
