/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of a full vSMMU: registers, commands, streams. */
#include <errno.h>
#include <string.h>

#include <vsmmu/event.h>

#include "host/call_gate.h"
#include "smmu/endpoints/ste_install.h"
#include "snapshot_machine.h"

static void assert_same_registers(struct test_vmm *one, struct test_vmm *other)
{
	for (uint64_t offset = 0; offset < SMMU_REG_SPACE; offset += 4)
		if (test_vmm_read(one, offset) != test_vmm_read(other, offset))
			fail_msg("register %#llx: %#x, and %#x", (unsigned long long)offset,
				test_vmm_read(one, offset), test_vmm_read(other, offset));
}

/* A host in front of the simulator that refuses some calls, from the first one on. */
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

/* Something of each kind is to be installed: stream 0 aborts, 1 is stage 1, 2 bypasses. */
static void machine_start_mixed(struct machine *machine)
{
	machine_start(machine);
	test_vmm_store64(machine->vmm, STRTAB + (VSID + 1) * 64, 0xb | (TEST_VMM_MEMORY + 0x30000));
	machine_queue(machine, COMMAND_OP_CFGI_STE | (uint64_t)(VSID + 1) << 32, 0);
	machine_kick(machine);
	assert_int_equal(machine->endpoint[1]->installed, INSTALLED_NESTED);
}

/* The CD of stream 1 is a bad one: an event. */
static void machine_start_with_event(struct machine *machine)
{
	machine_start_mixed(machine);
	assert_int_equal(machine_dma(machine, 1, DATA), -EFAULT);
}

static void assert_as_it_was(struct machine *machine)
{
	assert_int_equal(test_vmm_read(machine->vmm, SMMU_CR0), 0);
	assert_int_equal(test_vmm_read64(machine->vmm, SMMU_STRTAB_BASE), 0);
	assert_int_equal(test_vmm_read64(machine->vmm, SMMU_EVENTQ_BASE), 0);
	assert_int_equal(test_vmm_stats(machine->vmm).pending, 0);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		assert_int_equal(machine_dma(machine, n, DATA), 0);
}

static void assert_moved(struct machine *machine)
{
	for (unsigned int n = 0; n < ENDPOINTS; n++) {
		assert_int_equal(machine_dma(machine, n, DATA), n < 2 ? -EFAULT : 0);
		assert_int_equal(machine->endpoint[n]->installed, INSTALLED_NESTED);
		assert_false(machine->endpoint[n]->blocked);
	}
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

/* Each host call fails once; then the vSMMU is as it was, or did not need that call. */
TEST(a_failing_host_leaves_it_as_it_was)
{
	unsigned int failed = 0, again = 0;
	struct machine from, to;
	bool fired = true;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_start_with_event(&from);
	for (unsigned int n = 1; fired; n++) {
		int ret;

		machine_new(&to, NULL, NULL, ENDPOINTS);
		host_interposer_fail(to.host, HOST_CALLS_ANY, n, 1, EIO);
		ret = machine_move(&from, &to);
		fired = host_interposer_failed(to.host);
		host_interposer_heal(to.host);
		if (ret) {
			assert_true(fired);
			assert_int_equal(ret, -EIO);
			assert_as_it_was(&to);
			failed++;
			assert_int_equal(machine_move(&from, &to), 0);
		}
		again += fired && !ret;
		assert_int_equal(test_vmm_stats(to.vmm).pending, 1);
		assert_moved(&to);
		machine_free(&to);
	}
	/* A nested HWPT and an attach of each; 2 vIOMMUs' invalidations, made again. */
	assert_int_equal(failed, 2 * ENDPOINTS);
	assert_int_equal(again, 4);
	machine_free(&from);
}

static int machine_move_unwillingly(struct machine *from, struct machine *to, enum host_call call,
	unsigned int first, unsigned int count)
{
	int ret;

	host_interposer_fail(to->host, HOST_CALLS_OF(call), first + 1, count, EIO);
	ret = machine_move(from, to);
	host_interposer_heal(to->host);
	return ret;
}

/* Invalidations that fail for good end a restore while there is nothing to be undone. */
TEST(a_host_that_invalidates_nothing_leaves_it_as_it_was)
{
	struct machine from;
	bool good = false;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_start_mixed(&from);
	for (unsigned int first = 0; !good; first++) {
		struct machine to;
		uint64_t before;
		int ret;

		machine_new(&to, NULL, NULL, ENDPOINTS);
		before = machine_sim(&to).replaces;
		ret = machine_move_unwillingly(
			&from, &to, HOST_CALL_INVALIDATE, first, UINT32_MAX / 2);
		good = !ret;
		if (ret) {
			assert_int_equal(ret, -EIO);
			/* Nothing had been installed. */
			assert_int_equal(machine_sim(&to).replaces, before);
			assert_as_it_was(&to);
			assert_int_equal(test_vmm_reported(to.vmm, VSMMU_REPORT_INVALIDATION), 1);
			assert_int_equal(machine_move(&from, &to), 0);
		} else {
			/* TLB and configuration behind two physical SMMUs. */
			assert_int_equal(first, 4);
		}
		assert_moved(&to);
		assert_int_equal(test_vmm_reported(to.vmm, VSMMU_REPORT_BLOCKED), 0);
		machine_free(&to);
	}
	machine_free(&from);
}

/* Where it cannot even be undone that is reported, and mended by the next restore, or reset. */
TEST(a_host_that_takes_nothing_back_is_reported)
{
	struct machine from;

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_start_mixed(&from);
	for (unsigned int first = 0; first < ENDPOINTS; first++) {
		for (int again = 0; again < 2; again++) {
			struct machine to;

			machine_new(&to, NULL, NULL, ENDPOINTS);
			assert_int_equal(machine_move_unwillingly(&from, &to, HOST_CALL_ATTACH,
						 first, UINT32_MAX / 2),
				-EIO);
			assert_int_equal(test_vmm_read(to.vmm, SMMU_CR0), 0);
			assert_true(test_vmm_reported(to.vmm, VSMMU_REPORT_BLOCKED) >= 2);
			if (again) {
				assert_int_equal(vsmmu_reset(to.vmm->vsmmu), 0);
				assert_as_it_was(&to);
			}
			assert_int_equal(machine_move(&from, &to), 0);
			assert_moved(&to);
			machine_free(&to);
		}
	}
	machine_free(&from);
}

struct interloper {
	struct machine *to;
	unsigned int attaches;
	unsigned int faults;
	uint32_t prod; /* of the guest's queue, when that was looked at */
	int error;     /* of the last attach */
};

/* While STEs are installed something faults, and another thread dispatches. */
static int interlope(void *opaque, enum host_call call, uint32_t count)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(1) << 35, 0x7000, 0}};
	struct interloper *interloper = opaque;
	struct machine *to = interloper->to;

	(void)count;
	if (call != HOST_CALL_ATTACH)
		return 0;
	interloper->attaches++;
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		if (to->endpoint[n]->installed == INSTALLED_NESTED &&
			!vsmmu_sim_fault(to->sim, to->dev_id[n], &record))
			interloper->faults++;
	vsmmu_dispatch(to->vmm->vsmmu, 0);
	interloper->prod |= test_vmm_read(to->vmm, SMMU_EVENTQ_PROD);
	return interloper->faults ? interloper->error : 0;
}

/* Whatever comes in while a restore is under way is behind the snapshot's events. */
TEST(nothing_overtakes_a_snapshots_events)
{
	for (int error = 0; error >= -EIO; error -= EIO) {
		struct interloper interloper = {.error = error};
		struct machine from, to;

		machine_new(&from, NULL, NULL, ENDPOINTS);
		machine_new(&to, NULL, NULL, ENDPOINTS);
		machine_start_with_event(&from);
		interloper.to = &to;
		to.host->opaque = &interloper;
		to.host->hook = interlope;
		assert_int_equal(machine_move(&from, &to), error);
		to.host->hook = NULL;
		assert_int_equal(interloper.prod, 0);
		assert_true(interloper.faults > 0);
		if (error) {
			assert_int_equal(test_vmm_stats(to.vmm).delivered, 0);
		} else {
			assert_int_equal(test_vmm_stats(to.vmm).pending, 1);
			while (vsmmu_dispatch(to.vmm->vsmmu, 0))
				;
			assert_int_equal(
				test_vmm_read(to.vmm, SMMU_EVENTQ_PROD), 1 + interloper.faults);
			assert_int_equal(
				test_vmm_load64(to.vmm, EVENTQ) & 0xff, VSMMU_EVENT_C_BAD_CD);
			assert_int_equal(test_vmm_load64(to.vmm, EVENTQ + 32) & 0xff,
				VSMMU_EVENT_F_TRANSLATION);
		}
		machine_free(&from);
		machine_free(&to);
	}
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

struct move {
	struct machine *from, *to;
};

static int move(void *opaque)
{
	const struct move *move = opaque;

	return machine_move(move->from, move->to);
}

static int attach_last(void *opaque)
{
	return machine_attach(opaque, ENDPOINTS - 1);
}

/* An endpoint that is being attached is there for the snapshot, or it is not: nothing between. */
TEST(a_restore_waits_for_an_attach)
{
	struct call_gate gate = CALL_GATE_INIT;
	struct aside attaching, restoring;
	struct machine from, to;
	struct move both = {&from, &to};

	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS - 1);
	machine_start_mixed(&from);
	assert_int_equal(vsmmu_sim_on_call(to.sim, call_gate_hook, &gate), 0);
	call_gate_hold(&gate, VSMMU_SIM_CALL_FIRST_ATTACH);
	aside_start(&attaching, attach_last, &to);
	call_gate_await(&gate);
	aside_start(&restoring, move, &both);
	aside_await_asleep(&restoring);
	call_gate_hold(&gate, 0);
	assert_int_equal(aside_join(&attaching), 0);
	assert_int_equal(aside_join(&restoring), 0);
	assert_moved(&to);
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
		UNIT_TEST("S7", a_failing_host_leaves_it_as_it_was),
		UNIT_TEST("S7 S3", a_host_that_invalidates_nothing_leaves_it_as_it_was),
		UNIT_TEST("S7", a_host_that_takes_nothing_back_is_reported),
		UNIT_TEST("S7", nothing_overtakes_a_snapshots_events),
		UNIT_TEST("S7", enabling_the_queue_discards_pending_records),
		UNIT_TEST("S7 S9", a_restore_waits_for_an_attach),
		UNIT_TEST("S7 E7", a_sync_delivers_pending_records),
		UNIT_TEST("S7 S4", what_c_bad_ste_stood_for_comes_along),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
