/* SPDX-License-Identifier: BSD-2-Clause */
/* arm_smmu_device_reset() */
#include "internal.h"

#include <errno.h>

/* What Linux takes of large queues. */
#define CMDQ_LOG2   8
#define EVENTQ_LOG2 7

#define COMMAND_SIZE 16
#define EVENT_SIZE   32

int driver_queue_make(
	struct driver *driver, struct driver_queue *queue, unsigned int log2, size_t size)
{
	queue->log2 = log2;
	queue->entries = driver_alloc(driver, size << log2, &queue->gpa);
	return queue->entries ? 0 : -ENOMEM;
}

static unsigned int choose_log2(unsigned int wanted, unsigned int usual, unsigned int limit)
{
	if (!wanted)
		wanted = usual;
	return wanted < limit ? wanted : limit;
}

static int make_structures(struct driver *driver)
{
	const struct driver_features *features = &driver->features;
	const struct driver_options *options = &driver->options;
	int ret = 0;

	if (!driver->cmdq.entries)
		ret = driver_queue_make(driver, &driver->cmdq,
			choose_log2(options->cmdq_log2, CMDQ_LOG2, features->cmdq_log2),
			COMMAND_SIZE);
	if (!ret && !driver->eventq.entries)
		ret = driver_queue_make(driver, &driver->eventq,
			choose_log2(options->eventq_log2, EVENTQ_LOG2, features->eventq_log2),
			EVENT_SIZE);
	return ret ? ret : driver_strtab_make(driver);
}

static int write_cr0(struct driver *driver, uint32_t value)
{
	return driver_write_acked(driver, MMIO_CR0, MMIO_CR0ACK, value);
}

static int write_irq_ctrl(struct driver *driver, uint32_t value)
{
	return driver_write_acked(driver, MMIO_IRQ_CTRL, MMIO_IRQ_CTRLACK, value);
}

static void write_queue(struct driver *driver, struct driver_queue *queue, uint64_t base,
	uint64_t prod, uint64_t cons)
{
	queue->prod = 0;
	queue->cons = 0;
	driver_write64(driver, base, MMIO_BASE_ALLOCATE | queue->gpa | queue->log2);
	driver_write32(driver, prod, 0);
	driver_write32(driver, cons, 0);
}

static int begin_commands(struct driver *driver, uint32_t *cr0)
{
	const struct driver_command hyp = {{SMMU_CMD_TLBI_EL2_ALL, 0}};
	int ret;

	write_queue(driver, &driver->cmdq, MMIO_CMDQ_BASE, MMIO_CMDQ_PROD, MMIO_CMDQ_CONS);
	*cr0 |= MMIO_CR0_CMDQEN;
	ret = write_cr0(driver, *cr0);
	if (!ret)
		ret = driver_cfgi_all(driver);
	if (!ret && driver->features.hyp)
		ret = driver_issue_sync(driver, &hyp, 1);
	return ret ? ret : driver_tlbi_all(driver);
}

static int begin_events(struct driver *driver, uint32_t *cr0)
{
	write_queue(driver, &driver->eventq, MMIO_EVENTQ_BASE, MMIO_EVENTQ_PROD, MMIO_EVENTQ_CONS);
	*cr0 |= MMIO_CR0_EVENTQEN;
	return write_cr0(driver, *cr0);
}

/* arm_smmu_setup_msis(), arm_smmu_setup_unique_irqs() */
static int set_up_interrupts(struct driver *driver)
{
	const struct driver_options *options = &driver->options;
	bool msi = options->doorbell && driver->features.msi;
	int ret = write_irq_ctrl(driver, 0);

	if (ret)
		return ret;
	driver_write64(driver, MMIO_GERROR_IRQ_CFG0, 0);
	driver_write64(driver, MMIO_EVENTQ_IRQ_CFG0, 0);
	if (msi) {
		driver_write64(driver, MMIO_GERROR_IRQ_CFG0, options->doorbell);
		driver_write32(driver, MMIO_GERROR_IRQ_CFG1, options->msi_data[DRIVER_IRQ_GERROR]);
		driver_write32(driver, MMIO_GERROR_IRQ_CFG2, MMIO_MSI_DEVICE);
		driver_write64(driver, MMIO_EVENTQ_IRQ_CFG0, options->doorbell);
		driver_write32(driver, MMIO_EVENTQ_IRQ_CFG1, options->msi_data[DRIVER_IRQ_EVENTQ]);
		driver_write32(driver, MMIO_EVENTQ_IRQ_CFG2, MMIO_MSI_DEVICE);
	}
	if (options->polled)
		return 0;
	return write_irq_ctrl(driver, MMIO_IRQ_EVENTQ | MMIO_IRQ_GERROR);
}

static void forget_interrupts(struct driver *driver)
{
	for (unsigned int irq = 0; irq < DRIVER_IRQ_COUNT; irq++)
		atomic_store(&driver->irq[irq], false);
}

int driver_reset(struct driver *driver)
{
	uint32_t cr0 = 0;
	int ret = make_structures(driver);

	if (ret)
		return ret;
	/* Somebody left it on: nothing of what is on its way may pass untranslated. */
	if (driver_read32(driver, MMIO_CR0) & MMIO_CR0_SMMUEN)
		ret = driver_set_gbpa(driver, true);
	if (!ret)
		ret = write_cr0(driver, 0);
	if (ret)
		return ret;
	forget_interrupts(driver);
	/* As UEFI: with CMDQ_ERR left active, Linux' first command is never consumed. */
	driver_write32(driver, MMIO_GERRORN, driver_read32(driver, MMIO_GERROR));
	driver_write32(driver, MMIO_CR1, MMIO_CR1_CACHED);
	driver_write32(driver, MMIO_CR2, MMIO_CR2_PTM | MMIO_CR2_RECINVSID);
	driver_write64(driver, MMIO_STRTAB_BASE, MMIO_BASE_ALLOCATE | driver->strtab);
	driver_write32(driver, MMIO_STRTAB_BASE_CFG, driver_strtab_config(driver));

	ret = begin_commands(driver, &cr0);
	if (!ret)
		ret = begin_events(driver, &cr0);
	if (!ret && driver->ats) {
		cr0 |= MMIO_CR0_ATSCHK;
		ret = write_cr0(driver, cr0);
	}
	if (!ret)
		ret = set_up_interrupts(driver);
	if (ret)
		return ret;
	if (driver->options.kdump)
		cr0 &= ~MMIO_CR0_EVENTQEN;
	return write_cr0(driver, cr0 | MMIO_CR0_SMMUEN);
}

int driver_disable(struct driver *driver)
{
	int ret = write_irq_ctrl(driver, 0);
	int off = write_cr0(driver, 0);

	forget_interrupts(driver);
	return ret ? ret : off;
}
