/* SPDX-License-Identifier: BSD-2-Clause */
#include "root/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "root/allowed.h"
#include "root/gzip.h"
#include "root/redact.h"
#include "root/reduce.h"
#include "root/secrets.h"
#include "root/tar.h"
#include "util/errno_name.h"

struct entry {
	char path[ALLOWED_PATH_MAX];
	enum tar_type type;
	char *bytes; /* of a file its content, of a link where it leads */
	size_t size;
};

struct collector {
	struct root *root;
	struct redact redact;
	struct entry *entries;
	size_t count, room, total;
	FILE *denied;
	int error;
};

void collect_print_list(FILE *out)
{
	static const char *const notes[] = {[ALLOWED_LINK] = "(name of its target)",
		[ALLOWED_NAME] = "(that it is there)",
		[ALLOWED_WORD] = "(not packed)"};

	fprintf(out, "This is packed, as far as it is there, and nothing else. In all of it "
		     "serial numbers,\nhardware and IP addresses, UUIDs, the host's and the "
		     "user's name are blanked.\n\n");
	for (size_t i = 0; allowed_get(i); i++) {
		const struct allowed *allowed = allowed_get(i);
		const char *less = reduce_name(allowed->reduce);
		const char *note = allowed->kind == ALLOWED_FILE ? NULL : notes[allowed->kind];

		fprintf(out, "  /%s%s%s: %s%s%s\n", allowed->pattern, note ? " " : "",
			note ? note : "", allowed->purpose, less ? "; " : "", less ? less : "");
	}
	fputc('\n', out);
}

/* Takes @bytes over. Nothing is added after an error. */
static void add(
	struct collector *collector, const char *path, enum tar_type type, char *bytes, size_t size)
{
	struct entry *entry;

	if (collector->count == collector->room) {
		size_t room = collector->room ? 2 * collector->room : 256;
		struct entry *more = realloc(collector->entries, room * sizeof(*more));

		if (more) {
			collector->entries = more;
			collector->room = room;
		} else {
			collector->error = -ENOMEM;
		}
	}
	collector->total += size + 2 * TAR_BLOCK;
	if (!collector->error && collector->total > TAR_SIZE_MAX)
		collector->error = -EFBIG;
	if (collector->error) {
		free(bytes);
		return;
	}
	entry = &collector->entries[collector->count++];
	*entry = (struct entry){.type = type, .bytes = bytes, .size = size};
	snprintf(entry->path, sizeof(entry->path), "%s", path);
	redact_name(&collector->redact, entry->path);
}

/* The nearest folder that is there, though what was looked for in it may not be. */
static void add_folder(struct collector *collector, const char *path)
{
	char folder[ALLOWED_PATH_MAX], *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	while ((slash = strrchr(folder, '/'))) {
		*slash = '\0';
		if (root_exists(collector->root, folder)) {
			add(collector, folder, TAR_FOLDER, NULL, 0);
			return;
		}
	}
}

/* errno has the reason. A device that went away meanwhile, or a right that lacks, is told so. */
static void add_denied(struct collector *collector, const char *path)
{
	char name[ALLOWED_PATH_MAX];

	if (errno == ENOENT || errno == ENOTDIR)
		return;
	if (errno == ENOMEM)
		collector->error = -ENOMEM;
	snprintf(name, sizeof(name), "%s", path);
	redact_name(&collector->redact, name);
	fprintf(collector->denied, "%s %s\n", name, errno_name(errno));
}

static void add_path(struct collector *collector, const struct allowed *allowed, const char *path)
{
	size_t length = 0;
	char *bytes = NULL;

	switch (allowed->kind) {
	case ALLOWED_FILE:
		bytes = root_read(collector->root, path, &length);
		if (bytes)
			bytes = reduce(allowed->reduce, &collector->redact, bytes, &length);
		break;
	case ALLOWED_LINK:
		bytes = root_link(collector->root, path);
		if (bytes)
			redact_name(&collector->redact, bytes);
		break;
	case ALLOWED_NAME:
		if (root_exists(collector->root, path))
			bytes = strdup("");
		break;
	case ALLOWED_WORD:
		return;
	}
	if (!bytes)
		add_denied(collector, path);
	add_folder(collector, path);
	if (bytes)
		add(collector, path, allowed->kind == ALLOWED_LINK ? TAR_LINK : TAR_FILE, bytes,
			length);
}

/*
 * @path is what the pattern's components before @rest became. Of kernels that are installed only
 * the one that runs is of interest.
 */
static void expand(struct collector *collector, const struct allowed *allowed, const char *path,
	const char *rest)
{
	size_t length = strcspn(rest, "/"), base = strlen(path);
	char part[ALLOWED_PATH_MAX], next[ALLOWED_PATH_MAX], **names;
	const char *star = memchr(rest, '*', length);
	bool kernels = star && (!strncmp(allowed->pattern, "boot/", 5) ||
				       !strncmp(allowed->pattern, "lib/modules/", 12));

	snprintf(part, sizeof(part), "%.*s", (int)length, rest);
	if (!star || kernels) {
		if (kernels)
			snprintf(part, sizeof(part), "%.*s%s", (int)(star - rest), rest,
				collector->redact.release);
		if (snprintf(next, sizeof(next), "%s%s%s", path, base ? "/" : "", part) >=
			(int)sizeof(next))
			return;
		if (rest[length])
			expand(collector, allowed, next, rest + length + 1);
		else
			add_path(collector, allowed, next);
		return;
	}
	names = root_list(collector->root, path, NULL);
	if (!names)
		add_denied(collector, path);
	/* A folder in which there is nothing is not the same as one that is not there. */
	if (names)
		add(collector, path, TAR_FOLDER, NULL, 0);
	for (size_t i = 0; names && names[i] && !collector->error; i++) {
		if (fnmatch(part, names[i], FNM_NOESCAPE | FNM_PERIOD) ||
			snprintf(next, sizeof(next), "%s/%s", path, names[i]) >= (int)sizeof(next))
			continue;
		if (rest[length])
			expand(collector, allowed, next, rest + length + 1);
		else
			add_path(collector, allowed, next);
	}
	root_list_free(names);
}

static void find_release(struct collector *collector)
{
	char *name = root_read(collector->root, "vsmmu/uname", NULL);

	if (!name || sscanf(name, "%*s %79s", collector->redact.release) != 1 ||
		!allowed_path_is_sane(collector->redact.release) ||
		strchr(collector->redact.release, '/'))
		strcpy(collector->redact.release, "unknown");
	free(name);
}

/* A folder may have been found as a name, too: it is a folder then. */
static int compare(const void *a, const void *b)
{
	const struct entry *first = a, *second = b;
	int order = strcmp(first->path, second->path);

	return order ? order : (second->type == TAR_FOLDER) - (first->type == TAR_FOLDER);
}

/* Everything is in memory before anything is written. */
static int gather(struct collector *collector)
{
	char *denied = NULL;
	size_t length = 0;

	secrets_find(&collector->redact, collector->root);
	find_release(collector);
	collector->denied = open_memstream(&denied, &length);
	if (!collector->denied)
		return -ENOMEM;
	for (size_t i = 0; allowed_get(i) && !collector->error; i++)
		if (strcmp(allowed_get(i)->pattern, "vsmmu/denied"))
			expand(collector, allowed_get(i), "", allowed_get(i)->pattern);
	if (fclose(collector->denied))
		collector->error = -ENOMEM;
	if (length)
		add(collector, "vsmmu/denied", TAR_FILE, denied, length);
	else
		free(denied);
	if (collector->count)
		qsort(collector->entries, collector->count, sizeof(*collector->entries), compare);
	return collector->error;
}

static int write_entries(const struct collector *collector, FILE *out)
{
	const char *before = "";
	int ret = 0;

	for (size_t i = 0; i < collector->count && !ret; i++) {
		const struct entry *entry = &collector->entries[i];

		if (!strcmp(before, entry->path))
			continue;
		before = entry->path;
		if (entry->type == TAR_FOLDER)
			ret = tar_write_folder(out, entry->path);
		else if (entry->type == TAR_LINK)
			ret = tar_write_link(out, entry->path, entry->bytes);
		else
			ret = tar_write_file(out, entry->path, entry->bytes, entry->size);
	}
	return ret ? ret : tar_write_end(out);
}

/* Most of a tar is zeros. */
static int write_packed(const struct collector *collector, FILE *out)
{
	char *bytes = NULL, *packed = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&bytes, &length);
	int ret = memory ? write_entries(collector, memory) : -ENOMEM;

	if (memory && fclose(memory))
		ret = -ENOMEM;
	if (!ret)
		packed = gzip_pack(bytes, &length);
	free(bytes);
	if (!packed)
		return ret ? ret : -ENOMEM;
	errno = EIO;
	if (fwrite(packed, 1, length, out) != length || fflush(out))
		ret = -errno;
	free(packed);
	return ret;
}

static bool ends_with(const char *path, const char *end)
{
	size_t length = strlen(path), size = strlen(end);

	return length > size && !strcmp(path + length - size, end);
}

static FILE *open_output(const char *path, bool force, char *why, size_t size)
{
	FILE *out = NULL;
	int fd;

	if (!strcmp(path, "-")) {
		if (!isatty(STDOUT_FILENO))
			return stdout;
		snprintf(why, size, "a tar is nothing for a terminal: name a file, or use a pipe");
		errno = EINVAL;
		return NULL;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0600);
	if (fd >= 0)
		out = fdopen(fd, "w");
	if (!out && errno == EEXIST)
		snprintf(why, size, "%s is there already; --force overwrites it", path);
	else if (!out)
		snprintf(why, size, "cannot make %s: %s", path, strerror(errno));
	return out;
}

/*
 * What ends this program waits, so that no part of a file is left. A FIFO may wait for its reader
 * for ever, and so has to give way.
 */
static void hold_signals(const char *path, sigset_t *before)
{
	struct stat about;
	sigset_t ends;

	/* A limit of a file's size is an error of write() then. */
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&ends);
	if (!strcmp(path, "-") || (!stat(path, &about) && !S_ISREG(about.st_mode))) {
		sigprocmask(SIG_BLOCK, &ends, before);
		return;
	}
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigaddset(&ends, SIGQUIT);
	sigprocmask(SIG_BLOCK, &ends, before);
}

static int write_file(
	const struct collector *collector, const char *path, bool force, char *why, size_t size)
{
	struct stat about;
	sigset_t before;
	bool regular;
	FILE *out;
	int ret;

	hold_signals(path, &before);
	out = open_output(path, force, why, size);
	if (!out) {
		ret = -errno;
		sigprocmask(SIG_SETMASK, &before, NULL);
		return ret;
	}
	regular = out != stdout && !fstat(fileno(out), &about) && S_ISREG(about.st_mode);
	ret = ends_with(path, ".gz") || ends_with(path, ".tgz") ? write_packed(collector, out)
								: write_entries(collector, out);
	if (out != stdout && fclose(out) && !ret)
		ret = -errno;
	if (ret) {
		snprintf(why, size, "cannot write %s: %s", path, strerror(-ret));
		if (regular)
			unlink(path);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

int collect(struct root *root, const char *path, bool force, char *why, size_t size)
{
	struct collector *collector = calloc(1, sizeof(*collector));
	int ret = -ENOMEM;

	if (collector) {
		collector->root = root;
		ret = gather(collector);
	}
	if (ret)
		snprintf(why, size, "cannot pack this: %s", strerror(-ret));
	else
		ret = write_file(collector, path, force, why, size);
	for (size_t i = 0; collector && i < collector->count; i++)
		free(collector->entries[i].bytes);
	if (collector)
		free(collector->entries);
	free(collector);
	return ret;
}
