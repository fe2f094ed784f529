/* SPDX-License-Identifier: BSD-2-Clause */
/* The vEVENTQ reader, over a fake kernel whose reads are scripted to the byte. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "uapi/iommufd.h"
#include "veventq_kernel.h"

#define RECORD 40

static void expect_lost(struct vsmmu_veventq *veventq, uint32_t sequence, uint64_t lost)
{
	struct vsmmu_item item = {.size = sizeof(item)};

	assert_int_equal(vsmmu_veventq_next(veventq, &item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_LOST);
	assert_int_equal(item.sequence, sequence);
	assert_int_equal(item.lost, lost);
}

static void expect_error(struct vsmmu_veventq *veventq, enum vsmmu_item_error error)
{
	struct vsmmu_item item = {.size = sizeof(item)};

	assert_int_equal(vsmmu_veventq_next(veventq, &item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_ERROR);
	assert_int_equal(item.error, error);
}

TEST(one_read_takes_a_batch)
{
	struct vsmmu_veventq *veventq = reader(0, 0);

	assert_false(readable(veventq));
	report(DEPTH);
	assert_true(readable(veventq));
	for (uint32_t n = 0; n < DEPTH; n++)
		expect_event(veventq, n);
	expect_return(veventq, 0);
	assert_int_equal(fake_kernel_reads(), 1);
	/* The short read said that there is no more; the next call asks anew. */
	report(1);
	expect_event(veventq, DEPTH);
	expect_return(veventq, 0);
	assert_int_equal(fake_kernel_reads(), 2);
	assert_false(readable(veventq));
	vsmmu_veventq_free(veventq);
}

TEST(batch_is_limited)
{
	struct vsmmu_veventq *veventq = reader(0, 4);

	report(9);
	for (uint32_t n = 0; n < 9; n++)
		expect_event(veventq, n);
	expect_return(veventq, 0);
	assert_int_equal(fake_kernel_reads(), 3);
	vsmmu_veventq_free(veventq);
}

/* A race in the kernel's read can give two in one go: 16 bytes that are no record. */
TEST(two_lost_headers_in_16_bytes)
{
	static const struct uapi_iommufd_vevent_header headers[] = {
		{UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS, 2},
		{UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS, 5},
	};
	struct vsmmu_veventq_stats stats = {.size = sizeof(stats)};
	struct vsmmu_veventq *veventq = reader(0, 0);

	fake_veventq_script(queue, headers, sizeof(headers));
	fake_veventq_set_sequence(queue, 6);
	expect_lost(veventq, 2, 3);
	expect_lost(veventq, 5, 3);
	expect_return(veventq, 0);
	report(1);
	expect_event(veventq, 6);
	assert_int_equal(vsmmu_veventq_get_stats(veventq, &stats), 0);
	assert_int_equal(stats.sequenced, 7);
	assert_int_equal(stats.lost, 6);
	assert_int_equal(stats.events, 1);
	vsmmu_veventq_free(veventq);
}

TEST(partial_record_ends_what_came_before)
{
	uint8_t bytes[RECORD + 8 + 20] = {0};
	const struct uapi_iommufd_vevent_header second = {0, 1};
	struct vsmmu_veventq *veventq = reader(0, 0);

	bytes[8] = VSMMU_EVENT_F_TRANSLATION;
	memcpy(bytes + RECORD, &second, sizeof(second));
	fake_veventq_script(queue, bytes, sizeof(bytes));
	fake_veventq_set_sequence(queue, 1);
	report(1);
	expect_event(veventq, 0);
	expect_error(veventq, VSMMU_ITEM_TRUNCATED);
	expect_return(veventq, 0);
	/* The kernel queues such an event again: its number is not used up. */
	expect_event(veventq, 1);
	vsmmu_veventq_free(veventq);
}

TEST(loss_is_counted_from_the_first_event_on)
{
	struct vsmmu_veventq *veventq = reader(0, 0);

	fake_veventq_drop(queue);
	fake_veventq_drop(queue);
	expect_lost(veventq, 1, 2);
	expect_return(veventq, 0);
	report(DEPTH + 3);
	for (uint32_t n = 0; n < DEPTH; n++)
		expect_event(veventq, 2 + n);
	expect_lost(veventq, DEPTH + 4, 3);
	expect_return(veventq, 0);
	assert_int_equal(fake_kernel_reads(), 2);
	vsmmu_veventq_free(veventq);
}

TEST(numbers_wrap)
{
	struct vsmmu_veventq_stats stats = {.size = sizeof(stats)};
	struct vsmmu_veventq *veventq = reader(INT32_MAX - 1, 0);

	fake_veventq_set_sequence(queue, INT32_MAX - 1);
	report(3);
	expect_event(veventq, INT32_MAX - 1);
	expect_event(veventq, INT32_MAX);
	expect_event(veventq, 0);
	expect_return(veventq, 0);
	assert_int_equal(vsmmu_veventq_get_stats(veventq, &stats), 0);
	assert_int_equal(stats.sequenced, 3);
	assert_int_equal(stats.lost, 0);
	vsmmu_veventq_free(veventq);
}

TEST(adopted_queue_starts_anywhere)
{
	struct vsmmu_veventq *veventq = reader(VSMMU_SEQUENCE_UNKNOWN, 0);

	fake_veventq_set_sequence(queue, 1000);
	report(1);
	expect_event(veventq, 1000);
	expect_return(veventq, 0);
	fake_veventq_set_sequence(queue, 1003);
	report(1);
	expect_lost(veventq, 1002, 2);
	expect_event(veventq, 1003);
	vsmmu_veventq_free(veventq);
}

TEST(callers_fd_stays_its_own)
{
	struct vsmmu_veventq *veventq = reader(0, 0);

	assert_int_not_equal(vsmmu_veventq_get_fd(veventq), queue_fd);
	vsmmu_veventq_free(veventq);
	report(1);
	veventq = reader(0, 0);
	close(queue_fd);
	assert_true(readable(veventq));
	expect_event(veventq, 0);
	vsmmu_veventq_free(veventq);
	vsmmu_veventq_free(NULL);
}

TEST(a_reader_may_own_its_fd)
{
	struct vsmmu_veventq_config config = {
		.size = sizeof(config),
		.flags = VSMMU_VEVENTQ_FLAG_OWN_FD,
		.fd = queue_fd,
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
		.batch = UINT32_MAX,
	};
	unsigned int open = fake_kernel_open_fds();
	struct vsmmu_veventq *veventq = NULL;
	int fds[2];

	/* After a failure it is the caller's as before. */
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	assert_int_equal(fake_kernel_open_fds(), open);
	assert_int_equal(pipe(fds), 0);
	config.batch = 0;
	config.fd = fds[0];
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -ENOTTY);
	close(fds[1]);
	assert_int_equal(close(fds[0]), 0);
	config.fd = queue_fd;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	report(1);
	assert_true(readable(veventq));
	expect_event(veventq, 0);
	vsmmu_veventq_free(veventq);
	assert_int_equal(fake_kernel_open_fds(), open - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST("E2", one_read_takes_a_batch),
		KERNEL_TEST("E2", batch_is_limited),
		KERNEL_TEST("E4 P4", two_lost_headers_in_16_bytes),
		KERNEL_TEST("E4", partial_record_ends_what_came_before),
		KERNEL_TEST("E5", loss_is_counted_from_the_first_event_on),
		KERNEL_TEST("E5 P1", numbers_wrap),
		KERNEL_TEST("E5", adopted_queue_starts_anywhere),
		TEST_PLAIN(callers_fd_stays_its_own),
		TEST_PLAIN(a_reader_may_own_its_fd),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
