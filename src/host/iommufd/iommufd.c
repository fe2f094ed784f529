/* SPDX-License-Identifier: BSD-2-Clause */
/* The host_ops of the real kernel: one iommufd or VFIO ioctl behind each. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "host/iommufd/ioctl.h"
#include "host/iommufd/iommufd.h"
#include "uapi/iommufd.h"
#include "uapi/iommufd_test.h"
#include "uapi/vfio.h"
#include "util/fd.h"
#include "util/sized.h"
#include "veventq/fd.h"

struct iommufd_host {
	struct vsmmu_host host;
	int fd;
	uint32_t ioas_id;
	uint32_t viommu_type;
	uint32_t veventq_type;
};

static struct iommufd_host *to_iommufd(struct vsmmu_host *host)
{
	return (struct iommufd_host *)host;
}

static int iommufd_call(struct vsmmu_host *host, unsigned long request, void *argument)
{
	return iommufd_ioctl(to_iommufd(host)->fd, request, argument);
}

static int iommufd_destroy(struct vsmmu_host *host, uint32_t id)
{
	struct uapi_iommu_destroy call = {.size = sizeof(call), .id = id};

	return iommufd_call(host, UAPI_IOMMU_DESTROY, &call);
}

static int iommufd_parent_alloc(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t *out)
{
	struct uapi_iommu_hwpt_alloc call = {
		.size = sizeof(call),
		.flags = UAPI_IOMMU_HWPT_ALLOC_NEST_PARENT,
		.dev_id = endpoint->dev_id,
		.pt_id = to_iommufd(host)->ioas_id,
		.data_type = UAPI_IOMMU_HWPT_DATA_NONE,
	};
	int ret = iommufd_call(host, UAPI_IOMMU_HWPT_ALLOC, &call);

	if (!ret)
		*out = call.out_hwpt_id;
	return ret;
}

static int iommufd_viommu_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t parent_id, uint32_t *out)
{
	struct uapi_iommu_viommu_alloc call = {
		.size = sizeof(call),
		.type = to_iommufd(host)->viommu_type,
		.dev_id = endpoint->dev_id,
		.hwpt_id = parent_id,
	};
	int ret = iommufd_call(host, UAPI_IOMMU_VIOMMU_ALLOC, &call);

	if (!ret)
		*out = call.out_viommu_id;
	return ret;
}

static int iommufd_vdevice_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, uint32_t vsid, uint32_t *out)
{
	struct uapi_iommu_vdevice_alloc call = {
		.size = sizeof(call),
		.viommu_id = viommu_id,
		.dev_id = endpoint->dev_id,
		.virt_id = vsid,
	};
	int ret = iommufd_call(host, UAPI_IOMMU_VDEVICE_ALLOC, &call);

	if (!ret)
		*out = call.out_vdevice_id;
	return ret;
}

/* The data that a nested HWPT is made of depends on the vIOMMU that it belongs to. */
union nested_data {
	struct uapi_iommu_hwpt_arm_smmuv3 arm_smmuv3;
	struct uapi_iommu_hwpt_selftest selftest;
};

static int iommufd_nested_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, const uint64_t ste[2], uint32_t *out)
{
	union nested_data data = {0};
	struct uapi_iommu_hwpt_alloc call = {
		.size = sizeof(call),
		.dev_id = endpoint->dev_id,
		.pt_id = viommu_id,
		.data_uptr = (uintptr_t)&data,
	};
	int ret;

	/*
	 * The mock vIOMMU of a kernel built with CONFIG_IOMMUFD_TEST has no STEs. It is
	 * here so that the whole library can be tested against the real kernel's queues.
	 */
	if (to_iommufd(host)->viommu_type == UAPI_IOMMU_VIOMMU_TYPE_SELFTEST) {
		call.data_type = UAPI_IOMMU_HWPT_DATA_SELFTEST;
		call.data_len = sizeof(data.selftest);
		data.selftest.iotlb = UAPI_IOMMU_TEST_IOTLB_DEFAULT;
	} else {
		call.data_type = UAPI_IOMMU_HWPT_DATA_ARM_SMMUV3;
		call.data_len = sizeof(data.arm_smmuv3);
		data.arm_smmuv3.ste[0] = ste[0];
		data.arm_smmuv3.ste[1] = ste[1];
	}
	ret = iommufd_call(host, UAPI_IOMMU_HWPT_ALLOC, &call);
	if (!ret)
		*out = call.out_hwpt_id;
	return ret;
}

static int iommufd_attach(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t pt_id, enum vsmmu_attach_purpose purpose)
{
	struct uapi_vfio_device_attach_iommufd_pt call = {
		.argsz = sizeof(call),
		.pt_id = pt_id,
	};

	(void)host;
	if (endpoint->attach)
		return host_attach_by_vmm(endpoint, pt_id, purpose);
	return iommufd_ioctl(endpoint->vfio_fd, UAPI_VFIO_DEVICE_ATTACH_IOMMUFD_PT, &call);
}

static int iommufd_detach(struct vsmmu_host *host, const struct host_endpoint *endpoint)
{
	struct uapi_vfio_device_detach_iommufd_pt call = {.argsz = sizeof(call)};

	(void)host;
	if (endpoint->attach)
		return host_attach_by_vmm(endpoint, 0, VSMMU_ATTACH_NOTHING);
	return iommufd_ioctl(endpoint->vfio_fd, UAPI_VFIO_DEVICE_DETACH_IOMMUFD_PT, &call);
}

static int iommufd_veventq_alloc(
	struct vsmmu_host *host, uint32_t viommu_id, uint32_t depth, struct host_veventq *out)
{
	struct uapi_iommu_veventq_alloc call = {
		.size = sizeof(call),
		.viommu_id = viommu_id,
		.type = to_iommufd(host)->veventq_type,
		.veventq_depth = depth,
	};
	struct veventq_source source;
	int ret;

	ret = iommufd_call(host, UAPI_IOMMU_VEVENTQ_ALLOC, &call);
	if (ret)
		return ret;
	ret = veventq_fd_open((int)call.out_veventq_fd, &source);
	if (ret) {
		/* In this order: the open file holds the object, which is EBUSY till then. */
		fd_close((int)call.out_veventq_fd);
		iommufd_destroy(host, call.out_veventq_id);
		return ret;
	}
	*out = (struct host_veventq){
		.id = call.out_veventq_id,
		.fd = (int)call.out_veventq_fd,
		.type = call.type,
		.first_sequence = 0,
		.source = source,
	};
	return 0;
}

static void iommufd_veventq_done(struct vsmmu_host *host, struct host_veventq *veventq)
{
	(void)host;
	fd_close(veventq->fd);
	veventq->fd = -1;
}

static int iommufd_hw_info(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, struct host_hw_info *out)
{
	struct uapi_iommu_hw_info_arm_smmuv3 data = {0};
	struct uapi_iommu_hw_info call = {
		.size = sizeof(call),
		.dev_id = endpoint->dev_id,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};
	int ret = iommufd_call(host, UAPI_IOMMU_GET_HW_INFO, &call);

	if (ret)
		return ret;
	/* A kernel that has more than we asked for cuts it; data_len says what it has. */
	if (call.data_type != UAPI_IOMMU_HW_INFO_TYPE_ARM_SMMUV3 ||
		call.data_len < offsetof(struct uapi_iommu_hw_info_arm_smmuv3, iidr))
		return -EOPNOTSUPP;
	memcpy(out->idr, data.idr, sizeof(out->idr));
	out->ats = !(call.out_capabilities & UAPI_IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED);
	out->repeat_commands = data.flags & UAPI_IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_REPEAT_TLBI_CFGI;
	return 0;
}

static int iommufd_invalidate(struct vsmmu_host *host, uint32_t viommu_id,
	const uint64_t (*command)[2], uint32_t count, uint32_t *handled)
{
	struct uapi_iommu_hwpt_invalidate call = {
		.size = sizeof(call),
		.hwpt_id = viommu_id,
		.data_uptr = (uintptr_t)command,
		.data_type = UAPI_IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.entry_len = sizeof(command[0]),
		.entry_num = count,
	};
	int ret;

	static_assert(sizeof(command[0]) == sizeof(struct uapi_iommu_viommu_arm_smmuv3_invalidate),
		"commands are entries as they are");
	*handled = 0;
	/* The kernel's text has an array without entries for a probe; for Arm it is EINVAL. */
	if (!count)
		return -EINVAL;
	if (to_iommufd(host)->viommu_type != UAPI_IOMMU_VIOMMU_TYPE_ARM_SMMUV3)
		return -EOPNOTSUPP;
	ret = iommufd_call(host, UAPI_IOMMU_HWPT_INVALIDATE, &call);
	/* More than there were: a kernel that did not get as far as counting. */
	*handled = call.entry_num < count ? call.entry_num : count;
	return ret;
}

static void iommufd_free(struct vsmmu_host *host)
{
	fd_close(to_iommufd(host)->fd);
	free(host);
}

static const struct host_ops iommufd_ops = {
	.name = "iommufd",
	.parent_alloc = iommufd_parent_alloc,
	.viommu_alloc = iommufd_viommu_alloc,
	.vdevice_alloc = iommufd_vdevice_alloc,
	.nested_alloc = iommufd_nested_alloc,
	.attach = iommufd_attach,
	.detach = iommufd_detach,
	.veventq_alloc = iommufd_veventq_alloc,
	.veventq_close = iommufd_veventq_done,
	.hw_info = iommufd_hw_info,
	.invalidate = iommufd_invalidate,
	.destroy = iommufd_destroy,
	.free = iommufd_free,
};

int iommufd_host_new(struct vsmmu_host **out, const struct vsmmu_iommufd_config *config,
	uint32_t viommu_type, uint32_t veventq_type)
{
	struct iommufd_host *iommufd;
	int ret;

	/* The kernel's ids start at 1. */
	if (!config->ioas_id)
		return -EINVAL;
	iommufd = calloc(1, sizeof(*iommufd));
	if (!iommufd)
		return -ENOMEM;
	iommufd->fd = fd_dup(config->iommufd);
	if (iommufd->fd < 0) {
		ret = iommufd->fd;
		free(iommufd);
		return ret;
	}
	host_init(&iommufd->host, &iommufd_ops);
	iommufd->ioas_id = config->ioas_id;
	iommufd->viommu_type = viommu_type;
	iommufd->veventq_type = veventq_type;
	*out = &iommufd->host;
	return 0;
}

/*
 * Tells an iommufd from another file by a question about a device that cannot be there, as the
 * kernel's ids start at 1. Return: 0; -ENOTTY for another file; -errno.
 */
static int iommufd_check(int fd)
{
	struct uapi_iommu_hw_info call = {.size = sizeof(call)};
	int ret = iommufd_ioctl(fd, UAPI_IOMMU_GET_HW_INFO, &call);

	if (ret == -ENOENT)
		return 0;
	return ret ? ret : -ENOTTY;
}

int vsmmu_iommufd_new(struct vsmmu_host **out, const struct vsmmu_iommufd_config *given)
{
	struct vsmmu_iommufd_config config;
	struct vsmmu_host *host;
	int ret = out ? sized_copy_in(&config, given, sizeof(config)) : -EINVAL;

	if (!ret)
		ret = iommufd_host_new(&host, &config, UAPI_IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
			UAPI_IOMMU_VEVENTQ_TYPE_ARM_SMMUV3);
	if (ret)
		return ret;
	ret = iommufd_check(to_iommufd(host)->fd);
	if (ret)
		vsmmu_host_unref(host);
	else
		*out = host;
	return ret;
}

int vsmmu_iommufd_bind(int vfio_fd, int iommufd, uint32_t *dev_id)
{
	struct uapi_vfio_device_bind_iommufd call = {
		.argsz = sizeof(call),
		.iommufd = iommufd,
	};
	int ret = dev_id ? iommufd_ioctl(vfio_fd, UAPI_VFIO_DEVICE_BIND_IOMMUFD, &call) : -EINVAL;

	if (!ret)
		*dev_id = call.out_devid;
	return ret;
}
