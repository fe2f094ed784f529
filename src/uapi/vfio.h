/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of Linux' VFIO device ABI (/dev/vfio/devices/vfioN) that we speak; see
 * iommufd.h for why we declare it ourselves. argsz is the size of the struct.
 *
 * Source: Linux 7.3 include/uapi/linux/vfio.h. The iommufd ioctls exist from 6.6.
 */
#ifndef UAPI_VFIO_H
#define UAPI_VFIO_H

#include "uapi/iommufd.h"

#define UAPI_VFIO_TYPE ';'

#define UAPI_VFIO_DEVICE_GET_REGION_INFO   _IO(UAPI_VFIO_TYPE, 108)
#define UAPI_VFIO_DEVICE_RESET		   _IO(UAPI_VFIO_TYPE, 111)
#define UAPI_VFIO_DEVICE_BIND_IOMMUFD	   _IO(UAPI_VFIO_TYPE, 118)
#define UAPI_VFIO_DEVICE_ATTACH_IOMMUFD_PT _IO(UAPI_VFIO_TYPE, 119)
#define UAPI_VFIO_DEVICE_DETACH_IOMMUFD_PT _IO(UAPI_VFIO_TYPE, 120)

/* Once for each open of the device file; undone by closing it. */
struct uapi_vfio_device_bind_iommufd {
	uint32_t argsz;
	uint32_t flags; /* 0 */
	int32_t iommufd;
	uint32_t out_devid;
	uapi_u64 token_uuid_ptr; /* looked at only with a flag */
};

/* A second attach replaces the first without a gap. */
struct uapi_vfio_device_attach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags; /* 0 */
	uint32_t pt_id; /* IOAS or HWPT; the kernel may write the HWPT here */
	uint32_t pasid; /* looked at only with a flag */
};

struct uapi_vfio_device_detach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags; /* 0 */
	uint32_t pasid; /* looked at only with a flag */
};

enum {
	UAPI_VFIO_REGION_INFO_FLAG_READ = 1 << 0,
	UAPI_VFIO_REGION_INFO_FLAG_WRITE = 1 << 1,
	UAPI_VFIO_REGION_INFO_FLAG_MMAP = 1 << 2,
	UAPI_VFIO_REGION_INFO_FLAG_CAPS = 1 << 3,
};

enum {
	UAPI_VFIO_PCI_BAR0_REGION_INDEX = 0,
	UAPI_VFIO_PCI_BAR5_REGION_INDEX = 5,
	UAPI_VFIO_PCI_ROM_REGION_INDEX = 6,
	UAPI_VFIO_PCI_CONFIG_REGION_INDEX = 7,
};

struct uapi_vfio_region_info {
	uint32_t argsz; /* out: how much the kernel has to say */
	uint32_t flags; /* out: UAPI_VFIO_REGION_INFO_FLAG_ */
	uint32_t index; /* in: UAPI_VFIO_PCI_ */
	uint32_t cap_offset;
	uapi_u64 size;	 /* in bytes */
	uapi_u64 offset; /* of the region in the device file */
};

static_assert(sizeof(struct uapi_vfio_device_bind_iommufd) == 24, "ABI");
static_assert(sizeof(struct uapi_vfio_device_attach_iommufd_pt) == 16, "ABI");
static_assert(sizeof(struct uapi_vfio_device_detach_iommufd_pt) == 12, "ABI");
static_assert(sizeof(struct uapi_vfio_region_info) == 32, "ABI");

#endif
