/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of a kernel log: whether it is of an SMMUv3's driver, and what it says. */
#ifndef LOG_DMESG_LINE_H
#define LOG_DMESG_LINE_H

#include "log/dmesg_message.h"

/* What a line has in it: bits. A line with none of them says nothing of an SMMUv3. */
enum dmesg_key {
	DMESG_KEY_EVENT = 1,
	DMESG_KEY_WORD = 2, /* a number */
	DMESG_KEY_DETAIL = 4,
	DMESG_KEY_REQUESTER = 8,
	DMESG_KEY_DRIVER = 16, /* the name of a driver or a queue, or a word of its messages */
};

/* Makes it say nothing. */
void dmesg_message_init(struct dmesg_message *message);

/* Looks a line over, once and fast. Return: enum dmesg_key. */
unsigned int dmesg_line_scan(struct span line);

/*
 * Takes the first message off @line, with what is before it; nothing is left if there is none.
 * @keys: what dmesg_line_scan() said of the line.
 * @continued: @message is the one before it in the same line, from which the device's name and
 * the time are taken if they are not repeated. The message's spans point into the line.
 *
 * Return: whether there is one.
 */
bool dmesg_line_parse(
	struct span *line, unsigned int keys, bool continued, struct dmesg_message *message);

/* Takes a line that has nothing but an event's words, perhaps without their 0x. */
bool dmesg_line_parse_words(struct span line, struct dmesg_message *message);

#endif
