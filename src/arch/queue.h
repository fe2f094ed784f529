/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Circular queue arithmetic (IHI 0070 3.5.1). A queue of 2^log2 entries has indexes of
 * log2 bits and, above them, one wrap bit; anything higher is not part of the index.
 */
#ifndef ARCH_QUEUE_H
#define ARCH_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t queue_size(unsigned int log2)
{
	return UINT32_C(1) << log2;
}

/* Index and wrap bit. */
static inline uint32_t queue_mask(unsigned int log2)
{
	return (UINT32_C(2) << log2) - 1;
}

static inline uint32_t queue_index(uint32_t pointer, unsigned int log2)
{
	return pointer & (queue_size(log2) - 1);
}

static inline uint32_t queue_advance(uint32_t pointer, uint32_t entries, unsigned int log2)
{
	return (pointer + entries) & queue_mask(log2);
}

/* Entries from CONS up to PROD; more than the size when one of them is nonsense. */
static inline uint32_t queue_distance(uint32_t prod, uint32_t cons, unsigned int log2)
{
	return (prod - cons) & queue_mask(log2);
}

static inline bool queue_empty(uint32_t prod, uint32_t cons, unsigned int log2)
{
	return queue_distance(prod, cons, log2) == 0;
}

/* A pair that no sane guest writes counts as full: then nothing is overwritten. */
static inline uint32_t queue_free(uint32_t prod, uint32_t cons, unsigned int log2)
{
	uint32_t used = queue_distance(prod, cons, log2);

	return used < queue_size(log2) ? queue_size(log2) - used : 0;
}

/* Whether so much has been consumed that a full queue is worth filling again: a quarter. */
static inline bool queue_quarter_is_free(uint32_t prod, uint32_t cons, unsigned int log2)
{
	return queue_free(prod, cons, log2) >= (queue_size(log2) + 3) / 4;
}

/* CONS and @end both lie behind PROD: CONS has passed @end if no more is left before it. */
static inline bool queue_has_passed(uint32_t prod, uint32_t cons, uint32_t end, unsigned int log2)
{
	return queue_distance(prod, cons, log2) <= queue_distance(prod, end, log2);
}

#endif
