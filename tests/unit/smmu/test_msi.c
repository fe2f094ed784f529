/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of a whole vSMMU: when the wired lines pulse, and where its MSIs go. */
#include <string.h>

#include "smmu/vsmmu.h"
#include "lib/whole.h"

#define NOWHERE	   UINT64_C(0x08030000)
#define MSI_MEMORY (WHOLE_MEMORY + 0x5000)
#define QUEUE	   (WHOLE_MEMORY + 0x10000)
#define STRTAB	   (WHOLE_MEMORY + 0x20000)
#define ON	   (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN)
#define NEIGHBOURS UINT64_C(0x1111111122222222)

static struct whole *stand(const struct vsmmu_config *config)
{
	struct whole *whole = whole_alloc();
	struct vsmmu_host *host = NULL;

#ifdef ON_SIM
	host = whole_sim(whole, NULL);
#endif
	assert_int_equal(whole_new(whole, host, config), 0);
	return whole;
}

static struct whole *stand_msi(void)
{
	const struct vsmmu_config config = {.msi = true};

	return stand(&config);
}

static void set_msi(struct whole *whole, uint64_t cfg0, uint64_t address, uint32_t data)
{
	whole_write64(whole, cfg0, address);
	whole_write(whole, cfg0 + 8, data);
	whole_write(whole, cfg0 + 12, 0);
}

static void enable(struct whole *whole, uint32_t irqs)
{
	whole_write64(whole, SMMU_EVENTQ_BASE, QUEUE | 4);
	whole_write64(whole, SMMU_STRTAB_BASE, STRTAB);
	whole_write(whole, SMMU_STRTAB_BASE_CFG, 4);
	whole_write(whole, SMMU_IRQ_CTRL, irqs);
	whole_write(whole, SMMU_CR0, ON);
}

/* An event for the guest: StreamID 1 has an STE with V = 0. */
static void cause_event(struct whole *whole)
{
	const struct vsmmu_access access = {.size = sizeof(access), .vsid = 1};
	struct vsmmu_translation out = {.size = sizeof(out)};

	assert_true(vsmmu_translate(whole->vsmmu, &access, &out) < 0);
}

static void consume_events(struct whole *whole)
{
	whole_write(whole, SMMU_EVENTQ_CONS, whole_read(whole, SMMU_EVENTQ_PROD));
}

static void raise_error(struct whole *whole, uint32_t bits)
{
	fairlock_lock(&whole->vsmmu->event_lock);
	gerror_raise(whole->vsmmu, bits);
	fairlock_unlock(&whole->vsmmu->event_lock);
}

static void complete_sync(struct whole *whole, uint64_t address, uint32_t data)
{
	fairlock_lock(&whole->vsmmu->event_lock);
	irq_cmd_sync(whole->vsmmu, address, data);
	fairlock_unlock(&whole->vsmmu->event_lock);
}

static uint32_t active(struct whole *whole)
{
	return whole_read(whole, SMMU_GERROR) ^ whole_read(whole, SMMU_GERRORN);
}

static void the_three_go_to_the_doorbell(void **unused)
{
	const uint32_t irqs = SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN;
	struct whole *whole = stand_msi();

	(void)unused;
	set_msi(whole, SMMU_EVENTQ_IRQ_CFG0, WHOLE_DOORBELL, 0x11);
	set_msi(whole, SMMU_GERROR_IRQ_CFG0, WHOLE_DOORBELL, 0x22);
	enable(whole, irqs);
	cause_event(whole);
	assert_int_equal(whole->msis, 1);
	assert_int_equal(whole->msi_data, 0x11);
	assert_int_equal(whole->irqs[VSMMU_IRQ_EVENTQ], 1);
	/* The queue was not empty this time. */
	cause_event(whole);
	assert_int_equal(whole->msis, 1);
	assert_int_equal(whole->irqs[VSMMU_IRQ_EVENTQ], 1);

	raise_error(whole, SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(whole->msis, 2);
	assert_int_equal(whole->msi_data, 0x22);
	assert_int_equal(whole->irqs[VSMMU_IRQ_GERROR], 1);

	complete_sync(whole, WHOLE_DOORBELL, 0x33);
	assert_int_equal(whole->msis, 3);
	assert_int_equal(whole->msi_data, 0x33);
	assert_int_equal(whole->irqs[VSMMU_IRQ_CMD_SYNC], 1);

	assert_int_equal(whole_stats(whole).msis, 3);
	assert_int_equal(whole_stats(whole).msi_aborts, 0);
	assert_int_equal(whole_stats(whole).eventq_irqs, 1);
	assert_int_equal(whole_stats(whole).gerror_irqs, 1);
	assert_int_equal(whole_stats(whole).cmd_sync_irqs, 1);
	whole_free(whole);
}

/* What Linux and FreeBSD do with CMD_SYNC: 4 bytes of memory change, its neighbours do not. */
static void an_msi_to_memory_is_a_store_of_4_bytes(void **unused)
{
	struct whole *whole = stand_msi();

	(void)unused;
	for (unsigned int shift = 0; shift < 64; shift += 32) {
		const uint64_t data = UINT64_C(0xa1b2c3d4);

		whole_store64(whole, MSI_MEMORY, NEIGHBOURS);
		complete_sync(whole, MSI_MEMORY + shift / 8, (uint32_t)data);
		assert_int_equal(whole_load64(whole, MSI_MEMORY),
			(NEIGHBOURS & ~(UINT64_C(0xffffffff) << shift)) | data << shift);
	}
	assert_int_equal(whole->msis, 0);
	assert_int_equal(whole_stats(whole).msis, 2);
	whole_free(whole);
}

static void address_0_is_no_msi(void **unused)
{
	struct whole *whole = stand_msi();

	(void)unused;
	set_msi(whole, SMMU_EVENTQ_IRQ_CFG0, 3, 0x11);
	enable(whole, SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	cause_event(whole);
	raise_error(whole, SMMU_GERROR_CMDQ_ERR);
	complete_sync(whole, 0, 1);
	assert_int_equal(whole->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(whole->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(whole->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	assert_int_equal(whole_stats(whole).msis, 0);
	assert_int_equal(whole_stats(whole).msi_aborts, 0);
	assert_int_equal(active(whole), SMMU_GERROR_CMDQ_ERR);
	whole_free(whole);
}

static void without_idr0_msi_there_is_none(void **unused)
{
	struct whole *whole = stand(NULL);

	(void)unused;
	set_msi(whole, SMMU_EVENTQ_IRQ_CFG0, NOWHERE, 0x11);
	enable(whole, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	whole_store64(whole, MSI_MEMORY, NEIGHBOURS);
	complete_sync(whole, MSI_MEMORY, 1);
	complete_sync(whole, NOWHERE, 1);
	cause_event(whole);
	assert_int_equal(whole_load64(whole, MSI_MEMORY), NEIGHBOURS);
	assert_int_equal(whole->irqs[VSMMU_IRQ_CMD_SYNC], 2);
	assert_int_equal(whole->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(active(whole), 0);
	whole_free(whole);
}

static void irq_ctrl_gates_both_but_not_cmd_sync(void **unused)
{
	struct whole *whole = stand_msi();

	(void)unused;
	set_msi(whole, SMMU_EVENTQ_IRQ_CFG0, WHOLE_DOORBELL, 0x11);
	set_msi(whole, SMMU_GERROR_IRQ_CFG0, WHOLE_DOORBELL, 0x22);
	enable(whole, 0);
	cause_event(whole);
	raise_error(whole, SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(whole->msis, 0);
	complete_sync(whole, WHOLE_DOORBELL, 0x33);
	assert_int_equal(whole->msis, 1);
	/* Nothing is made up for. */
	whole_write(whole, SMMU_IRQ_CTRL, 5);
	assert_int_equal(whole->msis, 1);
	assert_int_equal(whole->irqs[VSMMU_IRQ_EVENTQ] + whole->irqs[VSMMU_IRQ_GERROR], 0);
	consume_events(whole);
	cause_event(whole);
	assert_int_equal(whole->msi_data, 0x11);
	whole_free(whole);
}

/* 7.5: an abort is an error of its own, with an interrupt, which may abort in turn. */
static void an_abort_activates_its_gerror(void **unused)
{
	struct whole *whole = stand_msi();

	(void)unused;
	set_msi(whole, SMMU_EVENTQ_IRQ_CFG0, NOWHERE, 0x11);
	enable(whole, SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	cause_event(whole);
	assert_int_equal(active(whole), SMMU_GERROR_MSI_EVENTQ_ABT);
	assert_int_equal(whole->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(whole->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(whole_stats(whole).msi_aborts, 1);
	complete_sync(whole, NOWHERE, 1);
	assert_int_equal(active(whole), SMMU_GERROR_MSI_EVENTQ_ABT | SMMU_GERROR_MSI_CMDQ_ABT);
	assert_int_equal(whole->irqs[VSMMU_IRQ_GERROR], 2);
	assert_int_equal(whole->irqs[VSMMU_IRQ_CMD_SYNC], 1);

	/* An active one is not raised anew, and has no effect on what comes later. */
	consume_events(whole);
	cause_event(whole);
	assert_int_equal(whole->irqs[VSMMU_IRQ_GERROR], 2);
	assert_int_equal(whole->irqs[VSMMU_IRQ_EVENTQ], 2);
	assert_int_equal(whole_stats(whole).msi_aborts, 3);
	complete_sync(whole, WHOLE_DOORBELL, 7);
	assert_int_equal(whole->msi_data, 7);
	whole_free(whole);
}

static void an_aborted_gerror_msi_raises_nothing_more(void **unused)
{
	struct whole *whole = stand_msi();

	(void)unused;
	set_msi(whole, SMMU_GERROR_IRQ_CFG0, NOWHERE, 0x22);
	enable(whole, SMMU_IRQ_CTRL_GERROR_IRQEN);
	raise_error(whole, SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(active(whole), SMMU_GERROR_CMDQ_ERR | SMMU_GERROR_MSI_GERROR_ABT);
	assert_int_equal(whole->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(whole_stats(whole).msi_aborts, 1);
	/* Acknowledged, it comes again with the next one. */
	whole_write(whole, SMMU_GERRORN, whole_read(whole, SMMU_GERROR));
	assert_int_equal(active(whole), 0);
	raise_error(whole, SMMU_GERROR_EVENTQ_ABT_ERR);
	assert_int_equal(active(whole), SMMU_GERROR_EVENTQ_ABT_ERR | SMMU_GERROR_MSI_GERROR_ABT);
	whole_free(whole);
}

static void addresses_are_cut_to_the_oas(void **unused)
{
	const uint64_t beyond = UINT64_C(1) << 44 | UINT64_C(1) << 55;
	struct whole *whole = stand_msi();

	(void)unused;
	complete_sync(whole, beyond | WHOLE_DOORBELL, 0x44);
	assert_int_equal(whole->msi_data, 0x44);
	set_msi(whole, SMMU_EVENTQ_IRQ_CFG0, beyond | WHOLE_DOORBELL, 0x55);
	enable(whole, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	cause_event(whole);
	assert_int_equal(whole->msi_data, 0x55);
	assert_int_equal(active(whole), 0);
	whole_free(whole);
}

static void look_at_the_pulse(struct whole *whole, enum vsmmu_irq irq)
{
	switch (irq) {
	case VSMMU_IRQ_EVENTQ:
		assert_int_equal(whole_load64(whole, QUEUE) & 0xff, VSMMU_EVENT_C_BAD_STE);
		assert_int_equal(atomic_load(&whole->vsmmu->eventq.prod), 1);
		assert_int_equal(whole_load64(whole, MSI_MEMORY), 0x11);
		break;
	case VSMMU_IRQ_GERROR:
		assert_true(whole->vsmmu->registers.gerror & SMMU_GERROR_CMDQ_ERR);
		assert_int_equal(whole_load64(whole, MSI_MEMORY + 8), 0x22);
		break;
	default:
		assert_int_equal(whole_load64(whole, MSI_MEMORY + 16), 0x33);
		break;
	}
}

static void state_then_msi_then_line(void **unused)
{
	struct whole *whole = stand_msi();

	(void)unused;
	whole->on_irq = look_at_the_pulse;
	set_msi(whole, SMMU_EVENTQ_IRQ_CFG0, MSI_MEMORY, 0x11);
	set_msi(whole, SMMU_GERROR_IRQ_CFG0, MSI_MEMORY + 8, 0x22);
	enable(whole, SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	cause_event(whole);
	raise_error(whole, SMMU_GERROR_CMDQ_ERR);
	complete_sync(whole, MSI_MEMORY + 16, 0x33);
	for (int irq = 0; irq < VSMMU_IRQ_COUNT; irq++)
		assert_int_equal(whole->irqs[irq], 1);
	whole_free(whole);
}

static void count_pulse(void *opaque, enum vsmmu_irq irq)
{
	struct whole *whole = opaque;

	whole->irqs[irq]++;
}

static void without_a_doorbell_memory_is_all_there_is(void **unused)
{
	const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = whole_memory_read,
		.memory_write = whole_memory_write,
		.irq_pulse = count_pulse,
	};
	struct whole *whole = whole_alloc();
	const struct vsmmu_config config = {
		.size = sizeof(config), .ops = &ops, .opaque = whole, .msi = true};

	(void)unused;
	assert_int_equal(vsmmu_new(&whole->vsmmu, &config), 0);
	complete_sync(whole, MSI_MEMORY, 0x33);
	assert_int_equal(whole_load64(whole, MSI_MEMORY), 0x33);
	assert_int_equal(active(whole), 0);
	complete_sync(whole, WHOLE_DOORBELL, 0x33);
	assert_int_equal(active(whole), SMMU_GERROR_MSI_CMDQ_ABT);
	assert_int_equal(whole->irqs[VSMMU_IRQ_CMD_SYNC], 2);
	whole_free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S5", the_three_go_to_the_doorbell),
		UNIT_TEST("S5", an_msi_to_memory_is_a_store_of_4_bytes),
		UNIT_TEST("S5", address_0_is_no_msi),
		UNIT_TEST("S5", without_idr0_msi_there_is_none),
		UNIT_TEST("S5 P16", irq_ctrl_gates_both_but_not_cmd_sync),
		UNIT_TEST("S5", an_abort_activates_its_gerror),
		UNIT_TEST("S5", an_aborted_gerror_msi_raises_nothing_more),
		UNIT_TEST("S5", addresses_are_cut_to_the_oas),
		UNIT_TEST("S5", state_then_msi_then_line),
		UNIT_TEST("S5", without_a_doorbell_memory_is_all_there_is),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
