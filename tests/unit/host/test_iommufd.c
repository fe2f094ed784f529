/* SPDX-License-Identifier: BSD-2-Clause */
/* The host of the real kernel, against a fake kernel. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <vsmmu/veventq.h>

#include "lib/fail_nth.h"
#include "lib/fake_kernel.h"
#include "host/iommufd/iommufd.h"
#include "uapi/iommufd_test.h"
#include "lib/unit.h"

#define DEPTH 8
#define VSID  0x42
#define STE0  (UINT64_C(0x80001000) | 5 << 1 | 1)
#define STE1  UINT64_C(0xd4)

static unsigned int fds_before;

static int set_up(void **unused)
{
	(void)unused;
	fds_before = fake_kernel_open_fds();
	fake_kernel_start();
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	fake_kernel_stop();
	return 0;
}

static int new_host_of(struct vsmmu_host **host, uint32_t viommu_type, uint32_t veventq_type)
{
	const struct vsmmu_iommufd_config config = {
		.size = sizeof(config),
		.iommufd = fake_kernel_iommufd(),
		.ioas_id = fake_kernel_ioas(),
	};

	return iommufd_host_new(host, &config, viommu_type, veventq_type);
}

static int new_public_host(struct vsmmu_host **host)
{
	const struct vsmmu_iommufd_config config = {
		.size = sizeof(config),
		.iommufd = fake_kernel_iommufd(),
		.ioas_id = fake_kernel_ioas(),
	};

	return vsmmu_iommufd_new(host, &config);
}

static struct vsmmu_host *new_host(void)
{
	struct vsmmu_host *host = NULL;

	assert_int_equal(new_public_host(&host), 0);
	return host;
}

/* All objects that one endpoint needs, in the order in which they are made. */
struct chain {
	struct host_endpoint endpoint;
	uint32_t parent, viommu, vdevice, nested;
	struct host_veventq veventq;
};

static void chain_undo(struct vsmmu_host *host, struct chain *chain)
{
	const struct host_ops *ops = host->ops;

	ops->detach(host, &chain->endpoint);
	if (chain->nested)
		assert_int_equal(ops->destroy(host, chain->nested), 0);
	if (chain->vdevice)
		assert_int_equal(ops->destroy(host, chain->vdevice), 0);
	if (chain->veventq.id) {
		ops->veventq_close(host, &chain->veventq);
		assert_int_equal(ops->destroy(host, chain->veventq.id), 0);
	}
	if (chain->viommu)
		assert_int_equal(ops->destroy(host, chain->viommu), 0);
	if (chain->parent)
		assert_int_equal(ops->destroy(host, chain->parent), 0);
}

static int chain_make(struct vsmmu_host *host, struct chain *chain)
{
	const struct host_ops *ops = host->ops;
	const uint64_t ste[2] = {STE0, STE1};
	int ret;

	ret = ops->parent_alloc(host, &chain->endpoint, &chain->parent);
	if (!ret)
		ret = ops->attach(host, &chain->endpoint, chain->parent, VSMMU_ATTACH_PUT_BACK);
	if (!ret)
		ret = ops->viommu_alloc(host, &chain->endpoint, chain->parent, &chain->viommu);
	if (!ret)
		ret = ops->veventq_alloc(host, chain->viommu, DEPTH, &chain->veventq);
	if (!ret)
		ret = ops->vdevice_alloc(
			host, &chain->endpoint, chain->viommu, VSID, &chain->vdevice);
	if (!ret)
		ret = ops->nested_alloc(host, &chain->endpoint, chain->viommu, ste, &chain->nested);
	if (!ret)
		ret = ops->attach(host, &chain->endpoint, chain->nested, VSMMU_ATTACH_STAGE1);
	return ret;
}

static void chain_plug(struct chain *chain)
{
	memset(chain, 0, sizeof(*chain));
	chain->endpoint.vfio_fd = fake_kernel_device(0, &chain->endpoint.dev_id);
}

static void assert_nothing_left(void)
{
	assert_int_equal(fake_kernel_objects(), 0);
	fake_kernel_stop();
	assert_int_equal(fake_kernel_open_fds(), fds_before);
	fake_kernel_start();
}

static void host_keeps_its_own_fd(void **unused)
{
	struct vsmmu_host *host = new_host();
	unsigned int open = fake_kernel_open_fds();
	struct chain chain;

	(void)unused;
	/* The caller's may go: the copy works on, and is closed on exec. */
	close(fake_kernel_iommufd());
	chain_plug(&chain);
	assert_int_equal(chain_make(host, &chain), 0);
	chain_undo(host, &chain);
	assert_ptr_equal(vsmmu_host_ref(host), host);
	vsmmu_host_unref(host);
	assert_int_equal(fake_kernel_open_fds(), open); /* one less, one more: the device */
	vsmmu_host_unref(host);
	assert_int_equal(fake_kernel_open_fds(), open - 1);
	vsmmu_host_unref(NULL);
}

static void bad_configs_are_refused(void **unused)
{
	struct vsmmu_iommufd_config config = {.size = sizeof(config), .iommufd = -1};
	struct vsmmu_host *host = NULL;

	(void)unused;
	assert_int_equal(vsmmu_iommufd_new(&host, &config), -EINVAL); /* no IOAS has id 0 */
	config.ioas_id = fake_kernel_ioas();
	assert_int_equal(vsmmu_iommufd_new(&host, &config), -EBADF);
	assert_int_equal(vsmmu_iommufd_new(NULL, &config), -EINVAL);
	assert_int_equal(vsmmu_iommufd_new(&host, NULL), -EINVAL);
	config.size = 0;
	assert_int_equal(vsmmu_iommufd_new(&host, &config), -EINVAL);
	assert_null(host);
}

/* Files that no iommufd is behind, however much they are open. */
static void an_fd_of_another_kind_is_refused(void **unused)
{
	struct vsmmu_iommufd_config config = {
		.size = sizeof(config), .ioas_id = fake_kernel_ioas()};
	struct vsmmu_host *host = NULL;
	uint32_t dev_id, bound = 0;
	unsigned int open_fds;
	int fd[4];

	(void)unused;
	assert_int_equal(pipe(fd), 0);
	fd[2] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd[3] = fake_kernel_device(0, &dev_id);
	open_fds = fake_kernel_open_fds();
	for (int i = 0; i < 4; i++) {
		config.iommufd = fd[i];
		assert_int_equal(vsmmu_iommufd_new(&host, &config), -ENOTTY);
		assert_null(host);
		assert_int_equal(fake_kernel_open_fds(), open_fds);
	}
	assert_int_equal(vsmmu_iommufd_bind(fd[0], fake_kernel_iommufd(), &bound), -ENOTTY);
	assert_int_equal(vsmmu_iommufd_bind(fake_kernel_iommufd(), fd[3], &bound), -ENOTTY);
	assert_int_equal(vsmmu_iommufd_bind(fd[3], fd[0], &bound), -EBADF);
	assert_int_equal(bound, 0);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
}

static void calls_are_the_kernels(void **unused)
{
	struct vsmmu_host *host = new_host();
	struct chain chain;

	(void)unused;
	chain_plug(&chain);
	fake_kernel_log_clear();
	assert_int_equal(chain_make(host, &chain), 0);
	assert_string_equal(fake_kernel_log(), "PARENT_ALLOC\n"
					       "ATTACH parent\n"
					       "VIOMMU_ALLOC\n"
					       "VEVENTQ_ALLOC\n"
					       "fcntl F_GETFL\n"
					       "fcntl F_SETFL\n"
					       "VDEVICE_ALLOC\n"
					       "NESTED_ALLOC\n"
					       "ATTACH nested\n");
	assert_int_equal(chain.veventq.type, VSMMU_VEVENTQ_ARM_SMMUV3);
	assert_int_equal(chain.veventq.first_sequence, 0);
	fake_kernel_log_clear();
	chain_undo(host, &chain);
	assert_string_equal(fake_kernel_log(), "DETACH\n"
					       "DESTROY nested\n"
					       "DESTROY vdevice\n"
					       "close veventq\n"
					       "DESTROY veventq\n"
					       "DESTROY viommu\n"
					       "DESTROY parent\n");
	vsmmu_host_unref(host);
	assert_nothing_left();
}

/* What the op was told last. */
static struct vsmmu_attachment told;

static int noting_attach(void *opaque, const struct vsmmu_attachment *attachment)
{
	told = *attachment;
	return fake_kernel_attach(opaque, attachment);
}

static void attach_callback_replaces_the_fd(void **unused)
{
	struct vsmmu_host *host = new_host();
	struct chain chain;

	(void)unused;
	chain_plug(&chain);
	chain.endpoint.vfio_fd = -1;
	chain.endpoint.attach = noting_attach;
	chain.endpoint.opaque = &chain.endpoint.dev_id;
	assert_int_equal(chain_make(host, &chain), 0);
	assert_int_equal(fake_kernel_attached(chain.endpoint.dev_id), chain.nested);
	assert_int_equal(told.size, sizeof(told));
	assert_int_equal(told.pt_id, chain.nested);
	assert_int_equal(told.purpose, VSMMU_ATTACH_STAGE1);
	assert_int_equal(told.pasid, VSMMU_NO_PASID);
	assert_int_equal(host->ops->detach(host, &chain.endpoint), 0);
	assert_int_equal(told.pt_id, 0);
	assert_int_equal(told.purpose, VSMMU_ATTACH_NOTHING);
	assert_int_equal(fake_kernel_attached(chain.endpoint.dev_id), 0);
	chain_undo(host, &chain);
	vsmmu_host_unref(host);
	assert_nothing_left();
}

static void mock_viommu_takes_its_own_data(void **unused)
{
	struct vsmmu_host *host;
	struct chain chain;

	(void)unused;
	assert_int_equal(new_host_of(&host, UAPI_IOMMU_VIOMMU_TYPE_SELFTEST,
				 UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST),
		0);
	chain_plug(&chain);
	assert_int_equal(chain_make(host, &chain), 0);
	assert_int_equal(chain.veventq.type, UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST);
	chain_undo(host, &chain);
	vsmmu_host_unref(host);
	assert_nothing_left();
}

static void binding_gives_the_device_id(void **unused)
{
	uint32_t dev_id, bound = 0;
	int vfio = fake_kernel_device(0, &dev_id);

	(void)unused;
	assert_int_equal(vsmmu_iommufd_bind(vfio, -1, &bound), -EBADF);
	assert_int_equal(bound, 0);
	assert_int_equal(vsmmu_iommufd_bind(vfio, fake_kernel_iommufd(), &bound), 0);
	assert_int_equal(bound, dev_id);
	assert_int_equal(vsmmu_iommufd_bind(vfio, fake_kernel_iommufd(), NULL), -EINVAL);
}

static void interrupted_ioctl_starts_again(void **unused)
{
	struct vsmmu_host *host = new_host();
	struct chain chain;

	(void)unused;
	chain_plug(&chain);
	fake_kernel_log_clear();
	fake_kernel_fail("PARENT_ALLOC", EINTR);
	assert_int_equal(host->ops->parent_alloc(host, &chain.endpoint, &chain.parent), 0);
	assert_string_equal(fake_kernel_log(), "PARENT_ALLOC = -4\nPARENT_ALLOC\n");
	chain_undo(host, &chain);
	vsmmu_host_unref(host);
}

static void failed_fcntl_leaves_no_queue(void **unused)
{
	static const char *const calls[] = {"F_GETFL", "F_SETFL"};
	struct vsmmu_host *host = new_host();
	char log[256];
	struct chain chain;
	uint32_t viommu;

	(void)unused;
	chain_plug(&chain);
	assert_int_equal(host->ops->parent_alloc(host, &chain.endpoint, &chain.parent), 0);
	assert_int_equal(host->ops->viommu_alloc(host, &chain.endpoint, chain.parent, &viommu), 0);
	for (int i = 0; i < 2; i++) {
		fake_kernel_log_clear();
		fake_kernel_fail(calls[i], EPERM);
		chain.veventq.fd = 1234;
		assert_int_equal(
			host->ops->veventq_alloc(host, viommu, DEPTH, &chain.veventq), -EPERM);
		assert_int_equal(chain.veventq.fd, 1234);
		/* The fd first, else the kernel answers EBUSY. */
		snprintf(log, sizeof(log),
			"VEVENTQ_ALLOC\n%sfcntl %s = -1\nclose veventq\nDESTROY veventq\n",
			i ? "fcntl F_GETFL\n" : "", calls[i]);
		assert_string_equal(fake_kernel_log(), log);
		assert_int_equal(fake_kernel_objects(), 2);
	}
	assert_int_equal(host->ops->veventq_alloc(host, viommu, DEPTH, &chain.veventq), 0);
	chain.viommu = viommu;
	chain_undo(host, &chain);
	vsmmu_host_unref(host);
	assert_nothing_left();
}

static void every_call_of_the_host_may_fail(void **unused)
{
	unsigned int n = 0;
	int ret;

	(void)unused;
	do {
		struct vsmmu_host *host = NULL;
		struct chain chain;

		chain_plug(&chain);
		fail_nth_arm(++n);
		ret = new_public_host(&host);
		if (!ret)
			ret = chain_make(host, &chain);
		fail_nth_arm(0);
		assert_int_equal(!ret, !fail_nth_fired());
		if (host)
			chain_undo(host, &chain);
		vsmmu_host_unref(host);
		assert_nothing_left();
	} while (fail_nth_fired());
	assert_int_equal(n - 1, 12);
}

#define KERNEL_TEST(ids, fn)                                                                       \
	{                                                                                          \
		.name = #fn " [" ids "]", .test_func = (fn), .setup_func = set_up,                 \
		.teardown_func = tear_down                                                         \
	}
#define TEST_PLAIN(fn)                                                                             \
	{                                                                                          \
		.name = #fn, .test_func = (fn), .setup_func = set_up, .teardown_func = tear_down   \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_PLAIN(host_keeps_its_own_fd),
		TEST_PLAIN(bad_configs_are_refused),
		KERNEL_TEST("A10", an_fd_of_another_kind_is_refused),
		KERNEL_TEST("E11", calls_are_the_kernels),
		TEST_PLAIN(attach_callback_replaces_the_fd),
		TEST_PLAIN(mock_viommu_takes_its_own_data),
		TEST_PLAIN(binding_gives_the_device_id),
		TEST_PLAIN(interrupted_ioctl_starts_again),
		KERNEL_TEST("E1 P18", failed_fcntl_leaves_no_queue),
		KERNEL_TEST("E1 E11 P18", every_call_of_the_host_may_fail),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
