/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever is missing in a log, or has been done to its lines: each field that is given out as
 * known has the value that the event had.
 */
#include <inttypes.h>
#include <stdio.h>

#include "dmesg_log.h"
#include "lib/rng.h"

#define LINES 7 /* header, words, names, details */

struct sample {
	struct vsmmu_event event;
	struct vsmmu_event_record record;
	unsigned int lines;
	char text[LINES][224]; /* as the driver prints it */
	char line[LINES][256]; /* with what is before */
};

static struct rng rng = {12};

static const uint8_t ids[] = {VSMMU_EVENT_C_BAD_STREAMID, VSMMU_EVENT_F_STE_FETCH,
	VSMMU_EVENT_C_BAD_STE, VSMMU_EVENT_F_BAD_ATS_TREQ, VSMMU_EVENT_C_BAD_SUBSTREAMID,
	VSMMU_EVENT_C_BAD_CD, VSMMU_EVENT_F_WALK_EABT, VSMMU_EVENT_F_TRANSLATION,
	VSMMU_EVENT_F_ACCESS, VSMMU_EVENT_F_PERMISSION};

/* The names that the driver has, arm_smmu_decode_event(). */
static const char *name_of(uint8_t id)
{
	return id == VSMMU_EVENT_F_BAD_ATS_TREQ || id == VSMMU_EVENT_F_WALK_EABT
		       ? "UNKNOWN"
		       : vsmmu_event_name(id);
}

/* A record whose fields are all random; the bits that its kind does not define are 0. */
static void make_record(struct sample *sample)
{
	struct vsmmu_event event = {.size = sizeof(event)};

	for (int i = 0; i < 4; i++)
		sample->record.word[i] =
			(uint64_t)rng_below(&rng, UINT32_MAX) << 32 | rng_below(&rng, UINT32_MAX);
	sample->record.word[0] =
		(sample->record.word[0] & ~UINT64_C(0xff)) | ids[rng_below(&rng, sizeof(ids))];
	vsmmu_event_decode(&sample->record, &event);
	memset(event.reserved, 0, sizeof(event.reserved));
	if (!event.ssv && vsmmu_event_has(event.id, VSMMU_EVENT_FIELD_SSV))
		event.ssid = 0;
	assert_int_equal(vsmmu_event_encode(&event, &sample->record), 0);
	sample->event = event;
}

/* As arm_smmu_dump_event() prints it. */
static void make_lines(struct sample *sample)
{
	static const char *const classes[] = {"CD fetch", "Stage 1 translation table fetch",
		"Input address caused fault", "Reserved"};
	const struct vsmmu_event *event = &sample->event;
	char names[192];
	bool walk = event->id == VSMMU_EVENT_F_PERMISSION && event->class_ == 1;

	snprintf(sample->text[0], sizeof(sample->text[0]), "event 0x%02x received:", event->id);
	for (int i = 0; i < 4; i++)
		snprintf(sample->text[1 + i], sizeof(sample->text[0]), "\t0x%016" PRIx64,
			sample->record.word[i]);
	snprintf(names, sizeof(names), "event: %s client: 0000:01:00.0 sid: 0x%x ssid: 0x%x",
		name_of(event->id), event->sid, event->ssv ? event->ssid : 0);
	sample->lines = 6;
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_STALL)) {
		snprintf(sample->text[5], sizeof(sample->text[0]),
			"%s iova: 0x%" PRIx64 " ipa: 0x%" PRIx64, names, event->input_addr,
			event->ipa);
		snprintf(sample->text[6], sizeof(sample->text[0]),
			"%s %s %s %s \"%s\"%s%s stag: 0x%x", event->pnu ? "priv" : "unpriv",
			event->ind ? "inst" : "data", event->rnw ? "read" : "write",
			event->s2 ? "s2" : "s1", classes[event->class_],
			!walk	       ? ""
			: event->ttrnw ? " ttd_read"
				       : " ttd_write",
			event->stall ? " stall" : "", event->stag);
		sample->lines = 7;
	} else if (event->id == VSMMU_EVENT_F_STE_FETCH) {
		snprintf(sample->text[5], sizeof(sample->text[0]), "%s fetch_addr: 0x%" PRIx64,
			names, event->fetch_addr);
	} else {
		snprintf(sample->text[5], sizeof(sample->text[0]), "%s", names);
	}
}

static void make(struct sample *sample)
{
	static const char *const prefixes[] = {SMMU, "", "[   12.345678] " SMMU, "smmu@1: "};
	const char *prefix = prefixes[rng_below(&rng, 4)];

	make_record(sample);
	make_lines(sample);
	for (unsigned int k = 0; k < sample->lines; k++) {
		size_t length = strlen(prefix);

		memcpy(sample->line[k], prefix, length);
		memcpy(sample->line[k] + length, sample->text[k], strlen(sample->text[k]) + 1);
	}
}

static void assert_true_items(const struct sample *sample, const char *what)
{
	for (unsigned int n = 0; n < count; n++) {
		const struct vsmmu_dmesg_item *item = &items[n];

		if (item->kind != VSMMU_DMESG_EVENT)
			continue;
		for (unsigned int i = 0; vsmmu_event_field_name(i); i++) {
			uint64_t got = vsmmu_event_field_value(&item->event, i);
			uint64_t want = vsmmu_event_field_value(&sample->event, i);

			if (item->known >> i & 1 && got != want)
				fail_msg("%s of %s is 0x%" PRIx64 " and not 0x%" PRIx64 ", %s: %s",
					vsmmu_event_field_name(i),
					vsmmu_event_name(sample->event.id), got, want, what,
					item->text);
		}
	}
}

TEST(all_lines)
{
	struct sample sample;

	for (int i = 0; i < 2000; i++) {
		make(&sample);
		begin();
		for (unsigned int k = 0; k < sample.lines; k++)
			feed(sample.line[k]);
		end();
		assert_int_equal(count, 1);
		assert_record(&items[0], &sample.record);
		assert_whole(&items[0], vsmmu_event_known_all(sample.event.id));
	}
}

/* Somebody searched for something, or the log begins or ends here. */
TEST(lines_left_out)
{
	struct sample sample;
	char what[32];

	for (int i = 0; i < 100; i++) {
		make(&sample);
		for (unsigned int set = 1; set < 1u << sample.lines; set++) {
			begin();
			for (unsigned int k = 0; k < sample.lines; k++)
				if (set >> k & 1)
					feed(sample.line[k]);
			end();
			snprintf(what, sizeof(what), "lines 0x%x", set);
			/* Words in the middle of others that are missing cannot be told. */
			if ((set & 0x1e) == 0x1e || !(set & 0x1e) ||
				!((set >> 1 & 0xf) & ((set >> 1 & 0xf) + 1)))
				assert_true_items(&sample, what);
		}
	}
}

/* A terminal, or a field of a form, is as wide. */
TEST(lines_cut)
{
	struct sample sample;
	char what[32];

	for (int i = 0; i < 100; i++) {
		make(&sample);
		for (size_t width = 8; width < 170; width++) {
			begin();
			for (unsigned int k = 0; k < sample.lines; k++) {
				const char *number = strrchr(sample.line[k], ':');
				size_t length = strlen(sample.line[k]);

				/* That a line ends in a part of its last number cannot be told. */
				if (k >= 5 && width < length &&
					sample.line[k] + width > number + strlen(": 0x"))
					continue;
				assert_int_equal(vsmmu_dmesg_feed(&dmesg, sample.line[k],
							 width < length ? width : length),
					0);
				take_items();
			}
			end();
			snprintf(what, sizeof(what), "cut to %zu", width);
			assert_true_items(&sample, what);
		}
	}
}

static void feed_wrapped(const char *line, size_t width, const char *mark, bool at_blanks)
{
	char part[256];

	while (*line) {
		size_t length = strlen(line), end = length < width ? length : width;

		while (at_blanks && end < length && end && line[end] != ' ')
			end--;
		if (!end)
			end = length;
		snprintf(part, sizeof(part), "%s%.*s", mark, (int)end, line);
		feed(part);
		line += end;
		line += at_blanks && *line == ' ';
	}
}

/* By a mailer between words: then nothing is lost. By a terminal: then nothing is made up. */
TEST(lines_wrapped)
{
	static const char *const marks[] = {"", "> ", "| "};
	struct sample sample;
	char what[32];

	for (int i = 0; i < 200; i++) {
		make(&sample);
		for (size_t width = 60; width < 150; width += 1 + rng_below(&rng, 4)) {
			bool at_blanks = rng_below(&rng, 2);

			begin();
			for (unsigned int k = 0; k < sample.lines; k++)
				feed_wrapped(sample.line[k], width, marks[i % 3], at_blanks);
			end();
			snprintf(what, sizeof(what), "wrapped to %zu", width);
			assert_true_items(&sample, what);
			if (!at_blanks)
				continue;
			assert_int_equal(count, 1);
			assert_record(&items[0], &sample.record);
			assert_string_equal(items[0].client, "0000:01:00.0");
		}
	}
}

/* Feeds those lines of a sample that are in the set, the last one first. */
static void feed_reversed(const struct sample *sample, unsigned int set, unsigned int second)
{
	char line[300];

	for (unsigned int k = sample->lines; k--;) {
		if (!(set >> k & 1))
			continue;
		snprintf(line, sizeof(line), "[%5u.00000%u] arm-smmu-v3 x: %s", second, k,
			sample->text[k]);
		feed(line);
	}
}

/* Web pages of logs have the newest line first, as "journalctl -r" does. */
TEST(newest_line_first)
{
	struct sample first, last;
	char what[32];

	for (int i = 0; i < 200; i++) {
		make(&first);
		make(&last);
		begin();
		feed_reversed(&last, 0xff, 20);
		feed_reversed(&first, 0xff, 10);
		end();
		assert_int_equal(count, 2);
		assert_record(&items[0], &last.record);
		assert_record(&items[1], &first.record);
		assert_string_equal(items[0].client, "0000:01:00.0");
		assert_string_equal(items[1].client, "0000:01:00.0");
		for (unsigned int set = 1; set < 1u << first.lines; set++) {
			begin();
			feed_reversed(&first, set, 10);
			end();
			snprintf(what, sizeof(what), "lines 0x%x", set);
			/* Words in the middle of others that are missing cannot be told. */
			if ((set & 0x1e) == 0x1e || !(set & 0x1e))
				assert_true_items(&first, what);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(all_lines),
		UNIT_TEST_PLAIN(lines_left_out),
		UNIT_TEST_PLAIN(lines_cut),
		UNIT_TEST_PLAIN(lines_wrapped),
		UNIT_TEST_PLAIN(newest_line_first),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
