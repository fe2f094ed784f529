/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "root/root.h"
#include "root/source.h"

bool names_add(struct names *names, const char *name, size_t length)
{
	if (names->count >= ROOT_ENTRIES_MAX) {
		errno = EFBIG;
		return false;
	}
	if (names->count + 1 >= names->room) {
		size_t room = names->room ? 2 * names->room : 16;
		char **more = realloc(names->name, room * sizeof(*more));

		if (!more)
			return false;
		names->name = more;
		names->room = room;
	}
	names->name[names->count] = strndup(name, length);
	if (!names->name[names->count])
		return false;
	names->name[++names->count] = NULL;
	return true;
}

char **names_take(struct names *names, size_t *count)
{
	char **list = names->name ? names->name : calloc(1, sizeof(*list));

	if (list && count)
		*count = names->count;
	*names = (struct names){0};
	return list;
}

void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct names){0};
}
