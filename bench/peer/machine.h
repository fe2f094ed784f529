/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest in either VMM: started alike, spoken to by its console, and counted by the host. */
#ifndef PEER_MACHINE_H
#define PEER_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"

#define MACHINE_EDUS 4

/* What both VMMs are given. The guest's slots 1 to 4 have edu devices, slot 5 has an NVMe disk. */
struct machine_setup {
	const char *kernel;
	const char *append;
	bool edu_only;
	bool no_ril;
};

struct machine {
	const char *name; /* "ours" or "peer" */
	struct guest guest;
	char edu[MACHINE_EDUS][16]; /* addresses in the host */
	char nvme[16];
};

/* Finds the devices of both and makes the peer's root ready. Return: 0, or -1 after a message. */
int machines_open(struct machine *ours, struct machine *peer);

/* Starts it and waits until it takes commands. Return: seconds that this took. */
double machine_boot(struct machine *machine, const struct machine_setup *setup);

/* The guest's clock when PID 1 was ready, which began early in its kernel's own start. */
double machine_kernel_seconds(const struct machine *machine);

/* Runs a command in the guest. Return: what follows @answer in what it printed. */
const char *machine_do(struct machine *machine, const char *answer, unsigned int seconds,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Has the guest switch itself off when it has done all that was typed before. */
void machine_begin_off(struct machine *machine);

/* Waits for the VMM's end. Return: seconds that this took. */
double machine_end(struct machine *machine, unsigned int seconds);

double seconds_now(void);

/* A message, and what the console showed last; then the program ends. */
_Noreturn void machine_fail(const struct machine *machine, const char *what);

#endif
