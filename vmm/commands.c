/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of --control. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/tables.h>

#include "vm.h"

#define WORDS_MAX 3

static int attach(struct vm *vm, char *const *words)
{
	char *end = words[2];
	const unsigned long slot = end ? strtoul(words[2], &end, 10) : 0;

	if (words[2] && (*end || slot < 1 || slot > DEVICES_MAX))
		return fail("a slot is a number from 1 to %d", DEVICES_MAX);
	return vfio_check_bdf(words[1]) || vm_attach(vm, words[1], (unsigned int)slot);
}

static void print_words(
	FILE *out, const char *name, uint64_t address, const uint64_t *words, unsigned int count)
{
	fprintf(out, "%s at 0x%" PRIx64 ":", name, address);
	for (unsigned int n = 0; n < count; n++)
		fprintf(out, " 0x%016" PRIx64, words[n]);
	fprintf(out, "\n");
}

/* Prints what the guest has for a device, next to what the host was given. */
static int dump(struct vm *vm, char *const *words, FILE *out)
{
	static const char *const reach[] = {"nothing", "abort", "bypass", "stage 1"};
	static const char *const outcome[] = {"", "passes", "aborts", "is ignored"};
	const struct vfio_device *device = vm_find(vm, words[1]);
	struct vsmmu_tables tables = {.size = sizeof(tables)};
	char *end = words[2];
	const uint64_t iova = end ? strtoull(words[2], &end, 0) : VSMMU_NO_IOVA;

	if (!device)
		return fail("%s: is not attached", words[1]);
	if (words[2] && *end)
		return fail("an IOVA is a number, such as 0xfffff000");
	if (vsmmu_lookup(vm->vsmmu, device->slot << 3, VSMMU_NO_SSID, iova, &tables))
		return fail("%s: cannot be looked up", words[1]);
	fprintf(out, "stream 0x%x, SMMUEN %d\n", device->slot << 3, tables.enabled);
	if (tables.has_l1std)
		print_words(out, "l1std", tables.l1std_address, &tables.l1std, 1);
	if (tables.has_ste)
		print_words(out, "ste", tables.ste_address, tables.ste, 8);
	fprintf(out, "guest wants %s, host has %s%s, vSTE 0x%016" PRIx64 " 0x%016" PRIx64 "\n",
		reach[tables.wanted & 3], reach[tables.installed & 3],
		tables.blocked ? " (blocked)" : "", tables.installed_ste[0],
		tables.installed_ste[1]);
	if (tables.has_l1cd)
		print_words(out, "l1cd", tables.l1cd_address, &tables.l1cd, 1);
	if (tables.has_cd)
		print_words(out, "cd", tables.cd_address, tables.cd, 8);
	for (uint32_t n = 0; n < tables.walk_count; n++) {
		fprintf(out, "level %d ", tables.walk[n].level);
		print_words(out, "descriptor", tables.walk[n].address, &tables.walk[n].value, 1);
	}
	if (tables.outcome == VSMMU_LOOKUP_PASSES)
		fprintf(out, "output 0x%" PRIx64 "\n", tables.output);
	if (tables.event.word[0])
		fprintf(out, "event %s\n", vsmmu_event_name((uint8_t)tables.event.word[0]));
	if (words[2])
		fprintf(out, "a read %s\n", outcome[tables.outcome & 3]);
	return 0;
}

enum { HELP, STATS, ATTACH, DETACH, MOVE, DUMP, QUIT, COMMANDS };

static const struct {
	const char *name, *arguments, *help;
	unsigned int least, most; /* arguments */
} commands[COMMANDS] = {
	[HELP] = {"help", "", "print this", 0, 0},
	[STATS] = {"stats", "", "print the counters that are not 0", 0, 0},
	[ATTACH] = {"attach", "BDF [SLOT]", "assign a PCI function", 1, 2},
	[DETACH] = {"detach", "BDF", "take it from the guest", 1, 1},
	[MOVE] = {"move", "", "go on in a new vSMMU, as after a restart of the VMM", 0, 0},
	[DUMP] = {"dump", "BDF [IOVA]", "print its tables, and where a read of the IOVA leads", 1,
		2},
	[QUIT] = {"quit", "", "end the machine", 0, 0},
};

static int run(struct vm *vm, char *line, FILE *out)
{
	char *words[WORDS_MAX + 1] = {0}, *save;
	unsigned int count = 0, n = 0;

	for (char *word = strtok_r(line, " \t\r", &save); word;
		word = strtok_r(NULL, " \t\r", &save))
		if (count <= WORDS_MAX)
			words[count++] = word;
	while (n < COMMANDS && (!count || strcmp(words[0], commands[n].name)))
		n++;
	if (n < COMMANDS && (count - 1 < commands[n].least || count - 1 > commands[n].most))
		return fail("write: %s %s", commands[n].name, commands[n].arguments);
	switch (n) {
	case HELP:
		for (n = 0; n < COMMANDS; n++)
			fprintf(out, "%s %-*s  %s\n", commands[n].name,
				17 - (int)strlen(commands[n].name), commands[n].arguments,
				commands[n].help);
		return 0;
	case STATS:
		smmu_print_stats(vm, out);
		return 0;
	case ATTACH:
		return attach(vm, words);
	case DETACH:
		return vm_detach(vm, words[1]);
	case MOVE:
		return smmu_move(vm);
	case DUMP:
		return dump(vm, words, out);
	case QUIT:
		vm_stop(vm, STOP_OFF);
		return 0;
	default:
		return fail("no such command; see help");
	}
}

size_t command_run(struct vm *vm, char *line, char *answer, size_t size)
{
	FILE *out = fmemopen(answer, size, "w");
	char error[FAIL_TEXT] = "";
	size_t length;

	if (!out)
		return 0;
	fail_text = error;
	if (run(vm, line, out))
		fprintf(out, "error: %s\n", error);
	else
		fprintf(out, "ok\n");
	fail_text = NULL;
	fflush(out);
	length = (size_t)ftell(out);
	fclose(out);
	return length;
}
