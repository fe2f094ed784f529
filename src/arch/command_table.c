/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of IHI 0070 chapter 4 as data, for a Non-secure queue without stage 2. */
#include "arch/command_table.h"

/* clang-format off */
const struct command_field arch_command_fields[COMMAND_FIELDS] = {
	/*                               name     word low width */
	[COMMAND_FIELD_SSEC]          = {"ssec",     0, 10,  1},
	[COMMAND_FIELD_SSV]           = {"ssv",      0, 11,  1},
	[COMMAND_FIELD_SSID]          = {"ssid",     0, 12, 20},
	[COMMAND_FIELD_SID]           = {"sid",      0, 32, 32},
	[COMMAND_FIELD_GLOBAL]        = {"global",   0,  9,  1},
	[COMMAND_FIELD_NUM]           = {"num",      0, 12,  5},
	[COMMAND_FIELD_SCALE]         = {"scale",    0, 20,  6},
	[COMMAND_FIELD_VMID]          = {"vmid",     0, 32, 16},
	[COMMAND_FIELD_ASID]          = {"asid",     0, 48, 16},
	[COMMAND_FIELD_AC]            = {"ac",       0, 12,  1},
	[COMMAND_FIELD_AB]            = {"ab",       0, 13,  1},
	[COMMAND_FIELD_CS]            = {"cs",       0, 12,  2},
	[COMMAND_FIELD_MSH]           = {"msh",      0, 22,  2},
	[COMMAND_FIELD_MSI_ATTR]      = {"msi_attr", 0, 24,  4},
	[COMMAND_FIELD_MSI_DATA]      = {"msi_data", 0, 32, 32},
	[COMMAND_FIELD_LEAF]          = {"leaf",     1,  0,  1},
	[COMMAND_FIELD_RANGE]         = {"range",    1,  0,  5},
	[COMMAND_FIELD_PREFETCH_SIZE] = {"size",     1,  0,  5},
	[COMMAND_FIELD_STRIDE]        = {"stride",   1,  5,  5},
	[COMMAND_FIELD_ATC_SIZE]      = {"size",     1,  0,  6},
	[COMMAND_FIELD_TTL]           = {"ttl",      1,  8,  2},
	[COMMAND_FIELD_TG]            = {"tg",       1, 10,  2},
	[COMMAND_FIELD_ADDR]          = {"addr",     1, 12, 52},
	[COMMAND_FIELD_STAG]          = {"stag",     1,  0, 16},
	[COMMAND_FIELD_MSI_ADDR]      = {"msi_addr", 1,  2, 54},
};
/* clang-format on */

#define F(field) (UINT32_C(1) << COMMAND_FIELD_##field)

#define STREAM	  (F(SSEC) | F(SID))
#define SUBSTREAM (STREAM | F(SSV) | F(SSID))
#define PREFETCH  (SUBSTREAM | F(PREFETCH_SIZE) | F(STRIDE) | F(ADDR))
#define TLB_RANGE (F(NUM) | F(SCALE) | F(TTL) | F(TG))
#define VA	  (F(VMID) | F(LEAF) | F(ADDR) | TLB_RANGE)
#define ATC	  (F(SSV) | F(SSID) | F(SID) | F(GLOBAL) | F(ATC_SIZE) | F(ADDR))
#define SIGNAL	  (F(CS) | F(MSH) | F(MSI_ATTR) | F(MSI_DATA) | F(MSI_ADDR))

#define COMMAND(op, k, w, f)                                                                       \
	[COMMAND_OP_##op] = {                                                                      \
		.name = #op, .fields = (f), .kind = COMMAND_##k, .need = COMMAND_NEEDS_##w}

/* An opcode that no SMMU which we can be has, or only its Secure queue. */
#define NEVER(op) [COMMAND_OP_##op] = {.name = #op, .kind = COMMAND_ILLEGAL}

/*
 * CFGI_CD has a SubstreamID without SSV (4.3.3), ATC_INV no SSec (4.5.1). RESUME and
 * STALL_TERM have no effect when no transaction of the stream is stalled (4.7.1, 4.7.2),
 * and none ever is: what stalls in the host is answered there.
 */
static const struct command_rule rules[] = {
	COMMAND(PREFETCH_CONFIG, NOP, NOTHING, SUBSTREAM),
	COMMAND(PREFETCH_ADDR, NOP, NOTHING, PREFETCH),
	COMMAND(CFGI_STE, STE, NOTHING, STREAM | F(LEAF)),
	COMMAND(CFGI_STE_RANGE, STE_RANGE, NOTHING, STREAM | F(RANGE)),
	COMMAND(CFGI_CD, FORWARD, NOTHING, STREAM | F(SSID) | F(LEAF)),
	COMMAND(CFGI_CD_ALL, FORWARD, NOTHING, STREAM),
	NEVER(CFGI_VMS_PIDM),
	COMMAND(TLBI_NH_ALL, FORWARD, NOTHING, F(VMID)),
	COMMAND(TLBI_NH_ASID, FORWARD, NOTHING, F(VMID) | F(ASID)),
	COMMAND(TLBI_NH_VA, FORWARD, NOTHING, VA | F(ASID)),
	COMMAND(TLBI_NH_VAA, FORWARD, NOTHING, VA),
	NEVER(TLBI_EL3_ALL),
	NEVER(TLBI_EL3_VA),
	NEVER(TLBI_EL2_ALL),
	NEVER(TLBI_EL2_ASID),
	NEVER(TLBI_EL2_VA),
	NEVER(TLBI_EL2_VAA),
	NEVER(TLBI_S12_VMALL),
	NEVER(TLBI_S2_IPA),
	COMMAND(TLBI_NSNH_ALL, FORWARD, NOTHING, 0),
	COMMAND(ATC_INV, FORWARD, ATS, ATC),
	NEVER(PRI_RESP),
	COMMAND(RESUME, IGNORE, STALLS, STREAM | F(AC) | F(AB) | F(STAG)),
	COMMAND(STALL_TERM, IGNORE, STALLS, STREAM),
	COMMAND(SYNC, SYNC, NOTHING, SIGNAL),
	NEVER(TLBI_S_EL2_ALL),
	NEVER(TLBI_S_EL2_ASID),
	NEVER(TLBI_S_EL2_VA),
	NEVER(TLBI_S_EL2_VAA),
	NEVER(TLBI_S_S12_VMALL),
	NEVER(TLBI_S_S2_IPA),
	NEVER(TLBI_SNH_ALL),
	NEVER(DPTI_ALL),
	NEVER(DPTI_PA),
};

static const struct command_rule impdef = {.name = "IMPDEF", .kind = COMMAND_ILLEGAL};
static const struct command_rule reserved = {.name = "RESERVED", .kind = COMMAND_ILLEGAL};

const struct command_rule *arch_command_rule(uint8_t opcode)
{
	if (opcode < sizeof(rules) / sizeof(rules[0]) && rules[opcode].name)
		return &rules[opcode];
	return opcode >> 4 == 8 ? &impdef : &reserved;
}
