/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invalidations that the real kernel carries out, finds fault with, or has no memory for.
 * What it did shows in the mock devices' caches.
 */
#include <errno.h>
#include <unistd.h>
#include <string.h>

#include "injection.h"
#include "mock_smmu.h"

#define CACHES 4

static struct smmu_guest guest;
static struct driver_domain domains[SMMU_MACHINE_ENDPOINTS];

/*
 * The driver's reset invalidates all: endpoints that come after it have their caches
 * untouched. @attached: they have a stage 1 as well.
 */
static struct mock_smmu *open_guest(void *context, bool attached)
{
	smmu_guest_open(&guest, context, &(struct smmu_guest_options){.detached = true});
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		guest.vsid[n] = SMMU_GUEST_VSID(n);
		if (attached)
			mock_smmu_attach(&guest, n, &domains[n]);
		smmu_guest_attach(&guest, n, SMMU_GUEST_VSID(n));
	}
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		for (unsigned int i = 0; i < CACHES; i++)
			TAP_CHECK(!mock_smmu_invalidated(&guest, n, i), "already invalidated");
	return mock_smmu_of(&guest);
}

static void expect_caches(unsigned int n, bool invalidated)
{
	for (unsigned int i = 0; i < CACHES; i++)
		TAP_EQ(mock_smmu_invalidated(&guest, n, i), invalidated);
}

/* The guest was told of no error, and its command was done with. */
static void expect_no_command_error(void)
{
	struct vsmmu_stats stats = smmu_guest_stats(&guest);

	TAP_EQ(stats.command_errors, 0);
	TAP_EQ(guest.driver.stats.gerrors, 0);
	TAP_EQ(guest.driver.stats.timeouts, 0);
	TAP_EQ(guest.irqs[VSMMU_IRQ_GERROR], 0);
	TAP_EQ(stats.commands, guest.driver.stats.commands);
}

static void kernel_carries_them_out(void *context)
{
	struct mock_smmu *smmu = open_guest(context, true);

	TAP_EQ(driver_cfgi_cd(&guest.driver, guest.vsid[0], 0, true), 0);
	TAP_CHECK(mock_smmu_invalidated(&guest, 0, 0), "nothing happened");
	TAP_CHECK(!mock_smmu_invalidated(&guest, 0, 1), "more than was asked for");
	expect_caches(1, false);
	TAP_EQ(driver_cfgi_cd_all(&guest.driver, guest.vsid[0]), 0);
	expect_caches(0, true);
	expect_caches(1, false);
	/* An STE that is read anew takes its CDs along. */
	TAP_EQ(driver_cfgi_ste(&guest.driver, guest.vsid[1], true), 0);
	expect_caches(1, true);
	TAP_EQ(smmu->answer, 0);
	TAP_EQ(smmu_guest_stats(&guest).invalidation_failures, 0);
	expect_no_command_error();
	smmu_guest_close(&guest);
}

static void one_call_for_each_sync(void *context)
{
	struct mock_smmu *smmu = open_guest(context, true);
	struct driver *driver = &guest.driver;
	struct driver_batch batch = {.count = 0};
	unsigned int calls = smmu->calls;

	for (unsigned int i = 0; i < 40; i++)
		driver_batch_add(
			driver, &batch, SMMU_CMD_CFGI_CD_ALL | SMMU_CMD_SID(guest.vsid[i & 1]), 0);
	TAP_EQ(driver_batch_submit(driver, &batch), 0);
	TAP_EQ(smmu->calls, calls + 1);
	TAP_EQ(smmu->largest, 40);
	expect_caches(0, true);
	expect_caches(1, true);
	/* Nothing to invalidate, nothing to call. */
	TAP_EQ(driver_sync(driver), 0);
	TAP_EQ(smmu->calls, calls + 1);
	smmu_guest_close(&guest);
}

/*
 * What several vCPUs put into the queue before one of them writes PROD: TLBIs and their SYNCs
 * need one call, but what names a stream keeps a call and a SYNC of its own.
 */
static void one_call_for_a_group_of_syncs(void *context)
{
	const struct driver_command tlbi = {{SMMU_CMD_TLBI_NH_ASID | SMMU_CMD_ASID(7), 0}};
	const struct driver_command sync = {{SMMU_CMD_SYNC, 0}};
	struct mock_smmu *smmu = open_guest(context, true);
	struct driver *driver = &guest.driver;
	const struct driver_command cd_all = {
		{SMMU_CMD_CFGI_CD_ALL | SMMU_CMD_SID(guest.vsid[0]), 0}};
	const struct driver_command group[] = {tlbi, sync, tlbi, tlbi, sync, sync, tlbi, sync};
	const struct driver_command mixed[] = {tlbi, sync, cd_all, sync, tlbi, sync};
	unsigned int calls = smmu->calls;
	uint64_t syncs = smmu_guest_stats(&guest).syncs;

	TAP_EQ(driver_issue(driver, group, sizeof(group) / sizeof(group[0])), 0);
	TAP_EQ(driver_read32(driver, MMIO_CMDQ_CONS), driver->cmdq.prod);
	TAP_EQ(smmu->calls, calls + 1);
	TAP_EQ(smmu_guest_stats(&guest).syncs, syncs + 4);
	expect_caches(0, false);
	TAP_EQ(driver_issue(driver, mixed, sizeof(mixed) / sizeof(mixed[0])), 0);
	TAP_EQ(driver_read32(driver, MMIO_CMDQ_CONS), driver->cmdq.prod);
	TAP_EQ(smmu->calls, calls + 4);
	TAP_EQ(smmu_guest_stats(&guest).syncs, syncs + 7);
	expect_caches(0, true);
	expect_caches(1, false);
	smmu_guest_close(&guest);
}

/* The kernel would refuse the batch for a StreamID that has no vDEVICE. */
static void strangers_never_reach_the_kernel(void *context)
{
	static const uint32_t sids[] = {0, 0x107, 0x109, 0xffff, 0x10000, 0xffffffff};
	struct mock_smmu *smmu = open_guest(context, true);
	struct driver *driver = &guest.driver;
	unsigned int calls = smmu->calls;

	for (unsigned int i = 0; i < sizeof(sids) / sizeof(sids[0]); i++) {
		TAP_EQ(driver_cfgi_ste(driver, sids[i], i & 1), 0);
		TAP_EQ(driver_cfgi_cd(driver, sids[i], 0, i & 1), 0);
		TAP_EQ(driver_cfgi_cd_all(driver, sids[i]), 0);
	}
	TAP_EQ(smmu->calls, calls);
	/* Among others they are left out. */
	for (unsigned int i = 0; i < sizeof(sids) / sizeof(sids[0]); i++) {
		const struct driver_command commands[3] = {
			{{SMMU_CMD_CFGI_CD_ALL | SMMU_CMD_SID(sids[i]), 0}},
			{{SMMU_CMD_CFGI_CD_ALL | SMMU_CMD_SID(guest.vsid[0]), 0}},
			{{SMMU_CMD_CFGI_CD | SMMU_CMD_SID(sids[i]), 0}},
		};

		TAP_EQ(driver_issue_sync(driver, commands, 3), 0);
		TAP_EQ(smmu->answer, 0);
		TAP_EQ(smmu->handled, 1);
	}
	expect_caches(0, true);
	expect_caches(1, false);
	TAP_EQ(smmu_guest_stats(&guest).invalidation_failures, 0);
	expect_no_command_error();
	smmu_guest_close(&guest);
}

/* Any words in commands that exist: nothing that the kernel refuses comes of it. */
static void random_commands_are_refused_by_nobody(void *context)
{
	static const uint8_t opcodes[] = {SMMU_CMD_PREFETCH_CONFIG, SMMU_CMD_PREFETCH_ADDR,
		SMMU_CMD_CFGI_STE, SMMU_CMD_CFGI_STE_RANGE, SMMU_CMD_CFGI_CD, SMMU_CMD_CFGI_CD_ALL,
		SMMU_CMD_TLBI_NH_ALL, SMMU_CMD_TLBI_NH_ASID, SMMU_CMD_TLBI_NH_VA,
		SMMU_CMD_TLBI_NH_VAA, SMMU_CMD_TLBI_NSNH_ALL, SMMU_CMD_ATC_INV};
	struct mock_smmu *smmu = open_guest(context, true);
	uint64_t random = 0x9e3779b97f4a7c15;

	for (unsigned int i = 0; i < 400; i++) {
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
	TAP_CHECK(smmu->calls > 50, "only %u calls", smmu->calls);
	expect_caches(0, true);
	mock_smmu_expect_event(&guest, 0);
	smmu_guest_close(&guest);
}

/*
 * What the library sends has the SMMUv3's data type, which the mock's kernel refuses
 * whole: as a host on which every invalidation fails.
 */
static void kernel_that_refuses_everything(void *context)
{
	struct mock_smmu *smmu = open_guest(context, true);
	struct driver *driver = &guest.driver;
	struct vsmmu_stats before = smmu_guest_stats(&guest), stats;
	unsigned int calls = smmu->calls;

	smmu->batches = MOCK_SMMU_REFUSED;
	TAP_EQ(driver_cfgi_cd_all(driver, guest.vsid[0]), 0);
	tap_note("the kernel's answer: %d, %u handled", smmu->answer, smmu->handled);
	TAP_EQ(smmu->answer, -EINVAL);
	TAP_EQ(smmu->handled, 0);
	/* Sent, sent again, everything. */
	TAP_EQ(smmu->calls, calls + 3);
	stats = smmu_guest_stats(&guest);
	TAP_EQ(stats.invalidation_calls - before.invalidation_calls, 3);
	TAP_EQ(stats.invalidation_failures - before.invalidation_failures, 3);
	/* "Everything" is the CDs of both: no TLB entry is owed. */
	TAP_EQ(stats.invalidations - before.invalidations, 1 + 1 + SMMU_MACHINE_ENDPOINTS);
	TAP_EQ(stats.blocked, SMMU_MACHINE_ENDPOINTS);
	TAP_EQ(guest.reports[VSMMU_REPORT_BLOCKED], SMMU_MACHINE_ENDPOINTS);
	TAP_EQ(guest.reports[VSMMU_REPORT_INVALIDATION], 1);
	expect_no_command_error();
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		mock_smmu_expect_abort(&guest, n);
		TAP_EQ(smmu->endpoint[n].detaches, 1);
	}

	/* As long as it refuses, nothing opens an endpoint. */
	TAP_EQ(driver_bypass(driver, guest.vsid[0]), 0);
	mock_smmu_expect_abort(&guest, 0);
	TAP_EQ(vsmmu_recover(guest.vsmmu), -EINVAL);
	TAP_CHECK(vsmmu_reset(guest.vsmmu) < 0, "a reset that claims to have worked");
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_expect_abort(&guest, n);

	smmu->batches = MOCK_SMMU_TAKEN;
	TAP_EQ(vsmmu_reset(guest.vsmmu), 0);
	/* What was owed came before the access. */
	expect_caches(0, true);
	expect_caches(1, true);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_expect_bypass(&guest, n);
	TAP_EQ(driver_reset(driver), 0);
	TAP_EQ(driver_attach(driver, guest.vsid[0], &domains[0]), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_expect_event(&guest, n);
	expect_no_command_error();
	smmu_guest_close(&guest);
}

/* And without a reset: the guest configures its streams anew. */
static void blocked_endpoints_come_back_with_their_ste(void *context)
{
	struct mock_smmu *smmu = open_guest(context, true);

	smmu->batches = MOCK_SMMU_REFUSED;
	TAP_EQ(driver_tlbi_all(&guest.driver), 0);
	TAP_EQ(smmu_guest_stats(&guest).blocked, SMMU_MACHINE_ENDPOINTS);
	smmu->batches = MOCK_SMMU_TAKEN;
	TAP_EQ(driver_cfgi_ste(&guest.driver, guest.vsid[1], true), 0);
	expect_caches(0, true);
	expect_caches(1, true);
	mock_smmu_expect_silence(&guest, 0);
	mock_smmu_expect_event(&guest, 1);
	TAP_EQ(driver_cfgi_all(&guest.driver), 0);
	mock_smmu_expect_event(&guest, 0);
	expect_no_command_error();
	smmu_guest_close(&guest);
}

/* And without the guest: its VMM says that the host works again. */
static void blocked_endpoints_come_back_when_asked(void *context)
{
	struct mock_smmu *smmu = open_guest(context, true);

	smmu->batches = MOCK_SMMU_REFUSED;
	TAP_EQ(driver_tlbi_all(&guest.driver), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_expect_abort(&guest, n);
	smmu->batches = MOCK_SMMU_TAKEN;
	TAP_EQ(vsmmu_recover(guest.vsmmu), 0);
	TAP_EQ(guest.reports[VSMMU_REPORT_RECOVERED], 1);
	/* What was owed came before the access. */
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		expect_caches(n, true);
		mock_smmu_expect_event(&guest, n);
		TAP_EQ(smmu->endpoint[n].detaches, 1);
	}
	expect_no_command_error();
	smmu_guest_close(&guest);
}

/* The library's own host knows what the mock is without asking the kernel. */
static void library_refuses_for_the_mock(void *context)
{
	const uint64_t command[1][2] = {{SMMU_CMD_TLBI_NSNH_ALL, 0}};
	struct vsmmu_host *inner = open_guest(context, false)->inner;
	uint32_t handled = 1;

	TAP_EQ(inner->ops->invalidate(inner, 1, command, 1, &handled), -EOPNOTSUPP);
	TAP_EQ(handled, 0);
	TAP_EQ(inner->ops->invalidate(inner, 1, command, 0, &handled), -EINVAL);
	smmu_guest_close(&guest);
}

/* One batch about both endpoints. */
static int invalidate_both(void)
{
	struct driver_command commands[SMMU_MACHINE_ENDPOINTS];

	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		commands[n] = (struct driver_command){
			{SMMU_CMD_CFGI_CD_ALL | SMMU_CMD_SID(guest.vsid[n]), 0}};
	return driver_issue_sync(&guest.driver, commands, SMMU_MACHINE_ENDPOINTS);
}

/*
 * The kernel stops at an entry in the midst: what comes after it was not done, so all of it
 * is sent again; if that fails alike, everything is invalidated.
 */
static void partial_failure(void *context, unsigned int times)
{
	struct mock_smmu *smmu = open_guest(context, true);
	struct vsmmu_stats before = smmu_guest_stats(&guest), stats;

	smmu->spoil = times;
	TAP_EQ(invalidate_both(), 0);
	TAP_EQ(smmu->answer, 0);
	expect_caches(0, true);
	expect_caches(1, true);
	stats = smmu_guest_stats(&guest);
	TAP_EQ(stats.invalidation_calls - before.invalidation_calls, times + 1);
	TAP_EQ(stats.invalidation_failures - before.invalidation_failures, times);
	TAP_EQ(stats.blocked, 0);
	TAP_EQ(guest.reports[VSMMU_REPORT_INVALIDATION], 1);
	expect_no_command_error();
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_expect_event(&guest, n);
	smmu_guest_close(&guest);
}

static void partial_failure_is_sent_again_whole(void *context)
{
	partial_failure(context, 1);
}

static void partial_failure_again_invalidates_everything(void *context)
{
	partial_failure(context, 2);
}

/* ENOENT of the look-up, ENOMEM of the copy: each place where the kernel can fail once. */
static void kernel_that_fails_once_is_asked_again(void *context)
{
	unsigned int failures = 0, nth = 0;
	struct mock_smmu *smmu;
	int fd, left;

	do {
		struct vsmmu_stats before;
		uint64_t failed;

		smmu = open_guest(context, true);
		/* Everything on the way was touched once. */
		TAP_EQ(driver_tlbi_all(&guest.driver), 0);
		before = smmu_guest_stats(&guest);
		fd = injection_open_self();
		TAP_CHECK(fd >= 0, "no fail-nth: %d", fd);
		TAP_EQ(injection_arm(fd, ++nth), 0);
		TAP_EQ(invalidate_both(), 0);
		left = injection_left(fd);
		TAP_EQ(injection_arm(fd, 0), 0);
		close(fd);
		failed = smmu_guest_stats(&guest).invalidation_failures -
			 before.invalidation_failures;
		TAP_CHECK(failed <= 1, "%u failures of one", (unsigned int)failed);
		failures += (unsigned int)failed;
		TAP_EQ(guest.reports[VSMMU_REPORT_INVALIDATION], failed);
		TAP_EQ(smmu->answer, 0);
		expect_caches(0, true);
		expect_caches(1, true);
		TAP_EQ(smmu_guest_stats(&guest).blocked, 0);
		expect_no_command_error();
		mock_smmu_expect_event(&guest, 0);
		smmu_guest_close(&guest);
		guest.machine->ops->close(guest.machine);
		TAP_EQ(guest.machine->ops->open(guest.machine), 0);
	} while (!left && nth < 20);
	tap_note("%u of %u places fail the call", failures, nth - 1);
	TAP_CHECK(failures >= 2, "nothing failed");
}

static const struct tap_test tests[] = {
	{"kernel_carries_them_out", "S3 S10", kernel_carries_them_out},
	{"one_call_for_each_sync", "S3", one_call_for_each_sync},
	{"one_call_for_a_group_of_syncs", "S2 S3", one_call_for_a_group_of_syncs},
	{"strangers_never_reach_the_kernel", "S3 P9", strangers_never_reach_the_kernel},
	{"random_commands_are_refused_by_nobody", "S3 P9 P15",
		random_commands_are_refused_by_nobody},
	{"kernel_that_refuses_everything", "S3 P9 P10", kernel_that_refuses_everything},
	{"blocked_endpoints_come_back_with_their_ste", "S3 P10",
		blocked_endpoints_come_back_with_their_ste},
	{"blocked_endpoints_come_back_when_asked", "S3 P10 D3",
		blocked_endpoints_come_back_when_asked},
	{"library_refuses_for_the_mock", "S3", library_refuses_for_the_mock},
	{"partial_failure_is_sent_again_whole", "S3 P9 P10", partial_failure_is_sent_again_whole},
	{"partial_failure_again_invalidates_everything", "S3 P9 P10",
		partial_failure_again_invalidates_everything},
	{"kernel_that_fails_once_is_asked_again", "S3 P9 P10",
		kernel_that_fails_once_is_asked_again},
};
const struct mock_smmu_part mock_smmu_invalidations = {tests, sizeof(tests) / sizeof(tests[0])};
