/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/whole.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_memory(const struct whole *whole, uint64_t address, size_t length)
{
	if (address < WHOLE_MEMORY || length > WHOLE_SIZE ||
		address - WHOLE_MEMORY > WHOLE_SIZE - length)
		return false;
	return address + length <= whole->bad_begin || address >= whole->bad_end;
}

int whole_memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	struct whole *whole = opaque;

	whole->reads++;
	if (!is_memory(whole, address, length))
		return -1;
	memcpy(bytes, whole->memory + (address - WHOLE_MEMORY), length);
	return 0;
}

int whole_memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct whole *whole = opaque;

	if (!is_memory(whole, address, length))
		return -1;
	memcpy(whole->memory + (address - WHOLE_MEMORY), bytes, length);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	struct whole *whole = opaque;

	whole->irqs[irq]++;
	if (whole->on_irq)
		whole->on_irq(whole, irq);
}

static int msi(void *opaque, uint64_t address, uint32_t data)
{
	struct whole *whole = opaque;

	if (address != WHOLE_DOORBELL)
		return -1;
	whole->msis++;
	whole->msi_data = data;
	return 0;
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	struct whole *whole = opaque;
	struct whole_report *kept = &whole->reports[whole->report_count % WHOLE_REPORTS];

	kept->code = report->code;
	kept->severity = report->severity;
	kept->vsid = report->vsid;
	snprintf(kept->text, sizeof(kept->text), "%s", report->text);
	whole->report_count++;
}

struct whole *whole_alloc(void)
{
	struct whole *whole = calloc(1, sizeof(*whole));

	assert_non_null(whole);
	whole->memory = calloc(1, WHOLE_SIZE);
	assert_non_null(whole->memory);
	return whole;
}

struct vsmmu_host *whole_sim(struct whole *whole, const struct vsmmu_sim_config *config)
{
	struct vsmmu_sim_config own = config ? *config : (struct vsmmu_sim_config){0};
	struct vsmmu_host *host;

	own.size = sizeof(own);
	own.memory_read = whole_memory_read;
	own.memory_write = whole_memory_write;
	own.memory_opaque = whole;
	assert_int_equal(vsmmu_sim_new(&host, &own), 0);
	return host;
}

int whole_new(struct whole *whole, struct vsmmu_host *host, const struct vsmmu_config *config)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = whole_memory_read,
		.memory_write = whole_memory_write,
		.irq_pulse = irq_pulse,
		.msi = msi,
		.report = report,
	};
	struct vsmmu_config own = config ? *config : (struct vsmmu_config){0};

	own.size = sizeof(own);
	own.ops = &ops;
	own.opaque = whole;
	own.host = host;
	whole->host = host;
	return vsmmu_new(&whole->vsmmu, &own);
}

void whole_free(struct whole *whole)
{
	vsmmu_free(whole->vsmmu);
	vsmmu_host_unref(whole->host);
	free(whole->memory);
	free(whole);
}

void *whole_at(struct whole *whole, uint64_t address, size_t length)
{
	assert_true(address >= WHOLE_MEMORY && length <= WHOLE_SIZE);
	assert_true(address - WHOLE_MEMORY <= WHOLE_SIZE - length);
	return whole->memory + (address - WHOLE_MEMORY);
}

void whole_store64(struct whole *whole, uint64_t address, uint64_t value)
{
	value = htole64(value);
	memcpy(whole_at(whole, address, sizeof(value)), &value, sizeof(value));
}

uint64_t whole_load64(struct whole *whole, uint64_t address)
{
	uint64_t value;

	memcpy(&value, whole_at(whole, address, sizeof(value)), sizeof(value));
	return le64toh(value);
}

uint64_t whole_read64(struct whole *whole, uint64_t offset)
{
	uint64_t value;

	assert_int_equal(vsmmu_mmio_read(whole->vsmmu, offset, 8, &value), 0);
	return value;
}

uint32_t whole_read(struct whole *whole, uint64_t offset)
{
	uint64_t value;

	assert_int_equal(vsmmu_mmio_read(whole->vsmmu, offset, 4, &value), 0);
	return (uint32_t)value;
}

void whole_write(struct whole *whole, uint64_t offset, uint32_t value)
{
	assert_int_equal(vsmmu_mmio_write(whole->vsmmu, offset, 4, value), 0);
}

void whole_write64(struct whole *whole, uint64_t offset, uint64_t value)
{
	assert_int_equal(vsmmu_mmio_write(whole->vsmmu, offset, 8, value), 0);
}

struct vsmmu_stats whole_stats(struct whole *whole)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_get_stats(whole->vsmmu, &stats), 0);
	return stats;
}

unsigned int whole_reported(const struct whole *whole, enum vsmmu_report_code code)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < whole->report_count && i < WHOLE_REPORTS; i++)
		count += whole->reports[i].code == code;
	return count;
}
