/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of a device's IOMMU group: whether it stands alone, and what of its addresses is taken. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probe/rows.h"

/* Linux before 6.15: iommu_device_use_default_domain(). */
bool group_comes_later(const struct probe_result *result, const struct probe_device *device)
{
	return device->grouped == ANSWER_NO && kernel_before(&result->host, 6, 15) &&
	       result->smmu_count && device->driver_known == ANSWER_YES && !device->driver[0];
}

static void row_group(const struct probe_result *result, struct probe_device *device)
{
	struct probe_row *row;

	if (device->grouped == ANSWER_YES) {
		row_add(&device->rows, LEVEL_PASS, "DEV-GROUP", "IOMMU group %d%s%s", device->group,
			device->group_type[0] ? ", now of type " : "", device->group_type);
	} else if (device->grouped == ANSWER_UNKNOWN) {
		row_add(&device->rows, LEVEL_UNKNOWN, "DEV-GROUP",
			"its IOMMU group cannot be read");
	} else if (group_comes_later(result, device)) {
		row = row_add(&device->rows, LEVEL_UNKNOWN, "DEV-GROUP",
			"no IOMMU group: Linux before 6.15 gives it one only when a driver takes "
			"it");
		row_todo(&device->rows, row, "bind it to vfio-pci, and look again");
	} else {
		row = row_add(&device->rows, LEVEL_FAIL, "DEV-GROUP",
			"no IOMMU group: no IOMMU is in front of it");
		if (is_arm64(&result->host))
			row_todo(&device->rows, row, "%s",
				result->smmu_count ? "the firmware leaves this device out of the "
						     "SMMU's map: update it, or "
						     "use a slot behind another root port"
						   : "see SMMU-FIRMWARE and SMMU-PRESENT");
		else
			row_todo(&device->rows, row,
				"turn the IOMMU on in the firmware's setup and on the kernel's "
				"command line");
	}
}

static void list_members(const struct probe_device *device, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < device->member_count && i < 3 && used < size; i++) {
		const struct probe_member *member = &device->members[i];

		used += (size_t)snprintf(text + used, size - used, "%s%s%s%s%s", i ? ", " : "",
			member->name, member->driver[0] ? " (" : "", member->driver,
			member->driver[0] ? ")" : "");
	}
	if (device->others > 3 && used < size)
		snprintf(text + used, size - used, " and %zu more", device->others - 3);
}

/*
 * iommufd attaches whole groups, and the kernel attaches stage 1 only where each device of the
 * group has a vDEVICE: docs/embedding.md, "Endpoints".
 */
static void row_shared(struct probe_device *device)
{
	struct probe_row *row;
	char others[256];

	if (device->members_known != ANSWER_YES) {
		row_add(&device->rows, LEVEL_UNKNOWN, "DEV-GROUP-SHARED",
			"which devices are in its group cannot be read");
		return;
	}
	if (!device->others) {
		row_add(&device->rows, LEVEL_PASS, "DEV-GROUP-SHARED", "alone in its group");
		return;
	}
	list_members(device, others, sizeof(others));
	row = row_add(&device->rows, LEVEL_FAIL, "DEV-GROUP-SHARED",
		"it shares its group with %s: the hardware cannot keep them apart, so the kernel "
		"gives "
		"them one translation, and a vSMMU needs one for each",
		others);
	row_todo(&device->rows, row, "%s",
		device->acs == ANSWER_NO ? "see DEV-ACS" : "put it into another slot, of its own");
}

/* Its own ACS is judged where its group has another function of its slot. */
static void row_functions(struct probe_device *device, const char *missing)
{
	struct probe_row *row = row_add(&device->rows, LEVEL_WARN, "DEV-ACS",
		"the functions of its slot do not isolate each other: %s%s",
		missing[0] ? "off in its ACS: " : "it has no ACS", missing);

	row_todo(&device->rows, row, "%s",
		missing[0] ? "turn ACS on in the firmware's setup"
			   : "no setting helps: use a device that is alone in its slot");
}

static void row_port(struct probe_device *device, const char *missing)
{
	struct probe_row *row = row_add(&device->rows, LEVEL_WARN, "DEV-ACS",
		"port %s does not isolate what is behind it: %s%s", device->acs_port,
		missing[0] ? "off in its ACS: " : "it has no ACS", missing);

	row_todo(&device->rows, row, "%s",
		missing[0] ? "turn ACS on in the firmware's setup"
			   : "use a slot behind a port that has ACS");
}

static void row_acs(const struct probe_result *result, struct probe_device *device)
{
	static const char *const parts[] = {"source validation", NULL, "request redirect",
		"completion redirect", "upstream forwarding"};
	struct probe_rows *rows = &device->rows;
	bool itself = !strcmp(device->acs_port, device->bdf);
	char missing[128] = "";

	for (unsigned int i = 0; i < 5; i++)
		if (device->acs_missing >> i & 1 && parts[i])
			snprintf(missing + strlen(missing), sizeof(missing) - strlen(missing),
				"%s%s", missing[0] ? ", " : "", parts[i]);
	if (device->acs == ANSWER_YES) {
		row_add(rows, LEVEL_PASS, "DEV-ACS", "all ports on its way isolate%s",
			device->others ? ": its group is shared for another reason, such as one "
					 "StreamID for all"
				       : "");
	} else if (device->members_known == ANSWER_YES && !device->others &&
		   result->host.noacs != ANSWER_YES) {
		/* Linux knows ports that isolate without saying so. */
		row_add(rows, LEVEL_PASS, "DEV-ACS",
			"the kernel keeps it apart from others, by its IOMMU group");
	} else if (device->acs == ANSWER_UNKNOWN) {
		row_todo_hidden(result, rows,
			row_add(rows, LEVEL_UNKNOWN, "DEV-ACS",
				"whether %s %s isolates cannot be read",
				itself ? "function" : "port", device->acs_port));
	} else if (itself) {
		row_functions(device, missing);
	} else {
		row_port(device, missing);
	}
}

static void row_reserved(const struct probe_result *result, struct probe_device *device)
{
	struct probe_rows *rows = &device->rows;
	bool relaxable = false;
	struct probe_row *row;

	for (size_t i = 0; i < device->reserved_count; i++) {
		const struct probe_reserved *reserved = &device->reserved[i];

		relaxable |= !strcmp(reserved->type, "direct-relaxable");
		if (strcmp(reserved->type, "direct"))
			continue;
		row = row_add(rows, LEVEL_FAIL, "DEV-RESERVED",
			"the firmware demands that 0x%" PRIx64 " to 0x%" PRIx64
			" stay mapped 1:1 for it at all times: the kernel gives no such device to "
			"a VM",
			reserved->range.first, reserved->range.last);
		row_todo(rows, row, "%s",
			is_arm64(&result->host)
				? "look for a setting of the firmware that hands the device over, "
				  "or ask for "
				  "a firmware whose RMR permits remapping"
				: "look for a setting of the firmware that hands the device over");
		return;
	}
	if (device->reserved_known == ANSWER_YES) {
		row_add(rows, LEVEL_PASS, "DEV-RESERVED", "no region has to stay mapped 1:1%s",
			relaxable ? " once a VM has it" : "");
	} else {
		row_add(rows, LEVEL_UNKNOWN, "DEV-RESERVED",
			"the regions that are reserved for it cannot be read");
	}
}

void rows_group(const struct probe_result *result, struct probe_device *device)
{
	row_group(result, device);
	if (device->grouped != ANSWER_YES)
		return;
	row_shared(device);
	row_acs(result, device);
	row_reserved(result, device);
}
