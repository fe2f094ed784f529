/* SPDX-License-Identifier: BSD-2-Clause */
/* What a log tells, in the log's order: an event waits for its last lines, what follows does not.
 */
#ifndef DECODE_ORDER_H
#define DECODE_ORDER_H

#include "log/log.h"

/* With more that wait for an event, the first of them goes before it. */
#define ORDER_ITEMS 16

/* All zero before the first item. */
struct order {
	unsigned int count;
	struct vsmmu_dmesg_item items[ORDER_ITEMS];
};

/* @item goes where its line is. There must be room: see order_take(). */
void order_add(struct order *order, const struct vsmmu_dmesg_item *item);

/**
 * order_take() - the first item that has not to wait
 * @order: the items
 * @before: an event that began in this line is not complete yet; UINT64_MAX: none
 * @item: filled in
 *
 * Return: whether there is one, which there always is if there is no room for another.
 */
bool order_take(struct order *order, uint64_t before, struct vsmmu_dmesg_item *item);

#endif
