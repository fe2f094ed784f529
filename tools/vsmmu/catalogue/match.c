/* SPDX-License-Identifier: BSD-2-Clause */
/* Which message a line is. */
#include <ctype.h>
#include <pthread.h>

#include "catalogue/format.h"
#include "catalogue/catalogue.h"

/* A text that was cut must have so many characters of a message's own to be taken for it. */
#define CUT_MIN 8

/* Messages by their first character in lower case; 0 for those that begin with a conversion. */
static struct {
	const struct catalogue_entry *entries[CATALOGUE_MAX];
	uint16_t first[UINT8_MAX + 2]; /* those of character c are from first[c] to first[c + 1] */
} index_;
static pthread_once_t index_once = PTHREAD_ONCE_INIT;

static unsigned char key_of(const char *format)
{
	while (span_is_blank(*format))
		format++;
	return *format == '%' || *format == '\0' ? 0
						 : (unsigned char)tolower((unsigned char)*format);
}

static void build_index(void)
{
	const struct catalogue_entry *entry;
	uint16_t count = 0;

	for (unsigned int key = 0; key <= UINT8_MAX; key++) {
		index_.first[key] = count;
		for (size_t i = 0; (entry = catalogue_get(i)) && count < CATALOGUE_MAX; i++)
			if (entry->kind == CATALOGUE_MESSAGE && key_of(entry->format) == key)
				index_.entries[count++] = entry;
	}
	index_.first[UINT8_MAX + 1] = count;
}

struct best {
	const struct catalogue_entry *entry;
	struct format_match match;
	bool ambiguous; /* several messages begin with what is there of the text */
};

/* The more characters are a message's own, the better; then, if the text has all of it. */
static void try_key(struct best *best, unsigned char key, struct span text)
{
	for (unsigned int i = index_.first[key]; i < index_.first[key + 1]; i++) {
		const struct catalogue_entry *entry = index_.entries[i];
		struct format_match match;

		if (!format_match(entry->format, text, &match) ||
			(match.cut && match.literal < CUT_MIN))
			continue;
		if (best->entry && match.literal == best->match.literal && match.cut &&
			best->match.cut)
			best->ambiguous = true;
		if (best->entry && (match.literal < best->match.literal ||
					   (match.literal == best->match.literal &&
						   (match.cut || !best->match.cut))))
			continue;
		*best = (struct best){.entry = entry, .match = match};
	}
}

/* Texts whose format begins with a conversion begin so. */
static bool begins_with_argument(struct span text)
{
	return isdigit((unsigned char)text.at[0]) || span_begins(text, "VINTF") ||
	       span_begins(text, "CMDQV") || span_begins(text, "priv ") ||
	       span_begins(text, "unpriv ");
}

const struct catalogue_entry *catalogue_match(const char *text, size_t length)
{
	struct span span = span_trim((struct span){.at = text, .length = length});
	struct best best = {0};

	if (!span.length)
		return NULL;
	pthread_once(&index_once, build_index);
	try_key(&best, (unsigned char)tolower((unsigned char)span.at[0]), span);
	if (!best.entry && begins_with_argument(span))
		try_key(&best, 0, span);
	return best.ambiguous ? NULL : best.entry;
}
