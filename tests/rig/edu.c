/* SPDX-License-Identifier: BSD-2-Clause */
#include "edu.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <vsmmu/host.h>

#include "host/iommufd/ioctl.h"
#include "uapi/vfio.h"

#define PCI_DEVICES "/sys/bus/pci/devices"

#define REG_DMA_SOURCE	    0x80
#define REG_DMA_DESTINATION 0x88
#define REG_DMA_LENGTH	    0x90
#define REG_DMA_COMMAND	    0x98
#define DMA_RUN		    1
#define DMA_TO_MEMORY	    2
#define BUFFER		    0x40000 /* the device's own memory, as it calls it */

#define CONFIG_COMMAND	      4
#define COMMAND_MEMORY_MASTER 6

static bool attribute_is(const char *bdf, const char *attribute, const char *value)
{
	char path[320], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", bdf, attribute);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, value);
}

/* The first entry of the device's folder vfio-dev, e.g. "vfio3". */
static int vfio_name(const char *bdf, char *name, size_t size)
{
	char path[320];
	struct dirent *entry;
	int ret = -ENODEV;
	DIR *folder;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/vfio-dev", bdf);
	folder = opendir(path);
	if (!folder)
		return -errno;
	while (ret && (entry = readdir(folder)))
		if (!strncmp(entry->d_name, "vfio", 4) && strlen(entry->d_name) < size) {
			strcpy(name, entry->d_name);
			ret = 0;
		}
	closedir(folder);
	return ret;
}

static bool shares_group(const char *bdf)
{
	unsigned int devices = 0;
	struct dirent *entry;
	char path[320];
	DIR *folder;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/iommu_group/devices", bdf);
	folder = opendir(path);
	if (!folder)
		return false;
	while ((entry = readdir(folder)))
		devices += entry->d_name[0] != '.';
	closedir(folder);
	return devices > 1;
}

static unsigned int find(char bdf[][16], unsigned int max, bool shared)
{
	struct dirent **entries;
	unsigned int found = 0;
	char name[32];
	int count = scandir(PCI_DEVICES, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		const char *device = entries[i]->d_name;

		if (found < max && strlen(device) < 16 &&
			attribute_is(device, "vendor", "0x1234") &&
			attribute_is(device, "device", "0x11e8") &&
			!vfio_name(device, name, sizeof(name)) && shares_group(device) == shared)
			strcpy(bdf[found++], device);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return found;
}

unsigned int edu_find(char bdf[][16], unsigned int max)
{
	return find(bdf, max, false);
}

unsigned int edu_find_group(char bdf[][16], unsigned int max)
{
	return find(bdf, max, true);
}

static int map_bar(struct edu *edu)
{
	struct uapi_vfio_region_info info = {
		.argsz = sizeof(info),
		.index = UAPI_VFIO_PCI_BAR0_REGION_INDEX,
	};
	int ret = iommufd_ioctl(edu->vfio_fd, UAPI_VFIO_DEVICE_GET_REGION_INFO, &info);
	void *bar;

	if (ret)
		return ret;
	bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, edu->vfio_fd,
		(off_t)info.offset);
	if (bar == MAP_FAILED)
		return -errno;
	edu->bar = bar;
	edu->bar_size = info.size;
	return 0;
}

static int enable_bus_master(struct edu *edu)
{
	struct uapi_vfio_region_info info = {
		.argsz = sizeof(info),
		.index = UAPI_VFIO_PCI_CONFIG_REGION_INDEX,
	};
	int ret = iommufd_ioctl(edu->vfio_fd, UAPI_VFIO_DEVICE_GET_REGION_INFO, &info);
	off_t offset = (off_t)info.offset + CONFIG_COMMAND;
	uint16_t command;

	if (ret)
		return ret;
	if (pread(edu->vfio_fd, &command, sizeof(command), offset) != sizeof(command))
		return -EIO;
	command |= COMMAND_MEMORY_MASTER;
	return pwrite(edu->vfio_fd, &command, sizeof(command), offset) == sizeof(command) ? 0
											  : -EIO;
}

int edu_open(struct edu *edu, const char *bdf, int iommufd)
{
	char name[32], path[64];
	int ret;

	memset(edu, 0, sizeof(*edu));
	edu->vfio_fd = -1;
	snprintf(edu->bdf, sizeof(edu->bdf), "%s", bdf);
	ret = vfio_name(bdf, name, sizeof(name));
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	edu->vfio_fd = open(path, O_RDWR | O_CLOEXEC);
	if (edu->vfio_fd < 0)
		return -errno;
	/* Before the bind the kernel refuses all else. */
	ret = vsmmu_iommufd_bind(edu->vfio_fd, iommufd, &edu->dev_id);
	if (!ret)
		ret = map_bar(edu);
	if (!ret)
		ret = enable_bus_master(edu);
	if (ret)
		edu_close(edu);
	return ret;
}

void edu_close(struct edu *edu)
{
	if (edu->bar)
		munmap((void *)edu->bar, edu->bar_size);
	if (edu->vfio_fd >= 0)
		close(edu->vfio_fd);
	edu->bar = NULL;
	edu->vfio_fd = -1;
}

static void set(struct edu *edu, unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(edu->bar + offset) = value;
}

static void start(struct edu *edu, uint64_t from, uint64_t to, uint32_t length, uint64_t command)
{
	set(edu, REG_DMA_SOURCE, from);
	set(edu, REG_DMA_DESTINATION, to);
	set(edu, REG_DMA_LENGTH, length);
	set(edu, REG_DMA_COMMAND, command | DMA_RUN);
}

void edu_start_read(struct edu *edu, uint64_t iova, uint32_t length)
{
	start(edu, iova, BUFFER, length, 0);
}

void edu_start_write(struct edu *edu, uint64_t iova, uint32_t length)
{
	start(edu, BUFFER, iova, length, DMA_TO_MEMORY);
}

void edu_start_at(struct edu *edu, uint64_t iova, uint32_t offset, uint32_t length, bool write)
{
	if (write)
		start(edu, BUFFER + offset, iova, length, DMA_TO_MEMORY);
	else
		start(edu, iova, BUFFER + offset, length, 0);
}

bool edu_is_busy(const struct edu *edu)
{
	return *(volatile uint64_t *)(edu->bar + REG_DMA_COMMAND) & DMA_RUN;
}

int edu_wait(struct edu *edu)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < 5000; i++) {
		if (!edu_is_busy(edu))
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}
