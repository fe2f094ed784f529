/* SPDX-License-Identifier: BSD-2-Clause */
/* Context descriptors and their tables. */
#include "internal.h"

#include <errno.h>
#include <string.h>

#define CD_SIZE (DRIVER_CD_WORDS * sizeof(uint64_t))

/* S1Fmt; Linux has no small leaves */
#define LINEAR	      0
#define LEAVES_OF_4K  1
#define LEAVES_OF_64K 2

static bool is_two_level(const struct driver_cd_table *table)
{
	return table->format != LINEAR;
}

/* log2 of the CDs in a leaf */
static unsigned int leaf_log2(const struct driver_cd_table *table)
{
	return table->format == LEAVES_OF_4K ? 6 : 10;
}

static size_t leaf_size(const struct driver_cd_table *table)
{
	return CD_SIZE << leaf_log2(table);
}

static size_t table_size(const struct driver_cd_table *table)
{
	if (is_two_level(table))
		return sizeof(uint64_t) << (table->log2 - leaf_log2(table));
	return CD_SIZE << table->log2;
}

/* arm_smmu_alloc_cd_tables() */
int driver_cd_table_make(struct driver *driver, struct driver_cd_table *table)
{
	const struct driver_options *options = &driver->options;
	uint8_t limit = driver->features.ssid_bits, log2 = options->ssid_bits;
	struct driver_cd_table two_levels = {
		.log2 = log2 < limit ? log2 : limit,
		.format = options->cd_leaf_4k ? LEAVES_OF_4K : LEAVES_OF_64K,
	};
	struct driver_cd_table new = {.log2 = two_levels.log2};

	if (new.log2 > leaf_log2(&two_levels) && driver->features.cd_two_level &&
		!options->cd_linear)
		new = two_levels;
	if (!driver_alloc(driver, table_size(&new), &new.gpa))
		return -ENOMEM;
	*table = new;
	return 0;
}

void driver_cd_table_free(struct driver *driver, struct driver_cd_table *table)
{
	const uint64_t *l1;

	if (!table->gpa)
		return;
	for (size_t i = 0; is_two_level(table) && i < table_size(table) / sizeof(*l1); i++) {
		l1 = driver_at(driver, table->gpa + i * sizeof(*l1), sizeof(*l1));
		if (driver_load(l1) & SMMU_L1CD_V)
			driver_free(driver, driver_load(l1) & SMMU_L1CD_ADDRESS, leaf_size(table));
	}
	driver_free(driver, table->gpa, table_size(table));
	*table = (struct driver_cd_table){0};
}

static uint64_t l2_of(struct driver *driver, const struct driver_cd_table *table, uint32_t ssid)
{
	uint64_t *l1 = driver_at(
		driver, table->gpa + (ssid >> leaf_log2(table)) * sizeof(*l1), sizeof(*l1));
	uint64_t gpa;

	if (driver_load(l1) & SMMU_L1CD_V)
		return driver_load(l1) & SMMU_L1CD_ADDRESS;
	if (!driver_alloc(driver, leaf_size(table), &gpa))
		return 0;
	/* No invalidation: Linux makes them valid without one too, an invalid one is not cached. */
	driver_store(l1, gpa | SMMU_L1CD_V);
	return gpa;
}

uint64_t *driver_cd_table_at(
	struct driver *driver, const struct driver_cd_table *table, uint32_t ssid)
{
	uint64_t gpa = table->gpa, index = ssid;

	if (!gpa || ssid >> table->log2)
		return NULL;
	if (is_two_level(table)) {
		gpa = l2_of(driver, table, ssid);
		index = ssid & ((UINT32_C(1) << leaf_log2(table)) - 1);
	}
	return gpa ? driver_at(driver, gpa + index * CD_SIZE, CD_SIZE) : NULL;
}

/* arm_smmu_get_cd_used(): of one that is not valid, V is all that matters. */
static void cd_used(const uint64_t cd[8], uint64_t used[8])
{
	used[0] = SMMU_CD0_V;
	if (cd[0] & SMMU_CD0_V)
		memset(used, 0xff, CD_SIZE);
}

static int cd_sync(struct driver *driver, uint32_t sid, uint32_t ssid)
{
	return driver_cfgi_cd(driver, sid, ssid, true);
}

const struct driver_entry_ops driver_cd_entry = {
	.valid = SMMU_CD0_V,
	.used = cd_used,
	.sync = cd_sync,
};

static uint64_t ips_of(unsigned int bits)
{
	static const uint8_t sizes[] = {32, 36, 40, 42, 44, 48, 52};
	uint64_t ips = 0;

	while (ips + 1 < sizeof(sizes) && sizes[ips] < bits)
		ips++;
	return ips;
}

/* TG0 and TG1 number the granules differently. */
static uint64_t tg0_of(unsigned int page_log2)
{
	return page_log2 == 12 ? 0 : page_log2 == 16 ? 1 : 2;
}

static uint64_t tg1_of(unsigned int page_log2)
{
	return page_log2 == 12 ? 2 : page_log2 == 16 ? 3 : 1;
}

/* arm_smmu_make_s1_cd() */
void driver_make_cd(const struct driver_domain *domain, uint64_t cd[DRIVER_CD_WORDS])
{
	const uint64_t size = 64u - domain->address_bits;

	memset(cd, 0, CD_SIZE);
	cd[0] = SMMU_CD0_V | SMMU_CD0_AA64 | SMMU_CD0_A | SMMU_CD0_ASET |
		SMMU_CD0_IPS(ips_of(domain->ips_bits)) | SMMU_CD0_ASID(domain->asid);
	if (!domain->quiet)
		cd[0] |= SMMU_CD0_R;
	if (domain->root[0])
		cd[0] |= SMMU_CD0_T0SZ(size) | SMMU_CD0_TG0(tg0_of(domain->page_log2)) |
			 SMMU_CD0_WALK0_WB;
	else
		cd[0] |= SMMU_CD0_EPD0;
	if (domain->root[1])
		cd[0] |= SMMU_CD0_T1SZ(size) | SMMU_CD0_TG1(tg1_of(domain->page_log2)) |
			 SMMU_CD0_WALK1_WB;
	else
		cd[0] |= SMMU_CD0_EPD1;
	cd[1] = domain->root[0];
	cd[2] = domain->root[1];
	cd[3] = SMMU_CD3_MAIR;
}
