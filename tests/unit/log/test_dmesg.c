/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel logs: their lines put together to events. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dmesg_log.h"
#include "lib/rng.h"
#include "log/log.h"

TEST(words_alone)
{
	FEED(RAW(SMMU));
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	assert_int_equal(items[0].words, 4);
	assert_false(items[0].has_time);
	assert_int_equal(items[0].line, 1);
	assert_string_equal(items[0].smmu, "arm-smmu-v3.0.auto");
	assert_string_equal(items[0].client, "");
	assert_true(items[0].known & UINT64_C(1) << VSMMU_EVENT_FIELD_SSV);
}

TEST(words_and_decoded_lines)
{
	FEED("junk", RAW(SMMU), DECODED(SMMU), "more junk");
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	assert_int_equal(items[0].words, 4);
	assert_int_equal(items[0].line, 2);
	assert_string_equal(items[0].client, "0000:00:01.0");
}

TEST(decoded_lines_alone)
{
	FEED(DECODED(SMMU));
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	assert_int_equal(items[0].words, 0);
	assert_string_equal(items[0].client, "0000:00:01.0");
	/* It prints "ssid: 0x0" with and without a SubstreamID. */
	assert_false(items[0].known & UINT64_C(1) << VSMMU_EVENT_FIELD_SSV);
	assert_true(items[0].known & UINT64_C(1) << VSMMU_EVENT_FIELD_RNW);
}

/* Somebody searched the log for "event". */
TEST(words_that_were_filtered_out)
{
	FEED(SMMU "event 0x01 received:", SMMU "event: UNKNOWN client: x sid: 0x8 ssid: 0x0");
	assert_int_equal(count, 1);
	assert_int_equal(items[0].kind, VSMMU_DMESG_EVENT);
	assert_int_equal(items[0].event.id, VSMMU_EVENT_F_UUT);
	assert_int_equal(items[0].event.sid, 8);
	assert_int_equal(items[0].words, 0);
}

TEST(several_smmus_mixed)
{
	const char *one[] = {RAW(SMMU), DECODED(SMMU)}, *two[] = {RAW(SECOND), DECODED(SECOND)};

	begin();
	for (int i = 0; i < 7; i++) {
		feed(one[i]);
		feed("systemd[1]: event 0x10 received:");
		feed(two[i]);
	}
	end();
	assert_int_equal(count, 2);
	assert_record(&items[0], &translation);
	assert_record(&items[1], &translation);
	assert_string_equal(items[0].smmu, "arm-smmu-v3.0.auto");
	assert_string_equal(items[1].smmu, "2b400000.iommu");
	assert_string_equal(items[1].client, "0000:00:01.0");
}

TEST(several_hosts_mixed)
{
	const char *one[] = {RAW("Nov 22 10:00:00 one kernel: " SMMU)};
	const char *two[] = {RAW("Nov 22 10:00:00 two kernel: " SMMU)};

	begin();
	for (int i = 0; i < 5; i++) {
		feed(one[i]);
		feed(two[i]);
	}
	end();
	assert_int_equal(count, 2);
	assert_record(&items[0], &translation);
	assert_record(&items[1], &translation);
}

TEST(more_smmus_than_it_can_hold)
{
	char line[128];

	begin();
	for (int i = 0; i < 12; i++) {
		snprintf(line, sizeof(line),
			"arm-smmu-v3 arm-smmu-v3.%d.auto: event 0x10 received:", i);
		feed(line);
	}
	end();
	assert_int_equal(count, 12);
	for (int i = 0; i < 12; i++) {
		snprintf(line, sizeof(line), "arm-smmu-v3.%d.auto", i);
		assert_partial(&items[i], DMESG_KNOWN(ID), "only the heading");
		assert_string_equal(items[i].smmu, line);
		assert_int_equal(items[i].line, i + 1);
	}
}

TEST(the_next_event_ends_this_one)
{
	static const char *const texts[] = {
		"only the heading", "has 1 of the 4", "has 2 of the 4", "has 3 of the 4"};
	const char *lines[] = {RAW(SMMU)};

	/* Cut after so many words: by the next event, and by the log's end. */
	for (int words = 0; words < 4; words++) {
		begin();
		for (int i = 0; i <= words; i++)
			feed(lines[i]);
		for (int i = 0; i < 5; i++)
			feed(lines[i]);
		end();
		assert_int_equal(count, 2);
		assert_true(items[0].partial);
		assert_int_equal(items[0].words, words);
		assert_non_null(strstr(items[0].text, texts[words]));
		assert_record(&items[1], &translation);
	}
}

TEST(lines_of_another_event)
{
	const char *lines[] = {RAW(SMMU)};

	FEED(SMMU "event 0x13 received:", lines[1], lines[2], lines[3], lines[4]);
	assert_int_equal(count, 2);
	assert_partial(&items[0], DMESG_KNOWN(ID), "does not begin with its number");
	assert_int_equal(items[0].event.id, VSMMU_EVENT_F_PERMISSION);
	assert_record(&items[1], &translation);
	/* The decoded line of another event is one of its own. */
	FEED(RAW(SMMU), SMMU "event: C_BAD_CD client: x sid: 0x8 ssid: 0x0");
	assert_int_equal(count, 2);
	assert_record(&items[0], &translation);
	assert_string_equal(items[0].client, "");
	assert_int_equal(items[1].event.id, VSMMU_EVENT_C_BAD_CD);
	FEED(RAW(SMMU),
		SMMU "event: F_TRANSLATION client: x sid: 0x9 ssid: 0x0 iova: 0x1 ipa: 0x0");
	assert_int_equal(count, 2);
	assert_int_equal(items[1].event.sid, 9);
}

/* The GERROR handler interrupts the event thread, and its words are a command's. */
TEST(complaints_in_between)
{
	const char *lines[] = {RAW(SMMU)};

	begin();
	feed(lines[0]);
	feed(lines[1]);
	feed(SMMU "skipping command in error state:");
	feed(SMMU "\t0x0000000000000099");
	feed(SMMU "\t0x0000000000000098");
	feed(lines[2]);
	feed(SMMU "EVTQ overflow detected -- events lost");
	feed(lines[3]);
	feed(lines[4]);
	end();
	assert_int_equal(count, 3);
	assert_int_equal(items[0].kind, VSMMU_DMESG_MESSAGE);
	assert_int_equal(items[0].command_words, 2);
	assert_int_equal(items[0].command[0], 0x99);
	assert_int_equal(items[0].command[1], 0x98);
	assert_int_equal(items[1].kind, VSMMU_DMESG_OVERFLOW);
	assert_record(&items[2], &translation);
}

TEST(a_pause_gives_whole_events_only)
{
	const char *lines[] = {RAW(SMMU)};

	begin();
	for (int i = 0; i < 4; i++)
		feed(lines[i]);
	assert_int_equal(vsmmu_dmesg_flush(&dmesg, false), 0);
	assert_int_equal(vsmmu_dmesg_flush(&dmesg, false), -EBUSY);
	assert_int_equal(vsmmu_dmesg_feed(&dmesg, "", 0), -EBUSY);
	take_items();
	assert_int_equal(count, 0);
	feed(lines[4]);
	assert_int_equal(count, 0);
	assert_int_equal(vsmmu_dmesg_flush(&dmesg, false), 0);
	take_items();
	assert_int_equal(count, 1);
	assert_record(&items[0], &translation);
	end();
	assert_int_equal(count, 1);
}

/* Someone looks on as the log grows. */
TEST(a_pause_gives_messages)
{
	begin();
	feed(SMMU "CMD_SYNC timeout");
	feed(SECOND "something failed");
	assert_int_equal(count, 1);
	assert_int_equal(vsmmu_dmesg_flush(&dmesg, false), 0);
	take_items();
	assert_int_equal(count, 2);
	assert_string_equal(items[1].text, "something failed");
	/* It may still go on. */
	feed(SMMU "event: C_BAD_STE client: x sid:");
	assert_int_equal(vsmmu_dmesg_flush(&dmesg, false), 0);
	take_items();
	assert_int_equal(count, 2);
	feed("0x8 ssid: 0x0");
	end();
	assert_int_equal(count, 3);
	assert_int_equal(items[2].event.sid, 8);
}

TEST(patience_has_an_end)
{
	const char *lines[] = {RAW(SMMU)};

	begin();
	for (int i = 0; i < 5; i++)
		feed(lines[i]);
	for (int i = 5; i <= VSMMU_DMESG_PATIENCE; i++)
		feed("something else");
	assert_int_equal(count, 0);
	feed("something else");
	assert_int_equal(count, 1);
	assert_int_equal(vsmmu_dmesg_feed(&dmesg, NULL, 0), 0);
	assert_int_equal(vsmmu_dmesg_feed(&dmesg, NULL, 0), -EBUSY);
}

/* Pieces of real lines in any order, with bytes changed: nothing but sense may come out. */
TEST(random_lines)
{
	static const char *const pieces[] = {RAW(SMMU), DECODED(SMMU), RAW(SECOND), DECODED(SECOND),
		"", "arm_smmu_dump_event: 1 callbacks suppressed",
		SMMU "skipping command in error state:", SMMU "event 0x04 received:",
		SMMU "event: C_BAD_STE client: x sid: 0x8 ssid: 0x0"};
	struct rng rng = {7};
	uint64_t lines = 0;

	begin();
	for (int i = 0; i < 50000; i++) {
		const char *piece = pieces[rng_below(&rng, sizeof(pieces) / sizeof(pieces[0]))];
		size_t length = strlen(piece);
		char *line = malloc(length + 1); /* its exact size, for the sanitizers */

		memcpy(line, piece, length);
		if (length && rng_below(&rng, 4) == 0)
			line[rng_below(&rng, (uint32_t)length)] = (char)rng_below(&rng, 256);
		if (length && rng_below(&rng, 8) == 0)
			length = rng_below(&rng, (uint32_t)length);
		lines++;
		count = 0;
		assert_int_equal(vsmmu_dmesg_feed(&dmesg, line, length), 0);
		take_items();
		assert_in_range(count, 0, 8);
		for (unsigned int n = 0; n < count; n++) {
			assert_in_range(items[n].line, 1, lines);
			assert_true(is_printable(items[n].smmu) && is_printable(items[n].client) &&
				    is_printable(items[n].text));
		}
		free(line);
	}
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(words_alone),
		UNIT_TEST_PLAIN(words_and_decoded_lines),
		UNIT_TEST_PLAIN(decoded_lines_alone),
		UNIT_TEST_PLAIN(words_that_were_filtered_out),
		UNIT_TEST_PLAIN(several_smmus_mixed),
		UNIT_TEST_PLAIN(several_hosts_mixed),
		UNIT_TEST_PLAIN(more_smmus_than_it_can_hold),
		UNIT_TEST_PLAIN(the_next_event_ends_this_one),
		UNIT_TEST_PLAIN(lines_of_another_event),
		UNIT_TEST_PLAIN(complaints_in_between),
		UNIT_TEST_PLAIN(a_pause_gives_whole_events_only),
		UNIT_TEST_PLAIN(a_pause_gives_messages),
		UNIT_TEST_PLAIN(patience_has_an_end),
		UNIT_TEST_PLAIN(random_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
