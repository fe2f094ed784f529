/* SPDX-License-Identifier: BSD-2-Clause */
/* The command queue's consumer: what is consumed, when, how much at a time; CMD_SYNC. */
#include <errno.h>
#include <poll.h>

#include "arch/queue.h"
#include "lib/cmdq_guest.h"
#include "smmu/commands/cmdq.h"

#define PREFETCH UINT64_C(0x01)

static uint64_t consumed(struct cmdq_guest *guest)
{
	return test_vmm_stats(guest->vmm).commands;
}

/* What IHI 0070 4.1.1 has for a Non-secure queue of this SMMU. */
static bool is_legal(unsigned int opcode, bool ats)
{
	return (opcode >= 0x01 && opcode <= 0x06) || (opcode >= 0x10 && opcode <= 0x13) ||
	       opcode == 0x30 || opcode == 0x46 || (opcode == 0x40 && ats);
}

TEST(every_opcode_is_consumed_or_illegal)
{
	for (unsigned int ats = 0; ats < 2; ats++) {
		const struct cmdq_guest_setup setup = {.config.ats = ats};
		struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

		for (unsigned int opcode = 0; opcode < 256; opcode++) {
			uint32_t index = queue_index(guest->prod, guest->log2);

			cmdq_guest_send(guest, opcode, 0);
			if (is_legal(opcode, ats)) {
				cmdq_guest_expect_idle(guest);
				continue;
			}
			cmdq_guest_expect_error(guest, index, SMMU_CERROR_ILL);
			cmdq_guest_put(guest, index, C_SYNC, 0);
			cmdq_guest_acknowledge(guest);
			cmdq_guest_expect_idle(guest);
		}
		assert_int_equal(consumed(guest), 256);
		cmdq_guest_free(guest);
	}
}

TEST(it_goes_round_and_round)
{
	const struct cmdq_guest_setup setup = {.log2 = 3};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	uint64_t sent = 0;

	for (unsigned int round = 0; round < 200; round++) {
		for (unsigned int n = 0; n < 1 + round % 8; n++, sent++)
			cmdq_guest_push(guest, PREFETCH, 0);
		cmdq_guest_ring(guest);
		cmdq_guest_expect_idle(guest);
	}
	assert_int_equal(consumed(guest), sent);
	cmdq_guest_free(guest);
}

TEST(every_size_is_consumed_when_full)
{
	for (unsigned int log2 = 0; log2 <= 19; log2++) {
		const struct cmdq_guest_setup setup = {.log2 = log2, .tiny = !log2};
		struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
		uint32_t size = queue_size(log2);

		for (uint32_t n = 0; n < size; n++)
			cmdq_guest_push(guest, n + 1 < size ? PREFETCH : C_SYNC_IRQ, 0);
		cmdq_guest_ring(guest);
		while (cmdq_guest_is_signalled(guest))
			assert_true(vsmmu_run_commands(guest->vsmmu, 65536) > 0);
		cmdq_guest_expect_idle(guest);
		assert_int_equal(consumed(guest), size);
		assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 1);
		cmdq_guest_free(guest);
	}
}

/* LOG2SIZE beyond IDR1.CMDQS; low bits of the address that the size makes RES0. */
TEST(base_is_cut_to_what_there_is)
{
	const struct cmdq_guest_setup setup = {.stopped = true, .config.cmdq_log2_max = 7};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	struct test_vmm *vmm = guest->vmm;

	guest->log2 = 7;
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, CMDQ_GUEST_QUEUE | (128 * 16 - 32) | 31);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
	for (unsigned int n = 0; n < 127; n++)
		cmdq_guest_push(guest, PREFETCH, 0);
	cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(cmdq_guest_cons(guest), 128);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	cmdq_guest_free(guest);
}

/* A queue of one entry still has an address aligned to 32 bytes (6.3.26). */
TEST(the_smallest_queue_is_aligned_to_32_bytes)
{
	const struct cmdq_guest_setup setup = {.tiny = true};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	assert_int_equal(guest->vsmmu->cmdq.queue.address, CMDQ_GUEST_QUEUE);
	test_vmm_write(guest->vmm, SMMU_CR0, 0);
	test_vmm_write64(guest->vmm, SMMU_CMDQ_BASE, CMDQ_GUEST_QUEUE + 32);
	test_vmm_write(guest->vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
	assert_int_equal(guest->vsmmu->cmdq.queue.address, CMDQ_GUEST_QUEUE + 32);
	cmdq_guest_free(guest);
}

TEST(a_write_consumes_so_many_and_the_fd_tells_of_the_rest)
{
	const struct cmdq_guest_setup setup = {.log2 = 12};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	assert_int_equal(CMDQ_WRITE_MAX, 1024); /* as vsmmu_get_command_fd() promises */
	for (unsigned int n = 0; n < 1024; n++)
		cmdq_guest_push(guest, PREFETCH, 0);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);

	for (unsigned int n = 0; n < 1024 + 1400; n++)
		cmdq_guest_push(guest, n % 2 ? PREFETCH : C_SYNC, 0);
	cmdq_guest_ring(guest);
	assert_int_equal(cmdq_guest_cons(guest), 2 * 1024);
	assert_true(cmdq_guest_is_signalled(guest));
	assert_int_equal(vsmmu_run_commands(guest->vsmmu, 1), 1);
	assert_int_equal(cmdq_guest_cons(guest), 2 * 1024 + 1);
	assert_true(cmdq_guest_is_signalled(guest));
	assert_int_equal(vsmmu_run_commands(guest->vsmmu, 199), 199);
	assert_true(cmdq_guest_is_signalled(guest));
	/* The next write takes its share, and what the last run left comes first. */
	cmdq_guest_ring(guest);
	assert_int_equal(cmdq_guest_cons(guest), 3 * 1024 + 200);
	assert_true(cmdq_guest_is_signalled(guest));
	assert_int_equal(vsmmu_run_commands(guest->vsmmu, 0), 1200 - 1024);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(vsmmu_run_commands(guest->vsmmu, 0), 0);
	cmdq_guest_free(guest);
}

/* Another register write may finish what the fd told of: then it tells no more. */
TEST(the_fd_falls_silent_when_a_write_takes_the_rest)
{
	const struct cmdq_guest_setup setup = {.log2 = 11};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	for (unsigned int n = 0; n < CMDQ_WRITE_MAX + 36; n++)
		cmdq_guest_push(guest, PREFETCH, 0);
	cmdq_guest_ring(guest);
	assert_true(cmdq_guest_is_signalled(guest));
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);
	cmdq_guest_free(guest);
}

static void set_ste(struct cmdq_guest *guest, unsigned int n, uint64_t word0)
{
	test_vmm_store64(guest->vmm, CMDQ_GUEST_STRTAB + 64 * CMDQ_GUEST_SID(n), word0);
}

#define STE_ABORT UINT64_C(1)

/* Three ways to name endpoint 1, whose STE has changed. */
static void push_cfgi(struct cmdq_guest *guest, unsigned int way)
{
	switch (way) {
	case 0:
		cmdq_guest_push(guest, C_CFGI_STE(CMDQ_GUEST_SID(1)), 1);
		break;
	case 1:
		cmdq_guest_push(guest, C_CFGI_RANGE(CMDQ_GUEST_SID(0)), 3);
		break;
	default:
		cmdq_guest_push(guest, C_CFGI_ALL);
	}
}

/* It is as slow as some dozen SYNCs: the vCPU is let go, and whoever waits for SYNCs too. */
TEST(a_write_stops_behind_an_ste_that_called_the_host)
{
	const struct cmdq_guest_setup setup = {.endpoints = 3};

	for (unsigned int way = 0; way < 3; way++) {
		struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
		const unsigned int *irqs = guest->vmm->irqs;
		uint64_t stes = test_vmm_stats(guest->vmm).stes;

		set_ste(guest, 1, STE_ABORT);
		set_ste(guest, 2, STE_ABORT);
		cmdq_guest_push(guest, C_TLBI_ASID(1), 0);
		cmdq_guest_push(guest, C_SYNC_IRQ, 0);
		push_cfgi(guest, way);
		cmdq_guest_push(guest, C_CFGI_STE(CMDQ_GUEST_SID(2)), 1);
		cmdq_guest_push(guest, C_SYNC_IRQ, 0);
		cmdq_guest_ring(guest);
		/* The group before it was sent, and has completed. */
		assert_int_equal(cmdq_guest_cons(guest), 3);
		assert_int_equal(guest->host->invalidations, 1);
		assert_int_equal(irqs[VSMMU_IRQ_CMD_SYNC], 1);
		assert_true(cmdq_guest_is_signalled(guest));
		/* That one goes on to the end, however many there are. */
		assert_int_equal(vsmmu_run_commands(guest->vsmmu, 0), 2);
		cmdq_guest_expect_idle(guest);
		assert_int_equal(irqs[VSMMU_IRQ_CMD_SYNC], 2);
		assert_int_equal(test_vmm_stats(guest->vmm).stes, stes + 2);
		cmdq_guest_free(guest);
	}
}

/* vsmmu_run_commands() is in nobody's way. */
TEST(a_run_does_not_stop_behind_stes)
{
	const struct cmdq_guest_setup setup = {.endpoints = 8, .stopped = true};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	test_vmm_write(guest->vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_CMDQEN);
	for (unsigned int n = 0; n < 8; n++) {
		set_ste(guest, n, STE_ABORT);
		cmdq_guest_push(guest, C_CFGI_STE(CMDQ_GUEST_SID(n)), 1);
	}
	cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_ring(guest);
	assert_int_equal(cmdq_guest_cons(guest), 1);
	/* Each write gets one on. */
	cmdq_guest_ring(guest);
	assert_int_equal(cmdq_guest_cons(guest), 2);
	assert_int_equal(vsmmu_run_commands(guest->vsmmu, 0), 7);
	cmdq_guest_expect_idle(guest);
	cmdq_guest_free(guest);
}

/* It called the host, though for nothing. */
TEST(an_ste_that_fails_stops_a_write_too)
{
	const struct cmdq_guest_setup setup = {.endpoints = 2};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	set_ste(guest, 1, STE_ABORT);
	host_interposer_fail(guest->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 1, EIO);
	cmdq_guest_push(guest, C_CFGI_STE(CMDQ_GUEST_SID(1)), 1);
	cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_ring(guest);
	assert_int_equal(test_vmm_stats(guest->vmm).blocked, 1);
	assert_int_equal(cmdq_guest_cons(guest), 1);
	assert_true(cmdq_guest_is_signalled(guest));
	assert_int_equal(vsmmu_run_commands(guest->vsmmu, 0), 1);
	cmdq_guest_expect_idle(guest);
	cmdq_guest_free(guest);
}

TEST(an_ste_that_changes_nothing_does_not_stop_a_write)
{
	const struct cmdq_guest_setup setup = {.log2 = 11, .endpoints = 3};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	for (unsigned int n = 0; n < 300; n++) {
		push_cfgi(guest, n % 3);
		cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	}
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 300);
	cmdq_guest_free(guest);
}

TEST(nothing_is_consumed_while_disabled)
{
	const struct cmdq_guest_setup setup = {.log2 = 11, .stopped = true};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	for (unsigned int n = 0; n < CMDQ_WRITE_MAX + 6; n++)
		cmdq_guest_push(guest, PREFETCH, 0);
	cmdq_guest_ring(guest);
	assert_int_equal(cmdq_guest_cons(guest), 0);
	assert_false(cmdq_guest_is_signalled(guest));
	assert_int_equal(vsmmu_run_commands(guest->vsmmu, 0), 0);
	test_vmm_write(guest->vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
	assert_int_equal(cmdq_guest_cons(guest), CMDQ_WRITE_MAX);
	assert_true(cmdq_guest_is_signalled(guest));
	test_vmm_write(guest->vmm, SMMU_CR0, 0);
	assert_false(cmdq_guest_is_signalled(guest));
	assert_int_equal(vsmmu_run_commands(guest->vsmmu, 0), 0);
	assert_int_equal(cmdq_guest_cons(guest), CMDQ_WRITE_MAX);
	test_vmm_write(guest->vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
	cmdq_guest_expect_idle(guest);
	/* A reset takes what is left away. */
	for (unsigned int n = 0; n < CMDQ_WRITE_MAX + 6; n++)
		cmdq_guest_push(guest, PREFETCH, 0);
	cmdq_guest_ring(guest);
	assert_true(cmdq_guest_is_signalled(guest));
	assert_int_equal(vsmmu_reset(guest->vsmmu), 0);
	assert_false(cmdq_guest_is_signalled(guest));
	assert_int_equal(vsmmu_run_commands(guest->vsmmu, 0), 0);
	assert_int_equal(cmdq_guest_cons(guest), 0);
	cmdq_guest_free(guest);
}

/* PROD and CONS of a guest out of its mind: consumed until they meet, and no entry beyond
 * the queue is read. */
TEST(a_nonsense_prod_ends)
{
	const struct cmdq_guest_setup setup = {.log2 = 4};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	struct test_vmm *vmm = guest->vmm;

	for (uint32_t n = 0; n < 16; n++)
		cmdq_guest_put(guest, n, PREFETCH, 0);
	vmm->bad_begin = CMDQ_GUEST_QUEUE + 16 * 16;
	vmm->bad_end = vmm->bad_begin + 4096;
	/* 28 ahead of 0, on 16 entries; bits above the wrap bit mean nothing. */
	guest->prod = 28;
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 0xfff00 | 28);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(consumed(guest), 28);
	/* One behind CONS. */
	guest->prod = 27;
	cmdq_guest_ring(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(consumed(guest), 28 + 31);
	/* CONS itself, while it may be written. */
	test_vmm_write(vmm, SMMU_CR0, 0);
	test_vmm_write(vmm, SMMU_CMDQ_CONS, 0xffff0 | 3);
	guest->prod = 18;
	cmdq_guest_ring(guest);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(consumed(guest), 28 + 31 + 31);
	cmdq_guest_free(guest);
}

static uint32_t cons_at_irq;

static void note_cons(struct test_vmm *vmm, enum vsmmu_irq irq)
{
	/* Lock-free: may be read from under the event lock. */
	if (irq == VSMMU_IRQ_CMD_SYNC)
		cons_at_irq = atomic_load(&vmm->vsmmu->cmdq.queue.cons);
}

TEST(a_sync_signals_as_it_was_asked_to)
{
	const struct cmdq_guest_setup setup = {0};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	const unsigned int *irqs = guest->vmm->irqs;

	guest->vmm->on_irq = note_cons;
	cmdq_guest_send(guest, C_SYNC, 0);
	cmdq_guest_send(guest, C_SYNC_SEV, 0);
	assert_int_equal(irqs[VSMMU_IRQ_CMD_SYNC], 0);
	cmdq_guest_push(guest, PREFETCH, 0);
	cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_push(guest, PREFETCH, 0);
	cmdq_guest_ring(guest);
	assert_int_equal(irqs[VSMMU_IRQ_CMD_SYNC], 1);
	/* CONS is past the SYNC, and not yet past what follows it. */
	assert_int_equal(cons_at_irq, 4);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(test_vmm_stats(guest->vmm).syncs, 3);
	assert_int_equal(test_vmm_stats(guest->vmm).cmd_sync_irqs, 1);
	cmdq_guest_free(guest);
}

static unsigned int written_early;

/* Lock-free reads: this is called under the event lock. */
static int note_msi(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	const struct test_vmm *vmm = opaque;
	const uint32_t cons = atomic_load(&vmm->vsmmu->cmdq.queue.cons);

	written_early += cons != (address - CMDQ_GUEST_QUEUE) / 16 + 1;
	return test_vmm_memory_write(opaque, address, bytes, length);
}

/* Linux polls the SYNC's own entry for the MSI's data, and takes CONS to be past it then. */
TEST(an_msi_goes_into_the_entry_itself)
{
	const struct cmdq_guest_setup setup = {0};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	assert_true(test_vmm_read(guest->vmm, SMMU_IDR0) & SMMU_IDR0_MSI);
	guest->vsmmu->ops.memory_write = note_msi;
	written_early = 0;
	for (uint32_t n = 0; n < 15; n++) {
		cmdq_guest_push(
			guest, C_SYNC_IRQ | UINT64_C(0x5a5a0000) << 32, CMDQ_GUEST_QUEUE + 16 * n);
		if (n % 3 == 2)
			cmdq_guest_ring(guest);
	}
	cmdq_guest_expect_idle(guest);
	for (uint32_t n = 0; n < 15; n++)
		assert_int_equal(test_vmm_load64(guest->vmm, CMDQ_GUEST_QUEUE + 16 * n),
			UINT64_C(0x5a5a0000) << 32 | 0x5a5a0000);
	assert_int_equal(written_early, 0);
	/* Nobody looks at both: no pulse for a SYNC that has its MSI. */
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 0);
	assert_int_equal(test_vmm_stats(guest->vmm).cmd_sync_irqs, 0);
	assert_int_equal(test_vmm_stats(guest->vmm).msis, 15);
	/* Address 0 is no MSI. */
	cmdq_guest_send(guest, C_SYNC_IRQ, 0);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	assert_int_equal(test_vmm_stats(guest->vmm).msis, 15);
	cmdq_guest_free(guest);
}

/* Its SYNC has completed all the same, and the guest learns of it by GERROR alone. */
TEST(an_msi_that_goes_nowhere_is_a_gerror)
{
	const struct cmdq_guest_setup setup = {0};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	test_vmm_write(guest->vmm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_GERROR_IRQEN);
	cmdq_guest_push(guest, C_SYNC_IRQ, 0x1000);
	cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_ring(guest);
	assert_int_equal(cmdq_guest_cons(guest), 2);
	assert_int_equal(test_vmm_read(guest->vmm, SMMU_GERROR), SMMU_GERROR_MSI_CMDQ_ABT);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	assert_int_equal(test_vmm_stats(guest->vmm).msi_aborts, 1);
	cmdq_guest_free(guest);
}

TEST(without_idr0_msi_nothing_is_stored)
{
	const struct cmdq_guest_setup setup = {.config.no_msi = true};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	assert_false(test_vmm_read(guest->vmm, SMMU_IDR0) & SMMU_IDR0_MSI);
	cmdq_guest_send(guest, C_SYNC_IRQ, CMDQ_GUEST_QUEUE);
	assert_int_equal(test_vmm_load64(guest->vmm, CMDQ_GUEST_QUEUE), C_SYNC_IRQ);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	cmdq_guest_free(guest);
}

static void no_irq(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	fail_msg("irq %d", (int)irq);
}

TEST(on_the_event_path_alone_there_are_no_commands)
{
	const struct vsmmu_ops ops = {
		.size = offsetof(struct vsmmu_ops, memory_read),
		.memory_write = test_vmm_memory_write,
		.irq_pulse = no_irq,
	};
	const struct vsmmu_config config = {
		.size = sizeof(config), .ops = &ops, .event_path_only = true};
	struct pollfd fd = {.events = POLLIN};
	struct vsmmu *vsmmu;

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
		UNIT_TEST("S2", a_write_stops_behind_an_ste_that_called_the_host),
		UNIT_TEST("S2", a_run_does_not_stop_behind_stes),
		UNIT_TEST("S2", an_ste_that_fails_stops_a_write_too),
		UNIT_TEST("S2", an_ste_that_changes_nothing_does_not_stop_a_write),
		UNIT_TEST("S2", nothing_is_consumed_while_disabled),
		UNIT_TEST("S2", a_nonsense_prod_ends),
		UNIT_TEST("S2", a_sync_signals_as_it_was_asked_to),
		UNIT_TEST("S2 S5 P23 D5", an_msi_goes_into_the_entry_itself),
		UNIT_TEST("S2 S5", an_msi_that_goes_nowhere_is_a_gerror),
		UNIT_TEST("S2 S5", without_idr0_msi_nothing_is_stored),
		UNIT_TEST("S2", on_the_event_path_alone_there_are_no_commands),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
