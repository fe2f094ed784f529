/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CMD_SYNCs with nothing but TLB invalidations before and between them cost one host call, and
 * complete one after the other; any other command ends such a group (IHI 0070 3.9.1, 4.7.3).
 */
#include <errno.h>

#include "arch/queue.h"
#include "lib/cmdq_guest.h"
#include "smmu/vsmmu.h"

#define SID(n)	 CMDQ_GUEST_SID(n)
#define PREFETCH UINT64_C(0x01)
#define MAILBOX	 (TEST_VMM_MEMORY + (UINT64_C(4) << 20)) /* where MSIs go */
#define NOTES	 512

/* Who saw what, in this order: an MSI by its number, or a call of the host. */
#define HOST_CALLED UINT32_MAX
static struct {
	unsigned int count;
	uint32_t what[NOTES];
	uint32_t cons[NOTES];
} notes;

static struct cmdq_guest *noted;

static void note(uint32_t what)
{
	assert_true(notes.count < NOTES);
	notes.what[notes.count] = what;
	notes.cons[notes.count++] = atomic_load(&noted->vsmmu->cmdq.queue.cons);
}

static int note_msi(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	note((uint32_t)((address - MAILBOX) / 4));
	return test_vmm_memory_write(opaque, address, bytes, length);
}

static int note_call(void *opaque, enum host_call call, uint32_t count)
{
	(void)opaque;
	(void)count;
	if (call == HOST_CALL_INVALIDATE)
		note(HOST_CALLED);
	return 0;
}

static struct cmdq_guest *fixture_new(const struct cmdq_guest_setup *setup)
{
	struct cmdq_guest *guest = cmdq_guest_new(setup, NULL);

	noted = guest;
	notes.count = 0;
	guest->vsmmu->ops.memory_write = note_msi;
	guest->host->hook = note_call;
	return guest;
}

/* A CMD_SYNC that tells by MSI where it stands in the queue. */
static void push_sync(struct cmdq_guest *guest)
{
	cmdq_guest_push(guest, C_SYNC_IRQ, MAILBOX + 4 * (uint64_t)guest->prod);
}

/* Note @n is of the SYNC at @place, and CONS was just past it. */
static void expect_sync(const struct cmdq_guest *guest, unsigned int n, uint32_t place)
{
	assert_true(n < notes.count);
	assert_int_equal(notes.what[n], place);
	assert_int_equal(notes.cons[n], queue_advance(place, 1, guest->log2));
}

static void expect_call(unsigned int n, uint32_t cons)
{
	assert_true(n < notes.count);
	assert_int_equal(notes.what[n], HOST_CALLED);
	assert_int_equal(notes.cons[n], cons);
}

/* As Linux writes them, when it has gathered those of other vCPUs. */
TEST(syncs_behind_tlbis_cost_one_call)
{
	const struct cmdq_guest_setup setup = {.endpoints = 2};
	struct cmdq_guest *guest = fixture_new(&setup);

	for (unsigned int n = 0; n < 20; n++) {
		cmdq_guest_push(guest, C_TLBI_ASID(2 * n), 0);
		cmdq_guest_push(guest, C_TLBI_ASID(2 * n + 1), 0);
		push_sync(guest);
	}
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->host->invalidations, 1);
	assert_int_equal(guest->host->invalidation[0].count, 40);
	for (unsigned int n = 0; n < 40; n++)
		assert_true(host_interposer_command(guest->host, 0, n)[0] == C_TLBI_ASID(n));
	assert_int_equal(notes.count, 21);
	expect_call(0, 0);
	for (unsigned int n = 0; n < 20; n++)
		expect_sync(guest, 1 + n, 3 * n + 2);
	assert_int_equal(test_vmm_stats(guest->vmm).syncs, 20);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 0);
	cmdq_guest_free(guest);
}

/* The device may only forget its translations when the TLB has none that it could get again. */
TEST(a_tlbi_and_an_atc_inv_with_a_sync_between_are_two_calls)
{
	const struct cmdq_guest_setup setup = {.config.ats = true};
	struct cmdq_guest *guest = fixture_new(&setup);

	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	push_sync(guest);
	cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
	push_sync(guest);
	cmdq_guest_push(guest, C_TLBI_ASID(2), 0);
	push_sync(guest);
	cmdq_guest_push(guest, C_TLBI_ASID(3), 0);
	push_sync(guest);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(notes.count, 3 + 4);
	expect_call(0, 0);
	expect_sync(guest, 1, 1);
	/* CONS may not be behind the second SYNC before its call. */
	expect_call(2, 2);
	expect_sync(guest, 3, 3);
	expect_call(4, 4);
	expect_sync(guest, 5, 5);
	expect_sync(guest, 6, 7);
	assert_int_equal(guest->host->invalidation[0].count, 1);
	assert_true(host_interposer_command(guest->host, 0, 0)[0] == C_TLBI_ASID(1));
	assert_int_equal(guest->host->invalidation[1].count, 1);
	assert_true(host_interposer_command(guest->host, 1, 0)[0] == C_ATC_INV(SID(0)));
	assert_int_equal(guest->host->invalidation[2].count, 2);
	cmdq_guest_free(guest);
}

TEST(any_other_command_ends_a_group)
{
	const uint64_t others[] = {C_CFGI_CD(SID(0)), C_CFGI_CD_ALL(SID(0)), C_CFGI_STE(SID(0)),
		C_ATC_INV(SID(0)), PREFETCH, C_CFGI_RANGE(SID(0))};
	const struct cmdq_guest_setup setup = {.config.ats = true};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct cmdq_guest *guest = fixture_new(&setup);

		cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
		push_sync(guest);
		cmdq_guest_push(guest, others[i], 0);
		cmdq_guest_push(guest, C_TLBI_ASID(2), 0);
		push_sync(guest);
		cmdq_guest_ring(guest);
		cmdq_guest_expect_idle(guest);
		assert_int_equal(notes.count, 4);
		expect_call(0, 0);
		expect_sync(guest, 1, 1);
		expect_call(2, 2);
		expect_sync(guest, 3, 4);
		assert_int_equal(guest->host->invalidation[0].count, 1);
		cmdq_guest_free(guest);
	}
}

/* SYNCs that nothing was to be sent for have their order too. */
TEST(a_group_of_more_than_64)
{
	const struct cmdq_guest_setup setup = {.log2 = 9};
	struct cmdq_guest *guest = fixture_new(&setup);

	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	for (unsigned int n = 0; n < 400; n++)
		push_sync(guest);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->host->invalidations, 1);
	assert_int_equal(notes.count, 401);
	for (unsigned int n = 0; n < 400; n++)
		expect_sync(guest, 1 + n, 1 + n);
	assert_int_equal(test_vmm_stats(guest->vmm).syncs, 400);
	cmdq_guest_free(guest);
}

TEST(a_group_that_wraps)
{
	const struct cmdq_guest_setup setup = {.log2 = 3};
	struct cmdq_guest *guest = fixture_new(&setup);

	for (unsigned int n = 0; n < 6; n++)
		cmdq_guest_send(guest, PREFETCH, 0);
	for (unsigned int round = 0; round < 40; round++) {
		const uint32_t begin = guest->prod;

		host_interposer_clear(guest->host);
		notes.count = 0;
		for (unsigned int n = 0; n < 3; n++) {
			cmdq_guest_push(guest, C_TLBI_ASID(n), 0);
			push_sync(guest);
		}
		push_sync(guest);
		cmdq_guest_ring(guest);
		cmdq_guest_expect_idle(guest);
		assert_int_equal(guest->host->invalidations, 1);
		assert_int_equal(guest->host->invalidation[0].count, 3);
		assert_int_equal(notes.count, 5);
		expect_call(0, begin);
		for (uint32_t n = 0; n < 3; n++)
			expect_sync(guest, 1 + n, queue_advance(begin, 2 * n + 1, 3));
		expect_sync(guest, 4, queue_advance(begin, 6, 3));
	}
	cmdq_guest_free(guest);
}

/* What ends a group must not end it before its SYNCs are complete. */
TEST(an_illegal_command_behind_a_group)
{
	const struct cmdq_guest_setup setup = {0};
	struct cmdq_guest *guest = fixture_new(&setup);

	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	push_sync(guest);
	cmdq_guest_push(guest, C_TLBI_ASID(2), 0);
	push_sync(guest);
	cmdq_guest_push(guest, C_TLBI_ASID(3), 0);
	cmdq_guest_push(guest, C_ILLEGAL, 0);
	push_sync(guest);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_error(guest, 5, SMMU_CERROR_ILL);
	assert_int_equal(notes.count, 3);
	expect_call(0, 0);
	expect_sync(guest, 1, 1);
	expect_sync(guest, 2, 3);
	assert_int_equal(test_vmm_stats(guest->vmm).commands, 5);
	cmdq_guest_free(guest);
}

TEST(memory_that_ends_in_a_group)
{
	const struct cmdq_guest_setup setup = {0};

	for (uint32_t good = 1; good < 8; good++) {
		struct cmdq_guest *guest = fixture_new(&setup);

		for (unsigned int n = 0; n < 4; n++) {
			cmdq_guest_push(guest, C_TLBI_ASID(n), 0);
			push_sync(guest);
		}
		guest->vmm->bad_begin = CMDQ_GUEST_QUEUE + 16 * good;
		guest->vmm->bad_end = guest->vmm->bad_begin + 16;
		cmdq_guest_ring(guest);
		cmdq_guest_expect_error(guest, good, SMMU_CERROR_ABT);
		/* Those before it are complete, and what no SYNC came for waits for one. */
		assert_int_equal(guest->host->invalidations, good > 1);
		assert_int_equal(notes.count, (good > 1) + good / 2);
		for (uint32_t n = 0; n < good / 2; n++)
			expect_sync(guest, 1 + n, 2 * n + 1);
		guest->vmm->bad_end = 0;
		cmdq_guest_acknowledge(guest);
		cmdq_guest_expect_idle(guest);
		assert_int_equal(test_vmm_stats(guest->vmm).syncs, 4);
		cmdq_guest_free(guest);
	}
}

/* The host does not work at all: the ATC of a device that keeps its access may be stale. */
TEST(an_atc_error_is_at_its_own_sync)
{
	const struct cmdq_guest_setup setup = {.config.ats = true};
	struct cmdq_guest *guest = fixture_new(&setup);

	cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
	push_sync(guest);
	push_sync(guest);
	cmdq_guest_push(guest, C_ATC_INV(SID(0)), 52);
	push_sync(guest);
	push_sync(guest);
	host_interposer_fail(guest->host, HOST_CALLS_OF(HOST_CALL_INVALIDATE), 2, 1000, EIO);
	host_interposer_fail(guest->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 1000, EIO);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_error(guest, 4, SMMU_CERROR_ATC_INV);
	assert_int_equal(test_vmm_stats(guest->vmm).syncs, 2);
	assert_int_equal(test_vmm_stats(guest->vmm).commands, 4);
	expect_call(0, 0);
	expect_sync(guest, 1, 1);
	expect_sync(guest, 2, 2);
	cmdq_guest_acknowledge(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(test_vmm_stats(guest->vmm).syncs, 4);
	assert_int_equal(test_vmm_stats(guest->vmm).commands, 6);
	cmdq_guest_free(guest);
}

/* The group in hand does not outlive what a register write may consume. */
TEST(a_group_ends_with_the_budget)
{
	const struct cmdq_guest_setup setup = {.log2 = 12};
	struct cmdq_guest *guest = fixture_new(&setup);

	for (unsigned int n = 0; n < 300; n++) {
		for (unsigned int i = 0; i < 6; i++)
			cmdq_guest_push(guest, C_TLBI_ASID(n), 0);
		push_sync(guest);
	}
	cmdq_guest_ring(guest);
	assert_int_equal(cmdq_guest_cons(guest), 1024);
	assert_int_equal(test_vmm_stats(guest->vmm).syncs, 1024 / 7);
	assert_true(cmdq_guest_is_signalled(guest));
	/* One call at most for each time that the command lock is held. */
	assert_in_range(guest->host->invalidations, 1, 1024 / 128);
	while (cmdq_guest_is_signalled(guest))
		vsmmu_run_commands(guest->vsmmu, 0);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(test_vmm_stats(guest->vmm).syncs, 300);
	cmdq_guest_free(guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S2 S3", syncs_behind_tlbis_cost_one_call),
		UNIT_TEST("S2 S3", a_tlbi_and_an_atc_inv_with_a_sync_between_are_two_calls),
		UNIT_TEST("S2 S3", any_other_command_ends_a_group),
		UNIT_TEST("S2", a_group_of_more_than_64),
		UNIT_TEST("S2", a_group_that_wraps),
		UNIT_TEST("S2", an_illegal_command_behind_a_group),
		UNIT_TEST("S2", memory_that_ends_in_a_group),
		UNIT_TEST("S2 S3 P10", an_atc_error_is_at_its_own_sync),
		UNIT_TEST("S2", a_group_ends_with_the_budget),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
