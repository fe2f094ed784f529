/* SPDX-License-Identifier: BSD-2-Clause */
/* Context descriptors: where one is, and which ones are ILLEGAL. */
#include <vsmmu/event.h>

#include "arch/cd.h"
#include "lib/rng.h"
#include "lib/tables.h"
#include "lib/unit.h"

#define BIT(n) (UINT64_C(1) << (n))

static struct ram ram;

static const struct arch_features plain = {.s1p = true,
	.ttf = 2,
	.ttendian = ARCH_TTENDIAN_LITTLE,
	.stall_model = ARCH_STALL_NONE,
	.term_model = true,
	.asid16 = true,
	.had = true,
	.cd2l = true,
	.ssid_bits = 20,
	.gran4k = true,
	.gran16k = true,
	.gran64k = true,
	.oas = 44};

/* T0SZ = T1SZ = 25, 4 KiB, IPS = 40, A, R, AA64, V: what Linux writes, with both halves. */
#define CD_PLAIN                                                                                   \
	(25 | UINT64_C(25) << 16 | UINT64_C(2) << 22 | BIT(31) | UINT64_C(2) << 32 | BIT(41) |     \
		BIT(45) | BIT(46))

static bool legal(const uint64_t word[8], const struct arch_features *features)
{
	struct arch_cd cd;

	return arch_cd_parse(word, features, false, &cd);
}

static bool legal0(uint64_t word0, const struct arch_features *features)
{
	uint64_t word[8] = {word0, 0x1000, 0x2000, 0xff};

	return legal(word, features);
}

/* 5.2 and 7.3.7, 7.3.9 as sentences. 0: found, 1: bypass, else the event. */
static unsigned int expected(const struct arch_ste *ste, bool ssv, uint32_t ssid)
{
	if (ste->s1cdmax == 0)
		return ssv ? VSMMU_EVENT_C_BAD_SUBSTREAMID : 0;
	if (ssv && ssid >= UINT32_C(1) << ste->s1cdmax)
		return VSMMU_EVENT_C_BAD_SUBSTREAMID;
	if (ssv && ssid == 0 && ste->s1dss == ARCH_S1DSS_CD0)
		return VSMMU_EVENT_F_STREAM_DISABLED;
	if (!ssv && ste->s1dss == ARCH_S1DSS_TERMINATE)
		return VSMMU_EVENT_F_STREAM_DISABLED;
	return !ssv && ste->s1dss == ARCH_S1DSS_BYPASS;
}

static void check_find(const struct arch_ste *ste, bool ssv, uint32_t ssid)
{
	const struct arch_memory memory = ram_memory(&ram);
	const unsigned int want = expected(ste, ssv, ssid);
	const uint32_t index = ssv ? ssid : 0;
	const unsigned int leaf = ste->s1fmt == ARCH_S1FMT_4K ? 64 : 1024;
	uint64_t address = 0, l1 = ste->s1contextptr + index / leaf * 8;
	enum arch_cd_find found;
	struct arch_fault fault;

	ram.reads = 0;
	if (ste->s1fmt && index / leaf < 4)
		ram_set(&ram, l1, UINT64_C(0xff00012345670ffe) | 1);
	found = arch_cd_find(ste, &plain, &memory, ssv, ssid, &address, &fault);
	if (want > 1) {
		assert_int_equal(found, ARCH_CD_FAULT);
		assert_int_equal(fault.event, want);
		assert_int_equal(ram.reads, 0);
	} else if (want == 1) {
		assert_int_equal(found, ARCH_CD_BYPASS);
	} else if (!ste->s1fmt) {
		assert_int_equal(found, ARCH_CD_FOUND);
		assert_int_equal(address, ste->s1contextptr + 64 * (uint64_t)index);
		assert_int_equal(ram.reads, 0);
	} else {
		const uint64_t l2 = UINT64_C(0x12345670000);

		if (index / leaf >= 4) {
			assert_int_equal(found, ARCH_CD_FAULT);
			return;
		}
		assert_int_equal(found, ARCH_CD_FOUND);
		assert_int_equal(address, l2 + 64 * (uint64_t)(index % leaf));
		assert_int_equal(ram.reads, 1);
	}
}

TEST(every_substream_finds_its_cd)
{
	for (unsigned int s1cdmax = 0; s1cdmax <= 20; s1cdmax++) {
		for (unsigned int i = 0; i < 3 * 3; i++) {
			struct arch_ste ste = {.kind = ARCH_STE_S1,
				.s1cdmax = (uint8_t)s1cdmax,
				.s1fmt = s1cdmax ? (uint8_t)(i % 3) : 0,
				.s1dss = (uint8_t)(i / 3),
				.s1contextptr = RAM_BASE + 0x20000};

			ram_clear(&ram, RAM_BASE);
			check_find(&ste, false, 0);
			check_find(&ste, false, 7);
			for (uint32_t ssid = 0; ssid < 70; ssid++)
				check_find(&ste, true, ssid);
			check_find(&ste, true, 1023);
			check_find(&ste, true, 1024);
			check_find(&ste, true, (UINT32_C(1) << s1cdmax) - 1);
			check_find(&ste, true, UINT32_C(1) << s1cdmax);
			check_find(&ste, true, UINT32_MAX);
		}
	}
}

TEST(level_1_descriptors_can_fail)
{
	struct arch_ste ste = {.kind = ARCH_STE_S1,
		.s1cdmax = 8,
		.s1fmt = ARCH_S1FMT_4K,
		.s1dss = ARCH_S1DSS_CD0,
		.s1contextptr = RAM_BASE};
	const struct arch_memory memory = ram_memory(&ram);
	struct arch_fault fault;
	uint64_t address;

	ram_clear(&ram, RAM_BASE);
	/* not valid */
	ram_set(&ram, RAM_BASE + 8, RAM_BASE + 0x1000);
	assert_int_equal(
		arch_cd_find(&ste, &plain, &memory, true, 65, &address, &fault), ARCH_CD_FAULT);
	assert_int_equal(fault.event, VSMMU_EVENT_C_BAD_SUBSTREAMID);
	/* to beyond OAS */
	ram_set(&ram, RAM_BASE, BIT(44) | 1);
	assert_int_equal(
		arch_cd_find(&ste, &plain, &memory, false, 0, &address, &fault), ARCH_CD_FAULT);
	assert_int_equal(fault.event, VSMMU_EVENT_C_BAD_SUBSTREAMID);
	/* not there */
	ram.hole = RAM_BASE + 8;
	assert_int_equal(
		arch_cd_find(&ste, &plain, &memory, true, 64, &address, &fault), ARCH_CD_FAULT);
	assert_int_equal(fault.event, VSMMU_EVENT_F_CD_FETCH);
	assert_int_equal(fault.fetch_address, RAM_BASE + 8);
	/* 64 KiB tables are aligned */
	ste.s1fmt = ARCH_S1FMT_64K;
	ste.s1cdmax = 12;
	ram_set(&ram, RAM_BASE, 0x1234f001);
	assert_int_equal(
		arch_cd_find(&ste, &plain, &memory, true, 3, &address, &fault), ARCH_CD_FOUND);
	assert_int_equal(address, 0x123400c0);
}

TEST(the_whole_is_checked)
{
	struct arch_features features = plain;

	assert_true(legal0(CD_PLAIN, &plain));
	assert_false(legal0(CD_PLAIN & ~BIT(31), &plain));
	/* A */
	assert_false(legal0(CD_PLAIN & ~BIT(46), &plain));
	features.term_model = false;
	assert_true(legal0(CD_PLAIN & ~BIT(46), &features));
	/* AA64 */
	assert_false(legal0(CD_PLAIN & ~BIT(41), &plain));
	features = plain;
	features.ttf = 1;
	assert_false(legal0(CD_PLAIN, &features));
	/* HA, HD */
	features = plain;
	assert_false(legal0(CD_PLAIN | BIT(43), &features));
	assert_false(legal0(CD_PLAIN | BIT(42), &features));
	features.ha = true;
	assert_true(legal0(CD_PLAIN | BIT(43), &features));
	assert_false(legal0(CD_PLAIN | BIT(42), &features));
	features.hd = true;
	assert_true(legal0(CD_PLAIN | BIT(42) | BIT(43), &features));
	/* ASID */
	features = plain;
	features.asid16 = false;
	for (unsigned int bit = 0; bit < 16; bit++) {
		assert_true(legal0(CD_PLAIN | BIT(48 + bit), &plain));
		assert_int_equal(legal0(CD_PLAIN | BIT(48 + bit), &features), bit < 8);
	}
}

/* 5.5: what S1STALLD, STALL_MODEL and S make of a CD. */
TEST(stalls_are_checked)
{
	static const bool legal_of[3][2][2] = {
		/* model; S1STALLD = 0: S = 0, 1; S1STALLD = 1: S = 0, 1 */
		{{true, true}, {true, false}},
		{{true, false}, {true, false}},
		{{false, true}, {false, false}},
	};
	struct arch_features features = plain;
	struct arch_cd cd;

	for (unsigned int i = 0; i < 3 * 2 * 2; i++) {
		const unsigned int s = i & 1, stalld = i >> 1 & 1, model = i >> 2;
		const uint64_t word[8] = {CD_PLAIN | (s ? BIT(44) : 0)};

		features.stall_model = (uint8_t)model;
		assert_int_equal(
			arch_cd_parse(word, &features, stalld, &cd), legal_of[model][stalld][s]);
	}
}

TEST(endianness_is_checked_unless_no_walk_uses_it)
{
	struct arch_features features = plain;

	for (unsigned int i = 0; i < 4 * 2 * 4; i++) {
		const unsigned int model = i & 3, endi = i >> 2 & 1, epd = i >> 3;
		const uint64_t cd = CD_PLAIN | (endi ? BIT(15) : 0) | (epd & 1 ? BIT(14) : 0) |
				    (epd & 2 ? BIT(30) : 0);
		const bool bad = (model == 2 && endi) || (model == 3 && !endi);

		features.ttendian = (uint8_t)model;
		assert_int_equal(legal0(cd, &features), epd == 3 || !bad);
	}
}

/* Granules by the two encodings, sizes by 5.4 (T0SZ), in both halves. */
static bool tsz_expected(
	const struct arch_features *features, unsigned int kib, unsigned int tsz, bool ds)
{
	unsigned int min = 16, max = 39;

	if (!kib || (kib == 4 && !features->gran4k) || (kib == 16 && !features->gran16k) ||
		(kib == 64 && !features->gran64k))
		return false;
	if (features->stt)
		max = kib == 64 ? 47 : 48;
	if (features->vax && (kib == 64 || (features->ds && ds)))
		min = 12;
	return min <= tsz && tsz <= max;
}

TEST(granules_and_sizes_are_checked)
{
	static const unsigned int kib_of[2][4] = {{4, 64, 16, 0}, {0, 16, 4, 64}};

	for (unsigned int i = 0; i < 64 * 4 * 2 * 2 * 64; i++) {
		const unsigned int tsz = i & 63, tg = i >> 6 & 3, half = i >> 8 & 1;
		const bool ds = i >> 9 & 1;
		const unsigned int f = i >> 10;
		struct arch_features features = plain;
		const unsigned int shift = half ? 16 : 0;
		uint64_t word[8] = {CD_PLAIN, 0x1000, 0x2000 | (ds ? BIT(58) : 0)};
		bool want;

		features.gran4k = f & 1;
		features.gran16k = f >> 1 & 1;
		features.gran64k = f >> 2 & 1;
		features.stt = f >> 3 & 1;
		features.vax = f >> 4 & 1;
		features.ds = f >> 5 & 1;
		features.oas = 52;
		/* The other half is disabled, with nonsense in it. */
		word[0] &= ~(UINT64_C(0x00ff00ff));
		word[0] |= half ? 0xff | BIT(14) : UINT64_C(0x00ff0000) | BIT(30);
		word[0] &= ~(UINT64_C(0xff) << shift);
		word[0] |= (uint64_t)(tsz | tg << 6) << shift;
		want = tsz_expected(&features, kib_of[half][tg], tsz, ds);
		assert_int_equal(legal(word, &features), want);
		word[0] |= BIT(half ? 30 : 14);
		assert_true(legal(word, &features));
	}
}

/* TTBx within the effective IPS, and within 48 bits where descriptors have no more. */
TEST(table_bases_are_checked)
{
	static const uint8_t ips_bits[8] = {32, 36, 40, 42, 44, 48, 52, 52};

	for (unsigned int i = 0; i < 8 * 8 * 2 * 2 * 2; i++) {
		const unsigned int ips = i & 7, half = i >> 6 & 1;
		const bool is_64k = i >> 7 & 1, ds = i >> 8 & 1;
		struct arch_features features = plain;
		unsigned int bits = ips_bits[ips];

		features.oas = ips_bits[i >> 3 & 7];
		features.ds = true;
		if (bits > features.oas)
			bits = features.oas;
		if (bits > 48 && !is_64k && !ds)
			bits = 48;
		for (unsigned int bit = 4; bit < 52; bit++) {
			uint64_t word[8] = {CD_PLAIN & ~(UINT64_C(7) << 32), 0, ds ? BIT(58) : 0};

			word[0] |= (uint64_t)ips << 32;
			if (is_64k)
				word[0] = (word[0] & ~(UINT64_C(3) << 22)) | 1 << 6 |
					  UINT64_C(3) << 22;
			word[1 + half] |= BIT(bit);
			assert_int_equal(legal(word, &features), bit < bits);
			word[0] |= BIT(half ? 30 : 14);
			assert_true(legal(word, &features));
		}
	}
}

TEST(fields_are_effective)
{
	struct arch_features features = plain;
	struct arch_cd cd;
	uint64_t word[8] = {CD_PLAIN | BIT(30) | UINT64_C(3) << 12 | BIT(35) | BIT(36) | BIT(38) |
				    BIT(40) | BIT(47) | UINT64_C(0xabcd) << 48,
		UINT64_C(0x00f0002345678ff2), BIT(1), UINT64_C(0x1122334455667788)};

	assert_true(arch_cd_parse(word, &plain, false, &cd));
	assert_int_equal(cd.region[0].base, 0x2345678000);
	assert_int_equal(cd.region[0].granule, 12);
	assert_int_equal(cd.region[0].ia_bits, 39);
	assert_int_equal(cd.region[0].sh, 3);
	assert_true(cd.region[0].had);
	assert_true(cd.region[0].tbi);
	assert_false(cd.region[0].disabled);
	assert_true(cd.region[1].disabled);
	assert_false(cd.region[1].tbi);
	assert_int_equal(cd.mair, word[3]);
	assert_int_equal(cd.asid, 0xabcd);
	assert_int_equal(cd.oa_bits, 40);
	assert_true(cd.aset && cd.affd && cd.wxn && cd.pan && cd.abort && cd.record);
	assert_false(cd.big_endian);
	word[0] |= BIT(15);
	features.ttendian = ARCH_TTENDIAN_MIXED;
	assert_true(arch_cd_parse(word, &features, false, &cd));
	assert_true(cd.big_endian);
	features.had = false;
	features.oas = 36;
	word[1] = 0x1000 | 2;
	assert_true(arch_cd_parse(word, &features, false, &cd));
	assert_int_equal(cd.oa_bits, 36);
	assert_false(cd.region[0].had);
	/* R alone suppresses; S never does (5.5). */
	word[0] &= ~BIT(45);
	assert_true(arch_cd_parse(word, &features, false, &cd));
	assert_false(cd.record);
	features.stall_model = ARCH_STALL_OR_TERMINATE;
	word[0] |= BIT(44);
	assert_true(arch_cd_parse(word, &features, false, &cd));
	assert_true(cd.record);
}

/* Of each half, and with every bit set that is not looked at. */
TEST(halves_are_read_apart)
{
	struct arch_features features = plain;

	features.oas = 52;
	features.ds = true;
	for (unsigned int i = 0; i < 2 * 2 * 4 * 3; i++) {
		static const uint8_t tg_of[2][3] = {{0, 2, 1}, {2, 1, 3}};
		static const uint8_t granule[3] = {12, 14, 16};
		const unsigned int half = i & 1, sh = i >> 2 & 3, g = i >> 4;
		const bool set = i >> 1 & 1;
		uint64_t word[8] = {CD_PLAIN | UINT64_C(0x0f000f00), 0x1000, 0x1000, 0};
		struct arch_cd cd;

		/* TGx, TxSZ, SHx of this half; HADx, TBIx and DS */
		word[0] &= ~(UINT64_C(0x30ff) << 16 * half);
		word[0] |= (sh << 12 | (uint64_t)tg_of[half][g] << 6 | 20) << 16 * half;
		word[1 + half] |= set ? BIT(1) : 0;
		word[0] |= set ? BIT(38 + half) : 0;
		word[2] |= set ? BIT(58) : 0;
		assert_true(arch_cd_parse(word, &features, false, &cd));
		assert_int_equal(cd.region[half].granule, granule[g]);
		assert_int_equal(cd.region[half].ia_bits, 44);
		assert_int_equal(cd.region[half].sh, sh);
		assert_int_equal(cd.region[half].had, set);
		assert_int_equal(cd.region[half].tbi, set);
		assert_int_equal(cd.region[half].lpa, g == 2);
		assert_int_equal(cd.region[half].lpa2, set && g != 2);
		assert_false(cd.region[!half].had || cd.region[!half].tbi || cd.region[!half].lpa);
		assert_int_equal(cd.region[!half].ia_bits, 39);
	}
}

/* The table at the start level is aligned to its size, to 64 bytes with 52-bit addresses. */
TEST(table_bases_are_aligned)
{
	static const struct {
		uint64_t word0; /* TG0 and T0SZ */
		uint64_t base;
		uint8_t oas;
	} cases[] = {
		{25, UINT64_C(0xffffffff000), 44},
		{16, UINT64_C(0xffffffff000), 44},
		{24, UINT64_C(0xffffffffff0), 44}, /* level 0, 2 entries */
		{26, UINT64_C(0xffffffff800), 44},
		{33, UINT64_C(0xffffffffff0), 44},	    /* level 1, 2 entries */
		{39, UINT64_C(0xfffffffff80), 44},	    /* level 2, 16 entries */
		{48, UINT64_C(0xfffffffff80), 44},	    /* level 3, 16 entries */
		{16 | 2 << 6, UINT64_C(0xffffffffff0), 44}, /* 16K: level 0, 2 entries */
		{47 | 1 << 6, UINT64_C(0xffffffffff0), 44}, /* 64K: level 3, 2 entries */
		{22 | 1 << 6, UINT64_C(0xfffffff0000), 44}, /* 64K: level 2, 8192 entries */
		{33, UINT64_C(0xffffffffff0), 48},
		{33, UINT64_C(0xfffffffffc0), 52},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arch_features features = plain;
		uint64_t word[8] = {(CD_PLAIN & ~UINT64_C(0x7000000ff)) | UINT64_C(6) << 32 |
					    BIT(30) | cases[i].word0,
			UINT64_C(0xffffffffff0)};
		struct arch_cd cd;
		features.stt = true;
		features.oas = cases[i].oas;
		assert_true(arch_cd_parse(word, &features, false, &cd));
		assert_int_equal(cd.region[0].base, cases[i].base);
	}
}

TEST(random_cds_do_no_harm)
{
	struct rng rng = {.state = 4};
	unsigned int good = 0;

	for (unsigned int i = 0; i < 300000; i++) {
		struct arch_features features = plain;
		uint64_t word[8];
		struct arch_cd cd;

		for (unsigned int w = 0; w < 8; w++)
			word[w] = rng_next(&rng);
		word[0] |= BIT(31) | BIT(41) | BIT(46);
		word[0] &= ~(BIT(42) | BIT(43) | BIT(44) | BIT(15));
		features.stt = i & 1;
		features.vax = i >> 1 & 1;
		features.ds = i >> 2 & 1;
		features.oas = 52;
		good += arch_cd_parse(word, &features, i & 1, &cd);
	}
	assert_true(good > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(every_substream_finds_its_cd),
		UNIT_TEST_PLAIN(level_1_descriptors_can_fail),
		UNIT_TEST_PLAIN(the_whole_is_checked),
		UNIT_TEST_PLAIN(stalls_are_checked),
		UNIT_TEST_PLAIN(endianness_is_checked_unless_no_walk_uses_it),
		UNIT_TEST_PLAIN(granules_and_sizes_are_checked),
		UNIT_TEST_PLAIN(table_bases_are_checked),
		UNIT_TEST_PLAIN(fields_are_effective),
		UNIT_TEST_PLAIN(halves_are_read_apart),
		UNIT_TEST_PLAIN(table_bases_are_aligned),
		UNIT_TEST_PLAIN(random_cds_do_no_harm),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
