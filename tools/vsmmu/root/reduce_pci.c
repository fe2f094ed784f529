/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration space: the headers of all capabilities stay, so that they can be walked, but
 * the content of only some: a device's own data, its VPD and its serial number are no part of
 * these. Numbers and sizes are those of Linux' include/uapi/linux/pci_regs.h.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "root/reduce.h"

#define HEADER_END   64
#define STANDARD_END 256
#define SPACE	     4096
#define LIST	     0x34
#define SERIAL	     0x0003

struct kept {
	uint16_t id;
	uint16_t size;
};

static const struct kept standard[] = {
	{0x10, 60}, /* PCI Express */
};

static const struct kept extended[] = {
	{0x000d, 8},  /* ACS */
	{0x000f, 8},  /* ATS */
	{0x0013, 16}, /* PRI */
	{0x001b, 8},  /* PASID */
};

static size_t size_of(const struct kept *list, size_t count, unsigned int id, size_t header)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].id == id)
			return list[i].size;
	return header;
}

static void keep(bool *kept, size_t at, size_t size, size_t end)
{
	for (size_t i = at; i < at + size && i < end; i++)
		kept[i] = true;
}

void reduce_pci_config(unsigned char *bytes, size_t length)
{
	bool kept[SPACE] = {false}, serial[SPACE] = {false};
	size_t at;

	if (length > SPACE) {
		memset(bytes + SPACE, 0, length - SPACE);
		length = SPACE;
	}
	keep(kept, 0, HEADER_END, length);
	at = length > LIST ? bytes[LIST] & ~3U : 0;
	/* Each has 4 bytes at least, so a list with more of them goes in a circle. */
	for (unsigned int i = 0; at >= HEADER_END && at + 4 <= length && i < 48; i++) {
		keep(kept, at,
			size_of(standard, sizeof(standard) / sizeof(standard[0]), bytes[at], 2),
			STANDARD_END < length ? STANDARD_END : length);
		at = bytes[at + 1] & ~3U;
	}
	at = STANDARD_END;
	for (unsigned int i = 0; at >= STANDARD_END && at + 4 <= length && i < 480; i++) {
		unsigned int id = bytes[at] | (unsigned int)bytes[at + 1] << 8;

		keep(kept, at, size_of(extended, sizeof(extended) / sizeof(extended[0]), id, 4),
			length);
		if (id == SERIAL)
			keep(serial, at + 4, 8, length);
		at = (bytes[at + 2] | (unsigned int)bytes[at + 3] << 8) >> 4 & ~3U;
	}
	for (size_t i = 0; i < length; i++)
		if (!kept[i] || serial[i])
			bytes[i] = 0;
}
