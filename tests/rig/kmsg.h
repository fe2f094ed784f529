/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own log, from now on. */
#ifndef RIG_KMSG_H
#define RIG_KMSG_H

#include <stddef.h>

#define KMSG_SIZE 65536

struct kmsg {
	int fd;
	char text[KMSG_SIZE]; /* lines, as /dev/kmsg gives them */
	size_t length;
};

/* What was logged before is passed over. Return: 0 or -errno. */
int kmsg_open(struct kmsg *kmsg);
void kmsg_close(struct kmsg *kmsg);

/* What was logged since the last time goes to kmsg->text. Return: 0 or -errno. */
int kmsg_collect(struct kmsg *kmsg);

/* Takes the next line off @rest. Return: it, without its end; NULL after the last. */
const char *kmsg_line(const char **rest, size_t *length);

#endif
