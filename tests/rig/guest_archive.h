/* SPDX-License-Identifier: BSD-2-Clause */
/* An initramfs for a guest. */
#ifndef RIG_GUEST_ARCHIVE_H
#define RIG_GUEST_ARCHIVE_H

#include <stdbool.h>

/*
 * Writes an archive of @init as /init, of what is in the folder @modules as /modules, and of a
 * kernel and an archive as /boot/Image and /boot/initrd. All but @init may be NULL; a folder that
 * does not exist is left out. Return: whether that went well.
 */
bool guest_archive_write(const char *archive, const char *init, const char *modules,
	const char *image, const char *initrd);

#endif
