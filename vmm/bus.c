/* SPDX-License-Identifier: BSD-2-Clause */
#include "bus.h"

#include <assert.h>

void bus_add(struct bus *bus, const struct bus_region *region)
{
	assert(bus->regions < BUS_REGIONS);
	bus->region[bus->regions++] = *region;
}

void bus_access(const struct bus *bus, uint64_t address, struct bus_access *access)
{
	for (unsigned int n = 0; n < bus->regions; n++) {
		const struct bus_region *region = &bus->region[n];

		if (address < region->base || address - region->base >= region->size ||
			access->size > region->size - (address - region->base))
			continue;
		access->offset = address - region->base;
		region->access(region->opaque, access);
		return;
	}
	if (!access->write)
		access->value = UINT64_MAX;
}
