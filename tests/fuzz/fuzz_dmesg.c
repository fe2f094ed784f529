/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a kernel's log. Behind them comes an event as the driver prints it, which
 * must be read as it is whatever came before.
 *
 * Input: how it goes on (1 byte), the record of that event (32), then the log.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "fuzz.h"
#include "log/log.h"

/* Of one line: those of others that it ends, and one for some of its own bytes. */
#define ITEMS_MAX(length) (40 + (length) / 8)

#define SMMU   "arm-smmu-v3.77.auto"
#define CLIENT "0000:77:01.0"

static uint64_t lines;

static void check_string(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	FUZZ_CHECK(length < size);
	for (size_t i = 0; i < length; i++)
		FUZZ_CHECK(text[i] >= ' ' && text[i] <= '~');
}

/* There is something to be said of every fault. */
static void check_causes(const struct vsmmu_dmesg_item *item)
{
	const struct fault fault = {
		.event = &item->event,
		.known = item->known,
		.unassigned = item->unassigned,
	};
	const struct catalogue_cause *cause;

	FUZZ_CHECK(catalogue_causes(catalogue_of_fault(&fault), &fault, &cause, 1) == 1);
	FUZZ_CHECK(*cause->text);
}

/* A field that is not known is 0, and an event has no other fields than its own. */
static void check_fields(const struct vsmmu_dmesg_item *item)
{
	bool has_id = item->known & UINT64_C(1) << VSMMU_EVENT_FIELD_ID;

	FUZZ_CHECK(has_id || (!item->event.id && !item->record.word[0]));
	for (unsigned int i = 0; vsmmu_event_field_name(i); i++) {
		bool known = item->known >> i & 1;

		if (has_id)
			FUZZ_CHECK(!known || vsmmu_event_has(item->event.id, i) ||
				   i <= VSMMU_EVENT_FIELD_SID);
		if (item->words == 4)
			FUZZ_CHECK(known == vsmmu_event_has(item->event.id, i));
		/* Two fields are one member. */
		else if (!known && i != VSMMU_EVENT_FIELD_INPUT_PAGE &&
			 i != VSMMU_EVENT_FIELD_INPUT_ADDR)
			FUZZ_CHECK(!vsmmu_event_field_value(&item->event, i));
	}
}

static void check_event(const struct vsmmu_dmesg_item *item)
{
	struct vsmmu_event event = {.size = sizeof(event)};
	char text[VSMMU_EVENT_TEXT_SIZE];
	int length;

	FUZZ_CHECK(item->words == __builtin_popcount(item->have));
	FUZZ_CHECK(item->partial == (*item->text != 0) && !(item->partial && item->words == 4));
	FUZZ_CHECK(!item->bad || item->partial);
	FUZZ_CHECK(!item->unassigned || !*item->client);
	check_fields(item);
	vsmmu_event_decode(&item->record, &event);
	FUZZ_CHECK(event.id == item->event.id);
	if (item->words)
		FUZZ_CHECK(!memcmp(&event, &item->event, sizeof(event)));
	length = vsmmu_event_format(text, sizeof(text), &item->event, item->known);
	FUZZ_CHECK(length > 0 && (size_t)length < sizeof(text));
	length = vsmmu_event_explain(text, sizeof(text), &item->event, item->known, item->client);
	FUZZ_CHECK(length > 0 && (size_t)length < sizeof(text));
	check_string(text, sizeof(text));
	check_causes(item);
}

static void check_message(const struct vsmmu_dmesg_item *item)
{
	FUZZ_CHECK(*item->text);
	FUZZ_CHECK(!item->entry || item->entry->kind == CATALOGUE_MESSAGE);
	FUZZ_CHECK(item->command_words <= 2);
	for (unsigned int i = item->command_words; i < 2; i++)
		FUZZ_CHECK(!item->command[i]);
}

static void check_item(const struct vsmmu_dmesg_item *item)
{
	FUZZ_CHECK(item->line >= 1 && item->line <= lines);
	check_string(item->smmu, sizeof(item->smmu));
	check_string(item->client, sizeof(item->client));
	check_string(item->what, sizeof(item->what));
	check_string(item->text, sizeof(item->text));
	FUZZ_CHECK(item->kind == VSMMU_DMESG_SUPPRESSED || item->kind == VSMMU_DMESG_GROUP ||
		   !item->count);
	FUZZ_CHECK((item->kind == VSMMU_DMESG_OTHER) == (*item->what != 0));
	FUZZ_CHECK((item->kind == VSMMU_DMESG_CONTEXT) == (item->context != 0));
	if (item->kind == VSMMU_DMESG_EVENT)
		check_event(item);
	else
		FUZZ_CHECK(!item->known && !item->words && !item->partial);
	if (item->kind == VSMMU_DMESG_MESSAGE)
		check_message(item);
	else
		FUZZ_CHECK(!item->command_words);
	if (item->kind == VSMMU_DMESG_OTHER || item->kind == VSMMU_DMESG_CONTEXT)
		FUZZ_CHECK(*item->text);
	if (item->kind == VSMMU_DMESG_GROUP)
		FUZZ_CHECK(*item->client);
}

/* Return: how many items there were; the last one is in @last, if that is not NULL. */
static unsigned int take(struct vsmmu_dmesg *dmesg, size_t length, struct vsmmu_dmesg_item *last)
{
	struct vsmmu_dmesg_item item;
	unsigned int items = 0;

	while (vsmmu_dmesg_next(dmesg, &item) != VSMMU_DMESG_NONE) {
		FUZZ_CHECK(++items <= ITEMS_MAX(length));
		check_item(&item);
		if (last)
			*last = item;
	}
	FUZZ_CHECK(item.kind == VSMMU_DMESG_NONE);
	return items;
}

static unsigned int feed(
	struct vsmmu_dmesg *dmesg, const void *line, size_t length, struct vsmmu_dmesg_item *last)
{
	char *copy = fuzz_alloc(length);
	unsigned int items;

	memcpy(copy, line, length);
	lines++;
	FUZZ_CHECK(!vsmmu_dmesg_feed(dmesg, copy, length));
	FUZZ_CHECK(vsmmu_dmesg_feed(dmesg, copy, length) == -EBUSY);
	FUZZ_CHECK(vsmmu_dmesg_flush(dmesg, true) == -EBUSY);
	items = take(dmesg, length, last);
	free(copy);
	return items;
}

static void flush(struct vsmmu_dmesg *dmesg, bool end)
{
	FUZZ_CHECK(!vsmmu_dmesg_flush(dmesg, end));
	take(dmesg, 0, NULL);
	FUZZ_CHECK(!vsmmu_dmesg_flush(dmesg, end));
	FUZZ_CHECK(!take(dmesg, 0, NULL));
}

static void feed_text(struct vsmmu_dmesg *dmesg, const char *text)
{
	FUZZ_CHECK(!feed(dmesg, text, strlen(text), NULL));
}

/* The words of an event, as every kernel prints them. */
static void check_raw(struct vsmmu_dmesg *dmesg, const struct vsmmu_event_record *record)
{
	struct vsmmu_dmesg_item item;
	char line[128];

	snprintf(line, sizeof(line), "[   77.000042] arm-smmu-v3 " SMMU ": event 0x%02x received:",
		(unsigned int)(record->word[0] & 0xff));
	feed_text(dmesg, line);
	for (unsigned int i = 0; i < 4; i++) {
		snprintf(line, sizeof(line), "[   77.000042] arm-smmu-v3 " SMMU ": \t0x%016" PRIx64,
			record->word[i]);
		feed_text(dmesg, line);
	}
	FUZZ_CHECK(!vsmmu_dmesg_flush(dmesg, false));
	FUZZ_CHECK(vsmmu_dmesg_next(dmesg, &item) == VSMMU_DMESG_EVENT);
	check_item(&item);
	FUZZ_CHECK(item.words == 4 && item.has_time && item.time == UINT64_C(77000042000));
	FUZZ_CHECK(!memcmp(&item.record, record, sizeof(*record)));
	FUZZ_CHECK(!strcmp(item.smmu, SMMU) && !*item.client);
	take(dmesg, 0, NULL);
}

/* The lines that name the endpoint and say what the words mean (Linux 6.14 and later). */
static void check_decoded(struct vsmmu_dmesg *dmesg, const struct vsmmu_event_record *record)
{
	struct vsmmu_dmesg_item item;
	struct vsmmu_event event = {.size = sizeof(event)};
	char line[256];

	vsmmu_event_decode(record, &event);
	event.id = VSMMU_EVENT_F_TRANSLATION;
	event.ipa &= UINT64_C(0x00fffffffffff000);
	snprintf(line, sizeof(line),
		"<3>[   77.000042] arm-smmu-v3 " SMMU ": event: F_TRANSLATION client: " CLIENT
		" sid: 0x%x ssid: 0x%x iova: 0x%" PRIx64 " ipa: 0x%" PRIx64,
		event.sid, event.ssid, event.input_addr, event.ipa);
	feed_text(dmesg, line);
	snprintf(line, sizeof(line), "arm-smmu-v3 " SMMU ": %s %s %s %s \"%s\"%s%s stag: 0x%x",
		event.pnu ? "priv" : "unpriv", event.ind ? "inst" : "data",
		event.rnw ? "read" : "write", event.s2 ? "s2" : "s1", "Input address caused fault",
		event.ttrnw ? " ttd_read" : "", event.stall ? " stall" : "", event.stag);
	FUZZ_CHECK(feed(dmesg, line, strlen(line), &item) == 1);
	FUZZ_CHECK(item.kind == VSMMU_DMESG_EVENT && !item.words);
	FUZZ_CHECK(item.event.id == event.id && item.event.sid == event.sid);
	FUZZ_CHECK(item.event.ssid == event.ssid && item.event.input_addr == event.input_addr);
	FUZZ_CHECK(item.event.ipa == event.ipa && item.event.pnu == event.pnu);
	FUZZ_CHECK(item.event.ind == event.ind && item.event.rnw == event.rnw);
	FUZZ_CHECK(item.event.s2 == event.s2 && item.event.stall == event.stall);
	FUZZ_CHECK(item.event.stag == event.stag && item.event.class_ == VSMMU_EVENT_CLASS_IN);
	FUZZ_CHECK(!strcmp(item.smmu, SMMU) && !strcmp(item.client, CLIENT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	unsigned int how = (unsigned int)fuzz_take(&input, 1);
	struct vsmmu_event_record record;
	struct vsmmu_dmesg dmesg;
	bool mentioned;

	for (unsigned int i = 0; i < 4; i++)
		record.word[i] = fuzz_take(&input, 8);
	mentioned = input.left && memmem(input.at, input.left, "77", 2);
	memset(&dmesg, how, sizeof(dmesg));
	vsmmu_dmesg_init(&dmesg);
	for (lines = 0; input.left;) {
		const uint8_t *end = memchr(input.at, '\n', input.left);
		size_t length = end ? (size_t)(end - input.at) : input.left;

		feed(&dmesg, input.at, length, NULL);
		input.at += length;
		input.left -= length;
		if (end) {
			input.at++;
			input.left--;
		}
		if (how & 1 && lines % 5 == 0)
			flush(&dmesg, false);
	}
	flush(&dmesg, true);
	/* Unless the log speaks of that SMMU. */
	if (!mentioned)
		(how & 2 ? check_raw : check_decoded)(&dmesg, &record);
	return 0;
}
