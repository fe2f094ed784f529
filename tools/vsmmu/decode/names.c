/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST 64

void names_destroy(struct names *names)
{
	for (uint32_t i = 0; i < names->size; i++)
		free(names->table[i].text);
	free(names->table);
	*names = (struct names){0};
}

static struct name *find(const struct names *names, uint32_t vsid)
{
	uint32_t place = vsid * UINT32_C(0x9e3779b1) & (names->size - 1);

	while (names->table[place].text && names->table[place].vsid != vsid)
		place = (place + 1) & (names->size - 1);
	return &names->table[place];
}

/* At most half of the places are taken. */
static int grow(struct names *names)
{
	struct names bigger = {.size = names->size ? names->size * 2 : SIZE_FIRST};

	bigger.table = calloc(bigger.size, sizeof(*bigger.table));
	if (!bigger.table)
		return -ENOMEM;
	for (uint32_t i = 0; i < names->size; i++)
		if (names->table[i].text)
			*find(&bigger, names->table[i].vsid) = names->table[i];
	bigger.count = names->count;
	free(names->table);
	*names = bigger;
	return 0;
}

int names_set(struct names *names, uint32_t vsid, const char *text)
{
	struct name *name;
	char *copy;

	if (names->count * 2 >= names->size) {
		if (names->count >= NAMES_MAX)
			return 0;
		if (grow(names))
			return -ENOMEM;
	}
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	for (char *c = copy; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	name = find(names, vsid);
	names->count += !name->text;
	free(name->text);
	name->vsid = vsid;
	name->text = copy;
	return 0;
}

const char *names_get(const struct names *names, uint32_t vsid)
{
	const struct name *name = names->size ? find(names, vsid) : NULL;

	return name && name->text ? name->text : "";
}
