/* SPDX-License-Identifier: BSD-2-Clause */
/* A batch is what one read of a vEVENTQ brought: it is validated, counted, and put in its place. */
#ifndef SMMU_EVENTS_BATCH_H
#define SMMU_EVENTS_BATCH_H

#include <sys/types.h>

#include "smmu/vsmmu.h"

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

	uint32_t enables; /* of the guest's queue, when the room in it was looked at */
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

/* Reads @records at most. Under the dispatch lock, and alone where others need not be kept out. */
void batch_read(struct batch *batch, uint32_t records);

/* Finds a place for all that was read. Under the dispatch and event locks. */
void batch_forward(struct vsmmu *vsmmu, struct batch *batch);

/* Reports what was wrong in it. Without the event lock. */
void batch_report(struct vsmmu *vsmmu, const struct batch *batch);

#endif
