/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file of what the guest was told: a line of JSON for each event in its queue, with the names
 * that "vsmmu decode --json" has, and one for each loss. Records are taken where the library tells
 * of them, which must not block, and are written out by the main loop.
 */
#ifndef VMM_JOURNAL_H
#define VMM_JOURNAL_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#include <vsmmu/event.h>

#define JOURNAL_RECORDS 65536u

struct journal {
	FILE *file; /* NULL: nothing is noted */
	int wake;   /* eventfd of the main loop */
	pthread_mutex_t lock;
	uint8_t *record;
	uint64_t noted, written; /* @noted - @written of them are in @record */
	uint64_t missed;	 /* no room in @record */
	uint64_t lost;		 /* lost in the host, as told so far */
};

/* @path may be NULL: all calls do nothing then. Return: 0; -1 with a message. */
int journal_open(struct journal *journal, const char *path, int wake);
void journal_close(struct journal *journal);

/* Notes records that the guest has got. Never blocks for long; takes a leaf lock. */
void journal_note(struct journal *journal, const uint8_t *records, uint32_t count);

/* Writes out what was noted, and that @lost events in all were lost. */
void journal_flush(struct journal *journal, uint64_t lost);

#endif
