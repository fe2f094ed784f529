/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole machine. */
#ifndef VMM_VM_H
#define VMM_VM_H

#include "bus.h"
#include "control.h"
#include "image.h"
#include "iommufd.h"
#include "kvm.h"
#include "memory.h"
#include "options.h"
#include "smmu.h"
#include "stop.h"
#include "uart.h"
#include "vcpu.h"
#include "vfio.h"

struct vm {
	struct options options;
	struct memory memory;
	struct kvm kvm;
	struct bus bus;
	struct uart uart;
	struct smmu smmu;
	struct pci pci;
	struct iommufd iommufd;
	struct vfio_device device[DEVICES_MAX]; /* of slot 1 and up */
	struct image image;
	struct vcpu_machine machine; /* for the vCPUs */
	struct vcpu vcpu[VCPUS_MAX];
	int signals; /* signalfd */
	struct stop stop;
	pthread_mutex_t loop; /* held by the main loop, but while it polls */
	struct control control;
};

/* Writes the device tree to its place in the guest's memory. Return: 0; -1 with a message. */
int device_tree_build(const struct vm *vm);
/*
 * devices.c. Attaches @bdf to a slot: @slot, or if that is 0 the slot that it had, or a free one.
 * Both are called before vm_run(), and then by the thread of the commands alone. Return: 0; -1 with
 * a message.
 */
int vm_attach(struct vm *vm, const char *bdf, unsigned int slot);
int vm_detach(struct vm *vm, const char *bdf);


#endif
