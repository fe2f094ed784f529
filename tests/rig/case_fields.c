/* SPDX-License-Identifier: BSD-2-Clause */
#include "case_fields.h"

#define STE(field_name, at_word, at_low, width)                                                    \
	{                                                                                          \
		.object = CASE_STE, .name = "STE." field_name, .word = at_word, .low = at_low,     \
		.bits = width                                                                      \
	}
#define STE_FLIP(field_name, at_word, at_low, width)                                               \
	{                                                                                          \
		.object = CASE_STE, .name = "STE." field_name, .word = at_word, .low = at_low,     \
		.bits = width, .flip = true                                                        \
	}
#define CD(field_name, of_half, at_word, at_low, width)                                            \
	{                                                                                          \
		.object = CASE_CD, .name = "CD." field_name, .half = of_half, .word = at_word,     \
		.low = at_low, .bits = width                                                       \
	}
#define CD_FLIP(field_name, of_half, at_word, at_low, width)                                       \
	{                                                                                          \
		.object = CASE_CD, .name = "CD." field_name, .half = of_half, .word = at_word,     \
		.low = at_low, .bits = width, .flip = true                                         \
	}
#define TABLE(field_name, at_low, width, is_flip)                                                  \
	{                                                                                          \
		.object = CASE_TABLE, .name = "table." field_name, .low = at_low, .bits = width,   \
		.flip = is_flip                                                                    \
	}
#define LEAF(field_name, at_low, width, is_flip)                                                   \
	{                                                                                          \
		.object = CASE_LEAF, .name = "leaf." field_name, .low = at_low, .bits = width,     \
		.flip = is_flip                                                                    \
	}
#define ACCESS(field_name, of_half, at_low, width)                                                 \
	{                                                                                          \
		.object = CASE_ACCESS, .name = "access." field_name, .half = of_half,              \
		.low = at_low, .bits = width, .flip = true                                         \
	}

/*
 * IHI 0070 5.2 and 5.4, DDI 0487 D8.3: every bit, but for some of pointers. Of these, bits up to
 * 18 lead elsewhere in the same lane, bits 24 and up out of the machine's memory, bits 44 and up
 * out of what the SMMU can address. Bits 19 to 23 would lead into other lanes; so would bits 17
 * and 18 of the block or page lead to the lane's own tables.
 */
const struct case_field case_fields[] = {
	STE("V", 0, 0, 1),
	STE("Config", 0, 1, 3),
	STE("S1Fmt", 0, 4, 2),
	STE_FLIP("S1ContextPtr[11:6]", 0, 6, 6),
	STE_FLIP("S1ContextPtr[15:12]", 0, 12, 4),
	STE_FLIP("S1ContextPtr[18:16]", 0, 16, 3),
	STE_FLIP("S1ContextPtr[31:24]", 0, 24, 8),
	STE_FLIP("S1ContextPtr[43:32]", 0, 32, 12),
	STE_FLIP("S1ContextPtr[51:44]", 0, 44, 8),
	STE("S1ContextPtr[55:52]", 0, 52, 4),
	STE("word0[58:56]", 0, 56, 3),
	STE("S1CDMax", 0, 59, 5),
	STE("S1DSS", 1, 0, 2),
	STE("S1CIR", 1, 2, 2),
	STE("S1COR", 1, 4, 2),
	STE("S1CSH", 1, 6, 2),
	STE("S2HWU", 1, 8, 4),
	STE("DRE", 1, 12, 1),
	STE("CONT", 1, 13, 4),
	STE("DCP", 1, 17, 1),
	STE("PPAR", 1, 18, 1),
	STE("MEV", 1, 19, 1),
	STE("SW", 1, 20, 4),
	STE("word1[24]", 1, 24, 1),
	STE("S2FWB", 1, 25, 1),
	STE("S1MPAM", 1, 26, 1),
	STE("S1STALLD", 1, 27, 1),
	STE("EATS", 1, 28, 2),
	STE("STRW", 1, 30, 2),
	STE("MemAttr", 1, 32, 4),
	STE("MTCFG", 1, 36, 1),
	STE("ALLOCCFG", 1, 37, 4),
	STE("word1[43:41]", 1, 41, 3),
	STE("SHCFG", 1, 44, 2),
	STE("NSCFG", 1, 46, 2),
	STE("PRIVCFG", 1, 48, 2),
	STE("INSTCFG", 1, 50, 2),
	STE("word1[63:52]", 1, 52, 12),
	STE("S2VMID", 2, 0, 16),
	STE("word2[31:16]", 2, 16, 16),
	STE("S2T0SZ", 2, 32, 6),
	STE("S2SL0", 2, 38, 2),
	STE("S2IR0", 2, 40, 2),
	STE("S2OR0", 2, 42, 2),
	STE("S2SH0", 2, 44, 2),
	STE("S2TG", 2, 46, 2),
	STE("S2PS", 2, 48, 3),
	STE("S2AA64", 2, 51, 1),
	STE("S2ENDI", 2, 52, 1),
	STE("S2AFFD", 2, 53, 1),
	STE("S2PTW", 2, 54, 1),
	STE("S2HD", 2, 55, 1),
	STE("S2HA", 2, 56, 1),
	STE("S2S", 2, 57, 1),
	STE("S2R", 2, 58, 1),
	STE("word2[63:59]", 2, 59, 5),
	STE("word3[3:0]", 3, 0, 4),
	STE("S2TTB", 3, 4, 48),
	STE("word3[63:52]", 3, 52, 12),
	STE("word4", 4, 0, 64),
	STE("word5", 5, 0, 64),
	STE("word6", 6, 0, 64),
	STE("word7", 7, 0, 64),

	CD("TxSZ", CASE_USED, 0, 0, 6),
	CD("TGx", CASE_USED, 0, 6, 2),
	CD("IRx", CASE_USED, 0, 8, 2),
	CD("ORx", CASE_USED, 0, 10, 2),
	CD("SHx", CASE_USED, 0, 12, 2),
	CD("EPDx", CASE_USED, 0, 14, 1),
	CD("TySZ", CASE_OTHER, 0, 0, 6),
	CD("TGy", CASE_OTHER, 0, 6, 2),
	CD("IRy", CASE_OTHER, 0, 8, 2),
	CD("ORy", CASE_OTHER, 0, 10, 2),
	CD("SHy", CASE_OTHER, 0, 12, 2),
	CD("EPDy", CASE_OTHER, 0, 14, 1),
	CD("ENDI", CASE_BOTH, 0, 15, 1),
	CD("V", CASE_BOTH, 0, 31, 1),
	CD("IPS", CASE_BOTH, 0, 32, 3),
	CD("AFFD", CASE_BOTH, 0, 35, 1),
	CD("WXN", CASE_BOTH, 0, 36, 1),
	CD("UWXN", CASE_BOTH, 0, 37, 1),
	CD("TBIx", CASE_USED, 0, 38, 1),
	CD("TBIy", CASE_OTHER, 0, 38, 1),
	CD("PAN", CASE_BOTH, 0, 40, 1),
	CD("AA64", CASE_BOTH, 0, 41, 1),
	CD("HD", CASE_BOTH, 0, 42, 1),
	CD("HA", CASE_BOTH, 0, 43, 1),
	CD("S", CASE_BOTH, 0, 44, 1),
	CD("R", CASE_BOTH, 0, 45, 1),
	CD("A", CASE_BOTH, 0, 46, 1),
	CD("ASET", CASE_BOTH, 0, 47, 1),
	CD("ASID", CASE_BOTH, 0, 52, 12), /* the lowest 4 bits are the lane */
	CD("NSCFGx", CASE_USED, 1, 0, 1),
	CD("HADx", CASE_USED, 1, 1, 1),
	CD("NSCFGy", CASE_OTHER, 1, 0, 1),
	CD("HADy", CASE_OTHER, 1, 1, 1),
	CD("wordx[3:2]", CASE_USED, 1, 2, 2),
	CD("wordy[3:2]", CASE_OTHER, 1, 2, 2),
	CD_FLIP("TTBx[11:4]", CASE_USED, 1, 4, 8),
	CD_FLIP("TTBx[15:12]", CASE_USED, 1, 12, 4),
	CD_FLIP("TTBx[18:16]", CASE_USED, 1, 16, 3),
	CD_FLIP("TTBx[31:24]", CASE_USED, 1, 24, 8),
	CD_FLIP("TTBx[43:32]", CASE_USED, 1, 32, 12),
	CD_FLIP("TTBx[51:44]", CASE_USED, 1, 44, 8),
	CD("wordx[63:52]", CASE_USED, 1, 52, 12),
	CD("TTBy[18:4]", CASE_OTHER, 1, 4, 15),
	CD_FLIP("TTBy[31:24]", CASE_OTHER, 1, 24, 8),
	CD_FLIP("TTBy[43:32]", CASE_OTHER, 1, 32, 12),
	CD("TTBy[51:44]", CASE_OTHER, 1, 44, 8),
	CD("wordy[63:52]", CASE_OTHER, 1, 52, 12),
	CD("MAIR", CASE_BOTH, 3, 0, 64),
	CD("AMAIR", CASE_BOTH, 4, 0, 64),
	CD("word5", CASE_BOTH, 5, 0, 64),
	CD("word6", CASE_BOTH, 6, 0, 64),
	CD("word7", CASE_BOTH, 7, 0, 64),

	TABLE("valid", 0, 1, false),
	TABLE("type", 1, 1, false),
	TABLE("[11:2]", 2, 10, false),
	TABLE("address[15:12]", 12, 4, true),
	TABLE("address[18:16]", 16, 3, true),
	TABLE("address[31:24]", 24, 8, true),
	TABLE("address[43:32]", 32, 12, true),
	TABLE("address[47:44]", 44, 4, true),
	TABLE("[50:48]", 48, 3, false),
	TABLE("[58:51]", 51, 8, false),
	TABLE("PXNTable", 59, 1, false),
	TABLE("UXNTable", 60, 1, false),
	TABLE("APTable[0]", 61, 1, false),
	TABLE("APTable[1]", 62, 1, false),
	TABLE("NSTable", 63, 1, false),

	LEAF("valid", 0, 1, false),
	LEAF("type", 1, 1, false),
	LEAF("AttrIndx", 2, 3, false),
	LEAF("NS", 5, 1, false),
	LEAF("AP[1]", 6, 1, false),
	LEAF("AP[2]", 7, 1, false),
	LEAF("SH", 8, 2, false),
	LEAF("AF", 10, 1, false),
	LEAF("nG", 11, 1, false),
	LEAF("address[15:12]", 12, 4, true),
	LEAF("address[16]", 16, 1, true),
	LEAF("address[31:24]", 24, 8, true),
	LEAF("address[43:32]", 32, 12, true),
	LEAF("address[47:44]", 44, 4, true),
	LEAF("[50:48]", 48, 3, false),
	LEAF("DBM", 51, 1, false),
	LEAF("Contiguous", 52, 1, false),
	LEAF("PXN", 53, 1, false),
	LEAF("UXN", 54, 1, false),
	LEAF("[63:55]", 55, 9, false),

	ACCESS("index", CASE_USED, 0, 3),
	ACCESS("address[47:39]", CASE_BOTH, 39, 9),
	ACCESS("address[54:48]", CASE_BOTH, 48, 7),
	ACCESS("address[55]", CASE_BOTH, 55, 1),
	ACCESS("address[63:56]", CASE_BOTH, 56, 8),
};
const size_t case_field_count = sizeof(case_fields) / sizeof(case_fields[0]);

const struct case_field case_words[] = {
	STE("word1", 1, 0, 64),
	STE("word2", 2, 0, 64),
	STE("word3", 3, 0, 64),
	STE("word4", 4, 0, 64),
	STE("word5", 5, 0, 64),
	STE("word6", 6, 0, 64),
	STE("word7", 7, 0, 64),
	STE("word0[5:0]", 0, 0, 6),
	STE("word0[63:52]", 0, 52, 12),
	STE("word0", 0, 0, 64),
	CD("word0[31:0]", CASE_BOTH, 0, 0, 32),
	CD("word0[51:32]", CASE_BOTH, 0, 32, 20),
	CD("wordx[3:0]", CASE_USED, 1, 0, 4),
	CD("wordx", CASE_USED, 1, 0, 64),
	CD("wordy", CASE_OTHER, 1, 0, 64),
	TABLE("[11:0]", 0, 12, false),
	TABLE("[63:44]", 44, 20, false),
	LEAF("[11:0]", 0, 12, false),
	LEAF("[63:44]", 44, 20, false),
	ACCESS("address[63:32]", CASE_BOTH, 32, 32),
};
const size_t case_word_count = sizeof(case_words) / sizeof(case_words[0]);
