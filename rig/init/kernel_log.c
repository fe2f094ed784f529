// SPDX-License-Identifier: BSD-2-Clause
/* Reads /dev/kmsg record by record and keeps the lines that no healthy kernel prints. */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINES 512
#define MAX_SIGNS 12

/*
 * What a line of the log must not have; the second check's are all that arm-smmu-v3.c says of
 * the hardware's errors and of its own queues. No program of ours may cause any of it: what a
 * guest does wrong is for the library to keep away from the physical SMMU.
 */
static struct check {
	const char *name;
	const char *of; /* also in each such line */
	const char *signs[MAX_SIGNS];
	unsigned int found;
} checks[] = {
	{.name = "kernel log has no WARN or BUG",
		.of = "",
		.signs = {"WARNING:", "BUG:", "Oops", "Call trace:", "KASAN", "UBSAN",
			"soft lockup", "nable to handle", "blocked for more than",
			"refcount_t:", "self-detected stall", "detected stalls"}},
	{.name = "kernel log has no error of the physical SMMU",
		.of = "arm-smmu-v3",
		.signs = {"CMDQ error", "skipping command in error state", "CMDQ timeout",
			"CMD_SYNC timeout", "EVTQ overflow", "PRIQ overflow",
			"unexpected global error", "write aborted", "Service Failure Mode",
			"not responding", "failed to"}},
};

#define CHECKS (sizeof(checks) / sizeof(checks[0]))

/* Lines of a trace that follow a finding are kept as well, so that it can be understood. */
#define LINES_AFTER 24

static struct {
	const struct check *check;
	char text[256];
} findings[MAX_LINES];
static unsigned int kept, missed;
static int kmsg = -1;
static bool injected; /* the next "Call trace:" belongs to an injected failure */
static struct check *last;
static unsigned int after;

void kernel_log_open(void)
{
	kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0)
		printf("# rig: no /dev/kmsg: %m\n");
}

static struct check *find_check(const char *text)
{
	if (strstr(text, "FAULT_INJECTION: forcing a failure")) {
		injected = true;
		return NULL;
	}
	if (injected && strstr(text, "Call trace:")) {
		injected = false;
		return NULL;
	}
	for (size_t i = 0; i < CHECKS; i++) {
		if (!strstr(text, checks[i].of))
			continue;
		for (size_t n = 0; n < MAX_SIGNS && checks[i].signs[n]; n++)
			if (strstr(text, checks[i].signs[n]))
				return &checks[i];
	}
	return NULL;
}

static void keep(const struct check *check, const char *what, const char *text)
{
	if (kept >= MAX_LINES)
		return;
	findings[kept].check = check;
	snprintf(findings[kept++].text, sizeof(findings[0].text), "%s: %s", what, text);
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
		struct check *check = find_check(text);

		if (check) {
			check->found++;
			last = check;
			after = LINES_AFTER;
			keep(check, what, text);
		} else if (!strncmp(text, "rig: ran ", 9)) {
			after = 0;
		} else if (after) {
			after--;
			keep(last, what, text);
		}
	}
	after = 0;
	injected = false;
}

static bool print_check(unsigned int number, const struct check *check)
{
	bool good = kmsg >= 0 && !check->found && !missed;

	printf("%sok %u - %s\n", good ? "" : "not ", number, check->name);
	for (unsigned int i = 0; i < kept; i++)
		if (findings[i].check == check)
			printf("# %s\n", findings[i].text);
	if (missed)
		printf("# the log overflowed %u times: raise log_buf_len\n", missed);
	return good;
}

void kernel_log_report(void)
{
	bool good = true;

	kernel_log_collect("end");
	printf("\n# rig: begin kernel-log /dev/kmsg\n1..%u\n", (unsigned int)CHECKS);
	for (unsigned int i = 0; i < CHECKS; i++)
		good = print_check(i + 1, &checks[i]) && good;
	printf("# rig: end kernel-log exit=%d\n", good ? 0 : 1);
}
