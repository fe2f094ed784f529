/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <vsmmu/host.h>

#include "vm.h"

/* Linux include/uapi/linux/iommufd.h, which older systems lack. */
struct ioas_alloc {
	uint32_t size, flags, out_ioas_id;
};

/* Both of IOAS_MAP, where @fd is 0 and @start an address, and of IOAS_MAP_FILE. */
struct ioas_map {
	uint32_t size, flags, ioas_id;
	int32_t fd;
	uint64_t start, length, iova;
};

struct ioas_unmap {
	uint32_t size, ioas_id;
	uint64_t iova, length;
};

#define IOAS_ALLOC    _IO(';', 0x81)
#define IOAS_MAP      _IO(';', 0x85)
#define IOAS_UNMAP    _IO(';', 0x86)
#define IOAS_MAP_FILE _IO(';', 0x8f)

static int map(const struct iommufd *iommufd, unsigned long request, const struct ioas_map *what)
{
	struct ioas_map map = *what;

	map.size = sizeof(map);
	map.flags = 7; /* at this IOVA, writeable, readable */
	map.ioas_id = iommufd->ioas_id;
	return ioctl(iommufd->fd, request, &map) ? -errno : 0;
}

static int open_host(struct iommufd *iommufd, const struct memory *memory)
{
	const struct ioas_map ram = {
		.start = (uintptr_t)memory->at, .length = memory->size, .iova = MAP_RAM};
	struct ioas_alloc ioas = {.size = sizeof(ioas)};
	struct vsmmu_iommufd_config config = {.size = sizeof(config)};
	int ret;

	iommufd->fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (iommufd->fd < 0)
		return fail("/dev/iommu: %m; %s",
			errno == EACCES ? "ask for rights on it, or run this as root"
					: "the kernel needs CONFIG_IOMMUFD (modprobe iommufd)");
	if (ioctl(iommufd->fd, IOAS_ALLOC, &ioas))
		return fail("/dev/iommu: makes no IOAS: %m");
	iommufd->ioas_id = ioas.out_ioas_id;
	ret = map(iommufd, IOAS_MAP, &ram);
	if (ret)
		return fail("/dev/iommu: does not map the guest's memory: %s; ENOMEM: raise "
			    "RLIMIT_MEMLOCK (ulimit -l) above --mem",
			strerror(-ret));
	config.iommufd = iommufd->fd;
	config.ioas_id = iommufd->ioas_id;
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

int iommufd_open(struct vm *vm)
{
	int ret = open_host(&vm->iommufd, &vm->memory);

	if (!ret && vsmmu_set_host(vm->vsmmu, vm->iommufd.host))
		ret = fail("the vSMMU takes no host");
	if (ret)
		iommufd_close(&vm->iommufd);
	vm->vsmmu_config.host = vm->iommufd.host;
	return ret;
}

int iommufd_map_file(const struct iommufd *iommufd, int fd, uint64_t address, uint64_t length)
{
	return map(iommufd, IOAS_MAP_FILE,
		&(struct ioas_map){.fd = fd, .length = length, .iova = address});
}

void iommufd_unmap(const struct iommufd *iommufd, uint64_t address, uint64_t length)
{
	struct ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = iommufd->ioas_id,
		.iova = address,
		.length = length,
	};

	(void)ioctl(iommufd->fd, IOAS_UNMAP, &unmap);
}
