/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole machine. */
#ifndef VMM_VM_H
#define VMM_VM_H

#include "bus.h"
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
	struct vfio_device device[DEVICES_MAX];
	struct image image;
	struct vcpu_machine machine; /* for the vCPUs */
	struct vcpu vcpu[VCPUS_MAX];
	int signals; /* signalfd */
	struct stop stop;
};

/* Writes the device tree to its place in the guest's memory. Return: 0; -1 with a message. */
int device_tree_build(const struct vm *vm);

#endif
