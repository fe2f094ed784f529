/* SPDX-License-Identifier: BSD-2-Clause */
#include "alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static _Thread_local bool forbidden;
static atomic_uint_fast64_t forbidden_count, allowed_count;

bool alloc_forbid(bool forbid)
{
	bool before = forbidden;

	forbidden = forbid;
	return before;
}

uint64_t alloc_forbidden_count(void)
{
	return atomic_load(&forbidden_count);
}

uint64_t alloc_allowed_count(void)
{
	return atomic_load(&allowed_count);
}

static void count(void)
{
	atomic_fetch_add(forbidden ? &forbidden_count : &allowed_count, 1);
}

void *__wrap_malloc(size_t size)
{
	count();
	return __real_malloc(size);
}

void *__wrap_calloc(size_t number, size_t size)
{
	count();
	return __real_calloc(number, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	count();
	return __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	count();
	return __real_aligned_alloc(alignment, size);
}
