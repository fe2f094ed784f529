/* SPDX-License-Identifier: BSD-2-Clause */
/* A checksum tells of damage, not of malice: no value of a snapshot is believed as it is. */
#include <stdlib.h>

#include "arch/command.h"
#include "arch/event_filter.h"
#include "arch/record.h"
#include "smmu/events/pending.h"
#include "smmu/snapshot/format.h"

static bool config_is_sound(const struct snapshot *snapshot)
{
	return snapshot->eventq_log2_max >= 1 &&
	       snapshot->eventq_log2_max <= SMMU_EVENTQ_LOG2_MAX &&
	       snapshot->ssid_bits <= SMMU_SSID_BITS_MAX &&
	       snapshot->cmdq_log2_max <= IDR_QUEUE_LOG2_MAX;
}

/* The ID registers agree with CONFIG. No vSMMU lets its guest have stalls. */
static bool identity_is_sound(const struct snapshot *snapshot)
{
	const uint32_t *idr = snapshot->id.idr;

	return arch_idr_possible(&snapshot->id) && (idr[0] >> 24 & 3) == ARCH_STALL_NONE &&
	       (idr[1] >> 6 & 0x1f) == snapshot->ssid_bits &&
	       (idr[1] >> 16 & 0x1f) == snapshot->eventq_log2_max &&
	       (idr[1] >> 21 & 0x1f) == snapshot->cmdq_log2_max;
}

/* A register that the guest's SMMU does not have holds nothing. */
static bool registers_are_sound(const struct snapshot *snapshot)
{
	const uint64_t *value = snapshot->registers;

	for (unsigned int row = 0; row < REGISTER_ROWS; row++) {
		if (value[row] & ~register_may_hold(row, snapshot->whole, snapshot->id.idr[0]))
			return false;
		if (register_is_ack(row) && value[row] != value[row - 1])
			return false;
	}
	return true;
}

static bool commands_are_sound(const struct snapshot *snapshot)
{
	struct arch_features features;
	struct command_scope scope;

	arch_features_from_idr(snapshot->id.idr, &features);
	for (uint32_t i = 0; i < snapshot->commands; i++)
		if (arch_command_classify(snapshot->command[i], &features, &scope) !=
			COMMAND_FORWARD)
			return false;
	return true;
}

/* A snapshot must not bring an event path alone what it does not have. */
static bool event_path_is_alone(const struct snapshot *snapshot)
{
	return !snapshot->commands && !snapshot->atc_lost;
}

/* They add up, modulo 2^64 as all arithmetic with them. */
static bool counters_are_sound(const struct snapshot *snapshot)
{
	const struct vsmmu_stats *stats = &snapshot->stats;
	uint64_t discarded = 0;

	for (int i = 0; i < VSMMU_DISCARD_SLOTS; i++)
		discarded += stats->discarded_by[i];
	return discarded == stats->discarded && stats->sequenced == stats->delivered + stats->lost +
									    stats->discarded +
									    stats->pending;
}

static bool streams_are_sound(const struct snapshot *snapshot)
{
	const unsigned int bits = snapshot->whole ? snapshot->id.idr[1] & 0x3f : 32;

	for (uint32_t i = 0; i < snapshot->streams; i++) {
		if (i && snapshot->vsid[i] <= snapshot->vsid[i - 1])
			return false;
		if ((uint64_t)snapshot->vsid[i] >> bits)
			return false;
	}
	return true;
}

int snapshot_compare_vsids(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

	return a < b ? -1 : a > b;
}

/* A record is one that the forwarder could have let through. */
static bool event_is_sound(const struct snapshot *snapshot, const uint8_t *record)
{
	uint64_t word[4];
	uint32_t vsid;

	record_load(record, word);
	vsid = (uint32_t)(word[0] >> 32);
	return arch_event_is_clean(word, snapshot->ssid_bits) &&
	       bsearch(&vsid, snapshot->vsid, snapshot->streams, sizeof(vsid),
		       snapshot_compare_vsids);
}

static bool events_are_sound(const struct snapshot *snapshot)
{
	if (snapshot->events_count > PENDING_MAX ||
		snapshot->events_count != snapshot->stats.pending)
		return false;
	for (uint32_t i = 0; i < snapshot->events_count; i++)
		if (!event_is_sound(snapshot, snapshot->events + i * VSMMU_EVENT_RECORD_SIZE))
			return false;
	return true;
}

bool snapshot_is_sound(const struct snapshot *snapshot)
{
	return config_is_sound(snapshot) &&
	       (snapshot->whole ? identity_is_sound(snapshot) : event_path_is_alone(snapshot)) &&
	       registers_are_sound(snapshot) && commands_are_sound(snapshot) &&
	       counters_are_sound(snapshot) && streams_are_sound(snapshot) &&
	       events_are_sound(snapshot);
}
