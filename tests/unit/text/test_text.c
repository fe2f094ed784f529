/* SPDX-License-Identifier: BSD-2-Clause */
/* Event records as text. */
#include <string.h>

#include "arch/event_table.h"
#include "lib/unit.h"
#include "text/text.h"

#define SIZE sizeof(struct vsmmu_event)

static const struct {
	struct vsmmu_event event;
	const char *text;
} samples[] = {
	{{.size = SIZE,
		 .id = 0x01,
		 .sid = 0x42,
		 .ind = true,
		 .rnw = true,
		 .input_addr = 0x1000,
		 .reason = 3},
		"F_UUT sid 0x42 read 0x1000 (unprivileged instruction, reason 0x3)"},
	{{.size = SIZE, .id = 0x02, .sid = 0x42}, "C_BAD_STREAMID sid 0x42"},
	{{.size = SIZE, .id = 0x03, .sid = 0x42, .fetch_addr = 0x80001040, .gpcf = true},
		"F_STE_FETCH sid 0x42 (fetch at 0x80001040, granule protection, reason 0x0)"},
	{{.size = SIZE, .id = 0x04, .sid = 0x42, .ssv = true, .ssid = 5},
		"C_BAD_STE sid 0x42 ssid 0x5"},
	{{.size = SIZE,
		 .id = 0x05,
		 .sid = 0x42,
		 .input_addr = 0x3000,
		 .span = 1,
		 .ats_read = true,
		 .ats_priv = true},
		"F_BAD_ATS_TREQ sid 0x42 0x3000 (span 1, read, privileged)"},
	{{.size = SIZE, .id = 0x06, .sid = 0x42}, "F_STREAM_DISABLED sid 0x42"},
	{{.size = SIZE, .id = 0x07, .sid = 0x42, .input_addr = 0x2000},
		"F_TRANSL_FORBIDDEN sid 0x42 write 0x2000"},
	{{.size = SIZE, .id = 0x08, .sid = 0x42, .ssid = 0x7},
		"C_BAD_SUBSTREAMID sid 0x42 ssid 0x7"},
	{{.size = SIZE, .id = 0x09, .sid = 0x42, .fetch_addr = 0x1008},
		"F_CD_FETCH sid 0x42 (fetch at 0x1008, reason 0x0)"},
	{{.size = SIZE, .id = 0x0a, .sid = 0x42, .ssid = 5}, "C_BAD_CD sid 0x42"},
	{{.size = SIZE,
		 .id = 0x0b,
		 .sid = 0x42,
		 .rnw = true,
		 .class_ = 1,
		 .input_addr = 0x5000,
		 .fetch_addr = 0x8008,
		 .reason = 1},
		"F_WALK_EABT sid 0x42 read 0x5000 (unprivileged data, stage 1, "
		"translation table walk, fetch at 0x8008, reason 0x1)"},
	{{.size = SIZE, .id = 0x10, .sid = 0x42, .rnw = true, .class_ = 2, .input_addr = 0x100000},
		"F_TRANSLATION sid 0x42 read 0x100000 (unprivileged data, stage 1, input address)"},
	{{.size = SIZE,
		 .id = 0x11,
		 .sid = 0x42,
		 .pnu = true,
		 .s2 = true,
		 .ipa = 0x9000,
		 .nsipa = true},
		"F_ADDR_SIZE sid 0x42 write 0x0 (privileged data, stage 2, CD fetch, IPA 0x9000, "
		"Non-secure IPA)"},
	{{.size = SIZE,
		 .id = 0x12,
		 .sid = 0x42,
		 .class_ = 3,
		 .stall = true,
		 .stag = 0x17,
		 .impdef = 1},
		"F_ACCESS sid 0x42 write 0x0 (unprivileged data, stage 1, reserved class, "
		"stalled, tag 0x17, implementation defined 0x1)"},
	{{.size = SIZE, .id = 0x13, .sid = 0x42, .s2 = true, .class_ = 1, .dirty_bit = true},
		"F_PERMISSION sid 0x42 write 0x0 (unprivileged data, stage 2, "
		"translation table walk, table write, IPA 0x0, dirty bit)"},
	{{.size = SIZE,
		 .id = 0x13,
		 .sid = 0x42,
		 .class_ = 2,
		 .input_addr = 0x102000,
		 .ttrnw = true},
		"F_PERMISSION sid 0x42 write 0x102000 (unprivileged data, stage 1, input address)"},
	{{.size = SIZE, .id = 0x20, .sid = 0x42, .rnw = true},
		"F_TLB_CONFLICT sid 0x42 read 0x0 (unprivileged data, stage 1, reason 0x0)"},
	{{.size = SIZE, .id = 0x21, .sid = 0x42, .reason = 0xffff},
		"F_CFG_CONFLICT sid 0x42 (reason 0xffff)"},
	{{.size = SIZE,
		 .id = 0x24,
		 .sid = 0x42,
		 .input_addr = 0x6000,
		 .span = 2,
		 .ur = true,
		 .pw = true},
		"E_PAGE_REQUEST sid 0x42 0x6000 (span 2, unprivileged read, privileged write)"},
	{{.size = SIZE, .id = 0x25, .sid = 0x42},
		"F_VMS_FETCH sid 0x42 (fetch at 0x0, reason 0x0)"},
	{{.size = SIZE, .id = 0xe3, .reserved = {0x4200000000, 0, 0, 7}},
		"IMPDEF id 0xe3 [undefined bits 0x4200000000 0x0 0x0 0x7]"},
	{{.size = SIZE, .id = 0x77}, "UNKNOWN id 0x77"},
	{{.size = SIZE}, "EMPTY id 0x0"},
	{{.size = SIZE,
		 .id = 0x0a,
		 .sid = 0x7f22,
		 .ssv = true,
		 .ssid = 2,
		 .reserved = {0, 0x10000000007e, 0x34e8670, 0}},
		"C_BAD_CD sid 0x7f22 ssid 0x2 [undefined bits 0x0 0x10000000007e 0x34e8670 0x0: "
		"HiSilicon's SMMUs set such, without a meaning]"},
	{{.size = SIZE,
		 .id = 0x10,
		 .class_ = 2,
		 .input_addr = 0xffffe040,
		 .reserved = {0, 0x100000000, 0, 0}},
		"F_TRANSLATION sid 0x0 write 0xffffe040 (unprivileged data, stage 1, input "
		"address) [undefined bits 0x0 0x100000000 0x0 0x0: HiSilicon's SMMUs set such, "
		"without a meaning]"},
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

TEST(text_of_each_id)
{
	char text[VSMMU_EVENT_TEXT_SIZE];

	for (size_t i = 0; i < SAMPLES; i++) {
		int length = vsmmu_event_format(text, sizeof(text), &samples[i].event, UINT64_MAX);

		assert_string_equal(text, samples[i].text);
		assert_int_equal(length, strlen(samples[i].text));
	}
}

TEST(text_is_cut_like_snprintf)
{
	char text[VSMMU_EVENT_TEXT_SIZE];

	for (size_t i = 0; i < SAMPLES; i++) {
		size_t length = strlen(samples[i].text);

		assert_int_equal(
			vsmmu_event_format(NULL, 0, &samples[i].event, UINT64_MAX), length);
		for (size_t size = 1; size <= length + 2; size++) {
			size_t fits = size <= length ? size - 1 : length;

			memset(text, '#', sizeof(text));
			assert_int_equal(
				vsmmu_event_format(text, size, &samples[i].event, UINT64_MAX),
				length);
			assert_memory_equal(text, samples[i].text, fits);
			assert_int_equal(text[fits], '\0');
			assert_int_equal(text[size], '#');
		}
	}
}

TEST(text_size_is_enough)
{
	for (unsigned int id = 0; id < 256; id++) {
		/* CLASS = 1 gives the longest text, which has the table access too. */
		struct vsmmu_event_record ones = {
			{~UINT64_C(0xff) | id, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
		struct vsmmu_event event = {.size = sizeof(event)};

		vsmmu_event_decode(&ones, &event);
		if (vsmmu_event_has(event.id, VSMMU_EVENT_FIELD_CLASS))
			event.class_ = VSMMU_EVENT_CLASS_TT;
		assert_in_range(vsmmu_event_format(NULL, 0, &event, UINT64_MAX), 1,
			VSMMU_EVENT_TEXT_SIZE - 1);
	}
}

#define KNOWN(field) VSMMU_EVENT_KNOWN(field)

TEST(text_of_events_that_are_partly_known)
{
	static const struct {
		struct vsmmu_event event;
		uint64_t known;
		const char *text;
	} partly[] = {
		{{.size = SIZE, .id = 0x10, .sid = 0x100, .input_addr = 0x90000f040},
			KNOWN(ID) | KNOWN(SID) | KNOWN(INPUT_ADDR) | KNOWN(IPA),
			"F_TRANSLATION sid 0x100 0x90000f040"},
		{{.size = SIZE, .id = 0x10, .sid = 0x100}, KNOWN(ID), "F_TRANSLATION"},
		{{.size = SIZE, .sid = 0x100}, KNOWN(SID), "UNKNOWN sid 0x100"},
		{{.size = SIZE, .id = 0x10, .class_ = 2}, KNOWN(RNW) | KNOWN(PNU) | KNOWN(CLASS),
			"UNKNOWN write (unprivileged, input address)"},
		{{.size = SIZE, .id = 0x10, .sid = 8, .ssid = 5},
			KNOWN(ID) | KNOWN(SID) | KNOWN(SSID), "F_TRANSLATION sid 0x8 ssid 0x5"},
		{{.size = SIZE, .id = 0x08, .sid = 8}, KNOWN(ID) | KNOWN(SID) | KNOWN(SSID),
			"C_BAD_SUBSTREAMID sid 0x8 ssid 0x0"},
		{{.size = SIZE, .id = 0x10, .sid = 8}, KNOWN(ID) | KNOWN(SID) | KNOWN(SSID),
			"F_TRANSLATION sid 0x8"},
		{{.size = SIZE, .id = 0x08, .sid = 8}, KNOWN(ID) | KNOWN(SID),
			"C_BAD_SUBSTREAMID sid 0x8"},
		{{.size = SIZE, .id = 0x13, .class_ = 1, .stall = true, .stag = 5},
			KNOWN(ID) | KNOWN(TTRNW) | KNOWN(STALL), "F_PERMISSION (stalled)"},
	};
	char text[VSMMU_EVENT_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(partly) / sizeof(partly[0]); i++) {
		vsmmu_event_format(text, sizeof(text), &partly[i].event, partly[i].known);
		assert_string_equal(text, partly[i].text);
	}
}

/* Gives the fields that are not known other values. */
static struct vsmmu_event disturb(const struct vsmmu_event *event, uint64_t known)
{
	struct vsmmu_event other = *event;

	for (unsigned int i = 0; i < EVENT_FIELDS; i++) {
		const struct event_field *field = &arch_event_fields[i];
		uint8_t *member = (uint8_t *)&other + field->offset;
		bool shared = field->offset == offsetof(struct vsmmu_event, input_addr);

		if (known >> i & 1 || (shared && known & (KNOWN(INPUT_ADDR) | KNOWN(INPUT_PAGE))))
			continue;
		member[0] ^= 1;
		if (field->width > 8)
			member[1] ^= 0x10;
	}
	return other;
}

/* It follows that a field which is not known never shows. */
TEST(unknown_fields_make_no_difference)
{
	char text[2][VSMMU_EVENT_TEXT_SIZE];
	uint64_t seed = 1;

	for (unsigned int round = 0; round < 256 * 200; round++) {
		struct vsmmu_event_record record = {{round & 0xff}};
		struct vsmmu_event event = {.size = sizeof(event)}, other;
		uint64_t known;

		for (unsigned int i = 0; i < 4; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			record.word[i] |= (seed ^ seed >> 33) & (i ? UINT64_MAX : ~UINT64_C(0xff));
		}
		known = (seed >> 7 ^ seed << 9) & VSMMU_EVENT_KNOWN_ALL((uint8_t)round);
		vsmmu_event_decode(&record, &event);
		other = disturb(&event, known);
		vsmmu_event_format(text[0], sizeof(text[0]), &event, known);
		vsmmu_event_format(text[1], sizeof(text[1]), &other, known);
		assert_string_equal(text[0], text[1]);
		vsmmu_event_explain(text[0], sizeof(text[0]), &event, known, "x");
		vsmmu_event_explain(text[1], sizeof(text[1]), &other, known, "x");
		assert_string_equal(text[0], text[1]);
	}
}

TEST(record_is_four_words)
{
	static const struct vsmmu_event_record record = {
		{0x0000004200000010, 0x0000020800000000, 0x100000, 0}};
	static const char expected[] = "0x0000004200000010 0x0000020800000000 "
				       "0x0000000000100000 0x0000000000000000";
	char text[VSMMU_EVENT_TEXT_SIZE];

	assert_int_equal(vsmmu_event_format_record(text, sizeof(text), &record), 75);
	assert_string_equal(text, expected);
	assert_int_equal(vsmmu_event_format_record(NULL, 0, &record), 75);
	assert_int_equal(vsmmu_event_format_record(text, 10, &record), 75);
	assert_string_equal(text, "0x0000004");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(text_of_each_id),
		UNIT_TEST_PLAIN(text_is_cut_like_snprintf),
		UNIT_TEST_PLAIN(text_size_is_enough),
		UNIT_TEST_PLAIN(text_of_events_that_are_partly_known),
		UNIT_TEST_PLAIN(unknown_fields_make_no_difference),
		UNIT_TEST_PLAIN(record_is_four_words),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
