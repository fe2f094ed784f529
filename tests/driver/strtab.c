/* SPDX-License-Identifier: BSD-2-Clause */
/* The stream table, linear or of two levels, and what the driver knows of its streams. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STE_SIZE (DRIVER_STE_WORDS * sizeof(uint64_t))

/* arm_smmu_init_initial_stes(): nothing passes. */
static void init_stes(uint64_t *ste, size_t count)
{
	for (; count; count--, ste += DRIVER_STE_WORDS)
		driver_store(ste, SMMU_STE0_V | SMMU_STE0_ABORT);
}

int driver_strtab_make(struct driver *driver)
{
	unsigned int sid_bits = driver->sid_bits, l1_bits;
	void *table;

	if (driver->strtab)
		return 0;
	if (driver->split) {
		l1_bits = sid_bits > driver->split ? sid_bits - driver->split : 0;
		table = driver_alloc(driver, sizeof(uint64_t) << l1_bits, &driver->strtab);
		return table ? 0 : -ENOMEM;
	}
	table = driver_alloc(driver, STE_SIZE << sid_bits, &driver->strtab);
	if (!table)
		return -ENOMEM;
	init_stes(table, (size_t)1 << sid_bits);
	return 0;
}

uint32_t driver_strtab_config(const struct driver *driver)
{
	if (!driver->split)
		return driver->sid_bits;
	return MMIO_STRTAB_2LVL | MMIO_STRTAB_SPLIT(driver->split) | driver->sid_bits;
}

/* arm_smmu_init_l2_strtab() */
static uint64_t make_l2(struct driver *driver, uint64_t *l1)
{
	uint64_t gpa;
	void *table = driver_alloc(driver, STE_SIZE << driver->split, &gpa);

	if (!table)
		return 0;
	init_stes(table, (size_t)1 << driver->split);
	driver_store(l1, gpa | SMMU_L1STD_SPAN(driver->split + 1));
	return gpa;
}

uint64_t *driver_ste(struct driver *driver, uint32_t sid)
{
	uint64_t table = driver->strtab, index = sid;
	uint64_t *l1;

	if (!table || (uint64_t)sid >> driver->sid_bits)
		return NULL;
	if (driver->split) {
		l1 = driver_at(driver, table + (sid >> driver->split) * sizeof(*l1), sizeof(*l1));
		table = driver_load(l1) & SMMU_L1STD_ADDRESS;
		if (!table)
			table = make_l2(driver, l1);
		index = sid & ((UINT32_C(1) << driver->split) - 1);
	}
	return table ? driver_at(driver, table + index * STE_SIZE, STE_SIZE) : NULL;
}

/* Where it is in the sorted array, or would be. */
static size_t search(const struct driver *driver, uint32_t sid)
{
	size_t low = 0, high = driver->stream_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (driver->streams[middle].sid < sid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Room for a power of two of them. */
static bool has_room(struct driver *driver)
{
	size_t count = driver->stream_count;
	struct driver_stream *streams;

	if (count & (count - 1))
		return true;
	streams = realloc(driver->streams, 2 * (count ? count : 1) * sizeof(*streams));
	if (!streams)
		return false;
	driver->streams = streams;
	return true;
}

struct driver_stream *driver_stream(struct driver *driver, uint32_t sid)
{
	size_t at = search(driver, sid);
	struct driver_stream *stream;

	if (at < driver->stream_count && driver->streams[at].sid == sid)
		return &driver->streams[at];
	if ((uint64_t)sid >> driver->sid_bits || !has_room(driver))
		return NULL;
	stream = &driver->streams[at];
	memmove(stream + 1, stream, (driver->stream_count - at) * sizeof(*stream));
	driver->stream_count++;
	*stream = (struct driver_stream){.sid = sid};
	return stream;
}
