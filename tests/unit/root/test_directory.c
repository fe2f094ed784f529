/* SPDX-License-Identifier: BSD-2-Clause */
/* A folder with a host's files, whatever lies in it; and this host. */
#include "folder.h"
#include "root_files.h"

#define DEVICE "sys/bus/pci/devices/0000:01:00.0"

static struct root *open_folder(void)
{
	char why[256] = "";
	struct root *root = root_open(folder, why, sizeof(why));

	assert_non_null(root);
	assert_false(root_is_live(root));
	assert_string_equal(why, "");
	return root;
}

static void leads_to(struct root *root, const char *path, const char *name)
{
	char *last = root_link(root, path);

	assert_non_null(last);
	assert_string_equal(last, name);
	free(last);
}

TEST(reads_lists_and_links)
{
	struct root *root;
	char **names;
	size_t count;

	folder_put("proc/cmdline", "iommu.passthrough=0\n");
	folder_put("sys/bus/pci/devices/0001:00:00.0/vendor", "0x1234\n");
	folder_put(DEVICE "/vendor", "");
	folder_link(DEVICE "/driver", "../../../../bus/pci/drivers/vfio-pci");
	folder_link(DEVICE "/iommu_group", "17");
	folder_put(DEVICE "/physfn", "../0000:00:01.0\n");
	folder_put("sys/bus/pci/devices/0000:00:00.0/vendor", "0x1234\n");
	folder_put("dev/iommu", "");
	root = open_folder();
	root_has(root, "proc/cmdline", "iommu.passthrough=0\n");
	root_has(root, DEVICE "/vendor", "");
	leads_to(root, DEVICE "/driver", "vfio-pci");
	leads_to(root, DEVICE "/iommu_group", "17");
	leads_to(root, DEVICE "/physfn", "0000:00:01.0");
	names = root_list(root, "sys/bus/pci/devices", &count);
	assert_int_equal(count, 3);
	assert_string_equal(names[0], "0000:00:00.0");
	assert_string_equal(names[1], "0000:01:00.0");
	assert_string_equal(names[2], "0001:00:00.0");
	assert_null(names[3]);
	root_list_free(names);
	assert_true(root_exists(root, "dev/iommu"));
	assert_true(root_exists(root, DEVICE));
	assert_true(root_exists(root, DEVICE "/driver"));
	FAILS(root_exists(root, "dev/kvm"), ENOENT);
	FAILS(root_exists(root, "sys/bus/pci/devices/0000:77:00.0/vendor"), ENOENT);
	FAILS(root_read(root, DEVICE "/device", NULL), ENOENT);
	FAILS(root_read(root, "proc/cmdline/x", NULL), ENOTSUP);
	FAILS(root_link(root, DEVICE "/iommu"), ENOENT);
	FAILS(root_list(root, "dev/vfio/devices", NULL), ENOENT);
	root_close(root);
}

TEST(a_device_may_be_a_link_within_the_folder)
{
	struct root *root;

	folder_put("sys/devices/pci0000:00/0000:01:00.0/vendor", "0x15b3\n");
	folder_link("sys/devices/pci0000:00/0000:01:00.0/driver", "../../../bus/pci/drivers/edu");
	folder_link(DEVICE, "../../../devices/pci0000:00/0000:01:00.0");
	folder_link("sys/bus/pci/devices/0000:02:00.0", "/sys/devices/pci0000:00/0000:01:00.0");
	root = open_folder();
	root_has(root, DEVICE "/vendor", "0x15b3\n");
	root_has(root, "sys/bus/pci/devices/0000:02:00.0/vendor", "0x15b3\n");
	leads_to(root, DEVICE "/driver", "edu");
	root_close(root);
}

TEST(no_link_leads_out_of_the_folder)
{
	char secret[80];
	struct root *root;
	FILE *file;

	snprintf(secret, sizeof(secret), "%s-outside", folder);
	file = fopen(secret, "w");
	assert_non_null(file);
	fputs("secret", file);
	fclose(file);
	folder_link("proc/cmdline", secret);
	folder_link("proc/interrupts", "/proc/self/root/etc/passwd");
	folder_link("proc/cpuinfo", "../../../../../../../../../../etc/passwd");
	folder_link("proc/iomem", "iomem");
	folder_link("boot", "/etc");
	folder_link("sys/bus/pci/devices", "/proc");
	folder_link("dev", "/dev");
	root = open_folder();
	FAILS(root_read(root, "proc/cmdline", NULL), ENOENT);
	FAILS(root_read(root, "proc/interrupts", NULL), ENOENT);
	FAILS(root_read(root, "proc/cpuinfo", NULL), ENOENT);
	FAILS(root_read(root, "proc/iomem", NULL), ELOOP);
	FAILS(root_read(root, "boot/config-x", NULL), ENOENT);
	FAILS(root_exists(root, "sys/bus/pci/devices/self"), ENOENT);
	/* There is a folder "proc" in this one. */
	FAILS(root_exists(root, "dev/kvm"), ELOOP);
	root_close(root);
	assert_int_equal(unlink(secret), 0);
}

TEST(odd_files_are_refused)
{
	struct root *root;
	FILE *file;

	assert_int_equal(mkfifo(folder_path("proc/cmdline"), 0600), 0);
	assert_int_equal(mkdir(folder_path("proc/interrupts"), 0700), 0);
	file = fopen(folder_path("proc/iomem"), "w");
	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), ROOT_FILE_MAX + 1), 0);
	fclose(file);
	file = fopen(folder_path("proc/cpuinfo"), "w");
	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), ROOT_FILE_MAX), 0);
	fclose(file);
	folder_put("sys/bus/pci/devices", "no folder");
	root = open_folder();
	FAILS(root_read(root, "proc/cmdline", NULL), EINVAL);
	FAILS(root_read(root, "proc/interrupts", NULL), EISDIR);
	FAILS(root_read(root, "proc/iomem", NULL), EFBIG);
	FAILS(root_list(root, "sys/bus/pci/devices", NULL), ENOENT);
	{
		size_t length;
		char *bytes = root_read(root, "proc/cpuinfo", &length);

		assert_non_null(bytes);
		assert_int_equal(length, ROOT_FILE_MAX);
		free(bytes);
	}
	root_close(root);
}

TEST(only_what_is_allowed_is_read)
{
	struct root *root;

	folder_put("etc/shadow", "root:x");
	folder_put(DEVICE "/vpd", "serial");
	root = open_folder();
	FAILS(root_read(root, "etc/shadow", NULL), ENOTSUP);
	FAILS(root_exists(root, "etc/shadow"), ENOTSUP);
	FAILS(root_list(root, "etc", NULL), ENOTSUP);
	FAILS(root_read(root, DEVICE "/vpd", NULL), ENOTSUP);
	FAILS(root_read(root, "proc/../etc/shadow", NULL), ENOTSUP);
	FAILS(root_link(root, "../x"), ENOTSUP);
	root_close(root);
}

TEST(a_copy_tells_what_could_not_be_read)
{
	struct root *root;

	folder_put("proc/iomem", "there");
	folder_put("vsmmu/denied", "sys/firmware/acpi/tables/IORT\n"
				   "proc/iomem\n" DEVICE "/config EIO\n"
				   "sys/bus/pci/devices ENODEV\n"
				   "proc/config.gz nonsense\n"
				   "\n dev/kvm EPERM\n"
				   "dev/iommu EPERM");
	root = open_folder();
	FAILS(root_read(root, "sys/firmware/acpi/tables/IORT", NULL), EACCES);
	FAILS(root_read(root, DEVICE "/config", NULL), EIO);
	FAILS(root_list(root, "sys/bus/pci/devices", NULL), ENODEV);
	FAILS(root_read(root, "proc/config.gz", NULL), EACCES);
	FAILS(root_exists(root, "dev/iommu"), EPERM);
	FAILS(root_exists(root, "dev/kvm"), ENOENT);
	FAILS(root_read(root, "sys/firmware/acpi/tables/APIC", NULL), ENOENT);
	root_has(root, "proc/iomem", "there");
	root_close(root);
}

TEST(permissions_are_kept)
{
	uid_t user = geteuid();
	struct root *root;

	folder_put("proc/iomem", "there");
	folder_put("boot/config-x", "hidden");
	assert_int_equal(chmod(folder_path("proc/iomem"), 0), 0);
	assert_int_equal(chmod(folder_path("boot"), 0), 0);
	assert_int_equal(chmod(folder_path("proc"), 0755), 0);
	assert_int_equal(chmod(folder, 0755), 0);
	/* Root may read all. */
	assert_int_equal(seteuid(user ? user : 65534), 0);
	root = open_folder();
	FAILS(root_read(root, "proc/iomem", NULL), EACCES);
	assert_true(root_exists(root, "proc/iomem"));
	FAILS(root_read(root, "boot/config-x", NULL), EACCES);
	FAILS(root_exists(root, "boot/config-x"), EACCES);
	FAILS(root_list(root, "boot", NULL), EACCES);
	root_close(root);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(chmod(folder_path("boot"), 0700), 0);
}

TEST(texts_are_put_below_vsmmu_alone)
{
	struct root *root = open_folder();

	assert_int_equal(root_put(root, "vsmmu/try/0000:01:00.0", "viommu=0\n"), 0);
	root_has(root, "vsmmu/try/0000:01:00.0", "viommu=0\n");
	assert_true(root_exists(root, "vsmmu/try/0000:01:00.0"));
	assert_int_equal(root_put(root, "vsmmu/try/0000:01:00.0", "viommu=22\n"), 0);
	root_has(root, "vsmmu/try/0000:01:00.0", "viommu=22\n");
	assert_int_equal(root_put(root, "proc/cmdline", "x"), -ENOTSUP);
	assert_int_equal(root_put(root, "vsmmu/nothing", "x"), -ENOTSUP);
	root_close(root);
}

TEST(a_folder_that_is_none)
{
	char why[256];

	FAILS(root_open("/nonexistent", why, sizeof(why)), ENOENT);
	assert_string_equal(why, "/nonexistent: No such file or directory");
}

TEST(this_host)
{
	char why[256], *text;
	struct root *root = root_open(NULL, why, sizeof(why));
	unsigned int uid;

	assert_non_null(root);
	assert_true(root_is_live(root));
	text = root_read(root, "vsmmu/uname", NULL);
	assert_non_null(text);
	assert_memory_equal(text, "Linux ", 6);
	free(text);
	text = root_read(root, "vsmmu/rights", NULL);
	assert_non_null(text);
	assert_int_equal(sscanf(text, "uid %u\n", &uid), 1);
	assert_int_equal(uid, geteuid());
	free(text);
	text = root_read(root, "proc/cpuinfo", NULL);
	assert_non_null(text);
	free(text);
	errno = 0;
	text = root_read(root, "vsmmu/kernel-log", NULL);
	assert_true(text || errno);
	free(text);
	FAILS(root_read(root, "vsmmu/denied", NULL), ENOENT);
	FAILS(root_read(root, "vsmmu/try/0000:01:00.0", NULL), ENOENT);
	FAILS(root_exists(root, "boot/config-no-such-kernel"), ENOENT);
	root_close(root);
	root_close(NULL);
}

#define IN_FOLDER(fn)                                                                              \
	{                                                                                          \
#fn, fn, folder_new, folder_remove, NULL                                           \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(reads_lists_and_links),
		IN_FOLDER(a_device_may_be_a_link_within_the_folder),
		IN_FOLDER(no_link_leads_out_of_the_folder),
		IN_FOLDER(odd_files_are_refused),
		IN_FOLDER(only_what_is_allowed_is_read),
		IN_FOLDER(a_copy_tells_what_could_not_be_read),
		IN_FOLDER(permissions_are_kept),
		IN_FOLDER(texts_are_put_below_vsmmu_alone),
		UNIT_TEST_PLAIN(a_folder_that_is_none),
		UNIT_TEST_PLAIN(this_host),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
