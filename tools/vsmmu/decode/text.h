/* SPDX-License-Identifier: BSD-2-Clause */
/* Items for people. */
#ifndef DECODE_TEXT_H
#define DECODE_TEXT_H

#include "decode/output_state.h"

/* @row, @message: of an event, or of what is one, with it counted; NULL: it is not counted. */
void text_print(struct output *output, const struct item *item, struct fault_row *row,
	struct message_row *message);

/* The events that were kept back because there was one like them. */
void text_flush(struct output *output);

void raw_print(struct output *output, const struct item *item);

#endif
