/* SPDX-License-Identifier: BSD-2-Clause */
/* Items for people. */
#ifndef DECODE_TEXT_H
#define DECODE_TEXT_H

#include "decode/output_state.h"

/* @row: the event's, with it counted already; NULL: nobody counts it. */
void text_print(struct output *output, const struct item *item, struct fault_row *row);

/* The events that were kept back because there was one like them. */
void text_flush(struct output *output);

void raw_print(struct output *output, const struct item *item);

#endif
