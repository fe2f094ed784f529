/* SPDX-License-Identifier: BSD-2-Clause */
#include "root/gzip.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

/* A kernel's configuration has a quarter of a megabyte; a small file can unpack to gigabytes. */
#define UNPACKED_MAX ((size_t)4 << 20)
#define WITH_HEADER  16 /* for zlib's windowBits: gzip's header */

char *gzip_unpack(const void *bytes, size_t length)
{
	/* zlib's type lacks const. */
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)length};
	char *text = malloc(UNPACKED_MAX + 1);
	int result = Z_MEM_ERROR;

	errno = ENOMEM;
	if (text && inflateInit2(&stream, WITH_HEADER + MAX_WBITS) == Z_OK) {
		stream.next_out = (Bytef *)text;
		stream.avail_out = UNPACKED_MAX;
		result = inflate(&stream, Z_FINISH);
		text[stream.total_out] = '\0';
		inflateEnd(&stream);
		errno = EBADMSG;
	}
	if (result == Z_STREAM_END)
		return text;
	free(text);
	return NULL;
}

char *gzip_pack(const void *bytes, size_t *length)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)*length};
	char *packed = NULL;
	size_t room;

	errno = ENOMEM;
	if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, WITH_HEADER + MAX_WBITS, 8,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	room = deflateBound(&stream, *length);
	packed = malloc(room + 1);
	if (packed) {
		stream.next_out = (Bytef *)packed;
		stream.avail_out = (uInt)room;
		if (deflate(&stream, Z_FINISH) == Z_STREAM_END) {
			*length = stream.total_out;
			packed[*length] = '\0';
		} else {
			free(packed);
			packed = NULL;
		}
	}
	deflateEnd(&stream);
	return packed;
}
