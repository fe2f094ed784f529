/* SPDX-License-Identifier: BSD-2-Clause */
/* SplitMix64: the same seed gives the same demo on every machine. */
#ifndef DEMO_PRNG_H
#define DEMO_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct prng {
	uint64_t state;
};

static inline uint64_t prng_next(struct prng *prng)
{
	uint64_t z = prng->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Return: 0 to @bound - 1; the bias of small bounds is below what a demo can show. */
static inline uint32_t prng_below(struct prng *prng, uint32_t bound)
{
	return (uint32_t)((prng_next(prng) >> 32) * bound >> 32);
}

static inline bool prng_one_in(struct prng *prng, uint32_t n)
{
	return prng_below(prng, n) == 0;
}

#endif
