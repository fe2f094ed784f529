/* SPDX-License-Identifier: BSD-2-Clause */
/* vsmmu decode: event records and kernel logs, in plain words. */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decode/options.h"
#include "decode/source.h"
#include "root/root.h"

#define WHY_SIZE 256

static void note(const char *command, const char *what, const char *why)
{
	if (*why)
		fprintf(stderr, "%s: %s: %s\n", command, what, why);
}

/* Return: an exit code. Without names decoding goes on. */
static int read_maps(const struct options *options)
{
	struct output *output = options->output;
	char why[WHY_SIZE];
	struct root *root;
	int code = EXIT_OK;

	for (uint64_t i = 0; output->map && i < options->map_count; i++) {
		int ret = endpoint_map_add_file(output->map, options->maps[i], why, sizeof(why));

		note(output->command, options->maps[i], ret && !*why ? strerror(-ret) : why);
		if (ret)
			code = EXIT_ENVIRONMENT;
	}
	if (!options->host || !output->map)
		return code;
	*why = '\0';
	root = root_open(NULL, why, sizeof(why));
	if (!root || endpoint_map_add_root(output->map, root, why, sizeof(why)))
		code = EXIT_ENVIRONMENT;
	note(output->command, "--host", why);
	root_close(root);
	return code;
}

static void print_records(const struct options *options)
{
	for (uint64_t i = 0; i < options->record_count; i++) {
		const struct position position = {.file = "record", .number = i + 1};
		struct item item;

		item_init(&item, &position);
		item_set_record(&item, &options->records[i]);
		output_item(options->output, &item);
	}
}

/* Return: an exit code. A file that cannot be read does not keep the others from it. */
static int read_files(const struct options *options, int count, char **paths)
{
	struct output *output = options->output;
	bool standard_input = !count && !options->record_count;
	int code = EXIT_OK;

	if (standard_input && isatty(STDIN_FILENO))
		fprintf(stderr, "%s: reading standard input, as no FILE is given; Ctrl-D ends it\n",
			output->command);
	count += standard_input;
	for (int i = 0; i < count && !caught_signal && !output_is_full(output); i++) {
		int ret = source_read(standard_input ? "-" : paths[i], options->kind,
			options->follow, output, &caught_signal);

		output->no_memory |= ret == -ENOMEM;
		if (ret)
			code = EXIT_ENVIRONMENT;
	}
	return code;
}

static int decode_run(const struct options *options, int argc, char **argv)
{
	struct output *output = options->output;
	int code, maps_code;

	page_init(&output->page, options->color);
	/* A table of values has columns of one kind. */
	output->items = !output->summarize || (options->follow && output->format != OUTPUT_CSV);
	output_begin(output);
	maps_code = read_maps(options);
	print_records(options);
	code = read_files(options, argc - optind, argv + optind);
	if (code == EXIT_OK)
		code = maps_code;
	output_end(output);
	if (output->no_memory) {
		fprintf(stderr, "%s: no memory: something is missing\n", argv[0]);
		code = EXIT_ENVIRONMENT;
	}
	if (code == EXIT_OK && output->bad)
		code = EXIT_FAILED;
	/* That is how one stops to follow a file. */
	return caught_signal && !options->follow ? 128 + caught_signal : code;
}

int decode_command(int argc, char **argv)
{
	struct vsmmu_event_record *records = calloc((size_t)argc, sizeof(*records));
	struct output *output = calloc(1, sizeof(*output));
	const char **maps = calloc((size_t)argc, sizeof(*maps));
	struct options options = {.records = records, .maps = maps, .output = output};
	int code = EXIT_ENVIRONMENT;

	if (!records || !output || !maps) {
		fprintf(stderr, "%s: no memory\n", argv[0]);
		goto out;
	}
	output_init(output, argv[0]);
	if (!options_parse(&options, argc, argv)) {
		code = EXIT_USAGE;
	} else if (options.help) {
		options_print_help();
		code = EXIT_OK;
	} else {
		signals_catch();
		code = decode_run(&options, argc, argv);
	}
	output_destroy(output);
out:
	free(maps);
	free(output);
	free(records);
	return code;
}
