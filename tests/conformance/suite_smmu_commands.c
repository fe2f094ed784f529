/* SPDX-License-Identifier: BSD-2-Clause */
/* The command queue, and invalidations that are no stream's or table's own. */
#include "conformance/suite_smmu.h"

#include <errno.h>

static struct smmu_guest guest;

static void open_guest(void *context, const struct smmu_guest_options *options)
{
	smmu_guest_open(&guest, context, options);
}

static void attach_space(unsigned int n, struct smmu_guest_space *space)
{
	smmu_guest_make_space(&guest, space, NULL);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[n], &space->domain), 0);
}

/* All that the driver queued was consumed, and nothing was wrong with it. */
static void expect_consumed(void)
{
	struct vsmmu_stats stats = smmu_guest_stats(&guest);

	TAP_EQ(guest.driver.stats.timeouts, 0);
	TAP_EQ(stats.commands, guest.driver.stats.commands);
	TAP_EQ(stats.syncs, guest.driver.stats.syncs);
	TAP_EQ(stats.command_errors, 0);
	TAP_EQ(stats.invalidation_failures, 0);
}

static void sync_works(void *context, enum driver_sync_mode mode)
{
	struct smmu_guest_space space;

	open_guest(context, &(struct smmu_guest_options){.driver = {.sync = mode}});
	attach_space(0, &space);
	smmu_guest_expect_space(&guest, 0, &space);
	TAP_EQ(driver_unmap(&space.domain, SMMU_GUEST_FROM, space.page), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
	/* What asks for an MSI gets no edge besides. */
	TAP_EQ(guest.irqs[VSMMU_IRQ_CMD_SYNC] > 0, mode == DRIVER_SYNC_IRQ);
	TAP_EQ(smmu_guest_stats(&guest).msis > 0, mode == DRIVER_SYNC_MSIPOLL);
	expect_consumed();
	smmu_guest_close(&guest);
}

static void sync_is_seen_in_cons(void *context)
{
	sync_works(context, DRIVER_SYNC_CONS);
}

static void sync_is_seen_in_its_entry(void *context)
{
	sync_works(context, DRIVER_SYNC_MSIPOLL);
}

static void sync_is_seen_by_its_interrupt(void *context)
{
	sync_works(context, DRIVER_SYNC_IRQ);
}

static void queue_wraps(void *context)
{
	const struct driver_command command = {{SMMU_CMD_TLBI_NH_ASID | SMMU_CMD_ASID(7), 0}};
	struct driver_batch batch = {.count = 0};
	struct smmu_guest_space space;

	open_guest(context, &(struct smmu_guest_options){.driver = {.cmdq_log2 = 3}});
	attach_space(0, &space);
	for (unsigned int i = 0; i < 100; i++) {
		TAP_EQ(driver_issue(&guest.driver, &command, 1), 0);
		TAP_EQ(driver_sync(&guest.driver), 0);
	}
	/* More than it holds. */
	for (unsigned int i = 0; i < 30; i++)
		driver_batch_add(&guest.driver, &batch, command.word[0], 0);
	TAP_EQ(driver_batch_submit(&guest.driver, &batch), 0);
	smmu_guest_expect_space(&guest, 0, &space);
	expect_consumed();
	smmu_guest_close(&guest);
}

static void long_queue_is_consumed_to_its_end(void *context)
{
	struct driver_command commands[500];
	struct smmu_guest_space space;

	open_guest(context, &(struct smmu_guest_options){.driver = {.cmdq_log2 = 10}});
	attach_space(0, &space);
	for (unsigned int i = 0; i < 500; i++)
		commands[i] =
			(struct driver_command){{SMMU_CMD_TLBI_NH_ASID | SMMU_CMD_ASID(i), 0}};
	TAP_EQ(driver_issue(&guest.driver, commands, 500), 0);
	TAP_EQ(driver_issue_sync(&guest.driver, commands, 400), 0);
	smmu_guest_expect_space(&guest, 0, &space);
	expect_consumed();
	smmu_guest_close(&guest);
}

static const struct driver_command illegal[] = {
	{{0, 0}},
	{{0xff, 0}},
	{{SMMU_CMD_CFGI_CD_ALL | SMMU_CMD_SSEC, 0}},
	{{SMMU_CMD_CFGI_STE | SMMU_CMD_SSEC, 0}},
	{{SMMU_CMD_SYNC | SMMU_SYNC_IRQ | SMMU_SYNC_SEV, 0}},
	{{SMMU_CMD_TLBI_EL2_ALL, 0}},
	{{SMMU_CMD_TLBI_S12_VMALL, 0}},
	{{SMMU_CMD_ATC_INV, 0}},
	{{SMMU_CMD_PRI_RESP, 0}},
	{{SMMU_CMD_RESUME, 0}},
	{{SMMU_CMD_STALL_TERM, 0}},
};

#define ILLEGAL (sizeof(illegal) / sizeof(illegal[0]))

static void illegal_commands_are_skipped(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;

	open_guest(context, NULL);
	attach_space(0, &space);
	for (unsigned int i = 0; i < ILLEGAL; i++) {
		tap_note("opcode %#x", (unsigned int)(illegal[i].word[0] & 0xff));
		TAP_EQ(driver_issue_sync(driver, &illegal[i], 1), 0);
		TAP_EQ(driver->stats.illegal_commands, i + 1);
		TAP_EQ(driver->stats.gerrors, i + 1);
		TAP_EQ(guest.irqs[VSMMU_IRQ_GERROR], i + 1);
	}
	TAP_EQ(smmu_guest_stats(&guest).command_errors, ILLEGAL);
	TAP_EQ(smmu_guest_stats(&guest).invalidation_failures, 0);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

/* What stands before and behind the illegal one has its effect all the same. */
static void commands_around_an_illegal_one_count(void *context)
{
	struct smmu_guest_space spaces[2];
	struct driver *driver = &guest.driver;
	struct driver_batch batch = {.count = 0};

	open_guest(context, NULL);
	for (unsigned int n = 0; n < 2; n++) {
		attach_space(n, &spaces[n]);
		smmu_guest_expect_space(&guest, n, &spaces[n]);
		TAP_EQ(driver_unmap_stale(&spaces[n].domain, SMMU_GUEST_FROM, spaces[n].page), 0);
	}
	driver_batch_add(
		driver, &batch, SMMU_CMD_TLBI_NH_ASID | SMMU_CMD_ASID(spaces[0].domain.asid), 0);
	driver_batch_add(driver, &batch, 0xff, 0);
	driver_batch_add(
		driver, &batch, SMMU_CMD_TLBI_NH_ASID | SMMU_CMD_ASID(spaces[1].domain.asid), 0);
	TAP_EQ(driver_batch_submit(driver, &batch), 0);
	TAP_EQ(driver->stats.illegal_commands, 1);
	for (unsigned int n = 0; n < 2; n++)
		smmu_guest_expect_fault(&guest, n, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
	smmu_guest_close(&guest);
}

static void strangers_are_invalidated_in_vain(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;
	static const uint32_t sids[] = {0, 0x107, 0x109, 0xffff, 0x10000, 0xffffffff};

	open_guest(context, NULL);
	attach_space(0, &space);
	for (unsigned int i = 0; i < sizeof(sids) / sizeof(sids[0]); i++) {
		TAP_EQ(driver_cfgi_ste(driver, sids[i], i & 1), 0);
		TAP_EQ(driver_cfgi_ste_range(driver, sids[i], i), 0);
		TAP_EQ(driver_cfgi_cd(driver, sids[i], 0, i & 1), 0);
		TAP_EQ(driver_cfgi_cd_all(driver, sids[i]), 0);
	}
	smmu_guest_expect_space(&guest, 0, &space);
	TAP_EQ(smmu_guest_stats(&guest).invalidation_failures, 0);
	smmu_guest_close(&guest);
}

/* Any words in commands that exist: nothing that the host's kernel refuses comes of it. */
static void random_commands_never_reach_the_host_unchecked(void *context)
{
	static const uint8_t opcodes[] = {SMMU_CMD_PREFETCH_CONFIG, SMMU_CMD_PREFETCH_ADDR,
		SMMU_CMD_CFGI_STE, SMMU_CMD_CFGI_STE_RANGE, SMMU_CMD_CFGI_CD, SMMU_CMD_CFGI_CD_ALL,
		SMMU_CMD_TLBI_NH_ALL, SMMU_CMD_TLBI_NH_ASID, SMMU_CMD_TLBI_NH_VA,
		SMMU_CMD_TLBI_NH_VAA, SMMU_CMD_TLBI_NSNH_ALL, SMMU_CMD_ATC_INV};
	struct smmu_guest_space space;
	uint64_t random = 0x9e3779b97f4a7c15;

	open_guest(context, NULL);
	attach_space(0, &space);
	for (unsigned int i = 0; i < 600; i++) {
		struct driver_command command;

		for (unsigned int word = 0; word < 2; word++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			command.word[word] = random;
		}
		/* Half of them with few bits, and of a stream that there is. */
		if (i & 1) {
			command.word[0] &= UINT64_C(0xffff00000001f000) & random << 7;
			command.word[0] |= SMMU_CMD_SID(guest.vsid[0]);
			command.word[1] &= random << 11;
		}
		command.word[0] =
			(command.word[0] & ~UINT64_C(0xff)) | opcodes[i % sizeof(opcodes)];
		TAP_EQ(driver_issue_sync(&guest.driver, &command, 1), 0);
	}
	TAP_EQ(guest.driver.stats.timeouts, 0);
	TAP_EQ(smmu_guest_stats(&guest).invalidation_failures, 0);
	TAP_EQ(guest.reports[VSMMU_REPORT_INVALIDATION], 0);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

/* The guest learns nothing of it, and what it had invalidated is gone all the same. */
static void host_failure_is_no_guests_error(void *context)
{
	static const int errors[] = {EIO, ETIMEDOUT, EINVAL};
	struct smmu_machine *machine = context;
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;

	if (!machine->ops->fail_invalidation)
		tap_skip("the host's calls cannot be made to fail here");
	open_guest(context, NULL);
	attach_space(0, &space);
	for (unsigned int i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		smmu_guest_expect_space(&guest, 0, &space);
		TAP_EQ(machine->ops->fail_invalidation(machine, errors[i]), 0);
		TAP_EQ(driver_unmap(&space.domain, SMMU_GUEST_FROM, 4096), 0);
		TAP_CHECK(smmu_guest_stats(&guest).invalidation_failures > i, "no call failed");
		smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
		TAP_EQ(driver_map(
			       &space.domain, SMMU_GUEST_FROM, space.from_gpa, 4096, DRIVER_READ),
			0);
	}
	TAP_EQ(driver->stats.gerrors, 0);
	TAP_EQ(driver->stats.timeouts, 0);
	TAP_EQ(smmu_guest_stats(&guest).command_errors, 0);
	TAP_EQ(smmu_guest_stats(&guest).blocked, 0);
	smmu_guest_close(&guest);
}

static void queue_outside_memory_aborts(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;

	open_guest(context, &(struct smmu_guest_options){.driver = {.timeout_ms = 20}});
	attach_space(0, &space);
	TAP_EQ(driver_write_acked(driver, MMIO_CR0, MMIO_CR0ACK, MMIO_CR0_SMMUEN), 0);
	driver_write64(driver, MMIO_CMDQ_BASE, UINT64_C(0x4000000000) | driver->cmdq.log2);
	TAP_EQ(driver_write_acked(driver, MMIO_CR0, MMIO_CR0ACK, MMIO_CR0_SMMUEN | MMIO_CR0_CMDQEN),
		0);
	TAP_CHECK(driver_sync(driver) < 0, "a command came from nowhere");
	TAP_CHECK(driver->stats.fetch_aborts > 0, "no CERROR_ABT");
	TAP_EQ(driver->stats.illegal_commands, 0);
	/* Streams go on as they were. */
	smmu_guest_expect_space(&guest, 0, &space);
	TAP_EQ(driver_reset(driver), 0);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"sync_is_seen_in_cons", "S2 S10", sync_is_seen_in_cons},
	{"sync_is_seen_in_its_entry", "S2 S5 S10 P23 D5", sync_is_seen_in_its_entry},
	{"sync_is_seen_by_its_interrupt", "S2 S5", sync_is_seen_by_its_interrupt},
	{"queue_wraps", "S2 S10", queue_wraps},
	{"long_queue_is_consumed_to_its_end", "S2", long_queue_is_consumed_to_its_end},
	{"illegal_commands_are_skipped", "S2 S10 P15", illegal_commands_are_skipped},
	{"commands_around_an_illegal_one_count", "S2 S3 S10", commands_around_an_illegal_one_count},
	{"strangers_are_invalidated_in_vain", "S3 P9", strangers_are_invalidated_in_vain},
	{"random_commands_never_reach_the_host_unchecked", "S3 P9 P15",
		random_commands_never_reach_the_host_unchecked},
	{"host_failure_is_no_guests_error", "S3 P9 P10", host_failure_is_no_guests_error},
	{"queue_outside_memory_aborts", "S2", queue_outside_memory_aborts},
};
const struct suite_smmu_part suite_smmu_commands = {tests, sizeof(tests) / sizeof(tests[0])};
