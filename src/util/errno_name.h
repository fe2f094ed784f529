/* SPDX-License-Identifier: BSD-2-Clause */
/* An error as the manuals and the kernel's sources call it, whatever the language of the user. */
#ifndef UTIL_ERRNO_NAME_H
#define UTIL_ERRNO_NAME_H

/* Return: e.g. "ENOENT" for ENOENT and for -ENOENT; a constant string, never NULL. */
const char *errno_name(int error);

#endif
