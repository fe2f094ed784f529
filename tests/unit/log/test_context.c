/* SPDX-License-Identifier: BSD-2-Clause */
/* What came before a fault, and which device is in which group. */
#include <stdio.h>

#include "assert_span.h"
#include "log/context.h"

static struct dmesg_message message;

static bool parse(bool (*parser)(struct span, struct dmesg_message *), const char *line)
{
	memset(&message, 0, sizeof(message));
	message.client = span_of("");
	return parser(span_of(line), &message);
}

static const struct {
	const char *line;
	enum context_kind kind;
	const char *client;
} samples[] = {
	{"vfio-pci 0000:01:00.0: resetting", CONTEXT_RESET, "0000:01:00.0"},
	{"pci 0000:01:00.0: reset done", CONTEXT_RESET, "0000:01:00.0"},
	{"nvme nvme0: resetting controller", CONTEXT_RESET, "nvme0"},
	{"pci 0000:01:00.0: timed out waiting for pending transaction; performing function level "
	 "reset anyway",
		CONTEXT_RESET, "0000:01:00.0"},
	{"pci 10001:01:00.0: not ready 1023ms after FLR; waiting", CONTEXT_RESET, "10001:01:00.0"},
	{"mlx5_core 0000:41:00.0: mlx5_function_teardown: Resetting device", CONTEXT_RESET,
		"0000:41:00.0"},
	{"igb 0000:03:00.0 eth0: Reset adapter", CONTEXT_RESET, "0000:03:00.0"},
	{"ata1: hard resetting link", CONTEXT_RESET, "ata1"},
	{"IPv6: ADDRCONF(NETDEV_UP): eth0: link is not ready", CONTEXT_LINK, "eth0"},
	{"pcieport 0000:00:01.0: pciehp: Slot(3): Link Down", CONTEXT_LINK, "0000:00:01.0"},
	{"igb 0000:03:00.0 eth0: igb: eth0 NIC Link is Down", CONTEXT_LINK, "0000:03:00.0"},
	{"pcieport 0000:00:01.0: AER: Multiple Uncorrectable (Fatal) error message received from "
	 "0000:01:00.0",
		CONTEXT_AER, "0000:00:01.0"},
	{"nvme 0000:01:00.0: PCIe Bus Error: severity=Uncorrectable (Non-Fatal)", CONTEXT_AER,
		"0000:01:00.0"},
	{"{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1",
		CONTEXT_AER, ""},
	{"pcieport 0000:00:01.0: DPC: containment event, status:0x1f01 source:0x0000", CONTEXT_AER,
		"0000:00:01.0"},
	{"pci 0000:01:00.0: Removing from iommu group 5", CONTEXT_UNBIND, "0000:01:00.0"},
	{"pcieport 0000:00:01.0: pciehp: Slot(3): Card not present", CONTEXT_UNBIND,
		"0000:00:01.0"},
	{"igb 0000:03:00.0: removed PHC on eth0", CONTEXT_UNBIND, "0000:03:00.0"},
	{"NETDEV WATCHDOG: eth0 (igb): transmit queue 0 timed out", CONTEXT_WATCHDOG, "eth0"},
	{"igb 0000:03:00.0 eth0: NETDEV WATCHDOG: CPU: 3: transmit queue 1 timed out 5000 ms",
		CONTEXT_WATCHDOG, "0000:03:00.0"},
	{"e1000e 0000:00:19.0 eth0: Detected Hardware Unit Hang:", CONTEXT_WATCHDOG,
		"0000:00:19.0"},
	{"nvme nvme0: I/O 12 QID 3 timeout, aborting", CONTEXT_WATCHDOG, "nvme0"},
	{"nvme nvme0: controller is down; will reset: CSTS=0xffffffff", CONTEXT_RESET, "nvme0"},
	{"vfio-pci 0000:01:00.0: enabling device (0000 -> 0002)", CONTEXT_VFIO, "0000:01:00.0"},
	{"vfio-pci 0000:01:00.0: vfio_ecap_init: hiding ecap 0x19@0x300", CONTEXT_VFIO,
		"0000:01:00.0"},
	{"PM: suspend entry (deep)", CONTEXT_SUSPEND, ""},
	{"kexec_core: Starting new kernel", CONTEXT_SUSPEND, ""},
	{"qemu-kvm: page allocation failure: order:4, mode:0x40dc0", CONTEXT_MEMORY, ""},
	{"Kernel panic - not syncing: Fatal exception", CONTEXT_PANIC, ""},
	{"watchdog: BUG: soft lockup - CPU#3 stuck for 22s!", CONTEXT_WATCHDOG, ""},
};

TEST(each_kind_with_its_device)
{
	static const char *const prefixes[] = {"", "[   12.345678] ", "<6>[   12.345678][  T123] ",
		"6,1234,5678901,-;",
		"Dec  9 09:15:57 host1 kernel: ", "Dec  9 09:15:57 host1 kernel: [   12.345678] ",
		"[Mon Dec  9 09:15:57 2024] "};

	for (unsigned int i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		for (unsigned int j = 0; j < sizeof(prefixes) / sizeof(prefixes[0]); j++) {
			char line[256];

			snprintf(line, sizeof(line), "%s%s", prefixes[j], samples[i].line);
			assert_true(parse(context_parse, line));
			assert_int_equal(message.context, samples[i].kind);
			assert_span(message.client, samples[i].client);
			assert_span(message.text, samples[i].line);
		}
	}
}

TEST(the_rest_is_no_context)
{
	static const char *const lines[] = {
		"",
		"reset",
		"[    0.100000] psci: SMC Calling Convention v1.1",
		"usb 1-1: reset high-speed USB device number 2 using xhci_hcd",
		"usb usb2: reset SuperSpeed device number 2",
		"reset-uniphier 1234.reset: probed",
		"pci 0000:01:00.0: Too many reset methods",
		"dwc3 1234.usb: failed to get reset control",
		"pcieport 0000:00:01.0: AER: enabled with IRQ 44",
		"GHES: APEI firmware first mode is enabled by APEI bit.",
		"VFIO - User Level meta-driver version: 0.3",
		"igb 0000:03:00.0 eth0: igb: eth0 NIC Link is Up 1000 Mbps",
		"arm-smmu-v3 fc900000.iommu: event 0x10 received:",
		"pci 0000:01:00.0: Adding to iommu group 5",
	};

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(parse(context_parse, lines[i]));
}

TEST(groups)
{
	assert_true(parse(group_parse, "[    1.234567] pci 0000:01:00.0: Adding to iommu group 5"));
	assert_span(message.client, "0000:01:00.0");
	assert_int_equal(message.value, 5);
	assert_true(parse(group_parse, "rockchip-drm display-subsystem: Adding to iommu group 12"));
	assert_span(message.client, "display-subsystem");
	assert_int_equal(message.value, 12);
	assert_true(parse(group_parse, "0000:01:00.0: Adding to iommu group 0"));
	assert_span(message.client, "0000:01:00.0");
	assert_true(parse(group_parse, "[ 1.0] iommu: Adding device 0000:01:00.0 to group 17"));
	assert_span(message.client, "0000:01:00.0");
	assert_int_equal(message.value, 17);
	assert_false(parse(group_parse, "pci 0000:01:00.0: Removing from iommu group 5"));
	assert_false(parse(group_parse, "pci 0000:01:00.0: Adding to iommu group"));
	assert_false(parse(group_parse, "pci 0000:01:00.0: Adding to iommu group x"));
	assert_false(parse(group_parse, "iommu: Adding device to group 17"));
	assert_false(parse(group_parse, ": Adding to iommu group 5"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(each_kind_with_its_device),
		UNIT_TEST_PLAIN(the_rest_is_no_context),
		UNIT_TEST_PLAIN(groups),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
