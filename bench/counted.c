/* SPDX-License-Identifier: BSD-2-Clause */
#include "counted.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm.h"

/* Nobody else makes this call. Its argument says whether the parent counts from now on. */
#define MARK SYS_getpgid

static bool counting;
static uint64_t reads;

static void mark(bool on)
{
	syscall(MARK, (long)on);
}

void counted_ready(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		bench_check(-errno, "ptrace");
	raise(SIGSTOP);
}

void counted_begin(void)
{
	counting = true;
	mark(true);
}

void counted_end(void)
{
	mark(false);
	counting = false;
}

static ssize_t count_read(
	void *opaque, const struct veventq_source *source, void *buffer, size_t length)
{
	ssize_t ret;

	(void)opaque;
	if (!counting)
		return source->read(source->ctx, buffer, length);
	reads++;
	mark(false);
	ret = source->read(source->ctx, buffer, length);
	mark(true);
	return ret;
}

const struct host_spy counted_spy = {.read = count_read};

uint64_t counted_reads(void)
{
	return reads;
}

/* Lets it run up to where it enters or leaves a system call. Return: whether it lives. */
static bool next_stop(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) || waitpid(pid, &status, 0) != pid)
		bench_check(-errno, "ptrace");
	if (WIFSTOPPED(status))
		return true;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		bench_check(-ECHILD, "the child that is counted");
	return false;
}

static uint64_t count_calls(pid_t pid)
{
	uint64_t calls = 0;
	bool on = false;
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		bench_check(-ECHILD, "the child that is counted");
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD))
		bench_check(-errno, "ptrace");
	while (next_stop(pid)) {
		struct __ptrace_syscall_info info;

		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
			bench_check(-errno, "ptrace");
		if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		if (info.entry.nr == MARK)
			on = info.entry.args[0];
		else
			calls += on;
	}
	return calls;
}

uint64_t counted_run(void (*child)(void *opaque), void *opaque)
{
	pid_t pid = fork();

	if (pid == 0) {
		child(opaque);
		fflush(stdout);
		_exit(0);
	}
	return count_calls(pid);
}
