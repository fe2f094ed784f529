/* SPDX-License-Identifier: BSD-2-Clause */
/* The format is "newc". Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst */
#include "guest_archive.h"

#include <dirent.h>
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

static bool add_modules(FILE *to, const char *folder)
{
	char name[300], path[600];
	struct dirent *entry;
	DIR *modules = opendir(folder);
	bool good = true;

	if (!modules)
		return true;
	write_header(to, "modules", MODE_FOLDER, 0);
	while (good && (entry = readdir(modules))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "modules/%s", entry->d_name);
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		good = add_file(to, name, path);
	}
	closedir(modules);
	return good;
}

bool guest_archive_write(const char *archive, const char *init, const char *modules,
	const char *image, const char *initrd)
{
	FILE *to = fopen(archive, "we");
	bool good = to && add_file(to, "init", init);

	if (!to)
		return false;
	if (modules)
		good = good && add_modules(to, modules);
	if (image) {
		write_header(to, "boot", MODE_FOLDER, 0);
		good = good && add_file(to, "boot/Image", image) &&
		       add_file(to, "boot/initrd", initrd);
	}
	write_header(to, "TRAILER!!!", 0, 0);
	fwrite(zeroes, 1, sizeof(zeroes), to);
	return !fclose(to) && good;
}
