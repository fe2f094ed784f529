/* SPDX-License-Identifier: BSD-2-Clause */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

_Thread_local char *fail_text;

int message(bool failure, const char *format, ...)
{
	char text[1024], *at = failure && fail_text ? fail_text : text;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(at, at == text ? sizeof(text) : FAIL_TEXT, format, arguments);
	va_end(arguments);
	/* A single call writes the line, so that threads' lines do not mix. */
	if (at == text)
		fprintf(stderr, "vsmmu-vm: %s\r\n", text);
	return -1;
}
