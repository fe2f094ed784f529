/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that inputs come from: read to their end, or for as long as they grow. */
#ifndef DECODE_SOURCE_H
#define DECODE_SOURCE_H

#include <signal.h>

#include "decode/input.h"

struct source {
	struct input input;
	const char *path;	     /* "-": standard input */
	volatile sig_atomic_t *stop; /* set by a signal */

	int fd;
	bool regular;
	uint64_t offset; /* how much was read of it */
};

/*
 * Reads a file, or follows it until *stop. Return: 0, also when it was bad all along; or
 * -errno: -ENOMEM, or when it could not be opened or read, after a message.
 */
int source_read(const char *path, enum input_kind kind, bool follow, struct output *output,
	volatile sig_atomic_t *stop);

#endif
