/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether anything is allocated where nothing may be: malloc(), calloc(), realloc() and
 * aligned_alloc() of all that is linked statically into the program go through here.
 */
#ifndef STRESS_ALLOC_H
#define STRESS_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

/* For the calling thread, from now on. Return: what was so before. */
bool alloc_forbid(bool forbid);

/* Allocations by threads that were forbidden them, and all others. */
uint64_t alloc_forbidden_count(void);
uint64_t alloc_allowed_count(void);

#endif
