/* SPDX-License-Identifier: BSD-2-Clause */
/* Words and files that vsmmu-vm refuses: it says what is wrong, and what to do about it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vm_fixture.h"

#define FILE_NAME "/tmp/no-image"

static void words(void *context)
{
	(void)context;
	REFUSES(2, "no --kernel", NULL);
	REFUSES(2, "see --help", "--kernel", GUEST_RIG, "--nonsense");
	REFUSES(2, "see --help", "--kernel", GUEST_RIG, "more");
	REFUSES(2, "512M", "--kernel", GUEST_RIG, "--mem", "7");
	/* RAM begins behind the host's window for MSIs, and ends before the PCI windows. */
	REFUSES(2, "64M to 511G", "--kernel", GUEST_RIG, "--mem", "63M");
	REFUSES(2, "64M to 511G", "--kernel", GUEST_RIG, "--mem", "512G");
	REFUSES(2, "1 to 16 vCPUs", "--kernel", GUEST_RIG, "--cpus", "0");
	REFUSES(2, "1 to 16 vCPUs", "--kernel", GUEST_RIG, "--cpus", "17");
	REFUSES(2, "lspci", "--kernel", GUEST_RIG, "--device", "1:0");
	REFUSES(2, "twice", "--kernel", GUEST_RIG, "--device", "0000:00:01.0", "--device",
		"0000:00:01.0");
}

static void write_file(const void *bytes, size_t length)
{
	int fd = open(FILE_NAME, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);

	TAP_EQ(write(fd, bytes, length), length);
	close(fd);
}

/* The header of an arm64 Image. Source: Linux Documentation/arch/arm64/booting.rst */
static void write_image(uint64_t size, uint64_t flags)
{
	uint64_t header[8] = {0, 0, size, flags, 0, 0, 0, 0x644d5241};

	write_file(header, sizeof(header));
}

static void kernels(void *context)
{
	static const struct {
		const char *bytes;
		const char *text;
	} files[] = {
		{"\x1f\x8b", "unpack it: gunzip"},
		{"\xfd"
		 "7zXZ",
			"unpack it: xz"},
		{"\x28\xb5\x2f\xfd", "unpack it: zstd"},
		{"BZh9", "unpack it: bunzip2"},
		{"\x02\x21\x4c\x18", "unpack it: lz4"},
		{"MZ..zimg", "arch/arm64/boot/Image"},
		{"\x7f"
		 "ELF",
			"arch/arm64/boot/Image"},
		{"#!/bin/sh", "no arm64 Image"},
	};
	char bytes[64];

	(void)context;
	REFUSES(1, "No such file", "--kernel", "nowhere");
	REFUSES(1, "Is a directory", "--kernel", "/tmp");
	REFUSES(1, "is empty", "--kernel", "/dev/null");
	REFUSES(1, "larger than the 64 MiB", "--kernel", "/dev/zero", "--mem", "64M");
	for (size_t n = 0; n < sizeof(files) / sizeof(files[0]); n++) {
		memset(bytes, 0, sizeof(bytes));
		strcpy(bytes, files[n].bytes);
		write_file(bytes, sizeof(bytes));
		REFUSES(1, files[n].text, "--kernel", FILE_NAME);
	}
	write_file("MZ", 2);
	REFUSES(1, "too short", "--kernel", FILE_NAME);
	write_image(4096, 1);
	REFUSES(1, "big-endian", "--kernel", FILE_NAME);
	write_image(0, 0);
	REFUSES(1, "before 3.17", "--kernel", FILE_NAME);
	write_image(UINT64_C(1) << 40, 0);
	REFUSES(1, "needs 1048576 MiB", "--kernel", FILE_NAME);
}

static void a_kernel_that_is_cut_off(void *context)
{
	static char part[4u << 20];
	int fd = open(GUEST_RIG, O_RDONLY | O_CLOEXEC);

	(void)context;
	TAP_EQ(read(fd, part, sizeof(part)), sizeof(part));
	close(fd);
	write_file(part, sizeof(part));
	REFUSES(1, "is cut off", "--kernel", FILE_NAME);
}

static void other_files(void *context)
{
	(void)context;
	REFUSES(1, "No such file", "--kernel", GUEST_RIG, "--initrd", "nowhere");
	REFUSES(1, "is empty", "--kernel", GUEST_RIG, "--initrd", "/dev/null");
	REFUSES(1, "give the guest more with --mem", "--kernel", GUEST_RIG, "--mem", "64M",
		"--initrd", "/dev/zero");
	REFUSES(1, "--events /nowhere/file: No such file", "--kernel", GUEST_RIG, "--events",
		"/nowhere/file");
}

static const struct tap_test tests[] = {
	{"words", "", words},
	{"kernels", "", kernels},
	{"a_kernel_that_is_cut_off", "", a_kernel_that_is_cut_off},
	{"other_files", "", other_files},
};

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &vm_fixture, NULL);
}
