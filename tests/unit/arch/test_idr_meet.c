/* SPDX-License-Identifier: BSD-2-Clause */
/* ID registers of a guest that is told less than there is, or what several hosts share. */
#include <string.h>

#include "arch/idr.h"
#include "lib/rng.h"
#include "lib/unit.h"

#define ROUNDS 200000

static void assert_refused(
	const struct idr_config *config, const uint32_t host[6], const char *expected)
{
	struct idr_registers registers;
	char why[IDR_WHY_SIZE] = "";

	assert_false(arch_idr_build(config, host, &registers, why, sizeof(why)));
	assert_string_equal(why, expected);
}

static void assert_built(
	const struct idr_config *config, const uint32_t host[6], struct idr_registers *registers)
{
	char why[IDR_WHY_SIZE] = "";

	if (!arch_idr_build(config, host, registers, why, sizeof(why)))
		fail_msg("refused: %s", why);
}

TEST(the_guest_may_be_told_less)
{
	struct idr_config config = arch_idr_defaults;
	struct idr_registers registers;

	config.granules = IDR_GRANULE_16K;
	config.asid16 = IDR_OFF;
	assert_built(&config, NULL, &registers);
	assert_int_equal(registers.idr[0], 0x0d40001a);
	assert_int_equal(registers.idr[5], 0x00000024);
	config.asid16 = IDR_ON;
	assert_refused(&config, (const uint32_t[6]){0x0d48001f, 0, 0, 0, 0, 0x70},
		"asid_bits 16 asked for, but the host's SMMU has ASID16 0");
	config.asid16 = IDR_AUTO;
	assert_refused(&config, (const uint32_t[6]){0x0d48001f, 0, 0, 0, 0, 0x50},
		"granules 0x2 asked for, but the host's SMMU has 0x5 (GRAN4K 1, GRAN16K 2, "
		"GRAN64K 4)");
	config.granules = 8;
	assert_refused(&config, NULL, "granules 0x8 asked for, but there are 0x7 only");
	/* Granules that the guest does not see cannot carry 52 bits either. */
	config.granules = IDR_GRANULE_4K;
	config.oas_bits = 52;
	assert_refused(&config, NULL,
		"oas_bits 52 asked for, but granules asked for leave GRAN64K 0 and DS 0");
}

TEST(sizes_can_be_the_hosts)
{
	uint32_t host[6] = {0x0d48100c, 9 << 6, 0, 0, 0, 0x73};
	struct idr_config config = arch_idr_defaults;
	struct idr_registers registers;

	config.ssid_bits = IDR_AS_HOST;
	config.oas_bits = IDR_AS_HOST;
	assert_built(&config, host, &registers);
	assert_int_equal(registers.idr[1] >> 6 & 0x1f, 9);
	assert_int_equal(registers.idr[5], 0x73);
	assert_true(registers.idr[0] & 0x80000);
	/* Reserved values are as the architecture has them. */
	host[1] = 31 << 6;
	host[5] = 0x77;
	assert_built(&config, host, &registers);
	assert_int_equal(registers.idr[1] >> 6 & 0x1f, 20);
	assert_int_equal(registers.idr[5], 0x76);
	/* No descriptor of 52 bits without 64-KiB granules or DS. */
	host[5] = 0x36;
	assert_built(&config, host, &registers);
	assert_int_equal(registers.idr[5], 0x35);
	host[5] = 0x7b6;
	assert_built(&config, host, &registers);
	assert_int_equal(registers.idr[5], 0x4b6);
	assert_built(&config, NULL, &registers);
	assert_int_equal(registers.idr[1] >> 6 & 0x1f, 20);
	assert_int_equal(registers.idr[5], 0x76);
}

/* Field by field, against what each of them means. */
TEST(a_meet_is_what_both_can_do)
{
	struct rng rng = {.state = 5};

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct arch_features a, b, both;
		uint32_t one[6], other[6], back[6], meet[6], again[6];

		for (int j = 0; j < 6; j++) {
			one[j] = meet[j] = (uint32_t)rng_next(&rng);
			other[j] = back[j] = (uint32_t)rng_next(&rng);
		}
		arch_idr_meet(meet, other);
		arch_idr_meet(back, one);
		assert_memory_equal(meet, back, sizeof(meet));
		memcpy(again, meet, sizeof(again));
		arch_idr_meet(again, other);
		assert_memory_equal(meet, again, sizeof(meet));
		arch_idr_host_features(one, false, &a);
		arch_idr_host_features(other, false, &b);
		arch_idr_host_features(meet, false, &both);
#define LESS(field) assert_int_equal(both.field, a.field < b.field ? a.field : b.field)
		LESS(ssid_bits);
		LESS(asid16);
		LESS(cd2l);
		LESS(ril);
		LESS(bbml);
		LESS(vax);
		LESS(ds);
		LESS(gran4k);
		LESS(gran16k);
		LESS(gran64k);
#undef LESS
		assert_int_equal(both.term_model, a.term_model || b.term_model);
		assert_int_equal(both.ttf, a.ttf & b.ttf);
		assert_int_equal(arch_address_bits(meet[5] & 7),
			arch_address_bits(
				(one[5] & 7) < (other[5] & 7) ? one[5] & 7 : other[5] & 7));
		assert_int_equal(both.stall_model, a.stall_model | b.stall_model);
		assert_int_equal(both.ttendian, a.ttendian | b.ttendian);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1", the_guest_may_be_told_less),
		UNIT_TEST("S1", sizes_can_be_the_hosts),
		UNIT_TEST("S1", a_meet_is_what_both_can_do),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
