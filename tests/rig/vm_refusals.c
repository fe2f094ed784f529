/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machines and users that lack something, and ends at any moment: vsmmu-vm says what is wrong and
 * what to do about it, and the next program finds the devices as they were.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vm_fixture.h"

#define KERNEL "/tmp/Image"
#define NOBODY 65534

/* Linux include/uapi/linux/vfio.h: VFIO_DEVICE_BIND_IOMMUFD */
struct bind {
	uint32_t size, flags;
	int32_t iommufd;
	uint32_t out_id;
};

#define BIND _IO(';', 100 + 18)

static char edu[2][16], edu_path[2][64];

/* Writes the name of the file of VFIO's, which the rig's PID 1 has written down. */
static void find_path(const char *bdf, char *path)
{
	FILE *file = fopen("/run/rig/endpoints", "re");
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, bdf))
			sscanf(line, "%*s %*s %63s", path);
	if (file)
		fclose(file);
}

static int find_edu(void *context)
{
	(void)context;
	find_endpoints("edu", edu, 2);
	find_path(edu[0], edu_path[0]);
	find_path(edu[1], edu_path[1]);
	return 0;
}

/* Takes a device as the next program would. Return: its fd, with an iommufd of its own. */
static int take(const char *path, int *iommufd)
{
	struct bind bind = {.size = sizeof(bind)};
	int fd = open(path, O_RDWR | O_CLOEXEC);

	*iommufd = bind.iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	TAP_CHECK(fd >= 0 && bind.iommufd >= 0, "%s: %s", path, strerror(errno));
	TAP_CHECK(!ioctl(fd, BIND, &bind), "%s: is not free: %s", path, strerror(errno));
	return fd;
}

static void expect_free(void)
{
	for (unsigned int n = 0; n < 2; n++) {
		char link[256] = "", name[64];
		int iommufd, fd = take(edu_path[n], &iommufd);

		close(fd);
		close(iommufd);
		snprintf(name, sizeof(name), "/sys/bus/pci/devices/%s/driver", edu[n]);
		TAP_CHECK(readlink(name, link, sizeof(link) - 1) > 0, "%s has no driver", edu[n]);
		TAP_CHECK(!strcmp(strrchr(link, '/'), "/vfio-pci"), "%s has %s", edu[n], link);
	}
}

/* Copies the kernel to where everybody may read it. */
static void copy_kernel(void)
{
	int from = open(GUEST_RIG, O_RDONLY | O_CLOEXEC);
	int to = open(KERNEL, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	ssize_t n;

	TAP_CHECK(from >= 0 && to >= 0, "no " GUEST_RIG ", or no " KERNEL);
	do
		n = sendfile(to, from, NULL, 1u << 20);
	while (n > 0);
	TAP_EQ(n, 0);
	close(from);
	close(to);
}

static void without(const char *file, const char *text)
{
	TAP_EQ(rename(file, "/dev/away"), 0);
	TAP_EQ(guest_start(&guest,
		       (const char *const[]){"--kernel", GUEST_RIG, "--device", edu[0], NULL}),
		0);
	TAP_EQ(guest_end(&guest, 60), 1);
	TAP_EQ(rename("/dev/away", file), 0);
	TAP_CHECK(strstr(guest.messages.text, text), "it says: %s", guest.messages.text);
	expect_free();
}

static void a_kernel_without_what_it_takes(void *context)
{
	(void)context;
	without("/dev/kvm", "CONFIG_KVM");
	without("/dev/iommu", "CONFIG_IOMMUFD");
	without(edu_path[0], "ask for rights on it");
}

static void too_much_memory(void *context)
{
	(void)context;
	REFUSES(1, "ask for less with --mem", "--kernel", GUEST_RIG, "--mem", "100G");
}

static void devices(void *context)
{
	int fd, iommufd;

	(void)context;
	REFUSES(1, "no such device", "--kernel", GUEST_RIG, "--device", "0000:00:1e.0");
	REFUSES(1, "not to vfio-pci; as root: echo", "--kernel", GUEST_RIG, "--device",
		"0000:00:00.0");
	/* Another program has it; that goes on, and the other device is given back. */
	fd = take(edu_path[1], &iommufd);
	REFUSES(1, "another program has it", "--kernel", GUEST_RIG, "--device", edu[0], "--device",
		edu[1]);
	close(fd);
	close(iommufd);
	expect_free();
}

/* Two functions of one IOMMU group, of which another program has one. */
static void a_group_with_others(void *context)
{
	char bdf[2][16], path[64] = "";
	int fd, iommufd;

	(void)context;
	find_endpoints("edu-shared", bdf, 2);
	find_path(bdf[1], path);
	fd = take(path, &iommufd);
	REFUSES(1, "another function of its IOMMU group", "--kernel", GUEST_RIG, "--device", bdf[0],
		"--mem", "64M");
	close(fd);
	close(iommufd);
}

/* Runs it as nobody. Its saved user ID does not outlive execve(), ours does. */
static void start_as_nobody(const char *const *arguments)
{
	int ret;

	TAP_EQ(setresuid(NOBODY, NOBODY, 0), 0);
	ret = guest_start(&guest, arguments);
	TAP_EQ(setresuid(0, 0, 0), 0);
	TAP_EQ(ret, 0);
}

static void nobody_is_refused(const char *const *arguments, const char *text)
{
	start_as_nobody(arguments);
	TAP_EQ(guest_end(&guest, 60), 1);
	TAP_CHECK(strstr(guest.messages.text, text), "instead of \"%s\" it says: %s", text,
		guest.messages.text);
	expect_free();
}

/* Each right that is missing, one after the other; with all of them it runs. */
static void somebody_without_rights(void *context)
{
	const char *const arguments[] = {
		"--kernel", KERNEL, "--mem", "64M", "--device", edu[0], NULL};
	const struct rlimit little = {1u << 20, 1u << 20}, much = {1u << 30, 1u << 30};
	struct stat before[3];
	const char *const files[] = {"/dev/kvm", "/dev/iommu", edu_path[0]};
	static const char *const texts[] = {
		"/dev/kvm: Permission denied; become a member of its group",
		"/dev/iommu: Permission denied; ask for rights on it",
		"Permission denied; ask for rights on it"};
	struct rlimit limit;

	(void)context;
	TAP_EQ(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	copy_kernel();
	TAP_EQ(chmod("/", 0755), 0); /* the rig's root folder is root's alone */
	for (unsigned int n = 0; n < 3; n++) {
		TAP_EQ(stat(files[n], &before[n]), 0);
		TAP_EQ(chmod(files[n], 0600), 0);
	}
	for (unsigned int n = 0; n < 3; n++) {
		nobody_is_refused(arguments, texts[n]);
		TAP_EQ(chmod(files[n], 0666), 0);
	}
	TAP_EQ(setrlimit(RLIMIT_MEMLOCK, &little), 0);
	nobody_is_refused(arguments, "raise RLIMIT_MEMLOCK (ulimit -l) above --mem");
	TAP_EQ(setrlimit(RLIMIT_MEMLOCK, &much), 0);
	start_as_nobody(arguments);
	expect("Booting Linux", BOOT_SECONDS);
	kill(guest.pid, SIGTERM);
	TAP_EQ(guest_end(&guest, 60), 0);
	TAP_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	for (unsigned int n = 0; n < 3; n++)
		TAP_EQ(chmod(files[n], before[n].st_mode & 07777), 0);
	expect_free();
}

static double seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The moments are spread over a start, from the first instruction to the guest's first lines. */
static void a_signal_at_any_moment(void *context)
{
	const char *const arguments[] = {"--kernel", GUEST_RIG, "--mem", "64M", "--cpus", "2",
		"--device", edu[0], "--device", edu[1], NULL};
	double start = seconds();
	unsigned int seed = 11, early = 0;
	unsigned long whole;

	(void)context;
	TAP_EQ(guest_start(&guest, arguments), 0);
	expect("Booting Linux", BOOT_SECONDS);
	whole = (unsigned long)((seconds() - start) * 1.2e6);
	kill(guest.pid, SIGTERM);
	TAP_EQ(guest_end(&guest, 60), 0);
	for (unsigned int n = 0; n < 20; n++) {
		const unsigned long after = (unsigned long)rand_r(&seed) % whole;

		TAP_EQ(guest_start(&guest, arguments), 0);
		usleep((useconds_t)after);
		kill(guest.pid, SIGTERM);
		TAP_CHECK(guest_end(&guest, 60) == 0 || !guest.messages.length, "after %lu us: %s",
			after, guest.messages.text);
		early += !strstr(guest.console.text, "Booting Linux");
		expect_free();
	}
	tap_note("a start takes %lu us; %u of 20 signals came before the guest", whole, early);
}

/*
 * No region; the PCI windows where no BAR is; configuration space of an empty slot, of another
 * function, and behind that of a conventional device. What the guest reads there is all ones.
 */
static void accesses_to_nowhere(void *context)
{
	const char *const more[] = {"--device", edu[0], NULL};

	(void)context;
	boot(GUEST_RIG, "", more);
	command(20, "nowhere 0000:00:01.0 0x9090000 0x20000000 0x8800000000 0x300f0000 0x30009000");
	command(20, "fault 0000:00:01.0");
	expect("event: F_TRANSLATION client: 0000:00:01.0", 10);
	power_off();
	tap_note("%s", guest.console.text + guest.answer);
}

static const struct tap_test tests[] = {
	{"a_kernel_without_what_it_takes", "", a_kernel_without_what_it_takes},
	{"too_much_memory", "", too_much_memory},
	{"devices", "", devices},
	{"a_group_with_others", "", a_group_with_others},
	{"somebody_without_rights", "", somebody_without_rights},
	{"accesses_to_nowhere", "", accesses_to_nowhere},
	{"a_signal_at_any_moment", "", a_signal_at_any_moment},
};

int main(void)
{
	struct tap_fixture fixture = vm_fixture;

	fixture.open = find_edu;
	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &fixture, NULL);
}
