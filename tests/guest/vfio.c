/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio.h"

#include <fcntl.h>
#include <glob.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "memory.h"
#include "pci.h"
#include "uapi/iommufd.h"
#include "uapi/vfio.h"

#define CONTAINER "/dev/vfio/vfio"

static int open_group(struct vfio *vfio, const char *bdf)
{
	char link[256] = "", path[64];

	(void)!readlink(pci_path(bdf, "iommu_group"), link, sizeof(link) - 1);
	if (!strrchr(link, '/'))
		return fail("%s: has no group", bdf);
	snprintf(path, sizeof(path), "/dev/vfio%s", strrchr(link, '/'));
	vfio->space = open(CONTAINER, O_RDWR | O_CLOEXEC);
	vfio->group = open(path, O_RDWR | O_CLOEXEC);
	if (vfio->space < 0 || vfio->group < 0)
		return fail("%s: %m", path);
	if (ioctl(vfio->group, VFIO_GROUP_SET_CONTAINER, &vfio->space) ||
		ioctl(vfio->space, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return fail("%s: no type 1: %m", path);
	vfio->fd = ioctl(vfio->group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	return vfio->fd < 0 ? fail("%s: no file: %m", bdf) : 0;
}

static int open_cdev(struct vfio *vfio, const char *bdf)
{
	struct uapi_vfio_device_bind_iommufd bind = {.argsz = sizeof(bind)};
	struct uapi_iommu_ioas_alloc ioas = {.size = sizeof(ioas)};
	struct uapi_vfio_device_attach_iommufd_pt attach = {.argsz = sizeof(attach)};
	char path[64];
	glob_t found;

	if (glob(pci_path(bdf, "vfio-dev/*"), 0, NULL, &found))
		return fail("%s: has no file", bdf);
	snprintf(path, sizeof(path), "/dev/vfio/devices%s", strrchr(found.gl_pathv[0], '/'));
	globfree(&found);
	vfio->fd = open(path, O_RDWR | O_CLOEXEC);
	vfio->space = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (vfio->fd < 0 || vfio->space < 0)
		return fail("%s: %m", path);
	bind.iommufd = vfio->space;
	if (ioctl(vfio->fd, UAPI_VFIO_DEVICE_BIND_IOMMUFD, &bind) ||
		ioctl(vfio->space, UAPI_IOMMU_IOAS_ALLOC, &ioas))
		return fail("%s: no iommufd: %m", bdf);
	vfio->id = attach.pt_id = ioas.out_ioas_id;
	return ioctl(vfio->fd, UAPI_VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach)
		       ? fail("%s: does not attach: %m", bdf)
		       : 0;
}

int vfio_open(struct vfio *vfio, const char *bdf)
{
	int ret;

	*vfio = (struct vfio){.fd = -1, .space = -1, .group = -1};
	ret = access(CONTAINER, F_OK) ? open_cdev(vfio, bdf) : open_group(vfio, bdf);
	if (ret)
		vfio_close(vfio);
	return ret;
}

void vfio_close(struct vfio *vfio)
{
	if (vfio->fd >= 0)
		close(vfio->fd);
	if (vfio->group >= 0)
		close(vfio->group);
	if (vfio->space >= 0)
		close(vfio->space);
}

int vfio_map(struct vfio *vfio, uint64_t iova, volatile void *page, bool writable)
{
	struct vfio_iommu_type1_dma_map type1 = {
		.argsz = sizeof(type1),
		.flags = VFIO_DMA_MAP_FLAG_READ | (writable ? VFIO_DMA_MAP_FLAG_WRITE : 0),
		.vaddr = (uintptr_t)page,
		.iova = iova,
		.size = PAGE,
	};
	struct uapi_iommu_ioas_map ioas = {
		.size = sizeof(ioas),
		.flags = UAPI_IOMMU_IOAS_MAP_FIXED_IOVA | UAPI_IOMMU_IOAS_MAP_READABLE |
			 (writable ? UAPI_IOMMU_IOAS_MAP_WRITEABLE : 0),
		.ioas_id = vfio->id,
		.user_va = (uintptr_t)page,
		.length = PAGE,
		.iova = iova,
	};
	int ret = vfio->group < 0 ? ioctl(vfio->space, UAPI_IOMMU_IOAS_MAP, &ioas)
				  : ioctl(vfio->space, VFIO_IOMMU_MAP_DMA, &type1);

	return ret ? fail("cannot map: %m") : 0;
}

volatile uint8_t *vfio_map_bar(struct vfio *vfio, uint32_t size)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX};
	uint16_t command;
	void *bar;

	if (ioctl(vfio->fd, VFIO_DEVICE_GET_REGION_INFO, &info) ||
		pread(vfio->fd, &command, 2, (off_t)info.offset + PCI_COMMAND) != 2)
		goto failed;
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	if (pwrite(vfio->fd, &command, 2, (off_t)info.offset + PCI_COMMAND) != 2)
		goto failed;
	info = (struct vfio_region_info){
		.argsz = sizeof(info), .index = VFIO_PCI_BAR0_REGION_INDEX};
	if (ioctl(vfio->fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		goto failed;
	bar = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vfio->fd, (off_t)info.offset);
	if (bar != MAP_FAILED)
		return bar;
failed:
	fail("VFIO gives no BAR: %m");
	return NULL;
}
