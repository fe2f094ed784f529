/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's iommufd, with an IOAS that holds the guest's memory. */
#ifndef VMM_IOMMUFD_H
#define VMM_IOMMUFD_H

#include <stdint.h>

#include "memory.h"

struct vsmmu_host;

struct iommufd {
	int fd; /* -1 if it is not open */
	uint32_t ioas_id;
	struct vsmmu_host *host;
};

/* Return: 0; -1 with a message. */
int iommufd_open(struct iommufd *iommufd, const struct memory *memory);
void iommufd_close(struct iommufd *iommufd);

/* Shows devices a file, such as a dma-buf, at guest-physical @address. Return: 0 or -errno. */
int iommufd_map_file(const struct iommufd *iommufd, int fd, uint64_t address, uint64_t length);
void iommufd_unmap(const struct iommufd *iommufd, uint64_t address, uint64_t length);

#endif
