/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests of vsmmu-vm boot, find their SMMU, use a disk behind it, and end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm_fixture.h"

/* IDR3.RIL, IHI 0070 6.3.4 */
static bool has_ril(void)
{
	const char *value;

	command(10, "register 0xc 1");
	value = strstr(guest_answer(&guest), "guest: register 0x");
	TAP_CHECK(value, "no IDR3");
	return strtoul(value + strlen("guest: register "), NULL, 0) >> 10 & 1;
}

static void our_kernel_is_strict_by_default(void *context)
{
	static const char *const more[] = {"--cpus", "4", NULL};

	(void)context;
	boot(GUEST_RIG, "", more);
	expect_shown("Default domain type: Translated");
	expect_shown("invalidation policy: strict mode");
	expect_shown("oas 44-bit");
	command(10, "cpus");
	expect("guest: 4 vCPUs\n", 1);
	TAP_CHECK(has_ril(), "the SMMU has no range invalidation");
	command(10, "echo heard");
	expect("guest: heard\n", 1);
	power_off();
	expect_no_trouble();
}

/* Physical addresses are right for a device whose STE bypasses stage 1. */
static void a_device_copies_with_passthrough(void *context)
{
	char bdf[1][16];
	const char *const more[] = {"--device", bdf[0], NULL};

	(void)context;
	find_endpoints("edu", bdf, 1);
	boot(GUEST_RIG, "iommu.passthrough=1", more);
	expect_shown("Default domain type: Passthrough");
	command(10, "cpus");
	expect("guest: 1 vCPUs\n", 1);
	command(10, "groups");
	expect("guest: group of 0000:00:01.0 type identity\n", 1);
	command(10, "copy 0000:00:01.0");
	expect("guest: copy arrived\n", 1);
	power_off();
	expect_no_trouble();
}

static void use_disk(void)
{
	command(60, "disk write 4M 1");
	command(60, "disk verify 4M 1");
	command(10, "smmu");
}

static void expect_good_disk(void)
{
	TAP_CHECK(!strstr(guest.console.text, "completion polled"), "an interrupt was lost");
	expect_no_trouble();
}

static void a_disk_works_with_intx_lazily_without_ril(void *context)
{
	char bdf[1][16];
	const char *const more[] = {
		"--cpus", "2", "--device", bdf[0], "--no-msi", "--no-ril", NULL};

	(void)context;
	find_endpoints("nvme", bdf, 1);
	boot(GUEST_RIG, "iommu.strict=0", more);
	TAP_CHECK(!has_ril(), "the SMMU has range invalidation");
	expect_shown("invalidation policy: lazy mode");
	use_disk();
	power_off();
	TAP_CHECK(!strstr(guest.console.text, "ITS-PCI-MSIX"), "the disk has MSI-X");
	TAP_EQ(count_events(0), 0);
	expect_good_disk();
}

static void a_guest_with_devices_at_work_starts_again(void *context)
{
	char bdf[2][16];
	const char *const more[] = {"--cpus", "2", "--device", bdf[0], "--device", bdf[1], NULL};

	(void)context;
	find_endpoints("edu", bdf, 1);
	find_endpoints("nvme", bdf + 1, 1);
	boot(GUEST_RIG, "", more);
	use_disk();
	expect_shown("ITS-PCI-MSIX");
	command(10, "quiet");
	command(10, "disk write 256M 2 &");
	command(10, "storm 100 0000:00:01.0 &");
	guest_type(&guest, "restart\n");
	expect("guest: ready", BOOT_SECONDS);
	use_disk();
	command(10, "fault 0000:00:01.0");
	expect("event: F_TRANSLATION client: 0000:00:01.0", 10);
	expect_good_disk();
	guest_type(&guest, "\001x");
	TAP_EQ(guest_end(&guest, 5), 0);
}

/*
 * A guest without a driver for its SMMU: what devices write has physical addresses, and MSIs reach
 * the host's window. VFIO takes such a device, which it refuses behind an SMMU with that window.
 */
static void a_device_interrupts_by_msi_with_the_smmu_off(void *context)
{
	char bdf[1][16];
	const char *const more[] = {"--device", bdf[0], NULL};

	(void)context;
	find_endpoints("edu", bdf, 1);
	boot(GUEST_RIG, "initcall_blacklist=arm_smmu_driver_init vfio.enable_unsafe_noiommu_mode=1",
		more);
	command(10, "groups");
	expect("guest: no groups\n", 1);
	command(10, "copy 0000:00:01.0");
	expect("guest: copy arrived\n", 1);
	command(10, "bind 0000:00:01.0 vfio-pci");
	command(10, "interrupt 0000:00:01.0 msi");
	expect("guest: interrupt arrived\n", 1);
	command(10, "interrupt 0000:00:01.0 intx");
	expect("guest: interrupt arrived\n", 1);
	power_off();
	expect_no_trouble();
}

static void a_signal_ends_it(void *context)
{
	char bdf[2][16];
	const char *const more[] = {"--cpus", "2", "--device", bdf[0], "--device", bdf[1], NULL};

	(void)context;
	TAP_EQ(guest_boot(&guest, GUEST_RIG, "", NULL), 0);
	expect("Booting Linux", BOOT_SECONDS);
	kill(guest.pid, SIGTERM);
	TAP_EQ(guest_end(&guest, 5), 0);
	/* In the middle of a storm, too. */
	find_endpoints("edu", bdf, 2);
	boot(GUEST_RIG, "quiet", more);
	command(10, "storm 100 0000:00:01.0 0000:00:02.0 &");
	expect("event: F_TRANSLATION", 10);
	kill(guest.pid, SIGTERM);
	TAP_EQ(guest_end(&guest, 5), 0);
}

static const struct tap_test tests[] = {
	{"our_kernel_is_strict_by_default", "", our_kernel_is_strict_by_default},
	{"a_device_copies_with_passthrough", "", a_device_copies_with_passthrough},
	{"a_disk_works_with_intx_lazily_without_ril", "",
		a_disk_works_with_intx_lazily_without_ril},
	{"a_guest_with_devices_at_work_starts_again", "",
		a_guest_with_devices_at_work_starts_again},
	{"a_device_interrupts_by_msi_with_the_smmu_off", "",
		a_device_interrupts_by_msi_with_the_smmu_off},
	{"a_signal_ends_it", "", a_signal_ends_it},
};

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &vm_fixture, NULL);
}
