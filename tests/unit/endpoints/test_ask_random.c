/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that numbers its buses anew at random, with a VMM that attaches, detaches and sets, and a
 * host that fails at random. An oracle says after each step which StreamID each endpoint has and
 * what it may do; every event has the StreamID that its endpoint had when it was caused.
 */
#include <errno.h>
#include <string.h>

#include <vsmmu/event.h>

#include "install_fixture.h"
#include "lib/rng.h"

#define N	 VSMMU_NO_VSID
#define SEEDS	 60
#define STEPS	 400
#define NUMBERS	 8u /* few, so that they collide */
#define VSID(i)	 FIXTURE_VSID(i)
#define CFGI_ALL UINT64_C(0x04), 31

/* An endpoint, as the rules have it. */
struct told {
	bool attached;
	bool late;
	uint64_t vsid;
	bool unsure;
	uint64_t serial; /* its events since it has that number have greater ones */
	uint64_t before; /* the number that it had before this step */
};

struct oracle {
	struct install_fixture *fixture;
	struct rng rng;
	struct told told[FIXTURE_ENDPOINTS];
	bool smmuen;
	bool gbpa_abort;
	bool forwards; /* this step may forward events before it changes numbers */
	uint64_t serial;
};

static uint64_t ste_word1(uint64_t vsid)
{
	return (vsid & 0x3f) << 2;
}

static uint64_t any_number(struct oracle *oracle)
{
	const uint64_t i = rng_below(&oracle->rng, NUMBERS + 3);

	if (i < NUMBERS)
		return VSID(i);
	return i == NUMBERS ? UINT64_C(1) << 33 | VSID(0) : N;
}

static struct told *holder(struct oracle *oracle, uint64_t vsid)
{
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		if (oracle->told[n].attached && oracle->told[n].vsid == vsid)
			return &oracle->told[n];
	return NULL;
}

/*
 * All numbers are settled: each has its answer, or what it had and said "not yet"; none is had by
 * two; and whoever goes without could not have had it. Which of several gets one is left open.
 */
static void follow_answers(struct oracle *oracle)
{
	struct install_fixture *fixture = oracle->fixture;
	struct told was[FIXTURE_ENDPOINTS];

	memcpy(was, oracle->told, sizeof(was));
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
		struct told *told = &oracle->told[n];

		if (!told->attached)
			continue;
		told->vsid = fixture->endpoint[n]->vsid;
		if (told->vsid != was[n].vsid)
			told->serial = oracle->serial;
	}
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
		const struct told *told = &oracle->told[n];
		const uint64_t answer = fixture->number[n];
		bool wanted = false;

		if (!told->attached)
			continue;
		if (!told->late) {
			assert_int_equal(told->vsid, was[n].vsid);
			continue;
		}
		for (unsigned int other = 0; other < FIXTURE_ENDPOINTS; other++)
			wanted = wanted || (other != n && oracle->told[other].attached &&
						   oracle->told[other].late && was[n].vsid != N &&
						   oracle->told[other].vsid == was[n].vsid);
		if (answer == N) {
			/* It keeps what it had, unless somebody else has that by now; or what it
			 * had been refused before has come. */
			if (told->vsid == N)
				assert_true(was[n].vsid == N || wanted);
			else
				assert_true(told->vsid == was[n].vsid || was[n].vsid == N);
		} else if (told->vsid == N) {
			assert_true(answer >> 16 || holder(oracle, answer));
		} else {
			assert_int_equal(told->vsid, answer);
		}
	}
	for (unsigned int i = 0; i < NUMBERS; i++) {
		unsigned int holders = 0;

		for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
			holders += oracle->told[n].attached && oracle->told[n].vsid == VSID(i);
		assert_true(holders <= 1);
	}
}

/* What each endpoint may do now. */
static void expect_access(struct oracle *oracle)
{
	struct install_fixture *fixture = oracle->fixture;

	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
		const struct told *told = &oracle->told[n];

		if (!told->attached)
			fixture_expect(fixture, n, INTERPOSED_NOTHING);
		else if (!oracle->smmuen && oracle->gbpa_abort)
			fixture_expect_parked(fixture, n);
		else if (!oracle->smmuen)
			fixture_expect_bypass(fixture, n);
		else if (told->vsid == N)
			fixture_expect_parked(fixture, n);
		else
			fixture_expect_nested(fixture, n, STE_S1, ste_word1(told->vsid));
	}
}

/* Some have events; they carry who caused them. */
static void cause_events(struct oracle *oracle)
{
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
		const bool reported =
			oracle->smmuen && oracle->told[n].attached && oracle->told[n].vsid != N;

		if (rng_below(&oracle->rng, 2))
			continue;
		assert_int_equal(fixture_event(oracle->fixture, n, VSMMU_EVENT_F_TRANSLATION,
					 ++oracle->serial << 12 | (uint64_t)n << 60),
			reported);
	}
}

/*
 * Each is one of the endpoint that has its StreamID now, and was caused since it has it. But what
 * was caused before may also have come before it was given up: where a call of the VMM reads a
 * vEVENTQ to see whether the new one is stale, and where the host did not let it give up the old.
 */
static void take_events(struct oracle *oracle)
{
	uint64_t word[4];

	while (fixture_consume(oracle->fixture, word)) {
		const struct told *told = &oracle->told[word[2] >> 60];
		const bool old = (word[2] << 4 >> 16) <= told->serial;

		assert_true(told->attached);
		assert_true(!old || oracle->forwards);
		assert_int_equal(word[0] >> 32, old ? told->before : told->vsid);
	}
	fixture_expect_counted(oracle->fixture);
}

static void step_command(struct oracle *oracle)
{
	const uint64_t vsid = VSID(rng_below(&oracle->rng, NUMBERS));

	if (rng_below(&oracle->rng, 2))
		fixture_command(oracle->fixture, CFGI_ALL);
	else
		fixture_command(oracle->fixture, UINT64_C(0x03) | vsid << 32, 1);
	follow_answers(oracle);
}

static void step_smmuen(struct oracle *oracle)
{
	struct test_vmm *vmm = oracle->fixture->vmm;

	oracle->smmuen = !oracle->smmuen;
	test_vmm_write(vmm, SMMU_CR0, test_vmm_read(vmm, SMMU_CR0) ^ SMMU_CR0_SMMUEN);
	if (oracle->smmuen)
		follow_answers(oracle);
}

static void step_gbpa(struct oracle *oracle)
{
	oracle->gbpa_abort = rng_below(&oracle->rng, 2);
	test_vmm_write(oracle->fixture->vmm, SMMU_GBPA,
		SMMU_GBPA_UPDATE | (oracle->gbpa_abort ? SMMU_GBPA_ABORT : 0));
}

static void step_plug(struct oracle *oracle, unsigned int n)
{
	struct told *told = &oracle->told[n];

	if (told->attached) {
		fixture_detach(oracle->fixture, n);
		*told = (struct told){0};
		return;
	}
	if (!rng_below(&oracle->rng, 4)) {
		const bool taken = holder(oracle, VSID(n));

		assert_int_equal(fixture_attach(oracle->fixture, n), taken ? -EEXIST : 0);
		if (!taken)
			*told = (struct told){
				.attached = true, .vsid = VSID(n), .serial = oracle->serial};
		return;
	}
	oracle->fixture->number[n] = rng_below(&oracle->rng, 2) ? N : any_number(oracle);
	assert_int_equal(fixture_attach_late(oracle->fixture, n), 0);
	*told = (struct told){.attached = true, .late = true, .vsid = N, .serial = oracle->serial};
}

static void step_set(struct oracle *oracle, unsigned int n)
{
	struct told *told = &oracle->told[n];
	const uint64_t vsid = any_number(oracle);
	int ret;

	if (!told->attached)
		return;
	oracle->forwards = true;
	ret = vsmmu_endpoint_set_vsid(oracle->fixture->endpoint[n], vsid);
	if (vsid == N || vsid == told->vsid) {
		assert_int_equal(ret, 0);
	} else if (vsid >> 16) {
		assert_int_equal(ret, -EINVAL);
		return;
	} else if (holder(oracle, vsid)) {
		assert_int_equal(ret, -EEXIST);
		return;
	} else {
		assert_int_equal(ret, 0);
	}
	if (vsid != told->vsid)
		told->serial = oracle->serial;
	told->vsid = vsid;
}

static void step_renumber(struct oracle *oracle)
{
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		if (rng_below(&oracle->rng, 2))
			oracle->fixture->number[n] = any_number(oracle);
	step_command(oracle);
}

/* A host that fails costs access, gives none, and what it cost comes back. */
static void step_failing(struct oracle *oracle)
{
	struct install_fixture *fixture = oracle->fixture;
	const unsigned int nth = 1 + (unsigned int)rng_below(&oracle->rng, 12);
	const unsigned int count = 1 + (unsigned int)rng_below(&oracle->rng, 3);

	oracle->forwards = true;
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		if (rng_below(&oracle->rng, 2))
			fixture->number[n] = any_number(oracle);
	host_interposer_fail(fixture->host, HOST_CALLS_ANY, nth, count, ENOMEM);
	fixture_command(fixture, CFGI_ALL);
	host_interposer_heal(fixture->host);
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
	follow_answers(oracle);
}

static void step(struct oracle *oracle)
{
	const unsigned int n = (unsigned int)rng_below(&oracle->rng, FIXTURE_ENDPOINTS);

	oracle->forwards = false;
	for (unsigned int i = 0; i < FIXTURE_ENDPOINTS; i++)
		oracle->told[i].before = oracle->told[i].vsid;
	switch (rng_below(&oracle->rng, 8)) {
	case 0:
		step_command(oracle);
		break;
	case 1:
		step_smmuen(oracle);
		break;
	case 2:
		step_gbpa(oracle);
		break;
	case 3:
		step_plug(oracle, n);
		break;
	case 4:
		step_set(oracle, n);
		break;
	case 5:
		step_failing(oracle);
		break;
	default:
		step_renumber(oracle);
	}
}

static void run(uint64_t seed, bool isolate)
{
	const struct vsmmu_config config = {.isolate = isolate, .report_burst = 1};
	struct oracle oracle = {.fixture = fixture_new_asking(&config, NULL)};

	oracle.rng.state = seed;
	for (unsigned int vsid = 0; vsid < 1U << FIXTURE_LOG2; vsid++)
		fixture_write_ste(oracle.fixture, vsid, STE_S1, ste_word1(vsid));
	fixture_enable(oracle.fixture);
	fixture_enable_commands(oracle.fixture);
	oracle.smmuen = true;
	for (unsigned int i = 0; i < STEPS; i++) {
		cause_events(&oracle);
		step(&oracle);
		expect_access(&oracle);
		take_events(&oracle);
		cause_events(&oracle);
		take_events(&oracle);
	}
	fixture_free(oracle.fixture);
}

TEST(each_has_the_number_that_it_is_to_have)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed, seed % 4 == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4 S6 P20 A4", each_has_the_number_that_it_is_to_have),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
