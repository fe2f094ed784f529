/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's iommufd, with an IOAS that holds the guest's memory. */
#ifndef VMM_IOMMUFD_H
#define VMM_IOMMUFD_H

#include <stdint.h>

#include "memory.h"

struct vsmmu_host;

struct iommufd {
	int fd; /* -1 if it is not open */
	struct vsmmu_host *host;
};

/* Return: 0; -1 with a message. */
int iommufd_open(struct iommufd *iommufd, const struct memory *memory);
void iommufd_close(struct iommufd *iommufd);

#endif
