/* SPDX-License-Identifier: BSD-2-Clause */
/* Items and summaries as comma-separated values (RFC 4180). */
#ifndef DECODE_CSV_H
#define DECODE_CSV_H

#include "decode/output_state.h"

/* The line with the columns' names. */
void csv_begin(const struct output *output);

void csv_print(struct output *output, const struct item *item);
void csv_print_summary(const struct output *output);

#endif
