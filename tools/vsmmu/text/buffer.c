/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/buffer.h"

#include <stdarg.h>
#include <stdio.h>

void buffer_add(struct buffer *buffer, const char *format, ...)
{
	size_t room = buffer->length < buffer->size ? buffer->size - buffer->length : 0;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(room ? buffer->at + buffer->length : NULL, room, format, arguments);
	va_end(arguments);
	if (length > 0)
		buffer->length += (size_t)length;
}
