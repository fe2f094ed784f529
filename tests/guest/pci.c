/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command.h"
#include "files.h"

const char *pci_path(const char *bdf, const char *attribute)
{
	static char path[256];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, attribute);
	return path;
}

int pci_enable(const char *bdf)
{
	int fd = open(pci_path(bdf, "config"), O_RDWR | O_CLOEXEC);
	uint16_t command = 0;
	int ret = 0;

	if (fd < 0)
		return fail("%s: %m", bdf);
	if (pread(fd, &command, 2, PCI_COMMAND) != 2)
		ret = fail("%s: no configuration space: %m", bdf);
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	if (!ret && pwrite(fd, &command, 2, PCI_COMMAND) != 2)
		ret = fail("%s: cannot be enabled: %m", bdf);
	close(fd);
	return ret;
}

volatile uint8_t *pci_map(const char *bdf, uint32_t size)
{
	int fd = open(pci_path(bdf, "resource0"), O_RDWR | O_CLOEXEC);
	void *bar = MAP_FAILED;

	if (fd >= 0)
		bar = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bar == MAP_FAILED)
		fail("%s: cannot map BAR 0: %m", bdf);
	if (fd >= 0)
		close(fd);
	return bar == MAP_FAILED ? NULL : bar;
}

static void print_group(const char *device)
{
	const char *bdf = strrchr(device, '/') + 1;
	char path[512], text[64], region[128];
	FILE *regions;

	snprintf(path, sizeof(path), "%s/iommu_group/type", device);
	read_text(path, text, sizeof(text));
	say("group of %s type %s", bdf, text);
	snprintf(path, sizeof(path), "%s/iommu_group/reserved_regions", device);
	regions = fopen(path, "re");
	while (regions && fgets(region, sizeof(region), regions)) {
		region[strcspn(region, "\n")] = '\0';
		say("region of %s %s", bdf, region);
	}
	if (regions)
		fclose(regions);
}

int command_groups(int count, char **words)
{
	glob_t found;

	(void)count;
	(void)words;
	if (glob("/sys/kernel/iommu_groups/*/devices/*", 0, NULL, &found)) {
		say("no groups");
		return 0;
	}
	for (size_t n = 0; n < found.gl_pathc; n++)
		print_group(found.gl_pathv[n]);
	globfree(&found);
	return 0;
}

int command_unbind(int count, char **words)
{
	(void)count;
	if (write_text(pci_path(words[1], "driver/unbind"), words[1]))
		return fail("%s: cannot be unbound: %m", words[1]);
	return 0;
}

int command_bind(int count, char **words)
{
	const char *bdf = words[1], *driver = words[2];
	char now[256] = "";

	(void)count;
	if (write_text(pci_path(bdf, "driver_override"), driver))
		return fail("%s: no driver_override: %m", bdf);
	if (write_text(pci_path(bdf, "driver/unbind"), bdf) && errno != ENOENT)
		return fail("%s: cannot be unbound: %m", bdf);
	if (write_text("/sys/bus/pci/drivers_probe", bdf))
		return fail("%s: cannot be probed: %m", bdf);
	(void)!readlink(pci_path(bdf, "driver"), now, sizeof(now) - 1);
	if (!strrchr(now, '/') || strcmp(strrchr(now, '/') + 1, driver))
		return fail("%s: %s does not take it", bdf, driver);
	return 0;
}

int command_remove(int count, char **words)
{
	(void)count;
	if (write_text(pci_path(words[1], "remove"), "1"))
		return fail("%s: cannot be removed: %m", words[1]);
	return 0;
}

int command_rescan(int count, char **words)
{
	(void)count;
	(void)words;
	return write_text("/sys/bus/pci/rescan", "1") ? fail("cannot rescan: %m") : 0;
}

int command_reset(int count, char **words)
{
	(void)count;
	if (write_text(pci_path(words[1], "reset"), "1"))
		return fail("%s: cannot be reset: %m", words[1]);
	return 0;
}

/* Resets the function as it does itself, without what Linux saves before and restores behind. */
int command_flr(int count, char **words)
{
	int fd = open(pci_path(words[1], "config"), O_RDWR | O_CLOEXEC);
	uint16_t capability = 0, control = 0, command = 0;

	(void)count;
	if (fd < 0 || pci_enable(words[1]))
		return fail("%s: %m", words[1]);
	for (off_t at = PCI_CAPABILITY_LIST; pread(fd, &capability, 1, at) == 1 && capability;
		at = capability + PCI_CAP_LIST_NEXT) {
		capability &= 0xfc;
		if (pread(fd, &control, 1, capability) == 1 && control == PCI_CAP_ID_EXP)
			break;
	}
	if (!capability)
		return fail("%s: no PCI Express", words[1]);
	if (pread(fd, &control, 2, capability + PCI_EXP_DEVCTL) != 2)
		return fail("%s: no control register: %m", words[1]);
	control |= PCI_EXP_DEVCTL_BCR_FLR;
	if (pwrite(fd, &control, 2, capability + PCI_EXP_DEVCTL) != 2)
		return fail("%s: no reset: %m", words[1]);
	usleep(100000); /* PCI Express Base 6.6.2 */
	if (pread(fd, &command, 2, PCI_COMMAND) != 2 || command)
		return fail("%s: command register %#x after its reset", words[1], command);
	close(fd);
	return 0;
}
