/* SPDX-License-Identifier: BSD-2-Clause */
/* vsmmu probe: whether this machine can give devices to VMs behind an accelerated vSMMU. */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/probe.h"
#include "probe/try.h"
#include "probe/vm.h"
#include "root/collect.h"
#include "root/kernel_log.h"
#include "root/root.h"

enum {
	OPTION_ROOT = 256,
	OPTION_LOG,
	OPTION_COLLECT,
	OPTION_TRY,
	OPTION_QEMU,
	OPTION_LIBVIRT,
	OPTION_LABELS,
};

struct probe_options {
	const char *root;    /* NULL: this host */
	const char *log;     /* NULL: what its kernel still has */
	const char *collect; /* a file to pack into, NULL: none */
	bool force;
	bool try;
	int form; /* OPTION_QEMU and so on, 0: rows */
	enum probe_detail detail;
	bool help;
};

static void print_help(void)
{
	printf("usage: vsmmu probe [OPTION]... [BDF]...\n"
	       "\n"
	       "Tells whether this machine can give PCI devices to VMs behind an accelerated "
	       "vSMMU,\n"
	       "and if not, why not and what to do. It looks at the host and at each PCI device, "
	       "or\n"
	       "at those that are named (0000:01:00.0 or 01:00.0), and changes nothing. Without\n"
	       "root some things stay unknown.\n"
	       "\n"
	       "options:\n"
	       "      --root FILE|DIR    look at what was collected from another host, or a copy "
	       "of\n"
	       "                         its files\n"
	       "      --log FILE         the kernel's log since it started, as journalctl -k "
	       "prints it,\n"
	       "                         if dmesg no longer goes back so far; '-' is standard "
	       "input\n"
	       "      --collect FILE     pack what this reads into a tar, without serial numbers, "
	       "addresses\n"
	       "                         and names, for another to look at; '-' is standard "
	       "output\n"
	       "  -f, --force            overwrite that file\n"
	       "      --try              make what a vSMMU needs on devices that vfio-pci has and "
	       "nobody\n"
	       "                         uses, and destroy it again; this resets them\n"
	       "  -j, --json             all that was found, as docs/probe.schema.json has it\n"
	       "      --qemu             QEMU's options for a VM with these devices, or those that "
	       "VFIO has\n"
	       "      --libvirt          the same as elements of a libvirt domain\n"
	       "      --labels           key=value, for labels of a node\n"
	       "  -b, --brief            leave out what passes\n"
	       "  -q, --quiet            print nothing: the exit code tells\n"
	       "  -h, --help             this text\n"
	       "\n"
	       "exit codes: 0 yes, 4 yes, with warnings or as far as can be told, 1 no, 2 bad "
	       "usage,\n"
	       "3 it could not look.\n");
}

static bool take_option(struct probe_options *options, int option)
{
	switch (option) {
	case OPTION_ROOT:
		options->root = optarg;
		return true;
	case OPTION_LOG:
		options->log = optarg;
		return true;
	case OPTION_COLLECT:
		options->collect = optarg;
		return true;
	case OPTION_QEMU:
	case OPTION_LIBVIRT:
	case OPTION_LABELS:
	case 'j':
		if (options->form && options->form != option) {
			fprintf(stderr, "vsmmu probe: --json, --qemu, --libvirt and --labels are "
					"each for themselves\n");
			return false;
		}
		options->form = option;
		return true;
	case OPTION_TRY:
		options->try = true;
		return true;
	case 'f':
		options->force = true;
		return true;
	case 'b':
		options->detail = DETAIL_BRIEF;
		return true;
	case 'q':
		options->detail = DETAIL_QUIET;
		return true;
	case 'h':
		options->help = true;
		return true;
	default:
		fprintf(stderr, "'vsmmu probe --help' says what is possible\n");
		return false;
	}
}

static bool parse(int argc, char **argv, struct probe_options *options)
{
	static const struct option known[] = {
		{"root", required_argument, NULL, OPTION_ROOT},
		{"log", required_argument, NULL, OPTION_LOG},
		{"collect", required_argument, NULL, OPTION_COLLECT},
		{"force", no_argument, NULL, 'f'},
		{"try", no_argument, NULL, OPTION_TRY},
		{"qemu", no_argument, NULL, OPTION_QEMU},
		{"libvirt", no_argument, NULL, OPTION_LIBVIRT},
		{"labels", no_argument, NULL, OPTION_LABELS},
		{"json", no_argument, NULL, 'j'},
		{"brief", no_argument, NULL, 'b'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "fjbqh", known, NULL)) != -1)
		if (!take_option(options, option))
			return false;
	return true;
}

/* https://no-color.org */
static bool wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

/* Return: 0, -ENOMEM or -ENODEV. */
static int print_form(const struct probe_result *result, const struct probe_options *options)
{
	bool done = true;

	switch (options->form) {
	case 'j':
		return probe_print_json(result) ? 0 : -ENOMEM;
	case OPTION_QEMU:
		done = probe_print_qemu(result);
		break;
	case OPTION_LIBVIRT:
		done = probe_print_libvirt(result);
		break;
	case OPTION_LABELS:
		probe_print_labels(result);
		break;
	default:
		probe_print_text(result, options->detail, wants_colour());
	}
	return done ? 0 : -ENODEV;
}

static int print(
	const struct probe_result *result, const struct probe_options *options, const char *command)
{
	static const int codes[] = {
		[LEVEL_PASS] = EXIT_OK,
		[LEVEL_UNKNOWN] = EXIT_WARNINGS,
		[LEVEL_WARN] = EXIT_WARNINGS,
		[LEVEL_FAIL] = EXIT_FAILED,
	};
	int ret = options->detail == DETAIL_QUIET ? 0 : print_form(result, options);

	if (ret == -ENODEV) {
		fprintf(stderr, "%s: there is no device that a VM could have: %s\n", command,
			result->named ? "'vsmmu probe' says why not"
				      : "name one, or bind one to vfio-pci");
		return EXIT_FAILED;
	}
	return ret ? ret : codes[result->verdict];
}

/* The list comes first: who does not like it can end this before there is a file. */
static int pack(struct root *root, const struct probe_options *options, const char *command)
{
	char why[256];

	collect_print_list(stderr);
	if (!collect(root, options->collect, options->force, why, sizeof(why)))
		return EXIT_OK;
	fprintf(stderr, "%s: %s\n", command, why);
	return EXIT_ENVIRONMENT;
}

static int look(struct root *root, const struct probe_options *options, char *const *bdfs,
	int count, const char *command)
{
	struct probe_result result;
	const char *missing = NULL;
	int code = probe_facts(&result, root, bdfs, (size_t)count, &missing);

	if (!code && options->try) {
		code = try_all(&result, root, command);
		probe_result_free(&result);
		result = (struct probe_result){0};
		/* It is known now what could not be asked before. */
		if (!code)
			code = probe_facts(&result, root, bdfs, (size_t)count, &missing);
	}
	if (!code && options->collect)
		code = pack(root, options, command);
	else if (!code)
		code = probe_judge(&result) ? print(&result, options, command) : -ENOMEM;
	probe_result_free(&result);
	if (code == -ENOENT)
		fprintf(stderr, "%s: there is no PCI device %s here\n", command, missing);
	else if (code == -ENODATA)
		fprintf(stderr, "%s: there are no files of a host\n", command);
	else if (code < 0)
		fprintf(stderr, "%s: %s\n", command, strerror(-code));
	return code < 0 ? EXIT_ENVIRONMENT : code;
}

int probe_command(int argc, char **argv)
{
	struct probe_options options = {0};
	char why[256];
	struct root *root;
	int code;

	if (!parse(argc, argv, &options))
		return EXIT_USAGE;
	if (options.help) {
		print_help();
		return EXIT_OK;
	}
	for (int i = optind; i < argc; i++)
		if (!probe_is_bdf(argv[i])) {
			fprintf(stderr,
				"%s: '%s' is no address of a PCI device, such as 0000:01:00.0\n",
				argv[0], argv[i]);
			return EXIT_USAGE;
		}
	if (options.try && options.root) {
		fprintf(stderr, "%s: --try is for this host, not for one that --root names\n",
			argv[0]);
		return EXIT_USAGE;
	}
	root = root_open(options.root, why, sizeof(why));
	if (!root) {
		fprintf(stderr, "%s: %s\n", argv[0], why);
		return EXIT_ENVIRONMENT;
	}
	if (root_note(root))
		fprintf(stderr, "%s: %s: left out %s\n", argv[0], options.root, root_note(root));
	code = options.log ? kernel_log_load(root, options.log) : 0;
	if (code) {
		fprintf(stderr, "%s: cannot take a kernel's log from '%s': %s\n", argv[0],
			options.log, code == -EILSEQ ? "it is binary" : strerror(-code));
		code = EXIT_ENVIRONMENT;
	} else {
		code = look(root, &options, argv + optind, argc - optind, argv[0]);
	}
	root_close(root);
	return code;
}
