/* SPDX-License-Identifier: BSD-2-Clause */
#include "demo/view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

#define REDRAW_NS   UINT64_C(100000000)
#define SECOND_NS   UINT64_C(1000000000)
#define OTHER_LINES (11 + VIEW_REPORTS) /* of a drawing, besides the endpoints */
#define ROWS_LEAST  4
#define TO_LINE_END "\033[K"
#define TO_END	    "\033[J"
#define CURSOR_UP   "\033[%uA\r"

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * SECOND_NS + (uint64_t)time.tv_nsec;
}

/* Taken to be 80 by 24 when it does not say. */
static struct winsize terminal_size(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		size = (struct winsize){.ws_col = 80, .ws_row = 24};
	return size;
}

bool view_has_terminal(void)
{
	const char *type = getenv("TERM");

	return isatty(STDOUT_FILENO) && type && strcmp(type, "dumb") &&
	       terminal_size().ws_row >= OTHER_LINES + ROWS_LEAST;
}

static void measure_terminal(struct view *view)
{
	struct winsize size = terminal_size();

	view->columns = size.ws_col < VIEW_COLUMNS ? size.ws_col : VIEW_COLUMNS;
	view->rows = size.ws_row;
}

/* A line that wrapped would put the next drawing in the wrong place: it is cut. */
static void __attribute__((format(printf, 2, 3))) draw(struct view *view, const char *format, ...)
{
	char line[VIEW_COLUMNS];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, view->columns, format, arguments);
	va_end(arguments);
	printf("%s" TO_LINE_END "\n", line);
	view->lines++;
}

static void take_report(void *opaque, const struct vsmmu_report *report)
{
	struct view *view = opaque;
	char *line = view->reports[view->reports_shown % VIEW_REPORTS];
	int length;

	view->reports_shown++;
	view->reports_suppressed += report->suppressed;
	length = snprintf(
		line, VIEW_COLUMNS, "%s: %s", vsmmu_severity_name(report->severity), report->text);
	if (report->suppressed && length < VIEW_COLUMNS)
		snprintf(line + length, VIEW_COLUMNS - (size_t)length, " (and %" PRIu64 " more)",
			report->suppressed);
	if (view->mode == VIEW_LINES)
		printf("        %s\n", line);
}

void view_init(struct view *view, enum view_mode mode, struct machine *machine, double seconds)
{
	*view = (struct view){
		.mode = mode,
		.machine = machine,
		.step = "",
		.started = now(),
		.seconds = seconds,
	};
	machine->report = take_report;
	machine->report_opaque = view;
}

static unsigned int percent(const struct machine *machine)
{
	return (unsigned int)((double)machine->produced * 100 / (double)machine->produced_max);
}

void view_format_endpoint(char *line, size_t size, const struct machine *machine,
	const struct machine_endpoint *endpoint)
{
	if (!endpoint) {
		snprintf(line, size, "%8s  %6s %12s %12s %12s %9s", "endpoint", "vSID", "faults",
			"delivered", "discarded", "host log");
		return;
	}
	snprintf(line, size,
		"%8td  %#6" PRIx32 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %9" PRIu64 "%s",
		endpoint - machine->endpoints, endpoint->vsid, endpoint->faults,
		endpoint->delivered, endpoint->discarded, endpoint->host_log,
		endpoint->handle ? "" : "  unplugged");
}

static void draw_endpoints(struct view *view)
{
	const struct machine *machine = view->machine;
	uint32_t count = machine->endpoint_count;
	unsigned int room =
		view->rows > OTHER_LINES + ROWS_LEAST ? view->rows - OTHER_LINES : ROWS_LEAST;
	uint32_t shown = count <= room ? count : room;
	char line[VIEW_COLUMNS];

	view_format_endpoint(line, sizeof(line), machine, NULL);
	draw(view, "%s", line);
	/* The last ones, as the last of them is the one that storms. */
	for (uint32_t i = count - shown; i < count; i++) {
		view_format_endpoint(line, sizeof(line), machine, &machine->endpoints[i]);
		draw(view, "%s", line);
	}
}

static void draw_table(struct view *view)
{
	const struct machine *machine = view->machine;
	const struct vsmmu_stats *stats = &machine->stats;

	if (view->lines)
		printf(CURSOR_UP, view->lines);
	view->lines = 0;
	measure_terminal(view);
	draw(view, "vsmmu demo: %" PRIu64 " of %" PRIu64 " events (%u %%)", machine->produced,
		machine->produced_max, percent(machine));
	draw(view, "%s", view->step);
	draw(view, "%s", "");
	draw_endpoints(view);
	draw(view, "%s", "");
	draw(view,
		"produced %" PRIu64 "  delivered %" PRIu64 "  lost %" PRIu64 "  discarded %" PRIu64,
		machine->produced, stats->delivered, stats->lost, stats->discarded);
	draw(view,
		"guest: consumed %" PRIu64 "  overflow flags seen %" PRIu64
		"  aborts seen %" PRIu64,
		machine->guest.consumed, machine->guest.overflows, machine->guest.aborts);
	draw(view,
		"interrupts: events %" PRIu64 "  errors %" PRIu64
		"   pauses for a full queue: %" PRIu64,
		machine->irqs[VSMMU_IRQ_EVENTQ], machine->irqs[VSMMU_IRQ_GERROR], stats->pauses);
	draw(view, "sequence numbers of the vEVENTQs: %" PRIu32 ", %" PRIu32,
		machine_sequence(machine, &machine->smmus[0]),
		machine_sequence(machine, &machine->smmus[1]));
	draw(view, "%s", "");
	for (unsigned int i = 0; i < VIEW_REPORTS && i < view->reports_shown; i++) {
		uint64_t first = view->reports_shown > VIEW_REPORTS ? view->reports_shown : 0;

		draw(view, "%s", view->reports[(first + i) % VIEW_REPORTS]);
	}
	printf(TO_END);
	fflush(stdout);
}

void view_step(struct view *view, const char *text)
{
	view->step = text;
	if (view->mode == VIEW_LINES)
		printf("%3u %%  %s\n", percent(view->machine), text);
}

/* Sleeping changes nothing but when things happen: the demo never looks at a clock. */
static void wait_for_pace(struct view *view, uint64_t time)
{
	double share = (double)view->machine->produced / (double)view->machine->produced_max;
	uint64_t due = view->started + (uint64_t)(share * view->seconds * (double)SECOND_NS);
	struct timespec pause;

	if (time >= due)
		return;
	pause.tv_sec = (time_t)((due - time) / SECOND_NS);
	pause.tv_nsec = (long)((due - time) % SECOND_NS);
	signals_wait(-1, &pause);
}

void view_tick(struct view *view)
{
	uint64_t time;

	if (view->mode != VIEW_TABLE && view->seconds <= 0)
		return;
	time = now();
	if (view->mode == VIEW_TABLE && time - view->drawn >= REDRAW_NS) {
		view->drawn = time;
		machine_sample(view->machine);
		draw_table(view);
	}
	wait_for_pace(view, time);
}

void view_end(struct view *view)
{
	if (view->lines)
		printf(CURSOR_UP TO_END, view->lines);
	view->lines = 0;
}
