/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records as people write them down: four words of up to 16 hexadecimal digits, on one
 * line or one on each; or the 32 bytes as they lie in memory, as 64 digits or 32 pairs.
 */
#ifndef DECODE_HEX_H
#define DECODE_HEX_H

#include <stdbool.h>
#include <stddef.h>

#include <vsmmu/event.h>

/* Room for a complaint that quotes what is wrong. */
#define HEX_COMPLAINT_SIZE 128

enum hex_result {
	HEX_NOTHING, /* a blank line, a comment, or a word of which more are needed */
	HEX_RECORD,
	HEX_BAD,
};

struct hex {
	unsigned int words; /* that stood alone on a line, so far */
	struct vsmmu_event_record record;
	char complaint[HEX_COMPLAINT_SIZE]; /* for HEX_BAD */
};

/* Return: what the line is; with HEX_RECORD hex->record is one. */
enum hex_result hex_parse(struct hex *hex, const char *line, size_t length);

/* There is no more. Return: HEX_NOTHING, or HEX_BAD if words are missing. */
enum hex_result hex_end(struct hex *hex);

/* Whether a line can only be hexadecimal: then a whole file is taken for such. */
bool hex_is_likely(const char *line, size_t length);

/* Whether nothing is on the line, or a comment. */
bool hex_is_empty(const char *line, size_t length);

#endif
