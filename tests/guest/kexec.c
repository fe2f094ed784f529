/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts another kernel, /boot/Image, with /boot/initrd, the device tree and the command line of
 * this one. The tree says where the initrd is: the new one gets the place of the old one, which
 * must be the larger one, and so the tree needs no change.
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "command.h"
#include "files.h"
#include "memory.h"

#define CHOSEN "/proc/device-tree/chosen/linux,initrd-"

/* The kernel's place, from the begin of RAM on, and those of the tree and of the code behind it. */
#define PLACE	   UINT64_C(0x10000000)
#define PLACE_TREE (PLACE + 0x4000000)
#define PLACE_CODE (PLACE + 0x4200000)

static int read_file(const char *path, struct kexec_segment *segment)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const size_t max = 64u << 20;
	char *bytes = malloc(max);
	size_t size = 0;
	ssize_t got;

	/* Files of sysfs and procfs do not say how large they are. */
	while (fd >= 0 && bytes && (got = read(fd, bytes + size, max - size)) > 0)
		size += (size_t)got;
	if (fd >= 0)
		close(fd);
	segment->buf = bytes;
	segment->bufsz = size;
	return size ? 0 : fail("%s: %m", path);
}

static void place(struct kexec_segment *segment, uint64_t address, uint64_t size)
{
	segment->mem = (void *)(uintptr_t)address;
	segment->memsz = (size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

/* A big-endian number of 4 or 8 bytes; 0 if there is none. */
static uint64_t read_cell(const char *path)
{
	struct kexec_segment file;
	uint64_t value = 0;

	if (read_file(path, &file) || file.bufsz > 8)
		return 0;
	for (size_t n = 0; n < file.bufsz; n++)
		value = value << 8 | ((const uint8_t *)file.buf)[n];
	return value;
}

static uint64_t begin_of_ram(void)
{
	FILE *file = fopen("/proc/iomem", "re");
	unsigned long long begin = 0;
	char line[128];

	while (file && !begin && fgets(line, sizeof(line), file))
		if (strstr(line, "System RAM"))
			begin = strtoull(line, NULL, 16);
	if (file)
		fclose(file);
	return begin;
}

/* Source: Linux Documentation/arch/arm64/booting.rst: x0 is the tree, x1 to x3 are 0. */
static void *make_code(uint64_t kernel, uint64_t tree)
{
	const uint32_t words[] = {
		0x580000c0, /* ldr x0, tree */
		0xd2800001, /* mov x1, #0 */
		0xd2800002, /* mov x2, #0 */
		0xd2800003, /* mov x3, #0 */
		0x58000084, /* ldr x4, kernel */
		0xd61f0080, /* br x4 */
		(uint32_t)tree,
		(uint32_t)(tree >> 32),
		(uint32_t)kernel,
		(uint32_t)(kernel >> 32),
	};
	static uint32_t code[sizeof(words) / 4];

	memcpy(code, words, sizeof(words));
	return code;
}

int command_kexec(int count, char **words)
{
	const uint64_t ram = begin_of_ram(), initrd = read_cell(CHOSEN "start");
	const uint64_t initrd_size = read_cell(CHOSEN "end") - initrd;
	struct kexec_segment segments[4];
	uint64_t image_size;

	(void)count;
	(void)words;
	if (!ram || !initrd)
		return fail("no RAM in iomem, or no initrd in the device tree");
	if (read_file("/boot/Image", &segments[0]) || read_file("/boot/initrd", &segments[1]) ||
		read_file("/sys/firmware/fdt", &segments[2]))
		return -1;
	memcpy(&image_size, (const uint8_t *)segments[0].buf + 16, 8);
	if (segments[1].bufsz > initrd_size)
		return fail("the initrd is larger than the old one");
	place(&segments[0], ram + PLACE, image_size);
	place(&segments[1], initrd, initrd_size);
	place(&segments[2], ram + PLACE_TREE, segments[2].bufsz);
	segments[3].buf = make_code(ram + PLACE, ram + PLACE_TREE);
	segments[3].bufsz = 40;
	place(&segments[3], ram + PLACE_CODE, PAGE);
	if (syscall(SYS_kexec_load, ram + PLACE_CODE, 4, segments, KEXEC_ARCH_AARCH64))
		return fail("kexec_load: %m");
	sync();
	reboot(RB_KEXEC);
	return fail("reboot: %m");
}
