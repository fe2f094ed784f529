/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of IHI 0070 chapter 4: which are legal on the guest's SMMU, what each one
 * concerns, and what the host kernel is to be given of it.
 *
 * Of the two ways that 4.1.5 leaves open for reserved fields we take "ignore": what a guest
 * sets there is never an error, and is cleared before the host sees it.
 */
#ifndef ARCH_COMMAND_H
#define ARCH_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "features.h"

/* One entry of the command queue, in host byte order. */
struct arch_command {
	uint64_t word[2];
};

enum command_opcode {
	COMMAND_OP_PREFETCH_CONFIG = 0x01,
	COMMAND_OP_PREFETCH_ADDR = 0x02,
	COMMAND_OP_CFGI_STE = 0x03,
	COMMAND_OP_CFGI_STE_RANGE = 0x04, /* CFGI_ALL when Range = 31 */
	COMMAND_OP_CFGI_CD = 0x05,
	COMMAND_OP_CFGI_CD_ALL = 0x06,
	COMMAND_OP_TLBI_NH_ALL = 0x10,
	COMMAND_OP_TLBI_NH_ASID = 0x11,
	COMMAND_OP_TLBI_NH_VA = 0x12,
	COMMAND_OP_TLBI_NH_VAA = 0x13,
	COMMAND_OP_TLBI_NSNH_ALL = 0x30,
	COMMAND_OP_ATC_INV = 0x40,
	COMMAND_OP_RESUME = 0x44,
	COMMAND_OP_STALL_TERM = 0x45,
	COMMAND_OP_SYNC = 0x46,
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

/* What the guest's SMMU must have for an opcode to exist. */
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

static inline uint64_t arch_command_get(const uint64_t word[2], enum command_field_id id)
{
	const struct command_field *field = &arch_command_fields[id];

	return word[field->word] >> field->low & (~UINT64_C(0) >> (64 - field->width));
}

/**
 * struct command_scope - the StreamIDs that a command names
 * @sid: the first; as the guest gave it, so it may be beyond SIDSIZE (4.1.7: no effect)
 * @count: 0 when the command names none (TLBI, SYNC); 2^32 for CFGI_ALL
 */
struct command_scope {
	uint32_t sid;
	uint64_t count;
};

/**
 * arch_command_classify() - what a command of the guest is
 * @word: the command in host byte order
 * @features: of the guest's SMMU
 * @scope: filled in whatever the kind
 *
 * Depends on the command alone. That ATC_INV is ignored while SMMUEN = 0 (4.5.1), and what
 * of a SYNC's signal applies, is for the caller, who knows the registers.
 */
enum command_kind arch_command_classify(
	const uint64_t word[2], const struct arch_features *features, struct command_scope *scope);

/**
 * enum command_reach - what became of a command that was made fit for the host
 * @COMMAND_REACH_NONE: the host caches nothing of the kind: there is nothing to send
 * @COMMAND_REACH_EXACT: it invalidates what was asked
 * @COMMAND_REACH_WIDER: it invalidates more, as the host has no narrower command
 */
enum command_reach {
	COMMAND_REACH_NONE = 0,
	COMMAND_REACH_EXACT,
	COMMAND_REACH_WIDER,
};

/**
 * arch_command_forward() - make a command of the guest fit for the host kernel
 * @word: a command of kind COMMAND_FORWARD; rewritten unless the result is NONE
 * @guest: features of the guest's SMMU: what its fields mean
 * @host: features of the physical SMMU: what the kernel takes
 *
 * One refused command makes the kernel refuse the whole array, with a count of handled
 * commands that is too high. So what is returned here is always something that
 * arch_command_kernel_accepts(); the StreamID is left for the caller to check.
 */
enum command_reach arch_command_forward(
	uint64_t word[2], const struct arch_features *guest, const struct arch_features *host);

/**
 * arch_command_kernel_accepts() - would Linux take this command for a vIOMMU?
 * @word: the command in host byte order
 * @host: features of the physical SMMU
 *
 * A mirror of arm_vsmmu_validate_user_cmd() (Linux 7.3 arm-smmu-v3-iommufd.c), written
 * apart from arch_command_forward() on purpose, for tests and the simulator. The kernel's
 * further check, that the StreamID is a vDEVICE's, is not in it.
 */
bool arch_command_kernel_accepts(const uint64_t word[2], const struct arch_features *host);

enum command_signal {
	COMMAND_SIGNAL_NONE = 0,
	COMMAND_SIGNAL_IRQ,
	COMMAND_SIGNAL_SEV, /* the same as NONE when IDR0.SEV = 0 */
};

/**
 * struct command_sync - how a CMD_SYNC wants to signal its completion (4.7.3)
 * @signal: the wired interrupt is for IRQ, whatever @msi_addr is
 * @msi_addr: 0 for no MSI; also without IDR0.MSI there is none. Not yet cut to the OAS
 * @msi_data: 32 bits to store there
 * @msi_attr: as STE.MemAttr
 * @msi_shareability: 0 none, 2 outer, 3 inner
 */
struct command_sync {
	enum command_signal signal;
	uint64_t msi_addr;
	uint32_t msi_data;
	uint8_t msi_attr;
	uint8_t msi_shareability;
};

/* @word: a command of kind COMMAND_SYNC. With a signal other than IRQ the MSI is all 0. */
void arch_command_sync(const uint64_t word[2], struct command_sync *sync);

#endif
