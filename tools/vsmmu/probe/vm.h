/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM with a vSMMU for each physical SMMU that one of its devices is behind: for QEMU, which has
 * them since 11.0 (-device arm-smmuv3,accel=on), and for libvirt, which starts it.
 */
#ifndef PROBE_VM_H
#define PROBE_VM_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/probe.h"

#define VM_SMMUS_MAX   8
#define VM_DEVICES_MAX 32 /* behind one vSMMU: root ports on its bus */
#define VM_NOTES_MAX   64
#define VM_NOTE_SIZE   200

struct vm_smmu {
	const struct probe_smmu *smmu;
	const struct probe_device *devices[VM_DEVICES_MAX];
	unsigned int count;
	unsigned int bus; /* number of its root bus in the VM */
	/* Each is to be left out where it is not known, or negative. */
	enum answer ats, ril, cmdqv;
	int oas, ssid_size;
};

struct vm {
	struct vm_smmu smmus[VM_SMMUS_MAX];
	unsigned int count;
	/* For the user to know. */
	char notes[VM_NOTES_MAX][VM_NOTE_SIZE];
	unsigned int note_count;
};

/* The devices that were named, else those that VFIO has. */
void vm_plan(struct vm *vm, const struct probe_result *result);

/* Printers. Return: false if there is no device to give to a VM; nothing is printed then. */
bool probe_print_qemu(const struct probe_result *result);
bool probe_print_libvirt(const struct probe_result *result);

void probe_print_labels(const struct probe_result *result);

#endif
