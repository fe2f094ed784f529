/* SPDX-License-Identifier: BSD-2-Clause */
/* Tags and entities of HTML, which forums and chat programs leave in a log. */
#include "log/envelope_clean.h"

#define TAG_MAX	   256 /* characters of a tag with its attributes */
#define ENTITY_MAX 16
#define ROUNDS	   3 /* "&amp;amp;quot;" was escaped as often */

/* What stands for a tag; '\0': nothing. */
static const struct {
	const char *name;
	char instead;
} tags[] = {
	{"a", '\0'},
	{"b", '\0'},
	{"blockquote", '\n'},
	{"body", '\n'},
	{"br", '\n'},
	{"code", '\0'},
	{"details", '\n'},
	{"div", '\n'},
	{"em", '\0'},
	{"font", '\0'},
	{"h1", '\n'},
	{"h2", '\n'},
	{"h3", '\n'},
	{"h4", '\n'},
	{"hr", '\n'},
	{"html", '\n'},
	{"i", '\0'},
	{"kbd", '\0'},
	{"li", '\n'},
	{"mark", '\0'},
	{"ol", '\n'},
	{"p", '\n'},
	{"pre", '\n'},
	{"q", '\0'},
	{"s", '\0'},
	{"samp", '\0'},
	{"small", '\0'},
	{"span", '\0'},
	{"strong", '\0'},
	{"summary", '\n'},
	{"table", '\n'},
	{"tbody", '\n'},
	{"td", ' '},
	{"th", ' '},
	{"thead", '\n'},
	{"tr", '\n'},
	{"tt", '\0'},
	{"u", '\0'},
	{"ul", '\n'},
	{"wbr", '\0'},
};

static const struct {
	const char *name;
	uint32_t character;
} entities[] = {
	{"NewLine", '\n'},
	{"Tab", '\t'},
	{"ZeroWidthSpace", 0x200b},
	{"amp", '&'},
	{"apos", '\''},
	{"bsol", '\\'},
	{"colon", ':'},
	{"comma", ','},
	{"commat", '@'},
	{"emsp", 0x2003},
	{"ensp", 0x2002},
	{"equals", '='},
	{"gt", '>'},
	{"hyphen", 0x2010},
	{"lbrack", '['},
	{"ldquo", 0x201c},
	{"lowbar", '_'},
	{"lpar", '('},
	{"lsqb", '['},
	{"lsquo", 0x2018},
	{"lt", '<'},
	{"ndash", 0x2013},
	{"nbsp", 0xa0},
	{"num", '#'},
	{"period", '.'},
	{"quot", '"'},
	{"rbrack", ']'},
	{"rdquo", 0x201d},
	{"rpar", ')'},
	{"rsqb", ']'},
	{"rsquo", 0x2019},
	{"shy", 0xad},
	{"sol", '/'},
	{"thinsp", 0x2009},
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool has_markup(struct span line)
{
	for (size_t at = 0; at + 2 < line.length; at++) {
		char next = line.at[at + 1];

		if (line.at[at] == '<' && (is_letter(next) || next == '/' || next == '!'))
			return true;
		if (line.at[at] == '&' && (is_letter(next) || next == '#'))
			return true;
	}
	return false;
}

/* Compares a tag's name, in any case. */
static bool is_named(struct span word, const char *name)
{
	if (word.length != strlen(name))
		return false;
	for (size_t i = 0; i < word.length; i++)
		if ((word.at[i] | 0x20) != (name[i] | 0x20))
			return false;
	return true;
}

static bool take_tag(struct span *text, char *instead)
{
	struct span rest = *text, inside, word;

	*instead = '\0';
	if (rest.length > TAG_MAX)
		rest.length = TAG_MAX;
	if (span_take(&rest, "<![CDATA[") ||
		(span_take(&rest, "<!--") && span_take_until(&rest, "-->", &inside))) {
		*text = span_skip(*text, (size_t)(rest.at - text->at));
		return true;
	}
	if (!span_take(&rest, "<"))
		return false;
	span_take(&rest, "/");
	if (!span_take_until(&rest, ">", &inside))
		return false;
	word = inside;
	for (word.length = 0; word.length < inside.length &&
			      !span_is_blank(inside.at[word.length]) &&
			      inside.at[word.length] != '/';)
		word.length++;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (!is_named(word, tags[i].name))
			continue;
		*instead = tags[i].instead;
		*text = span_skip(*text, (size_t)(rest.at - text->at));
		return true;
	}
	return false;
}

static size_t clean_tags(char *text, size_t length)
{
	struct span rest = {.at = text, .length = length};
	size_t kept = 0;

	while (rest.length) {
		char instead;

		if (rest.at[0] == '<' && take_tag(&rest, &instead)) {
			if (instead)
				text[kept++] = instead;
			continue;
		}
		text[kept++] = rest.at[0];
		rest = span_skip(rest, 1);
	}
	return kept;
}

/* "&quot;", "&#34;", "&#x22;" */
static bool take_entity(struct span *text, uint32_t *character)
{
	struct span rest = span_skip(*text, 1), name;
	uint64_t number;

	if (rest.length > ENTITY_MAX)
		rest.length = ENTITY_MAX;
	if (!span_take_until(&rest, ";", &name))
		return false;
	*text = span_skip(*text, (size_t)(rest.at - text->at));
	if (span_take(&name, "#")) {
		bool hex = span_take(&name, "x") || span_take(&name, "X");

		*character = 0;
		if (span_take_number(&name, hex ? 16 : 10, &number) && !name.length &&
			number <= 0x10ffff)
			*character = (uint32_t)number;
		return *character != 0;
	}
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		*character = entities[i].character;
		if (span_is(name, entities[i].name))
			return true;
	}
	return false;
}

static size_t clean_entities(char *text, size_t length)
{
	struct span rest = {.at = text, .length = length};
	size_t kept = 0;

	while (rest.length) {
		struct span behind = rest;
		uint32_t character;

		if (rest.at[0] == '&' && take_entity(&behind, &character)) {
			kept += put_character(character, text + kept);
			rest = behind;
			continue;
		}
		text[kept++] = rest.at[0];
		rest = span_skip(rest, 1);
	}
	return kept;
}

size_t clean_markup(char *text, size_t length)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		size_t before = length;

		length = clean_tags(text, length);
		length = clean_entities(text, length);
		if (length == before)
			break;
	}
	return length;
}
