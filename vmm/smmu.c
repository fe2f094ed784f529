/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <vsmmu/registers.h>
#include <vsmmu/smmu.h>

#include "error.h"
#include "map.h"

static int read_memory(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const struct smmu *smmu = opaque;
	const uint8_t *at = memory_at(smmu->memory, address, length);

	return at ? (memcpy(bytes, at, length), 0) : -1;
}

static int write_memory(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	const struct smmu *smmu = opaque;
	uint8_t *at = memory_at(smmu->memory, address, length);
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
	const struct smmu *smmu = opaque;

	(void)eventfd_write(smmu->line[irq], 1);
}

static int send_msi(void *opaque, uint64_t address, uint32_t data)
{
	const struct smmu *smmu = opaque;

	if (address != MAP_DOORBELL)
		return -1;
	return kvm_send_msi(smmu->kvm, SMMU_DEVICE_ID, address, data);
}

static void note_records(void *opaque, const void *records, uint32_t count)
{
	struct smmu *smmu = opaque;

	journal_note(&smmu->journal, records, count);
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	note("%s: %s", vsmmu_severity_name(report->severity), report->text);
}

/* A vCPU's access to the registers, with no lock of ours. */
static void access_registers(void *opaque, struct bus_access *access)
{
	struct smmu *smmu = opaque;

	/* -EINVAL is an access that the architecture does not know: zero, or ignored. */
	if (access->write)
		(void)vsmmu_mmio_write(smmu->vsmmu, access->offset, access->size, access->value);
	else if (vsmmu_mmio_read(smmu->vsmmu, access->offset, access->size, &access->value))
		access->value = 0;
}

/* Consumes what register writes left over: a thread of its own, as it waits for the host. */
static void *run_commands(void *opaque)
{
	struct smmu *smmu = opaque;
	struct pollfd fds[] = {
		{.fd = vsmmu_get_command_fd(smmu->vsmmu), .events = POLLIN},
		{.fd = smmu->stop, .events = POLLIN},
	};

	while (poll(fds, 2, -1) < 0 || !fds[1].revents)
		if (fds[0].revents)
			vsmmu_run_commands(smmu->vsmmu, 0);
	return NULL;
}

static int start_thread(struct smmu *smmu)
{
	int ret = pthread_create(&smmu->thread, NULL, run_commands, smmu);

	smmu->running = !ret;
	return ret ? fail("no thread for commands: %s", strerror(ret)) : 0;
}

static void stop_thread(struct smmu *smmu)
{
	eventfd_t ignored;

	if (!smmu->running)
		return;
	(void)eventfd_write(smmu->stop, 1);
	pthread_join(smmu->thread, NULL);
	(void)eventfd_read(smmu->stop, &ignored);
	smmu->running = false;
}

static int open_lines(struct smmu *smmu)
{
	for (uint32_t n = 0; n < 3; n++) {
		int ret;

		smmu->line[n] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		ret = kvm_irqfd(smmu->kvm, smmu->line[n], SPI_SMMU + n, -1, true);
		if (ret)
			return fail("KVM takes no irqfd: %s", strerror(-ret));
	}
	smmu->stop = eventfd(0, EFD_CLOEXEC);
	return smmu->stop < 0 ? fail("no eventfd") : 0;
}

int smmu_open(struct smmu *smmu, const struct smmu_config *config)
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
	const struct bus_region region = {
		.base = MAP_SMMU,
		.size = VSMMU_REGISTER_SPACE,
		.access = access_registers,
		.opaque = smmu,
	};
	int ret;

	smmu->memory = config->memory;
	smmu->kvm = config->kvm;
	smmu->made_with = (struct vsmmu_config){
		.size = sizeof(smmu->made_with),
		.ops = &ops,
		.opaque = smmu,
		.isolate = config->isolate,
		.no_ril = config->no_ril,
	};
	if (open_lines(smmu) || journal_open(&smmu->journal, config->events, config->wake))
		return -1;
	ret = vsmmu_new(&smmu->vsmmu, &smmu->made_with);
	if (ret)
		return fail("no vSMMU: %s", strerror(-ret));
	bus_add(config->bus, &region);
	return start_thread(smmu);
}

void smmu_close(struct smmu *smmu)
{
	stop_thread(smmu);
	vsmmu_free(smmu->vsmmu);
	journal_close(&smmu->journal);
	for (unsigned int n = 0; n < 3; n++)
		if (smmu->line[n] >= 0)
			close(smmu->line[n]);
	if (smmu->stop >= 0)
		close(smmu->stop);
}

int smmu_set_host(struct smmu *smmu, struct vsmmu_host *host)
{
	int ret = smmu->made_with.host ? 0 : vsmmu_set_host(smmu->vsmmu, host);

	if (ret)
		return fail("the vSMMU takes no host: %s", strerror(-ret));
	smmu->made_with.host = host;
	return 0;
}

int smmu_event_fd(const struct smmu *smmu)
{
	return vsmmu_get_event_fd(smmu->vsmmu);
}

void smmu_dispatch(struct smmu *smmu)
{
	vsmmu_dispatch(smmu->vsmmu, 0);
}

void smmu_flush(struct smmu *smmu)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	if (smmu->journal.file && !vsmmu_get_stats(smmu->vsmmu, &stats))
		journal_flush(&smmu->journal, stats.lost);
}

void smmu_print_stats(const struct smmu *smmu, FILE *file)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	const char *name;

	if (vsmmu_get_stats(smmu->vsmmu, &stats))
		return;
	for (unsigned int n = 0; (name = vsmmu_stats_name(n)); n++)
		if (vsmmu_stats_value(&stats, n))
			fprintf(file,
				file == stderr ? "vsmmu-vm: %s %" PRIu64 "\r\n"
					       : "%s %" PRIu64 "\n",
				name, vsmmu_stats_value(&stats, n));
}
