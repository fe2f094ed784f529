/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Structures that carry their own size first and only grow. An older caller's is
 * shorter than ours: what it lacks is zero. A newer caller's is longer: what we do not
 * know must be zero, or it asks for something that we would silently not do. None is larger
 * than a page, as with the kernel's copy_struct_from_user(): more is a size that nobody has set.
 */
#ifndef UTIL_SIZED_H
#define UTIL_SIZED_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SIZED_MAX 4096

/* Return: whether the size that a caller's structure says can be one. */
static inline bool sized_is_valid(const void *structure)
{
	size_t given;

	if (!structure)
		return false;
	memcpy(&given, structure, sizeof(given));
	return given > sizeof(given) && given <= SIZED_MAX;
}

/* Return: whether a caller's reserved member says nothing. */
static inline bool sized_is_zero(const void *member, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((const uint8_t *)member)[i])
			return false;
	return true;
}

/* Copies a caller's config into @to, of @size bytes. Return: 0, -EINVAL or -E2BIG. */
static inline int sized_copy_in(void *to, const void *from, size_t size)
{
	size_t given;

	if (!sized_is_valid(from))
		return -EINVAL;
	memcpy(&given, from, sizeof(given));
	if (given > size && !sized_is_zero((const uint8_t *)from + size, given - size))
		return -E2BIG;
	memset(to, 0, size);
	memcpy(to, from, given < size ? given : size);
	return 0;
}

/* Fills a caller's structure up to the size that it says, which stays as it is. */
static inline int sized_copy_out(void *to, const void *from, size_t size)
{
	size_t given;

	if (!sized_is_valid(to))
		return -EINVAL;
	memcpy(&given, to, sizeof(given));
	if (given > size) {
		memset((uint8_t *)to + size, 0, given - size);
		given = size;
	}
	memcpy((uint8_t *)to + sizeof(given), (const uint8_t *)from + sizeof(given),
		given - sizeof(given));
	return 0;
}

#endif
