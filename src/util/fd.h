/* SPDX-License-Identifier: BSD-2-Clause */
/* File descriptors that the library holds. */
#ifndef UTIL_FD_H
#define UTIL_FD_H

/* Duplicates an fd, close-on-exec. Return: the new fd or -errno. */
int fd_dup(int fd);

/* Closes an fd; does nothing to a negative one. */
void fd_close(int fd);

/* Sets O_NONBLOCK, which all duplicates of an fd share. Return: 0 or -errno. */
int fd_set_nonblocking(int fd);

#endif
