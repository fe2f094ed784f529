/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/iommufd/ioctl.h"

#include <errno.h>
#include <sys/ioctl.h>

int iommufd_ioctl(int fd, unsigned long request, void *argument)
{
	int ret;

	do {
		ret = ioctl(fd, request, argument);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}
