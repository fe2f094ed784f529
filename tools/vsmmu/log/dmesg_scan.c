/* SPDX-License-Identifier: BSD-2-Clause */
/* Most lines of a log are somebody else's: they must cost next to nothing. */
#include "log/dmesg_line.h"

/* Whether @text is where its letter number @letter is at @at. */
static bool is_around(struct span line, size_t at, size_t letter, const char *text)
{
	return at >= letter && span_begins(span_skip(line, at - letter), text);
}

/* "0x" and a digit, where the x is; a blank may have come between them. */
static bool is_number(struct span line, size_t at)
{
	size_t digit = at + 1 + (at + 1 < line.length && line.at[at + 1] == ' ');

	return at && line.at[at - 1] == '0' && digit < line.length &&
	       span_digit(line.at[digit]) < 16;
}

/* A letter that is rare in logs was seen: looks for the words that have it. */
static unsigned int look_around(struct span line, size_t at)
{
	switch (line.at[at]) {
	case 'v':
		if (is_around(line, at, 1, "event"))
			return DMESG_KEY_EVENT;
		if (is_around(line, at, 3, "priv"))
			return DMESG_KEY_DETAIL;
		return is_around(line, at, 2, "iova") ? DMESG_KEY_REQUESTER : 0;
	case 'x':
	case 'X':
		if (is_number(line, at))
			return DMESG_KEY_WORD;
		return is_around(line, at, 3, "unexpected ") ? DMESG_KEY_DRIVER : 0;
	case 'b':
		return is_around(line, at, 4, "callbacks suppressed") ? DMESG_KEY_DRIVER : 0;
	case 'm':
		return is_around(line, at, 1, "smmu") || is_around(line, at, 3, "iommu:")
			       ? DMESG_KEY_DRIVER
			       : 0;
	case 'M':
		return is_around(line, at, 1, "SMMU") ? DMESG_KEY_DRIVER : 0;
	case 'q':
		return is_around(line, at, 3, "cmdqv") ? DMESG_KEY_DRIVER : 0;
	case 'Q':
		return is_around(line, at, 3, "CMDQ") || is_around(line, at, 3, "EVTQ") ||
				       is_around(line, at, 3, "PRIQ")
			       ? DMESG_KEY_DRIVER
			       : 0;
	case '_':
		return is_around(line, at, 3, "CMD_SYNC") ? DMESG_KEY_DRIVER : 0;
	case 'D':
		return is_around(line, at, 7, "StreamID") ? DMESG_KEY_DRIVER : 0;
	case 'G':
		return is_around(line, at, 0, "GERROR") ? DMESG_KEY_DRIVER : 0;
	case 'F':
		return is_around(line, at, 0, "Failure Mode") ? DMESG_KEY_DRIVER : 0;
	case 'k':
		return is_around(line, at, 1, "skipping command") ? DMESG_KEY_DRIVER : 0;
	default:
		return 0;
	}
}

unsigned int dmesg_line_scan(struct span line)
{
	static const bool rare[256] = {
		['v'] = true,
		['x'] = true,
		['X'] = true,
		['b'] = true,
		['m'] = true,
		['M'] = true,
		['q'] = true,
		['Q'] = true,
		['_'] = true,
		['D'] = true,
		['G'] = true,
		['F'] = true,
		['k'] = true,
	};
	unsigned int found = 0;

	for (size_t at = 0; at < line.length; at++)
		if (rare[(unsigned char)line.at[at]])
			found |= look_around(line, at);
	return found;
}
