/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel log: each SMMU's lines put together to events. */
#include "log/dmesg.h"

#include <errno.h>
#include <string.h>

_Static_assert(sizeof(struct dmesg) <= sizeof(struct vsmmu_dmesg), "the caller's is too small");
_Static_assert(_Alignof(struct dmesg) <= _Alignof(struct vsmmu_dmesg), "or not aligned");

static struct dmesg *dmesg_of(struct vsmmu_dmesg *dmesg)
{
	return (struct dmesg *)dmesg;
}

void vsmmu_dmesg_init(struct vsmmu_dmesg *dmesg)
{
	memset(dmesg, 0, sizeof(*dmesg));
}

int vsmmu_dmesg_feed_more(struct vsmmu_dmesg *opaque, const void *part, size_t length)
{
	struct dmesg *dmesg = dmesg_of(opaque);

	if (dmesg->fed || dmesg->flush)
		return -EBUSY;
	dmesg->fed = true;
	envelope_open(&dmesg->envelope, length ? part : "", length);
	return 0;
}

int vsmmu_dmesg_feed(struct vsmmu_dmesg *opaque, const void *line, size_t length)
{
	int ret = vsmmu_dmesg_feed_more(opaque, line, length);

	dmesg_of(opaque)->line += !ret;
	return ret;
}

int vsmmu_dmesg_flush(struct vsmmu_dmesg *opaque, bool end)
{
	struct dmesg *dmesg = dmesg_of(opaque);

	if (dmesg->fed || dmesg->flush)
		return -EBUSY;
	dmesg->flush = end ? DMESG_FLUSH_ALL : DMESG_FLUSH_WHOLE;
	/* What waited for the next line is read now. */
	if (end)
		envelope_end(&dmesg->envelope);
	dmesg->fed = true;
	return 0;
}

/* Return: when the slot's event or message began, whichever was first; UINT64_MAX for none. */
static uint64_t begin_of(const struct dmesg_slot *slot)
{
	uint64_t line = UINT64_MAX;

	if (slot->state && slot->state != DMESG_GIVEN)
		line = slot->begin.line;
	if (slot->wait && slot->message_begin.line < line)
		line = slot->message_begin.line;
	return line;
}

uint64_t vsmmu_dmesg_waits(const struct vsmmu_dmesg *opaque)
{
	const struct dmesg *dmesg = (const struct dmesg *)opaque;
	uint64_t first = UINT64_MAX;

	for (int i = 0; i < DMESG_SMMUS; i++) {
		uint64_t line = begin_of(&dmesg->slots[i]);

		first = line < first ? line : first;
	}
	return first;
}

static bool is_due(const struct dmesg *dmesg, const struct dmesg_slot *slot, uint64_t begin)
{
	if (dmesg->flush == DMESG_FLUSH_ALL || dmesg->line - begin > VSMMU_DMESG_PATIENCE)
		return true;
	return (dmesg->flush && dmesg_slot_is_whole(slot)) ||
	       (dmesg_slot_is_kept(slot) && !dmesg->reversed && dmesg->line > slot->last);
}

/* Return: the oldest that is not to be waited for any longer, or NULL. */
static struct dmesg_slot *find_overdue(struct dmesg *dmesg)
{
	struct dmesg_slot *oldest = NULL;
	uint64_t first = UINT64_MAX;

	for (int i = 0; i < DMESG_SMMUS; i++) {
		struct dmesg_slot *slot = &dmesg->slots[i];
		uint64_t line = begin_of(slot);

		if (line < first && is_due(dmesg, slot, line)) {
			oldest = slot;
			first = line;
		}
	}
	return oldest;
}

enum vsmmu_dmesg_kind vsmmu_dmesg_next(struct vsmmu_dmesg *opaque, struct vsmmu_dmesg_item *item)
{
	struct dmesg *dmesg = dmesg_of(opaque);
	struct dmesg_slot *overdue;

	memset(item, 0, sizeof(*item));
	/* A message gives out nothing, or what was before it, or its own. */
	while (dmesg->fed) {
		if (!dmesg->parsed)
			dmesg->parsed = dmesg->fed = dmesg_read(dmesg);
		if (dmesg->parsed && dmesg_apply(dmesg, item) != VSMMU_DMESG_NONE)
			return item->kind;
	}
	while ((overdue = find_overdue(dmesg)))
		if (dmesg_slot_give(overdue, item) != VSMMU_DMESG_NONE)
			return item->kind;
	if (dmesg->flush == DMESG_FLUSH_ALL)
		dmesg->reversed = false;
	dmesg->flush = DMESG_NO_FLUSH;
	return VSMMU_DMESG_NONE;
}
