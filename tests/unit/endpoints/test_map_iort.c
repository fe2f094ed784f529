/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints by name, from an IORT: binary, or as text. */
#include "map_files.h"

#define CHECK_NOBODY(smmu, sid) assert_int_equal(endpoint_map_find(map, smmu, sid, names, 8), 0)

static char guess[32];

TEST(machine_of_the_rig)
{
	table_virt(&table, 3);
	add_table();
	CHECK_NAMES("arm-smmu-v3.0.auto", 0x8, "0000:00:01.0");
	CHECK_NAMES("", 0x8, "0000:00:01.0");
	CHECK_NAMES("/smmuv3@9050000", 0x8, "0000:00:01.0");
	CHECK_NAMES("9050000.iommu", 0x8, "0000:00:01.0");
	/* It has one SMMU: the number does not matter. */
	CHECK_NAMES("arm-smmu-v3.11.auto", 0x8, "0000:00:01.0");
	/* Bus 1 is not behind it. */
	CHECK_NOBODY("arm-smmu-v3.0.auto", 0x100);
	assert_false(endpoint_map_guess(
		map, "arm-smmu-v3.0.auto", 0x100, "", true, guess, sizeof(guess)));
	/* A table of another machine. */
	CHECK_NAMES("fc900000.iommu", 0x8, "?0000:00:01.0");
	CHECK_NOBODY("fc900000.iommu", 0x100);
	assert_true(
		endpoint_map_guess(map, "fc900000.iommu", 0x100, "", true, guess, sizeof(guess)));
	assert_string_equal(guess, "01:00.0");
}

/* K23: a StreamID of more than 16 bits; which segment it is only the table tells. */
TEST(segments_of_one_smmu)
{
	uint32_t smmu;

	table_begin(&table, 5);
	table_smmu_v3(&table, 0x10000, 0);
	table_smmu_v3(&table, 0x20000, 0);
	smmu = table_smmu_v3(&table, 0x30000, 0);
	for (uint32_t segment = 0; segment < 3; segment++) {
		table_root(&table, segment, 0, 0);
		table_map(&table, 0, 0xffff, 0x10000 * (segment + 1), smmu, 0);
	}
	add_table();
	CHECK_NAMES("arm-smmu-v3.2.auto", 0x20600, "0001:06:00.0");
	CHECK_NAMES("arm-smmu-v3.2.auto", 0x30600, "0002:06:00.0");
	CHECK_NOBODY("arm-smmu-v3.2.auto", 0x600);
}

/* Each segment has an SMMU of its own, and the same StreamIDs. Between them is a PMCG. */
static void add_two_smmus(void)
{
	uint32_t smmu[2];

	table_begin(&table, 5);
	smmu[0] = table_smmu_v3(&table, 0x10000, 0);
	table_node(&table, 5, 1, 40);
	smmu[1] = table_smmu_v3(&table, 0x20000, 0);
	for (uint32_t segment = 0; segment < 2; segment++) {
		table_root(&table, segment, 0, 0);
		table_map(&table, 0, segment ? 0xff : 0xffff, 0, smmu[segment], 0);
	}
	add_table();
}

TEST(order_of_the_smmus)
{
	add_two_smmus();
	/* A PMCG is numbered as well. Other tables may have shifted the numbers. */
	CHECK_NAMES("arm-smmu-v3.0.auto", 0x8, "?0000:00:01.0");
	CHECK_NAMES("arm-smmu-v3.1.auto", 0x8, "?0000:00:01.0", "?0001:00:01.0");
	CHECK_NAMES("arm-smmu-v3.2.auto", 0x8, "?0001:00:01.0");
	CHECK_NAMES("arm-smmu-v3.7.auto", 0x8, "?0000:00:01.0", "?0001:00:01.0");
	CHECK_NAMES("", 0x8, "?0000:00:01.0", "?0001:00:01.0");
	/* Only one has it. */
	CHECK_NAMES("arm-smmu-v3.7.auto", 0x108, "0000:01:01.0");
	/* An address is as good as can be. */
	CHECK_NAMES("/soc@0/smmu@10000", 0x8, "0000:00:01.0");
	CHECK_NAMES("smmu3.0x0000000000020000", 0x8, "0001:00:01.0");
}

/* Who has seen the names of both knows which is which. */
TEST(names_of_all_smmus)
{
	add_two_smmus();
	endpoint_map_add_name(map, "arm-smmu-v3.11.auto");
	CHECK_NAMES("arm-smmu-v3.11.auto", 0x8, "?0000:00:01.0", "?0001:00:01.0");
	endpoint_map_add_name(map, "arm-smmu-v3.13.auto");
	CHECK_NAMES("arm-smmu-v3.11.auto", 0x8, "0000:00:01.0");
	CHECK_NAMES("arm-smmu-v3.13.auto", 0x8, "0001:00:01.0");
	/* Another one: the table is not of this machine. */
	CHECK_NAMES("arm-smmu-v3.15.auto", 0x8, "?0000:00:01.0", "?0001:00:01.0");
	CHECK_NAMES("arm-smmu-v3.13.auto", 0x8, "?0000:00:01.0", "?0001:00:01.0");
}

/* As many as the table has, but not as far from each other. */
TEST(names_that_do_not_fit)
{
	add_two_smmus();
	endpoint_map_add_name(map, "arm-smmu-v3.11.auto");
	endpoint_map_add_name(map, "arm-smmu-v3.12.auto");
	endpoint_map_add_name(map, "arm-smmu-v3.99999999999.auto");
	CHECK_NAMES("arm-smmu-v3.11.auto", 0x8, "?0000:00:01.0", "?0001:00:01.0");
}

TEST(shared_streams)
{
	table_shared(&table);
	add_table();
	CHECK_NAMES("", 0x40, "\\_SB.SAT0", "every device of segment 0002");
	assert_int_equal(endpoint_map_find(map, "", 0x40, names, 1), 2);
	endpoint_map_add_name(map, "0002:01:00.0");
	endpoint_map_add_name(map, "0002:01:00.1");
	endpoint_map_add_name(map, "0001:01:00.0");
	CHECK_NAMES("", 0x40, "0002:01:00.0", "0002:01:00.1", "\\_SB.SAT0");
}

/* All functions have one StreamID, but for those of a bus. */
TEST(functions_of_their_own)
{
	uint32_t smmu;

	table_begin(&table, 0);
	smmu = table_smmu_v3(&table, 0x10000, 0);
	table_root(&table, 0, 0, 0);
	table_map(&table, 0x200, 0xff, 0x1200, smmu, 0);
	table_map(&table, 0, 0, 0x40, smmu, 1);
	add_table();
	assert_int_equal(add_text("01:00.0 0200: 8086:1533\n02:00.0 0200: 8086:1533\n"), 0);
	CHECK_NAMES("10000.iommu", 0x40, "0000:01:00.0");
	CHECK_NAMES("10000.iommu", 0x1200, "0000:02:00.0");
}

/* Two tables: what both say is certain, unless one does not have that SMMU. */
TEST(tables_that_disagree)
{
	uint32_t smmu;

	table_virt(&table, 3);
	add_table();
	table_begin(&table, 5);
	smmu = table_smmu_v3(&table, 0x9050000, 0);
	table_root(&table, 1, 0, 0);
	table_map(&table, 0, 0xf, 0, smmu, 0);
	add_table();
	CHECK_NAMES("9050000.iommu", 0x8, "?0000:00:01.0", "?0001:00:01.0");
	table_begin(&table, 5);
	table_smmu_v3(&table, 0x1000000, 0);
	add_table();
	CHECK_NAMES("9050000.iommu", 0x10, "?0000:00:02.0");
}

/* lspci of today, table of another day. */
TEST(functions_that_are_not_there)
{
	table_virt(&table, 3);
	add_table();
	CHECK_NAMES("9050000.iommu", 0x8, "0000:00:01.0");
	assert_int_equal(
		add_text("00:00.0 0600: 1b36:0008\n00:02.0 0108: 1b36:0010 (rev 02)\n"), 0);
	CHECK_NAMES("9050000.iommu", 0x8, "?0000:00:01.0");
	/* Even if a log of another day names it. */
	endpoint_map_add_name(map, "0000:00:01.0");
	CHECK_NAMES("9050000.iommu", 0x8, "?0000:00:01.0");
	CHECK_NAMES("9050000.iommu", 0x10, "0000:00:02.0");
	assert_string_equal(names[0].about, "1b36:0010 NVMe controller");
}

static char text[1 << 20];
static size_t used;

static void print(const char *part)
{
	strcpy(text + used, part);
	used += strlen(part);
}

/* @form: 0: acpidump and iasl -d, 1: hexdump -C, 2: xxd */
static void print_dump(unsigned int form)
{
	static const char *const offsets[] = {"    %04X:", "%08x ", "%08x:"};
	char part[64];

	for (uint32_t at = 0; at < table.length; at += 16) {
		snprintf(part, sizeof(part), offsets[form], at);
		print(part);
		for (uint32_t i = at; i < at + 16; i++) {
			const char *blank = form == 2 && i % 2	      ? ""
					    : form == 1 && i % 8 == 0 ? "  "
								      : " ";

			if (i >= table.length)
				snprintf(part, sizeof(part), "   ");
			else
				snprintf(part, sizeof(part), form ? "%s%02x" : "%s%02X", blank,
					table.bytes[i]);
			print(part);
		}
		/* The same in characters, which look like bytes here. */
		print(form == 1 ? "  |ab cd|\n" : "  ab cd\n");
	}
}

TEST(dumps)
{
	for (unsigned int form = 0; form < 3; form++) {
		char *wrong;

		table_virt(&table, 3);
		used = 0;
		print("DSDT @ 0x0000000000000000\n    0000: 44 53 44 54 24 00 00 00 02 00  "
		      "DSDT$...\n\n"
		      "IORT @ 0x0000000000000000\r\n");
		print_dump(form);
		print("\nMCFG @ 0x0000000000000000\n    0000: 4D 43 46 47 3C 00 00 00 01 49  "
		      "MCFG\n");
		assert_int_equal(add_bytes(text, used), 0);
		assert_string_equal(why, "");
		CHECK_NAMES("9050000.iommu", 0x8, "0000:00:01.0");
		endpoint_map_free(map);
		map = endpoint_map_new();

		/* A line is there twice, and then one is missing: nothing is taken. */
		wrong = strstr(text, form ? "00000020" : "0020:");
		wrong[form ? 6 : 2] = '1';
		assert_int_equal(add_bytes(text, used), -EINVAL);
		assert_non_null(strstr(why, "no line of this names a device"));
		memset(wrong, 'x', 10);
		assert_int_equal(add_bytes(text, used), -EINVAL);
		CHECK_NOBODY("9050000.iommu", 0x8);
	}
}

TEST(damaged_tables)
{
	table_virt(&table, 3);
	assert_int_equal(add_bytes(table.bytes, 20), -EINVAL);
	assert_string_equal(why, "IORT: this is no IORT");
	/* What is there is used, and the rest told. */
	assert_int_equal(add_bytes(table.bytes, table.length - 10), 0);
	assert_string_equal(why, "IORT: the table is cut off");
	CHECK_NOBODY("9050000.iommu", 0x8);
}

TEST(many_tables)
{
	table_virt(&table, 3);
	for (unsigned int i = 0; i < 8; i++)
		add_table();
	assert_int_equal(add_bytes(table.bytes, table.length), -E2BIG);
	CHECK_NAMES("", 0x8, "0000:00:01.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAP_TEST(machine_of_the_rig),
		MAP_TEST(segments_of_one_smmu),
		MAP_TEST(order_of_the_smmus),
		MAP_TEST(names_of_all_smmus),
		MAP_TEST(names_that_do_not_fit),
		MAP_TEST(shared_streams),
		MAP_TEST(functions_of_their_own),
		MAP_TEST(tables_that_disagree),
		MAP_TEST(functions_that_are_not_there),
		MAP_TEST(dumps),
		MAP_TEST(damaged_tables),
		MAP_TEST(many_tables),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
