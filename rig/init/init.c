// SPDX-License-Identifier: BSD-2-Clause
#include "init.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"

#define IORT "/sys/firmware/acpi/tables/IORT"

static void mount_one(const char *type, const char *path, const char *options)
{
	mkdir(path, 0755);
	if (mount(type, path, type, 0, options))
		printf("# rig: cannot mount %s on %s: %m\n", type, path);
}

static void mount_all(void)
{
	mount_one("proc", "/proc", NULL);
	mount_one("sysfs", "/sys", NULL);
	mount_one("devtmpfs", "/dev", NULL);
	mount_one("debugfs", "/sys/kernel/debug", NULL);
	mount_one("tmpfs", "/tmp", NULL);
	mount_one("tmpfs", "/run", NULL);
	mkdir("/run/rig", 0755);
	/* A folder of the build machine, only if rig/boot was given one. */
	mkdir("/share", 0755);
	(void)!mount(
		"share", "/share", "9p", MS_RDONLY, "trans=virtio,version=9p2000.L,msize=262144,cache=loose");
}

static void write_each(const char *pattern, const char *text)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		write_file(found.gl_pathv[i], text);
	globfree(&found);
}

/*
 * Make /proc/PID/fail-nth reach every allocation (by default only those that may not sleep), and
 * print no stack for each failure. As long as no task asks by fail-nth, nothing fails.
 */
static void prepare_fault_injection(void)
{
	write_each("/sys/kernel/debug/fail*/verbose", "0");
	write_each("/sys/kernel/debug/fail*/ignore-gfp-wait", "N");
	write_each("/sys/kernel/debug/fail*/ignore-gfp-highmem", "N");
	write_each("/sys/kernel/debug/fail_page_alloc/min-order", "0");
}

/* For rig/iort: the table that this QEMU makes, as one line of hexadecimal digits. */
static void print_iort(void)
{
	FILE *f = fopen(IORT, "re");
	int c;

	if (!f) {
		printf("# rig: no " IORT ": %m\n");
		return;
	}
	printf("\n# rig: iort ");
	while ((c = fgetc(f)) != EOF)
		printf("%02x", c);
	printf("\n");
	fclose(f);
}

static void shell(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		setenv("PATH", "/rig:/bin", 1);
		setenv("PS1", "rig \\w # ", 1);
		setenv("TERM", "linux", 1);
		if (chdir("/rig") == 0)
			execl("/bin/busybox", "sh", "-c",
				"busybox --install -s /bin; cat " ENDPOINTS_FILE
				"; exec setsid cttyhack sh",
				(char *)NULL);
		printf("# rig: no /bin/busybox: %m\n");
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void power_off(void)
{
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

int main(void)
{
	char line[1024];
	int console;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mount_all();
	console = open("/dev/console", O_RDWR);
	for (int fd = 0; console >= 0 && fd < 3; fd++)
		dup2(console, fd);
	if (console > 2)
		close(console);

	read_line("/proc/cmdline", line, sizeof(line));
	if (strstr(line, "rig.iort")) {
		print_iort();
		printf("# rig: done\n");
		power_off();
	}
	prepare_fault_injection();
	kernel_log_open();
	printf("\n# rig: up\n");
	endpoints_bind();
	kernel_log_collect("boot");
	if (strstr(line, "rig.shell")) {
		shell();
	} else {
		programs_run("/rig/run");
		kernel_log_report();
	}
	printf("\n# rig: done\n");
	power_off();
}
