/* SPDX-License-Identifier: BSD-2-Clause */
/* DMA of a simulated endpoint: where it goes, and which event it makes. */
#include "sim_dma_fixture.h"

/* Words of a fault's record: RnW, InD and PnU in word 1, with CLASS = IN. */
#define CLASS_IN (UINT64_C(2) << 40)
#define RNW	 BIT(35)
#define IND	 BIT(34)
#define PNU	 BIT(33)

#define SSV(ssid)	(BIT(11) | (uint64_t)(ssid) << 12)
#define SSID_ONLY(ssid) ((uint64_t)(ssid) << 12)
#define S1CDMAX(n)	((uint64_t)(n) << 59)

/* With SubstreamIDs of 8 bits. */
#define STE_TABLE  (CD_TABLE | STE_S1 | S1CDMAX(8))
#define STE_2LEVEL (L1CD | STE_S1 | BIT(4) | S1CDMAX(8))

static uint64_t printed(struct sim_fixture *s)
{
	return stats_of(s).printed;
}

/* Every byte of RAM's data part different from its neighbours. */
static void fill_data(void)
{
	for (uint64_t i = 0; i < DATA_SIZE; i++)
		ram.bytes[DATA - RAM_BASE + i] = (uint8_t)(i * 7 + (i >> 8) * 31 + (i >> 16));
}

static struct sim_fixture *build_mapped(struct pgtable *pgtable)
{
	struct sim_fixture *s;

	dma_pgtable(pgtable);
	fill_data();
	map_page(pgtable, VA, DATA, RW);
	s = dma_build(NULL);
	install(s, CD_TABLE | STE_S1, 0);
	return s;
}

TEST(misuse_is_einval)
{
	struct {
		struct vsmmu_access access;
		uint64_t more;
	} newer = {.access = {.size = sizeof(newer)}, .more = 1};
	struct vsmmu_access access = {.size = sizeof(access), .address = VA};
	struct vsmmu_host other = {0};
	struct pgtable pgtable;
	struct sim_fixture *s = build_mapped(&pgtable);
	const uint32_t id = s->endpoint.dev_id;
	uint8_t byte = 0x5a;

	assert_int_equal(vsmmu_sim_dma(NULL, id, &access, &byte, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_dma(&other, id, &access, &byte, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_dma(s->host, id, NULL, &byte, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_dma(s->host, id, &access, NULL, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_dma(s->host, id, &access, &byte, 0), -EINVAL);
	assert_int_equal(vsmmu_sim_dma(s->host, id, &newer.access, &byte, 1), -E2BIG);
	assert_int_equal(vsmmu_sim_dma(s->host, 9999, &access, &byte, 1), -ENOENT);
	assert_int_equal(vsmmu_sim_dma(s->host, s->parent, &access, &byte, 1), -ENOENT);
	assert_int_equal(dma(s, 16, VA, &byte, 1), -EINVAL);
	assert_int_equal(
		dma(s, VSMMU_ACCESS_WRITE | VSMMU_ACCESS_INSTRUCTION, VA, &byte, 1), -EINVAL);
	assert_int_equal(
		dma_by(s, id, VSMMU_ACCESS_SSID, UINT32_C(1) << 20, VA, &byte, 1), -EINVAL);
	assert_int_equal(dma(s, READ, UINT64_MAX, &byte, 2), -EINVAL);
	access.size = 0;
	assert_int_equal(vsmmu_sim_dma(s->host, id, &access, &byte, 1), -EINVAL);
	assert_int_equal(stats_of(s).transactions, 0);
	assert_int_equal(byte, 0x5a);
	expect_silence(s);
	/* A SubstreamID without its flag is none; the last byte of all is one that there is. */
	assert_int_equal(dma_by(s, id, READ, UINT32_MAX, VA, &byte, 1), 0);
	assert_int_equal(byte, ram.bytes[DATA - RAM_BASE]);
	assert_int_equal(dma(s, READ, UINT64_MAX, &byte, 1), -EFAULT);
	assert_int_equal(stats_of(s).transactions, 2);
	tear_down(s);
}

TEST(data_moves_exactly_over_pages)
{
	static const uint64_t pages[] = {DATA + 3 * PAGE, DATA, DATA + 9 * PAGE, DATA + PAGE};
	static uint8_t bytes[4 * 4096];
	struct pgtable pgtable;
	struct sim_fixture *s = build_mapped(&pgtable);

	for (unsigned int i = 0; i < 4; i++)
		map_page(&pgtable, VA + i * PAGE, pages[i], RW);
	assert_int_equal(dma(s, READ, VA + 0xabc, bytes, 3 * PAGE + 5), 0);
	for (uint64_t i = 0; i < 3 * PAGE + 5; i++) {
		const uint64_t at = 0xabc + i;

		assert_int_equal(bytes[i], ram.bytes[pages[at / PAGE] + at % PAGE - RAM_BASE]);
	}
	assert_int_equal(stats_of(s).transactions, 4);
	assert_int_equal(stats_of(s).walks, 4);
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 13 + (i >> 8));
	fill_data();
	assert_int_equal(dma(s, VSMMU_ACCESS_WRITE, VA + 1, bytes, 4 * PAGE - 2), 0);
	for (uint64_t i = 0; i < 4 * PAGE; i++) {
		const uint64_t pa = pages[i / PAGE] + i % PAGE;
		const uint64_t n = pa - DATA;
		const uint8_t old = (uint8_t)(n * 7 + (n >> 8) * 31 + (n >> 16));
		const bool outside = i == 0 || i == 4 * PAGE - 1;

		assert_int_equal(ram.bytes[pa - RAM_BASE], outside ? old : bytes[i - 1]);
	}
	assert_int_equal(stats_of(s).transactions, 8);
	assert_int_equal(stats_of(s).aborts, 0);
	assert_int_equal(stats_of(s).walks, 4);
	/* What comes before the page that fails is done, what comes after it is not. */
	unmap_page(&pgtable, VA + 2 * PAGE);
	invalidate(s, NH_ALL, 0);
	memset(bytes, 0xee, sizeof(bytes));
	assert_int_equal(dma(s, READ, VA, bytes, 4 * PAGE), -EFAULT);
	assert_int_equal(bytes[2 * PAGE - 1], ram.bytes[pages[1] + PAGE - 1 - RAM_BASE]);
	for (uint64_t i = 2 * PAGE; i < 4 * PAGE; i++)
		assert_int_equal(bytes[i], 0xee);
	assert_int_equal(stats_of(s).transactions, 11);
	assert_int_equal(stats_of(s).aborts, 1);
	expect_event(s, VSMMU_EVENT_F_TRANSLATION, CLASS_IN | RNW, VA + 2 * PAGE, 0);
	expect_silence(s);
	tear_down(s);
}

/* A block or page of one level that has DATA in it, wherever its borders are. */
static void read_through_level(struct sim_fixture *s, struct pgtable *pgtable, unsigned int index)
{
	const unsigned int shift = pgtable->granule->shift[index];
	const uint64_t inside = BIT(shift < pgtable->ia_bits ? shift : pgtable->ia_bits) - 1;
	const uint64_t va = (pgtable_sign(pgtable) |
				    (UINT64_C(0x6000000005000) & (BIT(pgtable->ia_bits) - 1))) &
			    ~inside;
	const struct mapped block = {.va = va, .pa = DATA & ~inside, .index = index};
	const uint64_t offset = DATA & inside;
	uint8_t bytes[64];

	pgtable_map(pgtable, &block, RW);
	assert_int_equal(dma(s, READ, va + offset + 0x123, bytes, sizeof(bytes)), 0);
	assert_memory_equal(bytes, &ram.bytes[DATA + 0x123 - RAM_BASE], sizeof(bytes));
	assert_int_equal(dma(s, READ, va + offset + 0x523, bytes, sizeof(bytes)), 0);
	assert_memory_equal(bytes, &ram.bytes[DATA + 0x523 - RAM_BASE], sizeof(bytes));
}

TEST(every_granule_level_and_half)
{
	/* VAX and DS, so that there are blocks of all levels; no TERM_MODEL */
	const struct vsmmu_sim_config config = {.idr = {0x09481008, 0x520, 0, 0x400, 0, 0x4f6}};
	unsigned int levels = 0;

	for (unsigned int i = 0; i < 2 * 2 * 2 * 3 * 5; i++) {
		const bool upper = i & 1, ds = i >> 1 & 1, wide = i >> 2 & 1;
		const unsigned int g = i / 8 % 3, index = i / 24;
		struct pgtable pgtable;
		struct sim_fixture *s;

		if (!granules[g].shift[index])
			continue;
		assert_true(pgtable_init(&pgtable, g, upper, wide ? 16 : 25, ds, 52, RAM_BASE));
		if (index < pgtable.start || (index < 4 && !pgtable_may_block(&pgtable, index)))
			continue;
		fill_data();
		ram_set_entry(&ram, CD_TABLE, pgtable.word);
		s = dma_build(&config);
		install(s, CD_TABLE | STE_S1, 0);
		read_through_level(s, &pgtable, index);
		assert_int_equal(stats_of(s).walks, 1);
		/* The other half is switched off. */
		assert_int_equal(load(s, ~pgtable_sign(&pgtable) & ~BIT(50)), ABORTED);
		expect_event(s, VSMMU_EVENT_F_TRANSLATION, CLASS_IN | RNW,
			~pgtable_sign(&pgtable) & ~BIT(50), 0);
		tear_down(s);
		levels++;
	}
	/* Of each half: 13 of 4 KiB pages, 10 of 16 KiB pages, 10 of 64 KiB pages */
	assert_int_equal(levels, 66);
}

TEST(what_is_attached_decides)
{
	struct pgtable pgtable;
	struct sim_fixture *s = build_mapped(&pgtable);
	const uint64_t want = ram_get(&ram, DATA);

	assert_int_equal(load(s, VA), want);
	install(s, STE_ABORT, 0);
	assert_int_equal(load(s, VA), ABORTED);
	assert_int_equal(load(s, DATA), ABORTED);
	/* What the kernel makes of V = 0, whatever else is there */
	install(s, (CD_TABLE | STE_S1) & ~UINT64_C(1), 0);
	assert_int_equal(load(s, VA), ABORTED);
	expect_silence(s);
	install(s, STE_BYPASS, 0);
	assert_int_equal(load(s, DATA), want);
	assert_int_equal(load_by(s, s->endpoint.dev_id, 5, DATA), ABORTED);
	expect_event(s, VSMMU_EVENT_C_BAD_SUBSTREAMID | SSID_ONLY(5), 0, 0, 0);
	assert_int_equal(load(s, BIT(52)), ABORTED);
	expect_event(s, VSMMU_EVENT_F_ADDR_SIZE, CLASS_IN | RNW, BIT(52), 0);
	assert_int_equal(printed(s), 0);
	assert_int_equal(load(s, NOWHERE), ABORTED);
	assert_int_equal(printed(s), 1);

	assert_int_equal(
		s->ops->attach(s->host, &s->endpoint, s->parent, VSMMU_ATTACH_PUT_BACK), 0);
	assert_int_equal(load(s, DATA), want);
	assert_int_equal(load(s, NOWHERE), ABORTED);
	assert_int_equal(load(s, BIT(52)), ABORTED);
	assert_int_equal(load_by(s, s->endpoint.dev_id, 5, DATA), ABORTED);
	assert_int_equal(printed(s), 4);
	assert_int_equal(s->ops->detach(s->host, &s->endpoint), 0);
	assert_int_equal(load(s, DATA), ABORTED);
	/* As is one that never was attached to anything. */
	assert_int_equal(load_by(s, new_endpoint(s, 7), -1, DATA), ABORTED);
	assert_int_equal(printed(s), 4);
	expect_silence(s);
	assert_int_equal(stats_of(s).numbered, 2);
	tear_down(s);
}

/* The eight kinds of events that the driver forwards, to the last bit. */
TEST(the_forwarded_events_arise)
{
	struct pgtable pgtable;
	struct sim_fixture *s = build_mapped(&pgtable);

	map_page(&pgtable, VA + PAGE, DATA, RW | BIT(7));
	map_page(&pgtable, VA + 2 * PAGE, DATA, BIT(6));
	map_page(&pgtable, VA + 3 * PAGE, BIT(47), RW);
	ram_set(&ram, pgtable_slot(&pgtable, VA + 4 * PAGE, 4), 0);
	pgtable.word[0] = (pgtable.word[0] & ~(UINT64_C(7) << 32)) | UINT64_C(2)
									     << 32; /* IPS: 40 */
	ram_set_entry(&ram, CD_TABLE, pgtable.word);

	assert_int_equal(load(s, VA + 4 * PAGE), ABORTED);
	expect_event(s, 0x10, UINT64_C(0x20800000000), VA + 4 * PAGE, 0);
	assert_int_equal(dma(s, VSMMU_ACCESS_WRITE, VA + PAGE + 4, &(uint8_t){1}, 1), -EFAULT);
	expect_event(s, 0x13, UINT64_C(0x20000000000), VA + PAGE + 4, 0);
	assert_int_equal(load(s, VA + 2 * PAGE), ABORTED);
	expect_event(s, 0x12, UINT64_C(0x20800000000), VA + 2 * PAGE, 0);
	assert_int_equal(load(s, VA + 3 * PAGE), ABORTED);
	expect_event(s, 0x11, UINT64_C(0x20800000000), VA + 3 * PAGE, 0);
	install(s, (CD_TABLE + 64) | STE_S1, 0);
	assert_int_equal(load(s, VA), ABORTED);
	expect_event(s, 0x0a, 0, 0, 0);
	install(s, CD_TABLE | STE_S1 | S1CDMAX(31), 0);
	assert_int_equal(load(s, VA), ABORTED);
	expect_event(s, 0x04, 0, 0, 0);
	install(s, CD_TABLE | STE_S1, BIT(27));
	assert_int_equal(load_by(s, s->endpoint.dev_id, 0xabcde, VA), ABORTED);
	expect_event(s, 0x04 | SSV(0xabcde), 0, 0, 0);
	install(s, STE_TABLE, 0);
	assert_int_equal(load(s, VA), ABORTED);
	expect_event(s, 0x06, 0, 0, 0);
	assert_int_equal(load_by(s, s->endpoint.dev_id, 0x100, VA), ABORTED);
	expect_event(s, 0x08 | SSID_ONLY(0x100), 0, 0, 0);
	assert_int_equal(load_by(s, s->endpoint.dev_id, 0xff, VA), ABORTED);
	expect_event(s, 0x0a | SSV(0xff), 0, 0, 0);
	expect_silence(s);
	assert_int_equal(stats_of(s).aborts, 10);
	assert_int_equal(stats_of(s).numbered, 10);
	assert_int_equal(printed(s), 0);
	tear_down(s);
}

/* Stage 2 fails: the host prints it, the guest hears nothing. */
TEST(missing_memory_is_the_hosts_business)
{
	struct pgtable pgtable;
	struct sim_fixture *s = build_mapped(&pgtable);
	uint8_t byte = 1;

	map_page(&pgtable, VA + PAGE, NOWHERE, RW);
	assert_int_equal(load(s, VA + PAGE), ABORTED);
	assert_int_equal(dma(s, VSMMU_ACCESS_WRITE, VA + PAGE, &byte, 1), -EFAULT);
	assert_int_equal(printed(s), 2);
	/* A table, a level 1 CD, a CD. */
	ram_set(&ram, pgtable_slot(&pgtable, VA + BIT(21), 3), NOWHERE | 3);
	assert_int_equal(load(s, VA + BIT(21)), ABORTED);
	install(s, NOWHERE | STE_S1 | BIT(4) | S1CDMAX(8), 2);
	assert_int_equal(load(s, VA), ABORTED);
	install(s, NOWHERE | STE_S1, 0);
	assert_int_equal(load(s, VA), ABORTED);
	assert_int_equal(printed(s), 5);
	expect_silence(s);
	assert_int_equal(stats_of(s).numbered, 0);
	assert_int_equal(stats_of(s).aborts, 5);
	tear_down(s);
	/* No memory at all */
	s = build(NULL, 4);
	install(s, STE_BYPASS, 0);
	assert_int_equal(load(s, DATA), ABORTED);
	assert_int_equal(dma(s, VSMMU_ACCESS_WRITE, DATA, &byte, 1), -EFAULT);
	assert_int_equal(printed(s), 2);
	tear_down(s);
}

/* A and R of the CD, which need TERM_MODEL = 0 to be free. */
TEST(a_cd_can_make_faults_invisible)
{
	const struct vsmmu_sim_config config = {.idr = {0x09481008, 0x520, 0, 0x400, 0, 0x76}};
	struct pgtable pgtable;
	struct sim_fixture *s;

	dma_pgtable(&pgtable);
	fill_data();
	map_page(&pgtable, VA, DATA, RW);
	map_page(&pgtable, VA + PAGE, DATA + PAGE, RW | BIT(7)); /* read-only */
	map_page(&pgtable, VA + 3 * PAGE, DATA + 3 * PAGE, RW);
	s = dma_build(&config);
	for (unsigned int ar = 0; ar < 4; ar++) {
		const bool a = ar & 1, r = ar & 2;
		const int seen = a ? -EFAULT : 0;
		uint8_t bytes[2 * 4096];

		pgtable.word[0] &= ~(BIT(45) | BIT(46));
		pgtable.word[0] |= (a ? BIT(46) : 0) | (r ? BIT(45) : 0);
		ram_set_entry(&ram, CD_TABLE + 64 * ar, pgtable.word);
		install(s, (CD_TABLE + 64 * ar) | STE_S1, 0);
		memset(bytes, 0xee, sizeof(bytes));
		assert_int_equal(dma(s, READ, VA + 2 * PAGE + 0x800, bytes, PAGE), seen);
		for (unsigned int i = 0; i < 0x800; i++)
			assert_int_equal(bytes[i], a ? 0xee : 0);
		for (unsigned int i = 0x800; i < 0x1000; i++)
			assert_int_equal(bytes[i],
				a ? 0xee : ram.bytes[DATA + 3 * PAGE + i - 0x800 - RAM_BASE]);
		memset(bytes, 0x11, sizeof(bytes));
		assert_int_equal(dma(s, VSMMU_ACCESS_WRITE, VA + PAGE, bytes, 16), seen);
		assert_memory_not_equal(&ram.bytes[DATA + PAGE - RAM_BASE], bytes, 16);
		assert_int_equal(bytes[0], 0x11);
		if (r) {
			expect_event(s, 0x10, CLASS_IN | RNW, VA + 2 * PAGE + 0x800, 0);
			expect_event(s, 0x13, CLASS_IN, VA + PAGE, 0);
		}
		expect_silence(s);
	}
	assert_int_equal(printed(s), 0);
	assert_int_equal(stats_of(s).aborts, 4);
	tear_down(s);
}

TEST(permissions_are_kept)
{
	/* AP[1]: unprivileged, AP[2]: read-only, PXN, UXN */
	struct pgtable pgtable;
	struct sim_fixture *s = build_mapped(&pgtable);

	for (unsigned int i = 0; i < 16 * 6; i++) {
		const bool open = i & 1, read_only = i & 2, pxn = i & 4, uxn = i & 8;
		static const uint32_t kinds[6] = {READ, VSMMU_ACCESS_WRITE,
			VSMMU_ACCESS_INSTRUCTION, VSMMU_ACCESS_PRIVILEGED,
			VSMMU_ACCESS_PRIVILEGED | VSMMU_ACCESS_WRITE,
			VSMMU_ACCESS_PRIVILEGED | VSMMU_ACCESS_INSTRUCTION};
		const uint32_t flags = kinds[i / 16];
		const bool privileged = flags & VSMMU_ACCESS_PRIVILEGED;
		const bool write = flags & VSMMU_ACCESS_WRITE;
		const bool instruction = flags & VSMMU_ACCESS_INSTRUCTION;
		const bool expected[6] = {open, open && !read_only, !uxn, true, !read_only,
			!pxn && (read_only || !open)};
		uint8_t byte = 0;

		map_page(&pgtable, VA, DATA,
			AF | (open ? BIT(6) : 0) | (read_only ? BIT(7) : 0) | (pxn ? BIT(53) : 0) |
				(uxn ? BIT(54) : 0));
		invalidate(s, NH_ALL, 0);
		assert_int_equal(dma(s, flags, VA, &byte, 1), expected[i / 16] ? 0 : -EFAULT);
		if (!expected[i / 16])
			expect_event(s, 0x13,
				CLASS_IN | (write ? 0 : RNW) | (privileged ? PNU : 0) |
					(instruction ? IND : 0),
				VA, 0);
		expect_silence(s);
	}
	tear_down(s);
}

/* Each CD maps VA to a page of its own, in which its number is. */
static void make_cds(struct pgtable *pgtable, const uint32_t *ssid, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const uint64_t page = DATA + ssid[i] * PAGE;
		struct pgtable other = *pgtable;

		other.root = pgtable->free;
		other.free = pgtable->free + PAGE;
		other.word[1] = other.root;
		other.word[0] |= (uint64_t)(i + 1) << 48;
		map_page(&other, VA, page, RW | NG);
		pgtable->free = other.free;
		ram_set(&ram, page, 0x5500 + ssid[i]);
		ram_set_entry(&ram, CD_TABLE + UINT64_C(64) * ssid[i], other.word);
	}
}

TEST(a_pasid_chooses_its_cd)
{
	static const uint32_t ssid[] = {0, 1, 2, 63};
	struct pgtable pgtable;
	struct sim_fixture *s = build_mapped(&pgtable);
	const uint32_t id = s->endpoint.dev_id;

	make_cds(&pgtable, ssid, 4);
	ram_set(&ram, L1CD, CD_TABLE | 1);     /* SubstreamIDs 0 to 63 */
	ram_set(&ram, L1CD + 8, CD_TABLE | 1); /* 64 to 127, the same again */
	for (unsigned int two = 0; two < 2; two++) {
		const uint64_t ste = two ? STE_2LEVEL : STE_TABLE;

		install(s, ste, 0); /* S1DSS: terminate */
		for (unsigned int i = 1; i < 4; i++)
			assert_int_equal(load_by(s, id, ssid[i], VA), 0x5500 + ssid[i]);
		assert_int_equal(load_by(s, id, 0, VA), 0x5500);
		assert_int_equal(load(s, VA), ABORTED);
		expect_event(s, VSMMU_EVENT_F_STREAM_DISABLED, 0, 0, 0);
		install(s, ste, 1); /* bypass */
		assert_int_equal(load(s, DATA + PAGE), 0x5501);
		assert_int_equal(load_by(s, id, 1, VA), 0x5501);
		assert_int_equal(load_by(s, id, 0, VA), 0x5500);
		install(s, ste, 2); /* CD 0 */
		assert_int_equal(load(s, VA), 0x5500);
		assert_int_equal(load_by(s, id, 2, VA), 0x5502);
		assert_int_equal(load_by(s, id, 0, VA), ABORTED);
		expect_event(s, VSMMU_EVENT_F_STREAM_DISABLED, 0, 0, 0);
		if (!two)
			continue;
		assert_int_equal(load_by(s, id, 65, VA), 0x5501);
		assert_int_equal(
			load_by(s, id, 128, VA), ABORTED); /* its level 1 CD is not valid */
		expect_event(s, VSMMU_EVENT_C_BAD_SUBSTREAMID | SSID_ONLY(128), 0, 0, 0);
	}
	/* Without SubstreamIDs of its own, and for one without any PASID */
	install(s, CD_TABLE | STE_S1, 0);
	assert_int_equal(load(s, VA), 0x5500);
	assert_int_equal(load_by(s, id, 1, VA), ABORTED);
	expect_event(s, VSMMU_EVENT_C_BAD_SUBSTREAMID | SSID_ONLY(1), 0, 0, 0);
	expect_silence(s);
	tear_down(s);
}

TEST(no_event_goes_to_a_queue_that_is_not_there)
{
	struct pgtable pgtable;
	struct sim_fixture *s = build_mapped(&pgtable);

	assert_int_equal(load(s, VA + PAGE), ABORTED);
	expect_event(s, 0x10, CLASS_IN | RNW, VA + PAGE, 0);
	for (unsigned int i = 0; i < 70; i++)
		assert_int_equal(load(s, VA + PAGE), ABORTED);
	assert_int_equal(stats_of(s).numbered, 71);
	assert_int_equal(stats_of(s).dropped, 6);
	assert_int_equal(printed(s), 0);
	tear_down(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S8", misuse_is_einval),
		UNIT_TEST("S8", data_moves_exactly_over_pages),
		UNIT_TEST("S8", every_granule_level_and_half),
		UNIT_TEST("S8", what_is_attached_decides),
		UNIT_TEST("S8", the_forwarded_events_arise),
		UNIT_TEST("S8", missing_memory_is_the_hosts_business),
		UNIT_TEST("S8", a_cd_can_make_faults_invisible),
		UNIT_TEST("S8", permissions_are_kept),
		UNIT_TEST("S8", a_pasid_chooses_its_cd),
		UNIT_TEST("S8", no_event_goes_to_a_queue_that_is_not_there),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
