/* SPDX-License-Identifier: BSD-2-Clause */
/* What a device is, in few words. Source: PCI Code and ID Assignment Specification */
#include <stdio.h>
#include <string.h>

#include "endpoints/map_sources.h"

static const struct {
	unsigned int code, mask;
	const char *name;
} classes[] = {
	{0x0100, 0xffff, "SCSI controller"},
	{0x0101, 0xffff, "IDE controller"},
	{0x0104, 0xffff, "RAID controller"},
	{0x0106, 0xffff, "SATA controller"},
	{0x0107, 0xffff, "SAS controller"},
	{0x0108, 0xffff, "NVMe controller"},
	{0x0100, 0xff00, "storage controller"},
	{0x0200, 0xffff, "Ethernet controller"},
	{0x0207, 0xffff, "InfiniBand controller"},
	{0x0200, 0xff00, "network controller"},
	{0x0300, 0xff00, "display controller"},
	{0x0400, 0xff00, "multimedia controller"},
	{0x0500, 0xff00, "memory controller"},
	{0x0600, 0xffff, "host bridge"},
	{0x0604, 0xffff, "PCI bridge"},
	{0x0600, 0xff00, "bridge"},
	{0x0700, 0xff00, "communication controller"},
	{0x0800, 0xff00, "system peripheral"},
	{0x0c03, 0xffff, "USB controller"},
	{0x0c00, 0xff00, "serial bus controller"},
	{0x0d00, 0xff00, "wireless controller"},
	{0x1000, 0xff00, "encryption controller"},
	{0x1100, 0xff00, "signal processor"},
	{0x1200, 0xff00, "accelerator"},
};

static const char *class_name(unsigned int code)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if ((code & classes[i].mask) == classes[i].code)
			return classes[i].name;
	}
	return "device";
}

void device_set_driver(struct device *device, const char *driver)
{
	size_t length = strlen(device->about);

	snprintf(device->about + length, sizeof(device->about) - length, "%s%s", length ? ", " : "",
		driver);
}

void device_describe(struct device *device, unsigned int vendor, unsigned int id,
	unsigned int class_code, const char *driver)
{
	snprintf(device->about, sizeof(device->about), "%04x:%04x %s", vendor, id,
		class_name(class_code));
	if (driver)
		device_set_driver(device, driver);
}
