/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests of vsmmu-vm are told of the faults of their devices. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm_fixture.h"

#define EVENTS_FILE "/tmp/events"

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
	find_endpoints("edu", bdf, 2);
	boot(GUEST_RIG, "", more);
	command(10, "groups");
	expect("guest: group of 0000:00:01.0 type DMA\n", 1);
	expect("guest: region of 0000:00:01.0 0x0000000008000000 0x00000000080fffff direct\n", 1);
	command(10, "fault 0000:00:01.0");
	expect("event: F_TRANSLATION client: 0000:00:01.0 sid: 0x8 ssid: 0x0 iova: 0xdead0000", 10);
	command(10, "fault 0000:00:02.0");
	expect("event: F_TRANSLATION client: 0000:00:02.0 sid: 0x10 ssid: 0x0 iova: 0xdead0000",
		10);
	power_off();
	TAP_EQ(statistic("delivered"), 2);
	expect_events();
	expect_no_trouble();
}

static const struct {
	const char *name;
	uint64_t words[4];
	const char *line; /* as its own driver decodes it */
} kinds[] = {
	{"F_TRANSLATION", {0x0000000800000010, 0x0000020800000000, 0x101000},
		"event: F_TRANSLATION client: 0000:00:01.0 sid: 0x8 ssid: 0x0 iova: 0x101000"},
	{"F_PERMISSION", {0x0000000800000013, 0x0000020000000000, 0x102000},
		"event: F_PERMISSION client: 0000:00:01.0 sid: 0x8 ssid: 0x0 iova: 0x102000"},
	{"F_ACCESS", {0x0000000800000012, 0x0000020800000000, 0x103000},
		"event: F_ACCESS client: 0000:00:01.0 sid: 0x8 ssid: 0x0 iova: 0x103000"},
	{"F_ADDR_SIZE", {0x0000000800000011, 0x0000020800000000, 0x104000},
		"event: F_ADDR_SIZE client: 0000:00:01.0 sid: 0x8 ssid: 0x0 iova: 0x104000"},
	{"C_BAD_CD", {0x000000080000000a},
		"event: C_BAD_CD client: 0000:00:01.0 sid: 0x8 ssid: 0x0"},
};

static void a_guest_is_told_of_each_kind(void *context)
{
	char bdf[1][16];
	const char *const more[] = {"--device", bdf[0], "--no-msi", NULL};

	(void)context;
	find_endpoints("edu", bdf, 1);
	boot(GUEST_RIG, "", more);
	command(10, "bind 0000:00:01.0 vfio-pci");
	for (size_t n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++) {
		command(20, "kind %s 0000:00:01.0", kinds[n].name);
		expect_event(kinds[n].words);
		expect(kinds[n].line, 10);
	}
	expect_decoded();
	power_off();
	TAP_EQ(statistic("delivered"), sizeof(kinds) / sizeof(kinds[0]));
	expect_no_trouble();
}

/* Each fault was delivered, or was counted as lost; the file of events has the same. */
static void a_storm_is_accounted_for(void *context)
{
	char bdf[2][16], line[1024];
	const char *const more[] = {"--cpus", "2", "--device", bdf[0], "--device", bdf[1],
		"--isolate", "--events", EVENTS_FILE, NULL};
	uint64_t events = 0, lost = 0;
	FILE *file;

	(void)context;
	unlink(EVENTS_FILE);
	find_endpoints("edu", bdf, 2);
	boot(GUEST_RIG, "quiet", more);
	command(60, "storm 1 0000:00:01.0 0000:00:02.0");
	expect("guest: storm of 2048 faults", 1);
	power_off();
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
	find_endpoints("edu", bdf, 1);
	boot(GUEST_RIG, "quiet", more);
	guest_type(&guest, "garbage\n");
	expect_message("vsmmu-vm: warning: command queue stopped", BOOT_SECONDS);
	guest_type(&guest, "\001x");
	TAP_EQ(guest_end(&guest, 5), 0);
}

static const struct tap_test tests[] = {
	{"a_guest_is_told_of_a_fault", "", a_guest_is_told_of_a_fault},
	{"a_guest_is_told_of_each_kind", "", a_guest_is_told_of_each_kind},
	{"a_storm_is_accounted_for", "", a_storm_is_accounted_for},
	{"a_guest_can_write_garbage", "", a_guest_can_write_garbage},
};

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &vm_fixture, NULL);
}
