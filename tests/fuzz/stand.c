/* SPDX-License-Identifier: BSD-2-Clause */
#include "stand.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "arch/event_filter.h"
#include "arch/queue.h"
#include "arch/regs.h"

#define RECORD 32

/* Calls of dispatch, one after the other, that find nothing although the fd is readable. */
#define IDLE_MAX 1

static bool is_gone(const struct stand *stand, uint64_t offset, size_t length)
{
	return stand->gone_size && offset < stand->gone + stand->gone_size &&
	       offset + length > stand->gone;
}

/* What a guest is shown must be what one may see, of an endpoint that it has. */
static void check_record(const struct stand *stand, const uint8_t *bytes)
{
	struct vsmmu_event_record record, again;
	bool known = false;

	vsmmu_event_record_load(bytes, &record);
	for (unsigned int n = 0; n < STAND_ENDPOINTS; n++)
		known = known || (stand->endpoint[n] && stand->vsid[n] == record.word[0] >> 32);
	FUZZ_CHECK(known);
	again = record;
	FUZZ_CHECK(arch_event_filter(again.word, SMMU_SSID_BITS_MAX) == EVENT_OK);
	FUZZ_CHECK(!memcmp(&again, &record, sizeof(again)));
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct stand *stand = opaque;
	const struct stand_queue *queue = &stand->before;
	uint64_t offset = address - queue->address;
	uint64_t window = (uint64_t)RECORD << queue->log2;

	FUZZ_CHECK(stand->may_write && queue->enabled && queue->smmu_enabled);
	FUZZ_CHECK(length && length % RECORD == 0 && offset % RECORD == 0);
	FUZZ_CHECK(offset < window && length <= window - offset);

	offset = address - STAND_MEMORY;
	if (offset >= STAND_SIZE || length > STAND_SIZE - offset || is_gone(stand, offset, length))
		return -EFAULT;
	for (size_t at = 0; at < length; at += RECORD) {
		uint32_t index = (uint32_t)((address + at - queue->address) / RECORD);

		/* In order, and never over what the guest has not read. */
		FUZZ_CHECK(index == queue_index(queue->prod + stand->written, queue->log2));
		stand->written++;
		FUZZ_CHECK(queue->used + stand->written <= queue_size(queue->log2));
		check_record(stand, (const uint8_t *)bytes + at);
	}
	memcpy(stand->memory + offset, bytes, length);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	struct stand *stand = opaque;
	uint32_t enable =
		irq == VSMMU_IRQ_EVENTQ ? SMMU_IRQ_CTRL_EVENTQ_IRQEN : SMMU_IRQ_CTRL_GERROR_IRQEN;

	FUZZ_CHECK(stand->may_write);
	FUZZ_CHECK(stand->before.irq_ctrl & enable);
	stand->pulses[irq]++;
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	struct stand *stand = opaque;

	FUZZ_CHECK(report->code > 0 && report->code < VSMMU_REPORT_CODE_COUNT);
	FUZZ_CHECK(*report->text && !strchr(report->text, '\n'));
	FUZZ_CHECK(!vsmmu_get_stats(stand->vsmmu, &stats));
}

static const struct vsmmu_ops ops = {
	.size = sizeof(ops),
	.memory_write = memory_write,
	.irq_pulse = irq_pulse,
	.report = report,
};

void stand_open(struct stand *stand, const struct stand_options *options)
{
	struct vsmmu_config config = options->config;

	memset(stand, 0, sizeof(*stand));
	stand_timer_reset();
	FUZZ_CHECK(!vsmmu_sim_new(&stand->sim, &options->sim));
	for (unsigned int n = 0; n < STAND_ENDPOINTS; n++)
		FUZZ_CHECK(!vsmmu_sim_endpoint_new(
			stand->sim, options->two_smmus ? n % 2 : 0, &stand->dev_id[n]));
	config.ops = &ops;
	config.opaque = stand;
	config.host = stand->sim;
	stand->log2_max = config.eventq_log2_max;
	FUZZ_CHECK(!vsmmu_new(&stand->vsmmu, &config));
}

uint32_t stand_read(struct stand *stand, uint64_t offset)
{
	uint64_t value;

	FUZZ_CHECK(!vsmmu_mmio_read(stand->vsmmu, offset, 4, &value));
	FUZZ_CHECK(value <= UINT32_MAX);
	return (uint32_t)value;
}

static struct stand_queue queue_now(struct stand *stand)
{
	uint32_t cr0 = stand_read(stand, SMMU_CR0);
	struct stand_queue queue = {
		.enabled = cr0 & SMMU_CR0_EVENTQEN,
		.smmu_enabled = cr0 & SMMU_CR0_SMMUEN,
		.prod = stand_read(stand, SMMU_EVENTQ_PROD),
		.cons = stand_read(stand, SMMU_EVENTQ_CONS),
		.irq_ctrl = stand_read(stand, SMMU_IRQ_CTRL),
	};
	uint64_t base;

	/* It cannot change while the queue is enabled, so it is what it was then. */
	FUZZ_CHECK(!vsmmu_mmio_read(stand->vsmmu, SMMU_EVENTQ_BASE, 8, &base));
	queue.log2 = base & SMMU_QUEUE_BASE_LOG2SIZE;
	if (queue.log2 > stand->log2_max)
		queue.log2 = stand->log2_max;
	queue.address = base & SMMU_QUEUE_BASE_ADDR & ~(((uint64_t)RECORD << queue.log2) - 1);
	queue.used = queue_distance(queue.prod, queue.cons, queue.log2);
	return queue;
}

static void check_stats(struct stand *stand)
{
	struct vsmmu_stats old = stand->stats, *now = &stand->stats;
	uint64_t discarded = 0;

	now->size = sizeof(*now);
	FUZZ_CHECK(!vsmmu_get_stats(stand->vsmmu, now));
	for (unsigned int i = 0; i < VSMMU_DISCARD_COUNT; i++) {
		FUZZ_CHECK(now->discarded_by[i] >= old.discarded_by[i]);
		discarded += now->discarded_by[i];
	}
	FUZZ_CHECK(now->discarded == discarded);
	/* The simulator's kernel is sound: it names no stream that is not there. */
	FUZZ_CHECK(!now->discarded_by[VSMMU_DISCARD_UNKNOWN_STREAM]);
	FUZZ_CHECK(!now->discarded_by[VSMMU_DISCARD_UNKNOWN_ID]);
	FUZZ_CHECK(!now->pending);
	FUZZ_CHECK(now->sequenced == now->delivered + now->lost + now->discarded + now->pending);
	FUZZ_CHECK(now->sequenced <= stand->produced);
	FUZZ_CHECK(now->sequenced >= old.sequenced && now->delivered >= old.delivered);
	FUZZ_CHECK(now->lost >= old.lost && now->reads >= old.reads);
}

void stand_enter(struct stand *stand)
{
	check_stats(stand);
	stand->before = queue_now(stand);
	stand->before.delivered = stand->stats.delivered;
	stand->written = 0;
	memset(stand->pulses, 0, sizeof(stand->pulses));
	stand->may_write = true;
}

static void check_gerror(struct stand *stand)
{
	uint32_t gerror = stand_read(stand, SMMU_GERROR);
	uint32_t gerrorn = stand_read(stand, SMMU_GERRORN);

	FUZZ_CHECK(!((gerror ^ gerrorn) & ~SMMU_GERROR_EVENTQ_ABT_ERR));
}

/* Shares are of records that the guest has not read. */
static void check_streams(struct stand *stand, const struct stand_queue *queue)
{
	uint64_t queued = 0;

	for (unsigned int n = 0; n < STAND_ENDPOINTS; n++) {
		struct vsmmu_stream_stats stats = {.size = sizeof(stats)};
		int ret = vsmmu_get_stream_stats(stand->vsmmu, stand->vsid[n], &stats);

		if (stand->endpoint[n]) {
			FUZZ_CHECK(!ret);
			FUZZ_CHECK(stats.fair_share <= stats.discarded);
			queued += stats.queued;
		}
	}
	FUZZ_CHECK(queued <= queue_size(queue->log2));
	if (!queue->enabled)
		FUZZ_CHECK(!queued);
}

void stand_leave(struct stand *stand)
{
	const struct stand_queue *before = &stand->before;
	struct stand_queue now = queue_now(stand);
	uint32_t overflow = (now.prod ^ before->prod) & SMMU_EVENTQ_PROD_OVFLG;
	uint32_t advanced = queue_distance(now.prod, before->prod, before->log2);

	stand->may_write = false;
	check_stats(stand);
	check_gerror(stand);
	FUZZ_CHECK(now.cons == before->cons && now.address == before->address);
	FUZZ_CHECK(stand->stats.delivered - before->delivered == stand->written);
	if (!before->enabled || !before->smmu_enabled)
		FUZZ_CHECK(now.prod == before->prod);
	else
		FUZZ_CHECK(advanced == stand->written);
	if ((overflow || (advanced && !before->used)) &&
		before->irq_ctrl & SMMU_IRQ_CTRL_EVENTQ_IRQEN)
		FUZZ_CHECK(stand->pulses[VSMMU_IRQ_EVENTQ]);
	if (!overflow && !advanced)
		FUZZ_CHECK(!stand->pulses[VSMMU_IRQ_EVENTQ]);
	check_streams(stand, &now);
}

void stand_leave_reset(struct stand *stand)
{
	struct stand_queue now = queue_now(stand);

	stand->may_write = false;
	check_stats(stand);
	FUZZ_CHECK(!stand->written);
	FUZZ_CHECK(!stand->pulses[VSMMU_IRQ_EVENTQ] && !stand->pulses[VSMMU_IRQ_GERROR]);
	FUZZ_CHECK(!now.enabled && !now.smmu_enabled && !now.prod && !now.cons);
	FUZZ_CHECK(!now.irq_ctrl && !now.address && !now.log2);
	FUZZ_CHECK(!stand_read(stand, SMMU_GERROR) && !stand_read(stand, SMMU_GERRORN));
	check_streams(stand, &now);
}

bool stand_readable(const struct stand *stand)
{
	struct pollfd fd = {.fd = vsmmu_get_fd(stand->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

void stand_run(struct stand *stand, uint32_t budget)
{
	unsigned int idle = 0;

	while (stand_readable(stand)) {
		int handled;

		stand_enter(stand);
		handled = vsmmu_dispatch(stand->vsmmu, budget);
		stand_leave(stand);
		FUZZ_CHECK(handled >= 0);
		idle = handled ? 0 : idle + 1;
		FUZZ_CHECK(idle <= IDLE_MAX);
	}
}
