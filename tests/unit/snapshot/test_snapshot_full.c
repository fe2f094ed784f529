/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of a full vSMMU: registers, commands, streams, events. */
#include <errno.h>

#include <vsmmu/event.h>

#include "smmu/vsmmu.h"
#include "snapshot_machine.h"

static void assert_same_registers(struct test_vmm *one, struct test_vmm *other)
{
	for (uint64_t offset = 0; offset < SMMU_REG_SPACE; offset += 4)
		if (test_vmm_read(one, offset) != test_vmm_read(other, offset))
			fail_msg("register %#llx: %#x, and %#x", (unsigned long long)offset,
				test_vmm_read(one, offset), test_vmm_read(other, offset));
}

TEST(every_register_comes_along)
{
	const struct vsmmu_config config = {.ssid_bits = 5,
		.cmdq_log2_max = 10,
		.eventq_log2_max = 9,
		.sid_bits = 12,
		.oas_bits = 40};
	const struct vsmmu_config other = {.ssid_bits = 6, .oas_bits = 48};
	struct machine from, to;
	struct test_vmm *vmm;

	machine_new(&from, NULL, &config, ENDPOINTS);
	machine_new(&to, NULL, &other, ENDPOINTS);
	vmm = from.vmm;
	/* First what can only be written before, then all at once with everything set. */
	test_vmm_write64(vmm, SMMU_GERROR_IRQ_CFG0, TEST_VMM_DOORBELL);
	test_vmm_write(vmm, SMMU_GERROR_IRQ_CFG1, 0x11223344);
	test_vmm_write(vmm, SMMU_GERROR_IRQ_CFG2, 0x2f);
	test_vmm_write64(vmm, SMMU_EVENTQ_IRQ_CFG0, TEST_VMM_DOORBELL);
	test_vmm_write(vmm, SMMU_EVENTQ_IRQ_CFG1, 0x55667788);
	test_vmm_write(vmm, SMMU_EVENTQ_IRQ_CFG2, 0x35);
	test_vmm_write(vmm, SMMU_CR1, 0xd75);
	test_vmm_write(vmm, SMMU_CR2, 6);
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT | 0x1234);
	test_vmm_write(vmm, SMMU_EVENTQ_PROD, 0x80000003);
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, 0x80000001);
	machine_start(&from);
	machine_queue(&from, COMMAND_OP_SYNC, 0);
	machine_kick(&from);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), 1);

	assert_int_equal(machine_move(&from, &to), 0);
	/* The guest keeps the SMMU that it has found, ID registers and all. */
	assert_same_registers(from.vmm, to.vmm);
	assert_int_equal(test_vmm_read(to.vmm, SMMU_EVENTQ_PROD), 0x80000003);
	/* The queue is not empty: MSI and wire, once more. */
	assert_int_equal(to.vmm->msi_data, 0x55667788);
	assert_int_equal(to.vmm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(to.vmm->irqs[VSMMU_IRQ_GERROR], 0);
	machine_free(&from);
	machine_free(&to);
}

TEST(streams_are_installed_again)
{
	struct machine from, to;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS);
	machine_start(&from);
	assert_int_equal(machine_dma(&to, 0, DATA), 0); /* as after a reset */
	assert_int_equal(machine_move(&from, &to), 0);
	for (unsigned int n = 0; n < ENDPOINTS; n++) {
		int expected = n ? 0 : -EFAULT;

		assert_int_equal(machine_dma(&from, n, DATA), expected);
		assert_int_equal(machine_dma(&to, n, DATA), expected);
	}
	/* What the hardware may have cached has gone. */
	assert_true(machine_sim(&to).commands >= 2 + ENDPOINTS);
	assert_int_equal(machine_sim(&to).commands_refused, 0);
	machine_free(&from);
	machine_free(&to);
}

TEST(an_unfinished_batch_is_finished)
{
	struct machine from, to;
	uint64_t before;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS);
	machine_start(&from);
	for (uint64_t asid = 1; asid <= 5; asid++)
		machine_queue(&from, COMMAND_OP_TLBI_NH_ASID | asid << 48, 0);
	machine_kick(&from);
	assert_int_equal(test_vmm_read(from.vmm, SMMU_CMDQ_CONS), 5);
	assert_int_equal(machine_move(&from, &to), 0);
	before = machine_sim(&to).commands;
	machine_queue(&to, COMMAND_OP_SYNC, 0);
	machine_kick(&to);
	/* Two physical SMMUs, and so two vIOMMUs. */
	assert_int_equal(machine_sim(&to).commands - before, 2 * 5);
	assert_int_equal(test_vmm_stats(to.vmm).commands, 6);
	machine_free(&from);
	machine_free(&to);
}

/* A batch that was sent as it was full, and its ATC_INV not carried out: the next SYNC says so. */
TEST(a_lost_atc_inv_comes_along)
{
	static const struct vsmmu_sim_config host = {.ats = true};
	static const struct vsmmu_config config = {.ats = true};
	struct machine from, to;

	machine_new(&from, &host, &config, ENDPOINTS);
	machine_new(&to, &host, &config, ENDPOINTS);
	test_vmm_store64(from.vmm, STRTAB + (VSID + 1) * 64 + 8, UINT64_C(1) << 28); /* EATS */
	machine_start(&from);
	test_vmm_store64(from.vmm, STRTAB + (VSID + 1) * 64, 0xb | (TEST_VMM_MEMORY + 0x30000));
	machine_queue(&from, COMMAND_OP_CFGI_STE | (uint64_t)(VSID + 1) << 32, 0);
	machine_kick(&from);
	/* Nor can the device be cut off, so that its ATC matters. */
	host_interposer_fail(from.host,
		HOST_CALLS_OF(HOST_CALL_INVALIDATE) | HOST_CALLS_OF(HOST_CALL_ATTACH), 1,
		UINT32_MAX, EIO);
	for (unsigned int i = 0; i <= INVALIDATION_MAX; i++) {
		machine_queue(&from, COMMAND_OP_ATC_INV | (uint64_t)(VSID + 1) << 32, 0);
		if (i % 64 == 0)
			machine_kick(&from);
	}
	host_interposer_heal(from.host);
	machine_kick(&from);
	assert_true(test_vmm_stats(from.vmm).invalidation_failures > 0);
	assert_int_equal(machine_move(&from, &to), 0);
	machine_queue(&to, COMMAND_OP_SYNC, 0);
	machine_kick(&to);
	assert_int_equal(
		test_vmm_read(to.vmm, SMMU_CMDQ_CONS) >> SMMU_CMDQ_ERR_LOW, SMMU_CERROR_ATC_INV);
	test_vmm_write(to.vmm, SMMU_GERRORN, test_vmm_read(to.vmm, SMMU_GERROR));
	assert_int_equal(test_vmm_read(to.vmm, SMMU_CMDQ_CONS), to.prod & ((2 << CMDQ_LOG2) - 1));
	machine_free(&from);
	machine_free(&to);
}

TEST(a_command_error_stays_until_acknowledged)
{
	struct machine from, to;
	uint32_t gerror;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS);
	machine_start(&from);
	machine_queue(&from, 0xff, 0);
	machine_queue(&from, COMMAND_OP_SYNC, 0);
	machine_kick(&from);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(
		test_vmm_read(to.vmm, SMMU_CMDQ_CONS), SMMU_CERROR_ILL << SMMU_CMDQ_ERR_LOW);
	assert_int_equal(to.vmm->irqs[VSMMU_IRQ_GERROR], 1);
	gerror = test_vmm_read(to.vmm, SMMU_GERROR);
	assert_int_equal(gerror ^ test_vmm_read(to.vmm, SMMU_GERRORN), SMMU_GERROR_CMDQ_ERR);
	/* The guest replaces the command, as Linux does. */
	to.prod = 0;
	machine_queue(&to, COMMAND_OP_SYNC, 0);
	to.prod = 2;
	test_vmm_write(to.vmm, SMMU_GERRORN, gerror);
	assert_int_equal(test_vmm_read(to.vmm, SMMU_CMDQ_CONS) & SMMU_QUEUE_INDEX, 2);
	machine_free(&from);
	machine_free(&to);
}

static void assert_consumes_all(struct machine *machine)
{
	for (int i = 0; i < 10 && machine_waits(machine); i++)
		vsmmu_run_commands(machine->vmm->vsmmu, 0);
	assert_false(machine_waits(machine));
	assert_int_equal(test_vmm_read(machine->vmm, SMMU_CMDQ_CONS), machine->prod);
	assert_int_equal(test_vmm_read(machine->vmm, SMMU_GERROR), 0);
	assert_int_equal(test_vmm_stats(machine->vmm).commands, machine->prod);
}

/* MSI_GERROR_ABT is the one error that raises no interrupt (IHI 0070 7.5). */
TEST(a_gerror_msi_that_went_nowhere_is_not_tried_again)
{
	const struct vsmmu_config config = {0};
	struct machine from, to;

	machine_new(&from, NULL, &config, 1);
	machine_new(&to, NULL, &config, 1);
	test_vmm_write64(from.vmm, SMMU_GERROR_IRQ_CFG0, 0x1000);
	machine_start(&from);
	machine_queue(&from, 0xff, 0);
	machine_kick(&from);
	assert_int_equal(test_vmm_read(from.vmm, SMMU_GERROR),
		SMMU_GERROR_CMDQ_ERR | SMMU_GERROR_MSI_GERROR_ABT);
	from.prod = 0;
	machine_queue(&from, COMMAND_OP_SYNC, 0);
	test_vmm_write(from.vmm, SMMU_GERRORN, SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(test_vmm_read(to.vmm, SMMU_GERROR) ^ test_vmm_read(to.vmm, SMMU_GERRORN),
		SMMU_GERROR_MSI_GERROR_ABT);
	assert_int_equal(to.vmm->irqs[VSMMU_IRQ_GERROR], 0);
	assert_int_equal(test_vmm_stats(to.vmm).msi_aborts, 1);
	machine_free(&from);
	machine_free(&to);
}

/*
 * Each CMD_SYNC's MSI overwrites the CMD_SYNC itself, as Linux has it: what is consumed once
 * cannot be consumed again, neither here nor where the memory goes.
 */
TEST(waiting_commands_are_consumed)
{
	const struct vsmmu_config config = {0};
	struct machine from, to;
	unsigned int writes;

	machine_new(&from, NULL, &config, ENDPOINTS);
	machine_new(&to, NULL, &config, ENDPOINTS);
	machine_start(&from);
	/* A register write ends with a CFGI_STE that makes the host do something. */
	test_vmm_store64(from.vmm, STRTAB + (VSID + 1) * 64, 1);
	machine_queue(&from, COMMAND_OP_CFGI_STE | (uint64_t)(VSID + 1) << 32, 0);
	for (int i = 0; i < 200; i++)
		machine_queue(&from, COMMAND_OP_SYNC | UINT64_C(1) << 12,
			CMDQ + (uint64_t)from.prod * 16);
	machine_kick(&from);
	assert_int_equal(test_vmm_read(from.vmm, SMMU_CMDQ_CONS), 1);
	writes = from.vmm->memory_writes;
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(test_vmm_read(from.vmm, SMMU_CMDQ_CONS), 1);
	assert_int_equal(from.vmm->memory_writes, writes);
	assert_true(machine_waits(&from));
	assert_consumes_all(&to);
	/* The source may go on as well. */
	assert_consumes_all(&from);
	machine_free(&from);
	machine_free(&to);
}

static struct machine *interrupted;
static ssize_t (*undisturbed)(void *ctx, void *buffer, size_t length);

/* A vCPU that was not stopped yet. */
static ssize_t read_disturbed(void *ctx, void *buffer, size_t length)
{
	machine_kick(interrupted);
	return undisturbed(ctx, buffer, length);
}

TEST(commands_left_to_a_save_are_told)
{
	struct machine from;
	struct veventq_source *source;
	uint32_t cons;
	size_t length;
	void *bytes;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_start_with_event(&from);
	assert_int_equal(vsmmu_save(from.vmm->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(machine_dma(&from, 1, DATA), -EFAULT);
	cons = test_vmm_read(from.vmm, SMMU_CMDQ_CONS);
	assert_false(machine_waits(&from));
	source = &from.vmm->vsmmu->sources.first->reader.source;
	interrupted = &from;
	undisturbed = source->read;
	source->read = read_disturbed;
	machine_queue(&from, COMMAND_OP_SYNC, 0);
	assert_int_equal(vsmmu_save(from.vmm->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	source->read = undisturbed;
	assert_int_equal(test_vmm_read(from.vmm, SMMU_CMDQ_CONS), cons);
	assert_true(machine_waits(&from));
	assert_consumes_all(&from);
	machine_free(&from);
}

/* Before the guest's queue can take events, what waits from before is discarded (7.2.1). */
TEST(enabling_the_queue_discards_pending_records)
{
	struct vsmmu_stats stats;
	struct machine from, to;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS);
	machine_start_with_event(&from);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(test_vmm_stats(to.vmm).pending, 1);
	test_vmm_write(to.vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_CMDQEN);
	assert_int_equal(test_vmm_stats(to.vmm).pending, 1);
	test_vmm_write(to.vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN);
	stats = test_vmm_stats(to.vmm);
	assert_int_equal(stats.pending, 0);
	assert_int_equal(stats.discarded_by[VSMMU_DISCARD_DISABLED], 1);
	assert_int_equal(stats.sequenced, 1);
	machine_free(&from);
	machine_free(&to);
}

/* A CMD_SYNC, behind which the guest may look for events, gives it those that wait too. */
TEST(a_sync_delivers_pending_records)
{
	struct machine from, to;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS);
	machine_start_with_event(&from);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(test_vmm_stats(to.vmm).pending, 1);
	machine_queue(&to, COMMAND_OP_SYNC, 0);
	machine_kick(&to);
	assert_int_equal(test_vmm_read(to.vmm, SMMU_EVENTQ_PROD), 1);
	assert_int_equal(test_vmm_stats(to.vmm).pending, 0);
	assert_int_equal(test_vmm_stats(to.vmm).delivered, 1);
	machine_free(&from);
	machine_free(&to);
}

/* What C_BAD_STE stands for was so when it was recorded, however long ago. */
TEST(what_c_bad_ste_stood_for_comes_along)
{
	const uint64_t ste = STRTAB + VSID * 64;
	struct machine from, to;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS);
	from.vmm->bad_begin = to.vmm->bad_begin = ste;
	from.vmm->bad_end = to.vmm->bad_end = ste + 64;
	machine_start(&from);
	assert_int_not_equal(machine_dma(&from, 0, DATA), 0);
	assert_int_equal(machine_move(&from, &to), 0);
	to.vmm->bad_begin = to.vmm->bad_end = 0;
	machine_queue(&to, COMMAND_OP_CFGI_STE | (uint64_t)VSID << 32, 0);
	machine_kick(&to);
	while (vsmmu_dispatch(to.vmm->vsmmu, 0))
		;
	assert_int_equal(test_vmm_read(to.vmm, SMMU_EVENTQ_PROD), 1);
	assert_int_equal(
		test_vmm_load64(to.vmm, EVENTQ), (uint64_t)VSID << 32 | VSMMU_EVENT_F_STE_FETCH);
	assert_int_equal(test_vmm_load64(to.vmm, EVENTQ + 24), ste);
	machine_free(&from);
	machine_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7", every_register_comes_along),
		UNIT_TEST("S7", streams_are_installed_again),
		UNIT_TEST("S7", an_unfinished_batch_is_finished),
		UNIT_TEST("S7 S3", a_lost_atc_inv_comes_along),
		UNIT_TEST("S7", a_command_error_stays_until_acknowledged),
		UNIT_TEST("S7", a_gerror_msi_that_went_nowhere_is_not_tried_again),
		UNIT_TEST("S7", waiting_commands_are_consumed),
		UNIT_TEST("S7 S9", commands_left_to_a_save_are_told),
		UNIT_TEST("S7", enabling_the_queue_discards_pending_records),
		UNIT_TEST("S7 E7", a_sync_delivers_pending_records),
		UNIT_TEST("S7 S4", what_c_bad_ste_stood_for_comes_along),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
