/* SPDX-License-Identifier: BSD-2-Clause */
/* Members of "devices". */
#include "probe/json.h"

#include <stdio.h>
#include <string.h>

#include "probe/rows.h"

#define ATS_NOT_SUPPORTED (UINT64_C(1) << 3)

static bool add_id(struct json_object *object, const char *key, int value, int digits)
{
	char text[16];

	snprintf(text, sizeof(text), "%0*x", digits, (unsigned int)value);
	return add_string(object, key, value < 0 ? NULL : text);
}

/* NULL: it is not known; an empty text: there is none. */
static const char *if_known(enum answer known, const char *text)
{
	return known == ANSWER_UNKNOWN ? NULL : text;
}

static struct json_object *json_members(const struct probe_device *device)
{
	struct json_object *array = json_object_new_array();
	bool good = array;

	for (size_t i = 0; i < device->member_count && good; i++) {
		struct json_object *member = json_object_new_object();

		good = append(array, member) &&
		       add_string(member, "name", device->members[i].name) &&
		       add_string(member, "driver", device->members[i].driver);
	}
	if (good)
		return array;
	json_object_put(array);
	return NULL;
}

static bool add_group(struct json_object *object, const struct probe_device *device)
{
	struct json_object *group;

	if (device->grouped != ANSWER_YES)
		return add_answer(object, "group", device->grouped);
	group = json_object_new_object();
	return add(object, "group", group) && add_known(group, "id", device->group) &&
	       add_string(group, "type", device->group_type[0] ? device->group_type : NULL) &&
	       add(group, "others", json_members(device)) &&
	       add_number(group, "others_count", device->others);
}

static bool add_extension(
	struct json_object *object, const char *key, const struct probe_extension *extension)
{
	struct json_object *inner = json_object_new_object();

	return add(object, key, inner) && add_answer(inner, "present", extension->present) &&
	       add_answer(inner, "enabled", extension->enabled);
}

static struct json_object *json_pci(const struct probe_device *device)
{
	struct json_object *object = json_object_new_object();

	if (object && add_extension(object, "ats", &device->ats) &&
		add_extension(object, "pri", &device->pri) &&
		add_extension(object, "pasid", &device->pasid) &&
		add_known(object, "pasid_size", device->pasid_bits) &&
		add_answer(object, "isolated", device->acs) &&
		add_string(object, "port", device->acs_port[0] ? device->acs_port : NULL))
		return object;
	json_object_put(object);
	return NULL;
}

static bool append_range(struct json_object *array, const struct probe_range *range,
	const char *key, struct json_object *value)
{
	struct json_object *object = json_object_new_object();

	if (!append(array, object)) {
		json_object_put(value);
		return false;
	}
	return add_hex(object, "first", range->first) && add_hex(object, "last", range->last) &&
	       add(object, key, value);
}

static bool add_ranges(struct json_object *object, const struct probe_device *device)
{
	struct json_object *bars = json_object_new_array(), *reserved;

	if (!add(object, "bars", bars))
		return false;
	for (size_t i = 0; i < device->bar_count; i++)
		if (!append_range(bars, &device->bars[i], "bar",
			    json_object_new_int(device->bar_numbers[i])))
			return false;
	if (device->reserved_known != ANSWER_YES)
		return add_null(object, "reserved");
	reserved = json_object_new_array();
	if (!add(object, "reserved", reserved))
		return false;
	for (size_t i = 0; i < device->reserved_count; i++)
		if (!append_range(reserved, &device->reserved[i].range, "type",
			    json_object_new_string(device->reserved[i].type)))
			return false;
	return true;
}

/* Registers as GET_HW_INFO has them. */
static bool add_hw_info(struct json_object *object, const struct probe_try *try)
{
	struct json_object *idr;

	if (try->hw_info != ANSWER_YES)
		return add_answer(object, "hw_info", try->hw_info);
	idr = json_object_new_array();
	if (!add(object, "idr", idr))
		return false;
	for (size_t i = 0; i < sizeof(try->idr) / sizeof(try->idr[0]); i++) {
		char text[16];

		snprintf(text, sizeof(text), "0x%08x", try->idr[i]);
		if (!append(idr, json_object_new_string(text)))
			return false;
	}
	return add_answer(object, "hw_info", ANSWER_YES) && add_hex(object, "iidr", try->iidr) &&
	       add_hex(object, "aidr", try->aidr) && add_hex(object, "flags", try->flags) &&
	       add_hex(object, "capabilities", try->capabilities);
}

static bool add_try(struct json_object *object, const struct probe_device *device)
{
	const struct probe_try *try = &device->try;
	struct json_object *inner;

	if (try->tried != ANSWER_YES && !try->refused[0])
		return add_null(object, "try");
	inner = json_object_new_object();
	return add(object, "try", inner) &&
	       add_string(inner, "refused", try->refused[0] ? try->refused : NULL) &&
	       add_hw_info(inner, try) && add_answer(inner, "viommu", try->viommu) &&
	       add_answer(inner, "veventq", try->veventq) &&
	       add_answer(inner, "nested", try->nested) &&
	       add_known(inner, "errno", try->refused[0] ? -1 : try->error) &&
	       add_string(inner, "step", try->step[0] ? try->step : NULL);
}

/* PASIDs that a guest can use: as many as both the device and its SMMU have. */
static int ssid_size(const struct probe_device *device, const struct probe_smmu *smmu)
{
	if (device->try.max_pasid_log2 >= 0)
		return device->try.max_pasid_log2;
	if (device->pasid.present == ANSWER_NO)
		return 0;
	if (!smmu || smmu->ssid_bits < 0 || device->pasid.present != ANSWER_YES)
		return -1;
	return smmu->ssid_bits < device->pasid_bits ? smmu->ssid_bits : device->pasid_bits;
}

static enum answer usable_ats(const struct probe_device *device, const struct probe_smmu *smmu)
{
	enum answer way = smmu ? smmu->ats : ANSWER_UNKNOWN;

	/* IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED of include/uapi/linux/iommufd.h */
	if (device->try.hw_info == ANSWER_YES && device->try.capabilities & ATS_NOT_SUPPORTED)
		return ANSWER_NO;
	return answer_and(device->ats.present, answer_and(way, device->root_ats));
}

static bool add_smmu(struct json_object *object, const struct probe_result *result,
	const struct probe_device *device)
{
	const struct probe_smmu *smmu = device->smmu >= 0 ? &result->smmus[device->smmu] : NULL;

	return add_string(object, "smmu", smmu ? smmu->name : if_known(device->behind_iommu, "")) &&
	       (device->stream_id < 0
			       ? add_null(object, "stream_id")
			       : add_hex(object, "stream_id", (uint64_t)device->stream_id)) &&
	       add_known(object, "oas", smmu ? smmu->oas : -1) &&
	       add_known(object, "ssid_size", ssid_size(device, smmu)) &&
	       add_answer(object, "ats", usable_ats(device, smmu)) &&
	       add_answer(object, "ril", smmu ? smmu->ril : ANSWER_UNKNOWN) &&
	       add_granules(object, smmu) &&
	       add_answer(object, "cmdqv", smmu ? smmu->cmdqv : ANSWER_UNKNOWN) &&
	       add_answer(object, "canwbs", device->canwbs) &&
	       add_answer(object, "nesting", device->nesting);
}

static bool add_owner(struct json_object *object, const struct probe_device *device)
{
	return add_string(object, "driver", if_known(device->driver_known, device->driver)) &&
	       add_string(object, "cdev", if_known(device->driver_known, device->cdev)) &&
	       add_string(object, "reset", if_known(device->resets_known, device->resets)) &&
	       add_string(object, "iommu", if_known(device->behind_iommu, device->iommu));
}

struct json_object *json_device(
	const struct probe_result *result, const struct probe_device *device)
{
	struct json_object *object = json_object_new_object();

	if (object && add_string(object, "bdf", device->bdf) &&
		add_id(object, "vendor", device->vendor, 4) &&
		add_id(object, "device", device->device, 4) &&
		add_id(object, "class", device->class_code, 6) &&
		add_bool(object, "bridge", device->bridge) &&
		add_bool(object, "gone", device->vanished) && add_smmu(object, result, device) &&
		add_owner(object, device) && add_group(object, device) &&
		add(object, "pci", json_pci(device)) && add_ranges(object, device) &&
		add_try(object, device) &&
		add_string(object, "verdict", verdict_name(device->verdict)) &&
		add_reasons(object, &device->rows))
		return object;
	json_object_put(object);
	return NULL;
}
