/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI devices, each as sysfs shows it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/facts.h"

#define PCI "sys/bus/pci/devices"

static void parse_number(const char *text, int *number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 16);

	if (end != text && value <= 0xffffff)
		*number = (int)value;
}

static void parse_resets(const char *text, struct probe_device *device)
{
	facts_copy(device->resets, sizeof(device->resets), text);
}

static int read_number(struct root *root, const char *bdf, const char *name, int *number)
{
	char path[128];

	snprintf(path, sizeof(path), PCI "/%s/%s", bdf, name);
	return facts_read(root, path, parse_number, number);
}

static void read_driver(struct probe_device *device, struct root *root)
{
	char path[128], node[96];
	char **names;
	int error;

	snprintf(path, sizeof(path), PCI "/%s/driver", device->bdf);
	error = facts_link(root, path, device->driver, sizeof(device->driver));
	device->driver_known = !error || error == ENOENT ? ANSWER_YES : ANSWER_UNKNOWN;
	snprintf(path, sizeof(path), PCI "/%s/vfio-dev", device->bdf);
	names = root_list(root, path, NULL);
	if (!names || !names[0]) {
		root_list_free(names);
		return;
	}
	facts_copy(device->cdev, sizeof(device->cdev), names[0]);
	root_list_free(names);
	snprintf(node, sizeof(node), "dev/vfio/devices/%s", device->cdev);
	/* Copies of /sys come without /dev. */
	if (facts_exists(root, "dev") == ANSWER_YES)
		device->cdev_node = facts_exists(root, node);
}

static void read_config(struct probe_device *device, struct root *root, struct pci_config *config)
{
	char path[128];
	size_t length = 0;
	char *bytes;

	snprintf(path, sizeof(path), PCI "/%s/config", device->bdf);
	bytes = root_read(root, path, &length);
	pci_config_parse(bytes, bytes ? length : 0, config);
	free(bytes);
	device->vanished |= config->gone;
	/* Host bridges, too, which have a device's header: nobody gives them to a VM. */
	device->bridge = config->header_type == 1 || device->class_code >> 16 == 0x06;
	device->port_type = config->port_type;
	device->ats = config->ats;
	device->pri = config->pri;
	device->pasid = config->pasid;
	device->pasid_bits = config->pasid_bits;
}

static void read_iommu(
	struct probe_device *device, const struct probe_result *result, struct root *root)
{
	char path[128];
	int error;

	snprintf(path, sizeof(path), PCI "/%s/iommu", device->bdf);
	error = facts_link(root, path, device->iommu, sizeof(device->iommu));
	device->behind_iommu = !error ? ANSWER_YES : error == ENOENT ? ANSWER_NO : ANSWER_UNKNOWN;
	device->smmu = -1;
	for (size_t i = 0; i < result->smmu_count && !error; i++)
		if (!strcmp(result->smmus[i].name, device->iommu)) {
			device->smmu = (int)i;
			result->smmus[i].devices++;
		}
}

static void read_device(struct probe_device *device, const char *bdf, struct root *root,
	struct probe_result *result, struct pci_config *config)
{
	char path[128];
	int error;

	snprintf(device->bdf, sizeof(device->bdf), "%s", bdf);
	device->vendor = device->device = device->class_code = -1;
	device->stream_id = device->group = -1;
	/* It may have gone since the folder was listed. */
	device->vanished = read_number(root, bdf, "vendor", &device->vendor) == ENOENT;
	read_number(root, bdf, "device", &device->device);
	read_number(root, bdf, "class", &device->class_code);
	read_config(device, root, config);
	snprintf(path, sizeof(path), PCI "/%s/resource", bdf);
	facts_read(root, path, resource_parse, device);
	snprintf(path, sizeof(path), PCI "/%s/reset_method", bdf);
	error = facts_read(root, path, parse_resets, device);
	/* Linux has the file since 5.15, where there is a way to reset it. */
	if (!error || (error == ENOENT && !kernel_before(&result->host, 5, 15)))
		device->resets_known = ANSWER_YES;
	snprintf(path, sizeof(path), PCI "/%s/physfn", bdf);
	facts_link(root, path, device->physfn, sizeof(device->physfn));
	read_driver(device, root);
	read_iommu(device, result, root);
}

void facts_look_again(struct probe_result *result, struct root *root, size_t i)
{
	struct probe_device *device = &result->devices[i];
	int vendor;

	device->vanished |= read_number(root, device->bdf, "vendor", &vendor) == ENOENT;
}

static int compare_bdf(const void *bdf, const void *device)
{
	return strcmp(bdf, ((const struct probe_device *)device)->bdf);
}

/* They are in the order of their names, as root_list() gives them. */
struct probe_device *facts_find(const struct probe_result *result, const char *bdf)
{
	return bsearch(
		bdf, result->devices, result->device_count, sizeof(*result->devices), compare_bdf);
}

/* PASID and PRI of a virtual function are those of its physical one: PCIe 6.0, 9.3.7.14. */
static void inherit(struct probe_result *result)
{
	for (size_t i = 0; i < result->device_count; i++) {
		struct probe_device *device = &result->devices[i];
		const struct probe_device *physical =
			device->physfn[0] ? facts_find(result, device->physfn) : NULL;

		if (!physical)
			continue;
		device->pasid = physical->pasid;
		device->pasid_bits = physical->pasid_bits;
		device->pri = physical->pri;
	}
}

int facts_devices(struct probe_result *result, struct root *root, struct pci_function **functions)
{
	size_t count;
	char **names = root_list(root, PCI, &count);

	result->devices_known = names ? ANSWER_YES : facts_none(root, "sys/bus");
	if (!names)
		return errno == ENOMEM ? -ENOMEM : 0;
	result->devices_cut = count > PROBE_DEVICES_MAX;
	if (result->devices_cut)
		count = PROBE_DEVICES_MAX;
	result->devices = calloc(count ? count : 1, sizeof(*result->devices));
	*functions = calloc(count ? count : 1, sizeof(**functions));
	for (size_t i = 0; i < count && result->devices && *functions; i++) {
		struct pci_function *function = &(*functions)[result->device_count];

		if (!probe_is_bdf(names[i]) || strlen(names[i]) >= sizeof(result->devices->bdf))
			continue;
		pci_address_parse(names[i], strlen(names[i]), &function->address);
		read_device(&result->devices[result->device_count++], names[i], root, result,
			&function->config);
	}
	root_list_free(names);
	if (!result->devices || !*functions)
		return -ENOMEM;
	inherit(result);
	return 0;
}
