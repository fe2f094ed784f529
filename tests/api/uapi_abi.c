/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our declarations of the kernel ABI against the kernel's own: sizes, offsets, ioctl
 * numbers, constants. Compile with an include folder that has a new <linux/iommufd.h>;
 * -DKERNEL_IOMMUFD_TEST_H='"path"' adds the mock's header from a kernel source tree.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#if __has_include(<linux/iommufd.h>)
#include <linux/iommufd.h>
#include <linux/vfio.h>
#endif

#include "uapi/iommufd.h"
#include "uapi/vfio.h"

#ifndef IOMMU_VEVENTQ_ALLOC
#error "these kernel headers lack vEVENTQs: put the usr/include folder of a newer linux-libc-dev \
(7.3 or later, e.g. of trixie-backports, unpacked, not installed) first with -isystem"
#endif

#ifdef KERNEL_IOMMUFD_TEST_H
#include KERNEL_IOMMUFD_TEST_H
#include "uapi/iommufd_test.h"
#endif

struct check {
	const char *group; /* one TAP line each */
	const char *what;
	unsigned long ours;
	unsigned long theirs;
	unsigned long our_size;
	unsigned long their_size;
};

#define SIZE(type)                                                                                 \
	{                                                                                          \
		.group = "struct " #type, .what = "the whole",                                     \
		.our_size = sizeof(struct uapi_##type), .their_size = sizeof(struct type)          \
	}
/* A member that has another name with us; AS for the same name. */
#define AT(type, our, their)                                                                       \
	{                                                                                          \
		.group = "struct " #type, .what = #their,                                          \
		.ours = offsetof(struct uapi_##type, our), .theirs = offsetof(struct type, their), \
		.our_size = sizeof(((struct uapi_##type *)0)->our),                                \
		.their_size = sizeof(((struct type *)0)->their)                                    \
	}
#define AS(type, member) AT(type, member, member)
#define SAME(name)                                                                                 \
	{                                                                                          \
		.group = GROUP, .what = #name, .ours = (unsigned long)UAPI_##name,                 \
		.theirs = (unsigned long)(name)                                                    \
	}

static const struct check checks[] = {
	SIZE(iommu_destroy),
	AS(iommu_destroy, size),
	AS(iommu_destroy, id),

	SIZE(iommu_ioas_alloc),
	AS(iommu_ioas_alloc, size),
	AS(iommu_ioas_alloc, flags),
	AS(iommu_ioas_alloc, out_ioas_id),

	SIZE(iommu_iova_range),
	AS(iommu_iova_range, start),
	AS(iommu_iova_range, last),

	SIZE(iommu_ioas_iova_ranges),
	AS(iommu_ioas_iova_ranges, size),
	AS(iommu_ioas_iova_ranges, ioas_id),
	AS(iommu_ioas_iova_ranges, num_iovas),
	AT(iommu_ioas_iova_ranges, rsvd, __reserved),
	AS(iommu_ioas_iova_ranges, allowed_iovas),
	AS(iommu_ioas_iova_ranges, out_iova_alignment),

	SIZE(iommu_ioas_map),
	AS(iommu_ioas_map, size),
	AS(iommu_ioas_map, flags),
	AS(iommu_ioas_map, ioas_id),
	AT(iommu_ioas_map, rsvd, __reserved),
	AS(iommu_ioas_map, user_va),
	AS(iommu_ioas_map, length),
	AS(iommu_ioas_map, iova),

	SIZE(iommu_ioas_unmap),
	AS(iommu_ioas_unmap, size),
	AS(iommu_ioas_unmap, ioas_id),
	AS(iommu_ioas_unmap, iova),
	AS(iommu_ioas_unmap, length),

	SIZE(iommu_hwpt_alloc),
	AS(iommu_hwpt_alloc, size),
	AS(iommu_hwpt_alloc, flags),
	AS(iommu_hwpt_alloc, dev_id),
	AS(iommu_hwpt_alloc, pt_id),
	AS(iommu_hwpt_alloc, out_hwpt_id),
	AT(iommu_hwpt_alloc, rsvd, __reserved),
	AS(iommu_hwpt_alloc, data_type),
	AS(iommu_hwpt_alloc, data_len),
	AS(iommu_hwpt_alloc, data_uptr),
	AS(iommu_hwpt_alloc, fault_id),
	AT(iommu_hwpt_alloc, rsvd2, __reserved2),

	SIZE(iommu_hwpt_arm_smmuv3),
	AS(iommu_hwpt_arm_smmuv3, ste),

	SIZE(iommu_hw_info),
	AS(iommu_hw_info, size),
	AS(iommu_hw_info, flags),
	AS(iommu_hw_info, dev_id),
	AS(iommu_hw_info, data_len),
	AS(iommu_hw_info, data_uptr),
	AT(iommu_hw_info, data_type, in_data_type),
	AT(iommu_hw_info, data_type, out_data_type),
	AS(iommu_hw_info, out_max_pasid_log2),
	AT(iommu_hw_info, rsvd, __reserved),
	AS(iommu_hw_info, out_capabilities),

	SIZE(iommu_hw_info_arm_smmuv3),
	AS(iommu_hw_info_arm_smmuv3, flags),
	AT(iommu_hw_info_arm_smmuv3, rsvd, __reserved),
	AS(iommu_hw_info_arm_smmuv3, idr),
	AS(iommu_hw_info_arm_smmuv3, iidr),
	AS(iommu_hw_info_arm_smmuv3, aidr),

	SIZE(iommu_hwpt_invalidate),
	AS(iommu_hwpt_invalidate, size),
	AS(iommu_hwpt_invalidate, hwpt_id),
	AS(iommu_hwpt_invalidate, data_uptr),
	AS(iommu_hwpt_invalidate, data_type),
	AS(iommu_hwpt_invalidate, entry_len),
	AS(iommu_hwpt_invalidate, entry_num),
	AT(iommu_hwpt_invalidate, rsvd, __reserved),

	SIZE(iommu_viommu_arm_smmuv3_invalidate),
	AS(iommu_viommu_arm_smmuv3_invalidate, cmd),

	SIZE(iommu_viommu_alloc),
	AS(iommu_viommu_alloc, size),
	AS(iommu_viommu_alloc, flags),
	AS(iommu_viommu_alloc, type),
	AS(iommu_viommu_alloc, dev_id),
	AS(iommu_viommu_alloc, hwpt_id),
	AS(iommu_viommu_alloc, out_viommu_id),
	AS(iommu_viommu_alloc, data_len),
	AT(iommu_viommu_alloc, rsvd, __reserved),
	AS(iommu_viommu_alloc, data_uptr),

	SIZE(iommu_vdevice_alloc),
	AS(iommu_vdevice_alloc, size),
	AS(iommu_vdevice_alloc, viommu_id),
	AS(iommu_vdevice_alloc, dev_id),
	AS(iommu_vdevice_alloc, out_vdevice_id),
	AS(iommu_vdevice_alloc, virt_id),

	SIZE(iommu_veventq_alloc),
	AS(iommu_veventq_alloc, size),
	AS(iommu_veventq_alloc, flags),
	AS(iommu_veventq_alloc, viommu_id),
	AS(iommu_veventq_alloc, type),
	AS(iommu_veventq_alloc, veventq_depth),
	AS(iommu_veventq_alloc, out_veventq_id),
	AS(iommu_veventq_alloc, out_veventq_fd),
	AT(iommu_veventq_alloc, rsvd, __reserved),

	SIZE(iommufd_vevent_header),
	AS(iommufd_vevent_header, flags),
	AS(iommufd_vevent_header, sequence),

	SIZE(iommu_vevent_arm_smmuv3),
	AS(iommu_vevent_arm_smmuv3, evt),

	SIZE(iommu_vevent_tegra241_cmdqv),
	AS(iommu_vevent_tegra241_cmdqv, lvcmdq_err_map),

	SIZE(vfio_device_bind_iommufd),
	AS(vfio_device_bind_iommufd, argsz),
	AS(vfio_device_bind_iommufd, flags),
	AS(vfio_device_bind_iommufd, iommufd),
	AS(vfio_device_bind_iommufd, out_devid),
	AS(vfio_device_bind_iommufd, token_uuid_ptr),

	SIZE(vfio_device_attach_iommufd_pt),
	AS(vfio_device_attach_iommufd_pt, argsz),
	AS(vfio_device_attach_iommufd_pt, flags),
	AS(vfio_device_attach_iommufd_pt, pt_id),
	AS(vfio_device_attach_iommufd_pt, pasid),

	SIZE(vfio_device_detach_iommufd_pt),
	AS(vfio_device_detach_iommufd_pt, argsz),
	AS(vfio_device_detach_iommufd_pt, flags),
	AS(vfio_device_detach_iommufd_pt, pasid),

	SIZE(vfio_region_info),
	AS(vfio_region_info, argsz),
	AS(vfio_region_info, flags),
	AS(vfio_region_info, index),
	AS(vfio_region_info, cap_offset),
	AS(vfio_region_info, size),
	AS(vfio_region_info, offset),

#define GROUP "ioctl numbers"
	SAME(IOMMU_DESTROY),
	SAME(IOMMU_IOAS_ALLOC),
	SAME(IOMMU_IOAS_IOVA_RANGES),
	SAME(IOMMU_IOAS_MAP),
	SAME(IOMMU_IOAS_UNMAP),
	SAME(IOMMU_HWPT_ALLOC),
	SAME(IOMMU_GET_HW_INFO),
	SAME(IOMMU_HWPT_INVALIDATE),
	SAME(IOMMU_VIOMMU_ALLOC),
	SAME(IOMMU_VDEVICE_ALLOC),
	SAME(IOMMU_VEVENTQ_ALLOC),
	SAME(VFIO_DEVICE_GET_REGION_INFO),
	SAME(VFIO_DEVICE_RESET),
	SAME(VFIO_DEVICE_BIND_IOMMUFD),
	SAME(VFIO_DEVICE_ATTACH_IOMMUFD_PT),
	SAME(VFIO_DEVICE_DETACH_IOMMUFD_PT),
#undef GROUP

#define GROUP "constants"
	SAME(IOMMU_IOAS_MAP_FIXED_IOVA),
	SAME(IOMMU_IOAS_MAP_WRITEABLE),
	SAME(IOMMU_IOAS_MAP_READABLE),
	SAME(IOMMU_HWPT_ALLOC_NEST_PARENT),
	SAME(IOMMU_HWPT_FAULT_ID_VALID),
	SAME(IOMMU_HWPT_DATA_NONE),
	SAME(IOMMU_HWPT_DATA_ARM_SMMUV3),
	SAME(IOMMU_HW_INFO_FLAG_INPUT_TYPE),
	SAME(IOMMU_HW_INFO_TYPE_NONE),
	SAME(IOMMU_HW_INFO_TYPE_DEFAULT),
	SAME(IOMMU_HW_INFO_TYPE_ARM_SMMUV3),
	SAME(IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV),
	SAME(IOMMU_HW_CAP_DIRTY_TRACKING),
	SAME(IOMMU_HW_CAP_PCI_PASID_EXEC),
	SAME(IOMMU_HW_CAP_PCI_PASID_PRIV),
	SAME(IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED),
	SAME(IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_REPEAT_TLBI_CFGI),
	SAME(IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3),
	SAME(IOMMU_VIOMMU_TYPE_ARM_SMMUV3),
	SAME(IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV),
	SAME(IOMMU_VEVENTQ_TYPE_ARM_SMMUV3),
	SAME(IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV),
	SAME(IOMMU_VEVENTQ_FLAG_LOST_EVENTS),
	SAME(VFIO_REGION_INFO_FLAG_READ),
	SAME(VFIO_REGION_INFO_FLAG_WRITE),
	SAME(VFIO_REGION_INFO_FLAG_MMAP),
	SAME(VFIO_REGION_INFO_FLAG_CAPS),
	SAME(VFIO_PCI_BAR0_REGION_INDEX),
	SAME(VFIO_PCI_BAR5_REGION_INDEX),
	SAME(VFIO_PCI_ROM_REGION_INDEX),
	SAME(VFIO_PCI_CONFIG_REGION_INDEX),
#undef GROUP

#ifdef KERNEL_IOMMUFD_TEST_H
	SIZE(iommu_test_cmd),
	AS(iommu_test_cmd, op),
	AS(iommu_test_cmd, id),
	AS(iommu_test_cmd, mock_domain.out_stdev_id),
	AS(iommu_test_cmd, mock_domain.out_hwpt_id),
	AS(iommu_test_cmd, mock_domain.out_idev_id),
	AS(iommu_test_cmd, mock_domain_flags.out_stdev_id),
	AS(iommu_test_cmd, mock_domain_flags.out_hwpt_id),
	AS(iommu_test_cmd, mock_domain_flags.out_idev_id),
	AS(iommu_test_cmd, mock_domain_flags.dev_flags),
	AS(iommu_test_cmd, mock_domain_replace.pt_id),
	AS(iommu_test_cmd, check_iotlb.id),
	AS(iommu_test_cmd, check_iotlb.iotlb),
	AS(iommu_test_cmd, check_dev_cache.id),
	AS(iommu_test_cmd, check_dev_cache.cache),
	AS(iommu_test_cmd, trigger_vevent.dev_id),
	AS(iommu_test_cmd, last),

	SIZE(iommu_hwpt_selftest),
	AS(iommu_hwpt_selftest, iotlb),
	AS(iommu_hwpt_selftest, pagetable_type),

	SIZE(iommu_viommu_selftest),
	AS(iommu_viommu_selftest, in_data),
	AS(iommu_viommu_selftest, out_data),
	AS(iommu_viommu_selftest, out_mmap_offset),
	AS(iommu_viommu_selftest, out_mmap_length),

	SIZE(iommu_viommu_invalidate_selftest),
	AS(iommu_viommu_invalidate_selftest, flags),
	AS(iommu_viommu_invalidate_selftest, vdev_id),
	AS(iommu_viommu_invalidate_selftest, cache_id),

	SIZE(iommu_viommu_event_selftest),
	AS(iommu_viommu_event_selftest, virt_id),

#define GROUP "constants of the mock"
	SAME(IOMMU_TEST_CMD),
	SAME(IOMMU_TEST_OP_MOCK_DOMAIN),
	SAME(IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE),
	SAME(IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS),
	SAME(IOMMU_TEST_OP_MD_CHECK_IOTLB),
	SAME(IOMMU_TEST_OP_DEV_CHECK_CACHE),
	SAME(IOMMU_TEST_OP_TRIGGER_VEVENT),
	SAME(MOCK_FLAGS_DEVICE_NO_DIRTY),
	SAME(MOCK_FLAGS_DEVICE_PASID),
	SAME(MOCK_NESTED_DOMAIN_IOTLB_NUM),
	SAME(MOCK_DEV_CACHE_NUM),
	SAME(IOMMU_HWPT_DATA_SELFTEST),
	SAME(IOMMU_TEST_IOTLB_DEFAULT),
	SAME(IOMMU_TEST_DEV_CACHE_DEFAULT),
	SAME(IOMMU_TEST_INVALIDATE_FLAG_ALL),
	SAME(IOMMU_VIOMMU_TYPE_SELFTEST),
	SAME(IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST),
	SAME(IOMMU_VEVENTQ_TYPE_SELFTEST),
#undef GROUP
#endif
};

#define CHECKS (sizeof(checks) / sizeof(checks[0]))

/* Where the group of checks[from] ends. */
static size_t group_end(size_t from)
{
	size_t i = from;

	while (i < CHECKS && !strcmp(checks[i].group, checks[from].group))
		i++;
	return i;
}

static int differs(const struct check *check)
{
	return check->ours != check->theirs || check->our_size != check->their_size;
}

int main(void)
{
	unsigned int groups = 0;
	unsigned int number = 0;
	int failed = 0;

	for (size_t i = 0; i < CHECKS; i = group_end(i))
		groups++;
	printf("1..%u\n", groups);
	for (size_t i = 0; i < CHECKS; i = group_end(i)) {
		int bad = 0;

		for (size_t j = i; j < group_end(i); j++)
			bad |= differs(&checks[j]);
		printf("%s %u - %s\n", bad ? "not ok" : "ok", ++number, checks[i].group);
		for (size_t j = i; j < group_end(i); j++) {
			if (differs(&checks[j]))
				printf("# %s: ours 0x%lx size %lu, the kernel's 0x%lx size %lu\n",
					checks[j].what, checks[j].ours, checks[j].our_size,
					checks[j].theirs, checks[j].their_size);
		}
		failed |= bad;
	}
	return failed;
}
