/* SPDX-License-Identifier: BSD-2-Clause */
#include "injection.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOLD_LIMIT_MS 10000

int injection_open_self(void)
{
	return injection_open((pid_t)syscall(SYS_gettid));
}

int injection_open(pid_t thread)
{
	char path[64];
	int fd;

	/* Threads are there by their ids, although no list shows them. */
	snprintf(path, sizeof(path), "/proc/%d/task/%d/fail-nth", (int)thread, (int)thread);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int injection_arm(int fd, unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	return pwrite(fd, text, (size_t)length, 0) == length ? 0 : -errno;
}

int injection_arm_self(unsigned int nth)
{
	int fd = injection_open_self();
	int ret;

	if (fd < 0)
		return fd;
	ret = injection_arm(fd, nth);
	/* Closing allocates nothing. */
	close(fd);
	return ret;
}

int injection_left(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : -errno;
}

pid_t injection_find_thread(const char *name)
{
	char path[300], text[64];
	struct dirent *entry;
	pid_t found = -ENOENT;
	DIR *folder = opendir("/proc");

	if (!folder)
		return -errno;
	while (found < 0 && (entry = readdir(folder))) {
		FILE *file;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(text, sizeof(text), file) && strstr(text, name))
			found = atoi(entry->d_name);
		fclose(file);
	}
	closedir(folder);
	return found;
}

char injection_thread_state(pid_t thread)
{
	char path[64], text[512] = "";
	const char *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)thread);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	/* "PID (name) STATE", where the name may be anything. */
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : 0;
}

struct hold {
	int fd;
	void *page;
	size_t page_size;
	int (*meanwhile)(void *opaque);
	void *opaque;
	int ret;
};

/* A page that is not there, and whose first touch waits until it is. */
static int hold_open(struct hold *hold)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.mode = UFFDIO_REGISTER_MODE_MISSING};

	hold->page_size = (size_t)sysconf(_SC_PAGESIZE);
	hold->fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (hold->fd < 0)
		return -errno;
	hold->page = mmap(
		NULL, hold->page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (hold->page == MAP_FAILED)
		goto fail;
	range.range.start = (uintptr_t)hold->page;
	range.range.len = hold->page_size;
	if (!ioctl(hold->fd, UFFDIO_API, &api) && !ioctl(hold->fd, UFFDIO_REGISTER, &range))
		return 0;
	munmap(hold->page, hold->page_size);
fail:
	close(hold->fd);
	return -errno;
}

static void *hold_thread(void *argument)
{
	struct hold *hold = argument;
	struct pollfd fault = {.fd = hold->fd, .events = POLLIN};
	struct uffdio_zeropage fill = {0};
	struct uffd_msg message;

	hold->ret = -ETIMEDOUT;
	if (poll(&fault, 1, HOLD_LIMIT_MS) == 1 &&
		read(hold->fd, &message, sizeof(message)) == sizeof(message))
		hold->ret = hold->meanwhile(hold->opaque);
	/* In any case, so that the read goes on. */
	fill.range.start = (uintptr_t)hold->page;
	fill.range.len = hold->page_size;
	ioctl(hold->fd, UFFDIO_ZEROPAGE, &fill);
	return NULL;
}

ssize_t injection_held_read(const struct veventq_source *source, void *buffer, size_t length,
	int (*meanwhile)(void *opaque), void *opaque)
{
	struct hold hold = {.meanwhile = meanwhile, .opaque = opaque};
	pthread_t thread;
	ssize_t got;
	int ret = hold_open(&hold);

	if (ret)
		return ret;
	if (length > hold.page_size)
		length = hold.page_size;
	ret = pthread_create(&thread, NULL, hold_thread, &hold);
	if (ret) {
		got = -ret;
	} else {
		got = source->read(source->ctx, hold.page, length);
		pthread_join(thread, NULL);
		if (got > 0)
			memcpy(buffer, hold.page, (size_t)got);
		if (hold.ret)
			got = hold.ret;
	}
	munmap(hold.page, hold.page_size);
	close(hold.fd);
	return got;
}
