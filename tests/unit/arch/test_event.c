/* SPDX-License-Identifier: BSD-2-Clause */
/* Event records: decode, encode, names, fields. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <vsmmu/event.h>

#include "arch/event_table.h"
#include "lib/unit.h"

#define SEED	UINT64_C(0x5eed0e7e17ab1e5)
#define RECORDS 200

static uint64_t xorshift(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Bits high:low of a record, counted as the architecture's figures do (255 to 0). */
static void set_bits(struct vsmmu_event_record *record, unsigned int high, unsigned int low)
{
	for (unsigned int bit = low; bit <= high; bit++)
		record->word[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void assert_record_equal(
	const struct vsmmu_event_record *a, const struct vsmmu_event_record *b)
{
	assert_memory_equal(a->word, b->word, sizeof(a->word));
}

TEST(round_trip_is_exact)
{
	uint64_t state = SEED;

	for (unsigned int id = 0; id < 256; id++) {
		for (int n = 0; n < RECORDS; n++) {
			uint64_t seed = state;
			struct vsmmu_event_record in, out = {{0}};
			struct vsmmu_event event = {.size = sizeof(event)};

			for (int i = 0; i < 4; i++)
				in.word[i] = xorshift(&state);
			in.word[0] = (in.word[0] & ~UINT64_C(0xff)) | id;
			vsmmu_event_decode(&in, &event);
			if (event.id == id && !vsmmu_event_encode(&event, &out) &&
				!memcmp(&in, &out, sizeof(in)))
				continue;
			fail_msg("id 0x%x, seed 0x%" PRIx64, id, seed);
		}
	}
}

TEST(names_are_the_architectures)
{
	static const char *const names[0x26] = {[0x01] = "F_UUT",
		[0x02] = "C_BAD_STREAMID",
		[0x03] = "F_STE_FETCH",
		[0x04] = "C_BAD_STE",
		[0x05] = "F_BAD_ATS_TREQ",
		[0x06] = "F_STREAM_DISABLED",
		[0x07] = "F_TRANSL_FORBIDDEN",
		[0x08] = "C_BAD_SUBSTREAMID",
		[0x09] = "F_CD_FETCH",
		[0x0a] = "C_BAD_CD",
		[0x0b] = "F_WALK_EABT",
		[0x10] = "F_TRANSLATION",
		[0x11] = "F_ADDR_SIZE",
		[0x12] = "F_ACCESS",
		[0x13] = "F_PERMISSION",
		[0x20] = "F_TLB_CONFLICT",
		[0x21] = "F_CFG_CONFLICT",
		[0x24] = "E_PAGE_REQUEST",
		[0x25] = "F_VMS_FETCH"};

	for (unsigned int id = 0; id < 256; id++) {
		const char *name = id < 0x26 ? names[id] : NULL;

		if (!name)
			name = id >= 0xe0 && id <= 0xef ? "IMPDEF" : "UNKNOWN";
		assert_string_equal(vsmmu_event_name((uint8_t)id), name);
	}
}

/* The figures of IHI 0070 7.3, written down a second time. */
static const struct {
	enum vsmmu_event_field field;
	unsigned int high;
	unsigned int low;
	uint64_t ones; /* the member when all bits of the field are 1 */
} figures[] = {
	{VSMMU_EVENT_FIELD_SSV, 11, 11, 1},
	{VSMMU_EVENT_FIELD_SSID, 31, 12, 0xfffff},
	{VSMMU_EVENT_FIELD_SID, 63, 32, 0xffffffff},
	{VSMMU_EVENT_FIELD_REASON, 79, 64, 0xffff},
	{VSMMU_EVENT_FIELD_GPCF, 80, 80, 1},
	{VSMMU_EVENT_FIELD_STAG, 79, 64, 0xffff},
	{VSMMU_EVENT_FIELD_STALL, 95, 95, 1},
	{VSMMU_EVENT_FIELD_PNU, 97, 97, 1},
	{VSMMU_EVENT_FIELD_IND, 98, 98, 1},
	{VSMMU_EVENT_FIELD_RNW, 99, 99, 1},
	{VSMMU_EVENT_FIELD_NSIPA, 100, 100, 1},
	{VSMMU_EVENT_FIELD_S2, 103, 103, 1},
	{VSMMU_EVENT_FIELD_CLASS, 105, 104, 3},
	{VSMMU_EVENT_FIELD_TTRNW, 108, 108, 1},
	{VSMMU_EVENT_FIELD_ASSURED_ONLY, 109, 109, 1},
	{VSMMU_EVENT_FIELD_OVERLAY, 110, 110, 1},
	{VSMMU_EVENT_FIELD_DIRTY_BIT, 111, 111, 1},
	{VSMMU_EVENT_FIELD_IMPDEF, 127, 112, 0xffff},
	{VSMMU_EVENT_FIELD_ATS_PRIV, 97, 97, 1},
	{VSMMU_EVENT_FIELD_ATS_EXEC, 98, 98, 1},
	{VSMMU_EVENT_FIELD_ATS_WRITE, 99, 99, 1},
	{VSMMU_EVENT_FIELD_ATS_READ, 100, 100, 1},
	{VSMMU_EVENT_FIELD_UX, 98, 98, 1},
	{VSMMU_EVENT_FIELD_UW, 99, 99, 1},
	{VSMMU_EVENT_FIELD_UR, 100, 100, 1},
	{VSMMU_EVENT_FIELD_PX, 101, 101, 1},
	{VSMMU_EVENT_FIELD_PW, 102, 102, 1},
	{VSMMU_EVENT_FIELD_PR, 103, 103, 1},
	{VSMMU_EVENT_FIELD_SPAN, 115, 108, 0xff},
	{VSMMU_EVENT_FIELD_INPUT_ADDR, 191, 128, 0xffffffffffffffff},
	{VSMMU_EVENT_FIELD_INPUT_PAGE, 191, 140, 0xfffffffffffff000},
	{VSMMU_EVENT_FIELD_IPA, 247, 204, 0x00fffffffffff000},
	{VSMMU_EVENT_FIELD_FETCH_ADDR, 247, 195, 0x00fffffffffffff8},
};

#define FIGURES (sizeof(figures) / sizeof(figures[0]))

/* One field all ones, the rest zero: in both directions only that field and its bits. */
TEST(field_alone_has_its_bits)
{
	assert_int_equal(FIGURES, EVENT_FIELDS - 1);
	for (unsigned int id = 0; id < 256; id++) {
		for (size_t i = 0; i < FIGURES; i++) {
			struct vsmmu_event_record in = {{id}}, out;
			struct vsmmu_event event = {.size = sizeof(event)},
					   rest = {.size = sizeof(rest)};

			set_bits(&in, figures[i].high, figures[i].low);
			vsmmu_event_decode(&in, &event);
			rest = event;
			if (vsmmu_event_has((uint8_t)id, figures[i].field)) {
				const struct event_field *field =
					&arch_event_fields[figures[i].field];

				assert_true(vsmmu_event_field_value(&event, figures[i].field) ==
					    figures[i].ones);
				memset((char *)&rest + field->offset, 0, field->size);
				rest.size = 0;
				rest.id = 0;
				for (size_t b = 0; b < sizeof(rest); b++)
					assert_int_equal(((unsigned char *)&rest)[b], 0);
			}
			assert_int_equal(vsmmu_event_encode(&event, &out), 0);
			assert_record_equal(&in, &out);
		}
	}
}

/* Which bits are defined for which id, written down a second time. */
TEST(defined_bits_of_each_id)
{
	static const struct {
		uint8_t id;
		uint64_t defined[4];
	} ids[] = {
		{0x00, {0xff, 0, 0, 0}},
		{0x01, {0xfffffffffffff8ff, 0x0000000e0000ffff, UINT64_MAX, 0}},
		{0x02, {0xfffffffffffff8ff, 0, 0, 0}},
		{0x03, {0xfffffffffffff8ff, 0x000000000001ffff, 0, 0x00fffffffffffff8}},
		{0x04, {0xfffffffffffff8ff, 0, 0, 0}},
		{0x05, {0xfffffffffffff8ff, 0x000ff01e00000000, 0xfffffffffffff000, 0}},
		{0x06, {0xffffffff000000ff, 0, 0, 0}},
		{0x07, {0xffffffff000000ff, 0x0000000800000000, UINT64_MAX, 0}},
		{0x08, {0xfffffffffffff0ff, 0, 0, 0}},
		{0x09, {0xfffffffffffff8ff, 0x000000000001ffff, 0, 0x00fffffffffffff8}},
		{0x0a, {0xfffffffffffff8ff, 0, 0, 0}},
		{0x0b, {0xfffffffffffff8ff, 0x0000038e0001ffff, UINT64_MAX, 0x00fffffffffffff8}},
		{0x0c, {0xff, 0, 0, 0}},
		{0x10, {0xfffffffffffff8ff, 0xffff039e8000ffff, UINT64_MAX, 0x00fffffffffff000}},
		{0x11, {0xfffffffffffff8ff, 0xffff039e8000ffff, UINT64_MAX, 0x00fffffffffff000}},
		{0x12, {0xfffffffffffff8ff, 0xffff039e8000ffff, UINT64_MAX, 0x00fffffffffff000}},
		{0x13, {0xfffffffffffff8ff, 0xfffff39e8000ffff, UINT64_MAX, 0x00fffffffffff000}},
		{0x20, {0xfffffffffffff8ff, 0x0000009e0000ffff, UINT64_MAX, 0x00fffffffffff000}},
		{0x21, {0xfffffffffffff8ff, 0x000000000000ffff, 0, 0}},
		{0x24, {0xfffffffffffff8ff, 0x000ff0fc00000000, 0xfffffffffffff000, 0}},
		{0x25, {0xfffffffffffff8ff, 0x000000000001ffff, 0, 0x00fffffffffffff8}},
		{0x26, {0xff, 0, 0, 0}},
		{0xe0, {0xff, 0, 0, 0}},
		{0xff, {0xff, 0, 0, 0}},
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct vsmmu_event_record ones = {
			{~UINT64_C(0xff) | ids[i].id, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
		struct vsmmu_event event = {.size = sizeof(event)};

		vsmmu_event_decode(&ones, &event);
		for (int w = 0; w < 4; w++)
			assert_int_equal(event.reserved[w], ~ids[i].defined[w]);
	}
}

static void assert_refused(const struct vsmmu_event *event)
{
	struct vsmmu_event_record record = {{1, 2, 3, 4}};
	struct vsmmu_event sized = *event;
	static const struct vsmmu_event_record untouched = {{1, 2, 3, 4}};

	sized.size = sizeof(sized);
	assert_int_equal(vsmmu_event_encode(&sized, &record), -EINVAL);
	assert_record_equal(&record, &untouched);
}

TEST(encode_refuses_what_does_not_fit)
{
	assert_refused(&(struct vsmmu_event){.id = 0x10, .ssid = 0x100000});
	assert_refused(&(struct vsmmu_event){.id = 0x10, .class_ = 4});
	assert_refused(&(struct vsmmu_event){.id = 0x10, .ipa = 0x800});
	assert_refused(&(struct vsmmu_event){.id = 0x10, .ipa = UINT64_C(1) << 56});
	assert_refused(&(struct vsmmu_event){.id = 0x09, .fetch_addr = 4});
	assert_refused(&(struct vsmmu_event){.id = 0x09, .fetch_addr = UINT64_C(1) << 56});
	assert_refused(&(struct vsmmu_event){.id = 0x24, .input_addr = 0x1001});
	assert_refused(&(struct vsmmu_event){.id = 0x10, .reserved2 = 1});
	assert_refused(&(struct vsmmu_event){.id = 0x10, .reserved = {1}});
	assert_refused(&(struct vsmmu_event){.id = 0x04, .reserved = {UINT64_C(1) << 32}});
	assert_refused(&(struct vsmmu_event){.id = 0x10, .reserved = {0, 0, 1, 0}});
}

/* As a caller of an earlier version, of a later one, and of none at all. */
TEST(an_events_size_is_looked_at)
{
	static const struct vsmmu_event_record record = {
		{0x0000004200000010, UINT64_C(1) << 35, 8}};
	struct {
		struct vsmmu_event event;
		uint64_t later;
	} grown = {.event = {.size = sizeof(grown)}, .later = 7};
	const enum vsmmu_event_field address = VSMMU_EVENT_FIELD_INPUT_ADDR;
	struct vsmmu_event event = {0}, before = event;
	struct vsmmu_event_record out = {{0}};
	uint8_t bytes[VSMMU_EVENT_RECORD_SIZE];

	assert_int_equal(vsmmu_event_decode(&record, &event), -EINVAL);
	assert_memory_equal(&event, &before, sizeof(event));
	assert_int_equal(vsmmu_event_encode(&event, &out), -EINVAL);
	assert_int_equal(vsmmu_event_field_value(&event, VSMMU_EVENT_FIELD_ID), 0);

	event.size = before.size = offsetof(struct vsmmu_event, input_addr);
	assert_int_equal(vsmmu_event_decode(&record, &event), 0);
	assert_int_equal(event.sid, 0x42);
	assert_memory_equal(&event.input_addr, &before.input_addr,
		sizeof(event) - offsetof(struct vsmmu_event, input_addr));
	assert_int_equal(vsmmu_event_field_value(&event, VSMMU_EVENT_FIELD_SID), 0x42);
	event.input_addr = 16; /* beyond its size */
	assert_int_equal(vsmmu_event_field_value(&event, address), 0);
	assert_int_equal(vsmmu_event_encode(&event, &out), 0);
	assert_int_equal(out.word[2], 0);

	assert_int_equal(vsmmu_event_decode(&record, &grown.event), 0);
	assert_int_equal(grown.later, 0);
	assert_int_equal(grown.event.input_addr, 8);
	assert_int_equal(vsmmu_event_encode(&grown.event, &out), 0);
	assert_record_equal(&out, &record);
	grown.later = 1;
	assert_int_equal(vsmmu_event_encode(&grown.event, &out), -E2BIG);
	assert_int_equal(vsmmu_event_field_value(&grown.event, address), 8);

	event.size = sizeof(event);
	assert_int_equal(vsmmu_event_decode(NULL, &event), -EINVAL);
	assert_int_equal(vsmmu_event_decode(&record, NULL), -EINVAL);
	assert_int_equal(vsmmu_event_encode(NULL, &out), -EINVAL);
	assert_int_equal(vsmmu_event_encode(&event, NULL), -EINVAL);
	assert_int_equal(vsmmu_event_record_load(NULL, &out), -EINVAL);
	assert_int_equal(vsmmu_event_record_load(bytes, NULL), -EINVAL);
	assert_int_equal(vsmmu_event_record_store(NULL, bytes), -EINVAL);
	assert_int_equal(vsmmu_event_record_store(&record, NULL), -EINVAL);
	assert_int_equal(vsmmu_event_field_value(NULL, VSMMU_EVENT_FIELD_ID), 0);
}

static unsigned int place_of(const struct event_field *field)
{
	const size_t place = field->offset - offsetof(struct vsmmu_event, id);

	assert_true(place < 64);
	return (unsigned int)place;
}

TEST(encode_refuses_fields_that_the_id_lacks)
{
	for (unsigned int id = 0; id < 256; id++) {
		uint64_t members = 0;

		/* By offset: two fields share the member input_addr. */
		for (unsigned int f = 0; f < EVENT_FIELDS; f++) {
			if (vsmmu_event_has((uint8_t)id, (enum vsmmu_event_field)f))
				members |= UINT64_C(1) << place_of(&arch_event_fields[f]);
		}
		for (unsigned int f = 1; f < EVENT_FIELDS; f++) {
			const struct event_field *field = &arch_event_fields[f];
			struct vsmmu_event event = {.size = sizeof(event), .id = (uint8_t)id};

			if (members >> place_of(field) & 1)
				continue;
			((unsigned char *)&event)[field->offset + (field->shift == 12)] =
				field->shift == 12 ? 0x10 : 1 << field->shift;
			assert_refused(&event);
		}
	}
}

/* Records that a real kernel delivered on an emulated SMMUv3. */
TEST(known_records)
{
	static const struct {
		struct vsmmu_event_record record;
		struct vsmmu_event event;
	} known[] = {
		{{{0x0000004200000010, 0x0000020800000000, 0x101000, 0}},
			{.size = sizeof(struct vsmmu_event),
				.id = VSMMU_EVENT_F_TRANSLATION,
				.sid = 0x42,
				.rnw = true,
				.class_ = VSMMU_EVENT_CLASS_IN,
				.input_addr = 0x101000}},
		{{{0x0000004200000013, 0x0000020000000000, 0x102000, 0}},
			{.size = sizeof(struct vsmmu_event),
				.id = VSMMU_EVENT_F_PERMISSION,
				.sid = 0x42,
				.class_ = VSMMU_EVENT_CLASS_IN,
				.input_addr = 0x102000}},
		{{{0x0000004200000012, 0x0000020800000000, 0x103000, 0}},
			{.size = sizeof(struct vsmmu_event),
				.id = VSMMU_EVENT_F_ACCESS,
				.sid = 0x42,
				.rnw = true,
				.class_ = VSMMU_EVENT_CLASS_IN,
				.input_addr = 0x103000}},
		{{{0x0000004200000011, 0x0000020800000000, 0x104000, 0}},
			{.size = sizeof(struct vsmmu_event),
				.id = VSMMU_EVENT_F_ADDR_SIZE,
				.sid = 0x42,
				.rnw = true,
				.class_ = VSMMU_EVENT_CLASS_IN,
				.input_addr = 0x104000}},
		{{{0x000000420000000a, 0, 0, 0}}, {.size = sizeof(struct vsmmu_event),
							  .id = VSMMU_EVENT_C_BAD_CD,
							  .sid = 0x42}},
		{{{0x0000004200000004, 0, 0, 0}}, {.size = sizeof(struct vsmmu_event),
							  .id = VSMMU_EVENT_C_BAD_STE,
							  .sid = 0x42}},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct vsmmu_event_record record;
		struct vsmmu_event event = {.size = sizeof(event)};

		vsmmu_event_decode(&known[i].record, &event);
		for (unsigned int f = 0; vsmmu_event_field_name((enum vsmmu_event_field)f); f++) {
			enum vsmmu_event_field field = (enum vsmmu_event_field)f;

			assert_int_equal(vsmmu_event_field_value(&event, field),
				vsmmu_event_field_value(&known[i].event, field));
		}
		assert_int_equal(vsmmu_event_encode(&known[i].event, &record), 0);
		assert_record_equal(&record, &known[i].record);
	}
}

TEST(records_are_little_endian)
{
	unsigned char bytes[1 + VSMMU_EVENT_RECORD_SIZE + 1];
	unsigned char back[sizeof(bytes)];
	struct vsmmu_event_record record;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	vsmmu_event_record_load(bytes + 1, &record);
	assert_int_equal(record.word[0], 0x0807060504030201);
	assert_int_equal(record.word[3], 0x201f1e1d1c1b1a19);
	memset(back, 0xaa, sizeof(back));
	vsmmu_event_record_store(&record, back + 1);
	assert_memory_equal(bytes + 1, back + 1, VSMMU_EVENT_RECORD_SIZE);
	assert_int_equal(back[0], 0xaa);
	assert_int_equal(back[sizeof(back) - 1], 0xaa);
}

TEST(fields_can_be_counted)
{
	enum vsmmu_event_field beyond = (enum vsmmu_event_field)EVENT_FIELDS;
	struct vsmmu_event event = {.size = sizeof(event)};
	struct vsmmu_event_record ones = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
	unsigned int n = 0;

	vsmmu_event_decode(&ones, &event);
	while (vsmmu_event_field_name((enum vsmmu_event_field)n))
		n++;
	assert_int_equal(n, EVENT_FIELDS);
	for (unsigned int a = 0; a < n; a++) {
		for (unsigned int b = a + 1; b < n; b++)
			assert_string_not_equal(
				arch_event_fields[a].name, arch_event_fields[b].name);
	}
	assert_false(vsmmu_event_has(0x10, beyond));
	assert_int_equal(vsmmu_event_field_value(&event, beyond), 0);
	assert_null(vsmmu_event_field_name((enum vsmmu_event_field)UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(round_trip_is_exact),
		UNIT_TEST_PLAIN(names_are_the_architectures),
		UNIT_TEST_PLAIN(field_alone_has_its_bits),
		UNIT_TEST_PLAIN(defined_bits_of_each_id),
		UNIT_TEST_PLAIN(encode_refuses_what_does_not_fit),
		UNIT_TEST_PLAIN(an_events_size_is_looked_at),
		UNIT_TEST_PLAIN(encode_refuses_fields_that_the_id_lacks),
		UNIT_TEST_PLAIN(known_records),
		UNIT_TEST_PLAIN(records_are_little_endian),
		UNIT_TEST_PLAIN(fields_can_be_counted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
