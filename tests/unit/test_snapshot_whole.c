/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of a whole vSMMU: registers, commands, streams, and what the next host must be. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <vsmmu/event.h>

#include "arch/command.h"
#include "smmu/vqueue.h"
#include "whole.h"

#define VSID	    0x10
#define ENDPOINTS   3
#define CMDQ	    WHOLE_MEMORY
#define CMDQ_LOG2   8
#define EVENTQ	    (WHOLE_MEMORY + 0x10000)
#define STRTAB	    (WHOLE_MEMORY + 0x20000)
#define STRTAB_LOG2 6
#define DATA	    (WHOLE_MEMORY + 0x40000)
#define STE_BYPASS  (UINT64_C(4) << 1 | 1)

struct machine {
	struct whole *whole;
	uint32_t dev_id[ENDPOINTS];
	struct vsmmu_endpoint *endpoint[ENDPOINTS];
	uint32_t prod; /* of the command queue */
};

static int machine_attach(struct machine *machine, unsigned int n)
{
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vsid = VSID + n, .vfio_fd = -1};

	assert_int_equal(
		vsmmu_sim_endpoint_new(machine->whole->host, n % 2, &machine->dev_id[n]), 0);
	config.dev_id = machine->dev_id[n];
	return vsmmu_endpoint_attach(machine->whole->vsmmu, &config, &machine->endpoint[n]);
}

/* @host, @config: NULL for the defaults. */
static void machine_new(struct machine *machine, const struct vsmmu_sim_config *host,
	const struct vsmmu_config *config, unsigned int endpoints)
{
	memset(machine, 0, sizeof(*machine));
	machine->whole = whole_alloc();
	assert_int_equal(whole_new(machine->whole, whole_sim(machine->whole, host), config), 0);
	for (unsigned int n = 0; n < endpoints; n++)
		assert_int_equal(machine_attach(machine, n), 0);
}

static void machine_free(struct machine *machine)
{
	whole_free(machine->whole);
}

/* As a driver would: tables, queues, interrupts; stream 0 aborts, the others are bypassed. */
static void machine_start(struct machine *machine)
{
	struct whole *whole = machine->whole;

	for (unsigned int n = 1; n < ENDPOINTS; n++)
		whole_store64(whole, STRTAB + (VSID + n) * 64, STE_BYPASS);
	whole_store64(whole, STRTAB + VSID * 64, 1);
	whole_write64(whole, SMMU_STRTAB_BASE, STRTAB);
	whole_write(whole, SMMU_STRTAB_BASE_CFG, STRTAB_LOG2);
	whole_write64(whole, SMMU_CMDQ_BASE, CMDQ | CMDQ_LOG2);
	whole_write64(whole, SMMU_EVENTQ_BASE, EVENTQ | 5);
	whole_write(whole, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	whole_write(whole, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN);
	assert_int_equal(whole_read(whole, SMMU_CR0ACK), whole_read(whole, SMMU_CR0));
}

static void machine_queue(struct machine *machine, uint64_t word0, uint64_t word1)
{
	uint64_t at = CMDQ + (machine->prod++ & ((1 << CMDQ_LOG2) - 1)) * 16;

	whole_store64(machine->whole, at, word0);
	whole_store64(machine->whole, at + 8, word1);
}

static void machine_kick(struct machine *machine)
{
	whole_write(machine->whole, SMMU_CMDQ_PROD, machine->prod & ((2 << CMDQ_LOG2) - 1));
}

static int machine_dma(struct machine *machine, unsigned int n, uint64_t address)
{
	const struct vsmmu_access access = {
		.size = sizeof(access), .address = address, .flags = VSMMU_ACCESS_WRITE};
	uint64_t bytes = 0x5a5a;

	return vsmmu_sim_dma(
		machine->whole->host, machine->dev_id[n], &access, &bytes, sizeof(bytes));
}

static struct vsmmu_sim_stats machine_sim(struct machine *machine)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_sim_get_stats(machine->whole->host, &stats), 0);
	return stats;
}

/* Return: what vsmmu_restore() says. The guest's memory goes along. */
static int machine_move(struct machine *from, struct machine *to)
{
	size_t length;
	void *bytes;
	int ret;

	assert_int_equal(vsmmu_save(from->whole->vsmmu, &bytes, &length), 0);
	memcpy(to->whole->memory, from->whole->memory, WHOLE_SIZE);
	to->prod = from->prod;
	ret = vsmmu_restore(to->whole->vsmmu, bytes, length);
	vsmmu_snapshot_free(bytes);
	return ret;
}

static void assert_same_registers(struct whole *one, struct whole *other)
{
	for (uint64_t offset = 0; offset < SMMU_REG_SPACE; offset += 4)
		if (whole_read(one, offset) != whole_read(other, offset))
			fail_msg("register %#llx: %#x, and %#x", (unsigned long long)offset,
				whole_read(one, offset), whole_read(other, offset));
}

static void every_register_comes_along(void **unused)
{
	const struct vsmmu_config config = {.msi = true,
		.ssid_bits = 5,
		.cmdq_log2_max = 10,
		.eventq_log2_max = 9,
		.sid_bits = 12,
		.oas_bits = 40};
	const struct vsmmu_config other = {.msi = false, .oas_bits = 48};
	struct machine from, to;
	struct whole *whole;

	(void)unused;
	machine_new(&from, NULL, &config, ENDPOINTS);
	machine_new(&to, NULL, &other, ENDPOINTS);
	whole = from.whole;
	/* First what can only be written before, then all at once with everything set. */
	whole_write64(whole, SMMU_GERROR_IRQ_CFG0, WHOLE_DOORBELL);
	whole_write(whole, SMMU_GERROR_IRQ_CFG1, 0x11223344);
	whole_write(whole, SMMU_GERROR_IRQ_CFG2, 0x2f);
	whole_write64(whole, SMMU_EVENTQ_IRQ_CFG0, WHOLE_DOORBELL);
	whole_write(whole, SMMU_EVENTQ_IRQ_CFG1, 0x55667788);
	whole_write(whole, SMMU_EVENTQ_IRQ_CFG2, 0x35);
	whole_write(whole, SMMU_CR1, 0xd75);
	whole_write(whole, SMMU_CR2, 6);
	whole_write(whole, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT | 0x1234);
	whole_write(whole, SMMU_EVENTQ_PROD, 0x80000003);
	whole_write(whole, SMMU_EVENTQ_CONS, 0x80000001);
	machine_start(&from);
	machine_queue(&from, COMMAND_OP_SYNC, 0);
	machine_kick(&from);
	assert_int_equal(whole_read(whole, SMMU_CMDQ_CONS), 1);

	assert_int_equal(machine_move(&from, &to), 0);
	/* The guest keeps the SMMU that it has found, ID registers and all. */
	assert_same_registers(from.whole, to.whole);
	assert_int_equal(whole_read(to.whole, SMMU_EVENTQ_PROD), 0x80000003);
	/* The queue is not empty: MSI and wire, once more. */
	assert_int_equal(to.whole->msi_data, 0x55667788);
	assert_int_equal(to.whole->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(to.whole->irqs[VSMMU_IRQ_GERROR], 0);
	machine_free(&from);
	machine_free(&to);
}

static void streams_are_installed_again(void **unused)
{
	struct machine from, to;

	(void)unused;
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

static void an_unfinished_batch_is_finished(void **unused)
{
	struct machine from, to;
	uint64_t before;

	(void)unused;
	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS);
	machine_start(&from);
	for (uint64_t asid = 1; asid <= 5; asid++)
		machine_queue(&from, COMMAND_OP_TLBI_NH_ASID | asid << 48, 0);
	machine_kick(&from);
	assert_int_equal(whole_read(from.whole, SMMU_CMDQ_CONS), 5);
	assert_int_equal(machine_move(&from, &to), 0);
	before = machine_sim(&to).commands;
	machine_queue(&to, COMMAND_OP_SYNC, 0);
	machine_kick(&to);
	/* Two physical SMMUs, and so two vIOMMUs. */
	assert_int_equal(machine_sim(&to).commands - before, 2 * 5);
	assert_int_equal(whole_stats(to.whole).commands, 6);
	machine_free(&from);
	machine_free(&to);
}

static void a_command_error_stays_until_acknowledged(void **unused)
{
	struct machine from, to;
	uint32_t gerror;

	(void)unused;
	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS);
	machine_start(&from);
	machine_queue(&from, 0xff, 0);
	machine_queue(&from, COMMAND_OP_SYNC, 0);
	machine_kick(&from);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(
		whole_read(to.whole, SMMU_CMDQ_CONS), SMMU_CERROR_ILL << SMMU_CMDQ_ERR_LOW);
	assert_int_equal(to.whole->irqs[VSMMU_IRQ_GERROR], 1);
	gerror = whole_read(to.whole, SMMU_GERROR);
	assert_int_equal(gerror ^ whole_read(to.whole, SMMU_GERRORN), SMMU_GERROR_CMDQ_ERR);
	/* The guest replaces the command, as Linux does. */
	to.prod = 0;
	machine_queue(&to, COMMAND_OP_SYNC, 0);
	to.prod = 2;
	whole_write(to.whole, SMMU_GERRORN, gerror);
	assert_int_equal(whole_read(to.whole, SMMU_CMDQ_CONS) & SMMU_QUEUE_INDEX, 2);
	machine_free(&from);
	machine_free(&to);
}

static bool machine_waits(struct machine *machine)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(machine->whole->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

static void assert_consumes_all(struct machine *machine)
{
	for (int i = 0; i < 10 && machine_waits(machine); i++)
		vsmmu_run_commands(machine->whole->vsmmu, 0);
	assert_false(machine_waits(machine));
	assert_int_equal(whole_read(machine->whole, SMMU_CMDQ_CONS), machine->prod);
	assert_int_equal(whole_read(machine->whole, SMMU_GERROR), 0);
	assert_int_equal(whole_stats(machine->whole).commands, machine->prod);
}

/*
 * Each CMD_SYNC's MSI overwrites the CMD_SYNC itself, as Linux has it: what is consumed once
 * cannot be consumed again, neither here nor where the memory goes.
 */
static void waiting_commands_are_consumed(void **unused)
{
	const struct vsmmu_config config = {.msi = true};
	struct machine from, to;

	(void)unused;
	machine_new(&from, NULL, &config, ENDPOINTS);
	machine_new(&to, NULL, &config, ENDPOINTS);
	machine_start(&from);
	for (int i = 0; i < 200; i++)
		machine_queue(&from, COMMAND_OP_SYNC | UINT64_C(1) << 12,
			CMDQ + (uint64_t)from.prod * 16);
	machine_kick(&from);
	assert_int_equal(whole_read(from.whole, SMMU_CMDQ_CONS), CMDQ_KICK_MAX);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(whole_read(from.whole, SMMU_CMDQ_CONS), CMDQ_KICK_MAX);
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

static void commands_left_to_a_save_are_told(void **unused)
{
	struct machine from;
	struct veventq_source *source;
	size_t length;
	void *bytes;

	(void)unused;
	machine_new(&from, NULL, NULL, 1);
	machine_start(&from);
	assert_int_equal(vsmmu_save(from.whole->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	assert_false(machine_waits(&from));
	source = &from.whole->vsmmu->vqueues->reader.source;
	interrupted = &from;
	undisturbed = source->read;
	source->read = read_disturbed;
	machine_queue(&from, COMMAND_OP_SYNC, 0);
	assert_int_equal(vsmmu_save(from.whole->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	source->read = undisturbed;
	assert_int_equal(whole_read(from.whole, SMMU_CMDQ_CONS), 0);
	assert_true(machine_waits(&from));
	assert_consumes_all(&from);
	machine_free(&from);
}

static void assert_refused(struct machine *from, struct machine *to, int error, bool reported)
{
	struct machine fresh;
	unsigned int before = whole_reported(to->whole, VSMMU_REPORT_UNFIT);
	uint32_t idr[6];

	for (int i = 0; i < 6; i++)
		idr[i] = whole_read(to->whole, (uint64_t)(4 * i));
	assert_int_equal(machine_move(from, to), error);
	assert_int_equal(whole_reported(to->whole, VSMMU_REPORT_UNFIT) - before, reported);
	/* As it was: reset, and with its own ID registers. */
	for (int i = 0; i < 6; i++)
		assert_int_equal(whole_read(to->whole, (uint64_t)(4 * i)), idr[i]);
	machine_new(&fresh, NULL, NULL, 0);
	for (uint64_t offset = SMMU_CR0; offset < SMMU_REG_SPACE; offset += 4)
		assert_int_equal(whole_read(to->whole, offset), whole_read(fresh.whole, offset));
	machine_free(&fresh);
}

static void a_weaker_host_is_refused(void **unused)
{
	/* No RIL; 8-bit ASIDs; no 64-KiB granule; fewer SubstreamIDs. */
	static const uint32_t weaker[][6] = {
		{0x0d48100c, 0x520, 0, 0, 0, 0x70},
		{0x0d48000c, 0x520, 0, 0x400, 0, 0x70},
		{0x0d48100c, 0x520, 0, 0x400, 0, 0x30},
		{0x0d48100c, 0x120, 0, 0x400, 0, 0x70},
	};
	const struct vsmmu_config strong = {.ssid_bits = 8};
	struct machine from;

	(void)unused;
	machine_new(&from, NULL, &strong, ENDPOINTS);
	machine_start(&from);
	for (size_t i = 0; i < sizeof(weaker) / sizeof(weaker[0]); i++) {
		const struct vsmmu_config config = {.probe_dev_id = 1};
		struct vsmmu_sim_config sim = {0};
		struct machine to = {0};
		uint32_t dev_id;

		memcpy(sim.idr, weaker[i], sizeof(sim.idr));
		to.whole = whole_alloc();
		to.whole->host = whole_sim(to.whole, &sim);
		assert_int_equal(vsmmu_sim_endpoint_new(to.whole->host, 0, &dev_id), 0);
		assert_int_equal(dev_id, config.probe_dev_id);
		assert_int_equal(whole_new(to.whole, to.whole->host, &config), 0);
		for (unsigned int n = 0; n < ENDPOINTS; n++)
			assert_int_equal(machine_attach(&to, n), 0);
		assert_refused(&from, &to, -ENODEV, true);
		machine_free(&to);
	}
	machine_free(&from);
}

static void other_endpoints_are_refused(void **unused)
{
	struct machine from, to;

	(void)unused;
	machine_new(&from, NULL, NULL, 2);
	machine_start(&from);
	machine_new(&to, NULL, NULL, 1);
	assert_refused(&from, &to, -ENODEV, true);
	assert_int_equal(machine_attach(&to, 2), 0);
	assert_refused(&from, &to, -ENODEV, true);
	assert_int_equal(machine_attach(&to, 1), 0);
	assert_refused(&from, &to, -ENODEV, true);
	assert_int_equal(vsmmu_endpoint_detach(to.endpoint[2]), 0);
	assert_int_equal(machine_move(&from, &to), 0);
	/* Now it is in use. */
	assert_int_equal(machine_move(&from, &to), -EBUSY);
	machine_free(&from);
	machine_free(&to);
}

static void smaller_configs_are_refused(void **unused)
{
	static const struct vsmmu_config smaller[] = {
		{.eventq_log2_max = 18}, {.cmdq_log2_max = 18}};
	struct machine from, to;

	(void)unused;
	machine_new(&from, NULL, NULL, 0);
	for (size_t i = 0; i < 2; i++) {
		machine_new(&to, NULL, &smaller[i], 0);
		assert_refused(&from, &to, -ENODEV, true);
		machine_free(&to);
	}
	machine_free(&from);
}

static void no_irq(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

static void an_event_path_is_no_whole_vsmmu(void **unused)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops), .memory_write = whole_memory_write, .irq_pulse = no_irq};
	static const uint32_t ssid_bits[] = {0, 5};
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops};
	struct vsmmu *alone[2];
	struct machine from, to;
	size_t length;
	void *bytes;

	(void)unused;
	machine_new(&from, NULL, NULL, 0);
	machine_new(&to, NULL, NULL, 0);
	for (int i = 0; i < 2; i++) {
		config.ssid_bits = ssid_bits[i];
		config.cmdq_log2_max = 64 * (uint32_t)i; /* not looked at */
		assert_int_equal(vsmmu_new(&alone[i], &config), 0);
	}
	assert_int_equal(vsmmu_save(from.whole->vsmmu, &bytes, &length), 0);
	assert_int_equal(vsmmu_restore(alone[0], bytes, length), -ENODEV);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(vsmmu_save(alone[0], &bytes, &length), 0);
	assert_int_equal(vsmmu_restore(to.whole->vsmmu, bytes, length), -ENODEV);
	/* Its VMM has promised SubstreamIDs of its own. */
	assert_int_equal(vsmmu_restore(alone[1], bytes, length), -ENODEV);
	assert_int_equal(vsmmu_restore(alone[0], bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(vsmmu_save(alone[1], &bytes, &length), 0);
	assert_int_equal(vsmmu_restore(alone[1], bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	vsmmu_free(alone[0]);
	vsmmu_free(alone[1]);
	machine_free(&from);
	machine_free(&to);
}

static void a_used_vsmmu_is_busy(void **unused)
{
	static const struct {
		uint64_t offset;
		uint32_t value;
	} used[] = {
		{SMMU_CR0, SMMU_CR0_EVENTQEN},
		{SMMU_CR1, 1},
		{SMMU_CR2, SMMU_CR2_PTM},
		{SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT},
		{SMMU_IRQ_CTRL, 1},
		{SMMU_STRTAB_BASE, 0x1000},
		{SMMU_STRTAB_BASE_CFG, 1},
		{SMMU_CMDQ_BASE, 1},
		{SMMU_CMDQ_PROD, 1},
		{SMMU_EVENTQ_BASE, 1},
		{SMMU_EVENTQ_PROD, 1},
		{SMMU_EVENTQ_CONS, 1},
	};
	struct machine from, to;

	(void)unused;
	machine_new(&from, NULL, NULL, 0);
	machine_new(&to, NULL, NULL, 0);
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++) {
		whole_write(to.whole, used[i].offset, used[i].value);
		assert_int_equal(machine_move(&from, &to), -EBUSY);
		assert_int_equal(vsmmu_reset(to.whole->vsmmu), 0);
	}
	assert_int_equal(machine_move(&from, &to), 0);
	machine_free(&from);
	machine_free(&to);
}

/* Each call that installs something fails once; then the vSMMU is as it was. */
static void a_failing_host_leaves_it_as_it_was(void **unused)
{
	struct machine from, to;
	unsigned int failed = 0;
	int ret = -EIO;

	(void)unused;
	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS);
	machine_start(&from);
	for (uint32_t after = 0; ret; after++) {
		assert_int_equal(
			vsmmu_sim_fail(to.whole->host, VSMMU_SIM_FAIL_CALL, after, EIO), 0);
		ret = machine_move(&from, &to);
		if (!ret)
			break;
		assert_int_equal(ret, -EIO);
		failed++;
		assert_int_equal(whole_read(to.whole, SMMU_CR0), 0);
		assert_int_equal(whole_read64(to.whole, SMMU_STRTAB_BASE), 0);
		for (unsigned int n = 0; n < ENDPOINTS; n++)
			assert_int_equal(machine_dma(&to, n, DATA), 0);
	}
	assert_int_equal(failed, 2 * ENDPOINTS);
	machine_free(&from);
	machine_free(&to);
}

/* What C_BAD_STE stands for was so when it was recorded, however long ago. */
static void what_c_bad_ste_stood_for_comes_along(void **unused)
{
	const uint64_t ste = STRTAB + VSID * 64;
	struct machine from, to;

	(void)unused;
	machine_new(&from, NULL, NULL, ENDPOINTS);
	machine_new(&to, NULL, NULL, ENDPOINTS);
	from.whole->bad_begin = to.whole->bad_begin = ste;
	from.whole->bad_end = to.whole->bad_end = ste + 64;
	machine_start(&from);
	assert_int_not_equal(machine_dma(&from, 0, DATA), 0);
	assert_int_equal(machine_move(&from, &to), 0);
	to.whole->bad_begin = to.whole->bad_end = 0;
	machine_queue(&to, COMMAND_OP_CFGI_STE | (uint64_t)VSID << 32, 0);
	machine_kick(&to);
	while (vsmmu_dispatch(to.whole->vsmmu, 0))
		;
	assert_int_equal(whole_read(to.whole, SMMU_EVENTQ_PROD), 1);
	assert_int_equal(
		whole_load64(to.whole, EVENTQ), (uint64_t)VSID << 32 | VSMMU_EVENT_F_STE_FETCH);
	assert_int_equal(whole_load64(to.whole, EVENTQ + 24), ste);
	machine_free(&from);
	machine_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7", every_register_comes_along),
		UNIT_TEST("S7", streams_are_installed_again),
		UNIT_TEST("S7", an_unfinished_batch_is_finished),
		UNIT_TEST("S7", a_command_error_stays_until_acknowledged),
		UNIT_TEST("S7", waiting_commands_are_consumed),
		UNIT_TEST("S7 S9", commands_left_to_a_save_are_told),
		UNIT_TEST("S7", a_weaker_host_is_refused),
		UNIT_TEST("S7", other_endpoints_are_refused),
		UNIT_TEST("S7", smaller_configs_are_refused),
		UNIT_TEST("S7", an_event_path_is_no_whole_vsmmu),
		UNIT_TEST("S7", a_used_vsmmu_is_busy),
		UNIT_TEST("S7", a_failing_host_leaves_it_as_it_was),
		UNIT_TEST("S7 S4", what_c_bad_ste_stood_for_comes_along),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
