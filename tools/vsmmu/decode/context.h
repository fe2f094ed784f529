/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of a log that often precede a fault: resets, errors of PCIe, drivers that let go. */
#ifndef DECODE_CONTEXT_H
#define DECODE_CONTEXT_H

#include "decode/item.h"

#define CONTEXT_LINES	  8 /* so many are remembered */
#define CONTEXT_NAME_SIZE 64
#define CONTEXT_TEXT_SIZE 160

struct context_line {
	uint32_t kind; /* enum context_kind; 0: a place that is free */
	struct position position;
	struct moment moment;
	char client[CONTEXT_NAME_SIZE];
	char text[CONTEXT_TEXT_SIZE];
};

struct context {
	struct context_line lines[CONTEXT_LINES];
	unsigned int next;
};

void context_add(struct context *context, const struct item *item);

/*
 * Those of at most a second, or without times of at most 20 lines, before the item: the
 * latest first. Return: how many.
 */
unsigned int context_before(const struct context *context, const struct item *item,
	const struct context_line *before[CONTEXT_LINES]);

/* The device, unless the text has it as well; then "". */
const char *context_device(const struct context_line *line);

/* "reset", "aer", ...: the names in JSON. */
const char *context_name(uint32_t kind);

#endif
