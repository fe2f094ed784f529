/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole machine, and the parts of it that know all of it. */
#ifndef VMM_VM_H
#define VMM_VM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include <vsmmu/smmu.h>

#include "bus.h"
#include "image.h"
#include "iommufd.h"
#include "journal.h"
#include "kvm.h"
#include "memory.h"
#include "options.h"
#include "uart.h"
#include "vcpu.h"
#include "vfio.h"

#define CLIENTS 8

/* A program at the socket of --control. */
struct client {
	int fd;	    /* 0: there is none */
	bool ended; /* it sends nothing more */
	size_t length;
	char line[256]; /* @length bytes that were not looked at */
	size_t sent, answered;
	char answer[16384]; /* @answered bytes; the first @sent are with the client */
};

struct vm {
	struct options options;
	struct memory memory;
	struct kvm kvm;
	struct bus bus;
	struct uart uart;
	struct pci pci;
	struct iommufd iommufd;
	struct vfio_device device[DEVICES_MAX]; /* of slot 1 and up */
	struct image image;
	struct vcpu_machine machine; /* for the vCPUs */
	struct vcpu vcpu[VCPUS_MAX];
	int signals; /* signalfd */
	struct stop stop;
	pthread_mutex_t loop; /* held by the main loop, but while it polls */

	struct vsmmu *vsmmu;
	struct vsmmu_config vsmmu_config; /* that it was made with */
	struct journal journal;
	int line[3]; /* irqfds, by enum vsmmu_irq */
	struct thread commands;

	int listener; /* socket of --control, or 0 */
	struct client client[CLIENTS];
	struct thread control;
};

/* Writes the device tree to its place in the guest's memory. Return: 0; -1 with a message. */
int device_tree_build(const struct vm *vm);

/*
 * smmu.c: the library, with this machine's memory, interrupts and threads around it. It is opened
 * after the interrupt controller and closed after the vCPUs and devices. Return: 0; -1 with a
 * message.
 */
int smmu_open(struct vm *vm);
void smmu_close(struct vm *vm);

/* Brings events to the guest; the main loop calls it when the vSMMU's fd is readable. */
void smmu_dispatch(struct vm *vm);

/*
 * Puts a new vSMMU in the place of the one that the guest uses, whose devices work on meanwhile. In
 * the thread of the socket. Return: 0; -1 with a message, and the old one goes on.
 */
int smmu_move(struct vm *vm);

/* Prints the counters that are not 0; to stderr as messages. */
void smmu_print_stats(const struct vm *vm, FILE *file);

/*
 * devices.c. vm_find() returns the device that is attached under a name, or NULL. vm_attach() takes
 * slot @slot, or if that is 0 the slot that @bdf had, or a free one. They are called before the
 * vCPUs run, and then by the thread of the socket alone, as they take seconds. Return: 0; -1 with a
 * message.
 */
struct vfio_device *vm_find(struct vm *vm, const char *bdf);
int vm_attach(struct vm *vm, const char *bdf, unsigned int slot);
int vm_detach(struct vm *vm, const char *bdf);

/*
 * control.c: a thread that serves the socket of --control, where each line is a command, and
 * devices that VFIO wants back. The socket is opened first of all, the thread started last; it is
 * closed first, and waits for what is under way. Return: 0; -1 with a message.
 */
int control_open(struct vm *vm);
int control_start(struct vm *vm);
void control_close(struct vm *vm);

/* commands.c: does what the line says. Return: the length of the answer, to @size at most. */
size_t command_run(struct vm *vm, char *line, char *answer, size_t size);

#endif
