/* SPDX-License-Identifier: BSD-2-Clause */
/* vsmmu explain: the catalogue of events, errors and messages. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "catalogue/find.h"
#include "command.h"
#include "style.h"
#include "explain/answer.h"
#include "explain/writer.h"

/* So many parts of messages are explained in full; of more there is a list. */
#define PARTS_FULL 3

#define NEAREST_MAX 4

enum { OPTION_KIND = 256, OPTION_FORMAT };

enum form { FORM_TEXT, FORM_JSON, FORM_SCDOC, FORM_HTML };

struct explain_options {
	bool list;
	bool help;
	int kind; /* enum catalogue_kind; -1: all */
	enum form form;
};

static const char *const kinds[] = {"events", "gerror", "commands", "messages", NULL};
static const char *const forms[] = {"text", "json", "scdoc", "html", NULL};

static void print_help(void)
{
	printf("usage: vsmmu explain [OPTION]... WHAT...\n"
	       "       vsmmu explain [OPTION]... --list\n"
	       "\n"
	       "Tells what an SMMUv3 means, and what its driver means: what happened, what of it\n"
	       "can be trusted, whom to suspect, causes, what to look at and what to do. WHAT is\n"
	       "\n"
	       "  0x10, 16               an event's number\n"
	       "  F_TRANSLATION          its name, in any of the ways that programs have it\n"
	       "  'CMD_SYNC timeout'     a message, a part of one, or a whole line of a log\n"
	       "  GERROR 0x5             the bits of SMMU_GERROR\n"
	       "  CONS 0x3000010         the error in SMMU_CMDQ_CONS\n"
	       "  COMMAND WORD WORD      a command of the command queue\n"
	       "\n"
	       "options:\n"
	       "  -l, --list             an entry a line, instead: kind, number, name, what it is\n"
	       "      --kind KIND        only these: events, gerror, commands, messages\n"
	       "      --format FORMAT    text (default), json; scdoc and html: a manual page or a\n"
	       "                         page of HTML that has all entries\n"
	       "  -j, --json             short for --format json: an array of objects\n"
	       "  -h, --help             this text\n"
	       "\n"
	       "exit codes: 0 all was explained, 1 something is not known (the nearest are named\n"
	       "on standard error), 2 bad usage, 3 there was no memory.\n");
}

static int usage_error(const char *command, const char *text)
{
	fprintf(stderr, "%s: %s\n'vsmmu explain --help' says what is possible\n", command, text);
	return EXIT_USAGE;
}

static bool parse_options(struct explain_options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{"list", no_argument, NULL, 'l'},
		{"kind", required_argument, NULL, OPTION_KIND},
		{"format", required_argument, NULL, OPTION_FORMAT},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option, choice;

	while ((option = getopt_long(argc, argv, "ljh", names, NULL)) != -1) {
		switch (option) {
		case 'l':
			options->list = true;
			break;
		case OPTION_KIND:
			options->kind = option_choice(argv[0], "--kind", optarg, kinds);
			if (options->kind < 0)
				return false;
			break;
		case OPTION_FORMAT:
			choice = option_choice(argv[0], "--format", optarg, forms);
			if (choice < 0)
				return false;
			options->form = (enum form)choice;
			break;
		case 'j':
			options->form = FORM_JSON;
			break;
		case 'h':
			options->help = true;
			return true;
		default:
			fprintf(stderr, "'vsmmu explain --help' says what is possible\n");
			return false;
		}
	}
	return true;
}

static int no_memory(const char *command)
{
	fprintf(stderr, "%s: there is no memory\n", command);
	return EXIT_ENVIRONMENT;
}

static int list(const struct explain_options *options, const struct page *page, const char *command)
{
	struct answer *answers = calloc(CATALOGUE_MAX, sizeof(*answers));
	const struct catalogue_entry *entry;
	const struct answer *asked[CATALOGUE_MAX];
	size_t count = 0;
	int code = EXIT_OK;

	if (!answers)
		return no_memory(command);
	for (size_t i = 0; (entry = catalogue_get(i)) && count < CATALOGUE_MAX; i++) {
		if (options->kind >= 0 && (int)entry->kind != options->kind)
			continue;
		answer_init(&answers[count], entry);
		asked[count] = &answers[count];
		count++;
	}
	if (options->form != FORM_JSON)
		for (size_t i = 0; i < count; i++)
			write_line(page, answers[i].entry);
	else if (!write_json(asked, count))
		code = no_memory(command);
	free(answers);
	return code;
}

static void tell_unknown(const char *command, const char *question)
{
	const struct catalogue_entry *entries[NEAREST_MAX];
	size_t count = catalogue_nearest(question, entries, NEAREST_MAX);

	fprintf(stderr, "%s: '%s' is not known", command, question);
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "%s %s", i ? "," : "; the nearest:", entries[i]->name);
	fprintf(stderr, "%s\n", count ? "" : "; 'vsmmu explain --list' has all that is");
}

static void print_answers(const struct answers *answers, const struct page *page)
{
	if (answers->parts && answers->count > PARTS_FULL) {
		for (size_t i = 0; i < answers->count; i++)
			write_line(page, answers->list[i].entry);
		printf("\n");
		return;
	}
	for (size_t i = 0; i < answers->count; i++)
		write_entry(&writer_text, page, &answers->list[i]);
}

/* The first @count arguments with blanks between them. */
static void join(char **argv, int count, char *question, size_t size)
{
	size_t length = 0;

	question[0] = '\0';
	for (int i = 0; i < count && length < size; i++)
		length += (size_t)snprintf(
			question + length, size - length, "%s%s", i ? " " : "", argv[i]);
}

/* Whether a word says all by itself. */
static bool is_complete(const char *word)
{
	const struct catalogue_entry *entries[2];
	uint64_t number;

	if (catalogue_find_number(word, &number))
		return true;
	return catalogue_search(word, entries, 2) == 1 &&
	       (entries[0]->kind != CATALOGUE_MESSAGE || !strcasecmp(word, entries[0]->name));
}

/* Words of a message that nobody quoted. Return: whether all arguments together are that. */
static bool is_one_question(char **argv, int argc, char *question, size_t size)
{
	const struct catalogue_entry *entry;

	join(argv, argc, question, size);
	return argc > 1 && !is_complete(argv[0]) && catalogue_search(question, &entry, 1);
}

/* A register and its value may be two arguments. Return: how many the question takes. */
static int take_question(char **argv, int argc, char *question, size_t size)
{
	int values = question_values(argv[0]), taken = 1;
	uint64_t number;

	while (taken < argc && taken <= values && catalogue_find_number(argv[taken], &number))
		taken++;
	join(argv, taken, question, size);
	return taken;
}

static int explain(const struct explain_options *options, const struct page *page, int argc,
	char **argv, const char *command)
{
	const struct answer *given[CATALOGUE_MAX];
	size_t count = 0, questions = 0;
	int code = EXIT_OK;
	struct answers *answers = calloc((size_t)argc, sizeof(*answers));

	if (!answers)
		return no_memory(command);
	while (argc) {
		struct answers *found = &answers[questions++];
		char question[512];
		int taken = argc;

		if (questions > 1 || !is_one_question(argv, argc, question, sizeof(question)))
			taken = take_question(argv, argc, question, sizeof(question));
		answers_find(found, question);
		if (!found->count) {
			tell_unknown(command, question);
			code = EXIT_FAILED;
		}
		if (options->form == FORM_TEXT)
			print_answers(found, page);
		for (size_t i = 0; i < found->count && count < CATALOGUE_MAX; i++)
			given[count++] = &found->list[i];
		argc -= taken;
		argv += taken;
	}
	if (options->form == FORM_JSON && !write_json(given, count))
		code = no_memory(command);
	free(answers);
	return code;
}

int explain_command(int argc, char **argv)
{
	struct explain_options options = {.kind = -1};
	struct page page;

	if (!parse_options(&options, argc, argv))
		return EXIT_USAGE;
	if (options.help) {
		print_help();
		return EXIT_OK;
	}
	page_init(&page, COLOR_AUTO);
	if (options.form == FORM_SCDOC || options.form == FORM_HTML) {
		if (optind < argc || options.kind >= 0)
			return usage_error(argv[0], "a page always has all entries");
		write_all(options.form == FORM_HTML ? &writer_html : &writer_scdoc, &page);
		return EXIT_OK;
	}
	if (options.list)
		return optind < argc ? usage_error(argv[0], "--list takes no WHAT")
				     : list(&options, &page, argv[0]);
	if (options.kind >= 0)
		return usage_error(argv[0], "--kind is for --list");
	if (optind == argc)
		return usage_error(argv[0], "say what is to be explained");
	return explain(&options, &page, argc - optind, argv + optind, argv[0]);
}
