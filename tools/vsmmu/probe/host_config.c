/* SPDX-License-Identifier: BSD-2-Clause */
/* How the kernel was built, and with which options it was started. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/facts_parse.h"

const char *const kernel_option_names[KERNEL_OPTIONS] = {
	[OPTION_IOMMUFD] = "IOMMUFD",
	[OPTION_ARM_SMMU_V3] = "ARM_SMMU_V3",
	[OPTION_ARM_SMMU_V3_IOMMUFD] = "ARM_SMMU_V3_IOMMUFD",
	[OPTION_TEGRA241_CMDQV] = "TEGRA241_CMDQV",
	[OPTION_VFIO_DEVICE_CDEV] = "VFIO_DEVICE_CDEV",
	[OPTION_VFIO_PCI] = "VFIO_PCI",
	[OPTION_KVM] = "KVM",
	[OPTION_PCI_ATS] = "PCI_ATS",
	[OPTION_PCI_PRI] = "PCI_PRI",
	[OPTION_PCI_PASID] = "PCI_PASID",
	[OPTION_IOMMU_DEFAULT_PASSTHROUGH] = "IOMMU_DEFAULT_PASSTHROUGH",
	[OPTION_IOMMU_DEFAULT_DMA_STRICT] = "IOMMU_DEFAULT_DMA_STRICT",
	[OPTION_IOMMU_DEFAULT_DMA_LAZY] = "IOMMU_DEFAULT_DMA_LAZY",
};

static void set_option(struct probe_option *options, const char *name, char value)
{
	for (int i = 0; i < KERNEL_OPTIONS; i++)
		if (!strcmp(name, kernel_option_names[i]))
			options[i].value = value == 'y'	  ? VALUE_BUILTIN
					   : value == 'm' ? VALUE_MODULE
							  : VALUE_OFF;
}

bool kernel_config_parse(const char *text, struct probe_option *options)
{
	struct probe_option found[KERNEL_OPTIONS] = {0};
	unsigned int count = 0;
	char line[128];

	while (line_next(&text, line, sizeof(line))) {
		char *value = strchr(line, '=');

		if (strncmp(line, "CONFIG_", 7) || !value)
			continue;
		*value++ = '\0';
		count++;
		if ((*value == 'y' || *value == 'm') && strcspn(value, "\r") == 1)
			set_option(found, line + 7, *value);
	}
	if (!count)
		return false;
	for (int i = 0; i < KERNEL_OPTIONS; i++)
		options[i].value = found[i].value ? found[i].value : VALUE_OFF;
	return true;
}

void kernel_name_parse(const char *text, struct probe_host *host)
{
	if (sscanf(text, "%*s %79s %39s", host->release, host->machine) < 1)
		return;
	if (sscanf(host->release, "%5d.%5d", &host->kernel_major, &host->kernel_minor) != 2 ||
		host->kernel_major < 0 || host->kernel_minor < 0)
		host->kernel_major = host->kernel_minor = -1;
	text_clean(host->release);
	text_clean(host->machine);
}

bool is_arm64(const struct probe_host *host)
{
	return !strcmp(host->machine, "aarch64") || !strcmp(host->machine, "arm64");
}

bool kernel_before(const struct probe_host *host, int major, int minor)
{
	return host->kernel_major >= 0 &&
	       (host->kernel_major < major ||
		       (host->kernel_major == major && host->kernel_minor < minor));
}

/* Reads it as the kernel's kstrtobool() does. Return: -1 if it is neither. */
static int boolean(const char *text)
{
	if (strchr("1yYtT", *text) && *text)
		return 1;
	if (strchr("0nNfF", *text) && *text)
		return 0;
	if (*text == 'o' || *text == 'O')
		return text[1] == 'n' || text[1] == 'N'	  ? 1
		       : text[1] == 'f' || text[1] == 'F' ? 0
							  : -1;
	return -1;
}

/* Whether @word is @name with a value; "-" and "_" are the same to the kernel. */
static const char *value_of(const char *word, const char *name)
{
	for (; *name; word++, name++)
		if ((*word == '-' ? '_' : *word) != (*name == '-' ? '_' : *name))
			return NULL;
	return *word == '=' ? word + 1 : *word ? NULL : "1";
}

/* Drivers, and how the names of their modules and of their initcalls begin. */
static const struct {
	enum kernel_option option;
	const char *name;
} drivers[] = {
	{OPTION_IOMMUFD, "iommufd"},
	{OPTION_ARM_SMMU_V3, "arm_smmu_v3"},
	{OPTION_ARM_SMMU_V3, "arm_smmu_driver_init"},
	{OPTION_VFIO_PCI, "vfio"},
	{OPTION_KVM, "kvm"},
};

static bool begins_with(const char *text, const char *name)
{
	for (; *name; text++, name++)
		if ((*text == '-' ? '_' : *text) != *name)
			return false;
	return true;
}

/* A list of modules or initcalls, with commas. The word that is worse stays. */
static void block(struct probe_host *host, const char *key, const char *list, enum option_block how)
{
	while (*list) {
		size_t length = strcspn(list, ",\"");

		for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
			struct probe_option *option = &host->options[drivers[i].option];

			if (!begins_with(list, drivers[i].name) || how <= option->block)
				continue;
			option->block = how;
			snprintf(option->word, sizeof(option->word), "%s=%.*s", key, (int)length,
				list);
			text_clean(option->word);
		}
		list += length;
		list += *list != '\0';
	}
}

bool is_blocked(const struct probe_option *option)
{
	return option->block == BLOCK_INITCALL ||
	       (option->block == BLOCK_MODULE && option->value == VALUE_MODULE);
}

/* Whether a list with commas has an item that begins so. */
static bool list_has(const char *list, const char *item)
{
	size_t length = strlen(item);

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (!strncmp(list, item, length))
			return true;
	}
	return false;
}

static void take_word(const char *word, struct probe_host *host)
{
	const char *value;

	if ((value = value_of(word, "iommu.passthrough")))
		host->passthrough = boolean(value);
	else if ((value = value_of(word, "iommu.strict")))
		host->strict = boolean(value);
	else if ((value = value_of(word, "arm-smmu-v3.disable_bypass")))
		host->disable_bypass = boolean(value);
	else if ((value = value_of(word, "iommufd.allow_unsafe_interrupts")) ||
		 (value = value_of(word, "vfio_iommu_type1.allow_unsafe_interrupts")))
		host->unsafe_interrupts =
			boolean(value) == 1 ? ANSWER_YES : host->unsafe_interrupts;
	else if ((value = value_of(word, "vfio.enable_unsafe_noiommu_mode")))
		host->noiommu = boolean(value) == 1 ? ANSWER_YES : ANSWER_NO;
	else if ((value = value_of(word, "initcall_blacklist")))
		block(host, "initcall_blacklist", value, BLOCK_INITCALL);
	else if ((value = value_of(word, "module_blacklist")))
		block(host, "module_blacklist", value, BLOCK_MODULE);
	else if ((value = value_of(word, "modprobe.blacklist")))
		block(host, "modprobe.blacklist", value, BLOCK_AUTOLOAD);
	else if ((value = value_of(word, "kvm-arm.mode")))
		host->kvm_off = !strcmp(value, "none");
	else if (value_of(word, "pcie_acs_override"))
		host->noacs = ANSWER_YES;
	else if ((value = value_of(word, "pci"))) {
		if (list_has(value, "noats"))
			host->noats = ANSWER_YES;
		if (list_has(value, "disable_acs_redir=") || list_has(value, "config_acs="))
			host->noacs = ANSWER_YES;
	}
}

void kernel_cmdline_parse(const char *text, struct probe_host *host)
{
	char word[2048];

	host->cmdline = ANSWER_YES;
	host->noats = host->noacs = ANSWER_NO;
	while (*(text += strspn(text, " \t\r\n"))) {
		size_t length = strcspn(text, " \t\r\n");

		if (length < sizeof(word)) {
			memcpy(word, text, length);
			word[length] = '\0';
			if (!strcmp(word, "--"))
				return; /* the rest is for init */
			take_word(word, host);
		}
		text += length;
	}
}
