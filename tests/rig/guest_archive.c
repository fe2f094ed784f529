/* SPDX-License-Identifier: BSD-2-Clause */
/* The format is "newc". Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst */
#include "guest_archive.h"

#include <stdio.h>
#include <string.h>

#define MODE_FILE   0100755u
#define MODE_FOLDER 0040755u

static const char zeroes[512];

static void write_header(FILE *to, const char *name, unsigned int mode, unsigned long size)
{
	static unsigned int inode;
	const size_t length = strlen(name) + 1;

	fprintf(to, "070701%08x%08x%08x%08x%08x%08x%08lx%08x%08x%08x%08x%08zx%08x", ++inode, mode,
		0, 0, 1, 0, size, 0, 0, 0, 0, length, 0);
	fwrite(name, 1, length, to);
	fwrite(zeroes, 1, -(110 + length) & 3, to);
}

static bool add_file(FILE *to, const char *name, const char *path)
{
	FILE *from = fopen(path, "re");
	static char block[65536];
	long size;
	size_t n;

	if (!from || fseek(from, 0, SEEK_END))
		return false;
	size = ftell(from);
	rewind(from);
	write_header(to, name, MODE_FILE, (unsigned long)size);
	while ((n = fread(block, 1, sizeof(block), from)) > 0)
		fwrite(block, 1, n, to);
	fwrite(zeroes, 1, (size_t)-size & 3, to);
	fclose(from);
	return true;
}

bool guest_archive_write(const char *archive, const char *init)
{
	FILE *to = fopen(archive, "we");
	bool good = to && add_file(to, "init", init);

	if (!to)
		return false;
	write_header(to, "TRAILER!!!", 0, 0);
	fwrite(zeroes, 1, sizeof(zeroes), to);
	return !fclose(to) && good;
}
