/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From nothing to a vSMMU on the real kernel: /dev/iommu, an IOAS with the guest's memory, a VFIO
 * device, an irqfd's eventfd. What the guest would find is printed, then all is taken down.
 *
 *	embed_iommufd /dev/vfio/devices/vfio0
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vsmmu/registers.h>
#include <vsmmu/smmu.h>

#define RAM	 UINT64_C(0x40000000) /* clear of the kernel's window for MSIs */
#define RAM_SIZE (UINT64_C(64) << 20)
#define VSID	 0x8 /* requester ID of 00:01.0, as the guest will number it */

/* Linux include/uapi/linux/iommufd.h, which older systems lack. */
struct ioas_alloc {
	uint32_t size, flags, out_ioas_id;
};

struct ioas_map {
	uint32_t size, flags, ioas_id, reserved;
	uint64_t user_va, length, iova;
};

#define IOAS_ALLOC     _IO(';', 0x81)
#define IOAS_MAP       _IO(';', 0x85)
#define IOAS_MAP_FLAGS 7 /* fixed IOVA, writeable, readable */
#define IOMMUFD	       "/dev/iommu"

struct vm {
	uint8_t *ram;
	int line[3]; /* by enum vsmmu_irq; in a VMM with KVM each is an irqfd's */
	int iommufd;
	uint32_t ioas;
	int device;
	struct vsmmu *vsmmu;
};

static uint8_t *vm_at(const struct vm *vm, uint64_t address, size_t length)
{
	if (address < RAM || address - RAM > RAM_SIZE || length > RAM_SIZE - (address - RAM))
		return NULL;
	return vm->ram + (address - RAM);
}

static int vm_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const uint8_t *at = vm_at(opaque, address, length);

	return at ? (memcpy(bytes, at, length), 0) : -1;
}

static int vm_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	uint8_t *at = vm_at(opaque, address, length);

	return at ? (memcpy(at, bytes, length), 0) : -1;
}

static void vm_irq(void *opaque, enum vsmmu_irq irq)
{
	const struct vm *vm = opaque;

	(void)eventfd_write(vm->line[irq], 1);
}

static void vm_report(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	fprintf(stderr, "vsmmu: %s\n", report->text);
}

static bool fails(int ret, const char *what, const char *why)
{
	if (ret < 0)
		fprintf(stderr, "embed_iommufd: %s: %s; %s\n", what, strerror(-ret), why);
	return ret < 0;
}

/* 0, or -errno, of a call that gives -1. */
static int error(int ret)
{
	return ret < 0 ? -errno : ret;
}

static bool vm_open(struct vm *vm, const char *path)
{
	struct ioas_alloc ioas = {.size = sizeof(ioas)};
	struct ioas_map map = {
		.size = sizeof(map), .flags = IOAS_MAP_FLAGS, .length = RAM_SIZE, .iova = RAM};

	for (int i = 0; i < 3; i++)
		vm->line[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	vm->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	vm->iommufd = error(open(IOMMUFD, O_RDWR | O_CLOEXEC));
	if (vm->ram == MAP_FAILED || fails(vm->iommufd, IOMMUFD, "the kernel has CONFIG_IOMMUFD?"))
		return false;
	if (fails(error(ioctl(vm->iommufd, IOAS_ALLOC, &ioas)), "making an IOAS", ""))
		return false;
	vm->ioas = map.ioas_id = ioas.out_ioas_id;
	map.user_va = (uintptr_t)vm->ram;
	if (fails(error(ioctl(vm->iommufd, IOAS_MAP, &map)), "mapping memory", "a reserved range?"))
		return false;
	vm->device = error(open(path, O_RDWR | O_CLOEXEC));
	return !fails(vm->device, path, "the device is bound to vfio-pci?");
}

static bool vm_add_smmu(struct vm *vm, struct vsmmu_endpoint **endpoint)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = vm_read,
		.memory_write = vm_write,
		.irq_pulse = vm_irq,
		.report = vm_report,
	};
	const struct vsmmu_iommufd_config kernel = {
		.size = sizeof(kernel), .iommufd = vm->iommufd, .ioas_id = vm->ioas};
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops, .opaque = vm};
	struct vsmmu_endpoint_config device = {
		.size = sizeof(device), .vsid = VSID, .vfio_fd = vm->device};
	int ret;

	if (fails(vsmmu_iommufd_bind(vm->device, vm->iommufd, &device.dev_id), "binding",
		    "EPERM: MSIs are not isolated, as without an ITS") ||
		fails(vsmmu_iommufd_new(&config.host, &kernel), "making a host", ""))
		return false;
	ret = vsmmu_new(&vm->vsmmu, &config);
	vsmmu_host_unref(config.host); /* the vSMMU keeps it */
	return !fails(ret, "making a vSMMU", "see above") &&
	       !fails(vsmmu_endpoint_attach(vm->vsmmu, &device, endpoint), "attaching",
		       "EOPNOTSUPP: the kernel is older than 6.15, or the device is not CANWBS");
}

/* What a guest's driver reads first. From then on the promise is final. */
static void guest_looks(struct vsmmu *vsmmu)
{
	for (uint32_t n = 0; n < 6; n++) {
		uint64_t value = 0;

		vsmmu_mmio_read(vsmmu, VSMMU_REG_IDR0 + 4 * n, 4, &value);
		printf("IDR%" PRIu32 ": %#010" PRIx64 "\n", n, value);
	}
}

int main(int argc, char **argv)
{
	struct vm vm = {.line = {-1, -1, -1}, .iommufd = -1, .device = -1};
	struct vsmmu_endpoint *endpoint;
	bool good;

	if (argc != 2) {
		fprintf(stderr, "usage: embed_iommufd /dev/vfio/devices/vfioN\n");
		return 2;
	}
	good = vm_open(&vm, argv[1]) && vm_add_smmu(&vm, &endpoint);
	if (good) {
		guest_looks(vm.vsmmu);
		/* Here the guest runs, with both fds in the VMM's loop: see embed_whole.c. */
		good = !fails(vsmmu_endpoint_detach(endpoint), "detaching", "see above");
	}
	vsmmu_free(vm.vsmmu);
	/* The device before the iommufd; both after the vSMMU. */
	close(vm.device);
	close(vm.iommufd);
	for (int i = 0; i < 3; i++)
		close(vm.line[i]);
	return good ? 0 : 1;
}
