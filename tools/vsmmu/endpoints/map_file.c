/* SPDX-License-Identifier: BSD-2-Clause */
/* Which kind of file it is that is to name endpoints. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "endpoints/map_sources.h"
#include "root/root.h"

#define FILE_MAX ((size_t)64 << 20)

/* Return: the file's bytes, from malloc(), or NULL with errno. */
static char *read_all(const char *path, size_t *length)
{
	size_t room = 0, got = 1;
	char *bytes = NULL, *more;
	FILE *file = fopen(path, "rb");
	int error = 0;

	*length = 0;
	if (!file)
		return NULL;
	while (got && !error) {
		if (*length == room) {
			room = room ? 2 * room : 65536;
			more = room > FILE_MAX ? NULL : realloc(bytes, room);
			if (!more) {
				error = room > FILE_MAX ? EFBIG : ENOMEM;
				break;
			}
			bytes = more;
		}
		got = fread(bytes + *length, 1, room - *length, file);
		*length += got;
		if (ferror(file))
			error = errno ? errno : EIO;
	}
	fclose(file);
	if (!error)
		return bytes;
	free(bytes);
	errno = error;
	return NULL;
}

static bool is_tar(const char *bytes, size_t length)
{
	return length >= 512 && !memcmp(bytes + 257, "ustar", 5);
}

static int add_root(struct endpoint_map *map, const char *path, char *why, size_t size)
{
	struct root *root = root_open(path, why, size);
	int ret;

	if (!root)
		return errno ? -errno : -EINVAL;
	ret = endpoint_map_add_root(map, root, why, size);
	root_close(root);
	return ret;
}

static int refuse(const char *bytes, size_t length, char *why, size_t size)
{
	if (memmem(bytes, length, "/dts-v1/", 8))
		snprintf(why, size,
			"this is the source of a device tree: compile it first, "
			"dtc -I dts -O dtb -o FILE.dtb FILE");
	else if (memchr(bytes, '\0', length) || (length > 2 && !memcmp(bytes, "\x1f\x8b", 2)))
		snprintf(why, size,
			"this is no IORT, no device tree, no tar of vsmmu probe --collect and no "
			"text (what is compressed has to be unpacked first)");
	else
		snprintf(why, size,
			"no line of this names a device: it may be the output of lspci -nn, "
			"acpidump or dmesg");
	return -EINVAL;
}

int map_add_bytes(
	struct endpoint_map *map, const char *bytes, size_t length, char *why, size_t size)
{
	int ret;

	/* The dump of a single table begins with "IORT @ 0x". */
	if (length >= 7 && !memcmp(bytes, "IORT", 4) && memcmp(bytes + 4, " @ ", 3) != 0)
		return map_add_iort(map, bytes, length, why, size);
	if (length >= 4 && !memcmp(bytes, "\xd0\x0d\xfe\xed", 4))
		return map_add_tree(map, bytes, length, why, size);
	ret = map_add_text(map, bytes, length, why, size);
	if (ret)
		return ret < 0 ? ret : 0;
	return refuse(bytes, length, why, size);
}

int endpoint_map_add_file(struct endpoint_map *map, const char *path, char *why, size_t size)
{
	struct stat status;
	size_t length;
	char *bytes;
	int ret;

	if (size)
		*why = '\0';
	if (!stat(path, &status) && S_ISDIR(status.st_mode))
		return add_root(map, path, why, size);
	bytes = read_all(path, &length);
	if (!bytes) {
		ret = -errno;
		snprintf(why, size, "%s", strerror(-ret));
		return ret;
	}
	if (is_tar(bytes, length))
		ret = add_root(map, path, why, size);
	else
		ret = map_add_bytes(map, bytes, length, why, size);
	free(bytes);
	return ret;
}
