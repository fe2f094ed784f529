/* SPDX-License-Identifier: BSD-2-Clause */
/* Blanking texts, what must stay in them, and how much is left of each kind of file. */
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/unit.h"
#include "root/gzip.h"
#include "root/redact.h"
#include "root/reduce.h"

static struct redact redact;

static void becomes(const char *text, const char *blanked)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", text);
	redact_text(&redact, copy, strlen(copy));
	assert_string_equal(copy, blanked);
}

static void stays(const char *text)
{
	becomes(text, text);
}

TEST(addresses_are_blanked)
{
	becomes("a 00:1b:21:aA:bb:cc b", "a xx:xx:xx:xx:xx:xx b");
	becomes("mlx5 0000:01:00.0 eth0: 0c:42:a1:00:00:01,", "mlx5 0000:01:00.0 eth0: "
							      "xx:xx:xx:xx:xx:xx,");
	becomes("00-1B-21-AA-BB-CC", "xx-xx-xx-xx-xx-xx");
	becomes("001b.21aa.bbcc", "xxxx.xxxx.xxxx");
	becomes("enx001b21aabbcc: renamed from eth0", "enxxxxxxxxxxxxx: renamed from eth0");
	becomes("0c42:a103:0000:0001", "xxxx:xxxx:xxxx:xxxx");
	becomes("fe80::1 and 2001:db8::8a2e:370:7334.", "xxxx::x and xxxx:xxx::xxxx:xxx:xxxx.");
	becomes("::ffff:192.0.2.1", "::xxxx:xxx.x.x.x");
	becomes("from 192.0.2.17: x (10.1.2.3)", "from xxx.x.x.xx: x (xx.x.x.x)");
	becomes("to 192.0.2.17.", "to xxx.x.x.xx.");
	becomes("6b0f0b1e-8a6c-4b8e-9d2c-0123456789ab", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
	becomes("id 6b0f0b1e8a6c4b8e9d2c0123456789ab.", "id xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.");
}

TEST(numbers_of_other_kinds_stay)
{
	stays("pci 0000:00:01.0: [1b36:000c] type 01 class 0x060400 PCIe Root Port");
	stays("pci 10000:e1:00.0: BAR 0 [mem 0xfc000000-0xfc00ffff 64bit pref]");
	stays("pcieport 0000:00:1c.0: AER: Corrected error received: 0000:01:00.0");
	stays("0000000010000010 0x0000020800000000");
	stays("arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit, oas 48-bit (features 0x001c1fff)");
	stays("40000000-bfffffff : System RAM");
	stays("Linux 6.1.0-13-arm64 aarch64");
	stays("driver 1.2.3 of 12:34:56 on 2026-11-30T03:00:00");
	stays("event: F_TRANSLATION client: 0000:00:01.0 sid: 0x8 ssid: 0x0 iova: 0x100000 ipa: "
	      "0x0");
	stays("0x0000000000000000 0x0000000000000fff 0x0000000000040200");
	stays("256.1.2.3 1.2.3.4.5 1..2.3 :: ::: a:b");
}

TEST(what_words_announce_is_blanked)
{
	becomes("Serial Number: ABC-123/45 rest", "Serial Number: xxx-xxx/xx rest");
	becomes("serial=SECRET,x", "serial=xxxxxx,x");
	becomes("VPD: SN MT2042X01234", "VPD: SN xxxxxxxxxxxx");
	becomes("S/N: 42", "S/N: xx");
	becomes("serial 4711", "serial xxxx");
	becomes("local_mac: 5", "local_mac: x");
	becomes("node_guid 0x0c42a10300000001", "node_guid xxxxxxxxxxxxxxxxxx");
	becomes("password hunter2", "password xxxxxxx");
	becomes("password=\"hunter2\"", "password=\"xxxxxxx\"");
	becomes("user: alice", "user: xxxxx");
	becomes("nvme eui.0025388b01234567 naa.5000c500a1b2c3d4",
		"nvme eui.xxxxxxxxxxxxxxxx naa.xxxxxxxxxxxxxxxx");
	becomes("asset tag is 77", "asset tag is xx");
	becomes("serial", "serial");
	becomes("serial: ", "serial: ");
	becomes("SerialNumber: X1, serialno=Y", "SerialNumber: xx, serialno=x");
	becomes("board SN-4711", "board SN-xxxx");
	becomes("macaddr=5 username alice pass=hunter2", "macaddr=x username xxxxx pass=xxxxxxx");
	stays("serialized machine snapshot");
	stays("user-space pass-through by-passed");
}

TEST(folders_of_users_are_blanked)
{
	becomes("qemu: /home/alice/vm.img: x", "qemu: /home/xxxxx/xx.xxx: x");
	becomes("(/root/secret.key)", "(/root/xxxxxx.xxx)");
	stays("OF: /soc/pcie@10000000: x");
	stays("/sys/bus/pci");
}

TEST(names_of_the_host_are_blanked)
{
	redact_add_word(&redact, "node17", 6);
	redact_add_word(&redact, "kvm", 3);
	redact_add_word(&redact, "a", 1);
	assert_int_equal(redact.count, 1);
	becomes("Nov 30 NODE17 kernel: node17.example node171 xnode17",
		"Nov 30 xxxxxx kernel: xxxxxx.xxxxxxx node171 xnode17");
	becomes("node17", "xxxxxx");
	becomes("kvm a", "kvm a");
	{
		char name[] = "sys/x/6b0f0b1e-8a6c-4b8e-9d2c-0123456789ab/serial_x/node17";

		redact_name(&redact, name);
		assert_string_equal(
			name, "sys/x/xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx/serial_x/xxxxxx");
	}
	redact.count = 0;
}

static void left(enum allowed_reduce how, const char *text, const char *wanted)
{
	size_t length = strlen(text);
	char *kept = reduce(how, &redact, strdup(text), &length);

	assert_non_null(kept);
	assert_string_equal(kept, wanted);
	assert_int_equal(length, strlen(wanted));
	free(kept);
}

TEST(words_that_tell_by_their_form)
{
	becomes("see https://a1.example/x?y=z ok", "see https://xx.xxxxxxx/x?x=x ok");
	becomes("to alice@a1.b2.corp, node7.example.org:22",
		"to xxxxx@xx.xx.xxxx, xxxxx.xxxxxxx.xxx:22");
	becomes("nqn.2019-10.com.maker:M20:90B0A00E", "nqn.xxxx-xx.xxx.xxxxx:xxx:xxxxxxxx");
	becomes("ata-WDC_WD40_WD-WCC7K12", "ata-xxx_xxxx_xx-xxxxxxx");
	becomes("disk S675NX0T123456 gone", "disk xxxxxxxxxxxxxx gone");
	becomes("eth0: 0c42a1dead04 up", "eth0: xxxxxxxxxxxx up");
	becomes("opened /data/alice/x by", "opened /data/xxxxx/x by");
	becomes("file=/nfs/alice8/x", "file=/nfs/xxxxxx/x");
	becomes("file=", "file=");
	becomes("uid=1000(alice) gid=7(staff)", "uid=1000(xxxxx) gid=7(xxxxx)");
	stays("arm-smmu-v3 arm-smmu-v3.0.auto fc900000.iommu iommu.passthrough vfio-pci.ids");
	stays("100000000000-17ffffffffff : PCI Bus 0000:00");
	stays("iommufd.ko.xz /dev/vfio/7 /sys/bus/pci /soc/iommu@fc900000 NVDA200C:00");
	stays("pci=config_acs=10x@pci:0:0 7.3.4-test 6.1.0.dev 0x0c42a1dead04");
}

TEST(of_the_command_line)
{
	left(REDUCE_CMDLINE, "", "\n");
	left(REDUCE_CMDLINE,
		"BOOT_IMAGE=/boot/vmlinuz root=/dev/disk/by-path/pci-0000:00:1f.2-ata-1 "
		"iommu.passthrough=0 password=iommu pci=noats,resource_alignment=12@a/b,nocrs "
		"ipcidev=x pcipassword=y vfio-pci.ids=10de:2342,15b3:1017 quiet\n",
		"iommu.passthrough=0 pci=noats,nocrs vfio-pci.ids=10de:2342,15b3:1017\n");
	left(REDUCE_CMDLINE,
		"arm-smmu-v3.disable_bypass=0 kvm-arm.mode=nested intel_iommu=on iommu "
		"pcie_acs_override=downstream",
		"arm-smmu-v3.disable_bypass=0 kvm-arm.mode=nested intel_iommu=on iommu "
		"pcie_acs_override=downstream\n");
	/* Blanks in quotation marks end no word, and what is behind "--" is for init. */
	left(REDUCE_CMDLINE, "dyndbg=\"file x iommu=hidden\" pci=nomsi -- iommu=init",
		"pci=nomsi\n");
	left(REDUCE_CMDLINE, "\"pci=nomsi a\" iommu.x=\"b c\" iommu.y=/home/alice",
		"iommu.x= iommu.y=\n");
	left(REDUCE_CMDLINE, "iommu.x=192.0.2.1 a=\"pci=", "iommu.x=xxx.x.x.x\n");
}

TEST(of_a_kernel_log)
{
	left(REDUCE_LOG,
		"[    0.000000] Kernel command line: iommu.passthrough=1 password=x\n"
		"[    0.000000] Unknown kernel command line parameters \"intel_iommu=x\"\n"
		"[    1.000000] arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit\n"
		"[    1.000000] systemd[1]: Hostname set to <node17>.\n"
		"Nov 30 03:00:00 node17 kernel: [    2.000000] iommu: Default domain type\n"
		"[    3.0] vfio-pci 0000:01:00.0: serial ABC",
		"[    1.000000] arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit\n"
		"[    2.000000] iommu: Default domain type\n"
		"[    3.0] vfio-pci 0000:01:00.0: serial xxx\n");
}

TEST(of_options_and_modules)
{
	const char *config = "# Linux/arm64 7.3.4 Kernel Configuration\n"
			     "CONFIG_LOCALVERSION=\"-alice\"\n"
			     "CONFIG_IOMMUFD=m\n"
			     "# CONFIG_VFIO_NOIOMMU is not set\n"
			     "CONFIG_PCI_ATS=y\n"
			     "CONFIG_PCI_SECRET=\"x\"\n"
			     "CONFIG_EXT4_FS=y\n";
	size_t length = strlen(config);
	char *packed, *text;

	left(REDUCE_CONFIG, config, "CONFIG_IOMMUFD=m\nCONFIG_PCI_ATS=y\n");
	packed = gzip_pack(config, &length);
	packed = reduce(REDUCE_CONFIG_GZ, &redact, packed, &length);
	assert_non_null(packed);
	/* No time, no name: bytes 3 to 7 of RFC 1952. */
	assert_memory_equal(packed + 3, "\0\0\0\0\0", 5);
	text = gzip_unpack(packed, length);
	assert_string_equal(text, "CONFIG_IOMMUFD=m\nCONFIG_PCI_ATS=y\n");
	free(text);
	free(packed);
	length = 5;
	errno = 0;
	assert_null(reduce(REDUCE_CONFIG_GZ, &redact, strdup("hello"), &length));
	assert_int_equal(errno, EBADMSG);
	left(REDUCE_MODULES,
		"kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/x.ko\n"
		"kernel/fs/ext4/ext4.ko: kernel/fs/jbd2/jbd2.ko\n"
		"kernel/virt/kvm/kvm.ko:\n",
		"kernel/drivers/vfio/pci/vfio-pci.ko.xz:\nkernel/virt/kvm/kvm.ko:\n");
	left(REDUCE_MODULES, "iommufd 98304 1 vfio, Live 0xffff80007a000000\next4 1 0 - Live 0x0\n",
		"iommufd 98304 1\n");
	left(REDUCE_MODULES, "kernel/drivers/iommu/iommufd/iommufd.ko\nx\n",
		"kernel/drivers/iommu/iommufd/iommufd.ko\n");
}

TEST(a_packed_text_is_whole_or_none)
{
	size_t length = strlen("CONFIG_IOMMUFD=y\n"), size = (size_t)16 << 20;
	char *packed = gzip_pack("CONFIG_IOMMUFD=y\n", &length), *text;

	assert_non_null(packed);
	text = gzip_unpack(packed, length);
	assert_string_equal(text, "CONFIG_IOMMUFD=y\n");
	free(text);
	for (size_t cut = 0; cut < length; cut++)
		assert_null(gzip_unpack(packed, cut));
	packed[length - 6] ^= 1; /* the checksum */
	assert_null(gzip_unpack(packed, length));
	free(packed);
	text = calloc(1, size);
	assert_non_null(text);
	packed = gzip_pack(text, &size);
	assert_non_null(packed);
	errno = 0;
	assert_null(gzip_unpack(packed, size));
	assert_int_equal(errno, EBADMSG);
	free(packed);
	free(text);
}

TEST(of_the_machine)
{
	left(REDUCE_CPUINFO,
		"processor\t: 0\nSerial\t\t: 10000000abcdef\nflags\t\t: fpu hypervisor\n\n"
		"processor\t: 1\nflags\t\t: fpu hypervisor\n",
		"processor\t: 0\nflags\t\t: fpu hypervisor\n");
	left(REDUCE_INTERRUPTS,
		"           CPU0       CPU1\n"
		" 11:      17233      12345     GICv3  27 Level     arch_timer\n"
		" 54:          1          0   ITS-MSI 16384 Edge      node17-eth0\n"
		" 55:          1          0  ITS-PCI-MSIX-0000:01:00.0 0 Edge mlx5\n",
		" GICv3\n ITS-MSI\n ITS-PCI-MSIX-0000:01:00.0\n");
	left(REDUCE_IOMEM,
		"40000000-bfffffff : System RAM\n"
		"  40210000-4179ffff : Kernel code\n"
		"  50000000-500fffff : reserved\n"
		"09050000-0906ffff : arm-smmu-v3.0.auto arm-smmu-v3.0.auto\n"
		"0a000000-0a0001ff : secret-device\n"
		"10000000-3efeffff : PCI Bus 0000:00\n",
		"40000000-bfffffff : System RAM\n");
	left(REDUCE_NOTHING, "0x15b3\n", "0x15b3\n");
}

static void put32(unsigned char *at, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

/* A device with a list of each kind, 0xee wherever nothing is said. */
static void make_space(unsigned char *space)
{
	memset(space, 0xee, 4096);
	space[0x34] = 0x40;
	memcpy(space + 0x40, "\x01\x50", 2); /* PM */
	memcpy(space + 0x50, "\x03\x60", 2); /* VPD */
	memcpy(space + 0x60, "\x09\x70", 2); /* the maker's own */
	memcpy(space + 0x70, "\x10\x00", 2); /* PCIe */
	put32(space + 0x100, 0x14010001);    /* AER -> 0x140 */
	put32(space + 0x140, 0x15010003);    /* serial number -> 0x150 */
	put32(space + 0x150, 0x1601000f);    /* ATS -> 0x160 */
	put32(space + 0x160, 0x1701000b);    /* the maker's own -> 0x170 */
	put32(space + 0x170, 0x0001000d);    /* ACS, the last */
}

TEST(of_configuration_space)
{
	unsigned char space[4096], whole[4096];

	make_space(whole);
	memcpy(space, whole, sizeof(space));
	reduce_pci_config(space, sizeof(space));
	assert_memory_equal(space, whole, 64);
	for (unsigned int i = 0x40; i < 0x70; i++)
		assert_int_equal(space[i], i % 16 < 2 ? whole[i] : 0);
	assert_memory_equal(space + 0x70, whole + 0x70, 60);
	for (unsigned int i = 0xac; i < 0x1000; i++) {
		bool header = i >= 0x100 && i <= 0x17f && i % 16 < 4 && (i < 0x104 || i >= 0x140);
		bool kept = (i >= 0x154 && i < 0x158) || (i >= 0x174 && i < 0x178);

		assert_int_equal(space[i], header || kept ? whole[i] : 0);
	}
	/* A user without rights gets 64 bytes; and lists may lie. */
	for (size_t length = 0; length < 70; length++) {
		unsigned char *bytes = malloc(length ? length : 1);

		memcpy(bytes, whole, length);
		reduce_pci_config(bytes, length);
		assert_memory_equal(bytes, whole, length < 64 ? length : 64);
		free(bytes);
	}
	make_space(space);
	put32(space + 0x170, 0x1000000d); /* in a circle */
	memcpy(space + 0x70, "\x10\x40", 2);
	reduce_pci_config(space, sizeof(space));
	assert_int_equal(space[0x144], 0);
	make_space(space);
	put32(space + 0x170, 0xffc1000d); /* at the very end */
	put32(space + 0xffc, 0x00000003);
	reduce_pci_config(space, sizeof(space));
	/* The body of one lies where another has a serial number: it is not kept for that. */
	make_space(space);
	put32(space + 0x148, 0x00010013);
	put32(space + 0x170, 0x1480000d);
	reduce_pci_config(space, sizeof(space));
	for (unsigned int i = 0x144; i < 0x14c; i++)
		assert_int_equal(space[i], 0);
}

TEST(of_a_device_tree)
{
	static const char mac[] = "\x0c\x42\xa1\x55\x66\x77";
	char tree[4096] = "", copy[4096];
	int length, pcie;
	size_t size;

	assert_int_equal(fdt_create(tree, 4096), 0);
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	fdt_property_string(tree, "serial-number", "SECRET-SERIAL");
	fdt_property_string(tree, "compatible", "acme,board");
	fdt_begin_node(tree, "chosen");
	fdt_property_string(tree, "bootargs", "password=hunter2");
	fdt_end_node(tree);
	fdt_begin_node(tree, "pcie@10000000");
	fdt_property(tree, "local-mac-address", mac, 6);
	fdt_property_u32(tree, "linux,pci-domain", 7);
	fdt_end_node(tree);
	fdt_end_node(tree);
	assert_int_equal(fdt_finish(tree), 0);
	size = fdt_totalsize(tree);
	memcpy(tree + size, "behind it", 9);
	memcpy(copy, tree, 4096);
	assert_int_equal(reduce_fdt(tree, size + 9), 0);
	assert_null(memmem(tree, 4096, "SECRET", 6));
	assert_null(memmem(tree, 4096, "hunter", 6));
	assert_null(memmem(tree, 4096, "behind", 6));
	assert_null(memmem(tree, 4096, mac, 6));
	assert_int_equal(fdt_check_full(tree, size), 0);
	pcie = fdt_path_offset(tree, "/pcie@10000000");
	assert_int_equal(fdt32_ld(fdt_getprop(tree, pcie, "linux,pci-domain", &length)), 7);
	assert_string_equal(fdt_getprop(tree, 0, "compatible", &length), "acme,board");
	/* Cut off anywhere, it is none. */
	for (size_t cut = 0; cut < size; cut++) {
		char *part = malloc(cut ? cut : 1);

		memcpy(part, copy, cut);
		assert_int_equal(reduce_fdt(part, cut), -EBADMSG);
		free(part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(addresses_are_blanked),
		UNIT_TEST_PLAIN(numbers_of_other_kinds_stay),
		UNIT_TEST_PLAIN(what_words_announce_is_blanked),
		UNIT_TEST_PLAIN(folders_of_users_are_blanked),
		UNIT_TEST_PLAIN(names_of_the_host_are_blanked),
		UNIT_TEST_PLAIN(words_that_tell_by_their_form),
		UNIT_TEST_PLAIN(of_the_command_line),
		UNIT_TEST_PLAIN(of_a_kernel_log),
		UNIT_TEST_PLAIN(of_options_and_modules),
		UNIT_TEST_PLAIN(a_packed_text_is_whole_or_none),
		UNIT_TEST_PLAIN(of_the_machine),
		UNIT_TEST_PLAIN(of_configuration_space),
		UNIT_TEST_PLAIN(of_a_device_tree),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
