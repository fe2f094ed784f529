/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that a VMM may do, in any order: endpoints on nesting parents of the VMM's or the library's,
 * put back or not, with StreamIDs that come early, late, or are taken away; events of its own,
 * interrupts that it takes later, resets, snapshots that are restored elsewhere, and a host that
 * fails. An oracle says after each step who has which StreamID, what each device reaches, whose
 * each event is, and that no event is lost but for a reason; each refusal says why, once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "whole_fixture.h"

#define SEEDS 40
#define STEPS 150

static void step_command(struct world *world)
{
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		if (world_chance(world, 3))
			world->fixture->number[n] = world_any_number(world);
	fixture_command(world->fixture, CFGI_ALL);
	world_follow_answers(world);
}

static void step_registers(struct world *world)
{
	struct test_vmm *vmm = world->fixture->vmm;

	if (world_chance(world, 2)) {
		world->gbpa_abort = world_chance(world, 2);
		test_vmm_write(vmm, SMMU_GBPA,
			SMMU_GBPA_UPDATE | (world->gbpa_abort ? SMMU_GBPA_ABORT : 0));
		return;
	}
	world->smmuen = !world->smmuen;
	test_vmm_write(vmm, SMMU_CR0, test_vmm_read(vmm, SMMU_CR0) ^ SMMU_CR0_SMMUEN);
	if (world->smmuen)
		world_follow_answers(world);
}

static void detached(struct world *world, unsigned int n, bool put_back)
{
	world->fixture->endpoint[n] = NULL;
	world->told[n] =
		(struct told){.put_back = put_back, .vsid = N, .attaches = world->told[n].attaches};
}

static void step_plug(struct world *world, unsigned int n)
{
	struct told *told = &world->told[n];
	const uint64_t vsid = world_chance(world, 2) ? N : world_any_number(world);
	bool taken;
	int ret;

	if (told->attached) {
		assert_int_equal(vsmmu_endpoint_detach(world->fixture->endpoint[n]), 0);
		detached(world, n, told->put_back);
		return;
	}
	taken = vsid != N && world_holder(world, vsid);
	world->fixture->number[n] = world_any_number(world);
	ret = world_attach(world, n, vsid);
	if (vsid != N && vsid >> 16)
		assert_int_equal(ret, -EINVAL);
	else if (taken)
		assert_int_equal(ret, -EEXIST);
	else
		assert_true(!ret || (ret == -EAGAIN && world->was_full));
	/* A refused one was not touched. */
}

static void step_set(struct world *world, unsigned int n)
{
	const unsigned int before = world_reasons;
	const uint64_t vsid = world_any_number(world);
	struct told *told = &world->told[n];
	int ret;

	if (!told->attached)
		return;
	ret = world_told_once(vsmmu_endpoint_set_vsid(world->fixture->endpoint[n], vsid), before);
	if (vsid != N && vsid >> 16)
		assert_int_equal(ret, -EINVAL);
	else if (vsid != N && vsid != told->vsid && world_holder(world, vsid))
		assert_int_equal(ret, -EEXIST);
	else
		assert_true(!ret || (ret == -EAGAIN && world->was_full));
	if (!ret)
		told->vsid = vsid;
	world_look_at_numbers(world);
	assert_int_equal(told->vsid, ret ? told->before : vsid);
}

/* What a failing host cost comes back. */
static void heal(struct world *world)
{
	host_interposer_heal(world->fixture->host);
	assert_int_equal(vsmmu_recover(world_vsmmu(world)), 0);
	world_look_at_numbers(world);
}

static void fail_any(struct world *world, unsigned int calls)
{
	static const int errors[] = {ENOMEM, EBUSY, EIO};

	host_interposer_fail(world->fixture->host, calls,
		1 + (unsigned int)rng_below(&world->rng, 12),
		1 + (unsigned int)rng_below(&world->rng, 3), errors[rng_below(&world->rng, 3)]);
}

static void step_failing(struct world *world, unsigned int n)
{
	const unsigned int before = world_reasons;
	struct told *told = &world->told[n];
	const uint64_t vsid = VSID(rng_below(&world->rng, NUMBERS));
	bool failed;
	int ret;

	/* A detach that fails leaves a device attached for good. */
	fail_any(world, HOST_CALLS_ANY & ~HOST_CALLS_OF(HOST_CALL_DETACH));
	if (!told->attached) {
		world_attach(world, n, world_chance(world, 2) ? N : vsid);
		host_interposer_heal(world->fixture->host);
		/* It may have been detached from where it was put back to, or not. */
		if (!told->attached && !world_is_open(world, n))
			told->put_back = false;
	} else if (world_chance(world, 3)) {
		ret = vsmmu_endpoint_detach(world->fixture->endpoint[n]);
		failed = host_interposer_failed(world->fixture->host);
		host_interposer_heal(world->fixture->host);
		detached(world, n, told->put_back && world_is_open(world, n));
		assert_true(!ret || failed);
	} else if (world_chance(world, 2)) {
		ret = world_told_once(
			vsmmu_endpoint_set_vsid(world->fixture->endpoint[n], vsid), before);
		heal(world);
		assert_true(
			told->vsid == vsid || (ret && told->vsid == told->before) || told->late);
	} else {
		fixture_command(world->fixture, CFGI_ALL);
	}
	heal(world);
}

static void step_reset(struct world *world)
{
	/* Records in the queue that the guest has not taken are nobody's any more. */
	world_take_events(world);
	assert_int_equal(vsmmu_reset(world_vsmmu(world)), 0);
	world->smmuen = world->gbpa_abort = false;
	world_expect_access(world);
	world_start_guest(world);
	world_follow_answers(world);
}

/* The machine that it goes on at has the same devices, and may not know all numbers yet. */
static void attach_elsewhere(struct world *world, const struct world *from)
{
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
		const struct told *was = &from->told[n];

		world->told[n] = (struct told){.vsid = N, .attaches = was->attaches};
		world->fixture->number[n] = world_chance(world, 4)   ? N
					    : world_chance(world, 4) ? world_any_number(world)
								     : was->vsid;
		if (!was->attached)
			continue;
		assert_int_equal(world_attach(world, n, was->late ? N : was->vsid), 0);
		world->told[n].counted = false;
		world->told[n].attaches = was->attaches;
	}
}

static void step_move(struct world *world)
{
	struct world *to = malloc(sizeof(*to));
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};
	struct vsmmu_identity identity = {.size = sizeof(identity)};
	size_t length;
	void *bytes;
	int ret;

	assert_non_null(to);
	assert_int_equal(vsmmu_save(world_vsmmu(world), &bytes, &length), 0);
	*to = *world;
	assert_int_equal(vsmmu_sim_get_stats(world->fixture->sim, &sim), 0);
	to->past += sim.numbered;
	world_new(to);
	attach_elsewhere(to, world);
	memcpy(to->fixture->vmm->memory, world->fixture->vmm->memory, TEST_VMM_SIZE);
	fail_any(to, world_chance(to, 2) ? HOST_CALLS_DO : 0);
	ret = vsmmu_restore(to->fixture->vmm->vsmmu, bytes, length);
	host_interposer_heal(to->fixture->host);
	/* A stream may wait there for an endpoint that got another's number here. */
	if (ret == -ENODEV && world->moved) {
		vsmmu_snapshot_free(bytes);
		world_free(to);
		free(to);
		return;
	}
	assert_true(!ret || host_interposer_failed(to->fixture->host));
	if (ret)
		assert_int_equal(vsmmu_restore(to->fixture->vmm->vsmmu, bytes, length), 0);
	heal(to);
	vsmmu_snapshot_free(bytes);
	world_free(world);
	*world = *to;
	world->moved = true;
	free(to);
	world_follow_answers(world);
	assert_int_equal(vsmmu_get_identity(world_vsmmu(world), &identity), 0);
	assert_memory_equal(identity.idr, world->identity.idr, sizeof(identity.idr));
}

/* Whoever has no endpoint on a parent of his may free it. */
static void step_parents(struct world *world, unsigned int smmu)
{
	struct vsmmu_host *sim = world->fixture->sim;
	bool used = false;

	assert_int_equal(vsmmu_drop_parents(world_vsmmu(world)), 0);
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		used = used || (world->told[n].attached && world->told[n].parent == 1 + smmu);
	for (unsigned int n = smmu; n < FIXTURE_ENDPOINTS; n += SMMUS) {
		if (world->told[n].attached)
			continue;
		assert_int_equal(vsmmu_sim_attach(sim, world->fixture->dev[n], 0), 0);
		world->told[n].put_back = false;
	}
	assert_int_equal(vsmmu_sim_parent_free(sim, world->parent[smmu]), used ? -EBUSY : 0);
	if (!used)
		assert_int_equal(
			vsmmu_sim_parent_new(sim, world->fixture->dev[smmu], &world->parent[smmu]),
			0);
}

/* What waits stays here, as the machine does. */
static void step_save(struct world *world)
{
	size_t length;
	void *bytes;

	assert_int_equal(vsmmu_save(world_vsmmu(world), &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
}

static void step_own(struct world *world)
{
	const unsigned int count = world_chance(world, 3) ? 300 : 1;

	for (unsigned int i = 0; i < count; i++) {
		const bool takes = world->smmuen && !world_queue_is_full(world);

		assert_int_equal(world_record_own(world), takes ? 0 : -ENOBUFS);
	}
}

static void step(struct world *world)
{
	const unsigned int n = (unsigned int)rng_below(&world->rng, FIXTURE_ENDPOINTS);

	world->quiet = false;
	for (unsigned int i = 0; i < FIXTURE_ENDPOINTS; i++)
		world->told[i].before = world->told[i].vsid;
	switch (rng_below(&world->rng, 14)) {
	case 0:
	case 1:
		step_command(world);
		break;
	case 2:
		step_registers(world);
		break;
	case 3:
	case 4:
	case 5:
		step_plug(world, n);
		break;
	case 6:
		step_set(world, n);
		break;
	case 7:
	case 8:
		step_failing(world, n);
		break;
	case 9:
		step_reset(world);
		break;
	case 10:
		step_move(world);
		break;
	case 11:
		step_parents(world, n % SMMUS);
		world->quiet = true;
		break;
	case 12:
		step_save(world);
		/* It reads what is stale, too. */
		world->quiet = !world->was_full;
		break;
	default:
		step_own(world);
		world->quiet = true;
	}
}

static uint64_t discarded(struct world *world)
{
	return test_vmm_stats(world->fixture->vmm).discarded;
}

static void run(uint64_t seed)
{
	struct world *world = calloc(1, sizeof(*world));
	uint64_t before;

	assert_non_null(world);
	world->rng.state = seed;
	world->identity.size = sizeof(world->identity);
	world->config = (struct vsmmu_config){
		.report_burst = UINT32_MAX,
		.isolate = seed & 1,
		.defer_irqs = seed >> 1 & 1,
		.ats = VSMMU_AUTO,
		.ssid_bits = VSMMU_AUTO,
		.oas_bits = VSMMU_AUTO,
	};
	world_new(world);
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
		world->told[n].vsid = N;
		if (world_chance(world, 2))
			step_plug(world, n);
	}
	for (unsigned int vsid = 0; vsid < 1U << FIXTURE_LOG2; vsid++)
		fixture_write_ste(world->fixture, vsid, STE_S1, (uint64_t)(vsid & 0x3f) << 2);
	world_start_guest(world);
	world_follow_answers(world);
	assert_int_equal(vsmmu_get_identity(world_vsmmu(world), &world->identity), 0);
	for (unsigned int i = 0; i < STEPS; i++) {
		world_cause_events(world);
		before = discarded(world);
		step(world);
		if (world->quiet)
			assert_int_equal(discarded(world), before);
		world_expect_access(world);
		if (world_chance(world, 4))
			world->was_full = true;
		else
			world_take_events(world);
	}
	world_take_events(world);
	world_free(world);
	free(world);
}

TEST(all_of_it_in_any_order)
{
	const char *only = getenv("WHOLE_SEED"); /* one that failed */

	if (only)
		run(strtoull(only, NULL, 10));
	for (uint64_t seed = 1; !only && seed <= SEEDS; seed++)
		run(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4 S6 S7 E6 D3", all_of_it_in_any_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
