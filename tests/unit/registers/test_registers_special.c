/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers with rules of their own: CR0, IRQ_CTRL, GBPA and GERROR. */
#include "registers_fixture.h"

#define ON (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)

/* Linux polls until the whole word is what it wrote; UEFI gives up after 0.1 ms. */
static void cr0_is_acknowledged_at_once(void **unused)
{
	const struct vsmmu_config config = {.ats = true};
	struct test_vmm *vmm = fixture_new(NULL);

	(void)unused;
	for (uint32_t value = 0; value < 0x800; value++) {
		test_vmm_write(vmm, SMMU_CR0, value);
		assert_int_equal(test_vmm_read(vmm, SMMU_CR0), value & ON);
		assert_int_equal(test_vmm_read(vmm, SMMU_CR0ACK), value & ON);
	}
	test_vmm_write(vmm, SMMU_CR0ACK, 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_CR0ACK), ON);
	test_vmm_free(vmm);

	vmm = test_vmm_alloc();
	assert_int_equal(test_vmm_new(vmm, NULL, &config), 0);
	test_vmm_write(vmm, SMMU_CR0, ALL_ONES);
	assert_int_equal(test_vmm_read(vmm, SMMU_CR0), ON | SMMU_CR0_ATSCHK);
	assert_int_equal(test_vmm_read(vmm, SMMU_CR0ACK), ON | SMMU_CR0_ATSCHK);
	test_vmm_free(vmm);
}

static void irq_ctrl_is_acknowledged_at_once(void **unused)
{
	struct test_vmm *vmm = fixture_new(NULL);

	(void)unused;
	for (uint32_t value = 0; value < 16; value++) {
		test_vmm_write(vmm, SMMU_IRQ_CTRL, value);
		assert_int_equal(test_vmm_read(vmm, SMMU_IRQ_CTRL), value & 5);
		test_vmm_write(vmm, SMMU_IRQ_CTRLACK, ~value);
		assert_int_equal(test_vmm_read(vmm, SMMU_IRQ_CTRLACK), value & 5);
	}
	test_vmm_free(vmm);
}

static void gbpa_changes_with_update_only(void **unused)
{
	const struct vsmmu_config config = {.gbpa_abort = true};
	struct test_vmm *vmm = fixture_new(NULL);

	(void)unused;
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_ABORT);
	assert_int_equal(test_vmm_read(vmm, SMMU_GBPA), SMMU_GBPA_INCOMING);
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	assert_int_equal(test_vmm_read(vmm, SMMU_GBPA), SMMU_GBPA_ABORT);
	test_vmm_write(vmm, SMMU_GBPA, ALL_ONES);
	assert_int_equal(test_vmm_read(vmm, SMMU_GBPA), SMMU_GBPA_BITS);
	/* With the SMMU on it can be written too. */
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE);
	assert_int_equal(test_vmm_read(vmm, SMMU_GBPA), 0);
	test_vmm_free(vmm);

	vmm = fixture_new(&config);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(
			test_vmm_read(vmm, SMMU_GBPA), SMMU_GBPA_ABORT | SMMU_GBPA_INCOMING);
		test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE);
		assert_int_equal(test_vmm_read(vmm, SMMU_GBPA), 0);
		assert_int_equal(vsmmu_reset(vmm->vsmmu), 0);
	}
	test_vmm_free(vmm);
}

/* Each of the errors: raised once, acknowledged by GERRORN, raised again the other way. */
static void gerror_toggles(void **unused)
{
	static const uint32_t errors[] = {SMMU_GERROR_CMDQ_ERR, SMMU_GERROR_EVENTQ_ABT_ERR,
		SMMU_GERROR_MSI_CMDQ_ABT, SMMU_GERROR_MSI_EVENTQ_ABT, SMMU_GERROR_MSI_GERROR_ABT};
	struct test_vmm *vmm = stand_msi();
	uint32_t others;

	(void)unused;
	test_vmm_write(vmm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_GERROR_IRQEN);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
			const uint32_t error = errors[i];
			const bool raises = error != SMMU_GERROR_MSI_GERROR_ABT;
			unsigned int irqs = vmm->irqs[VSMMU_IRQ_GERROR];

			raise_error(vmm, error);
			assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR] - irqs, raises);
			assert_int_equal(
				test_vmm_read(vmm, SMMU_GERROR) ^ test_vmm_read(vmm, SMMU_GERRORN),
				error);
			raise_error(vmm, error);
			assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR] - irqs, raises);
			/* Toggling all but the active one does nothing. */
			others = ~error ^ test_vmm_read(vmm, SMMU_GERRORN);
			test_vmm_write(vmm, SMMU_GERRORN, others);
			assert_int_equal(
				test_vmm_read(vmm, SMMU_GERROR) ^ test_vmm_read(vmm, SMMU_GERRORN),
				error);
			test_vmm_write(vmm, SMMU_GERRORN, test_vmm_read(vmm, SMMU_GERROR));
			assert_int_equal(
				test_vmm_read(vmm, SMMU_GERROR), test_vmm_read(vmm, SMMU_GERRORN));
			assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR] - irqs, raises);
		}
		assert_int_equal(test_vmm_read(vmm, SMMU_GERROR), round ? 0 : 0xb5);
	}
	test_vmm_free(vmm);
}

static void disabled_gerror_interrupts_are_not_made_up_for(void **unused)
{
	struct test_vmm *vmm = stand_msi();

	(void)unused;
	raise_error(vmm, SMMU_GERROR_CMDQ_ERR);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, ALL_ONES);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_GERROR), SMMU_GERROR_CMDQ_ERR);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1", cr0_is_acknowledged_at_once),
		UNIT_TEST("S1", irq_ctrl_is_acknowledged_at_once),
		UNIT_TEST("S1", gbpa_changes_with_update_only),
		UNIT_TEST("S1 S5", gerror_toggles),
		UNIT_TEST("S1 S5 P16", disabled_gerror_interrupts_are_not_made_up_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
