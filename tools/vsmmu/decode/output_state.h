/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever is known of the output so far, and how it is wanted: for all who print. */
#ifndef DECODE_OUTPUT_STATE_H
#define DECODE_OUTPUT_STATE_H

#include "decode/context.h"
#include "decode/faults.h"
#include "decode/filter.h"
#include "decode/messages.h"
#include "style.h"
#include "endpoints/map.h"

#define TEXT_PENDING_MAX 64
#define TEXT_SEEN_MAX	 1024

/* What was shown to people already, so that nobody has to read it twice. */
struct text_state {
	uint32_t pending[TEXT_PENDING_MAX]; /* rows of the faults that have events to be shown */
	unsigned int pending_count;
	bool pending_messages;
	uint64_t seen[TEXT_SEEN_MAX]; /* hashes of what causes were told for */
};

enum output_format {
	OUTPUT_TEXT,
	OUTPUT_RAW,
	OUTPUT_JSON,
	OUTPUT_CSV,
};

struct output {
	const char *command; /* for messages */
	enum output_format format;
	bool items;	/* each is printed */
	bool summarize; /* at the end */
	bool brief;	/* a line for each */
	enum fault_order order;
	uint64_t limit; /* of items, or rows of the summary; 0: none */
	struct page page;
	struct filter filter;

	struct endpoint_map *map; /* NULL: nobody is known */
	struct context context;
	struct fault_table faults;
	struct message_table messages;
	struct text_state text;
	uint64_t lost;
	uint64_t overflows;
	uint64_t suppressed;
	uint64_t bad;	   /* places in the input that made no sense */
	uint64_t wordless; /* events that raw cannot show */
	uint64_t shown;	   /* items that were printed */
	uint64_t filtered; /* items that were not asked for */
	bool no_memory;	   /* something is missing in what was printed */

	/* Of the file that is being read. */
	uint64_t bad_here;
	bool found_here; /* anything of an SMMUv3 */
	struct message_table others_here;
};

#endif
