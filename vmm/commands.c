/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of --control. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "vm.h"

#define WORDS_MAX 3

typedef int command_fn(struct vm *vm, char *const *words, FILE *out);

static int print_stats(struct vm *vm, char *const *words, FILE *out)
{
	(void)words;
	smmu_print_stats(vm, out);
	return 0;
}

static int attach(struct vm *vm, char *const *words, FILE *out)
{
	char *end = words[2];
	const unsigned long slot = end ? strtoul(words[2], &end, 10) : 0;

	(void)out;
	if (words[2] && (*end || slot < 1 || slot > DEVICES_MAX))
		return fail("a slot is a number from 1 to %d", DEVICES_MAX);
	return vfio_check_bdf(words[1]) || vm_attach(vm, words[1], (unsigned int)slot);
}

static int detach(struct vm *vm, char *const *words, FILE *out)
{
	(void)out;
	return vm_detach(vm, words[1]);
}

static int quit(struct vm *vm, char *const *words, FILE *out)
{
	(void)words;
	(void)out;
	stop_ask(&vm->stop, STOP_OFF);
	return 0;
}

static command_fn help;

static const struct {
	const char *name, *arguments, *help;
	unsigned int least, most; /* arguments */
	command_fn *run;
} commands[] = {
	{"help", "", "print this", 0, 0, help},
	{"stats", "", "print the counters that are not 0", 0, 0, print_stats},
	{"attach", "BDF [SLOT]", "assign a PCI function", 1, 2, attach},
	{"detach", "BDF", "take it from the guest", 1, 1, detach},
	{"quit", "", "end the machine", 0, 0, quit},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int help(struct vm *vm, char *const *words, FILE *out)
{
	(void)vm;
	(void)words;
	for (size_t n = 0; n < COMMANDS; n++)
		fprintf(out, "%s %-*s  %s\n", commands[n].name, 17 - (int)strlen(commands[n].name),
			commands[n].arguments, commands[n].help);
	return 0;
}

static int run(struct vm *vm, char *line, FILE *out)
{
	char *words[WORDS_MAX + 1] = {0}, *save;
	unsigned int count = 0;

	for (char *word = strtok_r(line, " \t\r", &save); word;
		word = strtok_r(NULL, " \t\r", &save))
		if (count <= WORDS_MAX)
			words[count++] = word;
	for (size_t n = 0; count && n < COMMANDS; n++) {
		if (strcmp(words[0], commands[n].name))
			continue;
		if (count - 1 < commands[n].least || count - 1 > commands[n].most)
			return fail("write: %s %s", commands[n].name, commands[n].arguments);
		return commands[n].run(vm, words, out);
	}
	return fail("no such command; see help");
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
