/* SPDX-License-Identifier: BSD-2-Clause */
/* vsmmu probe --collect: packs what a probe reads, for somebody else to probe. */
#ifndef ROOT_COLLECT_H
#define ROOT_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "root/root.h"

/* Tells a user before what is packed, and what is taken out of it. */
void collect_print_list(FILE *out);

/*
 * Packs into the file @path, which must not be there without @force; "-": standard output. With
 * ".gz" or ".tgz" at its end it is compressed. A file that could not be written whole is removed.
 * Return: 0, or -errno with the reason in @why.
 */
int collect(struct root *root, const char *path, bool force, char *why, size_t size);

#endif
