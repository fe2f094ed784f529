/* SPDX-License-Identifier: BSD-2-Clause */
/* Where decoded items go: to people, to programs, to a summary. */
#ifndef DECODE_OUTPUT_H
#define DECODE_OUTPUT_H

#include "decode/item.h"
#include "decode/output_state.h"

void output_init(struct output *output, const char *command);
void output_destroy(struct output *output);

/* Before the first item, when the members that are options are set. */
void output_begin(struct output *output);

void output_item(struct output *output, const struct item *item);

/*
 * A message on standard error that names the place; what follows it goes on. Of each file
 * only the first OUTPUT_BAD_MAX are named, as anybody may have written it.
 */
#define OUTPUT_BAD_MAX 10
void output_bad(struct output *output, const struct position *position, const char *complaint);

/* Nothing more has come for a while: what was kept back is shown. */
void output_pause(struct output *output);

/* After the last item of a file; with its lines if it is a log. */
void output_end_file(struct output *output, const char *name, bool is_log, uint64_t lines);

/* Whether no more is wanted, or can be written. */
bool output_is_full(const struct output *output);

/* After the last item of all. */
void output_end(struct output *output);

#endif
