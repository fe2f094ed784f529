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
#include "smmu/refusal.h"

#define LINE(irq) (UINT32_C(1) << (irq))

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

/*
 * Pulses the line; with defer_irqs it is noted, and a VMM that has nothing to take yet is told.
 * That is a VMM whose interrupts need its big lock, which may be held around a call that waits for
 * the event lock: so nothing is called here that could want it.
 */
static void line_pulse(struct vsmmu *vsmmu, enum vsmmu_irq irq)
{
	const bool told = vsmmu->irqs_noted;

	if (vsmmu->config.defer_irqs)
		vsmmu->irqs_noted |= LINE(irq);
	if (!told)
		vmm_irq_pulse(vsmmu, irq);
}

static void eventq_send(struct vsmmu *vsmmu)
{
	const struct msi_config *msi = &vsmmu->registers.eventq_msi;

	if (!msi_send(vsmmu, msi->address, msi->data))
		gerror_raise(vsmmu, SMMU_GERROR_MSI_EVENTQ_ABT);
	vsmmu->stats.eventq_irqs++;
}

void irq_eventq(struct vsmmu *vsmmu)
{
	if (!(vsmmu->registers.irq_ctrl & SMMU_IRQ_CTRL_EVENTQ_IRQEN))
		return;
	if (!vsmmu->config.defer_irqs)
		eventq_send(vsmmu);
	line_pulse(vsmmu, VSMMU_IRQ_EVENTQ);
}

/* Return: those that were not active before. */
static uint32_t gerror_activate(struct vsmmu *vsmmu, uint32_t bits)
{
	bits &= ~gerror_active(vsmmu);
	vsmmu->registers.gerror ^= bits;
	return bits;
}

static void gerror_send(struct vsmmu *vsmmu)
{
	const struct msi_config *msi = &vsmmu->registers.gerror_msi;

	if (!msi_send(vsmmu, msi->address, msi->data))
		gerror_activate(vsmmu, SMMU_GERROR_MSI_GERROR_ABT);
	vsmmu->stats.gerror_irqs++;
}

void irq_gerror(struct vsmmu *vsmmu)
{
	if (!(vsmmu->registers.irq_ctrl & SMMU_IRQ_CTRL_GERROR_IRQEN))
		return;
	if (!vsmmu->config.defer_irqs)
		gerror_send(vsmmu);
	line_pulse(vsmmu, VSMMU_IRQ_GERROR);
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
	if (!vsmmu->config.defer_irqs)
		vsmmu->stats.cmd_sync_irqs++;
	line_pulse(vsmmu, VSMMU_IRQ_CMD_SYNC);
}

/* It never is with an empty queue: a guest's handler may dequeue before it looks. */
static bool eventq_is_due(const struct vsmmu *vsmmu)
{
	const struct guest_queue *queue = &vsmmu->eventq.queue;

	return vsmmu->irqs_noted & LINE(VSMMU_IRQ_EVENTQ) &&
	       vsmmu->registers.irq_ctrl & SMMU_IRQ_CTRL_EVENTQ_IRQEN && queue->enabled &&
	       !queue_empty(atomic_load(&queue->prod), atomic_load(&queue->cons), queue->log2);
}

static bool gerror_is_due(const struct vsmmu *vsmmu)
{
	return vsmmu->irqs_noted & LINE(VSMMU_IRQ_GERROR) &&
	       vsmmu->registers.irq_ctrl & SMMU_IRQ_CTRL_GERROR_IRQEN &&
	       gerror_active(vsmmu) & ~SMMU_GERROR_MSI_GERROR_ABT;
}

/*
 * Under the event lock. An MSI that goes nowhere raises an error, which is noted and taken here as
 * well: so the event queue comes first, and irqs_noted is cleared at the end.
 */
static uint32_t lines_take(struct vsmmu *vsmmu)
{
	uint32_t lines = vsmmu->irqs_noted & LINE(VSMMU_IRQ_CMD_SYNC);

	if (lines)
		vsmmu->stats.cmd_sync_irqs++;
	if (eventq_is_due(vsmmu)) {
		eventq_send(vsmmu);
		lines |= LINE(VSMMU_IRQ_EVENTQ);
	}
	if (gerror_is_due(vsmmu)) {
		gerror_send(vsmmu);
		lines |= LINE(VSMMU_IRQ_GERROR);
	}
	vsmmu->irqs_noted = 0;
	return lines;
}

int vsmmu_take_irqs(struct vsmmu *vsmmu, uint32_t *lines)
{
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	if (!lines)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL, "lines is NULL");
	if (!vsmmu->config.defer_irqs)
		return refuse(vsmmu, VSMMU_NO_VSID, -EOPNOTSUPP,
			"interrupts were to be taken, but config.defer_irqs is not set, and each "
			"was delivered when it came up");
	pthread_mutex_lock(&vsmmu->event_lock);
	*lines = lines_take(vsmmu);
	pthread_mutex_unlock(&vsmmu->event_lock);
	return 0;
}
