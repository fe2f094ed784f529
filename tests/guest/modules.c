/* SPDX-License-Identifier: BSD-2-Clause */
/* Modules of the initramfs. A kernel that came without a folder of them has all built in. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "command.h"
#include "files.h"

#define FOLDER "/modules"

static int load(const char *name);

/* A module says in its section .modinfo what it depends on: "depends=A,B". */
static int load_needs(const char *module, size_t size)
{
	static const char key[] = "\0depends=";
	const char *found = memmem(module, size, key, sizeof(key) - 1);
	char *names, *save = NULL;
	int ret = 0;

	names = found ? strdup(found + sizeof(key) - 1) : NULL;
	for (char *name = names ? strtok_r(names, ",", &save) : NULL; name && !ret;
		name = strtok_r(NULL, ",", &save))
		ret = load(name);
	free(names);
	return ret;
}

static int load(const char *name)
{
	struct stat status = {0};
	char path[128], *module;
	int fd, ret = -1;

	snprintf(path, sizeof(path), FOLDER "/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status))
		return fail("%s: %m", path);
	module = malloc((size_t)status.st_size);
	if (!module || read(fd, module, (size_t)status.st_size) != status.st_size)
		fail("%s: cannot be read: %m", path);
	else if (!load_needs(module, (size_t)status.st_size))
		ret = syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST ? fail("%s: %m", path)
									      : 0;
	free(module);
	close(fd);
	return ret;
}

int command_module(int count, char **words)
{
	int ret = 0;

	if (access(FOLDER, F_OK))
		return 0;
	for (int n = 1; n < count && !ret; n++)
		ret = load(words[n]);
	return ret;
}
