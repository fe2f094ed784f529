/* SPDX-License-Identifier: BSD-2-Clause */
/* When the reader's own fd is quiet although there is something: after errors. */
#include <errno.h>

#include "veventq_source.h"

TEST(enomem_backs_off_and_doubles)
{
	begin();
	source_has("E0");
	source_says(-ENOMEM, ALWAYS);
	expect_readable();
	for (uint32_t n = 0; n < 9; n++) {
		expect_attempt((n < 7 ? UINT64_C(1) << n : 128) * MILLISECOND);
		assert_int_equal(source.reads, n + 1);
	}
	assert_int_equal(stats_of().backoffs, 9);
	assert_int_equal(stats_of().reads, 9);
	/* Nothing was lost, and the next time it begins at the beginning. */
	source_says(0, 0);
	expect_event(0);
	expect_return(0);
	source_says(-ENOMEM, 1);
	source_has("E1");
	expect_readable();
	expect_attempt(MILLISECOND);
	expect_event(1);
	assert_int_equal(stats_of().lost, 0);
	assert_int_equal(stats_of().failures, 0);
	end();
}

TEST(a_success_makes_the_next_wait_short)
{
	uint64_t before;

	begin();
	source_says(-ENOMEM, 8);
	for (int n = 0; n < 8; n++)
		expect_attempt(MILLISECOND << n);
	before = pollset_now();
	for (uint32_t n = 0; n < 100; n++) {
		source.stream.payload = 32;
		stream_put(&source.stream, 0, n);
		expect_event(n);
		expect_return(0);
		source_says(-ENOMEM, 1);
		expect_attempt(MILLISECOND);
	}
	/* Hardly more than 100 ms, but for a slow machine; 128 ms each would be 12.8 s. */
	assert_true(pollset_now() - before < 10000 * MILLISECOND);
	end();
}

/* A caller that does not poll but asks again and again costs no reads either. */
TEST(asking_does_not_shorten_the_wait)
{
	uint64_t before;

	begin();
	source_says(-ENOMEM, 8);
	source_has("E0");
	for (int n = 0; n < 8; n++)
		expect_attempt(MILLISECOND << n);
	assert_int_equal(source.reads, 8);
	source_says(-ENOMEM, ALWAYS);
	before = pollset_now();
	expect_return(0);
	/* It waits for 128 ms now. */
	for (int n = 0; n < 1000 && pollset_now() - before < 100 * MILLISECOND; n++) {
		expect_return(0);
		if (pollset_now() - before < 128 * MILLISECOND)
			assert_int_equal(source.reads, 9);
	}
	end();
}

/* Kernels before mid-2026 say 0 for want of memory. */
TEST(nothing_to_read_although_poll_says_so_backs_off)
{
	static const ssize_t answers[] = {0, -EAGAIN, -EINTR};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		begin();
		source_has("E0");
		source_says(answers[i], ALWAYS);
		for (uint32_t n = 0; n < 4; n++) {
			expect_attempt(MILLISECOND << n);
			/* Asked twice: something could have come just then. */
			assert_int_equal(source.reads, 2 * n + 2);
		}
		source_says(answers[i], 1);
		expect_event(0);
		assert_int_equal(stats_of().backoffs, 4);
		end();
	}
}

TEST(what_comes_between_read_and_poll_is_not_delayed)
{
	begin();
	source_has("E0");
	source_says(0, 1);
	expect_event(0);
	assert_int_equal(stats_of().backoffs, 0);
	end();
}

TEST(a_final_error_is_told_until_it_is_rearmed)
{
	static const int errors[] = {EIO, EBADF, EFAULT, EINVAL, ENODEV};

	begin();
	for (uint32_t n = 0; n < sizeof(errors) / sizeof(errors[0]); n++) {
		source_says(-errors[n], ALWAYS);
		expect_readable();
		for (int again = 0; again < 3; again++) {
			expect_return(-errors[n]);
			expect_quiet();
		}
		/* It says so once more when somebody wakes it, and is quiet again. */
		assert_int_equal(vsmmu_veventq_wake(veventq), 0);
		expect_readable();
		expect_return(-errors[n]);
		expect_quiet();
		assert_int_equal(source.reads, n + 1);
		assert_int_equal(stats_of().failures, n + 1);
		assert_int_equal(vsmmu_veventq_rearm(veventq), 1);
		assert_int_equal(vsmmu_veventq_rearm(veventq), 0);
	}
	source_says(0, 0);
	source_has("E0");
	expect_readable();
	expect_event(0);
	end();
}

TEST(more_bytes_than_asked_for_are_final)
{
	begin();
	source_says(256 * 40 + 1, 1);
	expect_return(-EPROTO);
	expect_quiet();
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E3 P8", enomem_backs_off_and_doubles),
		UNIT_TEST("E3 P8", a_success_makes_the_next_wait_short),
		UNIT_TEST("E3 P8", asking_does_not_shorten_the_wait),
		UNIT_TEST("E3 P8", nothing_to_read_although_poll_says_so_backs_off),
		UNIT_TEST("E3", what_comes_between_read_and_poll_is_not_delayed),
		UNIT_TEST("E3", a_final_error_is_told_until_it_is_rearmed),
		UNIT_TEST("E3", more_bytes_than_asked_for_are_final),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
