/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking mappings away, and the invalidations that make the SMMU forget them. */
#include "internal.h"

#include <errno.h>

#define LEVELS 4

/* TLBI_NH_VA of single pages is not worth it beyond so many: ASID. */
#define PAGES_MOST 64

/* NUM is 5 bits. */
#define RANGE_PAGES_MOST 32

/* SCALE without IDR5.DS */
#define SCALE_MOST 31

/* Level of the valid block or page at @iova; LEVELS: nothing is mapped. */
static unsigned int leaf_level(struct driver_domain *domain, uint64_t iova)
{
	for (unsigned int level = domain->start; level < LEVELS; level++) {
		const uint64_t *slot = driver_descriptor(domain, iova, level);
		uint64_t descriptor = slot ? driver_load(slot) : 0;

		if (!(descriptor & 1))
			break;
		if (level == LEVELS - 1 || (descriptor & SMMU_PTE_KIND) == SMMU_PTE_BLOCK)
			return level;
	}
	return LEVELS;
}

int driver_unmap_stale(struct driver_domain *domain, uint64_t iova, uint64_t size)
{
	const uint64_t page = UINT64_C(1) << domain->page_log2;
	int ret = 0;

	if ((iova | size) & (page - 1))
		return -EINVAL;
	while (size) {
		unsigned int level = leaf_level(domain, iova);
		uint64_t step = page;

		if (level == LEVELS) {
			ret = ret ? ret : -ENOENT;
		} else {
			step = UINT64_C(1) << domain_shift(domain, level);
			if (iova & (step - 1) || size < step)
				return -EINVAL;
			driver_store(driver_descriptor(domain, iova, level), 0);
		}
		iova += step;
		size -= step;
	}
	return ret;
}

/* arm_smmu_tlb_inv_range_asid() without IDR3.RIL */
static void add_pages(
	struct driver_domain *domain, struct driver_batch *batch, uint64_t iova, uint64_t pages)
{
	if (pages > PAGES_MOST) {
		driver_batch_add(domain->driver, batch,
			SMMU_CMD_TLBI_NH_ASID | SMMU_CMD_ASID(domain->asid), 0);
		return;
	}
	for (; pages; pages--, iova += UINT64_C(1) << domain->page_log2)
		driver_batch_add(domain->driver, batch,
			SMMU_CMD_TLBI_NH_VA | SMMU_CMD_ASID(domain->asid),
			(iova & SMMU_CMD_ADDRESS) | SMMU_CMD_LEAF);
}

/*
 * With it: (NUM + 1) * 2^SCALE pages a command. TTL stays 0 as blocks may have been there;
 * but with NUM and SCALE 0 it may not be, and one page is of the last level.
 */
static void add_ranges(
	struct driver_domain *domain, struct driver_batch *batch, uint64_t iova, uint64_t pages)
{
	const uint64_t tg = (domain->page_log2 - 10u) / 2;

	while (pages) {
		unsigned int zeroes = (unsigned int)__builtin_ctzll(pages);
		unsigned int scale = zeroes < SCALE_MOST ? zeroes : SCALE_MOST;
		uint64_t count = pages >> scale, ttl;

		if (count > RANGE_PAGES_MOST)
			count &= RANGE_PAGES_MOST - 1;
		ttl = scale || count > 1 ? 0 : 3;
		driver_batch_add(domain->driver, batch,
			SMMU_CMD_TLBI_NH_VA | SMMU_CMD_NUM(count - 1) | SMMU_CMD_SCALE(scale) |
				SMMU_CMD_ASID(domain->asid),
			(iova & SMMU_CMD_ADDRESS) | SMMU_CMD_TG(tg) | SMMU_CMD_TTL(ttl) |
				SMMU_CMD_LEAF);
		iova += count << scale << domain->page_log2;
		pages -= count << scale;
	}
}

/* arm_smmu_atc_inv_to_cmd(): the smallest aligned power of two that covers the range */
static void add_atc(struct driver *driver, struct driver_batch *batch, uint32_t sid, uint64_t iova,
	uint64_t size)
{
	uint64_t first = iova >> 12, last = (iova + size - 1) >> 12;
	unsigned int span = first == last ? 0 : 64 - (unsigned int)__builtin_clzll(first ^ last);

	driver_batch_add(driver, batch, SMMU_CMD_ATC_INV | SMMU_CMD_SID(sid),
		(span + 12 < 64 ? first >> span << span << 12 : 0) | span);
}

int driver_invalidate(struct driver_domain *domain, uint64_t iova, uint64_t size)
{
	struct driver *driver = domain->driver;
	struct driver_batch batch = {.count = 0};
	int ret;

	if (!size)
		return 0;
	if (driver->ril)
		add_ranges(domain, &batch, iova, size >> domain->page_log2);
	else
		add_pages(domain, &batch, iova, size >> domain->page_log2);
	ret = driver_batch_submit(driver, &batch);
	for (size_t i = 0; driver->ats && !ret && i < driver->stream_count; i++)
		if (driver->streams[i].domain == domain)
			add_atc(driver, &batch, driver->streams[i].sid, iova, size);
	return ret || !batch.count ? ret : driver_batch_submit(driver, &batch);
}

int driver_unmap(struct driver_domain *domain, uint64_t iova, uint64_t size)
{
	int ret = driver_unmap_stale(domain, iova, size);
	int invalid = driver_invalidate(domain, iova, size);

	return ret ? ret : invalid;
}
