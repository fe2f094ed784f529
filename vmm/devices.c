/* SPDX-License-Identifier: BSD-2-Clause */
/* Assigned devices come and go. */
#include <string.h>

#include "error.h"
#include "vm.h"

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

/* For the first device: a machine without devices needs no iommufd. */
static int open_host(struct vm *vm)
{
	int ret = iommufd_open(&vm->iommufd, &vm->memory);

	if (!ret && vsmmu_set_host(vm->vsmmu, vm->iommufd.host))
		ret = fail("the vSMMU takes no host");
	if (ret)
		iommufd_close(&vm->iommufd);
	vm->vsmmu_config.host = vm->iommufd.host;
	return ret;
}

int vm_attach(struct vm *vm, const char *bdf, unsigned int slot)
{
	struct vfio_device *device = slot ? &vm->device[slot - 1] : choose(vm, bdf);
	struct vfio_config config = {
		.bdf = bdf,
		.memory = vm->memory.size,
		.no_msi = vm->options.no_msi,
		.boot = !vm->vcpu[0].started,
	};
	char before[sizeof(device->bdf)];

	if (vm_find(vm, bdf))
		return fail("%s: is attached already, in slot %u", bdf, vm_find(vm, bdf)->slot);
	if (!device)
		return fail("%s: all slots are occupied", bdf);
	if (device->fd >= 0)
		return fail("%s: slot %u is occupied by %s", bdf, device->slot, device->bdf);
	if (!vm->vsmmu_config.host && open_host(vm))
		return -1;
	config.iommufd = &vm->iommufd;
	config.vsmmu = vm->vsmmu;
	memcpy(before, device->bdf, sizeof(before));
	if (vfio_open(device, &config)) {
		memcpy(device->bdf, before, sizeof(before));
		return -1;
	}
	(void)eventfd_write(vm->stop.wake, 1); /* the main loop has one fd more */
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
