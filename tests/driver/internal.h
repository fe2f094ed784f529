/* SPDX-License-Identifier: BSD-2-Clause */
/* What the driver's files share. */
#ifndef DRIVER_INTERNAL_H
#define DRIVER_INTERNAL_H

#include "driver/driver.h"

/* A bounded poll: begin, then while (...) if (!driver_poll_again()) timeout. */
struct driver_poll {
	struct driver *driver;
	uint64_t deadline;
	unsigned int turns;
};

void driver_poll_begin(struct driver *driver, struct driver_poll *poll);
/* Gives others time. Return: false when there is no more time. */
bool driver_poll_again(struct driver_poll *poll);

/* Queue indexes (3.5.1). */
static inline uint32_t queue_mask(const struct driver_queue *queue)
{
	return (UINT32_C(2) << queue->log2) - 1;
}

static inline uint32_t queue_index(const struct driver_queue *queue, uint32_t position)
{
	return position & queue_mask(queue) >> 1;
}

static inline uint32_t queue_used(const struct driver_queue *queue)
{
	return (queue->prod - queue->cons) & queue_mask(queue);
}

static inline uint32_t queue_advance(const struct driver_queue *queue, uint32_t position)
{
	return (position & MMIO_QUEUE_FLAG) | ((position + 1) & queue_mask(queue));
}

/* @size bytes an entry. Return: 0 or -ENOMEM. */
int driver_queue_make(
	struct driver *driver, struct driver_queue *queue, unsigned int log2, size_t size);

/* arm_smmu_cmdq_skip_err(): the queue stands still at an error. */
void driver_skip_command_error(struct driver *driver);

/*
 * arm_smmu_write_entry(): makes @entry into @target. @used: the bits of an entry that
 * matter to the SMMU. @sync: invalidates the entry in the SMMU's caches.
 */
struct driver_entry_ops {
	uint64_t valid; /* V, in the first word */
	void (*used)(const uint64_t entry[8], uint64_t used[8]);
	int (*sync)(struct driver *driver, uint32_t sid, uint32_t ssid);
};
int driver_write_entry(struct driver *driver, const struct driver_entry_ops *ops, uint32_t sid,
	uint32_t ssid, uint64_t *entry, const uint64_t target[8]);

/* Stream table: made if there is none. Return: 0 or -ENOMEM. */
int driver_strtab_make(struct driver *driver);
uint32_t driver_strtab_config(const struct driver *driver);

/* Return: 0 or -ENOMEM. */
int driver_cd_table_make(struct driver *driver, struct driver_cd_table *table);
void driver_cd_table_free(struct driver *driver, struct driver_cd_table *table);
/* NULL: beyond it, or no memory. */
uint64_t *driver_cd_table_at(
	struct driver *driver, const struct driver_cd_table *table, uint32_t ssid);
extern const struct driver_entry_ops driver_cd_entry;

static inline void driver_ste_stage1(const struct driver *driver,
	const struct driver_cd_table *table, unsigned int s1dss, uint64_t ste[DRIVER_STE_WORDS])
{
	for (unsigned int i = 2; i < DRIVER_STE_WORDS; i++)
		ste[i] = 0;
	ste[0] = SMMU_STE0_V | SMMU_STE0_STAGE1 | SMMU_STE0_FORMAT(table->format) | table->gpa |
		 SMMU_STE0_CDMAX(table->log2);
	ste[1] = s1dss | SMMU_STE1_WALK_WB;
	if (driver->ats)
		ste[1] |= SMMU_STE1_EATS;
}

/* Levels of the tables: how many address bits lie below level @level. */
static inline unsigned int domain_shift(const struct driver_domain *domain, unsigned int level)
{
	return domain->page_log2 + (3 - level) * (domain->page_log2 - 3u);
}

#endif
