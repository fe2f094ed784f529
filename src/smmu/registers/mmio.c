/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses of the guest to the register space, and what locks each takes. Queue pointers
 * need none, most registers the event lock; CR0 and GBPA decide what endpoints may do, and
 * take all that it needs to make the host do so before they are acknowledged.
 *
 * A 64-bit access is two 32-bit ones, low half first: right for the 64-bit registers, and
 * what guests that read PROD and CONS at once rely on. EVENTQ_PROD and _CONS are in page 1
 * alone, as 6.2 has it: their places in page 0 are RAZ/WI.
 *
 * The registers that have state are in table.c, the ID registers in arch/idr.c.
 */
#include <errno.h>

#include "arch/regs.h"
#include "smmu/commands/cmdq.h"
#include "smmu/endpoints/ask.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/entry.h"
#include "smmu/events/deliver.h"
#include "smmu/events/dispatch.h"
#include "smmu/events/forwarder.h"
#include "smmu/identity.h"
#include "smmu/registers/table.h"

#define HIGH_HALF 4

/* No command runs and no endpoint comes, goes or changes while these are held. */
static void config_lock(struct vsmmu *vsmmu)
{
	fairlock_lock(&vsmmu->command_lock);
	pthread_mutex_lock(&vsmmu->control_lock);
}

static void config_unlock(struct vsmmu *vsmmu)
{
	pthread_mutex_unlock(&vsmmu->control_lock);
	fairlock_unlock(&vsmmu->command_lock);
}

/*
 * Before the guest's queue can take events: what was caused while it could not is discarded
 * (7.2.1), or a driver that begins anew would be told of what was there before it.
 */
static void events_discard_old(struct vsmmu *vsmmu, uint32_t cr0)
{
	const uint32_t on = SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN;
	bool begins;

	pthread_mutex_lock(&vsmmu->event_lock);
	begins = (cr0 & on) == on && (vsmmu->registers.cr0 & on) != on;
	pthread_mutex_unlock(&vsmmu->event_lock);
	if (!begins)
		return;
	fairlock_lock(&vsmmu->dispatch_lock);
	forwarder_drain_all(vsmmu, VSMMU_DISCARD_DISABLED);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

/* Takes a value of the bits that this vSMMU has. Return: the bits that changed. */
static uint32_t cr0_set(struct vsmmu *vsmmu, uint32_t value)
{
	uint32_t changed = vsmmu->registers.cr0 ^ value;

	vsmmu->registers.cr0 = value;
	if (changed & SMMU_CR0_EVENTQEN)
		eventq_enable(&vsmmu->eventq, value & SMMU_CR0_EVENTQEN);
	if (changed & SMMU_CR0_CMDQEN)
		cmdq_enable(vsmmu, value & SMMU_CR0_CMDQEN);
	return changed;
}

/*
 * On an event path alone the VMM does what CR0 says of translation: nothing is left to wait for but
 * a read under way, whose events are not those of a queue that is enabled meanwhile.
 */
static void cr0_write_alone(struct vsmmu *vsmmu, uint32_t value)
{
	fairlock_lock(&vsmmu->dispatch_lock);
	pthread_mutex_lock(&vsmmu->event_lock);
	cr0_set(vsmmu, value);
	vsmmu->registers.cr0ack = value;
	pthread_mutex_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

/* Return: whether to ring the doorbell: a ring meanwhile found the command lock taken. */
static bool cr0_write(struct vsmmu *vsmmu, uint32_t value)
{
	struct registers *registers = &vsmmu->registers;
	uint32_t changed;
	bool done;

	pthread_mutex_lock(&vsmmu->event_lock);
	/* No other bit is ever acknowledged. */
	value &= (uint32_t)register_may_hold(
		register_row(SMMU_CR0), vsmmu_is_whole(vsmmu), vsmmu->id.idr[0]);
	done = registers->cr0 == value && registers->cr0ack == value;
	pthread_mutex_unlock(&vsmmu->event_lock);
	if (done)
		return false;
	if (!vsmmu_is_whole(vsmmu)) {
		cr0_write_alone(vsmmu, value);
		return false;
	}
	config_lock(vsmmu);
	events_discard_old(vsmmu, value);
	pthread_mutex_lock(&vsmmu->event_lock);
	changed = cr0_set(vsmmu, value);
	pthread_mutex_unlock(&vsmmu->event_lock);
	if (changed & value & SMMU_CR0_SMMUEN)
		vsid_ask(vsmmu);
	/* An endpoint for which it fails is blocked and reported there. */
	if (changed & SMMU_CR0_SMMUEN)
		install_refresh_all(vsmmu);
	pthread_mutex_lock(&vsmmu->event_lock);
	registers->cr0ack = value;
	pthread_mutex_unlock(&vsmmu->event_lock);
	config_unlock(vsmmu);
	return true;
}

/* A write without Update is ignored (6.3.14). Return: as cr0_write(). */
static bool gbpa_write(struct vsmmu *vsmmu, uint32_t value)
{
	bool matters;

	if (!vsmmu_is_whole(vsmmu) || !(value & SMMU_GBPA_UPDATE))
		return false;
	value &= SMMU_GBPA_BITS;
	config_lock(vsmmu);
	pthread_mutex_lock(&vsmmu->event_lock);
	matters = (vsmmu->registers.gbpa ^ value) & SMMU_GBPA_ABORT || install_any_blocked(vsmmu);
	matters = matters && !(vsmmu->registers.cr0 & SMMU_CR0_SMMUEN);
	vsmmu->registers.gbpa = value | (matters ? SMMU_GBPA_UPDATE : 0);
	pthread_mutex_unlock(&vsmmu->event_lock);
	if (matters) {
		install_refresh_all(vsmmu);
		pthread_mutex_lock(&vsmmu->event_lock);
		vsmmu->registers.gbpa = value;
		pthread_mutex_unlock(&vsmmu->event_lock);
	}
	config_unlock(vsmmu);
	return true;
}

/*
 * Toggling the bit of an inactive error is CONSTRAINED UNPREDICTABLE (6.3.20): here it has
 * no effect. Return: whether the command queue can go on: CMDQ_ERR was acknowledged.
 */
static bool gerrorn_write(struct vsmmu *vsmmu, uint32_t value)
{
	uint32_t acknowledged;

	pthread_mutex_lock(&vsmmu->event_lock);
	acknowledged = gerror_active(vsmmu) & (value ^ vsmmu->registers.gerrorn);
	vsmmu->registers.gerrorn ^= acknowledged;
	pthread_mutex_unlock(&vsmmu->event_lock);
	return acknowledged & SMMU_GERROR_CMDQ_ERR;
}

/* Unknown registers read as zero. */
static uint32_t mmio_read32(struct vsmmu *vsmmu, uint64_t offset)
{
	uint32_t value;

	switch (offset) {
	case SMMU_EVENTQ_PROD:
		return atomic_load(&vsmmu->eventq.queue.prod);
	case SMMU_EVENTQ_CONS:
		return atomic_load(&vsmmu->eventq.queue.cons);
	case SMMU_CMDQ_PROD:
		return atomic_load(&vsmmu->cmdq.queue.prod);
	case SMMU_CMDQ_CONS:
		return atomic_load(&vsmmu->cmdq.queue.cons);
	default:
		pthread_mutex_lock(&vsmmu->event_lock);
		if (!register_load(vsmmu, offset, &value))
			value = vsmmu_is_whole(vsmmu) ? arch_idr_read(&vsmmu->id, offset) : 0;
		pthread_mutex_unlock(&vsmmu->event_lock);
		return value;
	}
}

static void mmio_write32(struct vsmmu *vsmmu, uint64_t offset, uint32_t value)
{
	bool ring = false;

	switch (offset) {
	case SMMU_EVENTQ_CONS:
		atomic_store(&vsmmu->eventq.queue.cons, value & SMMU_EVENTQ_CONS_BITS);
		dispatch_consumed(vsmmu);
		break;
	case SMMU_CMDQ_PROD:
		ring = vsmmu_is_whole(vsmmu);
		if (ring)
			atomic_store(&vsmmu->cmdq.queue.prod, value & SMMU_QUEUE_INDEX);
		break;
	case SMMU_CR0:
		ring = cr0_write(vsmmu, value);
		dispatch_resume(vsmmu);
		break;
	case SMMU_GBPA:
		ring = gbpa_write(vsmmu, value);
		break;
	case SMMU_GERRORN:
		ring = gerrorn_write(vsmmu, value);
		/* An acknowledged EVENTQ_ABT_ERR lets events through again. */
		dispatch_resume(vsmmu);
		break;
	default:
		pthread_mutex_lock(&vsmmu->event_lock);
		register_store(vsmmu, offset, value);
		pthread_mutex_unlock(&vsmmu->event_lock);
	}
	if (ring)
		cmdq_doorbell(vsmmu);
}

static bool mmio_legal(uint64_t offset, uint32_t size)
{
	return (size == 4 || size == 8) && offset % size == 0 && offset < SMMU_REG_SPACE;
}

int vsmmu_mmio_read(struct vsmmu *vsmmu, uint64_t offset, uint32_t size, uint64_t *value)
{
	int ret = entry_check(vsmmu);

	if (!value)
		return -EINVAL;
	*value = 0;
	if (ret)
		return ret;
	if (!mmio_legal(offset, size))
		return -EINVAL;
	if (offset <= SMMU_AIDR)
		identity_freeze(vsmmu);
	*value = mmio_read32(vsmmu, offset);
	if (size == 8)
		*value |= (uint64_t)mmio_read32(vsmmu, offset + HIGH_HALF) << 32;
	return 0;
}

int vsmmu_mmio_write(struct vsmmu *vsmmu, uint64_t offset, uint32_t size, uint64_t value)
{
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	if (!mmio_legal(offset, size))
		return -EINVAL;
	identity_freeze(vsmmu);
	mmio_write32(vsmmu, offset, (uint32_t)value);
	if (size == 8)
		mmio_write32(vsmmu, offset + HIGH_HALF, (uint32_t)(value >> 32));
	return 0;
}
