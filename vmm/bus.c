/* SPDX-License-Identifier: BSD-2-Clause */
#include "bus.h"

#include <assert.h>

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
