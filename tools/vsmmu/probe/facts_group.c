/* SPDX-License-Identifier: BSD-2-Clause */
/* A device's IOMMU group, and the way from it to its SMMU. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "probe/facts.h"

static void parse_type(const char *text, struct probe_device *device)
{
	facts_copy(device->group_type, sizeof(device->group_type), text);
}

/* Names of all that is in a group and no bridge. Its folder may be long, and is read once. */
static const struct facts_group *find_group(struct facts_groups *groups,
	const struct probe_result *result, struct root *root, int number)
{
	struct facts_group *more, *group;
	char path[64];
	size_t kept = 0;

	for (size_t i = groups->count; i > 0; i--)
		if (groups->group[i - 1].number == number)
			return &groups->group[i - 1];
	more = realloc(groups->group, (groups->count + 1) * sizeof(*more));
	if (!more)
		return NULL;
	groups->group = more;
	group = &groups->group[groups->count++];
	*group = (struct facts_group){.number = number};
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/devices", number);
	group->names = root_list(root, path, NULL);
	for (char **name = group->names; name && *name; name++) {
		const struct probe_device *member = facts_find(result, *name);

		if (member && member->bridge)
			free(*name);
		else
			group->names[kept++] = *name;
	}
	if (group->names)
		group->names[kept] = NULL;
	group->count = kept;
	return group;
}

void facts_groups_free(struct facts_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		root_list_free(groups->group[i].names);
	free(groups->group);
}

static int compare_name(const void *name, const void *other)
{
	return strcmp(name, *(char *const *)other);
}

static void take_members(struct probe_device *device, const struct facts_group *group,
	const struct probe_result *result)
{
	device->members_known = ANSWER_YES;
	device->others = group->count;
	if (group->count && bsearch(device->bdf, group->names, group->count, sizeof(*group->names),
				    compare_name))
		device->others--;
	for (char **name = group->names; *name && device->member_count < PROBE_MEMBERS_MAX;
		name++) {
		struct probe_member *to = &device->members[device->member_count];
		const struct probe_device *member = facts_find(result, *name);

		if (!strcmp(*name, device->bdf))
			continue;
		facts_copy(to->name, sizeof(to->name), *name);
		snprintf(to->driver, sizeof(to->driver), "%s", member ? member->driver : "");
		device->member_count++;
	}
}

void facts_group(
	struct probe_result *result, struct root *root, struct facts_groups *groups, size_t i)
{
	struct probe_device *device = &result->devices[i];
	const struct facts_group *members;
	char path[128], group[24], *end;
	unsigned long number;
	int error;

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/iommu_group", device->bdf);
	error = facts_link(root, path, group, sizeof(group));
	device->grouped = error == ENOENT ? ANSWER_NO : ANSWER_UNKNOWN;
	number = error ? 0 : strtoul(group, &end, 10);
	if (error || end == group || *end || number > INT_MAX)
		return;
	device->grouped = ANSWER_YES;
	device->group = (int)number;
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/reserved_regions", device->group);
	facts_read(root, path, reserved_parse, device);
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/type", device->group);
	facts_read(root, path, parse_type, device);
	members = find_group(groups, result, root, device->group);
	if (members && members->names)
		take_members(device, members, result);
}

/* The bridge whose other side a function is on. Return: -1: it is on a root bus. */
static long find_bridge(const struct pci_function *functions, size_t count, size_t i)
{
	for (size_t n = 0; n < count; n++)
		if (functions[n].address.segment == functions[i].address.segment &&
			functions[n].config.secondary == functions[i].address.rid >> 8 &&
			functions[n].address.rid >> 8 < functions[i].address.rid >> 8)
			return (long)n;
	return -1;
}

enum {
	PCIE_ENDPOINT = 0,
	PCIE_LEGACY_ENDPOINT = 1,
	PCIE_ROOT_PORT = 4,
	PCIE_UPSTREAM = 5,
	PCIE_DOWNSTREAM = 6,
	PCIE_INTEGRATED_ENDPOINT = 9,
};

/* Does as pci_acs_enabled() of Linux' drivers/pci/pci.c, but for its list of quirks. */
static enum answer isolates(const struct pci_config *config)
{
	switch (config->port_type) {
	case -1:
		return ANSWER_UNKNOWN;
	case PCIE_ENDPOINT:
	case PCIE_LEGACY_ENDPOINT:
	case PCIE_UPSTREAM:
	case PCIE_INTEGRATED_ENDPOINT:
		if (!config->multifunction)
			return ANSWER_YES;
		break;
	case PCIE_ROOT_PORT:
	case PCIE_DOWNSTREAM:
		break;
	default:
		return ANSWER_NO; /* behind a bridge to conventional PCI all look alike */
	}
	if (config->acs.present != ANSWER_YES)
		return config->acs.present;
	return config->acs_missing ? ANSWER_NO : ANSWER_YES;
}

/* Whether its group has another function of its slot. */
static bool shares_with_slot(const struct probe_device *device)
{
	size_t length = strcspn(device->bdf, ".") + 1;

	for (size_t i = 0; i < device->member_count; i++)
		if (!strncmp(device->members[i].name, device->bdf, length))
			return true;
	return false;
}

static bool is_pci_bridge(const struct pci_config *config)
{
	return config->port_type != -1 && config->port_type != PCIE_ROOT_PORT &&
	       config->port_type != PCIE_UPSTREAM && config->port_type != PCIE_DOWNSTREAM;
}

/* A function that fails matters more than one that cannot be seen, and the nearest most. */
static void take_acs(struct probe_device *device, const struct pci_config *config, const char *bdf)
{
	enum answer answer = isolates(config);

	if (answer == ANSWER_YES || device->acs == ANSWER_NO)
		return;
	if (answer == ANSWER_UNKNOWN && device->acs == ANSWER_UNKNOWN)
		return;
	device->acs = answer;
	device->acs_missing = config->acs_missing;
	snprintf(device->acs_port, sizeof(device->acs_port), "%s", bdf);
}

void facts_path(struct probe_result *result, const struct pci_function *functions, size_t i)
{
	struct probe_device *device = &result->devices[i];
	const struct probe_device *physical =
		device->physfn[0] ? facts_find(result, device->physfn) : NULL;
	long at = physical ? physical - result->devices : (long)i;

	/* A virtual function may have a bus number of its own, which no bridge names. */
	device->acs = ANSWER_YES;
	/* Functions of one slot are kept apart by their own ACS: pci_get_function_alias_group(). */
	if (shares_with_slot(device))
		take_acs(device, &functions[i].config, device->bdf);
	/* Bus numbers fall on the way up, so this ends. */
	while ((at = find_bridge(functions, result->device_count, (size_t)at)) >= 0) {
		take_acs(device, &functions[at].config, result->devices[at].bdf);
		if (is_pci_bridge(&functions[at].config))
			snprintf(device->pci_bridge, sizeof(device->pci_bridge), "%s",
				result->devices[at].bdf);
	}
}
