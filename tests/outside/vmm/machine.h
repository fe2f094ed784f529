/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine below the VMM: devices that it assigns, their container with the nesting parent, and
 * who attaches them. There is the simulator's, and the kernel's.
 */
#ifndef OUTSIDE_MACHINE_H
#define OUTSIDE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/host.h>

#define MACHINE_DEVICES 2

struct machine;

/**
 * struct machine_ops - all return 0 or -errno
 * @open: guest memory is at @base of what devices see; the rest waits for the first device
 * @plug: device @n comes, and @machine->dev_id[n] with it; it is attached to nothing
 * @unplug: it goes
 * @host: for vsmmu_set_host(); after the first @plug
 * @parent_new: a nesting parent that is the container's own
 * @parent_free: -EBUSY while somebody uses it
 * @attach: 0 detaches
 * @access: the device reads @length bytes into itself, or writes what it has. It may meet an
 *	abort, which is no failure: events and memory tell
 */
struct machine_ops {
	const char *name;
	int (*open)(struct machine *machine, void *memory, uint64_t base, size_t size);
	void (*close)(struct machine *machine);
	int (*plug)(struct machine *machine, unsigned int n);
	void (*unplug)(struct machine *machine, unsigned int n);
	int (*host)(struct machine *machine, struct vsmmu_host **out);
	int (*parent_new)(struct machine *machine, unsigned int n, uint32_t *hwpt_id);
	int (*parent_free)(struct machine *machine, uint32_t hwpt_id);
	int (*attach)(struct machine *machine, unsigned int n, uint32_t pt_id);
	int (*access)(struct machine *machine, unsigned int n, uint64_t iova, uint32_t length,
		bool write);
};

#define MACHINE_ACCESS_MAX 4096

struct machine {
	const struct machine_ops *ops;
	uint32_t dev_id[MACHINE_DEVICES];
	void *state;
};

extern const struct machine_ops machine_sim, machine_kernel;

/* The PCI addresses of the kernel's devices, which are QEMU's "edu", bound to vfio-pci. */
void machine_kernel_devices(char **addresses);

/* Objects that are left in the simulated host; 0 on the kernel, which tells nobody. */
uint64_t machine_sim_objects(const struct machine *machine);

/* Makes the simulated devices' SMMU less able from now on. */
void machine_sim_no_wide_asids(bool yes);

#endif
