/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries by what people call them. */
#ifndef CATALOGUE_FIND_H
#define CATALOGUE_FIND_H

#include "catalogue/catalogue.h"

/**
 * catalogue_find_number() - the number that somebody means
 * @text: decimal; or hexadecimal: with 0x, with a leading zero as in the kernel's log ("0a",
 *	"010"), or with a digit above 9
 * @number: set on success
 *
 * Return: whether it is one.
 */
bool catalogue_find_number(const char *text, uint64_t *number);

/**
 * catalogue_search() - what somebody may mean
 * @words: an event's number, a name or alias, with or without what is before or around it
 *	(SMMU_EVT_, C_), a line of a log, or a part of a message
 * @entries: filled in, first the best one
 * @max: room in @entries
 *
 * Return: how many there are: of a name or a line one, of a part of messages all that have it.
 */
size_t catalogue_search(const char *words, const struct catalogue_entry **entries, size_t max);

/**
 * catalogue_nearest() - what somebody may have meant
 * @words: that say nothing to catalogue_search()
 * @entries: filled in, first the nearest one
 * @max: room in @entries
 *
 * Return: how many are near enough.
 */
size_t catalogue_nearest(const char *words, const struct catalogue_entry **entries, size_t max);

/**
 * catalogue_find_line() - where the driver's own text begins in a line of a log
 * @line: such as "[  1.5] arm-smmu-v3 arm-smmu-v3.0.auto: CMDQ timeout"
 * @text: set to a part of @line on success
 *
 * Return: the message's entry, or NULL.
 */
const struct catalogue_entry *catalogue_find_line(const char *line, const char **text);

#endif
