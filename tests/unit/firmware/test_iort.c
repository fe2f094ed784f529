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
	assert_true(iort.checksum);
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
		uint32_t its = 9;

		table_virt(&table, canwbs ? 7 : 3);
		parse();
		assert_int_equal(iort.revision, 3);
		assert_string_equal(iort.oem, "VSMMU");
		assert_int_equal(iort.count, 3);
		assert_int_equal(iort.nodes[1].type, IORT_SMMU_V3);
		assert_int_equal(iort.nodes[1].smmu_v3.base, 0x09050000);
		assert_true(iort.nodes[1].smmu_v3.cohacc);
		assert_int_equal(iort.nodes[1].smmu_v3.event_gsiv, 74);
		assert_false(iort.nodes[1].smmu_v3.has_msi);
		assert_true(iort.nodes[2].root.access.coherent);
		assert_true(iort.nodes[2].root.access.cpm);
		assert_true(iort.nodes[2].root.access.dacs);
		assert_int_equal(iort.nodes[2].root.access.canwbs, canwbs);
		assert_int_equal(iort.nodes[2].root.address_bits, 64);
		assert_false(iort.nodes[2].root.ats);
		assert_false(iort.nodes[2].root.has_pasid);

		assert_int_equal(iort_stream(&iort, 0, 0x08, &stream), 0);
		assert_ptr_equal(stream.smmu, &iort.nodes[1]);
		assert_int_equal(stream.sid, 8);
		assert_ptr_equal(stream.its, &iort.nodes[0]);
		assert_int_equal(stream.device_id, 8);
		assert_true(iort_its(&iort, stream.its, 0, &its));
		assert_int_equal(its, 0);
		assert_false(iort_its(&iort, stream.its, 1, &its));
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
	assert_ptr_equal(stream.its, &iort.nodes[0]);
	assert_int_equal(stream.device_id, 0x100);
	assert_int_equal(iort_stream(&iort, 1, 8, &stream), -ENOENT);
	assert_null(stream.its);
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
	assert_int_equal(stream.device_id, 0x120600);
	assert_true(iort_root(&iort, 0)->root.ats);
	assert_false(iort_root(&iort, 0)->root.pri);
	assert_true(iort_root(&iort, 1)->root.pri);
	assert_true(iort_root(&iort, 1)->root.pasid_forwarding);
	assert_true(iort_root(&iort, 1)->root.access.canwbs);
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
	uint32_t smmu;

	table_begin(&table, 0);
	smmu = table_smmu_v3(&table, 0x10000, 0);
	table_root(&table, 2, 0, 0);
	table_map(&table, 0, 0, 0x40, smmu, 1);
	table_named(&table, "\\_SB.SAT0");
	table_put(&table, 16, 1 | 20 << 1, 4);
	table_map(&table, 0, 0, 0x41, smmu, 1);
	table_map(&table, 0, 0, 0x40, smmu, 1);
	parse();
	/* Single: whatever the requester ID is. */
	assert_int_equal(iort_stream(&iort, 2, 0xbeef, &stream), 0);
	assert_int_equal(stream.sid, 0x40);
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 0x40, users, 2), 2);
	assert_true(users[0].any);
	assert_string_equal(users[1].node->named.name, "\\_SB.SAT0");
	assert_true(users[1].node->named.stall);
	assert_int_equal(users[1].node->named.pasid_bits, 20);
	assert_int_equal(iort_users(&iort, iort_at(&iort, smmu), 0x40, NULL, 0), 2);
	assert_int_equal(iort_named_stream(&iort, users[1].node, 0, &stream), 0);
	assert_int_equal(stream.sid, 0x41);
	assert_int_equal(iort_named_stream(&iort, users[1].node, 2, &stream), -ENOENT);
}

/* The mapping of an SMMU's own MSIs is none of its devices'. */
TEST(own_interrupts_of_an_smmu)
{
	static const struct {
		uint8_t revision;
		uint32_t wires, flags;
		bool own;
	} cases[] = {
		{0, 0, 0, false},
		{1, 0, 0, true},
		{4, 0, 0, true},
		{4, 4, 0, false},
		{5, 4, 0x10, true},
		{5, 0, 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iort_stream stream;
		uint32_t its, smmu;

		table_begin(&table, 5);
		its = table_its(&table, 0);
		smmu = table_smmu_v3(&table, 0x10000, cases[i].flags);
		table_put(&table, 3, cases[i].revision, 1);
		for (unsigned int wire = cases[i].wires; wire < 4; wire++)
			table_put(&table, 44 + 4 * wire, 0, 4);
		table_map(&table, 0, 0xffff, 0x9000, its, 0);
		table_map(&table, 0, 0xffff, 0, its, 0);
		table_root(&table, 0, 0, 0);
		table_map(&table, 0, 0xffff, 0, smmu, 0);
		parse();
		assert_int_equal(iort_at(&iort, smmu)->smmu_v3.has_msi, cases[i].own);
		assert_int_equal(iort_stream(&iort, 0, 8, &stream), 0);
		assert_int_equal(stream.device_id, cases[i].own ? 8 : 0x9008);
		iort_free(&iort);
	}
}

TEST(reserved_memory)
{
	uint64_t base, length;
	uint32_t smmu, other, rmr;

	table_begin(&table, 5);
	smmu = table_smmu_v3(&table, 0x10000, 0);
	other = table_smmu_v3(&table, 0x20000, 0);
	rmr = table_node(&table, 6, 3, 28 + 2 * 20);
	table_put(&table, 16, 1 | 2 | 5 << 2, 4);
	table_put(&table, 20, 2, 4);
	table_put(&table, 24, 28, 4);
	table_put(&table, 28, 0x80000000, 8);
	table_put(&table, 36, 0x10000, 8);
	table_put(&table, 48, 0x90000000, 8);
	table_put(&table, 56, 0x20000, 8);
	table_map(&table, 0, 3, 0x100, smmu, 0);
	table_map(&table, 0, 99, 0x200, smmu, 1);
	parse();
	const struct iort_node *node = iort_at(&iort, rmr);

	assert_true(node->rmr.remap_permitted);
	assert_true(node->rmr.privileged);
	assert_int_equal(node->rmr.attributes, 5);
	assert_true(iort_rmr_range(&iort, node, 1, &base, &length));
	assert_int_equal(base, 0x90000000);
	assert_int_equal(length, 0x20000);
	assert_false(iort_rmr_range(&iort, node, 2, &base, &length));
	assert_true(iort_rmr_is_for(&iort, node, iort_at(&iort, smmu), 0x103));
	assert_false(iort_rmr_is_for(&iort, node, iort_at(&iort, smmu), 0x104));
	assert_true(iort_rmr_is_for(&iort, node, iort_at(&iort, smmu), 0x200));
	assert_false(iort_rmr_is_for(&iort, node, iort_at(&iort, smmu), 0x201));
	assert_false(iort_rmr_is_for(&iort, node, iort_at(&iort, other), 0x103));
	assert_false(iort_rmr_is_for(&iort, iort_at(&iort, smmu), iort_at(&iort, smmu), 0x103));
}

TEST(revisions_of_the_root_complex)
{
	uint32_t smmu;

	table_begin(&table, 6);
	smmu = table_smmu_v3(&table, 0x10000, 0);
	/* The first one ends with the segment. */
	table_node(&table, 2, 0, 32);
	table_map(&table, 0, 0xffff, 0, smmu, 0);
	table_node(&table, 2, 4, 40);
	table_put(&table, 28, 1, 4);
	table_put(&table, 32, 48, 1);
	table_put(&table, 33, 20, 2);
	table_put(&table, 36, 1, 4);
	table_map(&table, 0, 0xffff, 0, smmu, 0);
	parse();
	assert_int_equal(iort_root(&iort, 0)->root.address_bits, 0);
	assert_false(iort_root(&iort, 0)->root.has_pasid);
	assert_int_equal(iort_root(&iort, 1)->root.address_bits, 48);
	assert_true(iort_root(&iort, 1)->root.has_pasid);
	assert_true(iort_root(&iort, 1)->root.pasid);
	assert_int_equal(iort_root(&iort, 1)->root.pasid_bits, 20);
}

TEST(numbers_of_platform_devices)
{
	uint32_t its, first, pmcg, second, old;

	table_begin(&table, 3);
	its = table_its(&table, 0);
	first = table_smmu_v3(&table, 0x10000, 8);
	table_put(&table, 60, 2, 4);
	pmcg = table_node(&table, 5, 1, 40);
	table_put(&table, 16, 0x12000, 8);
	table_put(&table, 28, first, 4);
	table_node(&table, 99, 0, 16);
	old = table_node(&table, 3, 0, 76);
	table_put(&table, 16, 0x5000, 8);
	table_put(&table, 32, 3, 4);
	table_put(&table, 36, 2, 4);
	second = table_smmu_v3(&table, 0x20000, 0);
	parse();
	assert_int_equal(iort.unknown, 1);
	assert_true(iort_at(&iort, first)->smmu_v3.has_pxm);
	assert_int_equal(iort_at(&iort, first)->smmu_v3.pxm, 2);
	assert_ptr_equal(
		iort_at(&iort, iort_at(&iort, pmcg)->pmcg.reference), iort_at(&iort, first));
	assert_true(iort_at(&iort, old)->smmu.coherent_walk);
	assert_int_equal(iort_at(&iort, old)->smmu.model, 3);
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
		IORT_TEST(own_interrupts_of_an_smmu),
		IORT_TEST(reserved_memory),
		IORT_TEST(revisions_of_the_root_complex),
		IORT_TEST(numbers_of_platform_devices),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
