/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random hosts, configs and orders of coming and going, against an oracle that knows nothing of
 * the library but the ID registers: the guest reads exactly what all share, and an endpoint is
 * accepted exactly when it has that.
 */
#include "identity_fixture.h"

#include "lib/rng.h"

#define ROUNDS 10000
#define STEPS  10
#define SMMUS  HOST_INTERPOSER_SMMUS

/* An SMMU, or what a guest sees of one: fields as the registers have them, but OAS in bits. */
struct seen {
	unsigned int granules, ssid, bbml, vax, oas;
	bool asid16, cd2l, ril, ds, term, ats;
	bool usable;
};

static unsigned int bits(uint32_t value, unsigned int high, unsigned int low)
{
	return value >> low & ((1u << (high - low + 1)) - 1);
}

static unsigned int oas_of(unsigned int encoded)
{
	static const unsigned int sizes[] = {32, 36, 40, 42, 44, 48, 52, 52};

	return sizes[encoded];
}

static unsigned int at_most(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static struct seen see(const uint32_t idr[6], bool ats)
{
	struct seen seen = {
		.granules = bits(idr[5], 6, 4),
		.ssid = at_most(bits(idr[1], 10, 6), 20),
		.bbml = bits(idr[3], 12, 11) % 3,
		.vax = bits(idr[5], 11, 10) % 3,
		.oas = oas_of(bits(idr[5], 2, 0)),
		.asid16 = bits(idr[0], 12, 12),
		.cd2l = bits(idr[0], 19, 19),
		.ril = bits(idr[3], 10, 10),
		.ds = bits(idr[5], 7, 7),
		.term = bits(idr[0], 26, 26),
		.ats = ats,
	};

	seen.usable = bits(idr[0], 3, 3) && bits(idr[0], 21, 21) == 0 &&
		      bits(idr[0], 25, 25) == 0 && seen.granules;
	return seen;
}

static struct seen meet(struct seen a, struct seen b)
{
	return (struct seen){
		.granules = a.granules & b.granules,
		.ssid = at_most(a.ssid, b.ssid),
		.bbml = at_most(a.bbml, b.bbml),
		.vax = at_most(a.vax, b.vax),
		.oas = at_most(a.oas, b.oas),
		.asid16 = a.asid16 && b.asid16,
		.cd2l = a.cd2l && b.cd2l,
		.ril = a.ril && b.ril,
		.ds = a.ds && b.ds,
		.term = a.term || b.term,
		.ats = a.ats && b.ats,
		.usable = a.usable && b.usable,
	};
}

static bool has_52_bits(const struct seen *seen)
{
	return seen->granules & VSMMU_GRANULE_64K || seen->ds;
}

/* Return: whether SMMUs that share @shared can do what the config asks for: then @guest is that. */
static bool promise(const struct vsmmu_config *config, struct seen shared, struct seen *guest)
{
	const unsigned int low = VSMMU_GRANULE_4K | VSMMU_GRANULE_16K;

	*guest = shared;
	if (!shared.usable || (config->granules & ~shared.granules) ||
		(config->ats == 1 && !shared.ats) || (config->asid_bits == 16 && !shared.asid16) ||
		(config->ssid_bits != VSMMU_AUTO && config->ssid_bits > shared.ssid))
		return false;
	if (config->granules)
		guest->granules = config->granules;
	if (!guest->granules)
		return false;
	guest->ds = shared.ds && shared.vax && guest->granules & low;
	/* More than 52 bits would need descriptors of 128 bits. */
	guest->vax = has_52_bits(guest) ? at_most(shared.vax, 1) : 0;
	if (config->oas_bits != VSMMU_AUTO)
		guest->oas = config->oas_bits ? config->oas_bits : 44;
	else if (guest->oas == 52 && !has_52_bits(guest))
		guest->oas = 48;
	if (guest->oas == 52 && !has_52_bits(guest))
		return false;
	if (config->ssid_bits != VSMMU_AUTO)
		guest->ssid = config->ssid_bits;
	guest->cd2l = guest->cd2l && guest->ssid;
	if (config->ats != VSMMU_AUTO)
		guest->ats = config->ats;
	guest->asid16 = guest->asid16 && config->asid_bits != 8;
	guest->ril = guest->ril && !config->no_ril;
	return true;
}

static bool keeps(
	const struct vsmmu_config *config, const struct seen *host, const struct seen *guest)
{
	return host->usable && !(guest->granules & ~host->granules) && guest->ssid <= host->ssid &&
	       guest->bbml <= host->bbml && guest->vax <= host->vax &&
	       guest->asid16 <= host->asid16 && guest->cd2l <= host->cd2l &&
	       guest->ril <= host->ril && guest->ds <= host->ds && guest->term >= host->term &&
	       guest->ats <= host->ats &&
	       (config->oas_bits != VSMMU_AUTO || guest->oas <= host->oas);
}

/* Most are usable, and like others. */
static struct host_hw_info random_host(struct rng *rng)
{
	struct host_hw_info info = {.ats = rng_below(rng, 4)};
	const bool wild = !rng_below(rng, 8);

	for (unsigned int i = 0; i < 6; i++)
		info.idr[i] = (uint32_t)(rng_next(rng) | rng_next(rng));
	if (wild)
		return info;
	info.idr[0] = (info.idr[0] & ~0x02200000u) | 8;
	info.idr[1] |= rng_below(rng, 4) ? 0x200 : 0;
	info.idr[5] |= rng_below(rng, 8) ? 0x10 : 0x20;
	info.idr[5] = (info.idr[5] & ~7u) | (uint32_t)rng_below(rng, 8);
	return info;
}

static struct vsmmu_config random_config(struct rng *rng)
{
	static const uint32_t ats[] = {0, 1, VSMMU_AUTO, VSMMU_AUTO};
	static const uint32_t ssid[] = {0, 4, 16, VSMMU_AUTO};
	static const uint32_t oas[] = {0, 32, 48, 52, VSMMU_AUTO, VSMMU_AUTO};
	static const uint32_t granules[] = {0, 0, 0, 0, 1, 3, 4, 5, 7};
	static const uint32_t asid[] = {0, 0, 8, 16};

	return (struct vsmmu_config){
		.ats = ats[rng_below(rng, 4)],
		.ssid_bits = ssid[rng_below(rng, 4)],
		.oas_bits = oas[rng_below(rng, 6)],
		.granules = granules[rng_below(rng, 9)],
		.asid_bits = asid[rng_below(rng, 4)],
		.no_ril = !rng_below(rng, 4),
		.report_burst = 1000,
	};
}

struct play {
	struct identity_fixture fixture;
	struct vsmmu_config config;
	struct seen host[SMMUS];
	struct seen guest; /* once frozen */
	bool frozen;
	unsigned int attached, accepted, refused;
};

static bool promise_now(const struct play *play, int another, struct seen *guest)
{
	/* The simulator's, without the sizes that nobody has asked for. */
	struct seen shared = {.granules = 7,
		.oas = 44,
		.asid16 = true,
		.cd2l = true,
		.ril = true,
		.term = true,
		.usable = true};
	bool any = false;

	/* With nobody there all may be asked for that anybody could do. */
	if (play->config.ssid_bits != VSMMU_AUTO)
		shared.ssid = 20;
	shared.ats = play->config.ats == 1;
	for (int i = 0; i < SMMUS; i++) {
		if (!play->fixture.endpoint[i] && i != another)
			continue;
		shared = any ? meet(shared, play->host[i]) : play->host[i];
		any = true;
	}
	return promise(&play->config, shared, guest);
}

static void expect_guest(struct play *play, const struct seen *guest)
{
	const struct vsmmu_identity identity = fixture_identity(&play->fixture);
	const struct seen seen = see(identity.idr, identity.ats);

	assert_int_equal(seen.granules, guest->granules);
	assert_int_equal(seen.ssid, guest->ssid);
	assert_int_equal(seen.bbml, guest->bbml);
	assert_int_equal(seen.vax, guest->vax);
	assert_int_equal(seen.oas, guest->oas);
	assert_int_equal(seen.asid16, guest->asid16);
	assert_int_equal(seen.cd2l, guest->cd2l);
	assert_int_equal(seen.ril, guest->ril);
	assert_int_equal(seen.ds, guest->ds);
	assert_int_equal(seen.term, guest->term);
	assert_int_equal(identity.idr[0] >> 10 & 1, guest->ats);
	assert_int_equal(identity.frozen, play->frozen);
}

static void come(struct play *play, unsigned int smmu)
{
	const unsigned int reports = play->fixture.vmm->report_count;
	struct seen guest;
	const bool expected = play->frozen ? keeps(&play->config, &play->host[smmu], &play->guest)
					   : promise_now(play, (int)smmu, &guest);

	assert_int_equal(fixture_attach(&play->fixture, smmu), expected ? 0 : -ENODEV);
	assert_int_equal(play->fixture.vmm->report_count - reports, !expected);
	play->accepted += expected;
	play->refused += !expected;
}

static void come_or_go(struct play *play, struct rng *rng)
{
	const unsigned int smmu = (unsigned int)rng_below(rng, SMMUS);
	struct seen guest;

	if (play->fixture.endpoint[smmu])
		fixture_detach(&play->fixture, smmu);
	else
		come(play, smmu);
	if (!play->frozen)
		assert_true(promise_now(play, -1, &guest));
	expect_guest(play, play->frozen ? &play->guest : &guest);
}

static void freeze(struct play *play, struct rng *rng)
{
	struct test_vmm *vmm = play->fixture.vmm;
	const struct vsmmu_identity before = fixture_identity(&play->fixture);

	switch (rng_below(rng, 3)) {
	case 0:
		assert_int_equal(vsmmu_freeze_identity(vmm->vsmmu), 0);
		break;
	case 1:
		test_vmm_read(vmm, SMMU_IDR0 + 4 * rng_below(rng, 8));
		break;
	default:
		test_vmm_write(vmm, SMMU_CR1, 0);
		break;
	}
	play->frozen = true;
	assert_true(promise_now(play, -1, &play->guest));
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 4 * i), before.idr[i]);
	expect_guest(play, &play->guest);
}

TEST(the_guest_is_told_exactly_what_all_share)
{
	struct rng rng = {.state = 20261129};
	unsigned int refused_at_once = 0, accepted[2] = {0}, refused[2] = {0};

	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct play play = {.config = random_config(&rng)};
		struct seen guest;
		const bool possible = promise_now(&play, -1, &guest);

		assert_int_equal(
			fixture_try(&play.fixture, false, &play.config), possible ? 0 : -EINVAL);
		for (unsigned int smmu = 0; possible && smmu < SMMUS; smmu++) {
			play.fixture.host->info[smmu] = random_host(&rng);
			play.host[smmu] = see(play.fixture.host->info[smmu].idr,
				play.fixture.host->info[smmu].ats);
		}
		for (unsigned int step = 0; possible && step < STEPS; step++)
			come_or_go(&play, &rng);
		accepted[0] += play.accepted;
		refused[0] += play.refused;
		play.accepted = 0;
		play.refused = 0;
		if (possible)
			freeze(&play, &rng);
		for (unsigned int step = 0; possible && step < STEPS; step++)
			come_or_go(&play, &rng);
		accepted[1] += play.accepted;
		refused[1] += play.refused;
		refused_at_once += !possible;
		fixture_free(&play.fixture);
	}
	/* All of it happened, and often. */
	assert_true(refused_at_once > 20);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(accepted[i] > ROUNDS);
		assert_true(refused[i] > ROUNDS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1 S6", the_guest_is_told_exactly_what_all_share),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
