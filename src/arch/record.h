/* SPDX-License-Identifier: BSD-2-Clause */
/* An event record's words from and to memory, where they are little-endian (IHI 0070 7.3). */
#ifndef ARCH_RECORD_H
#define ARCH_RECORD_H

#include <stdint.h>
#include <string.h>

/*
 * Tables, commands and records of an SMMU, and the headers of a vEVENTQ in a snapshot, are used
 * as they are in memory, here and elsewhere. No kernel with a nesting SMMUv3 is big-endian.
 */
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "vsmmu needs a little-endian host"
#endif

static inline uint64_t record_load_word(const void *bytes, int n)
{
	uint64_t word;

	memcpy(&word, (const uint8_t *)bytes + n * sizeof(word), sizeof(word));
	return word;
}

static inline void record_store_word(uint64_t word, void *bytes, int n)
{
	memcpy((uint8_t *)bytes + n * sizeof(word), &word, sizeof(word));
}

/* No loops: the words can then stay in registers. @bytes need no alignment. */
static inline void record_load(const void *bytes, uint64_t word[4])
{
	word[0] = record_load_word(bytes, 0);
	word[1] = record_load_word(bytes, 1);
	word[2] = record_load_word(bytes, 2);
	word[3] = record_load_word(bytes, 3);
}

static inline void record_store(const uint64_t word[4], void *bytes)
{
	record_store_word(word[0], bytes, 0);
	record_store_word(word[1], bytes, 1);
	record_store_word(word[2], bytes, 2);
	record_store_word(word[3], bytes, 3);
}

#endif
