/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts: an eventfd each, which VFIO writes and KVM takes as an irqfd; MSI and MSI-X as the
 * guest programs them. Source: PCI Express Base 7.7
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vm.h"

#define ENTRY	    16
#define ENTRY_DATA  8
#define ENTRY_FLAGS 12

int vfio_set_irqs(
	struct vfio_device *device, uint32_t index, uint32_t action, const int *fds, uint32_t count)
{
	const size_t size = sizeof(struct vfio_irq_set) + count * sizeof(int);
	struct vfio_irq_set *set = calloc(1, size);
	int ret;

	if (!set)
		return -ENOMEM;
	set->argsz = (uint32_t)size;
	set->flags = action | (count ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE);
	set->index = index;
	set->count = count;
	if (count)
		memcpy(set->data, fds, count * sizeof(int));
	ret = ioctl(device->fd, VFIO_DEVICE_SET_IRQS, set) ? -errno : 0;
	free(set);
	return ret;
}

/* VFIO numbers the kinds of interrupts, from 0, in the order of enum vfio_irq_mode. */
static int set_trigger(
	struct vfio_device *device, enum vfio_irq_mode mode, const int *fds, uint32_t count)
{
	return vfio_set_irqs(device, mode - VFIO_IRQ_INTX, VFIO_IRQ_SET_ACTION_TRIGGER, fds, count);
}

static uint32_t intx_spi(const struct vfio_device *device)
{
	return SPI_INTX + (device->slot + device->pin - 1) % 4;
}

/*
 * The main loop calls it: VFIO does not signal the irqfd itself, as it would from a hard interrupt,
 * where KVM on arm64 (7.3) injects a level at once and warns, since it has other CPUs called.
 */
void vfio_intx_raise(struct vfio_device *device)
{
	eventfd_t ignored;

	if (!eventfd_read(device->raised, &ignored))
		(void)eventfd_write(device->intx, 1);
}

void vfio_intx_on(struct vfio_device *device)
{
	const int raised = device->raised;
	int ret;

	if (!device->pin || device->irq_mode != VFIO_IRQ_OFF)
		return;
	ret = kvm_irqfd(&device->vm->kvm, device->intx, intx_spi(device), device->unmask, true);
	if (!ret)
		ret = set_trigger(device, VFIO_IRQ_INTX, &raised, 1);
	if (!ret)
		ret = vfio_set_irqs(device, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK,
			&device->unmask, 1);
	device->irq_mode = VFIO_IRQ_INTX;
	if (ret)
		vfio_note(device, "has no INTx", ret);
}

static void vector_mask(struct vfio_device *device, uint32_t n)
{
	struct vfio_vector *vector = &device->vector[n];

	/* Interrupts that come meanwhile stay in the eventfd, as a pending bit would. */
	if (vector->tied)
		(void)kvm_irqfd(&device->vm->kvm, vector->fd, (uint32_t)vector->gsi, -1, false);
	vector->tied = false;
}

static void vector_set(struct vfio_device *device, uint32_t n, uint32_t data)
{
	struct vfio_vector *vector = &device->vector[n];
	/*
	 * The address that the guest wrote is an input of its SMMU, which it maps to the one
	 * doorbell that there is. KVM knows this by its guest-physical address.
	 */
	int ret = kvm_msi_route(&device->vm->kvm, (uint32_t)vector->gsi, MAP_DOORBELL, data);

	if (!ret && !vector->tied)
		ret = kvm_irqfd(&device->vm->kvm, vector->fd, (uint32_t)vector->gsi, -1, true);
	vector->tied = !ret;
	if (ret)
		vfio_note(device, "an MSI goes nowhere", ret);
}

static void vectors_off(struct vfio_device *device)
{
	for (uint32_t n = 0; n < device->vectors; n++) {
		vector_mask(device, n);
		if (device->vector[n].gsi >= 0)
			kvm_msi_free(&device->vm->kvm, (uint32_t)device->vector[n].gsi);
		if (device->vector[n].fd >= 0)
			close(device->vector[n].fd);
	}
	free(device->vector);
	device->vector = NULL;
	device->vectors = 0;
}

void vfio_irqs_off(struct vfio_device *device)
{
	if (device->irq_mode == VFIO_IRQ_OFF)
		return;
	(void)set_trigger(device, device->irq_mode, NULL, 0);
	if (device->irq_mode == VFIO_IRQ_INTX)
		(void)kvm_irqfd(&device->vm->kvm, device->intx, intx_spi(device), -1, false);
	vectors_off(device);
	device->irq_mode = VFIO_IRQ_OFF;
}

static int vectors_on(struct vfio_device *device, enum vfio_irq_mode mode, uint32_t count)
{
	int *fds = calloc(count, sizeof(int)), ret = 0;

	vfio_irqs_off(device);
	device->vector = calloc(count, sizeof(*device->vector));
	if (!fds || !device->vector)
		ret = -ENOMEM;
	for (uint32_t n = 0; !ret && n < count; n++) {
		struct vfio_vector *vector = &device->vector[n];

		vector->fd = fds[n] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		vector->gsi = kvm_msi_new(&device->vm->kvm, device->slot << 3);
		device->vectors = n + 1;
		ret = vector->fd < 0 ? -errno : vector->gsi < 0 ? vector->gsi : 0;
	}
	if (!ret)
		ret = set_trigger(device, mode, fds, count);
	free(fds);
	if (ret) {
		vectors_off(device);
		vfio_note(device, "has no MSIs", ret);
		vfio_intx_on(device);
		return -1;
	}
	device->irq_mode = mode;
	return 0;
}

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
	if (device->irq_mode != VFIO_IRQ_MSI && vectors_on(device, VFIO_IRQ_MSI, count))
		return;
	data = vfio_config_read(
		device, device->msi + (wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32), 2);
	for (uint32_t n = 0; n < device->vectors; n++)
		vector_set(device, n, data | n);
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
		vector_mask(device, n);
	else
		vector_set(device, n, data);
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
		vectors_on(device, VFIO_IRQ_MSIX, device->msix_count);
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
