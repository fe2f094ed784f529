/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts: an eventfd each, which VFIO writes and KVM takes as an irqfd. */
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "error.h"
#include "vfio.h"

int vfio_set_irqs(
	struct vfio_device *device, uint32_t index, uint32_t action, const int *fds, uint32_t count)
{
	struct vfio_irq_set *set = calloc(1, sizeof(*set) + count * sizeof(int));
	int ret = set ? 0 : -ENOMEM;

	if (!ret) {
		set->argsz = (uint32_t)(sizeof(*set) + count * sizeof(int));
		set->flags = action | (count ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE);
		set->index = index;
		set->count = count;
		if (count)
			memcpy(set->data, fds, count * sizeof(int));
		ret = ioctl(device->fd, VFIO_DEVICE_SET_IRQS, set) ? -errno : 0;
		free(set);
	}
	return ret;
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
	ret = kvm_irqfd(device->kvm, device->intx, intx_spi(device), device->unmask, true);
	if (!ret)
		ret = vfio_set_irqs(
			device, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, &raised, 1);
	if (!ret)
		ret = vfio_set_irqs(device, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK,
			&device->unmask, 1);
	device->irq_mode = VFIO_IRQ_INTX;
	if (ret)
		vfio_note(device, "has no INTx", ret);
}

static void intx_off(struct vfio_device *device)
{
	(void)vfio_set_irqs(device, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, NULL, 0);
	(void)kvm_irqfd(device->kvm, device->intx, intx_spi(device), -1, false);
}

void vfio_vector_mask(struct vfio_device *device, uint32_t n)
{
	struct vfio_vector *vector = &device->vector[n];

	/* Interrupts that come meanwhile stay in the eventfd, as a pending bit would. */
	if (vector->tied)
		(void)kvm_irqfd(device->kvm, vector->fd, (uint32_t)vector->gsi, -1, false);
	vector->tied = false;
}

void vfio_vector_set(struct vfio_device *device, uint32_t n, uint32_t data)
{
	struct vfio_vector *vector = &device->vector[n];
	/*
	 * The address that the guest wrote is an input of its SMMU, which it maps to the one
	 * doorbell that there is. KVM knows this by its guest-physical address.
	 */
	int ret = kvm_msi_route(device->kvm, (uint32_t)vector->gsi, MAP_DOORBELL, data);

	if (!ret && !vector->tied)
		ret = kvm_irqfd(device->kvm, vector->fd, (uint32_t)vector->gsi, -1, true);
	vector->tied = !ret;
	if (ret)
		vfio_note(device, "an MSI goes nowhere", ret);
}

static void vectors_off(struct vfio_device *device)
{
	for (uint32_t n = 0; n < device->vectors; n++) {
		vfio_vector_mask(device, n);
		if (device->vector[n].gsi >= 0)
			kvm_msi_free(device->kvm, (uint32_t)device->vector[n].gsi);
		if (device->vector[n].fd >= 0)
			close(device->vector[n].fd);
	}
	free(device->vector);
	device->vector = NULL;
	device->vectors = 0;
}

void vfio_irqs_off(struct vfio_device *device)
{
	if (device->irq_mode == VFIO_IRQ_INTX) {
		intx_off(device);
	} else if (device->irq_mode != VFIO_IRQ_OFF) {
		(void)vfio_set_irqs(device,
			device->irq_mode == VFIO_IRQ_MSI ? VFIO_PCI_MSI_IRQ_INDEX
							 : VFIO_PCI_MSIX_IRQ_INDEX,
			VFIO_IRQ_SET_ACTION_TRIGGER, NULL, 0);
		vectors_off(device);
	}
	device->irq_mode = VFIO_IRQ_OFF;
}

int vfio_vectors_on(struct vfio_device *device, enum vfio_irq_mode mode, uint32_t count)
{
	int *fds = calloc(count, sizeof(int)), ret = 0;

	vfio_irqs_off(device);
	device->vector = calloc(count, sizeof(*device->vector));
	if (!fds || !device->vector)
		ret = -ENOMEM;
	for (uint32_t n = 0; !ret && n < count; n++) {
		struct vfio_vector *vector = &device->vector[n];

		vector->fd = fds[n] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		vector->gsi = kvm_msi_new(device->kvm, device->slot << 3);
		device->vectors = n + 1;
		ret = vector->fd < 0 ? -errno : vector->gsi < 0 ? vector->gsi : 0;
	}
	if (!ret)
		ret = vfio_set_irqs(device,
			mode == VFIO_IRQ_MSI ? VFIO_PCI_MSI_IRQ_INDEX : VFIO_PCI_MSIX_IRQ_INDEX,
			VFIO_IRQ_SET_ACTION_TRIGGER, fds, count);
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
