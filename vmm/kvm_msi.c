/* SPDX-License-Identifier: BSD-2-Clause */
/* MSIs: each GSI behind the SPIs has a route to the ITS, which KVM takes as one table. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "error.h"
#include "kvm.h"

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

int kvm_open_routes(struct kvm *kvm)
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
