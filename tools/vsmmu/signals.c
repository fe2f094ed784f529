/* SPDX-License-Identifier: BSD-2-Clause */
#include "command.h"

#include <poll.h>
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

bool signals_wait(int fd, const struct timespec *timeout)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	sigset_t ours, before, open;

	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigprocmask(SIG_BLOCK, &ours, &before);
	open = before;
	sigdelset(&open, SIGINT);
	sigdelset(&open, SIGTERM);
	/* A signal that comes here stays pending until ppoll() lets it in, and ends that. */
	if (!caught_signal)
		ppoll(&pollfd, fd >= 0, timeout, &open);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return caught_signal;
}
