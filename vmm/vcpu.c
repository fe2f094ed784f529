/* SPDX-License-Identifier: BSD-2-Clause */
#include "vcpu.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "error.h"
#include "vm.h"

#define CORE_REGISTER(name)                                                                        \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(name))

static _Thread_local struct kvm_run *own_run;

/* Makes KVM_RUN return also when it is only about to be called. */
static void kick(int number)
{
	(void)number;
	if (own_run)
		own_run->immediate_exit = 1;
}

static int set_register(const struct vcpu *vcpu, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)&value};

	return ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg);
}

int vcpu_open(struct vm *vm, unsigned int number)
{
	int size = ioctl(vm->kvm.fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct vcpu *vcpu = &vm->vcpu[number];
	struct kvm_vcpu_init init;

	vcpu->vm = vm;
	vcpu->number = number;
	vcpu->fd = ioctl(vm->kvm.vm, KVM_CREATE_VCPU, number);
	if (vcpu->fd < 0 || size < 0)
		return fail("KVM has no vCPU %u: %s; ask for less with --cpus", number,
			strerror(errno));
	vcpu->run_size = (size_t)size;
	vcpu->run = mmap(NULL, vcpu->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		vcpu->run = NULL;
		return fail("KVM's vCPU %u: %s", number, strerror(errno));
	}
	if (ioctl(vm->kvm.vm, KVM_ARM_PREFERRED_TARGET, &init))
		return fail("KVM does not know this CPU: %s", strerror(errno));
	init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	if (number)
		init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
	if (ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init))
		return fail("KVM does not set up vCPU %u: %s", number, strerror(errno));
	if (number)
		return 0;
	if (set_register(vcpu, CORE_REGISTER(regs.pc), vm->image.entry) ||
		set_register(vcpu, CORE_REGISTER(regs.regs[0]), vm->image.fdt))
		return fail("KVM does not set vCPU 0's registers: %s", strerror(errno));
	return 0;
}

static void do_mmio(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	struct bus_access access = {.size = run->mmio.len, .write = run->mmio.is_write};

	if (access.write)
		memcpy(&access.value, run->mmio.data, access.size);
	bus_access(&vcpu->vm->bus, run->mmio.phys_addr, &access);
	if (!access.write)
		memcpy(run->mmio.data, &access.value, access.size);
}

static void do_exit(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		do_mmio(vcpu);
		break;
	case KVM_EXIT_INTR:
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		vm_stop(vcpu->vm, run->system_event.type == KVM_SYSTEM_EVENT_RESET ? VM_RESET
				  : run->system_event.type == KVM_SYSTEM_EVENT_SHUTDOWN
					  ? VM_OFF
					  : VM_BROKEN);
		break;
	default:
		fail("vCPU %u: stopped for KVM's reason %" PRIu32, vcpu->number, run->exit_reason);
		vm_stop(vcpu->vm, VM_BROKEN);
	}
}

static void *run_vcpu(void *opaque)
{
	struct vcpu *vcpu = opaque;
	struct vm *vm = vcpu->vm;

	own_run = vcpu->run;
	while (atomic_load(&vm->stop) == VM_RUNS) {
		if (!ioctl(vcpu->fd, KVM_RUN, 0)) {
			do_exit(vcpu);
		} else if (errno != EINTR && errno != EAGAIN) {
			fail("vCPU %u: %s; ENOSYS: the guest used an instruction on a device's "
			     "registers that KVM cannot emulate",
				vcpu->number, strerror(errno));
			vm_stop(vm, VM_BROKEN);
		}
	}
	own_run = NULL;
	return NULL;
}

int vcpu_start(struct vm *vm, unsigned int number)
{
	struct sigaction action = {.sa_handler = kick};
	struct vcpu *vcpu = &vm->vcpu[number];
	int ret;

	sigaction(SIGRTMIN, &action, NULL);
	ret = pthread_create(&vcpu->thread, NULL, run_vcpu, vcpu);
	vcpu->started = !ret;
	return ret ? fail("no thread for vCPU %u: %s", number, strerror(ret)) : 0;
}

void vcpu_close_all(struct vm *vm)
{
	for (unsigned int n = 0; n < VCPUS_MAX; n++)
		if (vm->vcpu[n].started)
			pthread_kill(vm->vcpu[n].thread, SIGRTMIN);
	for (unsigned int n = 0; n < VCPUS_MAX; n++) {
		struct vcpu *vcpu = &vm->vcpu[n];

		if (vcpu->started)
			pthread_join(vcpu->thread, NULL);
		if (vcpu->run)
			munmap(vcpu->run, vcpu->run_size);
		if (vcpu->fd >= 0)
			close(vcpu->fd);
		*vcpu = (struct vcpu){.fd = -1};
	}
}
