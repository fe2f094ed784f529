/* SPDX-License-Identifier: BSD-2-Clause */
/* The only paths that a probe can read, and that --collect packs. */
#ifndef ROOT_ALLOWED_H
#define ROOT_ALLOWED_H

#include <stdbool.h>
#include <stddef.h>

#define ALLOWED_PATH_MAX 512

enum allowed_kind {
	ALLOWED_FILE, /* its content */
	ALLOWED_LINK, /* the last component of where it leads */
	ALLOWED_NAME, /* that it is there */
	ALLOWED_WORD, /* its content, to be blanked elsewhere: never shown, never packed */
};

/* How much of a file is packed: root/reduce.h. */
enum allowed_reduce {
	REDUCE_NOTHING, /* a text, but for what root/redact.h blanks */
	REDUCE_LOG,
	REDUCE_CMDLINE,
	REDUCE_CONFIG,
	REDUCE_CONFIG_GZ,
	REDUCE_MODULES,
	REDUCE_CPUINFO,
	REDUCE_INTERRUPTS,
	REDUCE_IOMEM,
	REDUCE_PCI_CONFIG,
	REDUCE_FDT,
	REDUCE_TABLE, /* a table of ACPI, as it is */
};

struct allowed {
	enum allowed_kind kind;
	const char *pattern; /* "*" stands for any part of a path's component */
	const char *purpose;
	enum allowed_reduce reduce;
};

/* NULL after the last. */
const struct allowed *allowed_get(size_t i);

/*
 * Whether it is relative, has no empty component, no "." or "..", is not too long, and is of
 * characters that are seen.
 */
bool allowed_path_is_sane(const char *path);

/* Those that match @path as a whole; NULL: there is none, or not with that kind. */
const struct allowed *allowed_find(const char *path, enum allowed_kind kind);
/* Whether @path is one of them, of any kind, or a folder on the way to one. */
bool allowed_has(const char *path);
/* Whether one of them has a "*" in the component behind @path. */
bool allowed_folder(const char *path);

#endif
