// SPDX-License-Identifier: BSD-2-Clause
/* Runs the programs of a list: lines "LANE [timeout=SECONDS] PROGRAM [ARGUMENT...]". */
#include "init.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_SECONDS 120
#define MAX_WORDS	32
#define TIMED_OUT	124 /* as of timeout(1) */

static void child(char **words)
{
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	dup2(null, 0);
	if (chdir("/rig") == 0)
		execv(words[0], words);
	printf("# rig: cannot run %s: %m\n", words[0]);
	fflush(stdout);
	_exit(127);
}

/* Everything that the program left behind goes, so that the next one starts clean. */
static void kill_all(void)
{
	kill(-1, SIGKILL);
	for (int i = 0; i < 50 && waitpid(-1, NULL, WNOHANG) >= 0; i++)
		usleep(10000);
}

/* The exit code as a shell would tell it: 128 + number if a signal ended it. */
static int run(char **words, int seconds)
{
	struct pollfd ended = {.events = POLLIN};
	int status, code = -1;
	pid_t pid = fork();

	if (pid == 0)
		child(words);
	if (pid < 0)
		return 126;
	ended.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (poll(&ended, 1, seconds * 1000) == 0) {
		printf("\n# rig: %s took more than %d s and is killed\n", words[0], seconds);
		kill(-pid, SIGKILL);
		code = TIMED_OUT;
		if (poll(&ended, 1, 5000) == 0) {
			printf("# rig: %s cannot be killed: stuck in the kernel\n", words[0]);
			close(ended.fd);
			return code;
		}
	}
	close(ended.fd);
	waitpid(pid, &status, 0);
	kill_all();
	if (code >= 0)
		return code;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void run_line(char *line)
{
	char *words[MAX_WORDS + 1], command[512] = "", *save;
	int n = 0, first = 1, seconds = DEFAULT_SECONDS;

	for (char *w = strtok_r(line, " \t\n", &save); w && n < MAX_WORDS;
		w = strtok_r(NULL, " \t\n", &save))
		words[n++] = w;
	words[n] = NULL;
	if (n == 0 || words[0][0] == '#')
		return;
	if (n > 1 && sscanf(words[1], "timeout=%d", &seconds) == 1)
		first = 2;
	if (n <= first) {
		printf("# rig: no program in the line of lane %s\n", words[0]);
		return;
	}
	for (int i = first; i < n; i++) {
		strncat(command, " ", sizeof(command) - strlen(command) - 1);
		strncat(command, words[i], sizeof(command) - strlen(command) - 1);
	}
	printf("\n# rig: begin %s%s\n", words[0], command);
	fflush(stdout);
	int code = run(words + first, seconds);

	/* On a line of its own, whatever the program left on the last one. */
	printf("\n# rig: end %s exit=%d\n", words[0], code);
	kernel_log_collect(words[first]);
}

void programs_run(const char *list)
{
	char line[1024];
	FILE *f = fopen(list, "re");

	if (!f) {
		printf("# rig: no list of programs, %s: %m\n", list);
		return;
	}
	setenv("PATH", "/rig:/bin", 1);
	setenv("RIG", "1", 1);
	while (fgets(line, sizeof(line), f))
		run_line(line);
	fclose(f);
}
