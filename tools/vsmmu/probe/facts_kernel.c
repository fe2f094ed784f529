/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel: its version, how it was built, its modules, its command line, its devices. */
#include <errno.h>
#include <string.h>

#include "probe/facts.h"
#include "root/gzip.h"

/* Options that make a module, and its name. */
static const struct {
	enum kernel_option option;
	const char *module, *file;
} modules[] = {
	{OPTION_IOMMUFD, "iommufd", "/iommufd.ko"},
	{OPTION_ARM_SMMU_V3, "arm_smmu_v3", "/arm_smmu_v3.ko"},
	{OPTION_VFIO_PCI, "vfio_pci", "/vfio-pci.ko"},
	{OPTION_KVM, "kvm", "/kvm.ko"},
};

static void parse_config(const char *text, struct probe_host *host, const char *source)
{
	if (kernel_config_parse(text, host->options))
		snprintf(host->config_source, sizeof(host->config_source), "/%s", source);
}

static void read_packed(struct probe_host *host, struct root *root)
{
	size_t length;
	char *packed = root_read(root, "proc/config.gz", &length);
	char *text = packed ? gzip_unpack(packed, length) : NULL;

	if (text)
		parse_config(text, host, "proc/config.gz");
	free(text);
	free(packed);
}

static void read_config(struct probe_host *host, struct root *root)
{
	static const char *const places[] = {"boot/config-%s", "lib/modules/%s/config"};
	char path[160];

	read_packed(host, root);
	for (size_t i = 0; i < 2 && !host->config_source[0] && host->release[0]; i++) {
		snprintf(path, sizeof(path), places[i], host->release);
		facts_read(root, path, parse_config, host, path);
	}
}

static void find_builtin(const char *text, struct probe_option *options, enum option_value value)
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		struct probe_option *option = &options[modules[i].option];

		if (!strstr(text, modules[i].file))
			continue;
		if (option->value == VALUE_UNKNOWN)
			option->value = value;
		if (option->value == VALUE_MODULE)
			option->module = MODULE_LOADABLE;
	}
}

/* /proc/modules: a module's name begins its line. */
static void find_loaded(const char *text, struct probe_option *options)
{
	char line[128];

	while (line_next(&text, line, sizeof(line))) {
		line[strcspn(line, " ")] = '\0';
		for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
			if (!strcmp(line, modules[i].module))
				options[modules[i].option].module = MODULE_LOADED;
	}
}

/*
 * A module that is loaded has a folder in /sys/module; one that is built in has it, too, for its
 * parameters, whether it started or not. Where the kernel's options are not known, /proc/modules
 * tells which it is.
 */
static void find_running(struct probe_option *option, struct root *root, const char *module,
	bool have_loaded, bool have_list)
{
	char path[64];

	snprintf(path, sizeof(path), "sys/module/%s", module);
	if (option->module == MODULE_LOADED) {
		option->value = VALUE_MODULE;
	} else if (facts_exists(root, path) == ANSWER_YES) {
		if (option->value == VALUE_UNKNOWN && have_loaded)
			option->value = VALUE_BUILTIN;
		if (option->value != VALUE_BUILTIN)
			option->module = MODULE_LOADED;
	} else if (option->module == MODULE_UNKNOWN && have_list) {
		option->module = MODULE_ABSENT;
	}
	if (option->value != VALUE_MODULE && option->module != MODULE_LOADED)
		option->module = MODULE_UNKNOWN;
}

/* A kernel that tells nothing else has these lists, and what runs tells something, too. */
static void read_modules(struct probe_host *host, struct root *root)
{
	struct probe_option *options = host->options;
	bool have_list, have_loaded;
	char path[160];

	snprintf(path, sizeof(path), "lib/modules/%s/modules.builtin", host->release);
	facts_read(root, path, find_builtin, options, VALUE_BUILTIN);
	snprintf(path, sizeof(path), "lib/modules/%s/modules.dep", host->release);
	have_list = !facts_read(root, path, find_builtin, options, VALUE_MODULE);
	have_loaded = !facts_read(root, "proc/modules", find_loaded, options);
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		find_running(&options[modules[i].option], root, modules[i].module, have_loaded,
			have_list);
	if (options[OPTION_VFIO_DEVICE_CDEV].value == VALUE_UNKNOWN &&
		facts_exists(root, "dev/vfio/devices") == ANSWER_YES)
		options[OPTION_VFIO_DEVICE_CDEV].value = VALUE_BUILTIN;
}

/* "uid 0", then "dev/iommu yes", "dev/kvm no": see root/root.h. */
static void parse_rights(const char *text, struct probe_host *host)
{
	char line[64];

	while (line_next(&text, line, sizeof(line))) {
		if (!strncmp(line, "uid ", 4))
			host->as_root = strcmp(line + 4, "0") ? ANSWER_NO : ANSWER_YES;
		else if (!strcmp(line, "dev/iommu yes"))
			host->dev_iommu_error = 0;
		else if (!strcmp(line, "dev/iommu no"))
			host->dev_iommu_error = EACCES;
		else if (!strcmp(line, "dev/kvm yes"))
			host->kvm_error = 0;
		else if (!strcmp(line, "dev/kvm no"))
			host->kvm_error = EACCES;
	}
}

static void parse_parameter(const char *text, struct probe_host *host)
{
	if (text[0] == 'Y' || text[0] == '1')
		host->unsafe_interrupts = ANSWER_YES;
	else if (host->unsafe_interrupts == ANSWER_UNKNOWN)
		host->unsafe_interrupts = ANSWER_NO;
}

void facts_kernel(struct probe_host *host, struct root *root)
{
	host->kernel_major = host->kernel_minor = -1;
	host->passthrough = host->strict = host->disable_bypass = -1;
	host->dev_iommu_error = host->kvm_error = -1;
	facts_read(root, "vsmmu/uname", kernel_name_parse, host);
	/* A copy of some files need not have these, whatever there was on the host. */
	if (!facts_read(root, "vsmmu/rights", parse_rights, host)) {
		host->dev_iommu = facts_exists(root, "dev/iommu");
		host->kvm = facts_exists(root, "dev/kvm");
	}
	if (facts_exists(root, "sys/class/misc") == ANSWER_YES) {
		host->misc_iommu = facts_exists(root, "sys/class/misc/iommu");
		host->misc_kvm = facts_exists(root, "sys/class/misc/kvm");
	}
	read_config(host, root);
	read_modules(host, root);
	facts_read(root, "proc/cmdline", kernel_cmdline_parse, host);
	facts_read(root, "sys/module/iommufd/parameters/allow_unsafe_interrupts", parse_parameter,
		host);
}
