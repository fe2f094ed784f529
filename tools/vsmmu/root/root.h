/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files that tell what a host is: of this host, of a folder that holds copies of them, or
 * of a tar that `vsmmu probe --collect` packed on it.
 *
 * Paths have no slash in front: "sys/bus/pci/devices". Only those that root/allowed.c lists can
 * be read, so that a tar has all that a probe would read on the host itself. These paths are
 * no files on a live host:
 *
 *	vsmmu/uname	   "Linux 7.3.4 aarch64"
 *	vsmmu/rights	   "uid 0", then a line for each of dev/iommu and dev/kvm that is there:
 *			   "dev/iommu yes" if this user may open it, else "dev/iommu no"
 *	vsmmu/kernel-log   lines of the kernel's log that have to do with SMMUs, VFIO and the like
 *	vsmmu/try/BDF	   what --try found for that device, see probe/try.h
 *
 * A folder or a tar may have "vsmmu/denied": a path in each line that was there, but could
 * not be read, and behind a space the error's name if it is not EACCES.
 */
#ifndef ROOT_ROOT_H
#define ROOT_ROOT_H

#include <stdbool.h>
#include <stddef.h>

#define ROOT_FILE_MAX	 ((size_t)4 << 20) /* bytes of a file: a modules.dep may have a million */
#define ROOT_ENTRIES_MAX 65536		   /* names in a folder */

struct root;

/*
 * @path: a folder or a tar; NULL: this host. Return: NULL with errno, and the reason in @why.
 */
struct root *root_open(const char *path, char *why, size_t size);
void root_close(struct root *root);

/* A part of a tar that was left out, and why, as a user should be told it; NULL: there is none. */
const char *root_note(const struct root *root);

/* Whether it is this host. */
bool root_is_live(const struct root *root);

/*
 * The whole file, from malloc(), with a NUL behind it that @length (may be NULL) does not count.
 * Return: NULL with errno: ENOENT: there is none; EACCES or EPERM: not for this user; EFBIG: it
 * is longer than ROOT_FILE_MAX; ENOTSUP: root/allowed.c does not list it; EIO, ENODEV and others
 * as the kernel has them.
 */
char *root_read(struct root *root, const char *path, size_t *length);

/* For --collect: a name that is to be blanked, or NULL. Nothing else may be done with it. */
char *root_read_word(struct root *root, const char *path);

/*
 * The last component of where a symbolic link leads, from malloc(): the name of a driver, the
 * number of a group. A folder may have a file with that name in it instead of the link.
 * Return: NULL with errno, as root_read().
 */
char *root_link(struct root *root, const char *path);

/*
 * The names in a folder, sorted, without "." and ".."; the last one is followed by NULL. @count
 * may be NULL. Return: NULL with errno, as root_read().
 */
char **root_list(struct root *root, const char *path, size_t *count);
void root_list_free(char **names);

/* Whether there is such a file, folder or link. False with errno: it was not to be told. */
bool root_exists(struct root *root, const char *path);

/*
 * Puts a text at a path below "vsmmu/", in this program's view alone: root_read() then has it.
 * Return: 0 or -errno.
 */
int root_put(struct root *root, const char *path, const char *text);

#endif
