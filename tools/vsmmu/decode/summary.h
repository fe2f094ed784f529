/* SPDX-License-Identifier: BSD-2-Clause */
/* A summary for people: distinct faults, their causes, messages, losses. */
#ifndef DECODE_SUMMARY_H
#define DECODE_SUMMARY_H

#include "decode/output_state.h"

/* After faults_sort() and messages_sort(). */
void summary_print(struct output *output);

/* summary_causes.c: what can be said of each kind of fault, once. */
void summary_print_causes(struct output *output, uint32_t rows);

/* A paragraph behind four blanks. */
void summary_print_line(const struct output *output, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
