/* SPDX-License-Identifier: BSD-2-Clause */
#include "dut.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DRIVER_OFFSET (CASE_LANES * CASE_LANE_SIZE)
#define DRIVER_SIZE   (UINT64_C(4) << 20)

static uint8_t *memory_at(const struct dut *dut, uint64_t address, size_t length)
{
	if (address < DUT_MEMORY || length > DUT_SIZE || address - DUT_MEMORY > DUT_SIZE - length)
		return NULL;
	return dut->memory + (address - DUT_MEMORY);
}

static int memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const uint8_t *from = memory_at(opaque, address, length);

	if (!from)
		return -EFAULT;
	memcpy(bytes, from, length);
	return 0;
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	uint8_t *to = memory_at(opaque, address, length);

	if (!to)
		return -EFAULT;
	memcpy(to, bytes, length);
	return 0;
}

static int dma_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct dut *dut = opaque;

	dut->writes++;
	dut->written.address = address;
	dut->written.length = length;
	return memory_write(opaque, address, bytes, length);
}

/* The driver polls. */
static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

static uint64_t mmio_read(void *opaque, uint64_t offset, unsigned int size)
{
	const struct dut *dut = opaque;
	uint64_t value = 0;

	vsmmu_mmio_read(dut->vsmmu, offset, size, &value);
	return value;
}

static void mmio_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	const struct dut *dut = opaque;

	vsmmu_mmio_write(dut->vsmmu, offset, size, value);
}

static void idle(void *opaque)
{
	const struct dut *dut = opaque;

	vsmmu_run_commands(dut->vsmmu, 0);
}

static void take_event(void *opaque, const uint64_t record[4])
{
	struct dut *dut = opaque;
	const uint32_t lane = SMMU_EVENT_SID(record[0]) - CASE_VSID(0);

	if (lane >= dut->lanes) {
		dut->strays++;
		return;
	}
	if (!dut->events[lane].count++)
		memcpy(dut->events[lane].record, record, sizeof(dut->events[lane].record));
}

void dut_sim_config(struct dut *dut, struct vsmmu_sim_config *config)
{
	config->memory_read = memory_read;
	config->memory_write = dma_write;
	config->memory_opaque = dut;
}

static int attach(struct dut *dut, const struct host_endpoint *endpoints)
{
	int ret = 0;

	for (unsigned int n = 0; !ret && n < dut->lanes; n++) {
		const struct vsmmu_endpoint_config config = {
			.size = sizeof(config),
			.vsid = CASE_VSID(n),
			.dev_id = endpoints[n].dev_id,
			.vfio_fd = endpoints[n].vfio_fd,
		};

		ret = vsmmu_endpoint_attach(dut->vsmmu, &config, &dut->endpoint[n]);
	}
	return ret;
}

static int start_driver(struct dut *dut)
{
	static const struct driver_ops ops = {
		.read = mmio_read,
		.write = mmio_write,
		.idle = idle,
		.event = take_event,
	};
	static const struct driver_options options = {
		.strtab = DRIVER_STRTAB_LINEAR,
		.sid_bits = CASE_SID_BITS,
		.polled = true,
		.cons_per_batch = true,
		.timeout_ms = 10000,
	};
	const struct driver_memory memory = {
		.base = dut->memory + DRIVER_OFFSET,
		.gpa = DUT_MEMORY + DRIVER_OFFSET,
		.size = DRIVER_SIZE,
	};
	int ret;

	driver_init(&dut->driver, &ops, dut, &memory, &options);
	ret = driver_probe(&dut->driver);
	return ret ? ret : driver_reset(&dut->driver);
}

int dut_open(struct dut *dut, struct vsmmu_host *host, const struct host_endpoint *endpoints,
	unsigned int lanes)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = memory_read,
		.memory_write = memory_write,
		.irq_pulse = irq_pulse,
	};
	const struct vsmmu_config config = {
		.size = sizeof(config),
		.ops = &ops,
		.opaque = dut,
		.host = host,
		.oas_bits = CASE_OAS_BITS,
	};
	int ret;

	if (lanes > CASE_LANES)
		return -EINVAL;
	dut->lanes = lanes;
	memset(dut->memory, 0, DUT_SIZE);
	for (unsigned int n = 0; n < lanes; n++) {
		const struct case_lane lane = dut_lane(dut, n);

		case_prepare(&lane);
	}
	ret = vsmmu_new(&dut->vsmmu, &config);
	if (ret)
		return ret;
	ret = attach(dut, endpoints);
	if (!ret)
		ret = start_driver(dut);
	if (ret)
		dut_close(dut);
	return ret;
}

void dut_close(struct dut *dut)
{
	if (dut->driver.ops)
		driver_destroy(&dut->driver);
	vsmmu_free(dut->vsmmu);
	dut->driver.ops = NULL;
	dut->vsmmu = NULL;
}

struct case_lane dut_lane(const struct dut *dut, unsigned int n)
{
	return (struct case_lane){
		.number = n,
		.gpa = case_lane_address(n),
		.memory = dut->memory + n * CASE_LANE_SIZE,
	};
}

int dut_program(
	struct dut *dut, unsigned int first, unsigned int count, const struct case_image *images)
{
	struct driver_batch batch = {0};
	int ret;

	for (unsigned int i = 0; i < count; i++) {
		const uint32_t sid = CASE_VSID(first + i);

		ret = driver_write_ste(&dut->driver, sid, images[i].ste);
		if (ret)
			return ret;
		driver_batch_add(
			&dut->driver, &batch, SMMU_CMD_CFGI_STE | SMMU_CMD_SID(sid), SMMU_CMD_LEAF);
	}
	driver_batch_add(&dut->driver, &batch, SMMU_CMD_TLBI_NSNH_ALL, 0);
	return driver_batch_submit(&dut->driver, &batch);
}

int dut_bypass(struct dut *dut, unsigned int count)
{
	struct case_image images[CASE_LANES] = {0};

	for (unsigned int n = 0; n < count; n++)
		images[n].ste[0] = SMMU_STE0_V | SMMU_STE0_BYPASS;
	return dut_program(dut, 0, count, images);
}

int dut_collect(struct dut *dut)
{
	int ret;

	memset(dut->events, 0, sizeof(dut->events));
	do {
		ret = vsmmu_dispatch(dut->vsmmu, 0);
		driver_take_events(&dut->driver, UINT32_MAX);
	} while (ret > 0);
	return ret;
}

void dut_events(const struct dut *dut, unsigned int n, struct case_seen *seen)
{
	seen->count = dut->events[n].count;
	memcpy(seen->record, dut->events[n].record, sizeof(seen->record));
}

/* Nothing but DMA of the case at hand writes to the memory of a lane. */
static void look_at_writes(const struct dut *dut, struct case_seen *seen)
{
	const uint8_t *at = memory_at(dut, dut->written.address, CASE_BYTES);

	if (!dut->writes || !at)
		return;
	seen->passed = true;
	seen->address = dut->written.address;
	memcpy(&seen->value, at, CASE_BYTES);
	seen->spoilt = dut->writes > 1 || dut->written.length != CASE_BYTES;
}

int dut_run_sim(struct dut *dut, struct vsmmu_host *sim, uint32_t dev_id,
	const struct rig_case *test, const struct case_image *image, struct case_result *result)
{
	const struct vsmmu_access access = {
		.size = sizeof(access),
		.flags = test->write ? VSMMU_ACCESS_WRITE : 0,
		.address = image->address,
	};
	uint32_t value = test->write ? result->fill : 0;
	int ret = dut_program(dut, test->lane, 1, image);

	if (ret)
		return ret;
	dut->writes = 0;
	ret = vsmmu_sim_dma(sim, dev_id, &access, &value, sizeof(value));
	if (ret && ret != -EFAULT)
		return ret;
	if (!ret && !test->write) {
		result->sim.passed = true;
		result->sim.value = value;
	}
	look_at_writes(dut, &result->sim);
	result->sim.spoilt |= dut->writes && !test->write;
	ret = dut_collect(dut);
	dut_events(dut, test->lane, &result->sim);
	return ret;
}

struct vsmmu_stats dut_stats(const struct dut *dut)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	vsmmu_get_stats(dut->vsmmu, &stats);
	return stats;
}
