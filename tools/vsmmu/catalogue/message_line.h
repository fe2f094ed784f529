/* SPDX-License-Identifier: BSD-2-Clause */
/* A line that a driver printed, taken apart by its format, and the registers that are in it. */
#ifndef CATALOGUE_MESSAGE_LINE_H
#define CATALOGUE_MESSAGE_LINE_H

#include "catalogue/format.h"

/**
 * struct message_line - a line
 * @text: all of it
 * @match: its arguments
 * @command: the two words of a command that follow it, or NULL
 */
struct message_line {
	struct span text;
	const struct format_match *match;
	const uint64_t *command;
};

/* An argument, which must be there, as a register of 32 bits. */
static inline uint32_t message_number(const struct message_line *line, unsigned int i)
{
	return (uint32_t)line->match->arguments[i].value;
}

/* SMMU_CMDQ_PROD and CONS: an index with the wrap flag above it (IHI 0070 6.3.27, 6.3.28). */
static inline uint32_t cmdq_index(uint32_t value)
{
	return value & 0xfffff;
}

/* SMMU_CMDQ_CONS.ERR */
static inline unsigned int cmdq_error(uint32_t cons)
{
	return cons >> 24 & 0x7f;
}

#endif
