/* SPDX-License-Identifier: BSD-2-Clause */
#include "root/root.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "root/allowed.h"
#include "root/source.h"
#include "util/errno_name.h"

struct text {
	struct text *next;
	char *content;
	char path[];
};

struct root {
	bool live;
	const struct root_source *source;
	void *state;
	char *denied; /* "vsmmu/denied", or NULL */
	struct text *texts;
};

struct root *root_open(const char *path, char *why, size_t size)
{
	struct root *root = calloc(1, sizeof(*root));
	struct stat about;
	int error;

	if (!root) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	root->live = !path;
	if (!path || (!stat(path, &about) && S_ISDIR(about.st_mode))) {
		root->source = &directory_source;
		root->state = directory_open(path ? path : "/", root->live, why, size);
	} else {
		root->source = &tar_source;
		root->state = tar_open(path, why, size);
	}
	if (!root->state) {
		error = errno;
		free(root);
		errno = error;
		return NULL;
	}
	root->denied = root->live ? NULL : root_read(root, "vsmmu/denied", NULL);
	return root;
}

void root_close(struct root *root)
{
	if (!root)
		return;
	root->source->close(root->state);
	for (struct text *text = root->texts, *next; text; text = next) {
		next = text->next;
		free(text->content);
		free(text);
	}
	free(root->denied);
	free(root);
}

const char *root_note(const struct root *root)
{
	return root->source == &tar_source ? tar_note(root->state) : NULL;
}

bool root_is_live(const struct root *root)
{
	return root->live;
}

/* Behind a path of "vsmmu/denied": nothing, or a blank and the error's name. */
static int denied_error(const char *name, size_t length)
{
	for (int error = 1; length > 1 && error <= EHWPOISON; error++)
		if (strlen(errno_name(error)) == length - 1 &&
			!memcmp(errno_name(error), name + 1, length - 1))
			return error;
	return EACCES;
}

/* For a file that a copy does not have: the error that there was on the host, else ENOENT. */
static void set_denied(const struct root *root, const char *path)
{
	size_t length = strlen(path);

	if (errno != ENOENT && errno != ENOTDIR)
		return;
	errno = ENOENT;
	for (const char *line = root->denied; line && *line;) {
		size_t end = strcspn(line, "\n");

		if (end >= length && !memcmp(line, path, length) &&
			(end == length || line[length] == ' ')) {
			errno = denied_error(line + length, end - length);
			return;
		}
		line += end + (line[end] == '\n');
	}
}

static struct text *find_text(const struct root *root, const char *path)
{
	struct text *text = root->texts;

	while (text && strcmp(text->path, path))
		text = text->next;
	return text;
}

char *root_read(struct root *root, const char *path, size_t *length)
{
	struct text *text = find_text(root, path);
	char *bytes;

	if (text) {
		if (length)
			*length = strlen(text->content);
		return strdup(text->content);
	}
	if (!allowed_find(path, ALLOWED_FILE)) {
		errno = ENOTSUP;
		return NULL;
	}
	bytes = root->source->read(root->state, path, length);
	if (!bytes)
		set_denied(root, path);
	return bytes;
}

char *root_read_word(struct root *root, const char *path)
{
	if (allowed_find(path, ALLOWED_WORD))
		return root->source->read(root->state, path, NULL);
	errno = ENOTSUP;
	return NULL;
}

char *root_link(struct root *root, const char *path)
{
	char *target, *last;

	if (!allowed_find(path, ALLOWED_LINK)) {
		errno = ENOTSUP;
		return NULL;
	}
	target = root->source->link(root->state, path);
	if (!target) {
		set_denied(root, path);
		return NULL;
	}
	target[strcspn(target, "\n")] = '\0';
	last = strrchr(target, '/');
	if (last)
		memmove(target, last + 1, strlen(last));
	if (allowed_path_is_sane(target))
		return target;
	free(target);
	errno = EINVAL;
	return NULL;
}

/* A live host has no files below "vsmmu/"; somebody's folder of that name is none of it. */
static bool is_made_here(const struct root *root, const char *path)
{
	return root->live && !strncmp(path, "vsmmu", 5) && (path[5] == '/' || !path[5]);
}

static char **list_texts(const struct root *root, const char *path, size_t *count)
{
	struct names names = {0};
	size_t length = strlen(path);

	for (const struct text *text = root->texts; text; text = text->next) {
		const char *name = text->path + length + 1;

		if (!strncmp(text->path, path, length) && text->path[length] == '/' &&
			!names_add(&names, name, strlen(name))) {
			names_free(&names);
			return NULL;
		}
	}
	if (names.count)
		return names_take(&names, count);
	errno = ENOENT;
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **root_list(struct root *root, const char *path, size_t *count)
{
	char **names;
	size_t n = 0, kept = 0;

	if (!allowed_folder(path)) {
		errno = ENOTSUP;
		return NULL;
	}
	names = is_made_here(root, path) ? list_texts(root, path, &n)
					 : root->source->list(root->state, path, &n);
	if (!names) {
		set_denied(root, path);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		if (allowed_path_is_sane(names[i]))
			names[kept++] = names[i];
		else
			free(names[i]);
	}
	names[kept] = NULL;
	qsort(names, kept, sizeof(*names), compare);
	if (count)
		*count = kept;
	return names;
}

void root_list_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

bool root_exists(struct root *root, const char *path)
{
	if (find_text(root, path))
		return true;
	if (!allowed_has(path)) {
		errno = ENOTSUP;
		return false;
	}
	if (is_made_here(root, path)) {
		char *text = root_read(root, path, NULL);

		free(text);
		return text;
	}
	if (root->source->exists(root->state, path))
		return true;
	set_denied(root, path);
	return false;
}

int root_put(struct root *root, const char *path, const char *content)
{
	size_t length = strlen(path);
	struct text *text = find_text(root, path);
	char *copy;

	if (strncmp(path, "vsmmu/", 6) || !allowed_find(path, ALLOWED_FILE))
		return -ENOTSUP;
	copy = strdup(content);
	if (!copy)
		return -ENOMEM;
	if (!text) {
		text = malloc(sizeof(*text) + length + 1);
		if (!text) {
			free(copy);
			return -ENOMEM;
		}
		memcpy(text->path, path, length + 1);
		text->content = NULL;
		text->next = root->texts;
		root->texts = text;
	}
	free(text->content);
	text->content = copy;
	return 0;
}
