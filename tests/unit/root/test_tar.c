/* SPDX-License-Identifier: BSD-2-Clause */
/* The format of tars: as other programs make them, as we do, and as who means harm does. */
#include <errno.h>
#include <stdlib.h>

#include "tar_bytes.h"

#define LONG_PATH                                                                                  \
	"boot/config-0123456789012345678901234567890123456789012345678901234567890123456789"       \
	"0123456789012345678901234567890123456789"

static int parse(struct tar *parsed)
{
	/* The memory is of just that size, so that the sanitizer sees the first byte too many. */
	uint8_t *bytes = malloc(filled ? filled : 1);
	int ret;

	assert_non_null(bytes);
	memcpy(bytes, tar, filled);
	ret = tar_parse(parsed, bytes, filled, why, sizeof(why));
	parsed->bytes = bytes;
	return ret;
}

static void refused(const char *reason)
{
	struct tar parsed;

	assert_int_equal(parse(&parsed), -EBADMSG);
	tar_clear(&parsed);
	if (!strstr(why, reason))
		assert_string_equal(why, reason);
}

/* The tar has one member, and one that is skipped for that reason. */
static void skipped(const char *reason)
{
	struct tar parsed;

	member('0', "proc/cmdline", "quiet");
	end();
	assert_int_equal(parse(&parsed), 0);
	assert_int_equal(parsed.count, 1);
	assert_non_null(tar_find(&parsed, "proc/cmdline"));
	assert_int_equal(parsed.skipped, 1);
	if (!strstr(parsed.note, reason))
		assert_string_equal(parsed.note, reason);
	tar_clear(&parsed);
}

TEST(reads_files_links_and_folders)
{
	const struct tar_member *found;
	struct tar parsed;

	member('5', "./", "");
	member('5', "./proc/", "");
	member('0', "./proc/cmdline", "iommu.passthrough=0");
	member('\0', "proc/modules", "");
	link_to("sys/bus/pci/devices/0000:01:00.0/driver", "../drivers/vfio-pci");
	header('3', "dev/iommu", "0");
	end();
	assert_int_equal(parse(&parsed), 0);
	assert_int_equal(parsed.count, 5);
	assert_int_equal(parsed.skipped, 0);
	found = tar_find(&parsed, "proc/cmdline");
	assert_int_equal(found->type, TAR_FILE);
	assert_int_equal(found->size, 19);
	assert_memory_equal(parsed.bytes + found->offset, "iommu.passthrough=0", 19);
	assert_int_equal(tar_find(&parsed, "proc")->type, TAR_FOLDER);
	assert_int_equal(tar_find(&parsed, "dev/iommu")->type, TAR_DEVICE);
	found = tar_find(&parsed, "sys/bus/pci/devices/0000:01:00.0/driver");
	assert_int_equal(found->type, TAR_LINK);
	assert_string_equal(found->target, "../drivers/vfio-pci");
	assert_null(tar_find(&parsed, "sys"));
	tar_clear(&parsed);
}

TEST(names_come_in_four_ways)
{
	struct tar_header *block;
	struct tar parsed;

	block = member('0', "0000:01:00.0/vendor", "a");
	strcpy(block->prefix, "sys/bus/pci/devices");
	tar_set_checksum(block);
	member('x', "x", "21 path=proc/modules\n");
	member('0', "wrong", "b");
	member('L', "././@LongLink", LONG_PATH);
	member('0', "wrong", "c");
	/* In GNU's own format there is something else in that place. */
	block = member('0', "proc/cpuinfo", "d");
	strcpy(block->prefix, "garbage");
	memcpy(block->magic, "ustar  ", 8);
	tar_set_checksum(block);
	end();
	assert_int_equal(parse(&parsed), 0);
	assert_int_equal(parsed.count, 4);
	assert_non_null(tar_find(&parsed, "sys/bus/pci/devices/0000:01:00.0/vendor"));
	assert_non_null(tar_find(&parsed, "proc/modules"));
	assert_non_null(tar_find(&parsed, LONG_PATH));
	assert_non_null(tar_find(&parsed, "proc/cpuinfo"));
	tar_clear(&parsed);
}

TEST(sizes_come_in_three_ways)
{
	struct tar_header *block;
	struct tar parsed;

	header('0', "proc/cmdline", "     5 ");
	content("quiet");
	block = header('0', "proc/modules", "");
	memcpy(block->size, "\x80\0\0\0\0\0\0\0\0\0\0\x03", 12);
	tar_set_checksum(block);
	content("kvm");
	member('x', "x", "10 size=4\n");
	header('0', "proc/cpuinfo", "7777");
	content("Neov");
	end();
	assert_int_equal(parse(&parsed), 0);
	assert_int_equal(tar_find(&parsed, "proc/cmdline")->size, 5);
	assert_int_equal(tar_find(&parsed, "proc/modules")->size, 3);
	assert_int_equal(tar_find(&parsed, "proc/cpuinfo")->size, 4);
	tar_clear(&parsed);
}

TEST(what_is_no_tar)
{
	filled = 0;
	refused("this is no tar");
	filled = 511;
	refused("this is no tar");
	begin(NULL);
	strcpy((char *)tar, "Linux version 7.3.4");
	filled = 4096;
	refused("this is no tar");
}

TEST(a_wrong_checksum_is_refused)
{
	member('0', "proc/cmdline", "quiet");
	member('0', "proc/modules", "kvm");
	tar[2 * TAR_BLOCK] ^= 1;
	end();
	refused("byte 1024: the checksum of a member is wrong");
}

TEST(a_tar_that_is_cut_off_is_refused)
{
	size_t whole;

	member('0', "proc/cmdline", "quiet");
	member('0', "proc/modules", "kvm");
	whole = filled;
	for (filled = 1; filled <= whole; filled++)
		refused(filled < TAR_BLOCK ? "this is no tar" : "the tar is cut off");
}

TEST(sizes_that_lie_are_refused)
{
	static const char *const sizes[] = {"77777777777", "00000001001", "777777777777",
		"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
		"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xfe\x00"};
	static const char *const no_numbers[] = {"", "-0000000001", "0x10", "9",
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tar_header *block;

		begin(NULL);
		block = header('0', "proc/cmdline", "");
		memcpy(block->size, sizes[i], 12 - !sizes[i][11]);
		tar_set_checksum(block);
		filled += TAR_BLOCK;
		refused("the tar is cut off, or the size of this member is wrong");
	}
	for (size_t i = 0; i < sizeof(no_numbers) / sizeof(no_numbers[0]); i++) {
		struct tar_header *block;

		begin(NULL);
		block = header('0', "proc/cmdline", "");
		if (no_numbers[i][0] & 0x80)
			memcpy(block->size, no_numbers[i], 12);
		else
			strcpy(block->size, no_numbers[i]);
		tar_set_checksum(block);
		end();
		refused("the size of a member is no number");
	}
}

TEST(pax_headers_that_are_malformed_are_refused)
{
	static const char *const bad[] = {"x", "20 path=a\n", "8 path=a\n", "10 path=a ", "0 \n",
		"99999999999999999999 path=a\n", "7 patha\n", "10 path=a\n5 p", " 10 path=a\n"};
	static const char *const sizes[] = {"9 size=\n", "10 size=x\n", "11 size=-1\n",
		"12 size=0x1\n", "29 size=99999999999999999999\n", "10 size= \n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(NULL);
		member('x', "x", bad[i]);
		end();
		refused("a pax header is malformed");
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		begin(NULL);
		member('x', "x", sizes[i]);
		end();
		refused(i ? "a pax header has no size that is one" : "a pax header");
	}
	begin(NULL);
	member('x', "x", "27 size=9223372036854775807\n");
	member('0', "proc/cmdline", "quiet");
	end();
	refused("a pax header is malformed");
	begin(NULL);
	member('x', "x", "28 size=9223372036854775807\n");
	member('0', "proc/cmdline", "quiet");
	end();
	refused("the tar is cut off, or the size of this member is wrong");
	begin(NULL);
	member('g', "g", "21 path=proc/modules\n");
	end();
	refused("a pax header for all members");
}

TEST(what_pax_headers_say_else_is_let_be)
{
	struct tar parsed;

	member('g', "g", "52 comment=0123456789012345678901234567890123456789\n");
	member('x', "x", "30 mtime=1795341600.123456789\n11 a==b=c=\n5 a=\n");
	member('0', "proc/cmdline", "quiet");
	end();
	assert_int_equal(parse(&parsed), 0);
	assert_int_equal(parsed.count, 1);
	tar_clear(&parsed);
}

TEST(paths_that_lead_out_are_skipped)
{
	static const char *const bad[] = {"/proc/cmdline", "../proc/cmdline", "proc/../cmdline",
		"proc/..", "..", "", "proc//cmdline", "proc/\033[2J", "proc/\x80", "//", "./.",
		"proc/./cmdline", "\\\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(NULL);
		member('0', bad[i], "x");
		skipped("at byte 0: its path is absolute, leads upwards, is too long or odd");
	}
	begin(NULL);
	member('x', "x", "18 path=../../etc\n");
	member('0', "proc/modules", "x");
	skipped("\"../../etc\" at byte 1024: its path");
	/* A NUL hides what is behind it. */
	begin(NULL);
	member('x', "x", "21 path=proc?modules\n");
	tar[TAR_BLOCK + 12] = '\0';
	member('0', "proc/modules", "x");
	skipped("\"proc\" at byte 1024: its path");
	begin(NULL);
	{
		char path[1100];
		int length;

		memset(path, 'x', sizeof(path));
		length = snprintf(path, sizeof(path), "1010 path=");
		path[length] = 'x';
		path[1009] = '\n';
		path[1010] = '\0';
		member('x', "x", path);
		member('0', "proc/modules", "x");
	}
	skipped("xxx...\" at byte 1536: its path");
	begin(NULL);
	member('0', "proc/\033]0;title\007", "x");
	skipped("\"proc/?]0;title?\" at byte 0: ");
}

TEST(types_that_are_no_use_are_skipped)
{
	static const char types[] = {'1', '6', 'M', 'V', 'D', 'A', 'z'};

	for (size_t i = 0; i < sizeof(types); i++) {
		begin(NULL);
		member(types[i], "proc/modules", types[i] > '9' ? "a content" : "");
		skipped(types[i] == '1' ? "it is a hard link" : "it is no file, folder or link");
	}
	begin(NULL);
	member('x', "x", "22 GNU.sparse.major=1\n");
	member('0', "proc/modules", "x");
	skipped("it is a sparse file");
	begin(NULL);
	member('S', "proc/modules", "x");
	end();
	refused("sparse file");
	begin(NULL);
	member('0', "proc/cmdline", "the second");
	skipped("there is one of that path before it");
}

TEST(the_first_of_a_path_counts)
{
	const struct tar_member *found;
	struct tar parsed;

	member('0', "proc/cmdline", "first");
	link_to("proc/cmdline", "/etc/passwd");
	member('0', "proc/cmdline", "third");
	member('5', "proc/cmdline", "");
	end();
	assert_int_equal(parse(&parsed), 0);
	assert_int_equal(parsed.count, 1);
	assert_int_equal(parsed.skipped, 2);
	found = tar_find(&parsed, "proc/cmdline");
	assert_memory_equal(parsed.bytes + found->offset, "first", found->size);
	tar_clear(&parsed);
}

TEST(what_is_written_is_read)
{
	char path[ALLOWED_PATH_MAX] = "boot/config-", target[ALLOWED_PATH_MAX] = "";
	char text[1500], *bytes = NULL;
	const struct tar_member *found;
	struct tar parsed;
	size_t length;
	FILE *out = open_memstream(&bytes, &length);

	memset(text, 'x', sizeof(text));
	memset(path + 12, 'p', sizeof(path) - 13);
	memset(target, 't', sizeof(target) - 1);
	assert_int_equal(tar_write_folder(out, "sys/bus/pci/devices"), 0);
	assert_int_equal(tar_write_link(out, "a", "b"), 0);
	assert_int_equal(tar_write_file(out, path, text, sizeof(text)), 0);
	assert_int_equal(tar_write_link(out, "long", target), 0);
	/* At each length around those of the header's fields. */
	for (size_t i = 97; i < 104; i++) {
		path[i] = '\0';
		assert_int_equal(tar_write_file(out, path, text, i), 0);
		path[i] = 'p';
	}
	assert_int_equal(tar_write_file(out, "empty", NULL, 0), 0);
	assert_int_equal(tar_write_end(out), 0);
	fclose(out);
	assert_int_equal(length % TAR_BLOCK, 0);
	assert_int_equal(tar_parse(&parsed, (uint8_t *)bytes, length, why, sizeof(why)), 0);
	assert_int_equal(parsed.count, 12);
	assert_int_equal(parsed.skipped, 0);
	found = tar_find(&parsed, path);
	assert_int_equal(found->size, sizeof(text));
	assert_memory_equal(bytes + found->offset, text, sizeof(text));
	assert_string_equal(tar_find(&parsed, "long")->target, target);
	assert_string_equal(tar_find(&parsed, "a")->target, "b");
	assert_int_equal(tar_find(&parsed, "empty")->size, 0);
	for (size_t i = 97; i < 104; i++) {
		path[i] = '\0';
		assert_int_equal(tar_find(&parsed, path)->size, i);
		path[i] = 'p';
	}
	tar_clear(&parsed);
	free(bytes);
}

TEST(a_full_disk_is_told)
{
	FILE *out = fopen("/dev/full", "w");
	int ret;

	assert_non_null(out);
	ret = tar_write_file(out, "proc/cmdline", "quiet", 5);
	assert_int_equal(ret ? ret : tar_write_end(out), -ENOSPC);
	fclose(out);
}

#define TAR_TEST(fn) cmocka_unit_test_setup(fn, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TAR_TEST(reads_files_links_and_folders),
		TAR_TEST(names_come_in_four_ways),
		TAR_TEST(sizes_come_in_three_ways),
		TAR_TEST(what_is_no_tar),
		TAR_TEST(a_wrong_checksum_is_refused),
		TAR_TEST(a_tar_that_is_cut_off_is_refused),
		TAR_TEST(sizes_that_lie_are_refused),
		TAR_TEST(pax_headers_that_are_malformed_are_refused),
		TAR_TEST(what_pax_headers_say_else_is_let_be),
		TAR_TEST(paths_that_lead_out_are_skipped),
		TAR_TEST(types_that_are_no_use_are_skipped),
		TAR_TEST(the_first_of_a_path_counts),
		TAR_TEST(what_is_written_is_read),
		TAR_TEST(a_full_disk_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
