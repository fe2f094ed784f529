/* SPDX-License-Identifier: BSD-2-Clause */
/* The wish that the machine stops, which any thread may have, and the main loop fulfils. */
#ifndef VMM_STOP_H
#define VMM_STOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/eventfd.h>

enum stop_reason {
	STOP_NOT = 0, /* the machine runs */
	STOP_OFF,     /* the guest switched it off, or its user did */
	STOP_RESET,   /* the guest wants to start again */
	STOP_BROKEN,  /* it cannot go on, which was told */
};

struct stop {
	atomic_int reason;
	int wake; /* eventfd of the main loop */
};

/* Asks for it; the first reason counts. */
static inline void stop_ask(struct stop *stop, enum stop_reason reason)
{
	int not = STOP_NOT;

	atomic_compare_exchange_strong(&stop->reason, &not, reason);
	(void)eventfd_write(stop->wake, 1);
}

static inline enum stop_reason stop_asked(struct stop *stop)
{
	return (enum stop_reason)atomic_load(&stop->reason);
}

#endif
