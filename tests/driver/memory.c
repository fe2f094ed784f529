/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's memory: blocks of powers of two, free ones in a list for each size. */
#include "driver/driver.h"

#include <endian.h>
#include <string.h>

void *driver_at(struct driver *driver, uint64_t gpa, size_t size)
{
	const struct driver_memory *memory = &driver->memory;

	if (gpa < memory->gpa || size > memory->size || gpa - memory->gpa > memory->size - size)
		return NULL;
	return memory->base + (gpa - memory->gpa);
}

uint64_t driver_load(const uint64_t *word)
{
	return le64toh(__atomic_load_n(word, __ATOMIC_ACQUIRE));
}

void driver_store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, htole64(value), __ATOMIC_RELEASE);
}

static unsigned int class_of(size_t size)
{
	unsigned int log2 = DRIVER_MEMORY_LOG2_LEAST;

	while (log2 < DRIVER_MEMORY_CLASSES && (UINT64_C(1) << log2) < size)
		log2++;
	return log2;
}

static void put(struct driver *driver, uint64_t gpa, unsigned int log2)
{
	uint64_t *block = driver_at(driver, gpa, sizeof(*block));

	*block = driver->memory.free[log2];
	driver->memory.free[log2] = gpa;
}

static uint64_t take(struct driver *driver, unsigned int log2)
{
	uint64_t gpa = driver->memory.free[log2];
	const uint64_t *block;

	if (gpa) {
		block = driver_at(driver, gpa, sizeof(*block));
		driver->memory.free[log2] = *block;
	}
	return gpa;
}

/* From memory that was never used; what alignment leaves over becomes free blocks. */
static uint64_t extend(struct driver *driver, unsigned int log2)
{
	struct driver_memory *memory = &driver->memory;
	uint64_t size = UINT64_C(1) << log2;
	uint64_t now = memory->gpa + memory->used;
	uint64_t gpa = (now + size - 1) & ~(size - 1);

	if (!driver_at(driver, gpa, size))
		return 0;
	while (now < gpa) {
		unsigned int gap = (unsigned int)__builtin_ctzll(now);

		put(driver, now, gap);
		now += UINT64_C(1) << gap;
	}
	memory->used = gpa + size - memory->gpa;
	return gpa;
}

/* The smallest larger block, halved until it fits. */
static uint64_t split(struct driver *driver, unsigned int log2)
{
	for (unsigned int larger = log2 + 1; larger < DRIVER_MEMORY_CLASSES; larger++) {
		uint64_t gpa = take(driver, larger);

		if (!gpa)
			continue;
		while (larger-- > log2)
			put(driver, gpa + (UINT64_C(1) << larger), larger);
		return gpa;
	}
	return 0;
}

void *driver_alloc(struct driver *driver, size_t size, uint64_t *gpa)
{
	unsigned int log2 = class_of(size);
	uint64_t address;
	void *block;

	if (log2 >= DRIVER_MEMORY_CLASSES)
		return NULL;
	address = take(driver, log2);
	if (!address)
		address = extend(driver, log2);
	if (!address)
		address = split(driver, log2);
	if (!address)
		return NULL;
	block = driver_at(driver, address, UINT64_C(1) << log2);
	memset(block, 0, UINT64_C(1) << log2);
	if (gpa)
		*gpa = address;
	return block;
}

void driver_free(struct driver *driver, uint64_t gpa, size_t size)
{
	put(driver, gpa, class_of(size));
}
