/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VMM that is put together as QEMU is: a big lock around all that it does, a thread for its main
 * loop, another one for the vCPU, bottom halves, devices behind bridges whose buses the guest
 * numbers, and a container of its own with the nesting parent.
 */
#ifndef OUTSIDE_VMM_H
#define OUTSIDE_VMM_H

#include <pthread.h>

#include <vsmmu/registers.h>
#include <vsmmu/smmu.h>

#include "machine.h"

#define VMM_RAM	     UINT64_C(0x80000000) /* clear of the kernel's window for MSIs */
#define VMM_RAM_SIZE (UINT64_C(8) << 20)
#define VMM_SMMU     UINT64_C(0x9050000)
#define VMM_SMMU_END (VMM_SMMU + 0x20000)

#define VMM_LINES    3	/* enum vsmmu_irq */
#define VMM_PURPOSES 64 /* that are remembered */

struct vmm;

/* A PCI device, alone on the bus behind its bridge. */
struct vmm_device {
	struct vmm *vmm;
	unsigned int n; /* of the machine's */
	bool is_plugged;
	unsigned int bus;     /* the bridge's secondary bus number; 0 while it has none */
	uint32_t attached_to; /* by VFIO: 0, or a HWPT */
	struct vsmmu_endpoint *endpoint;
	uint32_t purposes[VMM_PURPOSES]; /* of the attach op's calls */
	unsigned int attachments;
};

struct vmm {
	struct machine machine;
	uint8_t *ram;

	pthread_mutex_t lock; /* the big one: it protects all that follows */
	pthread_t owner;
	bool is_locked;
	pthread_cond_t changed; /* the main loop, or a vCPU, did something */

	pthread_t loop;
	int kick;	/* an eventfd: a bottom half is scheduled, or the end has come */
	bool scheduled; /* the bottom half */
	bool held;	/* it does not run before it is let go */
	bool ends;

	struct vsmmu *vsmmu;
	bool has_host;
	uint32_t parent; /* the container's; 0 while it has no devices */
	struct vmm_device device[MACHINE_DEVICES];
	unsigned int lines[VMM_LINES]; /* edges that the guest has not taken */
	unsigned int refusals;	       /* reports of what is refused */
	char refusal[256];
};

/* @promise: how the VMM wants the guest's SMMU to be; ops and the like are filled in. */
void vmm_open(struct vmm *vmm, const struct machine_ops *ops, const struct vsmmu_config *promise);
/* Devices that are still plugged stay so until here. */
void vmm_close(struct vmm *vmm);

void vmm_lock(struct vmm *vmm);
void vmm_unlock(struct vmm *vmm);

/*
 * The monitor's commands. A device that is unplugged leaves the vSMMU, but its container only when
 * it is removed. Return: 0 or -errno.
 */
int vmm_plug(struct vmm *vmm, unsigned int n);
int vmm_unplug(struct vmm *vmm, unsigned int n);
void vmm_remove(struct vmm *vmm, unsigned int n);
void vmm_reset(struct vmm *vmm);

/* Bottom halves do not run, as when the main loop is busy; until they are let go. */
void vmm_hold(struct vmm *vmm);
void vmm_let_go(struct vmm *vmm);

/* The vCPU's exits: registers of the SMMU, and of the bridge above device @n. */
uint64_t vmm_read(struct vmm *vmm, uint64_t offset, uint32_t size);
void vmm_write(struct vmm *vmm, uint64_t offset, uint32_t size, uint64_t value);
void vmm_write_bus(struct vmm *vmm, unsigned int n, unsigned int bus);

/* Waits until @is_so, which is asked with the lock held. The program ends if that takes long. */
void vmm_wait(struct vmm *vmm, bool (*is_so)(struct vmm *vmm, const void *what), const void *what);

/* Return: edges of @irq that have come since the last call. */
unsigned int vmm_take_line(struct vmm *vmm, enum vsmmu_irq irq);

/* A device's accesses, which the lock is not held for. */
void vmm_device_reads(struct vmm *vmm, unsigned int n, uint64_t iova, uint32_t length);
void vmm_device_writes(struct vmm *vmm, unsigned int n, uint64_t iova, uint32_t length);

/* A device that the VMM emulates, on bus 0, finds no translation. Return: as the library. */
int vmm_emulated_fault(struct vmm *vmm, uint32_t vsid, uint64_t iova, bool stall);

struct vsmmu_stats vmm_stats(struct vmm *vmm);

#endif
