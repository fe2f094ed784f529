/* SPDX-License-Identifier: BSD-2-Clause */
/* The command queue's errors: CERROR, GERROR and how the guest goes on (IHI 0070 7.1, 7.5). */
#include <string.h>

#include "arch/queue.h"
#include "lib/cmdq_guest.h"
#include "smmu/vsmmu.h"

#define PREFETCH UINT64_C(0x01)

static uint32_t cons_at_irq;

static void note_cons(struct test_vmm *vmm, enum vsmmu_irq irq)
{
	if (irq == VSMMU_IRQ_GERROR)
		cons_at_irq = atomic_load(&vmm->vsmmu->cmdq.queue.cons);
}

TEST(an_illegal_command_stops_the_queue)
{
	const struct cmdq_guest_setup setup = {0};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	struct test_vmm *vmm = guest->vmm;

	test_vmm_write(vmm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_GERROR_IRQEN);
	vmm->on_irq = note_cons;
	cmdq_guest_push(guest, PREFETCH, 0);
	cmdq_guest_push(guest, PREFETCH, 0);
	cmdq_guest_push(guest, C_ILLEGAL, 0);
	cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_ring(guest);
	cmdq_guest_expect_error(guest, 2, SMMU_CERROR_ILL);
	/* ERR was there before the interrupt that tells of it. */
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(cons_at_irq, 2 | SMMU_CERROR_ILL << SMMU_CMDQ_ERR_LOW);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_CMD_SYNC], 0);
	assert_int_equal(test_vmm_stats(vmm).commands, 2);
	assert_int_equal(test_vmm_stats(vmm).command_errors, 1);
	assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_COMMAND_ERROR), 1);
	assert_int_equal(vmm->reports[0].severity, VSMMU_WARNING);
	assert_non_null(strstr(vmm->reports[0].text, "CERROR_ILL"));
	/* More commands change nothing. */
	cmdq_guest_send(guest, C_SYNC_IRQ, 0);
	cmdq_guest_expect_error(guest, 2, SMMU_CERROR_ILL);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 1);
	cmdq_guest_free(guest);
}

/* As Linux does it: the command is overwritten by a CMD_SYNC, the error acknowledged, and
 * no write of PROD follows. */
TEST(after_the_acknowledgment_the_entry_is_read_again)
{
	const struct cmdq_guest_setup setup = {.log2 = 3};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	struct test_vmm *vmm = guest->vmm;

	for (uint32_t round = 0; round < 20; round++) {
		uint32_t index = queue_index(guest->prod, 3);

		cmdq_guest_push(guest, C_ILLEGAL, 0);
		cmdq_guest_push(guest, C_SYNC_IRQ, 0);
		cmdq_guest_ring(guest);
		cmdq_guest_expect_error(guest, index, SMMU_CERROR_ILL);
		/* What it is corrected to may be wrong again. */
		cmdq_guest_put(guest, index, 0xff, 0);
		cmdq_guest_acknowledge(guest);
		cmdq_guest_expect_error(guest, index, SMMU_CERROR_ILL);
		cmdq_guest_put(guest, index, C_SYNC_SEV, 0);
		cmdq_guest_acknowledge(guest);
		cmdq_guest_expect_idle(guest);
		assert_int_equal(vmm->irqs[VSMMU_IRQ_CMD_SYNC], round + 1);
	}
	assert_int_equal(test_vmm_stats(vmm).command_errors, 40);
	cmdq_guest_free(guest);
}

/* What was not changed stops it again, and what the guest never acknowledges stays. */
TEST(an_error_outlives_disabling)
{
	const struct cmdq_guest_setup setup = {0};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
	struct test_vmm *vmm = guest->vmm;

	cmdq_guest_send(guest, C_ILLEGAL, 0);
	cmdq_guest_expect_error(guest, 0, SMMU_CERROR_ILL);
	cmdq_guest_acknowledge(guest);
	cmdq_guest_expect_error(guest, 0, SMMU_CERROR_ILL);
	assert_int_equal(test_vmm_stats(vmm).command_errors, 2);
	test_vmm_write(vmm, SMMU_CR0, 0);
	cmdq_guest_put(guest, 0, C_SYNC, 0);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
	cmdq_guest_expect_error(guest, 0, SMMU_CERROR_ILL);
	/* Acknowledged while disabled, it runs once enabled. */
	test_vmm_write(vmm, SMMU_CR0, 0);
	cmdq_guest_acknowledge(guest);
	assert_int_equal(cmdq_guest_cons(guest) & SMMU_QUEUE_INDEX, 0);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
	cmdq_guest_expect_idle(guest);
	cmdq_guest_free(guest);
}

TEST(a_queue_that_leaves_memory_stops_exactly_there)
{
	const struct cmdq_guest_setup setup = {0};

	for (uint32_t good = 0; good < 20; good++) {
		struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);
		struct test_vmm *vmm = guest->vmm;

		for (uint32_t n = 0; n < 30; n++)
			cmdq_guest_push(guest, n + 1 < 30 ? PREFETCH : C_SYNC_IRQ, 0);
		/* One byte of the entry is enough. */
		vmm->bad_begin = CMDQ_GUEST_QUEUE + 16 * good + 15;
		vmm->bad_end = vmm->bad_begin + 1;
		cmdq_guest_ring(guest);
		cmdq_guest_expect_error(guest, good, SMMU_CERROR_ABT);
		assert_int_equal(test_vmm_stats(vmm).commands, good);
		assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_COMMAND_ERROR), 1);
		assert_non_null(strstr(vmm->reports[0].text, "CERROR_ABT"));
		cmdq_guest_acknowledge(guest);
		cmdq_guest_expect_error(guest, good, SMMU_CERROR_ABT);
		vmm->bad_end = 0;
		cmdq_guest_acknowledge(guest);
		cmdq_guest_expect_idle(guest);
		assert_int_equal(vmm->irqs[VSMMU_IRQ_CMD_SYNC], 1);
		cmdq_guest_free(guest);
	}
}

TEST(a_queue_outside_memory_is_an_abort)
{
	static const uint64_t bases[] = {0, 0x1000, UINT64_C(0x00ffffffffffffe0),
		TEST_VMM_MEMORY + TEST_VMM_SIZE, TEST_VMM_MEMORY - 4096};
	const struct cmdq_guest_setup setup = {.stopped = true};

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

		test_vmm_write64(guest->vmm, SMMU_CMDQ_BASE, bases[i] | 8);
		test_vmm_write(guest->vmm, SMMU_CMDQ_PROD, 200);
		test_vmm_write(guest->vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
		cmdq_guest_expect_error(guest, 0, SMMU_CERROR_ABT);
		assert_in_range(guest->vmm->memory_reads, 1, 2);
		cmdq_guest_free(guest);
	}
}

/* A queue full of illegal commands: one error each, and no flood of reports. */
TEST(reports_are_limited)
{
	const struct cmdq_guest_setup setup = {.log2 = 10};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	for (uint32_t n = 0; n < 500; n++)
		cmdq_guest_push(guest, C_ILLEGAL, 0);
	cmdq_guest_ring(guest);
	for (uint32_t n = 0; n < 500; n++) {
		cmdq_guest_expect_error(guest, n, SMMU_CERROR_ILL);
		cmdq_guest_put(guest, n, PREFETCH, 0);
		cmdq_guest_acknowledge(guest);
		/* 64 that are illegal follow: none of them is skipped. */
	}
	cmdq_guest_expect_idle(guest);
	assert_int_equal(test_vmm_stats(guest->vmm).command_errors, 500);
	assert_in_range(test_vmm_reported(guest->vmm, VSMMU_REPORT_COMMAND_ERROR), 1, 10);
	cmdq_guest_free(guest);
}

TEST(fields_that_make_it_illegal)
{
	const struct {
		uint64_t word[2];
		bool illegal;
	} cases[] = {
		{{C_CFGI_STE(0x20) | 1 << 10, 0}, true}, /* SSec */
		{{0x04 | 1 << 10, 31}, true},
		{{C_CFGI_CD(0x20) | 1 << 10, 0}, true},
		{{PREFETCH | 1 << 10, 0}, true},
		{{C_SYNC | 3 << 12, 0}, true}, /* CS */
		{{0x12, 1 << 10}, true},       /* TG without a range */
		{{0x12 | 1 << 12, 1 << 10}, false},
		{{0x12, 1 << 10 | 1 << 8}, false},
		{{C_TLBI_NSNH_ALL | UINT64_C(0xffffffffffffff00), ~UINT64_C(0)}, false}, /* RES0 */
		{{C_CFGI_STE(0xffffffff), ~UINT64_C(0)}, false},
		{{C_CFGI_CD(0x20) | UINT64_C(0xfffff) << 12, ~UINT64_C(0)}, false},
	};

	const struct cmdq_guest_setup setup = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

		cmdq_guest_send(guest, cases[i].word[0], cases[i].word[1]);
		if (cases[i].illegal)
			cmdq_guest_expect_error(guest, 0, SMMU_CERROR_ILL);
		else
			cmdq_guest_expect_idle(guest);
		cmdq_guest_free(guest);
	}
}

/* The prefetched copies of what stands behind an error are thrown away. */
TEST(what_stands_behind_an_error_is_read_again)
{
	const struct cmdq_guest_setup setup = {0};
	struct cmdq_guest *guest = cmdq_guest_new(&setup, NULL);

	cmdq_guest_push(guest, C_ILLEGAL, 0);
	for (unsigned int n = 0; n < 10; n++)
		cmdq_guest_push(guest, C_SYNC_IRQ, 0);
	cmdq_guest_ring(guest);
	for (uint32_t n = 0; n < 11; n++)
		cmdq_guest_put(guest, n, PREFETCH, 0);
	cmdq_guest_acknowledge(guest);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], 0);
	cmdq_guest_free(guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S2", an_illegal_command_stops_the_queue),
		UNIT_TEST("S2", after_the_acknowledgment_the_entry_is_read_again),
		UNIT_TEST("S2", an_error_outlives_disabling),
		UNIT_TEST("S2", a_queue_that_leaves_memory_stops_exactly_there),
		UNIT_TEST("S2", a_queue_outside_memory_is_an_abort),
		UNIT_TEST("S2", reports_are_limited),
		UNIT_TEST("S2 P15", fields_that_make_it_illegal),
		UNIT_TEST("S2", what_stands_behind_an_error_is_read_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
