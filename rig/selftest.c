// SPDX-License-Identifier: BSD-2-Clause
/*
 * Is the rig's machine what the tests expect? Runs first (lane "rig"), so that a wrong machine is
 * told apart from a wrong library. Uses the kernel's own headers, not the project's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/iommufd.h>
#include <linux/userfaultfd.h>
#include <linux/vfio.h>

#define LEAST_EDU 4
#define MEMORY	  (2UL << 20)

static int count, failed;
static char bdf[16][32], cdev[16][64];
static char pair[2][32]; /* two edu functions that the kernel cannot tell apart */
static int edus, pairs;

static void check(bool good, const char *name)
{
	int error = errno;

	count++;
	if (good) {
		printf("ok %d - %s\n", count, name);
		return;
	}
	failed++;
	printf("not ok %d - %s\n# errno: %s\n", count, name, strerror(error));
}

static bool opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void read_endpoints(void)
{
	FILE *f = fopen("/run/rig/endpoints", "re");
	char kind[16], address[32], path[64];

	if (!f)
		return;
	while (fscanf(f, "%15s %31s %63s", kind, address, path) == 3) {
		if (!strcmp(kind, "edu") && edus < 16) {
			strcpy(bdf[edus], address);
			strcpy(cdev[edus++], path);
		} else if (!strcmp(kind, "edu-shared") && pairs < 2) {
			strcpy(pair[pairs++], address);
		}
	}
	fclose(f);
}

static bool read_group(const char *address, char group[PATH_MAX])
{
	char path[640];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", address);
	return realpath(path, group);
}

/* Endpoints of one group could not get different translations. */
static bool groups_differ(void)
{
	char group[16][PATH_MAX];

	for (int i = 0; i < edus; i++) {
		if (!read_group(bdf[i], group[i]))
			return false;
		for (int k = 0; k < i; k++)
			if (!strcmp(group[i], group[k]))
				return false;
	}
	return edus > 0;
}

static bool pair_shares_group(void)
{
	char group[2][PATH_MAX];

	return pairs == 2 && read_group(pair[0], group[0]) && read_group(pair[1], group[1]) &&
	       !strcmp(group[0], group[1]);
}

static bool userfaultfd_works(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	bool good = fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* Fail the first allocation of a system call of ours, as iommufd's own tests do. */
static bool fail_nth_works(void)
{
	char path[64];
	int fd, dup, error;

	snprintf(path, sizeof(path), "/proc/self/task/%d/fail-nth", (int)gettid());
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (write(fd, "1", 1) != 1) {
		close(fd);
		return false;
	}
	dup = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	error = errno;
	(void)!pwrite(fd, "0", 1, 0);
	close(fd);
	if (dup >= 0)
		close(dup);
	errno = error;
	return dup < 0 && error == ENOMEM;
}

/* The order of a VMM: bind, stage 2, attach, vIOMMU, event queue. */
static void check_viommu(void)
{
	int iommu = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	int device = edus ? open(cdev[0], O_RDWR | O_CLOEXEC) : -1;
	struct vfio_device_bind_iommufd bind = {.argsz = sizeof(bind), .iommufd = iommu};
	struct iommu_hw_info_arm_smmuv3 smmu = {0};
	struct iommu_hw_info info = {
		.size = sizeof(info), .data_len = sizeof(smmu), .data_uptr = (uintptr_t)&smmu};
	struct iommu_ioas_alloc ioas = {.size = sizeof(ioas)};
	struct iommu_hwpt_alloc parent = {
		.size = sizeof(parent), .flags = IOMMU_HWPT_ALLOC_NEST_PARENT};
	struct vfio_device_attach_iommufd_pt attach = {.argsz = sizeof(attach)};
	struct iommu_viommu_alloc viommu = {
		.size = sizeof(viommu), .type = IOMMU_VIOMMU_TYPE_ARM_SMMUV3};
	struct iommu_veventq_alloc queue = {
		.size = sizeof(queue), .type = IOMMU_VEVENTQ_TYPE_ARM_SMMUV3, .veventq_depth = 4};

	check(device >= 0 && ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind) == 0,
		"an edu binds to iommufd");
	info.dev_id = parent.dev_id = viommu.dev_id = bind.out_devid;
	check(ioctl(iommu, IOMMU_GET_HW_INFO, &info) == 0 && (smmu.idr[0] & 3) == 3,
		"the physical SMMU has both stages");
	bool stage2 = ioctl(iommu, IOMMU_IOAS_ALLOC, &ioas) == 0;

	parent.pt_id = ioas.out_ioas_id;
	stage2 = stage2 && ioctl(iommu, IOMMU_HWPT_ALLOC, &parent) == 0;
	attach.pt_id = viommu.hwpt_id = parent.out_hwpt_id;
	check(stage2 && ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach) == 0,
		"a stage-2 parent is attached");
	check(ioctl(iommu, IOMMU_VIOMMU_ALLOC, &viommu) == 0,
		"a vIOMMU is given (CANWBS is in force)");
	queue.viommu_id = viommu.out_viommu_id;
	check(ioctl(iommu, IOMMU_VEVENTQ_ALLOC, &queue) == 0, "a vEVENTQ is given");
}

int main(void)
{
	read_endpoints();
	check(opens("/dev/iommu", O_RDWR), "/dev/iommu opens");
	check(edus >= LEAST_EDU, "four edu endpoints or more belong to vfio-pci");
	check(groups_differ(), "each edu has an IOMMU group of its own");
	check(pair_shares_group(), "but two, the functions of one slot, which share one");
	check(access("/sys/bus/iommufd_mock", F_OK) == 0, "the kernel has iommufd's mock device");
	check(fail_nth_works(), "fail-nth makes an allocation fail");
	check(userfaultfd_works(), "userfaultfd works");
	check(opens("/dev/kvm", O_RDWR), "/dev/kvm opens");
	check_viommu();
	printf("1..%d\n", count);
	return failed != 0;
}
