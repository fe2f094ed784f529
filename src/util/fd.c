/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int fd_dup(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}

void fd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

int fd_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	/* The other flags stay as they are: they are shared with every duplicate. */
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}
