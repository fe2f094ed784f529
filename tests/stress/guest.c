/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

#include <errno.h>
#include <string.h>

#include "arch/queue.h"
#include "arch/regs.h"
#include "check.h"

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct guest *guest = opaque;
	uint64_t offset = address - GUEST_ADDRESS;

	CHECK(offset < GUEST_SIZE && length <= GUEST_SIZE - offset, "%zu bytes at %#llx", length,
		(unsigned long long)address);
	if (atomic_load_explicit(&guest->memory_gone, memory_order_relaxed))
		return -EFAULT;
	memcpy(guest->memory + offset, bytes, length);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	struct guest *guest = opaque;

	atomic_fetch_add_explicit(&guest->irqs[irq], 1, memory_order_relaxed);
}

/* Only that it may be called, and how long its text is. */
static void report(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	CHECK(strlen(report->text) > 10, "%s", report->text);
}

const struct vsmmu_ops guest_ops = {
	.size = sizeof(guest_ops),
	.memory_write = memory_write,
	.irq_pulse = irq_pulse,
	.report = report,
};

static uint32_t read_register(const struct guest *guest, uint64_t offset)
{
	uint64_t value;

	vsmmu_mmio_read(guest->vsmmu, offset, 4, &value);
	return (uint32_t)value;
}

static void write_register(const struct guest *guest, uint64_t offset, uint32_t value)
{
	vsmmu_mmio_write(guest->vsmmu, offset, 4, value);
}

void guest_enable(struct guest *guest, unsigned int log2)
{
	guest_disable(guest);
	guest->log2 = log2;
	guest->enabled = true;
	vsmmu_mmio_write(
		guest->vsmmu, SMMU_EVENTQ_BASE, 8, GUEST_ADDRESS | SMMU_QUEUE_BASE_HINT | log2);
	write_register(guest, SMMU_EVENTQ_PROD, 0);
	write_register(guest, SMMU_EVENTQ_CONS, 0);
	write_register(
		guest, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN);
	write_register(guest, SMMU_CR0, SMMU_CR0_EVENTQEN | SMMU_CR0_SMMUEN);
}

void guest_disable(struct guest *guest)
{
	write_register(guest, SMMU_CR0, 0);
	/* Nothing is written any more: what is there now is all that there was. */
	guest_forget(guest);
}

void guest_forget(struct guest *guest)
{
	if (guest->enabled)
		guest->abandoned += guest_unread(guest);
	guest->enabled = false;
}

uint32_t guest_unread(struct guest *guest)
{
	if (!guest->enabled)
		return 0;
	return queue_distance(read_register(guest, SMMU_EVENTQ_PROD),
		read_register(guest, SMMU_EVENTQ_CONS), guest->log2);
}

static void check_record(struct guest *guest, const uint8_t *bytes)
{
	struct vsmmu_event_record record;
	struct guest_stream *stream;
	uint64_t serial, vsid;

	vsmmu_event_record_load(bytes, &record);
	vsid = record.word[0] >> 32;
	CHECK(vsid < GUEST_STREAMS, "%#llx", (unsigned long long)vsid);
	stream = &guest->stream[vsid];
	serial = record.word[2] & GUEST_SERIAL_MASK;
	CHECK((uint32_t)record.word[0] == VSMMU_EVENT_F_TRANSLATION, "%#llx",
		(unsigned long long)record.word[0]);
	CHECK_EQ(record.word[1], UINT64_C(0x20800000000));
	CHECK_EQ(record.word[3], 0U);
	CHECK_EQ(record.word[2] >> GUEST_SERIAL_BITS, stream->endpoint);
	/* Neither twice, nor out of order, nor one of before a reset. */
	CHECK(serial > stream->seen, "stream %llu: fault %llu after %llu", (unsigned long long)vsid,
		(unsigned long long)serial, (unsigned long long)stream->seen);
	stream->seen = serial;
}

uint32_t guest_consume(struct guest *guest, uint32_t max)
{
	uint32_t prod, cons, used;

	if (!guest->enabled)
		return 0;
	prod = read_register(guest, SMMU_EVENTQ_PROD);
	cons = read_register(guest, SMMU_EVENTQ_CONS);
	used = queue_distance(prod, cons, guest->log2);
	CHECK(used <= queue_size(guest->log2), "%u unread of %u", used, queue_size(guest->log2));
	if (used > max)
		used = max;
	for (uint32_t i = 0; i < used; i++)
		check_record(
			guest, guest->memory + 32 * (size_t)queue_index(cons + i, guest->log2));
	guest->consumed += used;
	write_register(guest, SMMU_EVENTQ_CONS,
		queue_advance(cons, used, guest->log2) | (prod & SMMU_EVENTQ_PROD_OVFLG));
	return used;
}

void guest_acknowledge_error(struct guest *guest)
{
	write_register(guest, SMMU_GERRORN, read_register(guest, SMMU_GERROR));
}
