/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices of a guest fault as fast as they can: all is accounted for, and the rest works on. */
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kmsg.h"
#include "vm_user.h"

#define EVENTS_FILE "/tmp/events"
#define DEVICES	    4
#define THOUSANDS   40 /* faults of each device, by 1,024 */
#define FAULTS	    (DEVICES * THOUSANDS * UINT64_C(1024) + 1)
#define EDUS	    "0000:00:01.0 0000:00:02.0 0000:00:03.0 0000:00:04.0"
#define ECHO_MS	    2000
#define IDLE_TENTHS 300

static char edu[DEVICES][16], nvme[1][16];
static struct kmsg host;

/* A figure of the last answer to "stats", which leaves out those that are 0. */
static uint64_t figure(const char *name)
{
	const size_t length = strlen(name);

	for (const char *at = user.text; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, name, length) && at[length] == ' ')
			return strtoull(at + length, NULL, 10);
	}
	return 0;
}

/* The guest's tty, its scheduler and its PID 1 all have their turn. */
static void expect_echo(unsigned int n)
{
	char word[32];

	snprintf(word, sizeof(word), "echo heard-%u\n", n);
	guest_type(&guest, word);
	snprintf(word, sizeof(word), "guest: heard-%u\n", n);
	TAP_CHECK(guest_expect(&guest, word, ECHO_MS / 1000), "no echo within %d ms", ECHO_MS);
}

/* Return: whether the host's SMMU itself had no room for events, of which no count exists. */
static bool host_lost_events(void)
{
	TAP_EQ(kmsg_collect(&host), 0);
	return strstr(host.text, "EVTQ overflow");
}

/*
 * Waits until the kernel has given @faults, or no more for a while: as long as it takes the guest
 * to free a quarter of its queue, for which the library waits when it was full.
 */
static void wait_for(uint64_t faults)
{
	unsigned int idle = 0;
	uint64_t before = 0;

	do {
		does("stats");
		idle = figure("sequenced") == before ? idle + 1 : 0;
		before = figure("sequenced");
		usleep(100000);
	} while (before < faults && idle < IDLE_TENTHS);
}

/* Return: KVM's count of the accesses that went to the VMM. */
static uint64_t exits(void)
{
	char text[32] = "";
	glob_t found;
	int fd;

	TAP_EQ(glob("/sys/kernel/debug/kvm/*-*/mmio_exit_user", 0, NULL, &found), 0);
	TAP_EQ(found.gl_pathc, 1);
	fd = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
	globfree(&found);
	TAP_CHECK(read(fd, text, sizeof(text) - 1) > 0, "KVM does not count exits");
	close(fd);
	return strtoull(text, NULL, 10);
}

/* Counts what --events has. Return: whether its last event is that of "last". */
static bool count_file(uint64_t *events, uint64_t *lost)
{
	FILE *file = fopen(EVENTS_FILE, "re");
	bool last = false;
	char line[1024];

	*events = *lost = 0;
	TAP_CHECK(file, "no " EVENTS_FILE);
	while (fgets(line, sizeof(line), file)) {
		const char *count = strstr(line, "\"count\":");

		*events += !count;
		*lost += count ? strtoull(count + 8, NULL, 10) : 0;
		if (!count)
			last = strstr(line, "\"input_addr\":\"0xdeaf0000\"");
	}
	fclose(file);
	return last;
}

static void open_all(const char *const *more)
{
	unlink(EVENTS_FILE);
	find_endpoints("edu", edu, DEVICES);
	find_endpoints("nvme", nvme, 1);
	TAP_EQ(kmsg_open(&host), 0);
	boot(GUEST_RIG, "quiet", more);
	connect_client(&user);
	command(10, "quiet");
}

static void close_all(void)
{
	control_client_close(&user);
	kmsg_close(&host);
}

static void storms_of_four_devices_are_accounted_for(void *context)
{
	const char *const more[] = {"--cpus", "2", "--device", edu[0], "--device", edu[1],
		"--device", edu[2], "--device", edu[3], "--events", EVENTS_FILE, "--control",
		CONTROL_PATH, NULL};
	uint64_t events, lost, pauses;
	unsigned int samples = 0;
	bool last;

	(void)context;
	open_all(more);
	command(10, "storm %d " EDUS " &", THOUSANDS);
	do {
		does("stats");
		expect_echo(samples++);
		TAP_CHECK(samples < 1000 && !strstr(guest.console.text, "background failed"),
			"the storm does not end");
	} while (!strstr(guest.console.text, "guest: background ok"));
	wait_for(FAULTS - 1);
	command(10, "last 0000:00:01.0");
	wait_for(FAULTS);
	if (figure("lost")) {
		TAP_CHECK(figure("pauses"),
			"%" PRIu64 " were lost, though the guest's queue had room", figure("lost"));
		command(10, "log EVTQ overflow");
		TAP_CHECK(!strstr(guest_answer(&guest), "guest: 0 lines"),
			"the guest was not told of a loss");
	}
	/* Linux writes CONS after each record that it takes. */
	TAP_CHECK(exits() < FAULTS / 2, "%" PRIu64 " exits to the VMM", exits());
	pauses = figure("pauses");
	power_off();
	last = count_file(&events, &lost);
	tap_note("%" PRIu64 " events, %" PRIu64 " lost, %" PRIu64 " pauses, %u samples", events,
		lost, pauses, samples);
	TAP_EQ(statistic("delivered"), events);
	TAP_EQ(statistic("lost"), lost);
	TAP_CHECK(last, "the last event is not the last fault's");
	if (host_lost_events())
		tap_note("inconclusive: the host's own SMMU had no room for all events");
	else
		TAP_EQ(events + lost, FAULTS);
	expect_no_trouble();
	close_all();
}

static void a_guest_can_switch_off_in_a_storm(void *context)
{
	const char *const more[] = {"--cpus", "2", "--device", edu[0], "--device", edu[1],
		"--device", edu[2], "--device", edu[3], "--control", CONTROL_PATH, NULL};

	(void)context;
	open_all(more);
	command(10, "storm 1000 " EDUS " &");
	do
		does("stats");
	while (figure("delivered") < 10000);
	guest_type(&guest, "loud\noff\n");
	expect("reboot: Power down", 30);
	TAP_EQ(guest_end(&guest, 5), 0);
	close_all();
}

static void work_beside_a_storm(const char *option)
{
	const char *const more[] = {"--cpus", "2", "--device", edu[0], "--device", nvme[0],
		"--control", CONTROL_PATH, option, NULL};
	uint64_t delivered;
	time_t end;

	open_all(more);
	command(10, "storm 1000 0000:00:01.0 &");
	do
		does("stats");
	while (figure("delivered") < 1000);
	command(120, "disk write 4M 7");
	command(120, "disk verify 4M 7");
	/* The storm goes on: it takes the device 100 s at least. */
	does("stats");
	delivered = figure("delivered");
	end = time(NULL) + 20;
	do
		does("stats");
	while (figure("delivered") == delivered && time(NULL) < end);
	TAP_CHECK(figure("delivered") > delivered, "the storm was over before the disk's work");
	command(10, "log nvme");
	TAP_CHECK(!strstr(guest_answer(&guest), "timeout"), "the disk had a timeout: %s",
		guest_answer(&guest));
	guest_type(&guest, "loud\n");
	power_off();
	expect_no_trouble();
	close_all();
}

static void a_disk_works_beside_a_storm(void *context)
{
	(void)context;
	work_beside_a_storm(NULL);
}

static void an_isolated_disk_works_beside_a_storm(void *context)
{
	(void)context;
	work_beside_a_storm("--isolate");
}

static const struct tap_test tests[] = {
	{"storms_of_four_devices_are_accounted_for", "", storms_of_four_devices_are_accounted_for},
	{"a_guest_can_switch_off_in_a_storm", "", a_guest_can_switch_off_in_a_storm},
	{"a_disk_works_beside_a_storm", "", a_disk_works_beside_a_storm},
	{"an_isolated_disk_works_beside_a_storm", "", an_isolated_disk_works_beside_a_storm},
};

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &vm_fixture, NULL);
}
