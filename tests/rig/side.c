/* SPDX-License-Identifier: BSD-2-Clause */
#include "side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DRIVER_OFFSET (CASE_LANES * CASE_LANE_SIZE)
#define DRIVER_SIZE   (UINT64_C(4) << 20)

static uint8_t *memory_at(const struct side *side, uint64_t address, size_t length)
{
	if (address < SIDE_MEMORY || length > SIDE_SIZE ||
		address - SIDE_MEMORY > SIDE_SIZE - length)
		return NULL;
	return side->memory + (address - SIDE_MEMORY);
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
	struct side *side = opaque;

	side->writes++;
	side->written.address = address;
	side->written.length = length;
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
	const struct side *side = opaque;
	uint64_t value = 0;

	vsmmu_mmio_read(side->vsmmu, offset, size, &value);
	return value;
}

static void mmio_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	const struct side *side = opaque;

	vsmmu_mmio_write(side->vsmmu, offset, size, value);
}

static void idle(void *opaque)
{
	const struct side *side = opaque;

	vsmmu_run_commands(side->vsmmu, 0);
}

static void take_event(void *opaque, const uint64_t record[4])
{
	struct side *side = opaque;
	const uint32_t lane = SMMU_EVENT_SID(record[0]) - CASE_VSID(0);

	if (lane >= side->lanes) {
		side->strays++;
		return;
	}
	if (!side->events[lane].count++)
		memcpy(side->events[lane].record, record, sizeof(side->events[lane].record));
}

void side_sim_config(struct side *side, struct vsmmu_sim_config *config)
{
	config->memory_read = memory_read;
	config->memory_write = dma_write;
	config->memory_opaque = side;
}

static int attach(struct side *side, const struct host_endpoint *endpoints)
{
	int ret = 0;

	for (unsigned int n = 0; !ret && n < side->lanes; n++) {
		const struct vsmmu_endpoint_config config = {
			.size = sizeof(config),
			.vsid = CASE_VSID(n),
			.dev_id = endpoints[n].dev_id,
			.vfio_fd = endpoints[n].vfio_fd,
		};

		ret = vsmmu_endpoint_attach(side->vsmmu, &config, &side->endpoint[n]);
	}
	return ret;
}

static int start_driver(struct side *side)
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
		.base = side->memory + DRIVER_OFFSET,
		.gpa = SIDE_MEMORY + DRIVER_OFFSET,
		.size = DRIVER_SIZE,
	};
	int ret;

	driver_init(&side->driver, &ops, side, &memory, &options);
	ret = driver_probe(&side->driver);
	return ret ? ret : driver_reset(&side->driver);
}

int side_open(struct side *side, struct vsmmu_host *host, const struct host_endpoint *endpoints,
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
		.opaque = side,
		.host = host,
		.oas_bits = CASE_OAS_BITS,
		.probe_dev_id = endpoints[0].dev_id,
	};
	int ret;

	if (lanes > CASE_LANES)
		return -EINVAL;
	side->lanes = lanes;
	memset(side->memory, 0, SIDE_SIZE);
	for (unsigned int n = 0; n < lanes; n++) {
		const struct case_lane lane = side_lane(side, n);

		case_prepare(&lane);
	}
	ret = vsmmu_new(&side->vsmmu, &config);
	if (ret)
		return ret;
	ret = attach(side, endpoints);
	if (!ret)
		ret = start_driver(side);
	if (ret)
		side_close(side);
	return ret;
}

void side_close(struct side *side)
{
	if (side->driver.ops)
		driver_destroy(&side->driver);
	vsmmu_free(side->vsmmu);
	side->driver.ops = NULL;
	side->vsmmu = NULL;
}

struct case_lane side_lane(const struct side *side, unsigned int n)
{
	return (struct case_lane){
		.number = n,
		.gpa = case_lane_address(n),
		.memory = side->memory + n * CASE_LANE_SIZE,
	};
}

int side_program(
	struct side *side, unsigned int first, unsigned int count, const struct case_image *images)
{
	struct driver_batch batch = {0};
	int ret;

	for (unsigned int i = 0; i < count; i++) {
		const uint32_t sid = CASE_VSID(first + i);

		ret = driver_write_ste(&side->driver, sid, images[i].ste);
		if (ret)
			return ret;
		driver_batch_add(&side->driver, &batch, SMMU_CMD_CFGI_STE | SMMU_CMD_SID(sid),
			SMMU_CMD_LEAF);
	}
	driver_batch_add(&side->driver, &batch, SMMU_CMD_TLBI_NSNH_ALL, 0);
	return driver_batch_submit(&side->driver, &batch);
}

int side_bypass(struct side *side, unsigned int count)
{
	struct case_image images[CASE_LANES] = {0};

	for (unsigned int n = 0; n < count; n++)
		images[n].ste[0] = SMMU_STE0_V | SMMU_STE0_BYPASS;
	return side_program(side, 0, count, images);
}

int side_collect(struct side *side)
{
	int ret;

	memset(side->events, 0, sizeof(side->events));
	do {
		ret = vsmmu_dispatch(side->vsmmu, 0);
		driver_take_events(&side->driver, UINT32_MAX);
	} while (ret > 0);
	return ret;
}

void side_events(const struct side *side, unsigned int n, struct case_seen *seen)
{
	seen->count = side->events[n].count;
	memcpy(seen->record, side->events[n].record, sizeof(seen->record));
}

/* Nothing but DMA of the case at hand writes to the memory of a lane. */
static void look_at_writes(const struct side *side, struct case_seen *seen)
{
	const uint8_t *at = memory_at(side, side->written.address, CASE_BYTES);

	if (!side->writes || !at)
		return;
	seen->passed = true;
	seen->address = side->written.address;
	memcpy(&seen->value, at, CASE_BYTES);
	seen->spoilt = side->writes > 1 || side->written.length != CASE_BYTES;
}

int side_run_sim(struct side *side, struct vsmmu_host *sim, uint32_t dev_id,
	const struct rig_case *test, const struct case_image *image, struct case_result *result)
{
	const struct vsmmu_access access = {
		.size = sizeof(access),
		.flags = test->write ? VSMMU_ACCESS_WRITE : 0,
		.address = image->address,
	};
	uint32_t value = test->write ? result->fill : 0;
	int ret = side_program(side, test->lane, 1, image);

	if (ret)
		return ret;
	side->writes = 0;
	ret = vsmmu_sim_dma(sim, dev_id, &access, &value, sizeof(value));
	if (ret && ret != -EFAULT)
		return ret;
	if (!ret && !test->write) {
		result->sim.passed = true;
		result->sim.value = value;
	}
	look_at_writes(side, &result->sim);
	result->sim.spoilt |= side->writes && !test->write;
	ret = side_collect(side);
	side_events(side, test->lane, &result->sim);
	return ret;
}

struct vsmmu_stats side_stats(const struct side *side)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	vsmmu_get_stats(side->vsmmu, &stats);
	return stats;
}
