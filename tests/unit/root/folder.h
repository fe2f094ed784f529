/* SPDX-License-Identifier: BSD-2-Clause */
/* A folder of a test's own, with copies of a host's files; and what it takes to be rid of it. */
#ifndef UNIT_ROOT_FOLDER_H
#define UNIT_ROOT_FOLDER_H

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/unit.h"

static char folder[64];

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
	(void)about, (void)type, (void)where;
	return remove(path);
}

static int folder_new(void **unused)
{
	(void)unused;
	strcpy(folder, "/tmp/vsmmu-root-XXXXXX");
	return !mkdtemp(folder);
}

static int folder_remove(void **unused)
{
	(void)unused;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path on this machine; the folders that lead there are made. */
static const char *folder_path(const char *path)
{
	static char whole[1024];

	snprintf(whole, sizeof(whole), "%s/%s", folder, path);
	for (char *slash = whole + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		assert_true(!mkdir(whole, 0700) || errno == EEXIST);
		*slash = '/';
	}
	return whole;
}

static void folder_put_bytes(const char *path, const void *bytes, size_t length)
{
	FILE *file = fopen(folder_path(path), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static inline void folder_put(const char *path, const char *text)
{
	folder_put_bytes(path, text, strlen(text));
}

static inline void folder_link(const char *path, const char *target)
{
	assert_int_equal(symlink(target, folder_path(path)), 0);
}

#endif
