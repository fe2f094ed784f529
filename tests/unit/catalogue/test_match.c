/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines against the catalogue's messages. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "lib/unit.h"

static const struct catalogue_entry *match(const char *text)
{
	return catalogue_match(text, strlen(text));
}

static const struct {
	const char *text;
	const char *name; /* NULL: none */
} samples[] = {
	{"CMD_SYNC timeout", "cmd-sync-timeout-unplaced"},
	{"CMD_SYNC timeout`", "cmd-sync-timeout-unplaced"},
	{"CMD_SYNC timeout at", "cmd-sync-timeout"},
	{"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x00000000]",
		"cmd-sync-timeout"},
	{"CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x00000000] (was fine in 5.10)",
		"cmd-sync-timeout"},
	{"failed to allocate queue (0x8000 bytes) for vcmdq0", "queue-alloc-failed"},
	{"failed to allocate queue (0x8000 bytes)", "queue-alloc-failed-unnamed"},
	{"failed to allocate queue (0x8000 bytes) for", "queue-alloc-failed"},
	{"Falling back to standard SMMU CMDQ", "cmdqv-fallback"},
	{"\tsid 0x00000100.0x00000: [1L] unprivileged RW access at iova 0x0000000012345000",
		"pri-request"},
	{"\t0x0000000000000000", "raw-word"},
	{"VINTF0: VCMDQ1/LVCMDQ1: failed to enable, STATUS=0x00000000", "cmdqv-switch-failed"},
	{"VINTF2: deallocated", "cmdqv-vintf-deallocated"},
	{"VINTF2: VCMDQ5/LVCMDQ1: deallocated", "cmdqv-queue-deallocated"},
	{"unexpected global error reported", "global-error"},
	{"ias 44-bit, oas 44-bit (features 0x00001eff)", "features-ias"},
	{"event 0X10 received: [", "event-received"},
	/* Many begin so. */
	{"failed to", NULL},
	{"failed to enable", NULL},
	{"unexpected", NULL},
	{"no", NULL},
	{"", NULL},
	{" \t", NULL},
	/* None of the driver's, or not that much of it. */
	{"Adding to iommu group 5", NULL},
	{"failed to enable everything", NULL},
	{"CMD_SYNC", NULL},
	{"CMDQ", NULL},
	{"something that the driver does not say yet 0x1", NULL},
	{"it was a CMD_SYNC timeout", NULL},
};

TEST(lines_are_known)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct catalogue_entry *entry = match(samples[i].text);

		if (!entry != !samples[i].name || (entry && strcmp(entry->name, samples[i].name)))
			fail_msg("\"%s\" is %s", samples[i].text, entry ? entry->name : "none");
	}
}

/* The text that a driver makes of a format. */
static void render(const char *format, char *text, size_t size)
{
	size_t length = 0;

	for (const char *at = format; *at && *at != '\n' && length + 80 < size; at++) {
		const char *string = "some";

		/* The head of a CMDQV's message, or the privilege of an access. */
		if (at == format)
			string = at[2] == ' ' ? "unpriv" : "VINTF0: VCMDQ1/LVCMDQ1: ";
		if (*at != '%') {
			text[length++] = *at;
			continue;
		}
		while (!isalpha((unsigned char)at[1]))
			at++;
		while (strchr("lhz", at[1]))
			at++;
		at++;
		if (*at == 'p') {
			length += (size_t)sprintf(text + length, "[mem 0x0-0xf]");
			while (isalpha((unsigned char)at[1]))
				at++;
		} else {
			length += (size_t)sprintf(text + length, "%s",
				*at == 's'		   ? string
				: *at == 'x' || *at == 'X' ? "00000010"
							   : "17");
		}
	}
	text[length] = '\0';
}

TEST(each_message_is_itself)
{
	const struct catalogue_entry *entry;
	unsigned int count = 0;
	char text[512];

	for (size_t i = 0; (entry = catalogue_get(i)); i++) {
		if (entry->kind != CATALOGUE_MESSAGE)
			continue;
		render(entry->format, text, sizeof(text));
		if (match(text) != entry)
			fail_msg("\"%s\" is %s, not %s", text,
				match(text) ? match(text)->name : "none", entry->name);
		/* As it is quoted. */
		strcat(text, "\" | x");
		assert_ptr_equal(match(text), entry);
		count++;
	}
	assert_in_range(count, 100, 250);
}

/* An entry that answers nothing is none. */
TEST(each_message_is_explained)
{
	const struct catalogue_entry *entry, *other;

	for (size_t i = 0; (entry = catalogue_get(i)); i++) {
		if (entry->kind != CATALOGUE_MESSAGE)
			continue;
		if (!entry->name || !entry->source || !entry->what || !entry->trust)
			fail_msg("%s lacks something", entry->name ? entry->name : entry->format);
		if (strspn(entry->name, "abcdefghijklmnopqrstuvwxyz0123456789-") !=
			strlen(entry->name))
			fail_msg("%s is no stable name", entry->name);
		if (entry->complaint && (!entry->look || !entry->next))
			fail_msg("%s does not say what to do", entry->name);
		if (entry->look && (entry->look[strlen(entry->look) - 1] == '.'))
			fail_msg("%s: what to look at is no sentence", entry->name);
		if (entry->what[strlen(entry->what) - 1] != '.' ||
			(entry->next && entry->next[strlen(entry->next) - 1] != '.'))
			fail_msg("%s: sentences end with a full stop", entry->name);
		for (size_t j = 0; j < i; j++) {
			other = catalogue_get(j);
			if (!strcmp(other->name, entry->name))
				fail_msg("two entries are called %s", entry->name);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(lines_are_known),
		UNIT_TEST_PLAIN(each_message_is_itself),
		UNIT_TEST_PLAIN(each_message_is_explained),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
