/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device with a page, that has one event of a wanted kind. What no interface of the kernel's
 * makes is written into its tables. The tables' entries have not been used before: no TLB has them.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "edu.h"
#include "files.h"
#include "memory.h"
#include "tables.h"
#include "vfio.h"

/* Arm DDI 0487 D8.3, IHI 0070 5.4 */
#define PTE_ACCESSED (UINT64_C(1) << 10)
#define PTE_FAR_AWAY (UINT64_C(1) << 47) /* an output address beyond 44 bits */
#define CD_VALID     (UINT64_C(1) << 31)

struct kind {
	const char *name;
	uint64_t iova;
	bool unmapped, read_only, write;
	uint64_t leaf_clear, leaf_set, cd_clear;
};

static const struct kind kinds[] = {
	{.name = "F_TRANSLATION", .iova = 0x101000, .unmapped = true},
	{.name = "F_PERMISSION", .iova = 0x102000, .read_only = true, .write = true},
	{.name = "F_ACCESS", .iova = 0x103000, .leaf_clear = PTE_ACCESSED},
	{.name = "F_ADDR_SIZE", .iova = 0x104000, .leaf_set = PTE_FAR_AWAY},
	{.name = "C_BAD_CD", .iova = 0x105000, .cd_clear = CD_VALID},
};

/* StreamIDs are requester IDs. */
static uint32_t stream_of(const char *bdf)
{
	unsigned int domain = 0, bus = 0, slot = 0, function = 0;

	sscanf(bdf, "%x:%x:%x.%x", &domain, &bus, &slot, &function);
	return bus << 8 | slot << 3 | function;
}

struct patch {
	uint64_t address; /* 0: nothing was patched */
	uint64_t before;
};

static int patch(const struct kind *kind, uint32_t sid, struct patch *patch)
{
	uint64_t cd = 0, at = 0;

	*patch = (struct patch){0};
	if (!(kind->leaf_clear | kind->leaf_set | kind->cd_clear))
		return 0;
	if (tables_find_cd(sid, &cd))
		return -1;
	at = cd;
	if (!kind->cd_clear && tables_find_leaf(cd, kind->iova, &at))
		return -1;
	if (memory_read(at, &patch->before))
		return -1;
	patch->address = at;
	return memory_write(
		at, (patch->before & ~kind->leaf_clear & ~kind->cd_clear) | kind->leaf_set);
}

/* The kernel takes pages' addresses back out of its tables: they must be there again. */
static int unpatch(const struct patch *patch)
{
	return patch->address ? memory_write(patch->address, patch->before) : 0;
}

static int make(const struct kind *kind, struct vfio *vfio, uint32_t sid)
{
	volatile uint8_t *bar = vfio_map_bar(vfio, EDU_SIZE);
	volatile uint32_t *page = memory_page();
	struct patch patched;
	int ret;

	if (!bar || !page)
		return -1;
	if (!kind->unmapped && vfio_map(vfio, kind->iova, page, !kind->read_only))
		return -1;
	if (patch(kind, sid, &patched))
		return -1;
	if (kind->write)
		edu_start_write(bar, kind->iova, 4);
	else
		edu_start_read(bar, kind->iova, 4);
	ret = edu_wait(bar);
	return unpatch(&patched) || ret ? -1 : 0;
}

int command_kind(int count, char **words)
{
	struct vfio vfio;
	int ret = -1;

	(void)count;
	for (size_t n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++) {
		if (strcmp(kinds[n].name, words[1]))
			continue;
		if (vfio_open(&vfio, words[2]))
			return -1;
		ret = make(&kinds[n], &vfio, stream_of(words[2]));
		vfio_close(&vfio);
		return ret;
	}
	return fail("no kind %s", words[1]);
}
