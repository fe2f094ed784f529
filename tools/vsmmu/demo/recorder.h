/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes what the demo's vEVENTQs number into a capture. */
#ifndef DEMO_RECORDER_H
#define DEMO_RECORDER_H

#include <stdio.h>

#include "demo/machine.h"

/* Loss of a queue that is not written yet, so that many in a row are one item. */
struct recorder_loss {
	uint32_t queue;
	uint32_t sequence;
	uint64_t count;
};

struct recorder {
	FILE *file;
	const struct machine *machine;
	struct recorder_loss losses[DEMO_SMMUS];
	int error;
};

/* Creates the file and lets the machine write to it. Return: 0 or -errno. */
int recorder_open(struct recorder *recorder, const char *path, struct machine *machine);

/* Return: 0, or the first -errno of all writing. */
int recorder_close(struct recorder *recorder);

#endif
