/* SPDX-License-Identifier: BSD-2-Clause */
#include "driver_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host_interposer.h"

/* The driver of the running test: what interrupts it, which test_vmm.h does not know. */
static struct guest *running;

static uint64_t mmio_read(void *opaque, uint64_t offset, unsigned int size)
{
	struct guest *guest = opaque;
	uint64_t value;

	assert_int_equal(vsmmu_mmio_read(guest->vmm->vsmmu, offset, size, &value), 0);
	return value;
}

static void mmio_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct guest *guest = opaque;

	assert_int_equal(vsmmu_mmio_write(guest->vmm->vsmmu, offset, size, value), 0);
}

static void idle(void *opaque)
{
	struct guest *guest = opaque;

	vsmmu_run_commands(guest->vmm->vsmmu, 0);
}

static void take_record(void *opaque, const uint64_t record[4])
{
	struct guest *guest = opaque;

	assert_true(guest->records < RECORDS);
	memcpy(guest->record[guest->records++], record, sizeof(guest->record[0]));
}

static void interrupt(struct test_vmm *vmm, enum vsmmu_irq irq)
{
	static const enum driver_irq irqs[IRQ_COUNT] = {
		[VSMMU_IRQ_EVENTQ] = DRIVER_IRQ_EVENTQ,
		[VSMMU_IRQ_GERROR] = DRIVER_IRQ_GERROR,
		[VSMMU_IRQ_CMD_SYNC] = DRIVER_IRQ_CMD_SYNC,
	};

	(void)vmm;
	driver_interrupt(&running->driver, irqs[irq]);
}

/* For DMA: test_vmm.h's own count their calls, which is for one thread. */
static int dma_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const struct test_vmm *vmm = opaque;

	if (address < TEST_VMM_MEMORY || address - TEST_VMM_MEMORY > TEST_VMM_SIZE - length)
		return -EFAULT;
	memcpy(bytes, vmm->memory + (address - TEST_VMM_MEMORY), length);
	return 0;
}

static int before_host_call(void *opaque, enum host_call call, uint32_t count)
{
	struct guest *guest = opaque;

	(void)count;
	if (guest->before_host_call && call != HOST_CALL_VEVENTQ_CLOSE)
		guest->before_host_call(guest);
	return 0;
}

static struct vsmmu_host *make_host(struct guest *guest)
{
	const struct vsmmu_sim_config config = {
		.size = sizeof(config),
		.memory_read = dma_read,
		.memory_write = test_vmm_memory_write,
		.memory_opaque = guest->vmm,
	};
	struct host_interposer *host;

	assert_int_equal(vsmmu_sim_new(&guest->sim, &config), 0);
	host = host_interposer_new(guest->sim, 0);
	host->hook = before_host_call;
	host->opaque = guest;
	return &host->host;
}

struct guest *guest_new(const struct vsmmu_config *config, const struct driver_options *options,
	unsigned int endpoints, unsigned int smmus)
{
	static const struct driver_ops ops = {mmio_read, mmio_write, idle, take_record};
	struct driver_memory memory = {.gpa = TEST_VMM_MEMORY, .size = TEST_VMM_SIZE};
	struct guest *guest = calloc(1, sizeof(*guest));
	struct vsmmu_host *host;

	assert_non_null(guest);
	running = guest;
	guest->vmm = test_vmm_alloc();
	guest->vmm->on_irq = interrupt;
	host = make_host(guest);
	assert_int_equal(test_vmm_new(guest->vmm, host, config), 0);
	memory.base = guest->vmm->memory;
	driver_init(&guest->driver, &ops, guest, &memory, options);
	for (unsigned int n = 0; n < endpoints; n++) {
		struct vsmmu_endpoint_config endpoint = {
			.size = sizeof(endpoint), .vsid = VSID(n), .vfio_fd = -1};

		assert_int_equal(
			vsmmu_sim_endpoint_new(guest->sim, n % smmus, &guest->dev_id[n]), 0);
		endpoint.dev_id = guest->dev_id[n];
		assert_int_equal(
			vsmmu_endpoint_attach(guest->vmm->vsmmu, &endpoint, &guest->endpoint[n]),
			0);
	}
	assert_int_equal(driver_probe(&guest->driver), 0);
	assert_int_equal(driver_reset(&guest->driver), 0);
	return guest;
}

void guest_free(struct guest *guest)
{
	driver_destroy(&guest->driver);
	test_vmm_free(guest->vmm);
	free(guest);
	running = NULL;
}

struct vsmmu_sim_stats sim_stats(struct guest *guest)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_sim_get_stats(guest->sim, &stats), 0);
	return stats;
}

void map(struct driver_domain *domain, uint64_t iova, uint64_t gpa, unsigned int prot)
{
	assert_int_equal(driver_map(domain, iova, gpa, PAGE, prot), 0);
}

void make_pages(struct guest *guest, struct pages *pages)
{
	pages->from = driver_alloc(&guest->driver, PAGE, &pages->from_gpa);
	pages->to = driver_alloc(&guest->driver, PAGE, &pages->to_gpa);
	assert_non_null(pages->from);
	assert_non_null(pages->to);
	assert_int_equal(driver_domain_init(&guest->driver, &pages->domain, NULL), 0);
	map(&pages->domain, FROM, pages->from_gpa, DRIVER_READ);
	map(&pages->domain, TO, pages->to_gpa, DRIVER_READ | DRIVER_WRITE);
}

int dma(struct guest *guest, unsigned int n, uint64_t iova, bool write, void *bytes, size_t length)
{
	const struct vsmmu_access access = {
		.size = sizeof(access),
		.address = iova,
		.flags = write ? VSMMU_ACCESS_WRITE : 0,
	};

	return vsmmu_sim_dma(guest->sim, guest->dev_id[n], &access, bytes, length);
}

void expect_copy(struct guest *guest, unsigned int n, struct pages *pages)
{
	static uint8_t next;
	uint8_t buffer[64];

	memset(pages->from, ++next, sizeof(buffer));
	assert_int_equal(dma(guest, n, FROM, false, buffer, sizeof(buffer)), 0);
	assert_int_equal(dma(guest, n, TO, true, buffer, sizeof(buffer)), 0);
	assert_memory_equal(pages->to, pages->from, sizeof(buffer));
}

void run(struct guest *guest)
{
	while (vsmmu_dispatch(guest->vmm->vsmmu, 0) > 0)
		driver_run(&guest->driver);
	driver_run(&guest->driver);
}

void expect_fault(struct guest *guest, unsigned int n, uint64_t iova, unsigned int id)
{
	unsigned int before = guest->records;
	uint32_t word;

	assert_int_equal(dma(guest, n, iova, false, &word, sizeof(word)), -EFAULT);
	run(guest);
	assert_int_equal(guest->records, before + (id != 0));
	if (!id)
		return;
	assert_int_equal(SMMU_EVENT_ID(guest->record[before][0]), id);
	assert_int_equal(SMMU_EVENT_SID(guest->record[before][0]), VSID(n));
}

void attach(struct guest *guest, unsigned int n, struct pages *pages)
{
	assert_int_equal(driver_attach(&guest->driver, VSID(n), &pages->domain), 0);
}
