/* SPDX-License-Identifier: BSD-2-Clause */
/* Characters that word processors, browsers and mailers put in the place of others. */
#include "log/envelope_clean.h"

#include <stdbool.h>
#include <stdint.h>

#define REMOVED 0

/* What stands for the characters from @first to @last. Sorted. */
static const struct {
	uint32_t first;
	uint32_t last;
	char instead;
} characters[] = {
	{0x0085, 0x0085, '\n'}, {0x00a0, 0x00a0, ' '}, {0x00ab, 0x00ab, '"'},
	{0x00ad, 0x00ad, REMOVED}, /* soft hyphen */
	{0x00bb, 0x00bb, '"'}, {0x034f, 0x034f, REMOVED}, {0x061c, 0x061c, REMOVED},
	{0x1680, 0x1680, ' '}, {0x180e, 0x180e, REMOVED}, {0x2000, 0x200a, ' '},
	{0x200b, 0x200f, REMOVED}, /* of no width; marks of direction */
	{0x2010, 0x2015, '-'}, {0x2018, 0x201b, '\''}, {0x201c, 0x201f, '"'},
	{0x2028, 0x2029, '\n'}, {0x202a, 0x202e, REMOVED}, {0x202f, 0x202f, ' '},
	{0x205f, 0x205f, ' '}, {0x2060, 0x206f, REMOVED}, {0x2212, 0x2212, '-'},
	{0x2409, 0x2409, '\t'}, /* pictures of a tab, a line end, a blank */
	{0x240a, 0x240a, '\n'}, {0x2420, 0x2420, ' '}, {0x3000, 0x3000, ' '},
	{0xfe00, 0xfe0f, REMOVED}, {0xfeff, 0xfeff, REMOVED}, /* a byte order mark */
};

/* Reads one character of UTF-8. Return: its bytes, 0 if that is none. */
static size_t read_character(const unsigned char *at, size_t length, uint32_t *character)
{
	size_t bytes = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;

	if (at[0] < 0xc2 || at[0] > 0xf4 || length < bytes)
		return 0;
	*character = at[0] & (0x7fu >> bytes);
	for (size_t i = 1; i < bytes; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (at[i] & 0x3fu);
	}
	return bytes;
}

/* Return: whether there is something to stand in its place. */
static bool find_instead(uint32_t character, char *instead)
{
	/* The wide forms of ASCII. */
	if (character >= 0xff01 && character <= 0xff5e) {
		*instead = (char)(character - 0xff01 + '!');
		return true;
	}
	for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
		if (character <= characters[i].last) {
			*instead = characters[i].instead;
			return character >= characters[i].first;
		}
	}
	return false;
}

size_t clean_unicode(char *text, size_t length)
{
	const unsigned char *from = (const unsigned char *)text;
	size_t kept = 0;

	for (size_t at = 0; at < length;) {
		uint32_t character;
		char instead;
		size_t bytes =
			from[at] < 0x80 ? 0 : read_character(from + at, length - at, &character);

		if (bytes && find_instead(character, &instead)) {
			if (instead != REMOVED)
				text[kept++] = instead;
			at += bytes;
			continue;
		}
		/* Latin 1 has the non-breaking blank as one byte. */
		if (!bytes && from[at] == 0xa0) {
			text[kept++] = ' ';
			at++;
			continue;
		}
		bytes = bytes ? bytes : 1;
		for (size_t i = 0; i < bytes; i++)
			text[kept++] = text[at++];
	}
	return kept;
}
