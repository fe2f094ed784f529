/* SPDX-License-Identifier: BSD-2-Clause */
/* How a demo ended: judged, and told to people or programs. */
#ifndef DEMO_RESULT_H
#define DEMO_RESULT_H

#include "demo/machine.h"
#include "demo/translation.h"

struct result {
	const char *name;		       /* the subcommand's */
	const struct machine *machine;	       /* sampled; its objects are gone already */
	const struct translation *translation; /* NULL: there was none */
	bool has_seed;
	uint64_t seed;
	int signal; /* that ended the run early, or 0 */
	uint64_t reports_shown;
	uint64_t reports_suppressed;
	uint64_t objects_left;
};

/*
 * Whether the producer's own count, the library's counters and the guest driver's own
 * count agree. This is what the demo is for.
 */
bool result_is_accounted(const struct result *result);

/* Whether everything else that must hold does; a message on stderr for what does not. */
bool result_is_sound(const struct result *result);

void result_print_summary(const struct result *result);
void result_print_line(const struct result *result);

/* Return: 0 or -ENOMEM. */
int result_print_json(const struct result *result);

#endif
