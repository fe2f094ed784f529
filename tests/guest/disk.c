/* SPDX-License-Identifier: BSD-2-Clause */
/* The first NVMe disk, without the page cache: each access is a DMA under the guest's driver. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "files.h"

#define DISK  "/dev/nvme0n1"
#define BLOCK 4096u
#define CHUNK (64 * BLOCK) /* the largest access */

static uint8_t buffer[CHUNK] __attribute__((aligned(4096)));

static uint32_t next(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

/* Bytes, with K, M or G. */
static uint64_t parse_size(const char *text)
{
	char *end;
	uint64_t size = strtoull(text, &end, 0);

	return size << (*end == 'G' ? 30 : *end == 'M' ? 20 : *end == 'K' ? 10 : 0);
}

static uint64_t pattern(uint64_t at, uint64_t seed)
{
	return (at / 8 + 1) * 0x9e3779b97f4a7c15 ^ seed << 32;
}

static void fill(uint64_t at, uint32_t length, uint64_t seed)
{
	for (uint32_t n = 0; n < length; n += 8) {
		const uint64_t word = pattern(at + n, seed);

		memcpy(buffer + n, &word, 8);
	}
}

static int compare(uint64_t at, uint32_t length, uint64_t seed)
{
	for (uint32_t n = 0; n < length; n += 8) {
		const uint64_t should = pattern(at + n, seed);
		uint64_t is;

		memcpy(&is, buffer + n, 8);
		if (is != should)
			return fail("disk has %#llx at %#llx, not %#llx", (unsigned long long)is,
				(unsigned long long)(at + n), (unsigned long long)should);
	}
	return 0;
}

/* In accesses of random sizes; a verify's are others than its write's. */
static int write_or_verify(int fd, bool write, uint64_t size, uint64_t seed)
{
	uint32_t random = (uint32_t)seed * 2 + write;
	unsigned int accesses = 0;

	for (uint64_t at = 0; at < size; accesses++) {
		uint64_t length = (next(&random) % (CHUNK / BLOCK) + 1) * BLOCK;
		ssize_t done;

		if (length > size - at)
			length = size - at;
		if (write)
			fill(at, (uint32_t)length, seed);
		done = write ? pwrite(fd, buffer, length, (off_t)at)
			     : pread(fd, buffer, length, (off_t)at);
		if (done != (ssize_t)length)
			return fail("disk: %zd of %llu bytes at %#llx: %m", done,
				(unsigned long long)length, (unsigned long long)at);
		if (!write && compare(at, (uint32_t)length, seed))
			return -1;
		at += length;
	}
	if (write && fsync(fd))
		return fail("disk: fsync: %m");
	say("disk %s %llu bytes in %u accesses", write ? "wrote" : "has", (unsigned long long)size,
		accesses);
	return 0;
}

static int read_randomly(int fd, unsigned int count, uint64_t bytes)
{
	const uint64_t places = (uint64_t)lseek(fd, 0, SEEK_END) / bytes;
	const double begin = seconds_now();
	uint32_t random = 1;

	for (unsigned int n = 0; n < count; n++)
		if (pread(fd, buffer, bytes, (off_t)(next(&random) % places * bytes)) !=
			(ssize_t)bytes)
			return fail("disk: read: %m");
	say("disk read %u %llu %.6f", count, (unsigned long long)bytes, seconds_now() - begin);
	return 0;
}

int command_disk(int count, char **words)
{
	const uint64_t first = parse_size(words[2]), second = parse_size(words[3]);
	int fd = wait_for_file(DISK) ? open(DISK, O_RDWR | O_CLOEXEC | O_DIRECT) : -1;
	int ret;

	(void)count;
	if (fd < 0)
		return fail(DISK ": %m");
	if (!strcmp(words[1], "write") || !strcmp(words[1], "verify"))
		ret = write_or_verify(
			fd, words[1][0] == 'w', first & ~(BLOCK - UINT64_C(1)), second);
	else if (!strcmp(words[1], "read") && second >= BLOCK && second <= CHUNK &&
		 !(second % BLOCK))
		ret = read_randomly(fd, (unsigned int)first, second);
	else
		ret = fail("disk %s: what is that?", words[1]);
	close(fd);
	return ret;
}
