/* SPDX-License-Identifier: BSD-2-Clause */
/* vsmmu decode: event records and kernel logs, in plain words. */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/source.h"

enum {
	OPTION_HEX = 256,
	OPTION_BINARY,
	OPTION_VEVENTQ,
	OPTION_INPUT,
	OPTION_FORMAT,
};

struct decode_options {
	struct vsmmu_event_record *records; /* of the command line, with room for argc */
	uint64_t record_count;
	enum input_kind kind;
	enum output_format format;
	bool summarize;
	bool follow;
	bool help;
};

static void print_help(void)
{
	printf("usage: vsmmu decode [OPTION]... [FILE]...\n"
	       "       vsmmu decode [OPTION]... --record WORD WORD WORD WORD\n"
	       "\n"
	       "Tells in plain words what SMMUv3 event records mean. They come from the command\n"
	       "line, or from files (- is standard input, and the default): kernel logs of any\n"
	       "kind, records in hexadecimal or binary, captures.\n"
	       "\n"
	       "options:\n"
	       "  -r, --record W W W W   a record's four 64-bit words; may be repeated\n"
	       "      --hex DIGITS       a record's 32 bytes as 64 hexadecimal digits\n"
	       "  -i, --input KIND       what the files are: auto (default), log, hex, binary,\n"
	       "                         veventq (as read from one), capture\n"
	       "      --binary, --veventq\n"
	       "                         short for --input binary, --input veventq\n"
	       "      --format FORMAT    text (default), raw (four words), json\n"
	       "  -j, --json             short for --format json: an object on each line\n"
	       "  -s, --summary          counts for each stream and kind instead of the events\n"
	       "  -f, --follow           go on as the file grows, until SIGINT; with --summary\n"
	       "                         the events are shown too\n"
	       "  -h, --help             this text\n"
	       "\n"
	       "exit codes: 0 all was understood, 1 some places made no sense (each is named on\n"
	       "standard error), 2 bad usage, 3 a file could not be read.\n");
}

static bool usage_error(const char *command, const char *text)
{
	fprintf(stderr, "%s: %s\n'vsmmu decode --help' says what is possible\n", command, text);
	return false;
}

/* Looks a name up in a list, NULL at its end. Return: its place, or -1 after a message. */
static int choose(
	const char *command, const char *option, const char *text, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(text, names[i]))
			return i;
	fprintf(stderr, "%s: %s is not known to %s; it is one of:", command, text, option);
	for (int i = 0; names[i]; i++)
		fprintf(stderr, " %s", names[i]);
	fprintf(stderr, "\n");
	return -1;
}

/* A record that was written on the command line, in one text. */
static bool take_record(struct decode_options *options, const char *command, const char *text)
{
	struct hex hex = {0};

	switch (hex_parse(&hex, text, strlen(text))) {
	case HEX_RECORD:
		options->records[options->record_count++] = hex.record;
		return true;
	case HEX_BAD:
		return usage_error(command, hex.complaint);
	default:
		return usage_error(command, "a record has 4 words");
	}
}

/* "--record W W W W": getopt has taken the first, or all in one. */
static bool take_words(struct decode_options *options, int argc, char **argv)
{
	char text[256];
	int length = snprintf(text, sizeof(text), "%s", optarg);

	if (!strpbrk(optarg, " ,\t")) {
		if (argc - optind < 3)
			return usage_error(argv[0], "--record wants 4 words");
		length = snprintf(text, sizeof(text), "%s %s %s %s", optarg, argv[optind],
			argv[optind + 1], argv[optind + 2]);
		optind += 3;
	}
	if (length < 0 || (size_t)length >= sizeof(text))
		return usage_error(argv[0], "a word has at most 16 digits");
	return take_record(options, argv[0], text);
}

/* Options of one letter, or of a number above them. Return: true, or false after a message. */
static bool take_option(struct decode_options *options, int option, int argc, char **argv)
{
	static const char *const kinds[] = {
		"auto", "log", "hex", "binary", "veventq", "capture", NULL};
	static const char *const formats[] = {"text", "raw", "json", NULL};
	int choice = 0;

	switch (option) {
	case 'r':
		return take_words(options, argc, argv);
	case OPTION_HEX:
		return take_record(options, argv[0], optarg);
	case 'i':
		choice = choose(argv[0], "--input", optarg, kinds);
		options->kind = (enum input_kind)choice;
		return choice >= 0;
	case OPTION_BINARY:
		options->kind = INPUT_BINARY;
		return true;
	case OPTION_VEVENTQ:
		options->kind = INPUT_VEVENTQ;
		return true;
	case OPTION_FORMAT:
		choice = choose(argv[0], "--format", optarg, formats);
		options->format = (enum output_format)choice;
		return choice >= 0;
	case 'j':
		options->format = OUTPUT_JSON;
		return true;
	case 's':
		options->summarize = true;
		return true;
	case 'f':
		options->follow = true;
		return true;
	case 'h':
		options->help = true;
		return true;
	default:
		fprintf(stderr, "'vsmmu decode --help' says what is possible\n");
		return false;
	}
}

static bool parse_options(int argc, char **argv, struct decode_options *options)
{
	static const struct option known[] = {
		{"record", required_argument, NULL, 'r'},
		{"hex", required_argument, NULL, OPTION_HEX},
		{"input", required_argument, NULL, 'i'},
		{"binary", no_argument, NULL, OPTION_BINARY},
		{"veventq", no_argument, NULL, OPTION_VEVENTQ},
		{"format", required_argument, NULL, OPTION_FORMAT},
		{"json", no_argument, NULL, 'j'},
		{"summary", no_argument, NULL, 's'},
		{"follow", no_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "r:i:jsfh", known, NULL)) != -1)
		if (!take_option(options, option, argc, argv))
			return false;
	if (options->follow && argc - optind != 1)
		return options->help || usage_error(argv[0], "--follow wants one FILE");
	return true;
}

static void print_records(const struct decode_options *options, struct output *output)
{
	for (uint64_t i = 0; i < options->record_count; i++) {
		const struct position position = {.file = "record", .number = i + 1};
		struct item item;

		item_init(&item, &position);
		item_set_record(&item, &options->records[i]);
		output_item(output, &item);
	}
}

/* Return: an exit code. A file that cannot be read does not keep the others from it. */
static int read_files(
	const struct decode_options *options, struct output *output, int count, char **paths)
{
	bool standard_input = !count && !options->record_count;
	int code = EXIT_OK;

	count += standard_input;
	for (int i = 0; i < count && !caught_signal && !ferror(stdout); i++) {
		int ret = source_read(standard_input ? "-" : paths[i], options->kind,
			options->follow, output, &caught_signal);

		output->no_memory |= ret == -ENOMEM;
		if (ret)
			code = EXIT_ENVIRONMENT;
	}
	return code;
}

static int decode_run(const struct decode_options *options, int argc, char **argv)
{
	struct output output;
	int code;

	output_init(&output, argv[0]);
	output.format = options->format;
	output.summarize = options->summarize;
	output.items = !options->summarize || options->follow;
	print_records(options, &output);
	code = read_files(options, &output, argc - optind, argv + optind);
	output_end(&output);
	if (output.no_memory) {
		fprintf(stderr, "%s: no memory: something is missing\n", argv[0]);
		code = EXIT_ENVIRONMENT;
	}
	if (code == EXIT_OK && output.bad)
		code = EXIT_FAILED;
	output_destroy(&output);
	/* That is how one stops to follow a file. */
	return caught_signal && !options->follow ? 128 + caught_signal : code;
}

int decode_command(int argc, char **argv)
{
	struct decode_options options = {0};
	int code = EXIT_OK;

	options.records = calloc((size_t)argc, sizeof(*options.records));
	if (!options.records) {
		fprintf(stderr, "%s: no memory\n", argv[0]);
		return EXIT_ENVIRONMENT;
	}
	if (!parse_options(argc, argv, &options)) {
		code = EXIT_USAGE;
	} else if (options.help) {
		print_help();
	} else {
		signals_catch();
		code = decode_run(&options, argc, argv);
	}
	free(options.records);
	return code;
}
