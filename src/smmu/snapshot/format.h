/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot (<vsmmu/snapshot.h>), as bytes and taken apart.
 *
 *	header:  magic[8] "VSMMUSNP", version:32, length:64 of the whole
 *	section: tag:32, length:32 of its payload, payload
 *	end:     crc:32 of all before it (IEEE 802.3)
 *
 * All numbers are little endian. Header and end are the same in every version; a version has
 * exactly these sections, in this order, each once:
 *
 *	1 CONFIG       whole:32 (0, 1), eventq_log2_max:32, cmdq_log2_max:32, ssid_bits:32
 *	2 IDENTITY     IDR0 to IDR5:32, IIDR:32, AIDR:32
 *	3 REGISTERS    the rows of registers/table.h, each 64
 *	4 INVALIDATION atc_lost:32 (0, 1), then commands of 128 bits that no SYNC has sent yet
 *	5 COUNTERS     the list of stats.c, each 64
 *	6 STREAMS      StreamIDs of the endpoints, each 32, ascending
 *	7 EVENTS       records of 32 bytes that the guest's queue takes next: PENDING_MAX at most
 */
#ifndef SMMU_SNAPSHOT_FORMAT_H
#define SMMU_SNAPSHOT_FORMAT_H

#include <string.h>

#include "smmu/registers/table.h"
#include "smmu/vsmmu.h"

#define SNAPSHOT_VERSION 2 /* 1, never released, had two counters less */

struct snapshot {
	bool whole;
	uint32_t eventq_log2_max;
	uint32_t cmdq_log2_max;
	uint32_t ssid_bits;
	struct idr_registers id;
	uint64_t registers[REGISTER_ROWS];
	bool atc_lost;
	uint32_t commands;
	uint64_t command[INVALIDATION_MAX][2];
	struct vsmmu_stats stats;
	uint32_t streams;
	uint32_t *vsid;
	const uint8_t *events; /* borrowed: of the vSMMU's pending ones, or the snapshot's bytes */
	uint32_t events_count;
};

/* Frees its arrays, and not itself. */
void snapshot_release(struct snapshot *snapshot);

/*
 * Return: bytes that it comes to. This call and the next one run the code that also reads, which
 * is why @snapshot is not const; they do not change it.
 */
size_t snapshot_length(struct snapshot *snapshot);

/* @bytes has room for that many. */
void snapshot_write(struct snapshot *snapshot, uint8_t *bytes, size_t length);

/*
 * Takes bytes apart, and checks all that can be checked of them alone. @snapshot need not be
 * set up and is to be released whatever happens. Return: 0; -EBADMSG; -EPROTONOSUPPORT;
 * -ENOMEM.
 */
int snapshot_read(struct snapshot *snapshot, const uint8_t *bytes, size_t length);

/* Whether a vSMMU that was reset could have come to these values. */
bool snapshot_is_sound(const struct snapshot *snapshot);

/* The order of StreamIDs in a snapshot, for qsort() and bsearch(). */
int snapshot_compare_vsids(const void *one, const void *other);

#endif
