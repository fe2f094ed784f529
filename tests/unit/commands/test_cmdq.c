/* SPDX-License-Identifier: BSD-2-Clause */
/* The command queue's consumer: what is consumed, when, how much at a time; CMD_SYNC. */
#include <poll.h>

#include "arch/queue.h"
#include "lib/commander.h"

#define PREFETCH UINT64_C(0x01)

static uint64_t consumed(struct commander *commander)
{
	return whole_stats(commander->whole).commands;
}

/* What IHI 0070 4.1.1 has for a Non-secure queue of this SMMU. */
static bool is_legal(unsigned int opcode, bool ats)
{
	return (opcode >= 0x01 && opcode <= 0x06) || (opcode >= 0x10 && opcode <= 0x13) ||
	       opcode == 0x30 || opcode == 0x46 || (opcode == 0x40 && ats);
}

static void every_opcode_is_consumed_or_illegal(void **unused)
{
	(void)unused;
	for (unsigned int ats = 0; ats < 2; ats++) {
		const struct commander_setup setup = {.config.ats = ats};
		struct commander *commander = commander_new(&setup, NULL);

		for (unsigned int opcode = 0; opcode < 256; opcode++) {
			uint32_t index = queue_index(commander->prod, commander->log2);

			commander_send(commander, opcode, 0);
			if (is_legal(opcode, ats)) {
				commander_expect_idle(commander);
				continue;
			}
			commander_expect_error(commander, index, SMMU_CERROR_ILL);
			commander_put(commander, index, C_SYNC, 0);
			commander_acknowledge(commander);
			commander_expect_idle(commander);
		}
		assert_int_equal(consumed(commander), 256);
		commander_free(commander);
	}
}

static void it_goes_round_and_round(void **unused)
{
	const struct commander_setup setup = {.log2 = 3};
	struct commander *commander = commander_new(&setup, NULL);
	uint64_t sent = 0;

	(void)unused;
	for (unsigned int round = 0; round < 200; round++) {
		for (unsigned int n = 0; n < 1 + round % 8; n++, sent++)
			commander_push(commander, PREFETCH, 0);
		commander_ring(commander);
		commander_expect_idle(commander);
	}
	assert_int_equal(consumed(commander), sent);
	commander_free(commander);
}

static void every_size_is_consumed_when_full(void **unused)
{
	(void)unused;
	for (unsigned int log2 = 0; log2 <= 19; log2++) {
		const struct commander_setup setup = {.log2 = log2, .tiny = !log2};
		struct commander *commander = commander_new(&setup, NULL);
		uint32_t size = queue_size(log2);

		for (uint32_t n = 0; n < size; n++)
			commander_push(commander, n + 1 < size ? PREFETCH : C_SYNC_IRQ, 0);
		commander_ring(commander);
		while (commander_is_told(commander))
			assert_true(vsmmu_run_commands(commander->vsmmu, 65536) > 0);
		commander_expect_idle(commander);
		assert_int_equal(consumed(commander), size);
		assert_int_equal(commander->whole->irqs[VSMMU_IRQ_CMD_SYNC], 1);
		commander_free(commander);
	}
}

/* LOG2SIZE beyond IDR1.CMDQS; low bits of the address that the size makes RES0. */
static void base_is_cut_to_what_there_is(void **unused)
{
	const struct commander_setup setup = {.stopped = true, .config.cmdq_log2_max = 7};
	struct commander *commander = commander_new(&setup, NULL);
	struct whole *whole = commander->whole;

	(void)unused;
	commander->log2 = 7;
	whole_write64(whole, SMMU_CMDQ_BASE, COMMANDER_QUEUE | (128 * 16 - 32) | 31);
	whole_write(whole, SMMU_CR0, SMMU_CR0_CMDQEN);
	for (unsigned int n = 0; n < 127; n++)
		commander_push(commander, PREFETCH, 0);
	commander_push(commander, C_SYNC_IRQ, 0);
	commander_ring(commander);
	assert_int_equal(vsmmu_run_commands(commander->vsmmu, 0), 128 - CMDQ_KICK_MAX);
	commander_expect_idle(commander);
	assert_int_equal(commander_cons(commander), 128);
	assert_int_equal(whole->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	commander_free(commander);
}

/* A queue of one entry still has an address aligned to 32 bytes (6.3.26). */
static void the_smallest_queue_is_aligned_to_32_bytes(void **unused)
{
	const struct commander_setup setup = {.tiny = true};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	assert_int_equal(commander->vsmmu->cmdq.address, COMMANDER_QUEUE);
	whole_write(commander->whole, SMMU_CR0, 0);
	whole_write64(commander->whole, SMMU_CMDQ_BASE, COMMANDER_QUEUE + 32);
	whole_write(commander->whole, SMMU_CR0, SMMU_CR0_CMDQEN);
	assert_int_equal(commander->vsmmu->cmdq.address, COMMANDER_QUEUE + 32);
	commander_free(commander);
}

static void a_write_consumes_so_many_and_the_fd_tells_of_the_rest(void **unused)
{
	const struct commander_setup setup = {.log2 = 10};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	for (unsigned int n = 0; n < CMDQ_KICK_MAX; n++)
		commander_push(commander, PREFETCH, 0);
	commander_ring(commander);
	commander_expect_idle(commander);

	for (unsigned int n = 0; n < CMDQ_KICK_MAX + 400; n++)
		commander_push(commander, PREFETCH, 0);
	commander_ring(commander);
	assert_int_equal(commander_cons(commander), 2 * CMDQ_KICK_MAX);
	assert_true(commander_is_told(commander));
	assert_int_equal(vsmmu_run_commands(commander->vsmmu, 1), 1);
	assert_int_equal(commander_cons(commander), 2 * CMDQ_KICK_MAX + 1);
	assert_true(commander_is_told(commander));
	assert_int_equal(vsmmu_run_commands(commander->vsmmu, 199), 199);
	assert_true(commander_is_told(commander));
	/* The next write takes its share, and what the last run left comes first. */
	commander_ring(commander);
	assert_int_equal(commander_cons(commander), 3 * CMDQ_KICK_MAX + 200);
	assert_true(commander_is_told(commander));
	assert_int_equal(vsmmu_run_commands(commander->vsmmu, 0), 200 - CMDQ_KICK_MAX);
	commander_expect_idle(commander);
	assert_int_equal(vsmmu_run_commands(commander->vsmmu, 0), 0);
	commander_free(commander);
}

/* Another register write may finish what the fd told of: then it tells no more. */
static void the_fd_falls_silent_when_a_write_takes_the_rest(void **unused)
{
	const struct commander_setup setup = {0};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	for (unsigned int n = 0; n < CMDQ_KICK_MAX + 36; n++)
		commander_push(commander, PREFETCH, 0);
	commander_ring(commander);
	assert_true(commander_is_told(commander));
	commander_ring(commander);
	commander_expect_idle(commander);
	commander_free(commander);
}

/* A command that concerns many endpoints counts as many. */
static void cfgi_all_counts_for_each_endpoint(void **unused)
{
	const struct commander_setup setup = {.endpoints = 40};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	for (unsigned int n = 0; n < CMDQ_KICK_MAX / 40 + 3; n++)
		commander_push(commander, C_CFGI_ALL);
	commander_ring(commander);
	assert_int_equal(commander_cons(commander), CMDQ_KICK_MAX / 40 + 1);
	assert_true(commander_is_told(commander));
	assert_int_equal(vsmmu_run_commands(commander->vsmmu, 1), 1);
	assert_int_equal(vsmmu_run_commands(commander->vsmmu, 0), 1);
	commander_expect_idle(commander);
	commander_free(commander);
}

/* A range that concerns nobody costs what it takes to find that out. */
static void a_range_counts_for_those_that_were_looked_at(void **unused)
{
	const struct commander_setup setup = {.endpoints = 64};
	struct commander *commander = commander_new(&setup, NULL);
	const uint32_t cost = 64 / CMDQ_LOOKS;

	(void)unused;
	for (unsigned int n = 0; n < CMDQ_KICK_MAX; n++)
		commander_push(commander, C_CFGI_RANGE(0x4000), n % 4);
	commander_ring(commander);
	assert_int_equal(commander_cons(commander), CMDQ_KICK_MAX / cost);
	assert_true(commander_is_told(commander));
	commander_free(commander);
}

/* A SYNC that many vIOMMUs are waiting for counts once for each. */
static void a_sync_counts_for_each_host_call(void **unused)
{
	const struct commander_setup setup = {.endpoints = 64, .config.isolate = true};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	for (unsigned int n = 0; n < 10; n++) {
		commander_push(commander, C_TLBI_NSNH_ALL, 0);
		commander_push(commander, C_SYNC, 0);
	}
	commander_ring(commander);
	/* 1 + 64, 1, and a last one that overdraws. */
	assert_int_equal(commander_cons(commander), 4);
	assert_int_equal(commander->recorder->calls, 2 * 64);
	assert_true(commander_is_told(commander));
	while (commander_is_told(commander))
		vsmmu_run_commands(commander->vsmmu, 0);
	commander_expect_idle(commander);
	commander_free(commander);
}

static void nothing_is_consumed_while_disabled(void **unused)
{
	const struct commander_setup setup = {.stopped = true};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	for (unsigned int n = 0; n < CMDQ_KICK_MAX + 6; n++)
		commander_push(commander, PREFETCH, 0);
	commander_ring(commander);
	assert_int_equal(commander_cons(commander), 0);
	assert_false(commander_is_told(commander));
	assert_int_equal(vsmmu_run_commands(commander->vsmmu, 0), 0);
	whole_write(commander->whole, SMMU_CR0, SMMU_CR0_CMDQEN);
	assert_int_equal(commander_cons(commander), CMDQ_KICK_MAX);
	assert_true(commander_is_told(commander));
	whole_write(commander->whole, SMMU_CR0, 0);
	assert_false(commander_is_told(commander));
	assert_int_equal(vsmmu_run_commands(commander->vsmmu, 0), 0);
	assert_int_equal(commander_cons(commander), CMDQ_KICK_MAX);
	whole_write(commander->whole, SMMU_CR0, SMMU_CR0_CMDQEN);
	commander_expect_idle(commander);
	/* A reset takes what is left away. */
	for (unsigned int n = 0; n < CMDQ_KICK_MAX + 6; n++)
		commander_push(commander, PREFETCH, 0);
	commander_ring(commander);
	assert_true(commander_is_told(commander));
	assert_int_equal(vsmmu_reset(commander->vsmmu), 0);
	assert_false(commander_is_told(commander));
	assert_int_equal(vsmmu_run_commands(commander->vsmmu, 0), 0);
	assert_int_equal(commander_cons(commander), 0);
	commander_free(commander);
}

/* PROD and CONS of a guest out of its mind: consumed until they meet, and no entry beyond
 * the queue is read. */
static void a_nonsense_prod_ends(void **unused)
{
	const struct commander_setup setup = {.log2 = 4};
	struct commander *commander = commander_new(&setup, NULL);
	struct whole *whole = commander->whole;

	(void)unused;
	for (uint32_t n = 0; n < 16; n++)
		commander_put(commander, n, PREFETCH, 0);
	whole->bad_begin = COMMANDER_QUEUE + 16 * 16;
	whole->bad_end = whole->bad_begin + 4096;
	/* 28 ahead of 0, on 16 entries; bits above the wrap bit mean nothing. */
	commander->prod = 28;
	whole_write(whole, SMMU_CMDQ_PROD, 0xfff00 | 28);
	commander_expect_idle(commander);
	assert_int_equal(consumed(commander), 28);
	/* One behind CONS. */
	commander->prod = 27;
	commander_ring(commander);
	commander_expect_idle(commander);
	assert_int_equal(consumed(commander), 28 + 31);
	/* CONS itself, while it may be written. */
	whole_write(whole, SMMU_CR0, 0);
	whole_write(whole, SMMU_CMDQ_CONS, 0xffff0 | 3);
	commander->prod = 18;
	commander_ring(commander);
	whole_write(whole, SMMU_CR0, SMMU_CR0_CMDQEN);
	commander_expect_idle(commander);
	assert_int_equal(consumed(commander), 28 + 31 + 31);
	commander_free(commander);
}

static uint32_t cons_at_irq;

static void note_cons(struct whole *whole, enum vsmmu_irq irq)
{
	/* Lock-free: may be read from under the event lock. */
	if (irq == VSMMU_IRQ_CMD_SYNC)
		cons_at_irq = atomic_load(&whole->vsmmu->cmdq.cons);
}

static void a_sync_signals_as_it_was_asked_to(void **unused)
{
	const struct commander_setup setup = {0};
	struct commander *commander = commander_new(&setup, NULL);
	const unsigned int *irqs = commander->whole->irqs;

	(void)unused;
	commander->whole->on_irq = note_cons;
	commander_send(commander, C_SYNC, 0);
	commander_send(commander, C_SYNC_SEV, 0);
	assert_int_equal(irqs[VSMMU_IRQ_CMD_SYNC], 0);
	commander_push(commander, PREFETCH, 0);
	commander_push(commander, C_SYNC_IRQ, 0);
	commander_push(commander, PREFETCH, 0);
	commander_ring(commander);
	assert_int_equal(irqs[VSMMU_IRQ_CMD_SYNC], 1);
	/* CONS is past the SYNC, and not yet past what follows it. */
	assert_int_equal(cons_at_irq, 4);
	commander_expect_idle(commander);
	assert_int_equal(whole_stats(commander->whole).syncs, 3);
	assert_int_equal(whole_stats(commander->whole).cmd_sync_irqs, 1);
	commander_free(commander);
}

/* Linux polls the SYNC's own entry for the MSI's data. */
static void an_msi_goes_into_the_entry_itself(void **unused)
{
	const struct commander_setup setup = {.config.msi = true};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	for (uint32_t n = 0; n < 5; n++)
		commander_send(commander, C_SYNC_IRQ | UINT64_C(0x5a5a0000) << 32,
			COMMANDER_QUEUE + 16 * n);
	commander_expect_idle(commander);
	for (uint32_t n = 0; n < 5; n++)
		assert_int_equal(whole_load64(commander->whole, COMMANDER_QUEUE + 16 * n),
			UINT64_C(0x5a5a0000) << 32 | 0x5a5a0000);
	assert_int_equal(commander->whole->irqs[VSMMU_IRQ_CMD_SYNC], 5);
	assert_int_equal(whole_stats(commander->whole).msis, 5);
	commander_free(commander);
}

static void without_idr0_msi_nothing_is_stored(void **unused)
{
	const struct commander_setup setup = {0};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	commander_send(commander, C_SYNC_IRQ, COMMANDER_QUEUE);
	assert_int_equal(whole_load64(commander->whole, COMMANDER_QUEUE), C_SYNC_IRQ);
	assert_int_equal(commander->whole->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	commander_free(commander);
}

static void no_irq(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	fail_msg("irq %d", (int)irq);
}

static void on_the_event_path_alone_there_are_no_commands(void **unused)
{
	const struct vsmmu_ops ops = {
		.size = offsetof(struct vsmmu_ops, memory_read),
		.memory_write = whole_memory_write,
		.irq_pulse = no_irq,
	};
	const struct vsmmu_config config = {.size = sizeof(config), .ops = &ops};
	struct pollfd fd = {.events = POLLIN};
	struct vsmmu *vsmmu;

	(void)unused;
	assert_int_equal(vsmmu_new(&vsmmu, &config), 0);
	fd.fd = vsmmu_get_command_fd(vsmmu);
	assert_int_equal(vsmmu_mmio_write(vsmmu, SMMU_CR0, 4, SMMU_CR0_CMDQEN), 0);
	assert_int_equal(vsmmu_mmio_write(vsmmu, SMMU_CMDQ_PROD, 4, 5), 0);
	assert_int_equal(poll(&fd, 1, 0), 0);
	assert_int_equal(vsmmu_run_commands(vsmmu, 0), 0);
	vsmmu_free(vsmmu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S2", every_opcode_is_consumed_or_illegal),
		UNIT_TEST("S2", it_goes_round_and_round),
		UNIT_TEST("S2", every_size_is_consumed_when_full),
		UNIT_TEST("S2", base_is_cut_to_what_there_is),
		UNIT_TEST("S2", the_smallest_queue_is_aligned_to_32_bytes),
		UNIT_TEST("S2", a_write_consumes_so_many_and_the_fd_tells_of_the_rest),
		UNIT_TEST("S2", the_fd_falls_silent_when_a_write_takes_the_rest),
		UNIT_TEST("S2 P14", cfgi_all_counts_for_each_endpoint),
		UNIT_TEST("S2 P14", a_range_counts_for_those_that_were_looked_at),
		UNIT_TEST("S2 S3", a_sync_counts_for_each_host_call),
		UNIT_TEST("S2", nothing_is_consumed_while_disabled),
		UNIT_TEST("S2", a_nonsense_prod_ends),
		UNIT_TEST("S2", a_sync_signals_as_it_was_asked_to),
		UNIT_TEST("S2 S5", an_msi_goes_into_the_entry_itself),
		UNIT_TEST("S2 S5", without_idr0_msi_nothing_is_stored),
		UNIT_TEST("S2", on_the_event_path_alone_there_are_no_commands),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
