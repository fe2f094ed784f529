/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of a device: who has it, which SMMU is in front of it, what --try found. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probe/rows.h"

/* Its name says that it is an SMMUv3, or the list of SMMUs could not be read. */
static bool is_hidden_smmu(const struct probe_result *result, const struct probe_device *device)
{
	return device->behind_iommu == ANSWER_YES && device->smmu < 0 &&
	       (result->smmus_known != ANSWER_YES || !strncmp(device->iommu, "smmu3.", 6));
}

enum answer device_nesting(const struct probe_result *result, const struct probe_device *device)
{
	const struct probe_smmu *smmu;

	if (result->host.machine[0] && !is_arm64(&result->host))
		return ANSWER_NO;
	if (device->try.viommu != ANSWER_UNKNOWN)
		return device->try.viommu;
	if (device->smmu < 0)
		return device->behind_iommu == ANSWER_UNKNOWN || is_hidden_smmu(result, device) ||
				       group_comes_later(result, device)
			       ? ANSWER_UNKNOWN
			       : ANSWER_NO;
	smmu = &result->smmus[device->smmu];
	return answer_and(
		answer_and(smmu->nesting, smmu->coherent), answer_or(device->canwbs, smmu->fwb));
}

/* A machine may have SMMUs that can nest, and others that cannot. */
static void row_own_smmu(const struct probe_smmu *smmu, struct probe_device *device)
{
	struct probe_rows *rows = &device->rows;
	char stream[96] = "";

	if (device->stream_id >= 0)
		snprintf(stream, sizeof(stream), ", StreamID 0x%" PRIx64,
			(uint64_t)device->stream_id);
	else if (device->pci_bridge[0])
		snprintf(stream, sizeof(stream),
			", with a StreamID that the bridge to PCI %s gives it", device->pci_bridge);
	switch (answer_and(smmu->nesting, smmu->coherent)) {
	case ANSWER_YES:
		row_add(rows, LEVEL_PASS, "DEV-SMMU", "behind %s%s", smmu->name, stream);
		break;
	case ANSWER_NO:
		row_todo(rows,
			row_add(rows, LEVEL_FAIL, "DEV-SMMU",
				"behind %s%s, which is not fit for nesting", smmu->name, stream),
			"see SMMU-NESTING and SMMU-COHERENT");
		break;
	case ANSWER_UNKNOWN:
		row_todo(rows,
			row_add(rows, LEVEL_UNKNOWN, "DEV-SMMU",
				"behind %s%s; whether that can nest is not known", smmu->name,
				stream),
			"see SMMU-NESTING and SMMU-COHERENT");
		break;
	}
}

static void row_smmu(const struct probe_result *result, struct probe_device *device)
{
	struct probe_rows *rows = &device->rows;
	struct probe_row *row;

	if (device->smmu >= 0) {
		row_own_smmu(&result->smmus[device->smmu], device);
	} else if (is_hidden_smmu(result, device)) {
		row = row_add(rows, LEVEL_UNKNOWN, "DEV-SMMU",
			"behind %s, of which nothing can be read", device->iommu);
		row_todo_hidden(result, rows, row);
	} else if (device->behind_iommu == ANSWER_YES) {
		row = row_add(rows, LEVEL_FAIL, "DEV-SMMU", "behind %s, which is no SMMUv3",
			device->iommu);
		row_todo(rows, row, "use a slot behind an SMMUv3, if this machine has one");
	} else if (device->behind_iommu == ANSWER_UNKNOWN) {
		row_add(rows, LEVEL_UNKNOWN, "DEV-SMMU", "which SMMU it is behind cannot be read");
	}
}

static void row_canwbs(const struct probe_result *result, struct probe_device *device)
{
	struct probe_rows *rows = &device->rows;
	enum answer fwb;
	struct probe_row *row;

	if (device->smmu < 0)
		return;
	fwb = result->smmus[device->smmu].fwb;
	switch (answer_or(device->canwbs, fwb)) {
	case ANSWER_YES:
		row_add(rows, LEVEL_PASS, "DEV-CANWBS", "a guest cannot get around the caches: %s",
			device->canwbs == ANSWER_YES ? "CANWBS" : "S2FWB");
		break;
	case ANSWER_NO:
		row = row_add(rows, LEVEL_FAIL, "DEV-CANWBS",
			"neither CANWBS in the firmware nor S2FWB in the SMMU: the kernel refuses "
			"to nest its "
			"translation");
		row_todo(rows, row, "see SMMU-CANWBS");
		break;
	case ANSWER_UNKNOWN:
		row = row_add(rows, LEVEL_UNKNOWN, "DEV-CANWBS",
			"whether the IORT says CANWBS, or the SMMU has S2FWB, is not known");
		row_todo(rows, row, "see SMMU-CANWBS");
		break;
	}
}

static void row_driver(struct probe_device *device)
{
	struct probe_rows *rows = &device->rows;
	struct probe_row *row;

	if (device->driver_known != ANSWER_YES) {
		row_add(rows, LEVEL_UNKNOWN, "DEV-DRIVER", "which driver has it cannot be read");
		return;
	}
	/* Variants for one kind of device are called mlx5_vfio_pci, nvgrace-gpu-vfio-pci. */
	if (strstr(device->driver, "vfio")) {
		row_add(rows, LEVEL_PASS, "DEV-DRIVER", "%s has it", device->driver);
		return;
	}
	if (device->driver[0])
		row = row_add(rows, LEVEL_WARN, "DEV-DRIVER", "%s has it: this host uses it",
			device->driver);
	else
		row = row_add(rows, LEVEL_WARN, "DEV-DRIVER", "no driver has it");
	row_todo(rows, row, "%sdriverctl --nosave set-override %s vfio-pci",
		device->driver[0] ? "when this host can do without it: " : "", device->bdf);
}

static void row_cdev(const struct probe_result *result, struct probe_device *device)
{
	struct probe_rows *rows = &device->rows;
	struct probe_row *row;

	if (!strstr(device->driver, "vfio"))
		return;
	if (device->cdev[0] && device->cdev_node == ANSWER_YES) {
		row_add(rows, LEVEL_PASS, "DEV-CDEV", "/dev/vfio/devices/%s", device->cdev);
		return;
	}
	if (device->cdev[0] && device->cdev_node == ANSWER_UNKNOWN) {
		row_add(rows, LEVEL_UNKNOWN, "DEV-CDEV",
			"whether it has a file in /dev/vfio/devices cannot be read");
		return;
	}
	if (device->cdev[0] &&
		result->host.options[OPTION_VFIO_DEVICE_CDEV].value == VALUE_BUILTIN) {
		row = row_add(rows, LEVEL_FAIL, "DEV-CDEV",
			"there is no /dev/vfio/devices/%s here, though the kernel has the device",
			device->cdev);
		row_todo(rows, row,
			"if this is a container, give it that file; else look for udev's rules");
		return;
	}
	row = row_add(rows, LEVEL_FAIL, "DEV-CDEV",
		"VFIO has it, but it has no file in /dev/vfio/devices");
	row_todo(rows, row, "see KERNEL-VFIO-CDEV");
}

static void row_try(struct probe_device *device)
{
	const struct probe_try *try = &device->try;
	struct probe_rows *rows = &device->rows;
	struct probe_row *row;

	if (try->refused[0]) {
		row = row_add(rows, LEVEL_UNKNOWN, "DEV-TRY", "it was not tried: %s", try->refused);
		row->optional = true;
	} else if (try->tried != ANSWER_YES) {
		row = row_add(rows, LEVEL_UNKNOWN, "DEV-TRY",
			"whether a vIOMMU, a vEVENTQ and a nested HWPT can be made was not tried");
		row->optional = true;
		row_todo(rows, row,
			"--try does it, with devices that vfio-pci has and nobody uses; it resets "
			"them");
	} else if (!try->error) {
		row_add(rows, LEVEL_PASS, "DEV-TRY",
			"a vIOMMU, a vEVENTQ and a nested HWPT were made, and destroyed again");
	} else {
		row_add(rows, try->viommu == ANSWER_UNKNOWN ? LEVEL_UNKNOWN : LEVEL_FAIL, "DEV-TRY",
			"the try ended with \"%s\" at %s", strerror(try->error), try->step);
	}
}

void rows_device(struct probe_result *result, struct probe_device *device)
{
	if (device->vanished) {
		row_todo(&device->rows,
			row_add(&device->rows, LEVEL_FAIL, "DEV-GONE",
				"it went away, or does not answer"),
			"look again; if it stays so, the kernel's log may tell why");
		return;
	}
	rows_group(result, device);
	if (is_arm64(&result->host)) {
		row_smmu(result, device);
		row_canwbs(result, device);
	}
	rows_window(result, device);
	rows_pci(result, device);
	row_driver(device);
	row_cdev(result, device);
	if (is_arm64(&result->host))
		row_try(device);
}
