/* SPDX-License-Identifier: BSD-2-Clause */
/* SMMUs: which there are for the firmware, and which the kernel drives. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libfdt.h>

#include "probe/facts.h"

static int read_iort(struct probe_host *host, struct root *root, struct iort *iort)
{
	const char *why = NULL;
	size_t length;
	char *bytes = root_read(root, "sys/firmware/acpi/tables/IORT", &length);
	int ret = 0;

	if (!bytes) {
		host->iort_error = errno;
		host->iort = errno == ENOENT ? ANSWER_NO : ANSWER_UNKNOWN;
		host->firmware_smmus = errno == ENOENT ? 0 : -1;
		return 0;
	}
	ret = iort_parse(bytes, length, iort, &why);
	free(bytes);
	if (why)
		snprintf(host->iort_why, sizeof(host->iort_why), "%s", why);
	if (ret)
		return ret == -ENOMEM ? ret : 0;
	host->iort = ANSWER_YES;
	host->firmware_smmus = 0;
	for (unsigned int i = 0; i < iort->count; i++)
		host->firmware_smmus += iort->nodes[i].type == IORT_SMMU_V3;
	return 0;
}

static void count_cmdqvs(struct probe_host *host, struct root *root)
{
	char **names = root_list(root, "sys/bus/acpi/devices", NULL);

	if (!names)
		return;
	host->firmware_cmdqvs = 0;
	for (char **name = names; *name; name++)
		host->firmware_cmdqvs += !strncmp(*name, "NVDA200C", 8);
	root_list_free(names);
}

static bool is_disabled(const void *tree, int node)
{
	int length;
	const char *status = fdt_getprop(tree, node, "status", &length);

	return status && (length < 2 || memcmp(status, "ok", 2));
}

static enum answer find_its(const void *tree)
{
	static const char *const kinds[] = {"arm,gic-v3-its", "arm,gic-v5-its"};
	int node = -1;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		while ((node = fdt_node_offset_by_compatible(tree, node, kinds[i])) >= 0)
			if (!is_disabled(tree, node))
				return ANSWER_YES;
	return ANSWER_NO;
}

static int read_tree(struct probe_host *host, struct root *root, struct device_tree *parsed)
{
	size_t length;
	void *tree = root_read(root, "sys/firmware/fdt", &length);
	int node = -1, ret;

	if (!tree || fdt_check_full(tree, length)) {
		free(tree);
		return 0;
	}
	host->firmware_smmus = host->firmware_smmus_disabled = host->firmware_cmdqvs = 0;
	while ((node = fdt_node_offset_by_compatible(tree, node, "arm,smmu-v3")) >= 0) {
		host->firmware_smmus++;
		host->firmware_smmus_disabled += is_disabled(tree, node);
		host->firmware_cmdqvs += fdt_getprop(tree, node, "nvidia,cmdqv", NULL) != NULL;
	}
	if (host->its == ANSWER_UNKNOWN)
		host->its = find_its(tree);
	ret = device_tree_parse(tree, length, parsed);
	free(tree);
	return ret == -ENOMEM ? ret : 0;
}

int facts_firmware(struct probe_host *host, struct root *root, struct firmware *firmware)
{
	host->firmware_smmus = host->firmware_smmus_disabled = host->firmware_cmdqvs = -1;
	/* A copy made without root has no tables, but says that they were there. */
	if (facts_exists(root, "sys/firmware/acpi/tables") == ANSWER_YES ||
		facts_exists(root, "sys/firmware/acpi/tables/IORT") == ANSWER_UNKNOWN) {
		host->firmware = PLATFORM_ACPI;
		count_cmdqvs(host, root);
		return read_iort(host, root, &firmware->iort);
	}
	if (facts_exists(root, "sys/firmware/fdt") == ANSWER_YES ||
		facts_exists(root, "sys/firmware/devicetree/base") == ANSWER_YES) {
		host->firmware = PLATFORM_DEVICE_TREE;
		return read_tree(host, root, &firmware->tree);
	}
	return 0;
}

static void read_smmu(struct probe_smmu *smmu, const char *name, struct root *root)
{
	char path[128], *end;

	*smmu = (struct probe_smmu){
		.base = -1, .oas = -1, .ias = -1, .sid_bits = -1, .ssid_bits = -1};
	facts_copy(smmu->name, sizeof(smmu->name), name);
	errno = 0;
	smmu->base = strtoll(name + strlen("smmu3."), &end, 16);
	if (errno || *end || smmu->base < 0)
		smmu->base = -1;
	snprintf(path, sizeof(path), "sys/class/iommu/%s/device", smmu->name);
	facts_link(root, path, smmu->device, sizeof(smmu->device));
}

int facts_smmus(struct probe_result *result, struct root *root)
{
	struct probe_host *host = &result->host;
	size_t count;
	char **names = root_list(root, "sys/class/iommu", &count);

	result->smmus_known = names ? ANSWER_YES : facts_none(root, "sys/class");
	if (!names)
		return errno == ENOMEM ? -ENOMEM : 0;
	result->smmus = calloc(count ? count : 1, sizeof(*result->smmus));
	for (size_t i = 0; i < count && result->smmus; i++) {
		/* drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: "smmu3.%pa" */
		if (!strncmp(names[i], "smmu3.", 6))
			read_smmu(&result->smmus[result->smmu_count++], names[i], root);
		else if (!host->other_iommus++)
			facts_copy(host->other_iommu, sizeof(host->other_iommu), names[i]);
	}
	root_list_free(names);
	if (!result->smmus)
		return -ENOMEM;
	/* No other kind of machine has its driver. */
	if (result->smmu_count && !host->machine[0])
		strcpy(host->machine, "aarch64");
	facts_read(root, "vsmmu/kernel-log", kernel_log_parse, result);
	return 0;
}
