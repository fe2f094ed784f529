/* SPDX-License-Identifier: BSD-2-Clause */
/* A vEVENTQ that its VMM allocated goes along in a move, with its place in the sequence. */
#include <errno.h>
#include <unistd.h>

#include "lib/fake_kernel.h"
#include "move_vm.h"

static void report_faults(uint32_t queue, uint64_t *serial, unsigned int count)
{
	while (count--) {
		const uint64_t word[4] = {(uint64_t)VM_VSID(0) << 32 | VSMMU_EVENT_F_TRANSLATION,
			UINT64_C(0x20800000000), ++*serial << 12, 0};

		fake_veventq_report(queue, word, sizeof(word));
	}
}

TEST(an_adopted_veventq_moves)
{
	static const struct vm_setup setup = {.unattached = true};
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vsid = VM_VSID(0), .vfio_fd = -1};
	struct test_vmm *vm = vm_new(&setup);
	struct vsmmu_endpoint *endpoint;
	uint64_t serial = 0;
	uint32_t queue;
	int fd;

	queue = fake_veventq_new(64, &fd);
	fake_veventq_set_sequence(queue, 77);
	assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &config.adopted), 0);
	assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint), 0);
	close(fd);
	vm_enable(vm, 5);
	report_faults(queue, &serial, 3);
	vm_dispatch(vm);
	report_faults(queue, &serial, 2);
	move_vm(vm);
	fake_veventq_drop(queue);
	report_faults(queue, &serial, 1);
	vm_dispatch(vm);
	/* The drop was told as a gap, as the fd is read on where it was. */
	assert_int_equal(vm_stats(vm).lost, 1);
	assert_int_equal(vm_stats(vm).delivered, 6);
	assert_int_equal(vm_stats(vm).stream_errors, 0);
	/* It is the new vSMMU's, and in use. */
	assert_int_equal(vsmmu_adopted_free(vm->vsmmu, config.adopted), -EBUSY);
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
	assert_int_equal(vsmmu_adopted_free(vm->vsmmu, config.adopted), 0);
	vm_free(vm);
}

/* One that is not read since a read failed waits on, for vsmmu_rearm() of the new vSMMU. */
TEST(a_disarmed_one_moves)
{
	static const struct vm_setup setup = {.unattached = true};
	struct test_vmm *vm = vm_new(&setup);
	struct vsmmu_adopted *adopted;
	uint64_t serial = 0;
	uint32_t queue;
	int fd;

	queue = fake_veventq_new(64, &fd);
	assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &adopted), 0);
	close(fd);
	fake_veventq_script_error(queue, EIO);
	vm_enable(vm, 5);
	vsmmu_dispatch(vm->vsmmu, 0);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_QUEUE_DISARMED), 1);
	move_vm(vm);
	assert_int_equal(vsmmu_rearm(vm->vsmmu), 1);
	report_faults(queue, &serial, 1);
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).sequenced, 1);
	vm_free(vm);
}

/* Its share of the guest's queue begins anew. */
TEST(an_isolated_one_moves)
{
	static const struct vm_setup setup = {.unattached = true, .isolate = true};
	const struct vsmmu_config isolated = {.isolate = true};
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vsid = VM_VSID(0), .vfio_fd = -1};
	struct test_vmm *vm = vm_new(&setup);
	struct vsmmu *from = vm->vsmmu;
	struct vsmmu_endpoint *endpoint;
	uint64_t serial = 0;
	uint32_t queue;
	int fd;

	queue = fake_veventq_new(64, &fd);
	assert_int_equal(test_vmm_adopt(from, fd, &config.adopted), 0);
	assert_int_equal(vsmmu_endpoint_attach(from, &config, &endpoint), 0);
	close(fd);
	vm_enable(vm, 3);
	report_faults(queue, &serial, 20);
	for (unsigned int i = 0; i < 4; i++) {
		vm_dispatch(vm);
		assert_int_equal(vm_pending(vm), 4);
		assert_int_equal(vm_consume_all(vm), 4);
	}
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), 4);
	assert_int_equal(test_vmm_new(vm, vm->host, &isolated), 0);
	assert_int_equal(vsmmu_move(from, vm->vsmmu), 0);
	vsmmu_free(from);
	assert_int_equal(vm_consume_all(vm), 4);
	report_faults(queue, &serial, 4);
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), 4);
	vm_free(vm);
}

static struct test_vmm *caller;
static int within;

static ssize_t read_back(void *opaque, void *buffer, size_t length)
{
	(void)buffer;
	(void)length;
	within = vsmmu_dispatch(caller->vsmmu, 0);
	++*(unsigned int *)opaque;
	return 0;
}

/* Its callback is the new vSMMU's, and cannot call that back. */
TEST(an_adopted_source_moves)
{
	static const struct vm_setup setup = {.unattached = true};
	unsigned int calls = 0;
	struct vsmmu_adopted_config config = {
		.size = sizeof(config),
		.flags = VSMMU_ADOPTED_FLAG_SOURCE,
		.read = read_back,
		.opaque = &calls,
	};
	struct test_vmm *vm = vm_new(&setup);
	struct vsmmu_adopted *adopted;
	int pipes[2];

	caller = vm;
	assert_int_equal(pipe(pipes), 0);
	config.fd = pipes[0];
	assert_int_equal(vsmmu_adopted_new(vm->vsmmu, &config, &adopted), 0);
	move_vm(vm);
	vm_enable(vm, 5);
	vsmmu_dispatch(vm->vsmmu, 0);
	assert_true(calls > 0);
	assert_int_equal(within, -EDEADLK);
	assert_int_equal(vsmmu_adopted_free(vm->vsmmu, adopted), 0);
	close(pipes[0]);
	close(pipes[1]);
	vm_free(vm);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E6", an_adopted_veventq_moves),
		UNIT_TEST("S7", an_isolated_one_moves),
		UNIT_TEST("S7", an_adopted_source_moves),
		UNIT_TEST("S7", a_disarmed_one_moves),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
