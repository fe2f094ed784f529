/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of structures with a pointer @next, NULL in the last one. */
#ifndef UTIL_LIST_H
#define UTIL_LIST_H

/* Nothing may be removed meanwhile. */
#define list_for_each(item, first)                                                                 \
	for (__typeof__(&*(first)) item = (first); item; item = (item)->next)

/* Makes @item the first one. */
#define list_push(first, item)                                                                     \
	do {                                                                                       \
		(item)->next = (first);                                                            \
		(first) = (item);                                                                  \
	} while (0)

/* Takes @item out, which is in the list. */
#define list_remove(first, item)                                                                   \
	do {                                                                                       \
		__typeof__(first) *list_link = &(first);                                           \
                                                                                                   \
		while (*list_link != (item))                                                       \
			list_link = &(*list_link)->next;                                           \
		*list_link = (item)->next;                                                         \
	} while (0)

#endif
