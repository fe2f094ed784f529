// SPDX-License-Identifier: BSD-2-Clause
/* Gives every PCI function of a known kind to vfio-pci. */
#include "init.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "files.h"

/* What QEMU offers: its educational device, and a drive (by class, whoever made it). */
static const char *kind_of(const char *device)
{
	char path[512], vendor[16], id[16], class[16];

	snprintf(path, sizeof(path), "%s/vendor", device);
	read_line(path, vendor, sizeof(vendor));
	snprintf(path, sizeof(path), "%s/device", device);
	read_line(path, id, sizeof(id));
	snprintf(path, sizeof(path), "%s/class", device);
	read_line(path, class, sizeof(class));
	if (!strcmp(vendor, "0x1234") && !strcmp(id, "0x11e8"))
		return "edu";
	if (!strcmp(class, "0x010802"))
		return "nvme";
	return NULL;
}

/* Programs that want endpoints which the kernel can tell apart must not be given these. */
static bool shares_group(const char *device)
{
	char pattern[512];
	glob_t found;
	bool shares;

	snprintf(pattern, sizeof(pattern), "%s/iommu_group/devices/*", device);
	if (glob(pattern, 0, NULL, &found))
		return false;
	shares = found.gl_pathc > 1;
	globfree(&found);
	return shares;
}

/* Prints, and writes down for the programs, where the endpoint can be opened. */
static void announce(FILE *list, const char *kind, const char *device, const char *bdf)
{
	char pattern[512];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/vfio-dev/vfio*", device);
	if (glob(pattern, 0, NULL, &found)) {
		printf("# rig: %s %s was not taken by vfio-pci\n", kind, bdf);
		return;
	}
	const char *name = strrchr(found.gl_pathv[0], '/') + 1;
	const char *shared = shares_group(device) ? "-shared" : "";

	printf("# rig: endpoint %s%s %s /dev/vfio/devices/%s\n", kind, shared, bdf, name);
	if (list)
		fprintf(list, "%s%s %s /dev/vfio/devices/%s\n", kind, shared, bdf, name);
	globfree(&found);
}

static void bind(FILE *list, const char *kind, const char *device)
{
	const char *bdf = strrchr(device, '/') + 1;
	char path[512];

	/* In this order: the override waits for a probe that is still going on. */
	snprintf(path, sizeof(path), "%s/driver_override", device);
	write_file(path, "vfio-pci");
	snprintf(path, sizeof(path), "%s/driver/unbind", device);
	write_file(path, bdf);
	write_file("/sys/bus/pci/drivers_probe", bdf);
	announce(list, kind, device, bdf);
}

void endpoints_bind(void)
{
	FILE *list = fopen(ENDPOINTS_FILE, "we");
	glob_t found;

	/* glob() sorts, so the order is that of the slots. */
	if (glob("/sys/bus/pci/devices/*", 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			const char *kind = kind_of(found.gl_pathv[i]);

			if (kind)
				bind(list, kind, found.gl_pathv[i]);
		}
		globfree(&found);
	}
	if (list)
		fclose(list);
}
