/* SPDX-License-Identifier: BSD-2-Clause */
#include "files.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char why[512];

void read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

int write_text(const char *path, const char *text)
{
	const ssize_t length = (ssize_t)strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, (size_t)length);
	close(fd);
	return n == length ? 0 : -1;
}

bool wait_for_file(const char *path)
{
	for (unsigned int n = 0; n < 1000; n++) {
		if (!access(path, F_OK))
			return true;
		usleep(10000);
	}
	return false;
}

double seconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void say(const char *format, ...)
{
	char line[960] = "<0>guest: ";
	const size_t prefix = strlen(line);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line + prefix, sizeof(line) - prefix - 1, format, arguments);
	va_end(arguments);
	strcat(line, "\n"); /* without it the kernel waits for the rest of the line */
	if (write_text("/dev/kmsg", line))
		fputs(line + 3, stderr);
}

int fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	return -1;
}

const char *failure(void)
{
	return why;
}
