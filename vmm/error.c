/* SPDX-License-Identifier: BSD-2-Clause */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

int fail(const char *format, ...)
{
	va_list arguments;
	char text[1024];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* A single call writes the line, so that threads' lines do not mix. */
	fprintf(stderr, "vsmmu-vm: %s\r\n", text);
	return -1;
}
