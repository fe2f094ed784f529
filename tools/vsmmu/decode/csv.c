/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "decode/view.h"

/* RFC 4180 ends lines so. */
#define END "\r\n"

static const enum vsmmu_event_field fields[] = {
	VSMMU_EVENT_FIELD_SSV,
	VSMMU_EVENT_FIELD_SSID,
	VSMMU_EVENT_FIELD_STALL,
	VSMMU_EVENT_FIELD_STAG,
	VSMMU_EVENT_FIELD_PNU,
	VSMMU_EVENT_FIELD_IND,
	VSMMU_EVENT_FIELD_RNW,
	VSMMU_EVENT_FIELD_S2,
	VSMMU_EVENT_FIELD_CLASS,
	VSMMU_EVENT_FIELD_REASON,
};

static const enum vsmmu_event_field addresses[] = {
	VSMMU_EVENT_FIELD_INPUT_ADDR,
	VSMMU_EVENT_FIELD_IPA,
	VSMMU_EVENT_FIELD_FETCH_ADDR,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Quotes it if need be. A comma before it, but for the first of a line. */
static void put(const char *text)
{
	putchar(',');
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void put_number(bool known, uint64_t value)
{
	putchar(',');
	if (known)
		printf("%" PRIu64, value);
}

static void put_hex(bool known, uint64_t value)
{
	putchar(',');
	if (known)
		printf("0x%" PRIx64, value);
}

static void put_occurrence(const struct position *position, const struct moment *moment)
{
	char time[MOMENT_SIZE] = "";

	put(position->file);
	put_number(true, position->number);
	put_number(moment->has_time, moment->time);
	if (moment->has_wall)
		moment_format_iso(moment, time, sizeof(time));
	put(time);
}

static void put_fields(const struct vsmmu_event *event, uint64_t known)
{
	bool has_id = vsmmu_event_tells(known, VSMMU_EVENT_FIELD_ID);

	put_number(has_id, event->id);
	put(has_id ? vsmmu_event_name(event->id) : "");
	put_hex(vsmmu_event_tells(known, VSMMU_EVENT_FIELD_SID), event->sid);
	for (size_t i = 0; i < COUNT(fields); i++)
		put_number(vsmmu_event_tells(known, fields[i]),
			vsmmu_event_field_value(event, fields[i]));
}

void csv_begin(const struct output *output)
{
	if (output->items)
		printf("type,file,position,time_ns,time,smmu,client");
	else
		printf("type,count,per_second,first_file,first_position,first_time_ns,first_time,"
		       "last_file,last_position,last_time_ns,last_time,smmu,client");
	printf(",id,name,sid");
	for (size_t i = 0; i < COUNT(fields); i++)
		printf(",%s", vsmmu_event_field_name(fields[i]));
	if (!output->items) {
		printf(",address_least,address_most,pages,text" END);
		return;
	}
	for (size_t i = 0; i < COUNT(addresses); i++)
		printf(",%s", vsmmu_event_field_name(addresses[i]));
	printf(",word0,word1,word2,word3,count,text" END);
}

static void put_event(const struct output *output, const struct item *item)
{
	char text[VSMMU_EVENT_TEXT_SIZE];
	uint64_t known = item->known;
	struct view view;

	/* Bits 63:12 of an address are an address, too. */
	if (vsmmu_event_tells(known, VSMMU_EVENT_FIELD_INPUT_PAGE))
		known |= VSMMU_EVENT_KNOWN(INPUT_ADDR);
	view_of_item(&view, output->map, item, NULL);
	put(view.client);
	put_fields(&item->event, item->known);
	for (size_t i = 0; i < COUNT(addresses); i++)
		put_hex(vsmmu_event_tells(known, addresses[i]),
			vsmmu_event_field_value(&item->event, addresses[i]));
	for (unsigned int i = 0; i < ITEM_WORDS; i++) {
		snprintf(text, sizeof(text), "0x%016" PRIx64, item->record.word[i]);
		put(item->have >> i & 1 ? text : "");
	}
	put_number(false, 0);
	put(view.sentence);
}

static void put_blanks(unsigned int count)
{
	while (count--)
		putchar(',');
}

void csv_print(struct output *output, const struct item *item)
{
	output->shown++;
	printf("%s", item_kind_name(item->kind));
	put_occurrence(&item->position, &item->moment);
	put(item->kind == ITEM_OTHER ? item->what : item->smmu);
	if (item->kind == ITEM_EVENT) {
		put_event(output, item);
	} else {
		put_blanks(1 + 3 + COUNT(fields) + COUNT(addresses) + ITEM_WORDS);
		put_number(item->kind == ITEM_LOST || item->kind == ITEM_SUPPRESSED, item->count);
		put(item->text);
	}
	printf(END);
}

static void put_counts(enum item_kind kind, uint64_t count, const struct occurrence *first,
	const struct occurrence *last, const double *rate)
{
	printf("%s", item_kind_name(kind));
	put_number(true, count);
	putchar(',');
	if (rate)
		printf("%.3f", *rate);
	put_occurrence(&first->position, &first->moment);
	put_occurrence(&last->position, &last->moment);
}

static void print_fault(const struct output *output, const struct fault_row *row)
{
	struct view view;
	double rate;
	bool has_rate = fault_rate(row, &rate);

	put_counts(ITEM_EVENT, row->count, &row->first, &row->last, has_rate ? &rate : NULL);
	put(row->key.smmu);
	view_of_row(&view, output->map, row);
	put(view.client);
	put_fields(&row->event, row->known);
	put_hex(row->pages, row->address_least);
	put_hex(row->pages, row->address_most);
	put_number(row->pages, row->pages);
	put(view.sentence);
	printf(END);
}

static void print_message(const struct message_row *row)
{
	put_counts(row->kind, row->count, &row->first, &row->last, NULL);
	put(row->kind == ITEM_OTHER ? row->what : row->smmu);
	put_blanks(1 + 3 + COUNT(fields) + 3);
	put(row->text);
	printf(END);
}

/* Losses have no place, as they are one number for the whole input. */
static void print_total(enum item_kind kind, uint64_t count)
{
	if (!count)
		return;
	printf("%s", item_kind_name(kind));
	put_number(true, count);
	put_blanks(1 + 4 + 4 + 2 + 3 + COUNT(fields) + 3 + 1);
	printf(END);
}

void csv_print_summary(const struct output *output)
{
	for (uint32_t i = 0; i < output->faults.row_count; i++)
		if (!output->limit || i < output->limit)
			print_fault(output, &output->faults.rows[i]);
	for (uint32_t i = 0; i < output->messages.row_count; i++)
		print_message(&output->messages.rows[i]);
	print_total(ITEM_LOST, output->lost);
	print_total(ITEM_OVERFLOW, output->overflows);
	print_total(ITEM_SUPPRESSED, output->suppressed);
}
