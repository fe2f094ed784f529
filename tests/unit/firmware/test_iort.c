/* SPDX-License-Identifier: BSD-2-Clause */
/* The IORT as firmware means it. */
#include <errno.h>

#include "firmware/iort.h"
#include "iort_table.h"
#include "lib/unit.h"

static struct iort_table table;
static struct iort iort;

static void parse(void)
{
	const char *why = "";

	table_end(&table);
	assert_int_equal(iort_parse(table.bytes, table.length, &iort, &why), 0);
	assert_null(why);
}

static int free_iort(void **unused)
{
	(void)unused;
	iort_free(&iort);
	return 0;
}

TEST(machine_of_the_rig)
{
	for (unsigned int canwbs = 0; canwbs < 2; canwbs++) {
		struct iort_stream stream;

		table_virt(&table, canwbs ? 7 : 3);
		parse();
		assert_int_equal(iort.count, 3);
		assert_int_equal(iort.nodes[0].type, IORT_ITS_GROUP);
		assert_int_equal(iort.nodes[1].type, IORT_SMMU_V3);
		assert_int_equal(iort.nodes[1].smmu_v3.base, 0x09050000);
		assert_true(iort.nodes[1].smmu_v3.cohacc);
		assert_int_equal(iort.nodes[2].root.canwbs, canwbs);
		assert_false(iort.nodes[2].root.ats);

		assert_int_equal(iort_stream(&iort, 0, 0x08, &stream), 0);
		assert_ptr_equal(stream.smmu, &iort.nodes[1]);
		assert_int_equal(stream.sid, 8);
		iort_free(&iort);
	}
}

/* The last id of a range counts, and the one behind it has another way. */
TEST(ends_of_a_range)
{
	struct iort_stream stream;

	table_virt(&table, 3);
	parse();
	assert_int_equal(iort_stream(&iort, 0, 0xff, &stream), 0);
	assert_int_equal(stream.sid, 0xff);
	assert_int_equal(iort_stream(&iort, 0, 0x100, &stream), -ENODEV);
	assert_null(stream.smmu);
	assert_int_equal(iort_stream(&iort, 1, 8, &stream), -ENOENT);
}

/* Firmware that takes "ids less one" for the number of ids: the next range wins. */
TEST(ranges_too_long_by_one)
{
	struct iort_stream stream;
	struct iort_user users[4];
	uint32_t first, second;

	table_begin(&table, 0);
	first = table_smmu_v3(&table, 0x10000, 0);
	second = table_smmu_v3(&table, 0x20000, 0);
	table_root(&table, 0, 0, 0);
	table_map(&table, 0, 0x100, 0, first, 0);
	table_map(&table, 0x100, 0x100, 0x5000, second, 0);
	parse();
	assert_int_equal(iort_stream(&iort, 0, 0x100, &stream), 0);
	assert_ptr_equal(stream.smmu, iort_at(&iort, second));
	assert_int_equal(stream.sid, 0x5000);
	/* No next range: then it is in. */
	assert_int_equal(iort_stream(&iort, 0, 0x200, &stream), 0);
	assert_int_equal(stream.sid, 0x5100);
	assert_int_equal(iort_stream(&iort, 0, 0x201, &stream), -ENODEV);
	/* The way back is the same. */
	assert_int_equal(iort_users(&iort, iort_at(&iort, first), 0x100, users, 4), 0);
	assert_int_equal(iort_users(&iort, iort_at(&iort, second), 0x5000, users, 4), 1);
	assert_int_equal(users[0].rid, 0x100);
}

/* A range that has the last id of another in its middle is just wrong, and the first one counts. */
TEST(ranges_that_overlap)
{
	struct iort_stream stream;
	uint32_t smmu;

	table_begin(&table, 0);
	smmu = table_smmu_v3(&table, 0x10000, 0);
	table_root(&table, 0, 0, 0);
	table_map(&table, 0, 0xff, 0, smmu, 0);
	table_map(&table, 0x80, 0xff, 0x5000, smmu, 0);
	parse();
	assert_int_equal(iort_stream(&iort, 0, 0xff, &stream), 0);
	assert_int_equal(stream.sid, 0xff);
	assert_int_equal(iort_stream(&iort, 0, 0x100, &stream), 0);
	assert_int_equal(stream.sid, 0x5080);
}

/* Two segments behind one SMMU: the case of StreamIDs above 16 bits. */
TEST(segments_of_one_smmu)
{
	struct iort_stream stream;
	struct iort_user users[4];
	uint32_t its, smmu;

	table_begin(&table, 5);
	its = table_its(&table, 3);
	smmu = table_smmu_v3(&table, 0x2b400000, 1);
	table_map(&table, 0, 0xfffff, 0x100000, its, 0);
	table_root(&table, 0, 0, 1);
	table_map(&table, 0, 0xffff, 0x10000, smmu, 0);
	table_root(&table, 1, 4, 7);
	table_map(&table, 0, 0xffff, 0x20000, smmu, 0);
	parse();
	assert_int_equal(iort_stream(&iort, 1, 0x600, &stream), 0);
	assert_int_equal(stream.sid, 0x20600);
	assert_true(iort_root(&iort, 0)->root.ats);
	assert_false(iort_root(&iort, 0)->root.canwbs);
	assert_true(iort_root(&iort, 1)->root.canwbs);
	assert_null(iort_root(&iort, 2));
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 0x20600, users, 4), 1);
	assert_int_equal(users[0].node->root.segment, 1);
	assert_int_equal(users[0].rid, 0x600);
	assert_false(users[0].any);
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 0x30600, users, 4), 0);
}

TEST(shared_streams)
{
	struct iort_stream stream;
	struct iort_user users[2];
	uint32_t smmu = table_shared(&table);

	parse();
	/* Single: whatever the requester ID is. */
	assert_int_equal(iort_stream(&iort, 2, 0xbeef, &stream), 0);
	assert_int_equal(stream.sid, 0x40);
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 0x40, users, 2), 2);
	assert_true(users[0].any);
	assert_string_equal(users[1].node->named.name, "\\_SB.SAT0");
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 0x40, NULL, 0), 2);
}

TEST(numbers_of_platform_devices)
{
	uint32_t its, first, pmcg, second, old;

	table_begin(&table, 3);
	its = table_its(&table, 0);
	first = table_smmu_v3(&table, 0x10000, 8);
	pmcg = table_node(&table, 5, 1, 40);
	table_node(&table, 99, 0, 16);
	old = table_node(&table, 3, 0, 76);
	second = table_smmu_v3(&table, 0x20000, 0);
	parse();
	assert_false(iort_at(&iort, first)->smmu_v3.cohacc);
	assert_int_equal(iort_platform_number(&iort, iort_at(&iort, first)), 0);
	assert_int_equal(iort_platform_number(&iort, iort_at(&iort, pmcg)), 1);
	assert_int_equal(iort_platform_number(&iort, iort_at(&iort, old)), 2);
	assert_int_equal(iort_platform_number(&iort, iort_at(&iort, second)), 3);
	assert_int_equal(iort_platform_number(&iort, iort_at(&iort, its)), -1);
}

#define IORT_TEST(fn) cmocka_unit_test_teardown(fn, free_iort)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IORT_TEST(machine_of_the_rig),
		IORT_TEST(ends_of_a_range),
		IORT_TEST(ranges_too_long_by_one),
		IORT_TEST(ranges_that_overlap),
		IORT_TEST(segments_of_one_smmu),
		IORT_TEST(shared_streams),
		IORT_TEST(numbers_of_platform_devices),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
