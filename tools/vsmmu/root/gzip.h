/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ROOT_GZIP_H
#define ROOT_GZIP_H

#include <stddef.h>

/* Both return what is from malloc(), or NULL with errno. */

/* A text, with a NUL behind it; EBADMSG: it is none, is cut off, or has more than 4 MiB. */
char *gzip_unpack(const void *bytes, size_t length);
/* Packs without a time or a name: equal bytes give equal bytes. @length goes in and out. */
char *gzip_pack(const void *bytes, size_t *length);

#endif
