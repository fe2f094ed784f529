/* SPDX-License-Identifier: BSD-2-Clause */
#include "veventq/fd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fd.h"

/* The name that Linux drivers/iommu/iommufd/eventq.c gives to the file, for debugging. */
#define VEVENTQ_LINK "anon_inode:[iommufd-viommu-event]"

/* The name is "" when it cannot be known: without /proc, or in a sandbox that forbids it. */
static void name_get(int fd, char name[VEVENTQ_FD_NAME_SIZE])
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];
	char link[VEVENTQ_FD_NAME_SIZE];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, link, sizeof(link) - 1);
	snprintf(name, VEVENTQ_FD_NAME_SIZE, "%.*s", length < 0 ? 0 : (int)length, link);
}

int veventq_fd_check(int fd)
{
	struct stat status;

	if (fstat(fd, &status))
		return -errno;
	return status.st_mode & S_IFMT ? -ENOTTY : 0;
}

/* The name is no ABI: a vEVENTQ of a later kernel may have another one. */
static int check(int fd, char name[VEVENTQ_FD_NAME_SIZE])
{
	name_get(fd, name);
	if (!strcmp(name, VEVENTQ_LINK)) {
		name[0] = '\0';
		return 0;
	}
	return veventq_fd_check(fd);
}

/* The file position stays 0, so that read() is right and pread() would be ESPIPE. */
static ssize_t source_read(void *ctx, void *buffer, size_t length)
{
	ssize_t got = read((int)(intptr_t)ctx, buffer, length);

	return got == -1 ? -errno : got;
}

int veventq_fd_open(int fd, struct veventq_source *source)
{
	int ret = fd_set_nonblocking(fd);

	if (ret)
		return ret;
	source->read = source_read;
	source->ctx = (void *)(intptr_t)fd;
	return 0;
}

int veventq_fd_adopt(
	int fd, bool own, struct veventq_source *source, char name[VEVENTQ_FD_NAME_SIZE])
{
	int copy = own ? fd : fd_dup(fd);
	int ret;

	if (copy < 0)
		return own ? -EBADF : copy;
	/* The duplicate is looked at, as nobody else can close it and put another file there. */
	ret = check(copy, name);
	if (!ret)
		ret = veventq_fd_open(copy, source);
	if (!ret)
		return copy;
	if (!own)
		fd_close(copy);
	return ret;
}
