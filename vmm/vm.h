/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole machine. */
#ifndef VMM_VM_H
#define VMM_VM_H

#include <stdatomic.h>

#include "bus.h"
#include "image.h"
#include "iommufd.h"
#include "kvm.h"
#include "memory.h"
#include "options.h"
#include "pci.h"
#include "smmu.h"
#include "uart.h"
#include "vcpu.h"
#include "vfio.h"

/* Why the machine stops. */
enum vm_stop {
	VM_RUNS = 0,
	VM_OFF,	   /* the guest switched it off, or its user did */
	VM_RESET,  /* the guest wants to start again */
	VM_BROKEN, /* it cannot go on, which was told */
};

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
	struct vcpu vcpu[VCPUS_MAX];
	int wake;    /* eventfd of the main loop */
	int signals; /* signalfd */
	atomic_int stop;
};

/* Makes the machine of @vm->options. Return: 0; -1 with a message; vm_close() in both cases. */
int vm_open(struct vm *vm);
void vm_close(struct vm *vm);

/* Lets it run until it stops. */
enum vm_stop vm_run(struct vm *vm);

/* Tells the main loop to stop the machine; the first reason counts. In any thread. */
void vm_stop(struct vm *vm, enum vm_stop why);

#endif
