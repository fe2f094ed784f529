/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VMM whose memory ops reach its MMIO, and a guest that points each address it has at the SMMU's
 * own registers: it ends as an access to what is no memory.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "arch/command.h"
#include "translate_fixture.h"

#define GUARD  60 /* seconds; a deadlock ends the program */
#define WINDOW UINT64_C(0x09050000)
#define CMDQ   (TEST_VMM_MEMORY + 0x40000)
#define ALL    (ON | SMMU_CR0_CMDQEN)

static unsigned int reached;

/* As QEMU's address_space_rw() does: RAM, or else the device that is there. */
static bool is_window(uint64_t address)
{
	return address >= WINDOW && address - WINDOW < SMMU_REG_SPACE;
}

static int read_anywhere(void *opaque, uint64_t address, void *bytes, size_t length)
{
	struct test_vmm *vmm = opaque;
	int ret = 0;

	if (!is_window(address))
		return test_vmm_memory_read(opaque, address, bytes, length);
	reached++;
	for (size_t i = 0; i + 4 <= length && !ret; i += 4) {
		uint64_t value;

		ret = vsmmu_mmio_read(vmm->vsmmu, address - WINDOW + i, 4, &value);
		memcpy((uint8_t *)bytes + i, &value, 4);
	}
	return ret;
}

static int write_anywhere(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct test_vmm *vmm = opaque;
	int ret = 0;

	if (!is_window(address))
		return test_vmm_memory_write(opaque, address, bytes, length);
	reached++;
	for (size_t i = 0; i + 4 <= length && !ret; i += 4) {
		uint32_t value;

		memcpy(&value, (const uint8_t *)bytes + i, 4);
		ret = vsmmu_mmio_write(vmm->vsmmu, address - WINDOW + i, 4, value);
	}
	return ret;
}

static int msi_anywhere(void *opaque, uint64_t address, uint32_t data)
{
	struct test_vmm *vmm = opaque;

	return is_window(address) ? vsmmu_mmio_write(vmm->vsmmu, address - WINDOW, 4, data) : -1;
}

static struct test_vmm *window_new(void)
{
	struct test_vmm *vmm;

	alarm(GUARD);
	reached = 0;
	vmm = fixture_new(NULL);
	test_vmm_write(vmm, SMMU_CR0, 0);
	vmm->vsmmu->ops.memory_read = read_anywhere;
	vmm->vsmmu->ops.memory_write = write_anywhere;
	vmm->vsmmu->ops.msi = msi_anywhere;
	return vmm;
}

static void window_free(struct test_vmm *vmm)
{
	assert_true(reached > 0);
	test_vmm_free(vmm);
	alarm(0);
}

static int access_page(struct test_vmm *vmm)
{
	const struct vsmmu_access access = {
		.size = sizeof(access), .vsid = SID, .address = PAGE_VA};
	struct vsmmu_translation out = {.size = sizeof(out)};

	return vsmmu_translate(vmm->vsmmu, &access, &out);
}

static void expect_event(struct test_vmm *vmm, uint8_t id)
{
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD) & SMMU_QUEUE_INDEX, 1);
	assert_int_equal(test_vmm_load64(vmm, QUEUE) & 0xff, id);
}

static uint32_t active(struct test_vmm *vmm)
{
	return test_vmm_read(vmm, SMMU_GERROR) ^ test_vmm_read(vmm, SMMU_GERRORN);
}

/* Page by page: the register that a record falls on must not matter. */
TEST(an_event_queue_at_the_registers_is_aborted)
{
	for (uint64_t page = 0; page < SMMU_REG_SPACE; page += 0x1000) {
		struct test_vmm *vmm = window_new();
		uint32_t prod;

		test_vmm_write64(vmm, SMMU_EVENTQ_BASE, (WINDOW + page) | 2);
		test_vmm_write(vmm, SMMU_CR0, ALL);
		prod = test_vmm_read(vmm, SMMU_EVENTQ_PROD);
		test_vmm_store64(vmm, STE, 0);
		assert_int_equal(access_page(vmm), -EFAULT);
		assert_int_equal(active(vmm), SMMU_GERROR_EVENTQ_ABT_ERR);
		assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), prod);
		assert_int_equal(test_vmm_stats(vmm).translation_drops, 1);
		window_free(vmm);
	}
}

TEST(msis_at_the_registers_are_aborted)
{
	struct test_vmm *vmm = window_new();
	static const uint64_t sync[2] = {
		COMMAND_OP_SYNC | 1 << 12, (WINDOW + SMMU_CR0) & ~UINT64_C(3)};

	test_vmm_write(vmm, SMMU_IRQ_CTRL, 0);
	test_vmm_write64(vmm, SMMU_EVENTQ_IRQ_CFG0, WINDOW + SMMU_EVENTQ_CONS);
	test_vmm_write64(vmm, SMMU_GERROR_IRQ_CFG0, WINDOW + SMMU_GERRORN);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, IRQS);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, CMDQ | 4);
	test_vmm_write(vmm, SMMU_CR0, ALL);
	test_vmm_store64(vmm, STE, 0);
	assert_int_equal(access_page(vmm), -EFAULT);
	assert_int_equal(active(vmm), SMMU_GERROR_MSI_EVENTQ_ABT | SMMU_GERROR_MSI_GERROR_ABT);
	expect_event(vmm, VSMMU_EVENT_C_BAD_STE);
	test_vmm_store64(vmm, CMDQ, sync[0]);
	test_vmm_store64(vmm, CMDQ + 8, sync[1]);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 1);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), 1);
	assert_true(active(vmm) & SMMU_GERROR_MSI_CMDQ_ABT);
	assert_int_equal(test_vmm_read(vmm, SMMU_CR0), ALL);
	window_free(vmm);
}

TEST(a_command_queue_at_the_registers_is_aborted)
{
	struct test_vmm *vmm = window_new();

	test_vmm_write64(vmm, SMMU_CMDQ_BASE, WINDOW | 4);
	test_vmm_write(vmm, SMMU_CR0, ALL);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 3);
	assert_int_equal(active(vmm), SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS) >> SMMU_CMDQ_ERR_LOW, SMMU_CERROR_ABT);
	window_free(vmm);
}

TEST(tables_at_the_registers_are_external_aborts)
{
	static const uint8_t wanted[] = {VSMMU_EVENT_F_STE_FETCH, VSMMU_EVENT_F_CD_FETCH,
		VSMMU_EVENT_F_WALK_EABT, VSMMU_EVENT_F_WALK_EABT};

	for (unsigned int i = 0; i < sizeof(wanted); i++) {
		struct test_vmm *vmm = window_new();

		tables(vmm);
		if (i == 0)
			test_vmm_write64(vmm, SMMU_STRTAB_BASE, WINDOW);
		else if (i == 1)
			set_ste(vmm, WINDOW | 0xb, 0x5c);
		else if (i == 2)
			test_vmm_store64(vmm, CD + 8, WINDOW);
		else
			test_vmm_store64(vmm, LEVEL2, WINDOW | TABLE);
		test_vmm_write(vmm, SMMU_CR0, ALL);
		assert_int_equal(access_page(vmm), -EFAULT);
		expect_event(vmm, wanted[i]);
		window_free(vmm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("D7 E7", an_event_queue_at_the_registers_is_aborted),
		UNIT_TEST("D7 S5", msis_at_the_registers_are_aborted),
		UNIT_TEST("D7 S2", a_command_queue_at_the_registers_is_aborted),
		UNIT_TEST("D7 S8", tables_at_the_registers_are_external_aborts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
