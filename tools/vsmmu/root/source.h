/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a root has its files from. Paths are sane (allowed_path_is_sane()) and allowed. */
#ifndef ROOT_SOURCE_H
#define ROOT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

/* The calls fail as those of root.h with the same names do. */
struct root_source {
	char *(*read)(void *state, const char *path, size_t *length);
	char *(*link)(void *state, const char *path);		      /* all of where it leads */
	char **(*list)(void *state, const char *path, size_t *count); /* in any order */
	bool (*exists)(void *state, const char *path);
	void (*close)(void *state);
};

/* Both return the state, or NULL with errno, and the reason in @why. */
void *directory_open(const char *path, bool live, char *why, size_t size);
extern const struct root_source directory_source;
void *tar_open(const char *path, char *why, size_t size);
extern const struct root_source tar_source;
/* The first member that was left out, and why; NULL: none was. */
const char *tar_note(const void *state);

/* Texts of "vsmmu/..." on this host; NULL with errno if @path is none. */
char *live_read(const char *path, size_t *length);

/* Reads an open file to its end, closes nothing. Return: NULL with errno. */
char *read_all(int fd, size_t *length);

/* A list that grows; both return false with errno when it cannot. */
struct names {
	char **name;
	size_t count, room;
};
bool names_add(struct names *names, const char *name, size_t length);
/* The list for root_list(): the caller's. */
char **names_take(struct names *names, size_t *count);
void names_free(struct names *names);

#endif
