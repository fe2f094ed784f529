/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Structures from and to bytes: one walk over the fields reads, writes or measures. Numbers are
 * little endian; a section is a tag and the length of what follows, 32 bits each.
 */
#ifndef UTIL_CODEC_H
#define UTIL_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codec {
	const uint8_t *from; /* reading, or NULL */
	uint8_t *to;	     /* writing, or NULL; neither: measuring */
	size_t at;
	size_t end; /* of the section when reading, else unknown */
	int error;  /* -EBADMSG: these are not such bytes; everything reads as 0 then */
};

struct codec_section {
	size_t length_at;
	size_t outer_end;
};

void codec_32(struct codec *codec, uint32_t *value);
void codec_64(struct codec *codec, uint64_t *value);

/* Codes 32 bits that are 0 or 1. */
void codec_flag(struct codec *codec, bool *flag);

/* When reading, a section ends where it says: not one byte earlier or later. */
struct codec_section codec_begin(struct codec *codec, uint32_t tag);
void codec_end(struct codec *codec, const struct codec_section *section);

/* Return: items of @size bytes up to the end of the section being read. */
uint32_t codec_items(struct codec *codec, size_t size);

#endif
