/* SPDX-License-Identifier: BSD-2-Clause */
#include "replay/player.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include "command.h"

#define SECOND UINT64_C(1000000000)

/* Half of what the simulated kernel's queue holds: it shall lose nothing of its own. */
#define IN_FLIGHT_MAX 1024

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

void player_init(
	struct player *player, struct machine *machine, double speed, volatile sig_atomic_t *stop)
{
	memset(player, 0, sizeof(*player));
	player->machine = machine;
	player->speed = speed;
	player->stop = stop;
	player->began = now();
}

static bool fail(struct player *player, const char *complaint)
{
	player->complaint = complaint;
	return false;
}

static bool can_go_on(const struct player *player)
{
	return !player->machine->error && !player->complaint && !*player->stop;
}

static void drain(struct player *player)
{
	machine_drain(player->machine);
	player->in_flight = 0;
}

/* Until it is @time's turn; what came before it is not held back meanwhile. */
static void wait_for(struct player *player, uint64_t time)
{
	double due;
	uint64_t at, elapsed;

	if (player->speed <= 0)
		return;
	if (!player->has_time)
		player->first_time = time;
	player->has_time = true;
	/* Times of several queues need not be in order. */
	due = time > player->first_time ? (double)(time - player->first_time) / player->speed : 0;
	elapsed = now() - player->began;
	if (due <= (double)elapsed)
		return;
	drain(player);
	/* Beyond this it is for nobody to wait. */
	at = due < (double)(UINT64_MAX / 4) ? (uint64_t)due : UINT64_MAX / 4;
	while ((elapsed = now() - player->began) < at) {
		const struct timespec pause = {
			.tv_sec = (time_t)((at - elapsed) / SECOND),
			.tv_nsec = (long)((at - elapsed) % SECOND),
		};

		if (signals_wait(-1, &pause))
			return;
	}
}

/* Return: the queue, or NULL with a complaint when there are too many. */
static struct player_queue *find_queue(struct player *player, uint32_t number)
{
	struct player_queue *queue = &player->queues[player->queue_last];

	if (player->queue_count && queue->number == number)
		return queue;
	for (uint32_t i = 0; i < player->queue_count; i++) {
		if (player->queues[i].number != number)
			continue;
		player->queue_last = i;
		return &player->queues[i];
	}
	if (player->queue_count == MACHINE_SMMUS_MAX) {
		fail(player, "the capture has too many queues");
		return NULL;
	}
	player->queue_last = player->queue_count++;
	queue = &player->queues[player->queue_last];
	queue->number = number;
	return queue;
}

static uint16_t *find_place(struct player *player, uint32_t vsid)
{
	uint32_t place = vsid * UINT32_C(0x9e3779b1) % PLAYER_INDEX_SIZE;

	while (player->index[place] &&
		player->machine->endpoints[player->index[place] - 1].vsid != vsid)
		place = (place + 1) % PLAYER_INDEX_SIZE;
	return &player->index[place];
}

/* Events that were lost in a queue before any endpoint of it was known. */
static void drop(struct player *player, struct player_queue *queue, uint64_t count)
{
	struct machine_endpoint *endpoint;

	player->lost += count;
	queue->lost += count;
	if (!queue->endpoint)
		return;
	endpoint = &player->machine->endpoints[queue->endpoint - 1];
	while (queue->lost && can_go_on(player)) {
		/* Two headers' worth would be more than 31 bits can tell. */
		uint32_t part = queue->lost < INT_MAX / 2 ? (uint32_t)queue->lost : INT_MAX / 2;

		machine_drop(player->machine, endpoint, part);
		drain(player);
		queue->lost -= part;
	}
}

/*
 * The endpoint that makes the queue's next event. One that was behind another queue is
 * unplugged there and plugged in here, as it must have been.
 */
static struct machine_endpoint *plug(
	struct player *player, struct player_queue *queue, uint32_t vsid)
{
	uint16_t *place = find_place(player, vsid);
	uint32_t smmu = (uint32_t)(queue - player->queues);
	struct machine_endpoint *endpoint;

	if (!*place) {
		if (player->machine->endpoint_count == MACHINE_ENDPOINTS_MAX) {
			fail(player, "the capture has too many endpoints");
			return NULL;
		}
		endpoint = machine_add(player->machine, vsid, smmu);
		if (!endpoint)
			return NULL;
		*place = (uint16_t)player->machine->endpoint_count;
		machine_plug(player->machine, endpoint);
	} else {
		endpoint = &player->machine->endpoints[*place - 1];
		if (endpoint->smmu != smmu) {
			struct player_queue *old = &player->queues[endpoint->smmu];

			drain(player);
			machine_unplug(player->machine, endpoint);
			if (old->endpoint == *place)
				old->endpoint = 0;
			machine_move(player->machine, endpoint, smmu);
			if (can_go_on(player))
				machine_plug(player->machine, endpoint);
		}
	}
	queue->endpoint = *place;
	if (can_go_on(player))
		drop(player, queue, 0);
	return can_go_on(player) ? endpoint : NULL;
}

/* A gap that no item tells of is a loss all the same. Return: events lost before it. */
static uint64_t step(struct player *player, struct player_queue *queue, uint32_t sequence)
{
	uint32_t gap = (sequence - queue->expected) & INT_MAX;

	if (!queue->started)
		gap = 0;
	queue->started = true;
	queue->expected = (sequence + 1) & INT_MAX;
	if (gap <= INT_MAX / 2)
		return gap;
	player->backward++;
	return 0;
}

static bool play_event(
	struct player *player, struct player_queue *queue, const struct vsmmu_capture_item *item)
{
	struct machine_endpoint *endpoint =
		plug(player, queue, (uint32_t)(item->record.word[0] >> 32));
	uint64_t lost;

	if (!endpoint)
		return false;
	lost = step(player, queue, item->sequence);
	if (lost)
		drop(player, queue, lost);
	player->events++;
	machine_fault_with(player->machine, endpoint, &item->record);
	if (++player->in_flight >= IN_FLIGHT_MAX)
		drain(player);
	return can_go_on(player);
}

static bool play_loss(
	struct player *player, struct player_queue *queue, const struct vsmmu_capture_item *item)
{
	uint32_t first = (item->sequence - (uint32_t)item->lost + 1) & INT_MAX;
	uint64_t lost = step(player, queue, first) + item->lost;

	queue->expected = (item->sequence + 1) & INT_MAX;
	drop(player, queue, lost);
	return can_go_on(player);
}

bool player_play(struct player *player, const struct vsmmu_capture_item *item)
{
	struct player_queue *queue;

	if (item->type != VSMMU_CAPTURE_EVENT && item->type != VSMMU_CAPTURE_LOST &&
		item->type != VSMMU_CAPTURE_ENDPOINT)
		return can_go_on(player);
	queue = find_queue(player, item->queue);
	if (!queue)
		return false;
	switch (item->type) {
	case VSMMU_CAPTURE_EVENT:
		wait_for(player, item->time);
		return play_event(player, queue, item);
	case VSMMU_CAPTURE_LOST:
		wait_for(player, item->time);
		return play_loss(player, queue, item);
	default:
		return plug(player, queue, item->vsid) != NULL;
	}
}

/* Losses of queues of which the capture names no endpoint: any will do. */
static void play_losses_of_nobody(struct player *player)
{
	uint32_t vsid = UINT32_MAX;

	for (uint32_t i = 0; i < player->queue_count && can_go_on(player); i++) {
		if (!player->queues[i].lost)
			continue;
		while (*find_place(player, vsid))
			vsid--;
		plug(player, &player->queues[i], vsid);
	}
}

void player_end(struct player *player)
{
	if (can_go_on(player))
		play_losses_of_nobody(player);
	drain(player);
}
