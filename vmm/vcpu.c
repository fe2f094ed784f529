/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

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
	const struct kvm *kvm = &vm->kvm;
	struct vcpu *vcpu = &vm->vcpu[number];
	int size = ioctl(kvm->fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_vcpu_init init;

	pthread_mutex_init(&vcpu->running, NULL);
	vcpu->vm = vm;
	vcpu->number = number;
	vcpu->fd = ioctl(kvm->vm, KVM_CREATE_VCPU, number);
	if (vcpu->fd < 0 || size < 0)
		return fail("KVM has no vCPU %u: %m; ask for less with --cpus", number);
	vcpu->run_size = (size_t)size;
	vcpu->run = mmap(NULL, vcpu->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		vcpu->run = NULL;
		return fail("KVM's vCPU %u: %m", number);
	}
	if (ioctl(kvm->vm, KVM_ARM_PREFERRED_TARGET, &init))
		return fail("KVM does not know this CPU: %m");
	init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	if (number)
		init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
	if (ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init))
		return fail("KVM does not set up vCPU %u: %m", number);
	if (number)
		return 0;
	if (set_register(vcpu, CORE_REGISTER(regs.pc), vm->image.entry) ||
		set_register(vcpu, CORE_REGISTER(regs.regs[0]), vm->image.fdt))
		return fail("KVM does not set vCPU 0's registers: %m");
	return 0;
}

static void do_mmio(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	struct bus_access access = {
		.address = run->mmio.phys_addr,
		.size = run->mmio.len,
		.write = run->mmio.is_write,
	};

	if (access.write)
		memcpy(&access.value, run->mmio.data, access.size);
	bus_access(vcpu->vm, &access);
	if (!access.write)
		memcpy(run->mmio.data, &access.value, access.size);
}

/* All vCPUs have the same ring, in the second page of their run area. */
void vcpu_do_collected(struct vm *vm)
{
	const uint32_t page = (uint32_t)getpagesize();
	struct kvm_coalesced_mmio_ring *ring = (void *)((uint8_t *)vm->vcpu[0].run + page);
	const uint32_t size = (page - sizeof(*ring)) / sizeof(ring->coalesced_mmio[0]);

	pthread_mutex_lock(&vm->collected);
	while (__atomic_load_n(&ring->last, __ATOMIC_ACQUIRE) != ring->first) {
		const struct kvm_coalesced_mmio *write = &ring->coalesced_mmio[ring->first];
		struct bus_access access = {
			.address = write->phys_addr, .size = write->len, .write = true};

		memcpy(&access.value, write->data, access.size);
		bus_access(vm, &access);
		__atomic_store_n(&ring->first, (ring->first + 1) % size, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&vm->collected);
}

static void do_exit(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	const bool event = run->exit_reason == KVM_EXIT_SYSTEM_EVENT;

	vcpu_do_collected(vcpu->vm);
	if (run->exit_reason == KVM_EXIT_MMIO) {
		do_mmio(vcpu);
	} else if (event && run->system_event.type == KVM_SYSTEM_EVENT_SHUTDOWN) {
		vm_stop(vcpu->vm, STOP_OFF);
	} else if (event && run->system_event.type == KVM_SYSTEM_EVENT_RESET) {
		vm_stop(vcpu->vm, STOP_RESET);
	} else if (run->exit_reason != KVM_EXIT_INTR) {
		fail("vCPU %u: stopped for KVM's reason %" PRIu32, vcpu->number, run->exit_reason);
		vm_stop(vcpu->vm, STOP_BROKEN);
	}
}

static void rest(struct vcpu *vcpu)
{
	pthread_mutex_unlock(&vcpu->running);
	pthread_mutex_lock(&vcpu->vm->pause);
	pthread_mutex_unlock(&vcpu->vm->pause);
	pthread_mutex_lock(&vcpu->running);
}

static void *run_vcpu(void *opaque)
{
	struct vcpu *vcpu = opaque;

	own_run = vcpu->run;
	pthread_mutex_lock(&vcpu->running);
	for (;;) {
		/* A kick comes after its reason: it is seen below, or ends KVM_RUN. */
		vcpu->run->immediate_exit = 0;
		if (vcpu->vm->stop)
			break;
		if (vcpu->vm->paused) {
			rest(vcpu);
		} else if (!ioctl(vcpu->fd, KVM_RUN, 0)) {
			do_exit(vcpu);
		} else if (errno != EINTR && errno != EAGAIN) {
			fail("vCPU %u: %m; ENOSYS: the guest used an instruction on a device's "
			     "registers that KVM cannot emulate",
				vcpu->number);
			vm_stop(vcpu->vm, STOP_BROKEN);
		}
	}
	pthread_mutex_unlock(&vcpu->running);
	own_run = NULL;
	return NULL;
}

int vcpu_start(struct vcpu *vcpu)
{
	struct sigaction action = {.sa_handler = kick};
	int ret;

	sigaction(SIGRTMIN, &action, NULL);
	ret = pthread_create(&vcpu->thread, NULL, run_vcpu, vcpu);
	vcpu->started = !ret;
	return ret ? fail("no thread for vCPU %u: %s", vcpu->number, strerror(ret)) : 0;
}

/*
 * Interrupts what a thread does until it has done as it was asked: again and again, as the signal
 * may be too early for the write to a full pipe, of the console, that it has to interrupt.
 */
static void kick_again(const struct vcpu *vcpu)
{
	pthread_kill(vcpu->thread, SIGRTMIN);
	usleep(1000);
}

void vcpu_pause_all(struct vm *vm)
{
	pthread_mutex_lock(&vm->pause);
	vm->paused = true;
	for (unsigned int n = 0; n < vm->options.cpus; n++)
		while (pthread_mutex_trylock(&vm->vcpu[n].running))
			kick_again(&vm->vcpu[n]);
}

void vcpu_resume_all(struct vm *vm)
{
	vm->paused = false;
	for (unsigned int n = 0; n < vm->options.cpus; n++)
		pthread_mutex_unlock(&vm->vcpu[n].running);
	pthread_mutex_unlock(&vm->pause);
}

void vcpu_close_all(struct vm *vm)
{
	/* All threads first: each uses the ring of vCPU 0. */
	for (unsigned int n = 0; n < vm->options.cpus; n++)
		while (vm->vcpu[n].started && pthread_tryjoin_np(vm->vcpu[n].thread, NULL))
			kick_again(&vm->vcpu[n]);
	for (unsigned int n = 0; n < vm->options.cpus; n++) {
		struct vcpu *vcpu = &vm->vcpu[n];

		if (vcpu->run)
			munmap(vcpu->run, vcpu->run_size);
		if (vcpu->fd > 0)
			close(vcpu->fd);
		*vcpu = (struct vcpu){0};
	}
}
