/* SPDX-License-Identifier: BSD-2-Clause */
/* A tar that a test makes, member by member, so that it can tell the truth in it and lie. */
#ifndef UNIT_ROOT_TAR_BYTES_H
#define UNIT_ROOT_TAR_BYTES_H

#include <stdio.h>
#include <string.h>

#include "lib/unit.h"
#include "root/tar.h"
#include "root/tar_header.h"

static uint8_t tar[1 << 20];
static size_t filled;
static char why[256];

static inline int begin(void **unused)
{
	(void)unused;
	memset(tar, 0, sizeof(tar));
	filled = 0;
	strcpy(why, "");
	return 0;
}

/* A header with this size, however long its content is. */
static inline struct tar_header *header(char type, const char *path, const char *size)
{
	struct tar_header *block = (void *)(tar + filled);

	assert_in_range(filled, 0, sizeof(tar) - 8 * TAR_BLOCK);
	memcpy(block->name, path, strnlen(path, sizeof(block->name)));
	memcpy(block->size, size, strnlen(size, sizeof(block->size)));
	memcpy(block->magic, "ustar", 6);
	block->type = type;
	tar_set_checksum(block);
	filled += TAR_BLOCK;
	return block;
}

static inline void content(const char *text)
{
	memcpy(tar + filled, text, strlen(text));
	filled += (strlen(text) + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

static inline struct tar_header *member(char type, const char *path, const char *text)
{
	char size[24];
	struct tar_header *block;

	snprintf(size, sizeof(size), "%011zo", strlen(text));
	block = header(type, path, size);
	content(text);
	return block;
}

static inline struct tar_header *link_to(const char *path, const char *target)
{
	struct tar_header *block = header('2', path, "0");

	memcpy(block->target, target, strlen(target));
	tar_set_checksum(block);
	return block;
}

static inline void end(void)
{
	filled += 2 * TAR_BLOCK;
}

#endif
