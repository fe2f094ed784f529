/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of Linux' iommufd ABI (/dev/iommu) that we speak, declared by ourselves so
 * that building needs no particular kernel headers. All names start with uapi_ or UAPI_:
 * this file can stand beside <linux/iommufd.h>, and tests/api/uapi_abi.c compares the two.
 *
 * Each ioctl takes a struct whose first member is its size: a kernel that knows a longer
 * struct takes the rest as 0, one that knows a shorter one wants the rest to be 0. Members
 * named out_ are written by the kernel, those named rsvd must be 0.
 *
 * Source: Linux 7.3 include/uapi/linux/iommufd.h. vEVENTQs exist from 6.15.
 */
#ifndef UAPI_IOMMUFD_H
#define UAPI_IOMMUFD_H

#include <assert.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* 8-byte aligned also where a plain uint64_t in a struct is not (32-bit x86). */
typedef uint64_t uapi_u64 __attribute__((aligned(8)));

#define UAPI_IOMMUFD_TYPE ';'

#define UAPI_IOMMU_DESTROY	    _IO(UAPI_IOMMUFD_TYPE, 0x80)
#define UAPI_IOMMU_IOAS_ALLOC	    _IO(UAPI_IOMMUFD_TYPE, 0x81)
#define UAPI_IOMMU_IOAS_IOVA_RANGES _IO(UAPI_IOMMUFD_TYPE, 0x84)
#define UAPI_IOMMU_IOAS_MAP	    _IO(UAPI_IOMMUFD_TYPE, 0x85)
#define UAPI_IOMMU_IOAS_UNMAP	    _IO(UAPI_IOMMUFD_TYPE, 0x86)
#define UAPI_IOMMU_HWPT_ALLOC	    _IO(UAPI_IOMMUFD_TYPE, 0x89)
#define UAPI_IOMMU_GET_HW_INFO	    _IO(UAPI_IOMMUFD_TYPE, 0x8a)
#define UAPI_IOMMU_HWPT_INVALIDATE  _IO(UAPI_IOMMUFD_TYPE, 0x8d)
#define UAPI_IOMMU_VIOMMU_ALLOC	    _IO(UAPI_IOMMUFD_TYPE, 0x90)
#define UAPI_IOMMU_VDEVICE_ALLOC    _IO(UAPI_IOMMUFD_TYPE, 0x91)
#define UAPI_IOMMU_VEVENTQ_ALLOC    _IO(UAPI_IOMMUFD_TYPE, 0x93)

/* Any object. EBUSY while another object or an open fd needs it. */
struct uapi_iommu_destroy {
	uint32_t size;
	uint32_t id;
};

struct uapi_iommu_ioas_alloc {
	uint32_t size;
	uint32_t flags; /* 0 */
	uint32_t out_ioas_id;
};

struct uapi_iommu_iova_range {
	uapi_u64 start;
	uapi_u64 last; /* inclusive */
};

/* EMSGSIZE when num_iovas was too small; it then says how many there are. */
struct uapi_iommu_ioas_iova_ranges {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas; /* in and out */
	uint32_t rsvd;
	uapi_u64 allowed_iovas; /* pointer to struct uapi_iommu_iova_range[] */
	uapi_u64 out_iova_alignment;
};

enum {
	UAPI_IOMMU_IOAS_MAP_FIXED_IOVA = 1 << 0,
	UAPI_IOMMU_IOAS_MAP_WRITEABLE = 1 << 1,
	UAPI_IOMMU_IOAS_MAP_READABLE = 1 << 2,
};

struct uapi_iommu_ioas_map {
	uint32_t size;
	uint32_t flags; /* UAPI_IOMMU_IOAS_MAP_ */
	uint32_t ioas_id;
	uint32_t rsvd;
	uapi_u64 user_va;
	uapi_u64 length;
	uapi_u64 iova; /* in with FIXED_IOVA, else out */
};

struct uapi_iommu_ioas_unmap {
	uint32_t size;
	uint32_t ioas_id;
	uapi_u64 iova;
	uapi_u64 length; /* out: bytes unmapped */
};

enum {
	UAPI_IOMMU_HWPT_ALLOC_NEST_PARENT = 1 << 0,
	UAPI_IOMMU_HWPT_FAULT_ID_VALID = 1 << 2,
};

enum {
	UAPI_IOMMU_HWPT_DATA_NONE = 0,
	UAPI_IOMMU_HWPT_DATA_ARM_SMMUV3 = 2,
};

struct uapi_iommu_hwpt_alloc {
	uint32_t size;
	uint32_t flags; /* UAPI_IOMMU_HWPT_ */
	uint32_t dev_id;
	uint32_t pt_id; /* IOAS for a parent, vIOMMU for a nested one */
	uint32_t out_hwpt_id;
	uint32_t rsvd;
	uint32_t data_type; /* UAPI_IOMMU_HWPT_DATA_ */
	uint32_t data_len;
	uapi_u64 data_uptr;
	uint32_t fault_id;
	uint32_t rsvd2;
};

/* The guest's STE, words 0 and 1, little endian; the kernel allows few of the bits. */
struct uapi_iommu_hwpt_arm_smmuv3 {
	uapi_u64 ste[2];
};

enum {
	UAPI_IOMMU_HW_INFO_FLAG_INPUT_TYPE = 1 << 0,
};

enum {
	UAPI_IOMMU_HW_INFO_TYPE_NONE = 0,
	UAPI_IOMMU_HW_INFO_TYPE_DEFAULT = 0,
	UAPI_IOMMU_HW_INFO_TYPE_ARM_SMMUV3 = 2,
	UAPI_IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV = 3,
};

enum {
	UAPI_IOMMU_HW_CAP_DIRTY_TRACKING = 1 << 0,
	UAPI_IOMMU_HW_CAP_PCI_PASID_EXEC = 1 << 1,
	UAPI_IOMMU_HW_CAP_PCI_PASID_PRIV = 1 << 2,
	UAPI_IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED = 1 << 3,
};

struct uapi_iommu_hw_info {
	uint32_t size;
	uint32_t flags; /* UAPI_IOMMU_HW_INFO_FLAG_ */
	uint32_t dev_id;
	uint32_t data_len; /* out: what the kernel has, whatever room was given */
	uapi_u64 data_uptr;
	uint32_t data_type; /* UAPI_IOMMU_HW_INFO_TYPE_, in with INPUT_TYPE, and out */
	uint8_t out_max_pasid_log2;
	uint8_t rsvd[3];
	uapi_u64 out_capabilities; /* UAPI_IOMMU_HW_CAP_ */
};

enum {
	/* Issue every batch of invalidations twice. */
	UAPI_IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_REPEAT_TLBI_CFGI = 1 << 0,
};

/* Raw ID registers of the physical SMMU; the kernel's text says which fields count. */
struct uapi_iommu_hw_info_arm_smmuv3 {
	uint32_t flags; /* UAPI_IOMMU_HW_INFO_ARM_SMMUV3_ */
	uint32_t rsvd;
	uint32_t idr[6];
	uint32_t iidr;
	uint32_t aidr;
};

enum {
	UAPI_IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 = 1,
};

struct uapi_iommu_hwpt_invalidate {
	uint32_t size;
	uint32_t hwpt_id; /* here the id of a vIOMMU */
	uapi_u64 data_uptr;
	uint32_t data_type; /* UAPI_IOMMU_VIOMMU_INVALIDATE_DATA_ */
	uint32_t entry_len;
	uint32_t entry_num; /* in, and out: how many were handled; can say too many */
	uint32_t rsvd;
};

/* A command of the guest, little endian (IHI 0070 chapter 4). */
struct uapi_iommu_viommu_arm_smmuv3_invalidate {
	uapi_u64 cmd[2];
};

enum {
	UAPI_IOMMU_VIOMMU_TYPE_ARM_SMMUV3 = 1,
	UAPI_IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV = 2,
};

struct uapi_iommu_viommu_alloc {
	uint32_t size;
	uint32_t flags; /* 0 */
	uint32_t type;	/* UAPI_IOMMU_VIOMMU_TYPE_ */
	uint32_t dev_id;
	uint32_t hwpt_id; /* of a NEST_PARENT */
	uint32_t out_viommu_id;
	uint32_t data_len; /* 0 for ARM_SMMUV3 */
	uint32_t rsvd;
	uapi_u64 data_uptr;
};

struct uapi_iommu_vdevice_alloc {
	uint32_t size;
	uint32_t viommu_id;
	uint32_t dev_id;
	uint32_t out_vdevice_id;
	uapi_u64 virt_id; /* the vSID */
};

enum {
	UAPI_IOMMU_VEVENTQ_TYPE_ARM_SMMUV3 = 1,
	UAPI_IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV = 2,
};

struct uapi_iommu_veventq_alloc {
	uint32_t size;
	uint32_t flags; /* 0 */
	uint32_t viommu_id;
	uint32_t type;		/* UAPI_IOMMU_VEVENTQ_TYPE_ */
	uint32_t veventq_depth; /* in events, 1 to 2^19 */
	uint32_t out_veventq_id;
	uint32_t out_veventq_fd;
	uint32_t rsvd;
};

/* A read() on a vEVENTQ gives this header, then data unless LOST_EVENTS is set. */
enum {
	UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS = 1 << 0,
};

struct uapi_iommufd_vevent_header {
	uint32_t flags;	   /* UAPI_IOMMU_VEVENTQ_FLAG_ */
	uint32_t sequence; /* 0 to INT_MAX, then 0 */
};

/* An event record (IHI 0070 7.3), little endian, with the vSID in the place of the SID. */
struct uapi_iommu_vevent_arm_smmuv3 {
	uapi_u64 evt[4];
};

/* Bit n: logical VCMDQ n has an error. Little endian. */
struct uapi_iommu_vevent_tegra241_cmdqv {
	uapi_u64 lvcmdq_err_map[2];
};

static_assert(sizeof(struct uapi_iommu_destroy) == 8, "ABI");
static_assert(sizeof(struct uapi_iommu_ioas_alloc) == 12, "ABI");
static_assert(sizeof(struct uapi_iommu_iova_range) == 16, "ABI");
static_assert(sizeof(struct uapi_iommu_ioas_iova_ranges) == 32, "ABI");
static_assert(sizeof(struct uapi_iommu_ioas_map) == 40, "ABI");
static_assert(sizeof(struct uapi_iommu_ioas_unmap) == 24, "ABI");
static_assert(sizeof(struct uapi_iommu_hwpt_alloc) == 48, "ABI");
static_assert(sizeof(struct uapi_iommu_hwpt_arm_smmuv3) == 16, "ABI");
static_assert(sizeof(struct uapi_iommu_hw_info) == 40, "ABI");
static_assert(sizeof(struct uapi_iommu_hw_info_arm_smmuv3) == 40, "ABI");
static_assert(sizeof(struct uapi_iommu_hwpt_invalidate) == 32, "ABI");
static_assert(sizeof(struct uapi_iommu_viommu_arm_smmuv3_invalidate) == 16, "ABI");
static_assert(sizeof(struct uapi_iommu_viommu_alloc) == 40, "ABI");
static_assert(sizeof(struct uapi_iommu_vdevice_alloc) == 24, "ABI");
static_assert(sizeof(struct uapi_iommu_veventq_alloc) == 32, "ABI");
static_assert(sizeof(struct uapi_iommufd_vevent_header) == 8, "ABI");
static_assert(sizeof(struct uapi_iommu_vevent_arm_smmuv3) == 32, "ABI");
static_assert(sizeof(struct uapi_iommu_vevent_tegra241_cmdqv) == 16, "ABI");

#endif
