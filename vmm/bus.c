/* SPDX-License-Identifier: BSD-2-Clause */
#include "bus.h"

#include <assert.h>
#include <string.h>

#include "map.h"

#define SLOT_SHIFT     15
#define FUNCTION_SHIFT 12

void bus_add(struct bus *bus, const struct bus_region *region)
{
	assert(bus->regions < BUS_REGIONS);
	bus->region[bus->regions++] = *region;
}

void bus_access(const struct bus *bus, struct bus_access *access)
{
	for (unsigned int n = 0; n < bus->regions; n++) {
		const struct bus_region *region = &bus->region[n];

		access->offset = access->address - region->base;
		if (access->address >= region->base && access->offset < region->size &&
			access->size <= region->size - access->offset) {
			region->access(region->opaque, access);
			return;
		}
	}
	access->value = UINT64_MAX;
}

/* The bridge between the CPUs and bus 0, with no registers of its own: 1b36:0008 of Red Hat. */
static const uint8_t host_bridge[16] = {
	0x36, 0x1b, 0x08, 0x00, 0, 0, 0, 0, 0, 0x00, 0x00, 0x06, 0, 0, 0, 0};

static void access_host_bridge(void *opaque, struct bus_access *access)
{
	(void)opaque;
	if (access->write)
		return;
	access->value = 0;
	if (access->offset + access->size <= sizeof(host_bridge))
		memcpy(&access->value, host_bridge + access->offset, access->size);
}

static void access_ecam(void *opaque, struct bus_access *access)
{
	const struct pci *pci = opaque;
	const struct pci_function *function = &pci->slot[access->offset >> SLOT_SHIFT];
	const bool other = access->offset >> FUNCTION_SHIFT & 7;

	if (other || !function->config || access->size > 4) {
		access->value = UINT64_MAX;
		return;
	}
	access->offset &= (1u << FUNCTION_SHIFT) - 1;
	function->config(function->opaque, access);
}

static void access_memory(void *opaque, struct bus_access *access)
{
	const struct pci *pci = opaque;

	for (unsigned int n = 0; n < PCI_SLOTS; n++) {
		const struct pci_function *function = &pci->slot[n];

		if (function->memory && function->memory(function->opaque, access))
			return;
	}
	access->value = UINT64_MAX;
}

void pci_open(struct pci *pci, struct bus *bus)
{
	const struct bus_region regions[] = {
		{.base = MAP_ECAM, .size = MAP_ECAM_SIZE, .access = access_ecam, .opaque = pci},
		{.base = MAP_MEM32, .size = MAP_MEM32_SIZE, .access = access_memory, .opaque = pci},
		{.base = MAP_MEM64, .size = MAP_MEM64_SIZE, .access = access_memory, .opaque = pci},
	};

	*pci = (struct pci){.slot[0] = {.config = access_host_bridge}};
	for (unsigned int n = 0; n < sizeof(regions) / sizeof(regions[0]); n++)
		bus_add(bus, &regions[n]);
}
