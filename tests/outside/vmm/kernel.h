/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few of Linux' ioctls that this VMM makes by itself (include/uapi/linux/iommufd.h, vfio.h):
 * distributions' headers are older than the vSMMU needs.
 */
#ifndef OUTSIDE_KERNEL_H
#define OUTSIDE_KERNEL_H

#include <stdint.h>
#include <sys/ioctl.h>

#define KERNEL_DESTROY	  _IO(';', 0x80)
#define KERNEL_IOAS_ALLOC _IO(';', 0x81)
#define KERNEL_IOAS_MAP	  _IO(';', 0x85)
#define KERNEL_HWPT_ALLOC _IO(';', 0x89)
#define KERNEL_REGION	  _IO(';', 108) /* of a VFIO device, as are those below */
#define KERNEL_BIND	  _IO(';', 118)
#define KERNEL_ATTACH	  _IO(';', 119)
#define KERNEL_DETACH	  _IO(';', 120)

struct kernel_destroy {
	uint32_t size;
	uint32_t id;
};

struct kernel_ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_ioas_id;
};

struct kernel_ioas_map {
	uint32_t size;
	uint32_t flags; /* 1: at @iova, 2: writable, 4: readable */
	uint32_t ioas_id;
	uint32_t reserved;
	uint64_t user_va;
	uint64_t length;
	uint64_t iova;
};

struct kernel_hwpt_alloc {
	uint32_t size;
	uint32_t flags; /* 1: a nesting parent */
	uint32_t dev_id;
	uint32_t pt_id;
	uint32_t out_hwpt_id;
	uint32_t reserved;
	uint32_t data_type;
	uint32_t data_len;
	uint64_t data_uptr;
	uint32_t fault_id;
	uint32_t reserved2;
};

struct kernel_region {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index; /* 0: BAR 0, 7: configuration space */
	uint32_t cap_offset;
	uint64_t size;
	uint64_t offset;
};

struct kernel_bind {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
};

struct kernel_attach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id;
};

struct kernel_detach {
	uint32_t argsz;
	uint32_t flags;
};

#endif
