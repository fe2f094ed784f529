/* SPDX-License-Identifier: BSD-2-Clause */
/* What a test asks of a host's files. */
#ifndef UNIT_ROOT_ROOT_FILES_H
#define UNIT_ROOT_ROOT_FILES_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/unit.h"
#include "root/root.h"

/* A file must have this text. */
static inline void root_has(struct root *root, const char *path, const char *text)
{
	size_t length = 77;
	char *bytes = root_read(root, path, &length);

	assert_non_null(bytes);
	assert_string_equal(bytes, text);
	assert_int_equal(length, strlen(text));
	free(bytes);
}

/* A call must return nothing, with this error. */
#define FAILS(call, error)                                                                         \
	do {                                                                                       \
		errno = 0;                                                                         \
		assert_false(call);                                                                \
		assert_int_equal(errno, error);                                                    \
	} while (0)

#endif
