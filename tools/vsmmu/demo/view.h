/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shows a person how the demo goes: a table redrawn in place on a terminal, a few
 * plain lines otherwise, or nothing. The only part that looks at the wall clock.
 */
#ifndef DEMO_VIEW_H
#define DEMO_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "demo/machine.h"

#define VIEW_REPORTS 4
#define VIEW_COLUMNS 256

enum view_mode {
	VIEW_NONE = 0,
	VIEW_LINES,
	VIEW_TABLE,
};

struct view {
	enum view_mode mode;
	struct machine *machine;
	const char *step;
	uint64_t started; /* nanoseconds of the monotonic clock */
	uint64_t drawn;
	double seconds;	    /* that the run shall take at least */
	unsigned int lines; /* that the last drawing took */
	unsigned int columns;
	unsigned int rows;
	char reports[VIEW_REPORTS][VIEW_COLUMNS]; /* the last few, as a ring */
	uint64_t reports_shown;
	uint64_t reports_suppressed;
};

/* Whether standard output is a terminal that the table can be drawn on. */
bool view_has_terminal(void);

/* Registers itself for the machine's reports. */
void view_init(struct view *view, enum view_mode mode, struct machine *machine, double seconds);

/* A step of the scenario was taken. */
void view_step(struct view *view, const char *text);

/* Called often: redraws when it is time, and waits when the run is ahead of its time. */
void view_tick(struct view *view);

/* The table goes; what is printed next begins where it was. */
void view_end(struct view *view);

/* A row of the table of endpoints; @endpoint NULL gives the heading. */
void view_format_endpoint(char *line, size_t size, const struct machine *machine,
	const struct machine_endpoint *endpoint);

#endif
