/* SPDX-License-Identifier: BSD-2-Clause */
/* Stream table entries. */
#include "arch/ste.h"

#define STE0_V		     UINT64_C(1)
#define STE0_CONFIG	     1 /* 3 bits */
#define STE0_S1FMT	     4 /* 2 bits */
#define STE0_S1CONTEXTPTR    UINT64_C(0x00ffffffffffffc0)
#define STE0_S1CONTEXTPTR_HW UINT64_C(0x000fffffffffffc0) /* what the kernel takes of it */
#define STE0_S1CDMAX	     59				  /* 5 bits */

#define STE1_S1DSS    0 /* 2 bits */
#define STE1_S1_CACHE UINT64_C(0xfc)
#define STE1_S1STALLD 27
#define STE1_EATS     28 /* 2 bits */
#define STE1_PRIVCFG  48 /* 2 bits */
#define STE1_INSTCFG  50 /* 2 bits */

#define S1CDMAX_ALL UINT64_C(31)

enum {
	CONFIG_ABORT = 0,
	CONFIG_S1 = 1,	   /* bit 0, if bit 2 is set */
	CONFIG_S2 = 2,	   /* bit 1, if bit 2 is set */
	CONFIG_PASSES = 4, /* bit 2 */
};

enum {
	EATS_FULL = 1,
	EATS_SPLIT = 2,
};

/* CDs, or L1CDs, are in a table that is aligned to its size (5.2, S1Fmt). */
static uint64_t table_mask(const struct arch_ste *ste)
{
	unsigned int leaf = ste->s1fmt == ARCH_S1FMT_4K ? 6 : 10;
	unsigned int align;

	if (ste->s1fmt == ARCH_S1FMT_LINEAR)
		align = ste->s1cdmax + ARCH_ENTRY_LOG2;
	else
		align = ste->s1cdmax > leaf + 3 ? ste->s1cdmax - leaf + 3 : ARCH_ENTRY_LOG2;
	return ~arch_mask(align);
}

/* Everything about SubstreamIDs is IGNORED when there are none. */
static bool parse_substreams(const uint64_t word[ARCH_ENTRY_WORDS],
	const struct arch_features *features, struct arch_ste *ste)
{
	uint8_t s1cdmax = (uint8_t)arch_field(word[0], STE0_S1CDMAX, 5);
	uint8_t s1fmt = (uint8_t)arch_field(word[0], STE0_S1FMT, 2);
	uint8_t s1dss = (uint8_t)arch_field(word[1], STE1_S1DSS, 2);

	if (!features->ssid_bits || !s1cdmax)
		return true;
	if (s1cdmax > features->ssid_bits)
		return false;
	ste->s1cdmax = s1cdmax;
	/* The reserved values of both fields act as 0. */
	if (s1fmt == ARCH_S1FMT_4K || s1fmt == ARCH_S1FMT_64K)
		ste->s1fmt = s1fmt;
	if (s1dss == ARCH_S1DSS_BYPASS || s1dss == ARCH_S1DSS_CD0)
		ste->s1dss = s1dss;
	return ste->s1fmt == ARCH_S1FMT_LINEAR || features->cd2l;
}

/* Reserved values act as "use incoming", as does everything without ATTR_PERMS_OVR. */
static uint8_t override(uint64_t word, unsigned int low, const struct arch_features *features)
{
	uint8_t value = (uint8_t)arch_field(word, low, 2);

	return features->attr_perms_ovr && value >= 2 ? value : 0;
}

/* SteIllegal() of 5.2.2 for Config = 0b101. */
static bool parse_s1(const uint64_t word[ARCH_ENTRY_WORDS], const struct arch_features *features,
	struct arch_ste *ste)
{
	uint8_t eats = (uint8_t)arch_field(word[1], STE1_EATS, 2);
	uint64_t pointer = word[0] & STE0_S1CONTEXTPTR;

	if (!features->s1p)
		return false;
	/* Split-stage ATS needs both stages; 0b11 needs DPT and acts as 0b00 without. */
	if (features->ats && eats == EATS_SPLIT)
		return false;
	ste->eats = features->ats && eats == EATS_FULL;
	ste->s1stalld = arch_bit(word[1], STE1_S1STALLD);
	if (ste->s1stalld && features->stall_model != ARCH_STALL_OR_TERMINATE)
		return false;
	if (!parse_substreams(word, features, ste))
		return false;
	/* 3.4.3, from SMMUv3.1 on */
	if (pointer >> features->oas)
		return false;
	ste->s1contextptr = pointer & table_mask(ste);
	ste->s1_cache = (uint8_t)(word[1] & STE1_S1_CACHE);
	return true;
}

void arch_ste_parse(const uint64_t word[ARCH_ENTRY_WORDS], const struct arch_features *features,
	struct arch_ste *ste)
{
	unsigned int config = (unsigned int)arch_field(word[0], STE0_CONFIG, 3);

	*ste = (struct arch_ste){.kind = ARCH_STE_BAD};
	if (!(word[0] & STE0_V))
		return;
	if (!(config & CONFIG_PASSES)) {
		ste->kind = ARCH_STE_ABORT;
		return;
	}
	/* Stage 2 is not what this SMMU has, whatever @features says. */
	if (config & CONFIG_S2)
		return;
	if (config & CONFIG_S1 && !parse_s1(word, features, ste)) {
		*ste = (struct arch_ste){.kind = ARCH_STE_BAD};
		return;
	}
	ste->kind = config & CONFIG_S1 ? ARCH_STE_S1 : ARCH_STE_BYPASS;
	ste->instcfg = override(word[1], STE1_INSTCFG, features);
	ste->privcfg = override(word[1], STE1_PRIVCFG, features);
}

/*
 * A PCIe endpoint must never stall: the kernel has nothing that would ever resume it. On
 * hardware that can stall, S1STALLD makes a CD with S = 1 ILLEGAL, which is also what the
 * guest expects of an SMMU without stalls. On any other hardware S1STALLD is ILLEGAL, and
 * such a CD is so without it (5.2.2, 5.4.2).
 */
static bool disable_stalls(const struct arch_ste *ste, const struct arch_features *guest,
	const struct arch_features *host)
{
	return host->stall_model == ARCH_STALL_OR_TERMINATE &&
	       (ste->s1stalld || guest->stall_model == ARCH_STALL_NONE);
}

void arch_ste_host(const struct arch_ste *ste, const struct arch_features *guest,
	const struct arch_features *host, uint64_t vste[2])
{
	vste[0] = 0;
	vste[1] = 0;
	switch (ste->kind) {
	case ARCH_STE_ABORT:
		vste[0] = STE0_V | CONFIG_ABORT << STE0_CONFIG;
		break;
	case ARCH_STE_BYPASS:
		vste[0] = STE0_V | CONFIG_PASSES << STE0_CONFIG;
		break;
	case ARCH_STE_S1:
		vste[0] = STE0_V | (CONFIG_PASSES | CONFIG_S1) << STE0_CONFIG |
			  (uint64_t)ste->s1fmt << STE0_S1FMT | ste->s1contextptr |
			  (uint64_t)ste->s1cdmax << STE0_S1CDMAX;
		vste[1] = (uint64_t)ste->s1dss << STE1_S1DSS | ste->s1_cache |
			  (uint64_t)disable_stalls(ste, guest, host) << STE1_S1STALLD |
			  (uint64_t)ste->eats << STE1_EATS;
		break;
	default:
		break;
	}
}

/*
 * SteIllegal() of 5.2.2 offers two reasons that the kernel lets pass. S1CDMax is one only
 * where SSIDSIZE is not 0: without substreams it is IGNORED, and the STE would translate.
 * So that a mistaken judgement still fails closed, S1ContextPtr points to where no machine
 * has memory: then the CD's fetch ends the transaction.
 */
bool arch_ste_host_bad(const struct arch_features *host, uint64_t vste[2])
{
	bool stalld = host->stall_model != ARCH_STALL_OR_TERMINATE;
	bool s1cdmax = host->ssid_bits != 0;

	if (!stalld && !s1cdmax)
		return false;
	vste[0] = STE0_V | (CONFIG_PASSES | CONFIG_S1) << STE0_CONFIG | STE0_S1CONTEXTPTR_HW |
		  (s1cdmax ? S1CDMAX_ALL << STE0_S1CDMAX : 0);
	vste[1] = (uint64_t)stalld << STE1_S1STALLD;
	return true;
}

enum arch_ste_kind arch_ste_vste_kind(const uint64_t vste[2])
{
	const uint64_t config = vste[0] & STE0_V ? arch_field(vste[0], STE0_CONFIG, 3) : 0;

	if (!(config & CONFIG_PASSES))
		return ARCH_STE_ABORT;
	return config & CONFIG_S1 ? ARCH_STE_S1 : ARCH_STE_BYPASS;
}
