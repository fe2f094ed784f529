/* SPDX-License-Identifier: BSD-2-Clause */
/* An endpoint whose vfio_fd is no VFIO device is refused, with a report that names the member. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/fake_kernel.h"
#include "lib/vm.h"

static const struct vm_setup no_endpoints = {.unattached = true};

static int attach(struct test_vmm *vm, int fd)
{
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = 7, .vfio_fd = fd};
	struct vsmmu_endpoint *endpoint = NULL;
	uint32_t dev_id;
	int ret;

	fake_kernel_device(0, &dev_id);
	config.dev_id = dev_id;
	ret = vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint);
	assert_null(endpoint);
	return ret;
}

static void expect_refused(struct test_vmm *vm, int fd, int error, const char *why)
{
	const unsigned int reports = vm->report_count, open_fds = fake_kernel_open_fds();
	const struct test_vmm_report *report = &vm->reports[reports % TEST_VMM_REPORTS];

	assert_int_equal(attach(vm, fd), error);
	assert_int_equal(vm->report_count, reports + 1);
	assert_int_equal(report->code, VSMMU_REPORT_UNFIT);
	assert_int_equal(report->vsid, 7);
	assert_non_null(strstr(report->text, "vfio_fd"));
	assert_non_null(strstr(report->text, why));
	/* The device that attach() has plugged is all that is new. */
	assert_int_equal(fake_kernel_open_fds(), open_fds + 1);
	assert_int_equal(vsmmu_drop_parents(vm->vsmmu), 0);
	assert_int_equal(fake_kernel_objects(), 0);
}

TEST(a_vfio_fd_of_another_kind_is_refused)
{
	struct test_vmm *vm = vm_new(&no_endpoints);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), fd[2], closed;

	assert_int_equal(pipe(fd), 0);
	expect_refused(vm, fd[0], -ENOTTY, "/dev/vfio/devices");
	expect_refused(vm, null, -ENOTTY, "/dev/vfio/devices");
	expect_refused(vm, fake_kernel_iommufd(), -ENOTTY, "/dev/vfio/devices");
	/* Standard input, where the member was left out. */
	assert_int_equal(dup2(fd[0], 0), 0);
	expect_refused(vm, 0, -ENOTTY, "/dev/vfio/devices");
	expect_refused(vm, -1, -EBADF, "negative");
	closed = fcntl(fd[0], F_DUPFD_CLOEXEC, 100);
	close(closed);
	expect_refused(vm, closed, -EBADF, "duplicated");
	close(null);
	close(fd[0]);
	close(fd[1]);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 A10", a_vfio_fd_of_another_kind_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
