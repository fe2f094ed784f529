/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vSMMU in a GMainLoop, as a VMM with GLib has one: a source for each of its two fds, with the
 * default context. The guest is a source here too, which its interrupt wakes.
 */
#include <glib-unix.h>

#include "embed_vm.h"

struct machine {
	struct vm vm;
	GMainLoop *loop;
	unsigned int interrupts;
	bool good;
};

static gboolean dispatch_events(gint fd, GIOCondition condition, gpointer opaque)
{
	(void)fd, (void)condition;
	vsmmu_dispatch(opaque, 0);
	return G_SOURCE_CONTINUE;
}

static gboolean run_commands(gint fd, GIOCondition condition, gpointer opaque)
{
	(void)fd, (void)condition;
	vsmmu_run_commands(opaque, 0);
	return G_SOURCE_CONTINUE;
}

/* First its commands are done, and the device begins; then it is told of the device's fault. */
static gboolean guest_interrupted(gint fd, GIOCondition condition, gpointer opaque)
{
	struct machine *machine = opaque;
	struct vm *vm = &machine->vm;
	eventfd_t one;

	(void)condition;
	if (eventfd_read(fd, &one))
		return G_SOURCE_CONTINUE;
	if (machine->interrupts++ == 0) {
		machine->good = !vm_device_writes(vm, GOOD_IOVA) &&
				vm_device_writes(vm, BAD_IOVA) == -EFAULT;
		if (machine->good)
			return G_SOURCE_CONTINUE;
	} else {
		machine->good = guest_takes_event(vm->ram, vm->vsmmu, 0) &&
				!memcmp(vm->ram + GOOD_IOVA, "hello", 6);
	}
	g_main_loop_quit(machine->loop);
	return G_SOURCE_CONTINUE;
}

static gboolean give_up(gpointer opaque)
{
	struct machine *machine = opaque;

	machine->good = false;
	g_main_loop_quit(machine->loop);
	return G_SOURCE_CONTINUE;
}

int main(void)
{
	static struct machine machine;
	struct vm *vm = &machine.vm;

	machine.loop = g_main_loop_new(NULL, FALSE);
	if (vm_open(vm)) {
		const guint sources[] = {
			g_unix_fd_add(
				vsmmu_get_event_fd(vm->vsmmu), G_IO_IN, dispatch_events, vm->vsmmu),
			g_unix_fd_add(
				vsmmu_get_command_fd(vm->vsmmu), G_IO_IN, run_commands, vm->vsmmu),
			g_unix_fd_add(vm->interrupt, G_IO_IN, guest_interrupted, &machine),
			g_timeout_add_seconds(10, give_up, &machine),
		};

		guest_boots(vm->ram, vm->vsmmu);
		g_main_loop_run(machine.loop);
		/* Before the vSMMU goes, whose fds they watch. */
		for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
			g_source_remove(sources[i]);
	}
	vm_close(vm);
	g_main_loop_unref(machine.loop);
	if (!machine.good)
		fprintf(stderr, "embed_glib: not all went as it should\n");
	return machine.good ? 0 : 1;
}
