/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of IHI 0070 chapter 4 as data, for a Non-secure queue without stage 2. */
#include "command.h"

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

#define COMMAND(opcode, n, k, w, f)                                                                \
	[opcode] = {.name = (n), .fields = (f), .kind = COMMAND_##k, .need = COMMAND_NEEDS_##w}

/* An opcode that no SMMU which we can be has, or only its Secure queue. */
#define NEVER(opcode, n) [opcode] = {.name = (n), .kind = COMMAND_ILLEGAL}

/*
 * CFGI_CD has a SubstreamID without SSV (4.3.3), ATC_INV no SSec (4.5.1). RESUME and
 * STALL_TERM have no effect when no transaction of the stream is stalled (4.7.1, 4.7.2),
 * and none ever is: what stalls in the host is answered there.
 */
static const struct command_rule rules[] = {
	COMMAND(0x01, "PREFETCH_CONFIG", NOP, NOTHING, SUBSTREAM),
	COMMAND(0x02, "PREFETCH_ADDR", NOP, NOTHING, PREFETCH),
	COMMAND(0x03, "CFGI_STE", STE, NOTHING, STREAM | F(LEAF)),
	COMMAND(0x04, "CFGI_STE_RANGE", STE_RANGE, NOTHING, STREAM | F(RANGE)),
	COMMAND(0x05, "CFGI_CD", FORWARD, NOTHING, STREAM | F(SSID) | F(LEAF)),
	COMMAND(0x06, "CFGI_CD_ALL", FORWARD, NOTHING, STREAM),
	NEVER(0x07, "CFGI_VMS_PIDM"),
	COMMAND(0x10, "TLBI_NH_ALL", FORWARD, NOTHING, F(VMID)),
	COMMAND(0x11, "TLBI_NH_ASID", FORWARD, NOTHING, F(VMID) | F(ASID)),
	COMMAND(0x12, "TLBI_NH_VA", FORWARD, NOTHING, VA | F(ASID)),
	COMMAND(0x13, "TLBI_NH_VAA", FORWARD, NOTHING, VA),
	NEVER(0x18, "TLBI_EL3_ALL"),
	NEVER(0x1a, "TLBI_EL3_VA"),
	NEVER(0x20, "TLBI_EL2_ALL"),
	NEVER(0x21, "TLBI_EL2_ASID"),
	NEVER(0x22, "TLBI_EL2_VA"),
	NEVER(0x23, "TLBI_EL2_VAA"),
	NEVER(0x28, "TLBI_S12_VMALL"),
	NEVER(0x2a, "TLBI_S2_IPA"),
	COMMAND(0x30, "TLBI_NSNH_ALL", FORWARD, NOTHING, 0),
	COMMAND(0x40, "ATC_INV", FORWARD, ATS, ATC),
	NEVER(0x41, "PRI_RESP"),
	COMMAND(0x44, "RESUME", IGNORE, STALLS, STREAM | F(AC) | F(AB) | F(STAG)),
	COMMAND(0x45, "STALL_TERM", IGNORE, STALLS, STREAM),
	COMMAND(0x46, "SYNC", SYNC, NOTHING, SIGNAL),
	NEVER(0x50, "TLBI_S_EL2_ALL"),
	NEVER(0x51, "TLBI_S_EL2_ASID"),
	NEVER(0x52, "TLBI_S_EL2_VA"),
	NEVER(0x53, "TLBI_S_EL2_VAA"),
	NEVER(0x58, "TLBI_S_S12_VMALL"),
	NEVER(0x5a, "TLBI_S_S2_IPA"),
	NEVER(0x60, "TLBI_SNH_ALL"),
	NEVER(0x70, "DPTI_ALL"),
	NEVER(0x73, "DPTI_PA"),
};

static const struct command_rule impdef = {.name = "IMPDEF", .kind = COMMAND_ILLEGAL};
static const struct command_rule reserved = {.name = "RESERVED", .kind = COMMAND_ILLEGAL};

const struct command_rule *arch_command_rule(uint8_t opcode)
{
	if (opcode < sizeof(rules) / sizeof(rules[0]) && rules[opcode].name)
		return &rules[opcode];
	return opcode >> 4 == 8 ? &impdef : &reserved;
}

void arch_command_sync(const uint64_t word[2], struct command_sync *sync)
{
	static const enum command_signal signals[] = {
		COMMAND_SIGNAL_NONE, COMMAND_SIGNAL_IRQ, COMMAND_SIGNAL_SEV, COMMAND_SIGNAL_NONE};

	*sync = (struct command_sync){.signal = signals[arch_command_get(word, COMMAND_FIELD_CS)]};
	if (sync->signal != COMMAND_SIGNAL_IRQ)
		return;
	sync->msi_addr = arch_command_get(word, COMMAND_FIELD_MSI_ADDR) << 2;
	sync->msi_data = (uint32_t)arch_command_get(word, COMMAND_FIELD_MSI_DATA);
	sync->msi_attr = (uint8_t)arch_command_get(word, COMMAND_FIELD_MSI_ATTR);
	sync->msi_shareability = (uint8_t)arch_command_get(word, COMMAND_FIELD_MSH);
	if (sync->msi_shareability == 1)
		sync->msi_shareability = 0; /* reserved, and taken as none */
}
