/* SPDX-License-Identifier: BSD-2-Clause */
/* Assigned functions come and go. */
#include <errno.h>
#include <inttypes.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vm.h"

#define NOTES_MAX 10

void vfio_note(struct vfio_device *device, const char *what, int error)
{
	if (device->notes < NOTES_MAX)
		note("%s: %s: %s%s", device->bdf, what, strerror(-error),
			++device->notes == NOTES_MAX ? " (no more of this is told)" : "");
}

static int bind(struct vfio_device *device, uint32_t *dev_id)
{
	int ret = vsmmu_iommufd_bind(device->fd, device->vm->iommufd.fd, dev_id);

	if (ret == -EPERM)
		return fail("%s: %s; its MSIs are not isolated (the host has no ITS), or another "
			    "function of its IOMMU group belongs to another driver or program",
			device->bdf, strerror(EPERM));
	if (ret == -EINVAL)
		return fail("%s: another program has it", device->bdf);
	return ret ? fail("%s: does not go to iommufd: %s", device->bdf, strerror(-ret)) : 0;
}

static int open_config(struct vfio_device *device)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX};

	if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		return fail("%s: has no configuration space: %m", device->bdf);
	device->config = info.offset;
	device->pin = vfio_config_read(device, PCI_INTERRUPT_PIN, 1) & 7;
	vfio_find_capabilities(device);
	if (device->msix) {
		const uint32_t table = vfio_config_read(device, device->msix + PCI_MSIX_TABLE, 4);

		device->msix_count = (vfio_config_read(device, device->msix + PCI_MSIX_FLAGS, 2) &
					     PCI_MSIX_FLAGS_QSIZE) +
				     1;
		device->msix_bar = table & PCI_MSIX_TABLE_BIR;
		device->msix_table = table & PCI_MSIX_TABLE_OFFSET;
		device->msix_entries = calloc(device->msix_count, 16);
		if (!device->msix_entries)
			return fail("no memory");
		vfio_msix_reset(device);
	}
	return 0;
}

static int attach(struct vfio_device *device, uint32_t dev_id)
{
	const struct vsmmu_endpoint_config endpoint = {
		.size = sizeof(endpoint),
		.vsid = device->slot << 3, /* the requester ID */
		.dev_id = dev_id,
		.vfio_fd = device->fd,
	};
	int ret = vsmmu_endpoint_attach(device->vm->vsmmu, &endpoint, &device->endpoint);

	switch (ret) {
	case 0:
		return 0;
	case -ENOMEM:
		return fail("%s: %s; raise RLIMIT_MEMLOCK (ulimit -l) above --mem", device->bdf,
			strerror(ENOMEM));
	case -EOPNOTSUPP:
		return fail("%s: %s; the kernel is older than 6.15, its SMMU has no "
			    "nesting, or the device is not coherent (CANWBS)",
			device->bdf, strerror(EOPNOTSUPP));
	default:
		return fail("%s: does not go behind the vSMMU: %s", device->bdf, strerror(-ret));
	}
}

/* Those of INTx stay until the end, as the main loop polls one of them. */
static int open_eventfds(struct vfio_device *device)
{
	if (device->raised < 0) {
		device->intx = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		device->unmask = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		device->raised = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	for (unsigned int n = 0; n < VFIO_CALLS; n++)
		device->call[n] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return device->raised < 0 || device->call[VFIO_CALLS - 1] < 0 ? fail("no eventfd: %m") : 0;
}

/* Not every function has both; one without is only less observed. */
static void listen_to_calls(struct vfio_device *device)
{
	static const uint32_t index[] = {VFIO_PCI_REQ_IRQ_INDEX, VFIO_PCI_ERR_IRQ_INDEX};

	for (unsigned int n = 0; n < VFIO_CALLS; n++)
		(void)vfio_set_irqs(
			device, index[n], VFIO_IRQ_SET_ACTION_TRIGGER, &device->call[n], 1);
}

/* Decides whether the guest sees the MSIs, which need the host's window: see docs/guest.md. */
static int place_msis(struct vfio_device *device)
{
	const struct vm *vm = device->vm;
	const bool boot = !vm->vcpu[0].started, hide = vm->options.no_msi;
	uint64_t base, size;

	vfio_read_msi_window(device->bdf, &base, &size);
	if (base + size > MAP_RAM && base < MAP_RAM + vm->memory.size)
		return fail("%s: the host has its window for MSIs at 0x%" PRIx64
			    ", inside of the guest's memory; give it less with --mem",
			device->bdf, base);
	if (boot && !hide && (device->msi || device->msix)) {
		device->node_base = base;
		device->node_size = size;
	}
	device->no_msi = hide || device->node_base != base || device->node_size != size;
	return 0;
}

void vfio_init(struct vfio_device *device, unsigned int slot, struct vm *vm)
{
	*device = (struct vfio_device){.slot = slot,
		.vm = vm,
		.raised = -1,
		.intx = -1,
		.unmask = -1,
		.fd = -1,
		.call = {-1, -1}};
	pthread_mutex_init(&device->lock, NULL);
}

/* Puts a function behind the vSMMU and shows it. Return: 0; -1 with a message. */
static int take(struct vfio_device *device, const char *bdf)
{
	uint32_t dev_id;

	snprintf(device->bdf, sizeof(device->bdf), "%s", bdf);
	device->fd = vfio_open_file(bdf);
	if (device->fd < 0)
		return -1;
	if (open_eventfds(device) || bind(device, &dev_id) || open_config(device) ||
		place_msis(device) || vfio_open_bars(device) || attach(device, dev_id)) {
		vfio_close(device);
		return -1;
	}
	listen_to_calls(device);
	pthread_mutex_lock(&device->lock);
	vfio_intx_on(device);
	device->shown = true;
	pthread_mutex_unlock(&device->lock);
	return 0;
}

void vfio_close(struct vfio_device *device)
{
	if (device->fd < 0)
		return;
	pthread_mutex_lock(&device->lock);
	device->shown = false;
	vfio_close_bars(device); /* before it stops decoding, as vCPUs' accesses are errors then */
	if (device->config)
		vfio_config_write(device, PCI_COMMAND, 2, 0);
	vfio_irqs_off(device);
	pthread_mutex_unlock(&device->lock);
	vsmmu_endpoint_detach(device->endpoint);
	free(device->msix_entries);
	close(device->fd);
	for (unsigned int n = 0; n < VFIO_CALLS; n++)
		if (device->call[n] >= 0)
			close(device->call[n]);
	memset(&device->fd, 0, sizeof(*device) - offsetof(struct vfio_device, fd));
	device->fd = device->call[0] = device->call[1] = -1;
}

struct vfio_device *vm_find(struct vm *vm, const char *bdf)
{
	for (unsigned int n = 0; n < DEVICES_MAX; n++)
		if (vm->device[n].fd >= 0 && !strcmp(vm->device[n].bdf, bdf))
			return &vm->device[n];
	return NULL;
}

/* Return: the slot where it was, else the first one that is free; NULL if none is. */
static struct vfio_device *choose(struct vm *vm, const char *bdf)
{
	struct vfio_device *empty = NULL;

	for (unsigned int n = DEVICES_MAX; n--;) {
		if (vm->device[n].fd >= 0)
			continue;
		empty = &vm->device[n];
		if (!strcmp(empty->bdf, bdf))
			break;
	}
	return empty;
}

int vm_attach(struct vm *vm, const char *bdf, unsigned int slot)
{
	struct vfio_device *device = slot ? &vm->device[slot - 1] : choose(vm, bdf);
	char before[sizeof(device->bdf)];

	if (vm_find(vm, bdf))
		return fail("%s: is attached already, in slot %u", bdf, vm_find(vm, bdf)->slot);
	if (!device)
		return fail("%s: all slots are occupied", bdf);
	if (device->fd >= 0)
		return fail("%s: slot %u is occupied by %s", bdf, device->slot, device->bdf);
	if (!vm->vsmmu_config.host && iommufd_open(vm))
		return -1;
	memcpy(before, device->bdf, sizeof(before));
	if (take(device, bdf)) {
		memcpy(device->bdf, before, sizeof(before));
		return -1;
	}
	vm_wake(vm); /* the main loop has one fd more */
	return 0;
}

int vm_detach(struct vm *vm, const char *bdf)
{
	struct vfio_device *device = vm_find(vm, bdf);

	if (!device)
		return fail("%s: is not attached", bdf);
	vfio_close(device);
	return 0;
}
