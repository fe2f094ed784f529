/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every fuzzer has: its entry, the bytes of its input taken one by one, and checks.
 * Linked with libFuzzer by tests/fuzz/run, with main.c for the tests.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Always 0: what is wrong aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/* Little endian, of @bytes bytes, at most 8; zero after the end. */
static inline uint64_t fuzz_take(struct fuzz_input *input, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes && input->left; i++) {
		value |= (uint64_t)*input->at++ << 8 * i;
		input->left--;
	}
	return value;
}

static inline _Noreturn void fuzz_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

#define FUZZ_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fuzz_fail(__FILE__, __LINE__, #condition);                                 \
	} while (0)

/* As malloc(), of exactly so many bytes, so that the sanitizer sees the first one too many. */
static inline void *fuzz_alloc(size_t size)
{
	void *memory = malloc(size ? size : 1);

	FUZZ_CHECK(memory);
	return memory;
}

#endif
