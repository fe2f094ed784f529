/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries in a form of text: each form is a set of these functions. */
#ifndef EXPLAIN_WRITER_H
#define EXPLAIN_WRITER_H

#include <stddef.h>

#include "explain/answer.h"

struct page;

/**
 * struct writer - a form
 * @begin: of a page that has all entries; may be NULL
 * @part: a heading over the entries of one kind; may be NULL
 * @entry: an entry's heading
 * @paragraph: its label is NULL for what happened
 * @causes: a list, the most likely first, and its heading
 * @end: of an entry; @last: of the page
 */
struct writer {
	void (*begin)(const struct page *page);
	void (*part)(const struct page *page, const char *title);
	void (*entry)(
		const struct page *page, const struct catalogue_entry *entry, const char *title);
	void (*paragraph)(const struct page *page, const char *label, const char *text);
	void (*causes)(const struct page *page, const char *heading,
		const struct catalogue_cause *const *causes, size_t count);
	void (*end)(const struct page *page);
	void (*last)(const struct page *page);
};

extern const struct writer writer_text, writer_scdoc, writer_html;

void write_entry(const struct writer *writer, const struct page *page, const struct answer *answer);

/* A whole page, with the entries of all kinds. */
void write_all(const struct writer *writer, const struct page *page);

/* The entry in a line: what it is, its number, its name, and what happened or the format. */
void write_line(const struct page *page, const struct catalogue_entry *entry);

/* Return: "event", "gerror", "command" or "message"; and of several, for a heading. */
const char *kind_name(enum catalogue_kind kind);
const char *kind_title(enum catalogue_kind kind);

/* Return: false if there is no memory. An array of objects. */
bool write_json(const struct answer *const *answers, size_t count);

#endif
