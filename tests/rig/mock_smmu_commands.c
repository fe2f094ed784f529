/* SPDX-License-Identifier: BSD-2-Clause */
/* The command queue in front of the real kernel. */
#include "mock_smmu.h"

static struct smmu_guest guest;
static struct driver_domain domain;

static void open_guest(void *context, const struct smmu_guest_options *options)
{
	smmu_guest_open(&guest, context, options);
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
	open_guest(context, &(struct smmu_guest_options){.driver = {.sync = mode}});
	mock_smmu_attach(&guest, 0, &domain);
	for (unsigned int i = 0; i < 4; i++) {
		/* Nobody dispatches: the record is there when the SYNC is over. */
		TAP_EQ(mock_smmu_fault(&guest, 0, 2), 0);
		TAP_EQ(driver_sync(&guest.driver), 0);
		driver_run(&guest.driver);
		TAP_EQ(guest.records, 2 * (i + 1));
	}
	/* What asks for an MSI gets no edge besides. */
	TAP_EQ(guest.irqs[VSMMU_IRQ_CMD_SYNC] > 0, mode == DRIVER_SYNC_IRQ);
	TAP_EQ(smmu_guest_stats(&guest).msis > 0, mode == DRIVER_SYNC_MSIPOLL);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 4);
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

/* No signal at all: CONS is what there is to see. */
static void sync_without_signal(void *context)
{
	const struct driver_command sync = {{SMMU_CMD_SYNC, 0}};
	struct driver *driver = &guest.driver;

	open_guest(context, NULL);
	mock_smmu_attach(&guest, 0, &domain);
	TAP_EQ(mock_smmu_fault(&guest, 0, 1), 0);
	TAP_EQ(driver_issue(driver, &sync, 1), 0);
	TAP_EQ(driver_read32(driver, MMIO_CMDQ_CONS), driver->cmdq.prod);
	TAP_EQ(driver_read32(driver, MMIO_EVENTQ_PROD), 1);
	TAP_EQ(guest.irqs[VSMMU_IRQ_CMD_SYNC], 0);
	smmu_guest_close(&guest);
}

/* The signal goes to memory, and what the SYNC is about is there before it. */
static void sync_by_msi_comes_after_the_events(void *context)
{
	const struct driver *driver = &guest.driver;
	struct driver_command sync;
	uint8_t *flag;
	uint64_t gpa;

	open_guest(context, NULL);
	mock_smmu_attach(&guest, 0, &domain);
	flag = smmu_guest_buffer(&guest, 4096, &gpa);
	sync.word[0] = SMMU_CMD_SYNC | SMMU_SYNC_IRQ | SMMU_SYNC_MSIDATA(0x5a);
	sync.word[1] = gpa & SMMU_SYNC_MSIADDR;
	TAP_EQ(mock_smmu_fault(&guest, 0, 3), 0);
	TAP_EQ(driver_issue(&guest.driver, &sync, 1), 0);
	TAP_EQ(flag[0], 0x5a);
	TAP_EQ(driver_read32(&guest.driver, MMIO_EVENTQ_PROD), 3);
	TAP_EQ(driver->stats.gerrors, 0);
	smmu_guest_close(&guest);
}

static void sync_msi_to_nowhere(void *context)
{
	const struct driver_command sync = {{SMMU_CMD_SYNC | SMMU_SYNC_IRQ, UINT64_C(0xfee00000)}};

	open_guest(context, NULL);
	TAP_EQ(driver_issue(&guest.driver, &sync, 1), 0);
	TAP_EQ(driver_sync(&guest.driver), 0);
	driver_run(&guest.driver);
	TAP_EQ(guest.driver.stats.msi_aborts, 1);
	TAP_EQ(guest.driver.stats.illegal_commands, 0);
	smmu_guest_close(&guest);
}

static void queue_wraps(void *context)
{
	struct driver_batch batch = {.count = 0};

	open_guest(context, &(struct smmu_guest_options){.driver = {.cmdq_log2 = 3}});
	mock_smmu_attach(&guest, 0, &domain);
	for (unsigned int i = 0; i < 40; i++)
		TAP_EQ(driver_cfgi_cd(&guest.driver, guest.vsid[i & 1], 0, true), 0);
	/* More than it holds. */
	for (unsigned int i = 0; i < 30; i++)
		driver_batch_add(&guest.driver, &batch,
			SMMU_CMD_CFGI_CD_ALL | SMMU_CMD_SID(guest.vsid[i & 1]), 0);
	TAP_EQ(driver_batch_submit(&guest.driver, &batch), 0);
	mock_smmu_expect_event(&guest, 0);
	expect_consumed();
	smmu_guest_close(&guest);
}

static const struct driver_command illegal[] = {
	{{0, 0}},
	{{0xff, 0}},
	{{SMMU_CMD_PREFETCH_CONFIG | SMMU_CMD_SSEC, 0}},
	{{SMMU_CMD_CFGI_STE | SMMU_CMD_SSEC, 0}},
	{{SMMU_CMD_CFGI_CD_ALL | SMMU_CMD_SSEC, 0}},
	{{SMMU_CMD_CFGI_STE_RANGE | SMMU_CMD_SSEC, 0}},
	{{SMMU_CMD_CFGI_CD | SMMU_CMD_SSEC, 0}},
	{{SMMU_CMD_SYNC | SMMU_SYNC_IRQ | SMMU_SYNC_SEV, 0}},
	{{SMMU_CMD_TLBI_EL2_ALL, 0}},
	{{SMMU_CMD_TLBI_S12_VMALL, 0}},
	{{SMMU_CMD_ATC_INV, 0}},
	{{SMMU_CMD_PRI_RESP, 0}},
	{{SMMU_CMD_RESUME, 0}},
	{{SMMU_CMD_STALL_TERM, 0}},
};

#define ILLEGAL (sizeof(illegal) / sizeof(illegal[0]))

static void illegal_commands_stop_the_queue_until_acknowledged(void *context)
{
	struct driver *driver = &guest.driver;
	unsigned int calls;

	open_guest(context, NULL);
	mock_smmu_attach(&guest, 0, &domain);
	calls = mock_smmu_of(&guest)->calls;
	for (unsigned int i = 0; i < ILLEGAL; i++) {
		uint32_t at = driver->cmdq.prod;

		tap_note("word %#llx", (unsigned long long)illegal[i].word[0]);
		TAP_EQ(driver_issue(driver, &illegal[i], 1), 0);
		TAP_EQ(driver_read32(driver, MMIO_CMDQ_CONS), at | MMIO_CERROR_ILL << 24);
		TAP_EQ(driver_read32(driver, MMIO_GERROR) ^ driver_read32(driver, MMIO_GERRORN),
			MMIO_GERROR_CMDQ_ERR);
		TAP_EQ(guest.irqs[VSMMU_IRQ_GERROR], i + 1);
		/* The queue stands, the streams do not. */
		TAP_EQ(mock_smmu_fault(&guest, 0, 1), 0);
		/* The handler makes it a SYNC and acknowledges. */
		TAP_EQ(driver_sync(driver), 0);
		TAP_EQ(driver->stats.illegal_commands, i + 1);
	}
	smmu_guest_run(&guest);
	TAP_EQ(guest.records, ILLEGAL);
	TAP_EQ(smmu_guest_stats(&guest).command_errors, ILLEGAL);
	TAP_EQ(mock_smmu_of(&guest)->calls, calls);
	smmu_guest_close(&guest);
}

static void queue_outside_memory_aborts(void *context)
{
	struct driver *driver = &guest.driver;

	open_guest(context, &(struct smmu_guest_options){.driver = {.timeout_ms = 20}});
	mock_smmu_attach(&guest, 0, &domain);
	TAP_EQ(driver_write_acked(
		       driver, MMIO_CR0, MMIO_CR0ACK, MMIO_CR0_SMMUEN | MMIO_CR0_EVENTQEN),
		0);
	driver_write64(driver, MMIO_CMDQ_BASE, UINT64_C(0x4000000000) | driver->cmdq.log2);
	TAP_EQ(driver_write_acked(driver, MMIO_CR0, MMIO_CR0ACK,
		       MMIO_CR0_SMMUEN | MMIO_CR0_EVENTQEN | MMIO_CR0_CMDQEN),
		0);
	TAP_CHECK(driver_sync(driver) < 0, "a command came from nowhere");
	TAP_CHECK(driver->stats.fetch_aborts > 0, "no CERROR_ABT");
	TAP_EQ(driver->stats.illegal_commands, 0);
	/* Streams go on as they were. */
	mock_smmu_expect_event(&guest, 0);
	TAP_EQ(driver_reset(driver), 0);
	mock_smmu_expect_event(&guest, 0);
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"sync_is_seen_in_cons", "S2 S10", sync_is_seen_in_cons},
	{"sync_is_seen_in_its_entry", "S2 S5 S10 P23 D5", sync_is_seen_in_its_entry},
	{"sync_is_seen_by_its_interrupt", "S2 S5", sync_is_seen_by_its_interrupt},
	{"sync_without_signal", "S2", sync_without_signal},
	{"sync_by_msi_comes_after_the_events", "S2 S5", sync_by_msi_comes_after_the_events},
	{"sync_msi_to_nowhere", "S2 S5", sync_msi_to_nowhere},
	{"queue_wraps", "S2 S10", queue_wraps},
	{"illegal_commands_stop_the_queue_until_acknowledged", "S2 S10 P15",
		illegal_commands_stop_the_queue_until_acknowledged},
	{"queue_outside_memory_aborts", "S2", queue_outside_memory_aborts},
};
const struct mock_smmu_part mock_smmu_commands = {tests, sizeof(tests) / sizeof(tests[0])};
