/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths of a live host that are no files: the kernel's name, this user's rights, the log. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "root/kernel_log.h"
#include "root/root.h"
#include "root/source.h"

static char *read_uname(size_t *length)
{
	struct utsname name;
	char *text;
	int ret;

	if (uname(&name))
		return NULL;
	ret = asprintf(&text, "%s %s %s\n", name.sysname, name.release, name.machine);
	if (ret < 0)
		return NULL;
	*length = (size_t)ret;
	return text;
}

/* access() asks for the real user, open() for the effective one; both are the same here. */
static const char *may_open(const char *path)
{
	if (!access(path, R_OK | W_OK))
		return "yes";
	return errno == ENOENT ? NULL : "no";
}

static char *read_rights(size_t *length)
{
	const char *iommu = may_open("/dev/iommu"), *kvm = may_open("/dev/kvm");
	char *text;
	int ret = asprintf(&text, "uid %u\n%s%s%s%s%s%s", geteuid(), iommu ? "dev/iommu " : "",
		iommu ? iommu : "", iommu ? "\n" : "", kvm ? "dev/kvm " : "", kvm ? kvm : "",
		kvm ? "\n" : "");

	if (ret < 0)
		return NULL;
	*length = (size_t)ret;
	return text;
}

/* Each read gives one record; those that are not awaited any more are EPIPE, the end is EAGAIN. */
static char *read_kernel_log(size_t *length)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), error;
	char record[8192], *text = NULL;
	FILE *memory;
	ssize_t got;

	if (fd < 0)
		return NULL;
	memory = open_memstream(&text, length);
	while (memory && (size_t)ftell(memory) < ROOT_FILE_MAX - sizeof(record)) {
		got = read(fd, record, sizeof(record) - 1);
		if (got < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (got <= 0)
			break;
		record[got] = '\0';
		kernel_log_add(memory, record);
	}
	error = memory && (errno == EAGAIN || !errno) ? 0 : errno;
	close(fd);
	if (memory && fclose(memory))
		error = errno;
	if (error) {
		free(text);
		errno = error;
		return NULL;
	}
	return text;
}

char *live_read(const char *path, size_t *length)
{
	size_t ignored;

	if (!length)
		length = &ignored;
	if (!strcmp(path, "vsmmu/uname"))
		return read_uname(length);
	if (!strcmp(path, "vsmmu/rights"))
		return read_rights(length);
	if (!strcmp(path, "vsmmu/kernel-log"))
		return read_kernel_log(length);
	errno = ENOENT;
	return NULL;
}
