/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

#include "alloc.h"
#include "check.h"

#define IDLE_MAX     16
#define SETTLE_TRIES 2000 /* of 10 ms */

static const uint64_t stage1[2] = {0xb /* V, stage 1 */, 0};

/* Mostly small, up to 2^@bits. */
static uint32_t some(struct rng *rng, unsigned int bits)
{
	return (uint32_t)rng_below(rng, UINT64_C(1) << (1 + rng_below(rng, bits)));
}

void world_open(struct world *world, uint8_t *memory)
{
	struct rng *rng = world->rng;
	struct vsmmu_sim_config sim = {.size = sizeof(sim)};
	struct vsmmu_config config = {.size = sizeof(config)};

	world->guest = (struct guest){.memory = memory};
	for (unsigned int vsid = 0; vsid < GUEST_STREAMS; vsid++)
		world->guest.stream[vsid].endpoint = GUEST_NOBODY;
	world->isolate = rng_below(rng, 2);
	world->first_sequence = (uint32_t)INT_MAX - some(rng, 20);
	sim.first_sequence = world->first_sequence;
	sim.kernel = rng_below(rng, 4) ? VSMMU_SIM_KERNEL_NOW : VSMMU_SIM_KERNEL_BEFORE_2026;
	CHECK_EQ(vsmmu_sim_new(&world->sim, &sim), 0);
	config.ops = &guest_ops;
	config.opaque = &world->guest;
	config.host = world->sim;
	config.eventq_log2_max = GUEST_LOG2_MAX;
	config.veventq_depth = UINT32_C(1) << (6 + rng_below(rng, 11));
	config.isolate = world->isolate;
	config.loss_policy = rng_below(rng, 4) ? VSMMU_LOSS_OVERFLOW : VSMMU_LOSS_COUNT_ONLY;
	config.no_fair_share = rng_below(rng, 2);
	CHECK_EQ(vsmmu_new(&world->vsmmu, &config), 0);
	world->guest.vsmmu = world->vsmmu;
	for (unsigned int n = 0; n < WORLD_ENDPOINTS; n++) {
		CHECK_EQ(vsmmu_sim_endpoint_new(
				 world->sim, n % WORLD_SMMUS, &world->endpoint[n].dev_id),
			0);
		world_attach(world, n, n);
	}
	guest_enable(&world->guest, GUEST_LOG2_MAX);
	world->sums->worlds++;
}

void world_attach(struct world *world, unsigned int n, uint32_t vsid)
{
	struct world_endpoint *endpoint = &world->endpoint[n];
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = endpoint->dev_id,
		.vfio_fd = -1,
	};
	bool before = alloc_forbid(false);
	int ret = vsmmu_endpoint_attach(world->vsmmu, &config, &endpoint->handle);

	alloc_forbid(before);
	/* Events of its last holder are in a vEVENTQ that waits for room: another time. */
	if (ret == -EAGAIN)
		return;
	CHECK_EQ(ret, 0);
	world->sums->attaches++;
	endpoint->vsid = vsid;
	endpoint->queue = world->isolate ? &endpoint->own : &world->shared[n % WORLD_SMMUS];
	if (!endpoint->queue->endpoints++)
		*endpoint->queue = (struct world_queue){.endpoints = 1};
	world->guest.stream[vsid] = (struct guest_stream){n, endpoint->serial};

	before = alloc_forbid(false);
	CHECK_EQ(vsmmu_endpoint_set_ste(endpoint->handle, stage1), 0);
	alloc_forbid(before);
}

void world_detach(struct world *world, unsigned int n)
{
	struct world_endpoint *endpoint = &world->endpoint[n];
	bool before;

	if (!endpoint->handle)
		return;
	before = alloc_forbid(false);
	CHECK_EQ(vsmmu_endpoint_detach(endpoint->handle), 0);
	alloc_forbid(before);
	endpoint->handle = NULL;
	endpoint->queue->endpoints--;
	/* What it was told before is told to the end, nothing comes after. */
	guest_consume(&world->guest, UINT32_MAX);
	world->guest.stream[endpoint->vsid].endpoint = GUEST_NOBODY;
}

void world_reset(struct world *world)
{
	bool before;

	/* While another thread delivers, only a disabled queue stands still. */
	if (world->racing)
		guest_disable(&world->guest);
	else
		guest_forget(&world->guest);
	CHECK_EQ(vsmmu_reset(world->vsmmu), 0);
	world->sums->resets++;
	for (unsigned int n = 0; n < WORLD_ENDPOINTS; n++) {
		struct world_endpoint *endpoint = &world->endpoint[n];

		if (!endpoint->handle)
			continue;
		world->guest.stream[endpoint->vsid].seen = endpoint->serial;
		before = alloc_forbid(false);
		CHECK_EQ(vsmmu_endpoint_set_ste(endpoint->handle, stage1), 0);
		alloc_forbid(before);
	}
}

void world_fault(struct world *world, unsigned int n, unsigned int count)
{
	struct world_endpoint *endpoint = &world->endpoint[n];
	struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(0x20800000000), 0, 0},
	};
	uint64_t produced = 0;

	for (unsigned int i = 0; i < count; i++) {
		int ret;

		record.word[2] = (uint64_t)n << GUEST_SERIAL_BITS | (endpoint->serial + 1);
		ret = vsmmu_sim_fault(world->sim, endpoint->dev_id, &record);
		CHECK_EQ(ret, endpoint->handle ? 0 : -EOPNOTSUPP);
		if (ret)
			return;
		endpoint->serial++;
		produced++;
	}
	world->produced += produced;
	atomic_fetch_add_explicit(&world->sums->produced, produced, memory_order_relaxed);
	endpoint->queue->numbered += produced;
	if (!endpoint->queue->wrapped &&
		endpoint->queue->numbered > (uint64_t)INT_MAX - world->first_sequence) {
		endpoint->queue->wrapped = true;
		world->sums->wraps++;
	}
}

static bool readable(const struct world *world, int milliseconds)
{
	struct pollfd fd = {.fd = vsmmu_get_fd(world->vsmmu), .events = POLLIN};

	return poll(&fd, 1, milliseconds) == 1;
}

void world_dispatch(struct world *world, unsigned int times, uint32_t budget)
{
	if (world->racing)
		return;
	while (times-- && readable(world, 0)) {
		int handled = vsmmu_dispatch(world->vsmmu, budget);

		CHECK(handled >= 0, "%d", handled);
		world->idle = handled ? 0 : world->idle + 1;
		CHECK(world->idle <= IDLE_MAX, "readable, and nothing to do");
	}
}

static struct vsmmu_stats stats_now(struct world *world)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	CHECK_EQ(vsmmu_get_stats(world->vsmmu, &stats), 0);
	return stats;
}

void world_check(struct world *world)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};
	const struct guest *guest = &world->guest;
	struct vsmmu_stats stats = stats_now(world);
	uint64_t discarded = 0;

	for (unsigned int i = 0; i < VSMMU_DISCARD_COUNT; i++)
		discarded += stats.discarded_by[i];
	CHECK_EQ(stats.discarded, discarded);
	CHECK_EQ(stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	/* The simulator numbers nothing that a guest may not see. */
	for (unsigned int i = VSMMU_DISCARD_UNKNOWN_STREAM; i < VSMMU_DISCARD_COUNT; i++)
		CHECK_EQ(stats.discarded_by[i], 0U);
	CHECK_EQ(vsmmu_sim_get_stats(world->sim, &sim), 0);
	CHECK_EQ(sim.numbered, world->produced);
	CHECK(stats.sequenced <= world->produced, "%llu sequenced, %llu produced",
		(unsigned long long)stats.sequenced, (unsigned long long)world->produced);
	CHECK(stats.lost <= sim.dropped, "%llu lost, %llu dropped", (unsigned long long)stats.lost,
		(unsigned long long)sim.dropped);
	world->sums->checks++;
	if (world->racing)
		return;
	CHECK_EQ(stats.delivered, guest->consumed + guest->abandoned + guest_unread(&world->guest));
	CHECK_EQ(stats.eventq_irqs, atomic_load(&guest->irqs[VSMMU_IRQ_EVENTQ]));
	CHECK_EQ(stats.gerror_irqs, atomic_load(&guest->irqs[VSMMU_IRQ_GERROR]));
}

void world_settle(struct world *world)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	atomic_store(&world->guest.memory_gone, false);
	guest_acknowledge_error(&world->guest);
	/* A queue for one record would need as many rounds as there are events. */
	if (!world->guest.enabled || world->guest.log2 < 10)
		guest_enable(&world->guest, GUEST_LOG2_MAX);
	for (unsigned int tries = SETTLE_TRIES; stats_now(world).sequenced < world->produced;) {
		CHECK(tries--, "%llu sequenced of %llu produced: the rest does not come",
			(unsigned long long)stats_now(world).sequenced,
			(unsigned long long)world->produced);
		vsmmu_rearm(world->vsmmu);
		guest_consume(&world->guest, UINT32_MAX);
		readable(world, 10);
		world_dispatch(world, 64, 0);
	}
	guest_consume(&world->guest, UINT32_MAX);
	world_check(world);
	CHECK_EQ(stats_now(world).sequenced, world->produced);
	CHECK_EQ(vsmmu_sim_get_stats(world->sim, &sim), 0);
	CHECK_EQ(stats_now(world).lost, sim.dropped);
}

void world_close(struct world *world)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};
	struct world_sums *sums = world->sums;
	struct vsmmu_stats stats;

	/* Half of the worlds end with their vEVENTQs full. */
	if (rng_below(world->rng, 2))
		world_settle(world);
	for (unsigned int n = 0; n < WORLD_ENDPOINTS; n++)
		world_detach(world, n);
	guest_disable(&world->guest);
	world_check(world);
	stats = stats_now(world);
	CHECK_EQ(stats.sequenced, world->produced);
	vsmmu_free(world->vsmmu);
	CHECK_EQ(vsmmu_sim_get_stats(world->sim, &sim), 0);
	CHECK_EQ(sim.objects, 0U);
	CHECK_EQ(stats.lost, sim.dropped);
	vsmmu_host_unref(world->sim);

	sums->sequenced += stats.sequenced;
	sums->delivered += stats.delivered;
	sums->lost += stats.lost;
	sums->discarded += stats.discarded;
	sums->dropped += sim.dropped;
	sums->aborts += stats.aborts;
	sums->consumed += world->guest.consumed;
	sums->abandoned += world->guest.abandoned;
}
