/* SPDX-License-Identifier: BSD-2-Clause */
#include "demo/guest_driver.h"

#include <vsmmu/registers.h>

/* Registers as a guest's driver has them from IHI 0070 6.2: it shares no header with us. */
#define CR0_SMMUEN	    (UINT32_C(1) << 0)
#define CR0_EVENTQEN	    (UINT32_C(1) << 2)
#define IRQ_CTRL_GERROR	    (UINT32_C(1) << 0)
#define IRQ_CTRL_EVENTQ	    (UINT32_C(1) << 2)
#define GERROR_EVENTQ_ABORT (UINT32_C(1) << 2)
#define EVENTQ_BASE_WA	    (UINT64_C(1) << 62)
#define QUEUE_OVERFLOW	    (UINT32_C(1) << 31)

static uint32_t read32(struct guest_driver *driver, uint64_t offset)
{
	uint64_t value;

	vsmmu_mmio_read(driver->vsmmu, offset, 4, &value);
	return (uint32_t)value;
}

static void write32(struct guest_driver *driver, uint64_t offset, uint32_t value)
{
	vsmmu_mmio_write(driver->vsmmu, offset, 4, value);
}

/* arm_smmu_write_reg_sync(); Linux would poll for a second, here it is there at once. */
static void write_sync(
	struct guest_driver *driver, uint64_t offset, uint64_t ack_offset, uint32_t value)
{
	write32(driver, offset, value);
	driver->bad_acks += read32(driver, ack_offset) != value;
}

static bool queue_is_empty(const struct guest_driver *driver)
{
	uint32_t mask = (UINT32_C(2) << driver->log2) - 1;

	return !((driver->prod ^ driver->cons) & mask);
}

/* queue_remove_raw(): one record out, then CONS tells. */
static void consume(struct guest_driver *driver)
{
	uint32_t mask = (UINT32_C(2) << driver->log2) - 1;
	uint32_t index = driver->cons & mask >> 1;
	uint8_t bytes[VSMMU_EVENT_RECORD_SIZE];
	struct vsmmu_event_record record;

	if (guest_memory_read(driver->memory, driver->address + (uint64_t)index * sizeof(bytes),
		    bytes, sizeof(bytes))) {
		driver->unreadable++;
	} else {
		vsmmu_event_record_load(bytes, &record);
		driver->record(driver->opaque, &record);
	}
	driver->consumed++;
	driver->cons = (driver->cons & QUEUE_OVERFLOW) | ((driver->cons + 1) & mask);
	write32(driver, VSMMU_REG_EVENTQ_CONS, driver->cons);
}

/* queue_sync_prod_in() */
static void sync_prod(struct guest_driver *driver)
{
	uint32_t prod = read32(driver, VSMMU_REG_EVENTQ_PROD);

	driver->overflows += ((prod ^ driver->prod) & QUEUE_OVERFLOW) != 0;
	driver->prod = prod;
}

/* queue_sync_cons_ovf() */
static void acknowledge_overflow(struct guest_driver *driver)
{
	if (!((driver->prod ^ driver->cons) & QUEUE_OVERFLOW))
		return;
	driver->cons ^= QUEUE_OVERFLOW;
	write32(driver, VSMMU_REG_EVENTQ_CONS, driver->cons);
}

/* arm_smmu_evtq_thread(), interruptible by the end of the guest's time. */
static uint32_t event_thread(struct guest_driver *driver, uint32_t records)
{
	uint32_t done = 0;

	do {
		for (; !queue_is_empty(driver); done++) {
			if (done == records)
				return done;
			consume(driver);
		}
		sync_prod(driver);
	} while (!queue_is_empty(driver));
	acknowledge_overflow(driver);
	driver->thread_runs = false;
	return done;
}

/* arm_smmu_gerror_handler() */
static void gerror_handler(struct guest_driver *driver)
{
	uint32_t gerror = read32(driver, VSMMU_REG_GERROR);
	uint32_t active = gerror ^ read32(driver, VSMMU_REG_GERRORN);

	driver->aborts += (active & GERROR_EVENTQ_ABORT) != 0;
	write32(driver, VSMMU_REG_GERRORN, gerror);
}

void guest_driver_enable(struct guest_driver *driver, uint64_t address, unsigned int log2)
{
	driver->address = address;
	driver->log2 = log2;
	driver->prod = 0;
	driver->cons = 0;
	driver->thread_runs = false;

	/* arm_smmu_device_reset(), in its order */
	write_sync(driver, VSMMU_REG_CR0, VSMMU_REG_CR0ACK, 0);
	vsmmu_mmio_write(driver->vsmmu, VSMMU_REG_EVENTQ_BASE, 8, EVENTQ_BASE_WA | address | log2);
	write32(driver, VSMMU_REG_EVENTQ_PROD, 0);
	write32(driver, VSMMU_REG_EVENTQ_CONS, 0);
	write_sync(driver, VSMMU_REG_CR0, VSMMU_REG_CR0ACK, CR0_EVENTQEN);
	write_sync(driver, VSMMU_REG_IRQ_CTRL, VSMMU_REG_IRQ_CTRLACK, 0);
	write_sync(driver, VSMMU_REG_IRQ_CTRL, VSMMU_REG_IRQ_CTRLACK,
		IRQ_CTRL_EVENTQ | IRQ_CTRL_GERROR);
	write_sync(driver, VSMMU_REG_CR0, VSMMU_REG_CR0ACK, CR0_EVENTQEN | CR0_SMMUEN);
}

void guest_driver_disable(struct guest_driver *driver)
{
	write_sync(driver, VSMMU_REG_CR0, VSMMU_REG_CR0ACK, 0);
	write_sync(driver, VSMMU_REG_IRQ_CTRL, VSMMU_REG_IRQ_CTRLACK, 0);
	/* Records from before the acknowledgement count, interrupt or not (7.2.1). */
	guest_driver_look(driver);
}

void guest_driver_look(struct guest_driver *driver)
{
	driver->irq_pending[VSMMU_IRQ_EVENTQ] = true;
	guest_driver_run(driver, UINT32_MAX);
}

void guest_driver_interrupt(struct guest_driver *driver, enum vsmmu_irq irq)
{
	driver->irq_pending[irq] = true;
}

uint32_t guest_driver_run(struct guest_driver *driver, uint32_t records)
{
	if (driver->irq_pending[VSMMU_IRQ_GERROR]) {
		driver->irq_pending[VSMMU_IRQ_GERROR] = false;
		gerror_handler(driver);
	}
	if (driver->irq_pending[VSMMU_IRQ_EVENTQ]) {
		driver->irq_pending[VSMMU_IRQ_EVENTQ] = false;
		driver->thread_runs = true;
	}
	return driver->thread_runs ? event_thread(driver, records) : 0;
}

bool guest_driver_is_idle(const struct guest_driver *driver)
{
	return !driver->thread_runs && !driver->irq_pending[VSMMU_IRQ_EVENTQ] &&
	       !driver->irq_pending[VSMMU_IRQ_GERROR];
}
