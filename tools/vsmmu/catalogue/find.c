/* SPDX-License-Identifier: BSD-2-Clause */
#include "catalogue/find.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_SIZE 64

/* A word of a record has this many characters: a number below is something else. */
#define WORD_LENGTH 18

/* A shorter part is in too many messages. */
#define PART_MIN 3

/* Colons of a log's line that the driver's text may begin behind. */
#define COLONS_MAX 16

bool catalogue_find_number(const char *text, uint64_t *number)
{
	bool hex = text[0] == '0' || strpbrk(text, "abcdefABCDEF");
	char *end;

	/* strtoull() takes signs and blanks as well. */
	if (!isdigit((unsigned char)text[0]) &&
		(!hex || strlen(text) > 2 || !isxdigit((unsigned char)text[0])))
		return false;
	errno = 0;
	*number = strtoull(text, &end, hex ? 16 : 10);
	return !errno && *end == '\0';
}

/* A name as it is compared: letters in lower case, digits, and "_" for each run of others. */
static void normalize(const char *text, char *name, size_t size)
{
	size_t length = 0;

	for (; *text && length + 1 < size; text++) {
		if (isalnum((unsigned char)*text))
			name[length++] = (char)tolower((unsigned char)*text);
		else if (length && name[length - 1] != '_')
			name[length++] = '_';
	}
	while (length && name[length - 1] == '_')
		length--;
	name[length] = '\0';
}

/* Return: the name without what programs set before it. */
static const char *core_of(const char *name)
{
	static const char *const prefixes[] = {"vsmmu_", "arm_", "smmuv3_", "smmu_", "evt_id_",
		"evt_", "event_", "gerror_", "cmdq_err_", "cmdq_"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			name += strlen(prefixes[i]);
	/* F_TRANSLATION, C_BAD_STE, E_PAGE_REQUEST */
	if (name[0] && name[1] == '_' && strchr("cef", name[0]))
		name += 2;
	return name;
}

enum likeness { DIFFERENT, SAME_CORE, SAME };

static enum likeness compare(const char *name, const char *other)
{
	char normal[NAME_SIZE];

	normalize(other, normal, sizeof(normal));
	if (!strcmp(name, normal))
		return SAME;
	return *core_of(name) && !strcmp(core_of(name), core_of(normal)) ? SAME_CORE : DIFFERENT;
}

static enum likeness likeness_of(const struct catalogue_entry *entry, const char *name)
{
	enum likeness best = compare(name, entry->name);

	for (const char *const *alias = entry->aliases; alias && *alias && best != SAME; alias++) {
		enum likeness likeness = compare(name, *alias);

		best = likeness > best ? likeness : best;
	}
	return best;
}

static bool has_alias(const struct catalogue_entry *entry, const char *name)
{
	for (const char *const *alias = entry->aliases; alias && *alias; alias++)
		if (compare(name, *alias) == SAME)
			return true;
	return false;
}

static const struct catalogue_entry *find_name(const char *words)
{
	const struct catalogue_entry *entry, *found = NULL;
	char name[NAME_SIZE];

	normalize(words, name, sizeof(name));
	for (size_t i = 0; *name && (entry = catalogue_get(i)); i++) {
		enum likeness likeness = likeness_of(entry, name);

		/* The id of a message is like a part of it, which others may have, too. */
		if (entry->kind == CATALOGUE_MESSAGE && !has_alias(entry, name) &&
			strcasecmp(words, entry->name) != 0)
			continue;
		if (likeness == SAME)
			return entry;
		if (likeness == SAME_CORE && !found)
			found = entry;
	}
	return found;
}

const struct catalogue_entry *catalogue_find_line(const char *line, const char **text)
{
	const char *at = line;

	for (int i = 0; at && i < COLONS_MAX; i++) {
		const struct catalogue_entry *entry = catalogue_match(at, strlen(at));

		*text = at;
		if (entry)
			return entry;
		at = strstr(at, ": ");
		if (at)
			at += 2;
	}
	return NULL;
}

size_t catalogue_search(const char *words, const struct catalogue_entry **entries, size_t max)
{
	const struct catalogue_entry *entry = NULL;
	size_t count = 0;
	uint64_t number;
	const char *text;

	if (!max)
		return 0;
	while (isspace((unsigned char)*words))
		words++;
	if (catalogue_find_number(words, &number)) {
		if (number <= UINT8_MAX)
			entry = catalogue_event((uint8_t)number);
		else if (strlen(words) < WORD_LENGTH)
			return 0;
	}
	if (!entry)
		entry = find_name(words);
	if (entry) {
		entries[0] = entry;
		return 1;
	}
	/* The whole of a message may be a part of another, later form of it: both are meant. */
	entry = catalogue_find_line(words, &text);
	if (entry && (text != words || strlen(words) > strlen(entry->format))) {
		entries[0] = entry;
		return 1;
	}
	for (size_t i = 0; strlen(words) >= PART_MIN && (entry = catalogue_get(i)); i++)
		if (count < max && entry->format && strcasestr(entry->format, words))
			entries[count++] = entry;
	if (!count && catalogue_find_line(words, &text))
		entries[count++] = catalogue_find_line(words, &text);
	return count;
}

const struct catalogue_entry *catalogue_find(const char *words)
{
	const struct catalogue_entry *entry;

	return catalogue_search(words, &entry, 1) ? entry : NULL;
}

/* How many letters must be changed, added or left out to make one name of the other. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NAME_SIZE + 1];
	size_t length = strlen(b);

	for (unsigned int j = 0; j <= length; j++)
		row[j] = j;
	for (unsigned int i = 1; a[i - 1]; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			unsigned int change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
			if (change < row[j])
				row[j] = change;
		}
	}
	return row[length];
}

/* A name of which what was said is a part is as near as one with a wrong letter. */
static unsigned int distance_of(const char *name, const char *other)
{
	char normal[NAME_SIZE];

	normalize(other, normal, sizeof(normal));
	if (strlen(name) >= PART_MIN && strstr(normal, name))
		return 1;
	return distance(core_of(name), core_of(normal));
}

/* By the nearest of its names. An entry whose text corrects a wrong name is near that one, too. */
static unsigned int distance_of_entry(
	const struct catalogue_entry *entry, const char *words, const char *name)
{
	unsigned int best = distance_of(name, entry->name);

	for (const char *const *alias = entry->aliases; alias && *alias; alias++) {
		unsigned int other = distance_of(name, *alias);

		best = other < best ? other : best;
	}
	if (best > 1 && strlen(name) >= PART_MIN && strcasestr(entry->what, words))
		best = 1;
	return best;
}

size_t catalogue_nearest(const char *words, const struct catalogue_entry **entries, size_t max)
{
	const struct catalogue_entry *entry;
	unsigned int limit, distances[CATALOGUE_MAX];
	char name[NAME_SIZE];
	size_t count = 0;

	normalize(words, name, sizeof(name));
	limit = (unsigned int)strlen(core_of(name)) / 3;
	for (size_t i = 0; i < CATALOGUE_MAX && (entry = catalogue_get(i)); i++)
		distances[i] = distance_of_entry(entry, words, name);
	/* By distance, and among equals in the catalogue's order. */
	for (unsigned int near = 0; near <= limit; near++)
		for (size_t i = 0; count < max && i < CATALOGUE_MAX && (entry = catalogue_get(i));
			i++)
			if (distances[i] == near)
				entries[count++] = entry;
	return count;
}
