/* SPDX-License-Identifier: BSD-2-Clause */
/* MSIs: each GSI behind the SPIs has a route to the ITS, which KVM takes as one table. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/ioctl.h>

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

/* Tells KVM all routes, those of the SPIs too, which the table replaces. */
static int commit(struct kvm *kvm)
{
	struct kvm_irq_routing *table;
	int ret;

	table = calloc(1, sizeof(*table) + (SPI_COUNT + KVM_MSIS) * sizeof(table->entries[0]));
	if (!table)
		return -ENOMEM;
	for (uint32_t n = 0; n < SPI_COUNT; n++) {
		struct kvm_irq_routing_entry *entry = &table->entries[table->nr++];

		entry->gsi = n;
		entry->type = KVM_IRQ_ROUTING_IRQCHIP;
		entry->u.irqchip.pin = n;
	}
	for (uint32_t n = 0; n < KVM_MSIS; n++) {
		struct kvm_irq_routing_entry *entry = &table->entries[table->nr];

		if (!kvm->msi[n].used || !kvm->msi[n].address)
			continue;
		table->nr++;
		entry->gsi = SPI_COUNT + n;
		entry->type = KVM_IRQ_ROUTING_MSI;
		entry->flags = KVM_MSI_VALID_DEVID;
		entry->u.msi.address_lo = (uint32_t)kvm->msi[n].address;
		entry->u.msi.address_hi = (uint32_t)(kvm->msi[n].address >> 32);
		entry->u.msi.data = kvm->msi[n].data;
		entry->u.msi.devid = kvm->msi[n].device_id;
	}
	ret = ioctl(kvm->vm, KVM_SET_GSI_ROUTING, table) ? -errno : 0;
	free(table);
	return ret;
}

int kvm_msi_new(struct kvm *kvm, uint32_t device_id)
{
	int gsi = -ENOSPC;

	pthread_mutex_lock(&kvm->lock);
	for (int n = 0; gsi < 0 && n < KVM_MSIS; n++) {
		if (kvm->msi[n].used)
			continue;
		kvm->msi[n] = (struct kvm_msi_route){.used = true, .device_id = device_id};
		gsi = SPI_COUNT + n;
	}
	pthread_mutex_unlock(&kvm->lock);
	return gsi;
}

int kvm_msi_route(struct kvm *kvm, uint32_t gsi, uint64_t address, uint32_t data)
{
	struct kvm_msi_route *route = &kvm->msi[gsi - SPI_COUNT];
	int ret = 0;

	pthread_mutex_lock(&kvm->lock);
	if (route->address != address || route->data != data) {
		route->address = address;
		route->data = data;
		ret = commit(kvm);
	}
	pthread_mutex_unlock(&kvm->lock);
	return ret;
}

void kvm_msi_free(struct kvm *kvm, uint32_t gsi)
{
	pthread_mutex_lock(&kvm->lock);
	kvm->msi[gsi - SPI_COUNT].used = false;
	pthread_mutex_unlock(&kvm->lock);
}
