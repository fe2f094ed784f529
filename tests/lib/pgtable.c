/* SPDX-License-Identifier: BSD-2-Clause */
#include <vsmmu/event.h>

#include "lib/pgtable.h"
#include "lib/unit.h"

const struct granule granules[3] = {
	{12, {0, 2}, {48, 39, 30, 21, 12}},
	{14, {2, 1}, {0, 47, 36, 25, 14}},
	{16, {1, 3}, {0, 0, 42, 29, 16}},
};

struct ram ram;

uint64_t pgtable_sign(const struct pgtable *pgtable)
{
	return pgtable->upper ? ~(BIT(pgtable->ia_bits) - 1) : 0;
}

uint64_t pgtable_pack(const struct pgtable *pgtable, uint64_t pa)
{
	uint64_t low = pa & (BIT(48) - 1);

	if (pgtable->lpa)
		return low | (pa >> 48 & 15) << 12;
	if (pgtable->lpa2)
		return (pa & (BIT(50) - 1)) | (pa >> 50 & 3) << 8;
	return low;
}

static uint64_t unpack(const struct pgtable *pgtable, uint64_t descriptor, unsigned int low)
{
	uint64_t pa = (descriptor & (BIT(48) - 1)) >> low << low;

	if (pgtable->lpa)
		pa += (descriptor >> 12 & 15) << 48;
	if (pgtable->lpa2)
		pa += (descriptor >> 48 & 3) << 48 | (descriptor >> 8 & 3) << 50;
	return pa;
}

bool pgtable_may_block(const struct pgtable *pgtable, unsigned int index)
{
	const bool large = pgtable->lpa || pgtable->lpa2;

	switch (pgtable->granule->shift[index]) {
	case 21:
	case 30:
	case 25:
	case 29:
		return true;
	case 39:
	case 36:
	case 42:
		return large;
	default:
		return false;
	}
}

bool pgtable_init(struct pgtable *pgtable, unsigned int g, bool upper, unsigned int tsz, bool ds,
	unsigned int oa_bits, uint64_t base)
{
	struct arch_features features = {.s1p = true,
		.ttf = 2,
		.ttendian = 2,
		.asid16 = true,
		.gran4k = true,
		.gran16k = true,
		.gran64k = true,
		.stt = true,
		.vax = 1,
		.ds = true,
		.had = true,
		.term_model = true,
		.oas = (uint8_t)oa_bits,
		.stall_model = ARCH_STALL_NONE};
	const bool wide = ds || g == 2;
	uint64_t *word = pgtable->word;

	if (tsz < (wide ? 12U : 16U) || tsz > (g == 2 ? 47U : 48U))
		return false;
	ram_clear(&ram, base);
	*pgtable = (struct pgtable){.granule = &granules[g],
		.upper = upper,
		.oa_bits = oa_bits,
		.ia_bits = 64 - tsz,
		.root = base,
		.free = base + 0x10000,
		.lpa2 = ds && g < 2,
		.lpa = g == 2 && oa_bits == 52};
	pgtable->memory = ram_memory(&ram);
	while (!pgtable->granule->shift[pgtable->start] ||
		pgtable->granule->shift[pgtable->start] >= pgtable->ia_bits)
		pgtable->start++;
	word[0] = (tsz | (uint64_t)pgtable->granule->tg[upper] << 6) << (upper ? 16 : 0);
	word[0] |= BIT(upper ? 14 : 30) | BIT(31) | UINT64_C(6) << 32 | BIT(41) | BIT(45) | BIT(46);
	word[1] = upper ? 0 : base;
	word[2] = (upper ? base : 0) | (ds ? BIT(58) : 0);
	word[3] = UINT64_C(0x7766554433221100);
	assert_true(arch_cd_parse(word, &features, false, &pgtable->cd));
	return true;
}

uint64_t pgtable_slot(struct pgtable *pgtable, uint64_t va, unsigned int index)
{
	uint64_t table = pgtable->root;
	unsigned int above = pgtable->ia_bits;

	for (unsigned int i = pgtable->start;; i++) {
		const unsigned int shift = pgtable->granule->shift[i];
		uint64_t at = table + 8 * ((va & (BIT(above) - 1)) >> shift);

		if (i == index)
			return at;
		if (!ram_get(&ram, at)) {
			ram_set(&ram, at, pgtable_pack(pgtable, pgtable->free) | 3);
			pgtable->free += BIT(pgtable->granule->bits);
			assert_true(pgtable->free <= ram.base + RAM_SIZE);
		}
		table = unpack(pgtable, ram_get(&ram, at), pgtable->granule->bits);
		above = shift;
	}
}

void pgtable_map(struct pgtable *pgtable, const struct mapped *mapped, uint64_t bits)
{
	ram_set(&ram, pgtable_slot(pgtable, mapped->va, mapped->index),
		pgtable_pack(pgtable, mapped->pa) | bits | (mapped->index == 4 ? 3 : 1));
}

unsigned int pgtable_naive(const struct pgtable *pgtable, uint64_t va, uint64_t *pa)
{
	uint64_t table = pgtable->root;
	unsigned int above = pgtable->ia_bits;

	if ((va & ~(BIT(pgtable->ia_bits) - 1)) != pgtable_sign(pgtable))
		return VSMMU_EVENT_F_TRANSLATION;
	for (unsigned int i = pgtable->start; i < 5; i++) {
		const unsigned int shift = pgtable->granule->shift[i];
		const uint64_t at = table + 8 * ((va & (BIT(above) - 1)) >> shift);
		uint64_t descriptor;

		if (at - ram.base >= RAM_SIZE)
			return VSMMU_EVENT_F_WALK_EABT;
		descriptor = ram_get(&ram, at);
		if (i < 4 && (descriptor & 3) == 3) {
			table = unpack(pgtable, descriptor, pgtable->granule->bits);
			if (table >= BIT(pgtable->oa_bits))
				return VSMMU_EVENT_F_ADDR_SIZE;
			above = shift;
			continue;
		}
		if ((i == 4 && (descriptor & 3) != 3) || (i < 4 && (descriptor & 3) != 1) ||
			(i < 4 && !pgtable_may_block(pgtable, i)))
			return VSMMU_EVENT_F_TRANSLATION;
		*pa = unpack(pgtable, descriptor, shift);
		if (*pa >= BIT(pgtable->oa_bits))
			return VSMMU_EVENT_F_ADDR_SIZE;
		*pa += va & (BIT(shift) - 1);
		return descriptor & AF ? 0 : VSMMU_EVENT_F_ACCESS;
	}
	return VSMMU_EVENT_F_TRANSLATION;
}
