/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel logs: messages that are no events. */
#include <stdio.h>

#include "catalogue/catalogue.h"
#include "dmesg_log.h"

#define PRI "sid 0x00000100.0x00000: [1L] unprivileged RW access at iova 0x0000000012345000"

static void assert_message(
	const struct vsmmu_dmesg_item *item, const char *smmu, const char *name, const char *text)
{
	assert_int_equal(item->kind, VSMMU_DMESG_MESSAGE);
	assert_string_equal(item->smmu, smmu);
	if (name)
		assert_string_equal(item->entry->name, name);
	else
		assert_null(item->entry);
	assert_string_equal(item->text, text);
}

TEST(complaints)
{
	FEED(SMMU "EVTQ overflow detected -- events lost",
		"[    5.000000] arm_smmu_dump_event: 15 callbacks suppressed",
		"arm_smmu_evtq_thread: 7 callbacks suppressed [",
		SMMU "unexpected global error reported (0x00000001), this could be serious",
		SMMU "CMDQ error (cons 0x01000004): Illegal command", SMMU "CMD_SYNC timeout",
		SMMU "CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x00000000]");
	assert_int_equal(count, 7);
	assert_int_equal(items[0].kind, VSMMU_DMESG_OVERFLOW);
	assert_string_equal(items[0].smmu, "arm-smmu-v3.0.auto");
	assert_int_equal(items[1].kind, VSMMU_DMESG_SUPPRESSED);
	assert_int_equal(items[1].count, 15);
	assert_int_equal(items[1].time, UINT64_C(5000000000));
	assert_int_equal(items[2].count, 7);
	assert_message(&items[3], "arm-smmu-v3.0.auto", "global-error",
		"unexpected global error reported (0x00000001), this could be serious");
	assert_message(&items[4], "arm-smmu-v3.0.auto", "cmdq-error",
		"CMDQ error (cons 0x01000004): Illegal command");
	assert_message(
		&items[5], "arm-smmu-v3.0.auto", "cmd-sync-timeout-unplaced", "CMD_SYNC timeout");
	assert_message(&items[6], "arm-smmu-v3.0.auto", "cmd-sync-timeout",
		"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x00000000]");
}

/* A number that belongs to no form is nobody's count. */
TEST(count_of_something_else)
{
	FEED(SMMU "arm_smmu_evtq_thread: 2% callbacks suppressed",
		"(XEN) SMMUv3: /smmuv3@9050000: arm_smmu_dump_event: 7x callbacks suppressed");
	for (unsigned int i = 0; i < count; i++) {
		assert_int_not_equal(items[i].kind, VSMMU_DMESG_SUPPRESSED);
		assert_int_equal(items[i].count, 0);
	}
	assert_int_equal(count, 2);
}

/* Whoever prints them, and whatever is around them. */
TEST(drivers_and_their_names)
{
	FEED("acpi NVDA200C:00: tegra241_cmdqv: Falling back to standard SMMU CMDQ",
		"acpi NVDA200C:00: tegra241_cmdqv: VINTF0: VCMDQ0/LVCMDQ0: failed to enable, "
		"STATUS=0x00000000",
		"(XEN) SMMUv3: /smmuv3@9050000: CMD_SYNC timeout",
		SMMU "[vendor] fault: GBPA not responding to update | 7 |",
		"[    1.000000] CMDQ timeout", "vfio-pci 0000:01:00.0: SMMU doesn't support ATS",
		SMMU "failed to allocate queue (0x8000 bytes) for vcmdq0");
	assert_int_equal(count, 7);
	assert_message(
		&items[0], "NVDA200C:00", "cmdqv-fallback", "Falling back to standard SMMU CMDQ");
	assert_message(&items[1], "NVDA200C:00", "cmdqv-switch-failed",
		"VINTF0: VCMDQ0/LVCMDQ0: failed to enable, STATUS=0x00000000");
	assert_message(
		&items[2], "/smmuv3@9050000", "cmd-sync-timeout-unplaced", "CMD_SYNC timeout");
	assert_message(
		&items[3], "arm-smmu-v3.0.auto", "gbpa-stuck", "GBPA not responding to update");
	assert_message(&items[4], "", "cmdq-timeout", "CMDQ timeout");
	assert_message(&items[5], "", "ats-not-supported", "SMMU doesn't support ATS");
	assert_message(&items[6], "arm-smmu-v3.0.auto", "queue-alloc-failed",
		"failed to allocate queue (0x8000 bytes) for vcmdq0");
}

TEST(complaints_that_nobody_knows)
{
	static const char *const texts[] = {"the frobnicator failed", "Error 7 in unit 3",
		"unable to do it", "a timeout of the thing", "it is not supported",
		"invalid thing: -22", "Something happened!", "no more slots"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char line[256];

		snprintf(line, sizeof(line), "%s%s", SMMU, texts[i]);
		FEED(line, "next");
		assert_int_equal(count, 1);
		assert_message(&items[0], "arm-smmu-v3.0.auto", NULL, texts[i]);
	}
}

/* They are counted: a log that has the driver's name is no silent one. */
TEST(notes)
{
	FEED(SMMU "ias 44-bit, oas 44-bit (features 0x00008305)",
		SMMU "allocated 524288 entries for evtq", SMMU "something new");
	assert_int_equal(count, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(items[i].kind, VSMMU_DMESG_OTHER);
		assert_string_equal(items[i].what, "note of an SMMUv3's driver");
	}
	assert_string_equal(items[2].text, "something new");
	FEED(SMMU, "arm-smmu-v3 x:", "foo: failed to ioremap", "iommu: Default domain type");
	assert_int_equal(count, 0);
}

TEST(commands)
{
	FEED(SMMU "skipping command in error state:", SMMU "\t0x0000000000000099",
		SMMU "\t0x0000000000000001");
	assert_int_equal(count, 1);
	assert_message(&items[0], "arm-smmu-v3.0.auto", "cmdq-skip-command",
		"skipping command in error state:");
	assert_int_equal(items[0].line, 1);
	assert_int_equal(items[0].command_words, 2);
	assert_int_equal(items[0].command[0], 0x99);
	assert_int_equal(items[0].command[1], 1);
	/* In one line, without names, and with one word. */
	FEED(SMMU "skipping command in error state: 0x0000000000000099 0x0000000000000001",
		SMMU "skipping command in error state:", "0x0000000000000098", "0x0000000000000002",
		SMMU "skipping command in error state:", SMMU "\t0x0000000000000097",
		SMMU "CMDQ timeout", RAW(SMMU));
	assert_int_equal(count, 5);
	assert_int_equal(items[0].command[1], 1);
	assert_int_equal(items[1].command[0], 0x98);
	assert_int_equal(items[1].command[1], 2);
	assert_int_equal(items[2].command_words, 1);
	assert_int_equal(items[2].command[0], 0x97);
	assert_string_equal(items[3].text, "CMDQ timeout");
	assert_record(&items[4], &translation);
	/* The words of two SMMUs. */
	FEED(SMMU "skipping command in error state:", SECOND "skipping command in error state:",
		SMMU "\t0x0000000000000001", SECOND "\t0x0000000000000002",
		SMMU "\t0x0000000000000003", SECOND "\t0x0000000000000004");
	assert_int_equal(count, 2);
	assert_int_equal(items[0].command[1], 3);
	assert_int_equal(items[1].command[1], 4);
}

/* It comes when it is known that no more words do. */
TEST(commands_without_words)
{
	begin();
	feed(SMMU "skipping command in error state:");
	for (int i = 0; i < VSMMU_DMESG_PATIENCE; i++)
		feed("something else");
	assert_int_equal(count, 0);
	feed("something else");
	assert_int_equal(count, 1);
	assert_int_equal(items[0].command_words, 0);
	assert_int_equal(items[0].line, 1);
}

TEST(page_requests)
{
	FEED(SMMU "unexpected PRI request received:", SMMU "\t" PRI);
	assert_int_equal(count, 1);
	assert_message(&items[0], "arm-smmu-v3.0.auto", "pri-unexpected",
		"unexpected PRI request received: " PRI);
	FEED(SMMU "unexpected PRI request received: " PRI " |",
		SMMU "\tsid 0x00000100.0x00001: [7] privileged  access at iova 0x0000000000001000",
		SMMU "unexpected PRI request received:");
	assert_int_equal(count, 3);
	assert_string_equal(items[0].text, "unexpected PRI request received: " PRI);
	assert_message(&items[1], "arm-smmu-v3.0.auto", "pri-request",
		"sid 0x00000100.0x00001: [7] privileged  access at iova 0x0000000000001000");
	assert_string_equal(items[2].text, "unexpected PRI request received:");
}

TEST(lines_of_others)
{
	FEED("arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0x1032db3e0, "
	     "fsynr=0x130000, cbfrsynra=0x300, cb=4",
		"[    2.000000] pcieport 0000:00:00.0: AER: Uncorrected error received: "
		"0000:01:00.0",
		"[    3.000000] pci 0000:01:00.0: Adding to iommu group 5");
	assert_int_equal(count, 3);
	assert_int_equal(items[0].kind, VSMMU_DMESG_OTHER);
	assert_string_equal(items[0].what, "SMMUv2 (arm-smmu)");
	assert_int_equal(items[1].kind, VSMMU_DMESG_CONTEXT);
	assert_int_equal(items[1].context, CONTEXT_AER);
	assert_int_equal(items[1].time, UINT64_C(2000000000));
	assert_int_equal(items[2].kind, VSMMU_DMESG_GROUP);
	assert_string_equal(items[2].client, "0000:01:00.0");
	assert_int_equal(items[2].count, 5);
	assert_int_equal(items[2].time, UINT64_C(3000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(complaints),
		UNIT_TEST_PLAIN(count_of_something_else),
		UNIT_TEST_PLAIN(drivers_and_their_names),
		UNIT_TEST_PLAIN(complaints_that_nobody_knows),
		UNIT_TEST_PLAIN(notes),
		UNIT_TEST_PLAIN(commands),
		UNIT_TEST_PLAIN(commands_without_words),
		UNIT_TEST_PLAIN(page_requests),
		UNIT_TEST_PLAIN(lines_of_others),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
