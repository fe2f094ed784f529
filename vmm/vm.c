/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console.h"
#include "error.h"
#include "device_tree.h"

void vm_stop(struct vm *vm, enum vm_stop why)
{
	int runs = VM_RUNS;

	atomic_compare_exchange_strong(&vm->stop, &runs, why);
	(void)eventfd_write(vm->wake, 1);
}

int vm_open(struct vm *vm)
{
	const struct options *options = &vm->options;

	for (unsigned int n = 0; n < VCPUS_MAX; n++)
		vm->vcpu[n].fd = -1;
	vm->kvm = (struct kvm){.fd = -1, .vm = -1, .gic = -1, .its = -1};
	vm->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->wake < 0)
		return fail("no eventfd");
	if (memory_open(&vm->memory, options->memory) ||
		image_load(&vm->image, &vm->memory, options->kernel, options->initrd) ||
		kvm_open(&vm->kvm, &vm->memory))
		return -1;
	uart_open(&vm->uart, &vm->kvm, &vm->bus, vm->wake);
	for (unsigned int n = 0; n < options->cpus; n++)
		if (vcpu_open(vm, n))
			return -1;
	return kvm_add_gic(&vm->kvm) || fdt_build(vm) ? -1 : 0;
}

void vm_close(struct vm *vm)
{
	vcpu_close_all(vm);
	kvm_close(&vm->kvm);
	memory_close(&vm->memory);
	if (vm->wake >= 0)
		close(vm->wake);
}

/* Signals that end the VMM come through an fd, to the main loop alone. */
static int signals_open(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void handle_signals(struct vm *vm, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info))
		vm_stop(vm, VM_OFF);
}

static void loop(struct vm *vm, int signals)
{
	eventfd_t ignored;

	while (atomic_load(&vm->stop) == VM_RUNS) {
		const bool input = console_is_open() && uart_has_room(&vm->uart);
		struct pollfd fds[] = {
			{.fd = vm->wake, .events = POLLIN},
			{.fd = signals, .events = POLLIN},
			{.fd = input ? STDIN_FILENO : -1, .events = POLLIN},
		};

		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
			continue;
		if (fds[0].revents)
			(void)eventfd_read(vm->wake, &ignored);
		if (fds[1].revents)
			handle_signals(vm, signals);
		if (fds[2].revents && !console_read(&vm->uart))
			vm_stop(vm, VM_OFF);
	}
}

enum vm_stop vm_run(struct vm *vm)
{
	int signals = signals_open();

	console_open();
	for (unsigned int n = 0; n < vm->options.cpus; n++)
		if (vcpu_start(vm, n))
			vm_stop(vm, VM_BROKEN);
	loop(vm, signals);
	vcpu_close_all(vm);
	console_close();
	close(signals);
	return (enum vm_stop)atomic_load(&vm->stop);
}
