/* SPDX-License-Identifier: BSD-2-Clause */
#include "root/tar.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "root/tar_header.h"

/* A value that headers before a member's own give to it. */
struct override {
	bool set;
	size_t length; /* may be longer than what is kept of it */
	char text[ALLOWED_PATH_MAX];
};

struct parser {
	struct tar *tar;
	const uint8_t *bytes;
	size_t length, at;
	struct override path, target;
	bool has_size, sparse;
	uint64_t size;
	char *why;
	size_t why_size;
};

static __attribute__((format(printf, 2, 3))) int refuse(
	struct parser *parser, const char *format, ...)
{
	int length = snprintf(parser->why, parser->why_size, "byte %zu: ", parser->at);
	va_list rest;

	va_start(rest, format);
	if (length > 0 && (size_t)length < parser->why_size)
		vsnprintf(parser->why + length, parser->why_size - (size_t)length, format, rest);
	va_end(rest);
	return -EBADMSG;
}

/* Names of the tar are somebody's: no byte of them may command a terminal. */
static void skip(struct parser *parser, const char *path, const char *reason)
{
	struct tar *tar = parser->tar;
	char shown[64];

	if (tar->skipped++)
		return;
	snprintf(shown, sizeof(shown), "%s", path);
	for (char *c = shown; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	snprintf(tar->note, sizeof(tar->note), "\"%s%s\" at byte %zu: %s", shown,
		strlen(path) >= sizeof(shown) ? "..." : "", parser->at, reason);
}

static void override_set(struct override *override, const char *text, size_t length)
{
	size_t kept = length < sizeof(override->text) ? length : sizeof(override->text) - 1;

	override->set = true;
	memcpy(override->text, text, kept);
	override->text[kept] = '\0';
	/* A NUL within it ends it for GNU tar, and hides what is behind it. */
	override->length = strlen(override->text) < kept ? SIZE_MAX : length;
}

static bool key_is(const struct tar_record *record, const char *key)
{
	return record->key_length == strlen(key) && !memcmp(record->key, key, record->key_length);
}

static int parse_pax(struct parser *parser, const char *text, size_t length, bool global)
{
	struct tar_record record;

	while (tar_record_next(&text, &length, &record)) {
		bool path = key_is(&record, "path"), target = key_is(&record, "linkpath");
		bool size = key_is(&record, "size");

		if (global && (path || target || size))
			return refuse(parser, "a pax header for all members names one's path or "
					      "size");
		if (path)
			override_set(&parser->path, record.value, record.value_length);
		if (target)
			override_set(&parser->target, record.value, record.value_length);
		if (record.key_length > 10 && !memcmp(record.key, "GNU.sparse", 10))
			parser->sparse = true;
		if (size) {
			char digits[24], *end;

			if (!record.value_length || record.value_length > 19)
				return refuse(parser, "a pax header has no size that is one");
			snprintf(digits, sizeof(digits), "%.*s", (int)record.value_length,
				record.value);
			parser->size = strtoull(digits, &end, 10);
			if (*end || *digits < '0' || *digits > '9')
				return refuse(parser, "a pax header has no size that is one");
			parser->has_size = true;
		}
	}
	return length ? refuse(parser, "a pax header is malformed") : 0;
}

static int add(
	struct parser *parser, const struct tar_member *what, const char *path, const char *target)
{
	struct tar *tar = parser->tar;
	size_t path_size = strlen(path) + 1, target_size = target ? strlen(target) + 1 : 0;
	struct tar_member *member;
	char *text;

	if (tar->count == tar->room) {
		size_t room = tar->room ? 2 * tar->room : 64;
		struct tar_member *more = realloc(tar->member, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		tar->member = more;
		tar->room = room;
	}
	text = malloc(path_size + target_size);
	if (!text)
		return -ENOMEM;
	memcpy(text, path, path_size);
	if (target)
		memcpy(text + path_size, target, target_size);
	member = &tar->member[tar->count++];
	*member = *what;
	member->path = text;
	member->target = target ? text + path_size : NULL;
	return 0;
}

/* The name in a header of its own, in all the ways that there are. */
static void take_path(struct parser *parser, const struct tar_header *header)
{
	char text[sizeof(header->prefix) + 1 + sizeof(header->name) + 1];
	bool posix = !memcmp(header->magic, "ustar", sizeof(header->magic));

	if (parser->path.set)
		return;
	if (posix && *header->prefix)
		snprintf(text, sizeof(text), "%.*s/%.*s", (int)sizeof(header->prefix),
			header->prefix, (int)sizeof(header->name), header->name);
	else
		snprintf(text, sizeof(text), "%.*s", (int)sizeof(header->name), header->name);
	override_set(&parser->path, text, strlen(text));
}

/* "./proc/" is "proc", as tar makes it of a folder. */
static char *plain(char *path)
{
	size_t length;

	while (path[0] == '.' && path[1] == '/')
		path += 2;
	length = strlen(path);
	if (length && path[length - 1] == '/')
		path[length - 1] = '\0';
	return path;
}

static int parse_member(struct parser *parser, const struct tar_header *header, size_t size)
{
	struct tar_member member = {.offset = parser->at + TAR_BLOCK, .size = size};
	const char *target = NULL;
	char *path;

	take_path(parser, header);
	path = plain(parser->path.text);
	switch (header->type) {
	case '0':
	case '7':
	case '\0':
		member.type = TAR_FILE;
		break;
	case '2':
		member.type = TAR_LINK;
		if (!parser->target.set)
			override_set(&parser->target, header->target,
				strnlen(header->target, sizeof(header->target)));
		target = parser->target.text;
		break;
	case '3':
	case '4':
		member.type = TAR_DEVICE;
		break;
	case '5':
		member.type = TAR_FOLDER;
		break;
	default:
		skip(parser, path,
			header->type == '1' ? "it is a hard link"
					    : "it is no file, folder or link");
		return 0;
	}
	if (member.type == TAR_FOLDER && (!*path || !strcmp(path, ".")))
		return 0;
	if (parser->path.length >= sizeof(parser->path.text) || !allowed_path_is_sane(path))
		skip(parser, path, "its path is absolute, leads upwards, is too long or odd");
	else if (parser->sparse)
		skip(parser, path, "it is a sparse file");
	else if (member.type == TAR_LINK && parser->target.length >= sizeof(parser->target.text))
		skip(parser, path, "where the link leads is too long or odd");
	else
		return add(parser, &member, path, target);
	return 0;
}

/* Return: 0, or -errno. The members of most types have a content, known to us or not. */
static int parse_header(struct parser *parser, const struct tar_header *header)
{
	const char *content = (const char *)(header + 1);
	size_t left = parser->length - parser->at - TAR_BLOCK, size;
	bool of_next = strchr("xgLK", header->type) && header->type;
	uint64_t number;
	int ret;

	if (!tar_checksum_is_right(header))
		return refuse(parser,
			parser->at ? "the checksum of a member is wrong" : "this is no tar");
	if (!tar_number(header->size, sizeof(header->size), &number))
		return refuse(parser, "the size of a member is no number");
	if (parser->has_size && !of_next)
		number = parser->size;
	/* Links and folders have none, whatever size there is. */
	if (header->type >= '1' && header->type <= '6')
		number = 0;
	if (number > left || (number + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK > left)
		return refuse(parser, "the tar is cut off, or the size of this member is wrong");
	size = (size_t)number;
	switch (header->type) {
	case 'S':
		return refuse(parser, "there is a sparse file, which this cannot read");
	case 'x':
	case 'g':
		ret = parse_pax(parser, content, size, header->type == 'g');
		break;
	case 'L':
		override_set(&parser->path, content, strnlen(content, size));
		ret = 0;
		break;
	case 'K':
		override_set(&parser->target, content, strnlen(content, size));
		ret = 0;
		break;
	default:
		ret = parse_member(parser, header, size);
	}
	if (!of_next) {
		parser->path.set = parser->target.set = false;
		parser->has_size = parser->sparse = false;
	}
	parser->at += TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	return ret;
}

/* Orders as strcmp() does, but what is below a folder comes right behind it. */
static int compare_paths(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	if (*a == *b)
		return 0;
	if (*a == '/' || *b == '/')
		return *a == '/' ? (*b ? -1 : 1) : (*a ? 1 : -1);
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int compare_members(const void *a, const void *b)
{
	const struct tar_member *first = a, *second = b;
	int order = compare_paths(first->path, second->path);

	return order ? order : first->offset < second->offset ? -1 : 1;
}

/* Whose path came before is skipped: the first one counts. */
static void sort(struct parser *parser)
{
	struct tar *tar = parser->tar;
	size_t kept = 0;

	if (tar->count)
		qsort(tar->member, tar->count, sizeof(*tar->member), compare_members);
	for (size_t i = 0; i < tar->count; i++) {
		struct tar_member *member = &tar->member[i];

		if (kept && !strcmp(tar->member[kept - 1].path, member->path)) {
			if (member->type != TAR_FOLDER) {
				parser->at = member->offset - TAR_BLOCK;
				skip(parser, member->path, "there is one of that path before it");
			}
			free((char *)member->path);
			continue;
		}
		tar->member[kept++] = *member;
	}
	tar->count = kept;
}

int tar_parse(struct tar *tar, const uint8_t *bytes, size_t length, char *why, size_t size)
{
	struct parser *parser = calloc(1, sizeof(*parser));
	int ret = 0;

	*tar = (struct tar){0};
	if (!parser) {
		snprintf(why, size, "no memory");
		return -ENOMEM;
	}
	parser->tar = tar;
	parser->bytes = bytes;
	parser->length = length;
	parser->why = why;
	parser->why_size = size;
	for (;;) {
		const struct tar_header *header = (const void *)(bytes + parser->at);

		if (length - parser->at < TAR_BLOCK) {
			ret = refuse(parser, parser->at ? "the tar is cut off: its end is missing"
							: "this is no tar");
			break;
		}
		if (tar_is_zero(header))
			break;
		ret = parse_header(parser, header);
		if (ret) {
			if (ret == -ENOMEM)
				snprintf(why, size, "no memory");
			break;
		}
	}
	sort(parser);
	free(parser);
	return ret;
}

void tar_clear(struct tar *tar)
{
	for (size_t i = 0; i < tar->count; i++)
		free((char *)tar->member[i].path);
	free(tar->member);
	free(tar->bytes);
	*tar = (struct tar){0};
}

size_t tar_lower_bound(const struct tar *tar, const char *path)
{
	size_t low = 0, high = tar->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_paths(tar->member[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct tar_member *tar_find(const struct tar *tar, const char *path)
{
	size_t i = tar_lower_bound(tar, path);

	return i < tar->count && !strcmp(tar->member[i].path, path) ? &tar->member[i] : NULL;
}
