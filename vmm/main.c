/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vsmmu-vm: a small VMM that boots an arm64 Linux with assigned devices behind a vSMMU. It is an
 * example of how the library is embedded, and uses nothing of it but the public headers.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "error.h"
#include "vm.h"

/* Signals come through an fd, to the main loop alone. All threads inherit the mask. */
static int signals_open(void)
{
	const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
	sigset_t signals;

	sigemptyset(&signals);
	for (unsigned int n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
		sigaddset(&signals, numbers[n]);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int vm_open(struct vm *vm)
{
	const struct options *options = &vm->options;

	for (unsigned int n = 0; n < VCPUS_MAX; n++)
		vm->vcpu[n].fd = -1;
	pci_open(&vm->pci, &vm->bus);
	for (unsigned int n = 0; n < DEVICES_MAX; n++)
		vfio_init(&vm->device[n], n + 1, &vm->kvm, &vm->pci);
	vm->iommufd.fd = -1;
	vm->kvm = (struct kvm){.fd = -1, .vm = -1, .gic = -1, .its = -1};
	pthread_mutex_init(&vm->loop, NULL);
	vm->stop.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	vm->signals = signals_open();
	if (vm->stop.wake < 0 || vm->signals < 0)
		return fail("no eventfd or signalfd");
	if (control_open(vm) || memory_open(&vm->memory, options->memory) ||
		image_load(&vm->image, &vm->memory, options->kernel, options->initrd) ||
		kvm_open(&vm->kvm, &vm->memory))
		return -1;
	uart_open(&vm->uart, &vm->kvm, &vm->bus, vm->stop.wake);
	vm->machine = (struct vcpu_machine){
		.kvm = &vm->kvm,
		.bus = &vm->bus,
		.stop = &vm->stop,
		.entry = vm->image.entry,
		.fdt = vm->image.fdt,
		.pause = PTHREAD_MUTEX_INITIALIZER,
	};
	for (unsigned int n = 0; n < options->cpus; n++)
		if (vcpu_open(&vm->vcpu[n], &vm->machine, n))
			return -1;
	if (kvm_add_gic(&vm->kvm) || smmu_open(vm))
		return -1;
	for (unsigned int n = 0; n < options->devices; n++)
		if (vm_attach(vm, options->device[n], n + 1))
			return -1;
	return device_tree_build(vm);
}

static void vm_close(struct vm *vm)
{
	control_close(vm);
	vcpu_close_all(vm->vcpu, VCPUS_MAX);
	for (unsigned int n = 0; n < DEVICES_MAX; n++)
		vfio_close(&vm->device[n]);
	smmu_close(vm);
	iommufd_close(&vm->iommufd);
	kvm_close(&vm->kvm);
	memory_close(&vm->memory);
}

static void handle_signals(struct vm *vm)
{
	struct signalfd_siginfo info;

	while (read(vm->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			smmu_print_stats(vm, stderr);
		else
			stop_ask(&vm->stop, STOP_OFF);
	}
}

enum { WAKE, SIGNALS, EVENTS, INPUT, INTX, FDS = INTX + DEVICES_MAX };

static void fill(struct vm *vm, struct pollfd *fds)
{
	fds[WAKE].fd = vm->stop.wake;
	fds[SIGNALS].fd = vm->signals;
	fds[EVENTS].fd = vsmmu_get_event_fd(vm->vsmmu);
	fds[INPUT].fd = uart_fd(&vm->uart);
	for (unsigned int n = 0; n < DEVICES_MAX; n++)
		fds[INTX + n].fd = atomic_load(&vm->device[n].raised);
	for (unsigned int n = 0; n < FDS; n++)
		fds[n].events = POLLIN;
}

static void handle(struct vm *vm, const struct pollfd *fds)
{
	eventfd_t ignored;

	if (fds[WAKE].revents)
		(void)eventfd_read(vm->stop.wake, &ignored);
	if (fds[SIGNALS].revents)
		handle_signals(vm);
	for (unsigned int n = 0; n < DEVICES_MAX; n++)
		if (fds[INTX + n].revents)
			vfio_intx_raise(&vm->device[n]);
	if (fds[EVENTS].revents)
		smmu_dispatch(vm);
	if (fds[INPUT].revents && !uart_read(&vm->uart))
		stop_ask(&vm->stop, STOP_OFF);
}

static void loop(struct vm *vm)
{
	struct pollfd fds[FDS];

	pthread_mutex_lock(&vm->loop);
	while (!stop_asked(&vm->stop)) {
		int ready;

		fill(vm, fds);
		pthread_mutex_unlock(&vm->loop);
		ready = poll(fds, FDS, -1);
		pthread_mutex_lock(&vm->loop);
		if (ready > 0)
			handle(vm, fds);
	}
	pthread_mutex_unlock(&vm->loop);
}

static void vm_run(struct vm *vm)
{
	uart_set_raw(&vm->uart, true);
	for (unsigned int n = 0; n < vm->options.cpus; n++)
		if (vcpu_start(&vm->vcpu[n]))
			stop_ask(&vm->stop, STOP_BROKEN);
	if (!stop_asked(&vm->stop) && control_start(vm))
		stop_ask(&vm->stop, STOP_BROKEN);
	loop(vm);
	control_close(vm);
	vcpu_close_all(vm->vcpu, VCPUS_MAX);
	uart_set_raw(&vm->uart, false);
	smmu_print_stats(vm, stderr);
}

int main(int argc, char **argv)
{
	static struct vm vm;
	int ret = options_parse(&vm.options, argc, argv);

	if (ret)
		return ret > 0 ? 0 : 2;
	if (!vm_open(&vm))
		vm_run(&vm);
	vm_close(&vm);
	/* A new process has nothing of the old machine left: KVM, VFIO and iommufd start anew. */
	if (stop_asked(&vm.stop) == STOP_RESET) {
		execv("/proc/self/exe", argv);
		fail("cannot start again: %s", strerror(errno));
	}
	return stop_asked(&vm.stop) == STOP_OFF ? 0 : 1;
}
