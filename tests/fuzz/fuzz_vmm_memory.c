/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's memory, and what a VMM supplies: memory, interrupts, reports. */
#include <errno.h>
#include <string.h>

#include "arch/queue.h"
#include "arch/regs.h"
#include "smmu/endpoint.h"
#include "smmu/vsmmu.h"
#include "fuzz_vmm.h"

#define RECORD 32
#define MSI    4

bool fuzz_vmm_has(uint64_t address, size_t length)
{
	uint64_t offset = address - FUZZ_VMM_MEMORY;

	if (offset >= FUZZ_VMM_SIZE || length > FUZZ_VMM_SIZE - offset)
		return false;
	return !fuzz_vmm.hole_size || offset >= fuzz_vmm.hole + fuzz_vmm.hole_size ||
	       offset + length <= fuzz_vmm.hole;
}

static void remember(uint64_t offset, size_t length)
{
	struct fuzz_vmm_change *change;

	fuzz_vmm.changed++;
	if (fuzz_vmm.changes == FUZZ_VMM_JOURNAL) {
		fuzz_vmm.forgotten = true;
		return;
	}
	change = &fuzz_vmm.journal[fuzz_vmm.changes++];
	change->offset = (uint32_t)offset;
	change->length = (uint8_t)length;
	memcpy(change->old, fuzz_vmm.memory + offset, length);
}

void fuzz_vmm_poke(uint64_t address, const void *bytes, size_t length)
{
	uint64_t offset = address - FUZZ_VMM_MEMORY;

	if (!fuzz_vmm_has(address, length))
		return;
	for (size_t at = 0; at < length; at += ARCH_ENTRY_SIZE) {
		size_t part = length - at < ARCH_ENTRY_SIZE ? length - at : ARCH_ENTRY_SIZE;

		if (memcmp(fuzz_vmm.memory + offset + at, (const uint8_t *)bytes + at, part))
			remember(offset + at, part);
	}
	memcpy(fuzz_vmm.memory + offset, bytes, length);
}

void fuzz_vmm_store(uint64_t address, uint64_t value)
{
	uint8_t bytes[8];

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	fuzz_vmm_poke(address, bytes, sizeof(bytes));
}

void fuzz_vmm_peek(unsigned int change, uint64_t address, void *bytes, size_t length)
{
	uint64_t begin = address - FUZZ_VMM_MEMORY, end = begin + length;

	memcpy(bytes, fuzz_vmm.memory + begin, length);
	for (unsigned int i = fuzz_vmm.changes; i-- > change;) {
		const struct fuzz_vmm_change *old = &fuzz_vmm.journal[i];
		uint64_t from = old->offset > begin ? old->offset : begin;
		uint64_t to = old->offset + old->length;

		to = to < end ? to : end;
		if (from < to)
			memcpy((uint8_t *)bytes + (from - begin), old->old + (from - old->offset),
				to - from);
	}
}

static int memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	(void)opaque;
	FUZZ_CHECK(fuzz_vmm.inside && length && length <= FUZZ_VMM_PAGE);
	fuzz_vmm.reads++;
	if (!fuzz_vmm_has(address, length))
		return -EFAULT;
	memcpy(bytes, fuzz_vmm.memory + (address - FUZZ_VMM_MEMORY), length);
	return 0;
}

/* What a guest is shown must be of a StreamID that it has, and nothing of stage 2 or stalls. */
static void check_record(const uint8_t *bytes)
{
	struct vsmmu_event_record record;
	uint32_t sid;
	bool known;

	vsmmu_event_record_load(bytes, &record);
	sid = (uint32_t)(record.word[0] >> 32);
	known = fuzz_vmm.anything || fuzz_vmm.recording ||
		(fuzz_vmm.translating && sid == fuzz_vmm.translate_sid);
	for (unsigned int n = 0; n < FUZZ_VMM_ENDPOINTS; n++)
		known = known ||
			(fuzz_vmm.endpoint[n] &&
				(fuzz_vmm.vsid[n] == sid || fuzz_vmm.endpoint[n]->vsid == sid));
	FUZZ_CHECK(known);
	/* Of another id these are other bits: the hosts here record faults. */
	FUZZ_CHECK(
		fuzz_vmm.recording || !(record.word[1] & (UINT64_C(1) << 31 | UINT64_C(1) << 39)));
}

static int write_msi(uint64_t address, const void *bytes)
{
	FUZZ_CHECK(!fuzz_vmm.options.config.no_msi && address % MSI == 0);
	fuzz_vmm.foreign_writes +=
		address != fuzz_vmm.before.gerror_msi && address != fuzz_vmm.before.eventq_msi;
	if (!fuzz_vmm_has(address, MSI))
		return -EFAULT;
	fuzz_vmm_poke(address, bytes, MSI);
	return 0;
}

static void check_ring(uint64_t address, const uint8_t *bytes, size_t length)
{
	const uint32_t cr0 = fuzz_vmm.before.cr0 | fuzz_vmm.cr0_written;
	const unsigned int log2 = fuzz_vmm_eventq_log2(fuzz_vmm.before.eventq_base);
	const uint64_t window = (uint64_t)RECORD << log2;
	const uint64_t base = fuzz_vmm.before.eventq_base & SMMU_QUEUE_BASE_ADDR & ~(window - 1);
	const uint32_t used =
		queue_distance(fuzz_vmm.before.eventq_prod, fuzz_vmm.before.eventq_cons, log2);
	uint64_t offset = address - base;

	FUZZ_CHECK(cr0 & SMMU_CR0_EVENTQEN && cr0 & SMMU_CR0_SMMUEN);
	FUZZ_CHECK(offset % RECORD == 0 && offset < window && length <= window - offset);
	if (!fuzz_vmm_has(address, length))
		return;
	for (size_t at = 0; at < length; at += RECORD) {
		/* In order, and never over what the guest has not read. */
		FUZZ_CHECK((offset + at) / RECORD ==
			   queue_index(fuzz_vmm.before.eventq_prod + fuzz_vmm.written, log2));
		fuzz_vmm.written++;
		FUZZ_CHECK(used + fuzz_vmm.written <= queue_size(log2));
		check_record(bytes + at);
	}
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	FUZZ_CHECK(fuzz_vmm.inside && length);
	if (length == MSI)
		return write_msi(address, bytes);
	FUZZ_CHECK(length % RECORD == 0);
	if (!fuzz_vmm.anything)
		check_ring(address, bytes, length);
	if (!fuzz_vmm_has(address, length))
		return -EFAULT;
	fuzz_vmm_poke(address, bytes, length);
	return 0;
}

static int msi(void *opaque, uint64_t address, uint32_t data)
{
	(void)opaque;
	(void)data;
	FUZZ_CHECK(fuzz_vmm.inside && !fuzz_vmm.options.config.no_msi && address % MSI == 0);
	return address >> 32 ? -ENXIO : 0;
}

/* A handler of the event queue may dequeue before it looks. */
static void check_not_empty(void)
{
	const unsigned int log2 = fuzz_vmm.anything
					  ? FUZZ_VMM_EVENTQ_LOG2
					  : fuzz_vmm_eventq_log2(fuzz_vmm.before.eventq_base);
	const struct guest_queue *queue = &fuzz_vmm.vsmmu->eventq.queue;

	FUZZ_CHECK(!queue_empty(atomic_load(&queue->prod), atomic_load(&queue->cons), log2));
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	FUZZ_CHECK(fuzz_vmm.inside && irq < IRQ_COUNT);
	if (!fuzz_vmm.anything && irq == VSMMU_IRQ_EVENTQ)
		FUZZ_CHECK(fuzz_vmm.before.irq_ctrl & SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	if (!fuzz_vmm.anything && irq == VSMMU_IRQ_GERROR)
		FUZZ_CHECK(fuzz_vmm.before.irq_ctrl & SMMU_IRQ_CTRL_GERROR_IRQEN);
	if (irq == VSMMU_IRQ_EVENTQ)
		check_not_empty();
	fuzz_vmm.pulses[irq]++;
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	(void)opaque;
	FUZZ_CHECK(report->code > 0 && report->code < REPORT_CODE_COUNT);
	FUZZ_CHECK(*report->text && !strchr(report->text, '\n'));
	fuzz_vmm.reports++;
	if (report->code == VSMMU_REPORT_BLOCKED && strstr(report->text, "not even be cut off"))
		fuzz_vmm.at_large = true;
	if (fuzz_vmm.vsmmu)
		FUZZ_CHECK(!vsmmu_get_stats(fuzz_vmm.vsmmu, &stats));
}

static void note_data(uint64_t address, size_t length)
{
	if (length > FUZZ_VMM_DATA_MAX)
		return;
	if (fuzz_vmm.datas < FUZZ_VMM_DATAS)
		fuzz_vmm.data[fuzz_vmm.datas] = (struct fuzz_vmm_data){address, length};
	fuzz_vmm.datas++;
}

int fuzz_vmm_stage2_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	(void)opaque;
	if (!fuzz_vmm_has(address, length))
		return -EFAULT;
	note_data(address, length);
	memcpy(bytes, fuzz_vmm.memory + (address - FUZZ_VMM_MEMORY), length);
	return 0;
}

int fuzz_vmm_stage2_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	if (!fuzz_vmm_has(address, length))
		return -EFAULT;
	note_data(address, length);
	fuzz_vmm_poke(address, bytes, length);
	return 0;
}

/* "Not yet" is an answer. */
static uint64_t number_of(void *opaque, void *endpoint_opaque)
{
	(void)opaque;
	FUZZ_CHECK(fuzz_vmm.inside);
	return *(const uint64_t *)endpoint_opaque;
}

const struct vsmmu_ops fuzz_vmm_ops = {
	.size = sizeof(fuzz_vmm_ops),
	.memory_read = memory_read,
	.memory_write = memory_write,
	.irq_pulse = irq_pulse,
	.report = report,
	.msi = msi,
	.vsid = number_of,
};
