/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tars (POSIX ustar with pax headers, and what GNU tar makes) in memory, and a writer.
 *
 * There is no static libarchive for arm64 to be had, and a hundred other formats that it reads
 * would all be open to who sends a tar. This reads one format, whole, and unpacks nothing.
 */
#ifndef ROOT_TAR_H
#define ROOT_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "root/allowed.h"

#define TAR_BLOCK    512
#define TAR_SIZE_MAX ((size_t)64 << 20) /* of a tar, uncompressed */

enum tar_type {
	TAR_FILE,
	TAR_LINK,
	TAR_FOLDER,
	TAR_DEVICE, /* its name alone matters */
};

struct tar_member {
	const char *path; /* sane, see allowed_path_is_sane(); no slash at its end */
	enum tar_type type;
	size_t offset, size; /* of a file's content in the tar */
	const char *target;  /* of a link, never followed */
};

struct tar {
	uint8_t *bytes;		   /* from malloc(), or NULL */
	struct tar_member *member; /* sorted by path, '/' before all others; each path once */
	size_t count, room;
	size_t skipped; /* members */
	char note[256]; /* the first of them, and why */
};

/*
 * Finds the members in @bytes, which must stay. Return: 0 or -errno with the reason in @why;
 * tar_clear() is to be called in any case.
 */
int tar_parse(struct tar *tar, const uint8_t *bytes, size_t length, char *why, size_t size);
/* Reads a file, compressed with gzip or not, for that; @tar has the bytes then. */
int tar_load(struct tar *tar, int fd, char *why, size_t size);
void tar_clear(struct tar *tar);

const struct tar_member *tar_find(const struct tar *tar, const char *path);
/* The index of the first member that is not before @path; of those below it, with a slash. */
size_t tar_lower_bound(const struct tar *tar, const char *path);

/* Writes to @out what is the same for the same content. Return: 0 or -errno. */
int tar_write_file(FILE *out, const char *path, const void *bytes, size_t size);
int tar_write_link(FILE *out, const char *path, const char *target);
int tar_write_folder(FILE *out, const char *path);
int tar_write_end(FILE *out);

#endif
