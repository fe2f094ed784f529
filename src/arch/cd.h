/* SPDX-License-Identifier: BSD-2-Clause */
/* Context descriptors (IHI 0070 5.3, 5.4): where one is, and what it means. */
#ifndef ARCH_CD_H
#define ARCH_CD_H

#include "arch/features.h"
#include "arch/fetch.h"
#include "arch/ste.h"

enum arch_cd_find {
	ARCH_CD_FAULT = 0,
	ARCH_CD_FOUND,
	ARCH_CD_BYPASS, /* S1DSS: no SubstreamID came, and stage 1 is not for that */
};

/**
 * arch_cd_find() - find the CD of a transaction
 * @ste: of kind ARCH_STE_S1
 * @ssv: the transaction has a SubstreamID
 * @ssid: it, 0 otherwise
 * @address: of the CD, set with ARCH_CD_FOUND
 * @fault: C_BAD_SUBSTREAMID, F_STREAM_DISABLED or F_CD_FETCH, set with ARCH_CD_FAULT
 *
 * Reads a level 1 CD if the table has two levels; never the CD.
 */
enum arch_cd_find arch_cd_find(const struct arch_ste *ste, const struct arch_features *features,
	const struct arch_memory *memory, bool ssv, uint32_t ssid, uint64_t *address,
	struct arch_fault *fault);

/**
 * struct arch_region - one half of a CD: the addresses that TTB0 or TTB1 translates
 * @base: of the first table, aligned as it must be
 * @granule: log2 of the page size: 12, 14 or 16
 * @ia_bits: input addresses have 64 - TxSZ bits
 * @disabled: EPDx; then nothing else here is set but @tbi
 * @tbi: the top byte of an address is ignored
 * @had: the permissions in table descriptors are ignored
 * @lpa2: 52-bit descriptors of 4 KiB and 16 KiB granules (DS)
 * @lpa: bits 15:12 of descriptors of the 64 KiB granule are bits 51:48 of the address
 * @sh: shareability where descriptors have no such field (@lpa2)
 */
struct arch_region {
	uint64_t base;
	uint8_t granule;
	uint8_t ia_bits;
	bool disabled;
	bool tbi;
	bool had;
	bool lpa2;
	bool lpa;
	uint8_t sh;
};

/**
 * struct arch_cd - a CD's fields in their effective values
 * @region: by bit 55 of an address
 * @mair: memory attributes, by AttrIndx
 * @asid: tag of its translations that are not global
 * @oa_bits: IPS, capped by OAS
 * @aset: its ASID is none of the PEs'; tag of its global translations (3.17.1)
 * @big_endian: of its tables
 * @affd: the access flag counts as set
 * @wxn: what may be written may not be executed
 * @pan: no privileged access to what is open to unprivileged access
 * @abort: A: a fault is an abort for the endpoint, else reads as zero, write ignored
 * @record: faults are recorded: R, and always with S (5.5)
 */
struct arch_cd {
	struct arch_region region[2];
	uint64_t mair;
	uint16_t asid;
	uint8_t oa_bits;
	bool aset;
	bool big_endian;
	bool affd;
	bool wxn;
	bool pan;
	bool abort;
	bool record;
};

/**
 * arch_cd_parse() - judge a CD and take it apart (5.4.2)
 * @word: the CD in host byte order
 * @features: of the guest's SMMU: AArch64 tables only, HTTU = 0, E0PD = 0, EPAN = 0
 * @s1stalld: of the STE that led here
 * @cd: filled in if it is legal
 *
 * Return: whether it is legal; else C_BAD_CD.
 */
bool arch_cd_parse(const uint64_t word[ARCH_ENTRY_WORDS], const struct arch_features *features,
	bool s1stalld, struct arch_cd *cd);

#endif
