/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The features of an SMMU, as its ID registers tell (IHI 0070 6.3.1 to 6.3.6): the
 * guest's, when a guest's structures are judged by the architecture; the host's, when
 * the question is what the hardware would make of them.
 */
#ifndef ARCH_FEATURES_H
#define ARCH_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

/* IDR0.STALL_MODEL */
enum arch_stall_model {
	ARCH_STALL_OR_TERMINATE = 0,
	ARCH_STALL_NONE = 1,
	ARCH_STALL_FORCED = 2,
};

/* IDR0.TTENDIAN */
enum arch_ttendian {
	ARCH_TTENDIAN_MIXED = 0,
	ARCH_TTENDIAN_LITTLE = 2,
	ARCH_TTENDIAN_BIG = 3,
};

/**
 * struct arch_features - ID registers taken apart
 * @s1p: stage 1
 * @s2p: stage 2 (never, in an SMMU that we show to a guest)
 * @asid16: ASIDs of 16 bits, else of 8
 * @term_model: 1: a fault always aborts (CD.A = 0 is ILLEGAL); 0: RAZ/WI can be had
 * @cd2l: CD tables of two levels
 * @ats: ATS
 * @ril: range invalidation
 * @had: hierarchical attribute disable (CD.HAD0, HAD1)
 * @stt: small translation tables (TxSZ up to 48)
 * @gran4k: granule of 4 KiB
 * @gran16k: granule of 16 KiB
 * @gran64k: granule of 64 KiB
 * @ds: 52-bit addresses with 4-KiB and 16-KiB granules
 * @ha: hardware update of the access flag
 * @hd: hardware update of dirty state
 * @attr_perms_ovr: STE.INSTCFG and STE.PRIVCFG have an effect
 * @ttf: IDR0.TTF, 2: AArch64, 3: AArch32 too
 * @stall_model: enum arch_stall_model, or the reserved value 3
 * @st_level: 1: stream tables of two levels
 * @ttendian: enum arch_ttendian, or the reserved value 1
 * @bbml: IDR3.BBML
 * @vax: IDR5.VAX, 0: 48-bit virtual addresses, 1: 52-bit ones with 64-KiB granules
 * @oas: output address size in bits, 32 to 52
 * @sid_bits: IDR1.SIDSIZE, at most 32
 * @ssid_bits: IDR1.SSIDSIZE, at most 20
 */
struct arch_features {
	bool s1p;
	bool s2p;
	bool asid16;
	bool term_model;
	bool cd2l;
	bool ats;
	bool ril;
	bool had;
	bool stt;
	bool gran4k;
	bool gran16k;
	bool gran64k;
	bool ds;
	bool ha;
	bool hd;
	bool attr_perms_ovr;
	uint8_t ttf;
	uint8_t stall_model;
	uint8_t st_level;
	uint8_t ttendian;
	uint8_t bbml;
	uint8_t vax;
	uint8_t oas;
	uint8_t sid_bits;
	uint8_t ssid_bits;
};

/* IDR5.OAS and CD.IPS in bits. Values above 6 (56 bits need 128-bit descriptors) act as 6. */
static inline uint8_t arch_address_bits(unsigned int encoded)
{
	static const uint8_t bits[] = {32, 36, 40, 42, 44, 48, 52};

	return bits[encoded < sizeof(bits) ? encoded : sizeof(bits) - 1];
}

static inline uint8_t arch_at_most(uint32_t value, uint8_t limit)
{
	return value < limit ? (uint8_t)value : limit;
}

/**
 * arch_features_from_idr() - take ID registers apart
 * @idr: IDR0 to IDR5
 * @features: filled in completely; sizes beyond the architecture's are cut to its limits
 */
static inline void arch_features_from_idr(const uint32_t idr[6], struct arch_features *features)
{
	const uint32_t httu = idr[0] >> 6 & 3;

	*features = (struct arch_features){
		.s2p = idr[0] & 1,
		.s1p = idr[0] >> 1 & 1,
		.ttf = idr[0] >> 2 & 3,
		.ha = httu >= 1,
		.hd = httu >= 2,
		.ats = idr[0] >> 10 & 1,
		.asid16 = idr[0] >> 12 & 1,
		.cd2l = idr[0] >> 19 & 1,
		.ttendian = idr[0] >> 21 & 3,
		.stall_model = idr[0] >> 24 & 3,
		.term_model = idr[0] >> 26 & 1,
		.st_level = idr[0] >> 27 & 3,
		.attr_perms_ovr = idr[1] >> 26 & 1,
		.sid_bits = arch_at_most(idr[1] & 0x3f, 32),
		.ssid_bits = arch_at_most(idr[1] >> 6 & 0x1f, 20),
		.had = idr[3] >> 2 & 1,
		.stt = idr[3] >> 9 & 1,
		.ril = idr[3] >> 10 & 1,
		.bbml = idr[3] >> 11 & 3,
		.oas = arch_address_bits(idr[5] & 7),
		.gran4k = idr[5] >> 4 & 1,
		.gran16k = idr[5] >> 5 & 1,
		.gran64k = idr[5] >> 6 & 1,
		.ds = idr[5] >> 7 & 1,
		.vax = idr[5] >> 10 & 3,
	};
}

#endif
