/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Let the n-th call fail, for every n: what the code under test asks of the C library
 * goes through here, by the linker's --wrap. The code under test and this file are
 * linked into one program (a shared library's own calls cannot be caught):
 *
 *	for (unsigned int n = 1;; n++) {
 *		set_up();
 *		fail_nth_arm(n);
 *		run();
 *		fail_nth_arm(0);
 *		tear_down();
 *		assert_nothing_is_left();
 *		if (!fail_nth_fired())
 *			break;
 *	}
 *
 * Never failed are the calls whose real failure would be the caller's own bug, and after
 * which nobody could clean up: close(), EPOLL_CTL_DEL and _MOD, IOMMU_DESTROY, VFIO's
 * detach.
 *
 * meson: link_args:
 *['-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=ioctl,--wrap=read,--wrap=readlink,--wrap=fcntl,--wrap=fcntl64,--wrap=close,--wrap=eventfd,--wrap=epoll_create1,--wrap=epoll_ctl,--wrap=timerfd_create,--wrap=timerfd_settime']
 */
#ifndef LIB_FAIL_NTH_H
#define LIB_FAIL_NTH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The @n-th call from now on fails, those after it work. 0: none fails. */
void fail_nth_arm(unsigned int n);

/* Whether the call came; still told after fail_nth_arm(0), until armed anew. */
bool fail_nth_fired(void);

/* Name of the function that was failed, or NULL. */
const char *fail_nth_what(void);

/* Calls that could have been failed, since fail_nth_arm(). */
unsigned int fail_nth_count(void);

/* The errno of the failed call instead of its usual one; 0 means the usual one. */
void fail_nth_set_errno(int error);

/* What stands behind the wrapped functions; a member that is NULL means the real one. */
struct fail_nth_kernel {
	int (*ioctl)(int fd, unsigned long request, void *argument);
	ssize_t (*read)(int fd, void *buffer, size_t length);
	ssize_t (*readlink)(const char *path, char *buffer, size_t size);
	int (*fcntl)(int fd, int command, int argument);
	int (*close)(int fd);
};

void fail_nth_set_kernel(const struct fail_nth_kernel *kernel);

/* The functions behind --wrap, for a kernel that passes on what is not its own. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
int __real_ioctl(int fd, unsigned long request, ...);
ssize_t __real_read(int fd, void *buffer, size_t length);
ssize_t __real_readlink(const char *path, char *buffer, size_t size);
int __real_fcntl(int fd, int command, ...);
int __real_close(int fd);
int __real_eventfd(unsigned int value, int flags);

#endif
