/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of a vSMMU that reads vEVENTQs which its VMM allocated. */
#include <unistd.h>

#include <vsmmu/snapshot.h>

#include "lib/fake_kernel.h"
#include "lib/vm.h"

static const struct vm_setup no_endpoints = {.unattached = true};

static void report_faults(uint32_t queue, uint64_t *serial, unsigned int count)
{
	while (count--) {
		const uint64_t word[4] = {(uint64_t)VM_VSID(0) << 32 | VSMMU_EVENT_F_TRANSLATION,
			UINT64_C(0x20800000000), ++*serial << 12, 0};

		fake_veventq_report(queue, word, sizeof(word));
	}
}

/* A vEVENTQ that somebody else has read before, and endpoint @n on it. */
static uint32_t adopt(struct test_vmm *vm, unsigned int n)
{
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vsid = VM_VSID(n), .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint;
	uint32_t queue;
	int fd;

	queue = fake_veventq_new(64, &fd);
	fake_veventq_set_sequence(queue, 77);
	assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &config.adopted), 0);
	assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint), 0);
	close(fd);
	return queue;
}

static struct test_vmm *adopter(uint32_t *queue)
{
	struct test_vmm *vm = vm_new(&no_endpoints);

	*queue = adopt(vm, 0);
	return vm;
}

/* Whether a number is expected yet goes along: @before events are read before. */
static void move_after(unsigned int before)
{
	unsigned int irqs;
	uint64_t serial = 0;
	uint32_t queue;
	struct test_vmm *vm;
	size_t length;
	void *bytes;

	vm = adopter(&queue);
	vm_enable(vm, 5);
	report_faults(queue, &serial, before);
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), before);
	report_faults(queue, &serial, 2);
	fake_veventq_drop(queue);
	report_faults(queue, &serial, 1);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
	irqs = vm->irqs[VSMMU_IRQ_EVENTQ];
	vm_free(vm);

	vm = adopter(&queue);
	assert_int_equal(vsmmu_restore(vm->vsmmu, bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	vm->irqs[VSMMU_IRQ_EVENTQ] += irqs;
	assert_int_equal(vm_stats(vm).sequenced, before + 4);
	assert_int_equal(vm_stats(vm).pending, 3);
	report_faults(queue, &serial, 2);
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).delivered, before + 5);
	assert_int_equal(vm_stats(vm).lost, 1);
	assert_int_equal(vm_stats(vm).stream_errors, 0);
	vm_free(vm);
}

TEST(adopted_veventqs_come_along)
{
	move_after(0);
	move_after(1);
	move_after(5);
}

/* More vEVENTQs have something than one look at them finds: what was restored is first. */
TEST(what_was_restored_is_before_many_queues)
{
	enum { QUEUES = 150, OLD = 40 };
	uint64_t serial = 0, word[4];
	unsigned int irqs;
	uint32_t queue;
	struct test_vmm *vm;
	size_t length;
	void *bytes;

	vm = adopter(&queue);
	vm_enable(vm, 9);
	report_faults(queue, &serial, OLD);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
	irqs = vm->irqs[VSMMU_IRQ_EVENTQ];
	vm_free(vm);

	vm = adopter(&queue);
	report_faults(queue, &serial, 1);
	for (unsigned int i = 1; i < QUEUES; i++) {
		struct vsmmu_adopted *source;
		int fd;

		queue = fake_veventq_new(4, &fd);
		assert_int_equal(test_vmm_adopt(vm->vsmmu, fd, &source), 0);
		close(fd);
		report_faults(queue, &serial, 1);
	}
	assert_int_equal(vsmmu_restore(vm->vsmmu, bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	vm->log2 = 9;
	vm->irqs[VSMMU_IRQ_EVENTQ] += irqs;
	/* A budget that ends in the midst of it, and one that does not. */
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, OLD / 2), OLD / 2);
	assert_int_equal(vm_stats(vm).delivered, OLD / 2);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), OLD / 2 + QUEUES);
	for (uint64_t i = 1; i <= OLD + 1; i++) {
		assert_true(vm_consume(vm, word));
		assert_int_equal(word[2], i << 12);
	}
	/* The others have no endpoint. */
	assert_int_equal(vm_stats(vm).delivered, OLD + 1);
	assert_int_equal(vm_stats(vm).discarded, QUEUES - 1);
	vm_free(vm);
}

/* Each vEVENTQ has its own numbers, its losses, and its errors: in a snapshot, and in the next. */
TEST(numbers_of_many_queues_are_summed)
{
	const uint64_t word[4] = {(uint64_t)VM_VSID(1) << 32 | VSMMU_EVENT_F_TRANSLATION};
	const struct {
		uint32_t header[2];
		uint64_t word[4];
	} wrong = {.header = {0, 0x80000003}, .word = {word[0]}};
	struct vsmmu_stats stats;
	uint64_t serial = 0;
	unsigned int irqs;
	uint32_t queue;
	size_t length;
	struct test_vmm *vm;
	void *bytes;

	vm = adopter(&queue);
	vm_enable(vm, 5);
	/* One event; a loss before the first one that is read is not seen. */
	fake_veventq_drop(queue);
	report_faults(queue, &serial, 1);
	fake_veventq_drop(queue);
	fake_veventq_drop(queue);
	queue = adopt(vm, 1);
	/* Then the other: it loses 3, one number is no number, and it begins anew. */
	fake_veventq_set_sequence(queue, 0x7ffffffe);
	fake_veventq_report(queue, word, sizeof(word));
	fake_veventq_drop(queue);
	fake_veventq_drop(queue);
	fake_veventq_drop(queue);
	fake_veventq_report(queue, word, sizeof(word));
	fake_veventq_script(queue, &wrong, sizeof(wrong));
	fake_veventq_set_sequence(queue, 4);
	fake_veventq_report(queue, word, sizeof(word));
	for (int hop = 0; hop < 3; hop++) {
		assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
		assert_int_equal(vm_stats(vm).sequenced, 10);
		assert_int_equal(vm_stats(vm).pending, 5);
		irqs = vm->irqs[VSMMU_IRQ_EVENTQ];
		vm_free(vm);
		vm = adopter(&queue);
		adopt(vm, 1);
		assert_int_equal(vsmmu_restore(vm->vsmmu, bytes, length), 0);
		vsmmu_snapshot_free(bytes);
		vm->irqs[VSMMU_IRQ_EVENTQ] += irqs;
	}
	vm_dispatch(vm);
	stats = vm_stats(vm);
	assert_int_equal(stats.delivered, 1 + 4);
	assert_int_equal(stats.lost, 2 + 3);
	assert_int_equal(stats.stream_errors, 1);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E5", adopted_veventqs_come_along),
		UNIT_TEST("S7", what_was_restored_is_before_many_queues),
		UNIT_TEST("S7 E5 E6", numbers_of_many_queues_are_summed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
