/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "map.h"

static const char usage[] =
	"usage: vsmmu-vm --kernel IMAGE [OPTION...]\n"
	"Boot an arm64 Linux under KVM, with assigned devices behind a virtual SMMUv3.\n"
	"\n"
	"  --kernel FILE    an arm64 Image, not compressed\n"
	"  --initrd FILE    its initramfs\n"
	"  --append WORDS   its command line (console=ttyAMA0 is added)\n"
	"  --mem SIZE       memory, such as 512M, which is the default, or 2G\n"
	"  --cpus N         vCPUs, 1 by default\n"
	"  --device BDF     assign a PCI function that is bound to vfio-pci, such as\n"
	"                   0000:01:00.0; the first is the guest's 00:01.0, and so on\n"
	"  --isolate        a vIOMMU and a vEVENTQ for each device\n"
	"  --no-ril         no range invalidation\n"
	"  --no-msi         no MSIs of devices, and no window for them\n"
	"  --events FILE    append each event and loss to FILE, as lines of JSON\n"
	"\n"
	"The console is the terminal; ctrl-a x ends the machine, ctrl-a ctrl-a is a ctrl-a.\n";

enum { KERNEL = 1, INITRD, APPEND, MEM, CPUS, DEVICE, ISOLATE, NO_RIL, NO_MSI, EVENTS, HELP };

static const struct option names[] = {
	{"kernel", required_argument, NULL, KERNEL},
	{"initrd", required_argument, NULL, INITRD},
	{"append", required_argument, NULL, APPEND},
	{"mem", required_argument, NULL, MEM},
	{"cpus", required_argument, NULL, CPUS},
	{"device", required_argument, NULL, DEVICE},
	{"isolate", no_argument, NULL, ISOLATE},
	{"no-ril", no_argument, NULL, NO_RIL},
	{"no-msi", no_argument, NULL, NO_MSI},
	{"events", required_argument, NULL, EVENTS},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

static int parse_memory(const char *text, uint64_t *memory)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);
	unsigned int shift = *end == 'G' ? 30 : *end == 'M' ? 20 : 0;

	if (!isdigit((unsigned char)*text) || !shift || end[1])
		return fail("--mem %s: write a number with M or G, such as 512M", text);
	if (value < (64u >> (shift - 20)) || value > MAP_RAM_MAX >> shift)
		return fail("--mem %s: a guest can have 64M to %uG", text,
			(unsigned int)(MAP_RAM_MAX >> 30));
	*memory = (uint64_t)value << shift;
	return 0;
}

static int parse_cpus(const char *text, unsigned int *cpus)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || value < 1 || value > VCPUS_MAX)
		return fail("--cpus %s: a guest can have 1 to %d vCPUs", text, VCPUS_MAX);
	*cpus = (unsigned int)value;
	return 0;
}

static int parse_device(struct options *options, const char *text)
{
	unsigned int domain, bus, slot, function;
	int length = 0;

	if (sscanf(text, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &length) != 4 ||
		text[length] || length != 12)
		return fail("--device %s: write domain, bus, device and function, as lspci -D "
			    "does: 0000:01:00.0",
			text);
	for (unsigned int n = 0; n < options->devices; n++)
		if (!strcmp(options->device[n], text))
			return fail("--device %s: is there twice", text);
	if (options->devices == DEVICES_MAX)
		return fail("--device %s: there are slots for %d devices", text, DEVICES_MAX);
	options->device[options->devices++] = text;
	return 0;
}

int options_parse(struct options *options, int argc, char **argv)
{
	int name, ret = 0;

	*options = (struct options){.append = "", .memory = UINT64_C(512) << 20, .cpus = 1};
	while (!ret && (name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (name) {
		case KERNEL:
			options->kernel = optarg;
			break;
		case INITRD:
			options->initrd = optarg;
			break;
		case APPEND:
			options->append = optarg;
			if (strlen(optarg) > APPEND_MAX)
				ret = fail("--append: is longer than %d characters", APPEND_MAX);
			break;
		case MEM:
			ret = parse_memory(optarg, &options->memory);
			break;
		case CPUS:
			ret = parse_cpus(optarg, &options->cpus);
			break;
		case DEVICE:
			ret = parse_device(options, optarg);
			break;
		case ISOLATE:
			options->isolate = true;
			break;
		case NO_RIL:
			options->no_ril = true;
			break;
		case NO_MSI:
			options->no_msi = true;
			break;
		case EVENTS:
			options->events = optarg;
			break;
		case HELP:
			fputs(usage, stdout);
			return 1;
		default:
			return fail("see --help");
		}
	}
	if (!ret && optind < argc)
		ret = fail("%s: options begin with --; see --help", argv[optind]);
	if (!ret && !options->kernel)
		ret = fail("no --kernel; see --help");
	return ret;
}
