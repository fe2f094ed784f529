/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts against the formats that made them. */
#include <stdlib.h>
#include <string.h>

#include "catalogue/format.h"
#include "lib/unit.h"

#define SYNC   "CMD_SYNC timeout at 0x%08x [hwprod 0x%08x, hwcons 0x%08x]\n"
#define EVENT  "event: %s client: %s sid: %#x ssid: %#x iova: %#llx ipa: %#llx"
#define PRI    "\tsid 0x%08x.0x%05x: [%u%s] %sprivileged %s%s%s access at iova 0x%016llx\n"
#define STATUS "%sfailed to %sable, STATUS=0x%08X\n"

enum outcome { OTHER, CUT, WHOLE };

static const struct {
	const char *format;
	const char *text;
	enum outcome outcome;
	unsigned int count;
	const char *last; /* argument */
} samples[] = {
	{SYNC, "CMD_SYNC timeout at 0x0002bb88 [hwprod 0x0002bb88, hwcons 0x0002bb84]", WHOLE, 3,
		"0002bb84"},
	/* Set behind it, or between. */
	{SYNC, "CMD_SYNC timeout at 0x0002bb88 [hwprod 0x0002bb88, hwcons 0x0002bb84]`,", WHOLE, 3,
		"0002bb84"},
	{SYNC, "CMD_SYNC timeout at 0x0002bb88 [hwprod 0x0002bb88, hwcons 0x0002bb84] [", WHOLE, 3,
		"0002bb84"},
	{SYNC, " CMD_SYNC  timeout\tat 0X0002BB88 [HWPROD 0x0002bb88, hwcons 0x0002BB84]", WHOLE, 3,
		"0002BB84"},
	/* Cut anywhere. */
	{SYNC, "CMD_SYNC timeout at", CUT, 0, NULL},
	{SYNC, "CMD_SYNC timeo", CUT, 0, NULL},
	{SYNC, "CMD_SYNC timeout at 0x", CUT, 0, NULL},
	{SYNC, "CMD_SYNC timeout at 0x0002bb8", CUT, 0, NULL},
	{SYNC, "CMD_SYNC timeout at 0x0002bb88", CUT, 1, "0002bb88"},
	{SYNC, "CMD_SYNC timeout at 0x0002bb88 [hwprod 0x0002bb88,", CUT, 2, "0002bb88"},
	{SYNC, "CMD_SYNC timeout at...", CUT, 0, NULL},
	{SYNC, "CMD_SYNC timeout at<br>", CUT, 0, NULL},
	/* Others. */
	{SYNC, "CMD_SYNC timeout in 0x0002bb88", OTHER, 0, NULL},
	{SYNC, "CMD_SYNC timeout at zero", OTHER, 0, NULL},
	{SYNC, "CMD_SYNCtimeout at 0x0002bb88", OTHER, 0, NULL},
	{SYNC, "CMD_SYNC timeout at 0x10000000000000000", OTHER, 0, NULL},
	{"failed to enable irqs", "failed to enable irqsave", OTHER, 0, NULL},
	{"failed to enable irqs", "failed to enable irq", CUT, 0, NULL},
	{"failed to enable irqs", "failed to enable irqs: -5", WHOLE, 0, NULL},
	{"%u%% of it", "50% of it", WHOLE, 1, "50"},
	{"error %d\n", "error -110", WHOLE, 1, "-110"},
	{"option %s\n", "option cavium,cn9900-broken-page1-regspace", WHOLE, 1,
		"cavium,cn9900-broken-page1-regspace"},
	{"MMIO region too small (%pr)\n", "MMIO region too small ([mem 0x2b400000-0x2b40ffff])",
		WHOLE, 1, "[mem 0x2b400000-0x2b40ffff]"},
	{"smmu3.%pa", "smmu3.0x000000002b400000", WHOLE, 1, "0x000000002b400000"},
	/* Strings that hold blanks, or nothing. */
	{EVENT, "event: F_TRANSLATION client: (unassigned sid) sid: 0x8 ssid: 0 iova: 0x10 ipa: 0",
		WHOLE, 6, "0"},
	{EVENT, "event: F_TRANSLATION client: (unassigned sid) sid: 0x8 ssid: 0x0 iova:", CUT, 4,
		"0x0"},
	{EVENT, "event: F_TRANSLATION client: (unassigned sid) sid: 0x8 ssid: 0x0 iova: 0x", CUT, 4,
		"0x0"},
	{PRI, "sid 0x00000100.0x00000: [1L] unprivileged RW access at iova 0x0000000012345000",
		WHOLE, 9, "0000000012345000"},
	{PRI, "\tsid 0x00000100.0x00000: [511] privileged X access at iova 0x0000000012345000",
		WHOLE, 9, "0000000012345000"},
	/* Heads of messages, and what only looks like one. */
	{STATUS, "VINTF0: VCMDQ1/LVCMDQ1: failed to enable, STATUS=0x00000001", WHOLE, 3,
		"00000001"},
	{STATUS, "failed to disable, STATUS=0x00000001", WHOLE, 3, "00000001"},
	{STATUS, "failed to enable everything", OTHER, 0, NULL},
	{STATUS, "it has failed to enable, STATUS=0x00000001", OTHER, 0, NULL},
};

TEST(texts_fit_their_formats)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct format_match match;
		bool fits = format_match(samples[i].format, span_of(samples[i].text), &match);

		if (fits != (samples[i].outcome != OTHER))
			fail_msg("%s: %d", samples[i].text, fits);
		if (!fits)
			continue;
		if (match.cut != (samples[i].outcome == CUT) || match.count != samples[i].count)
			fail_msg("%s: cut %d, %u", samples[i].text, match.cut, match.count);
		if (samples[i].last &&
			!span_is(match.arguments[match.count - 1].text, samples[i].last))
			fail_msg("%s: last %.*s", samples[i].text,
				(int)match.arguments[match.count - 1].text.length,
				match.arguments[match.count - 1].text.at);
	}
}

TEST(numbers_have_their_values)
{
	struct format_match match;

	assert_true(format_match(
		"%d %u %x %#x 0x%016llx", span_of("-1 10 10 0x10 0xffffffffffffffff"), &match));
	assert_int_equal(match.count, 5);
	assert_int_equal((int64_t)match.arguments[0].value, -1);
	assert_int_equal(match.arguments[1].value, 10);
	assert_int_equal(match.arguments[2].value, 16);
	assert_int_equal(match.arguments[3].value, 16);
	assert_true(match.arguments[4].value == UINT64_MAX);
	assert_false(format_match("%u", span_of("18446744073709551616"), &match));
}

/* A parser that reads beyond the text is seen by the sanitizers: each text has its own memory. */
TEST(every_begin_of_a_text_is_one)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		size_t length = strlen(samples[i].text);

		for (size_t cut = 0;
			samples[i].outcome != OTHER && samples[i].format[1] != 's' && cut < length;
			cut++) {
			struct format_match match;
			char *text = malloc(cut + 1);

			assert_non_null(text);
			memcpy(text, samples[i].text, cut);
			if (!format_match(samples[i].format,
				    (struct span){.at = text, .length = cut}, &match))
				fail_msg("%s: the first %zu", samples[i].text, cut);
			assert_true(match.count <= FORMAT_ARGUMENTS);
			free(text);
		}
	}
}

TEST(hostile_texts_take_bounded_time)
{
	size_t length = 1 << 20;
	char *text = malloc(length);
	const struct span span = {.at = text, .length = length};
	struct format_match match;

	assert_non_null(text);
	/* Strings that may end at 64 places each would take ages. */
	memset(text, 'a', length);
	for (size_t i = 1; i + 1 < length; i += 3)
		memcpy(text + i, ": ", 2);
	for (int round = 0; round < 1000; round++)
		assert_false(format_match("%s%s%s%s%s%s%s%s%s%s%s%s.", span, &match));
	memset(text, '\xff', length);
	for (int round = 0; round < 1000; round++)
		assert_false(format_match(EVENT, span, &match));
	/* More conversions than are kept. */
	memset(text, '1', length);
	for (size_t i = 1; i < length; i += 2)
		text[i] = ' ';
	assert_true(format_match(
		"%u %u %u %u %u %u %u %u %u %u %u %u %u %u %u %u %u %u %u %u", span, &match));
	assert_int_equal(match.count, FORMAT_ARGUMENTS);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(texts_fit_their_formats),
		UNIT_TEST_PLAIN(numbers_have_their_values),
		UNIT_TEST_PLAIN(every_begin_of_a_text_is_one),
		UNIT_TEST_PLAIN(hostile_texts_take_bounded_time),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
