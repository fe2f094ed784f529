/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <vsmmu/event.h>

#include "check.h"

#define LONG_S 60

void vmm_lock(struct vmm *vmm)
{
	pthread_mutex_lock(&vmm->lock);
	vmm->owner = pthread_self();
	vmm->is_locked = true;
}

void vmm_unlock(struct vmm *vmm)
{
	vmm->is_locked = false;
	pthread_mutex_unlock(&vmm->lock);
}

/* Callbacks come in the thread that called the library, and that has the lock. */
static bool has_lock(const struct vmm *vmm)
{
	return vmm->is_locked && pthread_equal(vmm->owner, pthread_self());
}

static uint8_t *ram_at(const struct vmm *vmm, uint64_t address, size_t length)
{
	const bool there = address >= VMM_RAM && address - VMM_RAM <= VMM_RAM_SIZE;

	return there && length <= VMM_RAM_SIZE - (address - VMM_RAM)
		       ? vmm->ram + (address - VMM_RAM)
		       : NULL;
}

static bool is_smmu(uint64_t address)
{
	return address >= VMM_SMMU && address < VMM_SMMU_END;
}

/* An address space finds whatever is at an address, the SMMU's own registers too. */
static int memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	struct vmm *vmm = opaque;
	const uint8_t *from = ram_at(vmm, address, length);
	uint64_t value;

	CHECK(has_lock(vmm));
	if (from)
		memcpy(bytes, from, length);
	else if (!is_smmu(address))
		return -EFAULT;
	else
		return vsmmu_mmio_read(vmm->vsmmu, address - VMM_SMMU, 8, &value);
	return 0;
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct vmm *vmm = opaque;
	uint8_t *to = ram_at(vmm, address, length);
	const uint64_t value = 0;

	CHECK(has_lock(vmm));
	if (to && length == sizeof(uint32_t))
		__atomic_store_n(
			(uint32_t *)(void *)to, *(const uint32_t *)bytes, __ATOMIC_RELEASE);
	else if (to)
		memcpy(to, bytes, length);
	else if (!is_smmu(address))
		return -EFAULT;
	else
		return vsmmu_mmio_write(vmm->vsmmu, address - VMM_SMMU, 8, value);
	return 0;
}

static void schedule(struct vmm *vmm)
{
	vmm->scheduled = true;
	eventfd_write(vmm->kick, 1);
}

/* The interrupt controller's own lock is not to be taken here: a bottom half pulses the line. */
static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	struct vmm *vmm = opaque;

	(void)irq;
	CHECK(has_lock(vmm));
	schedule(vmm);
}

static void on_report(void *opaque, const struct vsmmu_report *report)
{
	struct vmm *vmm = opaque;

	printf("# %s: %s\n", vsmmu_report_name(report->code), report->text);
	if (report->code != VSMMU_REPORT_UNFIT && report->code != VSMMU_REPORT_RECORD_REFUSED)
		return;
	vmm->refusals++;
	snprintf(vmm->refusal, sizeof(vmm->refusal), "%s", report->text);
}

/* The StreamID is the requester ID, which a device has once its bus has a number. */
static uint64_t ask_vsid(void *opaque, void *endpoint_opaque)
{
	const struct vmm_device *device = endpoint_opaque;

	CHECK(has_lock(opaque));
	return device->bus ? (uint64_t)device->bus << 8 : VSMMU_NO_VSID;
}

static int attach(void *opaque, const struct vsmmu_attachment *attachment)
{
	struct vmm_device *device = opaque;
	struct vmm *vmm = device->vmm;
	int ret;

	CHECK(has_lock(vmm));
	CHECK(attachment->pasid == VSMMU_NO_PASID);
	CHECK((attachment->pt_id == 0) == (attachment->purpose == VSMMU_ATTACH_NOTHING));
	CHECK((attachment->pt_id == vmm->parent) == (attachment->purpose == VSMMU_ATTACH_PUT_BACK));
	/* Once it is behind the vSMMU it is never left with nothing, for it is to be put back. */
	CHECK(attachment->purpose != VSMMU_ATTACH_NOTHING || !device->endpoint);
	if (device->attachments < VMM_PURPOSES)
		device->purposes[device->attachments] = attachment->purpose;
	device->attachments++;
	ret = vmm->machine.ops->attach(&vmm->machine, device->n, attachment->pt_id);
	if (!ret)
		device->attached_to = attachment->pt_id;
	return ret;
}

/* This bottom half raises the interrupts that the guest wants by now. */
static void take_irqs(struct vmm *vmm)
{
	uint32_t lines = 0;

	if (!vmm->scheduled || vmm->held)
		return;
	vmm->scheduled = false;
	CHECK(vsmmu_take_irqs(vmm->vsmmu, &lines) == 0);
	for (unsigned int irq = 0; irq < VMM_LINES; irq++)
		vmm->lines[irq] += lines >> irq & 1;
	CHECK(!(lines >> VMM_LINES));
}

static void *main_loop(void *opaque)
{
	struct vmm *vmm = opaque;
	struct pollfd fds[] = {
		{.fd = vmm->kick, .events = POLLIN},
		{.fd = vsmmu_get_event_fd(vmm->vsmmu), .events = POLLIN},
		{.fd = vsmmu_get_command_fd(vmm->vsmmu), .events = POLLIN},
	};
	eventfd_t count;

	for (;;) {
		poll(fds, sizeof(fds) / sizeof(fds[0]), -1);
		vmm_lock(vmm);
		if (fds[0].revents)
			eventfd_read(vmm->kick, &count);
		if (vmm->ends)
			break;
		if (fds[1].revents)
			CHECK(vsmmu_dispatch(vmm->vsmmu, 0) >= 0);
		if (fds[2].revents)
			CHECK(vsmmu_run_commands(vmm->vsmmu, 0) >= 0);
		take_irqs(vmm);
		pthread_cond_broadcast(&vmm->changed);
		vmm_unlock(vmm);
	}
	vmm_unlock(vmm);
	return NULL;
}

void vmm_open(struct vmm *vmm, const struct machine_ops *ops, const struct vsmmu_config *promise)
{
	static const struct vsmmu_ops smmu_ops = {
		.size = sizeof(smmu_ops),
		.memory_write = memory_write,
		.irq_pulse = irq_pulse,
		.report = on_report,
		.memory_read = memory_read,
		.vsid = ask_vsid,
	};
	struct vsmmu_config config = *promise;
	void *ram =
		mmap(NULL, VMM_RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	memset(vmm, 0, sizeof(*vmm));
	if (ram == MAP_FAILED)
		bail("no memory for the guest");
	vmm->ram = ram;
	vmm->machine.ops = ops;
	vmm->kick = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pthread_mutex_init(&vmm->lock, NULL);
	pthread_cond_init(&vmm->changed, NULL);
	for (unsigned int n = 0; n < MACHINE_DEVICES; n++)
		vmm->device[n] = (struct vmm_device){.vmm = vmm, .n = n};
	config.size = sizeof(config);
	config.ops = &smmu_ops;
	config.opaque = vmm;
	config.defer_irqs = true;
	vmm_lock(vmm);
	if (ops->open(&vmm->machine, ram, VMM_RAM, VMM_RAM_SIZE) ||
		vsmmu_new(&vmm->vsmmu, &config) || pthread_create(&vmm->loop, NULL, main_loop, vmm))
		bail("the machine cannot be made");
	vmm_unlock(vmm);
}

/* The first device tells which host there is. */
static int bring_host(struct vmm *vmm)
{
	struct vsmmu_host *host = NULL;
	int ret;

	if (vmm->has_host)
		return 0;
	ret = vmm->machine.ops->host(&vmm->machine, &host);
	if (!ret)
		ret = vsmmu_set_host(vmm->vsmmu, host);
	vmm->has_host = !ret;
	vsmmu_host_unref(host);
	return ret;
}

/* A container attaches a device to its nesting parent before anybody else has it. */
static int join_container(struct vmm *vmm, struct vmm_device *device)
{
	const struct machine_ops *ops = vmm->machine.ops;
	int ret = ops->plug(&vmm->machine, device->n);

	device->is_plugged = !ret;
	if (!ret && !vmm->parent)
		ret = ops->parent_new(&vmm->machine, device->n, &vmm->parent);
	if (!ret)
		ret = ops->attach(&vmm->machine, device->n, vmm->parent);
	if (!ret)
		device->attached_to = vmm->parent;
	return ret;
}

static void leave_container(struct vmm *vmm, struct vmm_device *device)
{
	const struct machine_ops *ops = vmm->machine.ops;
	unsigned int left = 0;

	ops->attach(&vmm->machine, device->n, 0);
	ops->unplug(&vmm->machine, device->n);
	*device = (struct vmm_device){.vmm = vmm, .n = device->n};
	for (unsigned int n = 0; n < MACHINE_DEVICES; n++)
		left += vmm->device[n].is_plugged;
	if (left || !vmm->parent)
		return;
	/* Nobody is attached to it, and nothing of the library's is on it any more. */
	CHECK(ops->parent_free(&vmm->machine, vmm->parent) == 0);
	vmm->parent = 0;
}

int vmm_plug(struct vmm *vmm, unsigned int n)
{
	struct vmm_device *device = &vmm->device[n];
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = VSMMU_NO_VSID,
		.vfio_fd = -1,
		.attach = attach,
		.attach_opaque = device,
		.put_back = true,
		.opaque = device,
	};
	int ret;

	vmm_lock(vmm);
	ret = join_container(vmm, device);
	if (!ret)
		ret = bring_host(vmm);
	config.dev_id = vmm->machine.dev_id[n];
	config.parent_hwpt = vmm->parent;
	if (!ret)
		ret = vsmmu_endpoint_attach(vmm->vsmmu, &config, &device->endpoint);
	if (ret)
		leave_container(vmm, device);
	vmm_unlock(vmm);
	return ret;
}

int vmm_unplug(struct vmm *vmm, unsigned int n)
{
	struct vmm_device *device = &vmm->device[n];
	int ret;

	vmm_lock(vmm);
	ret = vsmmu_endpoint_detach(device->endpoint);
	device->endpoint = NULL;
	vmm_unlock(vmm);
	return ret;
}

void vmm_remove(struct vmm *vmm, unsigned int n)
{
	vmm_lock(vmm);
	leave_container(vmm, &vmm->device[n]);
	vmm_unlock(vmm);
}

void vmm_close(struct vmm *vmm)
{
	vmm_lock(vmm);
	vmm->ends = true;
	eventfd_write(vmm->kick, 1);
	vmm_unlock(vmm);
	pthread_join(vmm->loop, NULL);
	vmm_lock(vmm);
	vsmmu_free(vmm->vsmmu);
	for (unsigned int n = 0; n < MACHINE_DEVICES; n++)
		if (vmm->device[n].is_plugged)
			leave_container(vmm, &vmm->device[n]);
	CHECK(machine_sim_objects(&vmm->machine) == 0);
	vmm->machine.ops->close(&vmm->machine);
	vmm_unlock(vmm);
	pthread_cond_destroy(&vmm->changed);
	pthread_mutex_destroy(&vmm->lock);
	close(vmm->kick);
	munmap(vmm->ram, VMM_RAM_SIZE);
}

/* Devices first, so that they do no more DMA; their bridges forget the numbers of their buses. */
void vmm_reset(struct vmm *vmm)
{
	vmm_lock(vmm);
	for (unsigned int n = 0; n < MACHINE_DEVICES; n++) {
		vmm->device[n].bus = 0;
		if (vmm->device[n].endpoint)
			CHECK(vsmmu_endpoint_set_vsid(vmm->device[n].endpoint, VSMMU_NO_VSID) == 0);
	}
	CHECK(vsmmu_reset(vmm->vsmmu) == 0);
	memset(vmm->lines, 0, sizeof(vmm->lines));
	vmm_unlock(vmm);
}

void vmm_hold(struct vmm *vmm)
{
	vmm_lock(vmm);
	vmm->held = true;
	vmm_unlock(vmm);
}

void vmm_let_go(struct vmm *vmm)
{
	vmm_lock(vmm);
	vmm->held = false;
	take_irqs(vmm);
	vmm_unlock(vmm);
}

uint64_t vmm_read(struct vmm *vmm, uint64_t offset, uint32_t size)
{
	uint64_t value = 0;

	vmm_lock(vmm);
	CHECK(vsmmu_mmio_read(vmm->vsmmu, offset, size, &value) == 0);
	vmm_unlock(vmm);
	return value;
}

void vmm_write(struct vmm *vmm, uint64_t offset, uint32_t size, uint64_t value)
{
	vmm_lock(vmm);
	CHECK(vsmmu_mmio_write(vmm->vsmmu, offset, size, value) == 0);
	vmm_unlock(vmm);
}

void vmm_write_bus(struct vmm *vmm, unsigned int n, unsigned int bus)
{
	vmm_lock(vmm);
	vmm->device[n].bus = bus;
	vmm_unlock(vmm);
}

void vmm_wait(struct vmm *vmm, bool (*is_so)(struct vmm *vmm, const void *what), const void *what)
{
	struct timespec end;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += LONG_S;
	vmm_lock(vmm);
	while (!is_so(vmm, what)) {
		if (ret)
			bail("nothing happens for a minute");
		vmm->is_locked = false;
		ret = pthread_cond_timedwait(&vmm->changed, &vmm->lock, &end);
		vmm->owner = pthread_self();
		vmm->is_locked = true;
	}
	vmm_unlock(vmm);
}

unsigned int vmm_take_line(struct vmm *vmm, enum vsmmu_irq irq)
{
	unsigned int edges;

	vmm_lock(vmm);
	edges = vmm->lines[irq];
	vmm->lines[irq] = 0;
	vmm_unlock(vmm);
	return edges;
}

void vmm_device_reads(struct vmm *vmm, unsigned int n, uint64_t iova, uint32_t length)
{
	CHECK(vmm->machine.ops->access(&vmm->machine, n, iova, length, false) == 0);
}

void vmm_device_writes(struct vmm *vmm, unsigned int n, uint64_t iova, uint32_t length)
{
	CHECK(vmm->machine.ops->access(&vmm->machine, n, iova, length, true) == 0);
}

int vmm_emulated_fault(struct vmm *vmm, uint32_t vsid, uint64_t iova, bool stall)
{
	const struct vsmmu_event fault = {
		.size = sizeof(fault),
		.id = VSMMU_EVENT_F_TRANSLATION,
		.class_ = VSMMU_EVENT_CLASS_IN,
		.stall = stall,
		.rnw = true,
		.sid = vsid,
		.input_addr = iova,
	};
	struct vsmmu_event_record record;
	int ret = vsmmu_event_encode(&fault, &record);

	vmm_lock(vmm);
	if (!ret)
		ret = vsmmu_record_event(vmm->vsmmu, &record);
	vmm_unlock(vmm);
	return ret;
}

struct vsmmu_stats vmm_stats(struct vmm *vmm)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	vmm_lock(vmm);
	CHECK(vsmmu_get_stats(vmm->vsmmu, &stats) == 0);
	vmm_unlock(vmm);
	return stats;
}
