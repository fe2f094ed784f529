/* SPDX-License-Identifier: BSD-2-Clause */
/* The command queue: arm_smmu_cmdq_issue_cmdlist() for one CPU. */
#include "internal.h"

#include <errno.h>
#include <string.h>

static uint64_t *entry_at(struct driver *driver, uint32_t position)
{
	uint32_t index = queue_index(&driver->cmdq, position);

	return (uint64_t *)(void *)(driver->cmdq.entries + index * sizeof(struct driver_command));
}

static void put(struct driver *driver, const struct driver_command *command)
{
	uint64_t *entry = entry_at(driver, driver->cmdq.prod);

	driver_store(&entry[0], command->word[0]);
	driver_store(&entry[1], command->word[1]);
	driver->cmdq.prod = queue_advance(&driver->cmdq, driver->cmdq.prod);
	driver->stats.commands++;
}

/* While a poll lasts the GERROR interrupt has to be served: it is what moves a queue on. */
static bool poll_again(struct driver_poll *poll)
{
	struct driver *driver = poll->driver;

	if (!driver_poll_again(poll))
		return false;
	if (driver->options.polled || atomic_exchange(&driver->irq[DRIVER_IRQ_GERROR], false))
		driver_handle_gerror(driver);
	return true;
}

static uint32_t room(const struct driver *driver)
{
	uint32_t size = UINT32_C(1) << driver->cmdq.log2;
	uint32_t used = queue_used(&driver->cmdq);

	return used < size ? size - used : 0;
}

static void read_cons(struct driver *driver)
{
	driver->cmdq.cons = driver_read32(driver, MMIO_CMDQ_CONS);
}

static int wait_for_room(struct driver *driver)
{
	struct driver_poll poll;

	if (room(driver))
		return 0;
	driver_poll_begin(driver, &poll);
	for (read_cons(driver); !room(driver); read_cons(driver))
		if (!poll_again(&poll))
			return -ETIMEDOUT;
	return 0;
}

static void write_prod(struct driver *driver)
{
	driver_write32(driver, MMIO_CMDQ_PROD, driver->cmdq.prod);
}

/* arm_smmu_cmdq_build_sync_cmd() */
static struct driver_command make_sync(struct driver *driver)
{
	struct driver_command sync = {{SMMU_CMD_SYNC, 0}};
	uint32_t index = queue_index(&driver->cmdq, driver->cmdq.prod);

	switch (driver->sync) {
	case DRIVER_SYNC_MSIPOLL:
		sync.word[0] |= SMMU_SYNC_IRQ | SMMU_SYNC_MSH_INNER | SMMU_SYNC_MSI_OIWB;
		sync.word[1] = driver->cmdq.gpa + index * sizeof(sync);
		break;
	case DRIVER_SYNC_IRQ:
		sync.word[0] |= SMMU_SYNC_IRQ;
		break;
	default:
		sync.word[0] |= SMMU_SYNC_SEV;
	}
	return sync;
}

static bool is_done(struct driver *driver, uint32_t position)
{
	switch (driver->sync) {
	case DRIVER_SYNC_MSIPOLL:
		/* MSIData is 0, the opcode is not. */
		return !(uint32_t)driver_load(entry_at(driver, position));
	case DRIVER_SYNC_IRQ:
		if (!atomic_exchange(&driver->irq[DRIVER_IRQ_CMD_SYNC], false))
			return false;
		break;
	default:
		break;
	}
	read_cons(driver);
	return !queue_used(&driver->cmdq);
}

static int wait_for_sync(struct driver *driver, uint32_t position)
{
	struct driver_poll poll;

	driver_poll_begin(driver, &poll);
	while (!is_done(driver, position))
		if (!poll_again(&poll))
			return -ETIMEDOUT;
	if (driver->sync == DRIVER_SYNC_MSIPOLL)
		driver->cmdq.cons = driver->cmdq.prod;
	return 0;
}

static int issue(
	struct driver *driver, const struct driver_command *commands, size_t count, bool sync)
{
	struct driver_command last;
	uint32_t position = 0;
	size_t left = count + sync;
	int ret;

	while (left) {
		uint32_t now;

		ret = wait_for_room(driver);
		if (ret)
			return ret;
		if (room(driver) < left)
			read_cons(driver);
		for (now = room(driver); now && left; now--, left--) {
			position = driver->cmdq.prod;
			if (left == 1 && sync) {
				last = make_sync(driver);
				put(driver, &last);
			} else {
				put(driver, commands++);
			}
		}
		write_prod(driver);
	}
	if (!sync)
		return 0;
	driver->stats.syncs++;
	return wait_for_sync(driver, position);
}

int driver_issue(struct driver *driver, const struct driver_command *commands, size_t count)
{
	return issue(driver, commands, count, false);
}

int driver_issue_sync(struct driver *driver, const struct driver_command *commands, size_t count)
{
	/* One that came too late for a sync before. */
	atomic_store(&driver->irq[DRIVER_IRQ_CMD_SYNC], false);
	return issue(driver, commands, count, true);
}

int driver_sync(struct driver *driver)
{
	return driver_issue_sync(driver, NULL, 0);
}

/*
 * An illegal command becomes a CMD_SYNC where it stands; the others are tried again as they
 * are, which may be in vain.
 */
void driver_skip_command_error(struct driver *driver)
{
	uint32_t cons = driver_read32(driver, MMIO_CMDQ_CONS);
	uint64_t *entry;

	switch (MMIO_CMDQ_ERR(cons)) {
	case MMIO_CERROR_ABT:
		driver->stats.fetch_aborts++;
		return;
	case MMIO_CERROR_ATC_INV_SYNC:
		driver->stats.atc_timeouts++;
		return;
	case MMIO_CERROR_ILL:
		break;
	default:
		return;
	}
	driver->stats.illegal_commands++;
	entry = entry_at(driver, cons);
	driver_store(&entry[0], SMMU_CMD_SYNC | SMMU_SYNC_SEV);
	driver_store(&entry[1], 0);
}
