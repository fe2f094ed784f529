/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: Linux Documentation/arch/arm64/booting.rst */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "map.h"

#define ALIGNMENT UINT64_C(0x200000)

struct header {
	uint8_t code[8];
	uint64_t text_offset;
	uint64_t image_size;
	uint64_t flags; /* bit 0: big endian */
	uint64_t reserved[3];
	uint8_t magic[4];
	uint32_t pe_offset;
};

static uint64_t align(uint64_t address)
{
	return (address + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

/* Opens a regular file. Return: its fd; -1 with a message. */
static int open_file(const char *path, const char *option, uint64_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat file;

	if (fd < 0)
		return fail("%s %s: %s", option, path, strerror(errno));
	if (fstat(fd, &file) || !S_ISREG(file.st_mode) || !file.st_size) {
		close(fd);
		return fail("%s %s: is no file, or empty", option, path);
	}
	*size = (uint64_t)file.st_size;
	return fd;
}

static int read_all(int fd, const char *path, uint8_t *to, uint64_t size)
{
	for (uint64_t done = 0; done < size;) {
		ssize_t n = read(fd, to + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail("%s: %s", path, n ? strerror(errno) : "became shorter");
		done += (uint64_t)n;
	}
	return 0;
}

/* Says how a file that is no Image can be made one. */
static int refuse(const char *path, const uint8_t *bytes)
{
	static const struct {
		const char *magic;
		size_t length;
		const char *tool;
	} packed[] = {
		{"\x1f\x8b", 2, "gunzip -c"},
		{"\xfd"
		 "7zXZ",
			5, "xz -dc"},
		{"\x28\xb5\x2f\xfd", 4, "zstd -dc"},
		{"BZh", 3, "bunzip2 -c"},
		{"\x02\x21\x4c\x18", 4, "lz4 -dc"},
	};

	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (!memcmp(bytes, packed[i].magic, packed[i].length))
			return fail("--kernel %s: is compressed; unpack it: %s %s >Image", path,
				packed[i].tool, path);
	if (!memcmp(bytes, "MZ", 2) && !memcmp(bytes + 4, "zimg", 4))
		return fail("--kernel %s: is compressed in an EFI program (zboot); unpack it: take "
			    "the arch/arm64/boot/Image that it was made of",
			path);
	if (!memcmp(bytes,
		    "\x7f"
		    "ELF",
		    4))
		return fail("--kernel %s: is an ELF file, such as vmlinux; take "
			    "arch/arm64/boot/Image of the same build",
			path);
	return fail("--kernel %s: is no arm64 Image: it has no \"ARM\\x64\" at offset 56", path);
}

static int check(const char *path, const struct header *header, uint64_t size)
{
	static const uint8_t magic[4] = {'A', 'R', 'M', 0x64};

	if (memcmp(header->magic, magic, sizeof(magic)))
		return refuse(path, (const uint8_t *)header);
	if (header->flags & 1)
		return fail("--kernel %s: is a big-endian kernel; take a little-endian one", path);
	if (header->text_offset >= ALIGNMENT || header->image_size < size / 2)
		return fail("--kernel %s: its header makes no sense; is it a kernel before 3.17?",
			path);
	return 0;
}

static int load_kernel(
	struct image *image, const struct memory *memory, const char *path, uint64_t *end)
{
	struct header header = {.text_offset = 0};
	uint64_t size, needed = 0;
	int ret = -1, fd = open_file(path, "--kernel", &size);

	if (fd < 0)
		return -1;
	if (size < sizeof(header) || pread(fd, &header, sizeof(header), 0) != sizeof(header))
		ret = fail("--kernel %s: is too short for an arm64 Image", path);
	else
		ret = check(path, &header, size);
	if (!ret) {
		image->entry = MAP_RAM + header.text_offset;
		needed = header.image_size > size ? header.image_size : size;
		*end = needed < memory->size ? image->entry + needed : UINT64_MAX - ALIGNMENT;
		if (!memory_at(memory, image->entry, needed))
			ret = fail("--kernel %s: needs %" PRIu64 " MiB, the guest has %" PRIu64
				   "; give it more with --mem",
				path, needed >> 20, memory->size >> 20);
	}
	if (!ret)
		ret = read_all(fd, path, memory_at(memory, image->entry, size), size);
	close(fd);
	return ret;
}

static int load_initrd(struct image *image, const struct memory *memory, const char *path)
{
	int ret, fd = open_file(path, "--initrd", &image->initrd_size);
	uint8_t *at;

	if (fd < 0)
		return -1;
	at = memory_at(memory, image->initrd, image->initrd_size);
	if (!at)
		ret = fail("--initrd %s: its %" PRIu64
			   " MiB do not fit behind the kernel; give the "
			   "guest more with --mem",
			path, (image->initrd_size + 0xfffff) >> 20);
	else
		ret = read_all(fd, path, at, image->initrd_size);
	close(fd);
	return ret;
}

int image_load(
	struct image *image, const struct memory *memory, const char *kernel, const char *initrd)
{
	uint64_t end;

	*image = (struct image){.entry = 0};
	if (load_kernel(image, memory, kernel, &end))
		return -1;
	image->fdt = align(end);
	image->initrd = image->fdt + IMAGE_FDT_SIZE;
	if (!memory_at(memory, image->fdt, IMAGE_FDT_SIZE))
		return fail("--kernel %s: leaves no memory for a device tree; give the guest more "
			    "with --mem",
			kernel);
	return initrd ? load_initrd(image, memory, initrd) : 0;
}
