/* SPDX-License-Identifier: BSD-2-Clause */
/* Items for people. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "decode/hash.h"
#include "decode/text.h"
#include "decode/view.h"

#define INDENT	       4
#define CAUSES_SHOWN   2
#define CONTEXTS_SHOWN 3
#define MESSAGES_SHOWN 10
#define SENTENCE_SIZE  (VIEW_MESSAGE_SIZE + 64)

/* "FILE:12: [12.345678] arm-smmu-v3.0.auto: ", as far as it is known. Return: its length. */
static size_t print_place(const struct output *output, const struct item *item)
{
	char place[POSITION_SIZE], when[MOMENT_SIZE], text[512];
	size_t length;

	moment_format(&item->moment, when, sizeof(when));
	length = (size_t)snprintf(text, sizeof(text), "%s: %s%s%s%s%s",
		position_format(&item->position, place, sizeof(place)), *when ? "[" : "", when,
		*when ? "] " : "", item->smmu, *item->smmu ? ": " : "");
	if (item->has_queue)
		length += (size_t)snprintf(
			text + length, sizeof(text) - length, "queue %" PRIu32 ": ", item->queue);
	if (item->has_sequence && item->kind == ITEM_EVENT)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			"event %" PRIu32 ": ", item->sequence);
	printf("%s%s%s", style_begin(&output->page, STYLE_PLACE), text, style_end(&output->page));
	return length;
}

/* The first word of @text, which is what it is about, stands out. */
static void print_headline(const struct output *output, size_t column, const char *text)
{
	size_t name = output->page.color ? strcspn(text, " ") : 0;

	if (name)
		printf("%s%.*s%s", style_begin(&output->page, STYLE_NAME), (int)name, text,
			style_end(&output->page));
	page_print(&output->page, output->page.wraps && !output->brief, column + name, INDENT,
		text + name);
}

static void __attribute__((format(printf, 2, 3)))
print_sentence(const struct output *output, const char *format, ...)
{
	char text[SENTENCE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	printf("%*s", INDENT, "");
	page_print(&output->page, output->page.wraps, INDENT, INDENT, text);
}

static uint64_t hash(uint64_t start, const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < length; i++)
		start = hash_add(start, byte[i]);
	return start;
}

/* Whether this is told for the first time; when nothing more can be remembered, it is not. */
static bool is_new(struct text_state *state, uint64_t hash)
{
	/* 0 is a place that is free. */
	hash |= 1;
	for (size_t i = 0; i < TEXT_SEEN_MAX; i++) {
		uint64_t *place = &state->seen[((hash >> 32) + i) % TEXT_SEEN_MAX];

		if (*place == hash)
			return false;
		if (!*place) {
			*place = hash;
			return true;
		}
	}
	return false;
}

/* The first causes, once for each kind, stage and stream. */
static void print_causes(
	struct output *output, const struct fault_row *row, const struct view *view)
{
	size_t count = view->cause_count < CAUSES_SHOWN ? view->cause_count : CAUSES_SHOWN;
	uint64_t what[] = {row->event.id, row->known & 1, row->event.s2, row->key.sid};
	uint64_t seen = hash(HASH_START, what, sizeof(what));

	seen = hash(seen, view->causes, count * sizeof(view->causes[0]));
	if (!is_new(&output->text, seen))
		return;
	for (size_t i = 0; i < count; i++)
		print_sentence(output, "%s: %s.", i ? "Or" : "Often", view->causes[i]->text);
	print_sentence(output, "More: vsmmu explain %s", view->entry->name);
}

static void print_context(struct output *output, const struct item *item)
{
	const struct context_line *before[CONTEXT_LINES];
	unsigned int count = context_before(&output->context, item, before);

	for (unsigned int i = 0; i < count && i < CONTEXTS_SHOWN; i++) {
		const struct position *position = &before[i]->position;
		uint64_t seen = hash(HASH_START, &position->file, sizeof(position->file));

		if (is_new(&output->text, hash(seen, &position->number, sizeof(uint64_t))))
			print_sentence(output, "Just before, in line %" PRIu64 ": %s%s%s",
				position->number, context_device(before[i]),
				*context_device(before[i]) ? ": " : "", before[i]->text);
	}
}

/* Who has the stream, once for each. */
static void print_who(struct output *output, const struct item *item, const struct view *view)
{
	char shared[SENTENCE_SIZE], text[2 * SENTENCE_SIZE];
	uint64_t seen = hash(HASH_START, item->smmu, strlen(item->smmu));
	int length = 0;

	*text = '\0';
	view_endpoints(view, item->event.sid, shared, sizeof(shared));
	if (*view->unknown)
		length = snprintf(text, sizeof(text), "%s.", view->unknown);
	if (*view->about)
		length += snprintf(text + length, sizeof(text) - (size_t)length, "%s%s is %s.",
			length ? " " : "", view->client, view->about);
	if (*shared)
		length += snprintf(text + length, sizeof(text) - (size_t)length, "%s%s.",
			length ? " " : "", shared);
	if (*view->guess)
		snprintf(text + length, sizeof(text) - (size_t)length,
			"%sIf it is a PCIe endpoint, that may be %s.", length ? " " : "",
			view->guess);
	seen = hash(seen, &item->event.sid, sizeof(item->event.sid));
	if (*text && is_new(&output->text, hash(seen, text, strlen(text))))
		print_sentence(output, "%s", text);
}

static void print_event(struct output *output, const struct item *item, struct fault_row *row)
{
	struct view view;
	size_t column = print_place(output, item);

	view_of_item(&view, output->map, item, row);
	/* Else the sentence names it. */
	if (output->brief && *view.client)
		column += (size_t)printf("%s: ", view.client);
	print_headline(output, column, view.line);
	if (output->brief)
		return;
	print_sentence(output, "%s.", view.sentence);
	if (item->partial)
		print_sentence(output, "Incomplete: %s.", item->text);
	print_who(output, item, &view);
	print_context(output, item);
	if (row)
		print_causes(output, row, &view);
}

/* What a message says, and its causes, unless the same was said before. */
static void print_message(struct output *output, const struct item *item)
{
	struct view_message view;

	view_of_message(&view, item->entry, item->text, item->command, item->command_words);
	if (*view.sentences &&
		is_new(&output->text, hash(HASH_START, view.sentences, strlen(view.sentences))))
		print_sentence(output, "%s", view.sentences);
	if (!view.entry ||
		!is_new(&output->text, hash(HASH_START, &view.entry, sizeof(view.entry))))
		return;
	for (size_t i = 0; i < view.cause_count && i < CAUSES_SHOWN; i++)
		print_sentence(output, "%s: %s.", i ? "Or" : "Often", view.causes[i]->text);
	if (view.entry->complaint)
		print_sentence(output, "More: vsmmu explain %s", view.entry->name);
}

static void print_other_items(struct output *output, const struct item *item)
{
	size_t column = print_place(output, item);
	char text[SENTENCE_SIZE];

	switch (item->kind) {
	case ITEM_LOST:
		snprintf(text, sizeof(text),
			"%" PRIu64 " event%s lost, up to number %" PRIu32
			": the vEVENTQ was full, or the host was out of memory",
			item->count, item->count == 1 ? " was" : "s were", item->sequence);
		break;
	case ITEM_OVERFLOW:
		snprintf(text, sizeof(text),
			"the SMMU's own event queue overflowed; nobody knows how many events were "
			"lost");
		break;
	case ITEM_SUPPRESSED:
		snprintf(text, sizeof(text),
			"the kernel's rate limit kept %" PRIu64 " event%s out of the log",
			item->count, item->count == 1 ? "" : "s");
		break;
	case ITEM_OTHER:
		snprintf(text, sizeof(text), "%s: %s", item->what, item->text);
		break;
	default:
		snprintf(text, sizeof(text), "%s", item->text);
		break;
	}
	page_print(&output->page, output->page.wraps && !output->brief, column, INDENT, text);
	if (item->kind == ITEM_MESSAGE && !output->brief)
		print_message(output, item);
}

/* "... 40 more like line 12, the last in line 52 [13.345678]" */
static void print_more(const struct output *output, uint64_t count, const struct occurrence *first,
	const struct occurrence *last, const char *more)
{
	char like[POSITION_SIZE], at[POSITION_SIZE], when[MOMENT_SIZE];

	if (first->position.file == last->position.file && !first->position.bytes) {
		snprintf(like, sizeof(like), "line %" PRIu64, first->position.number);
		snprintf(at, sizeof(at), "line %" PRIu64, last->position.number);
	} else {
		position_format(&first->position, like, sizeof(like));
		position_format(&last->position, at, sizeof(at));
	}
	moment_format(&last->moment, when, sizeof(when));
	printf("%s... %" PRIu64 " more like %s, %s in %s%s%s%s%s%s\n",
		style_begin(&output->page, STYLE_PLACE), count, like,
		count == 1 ? "it is" : "the last", at, *when ? " [" : "", when, *when ? "]" : "",
		more, style_end(&output->page));
}

static void print_more_events(struct output *output, struct fault_row *row)
{
	char pages[64] = "";
	struct view view;

	if (row->pages > 1)
		snprintf(pages, sizeof(pages), ", from 0x%" PRIx64 " to 0x%" PRIx64,
			row->address_least, row->address_most);
	print_more(output, row->pending, &row->first, &row->last, pages);
	row->pending = 0;
	/* That there were so many may be the reason for another cause. */
	view_of_row(&view, output->map, row);
	print_causes(output, row, &view);
}

static void print_more_messages(struct output *output)
{
	for (uint32_t i = 0; i < output->messages.row_count; i++) {
		struct message_row *row = &output->messages.rows[i];

		if (row->pending)
			print_more(output, row->pending, &row->first, &row->last, "");
		row->pending = 0;
	}
}

void text_flush(struct output *output)
{
	struct text_state *state = &output->text;

	for (unsigned int i = 0; i < state->pending_count; i++)
		print_more_events(output, &output->faults.rows[state->pending[i]]);
	state->pending_count = 0;
	if (state->pending_messages)
		print_more_messages(output);
	state->pending_messages = false;
}

/* Whether one like it was shown: then it is only counted. */
static bool keep_back_event(struct output *output, struct fault_row *row)
{
	struct text_state *state = &output->text;

	if (row->count == 1)
		return false;
	if (!row->pending && state->pending_count == TEXT_PENDING_MAX)
		text_flush(output);
	if (!row->pending++)
		state->pending[state->pending_count++] = (uint32_t)(row - output->faults.rows);
	return true;
}

/* Messages differ in their numbers, so that some are shown. */
static bool keep_back_message(struct output *output, struct message_row *row)
{
	if (row->count <= MESSAGES_SHOWN)
		return false;
	row->pending++;
	output->text.pending_messages = true;
	return true;
}

void text_print(struct output *output, const struct item *item, struct fault_row *row,
	struct message_row *message)
{
	if (!output->brief && row && keep_back_event(output, row))
		return;
	if (!output->brief && message && keep_back_message(output, message))
		return;
	text_flush(output);
	output->shown++;
	if (item->kind == ITEM_EVENT)
		print_event(output, item, row);
	else
		print_other_items(output, item);
}

void raw_print(struct output *output, const struct item *item)
{
	char text[VSMMU_EVENT_TEXT_SIZE];

	if (item->kind != ITEM_EVENT)
		return;
	if (item->words < ITEM_WORDS) {
		output->wordless++;
		return;
	}
	output->shown++;
	vsmmu_event_format_record(text, sizeof(text), &item->record);
	printf("%s\n", text);
}
