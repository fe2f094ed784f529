/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device copies a word between two pages of this process, by their physical addresses. A device
 * that a stage 1 translates can do that only if it maps these addresses to themselves.
 */
#include <stddef.h>

#include "command.h"
#include "edu.h"
#include "files.h"
#include "memory.h"
#include "vfio.h"

#define WORD   0x600dc0deu
#define BEFORE 0x11111111u

struct pages {
	volatile uint32_t *from, *to;
	uint64_t from_address, to_address;
};

static int pages_open(struct pages *pages)
{
	pages->from = memory_page();
	pages->to = memory_page();
	if (!pages->from || !pages->to)
		return -1;
	*pages->from = WORD;
	*pages->to = BEFORE;
	pages->from_address = memory_address(pages->from);
	pages->to_address = memory_address(pages->to);
	return pages->from_address && pages->to_address ? 0 : -1;
}

static int copy(volatile uint8_t *bar, const struct pages *pages)
{
	if (!bar || edu_copy(bar, pages->from_address, pages->to_address))
		return -1;
	if (*pages->to != WORD && *pages->to != BEFORE)
		return fail("copy arrived as %#x", *pages->to);
	say(*pages->to == WORD ? "copy arrived" : "copy did not arrive");
	return 0;
}

int command_copy(int count, char **words)
{
	struct pages pages;

	(void)count;
	return pages_open(&pages) ? -1 : copy(edu_open(words[1]), &pages);
}

int command_copy_mapped(int count, char **words)
{
	struct pages pages;
	struct vfio vfio;
	int ret = -1;

	(void)count;
	if (pages_open(&pages) || vfio_open(&vfio, words[1]))
		return -1;
	if (!vfio_map(&vfio, pages.from_address, pages.from, false) &&
		!vfio_map(&vfio, pages.to_address, pages.to, true))
		ret = copy(vfio_map_bar(&vfio, EDU_SIZE), &pages);
	vfio_close(&vfio);
	return ret;
}
