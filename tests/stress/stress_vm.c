/* SPDX-License-Identifier: BSD-2-Clause */
#include "stress_vm.h"

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

void stress_vm_open(struct stress_vm *vm, uint8_t *memory)
{
	struct rng *rng = vm->rng;
	struct vsmmu_sim_config sim = {.size = sizeof(sim)};
	struct vsmmu_config config = {.size = sizeof(config), .event_path_only = true};

	vm->guest = (struct guest){.memory = memory};
	for (unsigned int vsid = 0; vsid < GUEST_STREAMS; vsid++)
		vm->guest.stream[vsid].endpoint = GUEST_NOBODY;
	vm->isolate = rng_below(rng, 2);
	vm->first_sequence = (uint32_t)INT_MAX - some(rng, 20);
	sim.first_sequence = vm->first_sequence;
	sim.kernel = rng_below(rng, 4) ? VSMMU_SIM_KERNEL_NOW : VSMMU_SIM_KERNEL_BEFORE_2026;
	CHECK_EQ(vsmmu_sim_new(&vm->sim, &sim), 0);
	config.ops = &guest_ops;
	config.opaque = &vm->guest;
	config.host = vm->sim;
	config.eventq_log2_max = GUEST_LOG2_MAX;
	config.veventq_depth = UINT32_C(1) << (6 + rng_below(rng, 11));
	config.isolate = vm->isolate;
	config.loss_policy = rng_below(rng, 4) ? VSMMU_LOSS_OVERFLOW : VSMMU_LOSS_COUNT_ONLY;
	CHECK_EQ(vsmmu_new(&vm->vsmmu, &config), 0);
	vm->guest.vsmmu = vm->vsmmu;
	for (unsigned int n = 0; n < STRESS_VM_ENDPOINTS; n++) {
		CHECK_EQ(vsmmu_sim_endpoint_new(
				 vm->sim, n % STRESS_VM_SMMUS, &vm->endpoint[n].dev_id),
			0);
		stress_vm_attach(vm, n, n);
	}
	guest_enable(&vm->guest, GUEST_LOG2_MAX);
	vm->sums->vms++;
}

void stress_vm_attach(struct stress_vm *vm, unsigned int n, uint32_t vsid)
{
	struct stress_vm_endpoint *endpoint = &vm->endpoint[n];
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = endpoint->dev_id,
		.vfio_fd = -1,
	};
	bool before = alloc_forbid(false);
	int ret = vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint->handle);

	alloc_forbid(before);
	/* Events of its last holder are in a vEVENTQ that waits for room: another time. */
	if (ret == -EAGAIN)
		return;
	CHECK_EQ(ret, 0);
	vm->sums->attaches++;
	endpoint->vsid = vsid;
	endpoint->queue = vm->isolate ? &endpoint->own : &vm->shared[n % STRESS_VM_SMMUS];
	if (!endpoint->queue->endpoints++)
		*endpoint->queue = (struct stress_vm_queue){.endpoints = 1};
	vm->guest.stream[vsid] = (struct guest_stream){n, endpoint->serial};

	before = alloc_forbid(false);
	CHECK_EQ(vsmmu_endpoint_set_ste(endpoint->handle, stage1), 0);
	alloc_forbid(before);
}

void stress_vm_detach(struct stress_vm *vm, unsigned int n)
{
	struct stress_vm_endpoint *endpoint = &vm->endpoint[n];
	bool before;

	if (!endpoint->handle)
		return;
	before = alloc_forbid(false);
	CHECK_EQ(vsmmu_endpoint_detach(endpoint->handle), 0);
	alloc_forbid(before);
	endpoint->handle = NULL;
	endpoint->queue->endpoints--;
	/* What it was told before is told to the end, nothing comes after. */
	guest_consume(&vm->guest, UINT32_MAX);
	vm->guest.stream[endpoint->vsid].endpoint = GUEST_NOBODY;
}

void stress_vm_reset(struct stress_vm *vm)
{
	bool before;

	/* While another thread delivers, only a disabled queue stands still. */
	if (vm->racing)
		guest_disable(&vm->guest);
	else
		guest_forget(&vm->guest);
	CHECK_EQ(vsmmu_reset(vm->vsmmu), 0);
	vm->sums->resets++;
	for (unsigned int n = 0; n < STRESS_VM_ENDPOINTS; n++) {
		struct stress_vm_endpoint *endpoint = &vm->endpoint[n];

		if (!endpoint->handle)
			continue;
		vm->guest.stream[endpoint->vsid].seen = endpoint->serial;
		before = alloc_forbid(false);
		CHECK_EQ(vsmmu_endpoint_set_ste(endpoint->handle, stage1), 0);
		alloc_forbid(before);
	}
}

void stress_vm_fault(struct stress_vm *vm, unsigned int n, unsigned int count)
{
	struct stress_vm_endpoint *endpoint = &vm->endpoint[n];
	struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(0x20800000000), 0, 0},
	};
	uint64_t produced = 0;

	for (unsigned int i = 0; i < count; i++) {
		int ret;

		record.word[2] = (uint64_t)n << GUEST_SERIAL_BITS | (endpoint->serial + 1);
		ret = vsmmu_sim_fault(vm->sim, endpoint->dev_id, &record);
		CHECK_EQ(ret, endpoint->handle ? 0 : -EOPNOTSUPP);
		if (ret)
			return;
		endpoint->serial++;
		produced++;
	}
	vm->produced += produced;
	atomic_fetch_add_explicit(&vm->sums->produced, produced, memory_order_relaxed);
	endpoint->queue->numbered += produced;
	if (!endpoint->queue->wrapped &&
		endpoint->queue->numbered > (uint64_t)INT_MAX - vm->first_sequence) {
		endpoint->queue->wrapped = true;
		vm->sums->wraps++;
	}
}

static bool readable(const struct stress_vm *vm, int milliseconds)
{
	struct pollfd fd = {.fd = vsmmu_get_event_fd(vm->vsmmu), .events = POLLIN};

	return poll(&fd, 1, milliseconds) == 1;
}

void stress_vm_dispatch(struct stress_vm *vm, unsigned int times, uint32_t budget)
{
	if (vm->racing)
		return;
	while (times-- && readable(vm, 0)) {
		int handled = vsmmu_dispatch(vm->vsmmu, budget);

		CHECK(handled >= 0, "%d", handled);
		vm->idle = handled ? 0 : vm->idle + 1;
		CHECK(vm->idle <= IDLE_MAX, "readable, and nothing to do");
	}
}

static struct vsmmu_stats stats_now(struct stress_vm *vm)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	CHECK_EQ(vsmmu_get_stats(vm->vsmmu, &stats), 0);
	return stats;
}

void stress_vm_check(struct stress_vm *vm)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};
	const struct guest *guest = &vm->guest;
	struct vsmmu_stats stats = stats_now(vm);
	uint64_t discarded = 0;

	for (unsigned int i = 0; i < VSMMU_DISCARD_SLOTS; i++)
		discarded += stats.discarded_by[i];
	CHECK_EQ(stats.discarded, discarded);
	CHECK_EQ(stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	/* The simulator numbers nothing that a guest may not see. */
	for (unsigned int i = VSMMU_DISCARD_UNKNOWN_STREAM; i < VSMMU_DISCARD_SLOTS; i++)
		CHECK_EQ(stats.discarded_by[i], 0U);
	CHECK_EQ(vsmmu_sim_get_stats(vm->sim, &sim), 0);
	CHECK_EQ(sim.numbered, vm->produced);
	CHECK(stats.sequenced <= vm->produced, "%llu sequenced, %llu produced",
		(unsigned long long)stats.sequenced, (unsigned long long)vm->produced);
	CHECK(stats.lost <= sim.dropped, "%llu lost, %llu dropped", (unsigned long long)stats.lost,
		(unsigned long long)sim.dropped);
	vm->sums->checks++;
	if (vm->racing)
		return;
	CHECK_EQ(stats.delivered, guest->consumed + guest->abandoned + guest_unread(&vm->guest));
	CHECK_EQ(stats.eventq_irqs, atomic_load(&guest->irqs[VSMMU_IRQ_EVENTQ]));
	CHECK_EQ(stats.gerror_irqs, atomic_load(&guest->irqs[VSMMU_IRQ_GERROR]));
}

void stress_vm_settle(struct stress_vm *vm)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	atomic_store(&vm->guest.memory_gone, false);
	guest_acknowledge_error(&vm->guest);
	/* A queue for one record would need as many rounds as there are events. */
	if (!vm->guest.enabled || vm->guest.log2 < 10)
		guest_enable(&vm->guest, GUEST_LOG2_MAX);
	for (unsigned int tries = SETTLE_TRIES; stats_now(vm).sequenced < vm->produced;) {
		CHECK(tries--, "%llu sequenced of %llu produced: the rest does not come",
			(unsigned long long)stats_now(vm).sequenced,
			(unsigned long long)vm->produced);
		vsmmu_rearm(vm->vsmmu);
		guest_consume(&vm->guest, UINT32_MAX);
		readable(vm, 10);
		stress_vm_dispatch(vm, 64, 0);
	}
	guest_consume(&vm->guest, UINT32_MAX);
	stress_vm_check(vm);
	CHECK_EQ(stats_now(vm).sequenced, vm->produced);
	CHECK_EQ(vsmmu_sim_get_stats(vm->sim, &sim), 0);
	CHECK_EQ(stats_now(vm).lost, sim.dropped);
}

void stress_vm_close(struct stress_vm *vm)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};
	struct stress_vm_sums *sums = vm->sums;
	struct vsmmu_stats stats;

	/* Half of the virtual machines end with their vEVENTQs full. */
	if (rng_below(vm->rng, 2))
		stress_vm_settle(vm);
	for (unsigned int n = 0; n < STRESS_VM_ENDPOINTS; n++)
		stress_vm_detach(vm, n);
	guest_disable(&vm->guest);
	stress_vm_check(vm);
	stats = stats_now(vm);
	CHECK_EQ(stats.sequenced, vm->produced);
	vsmmu_free(vm->vsmmu);
	CHECK_EQ(vsmmu_sim_get_stats(vm->sim, &sim), 0);
	CHECK_EQ(sim.objects, 0U);
	CHECK_EQ(stats.lost, sim.dropped);
	vsmmu_host_unref(vm->sim);

	sums->sequenced += stats.sequenced;
	sums->delivered += stats.delivered;
	sums->lost += stats.lost;
	sums->discarded += stats.discarded;
	sums->dropped += sim.dropped;
	sums->aborts += stats.aborts;
	sums->consumed += vm->guest.consumed;
	sums->abandoned += vm->guest.abandoned;
}
