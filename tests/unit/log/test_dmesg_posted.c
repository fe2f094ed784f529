/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel logs as people post them: with text behind, wrapped, edited, on one line. */
#include <stdio.h>

#include "dmesg_log.h"

#define X "arm-smmu-v3 x: "

#define NAMES (DMESG_KNOWN(ID) | DMESG_KNOWN(SID) | DMESG_KNOWN(INPUT_ADDR) | DMESG_KNOWN(IPA))

/* What follows the end of a form is somebody else's. */
TEST(trailing_text)
{
	static const char *const tails[] = {
		" [", "`", "<br>", "</code>", " |", ",", "\"}", "\",", " \\", " # mine", ";", "'"};
	const char *lines[] = {RAW(SMMU), DECODED(SMMU),
		"arm_smmu_dump_event: 3 callbacks suppressed",
		SMMU "EVTQ overflow detected -- events lost", SMMU "CMDQ timeout"};

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		begin();
		for (size_t k = 0; k < sizeof(lines) / sizeof(lines[0]); k++) {
			char line[256];

			snprintf(line, sizeof(line), "%s%s", lines[k], tails[i]);
			feed(line);
		}
		end();
		assert_int_equal(count, 4);
		assert_record(&items[0], &translation);
		assert_string_equal(items[0].client, "0000:00:01.0");
		assert_int_equal(items[1].count, 3);
		assert_int_equal(items[2].kind, VSMMU_DMESG_OVERFLOW);
		assert_string_equal(items[3].text, "CMDQ timeout");
		/* The decoded lines alone. */
		begin();
		for (size_t k = 5; k < 7; k++) {
			char line[256];

			snprintf(line, sizeof(line), "%s%s", lines[k], tails[i]);
			feed(line);
		}
		end();
		assert_int_equal(count, 1);
		assert_whole(&items[0], NAMES | DETAILS);
	}
}

/* A mailer breaks lines at blanks, and some quote what follows. */
TEST(wrapped_at_every_blank)
{
	static const char *const marks[] = {"", "> ", ">> ", "| ", "\t"};
	const char *lines[] = {DECODED(X)};
	const size_t name = strlen(X);

	for (int which = 0; which < 2; which++) {
		for (size_t at = name; at < strlen(lines[which]); at++) {
			char first[256], second[256];
			const char *mark = marks[at % 5];

			if (lines[which][at] != ' ')
				continue;
			snprintf(first, sizeof(first), "%.*s", (int)at, lines[which]);
			snprintf(second, sizeof(second), "%s%s", mark, lines[which] + at + 1);
			begin();
			if (which)
				feed(lines[0]);
			feed(first);
			feed(second);
			if (!which)
				feed(lines[1]);
			end();
			assert_int_equal(count, 1);
			assert_whole(&items[0], NAMES | DETAILS);
			assert_string_equal(items[0].client, "0000:00:01.0");
			assert_string_equal(items[0].smmu, "x");
			assert_int_equal(items[0].line, 1);
		}
	}
}

/* A terminal breaks them anywhere. The last number alone may be whole before it is. */
TEST(wrapped_within_words)
{
	const char *lines[] = {DECODED(X)};

	for (size_t at = strlen(X) + strlen("event: "); at < strlen(lines[0]) - 2; at++) {
		char first[256];

		if (lines[0][at] == ' ' || lines[0][at - 1] == ' ')
			continue;
		snprintf(first, sizeof(first), "%.*s", (int)at, lines[0]);
		FEED(first, lines[0] + at, lines[1]);
		assert_int_equal(count, 1);
		assert_whole(&items[0], NAMES | DETAILS);
		assert_string_equal(items[0].client, "0000:00:01.0");
		assert_int_equal(items[0].event.input_addr, 0x100000);
	}
}

TEST(wrapped_headers_and_words)
{
	FEED(X "event 0x10", "> received:", X "0x00000008", "00000010", X, "0x0000020800000000",
		X "0x0000000000", "100000", X "0x0000000000000000");
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	/* More than once. */
	FEED(X "event: F_TRANSLATION",
		"client: 0000:00:01.0 sid:", "0x8 ssid:", "0x0 iova:", "0x100000 ipa:", "0x0",
		X "unpriv data read", "s1 \"Input address", "caused fault\"", "stag: 0x0");
	assert_int_equal(count, 1);
	assert_whole(&items[0], NAMES | DETAILS);
	/* By a program that repeats what is before. */
	FEED(X "event: F_TRANSLATION client: 0000:00:01.0",
		X "sid: 0x8 ssid: 0x0 iova:", X "0x100000 ipa: 0x0",
		X "unpriv data read s1 \"Input address caused", X "fault\" stag: 0x0");
	assert_int_equal(count, 1);
	assert_whole(&items[0], NAMES | DETAILS);
	assert_int_equal(items[0].event.input_addr, 0x100000);
}

TEST(wrapped_messages)
{
	static const char *const lines[] = {
		"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x00000000]",
		"unexpected global error reported (0x00000001), this could be serious",
		"EVTQ write aborted -- events may have been lost",
		"skipping command in error state:", "unexpected PRI request received:",
		"EVTQ overflow detected -- events lost"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		for (size_t at = 0; at < strlen(lines[i]); at++) {
			char first[256];

			if (lines[i][at] != ' ')
				continue;
			snprintf(first, sizeof(first), "%s%.*s", X, (int)at, lines[i]);
			FEED(first, lines[i] + at + 1);
			assert_int_equal(count, 1);
			assert_string_equal(items[0].text, lines[i]);
		}
	}
}

/* Lines that do not belong together stay what they are. */
TEST(not_wrapped)
{
	FEED(X "event: F_TRANSLATION client: 0000:00:01.0 sid: 0x8 ssid: 0x0 iova:",
		"abc 0x1 ipa: 0x0", DECODED(X));
	assert_int_equal(count, 2);
	assert_partial(&items[0], DMESG_KNOWN(ID) | DMESG_KNOWN(SID), "cut");
	assert_whole(&items[1], NAMES | DETAILS);
	FEED(X "CMD_SYNC timeout", "a device at 0x1", X "CMDQ timeout");
	assert_int_equal(count, 2);
	assert_string_equal(items[0].text, "CMD_SYNC timeout");
	FEED(X "something", X "CMD_SYNC timeout", X "0x00000180", RAW(X));
	assert_int_equal(count, 3);
	assert_string_equal(items[1].text, "CMD_SYNC timeout");
	assert_record(&items[2], &translation);
}

TEST(blanks_within_a_word)
{
	FEED(X "event 0x10 received:", X "0x00000008 00000010", X "0x0000 0208 0000 0000",
		X "0x0000000000100000", X "0x00000000\t00000000 [");
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	FEED(X "event 0x10 received:", X "0x00000180", X "0x0000020100000000",
		X "0x00000000ffffe040", X "0x0000000000000000");
	assert_int_equal(count, 1);
	assert_partial(&items[0],
		vsmmu_event_known_all(VSMMU_EVENT_F_TRANSLATION) &
			~(DMESG_KNOWN(SID) | DMESG_KNOWN(SSV) | DMESG_KNOWN(SSID)),
		"word 1 has only 8 digits");
	assert_int_equal(items[0].words, 3);
	FEED(X "event 0x10 received:", X "0x0000000800000010", X "0x00000208 0000");
	assert_int_equal(count, 1);
	assert_non_null(strstr(items[0].text, "word 2 has only 12 digits"));
	FEED(X "event 0x10 received:", X "0x 0000000800000010", X "0x 00000208 00000000",
		X "0x0000000000100000", X "0x0000000000000000");
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	/* Other numbers of the driver are no part of an event. */
	FEED(X "event 0x10 received:", X "0x00000180 degrees", X "state: 0x100 0x200 done",
		X "state: 0x100");
	assert_int_equal(count, 4);
	assert_partial(&items[3], DMESG_KNOWN(ID), "only the heading");
}

TEST(other_digits_and_blanks)
{
	FEED(X "event 0X10 received:", X "0X0000000800000010", X "0X0000020800000000",
		X "0X0000000000100000", X "0X0000000000000000",
		X "event: F_TRANSLATION  client:\t0000:00:01.0 sid: 0X8 ssid: 0X0 iova: 0X100000 "
		  "ipa: 0X0",
		X "unpriv data  read s1 \xe2\x80\x9cInput address caused fault\xe2\x80\x9d stag: "
		  "0X0");
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	FEED(X "event: F_TRANSLATION\xc2\xa0"
	       "client: 0000:00:01.0 sid: 0X8 ssid: 0X0 iova: 0X100000 ipa: 0X0",
		X "unpriv data read s1 Input address caused fault stag: 0X0");
	assert_int_equal(count, 1);
	assert_whole(&items[0], NAMES | DETAILS);
}

/* Somebody has made a list of it, or a search engine has made all letters small. */
TEST(edited_names)
{
	FEED(X "event: F_TRANSLATION, client: 0000:00:01.0, sid: 0x8, ssid: 0x0; iova: 0x100000; "
	       "ipa: "
	       "0x0",
		X "unpriv, data, read, s1, \"Input address caused fault\", stag: 0x0",
		X "event: c_bad_ste client: x sid: 0x8 ssid: 0x0");
	assert_int_equal(count, 2);
	assert_whole(&items[0], NAMES | DETAILS);
	assert_string_equal(items[0].client, "0000:00:01.0");
	assert_int_equal(items[1].event.id, VSMMU_EVENT_C_BAD_STE);
}

#define WORDS_IN_A_ROW "0x0000000800000010 0x0000020800000000 0x0000000000100000 0x0000000000000000"

TEST(several_in_one_line)
{
	static const char *const lines[] = {
		X "event 0x10 received: " WORDS_IN_A_ROW,
		X "event 0x10 received: [0x0000000800000010, 0x0000020800000000, "
		  "0x0000000000100000, 0x0000000000000000]",
		X "event 0x10 received:\\t0x0000000800000010\\t0x0000020800000000\\t"
		  "0x0000000000100000\\t0x0000000000000000",
		"x.iommu: event 0x10 received: x.iommu: 0x0000000800000010 x.iommu: "
		"0x0000020800000000 x.iommu: 0x0000000000100000 x.iommu: 0x0000000000000000",
		X "event 0x10 received: " X "0x0000000800000010 " X "0x0000020800000000 " X
		  "0x0000000000100000 " X "0x0000000000000000",
		X "event 0x10 received:0x00000008000000100x00000208000000000x0000000000100000"
		  "0x0000000000000000",
		X WORDS_IN_A_ROW,
		WORDS_IN_A_ROW,
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		FEED(lines[i]);
		assert_int_equal(count, 1);
		assert_record(&items[0], &translation);
	}
	/* Two events, the second with its names. */
	FEED(X "event 0x10 received: " WORDS_IN_A_ROW " event 0x10 received: " WORDS_IN_A_ROW
	       " event: F_TRANSLATION client: y sid: 0x8 ssid: 0x0 iova: 0x100000 ipa: 0x0 unpriv "
	       "data read s1 \"Input address caused fault\" stag: 0x0");
	assert_int_equal(count, 2);
	assert_record(&items[0], &translation);
	assert_record(&items[1], &translation);
	assert_string_equal(items[1].client, "y");
	assert_string_equal(items[1].smmu, "x");
	/* The words in two rows. */
	FEED(X "event 0x10 received: 0x0000000800000010 0x0000020800000000",
		"0x0000000000100000 0x0000000000000000");
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
}

TEST(words_without_names)
{
	FEED(X "event 0x10 received:", "0x0000000800000010", "0x0000020800000000",
		"0x0000000000100000", "0x0000000000000000");
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	assert_string_equal(items[0].smmu, "x");
	FEED(X "event 0x10 received:", X "0000000800000010", X "0000020800000000",
		X "0000000000100000", X "0000000000000000");
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	/* Without their 0x. */
	FEED(X "event 0x10 received:", "> 0000000800000010", "> 0000020800000000",
		"> 0000000000100000", "> 0000000000000000");
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	/* Too far away. */
	begin();
	feed(X "event 0x10 received:");
	for (int i = 0; i < 20; i++)
		feed("something else");
	feed("0x0000000800000010");
	end();
	assert_int_equal(count, 1);
	assert_partial(&items[0], DMESG_KNOWN(ID), "only the heading");
}

TEST(vendors_words_before_the_text)
{
	FEED(X "[vendor] event 0x10 received:", X "[vendor] 0x0000000800000010",
		X "[vendor] 0x0000020800000000", X "[vendor] 0x0000000000100000",
		X "[vendor] 0x0000000000000000",
		X "fault: event: C_BAD_STE client: y sid: 0x8 ssid: 0x0",
		"(XEN) SMMUv3: /smmuv3@9050000: event 0x10 received:",
		"(XEN) SMMUv3: /smmuv3@9050000:  0x0000000800000010",
		"(XEN) SMMUv3: /smmuv3@9050000:  0x0000020800000000",
		"(XEN) SMMUv3: /smmuv3@9050000:  0x0000000000100000",
		"(XEN) SMMUv3: /smmuv3@9050000:  0x0000000000000000");
	assert_int_equal(count, 3);
	assert_record(&items[0], &translation);
	assert_string_equal(items[0].smmu, "x");
	assert_int_equal(items[1].event.id, VSMMU_EVENT_C_BAD_STE);
	assert_record(&items[2], &translation);
	assert_string_equal(items[2].smmu, "/smmuv3@9050000");
	FEED(X "(vendor) event: C_BAD_STE client: y sid: 0x8 ssid: 0x0",
		X "vendor - event: C_BAD_CD client: y sid: 0x8 ssid: 0x0");
	assert_int_equal(count, 2);
	assert_int_equal(items[0].event.id, VSMMU_EVENT_C_BAD_STE);
	assert_int_equal(items[1].event.id, VSMMU_EVENT_C_BAD_CD);
	/* Numbers of a message are no words. */
	FEED(X "some thing at 0x0000000800000010",
		X "event 0x10 received:", X "the address 0x0000000800000010 is odd");
	assert_int_equal(count, 3);
	assert_partial(&items[2], DMESG_KNOWN(ID), "only the heading");
}

/* The words and the header tell it where there are no times. */
TEST(newest_line_first_without_times)
{
	const char *lines[] = {RAW(X)};

	begin();
	for (int i = 0; i < 10; i++)
		feed(lines[4 - i % 5]);
	end();
	assert_int_equal(count, 2);
	assert_record(&items[0], &translation);
	assert_record(&items[1], &translation);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(trailing_text),
		UNIT_TEST_PLAIN(wrapped_at_every_blank),
		UNIT_TEST_PLAIN(wrapped_within_words),
		UNIT_TEST_PLAIN(wrapped_headers_and_words),
		UNIT_TEST_PLAIN(wrapped_messages),
		UNIT_TEST_PLAIN(not_wrapped),
		UNIT_TEST_PLAIN(blanks_within_a_word),
		UNIT_TEST_PLAIN(other_digits_and_blanks),
		UNIT_TEST_PLAIN(edited_names),
		UNIT_TEST_PLAIN(several_in_one_line),
		UNIT_TEST_PLAIN(words_without_names),
		UNIT_TEST_PLAIN(vendors_words_before_the_text),
		UNIT_TEST_PLAIN(newest_line_first_without_times),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
