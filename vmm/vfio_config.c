/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration space. VFIO has already made most of it safe: BARs can be sized and written, MSI
 * addresses are only kept. Source: Linux drivers/vfio/pci/vfio_pci_config.c
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <unistd.h>

#include "vm.h"

uint32_t vfio_config_read(const struct vfio_device *device, uint32_t offset, uint32_t size)
{
	uint32_t value = 0;

	if (pread(device->fd, &value, size, (off_t)(device->config + offset)) != (ssize_t)size)
		return UINT32_MAX; /* the device is gone */
	return value;
}

void vfio_config_write(
	const struct vfio_device *device, uint32_t offset, uint32_t size, uint32_t value)
{
	(void)!pwrite(device->fd, &value, size, (off_t)(device->config + offset));
}

void vfio_find_capabilities(struct vfio_device *device)
{
	uint32_t at = vfio_config_read(device, PCI_CAPABILITY_LIST, 1), express = 0, af = 0;

	if (!(vfio_config_read(device, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return;
	for (unsigned int n = 0; n < 48 && at >= 0x40 && at < 0xff; n++) {
		const uint32_t id = vfio_config_read(device, at, 1);

		if (id == PCI_CAP_ID_MSI)
			device->msi = at;
		else if (id == PCI_CAP_ID_MSIX)
			device->msix = at;
		else if (id == PCI_CAP_ID_EXP)
			express = at;
		else if (id == PCI_CAP_ID_AF)
			af = at;
		at = vfio_config_read(device, at + 1, 1) & ~3u;
	}
	if (express && vfio_config_read(device, express + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR) {
		device->reset = express + PCI_EXP_DEVCTL + 1;
		device->reset_bit = PCI_EXP_DEVCTL_BCR_FLR >> 8;
	} else if (af && vfio_config_read(device, af + PCI_AF_CAP, 1) & PCI_AF_CAP_FLR) {
		device->reset = af + PCI_AF_CTRL;
		device->reset_bit = PCI_AF_CTRL_FLR;
	}
}

/* The byte that the guest sees where VFIO has @byte. */
static uint8_t shown(const struct vfio_device *device, uint32_t offset, uint8_t byte)
{
	if (offset == PCI_HEADER_TYPE)
		return byte & 0x7f; /* one function, whatever it was */
	if (offset >= PCI_ROM_ADDRESS && offset < PCI_ROM_ADDRESS + 4)
		return 0;
	if (offset >= PCI_BASE_ADDRESS_0 && offset < PCI_BASE_ADDRESS_0 + 4 * VFIO_BARS) {
		const uint32_t n = (offset - PCI_BASE_ADDRESS_0) / 4;
		const bool upper = n && device->bar[n - 1].is_64;

		/* Ports of PCI are not there. */
		return device->bar[n].size || upper ? byte : 0;
	}
	if (device->no_msi && offset && (offset == device->msi || offset == device->msix))
		return 0; /* a capability that is none */
	if (device->msix && offset == device->msix + PCI_MSIX_FLAGS + 1)
		return (uint8_t)(device->msix_control >> 8);
	return byte;
}

static void read_config(const struct vfio_device *device, struct bus_access *access)
{
	const uint32_t offset = (uint32_t)access->offset;
	uint32_t value = vfio_config_read(device, offset, access->size);

	access->value = 0;
	for (uint32_t n = 0; n < access->size; n++)
		access->value |= (uint64_t)shown(device, offset + n, (uint8_t)(value >> 8 * n))
				 << 8 * n;
}

static bool covers(const struct bus_access *access, uint32_t offset)
{
	return access->offset <= offset && offset < access->offset + access->size;
}

static uint8_t byte_at(const struct bus_access *access, uint32_t offset)
{
	return (uint8_t)(access->value >> 8 * (offset - access->offset));
}

/*
 * VFIO keeps the flag that enables MSI off until its eventfds are there. So MSI is turned on before
 * the write, and off after it.
 */
static void write_msi(struct vfio_device *device, const struct bus_access *access)
{
	const uint32_t at = device->msi + PCI_MSI_FLAGS;
	uint32_t flags = vfio_config_read(device, at, 2);

	if (covers(access, at))
		flags = (flags & 0xff00) | byte_at(access, at);
	if (flags & PCI_MSI_FLAGS_ENABLE)
		vfio_msi_written(device, flags);
	vfio_config_write(device, (uint32_t)access->offset, access->size, (uint32_t)access->value);
	vfio_msi_written(device, flags);
}

/*
 * VFIO has reset the function, but put back what it knew of configuration space, interrupts
 * included. A guest that does not do so itself must find it off.
 */
static void after_reset(struct vfio_device *device)
{
	vfio_show_bars(device, false);
	vfio_config_write(device, PCI_COMMAND, 2, 0);
	vfio_irqs_off(device);
	if (device->msi)
		vfio_config_write(device, device->msi + PCI_MSI_FLAGS, 2, 0);
	vfio_msix_reset(device);
	vfio_intx_on(device);
}

static void write_config(struct vfio_device *device, const struct bus_access *access)
{
	const uint32_t offset = (uint32_t)access->offset, msix = device->msix + PCI_MSIX_FLAGS + 1;
	const bool decodes =
		covers(access, PCI_COMMAND)
			? !device->memory_on || !(byte_at(access, PCI_COMMAND) & PCI_COMMAND_MEMORY)
			: offset >= PCI_BASE_ADDRESS_0 && offset < PCI_ROM_ADDRESS;

	if (device->msix && !device->no_msi && covers(access, msix)) {
		vfio_msix_control(device, (uint16_t)(byte_at(access, msix) << 8));
	} else if (device->msi && !device->no_msi && offset + access->size > device->msi &&
		   offset < device->msi + PCI_MSI_MASK_64) {
		write_msi(device, access);
	} else if (decodes) {
		/* KVM lets go first: where the device does not decode, accesses are errors. */
		vfio_show_bars(device, false);
		vfio_config_write(device, offset, access->size, (uint32_t)access->value);
		vfio_show_bars(
			device, vfio_config_read(device, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY);
	} else {
		vfio_config_write(device, offset, access->size, (uint32_t)access->value);
		if (device->reset && covers(access, device->reset) &&
			byte_at(access, device->reset) & device->reset_bit)
			after_reset(device);
	}
}

void vfio_access_config(struct vfio_device *device, struct bus_access *access)
{
	pthread_mutex_lock(&device->lock);
	if (!device->shown)
		access->value = UINT64_MAX;
	else if (access->write)
		write_config(device, access);
	else
		read_config(device, access);
	pthread_mutex_unlock(&device->lock);
}
