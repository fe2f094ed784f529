/* SPDX-License-Identifier: BSD-2-Clause */
/* Translation tables: granules, blocks, both halves, faults, and what invalidations forget. */
#include "conformance/suite_smmu.h"

static struct smmu_guest guest;

static void open_guest(void *context, const struct smmu_guest_options *options)
{
	smmu_guest_open(&guest, context, options);
}

static void attach_space(
	unsigned int n, struct smmu_guest_space *space, const struct driver_domain_options *options)
{
	smmu_guest_make_space(&guest, space, options);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[n], &space->domain), 0);
}

/* Of the first table; the others' beginnings are all that the suite uses. */
static bool is_small_table(const struct driver_domain_options *options)
{
	const unsigned int bits = options->address_bits ? options->address_bits : 48;
	const unsigned int page_log2 = options->page_log2 ? options->page_log2 : 12;

	return (bits - 1 - page_log2) % (page_log2 - 3) + 1 + 3 <= 12;
}

static void geometry_works(void *context, const struct driver_domain_options *options)
{
	const struct smmu_machine *machine = context;
	struct smmu_guest_space space;

	if (machine->small_tables && !is_small_table(options))
		return;
	open_guest(context, NULL);
	if (options->page_log2 && !(guest.driver.features.granules >> options->page_log2 & 1))
		tap_skip("no pages of 2^%u bytes", options->page_log2);
	attach_space(0, &space, options);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_expect_fault(&guest, 0, space.high | SMMU_GUEST_HOLE, false, SMMU_F_TRANSLATION);
	smmu_guest_expect_fault(&guest, 0, space.high | SMMU_GUEST_FROM, true, SMMU_F_PERMISSION);
	smmu_guest_close(&guest);
}

static void pages_of_4k(void *context)
{
	static const uint8_t sizes[] = {25, 32, 36, 39, 48};

	for (unsigned int i = 0; i < sizeof(sizes); i++)
		geometry_works(context,
			&(struct driver_domain_options){.page_log2 = 12, .address_bits = sizes[i]});
}

static void pages_of_16k(void *context)
{
	static const uint8_t sizes[] = {32, 36, 45, 47, 48};

	for (unsigned int i = 0; i < sizeof(sizes); i++)
		geometry_works(context,
			&(struct driver_domain_options){.page_log2 = 14, .address_bits = sizes[i]});
}

static void pages_of_64k(void *context)
{
	static const uint8_t sizes[] = {25, 29, 38, 42, 48};

	for (unsigned int i = 0; i < sizeof(sizes); i++)
		geometry_works(context,
			&(struct driver_domain_options){.page_log2 = 16, .address_bits = sizes[i]});
}

static void upper_half(void *context)
{
	static const uint8_t pages[] = {12, 14, 16};

	for (unsigned int i = 0; i < sizeof(pages); i++)
		geometry_works(
			context, &(struct driver_domain_options){
					 .page_log2 = pages[i], .upper = true, .no_lower = true});
}

/* The page behind an address is not next to the one of the address after it. */
static void copies_cross_pages(void *context)
{
	const uint64_t iova = UINT64_C(0x40000000);
	struct driver_domain domain;
	struct smmu_guest_space pages[2] = {{.page = 0}};
	uint8_t *bounce;
	uint64_t bounce_gpa;

	open_guest(context, NULL);
	TAP_EQ(driver_domain_init(&guest.driver, &domain, NULL), 0);
	for (unsigned int i = 0; i < 2; i++) {
		smmu_guest_make_pages(&guest, &pages[i]);
		TAP_EQ(driver_map(&domain, iova + 4096 * i, pages[i].from_gpa, 4096, DRIVER_READ),
			0);
	}
	bounce = smmu_guest_buffer(&guest, 4096, &bounce_gpa);
	TAP_EQ(driver_map(&domain, 0, bounce_gpa, 4096, DRIVER_READ | DRIVER_WRITE), 0);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[0], &domain), 0);
	for (unsigned int i = 0; i < 64; i++) {
		pages[0].from[4096 - 64 + i] = (uint8_t)(i + 1);
		pages[1].from[i] = (uint8_t)(i + 101);
	}
	TAP_EQ(smmu_guest_copy(&guest, 0, iova + 4096 - 64, 0, 128), 0);
	for (unsigned int i = 0; i < 128; i++)
		TAP_EQ(bounce[i], i < 64 ? i + 1 : i - 64 + 101);
	smmu_guest_close(&guest);
}

static void block_works(void *context, uint8_t page_log2, unsigned int block_log2)
{
	const uint64_t iova = UINT64_C(0x2000000000), mask = (UINT64_C(1) << block_log2) - 1;
	struct smmu_guest_space pages = {.page = 0};
	struct driver_domain domain;

	open_guest(context, NULL);
	if (!(guest.driver.features.granules >> page_log2 & 1))
		tap_skip("no pages of 2^%u bytes", page_log2);
	TAP_EQ(driver_domain_init(&guest.driver, &domain,
		       &(struct driver_domain_options){.page_log2 = page_log2}),
		0);
	smmu_guest_make_pages(&guest, &pages);
	/* It may cover more than there is memory. */
	TAP_EQ(driver_map(
		       &domain, iova, pages.from_gpa & ~mask, mask + 1, DRIVER_READ | DRIVER_WRITE),
		0);
	TAP_CHECK(!driver_descriptor(&domain, iova, 3), "no block but pages");
	TAP_EQ(driver_map(&domain, iova + mask + 1, pages.to_gpa & ~mask, mask + 1,
		       DRIVER_READ | DRIVER_WRITE),
		0);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[0], &domain), 0);
	smmu_guest_expect_copy(&guest, 0, iova | (pages.from_gpa & mask), pages.from,
		(iova + mask + 1) | (pages.to_gpa & mask), pages.to, 64);
	TAP_EQ(driver_unmap(&domain, iova, mask + 1), 0);
	smmu_guest_expect_fault(
		&guest, 0, iova | (pages.from_gpa & mask), false, SMMU_F_TRANSLATION);
	smmu_guest_close(&guest);
}

static void blocks_of_each_size(void *context)
{
	block_works(context, 12, 21);
	block_works(context, 12, 30);
	block_works(context, 14, 25);
	block_works(context, 16, 29);
}

static void faults_of_each_kind(void *context)
{
	struct smmu_guest_space space;
	struct driver_domain *domain = &space.domain;
	uint64_t cd[DRIVER_CD_WORDS];

	open_guest(context, NULL);
	attach_space(0, &space, NULL);
	TAP_EQ(driver_map(domain, 0x10000, space.from_gpa, 4096, DRIVER_READ | DRIVER_NO_AF), 0);
	TAP_EQ(driver_map(domain, 0x11000, space.from_gpa, 4096,
		       DRIVER_READ | DRIVER_WRITE | DRIVER_PRIVILEGED),
		0);
	TAP_EQ(driver_map(domain, 0x12000, UINT64_C(1) << 46, 4096, DRIVER_READ), 0);
	smmu_guest_expect_fault(&guest, 0, 0x10000, false, SMMU_F_ACCESS);
	if (!guest.machine->all_privileged) {
		smmu_guest_expect_fault(&guest, 0, 0x11000, false, SMMU_F_PERMISSION);
		smmu_guest_expect_fault(&guest, 0, 0x11004, true, SMMU_F_PERMISSION);
	}
	smmu_guest_expect_fault(&guest, 0, 0x12000, false, SMMU_F_ADDR_SIZE);
	smmu_guest_expect_fault(&guest, 0, 0x13000, true, SMMU_F_TRANSLATION);
	smmu_guest_expect_fault(&guest, 0, UINT64_C(1) << 47, false, SMMU_F_TRANSLATION);
	driver_make_cd(domain, cd);
	cd[0] &= ~SMMU_CD0_V;
	TAP_EQ(driver_write_cd(&guest.driver, guest.vsid[0], 0, cd), 0);
	TAP_EQ(driver_cfgi_cd(&guest.driver, guest.vsid[0], 0, true), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_C_BAD_CD);
	smmu_guest_close(&guest);
}

static void faults_can_be_kept_quiet(void *context)
{
	struct smmu_guest_space space;

	open_guest(context, NULL);
	attach_space(0, &space, &(struct driver_domain_options){.quiet = true});
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_HOLE, false, 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, true, 0);
	smmu_guest_close(&guest);
}

/* What a guest points out of its memory fails in stage 2, which is the host's own business. */
static void tables_outside_memory_are_silence(void *context)
{
	struct smmu_guest_space space;
	uint64_t cd[DRIVER_CD_WORDS];

	open_guest(context, NULL);
	attach_space(0, &space, NULL);
	driver_make_cd(&space.domain, cd);
	cd[1] = UINT64_C(0x4000000000);
	TAP_EQ(driver_write_cd(&guest.driver, guest.vsid[0], 0, cd), 0);
	TAP_EQ(driver_cfgi_cd(&guest.driver, guest.vsid[0], 0, true), 0);
	TAP_EQ(driver_tlbi_all(&guest.driver), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_TO, true, 0);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[0], &space.domain), 0);
	TAP_EQ(driver_tlbi_all(&guest.driver), 0);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

static void unmap_works(void *context, const struct smmu_guest_options *options)
{
	struct smmu_guest_space space;
	struct driver_domain *domain = &space.domain;

	open_guest(context, options);
	attach_space(0, &space, NULL);
	for (unsigned int round = 0; round < 3; round++) {
		smmu_guest_expect_space(&guest, 0, &space);
		TAP_EQ(driver_unmap(domain, SMMU_GUEST_FROM, 4096), 0);
		smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
		/* Elsewhere now. */
		space.from = smmu_guest_buffer(&guest, 4096, &space.from_gpa);
		TAP_EQ(driver_map(domain, SMMU_GUEST_FROM, space.from_gpa, 4096, DRIVER_READ), 0);
	}
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

static void unmap_by_page(void *context)
{
	unmap_works(context, &(struct smmu_guest_options){.driver = {.no_ril = true}});
}

static void unmap_by_range(void *context)
{
	unmap_works(context, NULL);
}

/* Both a range command's NUM and SCALE, and what has a whole ASID invalidated otherwise. */
static void many_pages_work(void *context, const struct smmu_guest_options *options)
{
	static const unsigned int counts[] = {2, 3, 31, 32, 33, 65, 100, 513};
	const uint64_t iova = UINT64_C(0x7fff0000);
	struct driver_domain domain;
	struct smmu_guest_space pages = {.page = 0};

	open_guest(context, options);
	TAP_EQ(driver_domain_init(&guest.driver, &domain, NULL), 0);
	smmu_guest_make_pages(&guest, &pages);
	TAP_EQ(driver_map(&domain, 0, pages.to_gpa, 4096, DRIVER_READ | DRIVER_WRITE), 0);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[0], &domain), 0);
	for (unsigned int i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const uint64_t size = 4096 * (uint64_t)counts[i], last = iova + size - 4096;

		for (uint64_t page = 0; page < size; page += 4096)
			TAP_EQ(driver_map(&domain, iova + page, pages.from_gpa, 4096, DRIVER_READ),
				0);
		smmu_guest_expect_copy(&guest, 0, iova, pages.from, 0, pages.to, 16);
		smmu_guest_expect_copy(&guest, 0, last, pages.from, 0, pages.to, 16);
		TAP_EQ(driver_unmap(&domain, iova, size), 0);
		smmu_guest_expect_fault(&guest, 0, iova, false, SMMU_F_TRANSLATION);
		smmu_guest_expect_fault(&guest, 0, last, false, SMMU_F_TRANSLATION);
	}
	TAP_EQ(guest.driver.stats.illegal_commands, 0);
	smmu_guest_close(&guest);
}

static void many_pages_by_range(void *context)
{
	many_pages_work(context, NULL);
}

static void many_pages_one_by_one(void *context)
{
	many_pages_work(context, &(struct smmu_guest_options){.vsmmu = {.no_ril = true}});
}

static void permissions_change(void *context)
{
	struct smmu_guest_space space;
	struct driver_domain *domain = &space.domain;

	open_guest(context, NULL);
	attach_space(0, &space, NULL);
	smmu_guest_expect_space(&guest, 0, &space);
	TAP_EQ(driver_unmap(domain, SMMU_GUEST_TO, 4096), 0);
	TAP_EQ(driver_map(domain, SMMU_GUEST_TO, space.to_gpa, 4096, DRIVER_READ), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_TO, true, SMMU_F_PERMISSION);
	TAP_EQ(driver_unmap(domain, SMMU_GUEST_TO, 4096), 0);
	TAP_EQ(driver_map(domain, SMMU_GUEST_TO, space.to_gpa, 4096, DRIVER_READ | DRIVER_WRITE),
		0);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

static void spaces_are_kept_apart(void *context)
{
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];
	struct driver *driver = &guest.driver;

	open_guest(context, NULL);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		attach_space(n, &spaces[n], NULL);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_space(&guest, n, &spaces[n]);
	/* What one forgets the other still has. */
	TAP_EQ(driver_unmap(&spaces[0].domain, SMMU_GUEST_FROM, 4096), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
	smmu_guest_expect_space(&guest, 1, &spaces[1]);
	/* Both in one. */
	TAP_EQ(driver_attach(driver, guest.vsid[0], &spaces[1].domain), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_space(&guest, n, &spaces[1]);
	TAP_EQ(driver_unmap(&spaces[1].domain, SMMU_GUEST_FROM, 4096), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_fault(&guest, n, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
	smmu_guest_close(&guest);
}

/* A VMM's emulated device behind the same SMMU gets where the assigned one gets. */
static void emulated_devices_see_the_same(void *context)
{
	struct smmu_guest_space space;
	struct vsmmu_translation translation = {.size = sizeof(translation)};
	struct vsmmu_access access = {.size = sizeof(access), .address = SMMU_GUEST_FROM + 0x123};

	open_guest(context, NULL);
	attach_space(0, &space, NULL);
	smmu_guest_expect_space(&guest, 0, &space);
	access.vsid = guest.vsid[0];
	TAP_EQ(vsmmu_translate(guest.vsmmu, &access, &translation), 0);
	TAP_EQ(translation.address, space.from_gpa + 0x123);
	access.flags = VSMMU_ACCESS_WRITE;
	TAP_CHECK(vsmmu_translate(guest.vsmmu, &access, &translation) < 0,
		"wrote through a page that is read-only");
	smmu_guest_run(&guest);
	TAP_EQ(guest.records, 1);
	TAP_EQ(SMMU_EVENT_ID(guest.record[0][0]), SMMU_F_PERMISSION);
	TAP_EQ(SMMU_EVENT_SID(guest.record[0][0]), guest.vsid[0]);
	TAP_EQ(guest.record[0][2], access.address);
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"pages_of_4k", "S4 S8 S10", pages_of_4k},
	{"pages_of_16k", "S4 S8 S10", pages_of_16k},
	{"pages_of_64k", "S4 S8 S10", pages_of_64k},
	{"upper_half", "S4 S8", upper_half},
	{"copies_cross_pages", "S8", copies_cross_pages},
	{"blocks_of_each_size", "S3 S8", blocks_of_each_size},
	{"faults_of_each_kind", "S4 S8 S10", faults_of_each_kind},
	{"faults_can_be_kept_quiet", "S4 S8", faults_can_be_kept_quiet},
	{"tables_outside_memory_are_silence", "S4 S8", tables_outside_memory_are_silence},
	{"unmap_by_page", "S3 S10", unmap_by_page},
	{"unmap_by_range", "S3 S10", unmap_by_range},
	{"many_pages_by_range", "S3 P9", many_pages_by_range},
	{"many_pages_one_by_one", "S3", many_pages_one_by_one},
	{"permissions_change", "S3 S8", permissions_change},
	{"spaces_are_kept_apart", "S3 S4 S8", spaces_are_kept_apart},
	{"emulated_devices_see_the_same", "S8", emulated_devices_see_the_same},
};
const struct suite_smmu_part suite_smmu_tables = {tests, sizeof(tests) / sizeof(tests[0])};
