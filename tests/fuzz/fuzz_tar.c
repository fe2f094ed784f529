/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a tar of a host, and what is left of its files when they are packed again.
 *
 * Input: how it goes on (1 byte), then the tar.
 */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "root/allowed.h"
#include "root/reduce.h"
#include "root/tar.h"
#include "root/tar_header.h"

/* Any block may be a header: with the checksum right, more of the parser is reached. */
static void repair(uint8_t *bytes, size_t length)
{
	for (size_t at = 0; at + TAR_BLOCK <= length; at += TAR_BLOCK)
		if (!tar_is_zero((const struct tar_header *)(bytes + at)))
			tar_set_checksum((struct tar_header *)(bytes + at));
}

static void check_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	FUZZ_CHECK(length < size);
	for (size_t i = 0; i < length; i++)
		FUZZ_CHECK(text[i] >= ' ' && text[i] <= '~');
}

static bool leads_out(const char *path)
{
	return *path == '/' || !strcmp(path, "..") || !strncmp(path, "../", 3) ||
	       strstr(path, "/../") ||
	       (strlen(path) > 2 && !strcmp(path + strlen(path) - 3, "/.."));
}

/* --collect does this with each file that is on the list. */
static void pack_again(const struct tar *tar, const struct tar_member *member)
{
	const struct allowed *allowed = allowed_find(member->path, ALLOWED_FILE);
	static const struct redact redact = {.words = {"node17"}, .count = 1};
	size_t length = member->size;
	char *bytes;

	if (!allowed)
		return;
	bytes = fuzz_alloc(length + 1);
	memcpy(bytes, tar->bytes + member->offset, length);
	bytes[length] = '\0';
	bytes = reduce(allowed->reduce, &redact, bytes, &length);
	FUZZ_CHECK(bytes || errno == EBADMSG);
	if (bytes && (allowed->reduce == REDUCE_PCI_CONFIG || allowed->reduce == REDUCE_FDT)) {
		FUZZ_CHECK(length == member->size);
		for (size_t i = 0; i < length; i++)
			FUZZ_CHECK(
				!bytes[i] || (uint8_t)bytes[i] == tar->bytes[member->offset + i]);
	}
	free(bytes);
}

static void check(const struct tar *tar, size_t length)
{
	for (size_t i = 0; i < tar->count; i++) {
		const struct tar_member *member = &tar->member[i];

		check_text(member->path, ALLOWED_PATH_MAX);
		FUZZ_CHECK(allowed_path_is_sane(member->path) && !leads_out(member->path));
		FUZZ_CHECK(tar_find(tar, member->path) == member);
		FUZZ_CHECK(tar_lower_bound(tar, member->path) == i);
		FUZZ_CHECK(!i || strcmp(member[-1].path, member->path));
		FUZZ_CHECK((member->type == TAR_LINK) == !!member->target);
		if (member->target)
			FUZZ_CHECK(strlen(member->target) < ALLOWED_PATH_MAX);
		FUZZ_CHECK(member->offset >= TAR_BLOCK && member->offset <= length);
		FUZZ_CHECK(member->size <= length - member->offset);
		if (member->type == TAR_FILE)
			pack_again(tar, member);
	}
	check_text(tar->note, sizeof(tar->note));
	FUZZ_CHECK(!tar->skipped == !*tar->note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	unsigned int how = (unsigned int)fuzz_take(&input, 1);
	uint8_t *bytes = fuzz_alloc(input.left);
	struct tar tar;
	char why[256] = "";
	int ret;

	memcpy(bytes, input.at, input.left);
	if (how & 1)
		repair(bytes, input.left);
	ret = tar_parse(&tar, bytes, input.left, why, sizeof(why));
	tar.bytes = bytes;
	FUZZ_CHECK(ret == 0 || ret == -EBADMSG);
	FUZZ_CHECK(!ret == !*why);
	check_text(why, sizeof(why));
	check(&tar, input.left);
	tar_clear(&tar);
	return 0;
}
