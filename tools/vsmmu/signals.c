/* SPDX-License-Identifier: BSD-2-Clause */
#include "command.h"

#include <stddef.h>

volatile sig_atomic_t caught_signal;

static void catch_signal(int number)
{
	caught_signal = number;
}

void signals_catch(void)
{
	const struct sigaction action = {.sa_handler = catch_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}
