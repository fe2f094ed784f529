/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers that the event path needs (IHI 0070 6.2, 6.3); all others read as zero
 * and ignore writes. A 64-bit access is two 32-bit ones, low half first: right for the
 * 64-bit registers, and what guests that read PROD and CONS at once rely on.
 */
#include <errno.h>

#include "arch/regs.h"
#include "smmu/vsmmu.h"

#define CR0_IMPLEMENTED	     (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN)
#define IRQ_CTRL_IMPLEMENTED (SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN)
#define EVENTQ_BASE_BITS     (SMMU_EVENTQ_BASE_WA | SMMU_EVENTQ_BASE_ADDR | SMMU_EVENTQ_BASE_LOG2SIZE)
#define HIGH_HALF	     4

void registers_reset(struct vsmmu *vsmmu)
{
	vsmmu->cr0 = 0;
	vsmmu->irq_ctrl = 0;
	vsmmu->gerror = 0;
	vsmmu->gerrorn = 0;
	eventq_reset(&vsmmu->eventq);
	stream_unqueue_all(&vsmmu->streams);
}

/* Under the event lock. */
static uint32_t register_read(struct vsmmu *vsmmu, uint64_t offset)
{
	switch (offset) {
	case SMMU_CR0:
	case SMMU_CR0ACK: /* every update is complete when its write returns */
		return vsmmu->cr0;
	case SMMU_IRQ_CTRL:
	case SMMU_IRQ_CTRLACK:
		return vsmmu->irq_ctrl;
	case SMMU_GERROR:
		return vsmmu->gerror;
	case SMMU_GERRORN:
		return vsmmu->gerrorn;
	case SMMU_EVENTQ_BASE:
		return (uint32_t)vsmmu->eventq.base;
	case SMMU_EVENTQ_BASE + HIGH_HALF:
		return (uint32_t)(vsmmu->eventq.base >> 32);
	default:
		return 0;
	}
}

static void cr0_write(struct vsmmu *vsmmu, uint32_t value)
{
	uint32_t old = vsmmu->cr0;

	vsmmu->cr0 = value & CR0_IMPLEMENTED;
	if (!((old ^ vsmmu->cr0) & SMMU_CR0_EVENTQEN))
		return;
	eventq_enable(&vsmmu->eventq, vsmmu->cr0 & SMMU_CR0_EVENTQEN);
	stream_unqueue_all(&vsmmu->streams);
}

/* The base may not move under an enabled queue: such writes are ignored (6.3.94). */
static void eventq_base_write(struct vsmmu *vsmmu, uint64_t clear, uint64_t set)
{
	if (!vsmmu->eventq.enabled)
		vsmmu->eventq.base = ((vsmmu->eventq.base & ~clear) | set) & EVENTQ_BASE_BITS;
}

/* Under the event lock. */
static void register_write(struct vsmmu *vsmmu, uint64_t offset, uint32_t value)
{
	uint32_t active;

	switch (offset) {
	case SMMU_CR0:
		cr0_write(vsmmu, value);
		break;
	case SMMU_IRQ_CTRL:
		vsmmu->irq_ctrl = value & IRQ_CTRL_IMPLEMENTED;
		break;
	case SMMU_GERRORN:
		/* Toggling a bit of an inactive error is CONSTRAINED UNPREDICTABLE
		 * (6.3.20): here it has no effect. */
		active = gerror_active(vsmmu);
		vsmmu->gerrorn = (vsmmu->gerrorn & ~active) | (value & active);
		break;
	case SMMU_EVENTQ_BASE:
		eventq_base_write(vsmmu, UINT32_MAX, value);
		break;
	case SMMU_EVENTQ_BASE + HIGH_HALF:
		eventq_base_write(vsmmu, ~(uint64_t)UINT32_MAX, (uint64_t)value << 32);
		break;
	case SMMU_EVENTQ_PROD:
		if (!vsmmu->eventq.enabled)
			atomic_store(&vsmmu->eventq.prod,
				value & (SMMU_EVENTQ_PROD_OVFLG | SMMU_QUEUE_INDEX));
		break;
	default:
		break;
	}
}

static uint32_t mmio_read32(struct vsmmu *vsmmu, uint64_t offset)
{
	uint32_t value;

	if (offset == SMMU_EVENTQ_PROD)
		return atomic_load(&vsmmu->eventq.prod);
	if (offset == SMMU_EVENTQ_CONS)
		return atomic_load(&vsmmu->eventq.cons);
	pthread_mutex_lock(&vsmmu->event_lock);
	value = register_read(vsmmu, offset);
	pthread_mutex_unlock(&vsmmu->event_lock);
	return value;
}

static void mmio_write32(struct vsmmu *vsmmu, uint64_t offset, uint32_t value)
{
	if (offset == SMMU_EVENTQ_CONS) {
		atomic_store(&vsmmu->eventq.cons,
			value & (SMMU_EVENTQ_CONS_OVACKFLG | SMMU_QUEUE_INDEX));
	} else {
		pthread_mutex_lock(&vsmmu->event_lock);
		register_write(vsmmu, offset, value);
		pthread_mutex_unlock(&vsmmu->event_lock);
	}
	/* Whatever it was may have ended "full": if it has not, dispatch pauses again. */
	pollset_resume(&vsmmu->pollset);
}

static bool mmio_legal(uint64_t offset, uint32_t size)
{
	return (size == 4 || size == 8) && offset % size == 0 && offset < SMMU_REG_SPACE;
}

int vsmmu_mmio_read(struct vsmmu *vsmmu, uint64_t offset, uint32_t size, uint64_t *value)
{
	*value = 0;
	if (!mmio_legal(offset, size))
		return -EINVAL;
	*value = mmio_read32(vsmmu, offset);
	if (size == 8)
		*value |= (uint64_t)mmio_read32(vsmmu, offset + HIGH_HALF) << 32;
	return 0;
}

int vsmmu_mmio_write(struct vsmmu *vsmmu, uint64_t offset, uint32_t size, uint64_t value)
{
	if (!mmio_legal(offset, size))
		return -EINVAL;
	mmio_write32(vsmmu, offset, (uint32_t)value);
	if (size == 8)
		mmio_write32(vsmmu, offset + HIGH_HALF, (uint32_t)(value >> 32));
	return 0;
}
