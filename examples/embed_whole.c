/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole vSMMU in an epoll loop: commands, DMA, an event, and a snapshot with which the machine
 * goes on elsewhere. The VMM is in embed_vm.h, the guest in embed_guest.h.
 */
#include <sys/epoll.h>

#include <vsmmu/snapshot.h>

#include "embed_vm.h"

/* The VMM's loop, here until the guest gets an interrupt. Return: whether it did. */
static bool loop(struct vm *vm)
{
	const int fds[] = {
		vsmmu_get_event_fd(vm->vsmmu), vsmmu_get_command_fd(vm->vsmmu), vm->interrupt};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;
	eventfd_t one = 0;

	for (int i = 0; i < 3; i++) {
		event = (struct epoll_event){.events = EPOLLIN, .data.fd = fds[i]};
		epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event);
	}
	while (!one && epoll_wait(epoll, &event, 1, 1000) == 1) {
		if (event.data.fd == fds[0])
			vsmmu_dispatch(vm->vsmmu, 0);
		else if (event.data.fd == fds[1])
			vsmmu_run_commands(vm->vsmmu, 0);
		else
			(void)eventfd_read(vm->interrupt, &one);
	}
	close(epoll);
	return one;
}

/* To a new vSMMU; in real life on another machine, with the guest's memory moved before. */
static bool move(struct vm *vm)
{
	void *snapshot;
	size_t length;
	bool good;

	if (vsmmu_save(vm->vsmmu, &snapshot, &length))
		return false;
	vsmmu_free(vm->vsmmu);
	vm->vsmmu = NULL;
	good = vm_start(vm) && !vsmmu_restore(vm->vsmmu, snapshot, length);
	vsmmu_snapshot_free(snapshot);
	return good;
}

static bool run(struct vm *vm)
{
	guest_boots(vm->ram, vm->vsmmu);
	if (!loop(vm) || vm_device_writes(vm, GOOD_IOVA))
		return false;
	printf("in guest memory: %.6s\n", (const char *)vm->ram + GOOD_IOVA);
	if (vm_device_writes(vm, BAD_IOVA) != -EFAULT || !loop(vm) ||
		!guest_takes_event(vm->ram, vm->vsmmu, 0))
		return false;
	/* The second event is still in the host's kernel when the machine moves. */
	return vm_device_writes(vm, BAD_IOVA) == -EFAULT && move(vm) && loop(vm) &&
	       guest_takes_event(vm->ram, vm->vsmmu, 1) && !vm_device_writes(vm, GOOD_IOVA) &&
	       !memcmp(vm->ram + GOOD_IOVA, "hello", 6);
}

int main(void)
{
	static struct vm vm;
	const bool good = vm_open(&vm) && run(&vm);

	if (!good)
		fprintf(stderr, "embed_whole: not all went as it should\n");
	vm_close(&vm);
	return good ? 0 : 1;
}
