/* SPDX-License-Identifier: BSD-2-Clause */
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int kmsg_open(struct kmsg *kmsg)
{
	kmsg->length = 0;
	kmsg->text[0] = '\0';
	kmsg->fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (kmsg->fd < 0)
		return -errno;
	return lseek(kmsg->fd, 0, SEEK_END) < 0 ? -errno : 0;
}

void kmsg_close(struct kmsg *kmsg)
{
	close(kmsg->fd);
}

int kmsg_collect(struct kmsg *kmsg)
{
	/* The driver ends some lines with no newline: they are complete when another begins. */
	static const char mark[] = "<6>rig: end of what is collected\n";
	ssize_t length;

	kmsg->length = 0;
	if (write(kmsg->fd, mark, sizeof(mark) - 1) < 0)
		return -errno;
	/* A record for each read(); EINVAL when it does not fit any more. */
	while ((length = read(kmsg->fd, kmsg->text + kmsg->length, KMSG_SIZE - 1 - kmsg->length)) >
		0)
		kmsg->length += (size_t)length;
	kmsg->text[kmsg->length] = '\0';
	return length < 0 && errno == EAGAIN ? 0 : -EIO;
}

const char *kmsg_line(const char **rest, size_t *length)
{
	const char *line = *rest;

	if (!*line)
		return NULL;
	*length = strcspn(line, "\n");
	*rest = line + *length + (line[*length] == '\n');
	return line;
}
