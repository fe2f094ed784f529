/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests of vsmmu-vm boot, find their SMMU, use a disk behind it, and end. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "vm_fixture.h"

/* A kernel that has found its SMMU, and uses it as a careful one does. */
static void boots(const char *kernel, const char *cpus)
{
	const char *const more[] = {"--cpus", cpus, NULL};
	char text[64];

	boot(kernel, "", more);
	expect_shown("Default domain type: Translated");
	expect_shown("invalidation policy: strict mode");
	expect_shown("oas 44-bit (features"); /* Debian's print the IAS before it */
	expect_shown("entries for evtq");
	command(10, "cpus");
	snprintf(text, sizeof(text), "guest: %s vCPUs", cpus);
	expect(text, 1);
	command(10, "echo heard");
	expect("guest: heard\n", 1);
	power_off();
	expect_no_trouble();
}

static void a_guest_finds_its_smmu(void *context)
{
	(void)context;
	boots(GUEST_RIG, "2");
}

static void debian_12_boots(void *context)
{
	(void)context;
	boots(GUEST_DEBIAN_12, "4");
}

static void debian_13_boots(void *context)
{
	(void)context;
	boots(GUEST_DEBIAN_13, "1");
}

static void a_guest_starts_again_and_is_left(void *context)
{
	char bdf[1][16];
	const char *const more[] = {"--device", bdf[0], NULL};

	(void)context;
	find_endpoints("edu", bdf, 1);
	boot(GUEST_RIG, "quiet", more);
	command(10, "fault 0000:00:01.0");
	expect("event: F_TRANSLATION client: 0000:00:01.0", 10);
	guest_type(&guest, "restart\n");
	expect("guest: ready", BOOT_SECONDS);
	command(10, "fault 0000:00:01.0");
	expect("event: F_TRANSLATION client: 0000:00:01.0", 10);
	guest_type(&guest, "\001x");
	TAP_EQ(guest_end(&guest, 5), 0);
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

static void use_disk(const char *option)
{
	char bdf[1][16];
	const char *const more[] = {"--cpus", "2", "--device", bdf[0], option, NULL};

	find_endpoints("nvme", bdf, 1);
	boot(GUEST_RIG, "", more);
	command(60, "disk write 4M 1");
	command(60, "disk verify 4M 1");
	command(10, "smmu");
	power_off();
	TAP_CHECK(!strstr(guest.console.text, "event: "), "the guest had a fault");
	TAP_CHECK(!strstr(guest.console.text, "completion polled"), "an interrupt was lost");
	expect_no_trouble();
}

static void a_disk_works_with_msi_x(void *context)
{
	(void)context;
	use_disk(NULL);
	TAP_CHECK(strstr(guest.console.text, "ITS-PCI-MSIX"), "the disk has no MSI-X");
}

static void a_disk_works_with_intx(void *context)
{
	(void)context;
	use_disk("--no-msi");
	TAP_CHECK(!strstr(guest.console.text, "ITS-PCI-MSIX"), "the disk has MSI-X");
}

static const struct tap_test tests[] = {
	{"a_guest_finds_its_smmu", "", a_guest_finds_its_smmu},
	{"debian_12_boots", "", debian_12_boots},
	{"debian_13_boots", "", debian_13_boots},
	{"a_disk_works_with_msi_x", "", a_disk_works_with_msi_x},
	{"a_disk_works_with_intx", "", a_disk_works_with_intx},
	{"a_guest_starts_again_and_is_left", "", a_guest_starts_again_and_is_left},
	{"a_signal_ends_it", "", a_signal_ends_it},
};

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &vm_fixture, NULL);
}
