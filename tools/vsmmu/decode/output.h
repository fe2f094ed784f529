/* SPDX-License-Identifier: BSD-2-Clause */
/* Where decoded items go: to people, to programs, to a summary. */
#ifndef DECODE_OUTPUT_H
#define DECODE_OUTPUT_H

#include "decode/item.h"
#include "decode/summary.h"

enum output_format {
	OUTPUT_TEXT,
	OUTPUT_RAW,
	OUTPUT_JSON,
};

struct output {
	const char *command; /* for messages */
	enum output_format format;
	bool items; /* each is printed */
	bool summarize;
	struct summary summary;
	uint64_t bad;	   /* places in the input that made no sense */
	uint64_t bad_here; /* those of this file */
	bool no_memory;	   /* something is missing in what was printed */
};

void output_init(struct output *output, const char *command);
void output_destroy(struct output *output);

void output_item(struct output *output, const struct item *item);

/*
 * A message on standard error that names the place; what follows it goes on. Of each file
 * only the first OUTPUT_BAD_MAX are named, as anybody may have written it.
 */
#define OUTPUT_BAD_MAX 10
void output_bad(struct output *output, const struct position *position, const char *complaint);

/* After the last item of a file. */
void output_end_file(struct output *output, const char *name);

/* After the last item. */
void output_end(struct output *output);

/* text.c, json.c */
void text_print(const struct item *item);
void raw_print(const struct item *item);
void text_print_summary(const struct summary *summary);
/* Both return 0 or -ENOMEM. */
int json_print(const struct item *item);
int json_print_summary(const struct summary *summary);

#endif
