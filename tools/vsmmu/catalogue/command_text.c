/* SPDX-License-Identifier: BSD-2-Clause */
/* A command that an SMMU refused, in words. */
#include "catalogue/command_text.h"

#include <inttypes.h>

#include "arch/command_table.h"

#define F(field)  (UINT32_C(1) << COMMAND_FIELD_##field)
#define TLB_RANGE (F(NUM) | F(SCALE) | F(TTL) | F(TG) | F(LEAF) | F(ADDR))

/* What is illegal in a guest, whose SMMU has stage 1 alone, is in daily use in a host. */
static uint32_t fields_of(uint8_t opcode)
{
	switch (opcode) {
	case COMMAND_OP_TLBI_EL2_ASID:
	case COMMAND_OP_TLBI_S_EL2_ASID:
		return F(ASID);
	case COMMAND_OP_TLBI_EL2_VA:
	case COMMAND_OP_TLBI_S_EL2_VA:
		return F(ASID) | TLB_RANGE;
	case COMMAND_OP_TLBI_EL2_VAA:
	case COMMAND_OP_TLBI_S_EL2_VAA:
	case COMMAND_OP_TLBI_EL3_VA:
		return TLB_RANGE;
	case COMMAND_OP_TLBI_S12_VMALL:
	case COMMAND_OP_TLBI_S_S12_VMALL:
		return F(VMID);
	case COMMAND_OP_TLBI_S2_IPA:
	case COMMAND_OP_TLBI_S_S2_IPA:
		return F(VMID) | TLB_RANGE;
	case COMMAND_OP_CFGI_VMS_PIDM:
		return F(VMID);
	case COMMAND_OP_PRI_RESP:
		return F(SID) | F(SSV) | F(SSID);
	default:
		return arch_command_rule(opcode)->fields;
	}
}

static void add_fields(struct buffer *buffer, const uint64_t word[2], uint32_t fields)
{
	/* They are there whatever they hold. */
	const uint32_t always = F(SID) | F(SSID) | F(ASID) | F(VMID) | F(ADDR);

	if (fields & F(SSV) && !arch_command_get(word, COMMAND_FIELD_SSV))
		fields &= ~F(SSID);
	fields &= ~F(SSV);
	for (unsigned int i = 0; i < COMMAND_FIELDS; i++) {
		uint64_t value = arch_command_get(word, i);

		if (!(fields >> i & 1) || (!value && !(always >> i & 1)))
			continue;
		if (i == COMMAND_FIELD_ADDR)
			value <<= 12;
		if (i == COMMAND_FIELD_MSI_ADDR)
			value <<= 2;
		buffer_add(buffer, " %s 0x%" PRIx64, arch_command_fields[i].name, value);
	}
}

void command_add(struct buffer *buffer, const uint64_t word[2])
{
	uint8_t opcode = (uint8_t)word[0];
	const struct command_rule *rule = arch_command_rule(opcode);
	uint32_t fields = fields_of(opcode);

	if (!word[0] && !word[1]) {
		buffer_add(buffer,
			"both words are 0: an empty slot, which nobody wrote, or whose write had "
			"not reached memory when the SMMU read it");
		return;
	}
	if (opcode >> 4 == 8) {
		buffer_add(buffer, "opcode 0x%02x is IMPLEMENTATION DEFINED", opcode);
		return;
	}
	/* Only a reserved number has neither a field nor a place in the table. */
	if (rule == arch_command_rule(0)) {
		buffer_add(buffer, "opcode 0x%02x is no command of the architecture", opcode);
		return;
	}
	if (opcode == COMMAND_OP_CFGI_STE_RANGE &&
		arch_command_get(word, COMMAND_FIELD_RANGE) == 31) {
		buffer_add(buffer, "the command is CMD_CFGI_ALL");
	} else {
		buffer_add(buffer, "the command is CMD_%s", rule->name);
		add_fields(buffer, word, fields);
	}
	buffer_add(buffer,
		", which the architecture has: this SMMU lacks what it needs, a field of "
		"it is out of range, or the SMMU read something else than memory holds");
}
