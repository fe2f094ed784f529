/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulated TLB against a list of what was loaded into it, over long rows of accesses,
 * changes and invalidations. The list goes by what the test has mapped and by the sentences
 * of IHI 0070 3.17 and 4.4; of walks and of the TLB it knows nothing.
 */
#include "sim_dma_fixture.h"

#define SEED	 UINT64_C(0x71b)
#define ROUNDS	 150
#define STEPS	 300
#define ENTRIES	 (2 * STEPS)	   /* at most so many are loaded */
#define PGTABLES 3		   /* CDs: SubstreamIDs 1 to 3 */
#define PAGES	 4		   /* of a half; behind them is a block */
#define TABLES	 UINT64_C(0x20000) /* of one half */
#define CDS	 (RAM_BASE + 2 * PGTABLES * TABLES)
#define SELF	 BIT(33)

/* What memory says of a page or block; what was loaded of it. */
struct page {
	bool present;
	bool not_global, open, read_only, uxn, pxn;
	uint64_t pa;
};

struct entry {
	struct page page;
	uint64_t va, size;
	unsigned int asid, granule, level;
	bool aset;
};

struct access {
	unsigned int pgtable, half, n; /* @n: PAGES for the block */
	uint64_t offset, tag;
	uint32_t flags;
};

struct half {
	struct pgtable pgtable;
	struct page page[PAGES + 1];
};

static struct tlb_model {
	struct sim_fixture *s;
	struct rng rng;
	struct half half[PGTABLES][2];
	unsigned int asid[PGTABLES];
	bool aset[PGTABLES], tbi[PGTABLES][2];
	struct entry entry[ENTRIES];
	unsigned int entries;
	uint64_t serial;
	uint64_t written; /* where the last write went */
} model;

/* What of an access that passed is changed for the next one. */
enum change {
	CHANGE_SPACE = 0,
	CHANGE_TAG,
	CHANGE_HALF,
	CHANGE_PRIVILEGE,
	CHANGE_ASID,
	CHANGE_ASET,
	CHANGES,
};

static unsigned int below(unsigned int limit)
{
	return (unsigned int)rng_below(&model.rng, limit);
}

/* From SELF on each word reads as its own address. */
static int read_self(void *ctx, uint64_t address, void *bytes, size_t n)
{
	if (address < SELF)
		return ram_read(ctx, address, bytes, n);
	for (size_t i = 0; i < n; i++)
		((uint8_t *)bytes)[i] = (uint8_t)(address >> 8 * i);
	return 0;
}

static int write_nothing(void *ctx, uint64_t address, const void *bytes, size_t n)
{
	(void)ctx;
	(void)bytes;
	(void)n;
	model.written = address;
	return 0;
}

static uint64_t size_of(const struct half *half, unsigned int n)
{
	return BIT(half->pgtable.granule->shift[n == PAGES ? 3 : 4]);
}

static uint64_t va_of(const struct half *half, unsigned int n)
{
	return pgtable_sign(&half->pgtable) | size_of(half, n) * (n == PAGES ? 1 : n + 5);
}

/* To where nothing was before, or nowhere. */
static void remap(struct half *half, unsigned int n)
{
	struct page *page = &half->page[n];
	const unsigned int bits = below(32);
	const struct mapped mapped = {.va = va_of(half, n),
		.pa = SELF + (++model.serial << 30),
		.index = n == PAGES ? 3 : 4};

	*page = (struct page){.present = below(8),
		.pa = mapped.pa,
		.not_global = bits & 1,
		.open = bits & 2,
		.read_only = bits & 4,
		.uxn = bits & 8,
		.pxn = bits & 16};
	pgtable_map(&half->pgtable, &mapped,
		AF | (page->not_global ? NG : 0) | (page->open ? BIT(6) : 0) |
			(page->read_only ? BIT(7) : 0) | (page->pxn ? BIT(53) : 0) |
			(page->uxn ? BIT(54) : 0));
	if (!page->present)
		ram_set(&ram, pgtable_slot(&half->pgtable, mapped.va, mapped.index), 0);
}

static void write_cd(unsigned int i)
{
	const struct pgtable *low = &model.half[i][0].pgtable, *high = &model.half[i][1].pgtable;
	const uint64_t both_on = ~(BIT(14) | BIT(30));
	const uint64_t word[8] = {
		((low->word[0] | high->word[0]) & both_on) | (model.tbi[i][0] ? BIT(38) : 0) |
			(model.tbi[i][1] ? BIT(39) : 0) | (model.aset[i] ? BIT(47) : 0) |
			(uint64_t)model.asid[i] << 48,
		low->root, high->root, low->word[3]};

	ram_set_entry(&ram, CDS + 64 * (i + 1), word);
	invalidate(model.s, CFGI_CD(i + 1), LEAF);
}

static void build_world(void)
{
	const struct vsmmu_sim_config config = {.size = sizeof(config),
		.memory_read = read_self,
		.memory_write = write_nothing,
		.memory_opaque = &ram,
		.idr = {0x0d481008, 0x520, 0, 0x400, 0, 0x4f6}}; /* with DS */
	const unsigned int granule[2] = {below(3), below(3)};

	model.entries = 0;
	model.serial = 0;
	for (unsigned int i = 0; i < 2 * PGTABLES; i++)
		assert_true(pgtable_init(&model.half[i / 2][i & 1].pgtable, granule[i & 1], i & 1,
			25, false, 48, RAM_BASE));
	model.s = build(&config, 64);
	for (unsigned int i = 0; i < PGTABLES; i++) {
		for (unsigned int h = 0; h < 2; h++) {
			struct half *half = &model.half[i][h];

			half->pgtable.root = RAM_BASE + (2 * i + h) * TABLES;
			half->pgtable.free = half->pgtable.root + TABLES / 2;
			for (unsigned int n = 0; n <= PAGES; n++)
				remap(half, n);
			model.tbi[i][h] = below(2);
		}
		model.asid[i] = 1 + below(2);
		model.aset[i] = below(2);
		write_cd(i);
	}
	install(model.s, CDS | STE_S1 | UINT64_C(2) << 59, 0);
}

/* DDI 0487 D8.4, without WXN and PAN */
static bool permits(const struct page *page, uint32_t flags)
{
	const bool privileged = flags & VSMMU_ACCESS_PRIVILEGED;

	if (flags & VSMMU_ACCESS_INSTRUCTION)
		return privileged ? !page->pxn && (page->read_only || !page->open) : !page->uxn;
	if (!privileged && !page->open)
		return false;
	return !(flags & VSMMU_ACCESS_WRITE) || !page->read_only;
}

/* 3.17.1; with TBI the top byte does not count. */
static bool answers(const struct entry *entry, const struct access *access, uint64_t va)
{
	if (model.tbi[access->pgtable][access->half])
		va ^= access->tag;
	if (va < entry->va || va - entry->va >= entry->size)
		return false;
	if (entry->page.not_global)
		return entry->asid == model.asid[access->pgtable];
	return entry->aset == model.aset[access->pgtable];
}

static void note(const struct access *access)
{
	const struct half *half = &model.half[access->pgtable][access->half];

	assert_true(model.entries < ENTRIES);
	model.entry[model.entries++] = (struct entry){
		.page = half->page[access->n],
		.va = va_of(half, access->n),
		.size = size_of(half, access->n),
		.asid = model.asid[access->pgtable],
		.aset = model.aset[access->pgtable],
		.granule = half->pgtable.granule->bits,
		.level = access->n == PAGES ? 2 : 3,
	};
}

/* What came of it: an event's id, or where it went. */
struct outcome {
	unsigned int event;
	uint64_t address;
};

static struct outcome outcome_of(const struct page *page, uint64_t offset, uint32_t flags)
{
	if (!page->present)
		return (struct outcome){.event = VSMMU_EVENT_F_TRANSLATION};
	if (!permits(page, flags))
		return (struct outcome){.event = VSMMU_EVENT_F_PERMISSION};
	return (struct outcome){.address = page->pa + offset};
}

static struct outcome do_access(const struct access *access, uint64_t va)
{
	struct vsmmu_event_record record;
	struct outcome outcome = {0};
	uint8_t bytes[8];
	int ret;

	model.written = 0;
	ret = dma_by(model.s, model.s->endpoint.dev_id, access->flags | VSMMU_ACCESS_SSID,
		access->pgtable + 1, va, bytes, sizeof(bytes));
	if (next_event(model.s, &record)) {
		assert_int_equal(record.word[2], va);
		outcome.event = (uint8_t)record.word[0];
	} else if (access->flags & VSMMU_ACCESS_WRITE) {
		outcome.address = model.written;
	} else {
		outcome.address = record_load_word(bytes, 0);
	}
	assert_int_equal(ret, outcome.event ? -EFAULT : 0);
	expect_silence(model.s);
	return outcome;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	return a->event == b->event && a->address == b->address;
}

/* Of entries that overlap any may answer. Return: whether the TLB had it. */
static bool check(const struct access *access, bool *passed)
{
	static const struct page nowhere;
	const struct half *half = &model.half[access->pgtable][access->half];
	const uint64_t va = (va_of(half, access->n) + access->offset) ^ access->tag;
	const uint64_t walks = stats_of(model.s).walks;
	const struct outcome got = do_access(access, va);
	const struct page *page = &half->page[access->n];
	unsigned int hits = 0, agree = 0;
	struct outcome expected;

	*passed = !got.event;
	for (unsigned int i = 0; i < model.entries; i++) {
		if (!answers(&model.entry[i], access, va))
			continue;
		expected = outcome_of(&model.entry[i].page, access->offset, access->flags);
		hits++;
		agree += same(&got, &expected);
	}
	assert_int_equal(stats_of(model.s).walks, walks + !hits);
	if (!hits) {
		if (access->tag && !model.tbi[access->pgtable][access->half])
			page = &nowhere;
		expected = outcome_of(page, access->offset, access->flags);
		agree = same(&got, &expected);
		if (page->present)
			note(access);
	}
	assert_true(agree);
	return hits;
}

static struct access any_access(void)
{
	static const uint32_t kinds[6] = {READ, VSMMU_ACCESS_WRITE, VSMMU_ACCESS_INSTRUCTION,
		VSMMU_ACCESS_PRIVILEGED, VSMMU_ACCESS_PRIVILEGED | VSMMU_ACCESS_WRITE,
		VSMMU_ACCESS_PRIVILEGED | VSMMU_ACCESS_INSTRUCTION};
	struct access access = {.pgtable = below(PGTABLES),
		.half = below(2),
		.n = below(PAGES + 1),
		.flags = kinds[below(6)],
		.tag = below(4) ? 0 : (uint64_t)below(256) << 56};

	access.offset =
		rng_below(&model.rng, size_of(&model.half[access.pgtable][access.half], access.n)) &
		~UINT64_C(7);
	return access;
}

static void apply(enum change change, struct access *access)
{
	switch (change) {
	case CHANGE_SPACE:
		access->pgtable = (access->pgtable + 1 + below(PGTABLES - 1)) % PGTABLES;
		break;
	case CHANGE_TAG:
		access->tag ^= BIT(56 + below(8));
		break;
	case CHANGE_HALF:
		access->half ^= 1;
		/* An offset that both have */
		access->offset %= size_of(&model.half[access->pgtable][access->half], access->n);
		break;
	case CHANGE_PRIVILEGE:
		access->flags ^= VSMMU_ACCESS_PRIVILEGED;
		break;
	case CHANGE_ASID:
		model.asid[access->pgtable] ^= 3;
		write_cd(access->pgtable);
		break;
	default:
		model.aset[access->pgtable] = !model.aset[access->pgtable];
		write_cd(access->pgtable);
		break;
	}
}

/* A TLBI by address; @range: NUM, SCALE, TG and TTL mean something */
struct tlbi {
	bool all_asids, range;
	unsigned int asid, num, scale, tg, ttl;
	uint64_t address;
};

static bool is_dropped(const struct entry *entry, const struct tlbi *tlbi)
{
	const unsigned int bits = entry->granule;
	const uint64_t top = tlbi->address >> 55;
	const uint64_t first = tlbi->address >> bits, begin = entry->va >> bits;
	const uint64_t count = (uint64_t)(tlbi->num + 1) << (tlbi->scale < 39 ? tlbi->scale : 39);

	if (entry->page.not_global && !tlbi->all_asids && entry->asid != tlbi->asid)
		return false;
	/* With a tag it need not be an address at all (4.4.2). */
	if (top != 0 && top != 0x1ff)
		return false;
	if (!tlbi->range)
		return tlbi->address >= entry->va && tlbi->address - entry->va < entry->size;
	if (bits != 12 + 2 * tlbi->tg || (tlbi->ttl && tlbi->ttl != entry->level))
		return false;
	return begin < first ? begin + (entry->size >> bits) > first : begin - first < count;
}

static struct tlbi any_tlbi(void)
{
	const struct half *half = &model.half[below(PGTABLES)][below(2)];
	const unsigned int n = below(PAGES + 1);
	struct tlbi tlbi = {.all_asids = below(2),
		.range = below(2),
		.asid = 1 + below(3),
		.num = below(below(2) ? 3 : 32),
		.scale = below(below(2) ? 3 : 64),
		.tg = below(3),
		.ttl = below(4)};

	if (below(2))
		tlbi.tg = (half->pgtable.granule->bits - 12U) / 2;
	/* All 0 is ILLEGAL. */
	tlbi.num += !tlbi.num && !tlbi.scale && !tlbi.ttl;
	tlbi.address = va_of(half, n) + rng_below(&model.rng, size_of(half, n) / PAGE) * PAGE;
	/* A range begins at a granule. */
	if (tlbi.range)
		tlbi.address &= ~(BIT(12 + 2 * tlbi.tg) - 1);
	if (!below(8))
		tlbi.address ^= BIT(56 + below(8));
	return tlbi;
}

static void invalidate_by_address(void)
{
	const struct tlbi tlbi = any_tlbi();
	uint64_t word0 = tlbi.all_asids ? NH_VAA : NH_VA(tlbi.asid);
	uint64_t word1 = tlbi.address | below(2);

	if (tlbi.range) {
		word0 |= tlbi.num << 12 | tlbi.scale << 20;
		word1 |= (tlbi.tg + 1) << 10 | tlbi.ttl << 8;
	}
	invalidate(model.s, word0, word1);
	for (unsigned int i = 0; i < model.entries;) {
		if (is_dropped(&model.entry[i], &tlbi))
			model.entry[i] = model.entry[--model.entries];
		else
			i++;
	}
}

static void invalidate_by_asid(void)
{
	const unsigned int asid = 1 + below(3);

	invalidate(model.s, NH_ASID(asid), 0);
	for (unsigned int i = 0; i < model.entries;) {
		if (model.entry[i].page.not_global && model.entry[i].asid == asid)
			model.entry[i] = model.entry[--model.entries];
		else
			i++;
	}
}

static void invalidate_all(void)
{
	invalidate(model.s, below(2) ? NH_ALL : NSNH_ALL, 0);
	model.entries = 0;
}

static void step_change(void)
{
	const unsigned int i = below(PGTABLES);

	if (below(3)) {
		remap(&model.half[i][below(2)], below(PAGES + 1));
		return;
	}
	model.tbi[i][below(2)] ^= 1;
	write_cd(i);
}

static void step_invalidate(void)
{
	const unsigned int how = below(16);

	if (how > 4)
		invalidate_by_address();
	else if (how)
		invalidate_by_asid();
	else
		invalidate_all();
}

/* One that passes, and at once the same with one thing changed. */
static void step_access(unsigned int seen[CHANGES][2])
{
	struct access access = any_access();
	const enum change change = (enum change)below(CHANGES);
	bool passed;

	(void)check(&access, &passed);
	if (!passed)
		return;
	apply(change, &access);
	seen[change][check(&access, &passed)]++;
}

TEST(it_knows_what_was_loaded_and_no_more)
{
	unsigned int seen[CHANGES][2] = {0};

	model.rng = (struct rng){.state = SEED};
	for (unsigned int round = 0; round < ROUNDS; round++) {
		build_world();
		for (unsigned int i = 0; i < STEPS; i++) {
			const unsigned int what = below(8);

			if (what == 0)
				step_change();
			else if (what == 1)
				step_invalidate();
			else
				step_access(seen);
		}
		tear_down(model.s);
	}
	for (unsigned int i = 0; i < CHANGES; i++) {
		/* Privilege is no tag. */
		assert_true(seen[i][1] > 300);
		assert_true(i == CHANGE_PRIVILEGE ? !seen[i][0] : seen[i][0] > 300);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S8 S3", it_knows_what_was_loaded_and_no_more),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
