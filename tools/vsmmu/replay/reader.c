/* SPDX-License-Identifier: BSD-2-Clause */
#include "replay/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

/* More of the file into the buffer. Return: whether there was any. */
static bool fill(struct reader *reader)
{
	ssize_t length;

	memmove(reader->buffer, reader->buffer + reader->begin, reader->end - reader->begin);
	reader->end -= reader->begin;
	reader->begin = 0;
	do {
		/* A signal is the end, too. */
		length = signals_wait(reader->fd, NULL)
				 ? 0
				 : read(reader->fd, reader->buffer + reader->end,
					   READER_SIZE - reader->end);
	} while (length < 0 && (errno == EINTR || errno == EAGAIN));
	if (length < 0)
		reader->read_error = -errno;
	if (length <= 0) {
		reader->ended = true;
		return false;
	}
	reader->end += (size_t)length;
	return true;
}

static bool read_item(struct reader *reader, struct vsmmu_capture_item *item)
{
	int ret;

	if (reader->damage || reader->cut || reader->read_error)
		return false;
	for (;;) {
		ret = vsmmu_capture_next(&reader->capture, reader->buffer + reader->begin,
			reader->end - reader->begin, item);
		if (ret || reader->ended || !fill(reader))
			break;
	}
	if (ret < 0)
		reader->damage = ret;
	else if (!ret && !reader->read_error)
		reader->cut = reader->begin < reader->end || !reader->capture.begun;
	if (ret <= 0)
		return false;
	reader->begin += (size_t)ret;
	return true;
}

/* The events' numbers tell where the queues began. */
static void look_ahead(struct reader *reader)
{
	while (reader->ahead_count < READER_AHEAD) {
		struct vsmmu_capture_item *item = &reader->ahead[reader->ahead_count];

		if (!read_item(reader, item))
			return;
		reader->ahead_count++;
		if (item->type == VSMMU_CAPTURE_EVENT)
			reader->first_sequence = item->sequence;
		else if (item->type == VSMMU_CAPTURE_LOST)
			reader->first_sequence =
				(item->sequence - (uint32_t)item->lost + 1) & INT_MAX;
		else
			continue;
		return;
	}
}

int reader_open(struct reader *reader, const char *path)
{
	struct stat stat;

	memset(reader, 0, sizeof(*reader));
	vsmmu_capture_reader_init(&reader->capture);
	reader->path = path;
	reader->fd = STDIN_FILENO;
	if (strcmp(path, "-"))
		reader->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (reader->fd < 0) {
		int error = errno;

		fprintf(stderr, "vsmmu replay: cannot open '%s': %s\n", path, strerror(error));
		return -error;
	}
	if (!fstat(reader->fd, &stat) && S_ISDIR(stat.st_mode)) {
		fprintf(stderr, "vsmmu replay: '%s' is a folder, and no capture\n", path);
		reader_close(reader);
		return -EISDIR;
	}
	look_ahead(reader);
	return 0;
}

void reader_close(struct reader *reader)
{
	if (reader->fd > STDIN_FILENO)
		close(reader->fd);
}

bool reader_next(struct reader *reader, struct vsmmu_capture_item *item)
{
	if (reader->ahead_used < reader->ahead_count) {
		*item = reader->ahead[reader->ahead_used++];
		return true;
	}
	return read_item(reader, item);
}

static int complain(const struct reader *reader, const char *complaint, int code)
{
	fprintf(stderr, "vsmmu replay: %s: byte 0x%" PRIx64 ": %s\n", reader->path,
		reader->capture.offset, complaint);
	return code;
}

static const char *cut_text(const struct reader *reader)
{
	if (reader->capture.begun)
		return "the capture is cut off here";
	if (reader->begin == reader->end)
		return "this is no capture: it is empty";
	return "the header of this capture is cut off";
}

int reader_complain(const struct reader *reader)
{
	if (reader->read_error)
		return complain(reader, strerror(-reader->read_error), EXIT_ENVIRONMENT);
	if (reader->cut)
		return complain(reader, cut_text(reader), EXIT_FAILED);
	switch (reader->damage) {
	case 0:
		return EXIT_OK;
	case -EINVAL:
		return complain(reader, "this is no capture", EXIT_FAILED);
	case -EPROTONOSUPPORT:
		return complain(
			reader, "this is a capture of a later version of the format", EXIT_FAILED);
	default:
		return complain(reader,
			reader->capture.begun
				? "the capture is damaged here: what follows was not played"
				: "the header of this capture is damaged",
			EXIT_FAILED);
	}
}
