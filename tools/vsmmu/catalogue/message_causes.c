/* SPDX-License-Identifier: BSD-2-Clause */
/* Which causes of a message fit the numbers of a line. */
#include "catalogue/catalogue.h"
#include "catalogue/message_line.h"

#define C(cause) (UINT32_C(1) << (cause))

/* Causes: a dead device, a command error, no clock, slow or lost, a VMM. */
static uint32_t fits_sync_timeout(const struct message_line *line)
{
	uint32_t prod, cons;

	if (line->match->count < 3)
		return 0;
	prod = message_number(line, 1);
	cons = message_number(line, 2);
	if (prod == UINT32_MAX || cons == UINT32_MAX)
		return C(2) | C(4);
	if (cmdq_error(cons))
		return cmdq_error(cons) == 3 ? C(0) | C(1) : C(1);
	if (cmdq_index(prod) == cmdq_index(cons))
		return C(3) | C(4);
	return cons ? C(0) | C(4) : C(2) | C(4);
}

/* Causes: code 3, code 1. */
static uint32_t fits_cmdqv_registers(const struct message_line *line)
{
	unsigned int code = line->match->count < 4 ? 0 : cmdq_error(message_number(line, 3));

	return code == 3 ? C(0) : code == 1 ? C(1) : 0;
}

/* Causes: bit 0, bits 2 and 3, bits 4 to 7, bit 8. */
static uint32_t fits_global_error(const struct message_line *line)
{
	static const uint32_t bits[] = {0x1, 0xc, 0xf0, 0x100};
	uint32_t causes = 0;

	for (unsigned int i = 0; line->match->count && i < sizeof(bits) / sizeof(bits[0]); i++)
		if (message_number(line, 0) & bits[i])
			causes |= C(i);
	return causes;
}

/* Causes: zero words, no such command, a VMM. */
static uint32_t fits_command(const struct message_line *line)
{
	if (!line->command)
		return 0;
	return line->command[0] || line->command[1] ? C(1) | C(2) : C(0);
}

/* Causes: a guest's queue, the kernel's own. */
static uint32_t fits_cmdqv_error(const struct message_line *line)
{
	uint64_t interfaces = line->match->count ? line->match->arguments[0].value : 0;

	return (interfaces & 1 ? C(1) : 0) | (interfaces & ~UINT64_C(1) ? C(0) : 0);
}

/* Causes: false, true. */
static uint32_t fits_coherence(const struct message_line *line)
{
	if (!line->match->count)
		return 0;
	return span_is(line->match->arguments[0].text, "true") ? C(1) : C(0);
}

static const struct {
	const char *name;
	uint32_t (*fits)(const struct message_line *line);
} choices[] = {
	{"cmd-sync-timeout", fits_sync_timeout},
	{"cmdq-skip-command", fits_command},
	{"cmdqv-error", fits_cmdqv_error},
	{"cmdqv-registers", fits_cmdqv_registers},
	{"cohacc", fits_coherence},
	{"cohacc-property", fits_coherence},
	{"global-error", fits_global_error},
};

size_t catalogue_message_causes(const struct catalogue_entry *entry, const char *text,
	size_t length, const uint64_t *command, const struct catalogue_cause **causes, size_t max)
{
	struct format_match match;
	const struct message_line line = {.match = &match, .command = command};
	uint32_t fits = 0;
	size_t count = 0;

	if (!entry->format ||
		!format_match(entry->format, (struct span){.at = text, .length = length}, &match))
		return catalogue_causes(entry, NULL, causes, max);
	/* The code has an entry of its own, which says more. */
	if (!strcmp(entry->name, "cmdq-error") && match.count &&
		catalogue_command_error(cmdq_error(message_number(&line, 0))))
		return catalogue_causes(
			catalogue_command_error(cmdq_error(message_number(&line, 0))), NULL, causes,
			max);
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (!strcmp(choices[i].name, entry->name))
			fits = choices[i].fits(&line);
	if (!fits)
		return catalogue_causes(entry, NULL, causes, max);
	for (unsigned int i = 0; entry->causes[i].text && count < max; i++)
		if (fits & C(i))
			causes[count++] = &entry->causes[i];
	return count;
}
