/* SPDX-License-Identifier: BSD-2-Clause */
#include "iommufd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <vsmmu/host.h>

#include "error.h"
#include "map.h"

/* Linux include/uapi/linux/iommufd.h, which older systems lack. */
struct ioas_alloc {
	uint32_t size, flags, out_ioas_id;
};

struct ioas_map {
	uint32_t size, flags, ioas_id, reserved;
	uint64_t user_va, length, iova;
};

#define IOAS_ALLOC     _IO(';', 0x81)
#define IOAS_MAP       _IO(';', 0x85)
#define IOAS_MAP_FLAGS 7 /* fixed IOVA, writeable, readable */

int iommufd_open(struct iommufd *iommufd, const struct memory *memory)
{
	struct ioas_alloc ioas = {.size = sizeof(ioas)};
	struct ioas_map map = {
		.size = sizeof(map),
		.flags = IOAS_MAP_FLAGS,
		.user_va = (uintptr_t)memory->at,
		.length = memory->size,
		.iova = MAP_RAM,
	};
	struct vsmmu_iommufd_config config = {.size = sizeof(config)};
	int ret;

	iommufd->fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (iommufd->fd < 0)
		return fail("/dev/iommu: %s; %s", strerror(errno),
			errno == EACCES ? "ask for rights on it, or run this as root"
					: "the kernel needs CONFIG_IOMMUFD (modprobe iommufd)");
	if (ioctl(iommufd->fd, IOAS_ALLOC, &ioas))
		return fail("/dev/iommu: makes no IOAS: %s", strerror(errno));
	map.ioas_id = ioas.out_ioas_id;
	if (ioctl(iommufd->fd, IOAS_MAP, &map))
		return fail("/dev/iommu: does not map the guest's memory: %s; ENOMEM: raise "
			    "RLIMIT_MEMLOCK (ulimit -l) above --mem",
			strerror(errno));
	config.iommufd = iommufd->fd;
	config.ioas_id = ioas.out_ioas_id;
	ret = vsmmu_iommufd_new(&iommufd->host, &config);
	return ret ? fail("/dev/iommu: %s", strerror(-ret)) : 0;
}

void iommufd_close(struct iommufd *iommufd)
{
	vsmmu_host_unref(iommufd->host);
	if (iommufd->fd >= 0)
		close(iommufd->fd);
	*iommufd = (struct iommufd){.fd = -1};
}
