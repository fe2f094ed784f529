/* SPDX-License-Identifier: BSD-2-Clause */
/* A block that begins a member of a tar: POSIX.1-2017, pax, "ustar Interchange Format". */
#ifndef ROOT_TAR_HEADER_H
#define ROOT_TAR_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tar_header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char target[100];
	char magic[6];
	char version[2];
	char owner[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char rest[12];
};

_Static_assert(sizeof(struct tar_header) == 512, "a header fills a block");

/* Octal digits, or a number in base 256. Return: false if it is neither, or below zero. */
bool tar_number(const char *field, size_t size, uint64_t *value);

/* Either of the two sums that programs have made of a header. */
bool tar_checksum_is_right(const struct tar_header *header);
void tar_set_checksum(struct tar_header *header);

/* Whether all of a block is zero, as at a tar's end. */
bool tar_is_zero(const struct tar_header *header);

/*
 * The next "length key=value\n" of a pax header. @at and @left go on behind it. Return: false
 * at the end, and if it is malformed: @left is not 0 then.
 */
struct tar_record {
	const char *key, *value;
	size_t key_length, value_length;
};
bool tar_record_next(const char **at, size_t *left, struct tar_record *record);

#endif
