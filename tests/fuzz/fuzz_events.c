/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz_events.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "arch/event_filter.h"
#include "arch/queue.h"
#include "arch/regs.h"

#define RECORD 32

/* Calls of dispatch, one after the other, that find nothing although the fd is readable. */
#define IDLE_MAX 1

static bool is_gone(const struct fuzz_events *fuzz, uint64_t offset, size_t length)
{
	return fuzz->gone_size && offset < fuzz->gone + fuzz->gone_size &&
	       offset + length > fuzz->gone;
}

/* A guest must be shown only what one may see, of an endpoint that it has. */
static void check_record(const struct fuzz_events *fuzz, const uint8_t *bytes)
{
	struct vsmmu_event_record record, again;
	bool known = false;

	vsmmu_event_record_load(bytes, &record);
	for (unsigned int n = 0; n < FUZZ_EVENTS_ENDPOINTS; n++)
		known = known || (fuzz->endpoint[n] && fuzz->vsid[n] == record.word[0] >> 32);
	FUZZ_CHECK(known);
	again = record;
	FUZZ_CHECK(arch_event_filter(again.word, SMMU_SSID_BITS_MAX) == EVENT_OK);
	FUZZ_CHECK(!memcmp(&again, &record, sizeof(again)));
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct fuzz_events *fuzz = opaque;
	const struct fuzz_events_queue *queue = &fuzz->before;
	uint64_t offset = address - queue->address;
	uint64_t window = (uint64_t)RECORD << queue->log2;

	FUZZ_CHECK(fuzz->may_write && queue->enabled && queue->smmu_enabled);
	FUZZ_CHECK(length && length % RECORD == 0 && offset % RECORD == 0);
	FUZZ_CHECK(offset < window && length <= window - offset);

	offset = address - FUZZ_EVENTS_MEMORY;
	if (offset >= FUZZ_EVENTS_SIZE || length > FUZZ_EVENTS_SIZE - offset ||
		is_gone(fuzz, offset, length))
		return -EFAULT;
	for (size_t at = 0; at < length; at += RECORD) {
		uint32_t index = (uint32_t)((address + at - queue->address) / RECORD);

		/* In order, and never over what the guest has not read. */
		FUZZ_CHECK(index == queue_index(queue->prod + fuzz->written, queue->log2));
		fuzz->written++;
		FUZZ_CHECK(queue->used + fuzz->written <= queue_size(queue->log2));
		check_record(fuzz, (const uint8_t *)bytes + at);
	}
	memcpy(fuzz->memory + offset, bytes, length);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	struct fuzz_events *fuzz = opaque;
	uint32_t enable =
		irq == VSMMU_IRQ_EVENTQ ? SMMU_IRQ_CTRL_EVENTQ_IRQEN : SMMU_IRQ_CTRL_GERROR_IRQEN;

	FUZZ_CHECK(fuzz->may_write);
	FUZZ_CHECK(fuzz->before.irq_ctrl & enable);
	fuzz->pulses[irq]++;
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	struct fuzz_events *fuzz = opaque;

	FUZZ_CHECK(report->code > 0 && report->code < REPORT_CODE_COUNT);
	FUZZ_CHECK(*report->text && !strchr(report->text, '\n'));
	FUZZ_CHECK(!vsmmu_get_stats(fuzz->vsmmu, &stats));
}

static const struct vsmmu_ops ops = {
	.size = sizeof(ops),
	.memory_write = memory_write,
	.irq_pulse = irq_pulse,
	.report = report,
};

void fuzz_events_open(struct fuzz_events *fuzz, const struct fuzz_events_options *options)
{
	struct vsmmu_config config = options->config;

	memset(fuzz, 0, sizeof(*fuzz));
	fuzz_timer_reset();
	FUZZ_CHECK(!vsmmu_sim_new(&fuzz->sim, &options->sim));
	for (unsigned int n = 0; n < FUZZ_EVENTS_ENDPOINTS; n++)
		FUZZ_CHECK(!vsmmu_sim_endpoint_new(
			fuzz->sim, options->two_smmus ? n % 2 : 0, &fuzz->dev_id[n]));
	config.ops = &ops;
	config.opaque = fuzz;
	config.host = fuzz->sim;
	config.event_path_only = true;
	fuzz->log2_max = config.eventq_log2_max;
	FUZZ_CHECK(!vsmmu_new(&fuzz->vsmmu, &config));
}

uint32_t fuzz_events_read(struct fuzz_events *fuzz, uint64_t offset)
{
	uint64_t value;

	FUZZ_CHECK(!vsmmu_mmio_read(fuzz->vsmmu, offset, 4, &value));
	FUZZ_CHECK(value <= UINT32_MAX);
	return (uint32_t)value;
}

static struct fuzz_events_queue queue_now(struct fuzz_events *fuzz)
{
	uint32_t cr0 = fuzz_events_read(fuzz, SMMU_CR0);
	struct fuzz_events_queue queue = {
		.enabled = cr0 & SMMU_CR0_EVENTQEN,
		.smmu_enabled = cr0 & SMMU_CR0_SMMUEN,
		.prod = fuzz_events_read(fuzz, SMMU_EVENTQ_PROD),
		.cons = fuzz_events_read(fuzz, SMMU_EVENTQ_CONS),
		.irq_ctrl = fuzz_events_read(fuzz, SMMU_IRQ_CTRL),
	};
	uint64_t base;

	/* It cannot change while the queue is enabled, so it is what it was then. */
	FUZZ_CHECK(!vsmmu_mmio_read(fuzz->vsmmu, SMMU_EVENTQ_BASE, 8, &base));
	queue.log2 = base & SMMU_QUEUE_BASE_LOG2SIZE;
	if (queue.log2 > fuzz->log2_max)
		queue.log2 = fuzz->log2_max;
	queue.address = base & SMMU_QUEUE_BASE_ADDR & ~(((uint64_t)RECORD << queue.log2) - 1);
	queue.used = queue_distance(queue.prod, queue.cons, queue.log2);
	return queue;
}

static void check_stats(struct fuzz_events *fuzz)
{
	struct vsmmu_stats old = fuzz->stats, *now = &fuzz->stats;
	uint64_t discarded = 0;

	now->size = sizeof(*now);
	FUZZ_CHECK(!vsmmu_get_stats(fuzz->vsmmu, now));
	for (unsigned int i = 0; i < VSMMU_DISCARD_SLOTS; i++) {
		FUZZ_CHECK(now->discarded_by[i] >= old.discarded_by[i]);
		discarded += now->discarded_by[i];
	}
	FUZZ_CHECK(now->discarded == discarded);
	/* The simulator's kernel is sound: it names no stream that is not there. */
	FUZZ_CHECK(!now->discarded_by[VSMMU_DISCARD_UNKNOWN_STREAM]);
	FUZZ_CHECK(!now->discarded_by[VSMMU_DISCARD_UNKNOWN_ID]);
	FUZZ_CHECK(!now->pending);
	FUZZ_CHECK(now->sequenced == now->delivered + now->lost + now->discarded + now->pending);
	FUZZ_CHECK(now->sequenced <= fuzz->produced);
	FUZZ_CHECK(now->sequenced >= old.sequenced && now->delivered >= old.delivered);
	FUZZ_CHECK(now->lost >= old.lost && now->reads >= old.reads);
}

void fuzz_events_enter(struct fuzz_events *fuzz)
{
	check_stats(fuzz);
	fuzz->before = queue_now(fuzz);
	fuzz->before.delivered = fuzz->stats.delivered;
	fuzz->written = 0;
	memset(fuzz->pulses, 0, sizeof(fuzz->pulses));
	fuzz->may_write = true;
}

static void check_gerror(struct fuzz_events *fuzz)
{
	uint32_t gerror = fuzz_events_read(fuzz, SMMU_GERROR);
	uint32_t gerrorn = fuzz_events_read(fuzz, SMMU_GERRORN);

	FUZZ_CHECK(!((gerror ^ gerrorn) & ~SMMU_GERROR_EVENTQ_ABT_ERR));
}

/* Those that are there have had no more than all have. */
static void check_streams(struct fuzz_events *fuzz)
{
	uint64_t delivered = 0, discarded = 0;

	for (unsigned int n = 0; n < FUZZ_EVENTS_ENDPOINTS; n++) {
		struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};

		if (!fuzz->endpoint[n])
			continue;
		FUZZ_CHECK(!vsmmu_endpoint_get_stats(fuzz->endpoint[n], &stats));
		delivered += stats.delivered;
		discarded += stats.discarded;
	}
	FUZZ_CHECK(delivered <= fuzz->stats.delivered);
	FUZZ_CHECK(discarded <= fuzz->stats.discarded);
}

void fuzz_events_leave(struct fuzz_events *fuzz)
{
	const struct fuzz_events_queue *before = &fuzz->before;
	struct fuzz_events_queue now = queue_now(fuzz);
	uint32_t overflow = (now.prod ^ before->prod) & SMMU_EVENTQ_PROD_OVFLG;
	uint32_t advanced = queue_distance(now.prod, before->prod, before->log2);

	fuzz->may_write = false;
	check_stats(fuzz);
	check_gerror(fuzz);
	FUZZ_CHECK(now.cons == before->cons && now.address == before->address);
	FUZZ_CHECK(fuzz->stats.delivered - before->delivered == fuzz->written);
	if (!before->enabled || !before->smmu_enabled)
		FUZZ_CHECK(now.prod == before->prod);
	else
		FUZZ_CHECK(advanced == fuzz->written);
	if (now.used && (overflow || (advanced && !before->used)) &&
		before->irq_ctrl & SMMU_IRQ_CTRL_EVENTQ_IRQEN)
		FUZZ_CHECK(fuzz->pulses[VSMMU_IRQ_EVENTQ]);
	/* Never for a queue that is empty: a handler may dequeue before it looks. */
	if (!now.used || (!overflow && !advanced))
		FUZZ_CHECK(!fuzz->pulses[VSMMU_IRQ_EVENTQ]);
	check_streams(fuzz);
}

void fuzz_events_leave_reset(struct fuzz_events *fuzz)
{
	struct fuzz_events_queue now = queue_now(fuzz);

	fuzz->may_write = false;
	check_stats(fuzz);
	FUZZ_CHECK(!fuzz->written);
	FUZZ_CHECK(!fuzz->pulses[VSMMU_IRQ_EVENTQ] && !fuzz->pulses[VSMMU_IRQ_GERROR]);
	FUZZ_CHECK(!now.enabled && !now.smmu_enabled && !now.prod && !now.cons);
	FUZZ_CHECK(!now.irq_ctrl && !now.address && !now.log2);
	FUZZ_CHECK(!fuzz_events_read(fuzz, SMMU_GERROR) && !fuzz_events_read(fuzz, SMMU_GERRORN));
	check_streams(fuzz);
}

bool fuzz_events_readable(const struct fuzz_events *fuzz)
{
	struct pollfd fd = {.fd = vsmmu_get_event_fd(fuzz->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

void fuzz_events_run(struct fuzz_events *fuzz, uint32_t budget)
{
	unsigned int idle = 0;

	while (fuzz_events_readable(fuzz)) {
		int handled;

		fuzz_events_enter(fuzz);
		handled = vsmmu_dispatch(fuzz->vsmmu, budget);
		fuzz_events_leave(fuzz);
		FUZZ_CHECK(handled >= 0);
		idle = handled ? 0 : idle + 1;
		FUZZ_CHECK(idle <= IDLE_MAX);
	}
}
