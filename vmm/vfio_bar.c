/* SPDX-License-Identifier: BSD-2-Clause */
/* BARs: shown to vCPUs and devices where the guest puts them, but for a table of MSI-X. */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vm.h"

/* Linux include/uapi/linux/vfio.h of 6.19: VFIO_DEVICE_FEATURE_DMA_BUF with one range */
#define FEATURE_DMA_BUF 11

struct feature_dma_buf {
	uint32_t size, flags, region, open_flags, zero, ranges;
	uint64_t offset, length;
};

/* Splits a BAR around the pages of a table that must not be shown. */
static void split(const struct vfio_device *device, struct vfio_bar *bar, bool has_table)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t first, end;

	if (bar->size < page)
		return;
	if (!has_table) {
		bar->piece[0] = (struct vfio_piece){.size = bar->size};
		return;
	}
	first = device->msix_table & ~(page - 1);
	end = (device->msix_table + 16 * (uint64_t)device->msix_count + page - 1) & ~(page - 1);
	bar->piece[0] = (struct vfio_piece){.size = first};
	if (end < bar->size)
		bar->piece[1] = (struct vfio_piece){.offset = end, .size = bar->size - end};
}

static int open_bar(struct vfio_device *device, uint32_t n)
{
	struct vfio_region_info info = {.argsz = sizeof(info), .index = n};
	const uint32_t at = PCI_BASE_ADDRESS_0 + 4 * n;
	const uint32_t value = vfio_config_read(device, at, 4);
	struct vfio_bar *bar = &device->bar[n];

	if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		return fail("%s: BAR %u: %m", device->bdf, n);
	if (!info.size || value & PCI_BASE_ADDRESS_SPACE_IO)
		return 0;
	bar->size = info.size;
	bar->file = info.offset;
	bar->is_64 = value & PCI_BASE_ADDRESS_MEM_TYPE_64;
	if (info.flags & VFIO_REGION_INFO_FLAG_MMAP) {
		bar->at = mmap(NULL, bar->size, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd,
			(off_t)bar->file);
		if (bar->at == MAP_FAILED)
			bar->at = NULL;
	}
	if (bar->at)
		split(device, bar, device->msix && device->msix_bar == n);
	/* The host's address means nothing to the guest. */
	vfio_config_write(device, at, 4, 0);
	if (bar->is_64)
		vfio_config_write(device, at + 4, 4, 0);
	return 0;
}

int vfio_open_bars(struct vfio_device *device)
{
	for (uint32_t n = 0; n < VFIO_BARS; n++)
		if (!(n && device->bar[n - 1].is_64) && open_bar(device, n))
			return -1;
	return 0;
}

/* Has a dma-buf of a piece in the IOAS. Return: 0 or -errno. */
static int show_peers(const struct vfio_device *device, uint32_t n, const struct vfio_piece *piece)
{
	struct feature_dma_buf feature = {
		.size = sizeof(feature),
		.flags = VFIO_DEVICE_FEATURE_GET | FEATURE_DMA_BUF,
		.region = n,
		.open_flags = O_RDWR | O_CLOEXEC,
		.ranges = 1,
		.offset = piece->offset,
		.length = piece->size,
	};
	const uint64_t address = device->bar[n].address + piece->offset;
	int ret, fd = ioctl(device->fd, VFIO_DEVICE_FEATURE, &feature);

	if (fd < 0)
		return -errno;
	ret = iommufd_map_file(&device->vm->iommufd, fd, address, piece->size);
	close(fd);
	return ret;
}

/* Shows a piece to vCPUs and to other devices, or no more. */
static void show_piece(struct vfio_device *device, uint32_t n, uint32_t which, bool on)
{
	static atomic_bool told;
	struct vfio_bar *bar = &device->bar[n];
	struct vfio_piece *piece = &bar->piece[which];
	const uint32_t slot =
		KVM_SLOT_BARS + ((device->slot * VFIO_BARS) + n) * VFIO_PIECES + which;
	const uint64_t address = bar->address + piece->offset;
	int ret;

	if (!piece->size || piece->shown == on)
		return;
	piece->shown = on;
	if (!on)
		iommufd_unmap(&device->vm->iommufd, address, piece->size);
	ret = kvm_set_slot(&device->vm->kvm, slot, address, on ? piece->size : 0,
		(uint8_t *)bar->at + piece->offset);
	/* Without a slot the accesses exit, which is only slower. */
	if (on && ret)
		vfio_note(device, "a BAR is slow, as KVM does not show it", ret);
	ret = on ? show_peers(device, n, piece) : 0;
	if (ret && !atomic_exchange(&told, true))
		vfio_note(device,
			"other devices do not reach it, which takes Linux 7.0 with "
			"CONFIG_PCI_P2PDMA",
			ret);
}

/* The guest can write any address to a BAR, the last ones too. */
static bool in_window(uint64_t address, uint64_t size)
{
	const uint64_t in32 = address - MAP_MEM32, in64 = address - MAP_MEM64;

	return (in32 < MAP_MEM32_SIZE && size <= MAP_MEM32_SIZE - in32) ||
	       (in64 < MAP_MEM64_SIZE && size <= MAP_MEM64_SIZE - in64);
}

void vfio_show_bars(struct vfio_device *device, bool on)
{
	device->memory_on = on;
	for (uint32_t n = 0; n < VFIO_BARS; n++) {
		const uint32_t at = PCI_BASE_ADDRESS_0 + 4 * n;
		struct vfio_bar *bar = &device->bar[n];

		if (!bar->size)
			continue;
		if (on) {
			bar->address = vfio_config_read(device, at, 4) & PCI_BASE_ADDRESS_MEM_MASK;
			if (bar->is_64)
				bar->address |= (uint64_t)vfio_config_read(device, at + 4, 4) << 32;
		}
		for (uint32_t which = 0; which < VFIO_PIECES; which++)
			show_piece(device, n, which, on && in_window(bar->address, bar->size));
	}
}

void vfio_close_bars(struct vfio_device *device)
{
	if (device->memory_on)
		vfio_show_bars(device, false);
	for (uint32_t n = 0; n < VFIO_BARS; n++)
		if (device->bar[n].at)
			munmap(device->bar[n].at, device->bar[n].size);
	memset(device->bar, 0, sizeof(device->bar));
}

/* An access to what KVM does not show: a table of MSI-X, or a BAR smaller than a page. */
static void access_bar(
	struct vfio_device *device, uint32_t n, uint64_t offset, struct bus_access *access)
{
	const off_t at = (off_t)(device->bar[n].file + offset);

	if (device->msix && n == device->msix_bar && offset >= device->msix_table &&
		offset < device->msix_table + 16 * (uint64_t)device->msix_count)
		vfio_msix_access(device, (uint32_t)(offset - device->msix_table), access);
	else if (access->write)
		(void)!pwrite(device->fd, &access->value, access->size, at);
	else if (pread(device->fd, &access->value, access->size, at) != (ssize_t)access->size)
		access->value = UINT64_MAX;
}

bool vfio_access_memory(struct vfio_device *device, struct bus_access *access)
{
	bool found = false;

	pthread_mutex_lock(&device->lock);
	for (uint32_t n = 0; device->shown && device->memory_on && !found && n < VFIO_BARS; n++) {
		const struct vfio_bar *bar = &device->bar[n];
		const uint64_t offset = access->address - bar->address;

		found = offset < bar->size && access->size <= bar->size - offset;
		if (found)
			access_bar(device, n, offset, access);
	}
	pthread_mutex_unlock(&device->lock);
	return found;
}
