/* SPDX-License-Identifier: BSD-2-Clause */
/* A summary for people: distinct faults, their causes, messages, losses. */
#ifndef DECODE_SUMMARY_H
#define DECODE_SUMMARY_H

#include "catalogue/catalogue.h"
#include "decode/output_state.h"

/* After faults_sort() and messages_sort(). */
void summary_print(struct output *output);

/* summary_causes.c: what can be said of each kind of fault, once. */
void summary_print_causes(struct output *output, uint32_t rows);

/* Of an entry: its causes, what to look at, and the next step. */
void summary_print_entry(const struct output *output, const struct catalogue_entry *entry,
	const struct catalogue_cause *const *causes, size_t count);

/* A paragraph behind four blanks. */
void summary_print_line(const struct output *output, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
