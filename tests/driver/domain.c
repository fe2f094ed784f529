/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: translation tables of stage 1 (DDI 0487 D8). */
#include "internal.h"

#include <errno.h>
#include <string.h>

#define LEVELS 4

static unsigned int level_bits(const struct driver_domain *domain)
{
	return domain->page_log2 - 3u;
}

static size_t table_size(const struct driver_domain *domain)
{
	return (size_t)1 << domain->page_log2;
}

/* The first table can be smaller than a page; it is aligned to a page all the same. */
static unsigned int start_level(const struct driver_domain *domain)
{
	unsigned int below = domain->address_bits - domain->page_log2;

	return LEVELS - (below + level_bits(domain) - 1) / level_bits(domain);
}

int driver_domain_init(struct driver *driver, struct driver_domain *domain,
	const struct driver_domain_options *options)
{
	const struct driver_domain_options defaults = {0};

	options = options ? options : &defaults;
	*domain = (struct driver_domain){
		.driver = driver,
		.page_log2 = options->page_log2 ? options->page_log2 : 12,
		.address_bits = options->address_bits ? options->address_bits : 48,
		.ips_bits = options->ips_bits ? options->ips_bits : driver->features.oas_bits,
		.asid = options->asid,
		.quiet = options->quiet,
	};
	if (domain->page_log2 > 16 || !(driver->features.granules >> domain->page_log2 & 1) ||
		domain->address_bits < 25 || domain->address_bits > 48)
		return -EINVAL;
	domain->start = (uint8_t)start_level(domain);
	if (!domain->asid)
		domain->asid = driver->asid_next++;
	for (unsigned int half = 0; half < 2; half++) {
		if (half ? !options->upper : options->no_lower)
			continue;
		if (!driver_alloc(driver, table_size(domain), &domain->root[half])) {
			driver_domain_destroy(domain);
			return -ENOMEM;
		}
	}
	return 0;
}

static void free_table(struct driver_domain *domain, uint64_t gpa, unsigned int level)
{
	const uint64_t *table = driver_at(domain->driver, gpa, table_size(domain));

	for (size_t i = 0; level < LEVELS - 1 && i < table_size(domain) / sizeof(*table); i++) {
		uint64_t descriptor = driver_load(&table[i]);

		if ((descriptor & SMMU_PTE_KIND) == SMMU_PTE_TABLE)
			free_table(domain, descriptor & SMMU_PTE_ADDRESS, level + 1);
	}
	driver_free(domain->driver, gpa, table_size(domain));
}

void driver_domain_destroy(struct driver_domain *domain)
{
	for (unsigned int half = 0; half < 2; half++)
		if (domain->root[half])
			free_table(domain, domain->root[half], domain->start);
	memset(domain->root, 0, sizeof(domain->root));
}

/* Of the half that @iova is in: 0 if it is in none. */
static uint64_t root_of(const struct driver_domain *domain, uint64_t iova)
{
	uint64_t sign = iova >> domain->address_bits;

	if (!sign)
		return domain->root[0];
	return sign == UINT64_MAX >> domain->address_bits ? domain->root[1] : 0;
}

static uint64_t *slot_in(
	struct driver_domain *domain, uint64_t table, uint64_t iova, unsigned int level)
{
	uint64_t index =
		(iova & ((UINT64_C(1) << domain->address_bits) - 1)) >> domain_shift(domain, level);

	index &= (UINT64_C(1) << level_bits(domain)) - 1;
	return driver_at(domain->driver, table + index * sizeof(uint64_t), sizeof(uint64_t));
}

uint64_t *driver_descriptor(struct driver_domain *domain, uint64_t iova, unsigned int level)
{
	uint64_t table = root_of(domain, iova);

	for (unsigned int at = domain->start; table && at <= level; at++) {
		uint64_t *slot = slot_in(domain, table, iova, at);

		if (at == level)
			return slot;
		if ((driver_load(slot) & SMMU_PTE_KIND) != SMMU_PTE_TABLE)
			return NULL;
		table = driver_load(slot) & SMMU_PTE_ADDRESS;
	}
	return NULL;
}

/* Makes the tables on the way. Return: 0; -EEXIST at a block; -EINVAL; -ENOMEM. */
static int reach(struct driver_domain *domain, uint64_t iova, unsigned int level, uint64_t **out)
{
	uint64_t table = root_of(domain, iova);

	if (!table)
		return -EINVAL;
	for (unsigned int at = domain->start;; at++) {
		uint64_t *slot = slot_in(domain, table, iova, at);
		uint64_t descriptor = driver_load(slot);

		if (at == level) {
			*out = slot;
			return 0;
		}
		if (!(descriptor & 1)) {
			if (!driver_alloc(domain->driver, table_size(domain), &table))
				return -ENOMEM;
			driver_store(slot, table | SMMU_PTE_TABLE);
		} else if ((descriptor & SMMU_PTE_KIND) == SMMU_PTE_TABLE) {
			table = descriptor & SMMU_PTE_ADDRESS;
		} else {
			return -EEXIST;
		}
	}
}

static bool has_blocks(const struct driver_domain *domain, unsigned int level)
{
	return level == 2 || (level == 1 && domain->page_log2 == 12);
}

/* The largest that fits, where no table of smaller ones is yet. */
static unsigned int choose_level(
	struct driver_domain *domain, uint64_t iova, uint64_t gpa, uint64_t size, unsigned int prot)
{
	for (unsigned int level = domain->start; level < LEVELS - 1; level++) {
		uint64_t block = UINT64_C(1) << domain_shift(domain, level);
		const uint64_t *slot;

		if (prot & DRIVER_NO_BLOCK || !has_blocks(domain, level) || size < block ||
			(iova | gpa) & (block - 1))
			continue;
		slot = driver_descriptor(domain, iova, level);
		if (!slot || (driver_load(slot) & SMMU_PTE_KIND) != SMMU_PTE_TABLE)
			return level;
	}
	return LEVELS - 1;
}

/* arm_lpae_prot_to_pte() */
static uint64_t make_descriptor(uint64_t gpa, unsigned int level, unsigned int prot)
{
	uint64_t descriptor = gpa | (level == LEVELS - 1 ? SMMU_PTE_PAGE : SMMU_PTE_BLOCK) |
			      SMMU_PTE_NG | SMMU_PTE_INNER | SMMU_PTE_ATTR(1);

	if (!(prot & DRIVER_WRITE))
		descriptor |= SMMU_PTE_RDONLY;
	if (!(prot & DRIVER_PRIVILEGED))
		descriptor |= SMMU_PTE_UNPRIV;
	if (prot & DRIVER_NOEXEC)
		descriptor |= SMMU_PTE_PXN | SMMU_PTE_UXN;
	if (!(prot & DRIVER_NO_AF))
		descriptor |= SMMU_PTE_AF;
	return descriptor;
}

int driver_map(
	struct driver_domain *domain, uint64_t iova, uint64_t gpa, uint64_t size, unsigned int prot)
{
	if ((iova | gpa | size) & (table_size(domain) - 1))
		return -EINVAL;
	while (size) {
		unsigned int level = choose_level(domain, iova, gpa, size, prot);
		uint64_t step = UINT64_C(1) << domain_shift(domain, level);
		uint64_t *slot;
		int ret = reach(domain, iova, level, &slot);

		if (ret)
			return ret;
		if (driver_load(slot) & 1)
			return -EEXIST;
		driver_store(slot, make_descriptor(gpa, level, prot));
		iova += step;
		gpa += step;
		size -= step;
	}
	return 0;
}
