/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event in numbers, as every kernel prints it: arm_smmu_dump_raw_event() of Linux
 * drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c, before 6.14 arm_smmu_evtq_thread(); and Xen's
 * driver, which was made from it.
 */
#include <ctype.h>

#include "log/dmesg_forms.h"

#define WORD_DIGITS 16
#define BARE_DIGITS 8 /* with less and no 0x it is a word of a language rather than a number */
#define GAP_MAX	    8 /* characters that somebody may have put between two words */

bool dmesg_header_parse(struct form *form, struct dmesg_message *message)
{
	size_t digits = form->rest.length;
	bool received;

	if (!form_take(form, "event ") || !form_take_hex(form, true, &message->value) ||
		message->value > UINT8_MAX)
		return false;
	digits -= form->rest.length;
	received = form_take(form, " received");
	message->sure = received && form_take(form, ":");
	message->kind = DMESG_HEADER;
	/* It prints two digits at least: with less, the number is not whole. */
	return received || (form->cut && digits >= strlen("event 0x10"));
}

/* Digits in a row; the 0 of another "0x" behind them is none of theirs. */
static size_t count_digits(struct span span)
{
	size_t digits = 0;

	while (digits < span.length && span_digit(span.at[digits]) < 16)
		digits++;
	if (digits > 1 && digits < span.length && (span.at[digits] | 0x20) == 'x' &&
		span.at[digits - 1] == '0')
		digits--;
	return digits;
}

/* Takes @digits of them, 16 at most. */
static uint64_t take_digits(struct form *form, size_t digits)
{
	struct span part = {.at = form->rest.at, .length = digits};
	uint64_t value;

	span_take_number(&part, 16, &value);
	form->rest = span_skip(form->rest, digits);
	return value;
}

/* Blanks, or what people put between the digits of a long number. */
static bool take_separator(struct form *form)
{
	return form_take_blanks(form) || span_take(&form->rest, "_") || span_take(&form->rest, "'");
}

/* Takes the rest of a word, of which @digits are there, that was split. */
static size_t take_split(struct form *form, size_t digits, uint64_t *value)
{
	while (digits < WORD_DIGITS) {
		struct form next = *form;
		size_t more;

		if (!take_separator(&next))
			break;
		more = count_digits(next.rest);
		if (!more || more > WORD_DIGITS - digits)
			break;
		*value = (digits ? *value << 4 * more : 0) | take_digits(&next, more);
		digits += more;
		*form = next;
	}
	return digits;
}

/* Return: how many digits it has; 0 if it is none. */
static size_t take_word(struct form *form, bool bare, uint64_t *value)
{
	struct form rest = *form;
	bool marked = span_take(&rest.rest, "0x") || span_take(&rest.rest, "0X");
	size_t digits;

	*value = 0;
	if (!marked && !bare)
		return 0;
	digits = count_digits(rest.rest);
	if (digits > WORD_DIGITS)
		return 0;
	if (digits)
		*value = take_digits(&rest, digits);
	digits = take_split(&rest, digits, value);
	if (!digits || (!marked && digits < BARE_DIGITS) ||
		(rest.rest.length && isalnum((unsigned char)rest.rest.at[0]) &&
			!span_begins(rest.rest, "0x") && !span_begins(rest.rest, "0X")))
		return 0;
	*form = rest;
	return digits;
}

/* Skips what may be between two words, a tab as programs write it among it. */
static void skip_gap(struct form *form)
{
	static const char *const tabs[] = {"\\x09", "#011", "\\011", "\\t"};

	for (size_t i = 0; i < GAP_MAX && form->rest.length; i++) {
		bool tab = false;

		for (size_t k = 0; k < sizeof(tabs) / sizeof(tabs[0]) && !tab; k++)
			tab = span_take(&form->rest, tabs[k]);
		if (tab)
			continue;
		if (span_digit(form->rest.at[0]) < 16)
			return;
		form->rest = span_skip(form->rest, 1);
	}
}

bool dmesg_words_parse(struct form *form, bool bare, struct dmesg_message *message)
{
	struct form next = *form;

	message->kind = DMESG_WORD;
	while (message->words < DMESG_WORDS) {
		size_t digits = take_word(&next, bare, &message->word[message->words]);

		if (digits != WORD_DIGITS) {
			if (message->words || !digits)
				break;
			message->digits = (uint8_t)digits;
			form->rest = next.rest;
			form->cut = !next.rest.length;
			return true;
		}
		message->words++;
		*form = next;
		skip_gap(&next);
	}
	message->sure = true;
	return message->words > 0;
}
