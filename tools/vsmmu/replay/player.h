/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays a capture on a simulated machine: what the capture's vEVENTQs gave, endpoints of
 * the same StreamIDs make again, so that the simulated kernel numbers, keeps and drops
 * the same, and the library reads, decodes and forwards it. The guest is a prompt one.
 */
#ifndef REPLAY_PLAYER_H
#define REPLAY_PLAYER_H

#include <signal.h>

#include "capture/capture.h"
#include "demo/machine.h"

#define PLAYER_INDEX_SIZE (4 * MACHINE_ENDPOINTS_MAX)

struct player_queue {
	uint32_t number;   /* as the capture calls it */
	uint32_t endpoint; /* the one whose events it had last, plus 1; 0: none yet */
	bool started;
	uint32_t expected; /* the next event's number */
	uint64_t lost;	   /* that no endpoint was there for yet */
};

struct player {
	struct machine *machine;
	volatile sig_atomic_t *stop;
	double speed; /* 0: as fast as possible */
	uint64_t began;
	bool has_time;
	uint64_t first_time;

	/* By vSID: an endpoint's number plus 1; and its queue's number. */
	uint16_t index[PLAYER_INDEX_SIZE];
	uint16_t queue_of[MACHINE_ENDPOINTS_MAX];
	struct player_queue queues[MACHINE_SMMUS_MAX];
	uint32_t queue_count;
	uint32_t queue_last; /* the one of the last item: mostly that of the next */
	uint32_t in_flight;  /* events that were not waited for */

	uint64_t events; /* of the capture */
	uint64_t lost;
	uint64_t backward; /* numbers that went back: a kernel never does that */
	const char *complaint;
};

/* The machine has no endpoint yet; its guest's queue is enabled. */
void player_init(
	struct player *player, struct machine *machine, double speed, volatile sig_atomic_t *stop);

/*
 * Plays one item. What cannot go on sets player->complaint, or machine->error. Return:
 * whether it can go on.
 */
bool player_play(struct player *player, const struct vsmmu_capture_item *item);

/* Lets all that is under way come to its end. */
void player_end(struct player *player);

#endif
