/* SPDX-License-Identifier: BSD-2-Clause */
#include "conformance/smmu_guest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <vsmmu/snapshot.h>

#include "conformance/dma_canary.h"

#define GUESTS 2

/* Open ones: the suite runs one test at a time. */
static struct smmu_guest *guests[GUESTS];

static void replace_guest(const struct smmu_guest *old, struct smmu_guest *new)
{
	for (unsigned int i = 0; i < GUESTS; i++) {
		if (guests[i] != old)
			continue;
		guests[i] = new;
		return;
	}
}

static void *memory_at(struct smmu_guest *guest, uint64_t address, size_t length)
{
	const struct smmu_machine *machine = guest->machine;

	if (address < machine->memory_gpa || length > machine->memory_size ||
		address - machine->memory_gpa > machine->memory_size - length)
		return NULL;
	return machine->memory + (address - machine->memory_gpa);
}

static int memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const void *memory = memory_at(opaque, address, length);

	if (!memory)
		return -EFAULT;
	memcpy(bytes, memory, length);
	return 0;
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	void *memory = memory_at(opaque, address, length);

	if (!memory)
		return -EFAULT;
	memcpy(memory, bytes, length);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	static const enum driver_irq irqs[IRQ_COUNT] = {
		[VSMMU_IRQ_EVENTQ] = DRIVER_IRQ_EVENTQ,
		[VSMMU_IRQ_GERROR] = DRIVER_IRQ_GERROR,
		[VSMMU_IRQ_CMD_SYNC] = DRIVER_IRQ_CMD_SYNC,
	};
	struct smmu_guest *guest = opaque;

	guest->irqs[irq]++;
	driver_interrupt(&guest->driver, irqs[irq]);
}

static int msi(void *opaque, uint64_t address, uint32_t data)
{
	struct smmu_guest *guest = opaque;

	if (!driver_msi(&guest->driver, address, data))
		return -EFAULT;
	guest->msis++;
	return 0;
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	struct smmu_guest *guest = opaque;

	guest->reports[report->code]++;
	if (report->code == VSMMU_REPORT_UNFIT || report->code == VSMMU_REPORT_BLOCKED)
		snprintf(guest->refusal, sizeof(guest->refusal), "%s", report->text);
}

static uint64_t mmio_read(void *opaque, uint64_t offset, unsigned int size)
{
	struct smmu_guest *guest = opaque;
	uint64_t value = 0;

	TAP_EQ(vsmmu_mmio_read(guest->vsmmu, offset, size, &value), 0);
	return value;
}

static void mmio_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct smmu_guest *guest = opaque;

	TAP_EQ(vsmmu_mmio_write(guest->vsmmu, offset, size, value), 0);
	if (guest->after_write && !guest->depth) {
		guest->depth++;
		guest->after_write(guest, offset);
		guest->depth--;
	}
}

static void idle(void *opaque)
{
	struct smmu_guest *guest = opaque;

	vsmmu_run_commands(guest->vsmmu, 0);
	vsmmu_dispatch(guest->vsmmu, 0);
}

static void take_record(void *opaque, const uint64_t record[4])
{
	struct smmu_guest *guest = opaque;

	if (guest->records < SMMU_GUEST_RECORDS)
		memcpy(guest->record[guest->records], record, sizeof(guest->record[0]));
	guest->records++;
}

static const struct driver_ops driver_ops = {
	.read = mmio_read,
	.write = mmio_write,
	.idle = idle,
	.event = take_record,
};

static uint64_t number_of(void *opaque, void *endpoint_opaque)
{
	(void)opaque;
	return *(const uint64_t *)endpoint_opaque;
}

static void make_vsmmu(struct smmu_guest *guest)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = memory_read,
		.memory_write = memory_write,
		.irq_pulse = irq_pulse,
		.msi = msi,
		.report = report,
		.vsid = number_of,
	};
	struct vsmmu_config config = guest->config;

	config.size = sizeof(config);
	config.ops = &ops;
	config.opaque = guest;
	config.host = guest->machine->host;
	TAP_EQ(vsmmu_new(&guest->vsmmu, &config), 0);
}

static void make_driver(struct smmu_guest *guest, const struct driver_options *options)
{
	const struct smmu_machine *machine = guest->machine;
	const struct driver_memory memory = {
		.base = machine->memory,
		.gpa = machine->memory_gpa,
		.size = machine->memory_size,
	};

	driver_init(&guest->driver, &driver_ops, guest, &memory, options);
}

static void attach(struct smmu_guest *guest, unsigned int n, uint64_t vsid)
{
	const struct host_endpoint *endpoint = &guest->machine->endpoint[n];
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = endpoint->dev_id,
		.vfio_fd = endpoint->vfio_fd,
		.attach = endpoint->attach,
		.attach_opaque = endpoint->opaque,
		.parent_hwpt = guest->parent_hwpt,
		.put_back = guest->put_back,
		.opaque = &guest->number[n],
	};

	guest->late[n] = vsid == VSMMU_NO_VSID;
	TAP_EQ(vsmmu_endpoint_attach(guest->vsmmu, &config, &guest->endpoint[n]), 0);
}

void smmu_guest_attach(struct smmu_guest *guest, unsigned int n, uint32_t vsid)
{
	attach(guest, n, vsid);
	guest->vsid[n] = vsid;
}

void smmu_guest_attach_late(struct smmu_guest *guest, unsigned int n)
{
	attach(guest, n, VSMMU_NO_VSID);
}

void smmu_guest_open(struct smmu_guest *guest, struct smmu_machine *machine,
	const struct smmu_guest_options *options)
{
	const struct smmu_guest_options defaults = {.off = false};

	options = options ? options : &defaults;
	*guest = (struct smmu_guest){.machine = machine};
	replace_guest(NULL, guest);
	guest->config = options->vsmmu;
	make_vsmmu(guest);
	make_driver(guest, &options->driver);
	for (unsigned int n = 0; !options->detached && n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_attach(guest, n, SMMU_GUEST_VSID(n));
	if (options->off)
		return;
	TAP_EQ(driver_probe(&guest->driver), 0);
	TAP_EQ(driver_reset(&guest->driver), 0);
}

void smmu_guest_close(struct smmu_guest *guest)
{
	vsmmu_free(guest->vsmmu);
	guest->vsmmu = NULL;
	driver_destroy(&guest->driver);
	replace_guest(guest, NULL);
}

void smmu_guest_move(struct smmu_guest *guest)
{
	void *bytes;
	size_t length;

	TAP_EQ(vsmmu_save(guest->vsmmu, &bytes, &length), 0);
	vsmmu_free(guest->vsmmu);
	guest->vsmmu = NULL;
	make_vsmmu(guest);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		if (guest->endpoint[n])
			attach(guest, n, guest->late[n] ? VSMMU_NO_VSID : guest->vsid[n]);
	TAP_EQ(vsmmu_restore(guest->vsmmu, bytes, length), 0);
	vsmmu_snapshot_free(bytes);
}

void smmu_guest_move_live(struct smmu_guest *guest)
{
	struct vsmmu *from = guest->vsmmu;

	make_vsmmu(guest);
	TAP_EQ(vsmmu_move(from, guest->vsmmu), 0);
	vsmmu_free(from);
}

void smmu_guest_close_left(void)
{
	for (unsigned int i = 0; i < GUESTS; i++)
		if (guests[i])
			smmu_guest_close(guests[i]);
}

uint8_t *smmu_guest_buffer(struct smmu_guest *guest, size_t size, uint64_t *gpa)
{
	uint8_t *buffer = driver_alloc(&guest->driver, size < 4096 ? 4096 : size, gpa);

	TAP_CHECK(buffer, "no memory in the guest");
	return buffer;
}

void smmu_guest_make_pages(struct smmu_guest *guest, struct smmu_guest_space *space)
{
	if (!space->page)
		space->page = 4096;
	space->from = smmu_guest_buffer(guest, space->page, &space->from_gpa);
	space->to = smmu_guest_buffer(guest, space->page, &space->to_gpa);
}

void smmu_guest_make_space(struct smmu_guest *guest, struct smmu_guest_space *space,
	const struct driver_domain_options *options)
{
	struct driver_domain *domain = &space->domain;

	*space = (struct smmu_guest_space){.page = 4096};
	TAP_EQ(driver_domain_init(&guest->driver, domain, options), 0);
	if (options && options->no_lower)
		space->high = UINT64_MAX << domain->address_bits;
	space->page = (size_t)1 << domain->page_log2;
	smmu_guest_make_pages(guest, space);
	TAP_EQ(driver_map(domain, space->high | SMMU_GUEST_FROM, space->from_gpa, space->page,
		       DRIVER_READ | DRIVER_NO_BLOCK),
		0);
	TAP_EQ(driver_map(domain, space->high | SMMU_GUEST_TO, space->to_gpa, space->page,
		       DRIVER_READ | DRIVER_WRITE | DRIVER_NO_BLOCK),
		0);
}

static bool has_events(const struct smmu_guest *guest)
{
	struct pollfd poll_fd = {.fd = vsmmu_get_event_fd(guest->vsmmu), .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

void smmu_guest_run(struct smmu_guest *guest)
{
	TAP_EQ(guest->machine->ops->settle(guest->machine), 0);
	do {
		vsmmu_dispatch(guest->vsmmu, 0);
		driver_run(&guest->driver);
	} while (has_events(guest));
	driver_run(&guest->driver);
}

void smmu_guest_forget(struct smmu_guest *guest)
{
	guest->records = 0;
}

int smmu_guest_dma(
	struct smmu_guest *guest, unsigned int n, const struct vsmmu_access *access, size_t length)
{
	struct vsmmu_access sized = *access;
	int ret;

	sized.size = sizeof(sized);
	sized.vsid = guest->vsid[n];
	ret = guest->machine->ops->dma(guest->machine, n, &sized, length);
	if (ret == -EOPNOTSUPP)
		tap_skip("no such access by this machine's endpoints");
	smmu_guest_run(guest);
	return ret;
}

int smmu_guest_copy(
	struct smmu_guest *guest, unsigned int n, uint64_t from, uint64_t to, size_t length)
{
	const struct vsmmu_access read = {.address = from};
	const struct vsmmu_access write = {.address = to, .flags = VSMMU_ACCESS_WRITE};
	int ret = smmu_guest_dma(guest, n, &read, length);

	return ret ? ret : smmu_guest_dma(guest, n, &write, length);
}

/* Other bytes each time, so that what was there before does not pass for a copy. */
static void fill(uint8_t *bytes, size_t length)
{
	static uint32_t seed = 1;

	for (size_t i = 0; i < length; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

bool smmu_guest_copies(struct smmu_machine *machine, unsigned int n, uint64_t from_iova,
	uint8_t *from, uint64_t to_iova, const uint8_t *to, size_t length)
{
	const struct vsmmu_access read = {.size = sizeof(read), .address = from_iova};
	const struct vsmmu_access write = {
		.size = sizeof(write), .address = to_iova, .flags = VSMMU_ACCESS_WRITE};

	fill(from, length);
	return !machine->ops->dma(machine, n, &read, length) &&
	       !machine->ops->dma(machine, n, &write, length) && !memcmp(from, to, length);
}

void smmu_guest_expect_copy(struct smmu_guest *guest, unsigned int n, uint64_t from_iova,
	uint8_t *from, uint64_t to_iova, const uint8_t *to, size_t length)
{
	unsigned int before = guest->records;

	fill(from, length);
	TAP_EQ(smmu_guest_copy(guest, n, from_iova, to_iova, length), 0);
	TAP_CHECK(!memcmp(from, to, length), "the copy differs from its source");
	TAP_EQ(guest->records, before);
}

void smmu_guest_expect_space(
	struct smmu_guest *guest, unsigned int n, const struct smmu_guest_space *space)
{
	const uint64_t from = space->high | SMMU_GUEST_FROM, to = space->high | SMMU_GUEST_TO;
	const size_t last = space->page - 16;

	smmu_guest_expect_copy(guest, n, from, space->from, to, space->to, 64);
	smmu_guest_expect_copy(
		guest, n, from + last, space->from + last, to + last, space->to + last, 16);
}

void smmu_guest_expect_bypass(
	struct smmu_guest *guest, unsigned int n, const struct smmu_guest_space *space)
{
	smmu_guest_expect_copy(
		guest, n, space->from_gpa, space->from, space->to_gpa, space->to, 64);
}

static void check_record(struct smmu_guest *guest, unsigned int n,
	const struct vsmmu_access *access, unsigned int id)
{
	const uint64_t *record = guest->record[guest->records - 1];

	TAP_EQ(SMMU_EVENT_ID(record[0]), id);
	TAP_EQ(SMMU_EVENT_SID(record[0]), guest->vsid[n]);
	if (id != SMMU_F_STE_FETCH)
		TAP_EQ(record[3], 0);
	if (id < SMMU_F_TRANSLATION)
		return;
	TAP_EQ(record[2], access->address);
	TAP_EQ(SMMU_EVENT_RNW(record[1]), !(access->flags & VSMMU_ACCESS_WRITE));
	TAP_EQ(SMMU_EVENT_SSV(record[0]), !!(access->flags & VSMMU_ACCESS_SSID));
}

static void expect_aborted(const struct smmu_guest *guest, int result)
{
	if (result == -EOPNOTSUPP)
		tap_skip("no such access by this machine's endpoints");
	if (guest->machine->sees_aborts)
		TAP_EQ(result, -EFAULT);
	else
		TAP_CHECK(!result || result == -EFAULT, "%d", result);
}

static void expect_lost_mark(
	struct smmu_guest *guest, unsigned int n, const struct vsmmu_access *access)
{
	int result;
	const uint8_t *at = dma_canary_write(guest->machine, n, access, &result);

	TAP_CHECK(!at, "a write got through to %#llx",
		(unsigned long long)(guest->machine->memory_gpa +
				     (uint64_t)(at - guest->machine->memory)));
	expect_aborted(guest, result);
	smmu_guest_run(guest);
}

void smmu_guest_expect_access_fault(struct smmu_guest *guest, unsigned int n,
	const struct vsmmu_access *access, unsigned int id)
{
	const bool write = access->flags & VSMMU_ACCESS_WRITE;
	unsigned int before = guest->records;

	if (!write)
		expect_aborted(guest, smmu_guest_dma(guest, n, access, 4));
	/* Silence says nothing of what was read. */
	if (write || !id)
		expect_lost_mark(guest, n, access);
	TAP_EQ(guest->records - before, id ? 1 : 0);
	if (id)
		check_record(guest, n, access, id);
}

void smmu_guest_expect_fault(
	struct smmu_guest *guest, unsigned int n, uint64_t iova, bool write, unsigned int id)
{
	const struct vsmmu_access access = {
		.address = iova,
		.flags = write ? VSMMU_ACCESS_WRITE : 0,
	};

	smmu_guest_expect_access_fault(guest, n, &access, id);
}

struct vsmmu_stats smmu_guest_stats(struct smmu_guest *guest)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	TAP_EQ(vsmmu_get_stats(guest->vsmmu, &stats), 0);
	return stats;
}
