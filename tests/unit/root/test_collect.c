/* SPDX-License-Identifier: BSD-2-Clause */
/* Packing a folder: all that can be read is there, nothing that is secret. */
#include <fcntl.h>
#include <libfdt.h>

#include "folder.h"
#include "root_files.h"
#include "root/collect.h"
#include "root/gzip.h"
#include "root/tar.h"

#define DEVICE "sys/bus/pci/devices/0000:01:00.0"
#define GROUP  "sys/kernel/iommu_groups/7"
#define MDEV   "6b0f0b1e-8a6c-4b8e-9d2c-0123456789ab"

/* These are bytes, for files that are no text. */
static const unsigned char serial[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
static const unsigned char mac[6] = {0x0c, 0x42, 0xa1, 0x99, 0x88, 0x77};

static const char *const secrets[] = {"node17", "alice", "SN-4711-SECRET", "0c:42:a1:99:88:77",
	"0C42A1998877", MDEV, "192.0.2.17", "2001:db8::17", "hunter2", "carol",
	"/dev/mapper/private", "8877665544332211", "11:22:33:44", "product-uuid", "bios-serial",
	"vpd-serial"};

static char why[256];

static void put_config_gz(const char *path)
{
	const char *text = "CONFIG_LOCALVERSION=\"-alice\"\nCONFIG_IOMMUFD=m\n"
			   "CONFIG_BUILD_SALT=\"SN-4711-SECRET\"\n";
	size_t length = strlen(text);
	char *packed = gzip_pack(text, &length);

	folder_put_bytes(path, packed, length);
	free(packed);
}

static void put_space(const char *path)
{
	unsigned char space[512] = {0x86, 0x80};

	space[0x34] = 0x40;
	memcpy(space + 0x40, "\x03\x00\x00\x80VPD-4711", 12);
	memcpy(space + 0x100, "\x03\x00\x01\x00", 4);
	memcpy(space + 0x104, serial, sizeof(serial));
	memcpy(space + 0x180, "SN-4711-SECRET", 14);
	folder_put_bytes(path, space, sizeof(space));
}

static void put_tree(const char *path)
{
	char tree[2048];

	assert_int_equal(fdt_create(tree, sizeof(tree)), 0);
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	fdt_property_string(tree, "serial-number", "SN-4711-SECRET");
	fdt_property(tree, "local-mac-address", mac, sizeof(mac));
	fdt_property_string(tree, "bootargs", "password=hunter2");
	fdt_property_string(tree, "compatible", "acme,board");
	fdt_end_node(tree);
	assert_int_equal(fdt_finish(tree), 0);
	folder_put_bytes(path, tree, fdt_totalsize(tree));
}

/* A host with a secret wherever there could be one. */
static void put_host(void)
{
	folder_put("vsmmu/uname", "Linux 7.3.4 aarch64\n");
	folder_put("vsmmu/rights", "uid 0\ndev/iommu yes\n");
	folder_put("vsmmu/denied", "sys/firmware/acpi/tables/APIC\n" DEVICE "/resource EIO\n");
	folder_put("vsmmu/kernel-log",
		"Nov 30 03:00:00 node17 kernel: [    1.0] iommu: Default domain type: Translated\n"
		"[    0.0] Kernel command line: iommu=x password=hunter2\n"
		"[    2.0] vfio-pci 0000:01:00.0: for alice at 192.0.2.17 mac 0C42A1998877\n"
		"[    2.0] vfio-pci 0000:01:00.0: eth0: 0c:42:a1:99:88:77 on node17.example\n"
		"[    2.0] kvm: user alice started /home/alice/vm.img 2001:db8::17 " MDEV "\n"
		"[    2.0] arm-smmu-v3 x: serial SN-4711-SECRET\n"
		"[    2.5] iommu: carol and the daemon\n"
		"[    2.6] vfio: dave has /home/dave/x, erin none\n"
		"[    3.0] systemd: Hostname set to node17\n");
	folder_put("proc/sys/kernel/hostname", "node17.example\n");
	folder_put("etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\n"
				 "carol:x:1001:1001:Carol C.:/srv/c:/bin/sh\n"
				 "nobody:x:65534:65534::/:/bin/false\nbroken\n:x\n");
	folder_put("proc/cmdline",
		"root=/dev/mapper/private iommu.strict=1 password=hunter2 ip=192.0.2.17 "
		"vfio.path=/home/alice/hunter2 init=/home/erin/x\n");
	put_config_gz("proc/config.gz");
	folder_put("boot/config-7.3.4", "CONFIG_LOCALVERSION=\"-alice\"\nCONFIG_KVM=y\n");
	folder_put("boot/config-6.1.0-old", "CONFIG_KVM=y\n");
	folder_put("proc/cpuinfo", "processor\t: 0\nSerial\t: 8877665544332211\n");
	folder_put("sys/class/dmi/id/product_name", "Board\n");
	folder_put("sys/class/dmi/id/product_serial", "bios-serial\n");
	folder_put("sys/class/dmi/id/product_uuid", "product-uuid\n");
	folder_put("sys/firmware/acpi/tables/IORT", "IORT");
	put_tree("sys/firmware/fdt");
	folder_put("dev/iommu", "");
	folder_put(DEVICE "/vendor", "0x15b3\n");
	folder_put(DEVICE "/vpd", "vpd-serial");
	put_space(DEVICE "/config");
	folder_link(DEVICE "/driver", "../../../../bus/pci/drivers/vfio-pci");
	folder_link(DEVICE "/iommu_group", "../../../kernel/iommu_groups/7");
	folder_put(GROUP "/type", "DMA\n");
	folder_put(GROUP "/devices/0000:01:00.0", "");
	folder_put(GROUP "/devices/" MDEV, "");
	assert_int_equal(mkdir(folder_path("dev/vfio"), 0700), 0);
	assert_int_equal(mkdir(folder_path("dev/vfio/devices"), 0700), 0);
}

static const char *pack(const char *from, const char *name)
{
	static char to[128];
	struct root *root = root_open(from, why, sizeof(why));

	assert_non_null(root);
	snprintf(to, sizeof(to), "%s.%s", folder, name);
	assert_int_equal(collect(root, to, true, why, sizeof(why)), 0);
	root_close(root);
	return to;
}

static char *load(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	char *bytes = malloc(1 << 20);

	assert_non_null(file);
	*length = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return bytes;
}

static void has_no_secret(const char *bytes, size_t length)
{
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		for (size_t at = 0; at + strlen(secrets[i]) <= length; at++)
			if (!strncasecmp(bytes + at, secrets[i], strlen(secrets[i])))
				assert_string_equal(secrets[i], "to be found nowhere");
	}
	assert_null(memmem(bytes, length, serial, sizeof(serial)));
	assert_null(memmem(bytes, length, mac, sizeof(mac)));
	assert_null(memmem(bytes, length, "VPD-4711", 8));
}

TEST(no_secret_is_packed)
{
	size_t length;
	char *bytes, *text, *packed;
	struct root *root;
	const char *path;

	put_host();
	path = pack(folder, "tar");
	bytes = load(path, &length);
	has_no_secret(bytes, length);
	free(bytes);
	root = root_open(path, why, sizeof(why));
	assert_non_null(root);
	assert_null(root_note(root));
	packed = root_read(root, "proc/config.gz", &length);
	text = gzip_unpack(packed, length);
	assert_string_equal(text, "CONFIG_IOMMUFD=m\n");
	free(packed);
	free(text);
	/* There was a folder of that user's. */
	root_has(root, "vsmmu/kernel-log",
		"[    1.0] iommu: Default domain type: Translated\n"
		"[    2.0] vfio-pci 0000:01:00.0: for xxxxx at xxx.x.x.xx mac xxxxxxxxxxxx\n"
		"[    2.0] vfio-pci 0000:01:00.0: eth0: xx:xx:xx:xx:xx:xx on xxxxxx.xxxxxxx\n"
		"[    2.0] kvm: user xxxxx started /home/xxxxx/xx.xxx xxxx:xxx::xx "
		"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx\n"
		"[    2.0] arm-smmu-v3 x: serial xx-xxxx-xxxxxx\n"
		"[    2.5] iommu: xxxxx and the daemon\n"
		"[    2.6] vfio: xxxx has /home/xxxx/x, xxxx none\n");
	root_has(root, "proc/cmdline", "iommu.strict=1 vfio.path=\n");
	root_close(root);
	assert_int_equal(unlink(path), 0);
}

TEST(what_is_read_is_packed)
{
	const char *path;
	struct root *root;
	char *name, **names;
	size_t count;

	put_host();
	path = pack(folder, "tar");
	root = root_open(path, why, sizeof(why));
	assert_non_null(root);
	root_has(root, "vsmmu/rights", "uid 0\ndev/iommu yes\n");
	root_has(root, DEVICE "/vendor", "0x15b3\n");
	root_has(root, "sys/firmware/acpi/tables/IORT", "IORT");
	root_has(root, GROUP "/type", "DMA\n");
	name = root_link(root, DEVICE "/driver");
	assert_string_equal(name, "vfio-pci");
	free(name);
	names = root_list(root, GROUP "/devices", &count);
	assert_int_equal(count, 2);
	assert_string_equal(names[0], "0000:01:00.0");
	assert_string_equal(names[1], "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
	root_list_free(names);
	assert_true(root_exists(root, "dev/iommu"));
	FAILS(root_exists(root, "dev/kvm"), ENOENT);
	/* An empty folder is there, and one that could not be read is not unknown for that. */
	names = root_list(root, "dev/vfio/devices", &count);
	assert_non_null(names);
	assert_int_equal(count, 0);
	root_list_free(names);
	FAILS(root_list(root, "sys/class/iommu", NULL), ENOENT);
	FAILS(root_read(root, "sys/firmware/acpi/tables/APIC", NULL), EACCES);
	FAILS(root_read(root, DEVICE "/resource", NULL), EIO);
	FAILS(root_read(root, DEVICE "/vpd", NULL), ENOTSUP);
	/* Only the kernel that runs is of interest. */
	FAILS(root_read(root, "boot/config-6.1.0-old", NULL), ENOENT);
	root_close(root);
	assert_int_equal(unlink(path), 0);
}

TEST(packing_again_gives_the_same_bytes)
{
	char *once, *twice, *more, first[128], second[128];
	size_t length, length_again, length_more;

	put_host();
	strcpy(first, pack(folder, "tar"));
	once = load(first, &length);
	twice = load(pack(folder, "tar"), &length_again);
	assert_int_equal(length, length_again);
	assert_memory_equal(once, twice, length);
	/* So does packing what was packed already. */
	strcpy(second, pack(first, "again.tar"));
	more = load(second, &length_more);
	assert_int_equal(length, length_more);
	assert_memory_equal(once, more, length);
	free(once);
	free(twice);
	free(more);
	assert_int_equal(unlink(first), 0);
	assert_int_equal(unlink(second), 0);
}

TEST(a_file_is_not_overwritten_and_none_is_left_in_part)
{
	struct root *root;
	struct stat about;
	char path[128];

	put_host();
	root = root_open(folder, why, sizeof(why));
	assert_non_null(root);
	snprintf(path, sizeof(path), "%s", folder_path("out.tar"));
	assert_int_equal(collect(root, path, false, why, sizeof(why)), 0);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_int_equal(collect(root, path, false, why, sizeof(why)), -EEXIST);
	assert_non_null(strstr(why, "is there already; --force overwrites it"));
	assert_int_equal(collect(root, path, true, why, sizeof(why)), 0);
	assert_int_equal(collect(root, "/dev/full", true, why, sizeof(why)), -ENOSPC);
	assert_string_equal(why, "cannot write /dev/full: No space left on device");
	assert_int_equal(collect(root, "/nonexistent/x", false, why, sizeof(why)), -ENOENT);
	root_close(root);
}

TEST(nothing_is_packed_of_a_host_that_is_empty)
{
	struct root *root;
	const char *path;

	folder_put("README", "x");
	path = pack(folder, "tar");
	root = root_open(path, why, sizeof(why));
	assert_null(root);
	assert_non_null(strstr(why, "this tar has nothing of a host"));
	assert_int_equal(unlink(path), 0);
}

TEST(the_list_names_what_is_taken_away)
{
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	collect_print_list(out);
	fclose(out);
	assert_non_null(
		strstr(text, "/proc/cmdline: options that the kernel was started with; only "
			     "words of iommu, vfio, smmu, kvm and pci\n"));
	assert_non_null(strstr(text, "/etc/hostname (not packed): "));
	assert_null(strstr(text, "vpd"));
	free(text);
}

#define IN_FOLDER(fn)                                                                              \
	{                                                                                          \
#fn, fn, folder_new, folder_remove, NULL                                           \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(no_secret_is_packed),
		IN_FOLDER(what_is_read_is_packed),
		IN_FOLDER(packing_again_gives_the_same_bytes),
		IN_FOLDER(a_file_is_not_overwritten_and_none_is_left_in_part),
		IN_FOLDER(nothing_is_packed_of_a_host_that_is_empty),
		UNIT_TEST_PLAIN(the_list_names_what_is_taken_away),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
