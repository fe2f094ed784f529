// SPDX-License-Identifier: BSD-2-Clause
/* Reads /dev/kmsg record by record and keeps the lines that no healthy kernel prints. */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_FINDINGS 64

static const char *const bad[] = {"WARNING:", "BUG:", "Oops", "Call trace:", "KASAN", "UBSAN",
	"soft lockup", "nable to handle", "blocked for more than",
	"refcount_t:", "self-detected stall", "detected stalls"};

/* Lines of a trace that follow a finding are kept as well, so that it can be understood. */
#define LINES_AFTER 24

static char findings[MAX_FINDINGS * 8][256];
static unsigned int kept, found, missed;
static int kmsg = -1;
static bool injected; /* the next "Call trace:" belongs to an injected failure */
static unsigned int after;

void kernel_log_open(void)
{
	kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0)
		printf("# rig: no /dev/kmsg: %m\n");
}

static bool is_bad(const char *text)
{
	if (strstr(text, "FAULT_INJECTION: forcing a failure")) {
		injected = true;
		return false;
	}
	if (injected && strstr(text, "Call trace:")) {
		injected = false;
		return false;
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strstr(text, bad[i]))
			return true;
	return false;
}

static void keep(const char *what, const char *text)
{
	if (kept < sizeof(findings) / sizeof(findings[0]))
		snprintf(findings[kept++], sizeof(findings[0]), "%s: %s", what, text);
}

void kernel_log_collect(const char *what)
{
	char record[8192];
	ssize_t n;

	/* A mark for the reader; it also completes a last line that had no newline yet. */
	snprintf(record, sizeof(record), "<6>rig: ran %s\n", what);
	(void)!write(kmsg, record, strlen(record));
	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0) { /* the kernel overwrote records before we read them */
			missed++;
			continue;
		}
		record[n] = '\0';
		/* "priority,sequence,time,flags;text\n KEY=VALUE\n" */
		char *text = strchr(record, ';');

		if (!text)
			continue;
		text++;
		text[strcspn(text, "\n")] = '\0';
		if (is_bad(text)) {
			found++;
			after = LINES_AFTER;
			keep(what, text);
		} else if (!strncmp(text, "rig: ran ", 9)) {
			after = 0;
		} else if (after) {
			after--;
			keep(what, text);
		}
	}
	after = 0;
	injected = false;
}

void kernel_log_report(void)
{
	bool good = kmsg >= 0 && !found && !missed;

	kernel_log_collect("end");
	good = good && !found && !missed;
	printf("\n# rig: begin kernel-log /dev/kmsg\n1..1\n");
	printf("%sok 1 - kernel log has no WARN or BUG\n", good ? "" : "not ");
	for (unsigned int i = 0; i < kept; i++)
		printf("# %s\n", findings[i]);
	if (missed)
		printf("# the log overflowed %u times: raise log_buf_len\n", missed);
	printf("# rig: end kernel-log exit=%d\n", good ? 0 : 1);
}
