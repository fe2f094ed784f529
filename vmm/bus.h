/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hands accesses to guest-physical addresses that are not memory to their devices; one of these is
 * the PCIe host, with the configuration space of bus 0 by ECAM and the windows where BARs are.
 */
#ifndef VMM_BUS_H
#define VMM_BUS_H

#include <stdbool.h>
#include <stdint.h>

struct bus_access {
	uint64_t address;
	uint64_t offset; /* from the region's base */
	uint32_t size;	 /* 1, 2, 4 or 8 bytes */
	bool write;
	uint64_t value; /* to write, or as read */
};

struct bus_region {
	uint64_t base;
	uint64_t size;
	void (*access)(void *opaque, struct bus_access *access); /* in any vCPU's thread */
	void *opaque;
};

#define BUS_REGIONS 8

/* The regions stay as they are once vCPUs run, so that no lock is needed. */
struct bus {
	struct bus_region region[BUS_REGIONS];
	unsigned int regions;
};

void bus_add(struct bus *bus, const struct bus_region *region);

/* Reads of addresses where nothing is give ones; writes there go nowhere. */
void bus_access(const struct bus *bus, struct bus_access *access);

#define PCI_SLOTS 32

/* A function 0 in a slot. Both are called in any vCPU's thread, several at once. */
struct pci_function {
	/* Accesses offset 0 to 0xfff of configuration space. */
	void (*config)(void *opaque, struct bus_access *access);
	/* Accesses what a BAR has at the address and KVM does not. Return: false: it has none. */
	bool (*memory)(void *opaque, struct bus_access *access);
	void *opaque;
};

struct pci {
	struct pci_function slot[PCI_SLOTS];
};

void pci_open(struct pci *pci, struct bus *bus);

#endif
