/* SPDX-License-Identifier: BSD-2-Clause */
/* The command fd becomes readable in one thread while another one makes it fall silent. */
#include <pthread.h>

#include "lib/asleep.h"
#include "lib/commander.h"
#include "lib/fail_nth.h"

#define AHEAD	 (3 * CMDQ_KICK_MAX)
#define PATIENCE 60000 /* milliseconds */

static struct commander *commander;
static pthread_t writer;
static atomic_int writers_tid, refused;
static bool begun, ended;

static void *write_prod(void *unused)
{
	(void)unused;
	atomic_store(&writers_tid, gettid());
	atomic_store(
		&refused, vsmmu_mmio_write(commander->vsmmu, SMMU_CMDQ_PROD, 4, commander->prod));
	return NULL;
}

/* Return: whether the vCPU has done all that it can do for now. */
static bool writer_is_idle(void)
{
	ended = !pthread_tryjoin_np(writer, NULL);
	return ended || is_asleep(atomic_load(&writers_tid));
}

/* The fd is about to fall silent: meanwhile a vCPU leaves more commands over. */
static ssize_t read_late(int fd, void *buffer, size_t length)
{
	if (!begun && fd == vsmmu_get_command_fd(commander->vsmmu)) {
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

static void what_is_left_over_is_told(void **unused)
{
	const struct commander_setup setup = {.log2 = 10};
	const struct fail_nth_kernel kernel = {.read = read_late};

	(void)unused;
	commander = commander_new(&setup, NULL);
	for (unsigned int n = 0; n < AHEAD; n++)
		commander_push(commander, C_TLBI_ASID(n & 0xff), 0);
	commander_ring(commander);
	assert_true(commander_is_told(commander));
	for (unsigned int n = 0; n < AHEAD; n++)
		commander_push(commander, C_TLBI_ASID(n & 0xff), 0);
	fail_nth_set_kernel(&kernel);
	assert_true(vsmmu_run_commands(commander->vsmmu, 1) > 0);
	assert_true(begun);
	if (!ended)
		assert_int_equal(pthread_join(writer, NULL), 0);
	assert_int_equal(atomic_load(&refused), 0);
	fail_nth_set_kernel(NULL);
	assert_true(commander_cons(commander) < 2 * AHEAD);
	assert_true(commander_is_told(commander));
	while (commander_is_told(commander))
		vsmmu_run_commands(commander->vsmmu, 100);
	commander_expect_idle(commander);
	commander_free(commander);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S2 S9", what_is_left_over_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
