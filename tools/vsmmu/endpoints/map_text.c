/* SPDX-License-Identifier: BSD-2-Clause */
/* What texts tell: dumps of tables, lists of lspci, logs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "endpoints/hex_dump.h"
#include "endpoints/map_sources.h"
#include "text/span.h"
#include "text/text.h"

struct reader {
	struct endpoint_map *map;
	struct hex_dump dump;
	struct vsmmu_dmesg dmesg;
	struct device *device; /* of the last line of lspci that named one */
	bool bridge;	       /* lspci listed one: it lists all functions */
	unsigned int listed;
	int found;
};

static bool take_hex4(struct span *span, unsigned int *value)
{
	struct span before = *span;
	uint64_t number;

	if (!span_take_number(span, 16, &number) || before.length - span->length != 4)
		return false;
	*value = (unsigned int)number;
	return true;
}

/* "8086:1533" */
static bool take_id(struct span *span, unsigned int *vendor, unsigned int *id)
{
	return take_hex4(span, vendor) && span_take(span, ":") && take_hex4(span, id);
}

/* lspci -n: "0200: 8086:1533 (rev 03)" */
static bool is_numeric(struct span rest, unsigned int *code, unsigned int *vendor, unsigned int *id)
{
	return take_hex4(&rest, code) && span_take(&rest, ": ") && take_id(&rest, vendor, id);
}

/* lspci -nn: "Ethernet controller [0200]: Intel Corporation I210 [8086:1533] (rev 03)" */
static bool is_both(struct span rest, unsigned int *code, unsigned int *vendor, unsigned int *id)
{
	struct span before;
	bool found = false;

	if (!span_take_until(&rest, " [", &before) || !take_hex4(&rest, code) ||
		!span_take(&rest, "]: "))
		return false;
	while (span_take_until(&rest, "[", &before)) {
		struct span end = rest;
		unsigned int v, i;

		if (!take_id(&end, &v, &i) || !span_begins(end, "]"))
			continue;
		*vendor = v;
		*id = i;
		found = true;
	}
	return found;
}

/* What scripts that list groups put in front of lspci's lines: "IOMMU Group 12 " */
static struct span skip_group(struct span line)
{
	struct span rest = span_trim(line);
	uint64_t number;

	if ((span_take(&rest, "IOMMU Group ") || span_take(&rest, "IOMMU group ")) &&
		span_take_number(&rest, 10, &number)) {
		span_take(&rest, ":");
		return span_trim(rest);
	}
	return span_trim(line);
}

/* Return: whether it is lspci's line of a function. */
static bool lspci_line(struct reader *reader, struct span whole)
{
	struct span line = skip_group(whole);
	struct pci_address address;
	size_t length = pci_address_parse(line.at, line.length, &address);
	unsigned int code = 0, vendor, id;
	struct span rest, before, name;
	char text[64];

	if (!length || length == line.length || line.at[length] != ' ')
		return false;
	rest = span_trim(span_skip(line, length));
	pci_address_print(&address, text, sizeof(text));
	if (is_numeric(rest, &code, &vendor, &id) || is_both(rest, &code, &vendor, &id)) {
		reader->device = devices_add(&reader->map->devices, text, true);
		if (reader->device)
			device_describe(reader->device, vendor, id, code, NULL);
	} else {
		name = rest;
		if (!span_take_until(&name, ": ", &before))
			return false;
		reader->device = devices_add(&reader->map->devices, text, true);
		if (reader->device)
			span_print(rest, reader->device->about, sizeof(reader->device->about));
		if (span_is(before, "Host bridge") || span_is(before, "PCI bridge"))
			code = 0x0600;
	}
	reader->bridge = reader->bridge || code >> 8 == 6;
	reader->listed++;
	reader->found++;
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
	} else if (!ret && !lspci_line(reader, line) && !driver_line(reader, line)) {
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
	if (reader.listed) {
		map->all_listed = map->all_listed || reader.bridge;
		map_changed(map);
	}
	return ret ? ret : reader.found;
}
