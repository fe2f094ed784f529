/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

enum {
	OPTION_HEX = 256,
	OPTION_BINARY,
	OPTION_VEVENTQ,
	OPTION_FORMAT,
	OPTION_STREAM,
	OPTION_KIND,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_LIMIT,
	OPTION_SORT,
	OPTION_COLOR,
	OPTION_MAP,
	OPTION_HOST,
};

void options_print_help(void)
{
	printf("usage: vsmmu decode [OPTION]... [FILE]...\n"
	       "       vsmmu decode [OPTION]... --record WORD WORD WORD WORD\n"
	       "\n"
	       "Tells in plain words what SMMUv3 event records mean. They come from the command\n"
	       "line, or from files (- is standard input, and the default): kernel logs of any\n"
	       "kind, records in hexadecimal or binary, captures.\n"
	       "\n"
	       "what to read:\n"
	       "  -r, --record W W W W   a record's four 64-bit words; may be repeated\n"
	       "      --hex DIGITS       a record's 32 bytes as 64 hexadecimal digits\n"
	       "  -i, --input KIND       what the files are: auto (default), log, hex, binary,\n"
	       "                         veventq (as read from one), capture\n"
	       "      --binary, --veventq\n"
	       "                         short for --input binary, --input veventq\n"
	       "      --map FILE         who has which StreamID: an IORT, a device tree, what\n"
	       "                         lspci prints, a host's folder or tar; may be repeated\n"
	       "      --host             who has which StreamID on this very host\n"
	       "  -f, --follow           go on as the file grows, until SIGINT; with --summary\n"
	       "                         the events are shown too\n"
	       "\n"
	       "what of it to show:\n"
	       "      --stream SID,...   events of these StreamIDs: 0x100, or decimal\n"
	       "      --kind KIND,...    events by name or number (F_TRANSLATION, 0x10), or\n"
	       "                         lost, overflow, suppressed, message, other\n"
	       "      --since TIME       what happened at TIME and later: 12.5 (seconds since\n"
	       "                         boot), \"2026-11-30 03:00\", -5min (before now)\n"
	       "      --until TIME       what happened at TIME and before\n"
	       "      --limit N          no more than N of them; rows of a summary\n"
	       "\n"
	       "how to show it:\n"
	       "  -b, --brief            a line for each event; a summary without causes\n"
	       "  -s, --summary          each distinct fault with its count, first, last and\n"
	       "                         causes, instead of the events\n"
	       "      --sort ORDER       the summary's: count (default), first, last, stream\n"
	       "      --format FORMAT    text (default), raw (four words), json, csv\n"
	       "  -j, --json             short for --format json: an object on each line\n"
	       "      --color WHEN       auto (default: on a terminal), always, never\n"
	       "  -h, --help             this text\n"
	       "\n"
	       "exit codes: 0 all was understood, 1 some places made no sense (they are named on\n"
	       "standard error), 2 bad usage, 3 a file could not be read.\n");
}

static bool usage_error(const char *command, const char *option, const char *text)
{
	fprintf(stderr, "%s: %s%s%s\n'vsmmu decode --help' says what is possible\n", command,
		option, *option ? ": " : "", text);
	return false;
}

/* A record that was written on the command line, in one text. */
static bool take_record(
	struct options *options, const char *command, const char *option, const char *text)
{
	struct hex hex = {0};
	char complaint[512];

	switch (hex_parse(&hex, text, strlen(text))) {
	case HEX_RECORD:
		options->records[options->record_count++] = hex.record;
		return true;
	case HEX_BAD:
		return usage_error(command, option, hex.complaint);
	default:
		snprintf(complaint, sizeof(complaint), "a record has 4 words, and not only '%s'",
			text);
		return usage_error(command, option, complaint);
	}
}

/* "--record W W W W": getopt has taken the first, or all in one. */
static bool take_words(struct options *options, int argc, char **argv)
{
	char text[256];
	int length = snprintf(text, sizeof(text), "%s", optarg);

	if (!strpbrk(optarg, " ,\t"))
		for (int i = 1; i < 4 && optind < argc && (size_t)length < sizeof(text); i++)
			length += snprintf(text + length, sizeof(text) - (size_t)length, " %s",
				argv[optind++]);
	if (length < 0 || (size_t)length >= sizeof(text))
		return usage_error(argv[0], "--record", "a word has at most 16 digits");
	return take_record(options, argv[0], "--record", text);
}

/* Options that say what is read. */
static bool take_input_option(struct options *options, int option, int argc, char **argv)
{
	static const char *const kinds[] = {
		"auto", "log", "hex", "binary", "veventq", "capture", NULL};
	int choice;

	switch (option) {
	case 'r':
		return take_words(options, argc, argv);
	case OPTION_HEX:
		return take_record(options, argv[0], "--hex", optarg);
	case 'i':
		choice = option_choice(argv[0], "--input", optarg, kinds);
		options->kind = (enum input_kind)choice;
		return choice >= 0;
	case OPTION_BINARY:
		options->kind = INPUT_BINARY;
		return true;
	case OPTION_VEVENTQ:
		options->kind = INPUT_VEVENTQ;
		return true;
	case OPTION_MAP:
		options->maps[options->map_count++] = optarg;
		return true;
	case OPTION_HOST:
		options->host = true;
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

/* Options that say what of it is shown, and how. */
static bool take_option(struct options *options, int option, int argc, char **argv)
{
	static const char *const formats[] = {"text", "raw", "json", "csv", NULL};
	static const char *const orders[] = {"count", "first", "last", "stream", NULL};
	static const char *const colors[] = {"auto", "always", "never", NULL};
	struct output *output = options->output;
	const char *command = argv[0];
	int choice;

	switch (option) {
	case OPTION_STREAM:
		return filter_add_streams(&output->filter, command, optarg);
	case OPTION_KIND:
		return filter_add_kinds(&output->filter, command, optarg);
	case OPTION_SINCE:
		return filter_set_since(&output->filter, command, optarg);
	case OPTION_UNTIL:
		return filter_set_until(&output->filter, command, optarg);
	case OPTION_LIMIT:
		return option_number(command, "--limit", optarg, 1, UINT32_MAX, &output->limit);
	case 'b':
		output->brief = true;
		return true;
	case 's':
		output->summarize = true;
		return true;
	case 'j':
		output->format = OUTPUT_JSON;
		return true;
	case OPTION_FORMAT:
		choice = option_choice(command, "--format", optarg, formats);
		output->format = (enum output_format)choice;
		return choice >= 0;
	case OPTION_SORT:
		choice = option_choice(command, "--sort", optarg, orders);
		output->order = (enum fault_order)choice;
		return choice >= 0;
	case OPTION_COLOR:
		choice = option_choice(command, "--color", optarg, colors);
		options->color = (enum color)choice;
		return choice >= 0;
	default:
		return take_input_option(options, option, argc, argv);
	}
}

bool options_parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"record", required_argument, NULL, 'r'},
		{"hex", required_argument, NULL, OPTION_HEX},
		{"input", required_argument, NULL, 'i'},
		{"binary", no_argument, NULL, OPTION_BINARY},
		{"veventq", no_argument, NULL, OPTION_VEVENTQ},
		{"map", required_argument, NULL, OPTION_MAP},
		{"host", no_argument, NULL, OPTION_HOST},
		{"follow", no_argument, NULL, 'f'},
		{"stream", required_argument, NULL, OPTION_STREAM},
		{"kind", required_argument, NULL, OPTION_KIND},
		{"since", required_argument, NULL, OPTION_SINCE},
		{"until", required_argument, NULL, OPTION_UNTIL},
		{"limit", required_argument, NULL, OPTION_LIMIT},
		{"brief", no_argument, NULL, 'b'},
		{"summary", no_argument, NULL, 's'},
		{"sort", required_argument, NULL, OPTION_SORT},
		{"format", required_argument, NULL, OPTION_FORMAT},
		{"json", no_argument, NULL, 'j'},
		{"color", required_argument, NULL, OPTION_COLOR},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "r:i:fbsjh", known, NULL)) != -1)
		if (!take_option(options, option, argc, argv))
			return false;
	if (options->follow && argc - optind != 1 && !options->help)
		return usage_error(argv[0], "--follow", "it wants one FILE");
	return true;
}
