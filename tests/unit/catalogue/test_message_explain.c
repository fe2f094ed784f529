/* SPDX-License-Identifier: BSD-2-Clause */
/* The numbers of a driver's messages, decoded. */
#include <string.h>

#include "catalogue/catalogue.h"
#include "lib/unit.h"

static const struct {
	const char *line;
	const char *says;
	const char *says_not;
} samples[] = {
	{"CMD_SYNC timeout at 0x0002bb88 [hwprod 0x0002bb88, hwcons 0x0002bb84]", "4 commands wait",
		"equals"},
	{"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x00000146]",
		"nothing is left in the queue", "wait,"},
	{"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x00000000]",
		"not read a single command since", "wrapped"},
	{"CMD_SYNC timeout at 0x00010146 [hwprod 0x00010146, hwcons 0x00000000]", "wrapped", NULL},
	{"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x03000140]", "error code 3",
		"equals"},
	{"CMD_SYNC timeout at 0x00000003 [hwprod 0x00000003, hwcons 0x0000fff0]", "commands wait",
		"4294"},
	{"CMD_SYNC timeout at 0x00000003 [hwprod 0xffffffff, hwcons 0xffffffff]", "all ones",
		"wait"},
	{"CMD_SYNC timeout at", "the line is cut", "0x"},
	{"CMDQ error (cons 0x0302bb84): ATC invalidate timeout",
		"a device did not answer an ATC invalidation", NULL},
	{"CMDQ error (cons 0x0302bb84): ATC invalidate timeout", "AER", NULL},
	{"CMDQ error (cons 0x0302bb84): ATC invalidate timeout", "index 0x2bb84", NULL},
	{"CMDQ error (cons 0x01000002): Illegal command", "error code 1", "could not"},
	{"CMDQ error (cons 0x02000002): Abort on command fetch", "could not read", "illegal"},
	{"CMDQ error (cons 0x7f000002): Unknown", "code 127 is reserved", NULL},
	{"CMDQ error (cons 0x00000002): No error", "no error", "stopped"},
	{"unexpected global error reported (0x00000001), this could be serious", "bit 0 is",
		"bit 1"},
	{"unexpected global error reported (0x00000104), this could be serious", "bit 8 is",
		"bit 0"},
	{"unexpected global error reported (0x00000002), this could be serious",
		"bit 1 is reserved", NULL},
	{"unexpected PRI request received: sid 0x00000100.0x00000: [1L] unprivileged RW access at "
	 "iova 0x0000000012345000",
		"stream 0x100 asked for the page at 0x12345000 to read and write", NULL},
	{"unexpected PRI request received:", "", NULL},
	{"\tsid 0x00000100.0x00000: [1L] unprivileged RW access at iova 0x0000000012345000",
		"stream 0x100 asked for the page at 0x12345000 to read and write", "PASID"},
	{"\tsid 0x00000100.0x00005: [511] privileged X access at iova 0x0000000012345000",
		"with PASID 0x5, asked for the page at 0x12345000 to execute (privileged); group "
		"511, and more",
		NULL},
	{"\tsid 0x00000100.0x00005: [0L] unprivileged  access at iova 0x0000000000000000",
		"stop marker", "asked"},
	{"failed to allocate queue (0x8000 bytes) for vcmdq0", "32 KiB, which hold 2048 commands",
		NULL},
	{"failed to allocate queue (0x100000 bytes) for evtq", "hold 32768 events", "so little"},
	{"failed to allocate linear stream table (4194304 bytes)", "4096 KiB", NULL},
	{"2-level strtab only covers 25/32 bits of SID", "from 0x2000000 on", NULL},
	{"IDR0.COHACC overridden by FW configuration (true)", "stale", "harmless"},
	{"IDR0.COHACC overridden by FW configuration (false)", "harmless", "stale"},
	{"unexpected error reported. vintf_map: 0000000000000005, vcmdq_map "
	 "00000000:00000000:00000001:80000000",
		"VINTF0, VINTF2, VCMDQ31, VCMDQ32: the kernel's own and guests'", "VCMDQ96"},
	{"VINTF1: VCMDQ3/LVCMDQ1: GERRORN=0x0, GERROR=0x1, CONS=0x3000010", "error code 3", NULL},
	{"VINTF1: VCMDQ3/LVCMDQ1: GERRORN=0x1, GERROR=0x1, CONS=0x10", "no error is active",
		"code"},
	{"VINTF1: failed to disable, STATUS=0x00000001", "still on", NULL},
	{"failed to init vintf0: -12", "ENOMEM", NULL},
	{"stream 256 already in tree from dev 0000:01:00.0", "0x100", NULL},
	{"event 0x07 received:", "F_TRANSL_FORBIDDEN", NULL},
	/* Nothing to decode. */
	{"EVTQ overflow detected -- events lost", "", NULL},
};

static void explain(const char *line, const uint64_t *command, char *buffer, size_t size)
{
	const struct catalogue_entry *entry = catalogue_match(line, strlen(line));
	int length;

	if (!entry)
		fail_msg("\"%s\" is not known", line);
	length = catalogue_message_explain(buffer, size, entry, line, strlen(line), command);
	assert_int_equal(length, strlen(buffer));
}

TEST(numbers_are_decoded)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		char buffer[512];

		explain(samples[i].line, NULL, buffer, sizeof(buffer));
		if (!strstr(buffer, samples[i].says) || (!*samples[i].says && *buffer) ||
			(samples[i].says_not && strstr(buffer, samples[i].says_not)))
			fail_msg("\"%s\": %s", samples[i].line, buffer);
	}
}

static const struct {
	uint64_t word[2];
	const char *says;
} commands[] = {
	{{0, 0}, "an empty slot"},
	{{0x40 | UINT64_C(0x100) << 32 | 0x800 | 0x5000, 0x12345000 | 1},
		"CMD_ATC_INV ssid 0x5 sid 0x100 size 0x1 addr 0x12345000"},
	{{0x40 | UINT64_C(0x100) << 32, 0}, "CMD_ATC_INV sid 0x100 addr 0x0,"},
	{{0x12 | UINT64_C(7) << 32 | UINT64_C(9) << 48, 0x1000},
		"CMD_TLBI_NH_VA vmid 0x7 asid 0x9 addr 0x1000"},
	{{0x22 | UINT64_C(9) << 48, 0x2000}, "CMD_TLBI_EL2_VA asid 0x9 addr 0x2000"},
	{{0x28 | UINT64_C(7) << 32, 0}, "CMD_TLBI_S12_VMALL vmid 0x7"},
	{{0x2a | UINT64_C(7) << 32, 0x3001}, "CMD_TLBI_S2_IPA vmid 0x7 leaf 0x1 addr 0x3000"},
	{{0x20, 0}, "CMD_TLBI_EL2_ALL,"},
	{{0x03 | UINT64_C(0x42) << 32, 1}, "CMD_CFGI_STE sid 0x42 leaf 0x1"},
	{{0x04, 31}, "CMD_CFGI_ALL,"},
	{{0x46 | 0x1000, 0}, "CMD_SYNC cs 0x1"},
	{{0x41 | UINT64_C(0x42) << 32, 0}, "CMD_PRI_RESP sid 0x42"},
	{{0x85, 0}, "IMPLEMENTATION DEFINED"},
	{{0xff, 0}, "opcode 0xff is no command"},
	{{0x100, 0}, "opcode 0x00 is no command"},
};

TEST(commands_are_decoded)
{
	char buffer[512];

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		explain("skipping command in error state:", commands[i].word, buffer,
			sizeof(buffer));
		if (!strstr(buffer, commands[i].says))
			fail_msg("%zu: %s", i, buffer);
	}
	explain("skipping command in error state:", NULL, buffer, sizeof(buffer));
	assert_non_null(strstr(buffer, "missing"));
}

static const struct {
	const char *line;
	uint64_t word[2];
	const char *first; /* cause */
	size_t count;
} chosen[] = {
	{"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x00000140]", {0},
		"a device that no longer answers", 2},
	{"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x00000146]", {0},
		"the SMMU had more to invalidate", 2},
	{"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x00000000]", {0},
		"the SMMU has lost its clock", 2},
	{"CMD_SYNC timeout at 0x00000146 [hwprod 0xffffffff, hwcons 0xffffffff]", {0},
		"the SMMU has lost its clock", 2},
	{"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x01000140]", {0},
		"the queue has stopped", 1},
	{"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x03000140]", {0},
		"a device that no longer answers", 2},
	{"CMD_SYNC timeout at", {0}, "a device that no longer answers", 5},
	{"CMDQ error (cons 0x03000010): ATC invalidate timeout", {0},
		"a device with ATS that is dead", 3},
	{"CMDQ error (cons 0x01000010): Illegal command", {0}, "a queue that the SMMU reads before",
		3},
	{"CMDQ error (cons 0x02000010): Abort on command fetch", {0},
		"a queue in memory that the SMMU may not read", 2},
	{"CMDQ error (cons 0x7f000010): Unknown", {0}, "code 3", 3},
	{"unexpected global error reported (0x00000001), this could be serious", {0}, "bit 0", 1},
	{"unexpected global error reported (0x00000104), this could be serious", {0}, "bit 2", 2},
	{"unexpected global error reported (0x80000000), this could be serious", {0}, "bit 0", 4},
	{"skipping command in error state:", {0}, "words that are zero", 1},
	{"skipping command in error state:", {0x12, 0}, "a command that this SMMU", 2},
	{"IDR0.COHACC overridden by FW configuration (true)", {0}, "true", 1},
	{"IDR0.COHACC overridden by FW configuration (false)", {0}, "false", 1},
	{"unexpected error reported. vintf_map: 0000000000000004, vcmdq_map "
	 "00000000:00000000:00000000:00000010",
		{0}, "a bit other than 0", 1},
	{"unexpected error reported. vintf_map: 0000000000000001, vcmdq_map "
	 "00000000:00000000:00000000:00000001",
		{0}, "bit 0", 1},
	{"VINTF1: VCMDQ3/LVCMDQ1: GERRORN=0x0, GERROR=0x1, CONS=0x1000010", {0}, "code 1", 1},
	/* One whose numbers choose nothing. */
	{"failed to allocate queue (0x8000 bytes) for evtq", {0}, "free memory is short", 3},
};

TEST(causes_fit_the_numbers)
{
	for (size_t i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++) {
		const char *line = chosen[i].line;
		const struct catalogue_entry *entry = catalogue_match(line, strlen(line));
		const struct catalogue_cause *causes[16];
		size_t count;

		assert_non_null(entry);
		count = catalogue_message_causes(
			entry, line, strlen(line), chosen[i].word, causes, 16);
		if (count != chosen[i].count ||
			strncmp(causes[0]->text, chosen[i].first, strlen(chosen[i].first)))
			fail_msg("\"%s\": %zu, %s", line, count, causes[0]->text);
		assert_int_equal(
			catalogue_message_causes(entry, line, strlen(line), NULL, causes, 1), 1);
	}
}

/* Any number in any place, and little room. */
TEST(hostile_lines)
{
	static const char *const numbers[] = {"0", "1", "7f", "80", "fff", "ffffffff",
		"ffffffffffffffff", "-1", "", "18446744073709551615", "4294967295"};
	const struct catalogue_entry *entry;

	for (size_t i = 0; (entry = catalogue_get(i)); i++) {
		for (size_t n = 0; entry->format && n < sizeof(numbers) / sizeof(numbers[0]); n++) {
			const struct catalogue_cause *causes[8];
			char text[512] = "", buffer[4096], small[8];
			int length;

			for (const char *at = entry->format; *at; at++) {
				if (*at != '%') {
					strncat(text, at, 1);
					continue;
				}
				at += strcspn(at, "sduxXp");
				strcat(text, numbers[n]);
			}
			length = catalogue_message_explain(
				buffer, sizeof(buffer), entry, text, strlen(text), NULL);
			assert_in_range(length, 0, sizeof(buffer) - 1);
			assert_in_range(catalogue_message_causes(
						entry, text, strlen(text), NULL, causes, 8),
				0, 8);
			assert_int_equal(strlen(buffer), length);
			assert_int_equal(catalogue_message_explain(small, sizeof(small), entry,
						 text, strlen(text), NULL),
				length);
			assert_memory_equal(small, buffer, strlen(small));
			assert_int_equal(
				catalogue_message_explain(NULL, 0, entry, text, strlen(text), NULL),
				length);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(numbers_are_decoded),
		UNIT_TEST_PLAIN(commands_are_decoded),
		UNIT_TEST_PLAIN(causes_fit_the_numbers),
		UNIT_TEST_PLAIN(hostile_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
