/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "root/tar.h"
#include "root/tar_header.h"

static int put(FILE *out, const void *bytes, size_t size)
{
	static const char zeros[TAR_BLOCK];
	size_t rest = size % TAR_BLOCK;

	errno = 0;
	if ((size && fwrite(bytes, 1, size, out) != size) ||
		(rest && fwrite(zeros, 1, TAR_BLOCK - rest, out) != TAR_BLOCK - rest))
		return errno ? -errno : -EIO;
	return 0;
}

static int put_header(FILE *out, char type, const char *path, const char *target, size_t size)
{
	struct tar_header header = {.mode = "0000644", .uid = "0000000", .gid = "0000000"};
	char digits[sizeof(header.size)];

	if (type == '5')
		memcpy(header.mode, "0000755", sizeof(header.mode));
	memcpy(header.name, path, strnlen(path, sizeof(header.name)));
	memcpy(header.target, target, strnlen(target, sizeof(header.target)));
	snprintf(digits, sizeof(digits), "%011zo", size);
	memcpy(header.size, digits, sizeof(header.size));
	memcpy(header.mtime, "00000000000", sizeof(header.mtime));
	header.type = type;
	memcpy(header.magic, "ustar", sizeof(header.magic));
	memcpy(header.version, "00", sizeof(header.version));
	tar_set_checksum(&header);
	return put(out, &header, sizeof(header));
}

/* "length key=value\n", where the length counts its own digits too. */
static int record(char *text, size_t size, const char *key, const char *value)
{
	size_t length = strlen(key) + strlen(value) + 3, digits = 1;

	for (size_t limit = 10; length + digits >= limit; limit *= 10)
		digits++;
	return snprintf(text, size, "%zu %s=%s\n", length + digits, key, value);
}

static int put_member(
	FILE *out, char type, const char *path, const char *target, const void *bytes, size_t size)
{
	char pax[2 * ALLOWED_PATH_MAX + 64];
	int length = 0, ret = 0;

	if (strlen(path) > sizeof(((struct tar_header *)0)->name))
		length += record(pax, sizeof(pax), "path", path);
	if (strlen(target) > sizeof(((struct tar_header *)0)->target))
		length += record(pax + length, sizeof(pax) - (size_t)length, "linkpath", target);
	if (length) {
		ret = put_header(out, 'x', "pax", "", (size_t)length);
		ret = ret ? ret : put(out, pax, (size_t)length);
	}
	ret = ret ? ret : put_header(out, type, path, target, size);
	return ret ? ret : put(out, bytes, size);
}

int tar_write_file(FILE *out, const char *path, const void *bytes, size_t size)
{
	return put_member(out, '0', path, "", bytes, size);
}

int tar_write_link(FILE *out, const char *path, const char *target)
{
	return put_member(out, '2', path, target, NULL, 0);
}

int tar_write_folder(FILE *out, const char *path)
{
	return put_member(out, '5', path, "", NULL, 0);
}

int tar_write_end(FILE *out)
{
	static const char zeros[2 * TAR_BLOCK];
	int ret = put(out, zeros, sizeof(zeros));

	if (!ret && fflush(out))
		ret = errno ? -errno : -EIO;
	return ret;
}
