/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of an entry in their order, in whatever form. */
#include <stdio.h>
#include <string.h>

#include "explain/writer.h"

static const char *const names[] = {
	[CATALOGUE_EVENT] = "event",
	[CATALOGUE_GERROR] = "gerror",
	[CATALOGUE_COMMAND_ERROR] = "command",
	[CATALOGUE_MESSAGE] = "message",
};

static const char *const titles[] = {
	[CATALOGUE_EVENT] = "Events",
	[CATALOGUE_GERROR] = "Global errors",
	[CATALOGUE_COMMAND_ERROR] = "Command errors",
	[CATALOGUE_MESSAGE] = "Messages of drivers",
};

const char *kind_name(enum catalogue_kind kind)
{
	return names[kind];
}

const char *kind_title(enum catalogue_kind kind)
{
	return titles[kind];
}

/* Adds a word to a list; it is cut where there is no room, which is more than any list needs. */
static void join(char *list, size_t size, const char *word)
{
	size_t length = strlen(list);

	snprintf(list + length, size - length, "%s%s", length ? ", " : "", word);
}

static void write_title(
	const struct writer *writer, const struct page *page, const struct catalogue_entry *entry)
{
	const char *format;
	char title[256];

	switch (entry->kind) {
	case CATALOGUE_EVENT:
		if (entry->number == VSMMU_EVENT_IMPDEF_FIRST)
			snprintf(title, sizeof(title), "%s (events 0x%02x to 0x%02x)", entry->name,
				VSMMU_EVENT_IMPDEF_FIRST, VSMMU_EVENT_IMPDEF_LAST);
		else if (entry->number >= 0)
			snprintf(title, sizeof(title), "%s (event 0x%02x)", entry->name,
				(unsigned int)entry->number);
		else
			snprintf(title, sizeof(title), "%s (an event)", entry->name);
		break;
	case CATALOGUE_GERROR:
		snprintf(title, sizeof(title), "%s (bit %d of GERROR)", entry->name, entry->number);
		break;
	case CATALOGUE_COMMAND_ERROR:
		snprintf(title, sizeof(title), "%s (error %d of CMDQ_CONS)", entry->name,
			entry->number);
		break;
	default:
		format = entry->format + strspn(entry->format, " \t");
		snprintf(title, sizeof(title), "%.*s", (int)strcspn(format, "\n"), format);
		break;
	}
	writer->entry(page, entry, title);
}

static void write_text(
	const struct writer *writer, const struct page *page, const char *label, const char *text)
{
	if (text && *text)
		writer->paragraph(page, label, text);
}

/* Those that are usual, then those that need something in the record or the log. */
static void write_causes(
	const struct writer *writer, const struct page *page, const struct answer *answer)
{
	const struct catalogue_cause *const *causes = answer->causes, *sorted[CAUSES_MAX];
	size_t count = answer->cause_count, general = 0, special = 0;

	for (size_t i = 0; i < count; i++)
		if (catalogue_cause_is_usual(causes[i]))
			sorted[general++] = causes[i];
	for (size_t i = 0; i < count; i++)
		if (!catalogue_cause_is_usual(causes[i]))
			sorted[general + special++] = causes[i];
	if (general)
		writer->causes(page, "Causes, the most likely first", sorted, general);
	if (special)
		writer->causes(page,
			general ? "More likely, if the record and the log fit"
				: "Causes, if the record and the log fit",
			sorted + general, special);
}

void write_entry(const struct writer *writer, const struct page *page, const struct answer *answer)
{
	const struct catalogue_entry *entry = answer->entry;
	char culprits[256] = "", aliases[512] = "";

	for (size_t i = 0; i < CATALOGUE_CULPRITS && entry->culprits[i] != CULPRIT_NONE; i++)
		join(culprits, sizeof(culprits), culprit_name(entry->culprits[i]));
	for (const char *const *alias = entry->aliases; alias && *alias; alias++)
		join(aliases, sizeof(aliases), *alias);
	write_title(writer, page, entry);
	write_text(writer, page, NULL, entry->what);
	write_text(writer, page, "This one", answer->said);
	write_text(writer, page, "Trust", entry->trust);
	write_text(writer, page, "Guest", entry->guest);
	write_text(writer, page, "Suspect", culprits);
	write_causes(writer, page, answer);
	write_text(writer, page, "Look at", entry->look);
	write_text(writer, page, "Next", entry->next);
	write_text(writer, page, "Also called", aliases);
	write_text(writer, page, "Printed by", entry->source);
	write_text(writer, page, "Section", entry->section);
	writer->end(page);
}

void write_all(const struct writer *writer, const struct page *page)
{
	const struct catalogue_entry *entry;
	struct answer answer;
	int kind = -1;

	if (writer->begin)
		writer->begin(page);
	for (size_t i = 0; (entry = catalogue_get(i)); i++) {
		if ((int)entry->kind != kind && writer->part)
			writer->part(page, kind_title(entry->kind));
		kind = (int)entry->kind;
		answer_init(&answer, entry);
		write_entry(writer, page, &answer);
	}
	if (writer->last)
		writer->last(page);
}
