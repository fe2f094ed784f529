/* SPDX-License-Identifier: BSD-2-Clause */
/* A device that is bound to vfio-pci, with an address space of its own. */
#ifndef GUEST_VFIO_H
#define GUEST_VFIO_H

#include <stdbool.h>
#include <stdint.h>

struct vfio {
	int fd;	     /* the device */
	int space;   /* a VFIO container, or an iommufd */
	int group;   /* -1 with an iommufd */
	uint32_t id; /* of the iommufd's IOAS */
};

/* By a group and type 1, or by cdev and iommufd: what the kernel has. Return: as commands. */
int vfio_open(struct vfio *vfio, const char *bdf);
void vfio_close(struct vfio *vfio);

/* Return: as commands. */
int vfio_map(struct vfio *vfio, uint64_t iova, volatile void *page, bool writable);

/* Enables the device and maps BAR 0. Return: NULL after fail(). */
volatile uint8_t *vfio_map_bar(struct vfio *vfio, uint32_t size);

#endif
