/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling a map. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoints/map_sources.h"
#include "text/span.h"

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
	for (unsigned int i = 0; i < map->source_count; i++) {
		iort_free(&map->sources[i].iort);
		device_tree_free(&map->sources[i].tree);
	}
	devices_free(&map->devices);
	free(map);
}

void map_changed(struct endpoint_map *map)
{
	for (unsigned int i = 0; i < MAP_ANSWERS; i++)
		map->answers[i].valid = false;
}

void endpoint_map_add_name(struct endpoint_map *map, const char *name)
{
	if (!strncmp(name, "arm-smmu-v3.", 12))
		map_note_smmu(map, name);
	else if (*name && !devices_get(&map->devices, name) &&
		 devices_add(&map->devices, name, false))
		map_changed(map);
}

bool endpoint_map_about(const struct endpoint_map *map, const char *name, char *about, size_t size)
{
	const struct device *device = map ? devices_get(&map->devices, name) : NULL;

	snprintf(about, size, "%s", device ? device->about : "");
	return *about;
}

static struct map_source *new_source(struct endpoint_map *map, char *why, size_t size)
{
	if (map->source_count == MAP_SOURCES_MAX) {
		snprintf(why, size, "%d tables are enough", MAP_SOURCES_MAX);
		return NULL;
	}
	return &map->sources[map->source_count];
}

int map_add_iort(struct endpoint_map *map, const void *bytes, size_t length, char *why, size_t size)
{
	struct map_source *source = new_source(map, why, size);
	const char *wrong = NULL;
	int ret;

	if (!source)
		return -E2BIG;
	*source = (struct map_source){.is_tree = false};
	ret = iort_parse(bytes, length, &source->iort, &wrong);
	if (wrong)
		snprintf(why, size, "IORT: %s", wrong);
	if (ret)
		return ret;
	map->source_count++;
	map_changed(map);
	return 0;
}

int map_add_tree(struct endpoint_map *map, const void *bytes, size_t length, char *why, size_t size)
{
	struct map_source *source = new_source(map, why, size);
	int ret;

	if (!source)
		return -E2BIG;
	*source = (struct map_source){.is_tree = true};
	ret = device_tree_parse(bytes, length, &source->tree);
	if (ret) {
		snprintf(why, size, "%s",
			ret == -ENOENT	 ? "the device tree has no SMMUv3"
			: ret == -ENOMEM ? "there is no memory for the device tree"
					 : "the device tree is damaged");
		return ret;
	}
	map->source_count++;
	map_changed(map);
	return 0;
}

void map_add_smmu(struct endpoint_map *map, const char *name, uint64_t address)
{
	struct map_smmu *smmu = &map->smmus[map->smmu_count];

	if (map->smmu_count == MAP_SMMUS_MAX)
		return;
	map->smmu_count++;
	*smmu = (struct map_smmu){.address = address};
	span_print(span_of(name), smmu->name, sizeof(smmu->name));
	map_changed(map);
}

struct smmu_ref map_smmu_ref(const struct endpoint_map *map, const char *name)
{
	struct smmu_ref ref;

	for (unsigned int i = 0; i < map->smmu_count; i++) {
		if (!strcmp(map->smmus[i].name, name))
			return (struct smmu_ref){SMMU_REF_ADDRESS, map->smmus[i].address};
	}
	ref = smmu_ref_parse(name);
	for (unsigned int i = 0; ref.kind == SMMU_REF_NUMBER && i < map->source_count; i++) {
		const struct iort_node *node =
			smmu_numbers_find(&map->numbers, &map->sources[i].iort, ref.value);

		if (node)
			return (struct smmu_ref){SMMU_REF_ADDRESS, node->smmu_v3.base};
	}
	return ref;
}

void map_note_smmu(struct endpoint_map *map, const char *name)
{
	struct smmu_ref ref = smmu_ref_parse(name);

	if (ref.kind == SMMU_REF_NUMBER && smmu_numbers_add(&map->numbers, ref.value))
		map_changed(map);
}
