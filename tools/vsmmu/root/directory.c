/* SPDX-License-Identifier: BSD-2-Clause */
/* Files below a folder: copies of a host's, or of this host below "/". */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "root/allowed.h"
#include "root/root.h"
#include "root/source.h"

struct directory {
	int fd;
	bool live;
};

/*
 * In sysfs most paths lead through symbolic links. Those of this host are the kernel's; those of
 * a folder are somebody's, and must not lead out of it.
 */
static int open_below(const struct directory *directory, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	if (directory->live)
		return openat(directory->fd, path, flags | O_CLOEXEC);
	return (int)syscall(SYS_openat2, directory->fd, path, &how, sizeof(how));
}

char *read_all(int fd, size_t *length)
{
	size_t room = 4096, filled = 0;
	char *bytes = malloc(room + 1);

	while (bytes) {
		ssize_t got = read(fd, bytes + filled, room - filled);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (got < 0)
				break;
			bytes[filled] = '\0';
			if (length)
				*length = filled;
			return bytes;
		}
		filled += (size_t)got;
		if (filled > ROOT_FILE_MAX) {
			errno = EFBIG;
			break;
		}
		if (filled == room) {
			char *more = realloc(bytes, 2 * room + 1);

			if (!more)
				break;
			bytes = more;
			room *= 2;
		}
	}
	free(bytes);
	return NULL;
}

static char *directory_read(void *state, const char *path, size_t *length)
{
	const struct directory *directory = state;
	struct stat about;
	char *bytes = NULL;
	int fd, error;

	if (directory->live && !strncmp(path, "vsmmu/", 6))
		return live_read(path, length);
	/* O_NONBLOCK: nobody may ever write to a FIFO that lies there. */
	fd = open_below(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &about)) {
		if (S_ISREG(about.st_mode))
			bytes = read_all(fd, length);
		else
			errno = S_ISDIR(about.st_mode) ? EISDIR : EINVAL;
	}
	error = errno;
	close(fd);
	errno = error;
	return bytes;
}

/* The folder that @path is in. @name: its last component. */
static int open_parent(const struct directory *directory, const char *path, const char **name)
{
	char folder[ALLOWED_PATH_MAX];
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	if (!slash)
		return open_below(directory, ".", O_PATH | O_DIRECTORY);
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	return open_below(directory, folder, O_PATH | O_DIRECTORY);
}

static char *directory_link(void *state, const char *path)
{
	const struct directory *directory = state;
	char target[PATH_MAX];
	const char *name;
	ssize_t length;
	int folder = open_parent(directory, path, &name), error;

	if (folder < 0)
		return NULL;
	length = readlinkat(folder, name, target, sizeof(target));
	error = errno;
	close(folder);
	errno = error;
	if (length >= 0)
		return strndup(target, (size_t)length);
	/* Tools that copy files may leave no link, and who writes a folder by hand has a file. */
	if (errno == EINVAL && !directory->live)
		return directory_read(state, path, NULL);
	return NULL;
}

static bool directory_exists(void *state, const char *path)
{
	struct stat about;
	const char *name;
	int folder = open_parent(state, path, &name), ret, error;

	if (folder < 0)
		return false;
	ret = fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW);
	error = errno;
	close(folder);
	errno = error;
	return !ret;
}

static char **directory_list(void *state, const char *path, size_t *count)
{
	int fd = open_below(state, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK), error;
	struct names names = {0};
	struct dirent *entry;
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	while (errno = 0, (entry = readdir(folder))) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") && strcmp(name, "..") &&
			!names_add(&names, name, strlen(name)))
			break;
	}
	error = errno;
	closedir(folder);
	errno = error;
	if (!error)
		return names_take(&names, count);
	names_free(&names);
	return NULL;
}

static void directory_close(void *state)
{
	struct directory *directory = state;

	close(directory->fd);
	free(directory);
}

void *directory_open(const char *path, bool live, char *why, size_t size)
{
	struct directory *directory = malloc(sizeof(*directory));
	int fd, error;

	if (!directory) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	directory->live = live;
	directory->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* An old kernel, or a filter of system calls, has no openat2(). */
	fd = directory->fd < 0 ? -1 : open_below(directory, ".", O_PATH | O_DIRECTORY);
	error = errno;
	if (fd >= 0) {
		close(fd);
		return directory;
	}
	if (directory->fd >= 0) {
		snprintf(why, size,
			"this kernel cannot read below a folder only (openat2: %s); pack the "
			"folder with tar and give that",
			strerror(error));
		close(directory->fd);
	} else {
		snprintf(why, size, "%s: %s", path, strerror(error));
	}
	free(directory);
	errno = error;
	return NULL;
}

const struct root_source directory_source = {
	.read = directory_read,
	.link = directory_link,
	.list = directory_list,
	.exists = directory_exists,
	.close = directory_close,
};
