/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VMM in a sandbox: the whole life of a vSMMU with the system calls alone that docs/embedding.md
 * lists. tests/package/guide compares the two lists.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vsmmu/snapshot.h>

#include "lib/test_vmm.h"

#define EVENTS	  (TEST_VMM_MEMORY + 0x200000)
#define STRTAB	  (TEST_VMM_MEMORY + 0x300000)
#define CD	  (TEST_VMM_MEMORY + 0x400000)
#define COMMANDS  (TEST_VMM_MEMORY + 0x500000)
#define VSID	  1
#define FORBIDDEN 99 /* exit status */

static const unsigned int allowed[] = {
	/* The library's. */
	__NR_epoll_create1,
	__NR_eventfd2,
	__NR_timerfd_create,
	__NR_epoll_ctl,
	__NR_fcntl,
	__NR_fstat,
	__NR_ioctl,
	__NR_read,
	__NR_write,
	__NR_epoll_pwait,
	__NR_timerfd_settime,
	__NR_clock_gettime,
	__NR_futex,
	__NR_sched_yield,
	__NR_close,
	__NR_brk,
	__NR_mmap,
	__NR_munmap,
	__NR_mprotect,
	__NR_madvise,
	__NR_ppoll,
#ifdef __NR_epoll_wait
	__NR_epoll_wait,
#endif
#ifdef __NR_poll
	__NR_poll,
#endif
#ifdef __NR_readlink
	__NR_readlink,
#endif
	__NR_readlinkat,
#ifdef __NR_newfstatat
	__NR_newfstatat, /* which glibc makes
			  of fstat() */
#endif
	/* The test's end. */
	__NR_exit_group,
};

#define ALLOWED (sizeof(allowed) / sizeof(allowed[0]))

/* dprintf() would make system calls that are not in the list. */
static void say(const char *format, ...)
{
	char text[128];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (write(STDERR_FILENO, text, (size_t)length) != length)
		_exit(2);
}

static void forbidden(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	say("# system call %d is not in the list\n", info->si_syscall);
	_exit(FORBIDDEN);
}

static bool sandbox(void)
{
	struct sock_filter filter[2 * ALLOWED + 2];
	struct sock_fprog program = {.filter = filter};
	struct sigaction action = {.sa_sigaction = forbidden, .sa_flags = SA_SIGINFO};

	filter[program.len++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ALLOWED; i++) {
		filter[program.len++] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
		filter[program.len++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
	return !sigaction(SIGSYS, &action, NULL) && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			say("# line %d: %s\n", __LINE__, #condition);                              \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static void wait_for(int fd)
{
	CHECK(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 60000) == 1);
}

static void command(struct test_vmm *vmm, uint64_t word0)
{
	uint32_t prod = test_vmm_read(vmm, SMMU_CMDQ_PROD);

	test_vmm_store64(vmm, COMMANDS + 16 * prod, word0);
	test_vmm_store64(vmm, COMMANDS + 16 * prod + 8, 0);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, prod + 1);
}

static void fault(struct test_vmm *vmm, uint32_t dev_id)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};

	CHECK(!vsmmu_sim_fault(vmm->host, dev_id, &record));
}

static void start(struct test_vmm *vmm)
{
	test_vmm_store64(vmm, STRTAB + 64, 1 | 5 << 1 | CD);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 6);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, EVENTS | 4);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, COMMANDS | 8);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN);
}

/* Reads fail for want of memory, then an STE cannot be installed: both pass by themselves. */
static void fail_and_recover(struct test_vmm *vmm, uint32_t dev_id)
{
	CHECK(!vsmmu_sim_fail(vmm->host, VSMMU_SIM_FAIL_READ, 0, ENOMEM));
	fault(vmm, dev_id);
	CHECK(vsmmu_dispatch(vmm->vsmmu, 0) == 0);
	wait_for(vsmmu_get_event_fd(vmm->vsmmu));
	CHECK(vsmmu_dispatch(vmm->vsmmu, 0) == 1);
	test_vmm_store64(vmm, STRTAB + 64, 1 | 4 << 1);
	CHECK(!vsmmu_sim_fail(vmm->host, VSMMU_SIM_FAIL_CALL, 0, ETIMEDOUT));
	command(vmm, 3 | (uint64_t)VSID << 32); /* CMD_CFGI_STE */
	CHECK(test_vmm_stats(vmm).blocked == 1);
	while (!test_vmm_reported(vmm, VSMMU_REPORT_RECOVERED)) {
		wait_for(vsmmu_get_command_fd(vmm->vsmmu));
		vsmmu_run_commands(vmm->vsmmu, 0);
	}
}

static void live(void)
{
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = VSID, .vfio_fd = -1};
	struct test_vmm *vmm = test_vmm_alloc();
	struct vsmmu_endpoint *endpoint;
	void *snapshot;
	size_t length;

	CHECK(!test_vmm_new(vmm, test_vmm_sim(vmm, NULL), NULL));
	CHECK(!vsmmu_sim_endpoint_new(vmm->host, 0, &config.dev_id));
	CHECK(!vsmmu_endpoint_attach(vmm->vsmmu, &config, &endpoint));
	start(vmm);
	for (unsigned int n = 0; n < 20; n++)
		fault(vmm, config.dev_id);
	wait_for(vsmmu_get_event_fd(vmm->vsmmu));
	CHECK(vsmmu_dispatch(vmm->vsmmu, 0) == 16);
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, test_vmm_read(vmm, SMMU_EVENTQ_PROD));
	command(vmm, 0x30); /* CMD_TLBI_NSNH_ALL */
	command(vmm, 0x46); /* CMD_SYNC */
	CHECK(test_vmm_read(vmm, SMMU_CMDQ_CONS) == 2);
	fail_and_recover(vmm, config.dev_id);
	CHECK(!vsmmu_save(vmm->vsmmu, &snapshot, &length));
	CHECK(!vsmmu_reset(vmm->vsmmu));
	CHECK(!vsmmu_restore(vmm->vsmmu, snapshot, length));
	vsmmu_snapshot_free(snapshot);
	CHECK(!vsmmu_endpoint_set_vsid(endpoint, VSID + 1));
	CHECK(!vsmmu_endpoint_detach(endpoint));
	CHECK(!vsmmu_drop_parents(vmm->vsmmu));
	test_vmm_free(vmm);
}

TEST(the_listed_system_calls_are_enough)
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		if (!sandbox())
			_exit(2);
		live();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Else the test above would say nothing. */
TEST(another_one_is_noticed)
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		if (sandbox())
			getppid();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FORBIDDEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("P18", the_listed_system_calls_are_enough),
		UNIT_TEST("P18", another_one_is_noticed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
