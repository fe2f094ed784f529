/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "root/tar.h"

/* How other programs' compressed files begin; zlib reads gzip's, and what is not compressed. */
static const char *packer(const uint8_t *bytes, size_t length)
{
	static const struct {
		const char *magic;
		size_t length;
		const char *name;
	} list[] = {
		{"\xfd"
		 "7zXZ\0",
			6, "xz"},
		{"BZh", 3, "bzip2"},
		{"\x28\xb5\x2f\xfd", 4, "zstd"},
		{"PK\3\4", 4, "zip"},
		{"7z\xbc\xaf", 4, "7-Zip"},
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (length >= list[i].length && !memcmp(bytes, list[i].magic, list[i].length))
			return list[i].name;
	return NULL;
}

/* Return: the bytes, or NULL with the reason in @why, and errno. */
static uint8_t *read_bytes(gzFile file, size_t *length, char *why, size_t size)
{
	size_t room = (size_t)1 << 16, filled = 0;
	uint8_t *bytes = malloc(room), *more;
	const char *message;
	int got = 0, error = ENOMEM;

	while (bytes && (got = gzread(file, bytes + filled, (unsigned int)(room - filled))) > 0) {
		filled += (size_t)got;
		if (filled < room)
			continue;
		if (room >= TAR_SIZE_MAX) {
			snprintf(why, size, "it holds more than %zu MiB", TAR_SIZE_MAX >> 20);
			free(bytes);
			errno = EFBIG;
			return NULL;
		}
		room *= 2;
		more = realloc(bytes, room);
		if (!more)
			free(bytes);
		bytes = more;
	}
	if (!bytes) {
		snprintf(why, size, "no memory");
		errno = ENOMEM;
		return NULL;
	}
	/* A compressed file that is cut off ends so. */
	message = gzerror(file, &error);
	if (got < 0 || error == Z_BUF_ERROR) {
		if (error == Z_ERRNO)
			snprintf(why, size, "cannot read it: %s", strerror(errno));
		else
			snprintf(why, size, "its compressed data is damaged or cut off: %s",
				message);
		errno = error == Z_ERRNO ? errno : EBADMSG;
		free(bytes);
		return NULL;
	}
	*length = filled;
	return bytes;
}

int tar_load(struct tar *tar, int fd, char *why, size_t size)
{
	gzFile file;
	uint8_t *bytes = NULL;
	size_t length = 0;
	const char *name;
	int copy = dup(fd), ret;

	*tar = (struct tar){0};
	file = copy < 0 ? NULL : gzdopen(copy, "rb");
	if (!file) {
		snprintf(why, size, "no memory, or no descriptors");
		if (copy >= 0)
			close(copy);
		return -ENOMEM;
	}
	bytes = read_bytes(file, &length, why, size);
	ret = bytes ? 0 : -errno;
	gzclose(file);
	if (ret)
		return ret;
	name = packer(bytes, length);
	if (name) {
		snprintf(why, size, "it is compressed with %s: unpack that first", name);
		free(bytes);
		return -EBADMSG;
	}
	ret = tar_parse(tar, bytes, length, why, size);
	tar->bytes = bytes;
	return ret;
}
