/* SPDX-License-Identifier: BSD-2-Clause */
#include "command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool option_number(const char *command, const char *option, const char *text, uint64_t min,
	uint64_t max, uint64_t *out)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	/* strtoull() takes leading blanks and a sign, which are no part of a count. */
	if (text[0] < '0' || text[0] > '9' || *end || errno || value < min || value > max) {
		fprintf(stderr, "%s: %s wants a number from %" PRIu64 " to %" PRIu64 ", not '%s'\n",
			command, option, min, max, text);
		return false;
	}
	*out = value;
	return true;
}

int option_choice(
	const char *command, const char *option, const char *text, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(text, names[i]))
			return i;
	fprintf(stderr, "%s: %s: '%s' is not known; it is one of:", command, option, text);
	for (int i = 0; names[i]; i++)
		fprintf(stderr, " %s", names[i]);
	fprintf(stderr, "\n");
	return -1;
}
