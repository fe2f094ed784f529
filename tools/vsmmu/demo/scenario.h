/* SPDX-License-Identifier: BSD-2-Clause */
/* The demo's story: what goes wrong when, as shares of the events to be produced. */
#ifndef DEMO_SCENARIO_H
#define DEMO_SCENARIO_H

#include "demo/machine.h"

struct scenario {
	struct machine *machine;
	unsigned int next;    /* step */
	const char *text;     /* of the last step */
	bool storm;	      /* the last endpoint's */
	uint32_t guest_speed; /* records that the guest has time for in a turn */
};

void scenario_init(struct scenario *scenario, struct machine *machine);

/* Takes the steps that are due. Return: whether scenario->text is new. */
bool scenario_step(struct scenario *scenario);

/* A moment's faults, never beyond the next step, then a moment's work. */
void scenario_run(struct scenario *scenario);

#endif
