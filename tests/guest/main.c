/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PID 1 of the guests that tests, demo and benchmark boot. It takes commands from its console, a
 * line each; the words of each command stand in the table below. It prints "guest: ready" when it
 * can take them, and for each command its lines, and at last "guest: ok" or "guest: failed: WHY".
 * With "&" as its last word a command goes on in the background: that it has begun is "ok", and
 * its end is "guest: background ok" or "guest: background failed: WHY".
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "files.h"

#define WORDS_MAX 24

static int command_cpus(int count, char **words)
{
	(void)count;
	(void)words;
	say("%ld vCPUs", sysconf(_SC_NPROCESSORS_ONLN));
	return 0;
}

static int command_echo(int count, char **words)
{
	say("%s", count > 1 ? words[1] : "");
	return 0;
}

/* SYSLOG_ACTION_CONSOLE_LEVEL: the lines below this level are shown. */
static int set_level(int level)
{
	return klogctl(8, NULL, level) ? fail("klogctl: %m") : 0;
}

static int command_quiet(int count, char **words)
{
	(void)count;
	(void)words;
	return set_level(1);
}

static int command_loud(int count, char **words)
{
	(void)count;
	(void)words;
	return set_level(7);
}

static int command_off(int count, char **words)
{
	(void)count;
	(void)words;
	sync();
	reboot(RB_POWER_OFF);
	return fail("reboot: %m");
}

static int command_restart(int count, char **words)
{
	(void)count;
	(void)words;
	sync();
	reboot(RB_AUTOBOOT);
	return fail("reboot: %m");
}

static const struct {
	const char *name;
	const char *usage;
	int words; /* at least, behind the name */
	command_run *run;
} commands[] = {
	{"bind", "BDF DRIVER", 2, command_bind},
	{"copy", "BDF", 1, command_copy},
	{"copy-mapped", "BDF", 1, command_copy_mapped},
	{"cpus", "", 0, command_cpus},
	{"disk", "write|verify SIZE SEED, read COUNT BYTES", 3, command_disk},
	{"echo", "WORD", 1, command_echo},
	{"fault", "BDF", 1, command_fault},
	{"flr", "BDF", 1, command_flr},
	{"garbage", "", 0, command_garbage},
	{"groups", "", 0, command_groups},
	{"interrupt", "BDF msi|intx", 2, command_interrupt},
	{"kexec", "", 0, command_kexec},
	{"kind", "NAME BDF", 2, command_kind},
	{"last", "BDF", 1, command_last},
	{"log", "TEXT", 1, command_log},
	{"loud", "", 0, command_loud},
	{"module", "NAME...", 1, command_module},
	{"off", "", 0, command_off},
	{"nowhere", "BDF ADDRESS...", 1, command_nowhere},
	{"peer", "BDF BDF", 2, command_peer},
	{"quiet", "", 0, command_quiet},
	{"register", "OFFSET READS", 2, command_register},
	{"remove", "BDF", 1, command_remove},
	{"rescan", "", 0, command_rescan},
	{"reset", "BDF", 1, command_reset},
	{"restart", "", 0, command_restart},
	{"smmu", "", 0, command_smmu},
	{"storm", "THOUSANDS BDF...", 2, command_storm},
	{"unbind", "BDF", 1, command_unbind},
};

static int run(int count, char **words)
{
	for (size_t n = 0; n < sizeof(commands) / sizeof(commands[0]); n++) {
		if (strcmp(commands[n].name, words[0]))
			continue;
		if (count <= commands[n].words)
			return fail("%s %s", commands[n].name, commands[n].usage);
		return commands[n].run(count, words);
	}
	return fail("no command %s", words[0]);
}

static void report(const char *who, int ret)
{
	if (ret)
		say("%sfailed: %s", who, failure());
	else
		say("%sok", who);
}

/* A command is a process: whatever it has mapped, locked and opened goes with it. */
static void take(char *line)
{
	char *words[WORDS_MAX], *save = NULL;
	bool background;
	int count = 0;
	pid_t pid;

	for (char *word = strtok_r(line, " \r\n", &save); word && count < WORDS_MAX;
		word = strtok_r(NULL, " \r\n", &save))
		words[count++] = word;
	background = count && !strcmp(words[count - 1], "&");
	count -= background;
	if (!count)
		return;
	pid = fork();
	if (!pid) {
		report(background ? "background " : "", run(count, words));
		_exit(0);
	}
	if (pid > 0 && background)
		report("", 0);
	else if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		report("", fail("no process: %m"));
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void open_console(void)
{
	int console;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	console = open("/dev/console", O_RDWR);
	for (int fd = 0; console >= 0 && fd < 3; fd++)
		dup2(console, fd);
	/* No limit of the rate of say(). */
	write_text("/proc/sys/kernel/printk_devkmsg", "on\n");
}

int main(void)
{
	char line[512];

	open_console();
	say("ready");
	while (fgets(line, sizeof(line), stdin))
		take(line);
	say("no console: %m");
	for (;;)
		pause();
}
