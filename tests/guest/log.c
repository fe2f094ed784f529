/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest kernel's own log, also of what its console was too quiet for. */
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>

#include "command.h"
#include "files.h"

#define READ_ALL  3 /* Linux include/linux/syslog.h, SYSLOG_ACTION_READ_ALL */
#define SHOWN_MAX 10

int command_log(int count, char **words)
{
	static char text[1u << 20];
	const int length = klogctl(READ_ALL, text, sizeof(text) - 1);
	char wanted[128] = "", *save = NULL;
	unsigned int lines = 0;

	if (length < 0)
		return fail("the kernel's log: %m");
	text[length] = '\0';
	for (int n = 1; n < count; n++)
		snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%s%s",
			n > 1 ? " " : "", words[n]);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		/* PID 1 says things by way of this log itself. */
		if (!strstr(line, wanted) || strstr(line, "guest: "))
			continue;
		if (++lines <= SHOWN_MAX)
			say("log %s", line);
	}
	say("%u lines of the log have \"%s\"", lines, wanted);
	return 0;
}
