/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's memory, and what a VMM supplies: memory, interrupts, reports. */
#include <errno.h>
#include <string.h>

#include "arch/queue.h"
#include "arch/regs.h"
#include "board.h"

#define RECORD 32
#define MSI    4

bool board_has(uint64_t address, size_t length)
{
	uint64_t offset = address - BOARD_MEMORY;

	if (offset >= BOARD_SIZE || length > BOARD_SIZE - offset)
		return false;
	return !board.hole_size || offset >= board.hole + board.hole_size ||
	       offset + length <= board.hole;
}

static void remember(uint64_t offset, size_t length)
{
	struct board_change *change;

	board.changed++;
	if (board.changes == BOARD_JOURNAL) {
		board.forgotten = true;
		return;
	}
	change = &board.journal[board.changes++];
	change->offset = (uint32_t)offset;
	change->length = (uint8_t)length;
	memcpy(change->old, board.memory + offset, length);
}

void board_poke(uint64_t address, const void *bytes, size_t length)
{
	uint64_t offset = address - BOARD_MEMORY;

	if (!board_has(address, length))
		return;
	for (size_t at = 0; at < length; at += ARCH_ENTRY_SIZE) {
		size_t part = length - at < ARCH_ENTRY_SIZE ? length - at : ARCH_ENTRY_SIZE;

		if (memcmp(board.memory + offset + at, (const uint8_t *)bytes + at, part))
			remember(offset + at, part);
	}
	memcpy(board.memory + offset, bytes, length);
}

void board_store(uint64_t address, uint64_t value)
{
	uint8_t bytes[8];

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	board_poke(address, bytes, sizeof(bytes));
}

void board_peek(unsigned int change, uint64_t address, void *bytes, size_t length)
{
	uint64_t begin = address - BOARD_MEMORY, end = begin + length;

	memcpy(bytes, board.memory + begin, length);
	for (unsigned int i = board.changes; i-- > change;) {
		const struct board_change *old = &board.journal[i];
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
	FUZZ_CHECK(board.inside && length && length <= BOARD_PAGE);
	board.reads++;
	if (!board_has(address, length))
		return -EFAULT;
	memcpy(bytes, board.memory + (address - BOARD_MEMORY), length);
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
	known = board.anything || (board.translating && sid == board.translate_sid);
	for (unsigned int n = 0; n < BOARD_ENDPOINTS; n++)
		known = known || (board.endpoint[n] && board.vsid[n] == sid);
	FUZZ_CHECK(known);
	FUZZ_CHECK(!(record.word[1] & (UINT64_C(1) << 31 | UINT64_C(1) << 39)));
}

static int write_msi(uint64_t address, const void *bytes)
{
	FUZZ_CHECK(board.options.config.msi && address % MSI == 0);
	board.foreign_writes +=
		address != board.before.gerror_msi && address != board.before.eventq_msi;
	if (!board_has(address, MSI))
		return -EFAULT;
	board_poke(address, bytes, MSI);
	return 0;
}

static void check_ring(uint64_t address, const uint8_t *bytes, size_t length)
{
	const uint32_t cr0 = board.before.cr0 | board.cr0_written;
	const unsigned int log2 = board_eventq_log2(board.before.eventq_base);
	const uint64_t window = (uint64_t)RECORD << log2;
	const uint64_t base = board.before.eventq_base & SMMU_QUEUE_BASE_ADDR & ~(window - 1);
	const uint32_t used =
		queue_distance(board.before.eventq_prod, board.before.eventq_cons, log2);
	uint64_t offset = address - base;

	FUZZ_CHECK(cr0 & SMMU_CR0_EVENTQEN && cr0 & SMMU_CR0_SMMUEN);
	FUZZ_CHECK(offset % RECORD == 0 && offset < window && length <= window - offset);
	if (!board_has(address, length))
		return;
	for (size_t at = 0; at < length; at += RECORD) {
		/* In order, and never over what the guest has not read. */
		FUZZ_CHECK((offset + at) / RECORD ==
			   queue_index(board.before.eventq_prod + board.written, log2));
		board.written++;
		FUZZ_CHECK(used + board.written <= queue_size(log2));
		check_record(bytes + at);
	}
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	FUZZ_CHECK(board.inside && length);
	if (length == MSI)
		return write_msi(address, bytes);
	FUZZ_CHECK(length % RECORD == 0);
	if (!board.anything)
		check_ring(address, bytes, length);
	if (!board_has(address, length))
		return -EFAULT;
	board_poke(address, bytes, length);
	return 0;
}

static int msi(void *opaque, uint64_t address, uint32_t data)
{
	(void)opaque;
	(void)data;
	FUZZ_CHECK(board.inside && board.options.config.msi && address % MSI == 0);
	return address >> 32 ? -ENXIO : 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	FUZZ_CHECK(board.inside && irq < VSMMU_IRQ_COUNT);
	if (!board.anything && irq == VSMMU_IRQ_EVENTQ)
		FUZZ_CHECK(board.before.irq_ctrl & SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	if (!board.anything && irq == VSMMU_IRQ_GERROR)
		FUZZ_CHECK(board.before.irq_ctrl & SMMU_IRQ_CTRL_GERROR_IRQEN);
	board.pulses[irq]++;
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	(void)opaque;
	FUZZ_CHECK(report->code > 0 && report->code < VSMMU_REPORT_CODE_COUNT);
	FUZZ_CHECK(*report->text && !strchr(report->text, '\n'));
	board.reports++;
	if (board.vsmmu)
		FUZZ_CHECK(!vsmmu_get_stats(board.vsmmu, &stats));
}

static void note_data(uint64_t address, size_t length)
{
	if (length > BOARD_DATA_MAX)
		return;
	if (board.datas < BOARD_DATAS)
		board.data[board.datas] = (struct board_data){address, length};
	board.datas++;
}

int board_stage2_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	(void)opaque;
	if (!board_has(address, length))
		return -EFAULT;
	note_data(address, length);
	memcpy(bytes, board.memory + (address - BOARD_MEMORY), length);
	return 0;
}

int board_stage2_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	if (!board_has(address, length))
		return -EFAULT;
	note_data(address, length);
	board_poke(address, bytes, length);
	return 0;
}

const struct vsmmu_ops board_ops = {
	.size = sizeof(board_ops),
	.memory_read = memory_read,
	.memory_write = memory_write,
	.irq_pulse = irq_pulse,
	.report = report,
	.msi = msi,
};
