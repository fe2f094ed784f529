/* SPDX-License-Identifier: BSD-2-Clause */
/* What the library takes for the fd of a vEVENTQ, and what it does to it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vsmmu/event.h>
#include <vsmmu/veventq.h>

#include "util/fd.h"
#include "veventq/fd.h"
#include "veventq_kernel.h"

/* F_SETFL gets what F_GETFL gave, and O_NONBLOCK. */
static void other_flags_survive(void **unused)
{
	struct veventq_source source;
	char name[VEVENTQ_FD_NAME_SIZE];
	int fd;

	(void)unused;
	assert_int_equal(fcntl(queue_fd, F_SETFL, O_APPEND), 0);
	fd = veventq_fd_adopt(queue_fd, false, &source, name);
	assert_int_not_equal(fd, queue_fd);
	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR | O_APPEND | O_NONBLOCK);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	fd_close(fd);
}

/* Files that have a type, of which a vEVENTQ has none. */
static void opens_typed(int fds[5])
{
	int pair[2];

	assert_int_equal(pipe(pair), 0);
	fds[0] = pair[0];
	fds[1] = pair[1];
	fds[2] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[3] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[4] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void expect_typed_are_refused(void)
{
	struct veventq_source source;
	char name[VEVENTQ_FD_NAME_SIZE];
	int fds[5];

	opens_typed(fds);
	for (int i = 0; i < 5; i++) {
		unsigned int open = fake_kernel_open_fds();

		assert_true(fds[i] >= 0);
		assert_int_equal(veventq_fd_adopt(fds[i], false, &source, name), -ENOTTY);
		assert_int_equal(fake_kernel_open_fds(), open);
		close(fds[i]);
	}
	assert_int_equal(veventq_fd_adopt(-1, false, &source, name), -EBADF);
}

static void a_file_with_a_type_is_refused(void **unused)
{
	char path[] = "/tmp/vsmmu-veventq-XXXXXX";
	struct veventq_source source;
	char name[VEVENTQ_FD_NAME_SIZE];
	int fd = mkstemp(path);

	(void)unused;
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(veventq_fd_adopt(fd, false, &source, name), -ENOTTY);
	close(fd);
	expect_typed_are_refused();
}

/* The kernel's name of the file is for debugging, and may become another one. */
static void a_strange_name_is_told_and_read(void **unused)
{
	static const char *const names[] = {"anon_inode:[iommufd-viommu-events]",
		"anon_inode:[iommufd-viommu-even", "anon_inode:[vEVENTQ]",
		"anon_inode:iommufd-viommu-event", "anon_inode:[eventfd]"};
	static const uint8_t record[VSMMU_EVENT_RECORD_SIZE] = {VSMMU_EVENT_F_TRANSLATION};
	char name[VEVENTQ_FD_NAME_SIZE] = "?";
	struct veventq_source source;
	uint8_t buffer[64];
	int fd;

	(void)unused;
	fd = veventq_fd_adopt(queue_fd, false, &source, name);
	assert_true(fd >= 0);
	assert_string_equal(name, "");
	fd_close(fd);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		fake_veventq_set_name(names[i]);
		fd = veventq_fd_adopt(queue_fd, false, &source, name);
		assert_true(fd >= 0);
		assert_string_equal(name, names[i]);
		fake_veventq_report(queue, record, sizeof(record));
		assert_int_equal(source.read(source.ctx, buffer, sizeof(buffer)), 40);
		fd_close(fd);
	}
}

static void a_long_name_is_cut(void **unused)
{
	char name[VEVENTQ_FD_NAME_SIZE], longest[2 * VEVENTQ_FD_NAME_SIZE];
	struct veventq_source source;
	int fd;

	(void)unused;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	fake_veventq_set_name(longest);
	fd = veventq_fd_adopt(queue_fd, false, &source, name);
	assert_true(fd >= 0);
	assert_int_equal(strlen(name), VEVENTQ_FD_NAME_SIZE - 1);
	assert_memory_equal(name, longest, VEVENTQ_FD_NAME_SIZE - 1);
	fd_close(fd);
}

/* A sandbox may have no /proc, or forbid to look there: then the file's type has to do. */
static void adopting_works_without_its_name(void **unused)
{
	static const int errors[] = {ENOENT, EPERM, EACCES, ENOSYS};
	struct veventq_source source;
	char name[VEVENTQ_FD_NAME_SIZE] = "?";
	int fds[5], fd;

	(void)unused;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_kernel_fail("readlink", errors[i]);
		fd = veventq_fd_adopt(queue_fd, false, &source, name);
		assert_true(fd >= 0);
		assert_string_equal(name, "");
		fd_close(fd);
		opens_typed(fds);
		for (int n = 0; n < 5; n++) {
			fake_kernel_fail("readlink", errors[i]);
			assert_int_equal(veventq_fd_adopt(fds[n], false, &source, name), -ENOTTY);
			close(fds[n]);
		}
	}
}

/* Of anonymous inodes nothing but what comes out of it tells what it is. */
static void what_is_no_veventq_is_found_out_by_reading(void **unused)
{
	struct vsmmu_veventq_config config = {
		.size = sizeof(config),
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
		.first_sequence = VSMMU_SEQUENCE_UNKNOWN,
	};
	struct vsmmu_veventq *veventq = NULL;
	struct vsmmu_item item = {.size = sizeof(item)};
	int set = epoll_create1(EPOLL_CLOEXEC);

	(void)unused;
	/* An eventfd gives 8 bytes: a header, but no payload. */
	config.fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(eventfd_write(config.fd, 2), 0);
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	close(config.fd);
	assert_int_equal(vsmmu_veventq_next(veventq, &item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_ERROR);
	vsmmu_veventq_free(veventq);
	config.fd = set;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	assert_int_equal(vsmmu_veventq_next(veventq, &item), -EINVAL);
	vsmmu_veventq_free(veventq);
	close(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST("E1 P18", other_flags_survive),
		KERNEL_TEST("E1", a_file_with_a_type_is_refused),
		KERNEL_TEST("E1", a_strange_name_is_told_and_read),
		TEST_PLAIN(a_long_name_is_cut),
		KERNEL_TEST("E1", adopting_works_without_its_name),
		KERNEL_TEST("E4", what_is_no_veventq_is_found_out_by_reading),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
