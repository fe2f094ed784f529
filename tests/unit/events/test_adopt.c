/* SPDX-License-Identifier: BSD-2-Clause */
/* vEVENTQs that the VMM allocated itself: taking one over may fail at any call. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <vsmmu/decoder.h>

#include "host/iommufd/iommufd.h"
#include "lib/fail_nth.h"
#include "lib/fake_kernel.h"
#include "smmu/vsmmu.h"
#include "uapi/iommufd_test.h"
#include "lib/vm.h"

static const struct vm_setup no_endpoints = {.unattached = true};

static void adopting_leaves_nothing_when_it_fails(void **unused)
{
	struct test_vmm *vm = vm_new(&no_endpoints);
	struct vsmmu_adopted *source;
	unsigned int before, failed = 0;
	int fd;

	(void)unused;
	fake_veventq_new(4, &fd);
	before = fake_kernel_open_fds();
	for (unsigned int n = 1;; n++) {
		int ret;

		source = NULL;
		fail_nth_arm(n);
		ret = test_vmm_adopt(vm->vsmmu, fd, &source);
		fail_nth_arm(0);
		assert_int_equal(!ret, source != NULL);
		if (!ret)
			assert_int_equal(vsmmu_adopted_free(vm->vsmmu, source), 0);
		assert_int_equal(fake_kernel_open_fds(), before);
		if (!fail_nth_fired())
			break;
		failed += ret != 0;
	}
	/* Memory for the handle and for the buffer, the duplicate, its flags, the poll set. */
	assert_true(failed >= 5);
	close(fd);
	vm_free(vm);
}

/* An fd that is handed over is the library's when the call succeeded, and not before. */
static void an_fd_can_be_handed_over(void **unused)
{
	struct test_vmm *vm = vm_new(&no_endpoints);
	struct vsmmu_adopted_config config = {.size = sizeof(config),
		.flags = VSMMU_ADOPTED_FLAG_OWN_FD,
		.first_sequence = VSMMU_SEQUENCE_UNKNOWN};
	struct vsmmu_adopted *adopted;
	unsigned int before, failed = 0;
	bool fired = true;
	int null;

	(void)unused;
	/* A call that fails may cost the reader a name and no more: then the next fd is taken. */
	for (unsigned int n = 1; fired; n++) {
		int ret;

		fake_veventq_new(4, &config.fd);
		before = fake_kernel_open_fds();
		adopted = NULL;
		fail_nth_arm(n);
		ret = vsmmu_adopted_new(vm->vsmmu, &config, &adopted);
		fail_nth_arm(0);
		fired = fail_nth_fired();
		assert_int_equal(!ret, adopted != NULL);
		assert_int_equal(fake_kernel_open_fds(), before);
		assert_true(fcntl(config.fd, F_GETFD) >= 0);
		if (!ret)
			assert_int_equal(vsmmu_adopted_free(vm->vsmmu, adopted), 0);
		else
			close(config.fd);
		assert_int_equal(fake_kernel_open_fds(), before - 1);
		failed += ret != 0;
	}
	/* Memory for the handle and for the buffer, its flags, the poll set. */
	assert_true(failed >= 4);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	config.fd = null;
	assert_int_equal(vsmmu_adopted_new(vm->vsmmu, &config, &adopted), -ENOTTY);
	assert_int_equal(close(null), 0);
	config.fd = -1;
	assert_int_equal(vsmmu_adopted_new(vm->vsmmu, &config, &adopted), -EBADF);
	vm_free(vm);
}

/* Who knows where the sequence is learns of what was lost before the first record. */
static void a_known_first_sequence_counts_loss(void **unused)
{
	static const struct {
		uint32_t first, lost;
	} cases[] = {{0, 5}, {5, 0}, {3, 2}, {VSMMU_SEQUENCE_UNKNOWN, 0}};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test_vmm *vm = vm_new(&no_endpoints);
		struct vsmmu_adopted_config config = {
			.size = sizeof(config), .first_sequence = cases[i].first};
		struct vsmmu_endpoint_config device = {
			.size = sizeof(device), .vsid = 7, .vfio_fd = -1};
		const uint64_t payload[4] = {VSMMU_EVENT_F_TRANSLATION | UINT64_C(7) << 32};
		const uint32_t id = fake_veventq_new(4, &config.fd);
		struct vsmmu_endpoint *endpoint;

		fake_veventq_set_sequence(id, 5);
		assert_int_equal(vsmmu_adopted_new(vm->vsmmu, &config, &device.adopted), 0);
		assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &device, &endpoint), 0);
		vm_enable(vm, 4);
		fake_veventq_report(id, payload, sizeof(payload));
		vm_dispatch(vm);
		assert_int_equal(vm_stats(vm).delivered, 1);
		assert_int_equal(vm_stats(vm).lost, cases[i].lost);
		close(config.fd);
		vm->produced = 1 + cases[i].lost;
		vm_free(vm);
	}
}

/* Linux may call its vEVENTQs otherwise one day: a person is told, and events arrive. */
static void a_strange_name_is_reported(void **unused)
{
	struct test_vmm *vm = vm_new(&no_endpoints);
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = 7, .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint;
	uint32_t viommu;
	int fd;

	(void)unused;
	fake_veventq_new(4, &fd);
	assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &config.adopted), 0);
	assert_int_equal(vm->report_count, 0);
	assert_int_equal(vsmmu_adopted_free(vm->vsmmu, config.adopted), 0);
	fake_veventq_set_name("anon_inode:[vEVENTQ]");
	assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &config.adopted), 0);
	assert_int_equal(vm->report_count, 1);
	assert_int_equal(vm->reports[0].code, VSMMU_REPORT_STREAM_ERROR);
	assert_int_equal(vm->reports[0].severity, VSMMU_WARNING);
	assert_true(vm->reports[0].vsid == VSMMU_NO_VSID);
	assert_non_null(strstr(vm->reports[0].text, "\"anon_inode:[vEVENTQ]\""));
	assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint), 0);
	assert_int_equal(vsmmu_endpoint_get_viommu(endpoint, &viommu), -EOPNOTSUPP);
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
	close(fd);
	vm_free(vm);
}

/* Without /proc nobody knows the name, and nothing is said of it. */
static void an_unknown_name_is_not_reported(void **unused)
{
	struct test_vmm *vm = vm_new(&no_endpoints);
	struct vsmmu_adopted *source;
	int fd;

	(void)unused;
	fake_veventq_new(4, &fd);
	fake_kernel_fail("readlink", ENOSYS);
	assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &source), 0);
	assert_int_equal(vm->report_count, 0);
	close(fd);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fake_kernel_fail("readlink", ENOSYS);
	assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &source), -ENOTTY);
	close(fd);
	vm_free(vm);
}

/* The VMM's own endpoint, on a queue that somebody else's events come by as well. */
static void an_endpoint_without_memory_is_not_attached(void **unused)
{
	struct test_vmm *vm = vm_new(&no_endpoints);
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint;
	int fd, ret;

	(void)unused;
	fake_veventq_new(4, &fd);
	assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &config.adopted), 0);
	for (unsigned int n = 1; config.vsid < 40; n = fail_nth_fired() ? n + 1 : 1) {
		endpoint = NULL;
		fail_nth_arm(n);
		ret = vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint);
		fail_nth_arm(0);
		assert_int_equal(!ret, endpoint != NULL);
		assert_int_equal(!ret, !fail_nth_fired());
		assert_int_equal(vsmmu_adopted_free(vm->vsmmu, config.adopted),
			config.vsid || !ret ? -EBUSY : 0);
		if (config.vsid == 0 && ret)
			assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &config.adopted), 0);
		config.vsid += !ret;
	}
	close(fd);
	vm_free(vm);
}

/* The host's refusals at the end are told; what can be done is done all the same. */
static void an_end_that_the_host_refuses_is_told(void **unused)
{
	struct test_vmm *vm = vm_new(NULL);

	(void)unused;
	fake_kernel_fail("DETACH", EIO);
	vsmmu_free(vm->vsmmu);
	vm->vsmmu = NULL;
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_HOST_FAILED), 1);
	/* The attached device still needs its HWPT, that its vIOMMU, and that its parent. */
	assert_int_equal(fake_kernel_objects(), 3);
	vsmmu_host_unref(vm->host);
	vm->host = NULL;
	fake_kernel_stop();
	test_vmm_free(vm);
}

static int refuse_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque, (void)address, (void)bytes, (void)length;
	return -1;
}

static void no_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque, (void)irq;
}

/* A guest's queue takes SMMUv3 records: a host made for others is of no use to a vSMMU. */
static void another_type_of_record_is_refused(void **unused)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops), .memory_write = refuse_write, .irq_pulse = no_pulse};
	struct vsmmu_iommufd_config kernel = {.size = sizeof(kernel)};
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops, .event_path_only = true};
	struct vsmmu_endpoint_config device = {.size = sizeof(device), .vsid = 1};
	struct vsmmu_endpoint *endpoint = NULL;
	struct vsmmu *vsmmu;

	(void)unused;
	fake_kernel_start();
	kernel.iommufd = fake_kernel_iommufd();
	kernel.ioas_id = fake_kernel_ioas();
	device.vfio_fd = fake_kernel_device(0, &device.dev_id);
	assert_int_equal(iommufd_host_new(&config.host, &kernel, 0xdeadbeef,
				 UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST),
		0);
	assert_int_equal(vsmmu_new(&vsmmu, &config), 0);
	assert_int_equal(vsmmu_endpoint_attach(vsmmu, &device, &endpoint), -EINVAL);
	assert_null(endpoint);
	assert_int_equal(fake_kernel_attached(device.dev_id), 0);
	assert_int_equal(vsmmu_drop_parents(vsmmu), 0);
	assert_int_equal(fake_kernel_objects(), 0);
	vsmmu_free(vsmmu);
	vsmmu_host_unref(config.host);
	fake_kernel_stop();
}

/* Its VMM has made the vDEVICE of each endpoint on it, with a StreamID, which stays. */
static void an_adopted_veventq_has_streamids(void **unused)
{
	struct test_vmm *vm = vm_new(&no_endpoints);
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vsid = VSMMU_NO_VSID, .vfio_fd = -1};
	struct vsmmu_adopted_config adopted = {.size = sizeof(adopted)};
	struct vsmmu_endpoint *endpoint = NULL;

	(void)unused;
	fake_veventq_new(4, &adopted.fd);
	assert_int_equal(vsmmu_adopted_new(vm->vsmmu, &adopted, &config.adopted), 0);
	assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint), -EINVAL);
	assert_null(endpoint);
	assert_int_equal(vm->report_count, 1);
	assert_int_equal(vm->reports[0].code, VSMMU_REPORT_UNFIT);
	config.vsid = 7;
	assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(endpoint, VSMMU_NO_VSID), -EOPNOTSUPP);
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
	close(adopted.fd);
	vm_free(vm);
}

/* A vEVENTQ of another vSMMU, or one that was dropped, carries nobody here. */
static void anothers_veventq_is_einval(void **unused)
{
	struct test_vmm *vm = vm_new(&no_endpoints);
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vfio_fd = -1};
	const struct vsmmu_config other_config = {.size = sizeof(other_config),
		.ops = vm->vsmmu->config.ops,
		.opaque = vm,
		.event_path_only = true};
	struct vsmmu_endpoint *endpoint;
	struct vsmmu *other;
	int fd;

	(void)unused;
	assert_int_equal(vsmmu_new(&other, &other_config), 0);
	fake_veventq_new(4, &fd);
	assert_int_equal(test_vmm_adopt(other, fd, &config.adopted), 0);
	assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint), -EINVAL);
	assert_int_equal(vsmmu_adopted_free(vm->vsmmu, config.adopted), -EINVAL);
	assert_int_equal(vsmmu_endpoint_attach(other, &config, NULL), -EINVAL);
	assert_int_equal(vsmmu_endpoint_attach(other, &config, &endpoint), 0);
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
	assert_int_equal(vsmmu_adopted_free(other, config.adopted), 0);
	vsmmu_free(other);
	close(fd);
	vm_free(vm);
}

/* Bytes that come from no kernel: the simulator's, that a VMM can be tried with. */
static struct vsmmu_sim_veventq *sim_queue;
static struct test_vmm *reader;

static ssize_t read_and_call_back(void *opaque, void *buffer, size_t length)
{
	assert_int_equal(vsmmu_dispatch(reader->vsmmu, 0), -EDEADLK);
	return vsmmu_sim_veventq_read(opaque, buffer, length);
}

static ssize_t read_too_much(void *opaque, void *buffer, size_t length)
{
	(void)opaque, (void)buffer;
	return (ssize_t)length + 1;
}

static struct vsmmu_adopted_config source_config(void)
{
	return (struct vsmmu_adopted_config){.size = sizeof(struct vsmmu_adopted_config),
		.flags = VSMMU_ADOPTED_FLAG_SOURCE,
		.fd = vsmmu_sim_veventq_get_fd(sim_queue),
		.read = read_and_call_back,
		.opaque = sim_queue};
}

static void a_source_is_read_as_a_veventq_is(void **unused)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION | UINT64_C(7) << 32}};
	struct vsmmu_endpoint_config device = {.size = sizeof(device), .vsid = 7, .vfio_fd = -1};
	struct vsmmu_adopted_config config;
	struct vsmmu_endpoint *endpoint;
	struct vsmmu_host *sim;

	(void)unused;
	reader = vm_new(&no_endpoints);
	assert_int_equal(vsmmu_sim_new(&sim, NULL), 0);
	assert_int_equal(vsmmu_sim_veventq_new(&sim_queue, sim, 4), 0);
	config = source_config();
	assert_int_equal(vsmmu_adopted_new(reader->vsmmu, &config, &device.adopted), 0);
	assert_int_equal(vsmmu_endpoint_attach(reader->vsmmu, &device, &endpoint), 0);
	vm_enable(reader, 4);
	/* Four are kept, two are lost. */
	for (unsigned int n = 0; n < 6; n++)
		assert_int_equal(vsmmu_sim_veventq_report(sim_queue, &record), n < 4);
	vm_dispatch(reader);
	assert_int_equal(vm_stats(reader).delivered, 4);
	assert_int_equal(vm_stats(reader).lost, 2);
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
	assert_int_equal(vsmmu_adopted_free(reader->vsmmu, device.adopted), 0);
	reader->produced = 6;
	vm_free(reader);
	vsmmu_sim_veventq_free(sim_queue);
	vsmmu_host_unref(sim);
}

static void a_source_that_makes_no_sense_is_refused(void **unused)
{
	struct vsmmu_adopted_config config;
	struct vsmmu_adopted *adopted = NULL;
	struct vsmmu_host *sim;
	unsigned int reports = 0;

	(void)unused;
	reader = vm_new(&no_endpoints);
	assert_int_equal(vsmmu_sim_new(&sim, NULL), 0);
	assert_int_equal(vsmmu_sim_veventq_new(&sim_queue, sim, 4), 0);
	config = source_config();
	config.read = NULL;
	assert_int_equal(vsmmu_adopted_new(reader->vsmmu, &config, &adopted), -EINVAL);
	assert_int_equal(reader->report_count, ++reports);
	config = source_config();
	config.flags = 0;
	assert_int_equal(vsmmu_adopted_new(reader->vsmmu, &config, &adopted), -EINVAL);
	assert_int_equal(reader->report_count, ++reports);
	config = source_config();
	config.fd = -1;
	assert_int_equal(vsmmu_adopted_new(reader->vsmmu, &config, &adopted), -EBADF);
	assert_int_equal(reader->report_count, ++reports);
	config.flags |= VSMMU_ADOPTED_FLAG_OWN_FD;
	assert_int_equal(vsmmu_adopted_new(reader->vsmmu, &config, &adopted), -EBADF);
	assert_int_equal(reader->report_count, ++reports);
	assert_null(adopted);
	/* It gives more than there is room for: its own fault, and the last read of it. */
	config = source_config();
	config.read = read_too_much;
	assert_int_equal(vsmmu_adopted_new(reader->vsmmu, &config, &adopted), 0);
	vm_enable(reader, 4);
	assert_int_equal(vsmmu_sim_veventq_report(sim_queue, &(struct vsmmu_event_record){0}), 1);
	vm_dispatch(reader);
	assert_int_equal(test_vmm_reported(reader, VSMMU_REPORT_QUEUE_DISARMED), 1);
	assert_int_equal(vsmmu_adopted_free(reader->vsmmu, adopted), 0);
	vm_free(reader);
	vsmmu_sim_veventq_free(sim_queue);
	vsmmu_host_unref(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E5 E6 D7", a_source_is_read_as_a_veventq_is),
		UNIT_TEST("E1 E3", a_source_that_makes_no_sense_is_refused),
		UNIT_TEST("E1 E11 P18", adopting_leaves_nothing_when_it_fails),
		UNIT_TEST("E1 E11", an_fd_can_be_handed_over),
		UNIT_TEST("E5", a_known_first_sequence_counts_loss),
		UNIT_TEST("E1 A10", a_strange_name_is_reported),
		UNIT_TEST("E1", an_unknown_name_is_not_reported),
		UNIT_TEST("E1", an_endpoint_without_memory_is_not_attached),
		UNIT_TEST("E11", an_end_that_the_host_refuses_is_told),
		UNIT_TEST("E1", another_type_of_record_is_refused),
		UNIT_TEST("S6", an_adopted_veventq_has_streamids),
		UNIT_TEST("S6", anothers_veventq_is_einval),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
