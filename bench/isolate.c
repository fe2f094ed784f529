/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host calls of a CMD_SYNC with a vIOMMU for each endpoint, as `isolate` has it: of one behind
 * the invalidation of what was unmapped, and of one behind CFGI_CDs of some streams as well.
 */
#include <errno.h>
#include <stdio.h>

#include "stage.h"

#define PAGES	   32 /* of an unmap, so that its TLBIs are one batch even if each page has one */
#define PAGE_SIZE  UINT64_C(4096)
#define FIRST_IOVA UINT64_C(0x100000)

static void add_cfgi_cd(struct driver *driver, struct driver_batch *batch, uint32_t sid)
{
	driver_batch_add(driver, batch, SMMU_CMD_CFGI_CD | SMMU_CMD_SID(sid), SMMU_CMD_LEAF);
}

static void add_tlbis(struct vmm *vmm, struct driver_batch *batch)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		const struct driver_command tlbi = vmm_tlbi(vmm, i);

		driver_batch_add(&vmm->driver, batch, tlbi.word[0], tlbi.word[1]);
	}
}

/* Of an unmap alone, or with the CDs of @named streams changed. */
static void sync_once(struct vmm *vmm, unsigned int named)
{
	struct driver_batch batch = {.count = 0};

	if (!named) {
		bench_check(
			driver_invalidate(&vmm->domain, FIRST_IOVA, PAGES * PAGE_SIZE), "CMD_SYNC");
		return;
	}
	for (unsigned int s = 0; s < named; s++)
		add_cfgi_cd(&vmm->driver, &batch, STAGE_VSID(s));
	add_tlbis(vmm, &batch);
	bench_check(driver_batch_submit(&vmm->driver, &batch), "CMD_SYNC");
}

void measure_isolate(unsigned int endpoints, bool ranges, unsigned int named, unsigned int times)
{
	struct stage stage;
	struct vsmmu_stats before, now;

	stage_plug(&stage, true, 1, endpoints);
	stage.config.isolate = true;
	stage_boot(&stage);
	if (!stage.vmm->driver.ril)
		bench_check(-ENOTSUP, "range invalidation");
	stage.vmm->driver.ril = ranges;
	before = vmm_stats(stage.vmm);
	for (unsigned int i = 0; i < times; i++)
		sync_once(stage.vmm, named);
	now = vmm_stats(stage.vmm);
	if (now.syncs - before.syncs != times || now.invalidation_failures || now.command_errors)
		bench_check(-EPROTO, "CMD_SYNCs");
	printf("syncs=%u\nhost_calls=%llu\nhost_commands=%llu\n", times,
		(unsigned long long)(now.invalidation_calls - before.invalidation_calls),
		(unsigned long long)(now.invalidations - before.invalidations));
}
