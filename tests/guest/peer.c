/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One device's access to another one's BAR. Both are on vfio-pci, and the first one's stage 1 maps
 * the BAR by a dma-buf: the guest does with its SMMU what the VMM has done with the host's.
 */
#include <fcntl.h>
#include <glob.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command.h"
#include "edu.h"
#include "files.h"
#include "pci.h"

#define LIVENESS 0x04u /* gives the complement of what was written */
#define PATTERN	 0x5ee0cafeu
#define PAGE	 4096
#define IOVA_RAM UINT64_C(0x100000000)
#define IOVA_BAR UINT64_C(0x200000000)

/* Linux include/uapi/linux/vfio.h and iommufd.h, which older systems lack in part. */
struct bind {
	uint32_t size, flags;
	int32_t iommufd;
	uint32_t out_id;
};

struct attach {
	uint32_t size, flags, id;
};

struct dma_buf {
	uint32_t size, flags, region, open_flags, zero, ranges;
	uint64_t offset, length;
};

struct ioas {
	uint32_t size, flags, out_id;
};

/* IOAS_MAP has an address as @start and no @fd. */
struct map {
	uint32_t size, flags, ioas;
	int32_t fd;
	uint64_t start, length, iova;
};

#define BIND		_IO(';', 100 + 18)
#define ATTACH		_IO(';', 100 + 19)
#define IOAS_ALLOC	_IO(';', 0x81)
#define IOAS_MAP	_IO(';', 0x85)
#define IOAS_MAP_FILE	_IO(';', 0x8f)
#define FEATURE_DMA_BUF (VFIO_DEVICE_FEATURE_GET | 11)

struct function {
	int fd;
	volatile uint8_t *bar;
};

/* Opens a function of vfio-pci, enables it and maps its registers. */
static int open_function(struct function *function, const char *bdf, int iommufd)
{
	struct vfio_region_info config = {
		.argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX};
	const uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	struct bind bind = {.size = sizeof(bind), .iommufd = iommufd};
	char path[64] = "/dev/vfio/devices/";
	glob_t found;

	if (glob(pci_path(bdf, "vfio-dev/vfio*"), 0, NULL, &found))
		return fail("%s: is not on vfio-pci", bdf);
	strncat(path, strrchr(found.gl_pathv[0], '/') + 1, 16);
	globfree(&found);
	function->fd = open(path, O_RDWR | O_CLOEXEC);
	if (function->fd < 0 || ioctl(function->fd, BIND, &bind))
		return fail("%s: %s: %m", bdf, path);
	if (ioctl(function->fd, VFIO_DEVICE_GET_REGION_INFO, &config) ||
		pwrite(function->fd, &command, 2, (off_t)config.offset + PCI_COMMAND) != 2)
		return fail("%s: cannot be enabled: %m", bdf);
	function->bar = mmap(NULL, EDU_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, function->fd, 0);
	return function->bar == MAP_FAILED ? fail("%s: cannot map BAR 0: %m", bdf) : 0;
}

/* Has @device see RAM and the BAR of @peer. */
static int map(int iommufd, int device, int peer, void *ram)
{
	struct dma_buf buf = {.size = sizeof(buf),
		.flags = FEATURE_DMA_BUF,
		.open_flags = O_RDWR | O_CLOEXEC,
		.ranges = 1,
		.length = EDU_SIZE};
	struct ioas ioas = {.size = sizeof(ioas)};
	struct map map = {.size = sizeof(map), .flags = 7, .iova = IOVA_RAM, .length = PAGE};
	struct attach attach = {.size = sizeof(attach)};
	int ret;

	if (ioctl(iommufd, IOAS_ALLOC, &ioas))
		return fail("no IOAS: %m");
	attach.id = map.ioas = ioas.out_id;
	if (ioctl(device, ATTACH, &attach))
		return fail("cannot attach: %m");
	map.start = (uintptr_t)ram;
	if (ioctl(iommufd, IOAS_MAP, &map))
		return fail("cannot map memory: %m");
	map.start = 0;
	map.fd = ioctl(peer, VFIO_DEVICE_FEATURE, &buf);
	map.iova = IOVA_BAR;
	map.length = EDU_SIZE;
	ret = map.fd < 0 || ioctl(iommufd, IOAS_MAP_FILE, &map) ? fail("cannot map a BAR: %m") : 0;
	close(map.fd);
	return ret;
}

static int copy(volatile uint8_t *edu, uint64_t from, uint64_t to)
{
	edu_start_read(edu, from, 4);
	if (edu_wait(edu))
		return -1;
	edu_start_write(edu, to, 4);
	return edu_wait(edu);
}

/* The device writes a register of its peer, and reads it back. */
static int reach(int iommufd, const struct function *device, const struct function *peer,
	volatile uint32_t *ram)
{
	uint32_t there;

	if (map(iommufd, device->fd, peer->fd, (void *)(uintptr_t)ram))
		return -1;
	ram[0] = PATTERN;
	if (copy(device->bar, IOVA_RAM, IOVA_BAR + LIVENESS) ||
		copy(device->bar, IOVA_BAR + LIVENESS, IOVA_RAM + 4))
		return -1;
	there = *(volatile uint32_t *)(peer->bar + LIVENESS);
	if (there != ~PATTERN || ram[1] != ~PATTERN)
		return fail("the peer has %#x, read as %#x", there, ram[1]);
	say("peer reached");
	return 0;
}

int command_peer(int count, char **words)
{
	struct function function[2] = {{-1, MAP_FAILED}, {-1, MAP_FAILED}};
	int iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC), ret = 0;
	void *ram = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)count;
	for (unsigned int n = 0; !ret && n < 2; n++)
		ret = open_function(&function[n], words[n + 1], iommufd);
	if (!ret)
		ret = reach(iommufd, &function[0], &function[1], ram);
	for (unsigned int n = 0; n < 2; n++) {
		if (function[n].bar != MAP_FAILED)
			munmap((void *)(uintptr_t)function[n].bar, EDU_SIZE);
		close(function[n].fd);
	}
	munmap(ram, PAGE);
	close(iommufd);
	return ret;
}
