/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of the event path in front of the guest's queue. It belongs to the holder of the
 * dispatch lock, but for struct event_pause.
 */
#ifndef SMMU_EVENTS_STATE_H
#define SMMU_EVENTS_STATE_H

#include <stdatomic.h>

#include <vsmmu/event.h>

#include "host/host.h"
#include "veventq/reader.h"

enum source_state {
	SOURCE_ARMED,	 /* it is read */
	SOURCE_BACKOFF,	 /* not before the timer: reading failed for now */
	SOURCE_DISARMED, /* not before vsmmu_rearm(): reading failed for good */
};

/*
 * A vEVENTQ that the vSMMU reads, of a vIOMMU of its own or adopted from the VMM. It is polled
 * while it may be empty. When the guest's queue is full, or holds the source's share, it leaves
 * the poll set and waits in the list of those that are read next; it comes back once it was read
 * to empty. So a storm costs no epoll_ctl() a batch.
 */
struct event_source {
	struct event_source *next; /* of all; changed with the attach and control locks held too */
	bool is_adopted;	   /* it is the first member of a struct vsmmu_adopted */
	unsigned int endpoints;	   /* it carries the events of so many; under the attach lock */
	struct event_source *next_waiting;
	struct host_veventq veventq;
	struct veventq_reader reader;
	uint32_t depth; /* records that the vEVENTQ can hold */
	uint32_t tag;	/* that its live streams have in the hash; not 0 */
	enum source_state state;
	bool polled;
	bool waiting;	     /* in the list of those that are read next */
	bool held;	     /* one of those, but it has its share of the guest's queue */
	uint32_t turn;	     /* records that it may still have before it is another's turn */
	uint64_t backoff;    /* nanoseconds, next time; 0 after a good read */
	unsigned int stale;  /* streams whose last events may still be in it */
	uint32_t stale_left; /* records, at most, that are in it for that long */
	uint32_t old_left;   /* records, at most, that a drain should have read and could not */
	enum vsmmu_discard old_reason; /* of that drain */

	/*
	 * The share of the guest's queue, with config.isolate: records delivered since the guest
	 * last consumed up to @end, which is eventq.written after the last one of them.
	 */
	uint32_t since;
	uint64_t end;
};

struct sources {
	struct event_source *first;
	struct event_source *waiting; /* they are read in this order */
	struct event_source *waiting_last;
	uint32_t waiting_count;
	uint32_t tags; /* given out so far */
};

/*
 * Records that were read ahead of their time: by vsmmu_save(), which has to empty the vEVENTQs,
 * or elsewhere and brought by a snapshot. They are as the guest will get them, checked and
 * cleaned, and go to it before anything that a vEVENTQ still holds. They change under the event
 * lock too, so that stats.pending is always their number.
 */
struct pending {
	uint8_t (*records)[VSMMU_EVENT_RECORD_SIZE];
	uint32_t begin, end; /* those that wait */
	uint32_t size;	     /* of the array */
};

/*
 * These say why nothing is read, to a thread that writes CONS. The holder of the dispatch lock sets
 * them, any thread clears them. @full ends when a quarter of the queue is free, @held when CONS has
 * passed @end.
 */
struct event_pause {
	atomic_bool full;
	atomic_bool held;
	atomic_uint end;
};

#endif
