/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/batch.h"

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

/* Cold paths are kept out of the hot loop. */
#define COLD __attribute__((cold, noinline))

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
	if (batch->lost && deliver_is_on(vsmmu) && vsmmu->config.loss_policy == VSMMU_LOSS_OVERFLOW)
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

void batch_read(struct batch *batch, uint32_t records)
{
	const struct event_source *source = batch->source;

	if (source->old_left) {
		batch->sink = SINK_NOWHERE;
		batch->reason = source->old_reason;
		records = records < source->old_left ? records : source->old_left;
	}
	batch->got = veventq_reader_fill(&batch->source->reader, records);
}

void batch_forward(struct vsmmu *vsmmu, struct batch *batch)
{
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
	/* A late endpoint may want the StreamID that is free now: recovery tries again. */
	if (batch->freed && atomic_load(&vsmmu->asked))
		pollset_timer_start(&vsmmu->cmdq.pollset, POLLSET_RETRY, pollset_now());
	if (batch->freed)
		report(vsmmu, VSMMU_REPORT_VSID_FREE, VSMMU_INFO,
			batch->freed == 1 ? batch->freed_vsid : VSMMU_NO_VSID,
			"%u StreamIDs that were refused with EAGAIN are free now: attach or set "
			"them again; vsmmu_run_commands() does so for an endpoint that is asked "
			"for",
			batch->freed);
}

void batch_report(struct vsmmu *vsmmu, const struct batch *batch)
{
	if (batch->lost || batch->refused || batch->errors || batch->aborted || batch->freed)
		batch_report_trouble(vsmmu, batch);
}
