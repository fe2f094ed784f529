/* SPDX-License-Identifier: BSD-2-Clause */
/* The fd of a vEVENTQ as the source that a reader reads from. */
#ifndef VEVENTQ_FD_H
#define VEVENTQ_FD_H

#include "veventq/reader.h"

/* Room for the name of a file, cut if it is longer, with its NUL. */
#define VEVENTQ_FD_NAME_SIZE 64

/*
 * The kernel has no call that tells what a vEVENTQ's fd is, and reading it to find out would
 * take events. What is certain is that it lives on an anonymous inode, and only files on those
 * have no type. Return: 0; -ENOTTY when it surely is none; -errno.
 */
int veventq_fd_check(int fd);

/*
 * Makes a vEVENTQ's fd non-blocking and lets @source read from it. The fd stays the caller's
 * to close, once nobody reads @source any more. Return: 0 or -errno.
 */
int veventq_fd_open(int fd, struct veventq_source *source);

/*
 * Duplicates an fd that somebody else allocated, or with @own takes it, and opens it; it is the
 * caller's to close with fd_close(). @name becomes "", or what the kernel calls the file if
 * that is not the name of a vEVENTQ that we know: then the reader has to find out.
 * Return: the fd; -ENOTTY when it surely is no vEVENTQ; -errno. On failure nothing is left, and
 * @fd is open.
 */
int veventq_fd_adopt(
	int fd, bool own, struct veventq_source *source, char name[VEVENTQ_FD_NAME_SIZE]);

#endif
