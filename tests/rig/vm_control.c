/* SPDX-License-Identifier: BSD-2-Clause */
/* A running vsmmu-vm is operated through its socket, and by its host. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "control_client.h"
#include "vm_fixture.h"

#define CLIENTS	  8   /* that vsmmu-vm takes at a time */
#define GOOD	  2   /* of these, when the others are bad */
#define STATS_MS  200 /* in which it has to answer, whatever goes on */
#define DEVICE_MS 20000

static struct control_client client;

static void connect_client(struct control_client *to)
{
	TAP_CHECK(control_client_open(to), "nobody listens at " CONTROL_PATH);
}

static void does(const char *line)
{
	TAP_CHECK(control_client_do(&client, line, DEVICE_MS), "%s: %s", line, client.text);
}

static void refuses(const char *line, const char *why)
{
	TAP_CHECK(!control_client_do(&client, line, DEVICE_MS) &&
			  !strncmp(client.text, "error: ", 7) && strstr(client.text, why),
		"%s: %s", line, client.text);
}

/* A command of the socket with a BDF of the host behind it. */
static const char *with(const char *command, const char *bdf)
{
	static char line[64];

	snprintf(line, sizeof(line), "%s %s", command, bdf);
	return line;
}

static void quit(void)
{
	does("quit");
	TAP_EQ(guest_end(&guest, 10), 0);
	control_client_close(&client);
	TAP_CHECK(access(CONTROL_PATH, F_OK), CONTROL_PATH " is still there");
}

static void stats_come_at_once(struct control_client *from)
{
	TAP_CHECK(control_client_do(from, "stats", STATS_MS), "stats: %s", from->text);
	TAP_CHECK(strstr(from->text, "delivered ") || strstr(from->text, "commands "), "stats: %s",
		from->text);
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
	TAP_CHECK(!control_client_wait(&one_more, STATS_MS) && strstr(one_more.text, "too many"),
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
	TAP_CHECK(!control_client_wait(&bad[2], STATS_MS) && strstr(bad[2].text, "error: a long"),
		"an endless line: %s", bad[2].text);
	control_client_send(&bad[3], "quit", 4); /* half a command */
	stats_come_at_once(&client);
	for (unsigned int n = 0; n < CLIENTS - GOOD; n++)
		control_client_close(&bad[n]);
	stats_come_at_once(&client);
}

/* Return: the numbers behind @label in the last answer. */
static unsigned int numbers(const char *label, uint64_t *number, unsigned int most)
{
	const char *at = strstr(client.text, label);
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
	TAP_CHECK(strstr(client.text, "guest wants stage 1, host has stage 1,"), "%s", client.text);
	/* V and Config, and the address of the CD */
	TAP_EQ(ste[1] & 0xf, 0xb);
	TAP_EQ(installed[0] & 0x000fffffffffffcf, ste[1] & 0x000fffffffffffcf);
	TAP_EQ(numbers("\ncd at", cd, 9), 9);
	TAP_EQ(cd[0], ste[1] & 0x000fffffffffffc0);
	TAP_CHECK(cd[1] >> 31 & 1, "the CD is not valid: %s", client.text);
	TAP_EQ(numbers("level 3 descriptor at", leaf, 2), 2);
	TAP_EQ(leaf[1] & 0x0000fffffffff000, WINDOW & ~UINT64_C(0xfff));
	TAP_EQ(numbers("output", &output, 1), 1);
	TAP_EQ(output, WINDOW);
	TAP_CHECK(strstr(client.text, "a read passes"), "%s", client.text);
	snprintf(line, sizeof(line), "dump %s 0xdead0000", bdf);
	does(line);
	TAP_CHECK(strstr(client.text, "event F_TRANSLATION\na read aborts\n"), "%s", client.text);
	snprintf(line, sizeof(line), "dump %s nowhere", bdf);
	refuses(line, "is a number");
	does(with("dump", bdf));
	TAP_CHECK(!strstr(client.text, "a read"), "%s", client.text);
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
	connect_client(&client);
	connect_client(&second);
	command(10, "storm 16 0000:00:01.0 0000:00:02.0 &");
	expect("event: F_TRANSLATION", 10);
	for (unsigned int n = 0; n < 50; n++) {
		stats_come_at_once(&client);
		stats_come_at_once(&second);
	}
	expect("guest: background ok", 120);
	bear_bad_clients();
	expect_dump(bdf[0]);
	does("help");
	TAP_CHECK(strstr(client.text, "attach BDF [SLOT]"), "help: %s", client.text);
	/* Several lines at once, and two in one. */
	control_client_send(&client, "stats\nhel", 9);
	TAP_CHECK(control_client_wait(&client, STATS_MS), "stats: %s", client.text);
	control_client_send(&client, "p\n", 2);
	TAP_CHECK(control_client_wait(&client, STATS_MS), "help: %s", client.text);
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

/* The guest's driver probes in its own time, after the rescan. */
static void use_disk(const char *line)
{
	const time_t deadline = time(NULL) + 30;
	bool done;

	do
		done = guest_do(&guest, line, 60);
	while (!done && strstr(guest_answer(&guest), "No such") && time(NULL) < deadline);
	TAP_CHECK(done, "%s: %.400s", line, guest_answer(&guest));
}

/* The guest's own steps around a detach and an attach. */
static void replug(const char *guest_bdf, const char *bdf)
{
	command(20, "remove %s", guest_bdf);
	does(with("detach", bdf));
	/* Nothing answers there. */
	command(20, "rescan");
	TAP_CHECK(!guest_do(&guest, with("remove", guest_bdf), 10), "%s is there", guest_bdf);
	does(with("attach", bdf));
	command(20, "rescan");
}

static void devices_come_and_go(void *context)
{
	char bdf[3][16], nvme[1][16], line[64];
	const char *const more[] = {"--cpus", "2", "--device", bdf[0], "--device", nvme[0],
		"--control", CONTROL_PATH, NULL};

	(void)context;
	find_endpoints("edu", bdf, 3);
	find_endpoints("nvme", nvme, 1);
	boot(GUEST_RIG, "quiet", more);
	connect_client(&client);
	use_disk("disk write 4M 1");
	refuses("attach", "attach BDF [SLOT]");
	refuses("nonsense", "see help");
	refuses("attach 1:0", "lspci -D");
	refuses("attach 0000:00:1e.0", "no such device");
	refuses("attach 0000:00:00.0", "not to vfio-pci");
	refuses(with("attach", bdf[0]), "in slot 1");
	refuses(with("detach", bdf[1]), "is not attached");
	snprintf(line, sizeof(line), "attach %s 2", bdf[1]);
	refuses(line, "slot 2 is occupied");
	snprintf(line, sizeof(line), "attach %s 32", bdf[1]);
	refuses(line, "from 1 to 31");

	replug("0000:00:01.0", bdf[0]);
	command(10, "fault 0000:00:01.0");
	expect("event: F_TRANSLATION client: 0000:00:01.0", 10);
	replug("0000:00:02.0", nvme[0]);
	use_disk("disk verify 4M 1");
	command(10, "groups");
	expect("guest: region of 0000:00:02.0 0x0000000008000000 0x00000000080fffff direct\n", 1);

	/* In a slot without a node for the host's window it has INTx. */
	snprintf(line, sizeof(line), "attach %s 9", nvme[0]);
	command(20, "remove 0000:00:02.0");
	does(with("detach", nvme[0]));
	does(line);
	does(with("attach", bdf[1]));
	does(with("attach", bdf[2]));
	command(20, "rescan");
	use_disk("disk verify 4M 1");
	command(10, "smmu");
	expect("Level     nvme0q0", 1);
	command(10, "fault 0000:00:02.0");
	expect("event: F_TRANSLATION client: 0000:00:02.0", 10);
	command(10, "fault 0000:00:03.0");
	expect("event: F_TRANSLATION client: 0000:00:03.0", 10);
	quit();
	expect_no_trouble();
}

/* The guest's own reset of it, and a detach that it was not asked about, in the midst of work. */
static void a_disk_goes_at_work(void *context)
{
	char nvme[1][16];
	const char *const more[] = {
		"--cpus", "2", "--device", nvme[0], "--control", CONTROL_PATH, NULL};

	(void)context;
	find_endpoints("nvme", nvme, 1);
	boot(GUEST_RIG, "nvme_core.io_timeout=2 nvme_core.admin_timeout=2", more);
	connect_client(&client);
	use_disk("disk write 4M 2");
	command(20, "reset 0000:00:01.0");
	use_disk("disk verify 4M 2");
	command(10, "disk write 256M 3 &");
	does(with("detach", nvme[0]));
	expect("guest: background failed", 60);
	command(60, "remove 0000:00:01.0");
	does(with("attach", nvme[0]));
	command(20, "rescan");
	use_disk("disk write 4M 4");
	use_disk("disk verify 4M 4");
	TAP_CHECK(!strstr(guest.console.text, "completion polled"), "an interrupt was lost");
	quit();
}

static void write_host(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	TAP_CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", path);
	close(fd);
}

static void unbind_on_host(const char *bdf)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		alarm(15);
		write_host("/sys/bus/pci/drivers/vfio-pci/unbind", bdf);
		_exit(0);
	}
	TAP_EQ(waitpid(pid, &status, 0), pid);
	TAP_EQ(status, 0);
}

/* Return: a copy of the only fd of VFIO that the VMM has. */
static int take_vfio_fd(void)
{
	char path[64], link[320], to[64] = "";
	struct dirent *entry;
	int pidfd, fd = -1;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)guest.pid);
	folder = opendir(path);
	pidfd = (int)syscall(SYS_pidfd_open, guest.pid, 0);
	while (folder && fd < 0 && (entry = readdir(folder))) {
		snprintf(link, sizeof(link), "%s/%s", path, entry->d_name);
		if (readlink(link, to, sizeof(to) - 1) > 0 && strstr(to, "/dev/vfio/devices/"))
			fd = (int)syscall(SYS_pidfd_getfd, pidfd, atoi(entry->d_name), 0);
	}
	if (folder)
		closedir(folder);
	close(pidfd);
	return fd;
}

/* VFIO's own test of it: it signals the eventfd for an error. */
static void feign_error(void)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_ERR_IRQ_INDEX,
		.count = 1,
	};
	int fd = take_vfio_fd();

	TAP_CHECK(fd >= 0, "no fd of VFIO");
	TAP_EQ(ioctl(fd, VFIO_DEVICE_SET_IRQS, &set), 0);
	close(fd);
}

static void the_host_takes_a_device_back(void *context)
{
	char nvme[1][16], edu[1][16];
	const char *const more[] = {
		"--cpus", "2", "--device", nvme[0], "--control", CONTROL_PATH, NULL};

	(void)context;
	find_endpoints("nvme", nvme, 1);
	find_endpoints("edu", edu, 1);
	boot(GUEST_RIG, "nvme_core.io_timeout=2 nvme_core.admin_timeout=2", more);
	connect_client(&client);
	unbind_on_host(nvme[0]);
	expect_message("the host wants it back; detached", 5);
	refuses(with("attach", nvme[0]), "is bound to no driver");
	write_host("/sys/bus/pci/drivers_probe", nvme[0]);
	command(60, "remove 0000:00:01.0");
	does(with("attach", nvme[0]));
	command(20, "rescan");
	use_disk("disk write 4M 5");
	feign_error();
	expect_message("it had a fatal error; detached", 5);
	refuses(with("detach", nvme[0]), "is not attached");
	command(60, "remove 0000:00:01.0");
	/* The first slot that is free now was the disk's, and takes another device too. */
	does(with("attach", edu[0]));
	command(20, "rescan");
	command(10, "fault 0000:00:01.0");
	expect("event: F_TRANSLATION client: 0000:00:01.0", 10);
	quit();
}

/* Moves ten times, each of them while the guest is busy with @work, which it does again for that.
 */
static void move_during(const char *work)
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
			expect("guest: background ok", 120);
	}
	tap_note("%u moves in %u times %s", moves, rounds, work);
	TAP_EQ(moves, 10);
}

/* Each time to a new vSMMU, while the guest's driver uses the device. */
static void a_guest_moves_while_its_disk_works(void *context)
{
	char nvme[1][16], edu[1][16];
	const char *const more[] = {"--cpus", "2", "--device", nvme[0], "--device", edu[0],
		"--control", CONTROL_PATH, NULL};

	(void)context;
	find_endpoints("nvme", nvme, 1);
	find_endpoints("edu", edu, 1);
	boot(GUEST_RIG, "quiet", more);
	connect_client(&client);
	move_during("disk write 48M 6");
	move_during("disk verify 48M 6");
	expect_dump(nvme[0]);
	/* No event goes astray either. */
	command(30, "quiet"); /* each event is some lines of the console, which is slow */
	move_during("storm 16 0000:00:02.0");
	command(30, "loud");
	replug("0000:00:02.0", edu[0]);
	command(10, "last 0000:00:02.0");
	expect("iova: 0xdeaf0000", 10);
	quit();
	TAP_EQ(statistic("delivered") % 16384, 1);
	TAP_EQ(statistic("lost"), 0);
	TAP_CHECK(!strstr(guest.console.text, "completion polled"), "an interrupt was lost");
	expect_no_trouble();
}

static const struct tap_test tests[] = {
	{"it_takes_a_dead_socket_only", "", it_takes_a_dead_socket_only},
	{"it_answers_in_a_storm", "", it_answers_in_a_storm},
	{"devices_come_and_go", "", devices_come_and_go},
	{"a_disk_goes_at_work", "", a_disk_goes_at_work},
	{"the_host_takes_a_device_back", "", the_host_takes_a_device_back},
	{"a_guest_moves_while_its_disk_works", "", a_guest_moves_while_its_disk_works},
};

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &vm_fixture, NULL);
}
