/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of a vSMMU that reads vEVENTQs which its VMM allocated. */
#include <unistd.h>

#include <vsmmu/snapshot.h>

#include "fake_kernel.h"
#include "vm.h"

static const struct vm_setup no_endpoints = {.unattached = true};

static void report_faults(uint32_t queue, uint64_t *serial, unsigned int count)
{
	while (count--) {
		const uint64_t word[4] = {(uint64_t)VM_VSID(0) << 32 | VSMMU_EVENT_F_TRANSLATION,
			UINT64_C(0x20800000000), ++*serial << 12, 0};

		fake_veventq_report(queue, word, sizeof(word));
	}
}

/* One that reads a vEVENTQ which somebody else has read before. */
static struct vm *adopter(uint32_t *queue)
{
	struct vm *vm = vm_new(&no_endpoints);
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vsid = VM_VSID(0), .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint;
	int fd;

	*queue = fake_veventq_new(64, &fd);
	fake_veventq_set_sequence(*queue, 77);
	assert_int_equal(vsmmu_adopt_veventq(vm->vsmmu, fd, &config.source), 0);
	assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint), 0);
	close(fd);
	return vm;
}

/* Whether a number is expected yet goes along: @before events are read before. */
static void move_after(unsigned int before)
{
	unsigned int irqs;
	uint64_t serial = 0;
	uint32_t queue;
	struct vm *vm;
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
	assert_int_equal(vm_stats(vm).sequenced, before);
	report_faults(queue, &serial, 2);
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).delivered, before + 5);
	assert_int_equal(vm_stats(vm).lost, 1);
	assert_int_equal(vm_stats(vm).stream_errors, 0);
	vm_free(vm);
}

static void adopted_vqueues_come_along(void **unused)
{
	(void)unused;
	move_after(0);
	move_after(1);
	move_after(5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E5", adopted_vqueues_come_along),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
