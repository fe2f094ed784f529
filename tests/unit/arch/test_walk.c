/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The walk, against two models that know nothing of it: a list of what was mapped, and a
 * walk by the table of level sizes that the architecture prints.
 */
#include <vsmmu/event.h>

#include "arch/walk.h"
#include "lib/rng.h"
#include "lib/pgtable.h"
#include "lib/unit.h"

static unsigned int walk(const struct pgtable *pgtable, uint64_t va, uint64_t *pa)
{
	struct arch_mapping mapping;
	struct arch_fault fault;

	ram.reads = 0;
	if (!arch_walk(&pgtable->cd, &pgtable->memory, va, &mapping, &fault)) {
		assert_int_not_equal(fault.event, 0);
		assert_true(ram.reads <= 5 - pgtable->start);
		return fault.event;
	}
	assert_int_equal(fault.event, 0);
	assert_int_equal(ram.reads, mapping.level + 2U - pgtable->start);
	assert_int_equal(mapping.size_log2, pgtable->granule->shift[mapping.level + 1]);
	assert_int_equal(mapping.input, va >> mapping.size_log2 << mapping.size_log2);
	*pa = arch_mapping_output(&mapping, va);
	return 0;
}

static void check(const struct pgtable *pgtable, uint64_t va, unsigned int event, uint64_t pa)
{
	uint64_t got = 0, other = 0;

	assert_int_equal(pgtable_naive(pgtable, va, &other), event);
	assert_int_equal(walk(pgtable, va, &got), event);
	if (event)
		return;
	assert_int_equal(other, pa);
	assert_int_equal(got, pa);
}

static const struct mapped *lookup(const struct mapped *list, unsigned int n, uint64_t va)
{
	for (unsigned int i = 0; i < n; i++) {
		if (va >= list[i].va && va - list[i].va < BIT(list[i].shift))
			return &list[i];
	}
	return NULL;
}

static void check_address(
	const struct pgtable *pgtable, const struct mapped *list, unsigned int n, uint64_t va)
{
	const struct mapped *mapped = lookup(list, n, va);

	if (mapped)
		check(pgtable, va, 0, mapped->pa + (va - mapped->va));
	else
		check(pgtable, va, VSMMU_EVENT_F_TRANSLATION, 0);
}

/* Map a few pages and blocks, and look at their edges and at everything around them. */
static void check_space(struct pgtable *pgtable, struct rng *rng)
{
	struct mapped list[4];
	unsigned int n = 0;

	for (unsigned int tries = 0; tries < 8 && n < 4; tries++) {
		struct mapped *mapped = &list[n];

		mapped->index = pgtable->start + (unsigned int)rng_below(rng, 5 - pgtable->start);
		if (mapped->index != 4 && !pgtable_may_block(pgtable, mapped->index))
			mapped->index = 4;
		mapped->shift = pgtable->granule->shift[mapped->index];
		mapped->va = rng_next(rng) & (BIT(pgtable->ia_bits) - 1);
		if (tries < 2) /* the first and the last one */
			mapped->va = tries ? BIT(pgtable->ia_bits) - 1 : 0;
		mapped->va = (mapped->va | pgtable_sign(pgtable)) >> mapped->shift << mapped->shift;
		mapped->pa = (rng_next(rng) & (BIT(pgtable->oa_bits) - 1)) >>
			     mapped->shift << mapped->shift;
		/* Where there is a descriptor, or a block above, there cannot be another. */
		if (lookup(list, n, mapped->va) ||
			ram_get(&ram, pgtable_slot(pgtable, mapped->va, mapped->index)))
			continue;
		pgtable_map(pgtable, mapped, AF);
		n++;
	}
	assert_true(n > 0);
	for (unsigned int i = 0; i < n; i++) {
		const uint64_t size = BIT(list[i].shift);

		check_address(pgtable, list, n, list[i].va);
		check_address(pgtable, list, n, list[i].va + size / 2 + 5);
		check_address(pgtable, list, n, list[i].va + size - 1);
		check_address(pgtable, list, n, list[i].va + size);
		check_address(pgtable, list, n, list[i].va - 1);
		for (unsigned int bit = 12; bit < 64; bit++)
			check_address(pgtable, list, n, list[i].va ^ BIT(bit));
	}
	check_address(pgtable, list, n, pgtable_sign(pgtable) + BIT(pgtable->ia_bits));
	check_address(pgtable, list, n, pgtable_sign(pgtable) - 1);
	for (unsigned int i = 0; i < 20; i++)
		check_address(pgtable, list, n, rng_next(rng) >> rng_below(rng, 64));
}

TEST(every_granule_and_size_translates)
{
	struct rng rng = {.state = 5};
	unsigned int asids = 0;
	struct pgtable pgtable;

	for (unsigned int i = 0; i < 64 * 3 * 2 * 2 * 3; i++) {
		const unsigned int tsz = i & 63, g = (i >> 6) % 3, rest = (i >> 6) / 3;
		const unsigned int oa_bits = rest >> 2 == 0 ? 40 : rest >> 2 == 1 ? 48 : 52;
		const bool ds = rest & 2;
		const bool wide = oa_bits == 52 && (ds || g == 2);

		if (!pgtable_init(&pgtable, g, rest & 1, tsz, ds, oa_bits,
			    wide ? PGTABLE_HIGH : RAM_BASE))
			continue;
		if (oa_bits == 52 && !wide)
			pgtable.oa_bits = 48;
		check_space(&pgtable, &rng);
		asids++;
	}
	/* TxSZ from 12 or 16 to 48 or 47, both halves, three output sizes */
	assert_int_equal(asids, 2 * 3 * (2 * 33 + 2 * 37 + 2 * 36));
}

/* Each level in turn: not there, not valid, reserved, out of range. */
TEST(every_level_can_fault)
{
	struct rng rng = {.state = 6};

	for (unsigned int i = 0; i < 3 * 2 * 33; i++) {
		const unsigned int tsz = 12 + i / 6;
		struct mapped page = {.index = 4};
		struct pgtable pgtable;
		uint64_t pa;

		if (!pgtable_init(&pgtable, i % 3, i / 3 & 1, tsz, false, 44, RAM_BASE))
			continue;
		page.shift = pgtable.granule->bits;
		page.va = (rng_next(&rng) & (BIT(pgtable.ia_bits) - 1)) >> page.shift << page.shift;
		page.va |= pgtable_sign(&pgtable);
		page.pa = BIT(43);
		pgtable_map(&pgtable, &page, AF);
		check(&pgtable, page.va, 0, page.pa);
		for (unsigned int index = pgtable.start; index < 5; index++) {
			const uint64_t at = pgtable_slot(&pgtable, page.va, index);
			const uint64_t descriptor = ram_get(&ram, at);
			struct arch_mapping mapping;
			struct arch_fault fault;

			ram.hole = at;
			assert_false(
				arch_walk(&pgtable.cd, &pgtable.memory, page.va, &mapping, &fault));
			assert_int_equal(fault.event, VSMMU_EVENT_F_WALK_EABT);
			assert_int_equal(fault.fetch_address, at);
			ram.hole = 0;
			/* An address out of range, but that comes second to the descriptor */
			ram_set(&ram, at, (descriptor | BIT(44)) & ~UINT64_C(1));
			check(&pgtable, page.va, VSMMU_EVENT_F_TRANSLATION, 0);
			ram_set(&ram, at, (descriptor | BIT(44)) & ~AF);
			check(&pgtable, page.va, VSMMU_EVENT_F_ADDR_SIZE, 0);
			if (index == 4 || !pgtable_may_block(&pgtable, index)) {
				ram_set(&ram, at, descriptor & ~UINT64_C(2));
				check(&pgtable, page.va, VSMMU_EVENT_F_TRANSLATION, 0);
			}
			ram_set(&ram, at, descriptor);
		}
		/* A table where no memory is */
		if (pgtable.start < 4) {
			const uint64_t at = pgtable_slot(&pgtable, page.va, 3);

			ram_set(&ram, at, UINT64_C(0x40000000) | 3);
			assert_int_equal(walk(&pgtable, page.va, &pa), VSMMU_EVENT_F_WALK_EABT);
		}
		pgtable.cd.region[pgtable.upper].disabled = true;
		assert_int_equal(walk(&pgtable, page.va, &pa), VSMMU_EVENT_F_TRANSLATION);
		assert_int_equal(ram.reads, 0);
	}
}

TEST(the_access_flag_is_obeyed)
{
	struct mapped page = {.va = 0x5000, .pa = 0x1000, .index = 4, .shift = 12};
	struct pgtable pgtable;
	uint64_t pa;

	assert_true(pgtable_init(&pgtable, 0, false, 25, false, 44, RAM_BASE));
	pgtable_map(&pgtable, &page, 0);
	check(&pgtable, page.va, VSMMU_EVENT_F_ACCESS, 0);
	pgtable.cd.affd = true;
	assert_int_equal(walk(&pgtable, page.va + 5, &pa), 0);
	assert_int_equal(pa, 0x1005);
}

/* The top byte, in both halves: ignored in the walk, and gone from the mapping. */
TEST(the_top_byte_can_be_ignored)
{
	for (unsigned int upper = 0; upper < 2; upper++) {
		struct mapped page = {.pa = 0x1000, .index = 4, .shift = 12};
		struct arch_mapping mapping;
		struct arch_fault fault;
		struct pgtable pgtable;
		uint64_t tagged;

		assert_true(pgtable_init(&pgtable, 0, upper, 25, false, 44, RAM_BASE));
		page.va = pgtable_sign(&pgtable) | 0x5000;
		tagged = (page.va & (BIT(56) - 1)) | UINT64_C(0x5b) << 56;
		pgtable_map(&pgtable, &page, AF);
		check(&pgtable, tagged, VSMMU_EVENT_F_TRANSLATION, 0);
		pgtable.cd.region[upper].tbi = true;
		assert_true(arch_walk(&pgtable.cd, &pgtable.memory, tagged | 7, &mapping, &fault));
		assert_int_equal(mapping.input, page.va);
		assert_int_equal(arch_mapping_output(&mapping, tagged | 7), 0x1007);
		assert_false(arch_walk(
			&pgtable.cd, &pgtable.memory, tagged ^ BIT(54), &mapping, &fault));
		assert_int_equal(fault.event, VSMMU_EVENT_F_TRANSLATION);
	}
}

TEST(attributes_come_from_the_leaf)
{
	for (unsigned int i = 0; i < 8 * 4 * 2 * 2 * 2; i++) {
		const unsigned int attr = i & 7, sh = i >> 3 & 3, ng = i >> 5 & 1,
				   cont = i >> 6 & 1;
		const bool ds = i >> 7;
		struct mapped page = {.va = 0x5000, .pa = 0x1000, .index = 4, .shift = 12};
		struct arch_mapping mapping;
		struct arch_fault fault;
		struct pgtable pgtable;

		assert_true(pgtable_init(&pgtable, 0, false, 25, ds, 44, RAM_BASE));
		pgtable.cd.region[0].sh = 2;
		pgtable.cd.mair = UINT64_C(0xf7e6d5c4b3a29180);
		pgtable_map(&pgtable, &page,
			AF | BIT(5) | attr << 2 | (ds ? 0 : sh << 8) | ng << 11 |
				(cont ? BIT(52) : 0));
		assert_true(arch_walk(&pgtable.cd, &pgtable.memory, 0x5000, &mapping, &fault));
		assert_int_equal(mapping.attr, 0x80 + attr * 0x11);
		assert_int_equal(mapping.sh, ds ? 2 : sh);
		assert_int_equal(mapping.not_global, ng);
		assert_int_equal(mapping.contiguous, cont);
	}
}

TEST(big_endian_tables_are_read)
{
	struct mapped page = {.va = 0x5000, .pa = 0x1000, .index = 4, .shift = 12};
	struct pgtable pgtable;
	uint64_t pa;

	assert_true(pgtable_init(&pgtable, 0, false, 25, false, 44, RAM_BASE));
	pgtable_map(&pgtable, &page, AF);
	for (uint64_t at = RAM_BASE; at < RAM_BASE + 0x14000; at += 8)
		ram_set(&ram, at, __builtin_bswap64(ram_get(&ram, at)));
	pgtable.cd.big_endian = true;
	assert_int_equal(walk(&pgtable, 0x5123, &pa), 0);
	assert_int_equal(pa, 0x1123);
}

/* What the data permissions of an EL1&0 regime are (DDI 0487 D8.4), AP[2:1] by AP[2:1]. */
static const struct {
	bool read, write;
} data_rights[4][2] = {
	/* unprivileged, privileged */
	{{false, false}, {true, true}},
	{{true, true}, {true, true}},
	{{false, false}, {true, false}},
	{{true, false}, {true, false}},
};

/* AP[2:1] under an APTable. */
static const uint8_t ap_under[4][4] = {{0, 1, 2, 3}, {0, 0, 2, 2}, {2, 3, 2, 3}, {2, 2, 2, 2}};

/* Of the leaf, and of the first and the second table descriptor on the way to it. */
struct permissions {
	unsigned int ap, apt1, apt2, uxn, pxn, uxnt1, uxnt2, pxnt1, pxnt2, had, wxn, pan;
};

static bool permitted(const struct permissions *p, const struct arch_access *access)
{
	const unsigned int ap = p->had ? p->ap : ap_under[p->apt1][ap_under[p->apt2][p->ap]];
	const bool user_write = data_rights[ap][0].write;
	const bool write = data_rights[ap][access->privileged].write;
	bool never = access->privileged ? p->pxn : p->uxn;

	if (access->instruction && !access->write) {
		if (!p->had)
			never |= access->privileged ? p->pxnt1 || p->pxnt2 : p->uxnt1 || p->uxnt2;
		if (access->privileged && user_write)
			never = true;
		return !never && !(p->wxn && write);
	}
	if (access->privileged && p->pan && data_rights[ap][0].read)
		return false;
	return access->write ? write : data_rights[ap][access->privileged].read;
}

static void set_table_bits(struct pgtable *pgtable, uint64_t va, unsigned int index,
	unsigned int apt, unsigned int uxnt, unsigned int pxnt)
{
	const uint64_t at = pgtable_slot(pgtable, va, index);

	ram_set(&ram, at,
		(ram_get(&ram, at) & (BIT(48) - 1)) | (uint64_t)apt << 61 | (uint64_t)uxnt << 60 |
			(uint64_t)pxnt << 59);
}

TEST(permissions_follow_the_tables)
{
	struct pgtable pgtable;

	assert_true(pgtable_init(&pgtable, 0, false, 25, false, 44, RAM_BASE));
	for (unsigned int i = 0; i < 1 << 15; i++) {
		const struct permissions p = {.ap = i & 3,
			.apt1 = i >> 2 & 3,
			.apt2 = i >> 4 & 3,
			.uxn = i >> 6 & 1,
			.pxn = i >> 7 & 1,
			.uxnt1 = i >> 8 & 1,
			.uxnt2 = i >> 9 & 1,
			.pxnt1 = i >> 10 & 1,
			.pxnt2 = i >> 11 & 1,
			.had = i >> 12 & 1,
			.wxn = i >> 13 & 1,
			.pan = i >> 14 & 1};
		struct mapped page = {.va = 0x5000, .pa = 0x1000, .index = 4, .shift = 12};
		struct arch_mapping mapping;
		struct arch_fault fault;

		pgtable_map(&pgtable, &page,
			AF | p.ap << 6 | (uint64_t)p.pxn << 53 | (uint64_t)p.uxn << 54);
		set_table_bits(&pgtable, page.va, 2, p.apt1, p.uxnt1, p.pxnt1);
		set_table_bits(&pgtable, page.va, 3, p.apt2, p.uxnt2, p.pxnt2);
		pgtable.cd.region[0].had = p.had;
		pgtable.cd.wxn = p.wxn;
		pgtable.cd.pan = p.pan;
		assert_true(arch_walk(&pgtable.cd, &pgtable.memory, page.va, &mapping, &fault));
		for (unsigned int a = 0; a < 8; a++) {
			const struct arch_access access = {.write = a & 1,
				.privileged = a >> 1 & 1,
				.instruction = a >> 2 & 1};

			assert_int_equal(arch_walk_permits(&pgtable.cd, &mapping, &access),
				permitted(&p, &access));
		}
	}
}

/* Tables full of descriptors that lead anywhere, themselves included. */
TEST(random_tables_do_no_harm)
{
	struct rng rng = {.state = 7};
	unsigned int seen[256] = {0};

	for (unsigned int round = 0; round < 400; round++) {
		struct pgtable pgtable;

		if (!pgtable_init(&pgtable, round % 3, round & 8,
			    12 + (uint32_t)rng_below(&rng, 30), round & 16, 44, RAM_BASE))
			continue;
		for (uint64_t at = 0; at < RAM_SIZE; at += 8) {
			uint64_t word = rng_next(&rng);

			if (word >> 60)
				word = pgtable_pack(
					       &pgtable, RAM_BASE + rng_below(&rng, RAM_SIZE)) |
				       (rng_below(&rng, 40) ? 3 : word & 3) | (word & AF);
			ram_set(&ram, RAM_BASE + at, word);
		}
		for (unsigned int i = 0; i < 500; i++) {
			uint64_t va = (rng_next(&rng) & (BIT(pgtable.ia_bits) - 1)) |
				      pgtable_sign(&pgtable);
			uint64_t pa = 0, other = 0;
			unsigned int event = walk(&pgtable, va, &pa);

			assert_int_equal(event, pgtable_naive(&pgtable, va, &other));
			if (!event)
				assert_int_equal(pa, other);
			seen[event]++;
		}
	}
	assert_true(seen[0] > 1000);
	for (unsigned int event = VSMMU_EVENT_F_TRANSLATION; event < VSMMU_EVENT_F_PERMISSION;
		event++)
		assert_true(seen[event] > 100);
	assert_true(seen[VSMMU_EVENT_F_WALK_EABT] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(every_granule_and_size_translates),
		UNIT_TEST_PLAIN(every_level_can_fault),
		UNIT_TEST_PLAIN(the_access_flag_is_obeyed),
		UNIT_TEST_PLAIN(the_top_byte_can_be_ignored),
		UNIT_TEST_PLAIN(attributes_come_from_the_leaf),
		UNIT_TEST_PLAIN(big_endian_tables_are_read),
		UNIT_TEST_PLAIN(permissions_follow_the_tables),
		UNIT_TEST_PLAIN(random_tables_do_no_harm),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
