/* SPDX-License-Identifier: BSD-2-Clause */
/* FNV-1a, in steps of any number of bits up to 64. */
#ifndef DECODE_HASH_H
#define DECODE_HASH_H

#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_add(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(0x100000001b3);
}

#endif
