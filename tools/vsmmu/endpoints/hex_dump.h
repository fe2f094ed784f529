/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables as text: the dumps of acpidump, what iasl -d puts at the end of its listings, xxd and
 * hexdump -C. All have an offset in each line, and bytes behind it.
 */
#ifndef ENDPOINTS_HEX_DUMP_H
#define ENDPOINTS_HEX_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEX_DUMP_MAX ((size_t)1 << 20)

struct hex_dump {
	uint8_t *bytes;
	size_t length;
};

void hex_dump_free(struct hex_dump *dump);

/*
 * Takes a line. Return: 1: it completes an ACPI table, which is in @dump until the next line;
 * 0: it does not; -ENOMEM.
 */
int hex_dump_feed(struct hex_dump *dump, const char *line, size_t length);

#endif
