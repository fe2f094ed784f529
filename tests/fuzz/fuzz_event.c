/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any 256 bits as an event record: taken apart and put together it is the same, its text
 * fits every buffer, and what the filter lets pass passes again unchanged.
 *
 * Input: a record (32 bytes), SSIDSIZE (1), a field (1) and a value for it (8), whose bits also
 * say which fields are known, and which buffer size to try, 255 for all up to the text's own (1).
 */
#include <errno.h>
#include <string.h>

#include "arch/event_filter.h"
#include "arch/event_table.h"
#include "catalogue/catalogue.h"
#include "fuzz.h"
#include "text/text.h"

static void check_same(const struct vsmmu_event *is, const struct vsmmu_event *should)
{
	for (unsigned int i = 0; i < EVENT_FIELDS; i++)
		FUZZ_CHECK(vsmmu_event_field_value(is, i) == vsmmu_event_field_value(should, i));
	FUZZ_CHECK(!memcmp(is->reserved, should->reserved, sizeof(is->reserved)));
}

static void check_coding(const struct vsmmu_event_record *record)
{
	struct vsmmu_event_record again = {{0}};
	uint8_t bytes[VSMMU_EVENT_RECORD_SIZE + 1];
	struct vsmmu_event event = {.size = sizeof(event)};

	vsmmu_event_decode(record, &event);
	FUZZ_CHECK(event.id == (uint8_t)record->word[0]);
	for (unsigned int i = 0; i < EVENT_FIELDS; i++)
		if (!vsmmu_event_has(event.id, i) && i != VSMMU_EVENT_FIELD_INPUT_ADDR &&
			i != VSMMU_EVENT_FIELD_INPUT_PAGE)
			FUZZ_CHECK(!vsmmu_event_field_value(&event, i));
	FUZZ_CHECK(!vsmmu_event_encode(&event, &again));
	FUZZ_CHECK(!memcmp(&again, record, sizeof(again)));

	vsmmu_event_record_store(record, bytes + 1);
	FUZZ_CHECK(bytes[1] == (uint8_t)record->word[0]);
	FUZZ_CHECK(bytes[VSMMU_EVENT_RECORD_SIZE] == record->word[3] >> 56);
	vsmmu_event_record_load(bytes + 1, &again);
	FUZZ_CHECK(!memcmp(&again, record, sizeof(again)));
}

/* A member is set to anything: either it is refused, or nothing of it is lost. */
static void check_member(
	const struct vsmmu_event_record *record, unsigned int index, uint64_t value)
{
	const struct event_field *field = &arch_event_fields[index % EVENT_FIELDS];
	struct vsmmu_event_record out = *record;
	struct vsmmu_event event = {.size = sizeof(event)}, again = {.size = sizeof(again)};
	uint8_t *member;

	vsmmu_event_decode(record, &event);
	member = (uint8_t *)&event + field->offset;
	if (field->width == 1)
		value &= 1; /* a bool has no other values */
	for (unsigned int i = 0; i < field->size; i++)
		member[i] = (uint8_t)(value >> 8 * i);
	if (vsmmu_event_encode(&event, &out)) {
		FUZZ_CHECK(!memcmp(&out, record, sizeof(out)));
		return;
	}
	vsmmu_event_decode(&out, &again);
	check_same(&again, &event);
}

static void check_one_size(
	const struct vsmmu_event *event, uint64_t known, const char *whole, int length, size_t size)
{
	char *buffer = fuzz_alloc(size);
	size_t kept = size ? size - 1 : 0;

	FUZZ_CHECK(vsmmu_event_format(size ? buffer : NULL, size, event, known) == length);
	if (size) {
		kept = kept < (size_t)length ? kept : (size_t)length;
		FUZZ_CHECK(!memcmp(buffer, whole, kept) && !buffer[kept]);
	}
	free(buffer);
}

static void check_text(const struct vsmmu_event_record *record, size_t which)
{
	char text[VSMMU_EVENT_TEXT_SIZE];
	struct vsmmu_event event = {.size = sizeof(event)};
	uint64_t known;
	int length;

	vsmmu_event_decode(record, &event);
	known = VSMMU_EVENT_KNOWN_ALL(event.id);
	length = vsmmu_event_format(text, sizeof(text), &event, known);
	FUZZ_CHECK(length > 0 && (size_t)length < sizeof(text));
	FUZZ_CHECK(strlen(text) == (size_t)length && !strpbrk(text, "\n\r\t"));
	check_one_size(&event, known, text, length, which);
	for (size_t size = 0; which == 255 && size <= (size_t)length + 2; size++)
		check_one_size(&event, known, text, length, size);

	FUZZ_CHECK(vsmmu_event_format_record(text, sizeof(text), record) == 75);
	FUZZ_CHECK(strlen(text) == 75);
}

/* Of a record of which any part is known: what it says fits, and there is a cause. */
static void check_partly(const struct vsmmu_event_record *record, uint64_t some)
{
	char text[VSMMU_EVENT_TEXT_SIZE];
	struct vsmmu_event event = {.size = sizeof(event)};
	struct fault fault = {.event = &event, .before = (uint32_t)some, .repeats = some >> 60};
	const struct catalogue_cause *cause;
	int length;

	vsmmu_event_decode(record, &event);
	fault.known = VSMMU_EVENT_KNOWN_ALL(event.id) & some;
	length = vsmmu_event_format(text, sizeof(text), &event, fault.known);
	FUZZ_CHECK(length > 0 && (size_t)length < sizeof(text));
	length = vsmmu_event_explain(text, sizeof(text), &event, fault.known, NULL);
	FUZZ_CHECK(length > 0 && (size_t)length < sizeof(text));
	FUZZ_CHECK(catalogue_causes(catalogue_of_fault(&fault), &fault, &cause, 1) == 1);
	FUZZ_CHECK(*cause->text);
}

static void check_filter(const struct vsmmu_event_record *record, unsigned int ssid_bits)
{
	struct vsmmu_event_record clean = *record, again;
	enum event_verdict verdict = arch_event_filter(clean.word, ssid_bits);
	struct vsmmu_event before = {.size = sizeof(before)}, after = {.size = sizeof(after)};

	if (verdict != EVENT_OK) {
		FUZZ_CHECK(!memcmp(&clean, record, sizeof(clean)));
		return;
	}
	again = clean;
	FUZZ_CHECK(arch_event_filter(again.word, ssid_bits) == EVENT_OK);
	FUZZ_CHECK(!memcmp(&again, &clean, sizeof(again)));

	vsmmu_event_decode(record, &before);
	vsmmu_event_decode(&clean, &after);
	FUZZ_CHECK(after.id == before.id && after.sid == before.sid);
	FUZZ_CHECK(after.input_addr == before.input_addr && after.rnw == before.rnw);
	FUZZ_CHECK(!after.stall && !after.s2 && !after.ipa && !after.nsipa && !after.stag);
	FUZZ_CHECK(!after.impdef && !after.reason && !after.fetch_addr && !after.ttrnw);
	FUZZ_CHECK(after.ssid >> ssid_bits == 0 || !after.ssv);
	for (unsigned int i = 0; i < 4; i++)
		FUZZ_CHECK(!after.reserved[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	struct vsmmu_event_record record;
	unsigned int ssid_bits, field;
	uint64_t value;

	for (unsigned int i = 0; i < 4; i++)
		record.word[i] = fuzz_take(&input, 8);
	ssid_bits = (unsigned int)fuzz_take(&input, 1) % 21;
	field = (unsigned int)fuzz_take(&input, 1);
	value = fuzz_take(&input, 8);
	check_coding(&record);
	check_member(&record, field, value);
	check_filter(&record, ssid_bits);
	check_text(&record, fuzz_take(&input, 1));
	check_partly(&record, value);
	return 0;
}
