/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void output_init(struct output *output, const char *command)
{
	memset(output, 0, sizeof(*output));
	output->command = command;
	output->items = true;
	summary_init(&output->summary);
}

void output_destroy(struct output *output)
{
	summary_destroy(&output->summary);
}

void output_item(struct output *output, const struct item *item)
{
	int ret = 0;

	if (output->summarize)
		ret = summary_add(&output->summary, item);
	if (output->items && output->format == OUTPUT_JSON)
		ret = json_print(item) ? -1 : ret;
	else if (output->items && output->format == OUTPUT_RAW)
		raw_print(item);
	else if (output->items)
		text_print(item);
	output->no_memory |= ret != 0;
}

void output_bad(struct output *output, const struct position *position, const char *complaint)
{
	char place[POSITION_SIZE];

	output->bad++;
	if (output->bad_here++ >= OUTPUT_BAD_MAX)
		return;
	/* In the order in which things are found, if both go to the same place. */
	fflush(stdout);
	fprintf(stderr, "%s: %s: %s\n", output->command,
		position_format(position, place, sizeof(place)), complaint);
}

void output_end_file(struct output *output, const char *name)
{
	if (output->bad_here > OUTPUT_BAD_MAX) {
		uint64_t more = output->bad_here - OUTPUT_BAD_MAX;

		fflush(stdout);
		fprintf(stderr, "%s: %s: and %" PRIu64 " more place%s\n", output->command, name,
			more, more == 1 ? "" : "s");
	}
	output->bad_here = 0;
}

void output_end(struct output *output)
{
	if (!output->summarize)
		return;
	output->summary.bad = output->bad;
	summary_sort(&output->summary);
	if (output->format != OUTPUT_JSON)
		text_print_summary(&output->summary);
	else if (json_print_summary(&output->summary))
		output->no_memory = true;
}
