/* SPDX-License-Identifier: BSD-2-Clause */
/* A tar as a host: in a file, whole, packed from outside, compressed, and too large. */
#include <zlib.h>

#include "folder.h"
#include "root_files.h"
#include "tar_bytes.h"

/* The tar in a file, as a user has it. */
static struct root *open_tar(const char *name)
{
	folder_put_bytes(name, tar, filled);
	return root_open(folder_path(name), why, sizeof(why));
}

TEST(a_tar_is_a_root)
{
	struct root *root;
	char *name, **names;
	size_t count;

	member('0', "sys/bus/pci/devices/0001:00:00.0/vendor", "0x1234\n");
	member('0', "sys/bus/pci/devices/0000:01:00.0/vendor", "0x15b3\n");
	member('0', "sys/bus/pci/devices/0000:01:00.0/device", "0x1017\n");
	/* '-' and '.' are before '/', and must not come between a folder and its files. */
	member('5', "sys/bus/pci/devices/0000:01:00.0/", "");
	member('0', "sys/bus/pci/devices/0000:01:00.0-x/vendor", "0x1\n");
	link_to("sys/bus/pci/devices/0000:01:00.0/driver", "vfio-pci");
	link_to("sys/bus/pci/devices/0000:01:00.0/iommu_group", "\033[31m");
	link_to("proc/cmdline", "/etc/passwd");
	member('5', "dev/vfio/devices", "");
	header('3', "dev/iommu", "0");
	member('0', "etc/shadow", "root:x");
	member('0', "vsmmu/denied", "proc/iomem\nsys/bus/pci/devices/0000:01:00.0/config EIO\n");
	end();
	root = open_tar("host.tar");
	assert_non_null(root);
	assert_null(root_note(root));
	assert_false(root_is_live(root));
	root_has(root, "sys/bus/pci/devices/0000:01:00.0/vendor", "0x15b3\n");
	name = root_link(root, "sys/bus/pci/devices/0000:01:00.0/driver");
	assert_string_equal(name, "vfio-pci");
	free(name);
	FAILS(root_link(root, "sys/bus/pci/devices/0000:01:00.0/iommu_group"), EINVAL);
	names = root_list(root, "sys/bus/pci/devices", &count);
	assert_int_equal(count, 3);
	assert_string_equal(names[0], "0000:01:00.0");
	assert_string_equal(names[1], "0000:01:00.0-x");
	assert_string_equal(names[2], "0001:00:00.0");
	root_list_free(names);
	names = root_list(root, "dev/vfio/devices", &count);
	assert_non_null(names);
	assert_int_equal(count, 0);
	root_list_free(names);
	FAILS(root_list(root, "sys/kernel/iommu_groups", NULL), ENOENT);
	assert_true(root_exists(root, "dev/iommu"));
	assert_true(root_exists(root, "sys/bus/pci"));
	FAILS(root_exists(root, "dev/kvm"), ENOENT);
	FAILS(root_read(root, "etc/shadow", NULL), ENOTSUP);
	FAILS(root_read(root, "proc/cmdline", NULL), ELOOP);
	FAILS(root_read(root, "proc/iomem", NULL), EACCES);
	FAILS(root_read(root, "sys/bus/pci/devices/0000:01:00.0/config", NULL), EIO);
	FAILS(root_read(root, "proc/cpuinfo", NULL), ENOENT);
	root_close(root);
}

TEST(a_folder_packed_from_outside)
{
	struct root *root;

	member('5', "host/", "");
	member('5', "host/proc/", "");
	member('0', "host/proc/cmdline", "quiet");
	member('0', "host/README", "");
	end();
	root = open_tar("host.tar");
	assert_non_null(root);
	root_has(root, "proc/cmdline", "quiet");
	root_close(root);
	/* Nothing in common, and nothing of a host. */
	begin(NULL);
	member('0', "a/proc/cmdline", "quiet");
	member('0', "b/proc/cmdline", "quiet");
	end();
	FAILS(open_tar("host.tar"), ENODATA);
	assert_non_null(strstr(why, "/host.tar: this tar has nothing of a host"));
	begin(NULL);
	end();
	FAILS(open_tar("host.tar"), ENODATA);
}

TEST(a_tar_may_be_compressed)
{
	const char *path = folder_path("host.tar.gz");
	struct root *root;
	gzFile file = gzopen(path, "wb");

	member('0', "proc/cmdline", "quiet");
	end();
	assert_int_equal(gzwrite(file, tar, (unsigned int)filled), filled);
	gzclose(file);
	root = root_open(path, why, sizeof(why));
	assert_non_null(root);
	root_has(root, "proc/cmdline", "quiet");
	root_close(root);
	assert_int_equal(truncate(path, 40), 0);
	FAILS(root_open(path, why, sizeof(why)), EBADMSG);
	assert_non_null(strstr(why, "its compressed data is damaged or cut off"));
	folder_put("x.xz", "\xfd"
			   "7zXZ");
	folder_put_bytes("x.xz",
		"\xfd"
		"7zXZ\0\0\4",
		8);
	FAILS(root_open(folder_path("x.xz"), why, sizeof(why)), EBADMSG);
	assert_non_null(strstr(why, "it is compressed with xz: unpack that first"));
	folder_put("x.zip", "PK\3\4");
	FAILS(root_open(folder_path("x.zip"), why, sizeof(why)), EBADMSG);
	assert_non_null(strstr(why, "compressed with zip"));
}

TEST(a_tar_that_unpacks_to_much_is_refused)
{
	const char *path = folder_path("bomb.tar.gz");
	gzFile file = gzopen(path, "wb1");

	/* A member whose content has all of it. */
	header('0', "proc/cmdline", "01000000000");
	assert_int_equal(gzwrite(file, tar, TAR_BLOCK), TAR_BLOCK);
	memset(tar, 0, sizeof(tar));
	for (unsigned int i = 0; i < 70; i++)
		assert_int_equal(gzwrite(file, tar, sizeof(tar)), sizeof(tar));
	gzclose(file);
	FAILS(root_open(path, why, sizeof(why)), EFBIG);
	assert_non_null(strstr(why, "it holds more than 64 MiB"));
}

TEST(what_is_no_file_is_no_root)
{
	assert_int_equal(mkfifo(folder_path("fifo"), 0600), 0);
	FAILS(root_open(folder_path("fifo"), why, sizeof(why)), EINVAL);
	FAILS(root_open("/dev/null", why, sizeof(why)), EINVAL);
	assert_string_equal(why, "/dev/null: it is no folder and no tar");
	FAILS(root_open("/nonexistent", why, sizeof(why)), ENOENT);
	folder_put("log", "[    0.000000] Linux version 7.3.4\n");
	FAILS(root_open(folder_path("log"), why, sizeof(why)), EBADMSG);
	assert_non_null(strstr(why, "/log: byte 0: this is no tar"));
}

TEST(a_hundred_thousand_members)
{
	FILE *file = fopen(folder_path("many.tar"), "wb");
	struct root *root;
	char path[64];

	assert_non_null(file);
	for (unsigned int i = 0; i < 100000; i++) {
		snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%u/%s", i,
			i % 2 ? "devices" : "");
		assert_int_equal(tar_write_folder(file, path), 0);
	}
	assert_int_equal(tar_write_file(file, "proc/cmdline", "quiet", 5), 0);
	assert_int_equal(tar_write_end(file), 0);
	fclose(file);
	root = root_open(folder_path("many.tar"), why, sizeof(why));
	assert_non_null(root);
	root_has(root, "proc/cmdline", "quiet");
	assert_true(root_exists(root, "sys/kernel/iommu_groups/99999/devices"));
	FAILS(root_list(root, "sys/kernel/iommu_groups", NULL), EFBIG);
	root_close(root);
}

static int begin_in_folder(void **unused)
{
	return begin(unused) || folder_new(unused);
}

#define TAR_TEST(fn) cmocka_unit_test_setup_teardown(fn, begin_in_folder, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TAR_TEST(a_tar_is_a_root),
		TAR_TEST(a_folder_packed_from_outside),
		TAR_TEST(a_tar_may_be_compressed),
		TAR_TEST(a_tar_that_unpacks_to_much_is_refused),
		TAR_TEST(what_is_no_file_is_no_root),
		TAR_TEST(a_hundred_thousand_members),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
