/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned int steps, bad;
static bool failed;

void check(bool passed, const char *file, int line, const char *what)
{
	if (passed)
		return;
	printf("# %s:%d: %s\n", file, line, what);
	failed = true;
}

void step(const char *name)
{
	printf("%sok %u - vmm: %s\n", failed ? "not " : "", ++steps, name);
	fflush(stdout);
	bad += failed;
	failed = false;
}

void bail(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(1);
}

int steps_end(void)
{
	printf("1..%u\n", steps);
	return bad ? 1 : 0;
}
