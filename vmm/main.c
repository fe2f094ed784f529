/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vsmmu-vm: a small VMM that boots an arm64 Linux with assigned devices behind a vSMMU. It is an
 * example of how the library is embedded, and uses nothing of it but the public headers.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "vm.h"

_Thread_local char *fail_text;

int message(bool failure, const char *format, ...)
{
	char text[1024], *at = failure && fail_text ? fail_text : text;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(at, at == text ? sizeof(text) : FAIL_TEXT, format, arguments);
	va_end(arguments);
	/* A single call writes the line, so that threads' lines do not mix. */
	if (at == text)
		fprintf(stderr, "vsmmu-vm: %s\r\n", text);
	return -1;
}

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

void vm_wake(const struct vm *vm)
{
	(void)eventfd_write(vm->wake, 1);
}

void vm_stop(struct vm *vm, enum stop_reason reason)
{
	int not = STOP_NOT;

	atomic_compare_exchange_strong(&vm->stop, &not, reason);
	vm_wake(vm);
}

int thread_start(struct thread *thread, void *(*run)(void *), void *opaque)
{
	int ret;

	thread->stop = eventfd(0, EFD_CLOEXEC);
	ret = thread->stop < 0 ? errno : pthread_create(&thread->id, NULL, run, opaque);
	if (ret)
		thread->stop = 0;
	return ret ? fail("no thread: %s", strerror(ret)) : 0;
}

void thread_stop(struct thread *thread)
{
	if (!thread->stop)
		return;
	(void)eventfd_write(thread->stop, 1);
	pthread_join(thread->id, NULL);
	close(thread->stop);
	thread->stop = 0;
}

static int vm_open(struct vm *vm)
{
	const struct options *options = &vm->options;

	vm->kvm = (struct kvm){.fd = -1, .vm = -1, .gic = -1, .its = -1};
	vm->iommufd.fd = -1;
	pthread_mutex_init(&vm->kvm.lock, NULL);
	pthread_mutex_init(&vm->uart.lock, NULL);
	pthread_mutex_init(&vm->pause, NULL);
	pthread_mutex_init(&vm->loop, NULL);
	for (unsigned int n = 0; n < DEVICES_MAX; n++)
		vfio_init(&vm->device[n], n + 1, vm);
	vm->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	vm->signals = signals_open();
	if (vm->wake < 0 || vm->signals < 0)
		return fail("no eventfd or signalfd");
	if (control_open(vm) || memory_open(&vm->memory, options->memory) || image_load(vm) ||
		kvm_open(&vm->kvm, &vm->memory))
		return -1;
	for (unsigned int n = 0; n < options->cpus; n++)
		if (vcpu_open(vm, n))
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
	vcpu_close_all(vm);
	for (unsigned int n = 0; n < DEVICES_MAX; n++)
		vfio_close(&vm->device[n]);
	smmu_close(vm);
	iommufd_close(&vm->iommufd);
	kvm_close(&vm->kvm);
}

static void handle_signals(struct vm *vm)
{
	struct signalfd_siginfo info;

	while (read(vm->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			smmu_print_stats(vm, stderr);
		else
			vm_stop(vm, STOP_OFF);
	}
}

#define COLLECTED_MS 100

enum { WAKE, SIGNALS, EVENTS, INPUT, INTX, FDS = INTX + DEVICES_MAX };

static void fill(struct vm *vm, struct pollfd *fds)
{
	fds[WAKE].fd = vm->wake;
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
		(void)eventfd_read(vm->wake, &ignored);
	if (fds[SIGNALS].revents)
		handle_signals(vm);
	for (unsigned int n = 0; n < DEVICES_MAX; n++)
		if (fds[INTX + n].revents)
			vfio_intx_raise(&vm->device[n]);
	if (fds[EVENTS].revents)
		smmu_dispatch(vm);
	if (fds[INPUT].revents && !uart_read(vm))
		vm_stop(vm, STOP_OFF);
}

static void loop(struct vm *vm)
{
	struct pollfd fds[FDS];

	pthread_mutex_lock(&vm->loop);
	while (!vm->stop) {
		int ready;

		fill(vm, fds);
		pthread_mutex_unlock(&vm->loop);
		ready = poll(fds, FDS, COLLECTED_MS);
		pthread_mutex_lock(&vm->loop);
		vcpu_do_collected(vm);
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
			vm_stop(vm, STOP_BROKEN);
	if (!vm->stop && control_start(vm))
		vm_stop(vm, STOP_BROKEN);
	loop(vm);
	control_close(vm);
	vcpu_close_all(vm);
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
	if (vm.stop == STOP_RESET) {
		execv("/proc/self/exe", argv);
		fail("cannot start again: %m");
	}
	return vm.stop == STOP_OFF ? 0 : 1;
}
