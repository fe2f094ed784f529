/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

#define DEVICES "/sys/bus/pci/devices"

int vfio_check_bdf(const char *bdf)
{
	unsigned int domain, bus, slot, function;
	int length = 0;

	if (sscanf(bdf, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &length) == 4 &&
		length == 12 && !bdf[length])
		return 0;
	return fail(
		"%s: write domain, bus, device and function, as lspci -D does: 0000:01:00.0", bdf);
}

/* Writes the name of the driver that has the function, "" for none. */
static void find_driver(const char *bdf, char *driver, size_t size)
{
	char path[128], link[256];
	ssize_t n;

	snprintf(path, sizeof(path), DEVICES "/%s/driver", bdf);
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	snprintf(driver, size, "%s", strrchr(link, '/') ? strrchr(link, '/') + 1 : "");
}

static int explain(const char *bdf)
{
	char path[128], driver[64];

	snprintf(path, sizeof(path), DEVICES "/%s", bdf);
	if (access(path, F_OK))
		return fail("%s: there is no such device; see lspci -D", bdf);
	find_driver(bdf, driver, sizeof(driver));
	if (strcmp(driver, "vfio-pci"))
		return fail("%s: is bound to %s, not to vfio-pci; as root: echo vfio-pci "
			    ">%s/driver_override; echo %s >%s/driver/unbind; echo %s "
			    ">/sys/bus/pci/drivers_probe",
			bdf, *driver ? driver : "no driver", path, bdf, path, bdf);
	return fail("%s: vfio-pci has no /dev/vfio/devices for it; the kernel needs "
		    "CONFIG_VFIO_DEVICE_CDEV",
		bdf);
}

int vfio_open_file(const char *bdf)
{
	char path[384], driver[64];
	struct dirent *entry;
	DIR *folder;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/vfio-dev", bdf);
	folder = opendir(path);
	path[0] = '\0';
	while (folder && (entry = readdir(folder)))
		if (!strncmp(entry->d_name, "vfio", 4))
			snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
	if (folder)
		closedir(folder);
	find_driver(bdf, driver, sizeof(driver));
	if (!path[0] || strcmp(driver, "vfio-pci"))
		return explain(bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail("%s: %s: %m; %s", bdf, path,
			errno == EBUSY ? "another program has it"
				       : "ask for rights on it, or run this as root");
	return fd;
}

void vfio_read_msi_window(const char *bdf, uint64_t *base, uint64_t *size)
{
	char path[128], line[128], type[32];
	uint64_t first, last;
	FILE *file;

	*base = *size = 0;
	snprintf(path, sizeof(path), DEVICES "/%s/iommu_group/reserved_regions", bdf);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %31s", &first, &last, type) == 3 &&
			!strcmp(type, "msi")) {
			*base = first;
			*size = last - first + 1;
		}
	}
	if (file)
		fclose(file);
}
