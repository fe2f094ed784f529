// SPDX-License-Identifier: BSD-2-Clause
#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int write_file(const char *path, const char *text)
{
	size_t length = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, length);
	close(fd);
	return n == (ssize_t)length ? 0 : -1;
}

void read_line(const char *path, char *line, unsigned int size)
{
	FILE *f = fopen(path, "re");

	line[0] = '\0';
	if (!f)
		return;
	if (fgets(line, (int)size, f))
		line[strcspn(line, "\n")] = '\0';
	fclose(f);
}
