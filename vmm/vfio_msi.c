/* SPDX-License-Identifier: BSD-2-Clause */
/* MSI and MSI-X as the guest programs them. Source: PCI Express Base 7.7 */
#include <linux/pci_regs.h>
#include <string.h>

#include "vfio.h"

#define ENTRY	    16
#define ENTRY_DATA  8
#define ENTRY_FLAGS 12

void vfio_msi_written(struct vfio_device *device, uint32_t flags)
{
	const uint32_t count = 1u << ((flags & PCI_MSI_FLAGS_QSIZE) >> 4);
	const bool wide = flags & PCI_MSI_FLAGS_64BIT;
	uint32_t data;

	if (!(flags & PCI_MSI_FLAGS_ENABLE)) {
		if (device->irq_mode == VFIO_IRQ_MSI) {
			vfio_irqs_off(device);
			vfio_intx_on(device);
		}
		return;
	}
	if (device->irq_mode != VFIO_IRQ_MSI && vfio_vectors_on(device, VFIO_IRQ_MSI, count))
		return;
	data = vfio_config_read(
		device, device->msi + (wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32), 2);
	for (uint32_t n = 0; n < device->vectors; n++)
		vfio_vector_set(device, n, data | n);
}

static void update_entry(struct vfio_device *device, uint32_t n)
{
	const uint8_t *entry = device->msix_entries + ENTRY * (size_t)n;
	uint32_t data, flags;

	if (device->irq_mode != VFIO_IRQ_MSIX || n >= device->vectors)
		return;
	memcpy(&data, entry + ENTRY_DATA, sizeof(data));
	memcpy(&flags, entry + ENTRY_FLAGS, sizeof(flags));
	if (flags & PCI_MSIX_ENTRY_CTRL_MASKBIT || device->msix_control & PCI_MSIX_FLAGS_MASKALL)
		vfio_vector_mask(device, n);
	else
		vfio_vector_set(device, n, data);
}

void vfio_msix_reset(struct vfio_device *device)
{
	device->msix_control = 0;
	for (uint32_t n = 0; n < device->msix_count; n++)
		device->msix_entries[ENTRY * n + ENTRY_FLAGS] = PCI_MSIX_ENTRY_CTRL_MASKBIT;
}

void vfio_msix_control(struct vfio_device *device, uint16_t control)
{
	const bool on = control & PCI_MSIX_FLAGS_ENABLE;

	device->msix_control = control & (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	if (on && device->irq_mode != VFIO_IRQ_MSIX) {
		vfio_vectors_on(device, VFIO_IRQ_MSIX, device->msix_count);
	} else if (!on && device->irq_mode == VFIO_IRQ_MSIX) {
		vfio_irqs_off(device);
		vfio_intx_on(device);
	}
	for (uint32_t n = 0; n < device->vectors; n++)
		update_entry(device, n);
}

void vfio_msix_access(struct vfio_device *device, uint32_t offset, struct bus_access *access)
{
	uint8_t *at = device->msix_entries + offset;

	if (offset + access->size > ENTRY * device->msix_count) {
		access->value = 0;
	} else if (access->write) {
		memcpy(at, &access->value, access->size);
		update_entry(device, offset / ENTRY);
	} else {
		access->value = 0;
		memcpy(&access->value, at, access->size);
	}
}
