/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of distinct faults, against a plain count of each page. */
#include <string.h>

#include "decode/faults.h"
#include "lib/unit.h"

#define KEYS	3
#define PAGES	64
#define EVENTS	400U
#define ROUNDS	50
#define NO_PAGE 0x5000000000000000

static uint64_t prng_state = 1;

static uint32_t prng(uint32_t below)
{
	prng_state = prng_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(prng_state >> 33) % below;
}

static struct item event_of(uint32_t sid, uint64_t address)
{
	const struct position position = {.file = "log", .number = 1};
	const struct vsmmu_event_record record = {
		.word = {0x10 | (uint64_t)sid << 32, 0x20000000000, address, 0}};
	struct item item;

	item_init(&item, &position);
	item_set_record(&item, &record);
	return item;
}

static void add(struct fault_table *table, const struct item *item)
{
	bool no_memory = false;

	assert_non_null(faults_add(table, item, &no_memory));
	assert_false(no_memory);
}

/* A row of the table: pages that were hit, with none of its neighbours, and all their events. */
static void check_row(const struct fault_row *row, uint64_t counts[KEYS][PAGES + 2])
{
	uint64_t *pages = counts[row->key.sid], count = 0;
	uint64_t least = row->address_least >> 12, most = row->address_most >> 12;

	assert_in_range(least, 1, PAGES);
	assert_in_range(most, least, PAGES);
	assert_int_equal(row->pages, most - least + 1);
	assert_int_equal(pages[least - 1] | pages[most + 1], 0);
	for (uint64_t page = least; page <= most; page++) {
		assert_int_not_equal(pages[page], 0);
		count += pages[page];
		pages[page] = 0;
	}
	assert_int_equal(row->count, count);
}

TEST(random_pages)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint64_t counts[KEYS][PAGES + 2] = {{0}};
		struct fault_table table = {0};

		for (unsigned int i = 0; i < EVENTS >> round % 5U; i++) {
			uint32_t sid = prng(KEYS), page = 1 + prng(PAGES);
			struct item item = event_of(sid, page * UINT64_C(4096) + prng(4096));

			add(&table, &item);
			counts[sid][page]++;
		}
		faults_sort(&table, (enum fault_order)(round % 4));
		for (uint32_t i = 0; i < table.row_count; i++)
			check_row(&table.rows[i], counts);
		/* No event is in no row. */
		for (unsigned int i = 0; i < sizeof(counts) / sizeof(uint64_t); i++)
			assert_int_equal(counts[i / (PAGES + 2)][i % (PAGES + 2)], 0);
		faults_destroy(&table);
	}
}

TEST(an_address_that_is_not_known_is_no_page)
{
	struct item item = event_of(1, 0), none = item;
	struct fault_table table = {0};

	none.known &= ~(UINT64_C(1) << VSMMU_EVENT_FIELD_INPUT_ADDR);
	none.event.input_addr = NO_PAGE;
	add(&table, &item);
	add(&table, &none);
	add(&table, &none);
	assert_int_equal(table.row_count, 2);
	assert_int_equal(table.rows[0].pages, 1);
	assert_int_equal(table.rows[1].pages, 0);
	assert_int_equal(table.rows[1].count, 2);
	faults_destroy(&table);
}

TEST(repeats_are_those_of_a_page)
{
	struct item one = event_of(1, 0x1000), next = event_of(1, 0x2000);
	struct fault_table table = {0};

	add(&table, &one);
	assert_int_equal(table.rows[0].repeats, 0);
	add(&table, &one);
	add(&table, &one);
	assert_int_equal(table.rows[0].repeats, 2);
	add(&table, &next);
	assert_int_equal(table.rows[0].repeats, 0);
	assert_int_equal(table.rows[0].repeats_most, 2);
	faults_destroy(&table);
}

/* More pages than the table has room for: they are counted, and those before still found. */
TEST(pages_have_a_bound)
{
	struct fault_table table = {0};
	struct item item;
	bool no_memory = false;

	for (uint64_t page = 0; page < FAULTS_PAGES_MAX + 10; page++) {
		item = event_of(1, page << 12);
		faults_add(&table, &item, &no_memory);
	}
	assert_false(no_memory);
	assert_int_equal(table.unlisted, 10);
	assert_int_equal(table.row_count, 1);
	item = event_of(1, 0);
	add(&table, &item);
	assert_int_equal(table.rows[0].count, FAULTS_PAGES_MAX + 1);
	faults_destroy(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(random_pages),
		UNIT_TEST_PLAIN(an_address_that_is_not_known_is_no_page),
		UNIT_TEST_PLAIN(repeats_are_those_of_a_page),
		UNIT_TEST_PLAIN(pages_have_a_bound),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
