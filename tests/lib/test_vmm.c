/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/test_vmm.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static bool is_memory(const struct test_vmm *vmm, uint64_t address, size_t length)
{
	if (address < TEST_VMM_MEMORY || length > vmm->memory_size ||
		address - TEST_VMM_MEMORY > vmm->memory_size - length)
		return false;
	return address + length <= vmm->bad_begin || address >= vmm->bad_end;
}

int test_vmm_memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	struct test_vmm *vmm = opaque;

	vmm->memory_reads++;
	if (!is_memory(vmm, address, length))
		return -1;
	memcpy(bytes, vmm->memory + (address - TEST_VMM_MEMORY), length);
	return 0;
}

int test_vmm_memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct test_vmm *vmm = opaque;

	vmm->memory_writes++;
	if (!is_memory(vmm, address, length))
		return -1;
	memcpy(vmm->memory + (address - TEST_VMM_MEMORY), bytes, length);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	struct test_vmm *vmm = opaque;

	vmm->irqs[irq]++;
	if (vmm->on_irq)
		vmm->on_irq(vmm, irq);
}

static int msi(void *opaque, uint64_t address, uint32_t data)
{
	struct test_vmm *vmm = opaque;

	if (address != TEST_VMM_DOORBELL)
		return -1;
	vmm->msis++;
	vmm->msi_data = data;
	return 0;
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	struct test_vmm *vmm = opaque;
	struct test_vmm_report *kept = &vmm->reports[vmm->report_count % TEST_VMM_REPORTS];

	assert_int_equal(report->size, sizeof(*report));
	kept->code = report->code;
	kept->severity = report->severity;
	kept->vsid = report->vsid;
	kept->suppressed = report->suppressed;
	snprintf(kept->text, sizeof(kept->text), "%s", report->text);
	vmm->report_count++;
	if (vmm->on_report)
		vmm->on_report(vmm);
}

static uint64_t vsid(void *opaque, void *endpoint_opaque)
{
	struct test_vmm *vmm = opaque;

	return vmm->on_vsid(vmm, endpoint_opaque);
}

static void delivered(void *opaque, const void *records, uint32_t count)
{
	struct test_vmm *vmm = opaque;

	vmm->on_delivered(vmm, records, count);
}

static uint64_t clock_now(void *opaque)
{
	return ((struct test_vmm *)opaque)->now;
}

/* Not calloc(): pages that no test touches cost nothing, whatever malloc is used. */
static uint8_t *map_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(memory != MAP_FAILED);
	return memory;
}

struct test_vmm *test_vmm_alloc(void)
{
	return test_vmm_alloc_size(TEST_VMM_SIZE);
}

struct test_vmm *test_vmm_alloc_size(uint64_t size)
{
	struct test_vmm *vmm = calloc(1, sizeof(*vmm));

	assert_non_null(vmm);
	vmm->memory = map_memory(size);
	vmm->memory_size = size;
	return vmm;
}

struct vsmmu_host *test_vmm_sim(struct test_vmm *vmm, const struct vsmmu_sim_config *config)
{
	struct vsmmu_sim_config own = config ? *config : (struct vsmmu_sim_config){0};
	struct vsmmu_host *host;

	own.size = sizeof(own);
	own.memory_read = test_vmm_memory_read;
	own.memory_write = test_vmm_memory_write;
	own.memory_opaque = vmm;
	assert_int_equal(vsmmu_sim_new(&host, &own), 0);
	return host;
}

int test_vmm_new(struct test_vmm *vmm, struct vsmmu_host *host, const struct vsmmu_config *config)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = test_vmm_memory_read,
		.memory_write = test_vmm_memory_write,
		.irq_pulse = irq_pulse,
		.msi = msi,
		.report = report,
	};
	static const struct vsmmu_ops events_ops = {
		.size = sizeof(events_ops),
		.memory_write = test_vmm_memory_write,
		.irq_pulse = irq_pulse,
		.report = report,
		.clock = clock_now,
	};
	struct vsmmu_config own = config ? *config : (struct vsmmu_config){0};
	struct vsmmu_ops own_ops = vmm->events_only ? events_ops : ops;

	own_ops.vsid = vmm->on_vsid ? vsid : NULL;
	own_ops.delivered = vmm->on_delivered ? delivered : NULL;
	own.size = sizeof(own);
	own.event_path_only = vmm->events_only;
	own.ops = &own_ops;
	own.opaque = vmm;
	own.host = host;
	vmm->host = host;
	return vsmmu_new(&vmm->vsmmu, &own);
}

int test_vmm_adopt(struct vsmmu *vsmmu, int fd, struct vsmmu_adopted **out)
{
	const struct vsmmu_adopted_config config = {
		.size = sizeof(config), .fd = fd, .first_sequence = VSMMU_SEQUENCE_UNKNOWN};

	return vsmmu_adopted_new(vsmmu, &config, out);
}

void test_vmm_free(struct test_vmm *vmm)
{
	vsmmu_free(vmm->vsmmu);
	vsmmu_host_unref(vmm->host);
	munmap(vmm->memory, vmm->memory_size);
	free(vmm);
}

void *test_vmm_at(struct test_vmm *vmm, uint64_t address, size_t length)
{
	assert_true(address >= TEST_VMM_MEMORY && length <= vmm->memory_size);
	assert_true(address - TEST_VMM_MEMORY <= vmm->memory_size - length);
	return vmm->memory + (address - TEST_VMM_MEMORY);
}

void test_vmm_store64(struct test_vmm *vmm, uint64_t address, uint64_t value)
{
	value = htole64(value);
	memcpy(test_vmm_at(vmm, address, sizeof(value)), &value, sizeof(value));
}

uint64_t test_vmm_load64(struct test_vmm *vmm, uint64_t address)
{
	uint64_t value;

	memcpy(&value, test_vmm_at(vmm, address, sizeof(value)), sizeof(value));
	return le64toh(value);
}

uint64_t test_vmm_read64(struct test_vmm *vmm, uint64_t offset)
{
	uint64_t value;

	assert_int_equal(vsmmu_mmio_read(vmm->vsmmu, offset, 8, &value), 0);
	return value;
}

uint32_t test_vmm_read(struct test_vmm *vmm, uint64_t offset)
{
	uint64_t value;

	assert_int_equal(vsmmu_mmio_read(vmm->vsmmu, offset, 4, &value), 0);
	assert_int_equal(value >> 32, 0);
	return (uint32_t)value;
}

void test_vmm_write(struct test_vmm *vmm, uint64_t offset, uint32_t value)
{
	assert_int_equal(vsmmu_mmio_write(vmm->vsmmu, offset, 4, value), 0);
}

void test_vmm_write64(struct test_vmm *vmm, uint64_t offset, uint64_t value)
{
	assert_int_equal(vsmmu_mmio_write(vmm->vsmmu, offset, 8, value), 0);
}

struct vsmmu_stats test_vmm_stats(struct test_vmm *vmm)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_get_stats(vmm->vsmmu, &stats), 0);
	return stats;
}

unsigned int test_vmm_reported(const struct test_vmm *vmm, enum vsmmu_report_code code)
{
	unsigned int count = 0;

	assert_true(vmm->report_count <= TEST_VMM_REPORTS);
	for (unsigned int i = 0; i < vmm->report_count; i++)
		count += vmm->reports[i].code == code;
	return count;
}
