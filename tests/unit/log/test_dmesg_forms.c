/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel logs: the forms of an event, and what programs put before them. */
#include <stdio.h>

#include "dmesg_log.h"

TEST(prefixes)
{
	static const struct {
		const char *prefix;
		const char *smmu;
		uint64_t time;
	} cases[] = {
		{"", "", 0},
		{"\t", "", 0},
		{"<3>", "", 0},
		{"[   12.345678] ", "", 12345678000},
		{SMMU, "arm-smmu-v3.0.auto", 0},
		{"<3>" SMMU, "arm-smmu-v3.0.auto", 0},
		{"[   12.345678] " SMMU, "arm-smmu-v3.0.auto", 12345678000},
		{"<3>[    0.000001] " SECOND, "2b400000.iommu", 1000},
		{"[   12.345678][  T123] " SMMU, "arm-smmu-v3.0.auto", 12345678000},
		{"[Sun Nov 22 10:00:00 2026] " SMMU, "arm-smmu-v3.0.auto", 0},
		{"kern  :err   : [   12.345678] " SMMU, "arm-smmu-v3.0.auto", 12345678000},
		{"Nov 22 10:00:00 host kernel: " SMMU, "arm-smmu-v3.0.auto", 0},
		{"Nov 22 10:00:00 host kernel: [123456.000007] " SMMU, "arm-smmu-v3.0.auto",
			123456000007000},
		{"2026-11-22T10:00:00.123456+00:00 host kernel: " SMMU, "arm-smmu-v3.0.auto", 0},
		{"2026-11-22T10:00:00,123456+00:00 " SMMU, "arm-smmu-v3.0.auto", 0},
		{"3,1234,5678901,-;" SMMU, "arm-smmu-v3.0.auto", 5678901000},
		{"3,1234,5678901,-,caller=T123;" SMMU, "arm-smmu-v3.0.auto", 5678901000},
		{"Nov 22 10:00:00 host kernel: ", "", 0},
	};
	static const char *const tabs[] = {"\t", "\\x09", "#011", "\\t", "", "\\011", " \t "};
	char line[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		snprintf(line, sizeof(line), "%sevent 0x10 received:\r\n", cases[i].prefix);
		feed(line);
		for (int word = 0; word < 4; word++) {
			snprintf(line, sizeof(line), "%s%s0x%016llx\n", cases[i].prefix,
				tabs[(i + (size_t)word) % 7],
				(unsigned long long)translation.word[word]);
			feed(line);
		}
		assert_int_equal(count, 0);
		snprintf(line, sizeof(line),
			"%sevent: F_TRANSLATION client: (unassigned sid) sid: 0x8 ssid: 0x0 "
			"iova: 0x100000 ipa: 0x0",
			cases[i].prefix);
		feed(line);
		assert_int_equal(count, 1);
		assert_record(&items[0], &translation);
		assert_string_equal(items[0].smmu, cases[i].smmu);
		assert_string_equal(items[0].client, "");
		assert_true(items[0].unassigned);
		assert_int_equal(items[0].has_time, cases[i].time != 0);
		assert_int_equal(items[0].time, cases[i].time);
	}
}

#define SIZE sizeof(struct vsmmu_event)

/* Each form of the decoded lines, and what of the event it tells. */
TEST(decoded_forms)
{
	static const struct {
		const char *line, *detail;
		struct vsmmu_event event;
	} cases[] = {
		{"event: C_BAD_STE client: x sid: 0x10 ssid: 0x0", NULL,
			{.size = SIZE, .id = 0x04, .sid = 0x10}},
		{"event: C_BAD_CD client: x sid: 0x10 ssid: 0x5", NULL,
			{.size = SIZE, .id = 0x0a, .sid = 0x10, .ssv = true, .ssid = 5}},
		{"event: C_BAD_SUBSTREAMID client: x sid: 0x10 ssid: 0x7", NULL,
			{.size = SIZE, .id = 0x08, .sid = 0x10}},
		{"event: F_STREAM_DISABLED client: x sid: 0x10 ssid: 0x0", NULL,
			{.size = SIZE, .id = 0x06, .sid = 0x10}},
		{"event: F_STE_FETCH client: x sid: 0x10 ssid: 0x0 fetch_addr: 0x1040", NULL,
			{.size = SIZE, .id = 0x03, .sid = 0x10, .fetch_addr = 0x1040}},
		{"event: F_CD_FETCH client: x sid: 0x10 ssid: 0x0 fetch_addr: 0x1040", NULL,
			{.size = SIZE, .id = 0x09, .sid = 0x10, .fetch_addr = 0x1040}},
		{"event: UNKNOWN client: x sid: 0x10 ssid: 0x0", NULL, {.size = SIZE, .sid = 0x10}},
		{"event: F_PERMISSION client: x sid: 0x10 ssid: 0x0 iova: 0x2000 ipa: 0x3000",
			"priv inst write s2 \"Stage 1 translation table fetch\" ttd_read stag: 0x0",
			{.size = SIZE,
				.id = 0x13,
				.sid = 0x10,
				.pnu = true,
				.ind = true,
				.s2 = true,
				.class_ = 1,
				.ttrnw = true,
				.input_addr = 0x2000,
				.ipa = 0x3000}},
		{"event: F_PERMISSION client: x sid: 0x10 ssid: 0x0 iova: 0x2000 ipa: 0x0",
			"unpriv data write s1 \"Stage 1 translation table fetch\" ttd_write "
			"stag: 0x0",
			{.size = SIZE, .id = 0x13, .sid = 0x10, .class_ = 1, .input_addr = 0x2000}},
		{"event: F_ACCESS client: x sid: 0x10 ssid: 0x0 iova: 0x2000 ipa: 0x0",
			"unpriv data read s1 \"Reserved\" stall stag: 0x17",
			{.size = SIZE,
				.id = 0x12,
				.sid = 0x10,
				.rnw = true,
				.class_ = 3,
				.stall = true,
				.stag = 0x17,
				.input_addr = 0x2000}},
		{"event: F_ADDR_SIZE client: x sid: 0x10 ssid: 0x0 iova: 0xfffffffffffffff8 ipa: "
		 "0x0",
			"unpriv data read s1 \"CD fetch\" stag: 0x0",
			{.size = SIZE,
				.id = 0x11,
				.sid = 0x10,
				.rnw = true,
				.input_addr = UINT64_MAX - 7}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FEED("unrelated", cases[i].line, cases[i].detail ? cases[i].detail : "unrelated");
		assert_int_equal(count, 1);
		assert_int_equal(items[0].kind, VSMMU_DMESG_EVENT);
		assert_int_equal(items[0].words, 0);
		assert_int_equal(items[0].line, 2);
		assert_memory_equal(&items[0].event, &cases[i].event, sizeof(items[0].event));
		assert_string_equal(items[0].client, "x");
		/* Without a number there is no record. */
		assert_int_equal(items[0].record.word[0] >> 32, cases[i].event.id ? 0x10 : 0);
	}
}

TEST(what_is_no_event)
{
	FEED("", "\n", "event", "event 0x", "event 0x10", "event 0x10 received",
		"event 0x100 received:", "HCI event 0x10 received:", "hci0: event 0x10 received:",
		"0x0000000800000010", "input event: F_TRANSLATION client: x sid: 0x8 ssid: 0x0",
		"subevent 0x10 received:", "priv data", "privileged data read s1",
		"\t0x00000008000000100", "arm_smmu_global_fault: 3 callbacks suppressed",
		"9 callbacks suppressed", "net_ratelimit: 9 callbacks suppressed",
		"x: 0x10 0x0 0x0 0x0",
		"at 0x0000000800000010 0x0000020800000000 0x0000000000100000 0x0000000000000000");
	assert_int_equal(count, 0);
}

TEST(names_are_cut_and_made_printable)
{
	char line[512], name[300];

	memset(name, 'x', sizeof(name));
	name[3] = '\033';
	name[sizeof(name) - 1] = '\0';
	snprintf(line, sizeof(line), "smmu %s: event: C_BAD_CD client: \xff sid: 0x1 ssid: 0x0",
		name);
	FEED(line);
	assert_int_equal(count, 1);
	assert_int_equal(strlen(items[0].smmu), VSMMU_DMESG_NAME_SIZE - 1);
	assert_true(is_printable(items[0].smmu));
	assert_string_equal(items[0].client, "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(prefixes),
		UNIT_TEST_PLAIN(decoded_forms),
		UNIT_TEST_PLAIN(what_is_no_event),
		UNIT_TEST_PLAIN(names_are_cut_and_made_printable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
