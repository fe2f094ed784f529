/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wired interrupts and global errors. Every interrupt is an edge: nothing is held,
 * lowered, or raised again by enabling it late (IHI 0070 3.18, 6.3.16).
 */
#include "arch/regs.h"
#include "smmu/vsmmu.h"

void irq_eventq(struct vsmmu *vsmmu)
{
	if (!(vsmmu->irq_ctrl & SMMU_IRQ_CTRL_EVENTQ_IRQEN))
		return;
	vsmmu->stats.eventq_irqs++;
	vsmmu->ops.irq_pulse(vsmmu->config.opaque, VSMMU_IRQ_EVENTQ);
}

void gerror_raise(struct vsmmu *vsmmu, uint32_t bits)
{
	bits &= ~gerror_active(vsmmu);
	if (!bits)
		return;
	vsmmu->gerror ^= bits;
	if (!(vsmmu->irq_ctrl & SMMU_IRQ_CTRL_GERROR_IRQEN))
		return;
	vsmmu->stats.gerror_irqs++;
	vsmmu->ops.irq_pulse(vsmmu->config.opaque, VSMMU_IRQ_GERROR);
}
