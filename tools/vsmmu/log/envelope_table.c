/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables and code of Markdown, and fields of CSV. */
#include "log/envelope_clean.h"

static bool is_csv(struct span line)
{
	return span_has(line, "\"\"") && (span_begins(line, "\"") || span_has(line, ",\"") ||
						 span_has(line, ";\"") || span_has(line, "\t\""));
}

/* A bar between two blanks, or at an edge of the line. */
static bool is_bar(struct span line, size_t at)
{
	return line.at[at] == '|' &&
	       (!at || span_is_blank(line.at[at - 1]) || at + 1 == line.length ||
		       span_is_blank(line.at[at + 1]));
}

bool has_table(struct span line)
{
	if (memchr(line.at, '`', line.length) || is_csv(line))
		return true;
	for (size_t at = 0; at < line.length; at++)
		if (is_bar(line, at))
			return true;
	return false;
}

size_t clean_table(char *text, size_t length)
{
	struct span line = {.at = text, .length = length};
	bool csv = is_csv(line);
	size_t kept = 0;

	for (size_t at = 0; at < length; at++) {
		if (csv && text[at] == '"' && at + 1 < length && text[at + 1] == '"')
			at++;
		text[kept++] = text[at] == '`' || is_bar(line, at) ? ' ' : text[at];
	}
	return kept;
}
