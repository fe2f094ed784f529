/* SPDX-License-Identifier: BSD-2-Clause */
/* Many words looked for in one pass over a line. */
#ifndef LOG_WORDS_H
#define LOG_WORDS_H

#include "text/span.h"

struct word {
	const char *text; /* two characters or more */
	const char *what; /* who uses it, or what it tells */
	unsigned int kind;
};

/**
 * struct words - what to look for
 * @start: for the first character of each word: 1 + the place of the first such word
 * @list: the words, those with one first character side by side; the last has no text
 */
struct words {
	uint8_t start[256];
	const struct word *list;
};

/**
 * words_find() - the first place where any of the words is
 * @words: what to look for
 * @text: where
 * @at: where to begin; then the place of the word
 *
 * Return: the word, or NULL if there is none.
 */
static inline const struct word *words_find(const struct words *words, struct span text, size_t *at)
{
	for (; *at + 1 < text.length; ++*at) {
		const char *here = text.at + *at;
		unsigned int i = words->start[(unsigned char)here[0]];

		if (!i--)
			continue;
		for (; words->list[i].text && words->list[i].text[0] == here[0]; i++)
			if (words->list[i].text[1] == here[1] &&
				span_begins(span_skip(text, *at), words->list[i].text))
				return &words->list[i];
	}
	return NULL;
}

#endif
