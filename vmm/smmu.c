/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <vsmmu/registers.h>
#include <vsmmu/snapshot.h>

#include "vm.h"

static int read_memory(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const struct vm *vm = opaque;
	const uint8_t *at = memory_at(&vm->memory, address, length);

	return at ? (memcpy(bytes, at, length), 0) : -1;
}

static int write_memory(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	const struct vm *vm = opaque;
	uint8_t *at = memory_at(&vm->memory, address, length);
	uint32_t word;

	if (!at)
		return -1;
	if (length == sizeof(word)) {
		/* An MSI, for which the guest may poll: by one store, behind all before it. */
		memcpy(&word, bytes, sizeof(word));
		__atomic_store_n((uint32_t *)(void *)at, word, __ATOMIC_RELEASE);
	} else {
		memcpy(at, bytes, length);
	}
	return 0;
}

static void pulse(void *opaque, enum vsmmu_irq irq)
{
	const struct vm *vm = opaque;

	(void)eventfd_write(vm->line[irq], 1);
}

static int send_msi(void *opaque, uint64_t address, uint32_t data)
{
	struct vm *vm = opaque;

	if (address != MAP_DOORBELL)
		return -1;
	return kvm_send_msi(&vm->kvm, SMMU_DEVICE_ID, address, data);
}

static void note_records(void *opaque, const void *records, uint32_t count)
{
	struct vm *vm = opaque;

	journal_note(&vm->journal, records, count);
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	note("%s: %s", vsmmu_severity_name(report->severity), report->text);
}

void smmu_access(struct vm *vm, struct bus_access *access)
{
	/* -EINVAL is an access that the architecture does not know: zero, or ignored. */
	if (access->write)
		(void)vsmmu_mmio_write(vm->vsmmu, access->offset, access->size, access->value);
	else if (vsmmu_mmio_read(vm->vsmmu, access->offset, access->size, &access->value))
		access->value = 0;
}

/* Consumes what register writes left over: a thread of its own, as it waits for the host. */
static void *run_commands(void *opaque)
{
	const struct vm *vm = opaque;
	struct pollfd fds[] = {
		{.fd = vsmmu_get_command_fd(vm->vsmmu), .events = POLLIN},
		{.fd = vm->commands.stop, .events = POLLIN},
	};

	while (poll(fds, 2, -1) < 0 || !fds[1].revents)
		if (fds[0].revents)
			vsmmu_run_commands(vm->vsmmu, 0);
	return NULL;
}

int smmu_open(struct vm *vm)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = read_memory,
		.memory_write = write_memory,
		.irq_pulse = pulse,
		.report = report,
		.msi = send_msi,
		.delivered = note_records,
	};
	int ret;

	vm->vsmmu_config = (struct vsmmu_config){
		.size = sizeof(vm->vsmmu_config),
		.ops = &ops,
		.opaque = vm,
		.isolate = vm->options.isolate,
		.no_ril = vm->options.no_ril,
	};
	for (uint32_t n = 0; n < 3; n++) {
		vm->line[n] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		ret = kvm_irqfd(&vm->kvm, vm->line[n], SPI_SMMU + n, -1, true);
		if (ret)
			return fail("KVM takes no irqfd: %s", strerror(-ret));
	}
	if (journal_open(&vm->journal, vm->options.events))
		return -1;
	ret = vsmmu_new(&vm->vsmmu, &vm->vsmmu_config);
	if (ret)
		return fail("no vSMMU: %s", strerror(-ret));
	/*
	 * Linux writes CONS after each record that it takes, and reads PROD at last, so nothing
	 * stays collected that matters. A driver that does not read PROD again could miss the
	 * interrupt of an event that comes meanwhile: the vSMMU would not know that its queue was
	 * empty. Source: Linux arm-smmu-v3.c, arm_smmu_evtq_thread()
	 */
	ret = kvm_collect_writes(&vm->kvm, MAP_SMMU + VSMMU_REG_EVENTQ_CONS, 4);
	if (ret)
		return fail("KVM collects no writes: %s", strerror(-ret));
	return thread_start(&vm->commands, run_commands, vm);
}

void smmu_dispatch(struct vm *vm)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	vsmmu_dispatch(vm->vsmmu, 0);
	if (!vsmmu_get_stats(vm->vsmmu, &stats))
		journal_note_lost(&vm->journal, stats.lost);
}

int smmu_move(struct vm *vm)
{
	struct vsmmu *from = vm->vsmmu, *to;
	int ret = vsmmu_new(&to, &vm->vsmmu_config);

	if (ret)
		return fail("no second vSMMU: %s", strerror(-ret));
	vcpu_pause_all(vm);
	vcpu_do_collected(vm);
	pthread_mutex_lock(&vm->loop);
	thread_stop(&vm->commands);
	ret = vsmmu_move(from, to);
	vm->vsmmu = ret ? from : to;
	if (thread_start(&vm->commands, run_commands, vm))
		vm_stop(vm, STOP_BROKEN);
	pthread_mutex_unlock(&vm->loop);
	vcpu_resume_all(vm);
	vm_wake(vm); /* the main loop polls another fd now */
	vsmmu_free(ret ? to : from);
	return ret ? fail("cannot be moved: %s", strerror(-ret)) : 0;
}

void smmu_close(struct vm *vm)
{
	thread_stop(&vm->commands);
	vsmmu_free(vm->vsmmu);
	journal_close(&vm->journal);
}

void smmu_print_stats(const struct vm *vm, FILE *file)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	const char *name;

	if (vsmmu_get_stats(vm->vsmmu, &stats))
		return;
	for (unsigned int n = 0; (name = vsmmu_stats_name(n)); n++)
		if (vsmmu_stats_value(&stats, n))
			fprintf(file,
				file == stderr ? "vsmmu-vm: %s %" PRIu64 "\r\n"
					       : "%s %" PRIu64 "\n",
				name, vsmmu_stats_value(&stats, n));
}
