/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One device's access to another one's BAR. Both are on vfio-pci, and the first one's stage 1 maps
 * the BAR by a dma-buf: the guest does with its SMMU what the VMM has done with the host's.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <stddef.h>
#include <sys/ioctl.h>

#include "command.h"
#include "edu.h"
#include "files.h"
#include "memory.h"
#include "vfio.h"

#define LIVENESS 0x04u /* gives the complement of what was written */
#define PATTERN	 0x5ee0cafeu
#define IOVA_RAM UINT64_C(0x100000000)
#define IOVA_BAR UINT64_C(0x200000000)

/* Linux include/uapi/linux/vfio.h of 6.19: VFIO_DEVICE_FEATURE_DMA_BUF with one range */
struct feature_dma_buf {
	uint32_t size, flags, region, open_flags, zero, ranges;
	uint64_t offset, length;
};

/* Linux include/uapi/linux/iommufd.h of 6.13 */
struct ioas_map_file {
	uint32_t size, flags, ioas_id;
	int32_t fd;
	uint64_t start, length, iova;
};

#define FEATURE_DMA_BUF 11
#define IOAS_MAP_FILE	_IO(';', 0x8f)

static int map_peer(const struct vfio *device, const struct vfio *peer)
{
	struct feature_dma_buf feature = {
		.size = sizeof(feature),
		.flags = VFIO_DEVICE_FEATURE_GET | FEATURE_DMA_BUF,
		.open_flags = O_RDWR | O_CLOEXEC,
		.ranges = 1,
		.length = EDU_SIZE,
	};
	struct ioas_map_file map = {
		.size = sizeof(map),
		.flags = 7, /* at this IOVA, writeable, readable */
		.ioas_id = device->id,
		.length = EDU_SIZE,
		.iova = IOVA_BAR,
	};

	if (device->group >= 0)
		return fail("type 1 maps no dma-buf");
	map.fd = ioctl(peer->fd, VFIO_DEVICE_FEATURE, &feature);
	if (map.fd < 0)
		return fail("no dma-buf of a BAR: %m");
	return ioctl(device->space, IOAS_MAP_FILE, &map) ? fail("cannot map a BAR: %m") : 0;
}

/* The device writes a register of its peer, and reads it back. */
int command_peer(int count, char **words)
{
	volatile uint32_t *page = memory_page();
	volatile uint8_t *bar[2];
	struct vfio vfio[2];
	uint32_t there;

	(void)count;
	for (unsigned int n = 0; n < 2; n++) {
		if (vfio_open(&vfio[n], words[n + 1]))
			return -1;
		bar[n] = vfio_map_bar(&vfio[n], EDU_SIZE);
		if (!bar[n])
			return -1;
	}
	if (!page || vfio_map(&vfio[0], IOVA_RAM, page, true) || map_peer(&vfio[0], &vfio[1]))
		return -1;
	page[0] = PATTERN;
	if (edu_copy(bar[0], IOVA_RAM, IOVA_BAR + LIVENESS) ||
		edu_copy(bar[0], IOVA_BAR + LIVENESS, IOVA_RAM + 4))
		return -1;
	there = *(volatile uint32_t *)(bar[1] + LIVENESS);
	if (there != ~PATTERN || page[1] != ~PATTERN)
		return fail("the peer has %#x, read as %#x", there, page[1]);
	say("peer reached");
	return 0;
}
