/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The catalogue: all that an SMMUv3 and its drivers report, with its meaning, its usual causes
 * and the next step. It is constant: pure functions, no allocation, any thread.
 */
#ifndef CATALOGUE_CATALOGUE_H
#define CATALOGUE_CATALOGUE_H

#include "catalogue/fault.h"

enum catalogue_kind {
	CATALOGUE_EVENT,	 /* a record of the event queue (IHI 0070 7.3) */
	CATALOGUE_GERROR,	 /* a bit of SMMU_GERROR (6.3.19) */
	CATALOGUE_COMMAND_ERROR, /* SMMU_CMDQ_CONS.ERR (7.1) */
	CATALOGUE_MESSAGE,	 /* a line that a driver prints */
};

/* The suspects. */
enum culprit {
	CULPRIT_NONE,	      /* nobody, or the list's end */
	CULPRIT_GUEST_DRIVER, /* the endpoint's driver, which is the host's own without a guest */
	CULPRIT_HOST_KERNEL,
	CULPRIT_FIRMWARE,
	CULPRIT_VMM,
	CULPRIT_DEVICE,
};

#define CATALOGUE_CULPRITS 5

/**
 * struct catalogue_cause - why something is reported
 * @applies: whether it comes into question; NULL: always
 * @text: e.g. "a buffer that was unmapped too early", to stand in a list
 * @look: what to look at, to tell whether this was it, also to stand in a list; may be NULL
 * @list: other causes that stand in this place; then there is no @text
 */
struct catalogue_cause {
	bool (*applies)(const struct fault *fault);
	const char *text;
	const char *look;
	const struct catalogue_cause *list;
};

/**
 * struct catalogue_entry - one thing that is reported
 * @kind: what it is
 * @number: of an event, a bit or a code; the first one of a range; -1: it has none
 * @name: the architecture's; of a message a short stable id, e.g. "cmd-sync-timeout"
 * @aliases: other names in use, ending with NULL; may be NULL
 * @format: MESSAGE: the driver's format string
 * @source: MESSAGE: whose it is, e.g. "Linux arm-smmu-v3"
 * @complaint: something is wrong; else it is a note
 * @what: what happened
 * @trust: EVENT: which of its fields may be relied on
 * @guest: EVENT: whether a guest is told, under Linux as a host
 * @look: what to look at, e.g. "the driver's messages before it", to stand in a list
 * @next: what to do next
 * @section: e.g. "IHI 0070 7.3.13"; NULL if there is none
 * @culprits: whom to suspect, first the most likely one; CULPRIT_NONE ends the list
 * @causes: first the most likely one of those that apply; ends with one that has neither
 *	@text nor @list; may be NULL. Read with catalogue_causes()
 *
 * Other texts are whole sentences. Those that do not concern a kind are NULL.
 */
struct catalogue_entry {
	enum catalogue_kind kind;
	int number;
	const char *name;
	const char *const *aliases;
	const char *format;
	const char *source;
	bool complaint;
	const char *what;
	const char *trust;
	const char *guest;
	const char *look;
	const char *next;
	const char *section;
	enum culprit culprits[CATALOGUE_CULPRITS];
	const struct catalogue_cause *causes;
};

/* More entries than there are: for those who need room for all. */
#define CATALOGUE_MAX 512

/**
 * catalogue_get() - all entries in turn
 * @i: counted from 0: events, bits of GERROR, command errors, messages
 *
 * Return: the entry; NULL after the last one.
 */
const struct catalogue_entry *catalogue_get(size_t i);

/**
 * catalogue_event() - the entry of an event's number
 * @id: any number
 *
 * Return: its entry, never NULL: one for the IMPLEMENTATION DEFINED numbers, one for 0x00, which
 * is an empty record, and one for those that the architecture reserves.
 */
const struct catalogue_entry *catalogue_event(uint8_t id);

/* Return: the entry of a bit of GERROR, or of a code of CMDQ_CONS.ERR; NULL for reserved ones. */
const struct catalogue_entry *catalogue_gerror(unsigned int bit);
const struct catalogue_entry *catalogue_command_error(unsigned int code);

/**
 * catalogue_of_fault() - the entry of a fault
 * @fault: any, its event's number may be unknown
 *
 * Return: the entry of its event; without a number that of F_TRANSLATION for what can only be a
 * fault of translation, else that of the events for which the kernel has no name.
 */
const struct catalogue_entry *catalogue_of_fault(const struct fault *fault);

/**
 * catalogue_causes() - the causes that come into question
 * @entry: any
 * @fault: what is known; NULL: nothing, and all causes are wanted
 * @causes: filled in, first the most likely one
 * @max: room in @causes
 *
 * Return: how many were filled in.
 */
size_t catalogue_causes(const struct catalogue_entry *entry, const struct fault *fault,
	const struct catalogue_cause **causes, size_t max);

/* Return: whether it comes into question even if nothing is known of a fault. */
bool catalogue_cause_is_usual(const struct catalogue_cause *cause);

/* Return: e.g. "guest driver", a constant string; "" for CULPRIT_NONE. */
const char *culprit_name(enum culprit culprit);

/**
 * catalogue_match() - the entry of a line that a driver printed
 * @text: what follows the device's name; something else may be behind it
 * @length: of @text
 *
 * Return: the entry, or NULL.
 */
const struct catalogue_entry *catalogue_match(const char *text, size_t length);

/**
 * catalogue_message_explain() - what a line says, with its numbers decoded
 * @buffer: where the text goes, as snprintf() does it
 * @size: bytes at @buffer
 * @entry: the line's
 * @text: the line, as for catalogue_match()
 * @length: of @text
 * @command: the two words of a command that follow it, or NULL
 *
 * Return: the text's length without its NUL; 0 if the line has nothing to decode.
 */
int catalogue_message_explain(char *buffer, size_t size, const struct catalogue_entry *entry,
	const char *text, size_t length, const uint64_t *command);

/**
 * catalogue_message_causes() - the causes that come into question for a line
 * @entry: the line's
 * @text: the line, as for catalogue_match()
 * @length: of @text
 * @command: the two words of a command that follow it, or NULL
 * @causes: filled in, first the most likely one
 * @max: room in @causes
 *
 * Return: how many were filled in: all of @entry, if the line's numbers choose none.
 */
size_t catalogue_message_causes(const struct catalogue_entry *entry, const char *text,
	size_t length, const uint64_t *command, const struct catalogue_cause **causes, size_t max);

/**
 * catalogue_find() - the entry that somebody asks for
 * @words: a number in any base, a name, an alias, or a part of a message
 *
 * Return: the entry, or NULL.
 */
const struct catalogue_entry *catalogue_find(const char *words);

#endif
