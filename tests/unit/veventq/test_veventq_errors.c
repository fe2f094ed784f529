/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of the vEVENTQ reader that fail, and configs that it refuses, over a fake kernel. */
#include <errno.h>
#include <unistd.h>

#include "lib/fail_nth.h"
#include "veventq_kernel.h"

/* The fake leaves nonsense in errno after each success, as any library call may. */
TEST(zero_is_empty_whatever_errno_says)
{
	static const int stale[] = {EAGAIN, EINTR, ENOMEM, EBADF, EIO};
	struct vsmmu_veventq *veventq = reader(0, 0);

	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++) {
		errno = stale[i];
		expect_return(veventq, 0);
	}
	report(1);
	expect_event(veventq, 0);
	vsmmu_veventq_free(veventq);
}

TEST(later_is_not_an_error)
{
	struct vsmmu_veventq *veventq = reader(0, 0);

	fake_veventq_script_error(queue, EAGAIN);
	fake_veventq_script_error(queue, EINTR);
	report(1);
	/* Twice nothing although there is something: no third time at once. */
	expect_return(veventq, 0);
	assert_int_equal(fake_kernel_reads(), 2);
	wait_for(veventq);
	expect_event(veventq, 0);
	vsmmu_veventq_free(veventq);
}

TEST(reading_goes_on_after_enomem)
{
	struct vsmmu_veventq *veventq = reader(0, 0);

	fake_veventq_script_error(queue, ENOMEM);
	fake_veventq_script_error(queue, ENOMEM);
	report(2);
	expect_return(veventq, 0);
	wait_for(veventq);
	expect_return(veventq, 0);
	wait_for(veventq);
	expect_event(veventq, 0);
	expect_event(veventq, 1);
	expect_return(veventq, 0);
	vsmmu_veventq_free(veventq);
}

TEST(other_errors_are_told_as_they_are)
{
	static const int errors[] = {EBADF, EINVAL, EFAULT, EIO, ENODEV};
	struct vsmmu_veventq *veventq = reader(0, 0);

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_veventq_script_error(queue, errors[i]);
		expect_return(veventq, -errors[i]);
		report(1);
		expect_return(veventq, -errors[i]);
		assert_false(readable(veventq));
		assert_int_equal(vsmmu_veventq_rearm(veventq), 1);
		assert_true(readable(veventq));
		expect_event(veventq, (uint32_t)i);
		expect_return(veventq, 0);
	}
	vsmmu_veventq_free(veventq);
}

/* Without a timer, and without memory to poll again, reading goes on all the same. */
TEST(backing_off_may_fail)
{
	struct vsmmu_veventq *veventq = reader(0, 0);
	struct vsmmu_item item = {.size = sizeof(item)};

	fake_veventq_script_error(queue, ENOMEM);
	report(2);
	fail_nth_arm(2); /* read, timerfd_settime */
	expect_return(veventq, 0);
	assert_string_equal(fail_nth_what(), "timerfd_settime");
	fail_nth_arm(0);
	/* The fd is readable, and each call tries to set the timer, until the wait is over. */
	assert_true(readable(veventq));
	while (vsmmu_veventq_next(veventq, &item) == 0)
		wait_for(veventq);
	assert_int_equal(item.kind, VSMMU_ITEM_EVENT);
	assert_int_equal(item.sequence, 0);
	expect_event(veventq, 1);
	expect_return(veventq, 0);

	fake_veventq_script_error(queue, ENOMEM);
	report(1);
	expect_return(veventq, 0);
	wait_for(veventq);
	fail_nth_arm(2); /* timerfd_settime, EPOLL_CTL_ADD */
	expect_return(veventq, 0);
	assert_string_equal(fail_nth_what(), "epoll_ctl");
	fail_nth_arm(0);
	wait_for(veventq);
	expect_event(veventq, 2);
	expect_return(veventq, 0);
	report(1);
	assert_true(readable(veventq));

	fake_veventq_script_error(queue, EIO);
	expect_event(veventq, 3);
	expect_return(veventq, 0);
	expect_return(veventq, -EIO);
	fail_nth_arm(1);
	assert_true(vsmmu_veventq_rearm(veventq) < 0);
	fail_nth_arm(0);
	expect_return(veventq, -EIO);
	assert_int_equal(vsmmu_veventq_rearm(veventq), 1);
	vsmmu_veventq_free(veventq);
}

TEST(bad_configs_are_refused)
{
	struct vsmmu_veventq_config config = {
		.size = sizeof(config),
		.fd = queue_fd,
		.type = 77,
	};
	unsigned int open = fake_kernel_open_fds();
	struct vsmmu_veventq *veventq = NULL;
	int fds[2];

	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	config.type = VSMMU_VEVENTQ_ARM_SMMUV3;
	config.first_sequence = UINT32_C(0x80000000);
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	config.first_sequence = 0;
	config.batch = UINT32_MAX;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	config.batch = 0;
	config.size = 4;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	config.size = sizeof(config);
	config.fd = -1;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EBADF);
	assert_int_equal(fake_kernel_open_fds(), open);
	assert_int_equal(pipe(fds), 0);
	config.fd = fds[0];
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -ENOTTY);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(fake_kernel_open_fds(), open);
	assert_null(veventq);
}

TEST(every_call_may_fail)
{
	unsigned int open = fake_kernel_open_fds(), n = 0;

	report(1);
	do {
		struct vsmmu_veventq *veventq = NULL;
		struct vsmmu_item item = {.size = sizeof(item)};
		int ret;

		fail_nth_arm(++n);
		ret = reader_new(&veventq, VSMMU_SEQUENCE_UNKNOWN, 0);
		if (!ret) {
			ret = vsmmu_veventq_next(veventq, &item);
			assert_int_equal(ret, n == 12 ? -EIO : 1);
		} else {
			assert_null(veventq);
		}
		fail_nth_arm(0);
		vsmmu_veventq_free(veventq);
		assert_int_equal(fake_kernel_open_fds(), open);
		if (ret == 1)
			report(1);
	} while (fail_nth_fired());
	/*
	 * calloc, dup, F_GETFL, F_SETFL, malloc, epoll_create1, eventfd, timerfd_create, three
	 * times EPOLL_CTL_ADD, read
	 */
	assert_int_equal(n - 1, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST("E3 P2", zero_is_empty_whatever_errno_says),
		KERNEL_TEST("E3", later_is_not_an_error),
		KERNEL_TEST("E3 P8", reading_goes_on_after_enomem),
		KERNEL_TEST("E3", other_errors_are_told_as_they_are),
		KERNEL_TEST("E3 P8", backing_off_may_fail),
		TEST_PLAIN(bad_configs_are_refused),
		KERNEL_TEST("E1 P18", every_call_may_fail),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
