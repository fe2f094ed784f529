/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts and global errors. Every interrupt is an edge: nothing is held, lowered, or
 * raised again by enabling it late (IHI 0070 3.18, 6.3.16). What an interrupt tells of is
 * visible before it. Where the guest has set up an MSI for the event queue or GERROR that comes
 * first, and the wired line is pulsed all the same, as 3.18 has it.
 */
#include "arch/fetch.h"
#include "arch/regs.h"
#include "smmu/entry.h"
#include "smmu/irq.h"

/*
 * Address 0 stands for no MSI; bits beyond the OAS are not looked at (6.3.21, 4.7.3). It
 * goes to the guest's memory, which is how CMD_SYNCs are polled for, else to a doorbell.
 *
 * Return: whether it went where it was meant to, if anywhere.
 */
static bool msi_send(struct vsmmu *vsmmu, uint64_t address, uint32_t data)
{
	const uint8_t bytes[4] = {
		(uint8_t)data, (uint8_t)(data >> 8), (uint8_t)(data >> 16), (uint8_t)(data >> 24)};

	if (!(vsmmu->id.idr[0] & SMMU_IDR0_MSI) || !address)
		return true;
	address &= arch_mask(vsmmu->features.oas);
	if (vmm_memory_write(vsmmu, address, bytes, sizeof(bytes)) < 0 &&
		vmm_msi(vsmmu, address, data) < 0) {
		vsmmu->stats.msi_aborts++;
		return false;
	}
	vsmmu->stats.msis++;
	return true;
}

void irq_eventq(struct vsmmu *vsmmu)
{
	const struct msi_config *msi = &vsmmu->registers.eventq_msi;

	if (!(vsmmu->registers.irq_ctrl & SMMU_IRQ_CTRL_EVENTQ_IRQEN))
		return;
	if (!msi_send(vsmmu, msi->address, msi->data))
		gerror_raise(vsmmu, SMMU_GERROR_MSI_EVENTQ_ABT);
	vsmmu->stats.eventq_irqs++;
	vmm_irq_pulse(vsmmu, VSMMU_IRQ_EVENTQ);
}

/* Return: those that were not active before. */
static uint32_t gerror_activate(struct vsmmu *vsmmu, uint32_t bits)
{
	bits &= ~gerror_active(vsmmu);
	vsmmu->registers.gerror ^= bits;
	return bits;
}

void irq_gerror(struct vsmmu *vsmmu)
{
	const struct msi_config *msi = &vsmmu->registers.gerror_msi;

	if (!(vsmmu->registers.irq_ctrl & SMMU_IRQ_CTRL_GERROR_IRQEN))
		return;
	if (!msi_send(vsmmu, msi->address, msi->data))
		gerror_activate(vsmmu, SMMU_GERROR_MSI_GERROR_ABT);
	vsmmu->stats.gerror_irqs++;
	vmm_irq_pulse(vsmmu, VSMMU_IRQ_GERROR);
}

void gerror_raise(struct vsmmu *vsmmu, uint32_t bits)
{
	/* MSI_GERROR_ABT is the one error that raises no interrupt (7.5). */
	if (gerror_activate(vsmmu, bits) & ~SMMU_GERROR_MSI_GERROR_ABT)
		irq_gerror(vsmmu);
}

/*
 * IRQ_CTRL has no say in it (3.18). A SYNC that asked for an MSI is not signalled by the line
 * too, which 4.7.3 would have: no guest is known that looks at both, and a pulse costs as much
 * as the rest of a SYNC.
 */
void irq_cmd_sync(struct vsmmu *vsmmu, uint64_t address, uint32_t data)
{
	if (address && vsmmu->id.idr[0] & SMMU_IDR0_MSI) {
		if (!msi_send(vsmmu, address, data))
			gerror_raise(vsmmu, SMMU_GERROR_MSI_CMDQ_ABT);
		return;
	}
	vsmmu->stats.cmd_sync_irqs++;
	vmm_irq_pulse(vsmmu, VSMMU_IRQ_CMD_SYNC);
}
