/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of a full vSMMU: when the wired lines pulse, and where its MSIs go. */
#include <string.h>

#include "smmu/irq.h"
#include "lib/test_vmm.h"

#define NOWHERE	   UINT64_C(0x08030000)
#define MSI_MEMORY (TEST_VMM_MEMORY + 0x5000)
#define QUEUE	   (TEST_VMM_MEMORY + 0x10000)
#define STRTAB	   (TEST_VMM_MEMORY + 0x20000)
#define ON	   (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN)
#define NEIGHBOURS UINT64_C(0x1111111122222222)

static struct test_vmm *fixture_new(const struct vsmmu_config *config)
{
	struct test_vmm *vmm = test_vmm_alloc();
	struct vsmmu_host *host = NULL;

#ifdef ON_SIM
	host = test_vmm_sim(vmm, NULL);
#endif
	assert_int_equal(test_vmm_new(vmm, host, config), 0);
	return vmm;
}

static struct test_vmm *stand_msi(void)
{
	const struct vsmmu_config config = {0};

	return fixture_new(&config);
}

static void set_msi(struct test_vmm *vmm, uint64_t cfg0, uint64_t address, uint32_t data)
{
	test_vmm_write64(vmm, cfg0, address);
	test_vmm_write(vmm, cfg0 + 8, data);
	test_vmm_write(vmm, cfg0 + 12, 0);
}

static void enable(struct test_vmm *vmm, uint32_t irqs)
{
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, QUEUE | 4);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 4);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, irqs);
	test_vmm_write(vmm, SMMU_CR0, ON);
}

/* An event for the guest: StreamID 1 has an STE with V = 0. */
static void cause_event(struct test_vmm *vmm)
{
	const struct vsmmu_access access = {.size = sizeof(access), .vsid = 1};
	struct vsmmu_translation out = {.size = sizeof(out)};

	assert_true(vsmmu_translate(vmm->vsmmu, &access, &out) < 0);
}

static void consume_events(struct test_vmm *vmm)
{
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, test_vmm_read(vmm, SMMU_EVENTQ_PROD));
}

static void raise_error(struct test_vmm *vmm, uint32_t bits)
{
	pthread_mutex_lock(&vmm->vsmmu->event_lock);
	gerror_raise(vmm->vsmmu, bits);
	pthread_mutex_unlock(&vmm->vsmmu->event_lock);
}

static void complete_sync(struct test_vmm *vmm, uint64_t address, uint32_t data)
{
	pthread_mutex_lock(&vmm->vsmmu->event_lock);
	irq_cmd_sync(vmm->vsmmu, address, data);
	pthread_mutex_unlock(&vmm->vsmmu->event_lock);
}

static uint32_t active(struct test_vmm *vmm)
{
	return test_vmm_read(vmm, SMMU_GERROR) ^ test_vmm_read(vmm, SMMU_GERRORN);
}

TEST(the_three_go_to_the_doorbell)
{
	const uint32_t irqs = SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN;
	struct test_vmm *vmm = stand_msi();

	set_msi(vmm, SMMU_EVENTQ_IRQ_CFG0, TEST_VMM_DOORBELL, 0x11);
	set_msi(vmm, SMMU_GERROR_IRQ_CFG0, TEST_VMM_DOORBELL, 0x22);
	enable(vmm, irqs);
	cause_event(vmm);
	assert_int_equal(vmm->msis, 1);
	assert_int_equal(vmm->msi_data, 0x11);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 1);
	/* The queue was not empty this time. */
	cause_event(vmm);
	assert_int_equal(vmm->msis, 1);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 1);

	raise_error(vmm, SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(vmm->msis, 2);
	assert_int_equal(vmm->msi_data, 0x22);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 1);

	complete_sync(vmm, TEST_VMM_DOORBELL, 0x33);
	assert_int_equal(vmm->msis, 3);
	assert_int_equal(vmm->msi_data, 0x33);
	/* Of the three this one is not signalled by the line too. */
	assert_int_equal(vmm->irqs[VSMMU_IRQ_CMD_SYNC], 0);

	assert_int_equal(test_vmm_stats(vmm).msis, 3);
	assert_int_equal(test_vmm_stats(vmm).msi_aborts, 0);
	assert_int_equal(test_vmm_stats(vmm).eventq_irqs, 1);
	assert_int_equal(test_vmm_stats(vmm).gerror_irqs, 1);
	assert_int_equal(test_vmm_stats(vmm).cmd_sync_irqs, 0);
	test_vmm_free(vmm);
}

/* What Linux and FreeBSD do with CMD_SYNC: 4 bytes of memory change, its neighbours do not. */
TEST(an_msi_to_memory_is_a_store_of_4_bytes)
{
	struct test_vmm *vmm = stand_msi();

	for (unsigned int shift = 0; shift < 64; shift += 32) {
		const uint64_t data = UINT64_C(0xa1b2c3d4);

		test_vmm_store64(vmm, MSI_MEMORY, NEIGHBOURS);
		complete_sync(vmm, MSI_MEMORY + shift / 8, (uint32_t)data);
		assert_int_equal(test_vmm_load64(vmm, MSI_MEMORY),
			(NEIGHBOURS & ~(UINT64_C(0xffffffff) << shift)) | data << shift);
	}
	assert_int_equal(vmm->msis, 0);
	assert_int_equal(test_vmm_stats(vmm).msis, 2);
	test_vmm_free(vmm);
}

TEST(address_0_is_no_msi)
{
	struct test_vmm *vmm = stand_msi();

	set_msi(vmm, SMMU_EVENTQ_IRQ_CFG0, 3, 0x11);
	enable(vmm, SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	cause_event(vmm);
	raise_error(vmm, SMMU_GERROR_CMDQ_ERR);
	complete_sync(vmm, 0, 1);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_CMD_SYNC], 1);
	assert_int_equal(test_vmm_stats(vmm).msis, 0);
	assert_int_equal(test_vmm_stats(vmm).msi_aborts, 0);
	assert_int_equal(active(vmm), SMMU_GERROR_CMDQ_ERR);
	test_vmm_free(vmm);
}

TEST(without_idr0_msi_there_is_none)
{
	const struct vsmmu_config config = {.no_msi = true};
	struct test_vmm *vmm = fixture_new(&config);

	set_msi(vmm, SMMU_EVENTQ_IRQ_CFG0, NOWHERE, 0x11);
	enable(vmm, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	test_vmm_store64(vmm, MSI_MEMORY, NEIGHBOURS);
	complete_sync(vmm, MSI_MEMORY, 1);
	complete_sync(vmm, NOWHERE, 1);
	cause_event(vmm);
	assert_int_equal(test_vmm_load64(vmm, MSI_MEMORY), NEIGHBOURS);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_CMD_SYNC], 2);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(active(vmm), 0);
	test_vmm_free(vmm);
}

TEST(irq_ctrl_gates_both_but_not_cmd_sync)
{
	struct test_vmm *vmm = stand_msi();

	set_msi(vmm, SMMU_EVENTQ_IRQ_CFG0, TEST_VMM_DOORBELL, 0x11);
	set_msi(vmm, SMMU_GERROR_IRQ_CFG0, TEST_VMM_DOORBELL, 0x22);
	enable(vmm, 0);
	cause_event(vmm);
	raise_error(vmm, SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(vmm->msis, 0);
	complete_sync(vmm, TEST_VMM_DOORBELL, 0x33);
	assert_int_equal(vmm->msis, 1);
	/* Nothing is made up for. */
	test_vmm_write(vmm, SMMU_IRQ_CTRL, 5);
	assert_int_equal(vmm->msis, 1);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ] + vmm->irqs[VSMMU_IRQ_GERROR], 0);
	consume_events(vmm);
	cause_event(vmm);
	assert_int_equal(vmm->msi_data, 0x11);
	test_vmm_free(vmm);
}

/* 7.5: an abort is an error of its own, with an interrupt, which may abort in turn. */
TEST(an_abort_activates_its_gerror)
{
	struct test_vmm *vmm = stand_msi();

	set_msi(vmm, SMMU_EVENTQ_IRQ_CFG0, NOWHERE, 0x11);
	enable(vmm, SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	cause_event(vmm);
	assert_int_equal(active(vmm), SMMU_GERROR_MSI_EVENTQ_ABT);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(test_vmm_stats(vmm).msi_aborts, 1);
	complete_sync(vmm, NOWHERE, 1);
	assert_int_equal(active(vmm), SMMU_GERROR_MSI_EVENTQ_ABT | SMMU_GERROR_MSI_CMDQ_ABT);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 2);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_CMD_SYNC], 0);

	/* An active one is not raised anew, and has no effect on what comes later. */
	consume_events(vmm);
	cause_event(vmm);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 2);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 2);
	assert_int_equal(test_vmm_stats(vmm).msi_aborts, 3);
	complete_sync(vmm, TEST_VMM_DOORBELL, 7);
	assert_int_equal(vmm->msi_data, 7);
	test_vmm_free(vmm);
}

TEST(an_aborted_gerror_msi_raises_nothing_more)
{
	struct test_vmm *vmm = stand_msi();

	set_msi(vmm, SMMU_GERROR_IRQ_CFG0, NOWHERE, 0x22);
	enable(vmm, SMMU_IRQ_CTRL_GERROR_IRQEN);
	raise_error(vmm, SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(active(vmm), SMMU_GERROR_CMDQ_ERR | SMMU_GERROR_MSI_GERROR_ABT);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(test_vmm_stats(vmm).msi_aborts, 1);
	/* Acknowledged, it comes again with the next one. */
	test_vmm_write(vmm, SMMU_GERRORN, test_vmm_read(vmm, SMMU_GERROR));
	assert_int_equal(active(vmm), 0);
	raise_error(vmm, SMMU_GERROR_EVENTQ_ABT_ERR);
	assert_int_equal(active(vmm), SMMU_GERROR_EVENTQ_ABT_ERR | SMMU_GERROR_MSI_GERROR_ABT);
	test_vmm_free(vmm);
}

TEST(addresses_are_cut_to_the_oas)
{
	const uint64_t beyond = UINT64_C(1) << 44 | UINT64_C(1) << 55;
	struct test_vmm *vmm = stand_msi();

	complete_sync(vmm, beyond | TEST_VMM_DOORBELL, 0x44);
	assert_int_equal(vmm->msi_data, 0x44);
	set_msi(vmm, SMMU_EVENTQ_IRQ_CFG0, beyond | TEST_VMM_DOORBELL, 0x55);
	enable(vmm, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	cause_event(vmm);
	assert_int_equal(vmm->msi_data, 0x55);
	assert_int_equal(active(vmm), 0);
	test_vmm_free(vmm);
}

static void look_at_the_pulse(struct test_vmm *vmm, enum vsmmu_irq irq)
{
	switch (irq) {
	case VSMMU_IRQ_EVENTQ:
		assert_int_equal(test_vmm_load64(vmm, QUEUE) & 0xff, VSMMU_EVENT_C_BAD_STE);
		assert_int_equal(atomic_load(&vmm->vsmmu->eventq.queue.prod), 1);
		assert_int_equal(test_vmm_load64(vmm, MSI_MEMORY), 0x11);
		break;
	case VSMMU_IRQ_GERROR:
		assert_true(vmm->vsmmu->registers.gerror & SMMU_GERROR_CMDQ_ERR);
		assert_int_equal(test_vmm_load64(vmm, MSI_MEMORY + 8), 0x22);
		break;
	default:
		fail_msg("irq %d", (int)irq);
	}
}

TEST(state_then_msi_then_line)
{
	struct test_vmm *vmm = stand_msi();

	vmm->on_irq = look_at_the_pulse;
	set_msi(vmm, SMMU_EVENTQ_IRQ_CFG0, MSI_MEMORY, 0x11);
	set_msi(vmm, SMMU_GERROR_IRQ_CFG0, MSI_MEMORY + 8, 0x22);
	enable(vmm, SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	cause_event(vmm);
	raise_error(vmm, SMMU_GERROR_CMDQ_ERR);
	complete_sync(vmm, MSI_MEMORY + 16, 0x33);
	assert_int_equal(test_vmm_load64(vmm, MSI_MEMORY + 16), 0x33);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_CMD_SYNC], 0);
	test_vmm_free(vmm);
}

static void count_pulse(void *opaque, enum vsmmu_irq irq)
{
	struct test_vmm *vmm = opaque;

	vmm->irqs[irq]++;
}

TEST(without_a_doorbell_memory_is_all_there_is)
{
	const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = test_vmm_memory_read,
		.memory_write = test_vmm_memory_write,
		.irq_pulse = count_pulse,
	};
	struct test_vmm *vmm = test_vmm_alloc();
	const struct vsmmu_config config = {.size = sizeof(config), .ops = &ops, .opaque = vmm};

	assert_int_equal(vsmmu_new(&vmm->vsmmu, &config), 0);
	complete_sync(vmm, MSI_MEMORY, 0x33);
	assert_int_equal(test_vmm_load64(vmm, MSI_MEMORY), 0x33);
	assert_int_equal(active(vmm), 0);
	complete_sync(vmm, TEST_VMM_DOORBELL, 0x33);
	assert_int_equal(active(vmm), SMMU_GERROR_MSI_CMDQ_ABT);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_CMD_SYNC], 0);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S5 P23 D5", the_three_go_to_the_doorbell),
		UNIT_TEST("S5", an_msi_to_memory_is_a_store_of_4_bytes),
		UNIT_TEST("S5", address_0_is_no_msi),
		UNIT_TEST("S5 D5", without_idr0_msi_there_is_none),
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
