/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens in a world, and how often: one thing after the other, as the seed has it. */
#include <errno.h>

#include "check.h"
#include "world.h"

#define BURST_BITS 12

static bool one_in(struct world *world, unsigned int n)
{
	return !rng_below(world->rng, n);
}

static unsigned int any_endpoint(struct world *world)
{
	return (unsigned int)rng_below(world->rng, WORLD_ENDPOINTS);
}

/* From 1 to 2^BURST_BITS, each size as likely as its double. */
static unsigned int burst_size(struct world *world)
{
	unsigned int bits = (unsigned int)rng_below(world->rng, BURST_BITS + 1);

	return 1 + (unsigned int)rng_below(world->rng, UINT64_C(1) << bits);
}

static void burst(struct world *world)
{
	unsigned int left = burst_size(world);

	if (!one_in(world, 4)) {
		world_fault(world, any_endpoint(world), left);
		return;
	}
	while (left) {
		unsigned int count = 1 + (unsigned int)rng_below(world->rng, 16);

		count = count < left ? count : left;
		world_fault(world, any_endpoint(world), count);
		left -= count;
	}
}

/* An endpoint goes, or comes back, now and then under the StreamID of another. */
static void plug(struct world *world)
{
	unsigned int n = any_endpoint(world);
	uint32_t vsid = (uint32_t)rng_below(world->rng, GUEST_STREAMS);

	if (world->endpoint[n].handle)
		world_detach(world, n);
	else if (world->guest.stream[vsid].endpoint == GUEST_NOBODY)
		world_attach(world, n, vsid);
}

static void enable(struct world *world)
{
	guest_enable(&world->guest, (unsigned int)rng_below(world->rng, GUEST_LOG2_MAX + 1));
	world->sums->enables++;
}

/* It happens within the next few faults or reads. */
static void fail(struct world *world)
{
	static const enum vsmmu_sim_failure kinds[] = {VSMMU_SIM_FAIL_EVENT_ALLOC,
		VSMMU_SIM_FAIL_LOST_COPY, VSMMU_SIM_FAIL_PAYLOAD_FAULT, VSMMU_SIM_FAIL_READ};
	static const int errors[] = {EIO, ENOMEM, EINTR, EAGAIN};
	uint32_t after = (uint32_t)rng_below(world->rng, 4);

	CHECK_EQ(vsmmu_sim_fail(world->sim, kinds[rng_below(world->rng, 4)], after,
			 errors[rng_below(world->rng, 4)]),
		0);
	world->sums->failures++;
}

/* Things that are seldom; each with what makes it pass again. */
static void misfortune(struct world *world)
{
	switch (rng_below(world->rng, 8)) {
	case 0:
		guest_disable(&world->guest);
		break;
	case 1:
		world_reset(world);
		break;
	case 2:
		atomic_store(&world->guest.memory_gone, true);
		break;
	case 3:
	case 4:
		plug(world);
		break;
	case 5:
		enable(world);
		break;
	default:
		fail(world);
		break;
	}
}

static void relief(struct world *world)
{
	atomic_store(&world->guest.memory_gone, false);
	guest_acknowledge_error(&world->guest);
	vsmmu_rearm(world->vsmmu);
	if (!world->guest.enabled || world->guest.log2 < 6)
		enable(world);
	for (unsigned int n = 0; one_in(world, 4) && n < WORLD_ENDPOINTS; n++)
		if (!world->endpoint[n].handle && world->guest.stream[n].endpoint == GUEST_NOBODY)
			world_attach(world, n, n);
}

static void guest_works(struct world *world)
{
	uint32_t unread = guest_unread(&world->guest);

	/* Most of the time all, else some of it or nothing. */
	if (!one_in(world, 6))
		guest_consume(&world->guest, UINT32_MAX);
	else if (unread && one_in(world, 2))
		guest_consume(&world->guest, (uint32_t)rng_below(world->rng, unread) + 1);
}

void world_step(struct world *world)
{
	burst(world);
	if (!one_in(world, 8))
		world_dispatch(world, burst_size(world), one_in(world, 4) ? burst_size(world) : 0);
	guest_works(world);
	if (one_in(world, 64))
		misfortune(world);
	if (one_in(world, 8))
		relief(world);
	if (one_in(world, 16))
		world_check(world);
	if (one_in(world, 4096) && !world->racing)
		world_settle(world);
	if (world->racing ? one_in(world, 128) : one_in(world, 1024))
		(world->racing ? racer_stop : racer_start)(world);
}
