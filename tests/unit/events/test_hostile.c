/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vEVENTQ that gives what no kernel should: on the fake kernel only, since the
 * simulator is as well-behaved as the real one. And one that the VMM allocated itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/fake_kernel.h"
#include "lib/rng.h"
#include "uapi/iommufd.h"
#include "lib/vm.h"

#define STALL (UINT64_C(1) << 31)
#define S2    (UINT64_C(1) << 39)

static void raw(struct test_vmm *vm, unsigned int n, uint64_t word0, uint64_t word1)
{
	const struct vsmmu_event_record record = {.word = {word0, word1}};
	uint8_t payload[VSMMU_EVENT_RECORD_SIZE];

	vsmmu_event_record_store(&record, payload);
	fake_veventq_report(vm->endpoints[n].veventq, payload, sizeof(payload));
	vm->produced++;
}

static uint64_t sid(uint32_t vsid)
{
	return (uint64_t)vsid << 32;
}

static void records_that_no_guest_may_see_are_refused(void **unused)
{
	static const struct {
		uint64_t word0, word1;
		enum vsmmu_discard reason;
	} cases[] = {
		{0x00, 0, VSMMU_DISCARD_UNKNOWN_ID},
		{0x01, 0, VSMMU_DISCARD_UNKNOWN_ID}, /* F_UUT */
		{0x02, 0, VSMMU_DISCARD_UNKNOWN_ID}, /* C_BAD_STREAMID */
		{0x09, 0, VSMMU_DISCARD_UNKNOWN_ID}, /* F_CD_FETCH */
		{0x0b, 0, VSMMU_DISCARD_UNKNOWN_ID}, /* F_WALK_EABT */
		{0x14, 0, VSMMU_DISCARD_UNKNOWN_ID},
		{0x24, 0, VSMMU_DISCARD_UNKNOWN_ID}, /* E_PAGE_REQUEST */
		{0xe0, 0, VSMMU_DISCARD_UNKNOWN_ID},
		{0xff, 0, VSMMU_DISCARD_UNKNOWN_ID},
		{0x10, STALL, VSMMU_DISCARD_STALL},
		{0x13, STALL | S2, VSMMU_DISCARD_STALL},
		{0x10, S2, VSMMU_DISCARD_STAGE2},
		{0x11, S2, VSMMU_DISCARD_STAGE2},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test_vmm *vm = vm_new(NULL);

		vm_enable(vm, 3);
		raw(vm, 0, cases[i].word0 | sid(VM_VSID(0)), cases[i].word1);
		vm_dispatch(vm);
		assert_int_equal(vm_stats_all(vm).discarded_by[cases[i].reason], 1);
		assert_int_equal(vm_stats_all(vm).discarded, 1);
		assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 0);
		assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 0);
		assert_int_equal(vm_stream(vm, 0).discarded, 1);
		assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_RECORD_REFUSED), 1);
		vm_free(vm);
	}
}

static void a_foreign_streamid_is_refused(void **unused)
{
	const struct vm_setup setup = {.endpoints = 2, .isolate = true};
	struct test_vmm *vm = vm_new(&setup);

	(void)unused;
	vm_enable(vm, 3);
	raw(vm, 0, 0x10 | sid(0x999), 0);      /* nobody's */
	raw(vm, 0, 0x10 | sid(VM_VSID(1)), 0); /* of another vEVENTQ's endpoint */
	raw(vm, 0, 0x10 | sid(UINT32_MAX), 0);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_UNKNOWN_STREAM], 3);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 0);
	/* Nobody else is held to account for it, enabled or not. */
	assert_int_equal(vm_stream(vm, 1).discarded, 0);
	vm_disable(vm);
	raw(vm, 0, 0x10 | sid(VM_VSID(1)), 0);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_DISABLED], 1);
	assert_int_equal(vm_stream(vm, 1).discarded, 0);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_RECORD_REFUSED), 1);
	vm_free(vm);
}

static void script(struct test_vmm *vm, uint32_t flags, uint32_t sequence, size_t length)
{
	const struct vsmmu_event_record record = {.word = {0x10 | sid(VM_VSID(0)), 0, sequence}};
	struct uapi_iommufd_vevent_header header = {.flags = flags, .sequence = sequence};
	uint8_t bytes[40];

	memcpy(bytes, &header, 8);
	vsmmu_event_record_store(&record, bytes + 8);
	fake_veventq_script(vm->endpoints[0].veventq, bytes, length);
}

static void a_cut_record_is_an_error_and_the_rest_arrives(void **unused)
{
	struct test_vmm *vm = vm_new(NULL);

	(void)unused;
	vm_enable(vm, 3);
	script(vm, 0, 0, 40);
	script(vm, 0, 1, 8);  /* a header alone: it comes again */
	script(vm, 0, 1, 39); /* cut short: again */
	script(vm, 1, 1, 3);
	script(vm, 0, 1, 40);
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).stream_errors, 3);
	assert_int_equal(vm_stats(vm).sequenced, 2);
	assert_int_equal(vm_stats(vm).delivered, 2);
	assert_int_equal(vm_pending(vm), 2);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_STREAM_ERROR), 3);
	vm_free(vm);
}

static void a_repeated_number_is_an_error_and_no_loss(void **unused)
{
	struct test_vmm *vm = vm_new(NULL);

	(void)unused;
	vm_enable(vm, 4);
	script(vm, 0, 0, 40);
	script(vm, 0, 0, 40);
	script(vm, 1, 0, 8);
	script(vm, 0, 1, 40);
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).stream_errors, 2);
	assert_int_equal(vm_stats(vm).lost, 0);
	assert_int_equal(vm_stats(vm).delivered, 3);
	assert_false(vm_overflow_pending(vm));
	vm_free(vm);
}

static void two_lost_headers_in_one_read(void **unused)
{
	struct uapi_iommufd_vevent_header headers[2] = {{1, 2}, {1, 9}};
	struct test_vmm *vm = vm_new(NULL);

	(void)unused;
	vm_enable(vm, 4);
	fake_veventq_script(vm->endpoints[0].veventq, headers, sizeof(headers));
	assert_int_equal(vm_dispatch(vm), 2);
	assert_int_equal(vm_stats(vm).lost, 10);
	assert_int_equal(vm_stats(vm).overflows, 1);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 0); /* the guest's queue is empty */
	vm_free(vm);
}

static void readable_with_nothing_to_read_does_not_spin(void **unused)
{
	struct test_vmm *vm = vm_new(NULL);
	unsigned int wakeups = 0;

	(void)unused;
	vm_enable(vm, 3);
	/* A read of 0 bytes while poll says readable: kernels before mid-2026 out of memory. */
	for (int i = 0; i < 5; i++)
		script(vm, 0, 0, 0);
	vm_fault(vm, 0);
	for (; !vm_pending(vm); wakeups++) {
		vm_wait(vm);
		assert_true(vsmmu_dispatch(vm->vsmmu, 0) <= 1);
		assert_true(wakeups < 20);
	}
	assert_int_equal(vm_stats_all(vm).empty_reads, 5);
	vm_expect(vm, 0, 1, 1);
	vm_free(vm);
}

static void garbage_is_survived_and_adds_up(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct rng rng = {seed};
		struct test_vmm *vm = vm_new(NULL);

		vm_enable(vm, 2);
		for (int i = 0; i < 30; i++) {
			uint8_t bytes[40];

			for (size_t at = 0; at < sizeof(bytes); at++)
				bytes[at] = (uint8_t)rng_next(&rng);
			fake_veventq_script(vm->endpoints[0].veventq, bytes, rng_below(&rng, 41));
			vsmmu_dispatch(vm->vsmmu, 0);
			vm_stats(vm);
			vm_consume_all(vm);
		}
		vm_free(vm);
	}
}

static void an_adopted_veventq_carries_its_endpoints(void **unused)
{
	const struct vm_setup setup = {.unattached = true};
	struct test_vmm *vm = vm_new(&setup);
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = 0x77, .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint;
	const uint64_t ste[2] = {0xb, 0};
	uint64_t word[4];
	int fd, other;

	(void)unused;
	vm->endpoints[0].veventq = fake_veventq_new(4, &fd);
	fake_veventq_set_sequence(vm->endpoints[0].veventq, 1000);
	assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
	other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(test_vmm_adopt(vm->vsmmu, other, &config.adopted), -ENOTTY);
	close(other);
	assert_int_equal(test_vmm_adopt(vm->vsmmu, -1, &config.adopted), -EBADF);
	assert_null(config.adopted);
	assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &config.adopted), 0);
	/* O_NONBLOCK came to the flags that were there. */
	assert_int_equal(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_APPEND), O_NONBLOCK | O_APPEND);
	close(fd);
	assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint), 0);
	assert_int_equal(vsmmu_endpoint_set_ste(endpoint, ste), -EOPNOTSUPP);
	assert_int_equal(vsmmu_adopted_free(vm->vsmmu, config.adopted), -EBUSY);

	vm_enable(vm, 4);
	raw(vm, 0, 0x10 | sid(0x77), 0); /* where it starts is where it starts: no loss */
	raw(vm, 0, 0x10 | sid(0x78), 0);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).delivered, 1);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_UNKNOWN_STREAM], 1);
	assert_true(vm_consume(vm, word));
	assert_int_equal(word[0], 0x10 | sid(0x77));
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
	raw(vm, 0, 0x10 | sid(0x77), 0);
	assert_int_equal(vsmmu_adopted_free(vm->vsmmu, config.adopted), 0);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_TEARDOWN], 1);
	assert_false(vm_readable(vm));
	vm_free(vm);
}

static void what_was_adopted_goes_with_the_vsmmu(void **unused)
{
	const struct vm_setup setup = {.unattached = true};
	struct test_vmm *vm = vm_new(&setup);
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = 0x77, .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint;
	unsigned int before;
	int fd;

	(void)unused;
	vm->endpoints[0].veventq = fake_veventq_new(4, &fd);
	before = fake_kernel_open_fds();
	assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &config.adopted), 0);
	assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint), 0);
	raw(vm, 0, 0x10 | sid(0x77), 0);
	assert_int_equal(fake_kernel_open_fds(), before + 1);
	vsmmu_free(vm->vsmmu);
	vm->vsmmu = NULL;
	/* Two poll sets with a timer and an eventfd each were its own, and the duplicate. */
	assert_int_equal(fake_kernel_open_fds(), before - 6);
	vm_free(vm);
}

static void teardown_tries_again_what_passes(void **unused)
{
	struct test_vmm *vm = vm_new(NULL);

	(void)unused;
	vm_enable(vm, 3);
	vm_host_fail_read(vm, 0, EINTR);
	vm_host_fail_read(vm, 0, ENOMEM);
	vm_host_fail_read(vm, 0, EAGAIN);
	vm_faults(vm, 0, 300);
	vm_lose(vm, 0, 5);
	vm_detach(vm, 0);
	assert_int_equal(vm_stats_all(vm).lost, 5);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_TEARDOWN], 300);
	vm_free(vm);
}

/* No access first, then the fd, then from the leaves to the root. */
static void teardown_is_in_the_kernels_order(void **unused)
{
	struct test_vmm *vm = vm_new(NULL);

	(void)unused;
	vm_enable(vm, 3);
	vm_faults(vm, 0, 2);
	fake_kernel_log_clear();
	vm_detach(vm, 0);
	/* The first is the abort HWPT, and the last two nested ones it and its neighbour. */
	assert_string_equal(fake_kernel_log(), "ATTACH nested\n"
					       "DESTROY nested\n"
					       "DESTROY vdevice\n"
					       "DETACH\n"
					       "DESTROY nested\n"
					       "DESTROY nested\n"
					       "close veventq\n"
					       "DESTROY veventq\n"
					       "DESTROY viommu\n"
					       "close vfio\n");
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_STALE], 2);
	vm_free(vm);
}

/* A single attach takes the new STE for the old: nothing is detached, no other STE between. */
static void an_ste_is_replaced_in_one_attach(void **unused)
{
	struct test_vmm *vm = vm_new(NULL);

	(void)unused;
	fake_kernel_log_clear();
	vm_set_ste(vm, 0);
	assert_string_equal(fake_kernel_log(), "NESTED_ALLOC\n"
					       "ATTACH nested\n"
					       "DESTROY nested\n");
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E12", records_that_no_guest_may_see_are_refused),
		UNIT_TEST("E12", a_foreign_streamid_is_refused),
		UNIT_TEST("E4", a_cut_record_is_an_error_and_the_rest_arrives),
		UNIT_TEST("E5", a_repeated_number_is_an_error_and_no_loss),
		UNIT_TEST("E4 P4 P17", two_lost_headers_in_one_read),
		UNIT_TEST("E3 P2", readable_with_nothing_to_read_does_not_spin),
		UNIT_TEST("E6", garbage_is_survived_and_adds_up),
		UNIT_TEST("E1 E5 P18", an_adopted_veventq_carries_its_endpoints),
		UNIT_TEST("E11", what_was_adopted_goes_with_the_vsmmu),
		UNIT_TEST("E3 E11 P8", teardown_tries_again_what_passes),
		UNIT_TEST("E11", teardown_is_in_the_kernels_order),
		UNIT_TEST("P11", an_ste_is_replaced_in_one_attach),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
