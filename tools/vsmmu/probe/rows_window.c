/* SPDX-License-Identifier: BSD-2-Clause */
/* The window of the kernel's software MSIs: nothing else may have these addresses. */
#include <inttypes.h>
#include <string.h>

#include "endpoints/pci_address.h"
#include "probe/rows.h"

static bool overlaps(const struct probe_range *a, const struct probe_range *b)
{
	return a->first <= b->last && b->first <= a->last;
}

static uint32_t segment_of(const struct probe_device *device)
{
	struct pci_address address;

	pci_address_parse(device->bdf, strlen(device->bdf), &address);
	return address.segment;
}

/* A device whose BAR has addresses of the window: a bridge may send MSIs there. NULL: none. */
static const struct probe_device *find_bar(const struct probe_result *result,
	const struct probe_device *device, const struct probe_range *window)
{
	for (size_t i = 0; i < result->device_count; i++) {
		const struct probe_device *other = &result->devices[i];

		for (size_t bar = 0; bar < other->bar_count; bar++)
			if (overlaps(&other->bars[bar], window) &&
				segment_of(other) == segment_of(device))
				return other;
	}
	return NULL;
}

static bool in_ram(const struct probe_host *host, const struct probe_range *window)
{
	for (size_t i = 0; i < host->ram_count; i++)
		if (overlaps(&host->ram[i], window))
			return true;
	return false;
}

static void row_of(const struct probe_result *result, struct probe_device *device,
	const struct probe_range *window)
{
	const struct probe_device *other = find_bar(result, device, window);
	struct probe_rows *rows = &device->rows;
	struct probe_row *row;

	if (other) {
		row = row_add(rows, LEVEL_WARN, "DEV-MSI-WINDOW",
			"a BAR of %s lies in the window of MSIs, 0x%" PRIx64 " to 0x%" PRIx64
			": a bridge may send this device's MSIs there",
			other->bdf, window->first, window->last);
		row_todo(rows, row,
			"have the firmware put BARs elsewhere; with all of ACS on, the bridges do "
			"not look");
	} else if (in_ram(&result->host, window)) {
		row = row_add(rows, LEVEL_WARN, "DEV-MSI-WINDOW",
			"the window of MSIs, 0x%" PRIx64 " to 0x%" PRIx64
			", is RAM of this host: a VM whose memory has the host's addresses cannot "
			"have it",
			window->first, window->last);
		row_todo(rows, row, "keep the VM's memory and BARs out of the window");
	} else if (result->host.ram_known != ANSWER_YES) {
		row = row_add(rows, LEVEL_UNKNOWN, "DEV-MSI-WINDOW",
			"window of MSIs 0x%" PRIx64 " to 0x%" PRIx64
			": clear of BARs; where this host's RAM is cannot be read",
			window->first, window->last);
		row_todo_hidden(result, rows, row);
	} else {
		row_add(rows, LEVEL_PASS, "DEV-MSI-WINDOW",
			"window of MSIs 0x%" PRIx64 " to 0x%" PRIx64
			", clear of RAM and BARs; a VM's memory has to leave it out",
			window->first, window->last);
	}
}

void rows_window(const struct probe_result *result, struct probe_device *device)
{
	for (size_t i = 0; i < device->reserved_count; i++)
		if (!strcmp(device->reserved[i].type, "msi")) {
			row_of(result, device, &device->reserved[i].range);
			return;
		}
	if (device->reserved_known == ANSWER_YES)
		row_add(&device->rows, LEVEL_PASS, "DEV-MSI-WINDOW", "it needs no window of MSIs");
}
