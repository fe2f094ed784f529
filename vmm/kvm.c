/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: Linux Documentation/virt/kvm/api.rst, devices/arm-vgic-v3.rst, arm-vgic-its.rst */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vm.h"

static int error(int ret)
{
	return ret < 0 ? -errno : 0;
}

/* Each GSI behind the SPIs has a route to the ITS. KVM takes all of them as one table. */
static int open_routes(struct kvm *kvm)
{
	const uint32_t count = SPI_COUNT + KVM_MSIS;

	kvm->routes = calloc(1, sizeof(*kvm->routes) + count * sizeof(kvm->routes->entries[0]));
	if (!kvm->routes)
		return fail("no memory");
	kvm->routes->nr = count;
	for (uint32_t n = 0; n < count; n++) {
		struct kvm_irq_routing_entry *entry = &kvm->routes->entries[n];

		entry->gsi = n;
		entry->type = n < SPI_COUNT ? KVM_IRQ_ROUTING_IRQCHIP : KVM_IRQ_ROUTING_MSI;
		entry->flags = n < SPI_COUNT ? 0 : KVM_MSI_VALID_DEVID;
		if (n < SPI_COUNT)
			entry->u.irqchip.pin = n;
	}
	return 0;
}

int kvm_open(struct kvm *kvm, const struct memory *memory)
{
	int ret;

	kvm->fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm->fd < 0 && errno == EACCES)
		return fail("/dev/kvm: %m; become a member of its group, or run this as root");
	if (kvm->fd < 0)
		return fail("/dev/kvm: %m; the kernel needs CONFIG_KVM, and must be started at EL2 "
			    "(its log says why there is no KVM)");
	if (ioctl(kvm->fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return fail("/dev/kvm: is no KVM of today");
	kvm->vm = ioctl(kvm->fd, KVM_CREATE_VM, 0);
	if (kvm->vm < 0)
		return fail("KVM cannot make a machine with 40 bits of address: %m");
	if (open_routes(kvm))
		return -1;
	ret = kvm_set_slot(kvm, KVM_SLOT_RAM, MAP_RAM, memory->size, memory->at);
	return ret ? fail("KVM does not take the memory: %s", strerror(-ret)) : 0;
}

void kvm_close(struct kvm *kvm)
{
	const int fds[] = {kvm->its, kvm->gic, kvm->vm, kvm->fd};

	for (unsigned int n = 0; n < 4; n++)
		if (fds[n] >= 0)
			close(fds[n]);
	free(kvm->routes);
}

static int new_device(struct kvm *kvm, uint32_t type)
{
	struct kvm_create_device device = {.type = type};

	return ioctl(kvm->vm, KVM_CREATE_DEVICE, &device) ? -1 : (int)device.fd;
}

static int set(int device, uint32_t group, uint64_t attribute, const void *value)
{
	struct kvm_device_attr attr = {.group = group, .attr = attribute, .addr = (uintptr_t)value};

	return ioctl(device, KVM_SET_DEVICE_ATTR, &attr);
}

int kvm_add_gic(struct kvm *kvm)
{
	const uint64_t gicd = MAP_GICD, gicr = MAP_GICR, its = MAP_ITS;
	const uint32_t irqs = 32 + SPI_COUNT;

	kvm->gic = new_device(kvm, KVM_DEV_TYPE_ARM_VGIC_V3);
	if (kvm->gic < 0)
		return fail("KVM has no GICv3: %m; this host's interrupt controller is older");
	if (set(kvm->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &gicd) ||
		set(kvm->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &gicr) ||
		set(kvm->gic, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irqs) ||
		set(kvm->gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL))
		return fail("KVM does not set up the GICv3: %m");
	kvm->its = new_device(kvm, KVM_DEV_TYPE_ARM_VGIC_ITS);
	if (kvm->its < 0 ||
		set(kvm->its, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, &its) ||
		set(kvm->its, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL))
		return fail("KVM does not set up an ITS: %m");
	return 0;
}

int kvm_set_slot(struct kvm *kvm, uint32_t slot, uint64_t address, uint64_t size, void *at)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = address,
		.memory_size = size,
		.userspace_addr = (uintptr_t)at,
	};

	return error(ioctl(kvm->vm, KVM_SET_USER_MEMORY_REGION, &region));
}

int kvm_collect_writes(struct kvm *kvm, uint64_t address, uint32_t size)
{
	struct kvm_coalesced_mmio_zone zone = {.addr = address, .size = size};

	return error(ioctl(kvm->vm, KVM_REGISTER_COALESCED_MMIO, &zone));
}

void kvm_set_spi(struct kvm *kvm, uint32_t spi, bool level)
{
	struct kvm_irq_level line = {
		.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | (32 + spi),
		.level = level,
	};

	(void)ioctl(kvm->vm, KVM_IRQ_LINE, &line);
}

int kvm_irqfd(struct kvm *kvm, int fd, uint32_t gsi, int resample, bool assign)
{
	struct kvm_irqfd irqfd = {.fd = (uint32_t)fd, .gsi = gsi};

	if (!assign)
		irqfd.flags |= KVM_IRQFD_FLAG_DEASSIGN;
	if (resample >= 0) {
		irqfd.flags |= KVM_IRQFD_FLAG_RESAMPLE;
		irqfd.resamplefd = (uint32_t)resample;
	}
	return error(ioctl(kvm->vm, KVM_IRQFD, &irqfd));
}

int kvm_send_msi(struct kvm *kvm, uint32_t device_id, uint64_t address, uint32_t data)
{
	struct kvm_msi msi = {
		.address_lo = (uint32_t)address,
		.address_hi = (uint32_t)(address >> 32),
		.data = data,
		.flags = KVM_MSI_VALID_DEVID,
		.devid = device_id,
	};

	/* KVM says 0 when the guest has not mapped the interrupt: it is gone, as on hardware. */
	return ioctl(kvm->vm, KVM_SIGNAL_MSI, &msi) < 0 ? -errno : 0;
}

int kvm_msi_new(struct kvm *kvm, uint32_t device_id)
{
	int gsi = -ENOSPC;

	pthread_mutex_lock(&kvm->lock);
	for (int n = SPI_COUNT; gsi < 0 && n < SPI_COUNT + KVM_MSIS; n++) {
		struct kvm_irq_routing_msi *msi = &kvm->routes->entries[n].u.msi;

		if (msi->devid)
			continue;
		*msi = (struct kvm_irq_routing_msi){.devid = device_id};
		gsi = n;
	}
	pthread_mutex_unlock(&kvm->lock);
	return gsi;
}

int kvm_msi_route(struct kvm *kvm, uint32_t gsi, uint64_t address, uint32_t data)
{
	struct kvm_irq_routing_msi *msi = &kvm->routes->entries[gsi].u.msi;
	int ret = 0;

	pthread_mutex_lock(&kvm->lock);
	if (msi->address_lo != (uint32_t)address || msi->data != data) {
		msi->address_lo = (uint32_t)address;
		msi->address_hi = (uint32_t)(address >> 32);
		msi->data = data;
		ret = ioctl(kvm->vm, KVM_SET_GSI_ROUTING, kvm->routes) ? -errno : 0;
	}
	pthread_mutex_unlock(&kvm->lock);
	return ret;
}

void kvm_msi_free(struct kvm *kvm, uint32_t gsi)
{
	pthread_mutex_lock(&kvm->lock);
	kvm->routes->entries[gsi].u.msi.devid = 0;
	pthread_mutex_unlock(&kvm->lock);
}
