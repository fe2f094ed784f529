/* SPDX-License-Identifier: BSD-2-Clause */
/* The command fd becomes readable in one thread while another one makes it fall silent. */
#include <pthread.h>

#include "lib/blocked_thread.h"
#include "lib/cmdq_guest.h"
#include "smmu/commands/cmdq.h"
#include "lib/fail_nth.h"

#define AHEAD	 (3 * CMDQ_WRITE_MAX)
#define PATIENCE 60000 /* milliseconds */

static struct cmdq_guest *guest;
static pthread_t writer;
static atomic_int writers_tid, refused;
static bool begun, ended;

static void *write_prod(void *unused)
{
	(void)unused;
	atomic_store(&writers_tid, gettid());
	atomic_store(&refused, vsmmu_mmio_write(guest->vsmmu, SMMU_CMDQ_PROD, 4, guest->prod));
	return NULL;
}

/* Return: whether the vCPU has done all that it can do for now. */
static bool writer_is_idle(void)
{
	ended = !pthread_tryjoin_np(writer, NULL);
	return ended || thread_is_blocked(atomic_load(&writers_tid));
}

/* The fd is about to fall silent: meanwhile a vCPU leaves more commands over. */
static ssize_t read_late(int fd, void *buffer, size_t length)
{
	if (!begun && fd == guest->vsmmu->cmdq.pollset.kick) {
		unsigned int waited = 0;

		begun = true;
		assert_int_equal(pthread_create(&writer, NULL, write_prod, NULL), 0);
		for (; !writer_is_idle(); waited++) {
			assert_true(waited < PATIENCE);
			usleep(1000);
		}
	}
	return __real_read(fd, buffer, length);
}

TEST(what_is_left_over_is_told)
{
	const struct cmdq_guest_setup setup = {.log2 = 13};
	const struct fail_nth_kernel kernel = {.read = read_late};

	guest = cmdq_guest_new(&setup, NULL);
	for (unsigned int n = 0; n < AHEAD; n++)
		cmdq_guest_push(guest, C_TLBI_ASID(n & 0xff), 0);
	cmdq_guest_ring(guest);
	assert_true(cmdq_guest_is_signalled(guest));
	for (unsigned int n = 0; n < AHEAD; n++)
		cmdq_guest_push(guest, C_TLBI_ASID(n & 0xff), 0);
	fail_nth_set_kernel(&kernel);
	assert_true(vsmmu_run_commands(guest->vsmmu, 1) > 0);
	assert_true(begun);
	if (!ended)
		assert_int_equal(pthread_join(writer, NULL), 0);
	assert_int_equal(atomic_load(&refused), 0);
	fail_nth_set_kernel(NULL);
	assert_true(cmdq_guest_cons(guest) < 2 * AHEAD);
	assert_true(cmdq_guest_is_signalled(guest));
	while (cmdq_guest_is_signalled(guest))
		vsmmu_run_commands(guest->vsmmu, 100);
	cmdq_guest_expect_idle(guest);
	cmdq_guest_free(guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S2 S9", what_is_left_over_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
