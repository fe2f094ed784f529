/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"

static int parse_memory(struct options *options, const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);
	unsigned int shift = *end == 'G' ? 30 : *end == 'M' ? 20 : 0;

	if (!isdigit((unsigned char)*text) || !shift || end[1])
		return fail("--mem %s: write a number with M or G, such as 512M", text);
	if (value < (64u >> (shift - 20)) || value > MAP_RAM_MAX >> shift)
		return fail("--mem %s: a guest can have 64M to %uG", text,
			(unsigned int)(MAP_RAM_MAX >> 30));
	options->memory = (uint64_t)value << shift;
	return 0;
}

static int parse_cpus(struct options *options, const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || value < 1 || value > VCPUS_MAX)
		return fail("--cpus %s: a guest can have 1 to %d vCPUs", text, VCPUS_MAX);
	options->cpus = (unsigned int)value;
	return 0;
}

static int parse_device(struct options *options, const char *text)
{
	if (vfio_check_bdf(text))
		return -1;
	for (unsigned int n = 0; n < options->devices; n++)
		if (!strcmp(options->device[n], text))
			return fail("--device %s: is there twice", text);
	if (options->devices == DEVICES_MAX)
		return fail("--device %s: there are slots for %d devices", text, DEVICES_MAX);
	options->device[options->devices++] = text;
	return 0;
}

static int print_help(struct options *options, const char *text);

/* A word without @parse is a text, or a flag if it has no argument, and is kept @at its place. */
static const struct word {
	const char *name, *argument, *help;
	int (*parse)(struct options *options, const char *text);
	size_t at;
} words[] = {
#define AT(member) NULL, offsetof(struct options, member)
	{"kernel", "FILE", "an arm64 Image, not compressed", AT(kernel)},
	{"initrd", "FILE", "its initramfs", AT(initrd)},
	{"append", "WORDS", "its command line (console=ttyAMA0 is added)", AT(append)},
	{"mem", "SIZE", "memory, such as 512M, which is the default, or 2G", parse_memory, 0},
	{"cpus", "N", "vCPUs, 1 by default", parse_cpus, 0},
	{"device", "BDF",
		"assign a PCI function that is bound to vfio-pci, such as\n"
		"                   0000:01:00.0; the first is the guest's 00:01.0, and so on",
		parse_device, 0},
	{"isolate", NULL, "a vIOMMU and a vEVENTQ for each device", AT(isolate)},
	{"no-ril", NULL, "no range invalidation", AT(no_ril)},
	{"no-msi", NULL, "no MSIs of devices, and no window for them", AT(no_msi)},
	{"events", "FILE", "append each event and loss to FILE, as lines of JSON", AT(events)},
	{"control", "PATH", "take commands at a socket; its command \"help\" lists them",
		AT(control)},
	{"help", NULL, "print this", print_help, 0},
#undef AT
};

#define WORDS (sizeof(words) / sizeof(words[0]))

static int print_help(struct options *options, const char *text)
{
	(void)options;
	(void)text;
	printf("usage: vsmmu-vm --kernel FILE [OPTION...]\n"
	       "Boot an arm64 Linux under KVM, with assigned devices behind a virtual SMMUv3.\n\n");
	for (size_t n = 0; n < WORDS; n++)
		printf("  --%s %-*s  %s\n", words[n].name, 12 - (int)strlen(words[n].name),
			words[n].argument ? words[n].argument : "", words[n].help);
	printf("\nThe console is the terminal; ctrl-a x ends the machine, ctrl-a ctrl-a is a "
	       "ctrl-a.\nSIGUSR1 has the statistics printed.\n");
	return 1;
}

int options_parse(struct options *options, int argc, char **argv)
{
	struct option names[WORDS + 1] = {0};
	int n, ret = 0;

	*options = (struct options){.append = "", .memory = UINT64_C(512) << 20, .cpus = 1};
	for (n = 0; n < (int)WORDS; n++)
		names[n] = (struct option){words[n].name, words[n].argument != NULL, NULL, n};
	while (!ret && (n = getopt_long(argc, argv, "", names, NULL)) != -1) {
		void *at = n < (int)WORDS ? (char *)options + words[n].at : NULL;

		if (!at)
			return fail("see --help");
		if (words[n].parse)
			ret = words[n].parse(options, optarg);
		else if (words[n].argument)
			*(const char **)at = optarg;
		else
			*(bool *)at = true;
	}
	if (!ret && optind < argc)
		ret = fail("%s: options begin with --; see --help", argv[optind]);
	if (!ret && strlen(options->append) > APPEND_MAX)
		ret = fail("--append: is longer than %d characters", APPEND_MAX);
	if (!ret && !options->kernel)
		ret = fail("no --kernel; see --help");
	return ret;
}
