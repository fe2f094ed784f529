/* SPDX-License-Identifier: BSD-2-Clause */
/* The fds that the library holds: duplicates of the caller's, and those of vEVENTQs. */
#ifndef HOST_FD_H
#define HOST_FD_H

#include "host/host.h"

/* Close-on-exec duplicate of a caller's fd. Return: the fd or -errno. */
int host_fd_dup(int fd);

/* Nothing happens to a negative fd. */
void host_fd_close(int fd);

/*
 * Makes a vEVENTQ's fd non-blocking and lets @veventq read from it. The fd stays the
 * caller's to close on failure. Return: 0 or -errno.
 */
int host_veventq_open(int fd, struct host_veventq *veventq);

/*
 * Duplicates and prepares an fd that somebody else allocated. @veventq->type is the
 * caller's to set; first_sequence becomes unknown and id 0.
 * Return: 0; -ENOTTY when it is not a vEVENTQ; -errno. On failure nothing is left.
 */
int host_veventq_adopt(int fd, struct host_veventq *veventq);

/* Closes the fd, once. */
void host_veventq_close(struct host_veventq *veventq);

#endif
