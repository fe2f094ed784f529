/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels that nobody here built, those of two Debian releases, each booted once. They configure a
 * PCI device behind an SMMU only when a driver binds: what has none has no STE.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "vm_fixture.h"

#define FIRST  "0000:00:01.0" /* StreamID 8 */
#define SECOND "0000:00:02.0" /* StreamID 16 */

/* A window for MSIs would keep VFIO from the devices in the guest. */
static void boots(const char *kernel, const char *cpus)
{
	char bdf[2][16], text[64];
	const char *const more[] = {
		"--cpus", cpus, "--device", bdf[0], "--device", bdf[1], "--no-msi", NULL};

	find_endpoints("edu", bdf, 2);
	boot(kernel, "", more);
	expect_shown("Default domain type: Translated");
	expect_shown("invalidation policy: strict mode");
	expect_shown("oas 44-bit");
	/* 1 MiB is the largest piece that a kernel with CMA takes for a queue. */
	expect_shown("allocated 32768 entries for evtq");
	command(10, "cpus");
	snprintf(text, sizeof(text), "guest: %s vCPUs\n", cpus);
	expect(text, 1);
	command(10, "groups");
	expect("guest: no groups\n", 1);
	expect_no_trouble();
}

static void debian_12_boots_with_4_vcpus(void *context)
{
	(void)context;
	guest.next = GUEST_RIG;
	boots(GUEST_DEBIAN_12, "4");
	leave_guest();
}

static void debian_13_boots_with_1_vcpu(void *context)
{
	(void)context;
	boots(GUEST_DEBIAN_13, "1");
	leave_guest();
}

/* Both accesses of a copy end by an abort. */
static void expect_no_copy(void)
{
	command(20, "copy " FIRST);
	expect("guest: copy did not arrive\n", 1);
	guest.console.seen = guest.answer;
}

static void is_told_of_no_ste(void *context)
{
	static const uint64_t bad_streamid[4] = {0x0000000800000002};

	(void)context;
	take_guest();
	expect_no_copy();
	expect_event(bad_streamid);
	expect_event(bad_streamid);
	expect_no_trouble();
	leave_guest();
}

/* The program can copy, and a device can, when its guest allows it. */
static void copies_when_mapped(void *context)
{
	size_t from;

	(void)context;
	take_guest();
	from = guest.console.length;
	command(60, "module vfio-pci vfio_iommu_type1 pci-stub");
	command(20, "bind " SECOND " vfio-pci");
	command(20, "copy-mapped " SECOND);
	expect("guest: copy arrived\n", 1);
	TAP_EQ(count_events(from), 0);
	expect_no_trouble();
	leave_guest();
}

/* The fault of another device comes behind any event that there was. */
static void expect_silence(void)
{
	static const uint64_t other[4] = {0x0000001000000010, 0x0000020800000000, 0x101000};
	const size_t from = guest.console.length;

	expect_no_copy();
	command(20, "kind F_TRANSLATION " SECOND);
	expect_event(other);
	TAP_EQ(count_events(from), 1);
	expect_no_trouble();
}

/* Beside a device with a driver: Linux has filled a table for the whole bus with STEs that abort.
 */
static void is_silent_beside_a_bound_device(void *context)
{
	(void)context;
	take_guest();
	expect_silence();
	leave_guest();
}

/* It had a driver, was removed and found again: its own STE aborts now. */
static void is_silent_after_a_driver(void *context)
{
	(void)context;
	take_guest();
	command(20, "bind " FIRST " vfio-pci");
	command(20, "remove " FIRST);
	command(20, "rescan");
	expect_silence();
	leave_guest();
}

static void is_told_of_faults(void *context)
{
	static const uint64_t translation[4] = {
		0x0000000800000010, 0x0000020800000000, 0x00000000dead0000};
	static const uint64_t permission[4] = {0x0000001000000013, 0x0000020000000000, 0x102000};

	(void)context;
	take_guest();
	command(20, "bind " FIRST " pci-stub");
	command(20, "fault " FIRST);
	expect_event(translation);
	command(20, "kind F_PERMISSION " SECOND);
	expect_event(permission);
	expect_decoded();
	expect_no_trouble();
	leave_guest();
}

static void starts_our_kernel(void *context)
{
	(void)context;
	take_guest();
	guest_type(&guest, "kexec\n");
	expect("Booting Linux", BOOT_SECONDS);
	/* Ours has no CMA, and takes 4 MiB. */
	expect("allocated 131072 entries for evtq", BOOT_SECONDS);
	expect("guest: ready", BOOT_SECONDS);
	command(20, "fault " FIRST);
	expect("event: F_TRANSLATION client: " FIRST " sid: 0x8 ssid: 0x0 iova: 0xdead0000", 10);
	power_off();
	expect_no_trouble();
}

static void switches_off(void *context)
{
	(void)context;
	take_guest();
	power_off();
	expect_no_trouble();
}

static const struct tap_test tests[] = {
	{"debian_12_boots_with_4_vcpus", "", debian_12_boots_with_4_vcpus},
	{"debian_12_is_told_that_a_device_has_no_ste", "", is_told_of_no_ste},
	{"debian_12_copies_when_the_pages_are_mapped", "", copies_when_mapped},
	{"debian_12_is_silent_beside_a_bound_device", "", is_silent_beside_a_bound_device},
	{"debian_12_is_silent_after_a_driver", "", is_silent_after_a_driver},
	{"debian_12_is_told_of_translation_and_permission", "", is_told_of_faults},
	{"debian_12_starts_our_kernel_by_kexec", "", starts_our_kernel},
	{"debian_13_boots_with_1_vcpu", "", debian_13_boots_with_1_vcpu},
	{"debian_13_is_told_that_a_device_has_no_ste", "", is_told_of_no_ste},
	{"debian_13_copies_when_the_pages_are_mapped", "", copies_when_mapped},
	{"debian_13_is_silent_beside_a_bound_device", "", is_silent_beside_a_bound_device},
	{"debian_13_is_silent_after_a_driver", "", is_silent_after_a_driver},
	{"debian_13_is_told_of_translation_and_permission", "", is_told_of_faults},
	{"debian_13_switches_off", "", switches_off},
};

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &vm_fixture, NULL);
}
