/* SPDX-License-Identifier: BSD-2-Clause */
/* Members "host" and "smmus". */
#include "probe/json.h"

static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static bool add_options(struct json_object *object, const struct probe_host *host)
{
	static const char *const values[] = {
		[VALUE_OFF] = "n",
		[VALUE_MODULE] = "m",
		[VALUE_BUILTIN] = "y",
	};
	static const char *const states[] = {
		[MODULE_ABSENT] = "absent",
		[MODULE_LOADABLE] = "loadable",
		[MODULE_LOADED] = "loaded",
	};
	struct json_object *options = json_object_new_object();
	struct json_object *modules;

	if (!add(object, "options", options))
		return false;
	for (int i = 0; i < KERNEL_OPTIONS; i++)
		if (!add_string(options, kernel_option_names[i], values[host->options[i].value]))
			return false;
	modules = json_object_new_object();
	if (!add(object, "modules", modules))
		return false;
	for (int i = 0; i < KERNEL_OPTIONS; i++)
		if (host->options[i].value == VALUE_MODULE &&
			!add_string(
				modules, kernel_option_names[i], states[host->options[i].module]))
			return false;
	return true;
}

static struct json_object *json_kernel(const struct probe_host *host)
{
	struct json_object *object = json_object_new_object();

	if (object && add_string(object, "release", or_null(host->release)) &&
		add_known(object, "major", host->kernel_major) &&
		add_known(object, "minor", host->kernel_minor) &&
		add_string(object, "config", or_null(host->config_source)) &&
		add_options(object, host))
		return object;
	json_object_put(object);
	return NULL;
}

static enum answer from_number(int value)
{
	return value < 0 ? ANSWER_UNKNOWN : value ? ANSWER_YES : ANSWER_NO;
}

/* A word that is not on the command line is null. */
static struct json_object *json_cmdline(const struct probe_host *host)
{
	struct json_object *object = json_object_new_object();

	if (object && add_answer(object, "passthrough", from_number(host->passthrough)) &&
		add_answer(object, "strict", from_number(host->strict)) &&
		add_answer(object, "disable_bypass", from_number(host->disable_bypass)) &&
		add_answer(object, "allow_unsafe_interrupts", host->unsafe_interrupts) &&
		add_answer(object, "unsafe_noiommu", host->noiommu) &&
		add_answer(object, "noats", host->noats) &&
		add_answer(object, "acs_changed", host->noacs))
		return object;
	json_object_put(object);
	return NULL;
}

static struct json_object *json_file(enum answer present, int error)
{
	struct json_object *object = json_object_new_object();
	enum answer open = error < 0 ? ANSWER_UNKNOWN : error ? ANSWER_NO : ANSWER_YES;

	if (object && add_answer(object, "present", present) &&
		add_answer(object, "open", present == ANSWER_NO ? ANSWER_NO : open))
		return object;
	json_object_put(object);
	return NULL;
}

static struct json_object *json_firmware(const struct probe_host *host)
{
	static const char *const kinds[] = {
		[PLATFORM_ACPI] = "acpi",
		[PLATFORM_DEVICE_TREE] = "device-tree",
	};
	struct json_object *object = json_object_new_object();

	if (object && add_string(object, "kind", kinds[host->firmware]) &&
		add_answer(object, "iort", host->iort) &&
		add_string(object, "damage", or_null(host->iort_why)) &&
		add_known(object, "smmus", host->firmware_smmus) &&
		add_known(object, "disabled", host->firmware_smmus_disabled) &&
		add_known(object, "cmdqvs", host->firmware_cmdqvs))
		return object;
	json_object_put(object);
	return NULL;
}

static bool add_machine(struct json_object *object, const struct probe_host *host)
{
	return add_string(object, "machine", or_null(host->machine)) &&
	       add_answer(object, "vm", host->vm) &&
	       add_string(object, "vm_name", or_null(host->vm_name)) &&
	       add_known(object, "gic", host->gic_version) && add_answer(object, "its", host->its);
}

struct json_object *json_host(const struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	struct json_object *object = json_object_new_object();

	if (object && add_machine(object, host) && add_answer(object, "root", host->as_root) &&
		add(object, "kernel", json_kernel(host)) &&
		add(object, "command_line", json_cmdline(host)) &&
		add(object, "dev_iommu", json_file(host->dev_iommu, host->dev_iommu_error)) &&
		add(object, "kvm", json_file(host->kvm, host->kvm_error)) &&
		add(object, "firmware", json_firmware(host)) &&
		add_string(object, "verdict", verdict_name(result->host_verdict)) &&
		add_reasons(object, &result->rows))
		return object;
	json_object_put(object);
	return NULL;
}

static bool add_features(struct json_object *object, const struct probe_smmu *smmu)
{
	if (smmu->features_known == ANSWER_YES)
		return add_hex(object, "features", smmu->features);
	return add_null(object, "features");
}

struct json_object *json_smmu(const struct probe_smmu *smmu)
{
	struct json_object *object = json_object_new_object();

	if (object && add_string(object, "name", smmu->name) &&
		add_string(object, "device", or_null(smmu->device)) &&
		(smmu->base < 0 ? add_null(object, "base")
				: add_hex(object, "base", (uint64_t)smmu->base)) &&
		add_features(object, smmu) && add_known(object, "oas", smmu->oas) &&
		add_known(object, "sid_size", smmu->sid_bits) &&
		add_known(object, "ssid_size", smmu->ssid_bits) && add_granules(object, smmu) &&
		add_answer(object, "nesting", smmu->nesting) &&
		add_answer(object, "stage1", smmu->stage1) &&
		add_answer(object, "stage2", smmu->stage2) &&
		add_answer(object, "s2fwb", smmu->fwb) &&
		add_answer(object, "canwbs", smmu->canwbs) &&
		add_answer(object, "coherent", smmu->coherent) &&
		add_answer(object, "ats", smmu->ats) && add_answer(object, "pri", smmu->pri) &&
		add_answer(object, "ril", smmu->ril) && add_answer(object, "stall", smmu->stall) &&
		add_answer(object, "msi", smmu->msi) && add_answer(object, "cmdqv", smmu->cmdqv) &&
		add_number(object, "devices", smmu->devices))
		return object;
	json_object_put(object);
	return NULL;
}
