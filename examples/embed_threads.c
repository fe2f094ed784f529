/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread for each vSMMU, which does nothing else: a guest's command or event never waits for
 * another vSMMU, nor for the VMM's main loop. The main thread is the guests' vCPU here; it calls
 * the same vSMMUs at the same time, and no lock of the VMM's is needed.
 */
#include <pthread.h>

#include "embed_vm.h"

enum { VSMMUS = 2, EVENTS = 50 };

struct server {
	struct vm vm;
	int stop; /* eventfd */
	pthread_t thread;
	bool running;
};

static void *serve(void *opaque)
{
	struct server *server = opaque;
	struct vsmmu *vsmmu = server->vm.vsmmu;
	struct pollfd fds[] = {
		{.fd = vsmmu_get_event_fd(vsmmu), .events = POLLIN},
		{.fd = vsmmu_get_command_fd(vsmmu), .events = POLLIN},
		{.fd = server->stop, .events = POLLIN},
	};

	while (poll(fds, 3, -1) < 0 || !fds[2].revents) {
		if (fds[0].revents)
			vsmmu_dispatch(vsmmu, 0);
		if (fds[1].revents)
			vsmmu_run_commands(vsmmu, 0);
	}
	return NULL;
}

static bool start(struct server *server)
{
	server->stop = eventfd(0, EFD_CLOEXEC);
	if (!vm_open(&server->vm) || server->stop < 0)
		return false;
	server->running = !pthread_create(&server->thread, NULL, serve, server);
	return server->running;
}

/* The thread first: vsmmu_free() must not meet a call that is under way. */
static void end(struct server *server)
{
	if (server->running) {
		(void)eventfd_write(server->stop, 1);
		pthread_join(server->thread, NULL);
	}
	vm_close(&server->vm);
	close(server->stop);
}

/* Each device faults in turn; each guest is told of its own alone. */
static bool run(struct server *server)
{
	for (int i = 0; i < VSMMUS; i++)
		guest_boots(server[i].vm.ram, server[i].vm.vsmmu);
	for (int i = 0; i < VSMMUS; i++)
		if (!vm_wait_interrupt(&server[i].vm))
			return false;
	for (uint32_t n = 0; n < EVENTS; n++) {
		for (int i = 0; i < VSMMUS; i++)
			if (vm_device_writes(&server[i].vm, BAD_IOVA) != -EFAULT)
				return false;
		for (int i = 0; i < VSMMUS; i++) {
			struct vm *vm = &server[i].vm;

			if (!vm_wait_interrupt(vm) || !guest_takes_event(vm->ram, vm->vsmmu, n))
				return false;
		}
	}
	return true;
}

int main(void)
{
	static struct server server[VSMMUS];
	bool good = true;

	for (int i = 0; i < VSMMUS; i++)
		good = start(&server[i]) && good;
	good = good && run(server);
	for (int i = 0; i < VSMMUS; i++)
		end(&server[i]);
	if (!good)
		fprintf(stderr, "embed_threads: not all went as it should\n");
	return good ? 0 : 1;
}
