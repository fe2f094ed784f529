/* SPDX-License-Identifier: BSD-2-Clause */
/* The checksum of captures and snapshots. */
#ifndef UTIL_CRC32_H
#define UTIL_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as of IEEE 802.3, zlib and PNG. */
uint32_t crc32_of(const void *bytes, size_t length);

#endif
