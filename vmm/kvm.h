/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual machine as KVM has it: memory slots, the GICv3 with its ITS, interrupt lines. */
#ifndef VMM_KVM_H
#define VMM_KVM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "map.h"
#include "memory.h"

#define KVM_MSIS      1024 /* of all devices */
#define KVM_SLOT_RAM  0
#define KVM_SLOT_BARS 1 /* and up */

struct kvm_irq_routing;

struct kvm {
	int fd; /* of /dev/kvm */
	int vm;
	int gic;
	int its;
	pthread_mutex_t lock;		/* over @routes */
	struct kvm_irq_routing *routes; /* SPI_COUNT to the SPIs, KVM_MSIS to the ITS */
};

/* Makes the machine with its memory. Return: 0; -1 with a message. */
int kvm_open(struct kvm *kvm, const struct memory *memory);
void kvm_close(struct kvm *kvm);

/* Adds the interrupt controller, after the vCPUs. Return: 0; -1 with a message. */
int kvm_add_gic(struct kvm *kvm);

/* Puts host memory at guest-physical @address; a @size of 0 removes it. Return: 0 or -errno. */
int kvm_set_slot(struct kvm *kvm, uint32_t slot, uint64_t address, uint64_t size, void *at);

void kvm_set_spi(struct kvm *kvm, uint32_t spi, bool level);

/*
 * Ties the eventfd @fd to @gsi, or unties it. With @resample, which may be -1, the line is a level
 * and that eventfd tells of the guest's end of interrupt. Return: 0 or -errno.
 */
int kvm_irqfd(struct kvm *kvm, int fd, uint32_t gsi, int resample, bool assign);

/* Sends an MSI to the ITS. Return: 0 or -errno. */
int kvm_send_msi(struct kvm *kvm, uint32_t device_id, uint64_t address, uint32_t data);

/* Makes the table of routes. Return: 0; -1 with a message. */
int kvm_open_routes(struct kvm *kvm);
/* Return: a GSI that sends MSIs, once it has a route; -ENOSPC. */
int kvm_msi_new(struct kvm *kvm, uint32_t device_id);
int kvm_msi_route(struct kvm *kvm, uint32_t gsi, uint64_t address, uint32_t data);
void kvm_msi_free(struct kvm *kvm, uint32_t gsi);

#endif
