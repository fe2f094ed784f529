/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of IHI 0070 chapter 4 as data: opcodes, where their fields are, their rules. */
#ifndef ARCH_COMMAND_TABLE_H
#define ARCH_COMMAND_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum command_opcode {
	COMMAND_OP_PREFETCH_CONFIG = 0x01,
	COMMAND_OP_PREFETCH_ADDR = 0x02,
	COMMAND_OP_CFGI_STE = 0x03,
	COMMAND_OP_CFGI_STE_RANGE = 0x04, /* CFGI_ALL when Range = 31 */
	COMMAND_OP_CFGI_CD = 0x05,
	COMMAND_OP_CFGI_CD_ALL = 0x06,
	COMMAND_OP_CFGI_VMS_PIDM = 0x07,
	COMMAND_OP_TLBI_NH_ALL = 0x10,
	COMMAND_OP_TLBI_NH_ASID = 0x11,
	COMMAND_OP_TLBI_NH_VA = 0x12,
	COMMAND_OP_TLBI_NH_VAA = 0x13,
	COMMAND_OP_TLBI_EL3_ALL = 0x18,
	COMMAND_OP_TLBI_EL3_VA = 0x1a,
	COMMAND_OP_TLBI_EL2_ALL = 0x20,
	COMMAND_OP_TLBI_EL2_ASID = 0x21,
	COMMAND_OP_TLBI_EL2_VA = 0x22,
	COMMAND_OP_TLBI_EL2_VAA = 0x23,
	COMMAND_OP_TLBI_S12_VMALL = 0x28,
	COMMAND_OP_TLBI_S2_IPA = 0x2a,
	COMMAND_OP_TLBI_NSNH_ALL = 0x30,
	COMMAND_OP_ATC_INV = 0x40,
	COMMAND_OP_PRI_RESP = 0x41,
	COMMAND_OP_RESUME = 0x44,
	COMMAND_OP_STALL_TERM = 0x45,
	COMMAND_OP_SYNC = 0x46,
	COMMAND_OP_TLBI_S_EL2_ALL = 0x50,
	COMMAND_OP_TLBI_S_EL2_ASID = 0x51,
	COMMAND_OP_TLBI_S_EL2_VA = 0x52,
	COMMAND_OP_TLBI_S_EL2_VAA = 0x53,
	COMMAND_OP_TLBI_S_S12_VMALL = 0x58,
	COMMAND_OP_TLBI_S_S2_IPA = 0x5a,
	COMMAND_OP_TLBI_SNH_ALL = 0x60,
	COMMAND_OP_DPTI_ALL = 0x70,
	COMMAND_OP_DPTI_PA = 0x73,
};

enum command_field_id {
	COMMAND_FIELD_SSEC,
	COMMAND_FIELD_SSV,
	COMMAND_FIELD_SSID,
	COMMAND_FIELD_SID,
	COMMAND_FIELD_GLOBAL,
	COMMAND_FIELD_NUM,
	COMMAND_FIELD_SCALE,
	COMMAND_FIELD_VMID,
	COMMAND_FIELD_ASID,
	COMMAND_FIELD_AC,
	COMMAND_FIELD_AB,
	COMMAND_FIELD_CS,
	COMMAND_FIELD_MSH,
	COMMAND_FIELD_MSI_ATTR,
	COMMAND_FIELD_MSI_DATA,
	COMMAND_FIELD_LEAF,
	COMMAND_FIELD_RANGE,
	COMMAND_FIELD_PREFETCH_SIZE,
	COMMAND_FIELD_STRIDE,
	COMMAND_FIELD_ATC_SIZE,
	COMMAND_FIELD_TTL,
	COMMAND_FIELD_TG,
	COMMAND_FIELD_ADDR,
	COMMAND_FIELD_STAG,
	COMMAND_FIELD_MSI_ADDR,
	COMMAND_FIELDS,
};

/**
 * struct command_field - where a field is
 * @name: for printing
 * @word: 0 or 1
 * @low: lowest bit in that word
 * @width: number of bits
 */
struct command_field {
	const char *name;
	uint8_t word;
	uint8_t low;
	uint8_t width;
};

extern const struct command_field arch_command_fields[COMMAND_FIELDS];

/**
 * enum command_kind - what a command asks of the virtual SMMU
 * @COMMAND_ILLEGAL: CERROR_ILL
 * @COMMAND_NOP: a hint, without effect here
 * @COMMAND_STE: read one STE anew
 * @COMMAND_STE_RANGE: read the STEs of a range of StreamIDs anew
 * @COMMAND_FORWARD: an invalidation in the hardware: arch_command_forward()
 * @COMMAND_SYNC: complete what came before, then signal: arch_command_sync()
 * @COMMAND_IGNORE: legal, and what it names does not exist
 */
enum command_kind {
	COMMAND_ILLEGAL = 0,
	COMMAND_NOP,
	COMMAND_STE,
	COMMAND_STE_RANGE,
	COMMAND_FORWARD,
	COMMAND_SYNC,
	COMMAND_IGNORE,
};

/* A feature that the guest's SMMU must have for an opcode to exist. */
enum command_need {
	COMMAND_NEEDS_NOTHING = 0,
	COMMAND_NEEDS_ATS,
	COMMAND_NEEDS_STALLS,
};

/**
 * struct command_rule - one opcode
 * @name: as in 4.1.1 without CMD_, "RESERVED" or "IMPDEF"
 * @fields: bit n stands for enum command_field_id n; 0 if the opcode is always illegal
 * @kind: of a legal command, enum command_kind
 * @need: enum command_need
 */
struct command_rule {
	const char *name;
	uint32_t fields;
	uint8_t kind;
	uint8_t need;
};

const struct command_rule *arch_command_rule(uint8_t opcode);

/* Whether it has a StreamID, and so concerns one endpoint alone. */
static inline bool arch_command_names_stream(const uint64_t word[2])
{
	return arch_command_rule((uint8_t)word[0])->fields >> COMMAND_FIELD_SID & 1;
}

static inline uint64_t arch_command_get(const uint64_t word[2], enum command_field_id id)
{
	const struct command_field *field = &arch_command_fields[id];

	return word[field->word] >> field->low & (~UINT64_C(0) >> (64 - field->width));
}

#endif
