/* SPDX-License-Identifier: BSD-2-Clause */
#include "whole_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/event.h>

unsigned int world_reasons; /* reports that say why a call was refused */

static void count_reasons(struct test_vmm *vmm)
{
	const struct test_vmm_report *last =
		&vmm->reports[(vmm->report_count - 1) % TEST_VMM_REPORTS];

	world_reasons += last->code == VSMMU_REPORT_UNFIT || last->code == VSMMU_REPORT_BLOCKED ||
			 (last->code == VSMMU_REPORT_INVALIDATION && last->severity == VSMMU_ERROR);
}

int world_told_once(int ret, unsigned int before)
{
	assert_int_equal(world_reasons - before, ret < 0);
	return ret;
}

bool world_chance(struct world *world, unsigned int of)
{
	return !rng_below(&world->rng, of);
}

uint64_t world_any_number(struct world *world)
{
	const uint64_t i = rng_below(&world->rng, NUMBERS + 3);

	if (i < NUMBERS)
		return VSID(i);
	return i == NUMBERS ? UINT64_C(1) << 33 | VSID(0) : N;
}

struct vsmmu *world_vsmmu(struct world *world)
{
	return world->fixture->vmm->vsmmu;
}

bool world_is_open(struct world *world, unsigned int n)
{
	const struct vsmmu_access access = {.size = sizeof(access), .address = TEST_VMM_MEMORY};
	uint64_t word;

	return !vsmmu_sim_dma(
		world->fixture->sim, world->fixture->dev[n], &access, &word, sizeof(word));
}

void world_new(struct world *world)
{
	static const struct vsmmu_sim_config sim = {.ats = true};

	world->fixture = fixture_new_asking(&world->config, &sim);
	world->fixture->vmm->on_report = count_reasons;
	for (unsigned int smmu = 0; smmu < SMMUS; smmu++)
		assert_int_equal(vsmmu_sim_parent_new(world->fixture->sim,
					 world->fixture->dev[smmu], &world->parent[smmu]),
			0);
}

void world_free(struct world *world)
{
	struct install_fixture *fixture = world->fixture;

	vsmmu_free(fixture->vmm->vsmmu);
	fixture->vmm->vsmmu = NULL;
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
		if (world->told[n].attached)
			assert_int_equal(world_is_open(world, n), world->told[n].put_back);
		assert_int_equal(vsmmu_sim_attach(fixture->sim, fixture->dev[n], 0), 0);
	}
	for (unsigned int smmu = 0; smmu < SMMUS; smmu++)
		assert_int_equal(vsmmu_sim_parent_free(fixture->sim, world->parent[smmu]), 0);
	fixture_free(fixture);
}

void world_start_guest(struct world *world)
{
	fixture_enable(world->fixture);
	fixture_enable_commands(world->fixture);
	test_vmm_write(world->fixture->vmm, SMMU_IRQ_CTRL, IRQS);
	world->smmuen = true;
	world->gbpa_abort = false;
}

struct told *world_holder(struct world *world, uint64_t vsid)
{
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		if (world->told[n].attached && world->told[n].vsid == vsid)
			return &world->told[n];
	return NULL;
}

void world_look_at_numbers(struct world *world)
{
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		if (world->told[n].attached)
			assert_int_equal(vsmmu_endpoint_get_vsid(
						 world->fixture->endpoint[n], &world->told[n].vsid),
				0);
	for (unsigned int i = 0; i < NUMBERS; i++) {
		unsigned int holders = 0;

		for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
			holders += world->told[n].attached && world->told[n].vsid == VSID(i);
		assert_true(holders <= 1);
	}
}

/* All were asked: each has its answer, or could not have it; the rest is as it was. */
void world_follow_answers(struct world *world)
{
	struct told was[FIXTURE_ENDPOINTS];

	memcpy(was, world->told, sizeof(was));
	world_look_at_numbers(world);
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
		const struct told *told = &world->told[n];
		const uint64_t answer = world->fixture->number[n];

		if (!told->attached)
			continue;
		if (!told->late)
			assert_int_equal(told->vsid, was[n].vsid);
		else if (answer != N && told->vsid != N)
			assert_int_equal(told->vsid, answer);
		else if (answer != N)
			assert_true(answer >> 16 || world_holder(world, answer) || world->was_full);
		else if (told->vsid != N)
			assert_true(told->vsid == was[n].vsid || was[n].vsid == N);
	}
}

/* What each device reaches now. */
void world_expect_access(struct world *world)
{
	struct install_fixture *fixture = world->fixture;

	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
		const struct told *told = &world->told[n];

		if (!told->attached)
			assert_int_equal(world_is_open(world, n), told->put_back);
		else if (!world->smmuen && world->gbpa_abort)
			fixture_expect_parked(fixture, n);
		else if (!world->smmuen)
			fixture_expect_bypass(fixture, n);
		else if (told->vsid == N)
			fixture_expect_parked(fixture, n);
		else
			fixture_expect_nested(fixture, n, STE_S1, (told->vsid & 0x3f) << 2);
	}
}

void world_cause_events(struct world *world)
{
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
		const struct told *told = &world->told[n];
		const bool reported = world->smmuen && told->attached && told->vsid != N;

		if (world_chance(world, 2) || world->serial + 1 == EVENTS)
			continue;
		world->caused[++world->serial] = told->vsid;
		assert_int_equal(fixture_event(world->fixture, n, VSMMU_EVENT_F_TRANSLATION,
					 (uint64_t)n << 60 | (uint64_t)told->attaches << 48 |
						 (uint64_t)world->serial << 12),
			reported);
	}
}

int world_record_own(struct world *world)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION | (uint64_t)OWN << 32, 0, ++world->own << 12}};
	int ret = vsmmu_record_event(world_vsmmu(world), &record);

	assert_true(!ret || ret == -ENOBUFS);
	world->own_drops += ret != 0;
	return ret;
}

static void take_record(struct world *world, const uint64_t word[4])
{
	struct told *told = &world->told[word[2] >> 60];
	const uint64_t vsid = word[0] >> 32, serial = word[2] << 16 >> 28;

	if (vsid == OWN) {
		world->own_taken++;
		return;
	}
	assert_in_range(serial, 1, world->serial);
	assert_int_equal(world->caused[serial], vsid);
	if (told->attaches == (word[2] >> 48 & 0xfff))
		told->taken++;
}

static bool queue_is_empty(struct world *world)
{
	const uint32_t both = test_vmm_read(world->fixture->vmm, SMMU_EVENTQ_PROD) ^
			      test_vmm_read(world->fixture->vmm, SMMU_EVENTQ_CONS);

	return !(both & ((2U << FIXTURE_EVENTQ_LOG2) - 1));
}

bool world_queue_is_full(struct world *world)
{
	const uint32_t both = test_vmm_read(world->fixture->vmm, SMMU_EVENTQ_PROD) ^
			      test_vmm_read(world->fixture->vmm, SMMU_EVENTQ_CONS);

	return (both & ((2U << FIXTURE_EVENTQ_LOG2) - 1)) == 1U << FIXTURE_EVENTQ_LOG2;
}

/* An interrupt for each time that the queue was empty before, none for an empty one. */
static void take_irqs(struct world *world)
{
	uint32_t lines;

	if (!world->config.defer_irqs)
		return;
	assert_int_equal(vsmmu_take_irqs(world_vsmmu(world), &lines), 0);
	assert_int_equal(lines >> VSMMU_IRQ_EVENTQ & 1, !queue_is_empty(world));
	assert_int_equal(vsmmu_take_irqs(world_vsmmu(world), &lines), 0);
	assert_int_equal(lines, 0);
}

static void expect_counters(struct world *world)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};
	struct vsmmu_stats stats = test_vmm_stats(world->fixture->vmm);

	assert_int_equal(vsmmu_sim_get_stats(world->fixture->sim, &sim), 0);
	assert_int_equal(stats.lost, 0);
	assert_int_equal(stats.pending, 0);
	assert_int_equal(stats.sequenced, stats.delivered + stats.discarded);
	assert_int_equal(stats.sequenced, world->past + sim.numbered);
	assert_int_equal(stats.vmm_events + stats.vmm_drops, world->own);
	assert_int_equal(stats.vmm_drops, world->own_drops);
	assert_int_equal(stats.vmm_events, world->own_taken);
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
		struct vsmmu_endpoint_stats own = {.size = sizeof(own)};

		if (!world->told[n].attached || !world->told[n].counted)
			continue;
		assert_int_equal(vsmmu_endpoint_get_stats(world->fixture->endpoint[n], &own), 0);
		assert_int_equal(own.delivered, world->told[n].taken);
	}
}

/* The guest's oldest record; it acknowledges an overflow too. Return: false if there is none. */
static bool consume(struct world *world, uint64_t word[4])
{
	const uint32_t mask = (2U << FIXTURE_EVENTQ_LOG2) - 1;
	struct test_vmm *vmm = world->fixture->vmm;
	const uint32_t prod = test_vmm_read(vmm, SMMU_EVENTQ_PROD);
	const uint32_t cons = test_vmm_read(vmm, SMMU_EVENTQ_CONS) & mask;

	if (queue_is_empty(world))
		return false;
	for (unsigned int i = 0; i < 4; i++)
		word[i] = test_vmm_load64(
			vmm, FIXTURE_EVENTQ + 32 * (uint64_t)(cons & mask >> 1) + 8 * i);
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, ((cons + 1) & mask) | (prod & UINT32_C(1) << 31));
	return true;
}

static void dispatch(struct world *world)
{
	while (vsmmu_dispatch(world_vsmmu(world), 0))
		;
}

void world_take_events(struct world *world)
{
	uint64_t word[4];

	do {
		dispatch(world);
		take_irqs(world);
		while (consume(world, word))
			take_record(world, word);
		dispatch(world);
	} while (!queue_is_empty(world));
	take_irqs(world);
	world->was_full = false;
	expect_counters(world);
}

/* Return: what vsmmu_endpoint_attach() said. */
int world_attach(struct world *world, unsigned int n, uint64_t vsid)
{
	struct install_fixture *fixture = world->fixture;
	struct told *told = &world->told[n];
	const unsigned int before = world_reasons, attaches = (told->attaches + 1) & 0xfff;
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = fixture->dev[n],
		.vfio_fd = -1,
		.opaque = &fixture->number[n],
	};
	const unsigned int parent = world_chance(world, 2) ? 1 + n % SMMUS : 0;
	int ret;

	config.parent_hwpt = parent ? world->parent[parent - 1] : 0;
	config.put_back = parent && world_chance(world, 2);
	ret = world_told_once(
		vsmmu_endpoint_attach(fixture->vmm->vsmmu, &config, &fixture->endpoint[n]), before);
	if (ret)
		return ret;
	*told = (struct told){.attached = true,
		.late = vsid == N,
		.parent = parent,
		.put_back = config.put_back,
		.vsid = vsid,
		.before = N,
		.attaches = attaches,
		.counted = true};
	return 0;
}
