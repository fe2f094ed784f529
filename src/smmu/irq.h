/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts and global errors (IHI 0070 3.18, 7.5). All under the event lock. */
#ifndef SMMU_IRQ_H
#define SMMU_IRQ_H

#include "smmu/vsmmu.h"

/* Pulses the line, or notes it for vsmmu_take_irqs(), if the guest has enabled it. */
void irq_eventq(struct vsmmu *vsmmu);
void irq_gerror(struct vsmmu *vsmmu);

/* Activates GERROR bits that are not active (7.5), with their interrupt. */
void gerror_raise(struct vsmmu *vsmmu, uint32_t bits);

/* Signals a CMD_SYNC's completion: by an MSI, or by the wired line if @address is 0. */
void irq_cmd_sync(struct vsmmu *vsmmu, uint64_t address, uint32_t data);

#endif
