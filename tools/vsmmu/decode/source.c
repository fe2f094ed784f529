/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK	 65536
#define PAUSE_MS 100 /* between two looks at a file that does not grow */

static int complain(const struct source *source, const char *what)
{
	int error = errno;

	fflush(stdout);
	fprintf(stderr, "%s: cannot %s '%s': %s\n", source->input.output->command, what,
		source->path, strerror(error));
	return -error;
}

static void note(const struct source *source, const char *text)
{
	fflush(stdout);
	fprintf(stderr, "%s: '%s' %s\n", source->input.output->command, source->path, text);
}

static int open_file(struct source *source)
{
	struct stat stat;

	source->fd = STDIN_FILENO;
	if (strcmp(source->path, "-"))
		source->fd = open(source->path, O_RDONLY | O_CLOEXEC);
	if (source->fd < 0)
		return complain(source, "open");
	if (fstat(source->fd, &stat))
		return complain(source, "look at");
	if (S_ISDIR(stat.st_mode)) {
		note(source, "is a folder: name the files in it; of a journal, "
			     "'journalctl --directory FOLDER -k | vsmmu decode'");
		return -EISDIR;
	}
	source->regular = S_ISREG(stat.st_mode);
	source->offset = 0;
	return 0;
}

static void close_file(struct source *source)
{
	if (source->fd > STDIN_FILENO)
		close(source->fd);
	source->fd = -1;
}

/* All that is there is shown before the next wait. */
static int pause_input(struct source *source)
{
	int ret = input_pause(&source->input);

	output_pause(source->input.output);
	return ret;
}

/* A pipe or a device, the kernel's log say: until it has something, or is closed. */
static int wait_for_data(struct source *source)
{
	struct pollfd pollfd = {.fd = source->fd, .events = POLLIN};
	int ret = 0;

	while (!ret && !*source->stop && poll(&pollfd, 1, PAUSE_MS) == 0)
		ret = pause_input(source);
	return ret;
}

/* Return: bytes read, 0 at the end, -errno after a message. */
static ssize_t read_some(struct source *source)
{
	char buffer[CHUNK];
	ssize_t length;
	int ret;

	do {
		if (!source->regular) {
			ret = wait_for_data(source);
			if (ret || *source->stop)
				return ret;
		}
		length = read(source->fd, buffer, sizeof(buffer));
		if (length < 0 && errno == EPIPE) {
			/* /dev/kmsg, whose lines the kernel has overwritten. */
			note(source, "lost lines, as it was full");
			errno = EINTR;
		}
	} while (length < 0 && (errno == EINTR || errno == EAGAIN) && !*source->stop);
	if (length < 0 && *source->stop)
		return 0;
	if (length < 0)
		return complain(source, "read");
	source->offset += (uint64_t)length;
	ret = input_bytes(&source->input, buffer, (size_t)length);
	return ret ? ret : length;
}

/* To the end that it has now. Return: 0 or -errno. */
static int read_all(struct source *source)
{
	ssize_t ret;

	do {
		ret = read_some(source);
	} while (ret > 0 && !*source->stop && !output_is_full(source->input.output));
	return ret < 0 ? (int)ret : 0;
}

/* Another file has the name now: what the old one has left first, then the new one. */
static int reopen(struct source *source)
{
	int ret = read_all(source);

	if (!ret)
		ret = input_end(&source->input);
	if (ret)
		return ret;
	note(source, "was replaced: following the new one");
	close_file(source);
	input_restart(&source->input);
	ret = open_file(source);
	/* It went again: the next look will tell. */
	return ret == -ENOENT ? 0 : ret;
}

static int check_file(struct source *source)
{
	struct stat named, opened;
	bool is_named = !stat(source->path, &named);

	if (source->fd < 0) {
		input_restart(&source->input);
		return is_named ? open_file(source) : 0;
	}
	if (fstat(source->fd, &opened))
		return complain(source, "look at");
	if (is_named && (named.st_ino != opened.st_ino || named.st_dev != opened.st_dev))
		return reopen(source);
	if ((uint64_t)opened.st_size >= source->offset)
		return 0;
	note(source, "became shorter: beginning anew");
	if (lseek(source->fd, 0, SEEK_SET) < 0)
		return complain(source, "go back in");
	source->offset = 0;
	input_restart(&source->input);
	return 0;
}

static int follow_file(struct source *source)
{
	int ret = 0;

	while (!ret && !*source->stop && !output_is_full(source->input.output)) {
		ret = source->fd < 0 ? 0 : read_all(source);
		if (!ret)
			ret = pause_input(source);
		/* A signal ends the wait, too. */
		if (!ret && !*source->stop)
			poll(NULL, 0, PAUSE_MS);
		if (!ret && !*source->stop)
			ret = check_file(source);
	}
	return ret;
}

int source_read(const char *path, enum input_kind kind, bool follow, struct output *output,
	volatile sig_atomic_t *stop)
{
	const char *name = strcmp(path, "-") ? path : "(standard input)";
	struct source source = {.path = path, .stop = stop};
	int ret, end;

	input_init(&source.input, name, kind, output);
	ret = open_file(&source);
	if (!ret) {
		/* A pipe, or anything else that is no file, ends by itself. */
		ret = follow && source.regular ? follow_file(&source) : read_all(&source);
		end = input_end(&source.input);
		ret = ret ? ret : end;
	}
	input_report(&source.input);
	close_file(&source);
	input_destroy(&source.input);
	return ret;
}
