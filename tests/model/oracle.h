/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must happen, told in the plainest way that I know: lists and counters, numbers of
 * 64 bits that never wrap, one vEVENTQ, no locks. Shares no code with the library.
 */
#ifndef MODEL_ORACLE_H
#define MODEL_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/smmu.h>

#include "smmu/counts.h"

#define ORACLE_STREAMS 4
#define ORACLE_DEPTH   64
#define ORACLE_QUEUE   256 /* largest guest queue */

struct oracle_event {
	uint64_t number; /* of all that this vEVENTQ ever numbered */
	unsigned int stream;
	uint64_t serial;	    /* what makes it different from any other */
	enum vsmmu_discard refused; /* DISCARD_COUNT: none, it may be seen */
};

/* The kernel's vEVENTQ: events, and behind them perhaps a LOST header. */
struct oracle_kernel {
	struct oracle_event events[ORACLE_DEPTH];
	unsigned int count, depth;
	bool lost;	      /* the header is there */
	uint64_t lost_number; /* of the last event that was dropped */
	uint64_t next;
	int fail_read; /* the next read fails so */
};

enum oracle_stream_state { ORACLE_ABSENT, ORACLE_LIVE, ORACLE_STALE };

struct oracle_stream {
	enum oracle_stream_state state;
	bool forwards; /* has an STE */
};

enum oracle_armed { ORACLE_ARMED, ORACLE_BACKOFF, ORACLE_DISARMED };

struct oracle {
	enum vsmmu_loss_policy policy;
	uint64_t now; /* nanoseconds, the test's to move */

	struct oracle_kernel kernel;
	uint64_t expected; /* number that the reader waits for */
	bool exists;	   /* the vEVENTQ does: while there are endpoints */
	enum oracle_armed armed;
	uint64_t stale_left;
	struct oracle_stream streams[ORACLE_STREAMS];

	/* the guest's side */
	bool smmuen, eventqen;
	bool eventq_irqen, gerror_irqen;
	bool abort_active;
	bool overflow_active;	 /* OVFLG, not acknowledged */
	bool overflow_waits;	 /* a loss that is told later */
	uint64_t overflow_after; /* nanoseconds: not before */
	bool nonsense;		 /* CONS is */
	bool paused;		 /* it was full, and is not worth filling yet */
	unsigned int log2;
	uint32_t prod; /* index and wrap bit */
	struct oracle_event fifo[ORACLE_QUEUE];
	unsigned int queued; /* records in fifo */
	uint32_t bad_slot;   /* memory ends there; UINT32_MAX: nowhere */

	struct vsmmu_stats stats;
};

void oracle_init(struct oracle *oracle, unsigned int depth);

/* Return: whether it was numbered. */
bool oracle_fault(struct oracle *oracle, unsigned int stream, uint64_t serial,
	enum vsmmu_discard refused, bool no_memory);

unsigned int oracle_dispatch(struct oracle *oracle, unsigned int budget);
/* A backoff has run out. */
void oracle_timer(struct oracle *oracle);
void oracle_rearm(struct oracle *oracle);

int oracle_attach(struct oracle *oracle, unsigned int stream);
void oracle_detach(struct oracle *oracle, unsigned int stream);
void oracle_reset(struct oracle *oracle);

/* CR0 is written; enabling takes the queue at index @prod, empty. */
void oracle_cr0(
	struct oracle *oracle, bool smmuen, bool eventqen, unsigned int log2, uint32_t prod);
/* The guest has taken @count records, and written CONS. */
void oracle_consume(struct oracle *oracle, unsigned int count);
void oracle_ack_abort(struct oracle *oracle);

#endif
