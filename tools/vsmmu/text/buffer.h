/* SPDX-License-Identifier: BSD-2-Clause */
/* Text under construction, which counts on when its memory is full, as snprintf() does. */
#ifndef TEXT_BUFFER_H
#define TEXT_BUFFER_H

#include <stddef.h>

struct buffer {
	char *at; /* may be NULL when @size is 0 */
	size_t size;
	size_t length; /* of the whole text, without its NUL */
};

void __attribute__((format(printf, 2, 3)))
buffer_add(struct buffer *buffer, const char *format, ...);

#endif
