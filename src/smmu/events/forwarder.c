/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/forwarder.h"

#include <errno.h>
#include <string.h>

#include "arch/event_filter.h"
#include "arch/queue.h"
#include "arch/record.h"
#include "arch/regs.h"
#include "smmu/events/backlog.h"

#define DRAIN_TRIES 8

/* What a storm of deliverable events does not come to: kept out of its way. */
#define COLD __attribute__((cold, noinline))

/* One batch, from the read to the last counter. */
struct batch {
	struct viommu *viommu;
	struct viommu *deliver;	   /* the same, or NULL: all of it is discarded */
	enum vsmmu_discard reason; /* for that */
	uint32_t unreserved;	   /* free slots of the guest's queue for anybody, */
	uint32_t share;		   /* the others for who has fewer records than this in it */

	uint32_t items;
	uint32_t events;
	uint64_t lost;
	uint32_t fair_share;
	uint64_t fair_share_vsid;
	uint32_t errors;
	uint32_t refused; /* records that a guest may not see: the last one is kept */
	uint64_t refused_vsid;
	uint8_t refused_id;
	enum vsmmu_discard refused_reason;
	bool aborted;
	ssize_t got;
};

static void discard(struct vsmmu *vsmmu, uint32_t stream, enum vsmmu_discard reason)
{
	vsmmu->stats.discarded++;
	vsmmu->stats.discarded_by[reason]++;
	if (stream != STREAM_NONE)
		vsmmu->streams.discards[stream].discarded++;
}

static COLD void refuse(struct vsmmu *vsmmu, struct batch *batch, uint32_t stream, uint64_t word0,
	enum vsmmu_discard reason)
{
	discard(vsmmu, stream, reason);
	batch->refused++;
	batch->refused_vsid = word0 >> 32;
	batch->refused_id = (uint8_t)word0;
	batch->refused_reason = reason;
}

static enum vsmmu_discard verdict_reason(enum event_verdict verdict)
{
	switch (verdict) {
	case EVENT_STALL:
		return VSMMU_DISCARD_STALL;
	case EVENT_STAGE2:
		return VSMMU_DISCARD_STAGE2;
	case EVENT_SUBSTREAM:
		return VSMMU_DISCARD_SUBSTREAM;
	default:
		return VSMMU_DISCARD_UNKNOWN_ID;
	}
}

/* One that is not a live stream's of this vEVENTQ, or that nobody wants now. */
static COLD void forward_nowhere(
	struct vsmmu *vsmmu, struct batch *batch, uint32_t index, uint64_t word0)
{
	/* One that another vEVENTQ carries has nothing to do with it. */
	if (index != STREAM_NONE && vsmmu->streams.entries[index].viommu != batch->viommu &&
		!batch->viommu->any_stream)
		index = STREAM_NONE;
	if (!batch->deliver)
		discard(vsmmu, index, batch->reason);
	else if (index == STREAM_NONE)
		refuse(vsmmu, batch, index, word0, VSMMU_DISCARD_UNKNOWN_STREAM);
	else
		discard(vsmmu, index, VSMMU_DISCARD_STALE);
}

static COLD void forward_excess(struct vsmmu *vsmmu, struct batch *batch, uint32_t index)
{
	discard(vsmmu, index, VSMMU_DISCARD_FAIR_SHARE);
	vsmmu->streams.discards[index].fair_share++;
	batch->fair_share++;
	batch->fair_share_vsid = vsmmu->streams.entries[index].vsid;
}

/*
 * C_BAD_STE of a stream whose vSTE is ILLEGAL on purpose, as hardware cannot know that the
 * guest has no STE for it, or one that cannot be read (IHI 0070 7.3.3, 7.3.4).
 */
static COLD struct fault_override fault_override(const struct vsmmu *vsmmu, uint32_t index)
{
	struct fault_override event = vsmmu->streams.holders[index].fault_override;

	if (!event.event)
		event.event = VSMMU_EVENT_C_BAD_STE;
	return event;
}

/*
 * What stays the same throughout a run is copied first: only of a copy does the compiler
 * know that no record's store changes it. Return: where the run has come to.
 */
static const uint8_t *forward_run(struct vsmmu *vsmmu, struct batch *batch, struct veventq_run run)
{
	const struct stream_table streams = vsmmu->streams;
	const uintptr_t deliver = (uintptr_t)batch->deliver;
	/* A snapshot's events go to whatever vEVENTQ carries the stream now. */
	const uintptr_t care = deliver && batch->viommu->any_stream ? 0 : UINTPTR_MAX;
	const unsigned int ssid_bits = vsmmu->config.ssid_bits;
	const uint32_t unreserved = batch->unreserved;
	struct eventq *queue = &vsmmu->eventq;
	uint32_t staged = queue->staged;
	const uint8_t *payload;

	while ((payload = veventq_run_next(&run))) {
		uint64_t word[4], word0 = record_load_word(payload, 0);
		uint32_t index = stream_find(&streams, (uint32_t)(word0 >> 32));
		enum event_verdict verdict;
		struct stream *stream;

		if (index == STREAM_NONE ||
			((uintptr_t)streams.entries[index].viommu ^ deliver) & care ||
			streams.entries[index].state != STREAM_LIVE) {
			forward_nowhere(vsmmu, batch, index, word0);
			continue;
		}
		stream = &streams.entries[index];
		record_load(payload, word);
		verdict = arch_event_filter(word, ssid_bits);
		if (verdict != EVENT_OK) {
			refuse(vsmmu, batch, index, word0, verdict_reason(verdict));
			continue;
		}
		if (__builtin_expect((uint8_t)word0 == VSMMU_EVENT_C_BAD_STE, 0)) {
			struct fault_override event = fault_override(vsmmu, index);

			word[0] = (word[0] & ~UINT64_C(0xff)) | event.event;
			word[3] = event.fetch_address;
		}
		/*
		 * A stream over its share of the guest's queue may not take the last slots, so
		 * that one storm never leaves it full for the others.
		 */
		if (staged >= unreserved && stream->queued >= batch->share) {
			forward_excess(vsmmu, batch, index);
			continue;
		}
		record_store(word, eventq_place(queue, staged++, index));
		stream->queued++;
		stream->delivered++;
	}
	queue->staged = staged;
	return run.record;
}

static void forward_items(struct vsmmu *vsmmu, struct batch *batch)
{
	struct veventq_decoder *decoder = &batch->viommu->reader.decoder;
	uint64_t sequenced = decoder->sequenced;
	struct vsmmu_item item;

	for (;; batch->items++) {
		const uint8_t *record = forward_run(vsmmu, batch, veventq_run_begin(decoder));
		uint32_t count = veventq_run_end(decoder, record);

		batch->items += count;
		batch->events += count;
		switch (veventq_decoder_next(decoder, &item)) {
		case VSMMU_ITEM_EVENT:
			forward_run(vsmmu, batch, veventq_run_of(&item));
			batch->events++;
			break;
		case VSMMU_ITEM_LOST:
			batch->lost += item.lost;
			break;
		case VSMMU_ITEM_ERROR:
			batch->errors++;
			break;
		case VSMMU_ITEM_END:
			vsmmu->stats.sequenced += decoder->sequenced - sequenced;
			vsmmu->stats.lost += batch->lost;
			vsmmu->stats.stream_errors += batch->errors;
			return;
		}
	}
}

static void forward_commit(struct vsmmu *vsmmu, struct batch *batch)
{
	struct eventq *queue = &vsmmu->eventq;
	uint32_t staged = queue->staged;
	struct eventq_commit commit;
	bool loss;

	loss = (batch->lost || batch->fair_share) &&
	       vsmmu->config.loss_policy == VSMMU_LOSS_OVERFLOW;
	if (!staged && !loss)
		return;
	commit = eventq_commit(queue, &vsmmu->ops, vsmmu->config.opaque, loss);
	vsmmu->stats.delivered += commit.written;
	for (uint32_t i = commit.written; i < staged; i++) {
		struct stream *stream = &vsmmu->streams.entries[queue->owners[i]];

		stream->delivered--;
		stream->queued--;
		discard(vsmmu, queue->owners[i], VSMMU_DISCARD_ABORT);
	}
	vsmmu->stats.overflows += commit.overflowed;
	if (commit.signal)
		irq_eventq(vsmmu);
	if (commit.aborted) {
		batch->aborted = true;
		vsmmu->stats.aborts++;
		gerror_raise(vsmmu, SMMU_GERROR_EVENTQ_ABT_ERR);
	}
}

/* What the guest's queue can take (IHI 0070 7.2). Under the event lock. */
enum queue_state {
	QUEUE_DISABLED,
	QUEUE_ABORTED,
	QUEUE_FULL,
	QUEUE_READY,
};

static enum queue_state queue_state(struct vsmmu *vsmmu)
{
	const uint32_t on = SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN;

	if ((vsmmu->registers.cr0 & on) != on)
		return QUEUE_DISABLED;
	if (gerror_active(vsmmu) & SMMU_GERROR_EVENTQ_ABT_ERR)
		return QUEUE_ABORTED;
	return eventq_room(&vsmmu->eventq) ? QUEUE_READY : QUEUE_FULL;
}

bool forwarder_is_full(struct vsmmu *vsmmu)
{
	return queue_state(vsmmu) == QUEUE_FULL;
}

/* Return: records that may be read now. */
static uint32_t batch_begin(struct vsmmu *vsmmu, struct batch *batch)
{
	uint32_t size = queue_size(vsmmu->eventq.log2);
	uint32_t live = vsmmu->streams.live;
	uint32_t room;

	switch (queue_state(vsmmu)) {
	case QUEUE_DISABLED:
		batch->reason = VSMMU_DISCARD_DISABLED;
		return EVENTQ_BATCH;
	case QUEUE_ABORTED:
		batch->reason = VSMMU_DISCARD_ABORT;
		return EVENTQ_BATCH;
	case QUEUE_FULL:
		return 0;
	case QUEUE_READY:
		break;
	}
	batch->deliver = batch->viommu;
	eventq_release(&vsmmu->eventq, &vsmmu->streams);
	room = eventq_room(&vsmmu->eventq);
	batch->unreserved = room;
	if (!vsmmu->config.no_fair_share && live > 1 && size > 1) {
		uint32_t reserve = size / 4 ? size / 4 : 1;

		batch->unreserved = room > reserve ? room - reserve : 0;
		batch->share = size / live ? size / live : 1;
	}
	return room < EVENTQ_BATCH ? room : EVENTQ_BATCH;
}

/* Reads and forwards one batch under the event lock. Return: whether it could read. */
static bool batch_forward(struct vsmmu *vsmmu, struct batch *batch, uint32_t records)
{
	if (!records)
		return false;
	batch->got = veventq_reader_fill(&batch->viommu->reader, records);
	vsmmu->stats.reads++;
	if (batch->got > 0) {
		forward_items(vsmmu, batch);
		if (batch->deliver)
			forward_commit(vsmmu, batch);
	} else if (batch->got == 0) {
		vsmmu->stats.empty_reads++;
	} else if (batch->got == -ENOMEM) {
		vsmmu->stats.memory_reads++;
	} else if (batch->got != -EAGAIN) {
		vsmmu->stats.failed_reads++;
	}
	return true;
}

static void batch_report(struct vsmmu *vsmmu, const struct batch *batch)
{
	if (batch->lost)
		report(vsmmu, VSMMU_REPORT_EVENTS_LOST, VSMMU_WARNING, VSMMU_NO_VSID,
			"the host kernel dropped %llu events: its vEVENTQ was full or short of "
			"memory; a larger veventq_depth or faster dispatch helps",
			(unsigned long long)batch->lost);
	if (batch->fair_share)
		report(vsmmu, VSMMU_REPORT_FAIR_SHARE, VSMMU_WARNING, batch->fair_share_vsid,
			"stream %#llx storms: %u events over its share of the guest's queue "
			"were discarded",
			(unsigned long long)batch->fair_share_vsid, batch->fair_share);
	if (batch->refused)
		report(vsmmu, VSMMU_REPORT_RECORD_REFUSED, VSMMU_WARNING, batch->refused_vsid,
			"%u records refused, the last one with event id %#x for stream %#llx: %s",
			batch->refused, batch->refused_id, (unsigned long long)batch->refused_vsid,
			vsmmu_discard_name(batch->refused_reason));
	if (batch->errors)
		report(vsmmu, VSMMU_REPORT_STREAM_ERROR, VSMMU_WARNING, VSMMU_NO_VSID,
			"a vEVENTQ gave %u records that are cut short or out of sequence; "
			"is somebody else reading it?",
			batch->errors);
	if (batch->aborted)
		report(vsmmu, VSMMU_REPORT_EVENTQ_ABORT, VSMMU_WARNING, VSMMU_NO_VSID,
			"the guest's event queue is not writable memory: EVENTQ_ABT_ERR raised, "
			"events are discarded until the guest acknowledges it");
}

/* What a read that gave nothing means for the next one. */
static void viommu_read_failed(struct vsmmu *vsmmu, struct viommu *viommu, ssize_t got)
{
	if (got == -ENOMEM)
		report(vsmmu, VSMMU_REPORT_QUEUE_BACKOFF, VSMMU_WARNING, VSMMU_NO_VSID,
			"the host kernel has no memory to hand out events; nothing is lost, "
			"trying again");
	if (got == -ENOMEM || got == -EAGAIN) {
		if (viommu->state == VIOMMU_ARMED)
			viommu_backoff(vsmmu, viommu);
		return;
	}
	if (viommu->state == VIOMMU_DISARMED)
		return;
	viommu_disarm(vsmmu, viommu);
	report(vsmmu, VSMMU_REPORT_QUEUE_DISARMED, VSMMU_ERROR, VSMMU_NO_VSID,
		"reading a vEVENTQ failed: %s; no more events come from it until "
		"vsmmu_rearm() is called",
		strerror((int)-got));
}

static void streams_sweep(struct vsmmu *vsmmu, struct viommu *viommu, bool all)
{
	if (stream_sweep(&vsmmu->streams, viommu, all))
		eventq_disown(&vsmmu->eventq, &vsmmu->streams);
	viommu->stale = 0;
}

/*
 * Once the vEVENTQ was empty, or as much was read as it can hold, no event of a detached
 * endpoint is in it any more: the second is for neighbours that never let it be empty. A
 * read that came back short may have been cut by a fault: poll knows.
 */
static void streams_retire(struct vsmmu *vsmmu, const struct batch *batch)
{
	struct viommu *viommu = batch->viommu;

	/* What was read ahead comes on top of what it can hold. */
	if (!viommu->stale || batch->got < 0 || !backlog_is_empty(viommu))
		return;
	viommu->stale_left -=
		batch->events < viommu->stale_left ? batch->events : viommu->stale_left;
	if (!viommu->stale_left || (viommu->reader.drained && !viommu_readable(viommu)))
		streams_sweep(vsmmu, viommu, false);
}

void forwarder_forget(struct vsmmu *vsmmu, struct viommu *viommu)
{
	fairlock_lock(&vsmmu->event_lock);
	streams_sweep(vsmmu, viommu, true);
	fairlock_unlock(&vsmmu->event_lock);
}

static enum forward batch_end(struct vsmmu *vsmmu, struct batch *batch)
{
	struct viommu *viommu = batch->viommu;

	batch_report(vsmmu, batch);
	if (batch->got < 0) {
		viommu_read_failed(vsmmu, viommu, batch->got);
		return FORWARD_LATER;
	}
	if (batch->got > 0)
		viommu->backoff = 0;
	return viommu->reader.drained ? FORWARD_DRAINED : FORWARD_MORE;
}

enum forward forwarder_step(
	struct vsmmu *vsmmu, struct viommu *viommu, uint32_t records, uint32_t *handled)
{
	struct batch batch = {.viommu = viommu};
	uint32_t limit;
	bool could;

	fairlock_lock(&vsmmu->event_lock);
	limit = batch_begin(vsmmu, &batch);
	could = batch_forward(vsmmu, &batch, records < limit ? records : limit);
	if (could)
		streams_retire(vsmmu, &batch);
	else if (viommu->stale && !viommu_readable(viommu))
		streams_sweep(vsmmu, viommu, false);
	fairlock_unlock(&vsmmu->event_lock);
	if (!could)
		return FORWARD_FULL;
	*handled += batch.items;
	return batch_end(vsmmu, &batch);
}

/* More than all that it can hold: events, a loss before each, and the header of a last one. */
static uint32_t viommu_holds(const struct vsmmu *vsmmu, const struct viommu *viommu)
{
	const uint32_t depth = viommu->parent ? vsmmu->config.veventq_depth : VEVENTQ_DEPTH_MAX;

	return 2 * (viommu->backlog ? 2 * VEVENTQ_DEPTH_MAX + depth : depth) + 2;
}

static uint32_t viommu_run(struct vsmmu *vsmmu, struct viommu *viommu)
{
	const uint32_t holds = viommu_holds(vsmmu, viommu);
	enum forward forward = FORWARD_MORE;
	uint32_t handled = 0;

	while (forward == FORWARD_MORE && handled < holds)
		forward = forwarder_step(vsmmu, viommu, EVENTQ_BATCH, &handled);
	return handled;
}

uint32_t forwarder_run(struct vsmmu *vsmmu, struct viommu *viommu)
{
	uint32_t handled = vsmmu->restored ? viommu_run(vsmmu, vsmmu->restored) : 0;

	return handled + viommu_run(vsmmu, viommu);
}

void forwarder_drain(struct vsmmu *vsmmu, struct viommu *viommu, enum vsmmu_discard reason)
{
	const uint32_t holds = viommu_holds(vsmmu, viommu);
	unsigned int tries = DRAIN_TRIES;
	uint32_t handled = 0;

	while (handled < holds) {
		struct batch batch = {.viommu = viommu, .reason = reason};

		fairlock_lock(&vsmmu->event_lock);
		batch_forward(vsmmu, &batch, EVENTQ_BATCH);
		streams_retire(vsmmu, &batch);
		fairlock_unlock(&vsmmu->event_lock);
		batch_end(vsmmu, &batch);
		handled += batch.items;
		if (batch.got > 0)
			continue;
		/* There may be no later, so what failed is tried again. A short read, and
		 * before mid-2026 one of 0 bytes, may hide that memory was short for a LOST
		 * header: poll knows. */
		if (!tries-- || !viommu_readable(viommu))
			break;
	}
}

void forwarder_drain_all(struct vsmmu *vsmmu, enum vsmmu_discard reason)
{
	for (struct viommu *viommu = vsmmu->viommus; viommu; viommu = viommu->next)
		forwarder_drain(vsmmu, viommu, reason);
}
