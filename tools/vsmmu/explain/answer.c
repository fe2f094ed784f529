/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "catalogue/find.h"
#include "catalogue/message_line.h"

#define QUESTION_SIZE 512
#define VALUES_MAX    2

void answer_init(struct answer *answer, const struct catalogue_entry *entry)
{
	answer->entry = entry;
	answer->said[0] = '\0';
	answer->cause_count = catalogue_causes(entry, NULL, answer->causes, CAUSES_MAX);
}

/* Return: the answer, to be completed; NULL without an entry, or if there are too many. */
static struct answer *add(struct answers *answers, const struct catalogue_entry *entry)
{
	struct answer *answer = &answers->list[answers->count];

	if (!entry || answers->count == ANSWERS_MAX)
		return NULL;
	answer_init(answer, entry);
	answers->count++;
	return answer;
}

static void add_said(struct answers *answers, const struct catalogue_entry *entry, const char *said)
{
	struct answer *answer = add(answers, entry);

	if (answer)
		snprintf(answer->said, sizeof(answer->said), "%s", said);
}

static void add_line(struct answers *answers, const struct catalogue_entry *entry, const char *line,
	const uint64_t *command)
{
	struct answer *answer = add(answers, entry);

	if (!answer)
		return;
	catalogue_message_explain(
		answer->said, sizeof(answer->said), entry, line, strlen(line), command);
	answer->cause_count = catalogue_message_causes(
		entry, line, strlen(line), command, answer->causes, CAUSES_MAX);
}

/* Each bit that is set, with the same told of the whole. */
static void find_gerror(struct answers *answers, const uint64_t *values)
{
	char line[96], said[SAID_SIZE];

	snprintf(line, sizeof(line), "unexpected global error reported (0x%08" PRIx64 "), ",
		values[0]);
	catalogue_message_explain(
		said, sizeof(said), catalogue_find("global-error"), line, strlen(line), NULL);
	for (unsigned int bit = 0; bit < 32; bit++)
		if (values[0] >> bit & 1)
			add_said(answers, catalogue_gerror(bit), said);
}

static void find_cons(struct answers *answers, const uint64_t *values)
{
	char line[96], said[SAID_SIZE];

	snprintf(line, sizeof(line), "CMDQ error (cons 0x%08" PRIx64 "): ?", values[0]);
	catalogue_message_explain(
		said, sizeof(said), catalogue_find("cmdq-error"), line, strlen(line), NULL);
	add_said(answers, catalogue_command_error(cmdq_error((uint32_t)values[0])), said);
}

static void find_command(struct answers *answers, const uint64_t *values)
{
	const struct catalogue_entry *entry = catalogue_find("cmdq-skip-command");

	if (entry)
		add_line(answers, entry, entry->format, values);
}

static void find_event(struct answers *answers, const uint64_t *values)
{
	if (values[0] <= UINT8_MAX)
		add(answers, catalogue_event((uint8_t)values[0]));
}

static const struct {
	const char *name;
	void (*find)(struct answers *answers, const uint64_t *values);
	int values;
	int kind; /* of the entries that it asks for without a value; -1: none */
} registers[] = {
	{"EVENT", find_event, 1, CATALOGUE_EVENT},
	{"GERROR", find_gerror, 1, CATALOGUE_GERROR},
	{"SMMU_GERROR", find_gerror, 1, CATALOGUE_GERROR},
	{"CONS", find_cons, 1, CATALOGUE_COMMAND_ERROR},
	{"CMDQ_CONS", find_cons, 1, CATALOGUE_COMMAND_ERROR},
	{"SMMU_CMDQ_CONS", find_cons, 1, CATALOGUE_COMMAND_ERROR},
	{"COMMAND", find_command, 2, -1},
	{"CMD", find_command, 2, -1},
};

#define REGISTERS (sizeof(registers) / sizeof(registers[0]))

int question_values(const char *word)
{
	for (size_t i = 0; i < REGISTERS; i++)
		if (!strcasecmp(word, registers[i].name))
			return registers[i].values;
	return 0;
}

/* All entries of a kind. Return: whether there are any. */
static bool find_kind(struct answers *answers, int kind)
{
	const struct catalogue_entry *entry;

	answers->parts = true;
	for (size_t i = 0; (entry = catalogue_get(i)); i++)
		if ((int)entry->kind == kind)
			add(answers, entry);
	return answers->count;
}

/* "GERROR 0x5", "GERROR=0x5", "gerror: 5". Return: whether it is such a question. */
static bool find_register(struct answers *answers, const char *question)
{
	char text[QUESTION_SIZE], *rest = text, *word;
	uint64_t values[VALUES_MAX] = {0};
	int count = 0, which = -1;

	snprintf(text, sizeof(text), "%s", question);
	while ((word = strsep(&rest, " \t=:,"))) {
		if (!*word)
			continue;
		for (size_t i = 0; which < 0 && i < REGISTERS; i++)
			if (!strcasecmp(word, registers[i].name))
				which = (int)i;
		if (which < 0)
			return false;
		if (!strcasecmp(word, registers[which].name) && !count)
			continue;
		if (count == registers[which].values ||
			!catalogue_find_number(word, &values[count++]))
			return false;
	}
	if (which < 0)
		return false;
	if (!count)
		return find_kind(answers, registers[which].kind);
	registers[which].find(answers, values);
	return true;
}

/* A line about an event asks for the event, by its number or by the name that the driver has. */
static const struct catalogue_entry *event_of_line(
	const struct catalogue_entry *entry, const char *line)
{
	struct format_match match;
	char name[64];

	if (strncmp(entry->name, "event-", strlen("event-")) != 0 ||
		!format_match(entry->format, span_of(line), &match) || !match.count)
		return entry;
	if (!strcmp(entry->name, "event-received"))
		return match.arguments[0].value <= UINT8_MAX
			       ? catalogue_event((uint8_t)match.arguments[0].value)
			       : entry;
	if (!strcmp(entry->name, "event-detail"))
		return entry;
	span_print(match.arguments[0].text, name, sizeof(name));
	return catalogue_find(name) ? catalogue_find(name) : entry;
}

/* Who copies a number of two digits from somewhere may leave out that it is hexadecimal. */
static void tell_base(struct answers *answers, const char *question)
{
	struct answer *answer = answers->list;
	unsigned int hex;
	uint64_t number;
	char rest;

	if (answers->count != 1 || answer->entry->kind != CATALOGUE_EVENT || question[0] == '0' ||
		!catalogue_find_number(question, &number) || number < 10 ||
		strspn(question, "0123456789") != strlen(question) ||
		sscanf(question, "%x%c", &hex, &rest) != 1 || hex > UINT8_MAX)
		return;
	snprintf(answer->said, sizeof(answer->said),
		"%s is taken for a decimal number; hexadecimal 0x%s is %s", question, question,
		catalogue_event((uint8_t)hex)->name);
}

void answers_find(struct answers *answers, const char *question)
{
	const struct catalogue_entry *entries[ANSWERS_MAX];
	const char *line;
	size_t count;

	answers->count = 0;
	answers->parts = false;
	if (find_register(answers, question))
		return;
	count = catalogue_search(question, entries, ANSWERS_MAX);
	answers->parts = count > 1;
	for (size_t i = 0; i < count; i++) {
		if (count == 1 && catalogue_find_line(question, &line) == entries[0])
			add_line(answers, event_of_line(entries[0], line), line, NULL);
		else
			add(answers, entries[i]);
	}
	tell_base(answers, question);
}
