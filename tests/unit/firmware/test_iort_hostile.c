/* SPDX-License-Identifier: BSD-2-Clause */
/* IORTs that lie: of their own length, of their nodes', and of what is where. */
#include <errno.h>
#include <stdlib.h>

#include "firmware/iort.h"
#include "iort_table.h"
#include "lib/unit.h"

static struct iort_table table;
static struct iort iort;
static const char *why;

static int free_iort(void **unused)
{
	(void)unused;
	iort_free(&iort);
	return 0;
}

/* From memory of just that size, so that the sanitizer sees a byte too many. */
static int parse(size_t length)
{
	void *copy = malloc(length ? length : 1);
	int ret;

	memcpy(copy, table.bytes, length);
	iort_free(&iort);
	why = NULL;
	ret = iort_parse(copy, length, &iort, &why);
	free(copy);
	return ret;
}

static void damaged(const char *text)
{
	assert_int_equal(parse(table.length), 0);
	assert_non_null(why);
	assert_string_equal(why, text);
}

/* Asks for everything that can be asked. What a table has leads there and back. */
static void use(void)
{
	for (unsigned int i = 0; i < iort.count; i++) {
		const struct iort_node *node = &iort.nodes[i];
		struct iort_mapping mapping;
		struct iort_stream stream;
		struct iort_user users[256];

		assert_ptr_equal(iort_at(&iort, node->offset), node);
		for (unsigned int j = 0; iort_mapping(&iort, node, j, &mapping); j++)
			continue;
		iort_platform_number(&iort, node);
		if (node->type != IORT_ROOT_COMPLEX)
			continue;
		for (uint32_t rid = 0; rid <= 0xffff; rid += 0xff) {
			unsigned int count, found = 0;

			if (iort_stream(&iort, node->root.segment, (uint16_t)rid, &stream))
				continue;
			count = iort_users(&iort, stream.smmu, stream.sid, users, 256);
			for (unsigned int j = 0; j < count; j++)
				found += users[j].any || users[j].rid == rid;
			assert_true(found);
		}
	}
}

TEST(no_table)
{
	table_virt(&table, 3);
	for (size_t length = 0; length < 48; length++) {
		assert_int_equal(parse(length), -EINVAL);
		assert_string_equal(why, "this is no IORT");
		assert_int_equal(iort.count, 0);
	}
	table.bytes[3] = 'R';
	assert_int_equal(parse(table.length), -EINVAL);
	table_virt(&table, 3);
	table_set(&table, 4, 47, 4);
	assert_int_equal(parse(table.length), -EINVAL);
	assert_string_equal(why, "the length in the table's header is too small");
}

TEST(wrong_lengths)
{
	table_virt(&table, 3);
	table_set(&table, 4, UINT32_MAX, 4);
	table_checksum(&table);
	damaged("the table is cut off");
	assert_int_equal(iort.count, 3);
	use();
	/* What is behind the end is not of the table. */
	table_virt(&table, 3);
	table_set(&table, 4, 0x48, 4);
	damaged("a node is outside the table");
	assert_int_equal(iort.count, 1);
}

TEST(checksum)
{
	table_virt(&table, 3);
	table.bytes[9]++;
	damaged("the checksum is wrong");
	assert_int_equal(iort.count, 3);
}

TEST(wrong_places_of_nodes)
{
	static const struct {
		uint32_t offset, value;
		unsigned int size;
		const char *why;
	} cases[] = {
		{36, UINT32_MAX, 4, "a node is outside the table"},
		{40, 0, 4, "a node is outside the table"},
		{40, 47, 4, "a node is outside the table"},
		{40, 0xffffffff, 4, "a node is outside the table"},
		{40, 0xfffffff0, 4, "a node is outside the table"},
		{49, 0, 2, "a node is shorter than its own header"},
		{49, 15, 2, "a node is shorter than its own header"},
		{49, 0xffff, 2, "a node is longer than the table"},
		{49, 16, 2, "a node is too short for its type"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		table_virt(&table, 3);
		table_set(&table, cases[i].offset, cases[i].value, cases[i].size);
		table_checksum(&table);
		damaged(cases[i].why);
		use();
	}
}

TEST(arrays_that_are_not_there)
{
	static const uint32_t counts[] = {2, 1025, 0x0ccccccd, UINT32_MAX};
	static const uint32_t offsets[] = {0, 15, 40, 60, 0xffff, 0xffffffec, UINT32_MAX};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		for (size_t j = 0; j < sizeof(offsets) / sizeof(offsets[0]); j++) {
			table_begin(&table, 5);
			table_its(&table, 0);
			table_put(&table, 8, counts[i], 4);
			table_put(&table, 12, offsets[j], 4);
			table_node(&table, 6, 3, 48);
			table_put(&table, 8, counts[i], 4);
			table_put(&table, 12, offsets[j], 4);
			table_root(&table, 0, 0, 0);
			table_put(&table, 8, counts[i], 4);
			table_put(&table, 12, offsets[j], 4);
			table_end(&table);
			damaged("a node has an array that is longer than the node");
			assert_int_equal(iort.count, 3);
			assert_int_equal(iort.nodes[0].mapping_count, 0);
			assert_int_equal(iort.nodes[2].mapping_count, 0);
			use();
		}
	}
}

TEST(more_than_any_machine_has)
{
	struct iort_stream stream;
	struct iort_user users[8];
	uint32_t smmu;

	table_begin(&table, 5);
	smmu = table_smmu_v3(&table, 0x1000, 0);
	table_root(&table, 0, 0, 0);
	for (uint32_t i = 0; i < 1500; i++)
		table_map(&table, i, 0, 7, smmu, 0);
	table_end(&table);
	damaged("a node has an array of more than 1024 elements");
	assert_int_equal(iort_stream(&iort, 0, 1023, &stream), 0);
	assert_int_equal(iort_stream(&iort, 0, 1024, &stream), -ENODEV);
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 7, users, 8), 256);

	table_begin(&table, 5);
	for (uint32_t i = 0; i < 4090; i++)
		table_node(&table, 99, 0, 16);
	table_end(&table);
	table_set(&table, 36, UINT32_MAX, 4);
	table_checksum(&table);
	damaged("a node is outside the table");
	assert_int_equal(iort.count, 4090);
}

/* To itself, to the middle of a node, in a circle, to nothing. */
TEST(references_to_nowhere)
{
	static const uint32_t targets[] = {0, 47, 49, 0xffffffff};
	struct iort_stream stream;

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		table_begin(&table, 5);
		table_root(&table, 0, 0, 0);
		table_map(&table, 0, 0xffff, 0, targets[i], 0);
		table_end(&table);
		assert_int_equal(parse(table.length), 0);
		assert_int_equal(iort_stream(&iort, 0, 8, &stream), -ENODEV);
		use();
	}
	/* Two SMMUs, each behind the other, and a root complex behind itself. */
	table_begin(&table, 5);
	table_smmu_v3(&table, 0x1000, 0);
	table_map(&table, 0, 0xffff, 0, 48 + 88, 0);
	table_smmu_v3(&table, 0x2000, 0);
	table_map(&table, 0, 0xffff, 0, 48, 0);
	table_root(&table, 0, 0, 0);
	table_map(&table, 0, 0xff, 0, 48, 0);
	table_map(&table, 0x100, 0xff, 0, table.node, 0);
	table_end(&table);
	assert_int_equal(parse(table.length), 0);
	assert_int_equal(iort_stream(&iort, 0, 8, &stream), 0);
	assert_int_equal(stream.smmu->smmu_v3.base, 0x1000);
	assert_int_equal(iort_stream(&iort, 0, 0x108, &stream), -ENODEV);
	use();
}

/* Numbers that wrap are no ids, and no range begins in the middle of another. */
TEST(ranges_that_wrap)
{
	static const uint32_t numbers[] = {0, 1, 0xfff0, 0xffff, 0x10000, 0xfffffff0, UINT32_MAX};
	const size_t count = sizeof(numbers) / sizeof(numbers[0]);

	for (size_t i = 0; i < count * count * count; i++) {
		uint32_t smmu;

		table_begin(&table, 5);
		smmu = table_smmu_v3(&table, 0x1000, 0);
		table_root(&table, 0, 0, 0);
		table_map(&table, numbers[i % count], numbers[i / count % count],
			numbers[i / count / count], smmu, 0);
		table_map(&table, 0x10, 0xffff, 0, smmu, 0);
		table_end(&table);
		assert_int_equal(parse(table.length), 0);
		use();
	}
}

TEST(same_segment_twice)
{
	struct iort_user users[4];
	struct iort_stream stream;
	uint32_t smmu;

	table_begin(&table, 5);
	smmu = table_smmu_v3(&table, 0x1000, 0);
	for (unsigned int i = 0; i < 2; i++) {
		table_root(&table, 0, 0, 0);
		table_map(&table, 0, 0xffff, 0x10000 * i, smmu, 0);
	}
	table_end(&table);
	assert_int_equal(parse(table.length), 0);
	assert_int_equal(iort_stream(&iort, 0, 8, &stream), 0);
	assert_int_equal(stream.sid, 8);
	assert_int_equal(iort_users(&iort, stream.smmu, 8, users, 4), 1);
	assert_int_equal(iort_users(&iort, stream.smmu, 0x10008, users, 4), 0);
}

/* All functions, and then some that are never reached. */
TEST(single_mappings)
{
	struct iort_user users[4];
	uint32_t smmu;

	table_begin(&table, 5);
	smmu = table_smmu_v3(&table, 0x1000, 0);
	table_root(&table, 0, 0, 0);
	table_map(&table, 0, 0xf, 0x100, smmu, 0);
	table_map(&table, 0, 0xffff, 0x40, smmu, 1);
	table_map(&table, 0, 0, 0x41, smmu, 1);
	table_map(&table, 0x20, 0xf, 0x200, smmu, 0);
	table_end(&table);
	assert_int_equal(parse(table.length), 0);
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 0x40, users, 4), 1);
	assert_true(users[0].any);
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 0x41, users, 4), 0);
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 0x208, users, 4), 0);
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 0x108, users, 4), 1);
	assert_int_equal(users[0].rid, 8);
	/* Its last id is another's: then the one of all functions has it. */
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 0x10f, users, 4), 0);
	use();
}

TEST(names_that_do_not_end)
{
	table_begin(&table, 5);
	table_named(&table, "\\_SB.USB\x80\n");
	memset(table.bytes + table.node + 39, 'x', 301);
	table_put(&table, 1, 340, 2);
	table.length = table.node + 340;
	table_end(&table);
	assert_int_equal(parse(table.length), 0);
	assert_int_equal(strlen(iort.nodes[0].named.name), 127);
	assert_memory_equal(iort.nodes[0].named.name, "\\_SB.USB??", 10);
}

/* Each byte of a table, as it should not be. */
TEST(any_byte)
{
	static const uint8_t values[] = {0, 1, 0x10, 0x7f, 0x80, 0xff};

	for (size_t i = 0; i < sizeof(values); i++) {
		table_virt(&table, 3);
		for (uint32_t at = 4; at < table.length; at++) {
			uint8_t was = table.bytes[at];

			table.bytes[at] = values[i];
			if (!parse(table.length))
				use();
			table.bytes[at] = was;
		}
	}
	for (size_t length = 48; length < table.length; length++) {
		assert_int_equal(parse(length), 0);
		assert_string_equal(why, "the table is cut off");
		use();
	}
}

#define IORT_TEST(fn) cmocka_unit_test_teardown(fn, free_iort)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IORT_TEST(no_table),
		IORT_TEST(wrong_lengths),
		IORT_TEST(checksum),
		IORT_TEST(wrong_places_of_nodes),
		IORT_TEST(arrays_that_are_not_there),
		IORT_TEST(more_than_any_machine_has),
		IORT_TEST(references_to_nowhere),
		IORT_TEST(ranges_that_wrap),
		IORT_TEST(same_segment_twice),
		IORT_TEST(single_mappings),
		IORT_TEST(names_that_do_not_end),
		IORT_TEST(any_byte),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
