/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that hold a log or records for sure not as decode reads them. */
#ifndef DECODE_FOREIGN_H
#define DECODE_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct foreign {
	const char *name; /* "compressed by gzip" */
	const char *how;  /* a command that makes a log of FILE; NULL: there is none */
};

/* So many bytes show every one of them. */
#define FOREIGN_LOOK 512

/* Return: what a file is that begins with @bytes; NULL if it is none of them. */
const struct foreign *foreign_find(const uint8_t *bytes, size_t length);

#endif
