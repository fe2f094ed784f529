/* SPDX-License-Identifier: BSD-2-Clause */
/* A tar as a root: nothing of it is ever unpacked. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "root/root.h"
#include "root/source.h"
#include "root/tar.h"

static char *copy_of(const struct tar *tar, const struct tar_member *member, size_t *length)
{
	char *text;

	if (member->type == TAR_FILE && member->size > ROOT_FILE_MAX) {
		errno = EFBIG;
		return NULL;
	}
	text = malloc((member->type == TAR_FILE ? member->size : 0) + 1);
	if (!text)
		return NULL;
	if (member->type == TAR_FILE)
		memcpy(text, tar->bytes + member->offset, member->size);
	text[member->type == TAR_FILE ? member->size : 0] = '\0';
	if (length)
		*length = member->type == TAR_FILE ? member->size : 0;
	return text;
}

static char *tar_read(void *state, const char *path, size_t *length)
{
	const struct tar_member *member = tar_find(state, path);

	if (member && member->type != TAR_FOLDER && member->type != TAR_LINK)
		return copy_of(state, member, length);
	errno = !member ? ENOENT : member->type == TAR_LINK ? ELOOP : EISDIR;
	return NULL;
}

static char *tar_link(void *state, const char *path)
{
	const struct tar_member *member = tar_find(state, path);

	if (member && member->type == TAR_LINK)
		return strdup(member->target);
	return tar_read(state, path, NULL);
}

/* The first member below a folder. Return: NULL if there is none. */
static const struct tar_member *first_below(
	const struct tar *tar, const char *path, size_t *index, char *front)
{
	int length = snprintf(front, ALLOWED_PATH_MAX + 1, "%s/", path);

	*index = tar_lower_bound(tar, front);
	if (*index < tar->count && !strncmp(tar->member[*index].path, front, (size_t)length))
		return &tar->member[*index];
	return NULL;
}

static bool tar_exists(void *state, const char *path)
{
	char front[ALLOWED_PATH_MAX + 1];
	size_t index;

	errno = ENOENT;
	return tar_find(state, path) || first_below(state, path, &index, front);
}

static char **tar_list(void *state, const char *path, size_t *count)
{
	const struct tar *tar = state;
	const struct tar_member *folder = tar_find(tar, path), *member;
	char front[ALLOWED_PATH_MAX + 1];
	struct names names = {0};
	size_t index, length;

	member = first_below(tar, path, &index, front);
	if (!member && (!folder || folder->type != TAR_FOLDER)) {
		errno = folder ? ENOTDIR : ENOENT;
		return NULL;
	}
	length = strlen(front);
	for (; member && !strncmp(member->path, front, length); member = &tar->member[index]) {
		const char *name = member->path + length;
		size_t end = strcspn(name, "/");
		const char *last = names.count ? names.name[names.count - 1] : "";

		if ((strlen(last) != end || memcmp(last, name, end)) &&
			!names_add(&names, name, end)) {
			names_free(&names);
			return NULL;
		}
		if (++index == tar->count)
			break;
	}
	return names_take(&names, count);
}

static void tar_close(void *state)
{
	tar_clear(state);
	free(state);
}

/* A folder "host" that was packed from outside is "host/proc" and so on in the tar. */
static void strip_top(struct tar *tar)
{
	size_t top = tar->count ? strcspn(tar->member[0].path, "/") : 0, kept = 0;

	for (size_t i = 0; i < tar->count; i++) {
		const char *path = tar->member[i].path;

		if (allowed_has(path) || strcspn(path, "/") != top ||
			memcmp(path, tar->member[0].path, top))
			return;
	}
	for (size_t i = 0; i < tar->count; i++) {
		struct tar_member *member = &tar->member[i];
		char *path = (char *)member->path;

		if (!path[top]) {
			free(path);
			continue;
		}
		memmove(path, path + top + 1, strlen(path + top));
		tar->member[kept++] = *member;
	}
	tar->count = kept;
}

static bool has_any(const struct tar *tar)
{
	for (size_t i = 0; i < tar->count; i++)
		if (allowed_has(tar->member[i].path))
			return true;
	return false;
}

void *tar_open(const char *path, char *why, size_t size)
{
	struct tar *tar = calloc(1, sizeof(*tar));
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), ret;
	char reason[200] = "no memory";
	struct stat about;

	if (fd < 0 || fstat(fd, &about)) {
		ret = -errno;
		snprintf(reason, sizeof(reason), "%s", strerror(-ret));
	} else if (!S_ISREG(about.st_mode)) {
		ret = -EINVAL;
		snprintf(reason, sizeof(reason), "it is no folder and no tar");
	} else {
		ret = tar ? tar_load(tar, fd, reason, sizeof(reason)) : -ENOMEM;
	}
	if (fd >= 0)
		close(fd);
	if (!ret && !has_any(tar)) {
		strip_top(tar);
		if (!has_any(tar)) {
			ret = -ENODATA;
			snprintf(reason, sizeof(reason), "this tar has nothing of a host");
		}
	}
	if (!ret)
		return tar;
	snprintf(why, size, "%s: %s", path, reason);
	if (tar)
		tar_close(tar);
	errno = -ret;
	return NULL;
}

const char *tar_note(const void *state)
{
	const struct tar *tar = state;

	return tar->skipped ? tar->note : NULL;
}

const struct root_source tar_source = {
	.read = tar_read,
	.link = tar_link,
	.list = tar_list,
	.exists = tar_exists,
	.close = tar_close,
};
