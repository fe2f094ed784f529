/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens in a virtual machine, and how often: one thing after the other, as the seed has it.
 */
#include <errno.h>

#include "check.h"
#include "stress_vm.h"

#define BURST_BITS 12

static bool one_in(struct stress_vm *vm, unsigned int n)
{
	return !rng_below(vm->rng, n);
}

static unsigned int any_endpoint(struct stress_vm *vm)
{
	return (unsigned int)rng_below(vm->rng, STRESS_VM_ENDPOINTS);
}

/* From 1 to 2^BURST_BITS, each size as likely as its double. */
static unsigned int burst_size(struct stress_vm *vm)
{
	unsigned int bits = (unsigned int)rng_below(vm->rng, BURST_BITS + 1);

	return 1 + (unsigned int)rng_below(vm->rng, UINT64_C(1) << bits);
}

static void burst(struct stress_vm *vm)
{
	unsigned int left = burst_size(vm);

	if (!one_in(vm, 4)) {
		stress_vm_fault(vm, any_endpoint(vm), left);
		return;
	}
	while (left) {
		unsigned int count = 1 + (unsigned int)rng_below(vm->rng, 16);

		count = count < left ? count : left;
		stress_vm_fault(vm, any_endpoint(vm), count);
		left -= count;
	}
}

/* An endpoint goes, or comes back, now and then under the StreamID of another. */
static void plug(struct stress_vm *vm)
{
	unsigned int n = any_endpoint(vm);
	uint32_t vsid = (uint32_t)rng_below(vm->rng, GUEST_STREAMS);

	if (vm->endpoint[n].handle)
		stress_vm_detach(vm, n);
	else if (vm->guest.stream[vsid].endpoint == GUEST_NOBODY)
		stress_vm_attach(vm, n, vsid);
}

static void enable(struct stress_vm *vm)
{
	guest_enable(&vm->guest, (unsigned int)rng_below(vm->rng, GUEST_LOG2_MAX + 1));
	vm->sums->enables++;
}

/* It happens within the next few faults or reads. */
static void fail(struct stress_vm *vm)
{
	static const enum vsmmu_sim_failure kinds[] = {VSMMU_SIM_FAIL_EVENT_ALLOC,
		VSMMU_SIM_FAIL_LOST_COPY, VSMMU_SIM_FAIL_PAYLOAD_FAULT, VSMMU_SIM_FAIL_READ};
	static const int errors[] = {EIO, ENOMEM, EINTR, EAGAIN};
	uint32_t after = (uint32_t)rng_below(vm->rng, 4);

	CHECK_EQ(vsmmu_sim_fail(vm->sim, kinds[rng_below(vm->rng, 4)], after,
			 errors[rng_below(vm->rng, 4)]),
		0);
	vm->sums->failures++;
}

/* Things that are seldom; each with what makes it pass again. */
static void misfortune(struct stress_vm *vm)
{
	switch (rng_below(vm->rng, 8)) {
	case 0:
		guest_disable(&vm->guest);
		break;
	case 1:
		stress_vm_reset(vm);
		break;
	case 2:
		atomic_store(&vm->guest.memory_gone, true);
		break;
	case 3:
	case 4:
		plug(vm);
		break;
	case 5:
		enable(vm);
		break;
	default:
		fail(vm);
		break;
	}
}

static void relief(struct stress_vm *vm)
{
	atomic_store(&vm->guest.memory_gone, false);
	guest_acknowledge_error(&vm->guest);
	vsmmu_rearm(vm->vsmmu);
	if (!vm->guest.enabled || vm->guest.log2 < 6)
		enable(vm);
	for (unsigned int n = 0; one_in(vm, 4) && n < STRESS_VM_ENDPOINTS; n++)
		if (!vm->endpoint[n].handle && vm->guest.stream[n].endpoint == GUEST_NOBODY)
			stress_vm_attach(vm, n, n);
}

static void guest_works(struct stress_vm *vm)
{
	uint32_t unread = guest_unread(&vm->guest);

	/* Most of the time all, else some of it or nothing. */
	if (!one_in(vm, 6))
		guest_consume(&vm->guest, UINT32_MAX);
	else if (unread && one_in(vm, 2))
		guest_consume(&vm->guest, (uint32_t)rng_below(vm->rng, unread) + 1);
}

void stress_vm_act(struct stress_vm *vm)
{
	burst(vm);
	if (!one_in(vm, 8))
		stress_vm_dispatch(vm, burst_size(vm), one_in(vm, 4) ? burst_size(vm) : 0);
	guest_works(vm);
	if (one_in(vm, 64))
		misfortune(vm);
	if (one_in(vm, 8))
		relief(vm);
	if (one_in(vm, 16))
		stress_vm_check(vm);
	if (one_in(vm, 4096) && !vm->racing)
		stress_vm_settle(vm);
	if (vm->racing ? one_in(vm, 128) : one_in(vm, 1024))
		(vm->racing ? dispatcher_stop : dispatcher_start)(vm);
}
