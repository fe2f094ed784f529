/* SPDX-License-Identifier: BSD-2-Clause */
/* The only way to an ioctl: iommufd's and VFIO's alike. */
#ifndef IOMMUFD_IOCTL_H
#define IOMMUFD_IOCTL_H

/*
 * Interrupted calls start again: the kernel undoes what it had begun before it answers
 * EINTR. Return: 0 or -errno.
 */
int iommufd_ioctl(int fd, unsigned long request, void *argument);

#endif
