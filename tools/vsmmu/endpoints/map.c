/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has a StreamID: what the sources say, put together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoints/devices.h"
#include "endpoints/map.h"

struct endpoint_map {
	struct devices devices;
};

struct endpoint_map *endpoint_map_new(void)
{
	struct endpoint_map *map = calloc(1, sizeof(*map));

	if (map)
		devices_init(&map->devices);
	return map;
}

void endpoint_map_free(struct endpoint_map *map)
{
	if (!map)
		return;
	devices_free(&map->devices);
	free(map);
}

void endpoint_map_add_name(struct endpoint_map *map, const char *name)
{
	devices_add(&map->devices, name, false);
}

bool endpoint_map_about(const struct endpoint_map *map, const char *name, char *about, size_t size)
{
	const struct device *device = map ? devices_get(&map->devices, name) : NULL;

	snprintf(about, size, "%s", device ? device->about : "");
	return *about;
}

unsigned int endpoint_map_find(struct endpoint_map *map, const char *smmu, uint32_t sid,
	struct endpoint_name *names, unsigned int max)
{
	const struct device *device = NULL;
	unsigned int count = 0;

	(void)smmu;
	while (map && (device = devices_of_rid(&map->devices, (uint16_t)sid, device))) {
		if (count < max) {
			names[count] = (struct endpoint_name){.certain = false};
			memcpy(names[count].name, device->name, sizeof(device->name));
			memcpy(names[count].about, device->about, sizeof(device->about));
		}
		count++;
	}
	return count;
}

bool endpoint_map_guess(struct endpoint_map *map, const char *smmu, uint32_t sid,
	const char *client, bool unknown, char *buffer, size_t size)
{
	const struct devices *devices = map ? &map->devices : NULL;
	unsigned int bus = sid >> 8 & 0xff;

	if (size)
		*buffer = '\0';
	if (client && *client)
		return false;
	if (endpoint_map_find(map, smmu, sid, NULL, 0))
		return false;
	if (devices && devices->listed && !devices_have_bus(devices->listed_buses, bus))
		return false;
	if (devices && devices->named && !devices->listed && !unknown &&
		!devices_have_bus(devices->named_buses, bus))
		return false;
	return requester_id_guess(sid, buffer, size);
}
