/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file of what the guest was told: a line of JSON for each event in its queue, with the names
 * that "vsmmu decode --json" has, and one for each loss. Records are taken where the library tells
 * of them, which must not block, and are written out by a thread that gives way to all others.
 */
#ifndef VMM_JOURNAL_H
#define VMM_JOURNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <vsmmu/event.h>

/* That can wait: more than a guest's queue has room for. Memory is taken only as it is needed. */
#define JOURNAL_RECORDS (1u << 20)

struct journal {
	FILE *file; /* NULL: nothing is noted */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t some;
	bool end;
	uint8_t *record;
	uint64_t noted, written; /* @noted - @written of them are in @record */
	uint64_t missed;	 /* no room in @record */
	uint64_t lost, told;	 /* lost in the host, and what the file has of it */
};

/* @path may be NULL: all calls do nothing then. Return: 0; -1 with a message. */
int journal_open(struct journal *journal, const char *path);
void journal_close(struct journal *journal);

/* Notes records that the guest has got. Never blocks for long; takes a leaf lock. */
void journal_note(struct journal *journal, const uint8_t *records, uint32_t count);

/* Notes that @lost events in all were lost in the host. */
void journal_note_lost(struct journal *journal, uint64_t lost);

#endif
