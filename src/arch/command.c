/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands: judge those of the guest, and make them fit for the host kernel. */
#include "arch/command.h"

#define GET(word, field)  arch_command_get(word, COMMAND_FIELD_##field)
#define PUT(field, value) ((uint64_t)(value) << arch_command_fields[COMMAND_FIELD_##field].low)

#define CS_RESERVED  3
#define ATC_SIZE_ALL 52 /* 2^64 bytes (4.5.1) */
#define TG_16K	     2

/* The part of a TLBI by address that only an SMMU with RIL has (4.4.1.1). */
struct tlb_range {
	uint64_t num;
	uint64_t scale;
	uint64_t ttl;
	uint64_t tg;
};

static bool has(const struct command_rule *rule, enum command_field_id id)
{
	return rule->fields >> id & 1;
}

static bool fits(uint64_t value, unsigned int bits)
{
	return value >> bits == 0;
}

static uint64_t cut(uint64_t value, unsigned int bits)
{
	return value & ((UINT64_C(1) << bits) - 1);
}

static unsigned int asid_bits(const struct arch_features *features)
{
	return features->asid16 ? 16 : 8;
}

/*
 * The fields as an SMMU understands them: those that are RES0 on it read as 0. Without DS,
 * level 1 of a 16 KiB granule is reserved and taken as "any level".
 */
static struct tlb_range range_get(const uint64_t word[2], const struct arch_features *features)
{
	struct tlb_range range = {0};

	if (!features->ril || !GET(word, TG))
		return range;
	range.num = GET(word, NUM);
	range.scale = GET(word, SCALE);
	range.ttl = GET(word, TTL);
	range.tg = GET(word, TG);
	if (features->ds)
		return range;
	range.scale = cut(range.scale, 5);
	if (range.tg == TG_16K && range.ttl == 1)
		range.ttl = 0;
	return range;
}

/* The one combination that 4.4.1.1 makes CERROR_ILL. */
static bool range_is_reserved(const struct tlb_range *range)
{
	return range->tg && !range->num && !range->scale && !range->ttl;
}

static bool range_is_expressible(const struct tlb_range *range, const struct arch_features *host)
{
	if (!host->ril || range_is_reserved(range))
		return false;
	if (host->ds)
		return true;
	return fits(range->scale, 5) && !(range->tg == TG_16K && range->ttl == 1);
}

/* A single aligned granule: an invalidation of its first address without any range does. */
static bool range_is_one_page(const struct tlb_range *range, uint64_t address)
{
	return !range->num && !range->scale && !cut(address, 10 + 2 * (unsigned int)range->tg);
}

enum command_kind arch_command_classify(
	const uint64_t word[2], const struct arch_features *features, struct command_scope *scope)
{
	const struct command_rule *rule = arch_command_rule((uint8_t)word[0]);
	enum command_kind kind = rule->kind;
	struct tlb_range range;

	scope->sid = 0;
	scope->count = 0;
	if (rule->need == COMMAND_NEEDS_ATS && !features->ats)
		return COMMAND_ILLEGAL;
	if (rule->need == COMMAND_NEEDS_STALLS && features->stall_model == ARCH_STALL_NONE)
		return COMMAND_ILLEGAL;
	if (has(rule, COMMAND_FIELD_SSEC) && GET(word, SSEC))
		return COMMAND_ILLEGAL;
	if (has(rule, COMMAND_FIELD_TG)) {
		range = range_get(word, features);
		if (range_is_reserved(&range))
			return COMMAND_ILLEGAL;
	}
	if (kind == COMMAND_SYNC && GET(word, CS) == CS_RESERVED)
		return COMMAND_ILLEGAL;
	if (has(rule, COMMAND_FIELD_SID)) {
		scope->sid = (uint32_t)GET(word, SID);
		scope->count = 1;
	}
	if (kind == COMMAND_STE_RANGE) {
		scope->count = UINT64_C(2) << GET(word, RANGE);
		scope->sid &= (uint32_t) ~(scope->count - 1);
	}
	return kind;
}

static enum command_reach give(
	uint64_t word[2], uint64_t word0, uint64_t word1, enum command_reach reach)
{
	word[0] = word0;
	word[1] = word1;
	return reach;
}

static enum command_reach give_all(uint64_t word[2])
{
	return give(word, COMMAND_OP_TLBI_NH_ALL, 0, COMMAND_REACH_WIDER);
}

/* TLBI_NH_ASID leaves global entries alone, so only NH_ALL is wider than a TLBI_NH_VA. */
static enum command_reach forward_tlbi_va(
	uint64_t word[2], const struct arch_features *guest, const struct arch_features *host)
{
	struct tlb_range range = range_get(word, guest);
	uint64_t asid = cut(GET(word, ASID), asid_bits(guest));
	uint64_t address = PUT(ADDR, GET(word, ADDR));
	uint64_t word0 = COMMAND_OP_TLBI_NH_VAA;
	uint64_t word1 = address | PUT(LEAF, GET(word, LEAF));
	enum command_reach reach = COMMAND_REACH_EXACT;

	if ((uint8_t)word[0] == COMMAND_OP_TLBI_NH_VA) {
		if (fits(asid, asid_bits(host)))
			word0 = COMMAND_OP_TLBI_NH_VA | PUT(ASID, asid);
		else
			reach = COMMAND_REACH_WIDER;
	}
	if (!range.tg)
		return give(word, word0, word1, reach);
	if (range_is_expressible(&range, host)) {
		word0 |= PUT(NUM, range.num) | PUT(SCALE, range.scale);
		word1 |= PUT(TTL, range.ttl) | PUT(TG, range.tg);
		return give(word, word0, word1, reach);
	}
	if (range_is_one_page(&range, address))
		return give(word, word0, word1, COMMAND_REACH_WIDER);
	return give_all(word);
}

static enum command_reach forward_tlbi_asid(
	uint64_t word[2], const struct arch_features *guest, const struct arch_features *host)
{
	uint64_t asid = cut(GET(word, ASID), asid_bits(guest));

	if (!fits(asid, asid_bits(host)))
		return give_all(word);
	return give(word, COMMAND_OP_TLBI_NH_ASID | PUT(ASID, asid), 0, COMMAND_REACH_EXACT);
}

static enum command_reach forward_cfgi_cd(
	uint64_t word[2], const struct arch_features *guest, const struct arch_features *host)
{
	uint64_t ssid = cut(GET(word, SSID), guest->ssid_bits);
	uint64_t sid = PUT(SID, GET(word, SID));

	if (!fits(ssid, host->ssid_bits))
		return give(word, COMMAND_OP_CFGI_CD_ALL | sid, 0, COMMAND_REACH_WIDER);
	return give(word, COMMAND_OP_CFGI_CD | sid | PUT(SSID, ssid), PUT(LEAF, GET(word, LEAF)),
		COMMAND_REACH_EXACT);
}

/*
 * Without SSV the request carries no PASID and hits entries of every PASID. A Size beyond
 * "all" has an unknown span (4.5.1): it is taken as all.
 */
static enum command_reach forward_atc_inv(
	uint64_t word[2], const struct arch_features *guest, const struct arch_features *host)
{
	uint64_t size = GET(word, ATC_SIZE) < ATC_SIZE_ALL ? GET(word, ATC_SIZE) : ATC_SIZE_ALL;
	uint64_t address = size < ATC_SIZE_ALL ? GET(word, ADDR) >> size << size : 0;
	uint64_t ssid = cut(GET(word, SSID), guest->ssid_bits);
	uint64_t word0 = COMMAND_OP_ATC_INV | PUT(SID, GET(word, SID));
	enum command_reach reach = COMMAND_REACH_EXACT;

	if (!host->ats)
		return COMMAND_REACH_NONE;
	if (guest->ssid_bits && GET(word, SSV)) {
		if (host->ssid_bits && fits(ssid, host->ssid_bits))
			word0 |= PUT(SSV, 1) | PUT(SSID, ssid) | PUT(GLOBAL, GET(word, GLOBAL));
		else
			reach = COMMAND_REACH_WIDER;
	}
	return give(word, word0, PUT(ADDR, address) | PUT(ATC_SIZE, size), reach);
}

enum command_reach arch_command_forward(
	uint64_t word[2], const struct arch_features *guest, const struct arch_features *host)
{
	uint8_t opcode = (uint8_t)word[0];

	switch (opcode) {
	case COMMAND_OP_TLBI_NSNH_ALL:
	case COMMAND_OP_TLBI_NH_ALL:
		return give(word, opcode, 0, COMMAND_REACH_EXACT);
	case COMMAND_OP_TLBI_NH_ASID:
		return forward_tlbi_asid(word, guest, host);
	case COMMAND_OP_TLBI_NH_VA:
	case COMMAND_OP_TLBI_NH_VAA:
		return forward_tlbi_va(word, guest, host);
	case COMMAND_OP_CFGI_CD:
		return forward_cfgi_cd(word, guest, host);
	case COMMAND_OP_CFGI_CD_ALL:
		return give(word, opcode | PUT(SID, GET(word, SID)), 0, COMMAND_REACH_EXACT);
	case COMMAND_OP_ATC_INV:
		return forward_atc_inv(word, guest, host);
	default:
		return COMMAND_REACH_NONE;
	}
}

void arch_command_sync(const uint64_t word[2], struct command_sync *sync)
{
	static const enum command_signal signals[] = {
		COMMAND_SIGNAL_NONE, COMMAND_SIGNAL_IRQ, COMMAND_SIGNAL_SEV, COMMAND_SIGNAL_NONE};

	*sync = (struct command_sync){.signal = signals[GET(word, CS)]};
	if (sync->signal != COMMAND_SIGNAL_IRQ)
		return;
	sync->msi_addr = GET(word, MSI_ADDR) << 2;
	sync->msi_data = (uint32_t)GET(word, MSI_DATA);
	sync->msi_attr = (uint8_t)GET(word, MSI_ATTR);
	sync->msi_shareability = (uint8_t)GET(word, MSH);
	if (sync->msi_shareability == 1)
		sync->msi_shareability = 0; /* reserved, and taken as none */
}

bool arch_command_kernel_accepts(const uint64_t word[2], const struct arch_features *host)
{
	uint64_t allowed0 = 0xff;
	uint64_t allowed1 = 0;
	uint64_t range0 = word[0] & UINT64_C(0x03f1f000); /* SCALE, NUM */
	unsigned int ttl = word[1] >> 8 & 3;
	unsigned int tg = word[1] >> 10 & 3;

	switch (word[0] & 0xff) {
	case 0x30: /* NSNH_ALL */
		break;
	case 0x10: /* NH_ALL */
		allowed0 |= UINT64_C(0x0000ffff00000000);
		break;
	case 0x11: /* NH_ASID */
		allowed0 |= UINT64_C(0x00ffffff00000000);
		if (host->asid16)
			allowed0 |= UINT64_C(0xff00000000000000);
		break;
	case 0x12: /* NH_VA */
		allowed0 |= UINT64_C(0x00ff000000000000);
		if (host->asid16)
			allowed0 |= UINT64_C(0xff00000000000000);
		/* fall through */
	case 0x13: /* NH_VAA */
		allowed0 |= UINT64_C(0x0000ffff00000000);
		allowed1 |= UINT64_C(0xfffffffffffff001);
		if (!host->ril)
			break;
		if (tg == 0 && (range0 || ttl))
			return false;
		if (tg != 0 && !range0 && !ttl)
			return false;
		if (tg == 2 && ttl == 1 && !host->ds)
			return false;
		allowed0 |= host->ds ? UINT64_C(0x03f1f000) : UINT64_C(0x01f1f000);
		allowed1 |= 0xf00;
		break;
	case 0x40: /* ATC_INV */
		if (!host->ats || (word[1] & 0x3f) > 52)
			return false;
		allowed0 |= UINT64_C(0xffffffff00000000);
		if (host->ssid_bits)
			allowed0 |= UINT64_C(0xfffffa00); /* SSID, SSV, Global */
		allowed1 |= UINT64_C(0xfffffffffffff03f);
		break;
	case 0x05: /* CFGI_CD */
		if (host->ssid_bits)
			allowed0 |= UINT64_C(0xfffff000);
		allowed1 |= 1;
		/* fall through */
	case 0x06: /* CFGI_CD_ALL */
		allowed0 |= UINT64_C(0xffffffff00000000);
		break;
	default:
		return false;
	}
	return !(word[0] & ~allowed0) && !(word[1] & ~allowed1);
}
