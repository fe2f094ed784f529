/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"

/* QEMU docs/specs/edu.rst */
#define EDU_SOURCE	0x80
#define EDU_DESTINATION 0x88
#define EDU_LENGTH	0x90
#define EDU_COMMAND	0x98 /* 1: go, and busy; 2: to memory */
#define EDU_BUFFER	0x40000

#define CONFIG_COMMAND 4
#define BUS_MASTER     6 /* with its memory on */

struct device {
	int fd; /* VFIO's */
	volatile uint8_t *bar;
	size_t bar_size;
};

static struct kernel {
	int iommufd; /* -1 before the first device comes */
	uint32_t ioas_id;
	void *memory;
	uint64_t base;
	size_t size;
	struct device device[MACHINE_DEVICES];
} kernel;

static char **addresses;

void machine_kernel_devices(char **names)
{
	addresses = names;
}

static int call(int fd, unsigned long request, void *argument)
{
	int ret;

	do
		ret = ioctl(fd, request, argument);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

static int kernel_open(struct machine *machine, void *memory, uint64_t base, size_t size)
{
	kernel = (struct kernel){.iommufd = -1, .memory = memory, .base = base, .size = size};
	for (unsigned int n = 0; n < MACHINE_DEVICES; n++)
		kernel.device[n].fd = -1;
	machine->state = &kernel;
	return 0;
}

/* Makes the container: an address space with the guest's memory. */
static int open_container(void)
{
	struct kernel_ioas_alloc ioas = {.size = sizeof(ioas)};
	struct kernel_ioas_map map = {
		.size = sizeof(map),
		.flags = 1 | 2 | 4,
		.user_va = (uintptr_t)kernel.memory,
		.length = kernel.size,
		.iova = kernel.base,
	};
	int ret;

	kernel.iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (kernel.iommufd < 0)
		return -errno;
	ret = call(kernel.iommufd, KERNEL_IOAS_ALLOC, &ioas);
	map.ioas_id = kernel.ioas_id = ioas.out_ioas_id;
	return ret ? ret : call(kernel.iommufd, KERNEL_IOAS_MAP, &map);
}

static void kernel_close(struct machine *machine)
{
	for (unsigned int n = 0; n < MACHINE_DEVICES; n++)
		machine->ops->unplug(machine, n);
	if (kernel.iommufd >= 0)
		close(kernel.iommufd);
}

/* "/dev/vfio/devices/vfio3", by what sysfs has in the device's folder. */
static int open_device(const char *address)
{
	char path[512] = "";
	struct dirent *entry;
	DIR *folder;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", address);
	folder = opendir(path);
	if (!folder)
		return -errno;
	path[0] = '\0';
	while ((entry = readdir(folder)))
		if (!strncmp(entry->d_name, "vfio", 4))
			snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
	closedir(folder);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int map_bar(struct device *device)
{
	struct kernel_region bar = {.argsz = sizeof(bar), .index = 0};
	int ret = call(device->fd, KERNEL_REGION, &bar);
	void *mapped;

	if (ret)
		return ret;
	mapped = mmap(
		NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd, (off_t)bar.offset);
	if (mapped == MAP_FAILED)
		return -errno;
	device->bar = mapped;
	device->bar_size = bar.size;
	return 0;
}

static int enable(const struct device *device)
{
	struct kernel_region config = {.argsz = sizeof(config), .index = 7};
	int ret = call(device->fd, KERNEL_REGION, &config);
	const off_t at = (off_t)config.offset + CONFIG_COMMAND;
	uint16_t command;

	if (ret)
		return ret;
	if (pread(device->fd, &command, sizeof(command), at) != sizeof(command))
		return -EIO;
	command |= BUS_MASTER;
	return pwrite(device->fd, &command, sizeof(command), at) == sizeof(command) ? 0 : -EIO;
}

static int kernel_plug(struct machine *machine, unsigned int n)
{
	struct kernel_bind bind = {.argsz = sizeof(bind)};
	struct device *device = &kernel.device[n];
	int ret = kernel.iommufd < 0 ? open_container() : 0;

	if (ret)
		return ret;
	device->fd = open_device(addresses[n]);
	if (device->fd < 0)
		return device->fd;
	bind.iommufd = kernel.iommufd;
	ret = call(device->fd, KERNEL_BIND, &bind);
	if (!ret)
		ret = map_bar(device);
	if (!ret)
		ret = enable(device);
	if (ret)
		machine->ops->unplug(machine, n);
	machine->dev_id[n] = bind.out_devid;
	return ret;
}

static void kernel_unplug(struct machine *machine, unsigned int n)
{
	struct device *device = &kernel.device[n];

	(void)machine;
	if (device->bar)
		munmap((void *)device->bar, device->bar_size);
	if (device->fd >= 0)
		close(device->fd);
	*device = (struct device){.fd = -1};
}

static int kernel_host(struct machine *machine, struct vsmmu_host **out)
{
	const struct vsmmu_iommufd_config config = {
		.size = sizeof(config),
		.iommufd = kernel.iommufd,
		.ioas_id = kernel.ioas_id,
	};

	(void)machine;
	return vsmmu_iommufd_new(out, &config);
}

static int kernel_parent_new(struct machine *machine, unsigned int n, uint32_t *hwpt_id)
{
	struct kernel_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.flags = 1,
		.dev_id = machine->dev_id[n],
		.pt_id = kernel.ioas_id,
	};
	int ret = call(kernel.iommufd, KERNEL_HWPT_ALLOC, &alloc);

	*hwpt_id = alloc.out_hwpt_id;
	return ret;
}

static int kernel_parent_free(struct machine *machine, uint32_t hwpt_id)
{
	struct kernel_destroy destroy = {.size = sizeof(destroy), .id = hwpt_id};

	(void)machine;
	return call(kernel.iommufd, KERNEL_DESTROY, &destroy);
}

static int kernel_attach(struct machine *machine, unsigned int n, uint32_t pt_id)
{
	struct kernel_attach attach = {.argsz = sizeof(attach), .pt_id = pt_id};
	struct kernel_detach detach = {.argsz = sizeof(detach)};

	(void)machine;
	return pt_id ? call(kernel.device[n].fd, KERNEL_ATTACH, &attach)
		     : call(kernel.device[n].fd, KERNEL_DETACH, &detach);
}

static void edu_set(const struct device *device, unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(device->bar + offset) = value;
}

static int kernel_access(
	struct machine *machine, unsigned int n, uint64_t iova, uint32_t length, bool write)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	const struct device *device = &kernel.device[n];

	(void)machine;
	edu_set(device, EDU_SOURCE, write ? EDU_BUFFER : iova);
	edu_set(device, EDU_DESTINATION, write ? iova : EDU_BUFFER);
	edu_set(device, EDU_LENGTH, length);
	edu_set(device, EDU_COMMAND, 1 | (write ? 2 : 0));
	for (unsigned int i = 0; i < 10000; i++) {
		if (!(*(volatile uint64_t *)(device->bar + EDU_COMMAND) & 1))
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

const struct machine_ops machine_kernel = {
	.name = "kernel",
	.open = kernel_open,
	.close = kernel_close,
	.plug = kernel_plug,
	.unplug = kernel_unplug,
	.host = kernel_host,
	.parent_new = kernel_parent_new,
	.parent_free = kernel_parent_free,
	.attach = kernel_attach,
	.access = kernel_access,
};
