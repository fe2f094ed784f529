/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints come and go while a guest looks at its ID registers for the first time, for the thread
 * sanitizer and for what must hold in every order: the guest reads one identity and no other, and
 * every endpoint that is attached can keep it.
 */
#include "identity_fixture.h"

#include <pthread.h>

#include "lib/rng.h"

#define ROUNDS 300
#define VCPUS  2

struct race {
	struct identity_fixture fixture;
	pthread_barrier_t begin;
	uint32_t idr5[VCPUS][2]; /* read first, and at the end */
	uint32_t idr1[VCPUS][2];
};

struct vcpu {
	struct race *race;
	unsigned int n;
	pthread_t thread;
};

/* Without assertions, which must not jump out of another thread. */
static uint32_t look(struct race *race, uint64_t offset)
{
	uint64_t value = 0;

	vsmmu_mmio_read(race->fixture.vmm->vsmmu, offset, 4, &value);
	return (uint32_t)value;
}

static void *run_vcpu(void *opaque)
{
	const struct vcpu *vcpu = opaque;
	struct race *race = vcpu->race;

	pthread_barrier_wait(&race->begin);
	for (unsigned int i = 0; i < 2; i++) {
		race->idr5[vcpu->n][i] = look(race, SMMU_IDR5);
		race->idr1[vcpu->n][i] = look(race, SMMU_IDR0 + 4);
		vsmmu_mmio_write(race->fixture.vmm->vsmmu, SMMU_CR1, 4, 0);
	}
	return NULL;
}

static void expect_kept(struct race *race)
{
	const struct vsmmu_identity identity = fixture_identity(&race->fixture);

	assert_true(identity.frozen);
	for (unsigned int n = 0; n < VCPUS; n++) {
		for (unsigned int i = 0; i < 2; i++) {
			assert_int_equal(race->idr5[n][i], identity.idr[5]);
			assert_int_equal(race->idr1[n][i], identity.idr[1]);
		}
	}
	for (unsigned int smmu = 0; smmu < HOST_INTERPOSER_SMMUS; smmu++) {
		const uint32_t *idr = race->fixture.host->info[smmu].idr;

		if (!race->fixture.endpoint[smmu])
			continue;
		assert_int_equal(identity.granules & ~(idr[5] >> 4), 0);
		assert_true(identity.ssid_bits <= (idr[1] >> 6 & 0x1f));
	}
}

static void come_and_go(struct race *race, struct rng *rng)
{
	unsigned int round;

	pthread_barrier_wait(&race->begin);
	for (round = 0; round < 6; round++) {
		const unsigned int smmu = (unsigned int)rng_below(rng, HOST_INTERPOSER_SMMUS);

		if (race->fixture.endpoint[smmu])
			fixture_detach(&race->fixture, smmu);
		else
			fixture_attach(&race->fixture, smmu);
	}
}

TEST(a_guest_looks_while_endpoints_come_and_go)
{
	const struct vsmmu_config config = {.ssid_bits = VSMMU_AUTO, .report_burst = 1000};
	struct rng rng = {.state = 3};

	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct vcpu vcpu[VCPUS];
		struct race race;

		fixture_new(&race.fixture, &config);
		race.fixture.host->info[1].idr[5] = 0x56;
		race.fixture.host->info[2].idr[5] = 0x36;
		race.fixture.host->info[2].idr[1] = 6 << 6;
		race.fixture.host->info[3].idr[1] = 0;
		pthread_barrier_init(&race.begin, NULL, VCPUS + 1);
		for (unsigned int n = 0; n < VCPUS; n++) {
			vcpu[n] = (struct vcpu){.race = &race, .n = n};
			assert_int_equal(
				pthread_create(&vcpu[n].thread, NULL, run_vcpu, &vcpu[n]), 0);
		}
		come_and_go(&race, &rng);
		for (unsigned int n = 0; n < VCPUS; n++)
			pthread_join(vcpu[n].thread, NULL);
		expect_kept(&race);
		pthread_barrier_destroy(&race.begin);
		fixture_free(&race.fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1 S6", a_guest_looks_while_endpoints_come_and_go),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
