/* SPDX-License-Identifier: BSD-2-Clause */
#include "demo/whole.h"

#include <errno.h>
#include <string.h>

#define RAM_BASE UINT64_C(0x80000000)
#define RAM_SIZE (UINT64_C(16) << 20)

static int memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	struct whole *whole = opaque;

	return guest_memory_read(&whole->memory, address, bytes, length);
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct whole *whole = opaque;

	return guest_memory_write(&whole->memory, address, bytes, length);
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	static const enum driver_irq irqs[VSMMU_IRQ_CMD_SYNC + 1] = {
		[VSMMU_IRQ_EVENTQ] = DRIVER_IRQ_EVENTQ,
		[VSMMU_IRQ_GERROR] = DRIVER_IRQ_GERROR,
		[VSMMU_IRQ_CMD_SYNC] = DRIVER_IRQ_CMD_SYNC,
	};
	struct whole *whole = opaque;

	driver_interrupt(&whole->driver, irqs[irq]);
}

static uint64_t mmio_read(void *opaque, uint64_t offset, unsigned int size)
{
	struct whole *whole = opaque;
	uint64_t value;

	vsmmu_mmio_read(whole->vsmmu, offset, size, &value);
	return value;
}

static void mmio_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct whole *whole = opaque;

	vsmmu_mmio_write(whole->vsmmu, offset, size, value);
	if (whole->after_write)
		whole->after_write(whole->after_write_opaque);
}

/* Commands that one register write did not consume. */
static void idle(void *opaque)
{
	struct whole *whole = opaque;

	vsmmu_run_commands(whole->vsmmu, 0);
}

static void take_record(void *opaque, const uint64_t record[4])
{
	struct whole *whole = opaque;

	memcpy(whole->record, record, sizeof(whole->record));
	whole->records++;
}

static int make_vsmmu(struct whole *whole)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = memory_read,
		.memory_write = memory_write,
		.irq_pulse = irq_pulse,
	};
	const struct vsmmu_sim_config sim = {
		.size = sizeof(sim),
		.memory_read = memory_read,
		.memory_write = memory_write,
		.memory_opaque = whole,
	};
	struct vsmmu_config config = {
		.size = sizeof(config),
		.ops = &ops,
		.opaque = whole,
		.eventq_log2_max = 10,
	};
	int ret = vsmmu_sim_new(&whole->host, &sim);

	config.host = whole->host;
	return ret ? ret : vsmmu_new(&whole->vsmmu, &config);
}

static int add_endpoint(struct whole *whole, unsigned int n)
{
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = WHOLE_VSID(n),
		.vfio_fd = -1,
	};
	struct vsmmu_endpoint *endpoint;
	int ret = vsmmu_sim_endpoint_new(whole->host, n, &whole->dev_id[n]);

	config.dev_id = whole->dev_id[n];
	return ret ? ret : vsmmu_endpoint_attach(whole->vsmmu, &config, &endpoint);
}

static int boot(struct whole *whole)
{
	static const struct driver_ops ops = {
		.read = mmio_read,
		.write = mmio_write,
		.idle = idle,
		.event = take_record,
	};
	const struct driver_memory memory = {
		.base = whole->memory.bytes,
		.gpa = whole->memory.base,
		.size = whole->memory.size,
	};
	int ret;

	driver_init(&whole->driver, &ops, whole, &memory, NULL);
	ret = driver_probe(&whole->driver);
	return ret ? ret : driver_reset(&whole->driver);
}

int whole_init(struct whole *whole)
{
	int ret;

	memset(whole, 0, sizeof(*whole));
	ret = guest_memory_init(&whole->memory, RAM_BASE, RAM_SIZE);
	if (!ret)
		ret = make_vsmmu(whole);
	for (unsigned int n = 0; !ret && n < WHOLE_ENDPOINTS; n++)
		ret = add_endpoint(whole, n);
	if (!ret)
		ret = boot(whole);
	if (ret)
		whole_destroy(whole);
	return ret;
}

uint64_t whole_destroy(struct whole *whole)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	vsmmu_free(whole->vsmmu);
	if (whole->host)
		vsmmu_sim_get_stats(whole->host, &sim);
	vsmmu_host_unref(whole->host);
	driver_destroy(&whole->driver);
	guest_memory_destroy(&whole->memory);
	return sim.objects;
}

int whole_dma(
	struct whole *whole, unsigned int n, uint64_t iova, bool write, void *bytes, size_t length)
{
	const struct vsmmu_access access = {
		.size = sizeof(access),
		.flags = write ? VSMMU_ACCESS_WRITE : 0,
		.address = iova,
	};
	int ret = vsmmu_sim_dma(whole->host, whole->dev_id[n], &access, bytes, length);

	while (vsmmu_dispatch(whole->vsmmu, 0) > 0)
		driver_run(&whole->driver);
	return ret;
}
