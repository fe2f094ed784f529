/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/vm.h"

#include <poll.h>
#include <string.h>

#include "arch/queue.h"
#include "smmu/vsmmu.h"

#define RECORD_SIZE  32
#define F_RNW	     (UINT64_C(1) << 35)
#define F_CLASS_IN   (UINT64_C(2) << 40)
#define WORD1	     (F_RNW | F_CLASS_IN)
#define DISPATCH_MAX 100000

/* Allowed in a report. */
static void count_all(struct test_vmm *vm)
{
	vm_stats(vm);
}

static void vsmmu_start(struct test_vmm *vm, const struct vm_setup *setup)
{
	const struct vsmmu_config config = {
		.eventq_log2_max = setup->eventq_log2_max,
		.ssid_bits = setup->ssid_bits,
		.veventq_depth = setup->depth,
		.isolate = setup->isolate,
		.loss_policy = setup->loss_policy,
		.report_burst = setup->report_burst,
		.report_interval_ns = setup->report_interval_ns,
	};

	assert_int_equal(test_vmm_new(vm, vm->host, &config), 0);
}

struct test_vmm *vm_new(const struct vm_setup *given)
{
	const struct vm_setup setup = given ? *given : (struct vm_setup){0};
	struct test_vmm *vm = test_vmm_alloc_size(VM_SIZE);

	vm->events_only = true;
	vm->on_report = count_all;
	vm->on_delivered = setup.on_delivered;
	vm->endpoint_count = setup.endpoints ? setup.endpoints : 1;
	vm->smmus = setup.smmus ? setup.smmus : 1;
	assert_true(vm->endpoint_count <= TEST_VMM_ENDPOINTS);
	vm_host_new(vm, &setup);
	vsmmu_start(vm, &setup);
	for (unsigned int n = 0; n < vm->endpoint_count; n++) {
		vm->endpoints[n].vsid = VM_VSID(n);
		vm->endpoints[n].fd = -1;
		vm_host_plug(vm, n);
		if (setup.unattached)
			continue;
		assert_int_equal(vm_attach(vm, n), 0);
		vm_set_ste(vm, n);
	}
	return vm;
}

void vm_free(struct test_vmm *vm)
{
	if (vm->vsmmu)
		vm_stats(vm);
	vsmmu_free(vm->vsmmu);
	vm->vsmmu = NULL;
	vm_host_free(vm);
	vm->host = NULL;
	test_vmm_free(vm);
}

int vm_attach(struct test_vmm *vm, unsigned int n)
{
	struct test_vmm_endpoint *endpoint = &vm->endpoints[n];
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = endpoint->vsid,
		.dev_id = endpoint->dev_id,
		.vfio_fd = endpoint->fd,
		.opaque = endpoint,
	};
	int ret = vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint->handle);

	if (!ret)
		vm_host_attached(vm, n);
	return ret;
}

void vm_set_ste(struct test_vmm *vm, unsigned int n)
{
	const uint64_t ste[2] = {0xb, 0}; /* V, Config = stage 1 */

	assert_int_equal(vsmmu_endpoint_set_ste(vm->endpoints[n].handle, ste), 0);
}

void vm_detach(struct test_vmm *vm, unsigned int n)
{
	struct vsmmu_endpoint *handle = vm->endpoints[n].handle;

	vm->endpoints[n].handle = NULL;
	assert_int_equal(vsmmu_endpoint_detach(handle), 0);
}

void vm_enable(struct test_vmm *vm, unsigned int log2)
{
	vm->log2 = log2;
	test_vmm_write(vm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN);
	assert_int_equal(
		vsmmu_mmio_write(vm->vsmmu, SMMU_EVENTQ_BASE, 8, TEST_VMM_MEMORY | log2), 0);
	test_vmm_write(vm, SMMU_EVENTQ_PROD, 0);
	test_vmm_write(vm, SMMU_EVENTQ_CONS, 0);
	test_vmm_write(vm, SMMU_CR0, VM_ON);
}

void vm_disable(struct test_vmm *vm)
{
	test_vmm_write(vm, SMMU_CR0, 0);
}

uint32_t vm_pending(struct test_vmm *vm)
{
	const struct guest_queue *queue = &vm->vsmmu->eventq.queue;

	return queue_distance(atomic_load(&queue->prod), atomic_load(&queue->cons), vm->log2);
}

bool vm_consume(struct test_vmm *vm, uint64_t word[4])
{
	uint32_t cons = test_vmm_read(vm, SMMU_EVENTQ_CONS);

	if (!vm_pending(vm))
		return false;
	memcpy(word, vm->memory + (size_t)queue_index(cons, vm->log2) * RECORD_SIZE, RECORD_SIZE);
	test_vmm_write(vm, SMMU_EVENTQ_CONS,
		queue_advance(cons, 1, vm->log2) | (cons & SMMU_EVENTQ_CONS_OVACKFLG));
	return true;
}

uint32_t vm_consume_all(struct test_vmm *vm)
{
	uint64_t word[4];
	uint32_t count = 0;

	while (vm_consume(vm, word))
		count++;
	return count;
}

bool vm_overflow_pending(struct test_vmm *vm)
{
	return (test_vmm_read(vm, SMMU_EVENTQ_PROD) ^ test_vmm_read(vm, SMMU_EVENTQ_CONS)) &
	       SMMU_EVENTQ_PROD_OVFLG;
}

void vm_overflow_ack(struct test_vmm *vm)
{
	test_vmm_write(vm, SMMU_EVENTQ_CONS,
		(test_vmm_read(vm, SMMU_EVENTQ_CONS) & SMMU_QUEUE_INDEX) |
			(test_vmm_read(vm, SMMU_EVENTQ_PROD) & SMMU_EVENTQ_PROD_OVFLG));
}

uint64_t vm_fault(struct test_vmm *vm, unsigned int n)
{
	struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION, WORD1, ++vm->serial << 12, 0},
	};

	vm->produced += vm_host_fault(vm, n, &record);
	return vm->serial;
}

void vm_faults(struct test_vmm *vm, unsigned int n, unsigned int count)
{
	while (count--)
		vm_fault(vm, n);
}

void vm_lose(struct test_vmm *vm, unsigned int n, unsigned int count)
{
	vm->produced += count;
	while (count--)
		vm_host_lose(vm, n);
}

void vm_expect(struct test_vmm *vm, unsigned int n, uint64_t serial, unsigned int count)
{
	for (; count--; serial++) {
		uint64_t word[4];

		assert_true(vm_consume(vm, word));
		assert_int_equal(
			word[0], (uint64_t)vm->endpoints[n].vsid << 32 | VSMMU_EVENT_F_TRANSLATION);
		assert_int_equal(word[1], WORD1);
		assert_int_equal(word[2], serial << 12);
		assert_int_equal(word[3], 0);
	}
}

void vm_expect_empty(struct test_vmm *vm)
{
	assert_int_equal(vm_pending(vm), 0);
}

static bool poll_fd(int pollable, int timeout)
{
	struct pollfd fd = {.fd = pollable, .events = POLLIN};
	int ready = poll(&fd, 1, timeout);

	assert_true(ready >= 0);
	if (ready)
		assert_int_equal(fd.revents, POLLIN);
	return ready;
}

bool vm_readable(struct test_vmm *vm)
{
	return poll_fd(vsmmu_get_event_fd(vm->vsmmu), 0);
}

bool vm_queue_readable(struct test_vmm *vm)
{
	const struct event_source *source = vm->vsmmu->sources.first;

	while (source && !(source->polled && poll_fd(source->veventq.fd, 0)))
		source = source->next;
	return source;
}

void vm_wait(struct test_vmm *vm)
{
	assert_true(poll_fd(vsmmu_get_event_fd(vm->vsmmu), 10000));
}

unsigned int vm_dispatch(struct test_vmm *vm)
{
	unsigned int items = 0;

	for (unsigned int calls = 0; vm_readable(vm); calls++) {
		int ret = vsmmu_dispatch(vm->vsmmu, 0);

		assert_true(ret >= 0);
		items += (unsigned int)ret;
		assert_true(calls < DISPATCH_MAX);
	}
	return items;
}

struct vsmmu_stats vm_stats(struct test_vmm *vm)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	uint64_t sum = 0;

	assert_int_equal(vsmmu_get_stats(vm->vsmmu, &stats), 0);
	assert_int_equal(
		stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	for (int i = 0; i < VSMMU_DISCARD_SLOTS; i++)
		sum += stats.discarded_by[i];
	assert_int_equal(stats.discarded, sum);
	assert_int_equal(stats.eventq_irqs, vm->irqs[VSMMU_IRQ_EVENTQ]);
	assert_int_equal(stats.gerror_irqs, vm->irqs[VSMMU_IRQ_GERROR]);
	return stats;
}

struct vsmmu_stats vm_stats_all(struct test_vmm *vm)
{
	struct vsmmu_stats stats = vm_stats(vm);

	assert_int_equal(stats.sequenced, vm->produced);
	return stats;
}

struct vsmmu_endpoint_stats vm_stream(struct test_vmm *vm, unsigned int n)
{
	struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_endpoint_get_stats(vm->endpoints[n].handle, &stats), 0);
	return stats;
}
