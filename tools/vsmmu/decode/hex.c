/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/hex.h"

#include <stdio.h>
#include <string.h>

#include "text/span.h"

#define WORDS	    4
#define WORD_DIGITS 16
#define BYTES	    VSMMU_EVENT_RECORD_SIZE

#define QUOTE_SIZE 40 /* of what is wrong, so much is quoted */

/* A number: its digits, without "0x"; or whatever else stands between separators. */
struct token {
	const char *digits;
	size_t length;
	bool prefixed;
};

static bool is_separator(char c)
{
	return c == ' ' || c == ',' || c == ';' || (c >= '\t' && c <= '\r');
}

/* Return: length of what is before a comment. */
static size_t code_length(const char *line, size_t length)
{
	const char *comment = memchr(line, '#', length);

	return comment ? (size_t)(comment - line) : length;
}

/* Return: how many, at most BYTES + 1; -1 when @bad is no number. */
static int split(const char *line, size_t length, struct token *tokens, struct span *bad)
{
	size_t at = 0;
	int count = 0;

	while (at < length && count <= BYTES) {
		struct token *token = &tokens[count];
		size_t begin = at;

		if (is_separator(line[at])) {
			at++;
			continue;
		}
		token->prefixed = length - at >= 2 && line[at] == '0' &&
				  (line[at + 1] == 'x' || line[at + 1] == 'X');
		at += token->prefixed ? 2 : 0;
		token->digits = line + at;
		while (at < length && span_digit(line[at]) < 16)
			at++;
		token->length = (size_t)(line + at - token->digits);
		if (!token->length || (at < length && !is_separator(line[at]))) {
			while (at < length && !is_separator(line[at]))
				at++;
			*bad = (struct span){.at = line + begin, .length = at - begin};
			return -1;
		}
		count++;
	}
	return count;
}

static bool token_word(const struct token *token, uint64_t *word)
{
	*word = 0;
	if (token->length > WORD_DIGITS)
		return false;
	for (size_t i = 0; i < token->length; i++)
		*word = *word << 4 | span_digit(token->digits[i]);
	return true;
}

static void put_byte(uint8_t *bytes, unsigned int index, const char *digits)
{
	bytes[index] = (uint8_t)(span_digit(digits[0]) << 4 | span_digit(digits[1]));
}

/* Return: whether it is 32 bytes: in one number or as many pairs. */
static bool parse_bytes(const struct token *tokens, int count, struct vsmmu_event_record *record)
{
	uint8_t bytes[BYTES];

	if (count == 1 && tokens[0].length == 2 * BYTES) {
		for (unsigned int i = 0; i < BYTES; i++)
			put_byte(bytes, i, tokens[0].digits + 2 * (size_t)i);
	} else if (count == BYTES) {
		for (unsigned int i = 0; i < BYTES; i++) {
			if (tokens[i].length != 2)
				return false;
			put_byte(bytes, i, tokens[i].digits);
		}
	} else {
		return false;
	}
	vsmmu_event_record_load(bytes, record);
	return true;
}

static enum hex_result bad(struct hex *hex, const char *complaint)
{
	hex->words = 0;
	snprintf(hex->complaint, sizeof(hex->complaint), "%s", complaint);
	return HEX_BAD;
}

/* The complaint begins with @what. */
static enum hex_result bad_text(struct hex *hex, struct span what, const char *complaint)
{
	char quote[QUOTE_SIZE];

	hex->words = 0;
	span_print(what, quote, sizeof(quote));
	snprintf(hex->complaint, sizeof(hex->complaint), "'%s%s' %s", quote,
		what.length < sizeof(quote) ? "" : "...", complaint);
	return HEX_BAD;
}

static enum hex_result bad_token(struct hex *hex, const struct token *token, const char *complaint)
{
	return bad_text(
		hex, (struct span){.at = token->digits, .length = token->length}, complaint);
}

static enum hex_result take_lone_word(struct hex *hex, const struct token *token)
{
	if (!token_word(token, &hex->record.word[hex->words]))
		return bad_token(hex, token, "is neither a word (16 digits) nor a record (64)");
	if (++hex->words < WORDS)
		return HEX_NOTHING;
	hex->words = 0;
	return HEX_RECORD;
}

enum hex_result hex_parse(struct hex *hex, const char *line, size_t length)
{
	struct token tokens[BYTES + 1];
	struct span wrong;
	int count = split(line, code_length(line, length), tokens, &wrong);
	unsigned int words = hex->words;

	if (count == 0)
		return HEX_NOTHING;
	if (count == 1 && tokens[0].length <= WORD_DIGITS)
		return take_lone_word(hex, &tokens[0]);
	if (words)
		return bad(hex, "a record's words, one on each line, are not complete before this");
	if (count < 0)
		return bad_text(hex, wrong, "is no hexadecimal number");
	if (parse_bytes(tokens, count, &hex->record))
		return HEX_RECORD;
	if (count == 1)
		return take_lone_word(hex, &tokens[0]);
	if (count != WORDS)
		return bad(hex, "a record is 4 words, or 64 digits, or 32 pairs of them");
	for (int i = 0; i < WORDS; i++)
		if (!token_word(&tokens[i], &hex->record.word[i]))
			return bad_token(hex, &tokens[i], "has more than the 16 digits of a word");
	return HEX_RECORD;
}

enum hex_result hex_end(struct hex *hex)
{
	return hex->words ? bad(hex, "the last record has not all of its 4 words") : HEX_NOTHING;
}

bool hex_is_likely(const char *line, size_t length)
{
	struct token tokens[BYTES + 1];
	struct span wrong;
	int count = split(line, code_length(line, length), tokens, &wrong);

	/* A short word may be one of any language: "add", "face". */
	return count > 1 || (count == 1 && (tokens[0].prefixed || tokens[0].length >= 8));
}

bool hex_is_empty(const char *line, size_t length)
{
	struct token tokens[BYTES + 1];
	struct span wrong;

	return split(line, code_length(line, length), tokens, &wrong) == 0;
}
