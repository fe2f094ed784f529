/* SPDX-License-Identifier: BSD-2-Clause */
/* What texts tell: dumps of tables, lists of lspci, logs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "endpoints/hex_dump.h"
#include "endpoints/lspci.h"
#include "endpoints/map_sources.h"
#include "text/span.h"
#include "log/log.h"

struct reader {
	struct endpoint_map *map;
	struct hex_dump dump;
	struct vsmmu_dmesg dmesg;
	struct device *device; /* of the last line of lspci that named one */
	bool bridge;	       /* lspci listed one: it lists all functions */
	unsigned int listed;
	int found;
};

static void take_function(
	struct reader *reader, const struct listed_function *function, bool listed)
{
	char name[64];

	pci_address_print(&function->address, name, sizeof(name));
	reader->device = devices_add(&reader->map->devices, name, listed);
	if (reader->device && function->has_id)
		device_describe(
			reader->device, function->vendor, function->id, function->code, NULL);
	else if (reader->device && function->text.length)
		span_print(function->text, reader->device->about, sizeof(reader->device->about));
	reader->bridge = reader->bridge || function->bridge;
	reader->listed += listed;
	reader->found++;
}

/* Return: whether the line names a PCI function. */
static bool function_line(struct reader *reader, struct span line)
{
	struct listed_function function;
	bool listed = lspci_parse(line, &function);

	if (!listed && !lspci_parse_kernel(line, &function) && !lspci_parse_path(line, &function))
		return false;
	take_function(reader, &function, listed);
	return true;
}

/* lspci -k: below its device */
static bool driver_line(struct reader *reader, struct span line)
{
	struct span driver = span_trim(line);
	char text[64];

	if (!reader->device || !span_take(&driver, "Kernel driver in use: "))
		return false;
	span_print(driver, text, sizeof(text));
	device_set_driver(reader->device, text);
	reader->device = NULL;
	return true;
}

static void log_line(struct reader *reader, struct span line)
{
	struct vsmmu_dmesg_item item;

	if (vsmmu_dmesg_feed(&reader->dmesg, line.at, line.length))
		return;
	while (vsmmu_dmesg_next(&reader->dmesg, &item) != VSMMU_DMESG_NONE) {
		bool group = item.kind == VSMMU_DMESG_GROUP;

		if (!group && !*item.smmu)
			continue;
		/* Devices move in memory when there are more. */
		reader->device = NULL;
		endpoint_map_add_name(reader->map, group ? item.client : item.smmu);
		reader->found++;
	}
}

static int take_line(struct reader *reader, struct span line, char *why, size_t size)
{
	int ret = hex_dump_feed(&reader->dump, line.at, line.length);

	if (ret > 0) {
		ret = map_add_iort(reader->map, reader->dump.bytes, reader->dump.length, why, size);
		reader->found += !ret;
	} else if (!ret && !function_line(reader, line) && !driver_line(reader, line)) {
		log_line(reader, line);
	}
	return ret;
}

int map_add_text(struct endpoint_map *map, const char *text, size_t length, char *why, size_t size)
{
	struct span rest = {.at = text, .length = length}, line;
	struct reader reader = {.map = map};
	int ret = 0;

	vsmmu_dmesg_init(&reader.dmesg);
	while (!ret && rest.length) {
		if (!span_take_until(&rest, "\n", &line)) {
			line = rest;
			rest.length = 0;
		}
		ret = take_line(&reader, line, why, size);
	}
	hex_dump_free(&reader.dump);
	if (reader.listed)
		map->all_listed = map->all_listed || reader.bridge;
	map_changed(map);
	return ret ? ret : reader.found;
}
