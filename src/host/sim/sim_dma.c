/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transactions of a simulated endpoint: stage 1 as the guest has it, from the caches if it
 * is there; then stage 2, which is whether the guest has memory at that address.
 *
 * A failure there is a fault of stage 2 for the hardware, so that the kernel keeps it to
 * itself: also a CD's or a table's fetch, which stage 1 alone would see as F_CD_FETCH and
 * F_WALK_EABT; none of these is forwarded. The kernel sets STE.MEV; nothing is merged here.
 */
#include "host/sim/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/event_filter.h"
#include "util/sized.h"

#define PAGE_SIZE ((size_t)1 << ARCH_GRANULE_MIN) /* the hardware splits there */
#define SSID_MAX  0xfffff
#define ALL_FLAGS                                                                                  \
	(VSMMU_ACCESS_WRITE | VSMMU_ACCESS_INSTRUCTION | VSMMU_ACCESS_PRIVILEGED |                 \
		VSMMU_ACCESS_SSID)

static int read_guest(void *ctx, uint64_t address, void *bytes, size_t n)
{
	const struct sim *sim = ctx;

	return sim->memory_read ? sim->memory_read(sim->memory_opaque, address, bytes, n) : -1;
}

static bool access_guest(
	const struct sim *sim, bool write, uint64_t address, void *bytes, size_t length)
{
	if (!write)
		return read_guest((void *)sim, address, bytes, length) >= 0;
	return sim->memory_write &&
	       sim->memory_write(sim->memory_opaque, address, bytes, length) >= 0;
}

/* A cache for which there is no memory is one that never hits. */
static bool get_context(const struct sim *sim, struct sim_endpoint *endpoint,
	const struct arch_transaction *transaction, struct arch_context *context,
	struct arch_result *result)
{
	const struct arch_memory memory = {.read = read_guest, .ctx = (void *)sim};
	const uint64_t ste[ARCH_ENTRY_WORDS] = {endpoint->ste[0], endpoint->ste[1]};

	if (endpoint->contexts && sim_contexts_find(endpoint->contexts, transaction, context))
		return true;
	if (!arch_context_from_ste(&sim->features, &memory, ste, transaction, context, result))
		return false;
	if (!context->translates)
		return true;
	if (!endpoint->contexts)
		endpoint->contexts = calloc(1, sizeof(*endpoint->contexts));
	if (endpoint->contexts)
		sim_contexts_add(endpoint->contexts, transaction, context);
	return true;
}

static bool get_mapping(struct sim *sim, struct sim_vmid *vmid, const struct arch_context *context,
	const struct arch_transaction *transaction, struct arch_mapping *mapping,
	struct arch_result *result)
{
	const struct arch_memory memory = {.read = read_guest, .ctx = sim};
	const uint64_t address = transaction->address;

	if (vmid->tlb && sim_tlb_find(vmid->tlb, &context->cd, address, mapping))
		return true;
	atomic_fetch_add_explicit(&sim->walks, 1, memory_order_relaxed);
	if (!arch_context_walk(context, &memory, transaction, mapping, result))
		return false;
	if (!vmid->tlb)
		vmid->tlb = calloc(1, sizeof(*vmid->tlb));
	if (vmid->tlb)
		sim_tlb_add(vmid->tlb, &context->cd, address, mapping);
	return true;
}

static void translate(struct sim *sim, struct sim_endpoint *endpoint,
	const struct arch_transaction *transaction, struct arch_result *result)
{
	const struct arch_state state = {.features = sim->features, .enabled = true};
	struct arch_context context;
	struct arch_mapping mapping;

	if (!get_context(sim, endpoint, transaction, &context, result))
		return;
	/* Nothing but a nested HWPT translates. */
	if (context.translates &&
		!get_mapping(sim, ((struct sim_nested *)endpoint->hwpt)->viommu->vmid, &context,
			transaction, &mapping, result))
		return;
	arch_context_apply(&state, &context, &mapping, transaction, result);
}

static void fail_stage2(const struct arch_transaction *transaction, struct arch_result *result)
{
	*result = (struct arch_result){
		.outcome = ARCH_TERMINATE_ABORT,
		.event = VSMMU_EVENT_F_TRANSLATION,
		.recorded = true,
		.record.word = {VSMMU_EVENT_F_TRANSLATION, EVENT_WORD1_STAGE2, transaction->address,
			result->address},
	};
}

/* Return: whether the endpoint saw it succeed. With the hardware lock held. */
static bool transact(struct sim *sim, struct sim_endpoint *endpoint,
	const struct arch_transaction *transaction, void *bytes, size_t length)
{
	const bool write = transaction->access.write;
	struct arch_result result;

	/* VFIO's endpoint without an HWPT is blocked: an STE of Config abort. */
	if (!endpoint->hwpt)
		return false;
	translate(sim, endpoint, transaction, &result);
	if (result.outcome == ARCH_PASS && !access_guest(sim, write, result.address, bytes, length))
		fail_stage2(transaction, &result);
	if (result.outcome == ARCH_TERMINATE_RAZ_WI && !write)
		memset(bytes, 0, length);
	if (result.recorded) {
		pthread_mutex_lock(&sim->lock);
		(void)sim_fault(sim, endpoint, &result.record);
		pthread_mutex_unlock(&sim->lock);
	}
	return result.outcome != ARCH_TERMINATE_ABORT;
}

/* The lock is let go between transactions, so that an invalidation can come in between. */
static bool transact_locked(struct sim *sim, struct sim_endpoint *endpoint,
	const struct arch_transaction *transaction, void *bytes, size_t length)
{
	bool done;

	pthread_mutex_lock(&sim->hardware_lock);
	done = transact(sim, endpoint, transaction, bytes, length);
	pthread_mutex_unlock(&sim->hardware_lock);
	atomic_fetch_add_explicit(&sim->transactions, 1, memory_order_relaxed);
	if (!done)
		atomic_fetch_add_explicit(&sim->aborts, 1, memory_order_relaxed);
	return done;
}

static int check(const struct vsmmu_access *access, const void *bytes, size_t length)
{
	if (!bytes || !length || length - 1 > ~access->address)
		return -EINVAL;
	if (access->reserved || access->flags & ~(uint32_t)ALL_FLAGS)
		return -EINVAL;
	if (access->flags & VSMMU_ACCESS_WRITE && access->flags & VSMMU_ACCESS_INSTRUCTION)
		return -EINVAL;
	return access->flags & VSMMU_ACCESS_SSID && access->ssid > SSID_MAX ? -EINVAL : 0;
}

int vsmmu_sim_dma(struct vsmmu_host *host, uint32_t dev_id, const struct vsmmu_access *given,
	void *bytes, size_t length)
{
	struct arch_transaction transaction;
	struct sim_endpoint *endpoint;
	struct vsmmu_access access;
	struct sim *sim;
	int ret;

	if (!sim_is(host))
		return -EINVAL;
	ret = sized_copy_in(&access, given, sizeof(access));
	if (!ret)
		ret = check(&access, bytes, length);
	if (ret)
		return ret;
	sim = sim_of(host);
	/* Endpoints live as long as their host. */
	pthread_mutex_lock(&sim->lock);
	endpoint = sim_object_get(sim, dev_id, SIM_ENDPOINT);
	pthread_mutex_unlock(&sim->lock);
	if (!endpoint)
		return -ENOENT;
	transaction = (struct arch_transaction){
		.address = access.address,
		.ssv = access.flags & VSMMU_ACCESS_SSID,
		.ssid = access.flags & VSMMU_ACCESS_SSID ? access.ssid : 0,
		.access = {.write = access.flags & VSMMU_ACCESS_WRITE,
			.privileged = access.flags & VSMMU_ACCESS_PRIVILEGED,
			.instruction = access.flags & VSMMU_ACCESS_INSTRUCTION},
	};
	for (size_t done = 0, part; done < length; done += part) {
		transaction.address = access.address + done;
		part = PAGE_SIZE - (size_t)(transaction.address % PAGE_SIZE);
		if (part > length - done)
			part = length - done;
		if (!transact_locked(sim, endpoint, &transaction, (uint8_t *)bytes + done, part))
			return -EFAULT;
	}
	return 0;
}
