/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/fail_nth.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "uapi/vfio.h"

int __real_epoll_create1(int flags);
int __real_epoll_ctl(int set, int operation, int fd, struct epoll_event *event);
int __real_timerfd_create(int clock, int flags);
int __real_timerfd_settime(
	int fd, int flags, const struct itimerspec *when, struct itimerspec *before);

/* Called by the linker's doing alone. */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_read(int fd, void *buffer, size_t length);
ssize_t __wrap_readlink(const char *path, char *buffer, size_t size);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_close(int fd);
int __wrap_eventfd(unsigned int value, int flags);
int __wrap_epoll_create1(int flags);
int __wrap_epoll_ctl(int set, int operation, int fd, struct epoll_event *event);
int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_settime(
	int fd, int flags, const struct itimerspec *when, struct itimerspec *before);

static atomic_uint armed_at; /* 0: not armed */
static atomic_uint calls;
static atomic_int error_instead;
static _Atomic(const char *) failed;
static struct fail_nth_kernel kernel;

void fail_nth_arm(unsigned int n)
{
	atomic_store(&armed_at, 0);
	if (!n)
		return;
	atomic_store(&calls, 0);
	atomic_store(&failed, NULL);
	atomic_store(&armed_at, n);
}

bool fail_nth_fired(void)
{
	return atomic_load(&failed);
}

const char *fail_nth_what(void)
{
	return atomic_load(&failed);
}

unsigned int fail_nth_count(void)
{
	return atomic_load(&calls);
}

void fail_nth_set_errno(int error)
{
	atomic_store(&error_instead, error);
}

void fail_nth_set_kernel(const struct fail_nth_kernel *behind)
{
	kernel = behind ? *behind : (struct fail_nth_kernel){0};
}

/* Whether this call is the one; errno is set then. */
static bool fails(const char *what, int error)
{
	unsigned int at = atomic_load(&armed_at);
	int instead = atomic_load(&error_instead);

	if (!at || atomic_fetch_add(&calls, 1) + 1 != at)
		return false;
	atomic_store(&failed, what);
	errno = instead ? instead : error;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails("malloc", ENOMEM) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails("calloc", ENOMEM) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return fails("realloc", ENOMEM) ? NULL : __real_realloc(memory, size);
}

static bool never_fails(unsigned long request)
{
	return request == UAPI_IOMMU_DESTROY || request == UAPI_VFIO_DEVICE_DETACH_IOMMUFD_PT;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list rest;
	void *argument;

	va_start(rest, request);
	argument = va_arg(rest, void *);
	va_end(rest);
	if (!never_fails(request) && fails("ioctl", ENOMEM))
		return -1;
	if (kernel.ioctl)
		return kernel.ioctl(fd, request, argument);
	return __real_ioctl(fd, request, argument);
}

ssize_t __wrap_read(int fd, void *buffer, size_t length)
{
	if (fails("read", EIO))
		return -1;
	return kernel.read ? kernel.read(fd, buffer, length) : __real_read(fd, buffer, length);
}

ssize_t __wrap_readlink(const char *path, char *buffer, size_t size)
{
	if (fails("readlink", ENOENT))
		return -1;
	return kernel.readlink ? kernel.readlink(path, buffer, size)
			       : __real_readlink(path, buffer, size);
}

static int call_fcntl(int fd, int command, va_list rest)
{
	/* All that we use take an int or nothing. */
	int argument = command == F_GETFL || command == F_GETFD ? 0 : va_arg(rest, int);

	if (fails("fcntl", command == F_DUPFD_CLOEXEC ? EMFILE : EPERM))
		return -1;
	return kernel.fcntl ? kernel.fcntl(fd, command, argument)
			    : __real_fcntl(fd, command, argument);
}

int __wrap_fcntl(int fd, int command, ...)
{
	va_list rest;
	int ret;

	va_start(rest, command);
	ret = call_fcntl(fd, command, rest);
	va_end(rest);
	return ret;
}

/* What fcntl() is called in a binary with 64-bit file offsets. */
int __wrap_fcntl64(int fd, int command, ...)
{
	va_list rest;
	int ret;

	va_start(rest, command);
	ret = call_fcntl(fd, command, rest);
	va_end(rest);
	return ret;
}

int __wrap_close(int fd)
{
	return kernel.close ? kernel.close(fd) : __real_close(fd);
}

int __wrap_eventfd(unsigned int value, int flags)
{
	return fails("eventfd", EMFILE) ? -1 : __real_eventfd(value, flags);
}

int __wrap_epoll_create1(int flags)
{
	return fails("epoll_create1", EMFILE) ? -1 : __real_epoll_create1(flags);
}

int __wrap_epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
	if (operation == EPOLL_CTL_ADD && fails("epoll_ctl", ENOSPC))
		return -1;
	return __real_epoll_ctl(set, operation, fd, event);
}

int __wrap_timerfd_create(int clock, int flags)
{
	return fails("timerfd_create", EMFILE) ? -1 : __real_timerfd_create(clock, flags);
}

int __wrap_timerfd_settime(
	int fd, int flags, const struct itimerspec *when, struct itimerspec *before)
{
	if (fails("timerfd_settime", ENOMEM))
		return -1;
	return __real_timerfd_settime(fd, flags, when, before);
}
