/* SPDX-License-Identifier: BSD-2-Clause */
#include "conformance/guest.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "arch/queue.h"
#include "arch/regs.h"
#include "tap.h"

/* The suite runs one test at a time. */
static struct guest *open_guest;

static int guest_memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct guest *guest = opaque;
	uint64_t offset = address - GUEST_QUEUE_ADDRESS;

	if (guest->memory_gone || offset >= GUEST_MEMORY_SIZE ||
		length > GUEST_MEMORY_SIZE - offset)
		return -EFAULT;
	memcpy(guest->memory + offset, bytes, length);
	return 0;
}

static void guest_irq(void *opaque, enum vsmmu_irq irq)
{
	struct guest *guest = opaque;

	guest->irqs[irq]++;
}

static void guest_report(void *opaque, const struct vsmmu_report *report)
{
	struct guest *guest = opaque;

	guest->reports[report->code]++;
}

static const struct vsmmu_ops guest_ops = {
	.size = sizeof(guest_ops),
	.memory_write = guest_memory_write,
	.irq_pulse = guest_irq,
	.report = guest_report,
};

int guest_open(struct guest *guest, struct machine *machine, const struct guest_options *options)
{
	const struct vsmmu_config config = {
		.size = sizeof(config),
		.ops = &guest_ops,
		.opaque = guest,
		.host = machine->path_host,
		.event_path_only = true,
		.veventq_depth = options->depth,
		.isolate = options->isolate,
		.loss_policy = options->loss_policy,
	};
	unsigned int endpoints = options->endpoints ? options->endpoints : 1;
	int ret;

	memset(guest, 0, sizeof(*guest));
	guest->machine = machine;
	ret = vsmmu_new(&guest->vsmmu, &config);
	open_guest = ret ? NULL : guest;
	for (unsigned int n = 0; !ret && n < endpoints; n++) {
		const struct vsmmu_endpoint_config endpoint = {
			.size = sizeof(endpoint),
			.vsid = GUEST_VSID(n),
			.dev_id = machine->endpoint[n].dev_id,
			.vfio_fd = machine->endpoint[n].vfio_fd,
			.attach = machine->endpoint[n].attach,
			.attach_opaque = machine->endpoint[n].opaque,
		};

		ret = vsmmu_endpoint_attach(guest->vsmmu, &endpoint, &guest->endpoint[n]);
		if (!ret)
			ret = vsmmu_endpoint_set_ste(guest->endpoint[n], machine->ste[n]);
	}
	return ret;
}

void guest_close(struct guest *guest)
{
	vsmmu_free(guest->vsmmu);
	guest->vsmmu = NULL;
	open_guest = NULL;
}

void guest_close_left(void)
{
	if (open_guest)
		guest_close(open_guest);
}

uint32_t guest_read(struct guest *guest, uint64_t offset)
{
	uint64_t value;

	vsmmu_mmio_read(guest->vsmmu, offset, 4, &value);
	return (uint32_t)value;
}

void guest_write(struct guest *guest, uint64_t offset, uint32_t value)
{
	vsmmu_mmio_write(guest->vsmmu, offset, 4, value);
}

void guest_enable(struct guest *guest, unsigned int log2)
{
	guest->log2 = log2;
	vsmmu_mmio_write(guest->vsmmu, SMMU_EVENTQ_BASE, 8,
		GUEST_QUEUE_ADDRESS | SMMU_QUEUE_BASE_HINT | log2);
	guest_write(guest, SMMU_EVENTQ_PROD, 0);
	guest_write(guest, SMMU_EVENTQ_CONS, 0);
	guest_write(guest, SMMU_CR0, SMMU_CR0_EVENTQEN);
	guest_write(guest, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN);
	guest_write(guest, SMMU_CR0, SMMU_CR0_EVENTQEN | SMMU_CR0_SMMUEN);
}

void guest_disable(struct guest *guest)
{
	guest_write(guest, SMMU_CR0, 0);
}

unsigned int guest_pending(struct guest *guest)
{
	return queue_distance(guest_read(guest, SMMU_EVENTQ_PROD),
		guest_read(guest, SMMU_EVENTQ_CONS), guest->log2);
}

bool guest_consume(struct guest *guest, struct vsmmu_event_record *record)
{
	uint32_t cons = guest_read(guest, SMMU_EVENTQ_CONS);

	if (!guest_pending(guest))
		return false;
	vsmmu_event_record_load(
		guest->memory + (size_t)queue_index(cons, guest->log2) * 32, record);
	guest_write(guest, SMMU_EVENTQ_CONS,
		queue_advance(cons, 1, guest->log2) | (cons & SMMU_EVENTQ_CONS_OVACKFLG));
	return true;
}

unsigned int guest_consume_all(struct guest *guest)
{
	struct vsmmu_event_record record;
	unsigned int consumed = 0;

	while (guest_consume(guest, &record))
		consumed++;
	return consumed;
}

void guest_acknowledge_overflow(struct guest *guest)
{
	uint32_t flag = guest_read(guest, SMMU_EVENTQ_PROD) & SMMU_EVENTQ_PROD_OVFLG;
	uint32_t cons = guest_read(guest, SMMU_EVENTQ_CONS);

	guest_write(guest, SMMU_EVENTQ_CONS, (cons & SMMU_QUEUE_INDEX) | flag);
}

bool guest_overflowed(struct guest *guest)
{
	return (guest_read(guest, SMMU_EVENTQ_PROD) ^ guest_read(guest, SMMU_EVENTQ_CONS)) &
	       SMMU_EVENTQ_PROD_OVFLG;
}

bool guest_readable(struct guest *guest)
{
	struct pollfd fd = {.fd = vsmmu_get_event_fd(guest->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

unsigned int guest_dispatch(struct guest *guest)
{
	unsigned int handled = 0;

	while (guest_readable(guest))
		handled += (unsigned int)vsmmu_dispatch(guest->vsmmu, 0);
	return handled;
}

struct vsmmu_stats guest_stats(struct guest *guest)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	vsmmu_get_stats(guest->vsmmu, &stats);
	return stats;
}

void guest_fault(struct guest *guest, unsigned int n, unsigned int count)
{
	TAP_EQ(guest->machine->ops->fault(guest->machine, n, count), 0);
}

void guest_fault_dropped(struct guest *guest, unsigned int n)
{
	TAP_EQ(guest->machine->ops->fault_dropped(guest->machine, n), 0);
}

void guest_expect_accounted(struct guest *guest, uint64_t sequenced, uint64_t delivered,
	uint64_t lost, uint64_t discarded)
{
	struct vsmmu_stats stats = guest_stats(guest);

	TAP_EQ(stats.sequenced, sequenced);
	TAP_EQ(stats.delivered, delivered);
	TAP_EQ(stats.lost, lost);
	TAP_EQ(stats.discarded, discarded);
	TAP_EQ(stats.pending, 0);
}

void guest_expect_discarded(struct guest *guest, enum vsmmu_discard reason, uint64_t count)
{
	TAP_EQ(guest_stats(guest).discarded_by[reason], count);
}
