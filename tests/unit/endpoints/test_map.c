/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints by what a log names, and the guess of a requester ID. */
#include "endpoints/pci_address.h"
#include "map_files.h"

TEST(addresses)
{
	static const struct {
		const char *text;
		size_t length;
		struct pci_address address;
	} cases[] = {
		{"0000:01:00.0", 12, {true, 0, 0x100}},
		{"0002:ff:1f.7 ", 12, {true, 2, 0xffff}},
		{"10000:e1:00.0", 13, {true, 0x10000, 0xe100}},
		{"09:00.1: x", 7, {false, 0, 0x901}},
		{"AB:0c.3", 7, {false, 0, 0xab63}},
		{"1:00.0", 0, {false, 0, 0}},
		{"01:20.0", 0, {false, 0, 0}},
		{"01:00.8", 0, {false, 0, 0}},
		{"001:02:00.0", 0, {false, 0, 0}},
		{"0000:01:00", 0, {false, 0, 0}},
		{"0000:01:00.", 0, {false, 0, 0}},
		{"fd880000.usb", 0, {false, 0, 0}},
		{"", 0, {false, 0, 0}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pci_address address;

		assert_int_equal(pci_address_parse(cases[i].text, strlen(cases[i].text), &address),
			cases[i].length);
		if (!cases[i].length)
			continue;
		assert_int_equal(address.has_segment, cases[i].address.has_segment);
		assert_int_equal(address.segment, cases[i].address.segment);
		assert_int_equal(address.rid, cases[i].address.rid);
	}
}

TEST(stream_ids_that_may_be_requester_ids)
{
	static const struct {
		uint32_t sid;
		const char *text; /* NULL: none */
	} cases[] = {
		{0x0, NULL},
		{0x1, NULL}, /* 00:00.1 */
		{0x7, NULL},
		{0x8, "00:01.0"},
		{0x11, NULL}, /* 00:02.1 */
		{0xf8, "00:1f.0"},
		{0x100, "01:00.0"},
		{0x900, "09:00.0"},
		{0x7f22, "7f:04.2"},
		{0xffff, NULL},
		{0x20600, "06:00.0 of another segment"},
		{0x20001, NULL},
		{0x10008, "00:01.0 of another segment"},
		{UINT32_MAX, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[32] = "x";

		assert_int_equal(
			requester_id_guess(cases[i].sid, text, sizeof(text)), !!cases[i].text);
		assert_string_equal(text, cases[i].text ? cases[i].text : "");
	}
}

static bool guess(uint32_t sid, const char *client, bool unknown)
{
	char text[32];

	return endpoint_map_guess(
		map, "arm-smmu-v3.0.auto", sid, client, unknown, text, sizeof(text));
}

/* K23: what the log names says which StreamIDs are requester IDs. */
TEST(guesses_beside_a_log)
{
	assert_true(guess(0x900, "", false));
	assert_false(guess(0x900, "fd880000.usb", false));
	assert_false(guess(0x900, "0000:09:00.0", false));
	endpoint_map_add_name(map, "fd880000.usb");
	assert_true(guess(0x900, "", false));
	endpoint_map_add_name(map, "0000:01:00.0");
	assert_false(guess(0x900, "", false));
	/* K1: who is unknown to the kernel cannot be named by it. */
	assert_true(guess(0x900, "", true));
	/* Another function of a bus that it has. */
	assert_true(guess(0x101, "", false));
	/* The one that it names is no guess. */
	assert_false(guess(0x100, "", false));
}

TEST(names_of_a_log)
{
	assert_int_equal(endpoint_map_find(map, "", 0x100, names, 4), 0);
	assert_int_equal(endpoint_map_find(NULL, "", 0x100, names, 4), 0);
	endpoint_map_add_name(map, "0000:01:00.0");
	endpoint_map_add_name(map, "0000:01:00.0");
	endpoint_map_add_name(map, "0001:01:00.0");
	endpoint_map_add_name(map, "0000:02:00.0");
	assert_int_equal(endpoint_map_find(map, "", 0x200, names, 4), 1);
	assert_string_equal(names[0].name, "0000:02:00.0");
	assert_false(names[0].certain);
	assert_string_equal(names[0].about, "");
	/* Which segment it is of nobody knows. */
	assert_int_equal(endpoint_map_find(map, "", 0x100, names, 4), 2);
	assert_int_equal(endpoint_map_find(map, "", 0x20100, names, 4), 2);
	assert_int_equal(endpoint_map_find(map, "", 0x100, NULL, 0), 2);
}

TEST(very_many_names)
{
	char name[32];

	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "%04x:%02x:00.0", i >> 8, i & 0xff);
		endpoint_map_add_name(map, name);
	}
	assert_int_equal(endpoint_map_find(map, "", 0x100, names, 4), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(addresses),
		UNIT_TEST_PLAIN(stream_ids_that_may_be_requester_ids),
		MAP_TEST(guesses_beside_a_log),
		MAP_TEST(names_of_a_log),
		MAP_TEST(very_many_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
