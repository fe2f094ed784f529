/* SPDX-License-Identifier: BSD-2-Clause */
/* Nothing is missing in the catalogue, and its texts are fit to be read. */
#include <limits.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "lib/unit.h"
#include "text/text.h"

#define SENTENCE_MAX 400

/* Words that have no place in a text for users; no driver "resumes" a queue. */
static const char *const forbidden[] = {
	"resumed", "TODO", "FIXME", "XXX", "utilize", "simply", "please", "  "};

static void check_text(const char *text)
{
	size_t length = 0;

	assert_non_null(text);
	assert_true(strlen(text) > 3);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		assert_null(strstr(text, forbidden[i]));
	for (const char *at = text; *at; at++) {
		assert_in_range(*at, ' ', '~');
		length = *at == '.' && at[1] == ' ' ? 0 : length + 1;
		assert_in_range(length, 0, SENTENCE_MAX);
	}
	assert_int_not_equal(text[strlen(text) - 1], ' ');
}

static void check_sentences(const char *text)
{
	check_text(text);
	assert_true(text[0] >= 'A' && text[0] <= 'Z');
	assert_int_equal(text[strlen(text) - 1], '.');
}

/* For the middle of a sentence, or a list. */
static void check_phrase(const char *text)
{
	check_text(text);
	assert_int_not_equal(text[strlen(text) - 1], '.');
}

static void check_culprits(const struct catalogue_entry *entry)
{
	unsigned int seen = 0;
	bool ended = false;

	for (size_t i = 0; i < CATALOGUE_CULPRITS; i++) {
		enum culprit culprit = entry->culprits[i];

		ended = ended || culprit == CULPRIT_NONE;
		assert_int_equal(ended, culprit == CULPRIT_NONE);
		assert_true(ended || *culprit_name(culprit));
		assert_false(!ended && seen & 1U << culprit);
		seen |= 1U << culprit;
	}
}

static void check_causes(const struct catalogue_entry *entry)
{
	const struct catalogue_cause *causes[64], *few[2];
	size_t count = catalogue_causes(entry, NULL, causes, 64);

	assert_in_range(count, 0, 63);
	for (size_t i = 0; i < count; i++) {
		check_phrase(causes[i]->text);
		if (causes[i]->look)
			check_phrase(causes[i]->look);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(causes[i]->text, causes[j]->text);
	}
	assert_int_equal(catalogue_causes(entry, NULL, few, 2), count < 2 ? count : 2);
	assert_int_equal(catalogue_causes(entry, NULL, NULL, 0), 0);
}

TEST(every_entry_has_its_texts)
{
	const struct catalogue_entry *entry;
	size_t i;

	for (i = 0; (entry = catalogue_get(i)); i++) {
		check_text(entry->name);
		check_sentences(entry->what);
		check_causes(entry);
		check_culprits(entry);
		/* A note needs no more, and most complaints are about another entry's subject. */
		if (entry->kind == CATALOGUE_MESSAGE)
			continue;
		check_phrase(entry->look);
		check_sentences(entry->next);
		assert_int_equal(strncmp(entry->section, "IHI 0070 ", 9), 0);
		assert_int_not_equal(entry->culprits[0], CULPRIT_NONE);
		assert_int_not_equal(
			catalogue_causes(entry, NULL, &(const struct catalogue_cause *){NULL}, 1),
			0);
		if (entry->kind == CATALOGUE_EVENT) {
			check_sentences(entry->trust);
			check_sentences(entry->guest);
		}
	}
	assert_in_range(i, 37, CATALOGUE_MAX);
	assert_null(catalogue_get(i + 1));
	assert_null(catalogue_get(SIZE_MAX));
}

/* A name, alias or number leads to one entry. */
TEST(no_name_is_there_twice)
{
	const struct catalogue_entry *one, *other;

	for (size_t i = 0; (one = catalogue_get(i)); i++) {
		for (size_t j = 0; (other = catalogue_get(j)); j++) {
			if (i == j || one->kind != other->kind)
				continue;
			assert_true(one->number < 0 || one->number != other->number);
			assert_string_not_equal(one->name, other->name);
			for (size_t k = 0; one->aliases && one->aliases[k]; k++) {
				assert_string_not_equal(one->aliases[k], other->name);
				for (size_t l = 0; other->aliases && other->aliases[l]; l++)
					assert_string_not_equal(one->aliases[k], other->aliases[l]);
			}
		}
	}
}

TEST(every_number_of_an_event)
{
	const struct catalogue_entry *reserved = catalogue_event(0x77);

	for (unsigned int id = 0; id < 256; id++) {
		const struct catalogue_entry *entry = catalogue_event((uint8_t)id);

		assert_non_null(entry);
		assert_int_equal(entry->kind, CATALOGUE_EVENT);
		if (id >= VSMMU_EVENT_IMPDEF_FIRST && id <= VSMMU_EVENT_IMPDEF_LAST)
			assert_string_equal(entry->name, "IMPDEF");
		else if (id == 0)
			assert_string_equal(entry->name, "EMPTY");
		else if (!strcmp(vsmmu_event_name((uint8_t)id), "UNKNOWN"))
			assert_ptr_equal(entry, reserved);
		else
			assert_string_equal(entry->name, vsmmu_event_name((uint8_t)id));
	}
	assert_string_equal(reserved->name, "RESERVED");
}

/* Bits 0 and 2 to 10, and codes 0 to 3: IHI 0070 6.3.19 and 7.1. */
TEST(every_bit_and_code)
{
	static const char *const bits[] = {"CMDQ_ERR", NULL, "EVENTQ_ABT_ERR", "PRIQ_ABT_ERR",
		"MSI_CMDQ_ABT_ERR", "MSI_EVENTQ_ABT_ERR", "MSI_PRIQ_ABT_ERR", "MSI_GERROR_ABT_ERR",
		"SFM_ERR", "CMDQP_ERR", "DPT_ERR"};
	static const char *const codes[] = {
		"CERROR_NONE", "CERROR_ILL", "CERROR_ABT", "CERROR_ATC_INV_SYNC"};

	for (unsigned int bit = 0; bit < 64; bit++) {
		const struct catalogue_entry *entry = catalogue_gerror(bit);

		if (bit >= sizeof(bits) / sizeof(bits[0]) || !bits[bit])
			assert_null(entry);
		else
			assert_string_equal(entry->name, bits[bit]);
	}
	for (unsigned int code = 0; code < 256; code++) {
		const struct catalogue_entry *entry = catalogue_command_error(code);

		if (code >= sizeof(codes) / sizeof(codes[0]))
			assert_null(entry);
		else
			assert_string_equal(entry->name, codes[code]);
	}
	assert_null(catalogue_gerror(UINT_MAX));
	assert_null(catalogue_command_error(UINT_MAX));
}

TEST(entry_of_a_fault)
{
	const struct vsmmu_event event = {.size = sizeof(event), .id = 0x10};
	const struct vsmmu_event zero = {.size = sizeof(zero)};
	const struct vsmmu_event other_bits = {.size = sizeof(zero), .reserved = {0, 0, 1, 0}};
	struct fault fault = {.event = &event, .known = UINT64_MAX};

	assert_string_equal(catalogue_of_fault(&fault)->name, "F_TRANSLATION");
	fault.known = 0;
	assert_string_equal(catalogue_of_fault(&fault)->name, "UNKNOWN");
	fault.known = VSMMU_EVENT_KNOWN(SID);
	assert_string_equal(catalogue_of_fault(&fault)->name, "UNKNOWN");
	/* The line that has this comes with four faults of translation. */
	fault.known = VSMMU_EVENT_KNOWN(RNW) | VSMMU_EVENT_KNOWN(STALL);
	assert_string_equal(catalogue_of_fault(&fault)->name, "event-detail");

	fault = (struct fault){.event = &zero, .known = UINT64_MAX};
	assert_string_equal(catalogue_of_fault(&fault)->name, "EMPTY");
	fault.event = &other_bits;
	assert_string_equal(catalogue_of_fault(&fault)->name, "RESERVED");
}

/* It says of the events that a Linux host forwards, and of no others, that a guest sees them. */
TEST(guests_see_what_is_forwarded)
{
	for (unsigned int id = 0; id < 256; id++) {
		struct vsmmu_event_record record = {{id}};
		bool forwarded = vsmmu_event_filter(&record, 20) != VSMMU_EVENT_REFUSAL_ID;
		const char *guest = catalogue_event((uint8_t)id)->guest;

		assert_int_equal(
			!strncmp(guest, "A guest with a virtual SMMU is told", 35), forwarded);
	}
}

/* Linux has a name for those that it prints one for; the others are all told of. */
TEST(events_without_a_name_in_linux)
{
	static const char *const numbers[] = {
		"0x01", "0x05", "0x07", "0x0b", "0x20", "0x21", "0x24", "0xe0"};
	struct fault fault = {.event = &(struct vsmmu_event){.size = sizeof(struct vsmmu_event)}};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_non_null(strstr(catalogue_of_fault(&fault)->what, numbers[i]));
	assert_null(strstr(catalogue_of_fault(&fault)->what, "0x10"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(every_entry_has_its_texts),
		UNIT_TEST_PLAIN(no_name_is_there_twice),
		UNIT_TEST_PLAIN(every_number_of_an_event),
		UNIT_TEST_PLAIN(every_bit_and_code),
		UNIT_TEST_PLAIN(entry_of_a_fault),
		UNIT_TEST_PLAIN(guests_see_what_is_forwarded),
		UNIT_TEST_PLAIN(events_without_a_name_in_linux),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
