/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel logs that lack something: what they do not say stays unknown. */
#include "dmesg_log.h"

#define DECODED_LINE SMMU "event: F_TRANSLATION client: x sid: 0x8 ssid: 0x0 "
#define DETAIL_LINE  SMMU "unpriv data read s1 \"Input address caused fault\" stag: 0x0"

/* Fields that the words of F_TRANSLATION hold. */
#define WORD_0 (DMESG_KNOWN(ID) | DMESG_KNOWN(SSV) | DMESG_KNOWN(SSID) | DMESG_KNOWN(SID))
#define WORD_1 (DETAILS | DMESG_KNOWN(NSIPA) | DMESG_KNOWN(IMPDEF))
#define WORD_2 DMESG_KNOWN(INPUT_ADDR)
#define WORD_3 DMESG_KNOWN(IPA)

#define NAMES (DMESG_KNOWN(ID) | DMESG_KNOWN(SID))

TEST(words_that_are_missing)
{
	static const uint64_t known[] = {
		WORD_0 & DMESG_KNOWN(ID), WORD_0, WORD_0 | WORD_1, WORD_0 | WORD_1 | WORD_2};
	const char *lines[] = {RAW(SMMU)};

	for (uint8_t words = 0; words < 4; words++) {
		begin();
		for (int i = 0; i <= words; i++)
			feed(lines[i]);
		end();
		assert_int_equal(count, 1);
		assert_partial(&items[0], known[words], words ? "of the 4 words" : "heading");
		assert_true(items[0].bad);
		assert_int_equal(items[0].words, words);
		assert_int_equal(items[0].event.id, VSMMU_EVENT_F_TRANSLATION);
		assert_int_equal(items[0].event.rnw, words >= 2);
		assert_int_equal(items[0].event.input_addr, words >= 3 ? 0x100000 : 0);
	}
}

TEST(three_words_of_a_short_event)
{
	FEED(SMMU "event 0x0a received:", SMMU "\t0x00007f220000280a", SMMU "\t0x000010000000007e",
		SMMU "\t0x00000000034e8670");
	assert_int_equal(count, 1);
	assert_partial(&items[0], WORD_0, "has 3 of the 4 words");
	assert_int_equal(items[0].event.sid, 0x7f22);
	assert_int_equal(items[0].event.ssid, 2);
}

/* The other lines make up for them, but for what they do not tell. */
TEST(words_and_names_complete_each_other)
{
	const char *lines[] = {RAW(SMMU), DECODED(SMMU)};

	FEED(lines[0], lines[1], lines[5], lines[6]);
	assert_int_equal(count, 1);
	assert_partial(&items[0], WORD_0 | DETAILS | WORD_2 | WORD_3, "has 1 of the 4 words");
	assert_int_equal(items[0].words, 1);
	assert_int_equal(items[0].event.input_addr, 0x100000);
	assert_string_equal(items[0].client, "0000:00:01.0");
	/* grep event */
	FEED(lines[0], lines[5]);
	assert_int_equal(count, 1);
	assert_partial(&items[0], NAMES | WORD_2 | WORD_3, "details");
	assert_int_equal(items[0].words, 0);
	/* grep -v event */
	FEED(lines[1], lines[2], lines[3], lines[4], lines[6]);
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	assert_whole(&items[0], vsmmu_event_known_all(VSMMU_EVENT_F_TRANSLATION));
}

TEST(details_that_are_missing)
{
	FEED(DECODED_LINE "iova: 0x100000 ipa: 0x0");
	assert_int_equal(count, 1);
	assert_partial(&items[0], NAMES | WORD_2 | WORD_3, "the line with the details is missing");
	/* That is how "grep event:" leaves it. */
	assert_false(items[0].bad);
	assert_int_equal(items[0].event.input_addr, 0x100000);
	assert_false(items[0].event.rnw);
	/* The words are the truth: what is behind them adds nothing. */
	FEED(RAW(SMMU), SMMU "unpriv data write s1 \"CD fetch\" stag: 0x7");
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	/* Nor does it when the decoded line has ended the event. */
	FEED(RAW(SMMU), DECODED(SMMU), RAW(SMMU), DECODED(SMMU));
	assert_int_equal(count, 2);
	assert_record(&items[1], &translation);
}

TEST(details_alone)
{
	FEED(DETAIL_LINE, SMMU "priv inst write s2 \"Stage 1 translation table fetch\" ttd_read "
			       "stall stag: 0x17");
	assert_int_equal(count, 2);
	assert_partial(&items[0], DETAILS, "a part of an event: the line with the details alone");
	assert_true(items[0].event.rnw);
	assert_partial(&items[1], DETAILS | DMESG_KNOWN(TTRNW), "a part of an event");
	assert_true(items[1].event.pnu && items[1].event.ind && items[1].event.s2);
	assert_true(items[1].event.stall && items[1].event.ttrnw);
	assert_int_equal(items[1].event.stag, 0x17);
	/* After a heading. */
	FEED(SMMU "event 0x11 received:", DETAIL_LINE);
	assert_int_equal(count, 1);
	assert_partial(&items[0], DETAILS | DMESG_KNOWN(ID), "only the heading and the line with");
	/* After the heading of an event that has none. */
	FEED(SMMU "event 0x04 received:", DETAIL_LINE);
	assert_int_equal(count, 2);
	assert_partial(&items[0], DMESG_KNOWN(ID), "only the heading");
	assert_partial(&items[1], DETAILS, "a part of an event");
}

/* Lines that end early, or have been edited: as far as they make sense. */
TEST(decoded_lines_that_are_cut)
{
	static const struct {
		const char *line;
		uint64_t known;
	} cases[] = {
		{DECODED_LINE "iova: 0x100000 ipa:", NAMES | WORD_2},
		{DECODED_LINE "iova: 0x100000", NAMES},
		{DECODED_LINE "iova: 0x100000 ipa: 0x123", NAMES | WORD_2},
		{DECODED_LINE "iova: 0x11112222333344445 ipa: 0x0", NAMES},
		{DECODED_LINE, NAMES},
		{SMMU "event: F_TRANSLATION client: x sid: 0x8", DMESG_KNOWN(ID)},
		{SMMU "event: F_TRANSLATION client: x sid: zero", DMESG_KNOWN(ID)},
		{SMMU "event: F_TRANSLATION client: x sid: 0x100000000 ssid: 0x0", DMESG_KNOWN(ID)},
		{SMMU "event: F_TRANSLATION client: x sid: 0x8 ssid: 0x100000", NAMES},
		{SMMU "event: F_TRANSLATION client:", DMESG_KNOWN(ID)},
		{SMMU "event: F_TRANSLA", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FEED(cases[i].line);
		assert_int_equal(count, 1);
		assert_partial(&items[0], cases[i].known, "cut or damaged");
		assert_true(items[0].bad);
		FEED(cases[i].line, "something else", RAW(SECOND));
		assert_int_equal(count, 2);
		assert_int_equal(items[0].known, cases[i].known);
		assert_record(&items[1], &translation);
	}
	/* A name that may be cut is none. */
	FEED(SMMU "event: F_TRANSLATION client: 0000:01:0");
	assert_string_equal(items[0].client, "");
}

TEST(details_that_are_cut)
{
	static const struct {
		const char *line;
		uint64_t known;
	} cases[] = {
		{SMMU "unpriv data read s1 \"Input address caused fault\" stag:",
			DETAILS & ~DMESG_KNOWN(STAG)},
		{SMMU "unpriv data read s1 \"Input address caused fault\" sta",
			DETAILS & ~(DMESG_KNOWN(STAG) | DMESG_KNOWN(STALL))},
		{SMMU "unpriv data read s1 \"Input addr",
			DMESG_KNOWN(PNU) | DMESG_KNOWN(IND) | DMESG_KNOWN(RNW) | DMESG_KNOWN(S2)},
		{SMMU "unpriv data rea", DMESG_KNOWN(PNU) | DMESG_KNOWN(IND)},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FEED(cases[i].line);
		assert_int_equal(count, 1);
		assert_partial(&items[0], cases[i].known, "a part of an event");
		FEED(DECODED_LINE "iova: 0x1 ipa: 0x0", cases[i].line);
		assert_int_equal(count, 1);
		assert_partial(&items[0], NAMES | WORD_2 | WORD_3 | cases[i].known, "cut");
	}
}

TEST(kinds_that_the_kernel_has_no_name_for)
{
	FEED(SMMU "event: UNKNOWN client: x sid: 0x8 ssid: 0x3",
		SMMU "event: F_NEW client: x sid: 0x8 ssid: 0x0");
	assert_int_equal(count, 2);
	assert_whole(&items[0], DMESG_KNOWN(SID) | DMESG_KNOWN(SSV) | DMESG_KNOWN(SSID));
	assert_int_equal(items[0].event.id, 0);
	assert_int_equal(items[0].event.ssid, 3);
	assert_whole(&items[1], DMESG_KNOWN(SID));
	/* Its words tell. */
	FEED(SMMU "event 0x20 received:", SMMU "event: UNKNOWN client: x sid: 0x8 ssid: 0x0");
	assert_int_equal(count, 1);
	assert_whole(&items[0], NAMES);
	assert_int_equal(items[0].event.id, VSMMU_EVENT_F_TLB_CONFLICT);
}

TEST(endpoints_that_the_kernel_does_not_know)
{
	FEED(SMMU "event: C_BAD_STREAMID client: (unassigned sid) sid: 0x900 ssid: 0x0",
		SMMU "event: C_BAD_STREAMID client: 0000:09:00.0 sid: 0x900 ssid: 0x0",
		"event 0x10 received:", "\t0x0000000800000010", "\t0x0000020800000000",
		"\t0x0000000000100000", "\t0x0000000000000000",
		"event: F_TRANSLATION client: (unassigned sid) sid: 0x8 ssid: 0x0 iova: 0x100000 "
		"ipa: 0x0");
	assert_int_equal(count, 3);
	assert_true(items[0].unassigned);
	assert_string_equal(items[0].client, "");
	assert_false(items[1].unassigned);
	assert_string_equal(items[1].client, "0000:09:00.0");
	assert_true(items[2].unassigned && items[2].words == 4);
}

TEST(an_empty_record)
{
	FEED(SMMU "event 0x00 received:", SMMU "\t0x0000000000000000", SMMU "\t0x0000000000000000",
		SMMU "\t0x0000000000000000", SMMU "\t0x0000000000000000");
	assert_int_equal(count, 1);
	assert_whole(&items[0], DMESG_KNOWN(ID));
	assert_int_equal(items[0].words, 4);
	assert_int_equal(items[0].event.id, 0);
}

#define FOUR(prefix)                                                                               \
	prefix "0x0000000800000010", prefix "0x0000020800000000", prefix "0x0000000000100000",     \
		prefix "0x0000000000000000"

TEST(words_without_a_heading)
{
	FEED(FOUR(SMMU));
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	assert_string_equal(items[0].smmu, "arm-smmu-v3.0.auto");
	FEED("junk", FOUR("\t"), "junk", FOUR("[    1.000000] "));
	assert_int_equal(count, 2);
	assert_record(&items[0], &translation);
	assert_record(&items[1], &translation);
	/* The log begins in the middle of an event. */
	FEED(SMMU "0x0000000000100000", SMMU "0x0000000000000000", RAW(SMMU));
	assert_int_equal(count, 2);
	assert_partial(&items[0], 0, "2 of its words alone, 0x0000000000100000 0x0000000000000000");
	assert_record(&items[1], &translation);
	FEED(SMMU "0x0000000000100000", SMMU "0x0000000000000000", FOUR(SMMU));
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	/* The names that follow say which words they are. */
	FEED(SMMU "0x0000000000100000", SMMU "0x0000000000000000", DECODED(SMMU));
	assert_int_equal(count, 1);
	assert_partial(&items[0], NAMES | DETAILS | WORD_2 | WORD_3, "has 2 of the 4 words");
	assert_int_equal(items[0].words, 2);
}

TEST(numbers_that_are_no_words)
{
	/* Of whom nobody knows, and not in a row. */
	FEED("0x0000000800000010", "0x0000020800000000", "junk", "0x0000000000100000",
		"0x0000000000000000");
	assert_int_equal(count, 0);
	/* No event has such a first word. */
	FEED("0x0000000800000077", "0x0000020800000000", "0x0000000000100000",
		"0x0000000000000000");
	assert_int_equal(count, 0);
	FEED("0x00000008000f0010", "0x0000020800000000", "0x0000000000100000",
		"0x0000000000000000");
	assert_int_equal(count, 0);
	/* Digits are never left out. */
	FEED(SMMU "event 0x10 received:", SMMU "\t0x00000008000000100",
		SMMU "\t0x0000020800000000");
	assert_int_equal(count, 3);
	assert_int_equal(items[0].kind, VSMMU_DMESG_OTHER);
	assert_partial(&items[1], DMESG_KNOWN(ID), "does not begin with its number");
	assert_partial(&items[2], 0, "1 of its words alone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(words_that_are_missing),
		UNIT_TEST_PLAIN(three_words_of_a_short_event),
		UNIT_TEST_PLAIN(words_and_names_complete_each_other),
		UNIT_TEST_PLAIN(details_that_are_missing),
		UNIT_TEST_PLAIN(details_alone),
		UNIT_TEST_PLAIN(decoded_lines_that_are_cut),
		UNIT_TEST_PLAIN(details_that_are_cut),
		UNIT_TEST_PLAIN(kinds_that_the_kernel_has_no_name_for),
		UNIT_TEST_PLAIN(endpoints_that_the_kernel_does_not_know),
		UNIT_TEST_PLAIN(an_empty_record),
		UNIT_TEST_PLAIN(words_without_a_heading),
		UNIT_TEST_PLAIN(numbers_that_are_no_words),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
