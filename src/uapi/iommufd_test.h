/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part that our tests need of the mock IOMMU that a Linux kernel built with
 * CONFIG_IOMMUFD_TEST has: a device without hardware whose vIOMMU makes events on
 * demand. No stable ABI: for the tests only.
 *
 * Source: Linux 7.3 drivers/iommu/iommufd/iommufd_test.h
 */
#ifndef UAPI_IOMMUFD_TEST_H
#define UAPI_IOMMUFD_TEST_H

#include "uapi/iommufd.h"

#define UAPI_IOMMU_TEST_CMD _IO(UAPI_IOMMUFD_TYPE, 0xa0)

enum {
	UAPI_IOMMU_TEST_OP_MOCK_DOMAIN = 2,
	UAPI_IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE = 10,
	UAPI_IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS = 12,
	UAPI_IOMMU_TEST_OP_MD_CHECK_IOTLB = 14,
	UAPI_IOMMU_TEST_OP_DEV_CHECK_CACHE = 16,
	UAPI_IOMMU_TEST_OP_TRIGGER_VEVENT = 17,
};

/* For MOCK_DOMAIN_FLAGS */
enum {
	UAPI_MOCK_FLAGS_DEVICE_NO_DIRTY = 1 << 0,
	UAPI_MOCK_FLAGS_DEVICE_PASID = 1 << 2,
};

struct uapi_iommu_test_cmd {
	uint32_t size;
	uint32_t op; /* UAPI_IOMMU_TEST_OP_ */
	uint32_t id; /* what the op works on; for MOCK_DOMAIN the IOAS to attach to */
	uint32_t rsvd;
	union {
		/* Make a mock device: stdev is destroyed as an object, idev is its dev_id. */
		struct {
			uint32_t out_stdev_id;
			uint32_t out_hwpt_id;
			uint32_t out_idev_id;
		} mock_domain;
		struct {
			uint32_t out_stdev_id;
			uint32_t out_hwpt_id;
			uint32_t out_idev_id;
			uint32_t dev_flags; /* UAPI_MOCK_FLAGS_DEVICE_ */
		} mock_domain_flags;
		/* id: stdev. Attach it to another IOAS or HWPT. */
		struct {
			uint32_t pt_id;
		} mock_domain_replace;
		/* id: nested HWPT. EINVAL when IOTLB entry `id` does not hold `iotlb`. */
		struct {
			uint32_t id;
			uint32_t iotlb;
		} check_iotlb;
		/* id: idev. EINVAL when cache entry `id` does not hold `cache`. */
		struct {
			uint32_t id;
			uint32_t cache;
		} check_dev_cache;
		/* Makes an event. ENOENT unless attached to a nested HWPT with a vDEVICE. */
		struct {
			uint32_t dev_id; /* idev */
		} trigger_vevent;
		/* The kernel's largest variant decides where the union ends. */
		uapi_u64 room[6];
	};
	uint32_t last;
};

#define UAPI_IOMMU_HWPT_DATA_SELFTEST		   0xdeadU
#define UAPI_IOMMU_TEST_IOTLB_DEFAULT		   0xbadbeefU
#define UAPI_IOMMU_TEST_DEV_CACHE_DEFAULT	   0xbaddadU
#define UAPI_IOMMU_VIOMMU_TYPE_SELFTEST		   0xdeadbeefU
#define UAPI_IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST 0xdeadbeefU
#define UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST	   0xbeefbeefU

struct uapi_iommu_hwpt_selftest {
	uint32_t iotlb;		 /* initial value of the mock IOTLB's entries */
	uint32_t pagetable_type; /* 0; kernels before this member was added want 0 too */
};

enum {
	UAPI_MOCK_NESTED_DOMAIN_IOTLB_NUM = 4,
	UAPI_MOCK_DEV_CACHE_NUM = 4,
	UAPI_IOMMU_TEST_INVALIDATE_FLAG_ALL = 1 << 0,
};

struct uapi_iommu_viommu_selftest {
	uint32_t in_data;
	uint32_t out_data; /* the same again */
	uapi_u64 out_mmap_offset;
	uapi_u64 out_mmap_length;
};

struct uapi_iommu_viommu_invalidate_selftest {
	uint32_t flags;
	uint32_t vdev_id;
	uint32_t cache_id;
};

/* Payload of the mock's vEVENTQ records */
struct uapi_iommu_viommu_event_selftest {
	uint32_t virt_id;
};

static_assert(sizeof(struct uapi_iommu_test_cmd) == 72, "ABI");
static_assert(sizeof(struct uapi_iommu_hwpt_selftest) == 8, "ABI");
static_assert(sizeof(struct uapi_iommu_viommu_selftest) == 24, "ABI");
static_assert(sizeof(struct uapi_iommu_viommu_invalidate_selftest) == 12, "ABI");
static_assert(sizeof(struct uapi_iommu_viommu_event_selftest) == 4, "ABI");

#endif
