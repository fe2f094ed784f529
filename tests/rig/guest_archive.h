/* SPDX-License-Identifier: BSD-2-Clause */
/* An initramfs for a guest. */
#ifndef RIG_GUEST_ARCHIVE_H
#define RIG_GUEST_ARCHIVE_H

#include <stdbool.h>

/* Writes an archive of @init as /init. Return: whether that went well. */
bool guest_archive_write(const char *archive, const char *init);

#endif
