/* SPDX-License-Identifier: BSD-2-Clause */
/* Items and summaries for people. */
#include <inttypes.h>
#include <stdio.h>

#include "catalogue/catalogue.h"
#include "decode/output.h"
#include "text/text.h"

#define SECOND	   UINT64_C(1000000000)
#define CAUSES_MAX 3
#define ROW_FORMAT "%-18s  %-16s "

/* "FILE:12: [   12.345678] arm-smmu-v3.0.auto: ", as far as it is known. */
static void print_place(const struct item *item)
{
	char place[POSITION_SIZE];

	printf("%s: ", position_format(&item->position, place, sizeof(place)));
	if (item->has_time)
		printf("[%5" PRIu64 ".%06" PRIu64 "] ", item->time / SECOND,
			item->time % SECOND / 1000);
	if (*item->smmu)
		printf("%s: ", item->smmu);
	if (item->has_queue)
		printf("queue %" PRIu32 ": ", item->queue);
	if (item->has_sequence && item->kind == ITEM_EVENT)
		printf("event %" PRIu32 ": ", item->sequence);
}

static bool lacks(const struct item *item, enum vsmmu_event_field field)
{
	return vsmmu_event_has(item->event.id, field) && !item_knows(item, field);
}

static void print_causes(const struct item *item)
{
	const struct catalogue_cause *causes[CAUSES_MAX];
	struct fault fault;
	size_t count;

	item_fault(item, &fault);
	count = catalogue_causes(catalogue_of_fault(&fault), &fault, causes, CAUSES_MAX);
	for (size_t i = 0; i < count; i++)
		printf("    %s: %s.\n", i ? "Or" : "Often", causes[i]->text);
}

static void print_event(const struct item *item)
{
	char text[VSMMU_EVENT_TEXT_SIZE];

	vsmmu_event_format(text, sizeof(text), &item->event, item->known);
	printf("%s\n", text);
	vsmmu_event_explain(text, sizeof(text), &item->event, item->known, item->client);
	printf("    %s.\n", text);
	if (lacks(item, VSMMU_EVENT_FIELD_RNW))
		printf("    The log lacks the line that tells whether it read or wrote.\n");
	/* Where there may be none it does not matter so much. */
	if (item->event.id == VSMMU_EVENT_C_BAD_SUBSTREAMID && lacks(item, VSMMU_EVENT_FIELD_SSID))
		printf("    The log lacks the words that tell which PASID it was.\n");
	/* The StreamID of a PCIe endpoint mostly is its requester ID: bus, device, function. */
	if (!*item->client && item_knows(item, VSMMU_EVENT_FIELD_SID) &&
		item->event.sid <= UINT16_MAX)
		printf("    If it is a PCIe endpoint, that may be %02x:%02x.%x.\n",
			item->event.sid >> 8, item->event.sid >> 3 & 31, item->event.sid & 7);
	print_causes(item);
}

void text_print(const struct item *item)
{
	print_place(item);
	switch (item->kind) {
	case ITEM_EVENT:
		print_event(item);
		break;
	case ITEM_LOST:
		printf("%" PRIu64 " event%s lost, up to number %" PRIu32
		       ": the vEVENTQ was full, or the host was out of memory\n",
			item->count, item->count == 1 ? " was" : "s were", item->sequence);
		break;
	case ITEM_OVERFLOW:
		printf("the SMMU's own event queue overflowed; nobody knows how many events were "
		       "lost\n");
		break;
	case ITEM_SUPPRESSED:
		printf("the kernel's rate limit kept %" PRIu64 " event%s out of the log\n",
			item->count, item->count == 1 ? "" : "s");
		break;
	case ITEM_MESSAGE:
		printf("%s\n", item->text);
		break;
	}
}

void raw_print(const struct item *item)
{
	char text[VSMMU_EVENT_TEXT_SIZE];

	if (item->kind != ITEM_EVENT)
		return;
	vsmmu_event_format_record(text, sizeof(text), &item->record);
	printf("%s\n", text);
}

/* Return: @buffer. */
static const char *format_moment(const struct moment *moment, char *buffer, size_t size)
{
	if (moment->has_time)
		snprintf(buffer, size, "%" PRIu64 ".%06" PRIu64 " s", moment->time / SECOND,
			moment->time % SECOND / 1000);
	else if (moment->bytes)
		snprintf(buffer, size, "byte 0x%" PRIx64, moment->number);
	else
		snprintf(buffer, size, "line %" PRIu64, moment->number);
	return buffer;
}

static void print_row(const struct summary_row *row)
{
	char first[40], last[40], addresses[48] = "";

	if (row->has_address)
		snprintf(addresses, sizeof(addresses), "0x%" PRIx64 " to 0x%" PRIx64,
			row->address_least, row->address_most);
	printf(ROW_FORMAT "%#10" PRIx32 "  %-18s %10" PRIu64 "  %-18s  %-18s  %s\n",
		*row->smmu ? row->smmu : "-", *row->client ? row->client : "-", row->sid,
		vsmmu_event_name(row->id), row->count,
		format_moment(&row->first, first, sizeof(first)),
		format_moment(&row->last, last, sizeof(last)), addresses);
}

/* "1 event", "2 events of ...": @what has an "s" in place of each '*'. */
static void print_count(uint64_t count, const char *what)
{
	printf("%" PRIu64 " ", count);
	for (; *what; what++) {
		if (*what != '*')
			putchar(*what);
		else if (count != 1)
			putchar('s');
	}
	putchar('\n');
}

static void print_some(uint64_t count, const char *what)
{
	if (count)
		print_count(count, what);
}

void text_print_summary(const struct summary *summary)
{
	if (summary->row_count)
		printf(ROW_FORMAT "%10s  %-18s %10s  %-18s  %-18s  %s\n", "SMMU", "endpoint",
			"stream", "kind", "count", "first", "last", "addresses");
	for (uint32_t i = 0; i < summary->row_count; i++)
		print_row(&summary->rows[i]);
	print_count(summary->events, "event*");
	print_some(summary->unlisted, "not listed: too many streams");
	print_some(summary->lost, "lost by the kernel");
	print_some(summary->suppressed, "kept out of the log by the kernel's rate limit");
	print_some(summary->overflows, "overflow* of the SMMU's own queue");
	print_some(summary->messages, "other message* of the driver");
	print_some(summary->bad, "place* that made no sense");
}
