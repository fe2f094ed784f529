/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name that Linux drivers/iommu/iommufd/eventq.c gives to the file. */
#define VEVENTQ_LINK "anon_inode:[iommufd-viommu-event]"

int host_fd_dup(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}

void host_fd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

static int fd_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	/* The other flags stay as they are: they are shared with every duplicate. */
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

/*
 * The kernel has no call that tells what a vEVENTQ's fd is, and reading it to find out
 * would take events. Return: 0; -ENOTTY; -errno.
 */
static int fd_check_veventq(int fd)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];
	char link[sizeof(VEVENTQ_LINK)];
	struct stat status;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, link, sizeof(link));
	if (length >= 0) {
		/* One byte of room is left, so that a longer name differs in its length. */
		if (length == sizeof(link) - 1 && !memcmp(link, VEVENTQ_LINK, sizeof(link) - 1))
			return 0;
		return -ENOTTY;
	}
	/* Without /proc: of all files, only those on anonymous inodes have no type. */
	if (fstat(fd, &status))
		return -errno;
	return status.st_mode & S_IFMT ? -ENOTTY : 0;
}

/* The file position stays 0, so that read() is right and pread() would be ESPIPE. */
static ssize_t veventq_read(void *ctx, void *buffer, size_t length)
{
	ssize_t got = read((int)(intptr_t)ctx, buffer, length);

	return got == -1 ? -errno : got;
}

int host_veventq_open(int fd, struct host_veventq *veventq)
{
	int ret = fd_set_nonblocking(fd);

	if (ret)
		return ret;
	veventq->fd = fd;
	veventq->source.read = veventq_read;
	veventq->source.ctx = (void *)(intptr_t)fd;
	return 0;
}

int host_veventq_adopt(int fd, struct host_veventq *veventq)
{
	int copy = host_fd_dup(fd);
	int ret;

	if (copy < 0)
		return copy;
	/* Checks the copy: nobody else can close it and put another file there. */
	ret = fd_check_veventq(copy);
	if (!ret)
		ret = host_veventq_open(copy, veventq);
	if (ret) {
		host_fd_close(copy);
		return ret;
	}
	veventq->id = 0;
	veventq->first_sequence = VSMMU_SEQUENCE_UNKNOWN;
	return 0;
}

void host_veventq_close(struct host_veventq *veventq)
{
	host_fd_close(veventq->fd);
	veventq->fd = -1;
}
