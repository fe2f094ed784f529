/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's ID registers: always such that drivers take them and the host can keep them. */
#include <stdio.h>
#include <string.h>

#include "arch/idr.h"
#include "lib/rng.h"
#include "lib/unit.h"

#define ROUNDS 2000000

/* A host as the rig's: both stages, RIL, 44 bits, no stalls, no PASIDs, no ATS. */
static const uint32_t rig[6] = {0x0d48101f, 0x02730010, 0, 0x00001404, 0, 0x00000074};

/* What a refusal says must name what was asked for and what stands against it. */
static void assert_refused(
	const struct idr_config *config, const uint32_t host[6], const char *expected)
{
	struct idr_registers registers, before;
	char why[IDR_WHY_SIZE] = "";

	memset(&registers, 0x5a, sizeof(registers));
	memcpy(&before, &registers, sizeof(before));
	assert_false(arch_idr_build(config, host, &registers, why, sizeof(why)));
	assert_string_equal(why, expected);
	assert_memory_equal(&registers, &before, sizeof(before));
}

static void assert_built(
	const struct idr_config *config, const uint32_t host[6], struct idr_registers *registers)
{
	char why[IDR_WHY_SIZE] = "";

	if (!arch_idr_build(config, host, registers, why, sizeof(why)))
		fail_msg("refused: %s", why);
}

static void defaults_are_the_baseline(void **unused)
{
	struct idr_config config = arch_idr_defaults;
	struct idr_registers registers;

	(void)unused;
	assert_built(&config, NULL, &registers);
	assert_int_equal(registers.idr[0], 0x0d40101a);
	assert_int_equal(registers.idr[1], 0x02730010);
	assert_int_equal(registers.idr[2], 0);
	assert_int_equal(registers.idr[3], 0x00000404);
	assert_int_equal(registers.idr[4], 0);
	assert_int_equal(registers.idr[5], 0x00000074);
	assert_int_equal(registers.aidr, 1);
	config.ssid_bits = 20;
	config.ats = true;
	config.msi = true;
	config.oas_bits = 48;
	config.ril = IDR_OFF;
	assert_built(&config, NULL, &registers);
	assert_int_equal(registers.idr[0], 0x0d40101a | 0x80000 | 0x400 | 0x2000);
	assert_int_equal(registers.idr[1], 0x02730010 | 20 << 6);
	assert_int_equal(registers.idr[3], 0x00000004);
	assert_int_equal(registers.idr[5], 0x00000075);
}

static void host_gives_what_its_tables_can(void **unused)
{
	static const struct {
		int reg;
		uint32_t host_bits, guest_bits;
	} taken[] = {
		{0, 1u << 26, 1u << 26}, /* TERM_MODEL */
		{0, 1u << 19, 1u << 19}, /* CD2L */
		{0, 1u << 12, 1u << 12}, /* ASID16 */
		{3, 1u << 10, 1u << 10}, /* RIL */
		{3, 1u << 11, 1u << 11}, /* BBML */
		{3, 2u << 11, 2u << 11},
		{3, 3u << 11, 0},      /* reserved */
		{5, 1u << 5, 1u << 5}, /* GRAN16K */
		{5, 1u << 6, 1u << 6}, /* GRAN64K */
		{5, 1u << 7, 0},       /* DS needs VAX */
		{5, 1u << 10, 0},      /* VAX needs DS or GRAN64K */
		{5, 1u << 10 | 1u << 7, 1u << 10 | 1u << 7},
		{5, 1u << 10 | 1u << 6, 1u << 10 | 1u << 6},
		{5, 2u << 10 | 1u << 6, 1u << 10 | 1u << 6}, /* 56 bits need D128 */
		{5, 3u << 10 | 1u << 6, 1u << 6},
	};
	static const uint32_t least[6] = {[0] = 0x01000008, [1] = 4u << 6, [5] = 0x10};
	struct idr_config config = arch_idr_defaults;
	struct idr_registers none, registers;

	(void)unused;
	config.ssid_bits = 4;
	assert_built(&config, least, &none);
	assert_int_equal(none.idr[0], 0x0940001a);
	assert_int_equal(none.idr[3], 0x4);
	assert_int_equal(none.idr[5], 0x14);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		uint32_t host[6];

		memcpy(host, least, sizeof(host));
		host[taken[i].reg] |= taken[i].host_bits;
		assert_built(&config, host, &registers);
		none.idr[taken[i].reg] |= taken[i].guest_bits;
		assert_memory_equal(&registers, &none, sizeof(none));
		none.idr[taken[i].reg] &= ~taken[i].guest_bits;
	}
}

/* With the rest of the host's registers all 0 or all 1, the guest's are the same. */
static void other_fields_of_the_host_are_not_read(void **unused)
{
	static const uint32_t unlisted[6] = {
		0xe097eff3, 0xfffff800, 0xffffffff, 0xffffe3ff, 0xffffffff, 0xfffff30f};
	struct arch_features features[2];
	struct idr_registers registers[2];
	uint32_t host[2][6];

	(void)unused;
	for (int i = 0; i < 6; i++) {
		host[0][i] = rig[i] & ~unlisted[i];
		host[1][i] = rig[i] | unlisted[i];
	}
	for (int i = 0; i < 2; i++) {
		assert_built(&arch_idr_defaults, host[i], &registers[i]);
		arch_idr_host_features(host[i], false, &features[i]);
	}
	assert_memory_equal(&registers[0], &registers[1], sizeof(registers[0]));
	assert_memory_equal(&features[0], &features[1], sizeof(features[0]));
}

static void host_features_are_the_listed_ones(void **unused)
{
	struct arch_features features;

	(void)unused;
	arch_idr_host_features(rig, true, &features);
	assert_true(features.s1p && features.had && features.ats && features.ril);
	assert_true(features.gran4k && features.gran16k && features.gran64k && features.asid16);
	assert_false(features.s2p || features.stt || features.ds || features.ha);
	assert_int_equal(features.oas, 52);
	assert_int_equal(features.bbml, 2);
	arch_idr_host_features(NULL, false, &features);
	assert_false(features.ats);
	assert_int_equal(features.ssid_bits, 20);
	assert_int_equal(features.ttf, 2); /* no AArch32 tables, which nothing here walks */
}

static void configs_out_of_range_are_refused(void **unused)
{
	struct idr_config config = arch_idr_defaults;

	(void)unused;
	config.sid_bits = 33;
	assert_refused(&config, NULL, "sid_bits 33 asked for, but SIDSIZE is at most 32");
	config = arch_idr_defaults;
	config.ssid_bits = 21;
	assert_refused(&config, NULL, "ssid_bits 21 asked for, but SSIDSIZE is at most 20");
	config = arch_idr_defaults;
	config.cmdq_log2 = 6;
	assert_refused(&config, NULL,
		"cmdq_log2_max 6 asked for, but CMDQS is 7 (for Linux' drivers) to 19");
	config.cmdq_log2 = 20;
	assert_refused(&config, NULL,
		"cmdq_log2_max 20 asked for, but CMDQS is 7 (for Linux' drivers) to 19");
	config = arch_idr_defaults;
	config.eventq_log2 = 0;
	assert_refused(&config, NULL, "eventq_log2_max 0 asked for, but EVENTQS is 1 to 19");
	config.eventq_log2 = 20;
	assert_refused(&config, NULL, "eventq_log2_max 20 asked for, but EVENTQS is 1 to 19");
	config = arch_idr_defaults;
	config.oas_bits = 45;
	assert_refused(
		&config, NULL, "oas_bits 45 asked for, but OAS is 32, 36, 40, 42, 44, 48 or 52");
	config = arch_idr_defaults;
	config.stall_model = 3;
	assert_refused(&config, NULL, "stall_model 3 asked for, but STALL_MODEL is at most 2");
	config.stall_model = ARCH_STALL_OR_TERMINATE;
	assert_refused(&config, NULL, "stall_model 0 asked for, but with stall_max 0");
}

static void what_the_host_lacks_is_refused(void **unused)
{
	struct idr_config config = arch_idr_defaults;
	uint32_t host[6];

	(void)unused;
	memcpy(host, rig, sizeof(host));
	config.ssid_bits = 10;
	assert_refused(&config, host, "ssid_bits 10 asked for, but the host's SMMU has SSIDSIZE 0");
	config = arch_idr_defaults;
	config.ril = IDR_ON;
	host[3] = 0;
	assert_refused(&config, host, "ril on asked for, but the host's SMMU has RIL 0");
	config = arch_idr_defaults;
	config.oas_bits = 52;
	host[5] = 0x10;
	assert_refused(
		&config, host, "oas_bits 52 asked for, but the host's SMMU has GRAN64K 0 and DS 0");
	config = arch_idr_defaults;
	host[5] = 0;
	assert_refused(&config, host,
		"a granule is needed, but the host's SMMU has GRAN4K, GRAN16K, GRAN64K 0");
	host[0] = rig[0] | 3u << 21;
	assert_refused(&config, host,
		"little-endian tables are needed, but the host's SMMU has TTENDIAN 3");
	host[0] = (rig[0] & ~(3u << 2)) | 1u << 2;
	assert_refused(&config, host, "AArch64 tables are needed, but the host's SMMU has TTF 1");
}

/* Rows: what is asked for. Columns: what the host has, 3 being reserved. */
static void stall_models_that_go_together(void **unused)
{
	static const bool together[3][4] = {{true}, {true, true}, {[2] = true}};
	struct idr_config config = arch_idr_defaults;
	char why[IDR_WHY_SIZE], expected[IDR_WHY_SIZE];
	struct idr_registers registers;
	uint32_t host[6];

	(void)unused;
	memcpy(host, rig, sizeof(host));
	config.stall_max = 7;
	for (unsigned int asked = 0; asked < 3; asked++) {
		config.stall_model = (uint8_t)asked;
		host[0] = (rig[0] & ~(3u << 24)) | asked << 24;
		assert_built(&config, host, &registers);
		assert_int_equal(registers.idr[0] >> 24 & 3, asked);
		assert_int_equal(registers.idr[5] >> 16, asked == ARCH_STALL_NONE ? 0 : 7);
		for (unsigned int has = 0; has < 4; has++) {
			host[0] = (rig[0] & ~(3u << 24)) | has << 24;
			assert_int_equal(arch_idr_fits(&registers, host, why, sizeof(why)),
				together[asked][has]);
			if (together[asked][has]) {
				assert_built(&config, host, &registers);
				continue;
			}
			snprintf(expected, sizeof(expected),
				"stall_model %u asked for, but the host's SMMU has STALL_MODEL %u",
				asked, has);
			assert_refused(&config, host, expected);
		}
	}
}

/* Each promise, on a host that lacks just that. */
static void fits_names_the_broken_promise(void **unused)
{
	static const uint32_t rich[6] = {
		[0] = 0x09481008, [1] = 20u << 6 | 16, [3] = 0x00001400, [5] = 0x000004f0};
	static const struct {
		int reg;
		uint32_t flip;
		const char *why;
	} lacks[] = {
		{1, 1u << 8, "the guest was promised SSIDSIZE 20, but the host's SMMU has 16"},
		{0, 1u << 12, "the guest was promised ASID16 1, but the host's SMMU has 0"},
		{0, 1u << 19, "the guest was promised CD2L 1, but the host's SMMU has 0"},
		{0, 1u << 26, "the guest was promised TERM_MODEL 0, but the host's SMMU has 1"},
		{0, 3u << 24, "the guest was promised STALL_MODEL 1, but the host's SMMU has 2"},
		{3, 1u << 10, "the guest was promised RIL 1, but the host's SMMU has 0"},
		{3, 3u << 11, "the guest was promised BBML 2, but the host's SMMU has 1"},
		{5, 1u << 4, "the guest was promised GRAN4K 1, but the host's SMMU has 0"},
		{5, 1u << 5, "the guest was promised GRAN16K 1, but the host's SMMU has 0"},
		{5, 1u << 6, "the guest was promised GRAN64K 1, but the host's SMMU has 0"},
		{5, 1u << 7, "the guest was promised DS 1, but the host's SMMU has 0"},
		{5, 1u << 10, "the guest was promised VAX 1, but the host's SMMU has 0"},
		{0, 1u << 21,
			"little-endian tables are needed, but the host's SMMU has TTENDIAN 3"},
		{0, 1u << 27, NULL}, /* ST_LEVEL is no matter */
		{0, 1u << 22, NULL}, /* mixed endianness includes little */
		{1, 1u << 5, NULL},
		{5, 1u << 11 | 1u << 10, NULL},
	};
	struct idr_config config = arch_idr_defaults;
	struct idr_registers registers;

	(void)unused;
	config.ssid_bits = 20;
	assert_built(&config, rich, &registers);
	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		char why[IDR_WHY_SIZE] = "";
		uint32_t host[6];
		bool fits;

		memcpy(host, rich, sizeof(host));
		host[lacks[i].reg] ^= lacks[i].flip;
		fits = arch_idr_fits(&registers, host, why, sizeof(why));
		assert_int_equal(fits, !lacks[i].why);
		assert_string_equal(why, lacks[i].why ? lacks[i].why : "");
	}
}

/* Each bit of a rich guest's registers turned over by itself, and what has no bit of its own. */
static void impossible_registers_are_told(void **unused)
{
	static const uint32_t host[6] = {
		[0] = 0x09481008, [1] = 20u << 6 | 16, [3] = 0x00001400, [5] = 0x000004f0};
	/* TERM_MODEL, CD2L, MSI, ASID16, ATS; CMDQS, EVENTQS, SSIDSIZE, SIDSIZE; BBML, RIL; DS,
	 * GRAN64K to 4K, OAS. VAX not, as DS needs it. */
	static const uint32_t free_bits[6] = {
		[0] = 0x04083400, [1] = 0x0073051f, [3] = 0x00001400, [5] = 0x000000f7};
	struct idr_config config = arch_idr_defaults;
	struct idr_registers registers;

	(void)unused;
	config.ssid_bits = 20;
	config.ats = true;
	config.msi = true;
	assert_built(&config, host, &registers);
	assert_true(arch_idr_possible(&registers));
	for (int i = 0; i < 6; i++) {
		uint32_t accepted = 0;

		for (int bit = 0; bit < 32; bit++) {
			registers.idr[i] ^= UINT32_C(1) << bit;
			accepted |= (uint32_t)arch_idr_possible(&registers) << bit;
			registers.idr[i] ^= UINT32_C(1) << bit;
		}
		if (accepted != free_bits[i])
			fail_msg("IDR%d: %#x", i, accepted);
	}
	registers.iidr ^= 1;
	assert_false(arch_idr_possible(&registers));
	registers.iidr ^= 1;
	registers.aidr = 2;
	assert_false(arch_idr_possible(&registers));
}

/* What Linux' driver asks of an SMMU (arm_smmu_device_hw_probe()), and what 6.3 does. */
static void check_registers(const struct idr_registers *registers)
{
	const uint32_t *idr = registers->idr;
	uint32_t stall = idr[0] >> 24 & 3, oas = idr[5] & 7;
	bool gran64k = idr[5] >> 6 & 1, ds = idr[5] >> 7 & 1, vax = idr[5] >> 10 & 1;

	assert_int_equal(idr[0] & 3, 2);	  /* S1P, not S2P */
	assert_int_equal(idr[0] >> 2 & 3, 2);	  /* TTF: AArch64 */
	assert_int_equal(idr[0] >> 21 & 3, 2);	  /* TTENDIAN: little */
	assert_int_equal(idr[0] >> 27 & 3, 1);	  /* ST_LEVEL, a must from 7 bits of SID */
	assert_int_equal(idr[0] & 0xe097cbe0, 0); /* HTTU BTM Hyp SEV ATOS PRI VMW VMID16 ... */
	assert_int_equal(idr[0] & 0x10, 0x10);	  /* COHACC */
	assert_true(stall < 3);
	assert_int_equal(idr[1] >> 26, 0);	   /* PRESET, REL, ECMDQ, ATTR_*_OVR */
	assert_in_range(idr[1] >> 21 & 31, 7, 19); /* CMDQS */
	assert_in_range(idr[1] >> 16 & 31, 1, 19); /* EVENTQS */
	assert_int_equal(idr[1] >> 11 & 31, 0);	   /* PRIQS */
	assert_in_range(idr[1] >> 6 & 31, 0, 20);  /* SSIDSIZE */
	assert_in_range(idr[1] & 63, 0, 32);	   /* SIDSIZE */
	assert_true(idr[1] >> 6 & 31 || !(idr[0] >> 19 & 1));
	assert_int_equal(idr[2] | idr[4], 0);
	assert_int_equal(idr[3] & ~0x1c00u, 4); /* HAD, and of the rest RIL and BBML */
	assert_in_range(idr[3] >> 11 & 3, 0, 2);
	assert_int_equal(idr[5] & 0xfb08, 0);
	assert_true(idr[5] & 0x70);
	assert_true(oas <= 6 && (oas < 6 || gran64k || ds));
	assert_true(!vax || gran64k || ds);
	assert_true(!ds || (vax && idr[5] & 0x30));
	assert_int_equal(stall != 1, idr[5] >> 16 != 0);
	assert_int_not_equal(registers->iidr & 0xfff, 0x43b);
	assert_int_equal(registers->aidr, 1);
}

static void random_combinations_are_sound_or_refused(void **unused)
{
	static const uint8_t oas[] = {32, 36, 40, 42, 44, 48, 52, 0, 56};
	struct rng rng = {.state = 11};
	unsigned int built = 0, refused = 0;

	(void)unused;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t random = rng_next(&rng);
		struct idr_config config = {
			.sid_bits = (uint8_t)rng_below(&rng, 34),
			.ssid_bits = random & 1 ? (uint8_t)rng_below(&rng, 22) : 0,
			.cmdq_log2 = (uint8_t)(6 + rng_below(&rng, 14)),
			.eventq_log2 = (uint8_t)(rng_below(&rng, 20)),
			.oas_bits = oas[rng_below(&rng, sizeof(oas))],
			.stall_model = random & 6 ? 1 : (uint8_t)(random >> 8 & 3),
			.stall_max = (uint16_t)(random >> 16),
			.ats = random & 8,
			.msi = random & 16,
			.ril = (enum idr_choice)rng_below(&rng, 3),
			.asid16 = (enum idr_choice)rng_below(&rng, 3),
			.granules = random & 256 ? (uint8_t)rng_below(&rng, 9) : 0,
		};
		struct idr_registers registers;
		char why[IDR_WHY_SIZE] = "";
		uint32_t host[6];

		for (int j = 0; j < 6; j++)
			host[j] = (uint32_t)rng_next(&rng);
		host[0] |= random & 32 ? 8 : 0; /* often AArch64, little-endian, no stalls */
		host[0] &= ~(random & 64 ? 1u << 21 : 0);
		host[0] = random & 128 ? (host[0] & ~(3u << 24)) | 1u << 24 : host[0];
		if (!arch_idr_build(&config, random >> 32 & 7 ? host : NULL, &registers, why,
			    sizeof(why))) {
			refused++;
			assert_non_null(strstr(why, "but "));
			assert_true(strlen(why) < IDR_WHY_SIZE - 1);
			continue;
		}
		built++;
		assert_string_equal(why, "");
		check_registers(&registers);
		assert_true(arch_idr_possible(&registers));
		assert_true(arch_idr_fits(
			&registers, random >> 32 & 7 ? host : NULL, why, sizeof(why)));
		assert_int_equal(registers.idr[1] & 63, config.sid_bits);
		assert_int_equal(registers.idr[1] >> 6 & 31, config.ssid_bits);
		assert_int_equal(registers.idr[0] >> 10 & 1, config.ats);
		assert_int_equal(registers.idr[0] >> 13 & 1, config.msi);
	}
	assert_true(built > ROUNDS / 20);
	assert_true(refused > ROUNDS / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(defaults_are_the_baseline),
		UNIT_TEST_PLAIN(host_gives_what_its_tables_can),
		UNIT_TEST_PLAIN(other_fields_of_the_host_are_not_read),
		UNIT_TEST_PLAIN(host_features_are_the_listed_ones),
		UNIT_TEST_PLAIN(configs_out_of_range_are_refused),
		UNIT_TEST_PLAIN(what_the_host_lacks_is_refused),
		UNIT_TEST_PLAIN(stall_models_that_go_together),
		UNIT_TEST_PLAIN(fits_names_the_broken_promise),
		UNIT_TEST_PLAIN(impossible_registers_are_told),
		UNIT_TEST_PLAIN(random_combinations_are_sound_or_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
