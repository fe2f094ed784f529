/* SPDX-License-Identifier: BSD-2-Clause */
/* Context descriptors. */
#include <vsmmu/event.h>

#include "arch/cd.h"

#define L1CD_V	   0
#define L1CD_L2PTR UINT64_C(0x00fffffffffff000)
#define L1CD_LOG2  3

/* Word 0. What both halves have is at the same place, CD0_HALF bits apart. */
#define CD0_TSZ	 0 /* 6 bits */
#define CD0_TG	 6 /* 2 bits */
#define CD0_SH	 12
#define CD0_EPD	 14
#define CD0_HALF 16
#define CD0_ENDI 15
#define CD0_V	 31
#define CD0_IPS	 32 /* 3 bits */
#define CD0_AFFD 35
#define CD0_WXN	 36
#define CD0_TBI	 38 /* TBI1 in the next bit */
#define CD0_PAN	 40
#define CD0_AA64 41
#define CD0_HD	 42
#define CD0_HA	 43
#define CD0_S	 44
#define CD0_R	 45
#define CD0_A	 46
#define CD0_ASET 47
#define CD0_ASID 48

/* Words 1 and 2, one for each half. */
#define CD1_HAD 1
#define CD1_TTB UINT64_C(0x000ffffffffffff0)
#define CD2_DS	58

#define CD_WORD_MAIR 3

#define LPA_BITS 52

static enum arch_cd_find fault_of(struct arch_fault *fault, uint8_t event, uint64_t address)
{
	fault->event = event;
	fault->fetch_address = address;
	return ARCH_CD_FAULT;
}

static enum arch_cd_find find_2level(const struct arch_ste *ste,
	const struct arch_features *features, const struct arch_memory *memory, uint32_t ssid,
	uint64_t *address, struct arch_fault *fault)
{
	const unsigned int low = ste->s1fmt == ARCH_S1FMT_4K ? 6 : 10;
	const uint64_t at = ste->s1contextptr + ((uint64_t)(ssid >> low) << L1CD_LOG2);
	uint64_t l1cd, l2;

	if (!arch_fetch(memory, at, &l1cd, 1))
		return fault_of(fault, VSMMU_EVENT_F_CD_FETCH, at);
	arch_note(memory, ARCH_ENTRY_L1CD, at, &l1cd);
	l2 = l1cd & L1CD_L2PTR & ~arch_mask(low + ARCH_ENTRY_LOG2);
	/* 7.3.9; the second from SMMUv3.1 on (3.4.3) */
	if (!arch_bit(l1cd, L1CD_V) || l2 >> features->oas)
		return fault_of(fault, VSMMU_EVENT_C_BAD_SUBSTREAMID, 0);
	*address = l2 + ((ssid & arch_mask(low)) << ARCH_ENTRY_LOG2);
	return ARCH_CD_FOUND;
}

enum arch_cd_find arch_cd_find(const struct arch_ste *ste, const struct arch_features *features,
	const struct arch_memory *memory, bool ssv, uint32_t ssid, uint64_t *address,
	struct arch_fault *fault)
{
	*fault = (struct arch_fault){0};
	if (ssv) {
		/* In the order of 7.3.22. Without substreams S1CDMax is 0 here. */
		if (!ste->s1cdmax || ssid >> ste->s1cdmax)
			return fault_of(fault, VSMMU_EVENT_C_BAD_SUBSTREAMID, 0);
		if (!ssid && ste->s1dss == ARCH_S1DSS_CD0)
			return fault_of(fault, VSMMU_EVENT_F_STREAM_DISABLED, 0);
	} else {
		ssid = 0;
		if (ste->s1cdmax && ste->s1dss == ARCH_S1DSS_TERMINATE)
			return fault_of(fault, VSMMU_EVENT_F_STREAM_DISABLED, 0);
		if (ste->s1cdmax && ste->s1dss == ARCH_S1DSS_BYPASS)
			return ARCH_CD_BYPASS;
	}
	if (ste->s1fmt != ARCH_S1FMT_LINEAR)
		return find_2level(ste, features, memory, ssid, address, fault);
	*address = ste->s1contextptr + ((uint64_t)ssid << ARCH_ENTRY_LOG2);
	return ARCH_CD_FOUND;
}

/* log2 of the page size, 0 for a reserved value or a granule that this SMMU has not. */
static uint8_t granule_of(const struct arch_features *features, bool upper, uint64_t tg)
{
	/* The two fields are encoded differently (5.4, TG1). */
	static const uint8_t encoding[2][4] = {{12, 16, 14, 0}, {0, 14, 12, 16}};
	uint8_t granule = encoding[upper][tg];

	switch (granule) {
	case 12:
		return features->gran4k ? granule : 0;
	case 14:
		return features->gran16k ? granule : 0;
	case 16:
		return features->gran64k ? granule : 0;
	default:
		return 0;
	}
}

/* CDTxSZInvalid() of 5.4.2 */
static bool tsz_legal(
	const struct arch_features *features, const struct arch_region *region, unsigned int tsz)
{
	const bool is_64k = region->granule == 16;
	unsigned int min = features->vax && (is_64k || region->lpa2) ? 12 : 16;
	unsigned int max = 39;

	if (features->stt)
		max = is_64k ? 47 : 48;
	return tsz >= min && tsz <= max;
}

/* A table is aligned to its size; to 64 bytes at least where addresses have 52 bits. */
static uint64_t table_mask(const struct arch_region *region, unsigned int oa_bits)
{
	const unsigned int stride = region->granule - 3;
	const unsigned int index_bits = (region->ia_bits - region->granule - 1U) % stride + 1;
	unsigned int align = index_bits + 3;

	if (oa_bits == LPA_BITS && align < 6)
		align = 6;
	return ~arch_mask(align);
}

static bool parse_region(const uint64_t word[ARCH_ENTRY_WORDS],
	const struct arch_features *features, unsigned int oa_bits, unsigned int half,
	struct arch_region *region)
{
	const uint64_t fields = word[0] >> (half * CD0_HALF);
	const unsigned int tsz = (unsigned int)arch_field(fields, CD0_TSZ, 6);
	const uint64_t ttb = word[1 + half] & CD1_TTB;

	*region = (struct arch_region){.tbi = arch_bit(word[0], CD0_TBI + half)};
	if (arch_bit(fields, CD0_EPD)) {
		region->disabled = true;
		return true;
	}
	region->granule = granule_of(features, half, arch_field(fields, CD0_TG, 2));
	if (!region->granule)
		return false;
	region->lpa2 = features->ds && arch_bit(word[2], CD2_DS) && region->granule != 16;
	region->lpa = features->oas == LPA_BITS && region->granule == 16;
	if (!tsz_legal(features, region, tsz))
		return false;
	region->ia_bits = (uint8_t)(64 - tsz);
	/* CDTTBxOutOfRange() of 5.4.2: in the PE this would be an Address Size fault */
	if (ttb >> oa_bits || (ttb >> 48 && !region->lpa2 && region->granule != 16))
		return false;
	region->base = ttb & table_mask(region, oa_bits);
	region->had = features->had && arch_bit(word[1 + half], CD1_HAD);
	region->sh = (uint8_t)arch_field(fields, CD0_SH, 2);
	return true;
}

static bool stalls_legal(const struct arch_features *features, bool s1stalld, bool s)
{
	if (s)
		return !s1stalld && features->stall_model != ARCH_STALL_NONE;
	return features->stall_model != ARCH_STALL_FORCED;
}

static bool endianness_legal(const struct arch_features *features, bool big_endian)
{
	return features->ttendian != (big_endian ? ARCH_TTENDIAN_LITTLE : ARCH_TTENDIAN_BIG);
}

/* Checks what CdIllegal() of 5.4.2 asks of the CD as a whole. */
static bool whole_legal(
	const uint64_t word[ARCH_ENTRY_WORDS], const struct arch_features *features, bool s1stalld)
{
	const uint64_t cd = word[0];

	if (!arch_bit(cd, CD0_V))
		return false;
	if (!stalls_legal(features, s1stalld, arch_bit(cd, CD0_S)))
		return false;
	if (features->term_model && !arch_bit(cd, CD0_A))
		return false;
	/* AArch32 tables are not what this SMMU has. */
	if (!arch_bit(cd, CD0_AA64) || !(features->ttf & 2))
		return false;
	if ((arch_bit(cd, CD0_HA) && !features->ha) || (arch_bit(cd, CD0_HD) && !features->hd))
		return false;
	return features->asid16 || !arch_field(cd, CD0_ASID + 8, 8);
}

bool arch_cd_parse(const uint64_t word[ARCH_ENTRY_WORDS], const struct arch_features *features,
	bool s1stalld, struct arch_cd *cd)
{
	uint8_t oa_bits = arch_address_bits((unsigned int)arch_field(word[0], CD0_IPS, 3));
	const bool big_endian = arch_bit(word[0], CD0_ENDI);

	if (!whole_legal(word, features, s1stalld))
		return false;
	if (oa_bits > features->oas)
		oa_bits = features->oas;
	for (unsigned int half = 0; half < 2; half++) {
		if (!parse_region(word, features, oa_bits, half, &cd->region[half]))
			return false;
		/* ENDI is IGNORED if there is no walk that it would apply to. */
		if (!cd->region[half].disabled && !endianness_legal(features, big_endian))
			return false;
	}
	cd->mair = word[CD_WORD_MAIR];
	cd->asid = (uint16_t)arch_field(word[0], CD0_ASID, 16);
	cd->oa_bits = oa_bits;
	cd->aset = arch_bit(word[0], CD0_ASET);
	cd->big_endian = big_endian;
	cd->affd = arch_bit(word[0], CD0_AFFD);
	cd->wxn = arch_bit(word[0], CD0_WXN);
	cd->pan = arch_bit(word[0], CD0_PAN);
	cd->abort = arch_bit(word[0], CD0_A);
	cd->record = arch_bit(word[0], CD0_R) || arch_bit(word[0], CD0_S);
	return true;
}
