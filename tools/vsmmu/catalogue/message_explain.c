/* SPDX-License-Identifier: BSD-2-Clause */
/* What the numbers of a driver's message say. */
#include <inttypes.h>

#include "catalogue/command_text.h"
#include "catalogue/catalogue.h"
#include "catalogue/message_line.h"
#include "util/errno_name.h"

#define GERROR_BITS 32

static bool has(const struct message_line *line, unsigned int count)
{
	return line->match->count >= count;
}

static bool is(const struct message_line *line, unsigned int i, const char *text)
{
	return has(line, i + 1) && span_is(line->match->arguments[i].text, text);
}

/* Adds the error that stopped a command queue, if there is one. */
static bool add_command_error(struct buffer *buffer, uint32_t cons)
{
	unsigned int code = cmdq_error(cons);
	const struct catalogue_entry *entry = catalogue_command_error(code);

	if (!code)
		return false;
	if (entry)
		buffer_add(buffer, "error code %u is %s", code, entry->name);
	else
		buffer_add(buffer, "error code %u%s", code, code > 3 ? " is reserved" : "");
	if (code == 3)
		buffer_add(buffer, ": a device did not answer an ATC invalidation in time; suspect "
				   "a dead device with ATS, and see AER messages before this");
	if (code == 2)
		buffer_add(buffer, ": the SMMU could not read the command from memory");
	if (code == 1)
		buffer_add(buffer, ": the SMMU takes the command for illegal");
	return true;
}

static void explain_sync_timeout(struct buffer *buffer, const struct message_line *line)
{
	uint32_t prod, cons;

	if (!has(line, 3)) {
		buffer_add(buffer, "the line is cut: hwcons would tell how far the SMMU is");
		return;
	}
	prod = message_number(line, 1);
	cons = message_number(line, 2);
	if (prod == UINT32_MAX || cons == UINT32_MAX) {
		buffer_add(buffer, "the registers read as all ones: nothing answers at the SMMU's "
				   "address, as without power or clock");
		return;
	}
	if (add_command_error(buffer, cons))
		buffer_add(buffer, "; the queue has stopped there, at index 0x%" PRIx32,
			cmdq_index(cons));
	else if (!cmdq_index(prod ^ cons))
		buffer_add(buffer,
			"hwcons equals hwprod: nothing is left in the queue, so it is not stuck; "
			"the SMMU was slow, or its signal of completion was lost");
	else if (!cons)
		buffer_add(buffer,
			"hwcons is 0: the SMMU has not read a single command since it was "
			"started%s",
			prod >> 16 ? ", unless the queue has just wrapped" : "");
	else if (cmdq_index(prod) > cmdq_index(cons))
		buffer_add(buffer,
			"%" PRIu32
			" commands wait, the first of them at hwcons: the queue is stuck "
			"there, or slow",
			cmdq_index(prod) - cmdq_index(cons));
	else
		buffer_add(buffer, "commands wait, the first of them at hwcons: the queue is stuck "
				   "there, or slow");
}

/* The driver has a text for each code. */
static bool is_of_other_code(const struct message_line *line, unsigned int code)
{
	static const char *const texts[] = {
		"No error", "Illegal command", "Abort on command fetch", "ATC invalidate timeout"};

	for (unsigned int i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (i != code && is(line, 1, texts[i]))
			return true;
	return false;
}

static void explain_command_error(struct buffer *buffer, const struct message_line *line)
{
	uint32_t cons;

	if (!has(line, 1))
		return;
	cons = message_number(line, 0);
	if (cons == UINT32_MAX) {
		buffer_add(buffer, "all ones: nothing answers at the SMMU's address");
		return;
	}
	if (add_command_error(buffer, cons))
		buffer_add(buffer, "; the queue stopped at index 0x%" PRIx32, cmdq_index(cons));
	else
		buffer_add(buffer, "error code 0 is no error: it was dealt with already");
	if (cmdq_error(cons) == 3)
		buffer_add(buffer, ", where the CMD_SYNC is that waited for it");
	if (is_of_other_code(line, cmdq_error(cons)))
		buffer_add(buffer, "; but the text belongs to another code");
}

static void add_gerror(struct buffer *buffer, uint32_t bits)
{
	const char *separator = "";

	for (unsigned int bit = 0; bit < GERROR_BITS; bit++) {
		const struct catalogue_entry *entry = catalogue_gerror(bit);

		if (!(bits >> bit & 1))
			continue;
		buffer_add(
			buffer, "%sbit %u is %s", separator, bit, entry ? entry->name : "reserved");
		separator = ", ";
	}
}

static void explain_global_error(struct buffer *buffer, const struct message_line *line)
{
	if (!has(line, 1))
		return;
	if (message_number(line, 0) == UINT32_MAX)
		buffer_add(buffer, "all ones: nothing answers at the SMMU's address");
	else
		add_gerror(buffer, message_number(line, 0));
}

static void explain_command(struct buffer *buffer, const struct message_line *line)
{
	if (line->command)
		command_add(buffer, line->command);
	else
		buffer_add(buffer, "the words of the command are missing");
}

static void explain_opcode(struct buffer *buffer, const struct message_line *line)
{
	const uint64_t command[2] = {has(line, 1) ? message_number(line, 0) : 0, 0};

	if (command[0] && command[0] <= UINT8_MAX)
		command_add(buffer, command);
}

/* Whether one of the three strings that name the access, which follow each other, has a letter. */
static bool has_access(const struct message_line *line, const char *letter)
{
	return has(line, 8) && (span_has(line->match->arguments[5].text, letter) ||
				       span_has(line->match->arguments[6].text, letter) ||
				       span_has(line->match->arguments[7].text, letter));
}

/* The arguments are sid, ssid, group, "L", "un", "R", "W", "X", address. */
static void explain_page_request(struct buffer *buffer, const struct message_line *line)
{
	bool read = has_access(line, "R"), write = has_access(line, "W");
	bool execute = has_access(line, "X");
	const char *access = write ? (read ? "read and write" : "write") : read ? "read" : "";

	if (!has(line, 9))
		return;
	buffer_add(buffer, "the endpoint of stream 0x%" PRIx32, message_number(line, 0));
	if (message_number(line, 1))
		buffer_add(buffer, ", with PASID 0x%" PRIx32 ",", message_number(line, 1));
	if (read || write || execute)
		buffer_add(buffer, " asked for the page at 0x%" PRIx64 " to %s%s%s (%sprivileged)",
			line->match->arguments[8].value, access, execute && *access ? " and " : "",
			execute ? "execute" : "", is(line, 4, "un") ? "un" : "");
	else
		buffer_add(buffer, " says that it is done with that PASID (a stop marker)");
	buffer_add(buffer, "; group %" PRIu32 "%s", message_number(line, 2),
		is(line, 3, "L") ? ", the last request of it" : ", and more requests follow");
}

/* The request may stand behind what is said of it, if its line was joined with the one before. */
static void explain_unexpected_request(struct buffer *buffer, const struct message_line *line)
{
	size_t at = span_find(line->text, "sid 0x");
	struct span rest = span_skip(line->text, at);
	const struct catalogue_entry *entry = catalogue_match(rest.at, rest.length);
	struct format_match match;

	if (entry && !strcmp(entry->name, "pri-request") &&
		format_match(entry->format, rest, &match))
		explain_page_request(buffer, &(struct message_line){.text = rest, .match = &match});
}

static void explain_queue_size(struct buffer *buffer, const struct message_line *line)
{
	uint64_t size = has(line, 1) ? line->match->arguments[0].value : 0;
	struct span name = has(line, 2) ? line->match->arguments[1].text : span_of("");
	bool events = span_begins(name, "evtq");

	if (!size)
		return;
	buffer_add(buffer, "%" PRIu64 " KiB", size >> 10);
	if (name.length)
		buffer_add(buffer, ", which hold %" PRIu64 " %s", size / (events ? 32 : 16),
			events			    ? "events"
			: span_begins(name, "priq") ? "page requests"
						    : "commands");
	if (size <= 65536)
		buffer_add(buffer, ": so little that the kernel must have hardly any memory left, "
				   "or none that the device can address");
}

static void explain_bytes(struct buffer *buffer, const struct message_line *line)
{
	if (has(line, 1))
		buffer_add(buffer, "%" PRIu32 " KiB in one piece", message_number(line, 0) >> 10);
}

static void explain_coverage(struct buffer *buffer, const struct message_line *line)
{
	if (has(line, 2) && message_number(line, 0) < 32)
		buffer_add(buffer, "StreamIDs from 0x%" PRIx32 " on are not covered",
			UINT32_C(1) << message_number(line, 0));
}

static void explain_decimal_stream(struct buffer *buffer, const struct message_line *line)
{
	if (has(line, 1))
		buffer_add(buffer, "the StreamID is 0x%" PRIx32, message_number(line, 0));
}

static void explain_coherence(struct buffer *buffer, const struct message_line *line)
{
	if (is(line, 0, "true"))
		buffer_add(buffer, "firmware says that the SMMU's accesses are coherent, the SMMU "
				   "that they are not: if firmware is wrong, queues and tables are "
				   "read stale");
	if (is(line, 0, "false"))
		buffer_add(buffer, "firmware says that the SMMU's accesses are not coherent, the "
				   "SMMU that they are: slower than need be, and harmless");
}

/* Adds the numbers of the bits that are set. */
static void add_bits(struct buffer *buffer, const char *name, uint64_t map, unsigned int first,
	const char **separator)
{
	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(map >> bit & 1))
			continue;
		buffer_add(buffer, "%s%s%u", *separator, name, first + bit);
		*separator = ", ";
	}
}

static void explain_cmdqv_maps(struct buffer *buffer, const struct message_line *line)
{
	const char *separator = "";
	uint64_t interfaces;

	if (!has(line, 5))
		return;
	interfaces = line->match->arguments[0].value;
	add_bits(buffer, "VINTF", interfaces, 0, &separator);
	/* The driver prints the highest word first. */
	for (unsigned int word = 0; word < 4; word++)
		add_bits(buffer, "VCMDQ", message_number(line, 4 - word), 32 * word, &separator);
	if (interfaces)
		buffer_add(buffer, ": %s",
			interfaces == 1	 ? "the kernel's own"
			: interfaces & 1 ? "the kernel's own and guests'"
					 : "guests', which are told");
	else if (!*separator)
		buffer_add(buffer, "no bit is set: nothing is left to deal with");
}

static void explain_cmdqv_registers(struct buffer *buffer, const struct message_line *line)
{
	uint32_t active;

	if (!has(line, 4))
		return;
	active = message_number(line, 1) ^ message_number(line, 2);
	if (active)
		add_gerror(buffer, active);
	else
		buffer_add(buffer, "no error is active");
	if (cmdq_error(message_number(line, 3)))
		buffer_add(buffer, "; ");
	add_command_error(buffer, message_number(line, 3));
}

static void explain_cmdqv_status(struct buffer *buffer, const struct message_line *line)
{
	if (has(line, 3))
		buffer_add(buffer, "it is still %s", message_number(line, 2) & 1 ? "on" : "off");
}

/* Adds the kernel's error that is the line's last argument. */
static void explain_errno(struct buffer *buffer, const struct message_line *line)
{
	int64_t error;

	if (!line->match->count || line->match->cut)
		return;
	error = (int64_t)line->match->arguments[line->match->count - 1].value;
	if (error < 0 && error > -4096)
		buffer_add(buffer, "the kernel's error is %s", errno_name((int)error));
}

static void explain_event_number(struct buffer *buffer, const struct message_line *line)
{
	if (has(line, 1) && message_number(line, 0) <= UINT8_MAX)
		buffer_add(buffer, "0x%02" PRIx32 " is %s", message_number(line, 0),
			catalogue_event((uint8_t)message_number(line, 0))->name);
}

static const struct {
	const char *name;
	void (*explain)(struct buffer *buffer, const struct message_line *line);
} explanations[] = {
	{"cmd-sync-timeout", explain_sync_timeout},
	{"cmdq-error", explain_command_error},
	{"cmdq-skip-command", explain_command},
	{"cmdq-unknown-opcode", explain_opcode},
	{"cmdqv-error", explain_cmdqv_maps},
	{"cmdqv-irq-failed", explain_errno},
	{"cmdqv-registers", explain_cmdqv_registers},
	{"cmdqv-resource", explain_errno},
	{"cmdqv-switch-failed", explain_cmdqv_status},
	{"cmdqv-vintf0-failed", explain_errno},
	{"cohacc", explain_coherence},
	{"cohacc-property", explain_coherence},
	{"event-received", explain_event_number},
	{"global-error", explain_global_error},
	{"l1-table-alloc-failed", explain_bytes},
	{"l2-table-alloc-failed", explain_decimal_stream},
	{"linear-table-alloc-failed", explain_bytes},
	{"pri-request", explain_page_request},
	{"pri-unexpected", explain_unexpected_request},
	{"queue-alloc-failed", explain_queue_size},
	{"queue-alloc-failed-unnamed", explain_queue_size},
	{"strtab-coverage", explain_coverage},
	{"streamid-in-tree", explain_decimal_stream},
};

int catalogue_message_explain(char *buffer, size_t size, const struct catalogue_entry *entry,
	const char *text, size_t length, const uint64_t *command)
{
	struct buffer out = {.at = buffer, .size = size};
	struct format_match match;
	const struct message_line line = {
		.text = {text, length}, .match = &match, .command = command};

	if (size)
		buffer[0] = '\0';
	if (!entry->format ||
		!format_match(entry->format, (struct span){.at = text, .length = length}, &match))
		return 0;
	for (size_t i = 0; i < sizeof(explanations) / sizeof(explanations[0]); i++)
		if (!strcmp(explanations[i].name, entry->name))
			explanations[i].explain(&out, &line);
	return (int)out.length;
}
