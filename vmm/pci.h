/* SPDX-License-Identifier: BSD-2-Clause */
/* The PCIe host: configuration space of bus 0 by ECAM, and the windows where BARs are. */
#ifndef VMM_PCI_H
#define VMM_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"

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
