/* SPDX-License-Identifier: BSD-2-Clause */
/* Stream table entries: what is ILLEGAL, and what the kernel and the hardware are given. */
#include <vsmmu/event.h>

#include "arch/ste.h"
#include "host/sim/sim_ste.h"
#include "lib/rng.h"
#include "lib/unit.h"

static const struct arch_features plain = {
	.s1p = true, .ttf = 2, .stall_model = ARCH_STALL_NONE, .oas = 44};

struct fields {
	unsigned int v, config, s1fmt, s1cdmax, s1dss, stalld, eats;
	uint64_t pointer;
};

static void pack(const struct fields *fields, uint64_t word[8])
{
	memset(word, 0, 64);
	word[0] = fields->v | fields->config << 1 | fields->s1fmt << 4 | fields->pointer |
		  (uint64_t)fields->s1cdmax << 59;
	word[1] = fields->s1dss | (uint64_t)fields->stalld << 27 | (uint64_t)fields->eats << 28;
}

static enum arch_ste_kind kind_of(const struct fields *fields, const struct arch_features *features)
{
	struct arch_ste ste;
	uint64_t word[8];

	pack(fields, word);
	arch_ste_parse(word, features, &ste);
	return ste.kind;
}

TEST(an_invalid_ste_is_bad_whatever_it_says)
{
	uint64_t word[8];
	struct arch_ste ste;

	memset(word, 0xff, sizeof(word));
	word[0] &= ~UINT64_C(1);
	arch_ste_parse(word, &plain, &ste);
	assert_int_equal(ste.kind, ARCH_STE_BAD);
	memset(word, 0, sizeof(word));
	arch_ste_parse(word, &plain, &ste);
	assert_int_equal(ste.kind, ARCH_STE_BAD);
}

TEST(config_chooses_the_kind)
{
	static const uint8_t kinds[8] = {ARCH_STE_ABORT, ARCH_STE_ABORT, ARCH_STE_ABORT,
		ARCH_STE_ABORT, ARCH_STE_BYPASS, ARCH_STE_S1, ARCH_STE_BAD, ARCH_STE_BAD};
	struct arch_features with_s2 = plain;

	with_s2.s2p = true;
	for (unsigned int config = 0; config < 8; config++) {
		struct fields fields = {.v = 1, .config = config};

		assert_int_equal(kind_of(&fields, &plain), kinds[config]);
		assert_int_equal(kind_of(&fields, &with_s2), kinds[config]);
	}
}

/* Only stage 1 looks at the stage 1 fields. */
TEST(abort_and_bypass_ignore_the_rest)
{
	for (unsigned int config = 0; config < 5; config++) {
		struct fields fields = {.v = 1,
			.config = config,
			.s1fmt = 3,
			.s1cdmax = 31,
			.s1dss = 3,
			.stalld = 1,
			.eats = 3,
			.pointer = UINT64_C(0xffffffffffffc0)};
		const enum arch_ste_kind kind = config == 4 ? ARCH_STE_BYPASS : ARCH_STE_ABORT;
		uint64_t vste[2], word[8];
		struct arch_ste ste;

		pack(&fields, word);
		arch_ste_parse(word, &plain, &ste);
		assert_int_equal(ste.kind, kind);
		arch_ste_host(&ste, &plain, &plain, vste);
		assert_int_equal(vste[0], config == 4 ? 9 : 1);
		assert_int_equal(vste[1], 0);
	}
}

/* SteIllegal() of 5.2.2, for a Non-secure STE with Config = 0b101, as sentences. */
static bool illegal(const struct fields *fields, const struct arch_features *features)
{
	const bool substreams = features->ssid_bits > 0;

	if (!features->s1p)
		return true;
	if (features->ats && fields->eats == 2)
		return true;
	if (fields->stalld && features->stall_model != 0)
		return true;
	if (substreams && fields->s1cdmax > features->ssid_bits)
		return true;
	if (substreams && fields->s1cdmax && !features->cd2l &&
		(fields->s1fmt == 1 || fields->s1fmt == 2))
		return true;
	return fields->pointer >= UINT64_C(1) << features->oas;
}

static void check_all_fields(const struct arch_features *features)
{
	static const uint64_t pointers[] = {0, UINT64_C(0xffffffffffc0), UINT64_C(0x1000000000000),
		UINT64_C(0x10000000000000), UINT64_C(0x80000000000000)};

	for (unsigned int i = 0; i < 4 * 32 * 4 * 2 * 4; i++) {
		struct fields fields = {.v = 1,
			.config = 5,
			.s1fmt = i & 3,
			.s1cdmax = i >> 2 & 31,
			.s1dss = i >> 7 & 3,
			.stalld = i >> 9 & 1,
			.eats = i >> 10 & 3};

		for (unsigned int p = 0; p < sizeof(pointers) / sizeof(pointers[0]); p++) {
			fields.pointer = pointers[p];
			assert_int_equal(kind_of(&fields, features),
				illegal(&fields, features) ? ARCH_STE_BAD : ARCH_STE_S1);
		}
	}
}

TEST(every_illegal_stage_1_ste_is_bad)
{
	static const uint8_t ssid_bits[] = {0, 1, 8, 20};
	static const uint8_t oas[] = {32, 48, 52};

	for (unsigned int i = 0; i < 2 * 2 * 2 * 4; i++) {
		struct arch_features features = {.s1p = i & 1,
			.ats = i >> 1 & 1,
			.cd2l = i >> 2 & 1,
			.stall_model = i >> 3 & 3,
			.ttf = 2};

		for (unsigned int s = 0; s < 4; s++) {
			features.ssid_bits = ssid_bits[s];
			features.oas = oas[(s + i) % 3];
			check_all_fields(&features);
		}
	}
}

/* Reserved and IGNORED values have their effective value, so that STEs can be compared. */
TEST(fields_are_effective)
{
	struct arch_features features = plain;
	struct fields fields = {.v = 1,
		.config = 5,
		.s1fmt = 3,
		.s1cdmax = 4,
		.s1dss = 3,
		.eats = 1,
		.pointer = 0xffc0};
	uint64_t word[8];
	struct arch_ste ste;

	features.ssid_bits = 8;
	pack(&fields, word);
	arch_ste_parse(word, &features, &ste);
	assert_int_equal(ste.s1fmt, ARCH_S1FMT_LINEAR);
	assert_int_equal(ste.s1dss, ARCH_S1DSS_TERMINATE);
	assert_int_equal(ste.s1cdmax, 4);
	assert_int_equal(ste.eats, 0);
	assert_int_equal(ste.s1contextptr, 0xfc00);
	features.ats = true;
	arch_ste_parse(word, &features, &ste);
	assert_int_equal(ste.eats, 1);
	features.ssid_bits = 0;
	arch_ste_parse(word, &features, &ste);
	assert_int_equal(ste.s1cdmax, 0);
	assert_int_equal(ste.s1contextptr, 0xffc0);
}

/* With every bit around them set, and in the words for the kernel at their place. */
TEST(fields_have_their_width)
{
	struct arch_features features = plain;

	features.ssid_bits = 20;
	features.cd2l = true;
	features.ats = true;
	for (uint64_t i = 0; i < 4 * 4 * 4 * 21; i++) {
		const uint64_t s1dss = i & 3, eats = i >> 2 & 3, s1fmt = i >> 4 & 3,
			       s1cdmax = i >> 6;
		uint64_t word[8] = {0xb | s1fmt << 4 | UINT64_C(0x0700000000000000) | s1cdmax << 59,
			UINT64_C(0xffffffffc7fffffc) | s1dss | eats << 28};
		uint64_t vste[2];
		struct arch_ste ste;

		arch_ste_parse(word, &features, &ste);
		if (eats == 2) {
			assert_int_equal(ste.kind, ARCH_STE_BAD);
			continue;
		}
		assert_int_equal(ste.kind, ARCH_STE_S1);
		arch_ste_host(&ste, &features, &features, vste);
		assert_int_equal(
			vste[0], 0xb | (s1cdmax && s1fmt != 3 ? s1fmt << 4 : 0) | s1cdmax << 59);
		assert_int_equal(vste[1], 0xfc | (s1cdmax && s1dss != 3 ? s1dss : 0) |
						  (eats & 1 & ~(eats >> 1)) << 28);
	}
}

/* 5.2, S1Fmt: a linear table is aligned to its size, level 1 to its size or 64 bytes. */
TEST(s1contextptr_is_aligned_to_the_table)
{
	struct arch_features features = plain;

	features.cd2l = true;
	features.ssid_bits = 20;
	for (unsigned int s1cdmax = 0; s1cdmax <= 20; s1cdmax++) {
		for (unsigned int s1fmt = 0; s1fmt < 4; s1fmt++) {
			struct fields fields = {.v = 1,
				.config = 5,
				.s1fmt = s1fmt,
				.s1cdmax = s1cdmax,
				.pointer = UINT64_C(0xfffffffffc0)};
			unsigned int leaf = s1fmt == 1 ? 64 : 1024;
			uint64_t bytes = 64, entries = UINT64_C(1) << s1cdmax;
			struct arch_ste ste;
			uint64_t word[8];

			if (s1cdmax && (s1fmt == 0 || s1fmt == 3))
				bytes = entries * 64;
			else if (s1cdmax && entries / leaf * 8 > 64)
				bytes = entries / leaf * 8;
			pack(&fields, word);
			arch_ste_parse(word, &features, &ste);
			assert_int_equal(ste.kind, ARCH_STE_S1);
			assert_int_equal(ste.s1contextptr, UINT64_C(0xfffffffffc0) / bytes * bytes);
		}
	}
}

TEST(overrides_need_attr_perms_ovr)
{
	struct arch_features features = plain;
	struct arch_ste ste;

	for (unsigned int i = 0; i < 32; i++) {
		uint64_t privcfg = i & 3, instcfg = i >> 2 & 3;
		uint64_t word[8] = {i & 16 ? 0x9 : 0xb, privcfg << 48 | instcfg << 50};

		features.attr_perms_ovr = false;
		arch_ste_parse(word, &features, &ste);
		assert_int_equal(ste.privcfg | ste.instcfg, 0);
		features.attr_perms_ovr = true;
		arch_ste_parse(word, &features, &ste);
		assert_int_equal(ste.privcfg, privcfg < 2 ? 0 : privcfg);
		assert_int_equal(ste.instcfg, instcfg < 2 ? 0 : instcfg);
	}
}

static struct arch_features random_features(struct rng *rng)
{
	static const uint8_t oas[] = {32, 36, 40, 42, 44, 48, 52};
	uint64_t bits = rng_next(rng);

	return (struct arch_features){.s1p = true,
		.ats = bits & 1,
		.cd2l = bits >> 1 & 1,
		.stall_model = bits >> 2 & 3,
		.ssid_bits = (uint8_t)rng_below(rng, 21),
		.ttf = 2,
		.oas = oas[rng_below(rng, 7)]};
}

/* Any guest's STE gives words that the kernel's own filter accepts. */
TEST(the_kernel_takes_every_ste)
{
	struct rng rng = {.state = 1};
	unsigned int seen[4] = {0};

	for (unsigned int i = 0; i < 200000; i++) {
		struct arch_features guest = random_features(&rng), host = random_features(&rng);
		uint64_t word[8], vste[2];
		struct arch_ste ste;
		uint32_t config;

		for (unsigned int w = 0; w < 8; w++)
			word[w] = rng_next(&rng);
		if (i & 1)
			word[0] = (word[0] & UINT64_C(0x080fffffffffffc0)) | 0xb;
		arch_ste_parse(word, &guest, &ste);
		arch_ste_host(&ste, &guest, &host, vste);
		assert_int_equal(sim_ste_validate(vste, &config), 0);
		seen[ste.kind]++;
		switch (ste.kind) {
		case ARCH_STE_BYPASS:
			assert_int_equal(config, SIM_STE_CONFIG_BYPASS);
			break;
		case ARCH_STE_S1:
			assert_int_equal(config, SIM_STE_CONFIG_S1);
			break;
		default:
			assert_int_equal(config, SIM_STE_CONFIG_ABORT);
			break;
		}
		assert_int_equal(vste[0] & 1, ste.kind != ARCH_STE_BAD);
	}
	for (unsigned int kind = 0; kind < 4; kind++)
		assert_true(seen[kind] > 1000);
}

static bool same(const struct arch_ste *a, const struct arch_ste *b)
{
	return a->kind == b->kind && a->s1fmt == b->s1fmt && a->s1dss == b->s1dss &&
	       a->s1cdmax == b->s1cdmax && a->eats == b->eats && a->s1_cache == b->s1_cache &&
	       a->s1stalld == b->s1stalld && a->s1contextptr == b->s1contextptr;
}

/* To hardware that has what the guest was promised, the words mean what the guest's did. */
TEST(the_hardware_sees_the_same_ste)
{
	struct rng rng = {.state = 2};
	unsigned int s1 = 0;

	for (unsigned int i = 0; i < 200000; i++) {
		struct arch_features guest = random_features(&rng);
		uint64_t word[8], again[8] = {0}, twice[2];
		struct arch_ste ste, other;

		for (unsigned int w = 0; w < 8; w++)
			word[w] = rng_next(&rng);
		word[0] = (word[0] & UINT64_C(0xf80fffffffffffc0)) | 0xb;
		if (guest.stall_model)
			word[1] &= ~(UINT64_C(1) << 27);
		arch_ste_parse(word, &guest, &ste);
		if (ste.kind != ARCH_STE_S1)
			continue;
		s1++;
		arch_ste_host(&ste, &guest, &guest, again);
		arch_ste_parse(again, &guest, &other);
		assert_true(same(&ste, &other));
		arch_ste_host(&other, &guest, &guest, twice);
		assert_memory_equal(again, twice, sizeof(twice));
	}
	assert_true(s1 > 10000);
}

/* Facts of IDR0.STALL_MODEL: 0 can stall, 1 cannot, 2 always does. */
TEST(s1stalld_is_set_where_it_must_and_may_be)
{
	for (unsigned int guest_model = 0; guest_model < 3; guest_model++) {
		for (unsigned int host_model = 0; host_model < 3; host_model++) {
			for (unsigned int stalld = 0; stalld < 2; stalld++) {
				struct arch_features guest = plain, host = plain;
				struct fields fields = {.v = 1, .config = 5, .stalld = stalld};
				uint64_t word[8], vste[2];
				struct arch_ste ste;

				guest.stall_model = (uint8_t)guest_model;
				host.stall_model = (uint8_t)host_model;
				pack(&fields, word);
				arch_ste_parse(word, &guest, &ste);
				if (stalld && guest_model) {
					assert_int_equal(ste.kind, ARCH_STE_BAD);
					continue;
				}
				arch_ste_host(&ste, &guest, &host, vste);
				assert_int_equal(vste[1] >> 27 & 1,
					host_model == 0 && (stalld || guest_model == 1));
			}
		}
	}
}

/* What the hardware gets for a bad STE passes the kernel and fails SteIllegal(). */
TEST(hardware_can_be_given_a_bad_ste)
{
	for (unsigned int model = 0; model < 4; model++) {
		for (unsigned int ssid_bits = 0; ssid_bits <= 20; ssid_bits++) {
			struct arch_features host = {.s1p = true,
				.s2p = true,
				.ttf = 2,
				.cd2l = true,
				.ats = true,
				.oas = 52,
				.stall_model = (uint8_t)model,
				.ssid_bits = (uint8_t)ssid_bits};
			uint64_t vste[8] = {0};
			struct arch_ste ste;
			uint32_t config;

			if (!model && !ssid_bits) {
				assert_false(arch_ste_host_bad(&host, vste));
				continue;
			}
			assert_true(arch_ste_host_bad(&host, vste));
			assert_int_equal(sim_ste_validate(vste, &config), 0);
			assert_int_equal(config, SIM_STE_CONFIG_S1);
			arch_ste_parse(vste, &host, &ste);
			assert_int_equal(ste.kind, ARCH_STE_BAD);
			/* With a mistaken idea of the host it still leads nowhere. */
			assert_int_equal(vste[0] & UINT64_C(0x000fffffffffffc0),
				UINT64_C(0x000fffffffffffc0));
		}
	}
}

/* Whatever the kernel's filter lets pass has the kind that comes into force there. */
TEST(words_for_the_kernel_have_a_kind)
{
	static const enum arch_ste_kind kinds[] = {[SIM_STE_CONFIG_ABORT] = ARCH_STE_ABORT,
		[SIM_STE_CONFIG_BYPASS] = ARCH_STE_BYPASS,
		[SIM_STE_CONFIG_S1] = ARCH_STE_S1};
	unsigned int accepted = 0;

	for (uint64_t low = 0; low < 16; low++) {
		const uint64_t vste[2] = {low | UINT64_C(0x80000000), 0xd4};
		uint32_t config;

		if (sim_ste_validate(vste, &config))
			continue;
		assert_int_equal(arch_ste_vste_kind(vste), kinds[config]);
		accepted++;
	}
	assert_int_equal(accepted, 8 + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(an_invalid_ste_is_bad_whatever_it_says),
		UNIT_TEST_PLAIN(config_chooses_the_kind),
		UNIT_TEST_PLAIN(abort_and_bypass_ignore_the_rest),
		UNIT_TEST("S4", every_illegal_stage_1_ste_is_bad),
		UNIT_TEST_PLAIN(fields_are_effective),
		UNIT_TEST_PLAIN(fields_have_their_width),
		UNIT_TEST_PLAIN(s1contextptr_is_aligned_to_the_table),
		UNIT_TEST_PLAIN(overrides_need_attr_perms_ovr),
		UNIT_TEST("S4 P12", the_kernel_takes_every_ste),
		UNIT_TEST("S4 P12", the_hardware_sees_the_same_ste),
		UNIT_TEST_PLAIN(s1stalld_is_set_where_it_must_and_may_be),
		UNIT_TEST_PLAIN(hardware_can_be_given_a_bad_ste),
		UNIT_TEST_PLAIN(words_for_the_kernel_have_a_kind),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
