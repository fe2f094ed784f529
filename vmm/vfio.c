/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <vsmmu/smmu.h>

#include "error.h"

#define NOTES_MAX 10

void vfio_note(struct vfio_device *device, const char *what, int error)
{
	if (device->notes < NOTES_MAX)
		note("--device %s: %s: %s%s", device->bdf, what, strerror(-error),
			++device->notes == NOTES_MAX ? " (no more of this is told)" : "");
}

static int bind(struct vfio_device *device, int iommufd, uint32_t *dev_id)
{
	int ret = vsmmu_iommufd_bind(device->fd, iommufd, dev_id);

	if (ret == -EPERM)
		return fail("--device %s: %s; its MSIs are not isolated: the host has no ITS",
			device->bdf, strerror(EPERM));
	if (ret)
		return fail("--device %s: does not go to iommufd: %s", device->bdf, strerror(-ret));
	return 0;
}

static int open_config(struct vfio_device *device)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX};

	if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		return fail("--device %s: has no configuration space: %s", device->bdf,
			strerror(errno));
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
		/* All vectors are masked after a reset. */
		for (uint32_t n = 0; n < device->msix_count; n++)
			device->msix_entries[16 * n + 12] = PCI_MSIX_ENTRY_CTRL_MASKBIT;
	}
	return 0;
}

static int attach(struct vfio_device *device, struct vsmmu *vsmmu, uint32_t dev_id)
{
	const struct vsmmu_endpoint_config endpoint = {
		.size = sizeof(endpoint),
		.vsid = device->slot << 3, /* the requester ID */
		.dev_id = dev_id,
		.vfio_fd = device->fd,
	};
	int ret = vsmmu_endpoint_attach(vsmmu, &endpoint, &device->endpoint);

	switch (ret) {
	case 0:
		return 0;
	case -ENOMEM:
		return fail("--device %s: %s; raise RLIMIT_MEMLOCK (ulimit -l) above --mem",
			device->bdf, strerror(ENOMEM));
	case -EOPNOTSUPP:
		return fail("--device %s: %s; the kernel is older than 6.15, its SMMU has no "
			    "nesting, or the device is not coherent (CANWBS)",
			device->bdf, strerror(EOPNOTSUPP));
	default:
		return fail("--device %s: does not go behind the vSMMU: %s", device->bdf,
			strerror(-ret));
	}
}

int vfio_open(struct vfio_device *device, const struct vfio_config *config)
{
	uint32_t dev_id;

	device->bdf = config->bdf;
	device->slot = config->slot;
	device->kvm = config->kvm;
	device->no_msi = config->no_msi;
	device->raised = device->intx = device->unmask = -1;
	pthread_mutex_init(&device->lock, NULL);
	device->fd = vfio_open_file(config->bdf);
	if (device->fd < 0)
		return -1;
	vfio_read_msi_window(config->bdf, &device->msi_base, &device->msi_size);
	if (vfio_intx_open(device) || bind(device, config->iommufd, &dev_id) ||
		open_config(device) || vfio_open_bars(device) ||
		attach(device, config->vsmmu, dev_id))
		return -1;
	vfio_intx_on(device);
	return 0;
}

void vfio_quiet(struct vfio_device *device)
{
	if (device->fd < 0)
		return;
	if (device->config)
		vfio_config_write(device, PCI_COMMAND, 2, 0);
	vfio_irqs_off(device);
}

void vfio_close(struct vfio_device *device)
{
	if (device->fd < 0)
		return;
	vfio_close_bars(device);
	vfio_intx_close(device);
	free(device->msix_entries);
	close(device->fd);
	pthread_mutex_destroy(&device->lock);
	*device = (struct vfio_device){.fd = -1};
}

void vfio_show(struct vfio_device *device, struct pci *pci)
{
	pci->slot[device->slot] = (struct pci_function){
		.config = vfio_access_config,
		.memory = vfio_access_memory,
		.opaque = device,
	};
}
