/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that a printf() format made, taken apart again. */
#ifndef CATALOGUE_FORMAT_H
#define CATALOGUE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/span.h"

/** FORMAT_ARGUMENTS - more than any of the catalogue's formats has */
#define FORMAT_ARGUMENTS 16

/**
 * struct format_argument - what a conversion of the format printed
 * @text: as it stands in the text
 * @value: of a number; a negative one in two's complement; 0 for other conversions
 */
struct format_argument {
	struct span text;
	uint64_t value;
};

/**
 * struct format_match - how a text fits a format
 * @cut: the text ends before the format does
 * @count: how many arguments the text has, whole
 * @literal: how many characters of the format's own the text has, blanks not counted
 * @arguments: @count of them
 */
struct format_match {
	bool cut;
	unsigned int count;
	unsigned int literal;
	struct format_argument arguments[FORMAT_ARGUMENTS];
};

/**
 * format_match() - whether a text was made by a format
 * @format: of the kernel's printf(), which may end with a line's end
 * @text: any bytes
 * @match: filled in on success
 *
 * What people do to a log does no harm: text behind the end that begins no longer word, other
 * blanks, upper-case digits. A text that ends anywhere in the format matches as well, and says
 * that it is cut; a number that may be cut is no argument. A string is at most 64 characters long,
 * and at the format's begin it is empty or ends with ": ", as the heads of messages do. The time
 * that it takes is bounded, whatever the text: where that is not enough, nothing matches.
 *
 * Return: whether it matches.
 */
bool format_match(const char *format, struct span text, struct format_match *match);

#endif
