/* SPDX-License-Identifier: BSD-2-Clause */
/* What a host's sysfs and its firmware's tables tell. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoints/map_sources.h"
#include "root/root.h"

#define PCI    "sys/bus/pci/devices"
#define BRIDGE 0x0604 /* class of a bridge from PCI to PCI */

/* A number in a file of sysfs: "0x8086" or "3". Return: whether there is one. */
static bool read_number(
	struct root *root, const char *device, const char *file, unsigned int *value)
{
	char path[256], *text;

	snprintf(path, sizeof(path), PCI "/%s/%s", device, file);
	text = root_read(root, path, NULL);
	if (!text)
		return false;
	*value = (unsigned int)strtoul(text, NULL, 0);
	free(text);
	return true;
}

static bool is_virtual_function(struct root *root, const char *name)
{
	char path[256], *physical;

	snprintf(path, sizeof(path), PCI "/%s/physfn", name);
	physical = root_link(root, path);
	free(physical);
	return physical;
}

static void add_function(struct endpoint_map *map, struct root *root, const char *name)
{
	unsigned int vendor, id, code, bus;
	struct device *device = devices_add(&map->devices, name, true);
	char path[256], *driver;

	if (!device || !read_number(root, name, "vendor", &vendor) ||
		!read_number(root, name, "device", &id) || !read_number(root, name, "class", &code))
		return;
	snprintf(path, sizeof(path), PCI "/%s/driver", name);
	driver = root_link(root, path);
	device_describe(device, vendor & 0xffff, id & 0xffff, code >> 8 & 0xffff, driver);
	free(driver);
	if (code >> 8 == BRIDGE && read_number(root, name, "secondary_bus_number", &bus))
		device->secondary = bus & 0xff;
	/* Behind a port of PCIe there is no other device than 0, but for virtual functions. */
	device->alias =
		code >> 8 != BRIDGE && device->pci.rid & 0xf8 && !is_virtual_function(root, name);
}

/* A bus of which no bridge is known is no secondary one: there each function has its own ID. */
static bool is_secondary(const struct devices *devices, const struct device *device)
{
	for (unsigned int i = 0; i < devices->count; i++) {
		const struct device *bridge = &devices->all[i];

		if (bridge->secondary == device->pci.rid >> 8 &&
			bridge->pci.segment == device->pci.segment)
			return true;
	}
	return false;
}

static void find_aliases(struct devices *devices)
{
	for (unsigned int i = 0; i < devices->count; i++) {
		struct device *device = &devices->all[i];

		device->alias = device->alias && is_secondary(devices, device);
	}
}

/* Return: how many there are. */
static size_t add_functions(struct endpoint_map *map, struct root *root)
{
	size_t count = 0;
	char **names = root_list(root, PCI, &count);

	for (size_t i = 0; i < count; i++)
		add_function(map, root, names[i]);
	if (names)
		root_list_free(names);
	if (count) {
		find_aliases(&map->devices);
		map->all_listed = true;
		map_changed(map);
	}
	return count;
}

/* Its name, and who is behind it. */
static void add_smmu(
	struct endpoint_map *map, struct root *root, const char *name, uint64_t address)
{
	size_t count = 0;
	char path[256], *device, **members;

	snprintf(path, sizeof(path), "sys/class/iommu/%s/device", name);
	device = root_link(root, path);
	if (device)
		map_add_smmu(map, device, address);
	free(device);
	snprintf(path, sizeof(path), "sys/class/iommu/%s/devices", name);
	members = root_list(root, path, &count);
	for (size_t i = 0; i < count; i++) {
		struct device *member = devices_add(&map->devices, members[i], false);

		if (member)
			member->smmu = address;
	}
	if (members)
		root_list_free(members);
}

static size_t add_smmus(struct endpoint_map *map, struct root *root)
{
	size_t count = 0, smmus = 0;
	char **names = root_list(root, "sys/class/iommu", &count);

	for (size_t i = 0; i < count; i++) {
		struct smmu_ref ref = smmu_ref_parse(names[i]);

		if (strncmp(names[i], "smmu3.", 6) || ref.kind != SMMU_REF_ADDRESS)
			continue;
		add_smmu(map, root, names[i], ref.value);
		smmus++;
	}
	if (names)
		root_list_free(names);
	return smmus;
}

/* Return: whether it is there and good; -EACCES if it is not for this user. */
static int add_table(struct endpoint_map *map, struct root *root, const char *path,
	int (*add)(struct endpoint_map *, const void *, size_t, char *, size_t), char *why,
	size_t size)
{
	size_t length;
	char *bytes = root_read(root, path, &length);
	int ret;

	if (!bytes)
		return errno == EACCES || errno == EPERM ? -EACCES : 0;
	ret = add(map, bytes, length, why, size);
	free(bytes);
	return !ret;
}

int endpoint_map_add_root(struct endpoint_map *map, struct root *root, char *why, size_t size)
{
	size_t found, length;
	int iort, tree;
	char *log;

	if (size)
		*why = '\0';
	found = add_functions(map, root) + add_smmus(map, root);
	log = root_read(root, "vsmmu/kernel-log", &length);
	if (log && map_add_text(map, log, length, why, size) > 0)
		found++;
	free(log);
	iort = add_table(map, root, "sys/firmware/acpi/tables/IORT", map_add_iort, why, size);
	tree = add_table(map, root, "sys/firmware/fdt", map_add_tree, why, size);
	if (iort > 0 || tree > 0)
		return 0;
	if (iort < 0 || tree < 0) {
		snprintf(why, size, "only root may read the %s, which tells the StreamIDs",
			iort < 0 ? "IORT" : "device tree");
		return found ? 0 : -EACCES;
	}
	if (!found && !*why)
		snprintf(why, size, "there is no PCI device, no SMMU, no IORT and no device tree");
	else if (!*why)
		snprintf(
			why, size, "there is no IORT and no device tree, which tell the StreamIDs");
	return found ? 0 : -ENOENT;
}
