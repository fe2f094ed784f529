/* SPDX-License-Identifier: BSD-2-Clause */
/* A running vsmmu-vm is operated through its socket: it tells, and it moves. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "vm_user.h"

#define CLIENTS	 8   /* that vsmmu-vm takes at a time */
#define GOOD	 2   /* of these, when the others are bad */
#define ASKED	 100 /* for statistics in a storm */
#define STATS_MS 200 /* in which it has to answer, whatever goes on */
#define LATE	 5   /* of @ASKED, as an emulated CPU may stand still, but not each time */
#define TEXT_MS	 5000

static unsigned int late;
static long longest_ms;

static long now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void expect_stats(struct control_client *from)
{
	const long begin = now_ms();

	TAP_CHECK(control_client_do(from, "stats", TEXT_MS), "stats: %s", from->text);
	late += now_ms() - begin > STATS_MS;
	TAP_CHECK(strstr(from->text, "delivered ") || strstr(from->text, "commands "), "stats: %s",
		from->text);
	if (now_ms() - begin > longest_ms)
		longest_ms = now_ms() - begin;
}

/* Neither what it sends nor that it never reads is of any consequence. */
static void bear_bad_clients(void)
{
	static struct control_client bad[CLIENTS - GOOD], one_more;
	static char garbage[4096], stats[65536];

	for (size_t n = 0; n < sizeof(garbage); n++)
		garbage[n] = (char)(n * 2654435761u >> 24);
	for (size_t n = 0; n < sizeof(stats); n++)
		stats[n] = "stats\n"[n % 6];
	for (unsigned int n = 0; n < CLIENTS - GOOD; n++)
		connect_client(&bad[n]);
	connect_client(&one_more);
	TAP_CHECK(!control_client_wait(&one_more, TEXT_MS) && strstr(one_more.text, "too many"),
		"one client more: %s", one_more.text);
	control_client_close(&one_more);
	control_client_send(&bad[0], garbage, sizeof(garbage));
	/* More than the socket holds, in both directions: some of it is never sent. */
	fcntl(bad[1].fd, F_SETFL, O_NONBLOCK);
	for (unsigned int n = 0; n < 100; n++)
		control_client_send(&bad[1], stats, sizeof(stats));
	/* A line without an end, which is longer than any command. */
	memset(garbage, 'x', sizeof(garbage));
	control_client_send(&bad[2], garbage, sizeof(garbage));
	TAP_CHECK(!control_client_wait(&bad[2], TEXT_MS) && strstr(bad[2].text, "error: a long"),
		"an endless line: %s", bad[2].text);
	control_client_send(&bad[3], "quit", 4); /* half a command */
	expect_stats(&user);
	for (unsigned int n = 0; n < CLIENTS - GOOD; n++)
		control_client_close(&bad[n]);
	expect_stats(&user);
}

/* Return: the numbers behind @label in the last answer. */
static unsigned int numbers(const char *label, uint64_t *number, unsigned int most)
{
	const char *at = strstr(user.text, label);
	unsigned int count = 0;
	char *end;

	for (at = at ? at + strlen(label) : ""; count < most; at = end) {
		number[count] = strtoull(at + strspn(at, ": "), &end, 16);
		if (end == at || *at == '\n')
			break;
		count++;
	}
	return count;
}

#define WINDOW                                                                                     \
	UINT64_C(0x8000040) /* in the host's window for MSIs, which the guest maps to itself */

/* The guest's driver has made these tables; what was installed follows from them. */
static void expect_dump(const char *bdf)
{
	uint64_t ste[9], installed[2], cd[9], leaf[2], output;
	char line[64];

	snprintf(line, sizeof(line), "dump %s 0x%x", bdf, (unsigned int)WINDOW);
	does(line);
	TAP_EQ(numbers("\nste at", ste, 9), 9);
	TAP_EQ(numbers("vSTE", installed, 2), 2);
	TAP_CHECK(strstr(user.text, "guest wants stage 1, host has stage 1,"), "%s", user.text);
	/* V and Config, and the address of the CD */
	TAP_EQ(ste[1] & 0xf, 0xb);
	TAP_EQ(installed[0] & 0x000fffffffffffcf, ste[1] & 0x000fffffffffffcf);
	TAP_EQ(numbers("\ncd at", cd, 9), 9);
	TAP_EQ(cd[0], ste[1] & 0x000fffffffffffc0);
	TAP_CHECK(cd[1] >> 31 & 1, "the CD is not valid: %s", user.text);
	TAP_EQ(numbers("level 3 descriptor at", leaf, 2), 2);
	TAP_EQ(leaf[1] & 0x0000fffffffff000, WINDOW & ~UINT64_C(0xfff));
	TAP_EQ(numbers("output", &output, 1), 1);
	TAP_EQ(output, WINDOW);
	TAP_CHECK(strstr(user.text, "a read passes"), "%s", user.text);
	snprintf(line, sizeof(line), "dump %s 0xdead0000", bdf);
	does(line);
	TAP_CHECK(strstr(user.text, "event F_TRANSLATION\na read aborts\n"), "%s", user.text);
	snprintf(line, sizeof(line), "dump %s nowhere", bdf);
	refuses(line, "is a number");
	does(with("dump", bdf));
	TAP_CHECK(!strstr(user.text, "a read"), "%s", user.text);
	refuses("dump 0000:00:1e.0", "is not attached");
}

static void it_answers_in_a_storm(void *context)
{
	char bdf[2][16];
	const char *const more[] = {"--cpus", "2", "--device", bdf[0], "--device", bdf[1],
		"--control", CONTROL_PATH, NULL};
	static struct control_client second;
	struct stat stat;

	(void)context;
	find_endpoints("edu", bdf, 2);
	boot(GUEST_RIG, "quiet", more);
	TAP_CHECK(!lstat(CONTROL_PATH, &stat) && (stat.st_mode & 07777) == 0600,
		"mode %o of " CONTROL_PATH, (unsigned int)stat.st_mode);
	connect_client(&user);
	connect_client(&second);
	command(10, "storm 16 0000:00:01.0 0000:00:02.0 &");
	expect("event: F_TRANSLATION", 10);
	for (unsigned int n = 0; n < ASKED / 2; n++) {
		expect_stats(&user);
		expect_stats(&second);
	}
	tap_note("statistics in a storm took %ld ms at most, %u of %u more than %u ms", longest_ms,
		late, ASKED, STATS_MS);
	TAP_CHECK(late <= LATE, "%u of %u answers are late", late, ASKED);
	expect("guest: background ok", 240);
	bear_bad_clients();
	expect_dump(bdf[0]);
	does("help");
	TAP_CHECK(strstr(user.text, "attach BDF [SLOT]"), "help: %s", user.text);
	/* Several lines at once, and two in one. */
	control_client_send(&user, "stats\nhel", 9);
	TAP_CHECK(control_client_wait(&user, TEXT_MS), "stats: %s", user.text);
	control_client_send(&user, "p\n", 2);
	TAP_CHECK(control_client_wait(&user, TEXT_MS), "help: %s", user.text);
	kill(guest.pid, SIGUSR1);
	expect_message("vsmmu-vm: delivered ", 5);
	control_client_close(&second);
	quit();
	expect_no_trouble();
}

static struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = CONTROL_PATH};

static void it_takes_a_dead_socket_only(void *context)
{
	static const char *const arguments[] = {
		"--kernel", "nowhere", "--control", CONTROL_PATH, NULL};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)context;
	TAP_EQ(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	TAP_EQ(listen(fd, 1), 0);
	TAP_EQ(guest_start(&guest, arguments), 0);
	TAP_EQ(guest_end(&guest, 10), 1);
	TAP_CHECK(strstr(guest.messages.text, CONTROL_PATH ": Address already in use"),
		"it says: %s", guest.messages.text);
	close(fd);
	TAP_EQ(access(CONTROL_PATH, F_OK), 0);
	TAP_EQ(guest_start(&guest, arguments), 0);
	TAP_EQ(guest_end(&guest, 10), 1);
	TAP_CHECK(strstr(guest.messages.text, "nowhere: No such file"), "it says: %s",
		guest.messages.text);
	TAP_CHECK(access(CONTROL_PATH, F_OK), CONTROL_PATH " is still there");
	/* A file that is no socket is somebody's. */
	close(open(CONTROL_PATH, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	TAP_EQ(guest_start(&guest, arguments), 0);
	TAP_EQ(guest_end(&guest, 10), 1);
	TAP_EQ(unlink(CONTROL_PATH), 0);
}

/*
 * Moves ten times, each while the guest is busy with @work, which it does again for that. Return:
 * how often.
 */
static unsigned int move_during(const char *work)
{
	unsigned int moves = 0, rounds = 0;

	for (; moves < 10 && rounds < 10; rounds++) {
		const size_t begin = guest.console.length;
		bool busy = true;

		command(10, "%s &", work);
		while (busy && moves < 10) {
			does("move");
			command(60, "echo moved");
			busy = !strstr(guest.console.text + begin, "guest: background ok");
			moves += busy;
		}
		if (busy)
			expect("guest: background ok", 240);
	}
	tap_note("%u moves in %u times %s", moves, rounds, work);
	TAP_EQ(moves, 10);
	return rounds;
}

/* The kernel prints only some of many events, but the statistics know all. */
static void expect_delivered(unsigned int count)
{
	const long deadline = now_ms() + 10000;
	char line[32];

	snprintf(line, sizeof(line), "delivered %u\n", count);
	do
		does("stats");
	while (!strstr(user.text, line) && now_ms() < deadline);
	TAP_CHECK(strstr(user.text, line), "not %s%s", line, user.text);
	TAP_CHECK(!strstr(user.text, "\nlost "), "%s", user.text);
}

/* Each time to a new vSMMU, while the guest's driver uses the device. */
static void a_guest_moves_while_its_disk_works(void *context)
{
	char nvme[1][16], edu[1][16];
	const char *const more[] = {"--cpus", "2", "--device", nvme[0], "--device", edu[0],
		"--control", CONTROL_PATH, NULL};
	unsigned int storms;

	(void)context;
	find_endpoints("nvme", nvme, 1);
	find_endpoints("edu", edu, 1);
	boot(GUEST_RIG, "quiet", more);
	connect_client(&user);
	move_during("disk write 256M 6");
	move_during("disk verify 256M 6");
	expect_dump(nvme[0]);
	replug("0000:00:02.0", edu[0]);
	/* No event goes astray either. */
	command(30, "quiet"); /* each event is some lines of the console, which is slow */
	storms = move_during("storm 16 0000:00:02.0");
	command(10, "last 0000:00:02.0");
	expect_delivered(storms * 16384 + 1);
	quit();
	TAP_CHECK(!strstr(guest.console.text, "completion polled"), "an interrupt was lost");
	expect_no_trouble();
}

static const struct tap_test tests[] = {
	{"it_takes_a_dead_socket_only", "", it_takes_a_dead_socket_only},
	{"it_answers_in_a_storm", "", it_answers_in_a_storm},
	{"a_guest_moves_while_its_disk_works", "", a_guest_moves_while_its_disk_works},
};

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &vm_fixture, NULL);
}
