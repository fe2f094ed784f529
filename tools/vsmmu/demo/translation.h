/* SPDX-License-Identifier: BSD-2-Clause */
/* The demo's first act: DMA through tables that a guest's driver built, good and bad. */
#ifndef DEMO_TRANSLATION_H
#define DEMO_TRANSLATION_H

#include <stdbool.h>
#include <stdint.h>

struct translation {
	uint64_t copies;      /* from guest memory through an endpoint to guest memory */
	uint64_t bytes;	      /* compared with their source */
	uint64_t wrong_bytes; /* that differed */
	uint64_t faults;      /* DMA that had to be refused and was */
	uint64_t events;      /* the guest's driver found the right record of each, in time */
	uint64_t mistakes;    /* anything else that came out otherwise */
	uint64_t replaced;    /* STEs, between accesses that all got through */
	uint64_t commands;    /* that the guest's driver queued */
	uint64_t invalidations;
	uint64_t walks;
	uint64_t objects_left;
	int error; /* of a call that must not fail */
};

/* @tell: a line for each thing that happens, or NULL. The same seed does the same. */
void translation_run(struct translation *translation, uint64_t seed, void (*tell)(const char *));

/* All data and all events were as they had to be. */
bool translation_is_verified(const struct translation *translation);

#endif
