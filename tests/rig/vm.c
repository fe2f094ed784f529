/* SPDX-License-Identifier: BSD-2-Clause */
/* vsmmu-vm with guests: their own drivers find a vSMMU and use it. */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "tap.h"

#define BOOT_SECONDS 60
#define EVENTS_FILE  "/tmp/events"
#define PLAIN_FILE   "/tmp/no-image"

static struct guest guest;

static void print_console(void)
{
	char *save, *line = strtok_r(guest.text, "\n", &save);

	for (; line; line = strtok_r(NULL, "\n", &save))
		tap_note("| %s", line);
}

static void kill_guest(void *context)
{
	(void)context;
	if (guest.pid <= 0)
		return;
	/* A test failed; what the console said tells why. */
	kill(guest.pid, SIGKILL);
	guest_end(&guest, 1);
	print_console();
}

/* Finds endpoints of a kind in what the rig's PID 1 has written down. Return: how many. */
static unsigned int find_endpoints(const char *kind, char bdf[][16], unsigned int max)
{
	FILE *file = fopen("/run/rig/endpoints", "re");
	char line[128], name[32], address[16];
	unsigned int found = 0;

	while (file && found < max && fgets(line, sizeof(line), file))
		if (sscanf(line, "%31s %15s", name, address) == 2 && !strcmp(name, kind))
			strcpy(bdf[found++], address);
	if (file)
		fclose(file);
	return found;
}

static void expect(const char *text, unsigned int seconds)
{
	TAP_CHECK(guest_expect(&guest, text, seconds), "the console does not say: %s", text);
}

/* Lines that no healthy guest prints. */
static void expect_no_trouble(void)
{
	static const char *const signs[] = {"WARNING:", "BUG:", "Call trace", "nable to handle",
		"CMD_SYNC timeout", "not responding", "failed to", "msi_domain absent"};

	for (size_t n = 0; n < sizeof(signs) / sizeof(signs[0]); n++)
		TAP_CHECK(!strstr(guest.text, signs[n]), "the console says: %s", signs[n]);
}

static void a_guest_finds_its_smmu(void *context)
{
	static const char *const more[] = {"--cpus", "2", NULL};

	(void)context;
	TAP_EQ(guest_boot(&guest, GUEST_RIG, "guest.echo", more), 0);
	expect("iommu: Default domain type: Translated", BOOT_SECONDS);
	expect("iommu: DMA domain TLB invalidation policy: strict mode", 5);
	expect("arm-smmu-v3 9050000.iommu: oas 44-bit", 20);
	expect("entries for evtq", 20);
	expect("guest: type\n", 30);
	guest_type(&guest, "a line\n");
	expect("guest: heard a line", 10);
	expect("reboot: Power down", 10);
	TAP_EQ(guest_end(&guest, 10), 0);
	TAP_CHECK(strstr(guest.text, "guest: up with 2 vCPUs"), "not all vCPUs are there");
	expect_no_trouble();
}

static void a_guest_starts_again_and_is_left(void *context)
{
	char bdf[1][16];
	const char *const more[] = {"--device", bdf[0], NULL};

	(void)context;
	TAP_EQ(find_endpoints("edu", bdf, 1), 1);
	TAP_EQ(guest_boot(&guest, GUEST_RIG, "quiet guest.fault guest.echo guest.reset", more), 0);
	expect("event: F_TRANSLATION client: 0000:00:01.0", BOOT_SECONDS);
	expect("guest: type\n", BOOT_SECONDS);
	guest_type(&guest, "reset\n");
	expect("reboot: Restarting system", 10);
	expect("event: F_TRANSLATION client: 0000:00:01.0", BOOT_SECONDS);
	expect("guest: type\n", BOOT_SECONDS);
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
	TAP_EQ(find_endpoints("edu", bdf, 2), 2);
	TAP_EQ(guest_boot(&guest, GUEST_RIG, "quiet guest.storm", more), 0);
	expect("event: F_TRANSLATION", BOOT_SECONDS);
	kill(guest.pid, SIGTERM);
	TAP_EQ(guest_end(&guest, 5), 0);
}

/* The file of events has a line for each of the two faults, in some order. */
static void expect_events(void)
{
	FILE *file = fopen(EVENTS_FILE, "re");
	unsigned int lines = 0;
	char line[1024];

	TAP_CHECK(file, "no " EVENTS_FILE);
	while (fgets(line, sizeof(line), file)) {
		lines++;
		TAP_CHECK(strstr(line, "\"name\":\"F_TRANSLATION\"") &&
				  strstr(line, "\"input_addr\":\"0xdead0000\"") &&
				  (strstr(line, "\"sid\":8,") || strstr(line, "\"sid\":16,")),
			"the file of events has: %s", line);
	}
	fclose(file);
	TAP_EQ(lines, 2);
}

/* Its own kernel decodes what its own driver took from its own event queue. */
static void a_guest_is_told_of_a_fault(void *context)
{
	char bdf[2][16];
	const char *const more[] = {
		"--device", bdf[0], "--device", bdf[1], "--events", EVENTS_FILE, NULL};

	(void)context;
	unlink(EVENTS_FILE);
	TAP_EQ(find_endpoints("edu", bdf, 2), 2);
	TAP_EQ(guest_boot(&guest, GUEST_RIG, "guest.fault", more), 0);
	expect("guest: group of 0000:00:01.0 type DMA first region 0x0000000008000000 "
	       "0x00000000080fffff direct",
		BOOT_SECONDS);
	expect("event: F_TRANSLATION client: 0000:00:01.0 sid: 0x8 ssid: 0x0 iova: 0xdead0000", 20);
	expect("event: F_TRANSLATION client: 0000:00:02.0 sid: 0x10 ssid: 0x0 iova: 0xdead0000",
		20);
	expect("reboot: Power down", 20);
	expect("vsmmu-vm: delivered 2\n", 5);
	TAP_EQ(guest_end(&guest, 10), 0);
	expect_events();
	expect_no_trouble();
}

static void use_disk(const char *option)
{
	char bdf[1][16];
	const char *const more[] = {"--cpus", "2", "--device", bdf[0], option, NULL};

	TAP_EQ(find_endpoints("nvme", bdf, 1), 1);
	TAP_EQ(guest_boot(&guest, GUEST_RIG, "guest.disk", more), 0);
	expect("guest: disk has what was written", BOOT_SECONDS);
	expect("reboot: Power down", 20);
	TAP_EQ(guest_end(&guest, 10), 0);
	TAP_CHECK(!strstr(guest.text, "event: "), "the guest had a fault");
	TAP_CHECK(!strstr(guest.text, "completion polled"), "an interrupt was lost");
	expect_no_trouble();
}

static void a_disk_works_with_msi_x(void *context)
{
	(void)context;
	use_disk(NULL);
	TAP_CHECK(strstr(guest.text, "ITS-PCI-MSIX"), "the disk has no MSI-X");
}

static void a_disk_works_with_intx(void *context)
{
	(void)context;
	use_disk("--no-msi");
	TAP_CHECK(!strstr(guest.text, "ITS-PCI-MSIX"), "the disk has MSI-X");
}

/*
 * A kernel that nobody here built. It configures a device only for a driver, and edu has none: an
 * access of it finds no STE, and Linux names such an event by its number.
 */
static void distribution(const char *kernel, const char *cpus)
{
	char bdf[1][16];
	const char *const more[] = {"--cpus", cpus, "--device", bdf[0], NULL};
	char up[64];

	TAP_EQ(find_endpoints("edu", bdf, 1), 1);
	TAP_EQ(guest_boot(&guest, kernel, "guest.fault", more), 0);
	expect("Default domain type: Translated", 2 * BOOT_SECONDS);
	expect("invalidation policy: strict mode", 20);
	expect("entries for evtq", 60);
	snprintf(up, sizeof(up), "guest: up with %s vCPUs", cpus);
	expect(up, 60);
	expect("event 0x02 received:", 30);
	expect("0x0000000800000002", 10);
	expect("reboot: Power down", 30);
	TAP_EQ(guest_end(&guest, 10), 0);
	expect_no_trouble();
}

static void debian_12_boots(void *context)
{
	(void)context;
	distribution(GUEST_DEBIAN_12, "4");
}

static void debian_13_boots(void *context)
{
	(void)context;
	distribution(GUEST_DEBIAN_13, "1");
}

static void write_file(const char *bytes, size_t length)
{
	int fd = open(PLAIN_FILE, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	TAP_EQ(write(fd, bytes, length), length);
	close(fd);
}

static uint64_t statistic(const char *name)
{
	char line[64];
	const char *at;

	snprintf(line, sizeof(line), "vsmmu-vm: %s ", name);
	at = strstr(guest.text, line);
	return at ? strtoull(at + strlen(line), NULL, 10) : 0;
}

/* Each fault was delivered, or was counted as lost; the file of events has the same. */
static void a_storm_is_accounted_for(void *context)
{
	char bdf[2][16], line[1024];
	const char *const more[] = {"--cpus", "2", "--device", bdf[0], "--device", bdf[1],
		"--events", EVENTS_FILE, NULL};
	uint64_t events = 0, lost = 0;
	FILE *file;

	(void)context;
	unlink(EVENTS_FILE);
	TAP_EQ(find_endpoints("edu", bdf, 2), 2);
	TAP_EQ(guest_boot(&guest, GUEST_RIG, "quiet guest.storm", more), 0);
	expect("guest: done", 2 * BOOT_SECONDS);
	expect("Power down", 30);
	TAP_EQ(guest_end(&guest, 10), 0);
	file = fopen(EVENTS_FILE, "re");
	TAP_CHECK(file, "no " EVENTS_FILE);
	while (fgets(line, sizeof(line), file)) {
		const char *count = strstr(line, "\"count\":");

		events += !count;
		lost += count ? strtoull(count + 8, NULL, 10) : 0;
	}
	fclose(file);
	tap_note("%" PRIu64 " events, %" PRIu64 " lost", events, lost);
	TAP_EQ(statistic("delivered"), events);
	TAP_EQ(statistic("lost"), lost);
	TAP_EQ(statistic("sequenced"), events + lost + statistic("discarded"));
	TAP_CHECK(events + lost >= 2048, "there was no storm");
	expect_no_trouble();
}

/* It harms itself: its driver is kept busy with errors of its queues. The VMM is not. */
static void a_guest_can_write_garbage(void *context)
{
	char bdf[1][16];
	const char *const more[] = {"--device", bdf[0], NULL};

	(void)context;
	TAP_EQ(find_endpoints("edu", bdf, 1), 1);
	TAP_EQ(guest_boot(&guest, GUEST_RIG, "quiet guest.garbage", more), 0);
	expect("vsmmu-vm: warning: command queue stopped", 2 * BOOT_SECONDS);
	guest_type(&guest, "\001x");
	TAP_EQ(guest_end(&guest, 5), 0);
}

/* Runs it with words that it has to refuse. */
static void refuses(const char *const *arguments, int status, const char *text)
{
	TAP_EQ(guest_start(&guest, arguments), 0);
	TAP_EQ(guest_end(&guest, 10), status);
	TAP_CHECK(strstr(guest.text, text), "it says: %s", guest.text);
}

static void it_says_what_is_wrong(void *context)
{
	static const char gzip[64] = "\x1f\x8b", zeroes[64];

	(void)context;
	refuses((const char *const[]){NULL}, 2, "no --kernel");
	refuses((const char *const[]){"--kernel", GUEST_RIG, "--mem", "7", NULL}, 2, "512M");
	refuses((const char *const[]){"--kernel", GUEST_RIG, "--cpus", "0", NULL}, 2, "vCPUs");
	refuses((const char *const[]){"--kernel", GUEST_RIG, "--device", "1:0", NULL}, 2, "lspci");
	refuses((const char *const[]){"--kernel", GUEST_RIG, "--device", "0000:00:1e.0", NULL}, 1,
		"no such device");
	refuses((const char *const[]){"--kernel", GUEST_RIG, "--device", "0000:00:00.0", NULL}, 1,
		"not to vfio-pci; as root: echo");
	refuses((const char *const[]){"--kernel", "nowhere", NULL}, 1, "No such file");
	write_file(zeroes, sizeof(zeroes));
	refuses((const char *const[]){"--kernel", PLAIN_FILE, NULL}, 1, "no arm64 Image");
	refuses((const char *const[]){"--kernel", GUEST_RIG, "--initrd", "/dev/null", NULL}, 1,
		"is empty");
	write_file(gzip, sizeof(gzip));
	refuses((const char *const[]){"--kernel", PLAIN_FILE, NULL}, 1, "unpack it: gunzip");
}

static const struct tap_test tests[] = {
	{"a_guest_finds_its_smmu", "", a_guest_finds_its_smmu},
	{"a_guest_is_told_of_a_fault", "", a_guest_is_told_of_a_fault},
	{"a_disk_works_with_msi_x", "", a_disk_works_with_msi_x},
	{"a_disk_works_with_intx", "", a_disk_works_with_intx},
	{"debian_12_boots", "", debian_12_boots},
	{"debian_13_boots", "", debian_13_boots},
	{"a_guest_starts_again_and_is_left", "", a_guest_starts_again_and_is_left},
	{"a_signal_ends_it", "", a_signal_ends_it},
	{"a_storm_is_accounted_for", "", a_storm_is_accounted_for},
	{"a_guest_can_write_garbage", "", a_guest_can_write_garbage},
	{"it_says_what_is_wrong", "", it_says_what_is_wrong},
};

int main(void)
{
	static const struct tap_fixture fixture = {.close = kill_guest};

	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &fixture, NULL);
}
