/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"

void driver_batch_add(
	struct driver *driver, struct driver_batch *batch, uint64_t word0, uint64_t word1)
{
	int ret;

	if (batch->count == DRIVER_BATCH_COMMANDS) {
		ret = driver_issue(driver, batch->command, batch->count);
		if (ret && !batch->error)
			batch->error = ret;
		batch->count = 0;
	}
	batch->command[batch->count++] = (struct driver_command){{word0, word1}};
}

int driver_batch_submit(struct driver *driver, struct driver_batch *batch)
{
	int ret = driver_issue_sync(driver, batch->command, batch->count);

	if (batch->error)
		ret = batch->error;
	batch->count = 0;
	batch->error = 0;
	return ret;
}

static int one(struct driver *driver, uint64_t word0, uint64_t word1)
{
	const struct driver_command command = {{word0, word1}};

	return driver_issue_sync(driver, &command, 1);
}

int driver_cfgi_ste(struct driver *driver, uint32_t sid, bool leaf)
{
	return one(driver, SMMU_CMD_CFGI_STE | SMMU_CMD_SID(sid), leaf ? SMMU_CMD_LEAF : 0);
}

int driver_cfgi_ste_range(struct driver *driver, uint32_t sid, unsigned int range)
{
	return one(driver, SMMU_CMD_CFGI_STE_RANGE | SMMU_CMD_SID(sid), range);
}

int driver_cfgi_all(struct driver *driver)
{
	return driver_cfgi_ste_range(driver, 0, SMMU_CMD_RANGE_ALL);
}

int driver_cfgi_cd(struct driver *driver, uint32_t sid, uint32_t ssid, bool leaf)
{
	return one(driver, SMMU_CMD_CFGI_CD | SMMU_CMD_SSID(ssid) | SMMU_CMD_SID(sid),
		leaf ? SMMU_CMD_LEAF : 0);
}

int driver_cfgi_cd_all(struct driver *driver, uint32_t sid)
{
	return one(driver, SMMU_CMD_CFGI_CD_ALL | SMMU_CMD_SID(sid), 0);
}

int driver_tlbi_all(struct driver *driver)
{
	return one(driver, SMMU_CMD_TLBI_NSNH_ALL, 0);
}

int driver_tlbi_asid(struct driver *driver, uint32_t asid)
{
	return one(driver, SMMU_CMD_TLBI_NH_ASID | SMMU_CMD_ASID(asid), 0);
}
