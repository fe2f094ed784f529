/* SPDX-License-Identifier: BSD-2-Clause */
/* The command: which subcommand, and what is common to all of them. */
#include "command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/api.h>

static const struct command commands[] = {
	{"decode", "tell what event records and kernel logs mean", decode_command},
	{"demo", "run the event path on the embedded simulator", demo_command},
	{"explain", "tell what an event, an error or a message of a driver is", explain_command},
	{"probe", "tell whether this machine can give devices to VMs", probe_command},
	{"replay", "run the event path on a capture", replay_command},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *file)
{
	fprintf(file, "usage: vsmmu COMMAND [OPTION]...\n"
		      "       vsmmu help [COMMAND]\n"
		      "       vsmmu --help | --version\n"
		      "\n"
		      "Tools around libvsmmu, an accelerated virtual SMMUv3.\n"
		      "\n"
		      "commands:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(file, "  %-8s  %s\n", commands[i].name, commands[i].summary);
	fprintf(file, "\n"
		      "'vsmmu COMMAND --help' describes a command's options.\n"
		      "\n"
		      "exit codes:\n"
		      "  0  success\n"
		      "  1  it ran, and what it checks does not hold\n"
		      "  2  the command line makes no sense\n"
		      "  3  the machine would not let it run (memory, descriptors, output)\n"
		      "  4  it holds, with warnings\n"
		      "  128 + N  ended by signal N\n");
}

static void print_version(void)
{
	printf("vsmmu %d.%d.%d (libvsmmu %s)\n", VSMMU_VERSION_MAJOR, VSMMU_VERSION_MINOR,
		VSMMU_VERSION_PATCH, vsmmu_version());
}

/* Text that was printed may still be lost: on a full disk, say, only the flush tells. */
static int finish(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	perror("vsmmu: cannot write to standard output");
	return code == EXIT_OK || code == EXIT_WARNINGS ? EXIT_ENVIRONMENT : code;
}

static int run_command(int argc, char **argv)
{
	char name[32];

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[0], commands[i].name))
			continue;
		snprintf(name, sizeof(name), "vsmmu %s", commands[i].name);
		argv[0] = name;
		optind = 0; /* getopt starts over */
		return commands[i].run(argc, argv);
	}
	fprintf(stderr, "vsmmu: there is no command '%s'; 'vsmmu --help' lists them\n", argv[0]);
	return EXIT_USAGE;
}

/* "vsmmu help", "vsmmu help decode" */
static int run_help(int argc, char **argv)
{
	char *arguments[] = {argv[1], (char[]){"--help"}, NULL};

	if (argc > 2) {
		fprintf(stderr, "vsmmu: help takes one command\n");
		return EXIT_USAGE;
	}
	if (argc == 2)
		return run_command(2, arguments);
	print_help(stdout);
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	int option;

	/* getopt begins its messages with this, and all others begin so. */
	argv[0] = (char[]){"vsmmu"};
	/* "+": what follows the command's name is the command's business. */
	while ((option = getopt_long(argc, argv, "+hV", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			print_help(stdout);
			return finish(EXIT_OK);
		case 'V':
			print_version();
			return finish(EXIT_OK);
		default:
			fprintf(stderr, "'vsmmu --help' says what is possible\n");
			return EXIT_USAGE;
		}
	}
	if (optind >= argc) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	argc -= optind;
	argv += optind;
	return finish(strcmp(argv[0], "help") ? run_command(argc, argv) : run_help(argc, argv));
}
