/* SPDX-License-Identifier: BSD-2-Clause */
/* Structured records of log programs: JSON, and the journal's export format. */
#ifndef LOG_ENVELOPE_RECORD_H
#define LOG_ENVELOPE_RECORD_H

#include "log/envelope.h"

/**
 * envelope_take_json() - objects on one line
 * @envelope: their messages go into its list
 * @line: the line
 *
 * Return: whether there was any message.
 */
bool envelope_take_json(struct envelope *envelope, struct span line);

/**
 * envelope_take_pair() - one member of an object
 * @envelope: a message goes into its list, a time into its record
 * @line: "KEY" : VALUE
 *
 * Return: whether it is one.
 */
bool envelope_take_pair(struct envelope *envelope, struct span line);

/**
 * envelope_take_member() - a line of a record that takes several
 * @envelope: a message goes into its list, if it need not wait; a time into its record
 * @line: "KEY" : VALUE, KEY=VALUE of the journal, a byte of a message, or a bracket or an empty
 *	line between records
 *
 * Return: whether it is a part of a record, and nothing else.
 */
bool envelope_take_member(struct envelope *envelope, struct span line);

/* A message for the list. */
void envelope_add(
	struct envelope *envelope, const char *text, size_t length, const struct origin *origin);

#endif
