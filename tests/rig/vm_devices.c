/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices of a running vsmmu-vm come and go, as its user, its guest or its host wants it. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vm_user.h"

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

static unsigned int count_fds(void)
{
	unsigned int count = 0;
	char path[64];
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)guest.pid);
	folder = opendir(path);
	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

/* Functions of one IOMMU group cannot both be behind a vSMMU: this is found late in an attach. */
static void fail_late(void)
{
	char shared[2][16];
	unsigned int fds;

	find_endpoints("edu-shared", shared, 2);
	(void)control_client_do(&user, with("attach", shared[0]), DEVICE_MS);
	/* The slot keeps its own fds from the first time on. */
	refuses(with("attach", shared[1]), shared[1]);
	fds = count_fds();
	refuses(with("attach", shared[1]), shared[1]);
	TAP_EQ(count_fds(), fds);
	(void)control_client_do(&user, with("detach", shared[0]), DEVICE_MS);
	does("stats");
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
	connect_client(&user);
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
	fail_late();

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
	connect_client(&user);
	use_disk("disk write 4M 2");
	command(20, "reset 0000:00:01.0");
	use_disk("disk verify 4M 2");
	/* Linux puts back what it had. Whoever does not finds the function off. */
	command(20, "unbind 0000:00:01.0");
	command(20, "flr 0000:00:01.0");
	command(20, "bind 0000:00:01.0 nvme");
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

/* The kernel waits for the VMM. If this never comes, the test ends before it would wait for both.
 */
static void unbind_on_host(const char *bdf)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		write_host("/sys/bus/pci/drivers/vfio-pci/unbind", bdf);
		_exit(0);
	}
	expect_message("the host wants it back; detached", 15);
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
	connect_client(&user);
	unbind_on_host(nvme[0]);
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

static const struct tap_test tests[] = {
	{"devices_come_and_go", "", devices_come_and_go},
	{"a_disk_goes_at_work", "", a_disk_goes_at_work},
	{"the_host_takes_a_device_back", "", the_host_takes_a_device_back},
};

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &vm_fixture, NULL);
}
