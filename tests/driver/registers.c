/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#define DEFAULT_TIMEOUT_MS 1000

/* However slow the machine is, so often is looked. */
#define TURNS_LEAST 100

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void driver_poll_begin(struct driver *driver, struct driver_poll *poll)
{
	*poll = (struct driver_poll){
		.driver = driver,
		.deadline = now() + driver->options.timeout_ms * UINT64_C(1000000),
	};
}

bool driver_poll_again(struct driver_poll *poll)
{
	struct driver *driver = poll->driver;

	if (++poll->turns > TURNS_LEAST && now() > poll->deadline) {
		driver->stats.timeouts++;
		return false;
	}
	if (driver->ops->idle)
		driver->ops->idle(driver->opaque);
	else
		sched_yield();
	return true;
}

void driver_init(struct driver *driver, const struct driver_ops *ops, void *opaque,
	const struct driver_memory *memory, const struct driver_options *options)
{
	*driver = (struct driver){
		.ops = ops,
		.opaque = opaque,
		.memory = {.base = memory->base, .gpa = memory->gpa, .size = memory->size},
		.asid_next = 1,
	};
	if (options)
		driver->options = *options;
	if (!driver->options.timeout_ms)
		driver->options.timeout_ms = DEFAULT_TIMEOUT_MS;
}

void driver_destroy(struct driver *driver)
{
	free(driver->streams);
	driver->streams = NULL;
	driver->stream_count = 0;
}

uint32_t driver_read32(struct driver *driver, uint64_t offset)
{
	return (uint32_t)driver->ops->read(driver->opaque, offset, 4);
}

uint64_t driver_read64(struct driver *driver, uint64_t offset)
{
	if (driver->options.halves)
		return driver_read32(driver, offset) | (uint64_t)driver_read32(driver, offset + 4)
							       << 32;
	return driver->ops->read(driver->opaque, offset, 8);
}

/*
 * As writel(): what was stored before is there before. Not a fence, which the thread
 * sanitizer does not know.
 */
static void order_stores(void)
{
	static atomic_uint barrier;

	atomic_fetch_or(&barrier, 0);
}

void driver_write32(struct driver *driver, uint64_t offset, uint32_t value)
{
	order_stores();
	driver->ops->write(driver->opaque, offset, 4, value);
}

void driver_write64(struct driver *driver, uint64_t offset, uint64_t value)
{
	if (driver->options.halves) {
		driver_write32(driver, offset, (uint32_t)value);
		driver_write32(driver, offset + 4, (uint32_t)(value >> 32));
		return;
	}
	order_stores();
	driver->ops->write(driver->opaque, offset, 8, value);
}

int driver_write_acked(struct driver *driver, uint64_t offset, uint64_t ack, uint32_t value)
{
	struct driver_poll poll;

	driver_write32(driver, offset, value);
	driver_poll_begin(driver, &poll);
	while (driver_read32(driver, ack) != value)
		if (!driver_poll_again(&poll))
			return -ETIMEDOUT;
	return 0;
}

static int wait_for_gbpa(struct driver *driver)
{
	struct driver_poll poll;

	driver_poll_begin(driver, &poll);
	while (driver_read32(driver, MMIO_GBPA) & MMIO_GBPA_UPDATE)
		if (!driver_poll_again(&poll))
			return -ETIMEDOUT;
	return 0;
}

/* arm_smmu_update_gbpa() */
int driver_set_gbpa(struct driver *driver, bool abort)
{
	uint32_t value;
	int ret = wait_for_gbpa(driver);

	if (ret)
		return ret;
	value = driver_read32(driver, MMIO_GBPA) & ~MMIO_GBPA_ABORT;
	if (abort)
		value |= MMIO_GBPA_ABORT;
	driver_write32(driver, MMIO_GBPA, value | MMIO_GBPA_UPDATE);
	return wait_for_gbpa(driver);
}

void driver_interrupt(struct driver *driver, enum driver_irq irq)
{
	atomic_store(&driver->irq[irq], true);
}

bool driver_msi(struct driver *driver, uint64_t address, uint32_t data)
{
	if (!driver->options.doorbell || address != driver->options.doorbell)
		return false;
	for (unsigned int irq = 0; irq < DRIVER_IRQ_COUNT; irq++) {
		if (driver->options.msi_data[irq] != data)
			continue;
		driver_interrupt(driver, irq);
		return true;
	}
	return false;
}
