/* SPDX-License-Identifier: BSD-2-Clause */
/* Probe: what sysfs says of a PCI device, also when it is nonsense. */
#include <stdlib.h>
#include <string.h>

#include "probe/facts_parse.h"
#include "lib/unit.h"

/* A PCIe endpoint with ATS on, PRI off, and PASID of 20 bits off. */
static void make_endpoint(uint8_t config[4096])
{
	memset(config, 0, 4096);
	memcpy(config, (uint8_t[]){0x36, 0x1b, 0x10, 0x00, 0x06, 0x04, 0x10, 0x00}, 8);
	config[0x34] = 0x50;
	memcpy(config + 0x50, (uint8_t[]){0x05, 0x70, 0x80, 0x00}, 4);
	memcpy(config + 0x70, (uint8_t[]){0x10, 0x00, 0x02, 0x00}, 4);
	memcpy(config + 0x100, (uint8_t[]){0x0f, 0x00, 0x01, 0x12, 0x20, 0x00, 0x00, 0x80}, 8);
	memcpy(config + 0x120, (uint8_t[]){0x1b, 0x00, 0x01, 0x14, 0x06, 0x14, 0x00, 0x00}, 8);
	memcpy(config + 0x140, (uint8_t[]){0x13, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00}, 8);
}

/* In memory of just its size, so that a sanitizer sees a byte too many. */
static struct pci_config parse(const void *bytes, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);
	struct pci_config config;

	assert_non_null(copy);
	if (length)
		memcpy(copy, bytes, length);
	pci_config_parse(copy, length, &config);
	free(copy);
	return config;
}

TEST(endpoint_seen_by_root)
{
	uint8_t bytes[4096];
	struct pci_config config;

	make_endpoint(bytes);
	config = parse(bytes, sizeof(bytes));
	assert_int_equal(config.header_type, 0);
	assert_int_equal(config.port_type, 0);
	assert_int_equal(config.ats.present, ANSWER_YES);
	assert_int_equal(config.ats.enabled, ANSWER_YES);
	assert_int_equal(config.pasid.present, ANSWER_YES);
	assert_int_equal(config.pasid.enabled, ANSWER_NO);
	assert_int_equal(config.pasid_bits, 20);
	assert_int_equal(config.pri.present, ANSWER_YES);
	assert_int_equal(config.pri.enabled, ANSWER_NO);
	assert_int_equal(config.acs.present, ANSWER_NO);
}

TEST(hidden_without_root)
{
	uint8_t bytes[4096];
	struct pci_config config;

	make_endpoint(bytes);
	config = parse(bytes, 64);
	assert_int_equal(config.header_type, 0);
	assert_int_equal(config.port_type, -1);
	assert_int_equal(config.ats.present, ANSWER_UNKNOWN);
	assert_int_equal(config.ats.enabled, ANSWER_UNKNOWN);
	assert_int_equal(config.acs.present, ANSWER_UNKNOWN);
}

TEST(cut_anywhere)
{
	uint8_t bytes[4096];

	make_endpoint(bytes);
	for (size_t length = 0; length < 0x148; length++) {
		struct pci_config config = parse(bytes, length);

		/* Conventional PCI ends at 256: the kernel sees no more, either. */
		assert_int_equal(config.ats.present, length == 256     ? ANSWER_NO
						     : length >= 0x108 ? ANSWER_YES
								       : ANSWER_UNKNOWN);
		if (length != 256)
			assert_int_not_equal(config.acs.present, ANSWER_NO);
	}
}

TEST(lists_in_circles)
{
	uint8_t bytes[4096];
	struct pci_config config;

	make_endpoint(bytes);
	bytes[0x51] = 0x50;  /* MSI points to itself */
	bytes[0x103] = 0x10; /* and so does ATS */
	config = parse(bytes, sizeof(bytes));
	assert_int_equal(config.port_type, -2);
	assert_int_equal(config.ats.present, ANSWER_YES);
	assert_int_equal(config.pasid.present, ANSWER_UNKNOWN);

	make_endpoint(bytes);
	bytes[0x103] = 0x04; /* to 0x040: no place for an extended one */
	assert_int_equal(parse(bytes, sizeof(bytes)).acs.present, ANSWER_UNKNOWN);

	make_endpoint(bytes);
	bytes[0x103] = 0xff;
	bytes[0x102] = 0xf1; /* to 0xffc: its second word is not there */
	assert_int_equal(parse(bytes, sizeof(bytes)).acs.present, ANSWER_UNKNOWN);
}

TEST(a_device_that_went_away)
{
	uint8_t bytes[4096];
	struct pci_config config;

	memset(bytes, 0xff, sizeof(bytes));
	config = parse(bytes, sizeof(bytes));
	assert_true(config.gone);
	assert_int_equal(config.ats.present, ANSWER_UNKNOWN);

	/* A virtual function has neither vendor nor device. */
	make_endpoint(bytes);
	memset(bytes, 0xff, 4);
	config = parse(bytes, sizeof(bytes));
	assert_false(config.gone);
	assert_int_equal(config.ats.present, ANSWER_YES);

	make_endpoint(bytes);
	memset(bytes + 0x100, 0xff, sizeof(bytes) - 0x100);
	config = parse(bytes, sizeof(bytes));
	assert_false(config.gone);
	assert_int_equal(config.ats.present, ANSWER_UNKNOWN);
}

TEST(ports_and_their_acs)
{
	static const struct {
		uint16_t capability, control, missing;
	} cases[] = {
		{0x005f, 0x001d, 0x0000},
		{0x005f, 0x0000, 0x001d},
		{0x0001, 0x0001, 0x0000}, /* it has no more than that */
		{0x001f, 0x000d, 0x0010},
		{0x0000, 0x0000, 0x0000},
	};
	uint8_t bytes[4096];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pci_config config;

		make_endpoint(bytes);
		bytes[0x0e] = 0x81;
		memcpy(bytes + 0x18, (uint8_t[]){0, 1, 4}, 3);
		bytes[0x72] = 0x42;
		memcpy(bytes + 0x100, (uint8_t[]){0x0d, 0, 1, 0}, 4);
		bytes[0x104] = (uint8_t)cases[i].capability;
		bytes[0x106] = (uint8_t)cases[i].control;
		bytes[0x107] = 0;
		config = parse(bytes, sizeof(bytes));
		assert_int_equal(config.header_type, 1);
		assert_true(config.multifunction);
		assert_int_equal(config.port_type, 4);
		assert_int_equal(config.secondary, 1);
		assert_int_equal(config.subordinate, 4);
		assert_int_equal(config.acs.present, ANSWER_YES);
		assert_int_equal(config.acs_missing, cases[i].missing);
		assert_int_equal(config.ats.present, ANSWER_NO);
	}
}

TEST(reserved_regions)
{
	struct probe_device device = {0};

	reserved_parse("0x0000000008000000 0x00000000080fffff msi\n"
		       "0x00000000fee00000 0x00000000feefffff reserved\n"
		       "0x0000000080000000 0x000000008fffffff direct\n"
		       "0x0000000090000000 0x0000000090000fff direct-relaxable\n",
		&device);
	assert_int_equal(device.reserved_known, ANSWER_YES);
	assert_int_equal(device.reserved_count, 4);
	assert_int_equal(device.reserved[0].range.first, 0x8000000);
	assert_int_equal(device.reserved[0].range.last, 0x80fffff);
	assert_string_equal(device.reserved[0].type, "msi");
	assert_string_equal(device.reserved[3].type, "direct-relaxable");

	device = (struct probe_device){0};
	reserved_parse("", &device);
	assert_int_equal(device.reserved_known, ANSWER_YES);
	assert_int_equal(device.reserved_count, 0);
}

TEST(reserved_regions_that_make_no_sense)
{
	static const char *const bad[] = {"0x1 0x0 msi\n", "0x1 0x2\n", "0x1\n", "msi\n",
		"0x1 0x2 MSI\n", "0x11111111111111111 0x2 msi\n", "-1 2 msi\n", "\n",
		"0x1z 0x2 msi", "0x1 0x2 averyveryveryverylongtypeofaregion\n"};
	struct probe_device device = {0};
	char text[64 * 100] = "";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		reserved_parse(bad[i], &device);
	assert_int_equal(device.reserved_count, 0);
	for (int i = 0; i < 100; i++)
		strcat(text, "0x0 0x1 direct\n");
	reserved_parse(text, &device);
	assert_int_equal(device.reserved_count, PROBE_RESERVED_MAX);
	assert_int_equal(device.reserved_known, ANSWER_UNKNOWN);
}

TEST(bars)
{
	struct probe_device device = {0};

	resource_parse("0x0000000010000000 0x0000000010003fff 0x0000000000140204\n"
		       "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		       "0x0000000000001000 0x000000000000101f 0x0000000000040101\n"
		       "nonsense\n"
		       "0x0000008000000000 0x00000080ffffffff 0x000000000014220c\n"
		       "0x5 0x4 0x200\n"
		       "0x0000000011000000 0x0000000011ffffff 0x0000000000046200\n",
		&device);
	assert_int_equal(device.bar_count, 2);
	assert_int_equal(device.bar_numbers[0], 0);
	assert_int_equal(device.bars[0].last, 0x10003fff);
	assert_int_equal(device.bar_numbers[1], 4);
	assert_int_equal(device.bars[1].first, 0x8000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoint_seen_by_root),
		cmocka_unit_test(hidden_without_root),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(lists_in_circles),
		cmocka_unit_test(a_device_that_went_away),
		cmocka_unit_test(ports_and_their_acs),
		cmocka_unit_test(reserved_regions),
		cmocka_unit_test(reserved_regions_that_make_no_sense),
		cmocka_unit_test(bars),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
