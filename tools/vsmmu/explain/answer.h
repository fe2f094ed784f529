/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody asks to be explained, and the entries that answer it. */
#ifndef EXPLAIN_ANSWER_H
#define EXPLAIN_ANSWER_H

#include "catalogue/catalogue.h"

#define ANSWERS_MAX 64
#define SAID_SIZE   1024
#define CAUSES_MAX  64

/**
 * struct answer - an entry that is asked for
 * @entry: never NULL
 * @said: what is said of this very line or number, "" if it is nothing
 * @causes: those of the entry, or those of them that fit the line
 * @cause_count: of them
 */
struct answer {
	const struct catalogue_entry *entry;
	const struct catalogue_cause *causes[CAUSES_MAX];
	size_t cause_count;
	char said[SAID_SIZE];
};

/**
 * struct answers - all that one question asks for
 * @parts: the question is a part of each of them: not all need be meant
 * @count: 0 if nobody knows what is meant
 */
struct answers {
	bool parts;
	size_t count;
	struct answer list[ANSWERS_MAX];
};

/**
 * answers_find() - what a question asks for
 * @answers: filled in
 * @question: a number, a name, a line, a part of a message, or a register with its value:
 *	"GERROR 0x5", "CONS 0x3000010", "COMMAND 0x40 0x1000"
 */
void answers_find(struct answers *answers, const char *question);

/* Fills in the answer to nothing but the entry's name. */
void answer_init(struct answer *answer, const struct catalogue_entry *entry);

/*
 * How many of the words behind a word that names a register belong to it, at most: 0 for a word
 * that does not.
 */
int question_values(const char *word);

#endif
