/* SPDX-License-Identifier: BSD-2-Clause */
/* The one pollable fd: what makes it readable, and what does not. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "smmu/events/pollset.h"
#include "lib/unit.h"

#define QUEUES 100

static struct pollset pollset;
static int fds[QUEUES];

static int set_up(void **unused)
{
	(void)unused;
	assert_int_equal(pollset_init(&pollset), 0);
	for (int i = 0; i < QUEUES; i++) {
		fds[i] = eventfd(0, EFD_NONBLOCK);
		assert_true(fds[i] >= 0);
	}
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	for (int i = 0; i < QUEUES; i++)
		close(fds[i]);
	pollset_destroy(&pollset);
	return 0;
}

static bool readable_within(int milliseconds)
{
	struct pollfd fd = {.fd = pollset.outer, .events = POLLIN};

	return poll(&fd, 1, milliseconds) == 1;
}

static bool readable(void)
{
	return readable_within(0);
}

static void fill(int i)
{
	assert_int_equal(eventfd_write(fds[i], 1), 0);
}

static void drain(int i)
{
	eventfd_t value;

	assert_int_equal(eventfd_read(fds[i], &value), 0);
}

TEST(it_is_readable_while_a_member_is)
{
	void *items[8];

	assert_false(readable());
	assert_int_equal(pollset_wait(&pollset, items, 8), 0);
	assert_int_equal(pollset_add(&pollset, fds[0], &fds[0]), 0);
	assert_int_equal(pollset_add(&pollset, fds[1], &fds[1]), 0);
	assert_false(readable());
	fill(1);
	assert_true(readable());
	assert_true(readable()); /* level, not edge */
	assert_int_equal(pollset_wait(&pollset, items, 8), 1);
	assert_ptr_equal(items[0], &fds[1]);
	drain(1);
	assert_false(readable());
	/* One that was readable before it came in counts as well. */
	fill(2);
	assert_int_equal(pollset_add(&pollset, fds[2], &fds[2]), 0);
	assert_true(readable());
	pollset_remove(&pollset, fds[2]);
	assert_false(readable());
	pollset_remove(&pollset, fds[2]); /* harmless */
	assert_true(pollset_add(&pollset, -1, NULL) < 0);
}

TEST(waiting_turns_round)
{
	unsigned int seen[QUEUES] = {0};
	void *items[64];

	for (int i = 0; i < QUEUES; i++) {
		assert_int_equal(pollset_add(&pollset, fds[i], &fds[i]), 0);
		fill(i);
	}
	for (int round = 0; round < 25; round++) {
		int count = pollset_wait(&pollset, items, 4);

		assert_int_equal(count, 4);
		for (int i = 0; i < count; i++)
			seen[(int *)items[i] - fds]++;
	}
	for (int i = 0; i < QUEUES; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(pollset_wait(&pollset, items, 64), 64);
}

TEST(a_pause_hides_all_members)
{
	void *items[8];

	assert_int_equal(pollset_add(&pollset, fds[0], &fds[0]), 0);
	fill(0);
	pollset_pause(&pollset);
	assert_false(readable());
	assert_int_equal(pollset_wait(&pollset, items, 8), 1); /* who asks is told */
	pollset_resume(&pollset);
	assert_true(readable());
	pollset_resume(&pollset);
	assert_true(readable());
	pollset_pause(&pollset);
	pollset_pause(&pollset);
	assert_false(readable());
	/* Members may come, go and fill meanwhile. */
	assert_int_equal(pollset_add(&pollset, fds[1], &fds[1]), 0);
	fill(1);
	drain(0);
	assert_false(readable());
	pollset_resume(&pollset);
	assert_true(readable());
	drain(1);
	assert_false(readable());
}

TEST(the_timer_shows_even_in_a_pause)
{
	assert_false(pollset_timer_expired(&pollset));
	pollset_pause(&pollset);
	assert_int_equal(pollset_timer_start(&pollset, 1000000), 0);
	assert_true(readable_within(10000));
	assert_true(pollset_timer_expired(&pollset));
	assert_false(pollset_timer_expired(&pollset));
	assert_false(readable());
	/* A second start takes the place of the first. */
	assert_int_equal(pollset_timer_start(&pollset, UINT64_C(3600000000000)), 0);
	assert_false(readable_within(5));
	assert_int_equal(pollset_timer_start(&pollset, 1), 0);
	assert_true(readable_within(10000));
}

/*
 * The protocol between the one who finds the queue full and pauses, and the one who
 * makes room and resumes: neither order may leave it paused with room.
 */
static atomic_uint room;
static atomic_bool stop;

static void *guest(void *unused)
{
	(void)unused;
	while (!atomic_load(&stop)) {
		if (!atomic_load(&room)) {
			atomic_store(&room, 1);
			pollset_resume(&pollset);
		}
	}
	return NULL;
}

TEST(no_resume_is_lost)
{
	pthread_t thread;

	assert_int_equal(pollset_add(&pollset, fds[0], &fds[0]), 0);
	fill(0);
	atomic_store(&stop, false);
	atomic_store(&room, 0);
	assert_int_equal(pthread_create(&thread, NULL, guest, NULL), 0);
	for (int i = 0; i < 20000; i++) {
		/* as dispatch: only when woken, and only a wake-up goes on */
		assert_true(readable_within(10000));
		if (atomic_exchange(&room, 0))
			continue;
		pollset_pause(&pollset);
		if (atomic_load(&room))
			pollset_resume(&pollset);
	}
	atomic_store(&stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

#define POLLSET_TEST(ids, fn)                                                                      \
	{                                                                                          \
		.name = #fn ids, .test_func = (fn), .setup_func = set_up,                          \
		.teardown_func = tear_down                                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLLSET_TEST("", it_is_readable_while_a_member_is),
		POLLSET_TEST(" [E9]", waiting_turns_round),
		POLLSET_TEST(" [E7]", a_pause_hides_all_members),
		POLLSET_TEST(" [E3]", the_timer_shows_even_in_a_pause),
		POLLSET_TEST(" [E7]", no_resume_is_lost),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
