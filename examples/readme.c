/* SPDX-License-Identifier: BSD-2-Clause */
#include <vsmmu/smmu.h>

/* A VMM has these: access guest memory, signal an irqfd, log, watch an fd for POLLIN. */
int vm_read(void *vm, uint64_t address, void *bytes, size_t length);
int vm_write(void *vm, uint64_t address, const void *bytes, size_t length);
void vm_irq(void *vm, enum vsmmu_irq irq);
void vm_report(void *vm, const struct vsmmu_report *report); /* says why a call was refused */
void vm_watch(void *vm, int fd, int (*ready)(struct vsmmu *vsmmu, uint32_t budget));

struct vsmmu *vm_add_smmu(void *vm, int iommufd, uint32_t ioas, int vfio_fd, uint32_t vsid)
{
	struct vsmmu_iommufd_config kernel = {
		.size = sizeof(kernel), .iommufd = iommufd, .ioas_id = ioas};
	struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_write = vm_write,
		.irq_pulse = vm_irq,
		.report = vm_report,
		.memory_read = vm_read,
	};
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops, .opaque = vm};
	struct vsmmu_endpoint_config device = {
		.size = sizeof(device), .vsid = vsid, .vfio_fd = vfio_fd};
	struct vsmmu_endpoint *endpoint; /* for vsmmu_endpoint_detach(), at hot-unplug */
	struct vsmmu *vsmmu = NULL;	 /* for vsmmu_mmio_read() and vsmmu_mmio_write() */

	if (vsmmu_iommufd_bind(vfio_fd, iommufd, &device.dev_id) ||
		vsmmu_iommufd_new(&config.host, &kernel))
		return NULL;
	if (vsmmu_new(&vsmmu, &config) || vsmmu_endpoint_attach(vsmmu, &device, &endpoint)) {
		vsmmu_free(vsmmu);
		vsmmu = NULL;
	} else {
		vm_watch(vm, vsmmu_get_event_fd(vsmmu), vsmmu_dispatch);
		vm_watch(vm, vsmmu_get_command_fd(vsmmu), vsmmu_run_commands);
	}
	vsmmu_host_unref(config.host); /* the vSMMU keeps it */
	return vsmmu;
}
