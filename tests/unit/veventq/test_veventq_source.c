/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader over a source of the caller's, with and without an fd. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "veventq_source.h"

TEST(a_source_without_an_fd_is_woken)
{
	begin_without_fd();
	/* It may have something from the beginning. */
	expect_readable();
	source_has("E0");
	expect_event(0);
	expect_return(0);
	expect_quiet();
	source_has("E1");
	expect_quiet();
	assert_int_equal(vsmmu_veventq_wake(veventq), 0);
	expect_readable();
	expect_event(1);
	expect_return(0);
	expect_quiet();
	/* A timer, and an error, need no fd. */
	source_says(-ENOMEM, 3);
	source_has("E2");
	assert_int_equal(vsmmu_veventq_wake(veventq), 0);
	for (int n = 0; n < 3; n++)
		expect_attempt(MILLISECOND << n);
	expect_event(2);
	expect_return(0);
	expect_quiet();
	source_says(-EIO, 1);
	assert_int_equal(vsmmu_veventq_wake(veventq), 0);
	expect_return(-EIO);
	expect_quiet();
	assert_int_equal(vsmmu_veventq_rearm(veventq), 1);
	source_has("E3");
	expect_readable();
	expect_event(3);
	end();
}

/* The source's fd knows nothing of items that are left in the buffer. */
TEST(who_stops_early_wakes_it)
{
	begin_without_fd();
	source_has("E0 E1 E2");
	expect_event(0);
	expect_quiet();
	assert_int_equal(vsmmu_veventq_wake(veventq), 0);
	expect_readable();
	expect_event(1);
	expect_event(2);
	expect_return(0);
	expect_quiet();
	end();
}

/* Says that there is nothing, and just then something comes. */
static ssize_t late_read(void *opaque, void *buffer, size_t length)
{
	static bool late;

	late = !late;
	if (!late)
		return source_read(opaque, buffer, length);
	assert_int_equal(vsmmu_veventq_wake(veventq), 0);
	return 0;
}

TEST(a_wake_during_a_read_is_kept)
{
	struct vsmmu_veventq_config config = config_of(-1);

	config.read = late_read;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	source_has("E0");
	expect_return(0);
	expect_readable();
	expect_event(0);
	end();
}

/* A queue that another thread fills, and an fd that it does not have. */
static atomic_uint produced, consumed;

static ssize_t counter_read(void *opaque, void *buffer, size_t length)
{
	const uint32_t number = atomic_load(&consumed);
	const struct uapi_iommufd_vevent_header header = {.sequence = number};

	(void)opaque;
	assert_true(length >= 40);
	if (number == atomic_load(&produced))
		return 0;
	atomic_store(&consumed, number + 1);
	memset(buffer, 0, 40);
	memcpy(buffer, &header, sizeof(header));
	return 40;
}

static void *produce(void *unused)
{
	for (uint32_t n = 0; n < 20000; n++) {
		atomic_fetch_add(&produced, 1);
		vsmmu_veventq_wake(veventq);
	}
	return unused;
}

static unsigned int called_back;

static ssize_t call_back_in(void *opaque, void *buffer, size_t length)
{
	struct vsmmu_veventq_stats stats = {.size = sizeof(stats)};
	struct vsmmu_item item = {.size = sizeof(item)};
	uint32_t sequence;

	called_back++;
	assert_int_equal(vsmmu_veventq_next(veventq, &item), -EDEADLK);
	assert_int_equal(vsmmu_veventq_rearm(veventq), -EDEADLK);
	assert_int_equal(vsmmu_veventq_get_sequence(veventq, &sequence), -EDEADLK);
	assert_int_equal(vsmmu_veventq_set_sequence(veventq, 7), -EDEADLK);
	assert_int_equal(vsmmu_veventq_get_stats(veventq, &stats), -EDEADLK);
	vsmmu_veventq_free(veventq);
	assert_true(vsmmu_veventq_get_fd(veventq) >= 0);
	return source_read(opaque, buffer, length);
}

TEST(a_source_that_calls_back_in_is_refused)
{
	struct vsmmu_veventq_config config = config_of(-1);

	called_back = 0;
	config.read = call_back_in;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	source_has("E0 E1");
	expect_event(0);
	expect_event(1);
	expect_return(0);
	assert_int_equal(called_back, 2);
	vsmmu_veventq_free(veventq);
}

TEST(no_wake_of_another_thread_is_lost)
{
	struct vsmmu_veventq_config config = config_of(-1);
	struct vsmmu_item item;
	pthread_t producer;
	uint32_t events = 0;

	config.read = counter_read;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	assert_int_equal(pthread_create(&producer, NULL, produce, NULL), 0);
	while (events < 20000) {
		expect_readable();
		while (next(&item) == 1)
			events++;
	}
	assert_int_equal(pthread_join(producer, NULL), 0);
	assert_int_equal(stats_of().sequenced, 20000);
	end();
}

TEST(the_place_is_handed_over)
{
	uint32_t sequence = 1;

	begin();
	assert_int_equal(vsmmu_veventq_get_sequence(veventq, &sequence), 0);
	assert_int_equal(sequence, 0);
	source_has("E0 E1");
	expect_event(0);
	assert_int_equal(vsmmu_veventq_get_sequence(veventq, &sequence), 0);
	assert_int_equal(sequence, 1);
	assert_int_equal(vsmmu_veventq_set_sequence(veventq, 7), -EBUSY);
	expect_event(1);
	expect_return(0);
	assert_int_equal(vsmmu_veventq_set_sequence(veventq, 7), 0);
	source_has("E7");
	expect_event(7);
	expect_return(0);
	assert_int_equal(vsmmu_veventq_set_sequence(veventq, UINT32_C(1) << 31), -EINVAL);
	assert_int_equal(stats_of().lost, 0);
	assert_int_equal(stats_of().errors, 0);
	end();
}

TEST(a_later_kernels_type_is_read)
{
	struct vsmmu_veventq_config config = config_of(-1);
	struct vsmmu_item item;

	config.type = 3;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	config.payload_size = 48;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	source.stream.payload = 48;
	stream_put_text(&source.stream, "E0 L1 E2");
	assert_int_equal(next(&item), 1);
	assert_int_equal(item.payload_size, 48);
	assert_int_equal(next(&item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_LOST);
	assert_int_equal(next(&item), 1);
	assert_int_equal(item.sequence, 2);
	expect_return(0);
	end();
}

TEST(a_sources_fd_is_duplicated_or_handed_over)
{
	struct vsmmu_veventq_config config = config_of(eventfd(1, EFD_CLOEXEC));

	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	vsmmu_veventq_free(veventq);
	assert_int_equal(fcntl(source.fd, F_GETFD), FD_CLOEXEC);
	/* A failure leaves it the caller's. */
	config.flags |= VSMMU_VEVENTQ_FLAG_OWN_FD;
	config.type = 0;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	assert_int_equal(fcntl(source.fd, F_GETFD), FD_CLOEXEC);
	config.type = VSMMU_VEVENTQ_ARM_SMMUV3;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	vsmmu_veventq_free(veventq);
	assert_int_equal(fcntl(source.fd, F_GETFD), -1);
}

TEST(misuse_is_refused)
{
	struct vsmmu_veventq_config config = config_of(-1), bad;
	struct vsmmu_veventq_stats stats = {.size = sizeof(stats.size)};
	struct vsmmu_item item = {.size = sizeof(item)};
	uint32_t sequence;

	bad = config;
	bad.flags |= 1 << 2;
	assert_int_equal(vsmmu_veventq_new(&veventq, &bad), -EINVAL);
	bad = config;
	bad.read = NULL;
	assert_int_equal(vsmmu_veventq_new(&veventq, &bad), -EINVAL);
	bad = config;
	bad.flags = 0;
	assert_int_equal(vsmmu_veventq_new(&veventq, &bad), -EINVAL);
	bad = config;
	bad.fd = -2;
	assert_int_equal(vsmmu_veventq_new(&veventq, &bad), -EBADF);
	/* epoll does not take files that are always readable. */
	bad.fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(vsmmu_veventq_new(&veventq, &bad), -EPERM);
	close(bad.fd);
	assert_int_equal(vsmmu_veventq_new(NULL, &config), -EINVAL);
	assert_int_equal(vsmmu_veventq_new(&veventq, NULL), -EINVAL);

	assert_int_equal(vsmmu_veventq_next(NULL, &item), -EINVAL);
	assert_int_equal(vsmmu_veventq_get_fd(NULL), -EINVAL);
	assert_int_equal(vsmmu_veventq_rearm(NULL), -EINVAL);
	assert_int_equal(vsmmu_veventq_wake(NULL), -EINVAL);
	assert_int_equal(vsmmu_veventq_get_sequence(NULL, &sequence), -EINVAL);
	assert_int_equal(vsmmu_veventq_set_sequence(NULL, 0), -EINVAL);
	assert_int_equal(vsmmu_veventq_get_stats(NULL, &stats), -EINVAL);
	vsmmu_veventq_free(NULL);

	begin_without_fd();
	source_has("E0");
	assert_int_equal(vsmmu_veventq_get_sequence(veventq, NULL), -EINVAL);
	assert_int_equal(vsmmu_veventq_get_stats(veventq, NULL), -EINVAL);
	assert_int_equal(vsmmu_veventq_get_stats(veventq, &stats), -EINVAL);
	/* An item that cannot be filled is not taken. */
	assert_int_equal(vsmmu_veventq_next(veventq, NULL), -EINVAL);
	item.size = sizeof(item.size);
	assert_int_equal(vsmmu_veventq_next(veventq, &item), -EINVAL);
	assert_int_equal(source.reads, 0);
	expect_event(0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E3", a_source_without_an_fd_is_woken),
		UNIT_TEST_PLAIN(who_stops_early_wakes_it),
		UNIT_TEST("E3", a_wake_during_a_read_is_kept),
		UNIT_TEST("D7", a_source_that_calls_back_in_is_refused),
		UNIT_TEST("E3", no_wake_of_another_thread_is_lost),
		UNIT_TEST("E5", the_place_is_handed_over),
		UNIT_TEST("E4", a_later_kernels_type_is_read),
		UNIT_TEST_PLAIN(a_sources_fd_is_duplicated_or_handed_over),
		UNIT_TEST_PLAIN(misuse_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
