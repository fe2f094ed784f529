/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls of an event's way, all of them: a child drains, and its parent counts by
 * ptrace what it asks of the kernel meanwhile. A read of the simulated vEVENTQ, which is
 * none here, counts as the one that it is on a kernel; what the simulator itself asks
 * for (its eventfd, cleared when the vEVENTQ runs empty) is counted too.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vsmmu/sim.h>

#include "stage.h"

/* Nobody else makes this call. */
#define MARK SYS_getpgid

static uint64_t sim_reads(const struct stage *stage)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	bench_check(vsmmu_sim_get_stats(stage->host, &stats), "the simulator");
	return stats.reads;
}

static void child(unsigned int queued, unsigned int times)
{
	struct stage stage;
	uint64_t reads = 0;

	stage_open(&stage, false, 1, 16);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		bench_check(-errno, "ptrace");
	raise(SIGSTOP);
	for (unsigned int i = 0; i < times; i++) {
		stage_fault(&stage, 0, queued);
		reads -= sim_reads(&stage);
		syscall(MARK, 0);
		vmm_drain(stage.vmm);
		syscall(MARK, 0);
		reads += sim_reads(&stage);
	}
	if (vmm_stats(stage.vmm).delivered != (uint64_t)queued * times)
		_exit(1);
	printf("simulated_reads=%llu\n", (unsigned long long)reads);
	fflush(stdout);
	_exit(0);
}

/* Of a CMD_SYNC's way, what the library does counts, and not how its guest waits. */
static void mark(struct vmm *vmm, uint64_t offset, bool done)
{
	(void)vmm;
	(void)offset;
	(void)done;
	syscall(MARK, 0);
}

/* Each invalidation call of the library, which is none here, is an ioctl on a kernel. */
static void sync_child(unsigned int invalidations, unsigned int times)
{
	struct stage stage;
	uint64_t calls;

	stage_open(&stage, true, 1, 16);
	calls = vmm_stats(stage.vmm).invalidation_calls;
	stage.vmm->watch = mark;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		bench_check(-errno, "ptrace");
	raise(SIGSTOP);
	for (unsigned int i = 0; i < times; i++)
		stage_sync(&stage, 0, invalidations);
	printf("simulated_ioctls=%llu\n",
		(unsigned long long)(vmm_stats(stage.vmm).invalidation_calls - calls));
	fflush(stdout);
	_exit(0);
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

/* Return: what a child asked for between its marks. */
static uint64_t count_calls(pid_t pid)
{
	uint64_t calls = 0;
	bool counting = false;
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
			counting = !counting;
		else
			calls += counting;
	}
	return calls;
}

void measure_syscalls(unsigned int queued, unsigned int times)
{
	uint64_t calls;
	pid_t pid = fork();

	if (pid == 0)
		child(queued, times);
	calls = count_calls(pid);
	printf("events=%llu\nsyscalls=%llu\n", (unsigned long long)queued * times,
		(unsigned long long)calls);
}

void measure_sync_syscalls(unsigned int invalidations, unsigned int times)
{
	uint64_t calls;
	pid_t pid = fork();

	if (pid == 0)
		sync_child(invalidations, times);
	calls = count_calls(pid);
	printf("syncs=%u\nsyscalls=%llu\n", times, (unsigned long long)calls);
}
