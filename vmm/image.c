/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: Linux Documentation/arch/arm64/booting.rst */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "vm.h"

#define ALIGNMENT UINT64_C(0x200000)

struct header {
	uint8_t code[8];
	uint64_t text_offset;
	uint64_t image_size; /* with what is cleared, such as .bss */
	uint64_t flags;	     /* bit 0: big endian */
	uint64_t reserved[3];
	uint8_t magic[4];
	uint32_t pe_offset;
};

/* Files that are no Image, and how to get one. */
static const struct {
	unsigned int offset;
	const char *magic;
	const char *what;
} others[] = {
	{0, "\x1f\x8b", "is compressed; unpack it: gunzip -c FILE >Image"},
	{1, "7zXZ", "is compressed; unpack it: xz -dc FILE >Image"},
	{0, "\x28\xb5\x2f\xfd", "is compressed; unpack it: zstd -dc FILE >Image"},
	{0, "BZh", "is compressed; unpack it: bunzip2 -c FILE >Image"},
	{0, "\x02\x21\x4c\x18", "is compressed; unpack it: lz4 -dc FILE >Image"},
	{4, "zimg", "is compressed in an EFI program, vmlinuz.efi; take arch/arm64/boot/Image"},
	{1, "ELF", "is an ELF file, such as vmlinux; take arch/arm64/boot/Image"},
};

int memory_open(struct memory *memory, uint64_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return fail("%" PRIu64 " MiB of memory: %m; ask for less with --mem", size >> 20);
	*memory = (struct memory){.at = at, .size = size};
	return 0;
}

uint8_t *memory_at(const struct memory *memory, uint64_t address, uint64_t length)
{
	if (address < MAP_RAM || address - MAP_RAM > memory->size ||
		length > memory->size - (address - MAP_RAM))
		return NULL;
	return memory->at + (address - MAP_RAM);
}

/* Reads a file to @address, if it fits there. Return: its size; 0 with a message. */
static uint64_t load(
	const struct memory *memory, uint64_t address, const char *option, const char *path)
{
	const uint64_t room = MAP_RAM + memory->size - address;
	FILE *file = fopen(path, "re");
	uint64_t size = file ? fread(memory_at(memory, address, room), 1, room, file) : 0;

	if (file && getc(file) != EOF) {
		fail("%s %s: is larger than the %" PRIu64 " MiB of memory that are there for it; "
		     "give the guest more with --mem",
			option, path, room >> 20);
		size = 0;
	} else if (!file || ferror(file)) {
		fail("%s %s: %m", option, path);
		size = 0;
	} else if (!size) {
		fail("%s %s: is empty", option, path);
	}
	if (file)
		fclose(file);
	return size;
}

/* Return: whether all is there that an EFI header, if there is one at @pe, says of sections. */
static bool is_whole(const uint8_t *file, uint64_t size, uint64_t pe)
{
	uint16_t sections, optional;
	uint32_t raw[2];

	if (memcmp(file, "MZ", 2))
		return true;
	if (pe + 24 > size)
		return false;
	memcpy(&sections, file + pe + 6, sizeof(sections));
	memcpy(&optional, file + pe + 20, sizeof(optional));
	for (pe += 24 + optional; sections; sections--, pe += 40) {
		if (pe + 40 > size)
			return false;
		memcpy(raw, file + pe + 16, sizeof(raw)); /* a section's size, and where it is */
		if ((uint64_t)raw[0] + raw[1] > size)
			return false;
	}
	return true;
}

/* Return: NULL for an arm64 Image; else what it is, or what is wrong with it. */
static const char *check(const uint8_t *file, const struct header *header, uint64_t size)
{
	if (size < sizeof(*header))
		return "is too short for an arm64 Image";
	for (size_t n = 0; n < sizeof(others) / sizeof(others[0]); n++)
		if (!memcmp(file + others[n].offset, others[n].magic, strlen(others[n].magic)))
			return others[n].what;
	if (memcmp(header->magic, "ARM\x64", 4))
		return "is no arm64 Image: it has no \"ARM\\x64\" at offset 56";
	if (header->flags & 1)
		return "is a big-endian kernel; take a little-endian one";
	if (header->text_offset >= ALIGNMENT || !header->image_size)
		return "has a header that makes no sense; is it a kernel before 3.17?";
	return is_whole(file, size, header->pe_offset) ? NULL : "is cut off; copy it again";
}

int image_load(struct vm *vm)
{
	const struct memory *memory = &vm->memory;
	const char *kernel = vm->options.kernel, *initrd = vm->options.initrd;
	struct image *image = &vm->image;
	const uint64_t size = load(memory, MAP_RAM, "--kernel", kernel);
	struct header header;
	const char *wrong;

	memcpy(&header, memory->at, sizeof(header));
	wrong = size ? check(memory->at, &header, size) : NULL;
	if (!size || wrong)
		return wrong ? fail("--kernel %s: %s", kernel, wrong) : -1;
	if (header.image_size < size)
		header.image_size = size;
	*image = (struct image){.entry = MAP_RAM + header.text_offset};
	if (header.image_size < memory->size)
		image->fdt = (image->entry + header.image_size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (!memory_at(memory, image->fdt, IMAGE_FDT_SIZE))
		return fail("--kernel %s: needs %" PRIu64 " MiB and some, the guest has %" PRIu64
			    "; give it more with --mem",
			kernel, header.image_size >> 20, memory->size >> 20);
	memmove(memory_at(memory, image->entry, size), memory->at, size);
	image->initrd = image->fdt + IMAGE_FDT_SIZE;
	if (initrd)
		image->initrd_size = load(memory, image->initrd, "--initrd", initrd);
	return initrd && !image->initrd_size ? -1 : 0;
}
