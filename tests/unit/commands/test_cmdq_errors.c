/* SPDX-License-Identifier: BSD-2-Clause */
/* The command queue's errors: CERROR, GERROR and how the guest goes on (IHI 0070 7.1, 7.5). */
#include <string.h>

#include "arch/queue.h"
#include "lib/commander.h"

#define PREFETCH UINT64_C(0x01)

static uint32_t cons_at_irq;

static void note_cons(struct whole *whole, enum vsmmu_irq irq)
{
	if (irq == VSMMU_IRQ_GERROR)
		cons_at_irq = atomic_load(&whole->vsmmu->cmdq.cons);
}

static void an_illegal_command_stops_the_queue(void **unused)
{
	const struct commander_setup setup = {0};
	struct commander *commander = commander_new(&setup, NULL);
	struct whole *whole = commander->whole;

	(void)unused;
	whole_write(whole, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_GERROR_IRQEN);
	whole->on_irq = note_cons;
	commander_push(commander, PREFETCH, 0);
	commander_push(commander, PREFETCH, 0);
	commander_push(commander, C_ILLEGAL, 0);
	commander_push(commander, C_SYNC_IRQ, 0);
	commander_ring(commander);
	commander_expect_error(commander, 2, SMMU_CERROR_ILL);
	/* ERR was there before the interrupt that tells of it. */
	assert_int_equal(whole->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(cons_at_irq, 2 | SMMU_CERROR_ILL << SMMU_CMDQ_ERR_LOW);
	assert_int_equal(whole->irqs[VSMMU_IRQ_CMD_SYNC], 0);
	assert_int_equal(whole_stats(whole).commands, 2);
	assert_int_equal(whole_stats(whole).command_errors, 1);
	assert_int_equal(whole_reported(whole, VSMMU_REPORT_COMMAND_ERROR), 1);
	assert_int_equal(whole->reports[0].severity, VSMMU_WARNING);
	assert_non_null(strstr(whole->reports[0].text, "CERROR_ILL"));
	/* More commands change nothing. */
	commander_send(commander, C_SYNC_IRQ, 0);
	commander_expect_error(commander, 2, SMMU_CERROR_ILL);
	assert_int_equal(whole->irqs[VSMMU_IRQ_GERROR], 1);
	commander_free(commander);
}

/* As Linux does it: the command is overwritten by a CMD_SYNC, the error acknowledged, and
 * no write of PROD follows. */
static void after_the_acknowledgment_the_entry_is_read_again(void **unused)
{
	const struct commander_setup setup = {.log2 = 3};
	struct commander *commander = commander_new(&setup, NULL);
	struct whole *whole = commander->whole;

	(void)unused;
	for (uint32_t round = 0; round < 20; round++) {
		uint32_t index = queue_index(commander->prod, 3);

		commander_push(commander, C_ILLEGAL, 0);
		commander_push(commander, C_SYNC_IRQ, 0);
		commander_ring(commander);
		commander_expect_error(commander, index, SMMU_CERROR_ILL);
		/* What it is corrected to may be wrong again. */
		commander_put(commander, index, 0xff, 0);
		commander_acknowledge(commander);
		commander_expect_error(commander, index, SMMU_CERROR_ILL);
		commander_put(commander, index, C_SYNC_SEV, 0);
		commander_acknowledge(commander);
		commander_expect_idle(commander);
		assert_int_equal(whole->irqs[VSMMU_IRQ_CMD_SYNC], round + 1);
	}
	assert_int_equal(whole_stats(whole).command_errors, 40);
	commander_free(commander);
}

/* What was not changed stops it again, and what the guest never acknowledges stays. */
static void an_error_outlives_disabling(void **unused)
{
	const struct commander_setup setup = {0};
	struct commander *commander = commander_new(&setup, NULL);
	struct whole *whole = commander->whole;

	(void)unused;
	commander_send(commander, C_ILLEGAL, 0);
	commander_expect_error(commander, 0, SMMU_CERROR_ILL);
	commander_acknowledge(commander);
	commander_expect_error(commander, 0, SMMU_CERROR_ILL);
	assert_int_equal(whole_stats(whole).command_errors, 2);
	whole_write(whole, SMMU_CR0, 0);
	commander_put(commander, 0, C_SYNC, 0);
	whole_write(whole, SMMU_CR0, SMMU_CR0_CMDQEN);
	commander_expect_error(commander, 0, SMMU_CERROR_ILL);
	/* Acknowledged while disabled, it runs once enabled. */
	whole_write(whole, SMMU_CR0, 0);
	commander_acknowledge(commander);
	assert_int_equal(commander_cons(commander) & SMMU_QUEUE_INDEX, 0);
	whole_write(whole, SMMU_CR0, SMMU_CR0_CMDQEN);
	commander_expect_idle(commander);
	commander_free(commander);
}

static void a_queue_that_leaves_memory_stops_exactly_there(void **unused)
{
	const struct commander_setup setup = {0};

	(void)unused;
	for (uint32_t good = 0; good < 20; good++) {
		struct commander *commander = commander_new(&setup, NULL);
		struct whole *whole = commander->whole;

		for (uint32_t n = 0; n < 30; n++)
			commander_push(commander, n + 1 < 30 ? PREFETCH : C_SYNC_IRQ, 0);
		/* One byte of the entry is enough. */
		whole->bad_begin = COMMANDER_QUEUE + 16 * good + 15;
		whole->bad_end = whole->bad_begin + 1;
		commander_ring(commander);
		commander_expect_error(commander, good, SMMU_CERROR_ABT);
		assert_int_equal(whole_stats(whole).commands, good);
		assert_int_equal(whole_reported(whole, VSMMU_REPORT_COMMAND_ERROR), 1);
		assert_non_null(strstr(whole->reports[0].text, "CERROR_ABT"));
		commander_acknowledge(commander);
		commander_expect_error(commander, good, SMMU_CERROR_ABT);
		whole->bad_end = 0;
		commander_acknowledge(commander);
		commander_expect_idle(commander);
		assert_int_equal(whole->irqs[VSMMU_IRQ_CMD_SYNC], 1);
		commander_free(commander);
	}
}

static void a_queue_outside_memory_is_an_abort(void **unused)
{
	static const uint64_t bases[] = {0, 0x1000, UINT64_C(0x00ffffffffffffe0),
		WHOLE_MEMORY + WHOLE_SIZE, WHOLE_MEMORY - 4096};
	const struct commander_setup setup = {.stopped = true};

	(void)unused;
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct commander *commander = commander_new(&setup, NULL);

		whole_write64(commander->whole, SMMU_CMDQ_BASE, bases[i] | 8);
		whole_write(commander->whole, SMMU_CMDQ_PROD, 200);
		whole_write(commander->whole, SMMU_CR0, SMMU_CR0_CMDQEN);
		commander_expect_error(commander, 0, SMMU_CERROR_ABT);
		assert_in_range(commander->whole->reads, 1, 2);
		commander_free(commander);
	}
}

/* A queue full of illegal commands: one error each, and no flood of reports. */
static void reports_are_limited(void **unused)
{
	const struct commander_setup setup = {.log2 = 10};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	for (uint32_t n = 0; n < 500; n++)
		commander_push(commander, C_ILLEGAL, 0);
	commander_ring(commander);
	for (uint32_t n = 0; n < 500; n++) {
		commander_expect_error(commander, n, SMMU_CERROR_ILL);
		commander_put(commander, n, PREFETCH, 0);
		commander_acknowledge(commander);
		/* 64 that are illegal follow: none of them is skipped. */
	}
	commander_expect_idle(commander);
	assert_int_equal(whole_stats(commander->whole).command_errors, 500);
	assert_in_range(whole_reported(commander->whole, VSMMU_REPORT_COMMAND_ERROR), 1, 10);
	commander_free(commander);
}

static void fields_that_make_it_illegal(void **unused)
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

	const struct commander_setup setup = {0};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct commander *commander = commander_new(&setup, NULL);

		commander_send(commander, cases[i].word[0], cases[i].word[1]);
		if (cases[i].illegal)
			commander_expect_error(commander, 0, SMMU_CERROR_ILL);
		else
			commander_expect_idle(commander);
		commander_free(commander);
	}
}

/* The prefetched copies of what stands behind an error are thrown away. */
static void what_stands_behind_an_error_is_read_again(void **unused)
{
	const struct commander_setup setup = {0};
	struct commander *commander = commander_new(&setup, NULL);

	(void)unused;
	commander_push(commander, C_ILLEGAL, 0);
	for (unsigned int n = 0; n < 10; n++)
		commander_push(commander, C_SYNC_IRQ, 0);
	commander_ring(commander);
	for (uint32_t n = 0; n < 11; n++)
		commander_put(commander, n, PREFETCH, 0);
	commander_acknowledge(commander);
	commander_expect_idle(commander);
	assert_int_equal(commander->whole->irqs[VSMMU_IRQ_CMD_SYNC], 0);
	commander_free(commander);
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
