/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/order.h"

#include <string.h>

void order_add(struct order *order, const struct vsmmu_dmesg_item *item)
{
	unsigned int place = order->count++;

	for (; place && order->items[place - 1].line > item->line; place--)
		order->items[place] = order->items[place - 1];
	order->items[place] = *item;
}

bool order_take(struct order *order, uint64_t before, struct vsmmu_dmesg_item *item)
{
	if (!order->count || (order->items[0].line >= before && order->count < ORDER_ITEMS))
		return false;
	*item = order->items[0];
	order->count--;
	memmove(order->items, order->items + 1, order->count * sizeof(order->items[0]));
	return true;
}
