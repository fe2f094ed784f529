/* SPDX-License-Identifier: BSD-2-Clause */
/* What interrupts are about: events and global errors. */
#include "internal.h"

#include <limits.h>
#include <string.h>

#define RECORD_WORDS 4

static void write_cons(struct driver *driver)
{
	driver_write32(driver, MMIO_EVENTQ_CONS, driver->eventq.cons);
}

/* queue_remove_raw() */
static void take_one(struct driver *driver)
{
	struct driver_queue *queue = &driver->eventq;
	uint64_t record[RECORD_WORDS];
	const uint64_t *entry;

	entry = (const uint64_t *)(const void *)(queue->entries +
						 queue_index(queue, queue->cons) * sizeof(record));
	for (unsigned int i = 0; i < RECORD_WORDS; i++)
		record[i] = driver_load(&entry[i]);
	queue->cons = queue_advance(queue, queue->cons);
	driver->stats.events++;
	if (!driver->options.cons_per_batch)
		write_cons(driver);
	if (driver->ops->event)
		driver->ops->event(driver->opaque, record);
}

/* queue_sync_prod_in() */
static void read_prod(struct driver *driver)
{
	struct driver_queue *queue = &driver->eventq;
	uint32_t prod = driver_read32(driver, MMIO_EVENTQ_PROD);

	driver->stats.overflows += ((prod ^ queue->prod) & MMIO_QUEUE_FLAG) != 0;
	queue->prod = prod;
}

/* queue_sync_cons_ovf() */
static void acknowledge_overflow(struct driver *driver)
{
	struct driver_queue *queue = &driver->eventq;

	if (!((queue->prod ^ queue->cons) & MMIO_QUEUE_FLAG))
		return;
	queue->cons ^= MMIO_QUEUE_FLAG;
	write_cons(driver);
}

unsigned int driver_take_events(struct driver *driver, unsigned int records)
{
	struct driver_queue *queue = &driver->eventq;
	unsigned int taken = 0;

	if (!queue->entries)
		return 0;
	read_prod(driver);
	while (queue_used(queue)) {
		unsigned int before = taken;

		for (; queue_used(queue) && taken < records; taken++)
			take_one(driver);
		if (driver->options.cons_per_batch && taken != before)
			write_cons(driver);
		if (taken == records && queue_used(queue))
			return taken;
		read_prod(driver);
	}
	acknowledge_overflow(driver);
	return taken;
}

uint32_t driver_handle_gerror(struct driver *driver)
{
	uint32_t gerror = driver_read32(driver, MMIO_GERROR);
	uint32_t active = (gerror ^ driver_read32(driver, MMIO_GERRORN)) & MMIO_GERROR_KNOWN;
	struct driver_stats *stats = &driver->stats;

	if (!active)
		return 0;
	stats->gerrors++;
	stats->eventq_aborts += (active & MMIO_GERROR_EVENTQ_ABT_ERR) != 0;
	stats->msi_aborts += (active & (MMIO_GERROR_MSI_CMDQ_ABT | MMIO_GERROR_MSI_EVENTQ_ABT |
					       MMIO_GERROR_MSI_GERROR_ABT)) != 0;
	if (active & MMIO_GERROR_CMDQ_ERR)
		driver_skip_command_error(driver);
	driver_write32(driver, MMIO_GERRORN, gerror);
	return active;
}

unsigned int driver_run(struct driver *driver)
{
	if (atomic_exchange(&driver->irq[DRIVER_IRQ_GERROR], false) || driver->options.polled)
		driver_handle_gerror(driver);
	if (atomic_exchange(&driver->irq[DRIVER_IRQ_EVENTQ], false) || driver->options.polled)
		return driver_take_events(driver, UINT_MAX);
	return 0;
}
