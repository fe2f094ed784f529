/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/forwarder.h"

#include <errno.h>
#include <string.h>

#include "arch/event_filter.h"
#include "arch/record.h"
#include "smmu/events/deliver.h"
#include "smmu/events/pending.h"
#include "smmu/events/source.h"
#include "smmu/report.h"
#include "smmu/stats.h"

/* A header and an SMMUv3 record: no other vEVENTQ is read here. */
#define RECORD_SIZE (VEVENTQ_HEADER_SIZE + VSMMU_EVENT_RECORD_SIZE)

#define TRIES 8 /* of a read that fails for a while, where there is no later */

/* Cold paths are kept out of the hot loop. */
#define COLD __attribute__((cold, noinline))

/* Where the records of a batch go. */
enum sink {
	SINK_GUEST,
	SINK_PENDING, /* a snapshot is taken */
	SINK_NOWHERE, /* they are discarded */
};

/* A batch, from the read to the last counter. */
struct batch {
	struct event_source *source;
	enum sink sink;
	enum vsmmu_discard reason; /* of SINK_NOWHERE */

	ssize_t got;
	uint32_t items;
	uint32_t events;
	uint64_t lost;
	uint64_t left_out; /* of @lost, what pending had no room for */
	uint32_t errors;
	uint32_t refused; /* records that a guest may not see: the last one is kept */
	uint64_t refused_vsid;
	uint8_t refused_id;
	enum vsmmu_discard refused_reason;
	bool aborted;
	uint32_t freed; /* StreamIDs that somebody waits for, and one of them */
	uint32_t freed_vsid;
};

static COLD void refuse(struct vsmmu *vsmmu, struct batch *batch, uint32_t stream, uint64_t word0,
	enum vsmmu_discard reason)
{
	stats_discard(vsmmu, stream, reason);
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

/* A record that is not a live stream's of this vEVENTQ, or that nobody wants now. */
static COLD void forward_nowhere(
	struct vsmmu *vsmmu, struct batch *batch, uint32_t index, uint64_t word0)
{
	/* A stream of another vEVENTQ has nothing to do with it, nor one that is not there yet. */
	if (index != STREAM_NONE && vsmmu->streams.entries[index].source != batch->source)
		index = STREAM_NONE;
	if (batch->sink == SINK_NOWHERE)
		stats_discard(vsmmu, index, batch->reason);
	else if (index == STREAM_NONE)
		refuse(vsmmu, batch, index, word0, VSMMU_DISCARD_UNKNOWN_STREAM);
	else
		stats_discard(vsmmu, index, VSMMU_DISCARD_STALE);
}

/* Stages a record that the fast path does not take. */
static COLD void forward_one(struct vsmmu *vsmmu, struct batch *batch, const uint8_t *payload)
{
	uint64_t word[4], word0 = record_load_word(payload, 0);
	const uint32_t at = stream_place(&vsmmu->streams, (uint32_t)(word0 >> 32));
	const uint32_t index = vsmmu->streams.slot_index[at];
	struct stream_slot *slot = &vsmmu->streams.slots[at];
	struct eventq *queue = &vsmmu->eventq;
	enum event_verdict verdict;

	if (batch->sink == SINK_NOWHERE || index == STREAM_NONE ||
		slot->key != stream_key((uint32_t)(word0 >> 32), batch->source->tag)) {
		forward_nowhere(vsmmu, batch, index, word0);
		return;
	}
	record_load(payload, word);
	verdict = arch_event_filter(word, vsmmu->features.ssid_bits);
	if (verdict != EVENT_OK) {
		refuse(vsmmu, batch, index, word0, verdict_reason(verdict));
		return;
	}
	if ((uint8_t)word0 == VSMMU_EVENT_C_BAD_STE)
		arch_event_override(word, &vsmmu->streams.entries[index].fault_override);
	record_store(word, queue->records[queue->staged++]);
	slot->delivered++;
}

/* Return: the slot with @key, where it is not in the first place, or NULL. */
static COLD struct stream_slot *slot_elsewhere(const struct vsmmu *vsmmu, uint64_t key)
{
	struct stream_slot *slot = stream_probe(&vsmmu->streams, (uint32_t)key);

	return slot->key == key ? slot : NULL;
}

/*
 * Stages plain faults of live streams of this vEVENTQ: F_TRANSLATION to F_PERMISSION without a
 * SubstreamID, neither stalled nor of stage 2. Nearly all records of a storm are such. Tables
 * and pointers are copied first: only of a copy does the compiler know that no record's store
 * changes it. @run goes on at the first other record.
 */
static void forward_plain(struct vsmmu *vsmmu, uint32_t tag, struct veventq_run *run)
{
	struct stream_slot *const slots = vsmmu->streams.slots;
	const uint32_t shift = vsmmu->streams.slot_shift;
	struct eventq *queue = &vsmmu->eventq;
	uint8_t *to = queue->records[queue->staged];
	const uint8_t *record = run->record, *const end = run->end;
	uint64_t header = run->header;

	for (; record != end; record += RECORD_SIZE, to += VSMMU_EVENT_RECORD_SIZE) {
		const uint64_t word0 = record_load_word(record, 1);
		const uint64_t word1 = record_load_word(record, 2);
		const uint64_t key = stream_key((uint32_t)(word0 >> 32), tag);
		struct stream_slot *slot = &slots[(uint32_t)key * STREAM_HASH >> shift];
		uint64_t is;

		memcpy(&is, record, sizeof(is));
		if (is != header || ((word0 & EVENT_PLAIN_WORD0) ^ EVENT_PLAIN_ID) |
					    (word1 & EVENT_PLAIN_REFUSED1))
			break;
		if (slot->key != key) {
			slot = slot_elsewhere(vsmmu, key);
			if (!slot)
				break;
		}
		record_store_word(word0 & EVENT_KEEP0_SID, to, 0);
		record_store_word(word1 & EVENT_KEEP1_FAULT, to, 1);
		record_store_word(record_load_word(record, 3), to, 2);
		record_store_word(0, to, 3);
		slot->delivered++;
		header += veventq_header(1);
	}
	queue->staged += (uint32_t)((size_t)(record - run->record) / RECORD_SIZE);
	run->record = record;
	run->header = header;
}

/* Stages the records of a run. Return: where it has come to. */
static const uint8_t *forward_run(struct vsmmu *vsmmu, struct batch *batch, struct veventq_run run)
{
	const uint8_t *payload;

	for (;;) {
		if (batch->sink != SINK_NOWHERE)
			forward_plain(vsmmu, batch->source->tag, &run);
		payload = veventq_run_next(&run);
		if (!payload)
			return run.record;
		forward_one(vsmmu, batch, payload);
	}
}

static void forward_items(struct vsmmu *vsmmu, struct batch *batch)
{
	struct veventq_decoder *decoder = &batch->source->reader.decoder;
	uint64_t sequenced = decoder->sequenced;
	struct veventq_item item;

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

static COLD void forward_to_pending(struct vsmmu *vsmmu, struct batch *batch)
{
	struct eventq *queue = &vsmmu->eventq;
	const uint32_t staged = queue->staged, room = pending_room(&vsmmu->pending);
	const uint32_t kept = staged < room ? staged : room;

	queue->staged = 0;
	/* None is delivered yet. */
	for (uint32_t i = 0; i < staged; i++) {
		uint64_t word0 = record_load_word(queue->records[i], 0);

		stream_probe(&vsmmu->streams, (uint32_t)(word0 >> 32))->delivered--;
	}
	pending_append(vsmmu, queue->records, kept);
	batch->left_out = staged - kept;
	vsmmu->stats.lost += staged - kept;
	batch->lost += staged - kept;
	/* The guest is told of all that was lost with what it gets next. */
	if (batch->lost && deliver_state(vsmmu) != EVENTQ_DISABLED &&
		vsmmu->config.loss_policy == VSMMU_LOSS_OVERFLOW)
		queue->overflow_pending = true;
}

static void forward_commit(struct vsmmu *vsmmu, struct batch *batch)
{
	struct eventq_commit commit;

	if (batch->sink == SINK_PENDING) {
		forward_to_pending(vsmmu, batch);
		return;
	}
	if (batch->sink == SINK_NOWHERE || (!vsmmu->eventq.staged && !batch->lost))
		return;
	commit = deliver_events(vsmmu, batch->lost);
	batch->aborted = commit.aborted;
	source_delivered(vsmmu, batch->source, commit.written);
}

/* Reads one batch and finds a place for all that it brings. */
static void batch_forward(struct vsmmu *vsmmu, struct batch *batch, uint32_t records)
{
	const struct event_source *source = batch->source;

	if (source->old_left) {
		batch->sink = SINK_NOWHERE;
		batch->reason = source->old_reason;
		records = records < source->old_left ? records : source->old_left;
	}
	batch->got = veventq_reader_fill(&batch->source->reader, records);
	vsmmu->stats.reads++;
	if (batch->got > 0) {
		forward_items(vsmmu, batch);
		forward_commit(vsmmu, batch);
	} else if (batch->got == 0) {
		vsmmu->stats.empty_reads++;
	} else if (batch->got == -ENOMEM) {
		vsmmu->stats.memory_reads++;
	} else if (batch->got != -EAGAIN) {
		vsmmu->stats.failed_reads++;
	}
}

static COLD void batch_report_trouble(struct vsmmu *vsmmu, const struct batch *batch)
{
	if (batch->lost > batch->left_out)
		report(vsmmu, VSMMU_REPORT_EVENTS_LOST, VSMMU_WARNING, VSMMU_NO_VSID,
			"the host kernel dropped %llu events: its vEVENTQ was full or short of "
			"memory; a larger veventq_depth or faster dispatch helps",
			(unsigned long long)(batch->lost - batch->left_out));
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
		deliver_report_abort(vsmmu);
	if (batch->freed)
		report(vsmmu, VSMMU_REPORT_VSID_FREE, VSMMU_INFO,
			batch->freed == 1 ? batch->freed_vsid : VSMMU_NO_VSID,
			"%u StreamIDs that an attach was refused with EAGAIN are free now: "
			"attach again",
			batch->freed);
}

static void batch_report(struct vsmmu *vsmmu, const struct batch *batch)
{
	if (batch->lost || batch->refused || batch->errors || batch->aborted || batch->freed)
		batch_report_trouble(vsmmu, batch);
}

/* A read that gave nothing says when to read again. */
static COLD void source_read_failed(struct vsmmu *vsmmu, struct event_source *source, ssize_t got)
{
	if (got == -ENOMEM)
		report(vsmmu, VSMMU_REPORT_QUEUE_BACKOFF, VSMMU_WARNING, VSMMU_NO_VSID,
			"the host kernel has no memory to hand out events; nothing is lost, "
			"trying again");
	if (got == -ENOMEM || got == -EAGAIN) {
		if (source->state == SOURCE_ARMED)
			source_backoff(vsmmu, source);
		return;
	}
	if (source->state == SOURCE_DISARMED)
		return;
	source_leave(vsmmu, source, SOURCE_DISARMED);
	report(vsmmu, VSMMU_REPORT_QUEUE_DISARMED, VSMMU_ERROR, VSMMU_NO_VSID,
		"reading a vEVENTQ failed: %s; no more events come from it until vsmmu_rearm() is "
		"called",
		strerror((int)-got));
}

static void count_down(uint32_t *left, uint32_t events)
{
	*left -= events < *left ? events : *left;
}

/*
 * Once the vEVENTQ was empty, or as much was read as it can hold, no event of a detached
 * endpoint is in it any more: the second is for neighbours that never let it be empty. A read
 * that came back short may have been cut by a fault: poll knows. So it is for what a drain had
 * to leave there.
 */
static void streams_retire(struct vsmmu *vsmmu, struct batch *batch)
{
	struct event_source *source = batch->source;

	if (!(source->stale || source->old_left) || batch->got < 0)
		return;
	count_down(&source->stale_left, batch->events);
	count_down(&source->old_left, batch->events);
	if (source->reader.drained && !source_readable(source))
		source->stale_left = source->old_left = 0;
	if (!source->stale || source->stale_left)
		return;
	batch->freed = stream_sweep(&vsmmu->streams, source, false, &batch->freed_vsid);
	source->stale = 0;
}

/* Return: records that may be read now for the guest, or none and why. */
static uint32_t batch_begin(
	struct vsmmu *vsmmu, struct batch *batch, bool sync, enum forward *forward)
{
	uint32_t share = UINT32_MAX, room;

	switch (deliver_state(vsmmu)) {
	case EVENTQ_DISABLED:
		batch->sink = SINK_NOWHERE;
		batch->reason = VSMMU_DISCARD_DISABLED;
		return EVENTQ_BATCH;
	case EVENTQ_ABORTED:
		batch->sink = SINK_NOWHERE;
		batch->reason = VSMMU_DISCARD_ABORT;
		return EVENTQ_BATCH;
	case EVENTQ_FULL:
		*forward = FORWARD_FULL;
		return 0;
	case EVENTQ_READY:
		break;
	}
	room = eventq_room(&vsmmu->eventq);
	if (!sync)
		share = source_share(vsmmu, batch->source);
	if (!share)
		*forward = FORWARD_HELD;
	room = room < share ? room : share;
	return room < EVENTQ_BATCH ? room : EVENTQ_BATCH;
}

static enum forward batch_end(struct vsmmu *vsmmu, struct batch *batch)
{
	struct event_source *source = batch->source;

	batch_report(vsmmu, batch);
	if (batch->got < 0) {
		source_read_failed(vsmmu, source, batch->got);
		return FORWARD_LATER;
	}
	if (batch->got > 0)
		source->backoff = 0;
	return source->reader.drained ? FORWARD_DRAINED : FORWARD_MORE;
}

enum forward forwarder_step(struct vsmmu *vsmmu, struct event_source *source, uint32_t records,
	bool sync, uint32_t *handled)
{
	struct batch batch = {.source = source};
	enum forward forward = FORWARD_FULL;
	uint32_t limit;

	fairlock_lock(&vsmmu->event_lock);
	limit = batch_begin(vsmmu, &batch, sync, &forward);
	if (limit) {
		batch_forward(vsmmu, &batch, records < limit ? records : limit);
		streams_retire(vsmmu, &batch);
	}
	fairlock_unlock(&vsmmu->event_lock);
	if (!limit)
		return forward;
	*handled += batch.items;
	return batch_end(vsmmu, &batch);
}

/* More than all that it can hold: events, a loss before each, and the header of a last one. */
static uint32_t source_holds(const struct event_source *source)
{
	return 2 * source->depth + 2;
}

void forwarder_run(struct vsmmu *vsmmu, struct event_source *source)
{
	const uint32_t holds = source_holds(source);
	enum forward forward = FORWARD_MORE;
	struct batch batch = {.source = source};
	uint32_t handled = 0, unused = 0;

	if (!pending_deliver(vsmmu, UINT32_MAX, &unused))
		while (forward == FORWARD_MORE && handled < holds)
			forward = forwarder_step(vsmmu, source, EVENTQ_BATCH, true, &handled);
	/* Nothing can be read for a guest whose queue is full, but poll tells if there is any. */
	if (!source->stale || source_readable(source))
		return;
	fairlock_lock(&vsmmu->event_lock);
	batch.freed = stream_sweep(&vsmmu->streams, source, false, &batch.freed_vsid);
	source->stale = 0;
	fairlock_unlock(&vsmmu->event_lock);
	batch_report(vsmmu, &batch);
}

/* Whether a read failed for good; a drain tries again even then, as it is the last one to read. */
static bool read_is_over(const struct batch *batch)
{
	return batch->got < 0 && batch->got != -ENOMEM && batch->got != -EAGAIN;
}

/*
 * Reads on until the vEVENTQ is empty, a read fails for good, or as much came as it can hold.
 * There may be no later, so a read that brings nothing is tried again while poll says that there
 * is something: memory may have been short, of which kernels before mid-2026 say nothing, or a
 * record is cut short each time. An error that lasts ends a save, which can be made again, but
 * not a drain: what goes nowhere is counted now or never. Return: 0 or -errno.
 */
static int source_read_all(struct vsmmu *vsmmu, struct batch *batch, uint64_t *left_out)
{
	const struct batch first = *batch;
	const uint32_t holds = source_holds(batch->source);
	unsigned int tries = TRIES;

	for (uint32_t handled = 0; handled < holds; handled += batch->items) {
		*batch = first;
		if (batch->sink == SINK_PENDING && pending_reserve(&vsmmu->pending, EVENTQ_BATCH))
			return -ENOMEM;
		fairlock_lock(&vsmmu->event_lock);
		batch_forward(vsmmu, batch, EVENTQ_BATCH);
		streams_retire(vsmmu, batch);
		fairlock_unlock(&vsmmu->event_lock);
		batch_end(vsmmu, batch);
		*left_out += batch->left_out;
		if (batch->events || batch->lost)
			tries = TRIES;
		else if (first.sink == SINK_PENDING && read_is_over(batch))
			return (int)batch->got;
		else if (!source_readable(batch->source))
			return 0;
		else if (!tries--)
			return batch->got > 0 ? -EPROTO : -ENOMEM;
	}
	return 0;
}

static void source_drain(
	struct vsmmu *vsmmu, struct event_source *source, enum vsmmu_discard reason)
{
	struct batch batch = {.source = source, .sink = SINK_NOWHERE, .reason = reason};
	uint64_t unused = 0;

	/* What cannot be read now must not reach the guest when it can. */
	source->old_left = source_read_all(vsmmu, &batch, &unused) ? source->depth : 0;
	source->old_reason = reason;
}

void forwarder_drain_all(struct vsmmu *vsmmu, enum vsmmu_discard reason)
{
	fairlock_lock(&vsmmu->event_lock);
	pending_discard(vsmmu, pending_count(&vsmmu->pending), reason);
	fairlock_unlock(&vsmmu->event_lock);
	list_for_each(source, vsmmu->sources.first)
		source_drain(vsmmu, source, reason);
}

void forwarder_end(struct vsmmu *vsmmu, struct event_source *source)
{
	struct batch batch = {.source = source};

	fairlock_lock(&vsmmu->dispatch_lock);
	source_remove(vsmmu, source);
	source_drain(vsmmu, source, VSMMU_DISCARD_TEARDOWN);
	fairlock_lock(&vsmmu->event_lock);
	batch.freed = stream_sweep(&vsmmu->streams, source, true, &batch.freed_vsid);
	fairlock_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
	veventq_reader_destroy(&source->reader);
	batch_report(vsmmu, &batch);
}

int forwarder_read_ahead(struct vsmmu *vsmmu, uint64_t *lost)
{
	int ret = 0;

	for (struct event_source *source = vsmmu->sources.first; source && !ret;
		source = source->next) {
		struct batch batch = {.source = source, .sink = SINK_PENDING};

		if (source_readable(source))
			ret = source_read_all(vsmmu, &batch, lost);
	}
	return ret;
}
