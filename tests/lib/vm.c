/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/vm.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/queue.h"
#include "smmu/vsmmu.h"

#define RECORD_SIZE  32
#define F_RNW	     (UINT64_C(1) << 35)
#define F_CLASS_IN   (UINT64_C(2) << 40)
#define WORD1	     (F_RNW | F_CLASS_IN)
#define DISPATCH_MAX 100000

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct vm *vm = opaque;

	vm->memory_writes++;
	if (address < vm->bad_end && address + length > vm->bad_begin)
		return -1;
	if (address < VM_QUEUE || address - VM_QUEUE + length > VM_MEMORY)
		return -1;
	memcpy(vm->memory + (address - VM_QUEUE), bytes, length);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	struct vm *vm = opaque;

	vm->irqs[irq]++;
	if (vm->on_irq)
		vm->on_irq(vm, irq);
}

static void keep_report(void *opaque, const struct vsmmu_report *report)
{
	struct vm *vm = opaque;
	struct vm_report *copy;

	if (vm->report_count++ >= VM_REPORTS)
		return;
	copy = &vm->reports[vm->report_count - 1];
	copy->code = report->code;
	copy->severity = report->severity;
	copy->vsid = report->vsid;
	copy->suppressed = report->suppressed;
	snprintf(copy->text, sizeof(copy->text), "%s", report->text);
	/* Allowed in there. */
	vm_stats(vm);
}

static uint64_t clock_now(void *opaque)
{
	return ((struct vm *)opaque)->now;
}

static const struct vsmmu_ops ops = {
	.size = sizeof(ops),
	.memory_write = memory_write,
	.irq_pulse = irq_pulse,
	.report = keep_report,
	.clock = clock_now,
};

static void vsmmu_start(struct vm *vm, const struct vm_setup *setup)
{
	const struct vsmmu_config config = {
		.size = sizeof(config),
		.ops = &ops,
		.opaque = vm,
		.host = vm->host,
		.eventq_log2_max = setup->eventq_log2_max,
		.ssid_bits = setup->ssid_bits,
		.veventq_depth = setup->depth,
		.isolate = setup->isolate,
		.loss_policy = setup->loss_policy,
		.no_fair_share = setup->no_fair_share,
		.report_burst = setup->report_burst,
		.report_interval_ns = setup->report_interval_ns,
	};

	assert_int_equal(vsmmu_new(&vm->vsmmu, &config), 0);
}

struct vm *vm_new(const struct vm_setup *given)
{
	const struct vm_setup setup = given ? *given : (struct vm_setup){0};
	struct vm *vm = calloc(1, sizeof(*vm));

	assert_non_null(vm);
	/* Not calloc(): pages that no test touches cost nothing, whatever malloc is used. */
	vm->memory = mmap(NULL, VM_MEMORY, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(vm->memory != MAP_FAILED);
	vm->endpoint_count = setup.endpoints ? setup.endpoints : 1;
	vm->smmus = setup.smmus ? setup.smmus : 1;
	assert_true(vm->endpoint_count <= VM_ENDPOINTS);
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

void vm_free(struct vm *vm)
{
	if (vm->vsmmu)
		vm_stats(vm);
	vsmmu_free(vm->vsmmu);
	vm_host_free(vm);
	munmap(vm->memory, VM_MEMORY);
	free(vm);
}

int vm_attach(struct vm *vm, unsigned int n)
{
	struct vm_endpoint *endpoint = &vm->endpoints[n];
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = endpoint->vsid,
		.dev_id = endpoint->dev_id,
		.vfio_fd = endpoint->fd,
	};
	int ret = vsmmu_endpoint_attach(vm->vsmmu, &config, &endpoint->handle);

	if (!ret)
		vm_host_attached(vm, n);
	return ret;
}

void vm_set_ste(struct vm *vm, unsigned int n)
{
	const uint64_t ste[2] = {0xb, 0}; /* V, Config = stage 1 */

	assert_int_equal(vsmmu_endpoint_set_ste(vm->endpoints[n].handle, ste), 0);
}

void vm_detach(struct vm *vm, unsigned int n)
{
	struct vsmmu_endpoint *handle = vm->endpoints[n].handle;

	vm->endpoints[n].handle = NULL;
	assert_int_equal(vsmmu_endpoint_detach(handle), 0);
}

uint32_t vm_read(struct vm *vm, uint64_t offset)
{
	uint64_t value;

	assert_int_equal(vsmmu_mmio_read(vm->vsmmu, offset, 4, &value), 0);
	assert_int_equal(value >> 32, 0);
	return (uint32_t)value;
}

void vm_write(struct vm *vm, uint64_t offset, uint32_t value)
{
	assert_int_equal(vsmmu_mmio_write(vm->vsmmu, offset, 4, value), 0);
}

void vm_enable(struct vm *vm, unsigned int log2)
{
	vm->log2 = log2;
	vm_write(vm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN);
	assert_int_equal(vsmmu_mmio_write(vm->vsmmu, SMMU_EVENTQ_BASE, 8, VM_QUEUE | log2), 0);
	vm_write(vm, SMMU_EVENTQ_PROD, 0);
	vm_write(vm, SMMU_EVENTQ_CONS, 0);
	vm_write(vm, SMMU_CR0, VM_ON);
}

void vm_disable(struct vm *vm)
{
	vm_write(vm, SMMU_CR0, 0);
}

uint32_t vm_pending(struct vm *vm)
{
	return queue_distance(
		vm_read(vm, SMMU_EVENTQ_PROD), vm_read(vm, SMMU_EVENTQ_CONS), vm->log2);
}

bool vm_consume(struct vm *vm, uint64_t word[4])
{
	uint32_t cons = vm_read(vm, SMMU_EVENTQ_CONS);

	if (!vm_pending(vm))
		return false;
	memcpy(word, vm->memory + (size_t)queue_index(cons, vm->log2) * RECORD_SIZE, RECORD_SIZE);
	vm_write(vm, SMMU_EVENTQ_CONS,
		queue_advance(cons, 1, vm->log2) | (cons & SMMU_EVENTQ_CONS_OVACKFLG));
	return true;
}

uint32_t vm_consume_all(struct vm *vm)
{
	uint64_t word[4];
	uint32_t count = 0;

	while (vm_consume(vm, word))
		count++;
	return count;
}

bool vm_overflow_pending(struct vm *vm)
{
	return (vm_read(vm, SMMU_EVENTQ_PROD) ^ vm_read(vm, SMMU_EVENTQ_CONS)) &
	       SMMU_EVENTQ_PROD_OVFLG;
}

void vm_overflow_ack(struct vm *vm)
{
	vm_write(vm, SMMU_EVENTQ_CONS,
		(vm_read(vm, SMMU_EVENTQ_CONS) & SMMU_QUEUE_INDEX) |
			(vm_read(vm, SMMU_EVENTQ_PROD) & SMMU_EVENTQ_PROD_OVFLG));
}

uint64_t vm_fault(struct vm *vm, unsigned int n)
{
	struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION, WORD1, ++vm->serial << 12, 0},
	};

	vm->produced += vm_host_fault(vm, n, &record);
	return vm->serial;
}

void vm_faults(struct vm *vm, unsigned int n, unsigned int count)
{
	while (count--)
		vm_fault(vm, n);
}

void vm_lose(struct vm *vm, unsigned int n, unsigned int count)
{
	vm->produced += count;
	while (count--)
		vm_host_lose(vm, n);
}

void vm_expect(struct vm *vm, unsigned int n, uint64_t serial, unsigned int count)
{
	for (; count--; serial++) {
		uint64_t word[4];

		assert_true(vm_consume(vm, word));
		assert_int_equal(word[0],
			(uint64_t)vm->endpoints[n].vsid << 32 | VSMMU_EVENT_F_TRANSLATION);
		assert_int_equal(word[1], WORD1);
		assert_int_equal(word[2], serial << 12);
		assert_int_equal(word[3], 0);
	}
}

void vm_expect_empty(struct vm *vm)
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

bool vm_readable(struct vm *vm)
{
	return poll_fd(vsmmu_get_fd(vm->vsmmu), 0);
}

bool vm_queue_readable(struct vm *vm)
{
	return poll_fd(vm->vsmmu->pollset.inner, 0);
}

void vm_wait(struct vm *vm)
{
	assert_true(poll_fd(vsmmu_get_fd(vm->vsmmu), 10000));
}

unsigned int vm_dispatch(struct vm *vm)
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

struct vsmmu_stats vm_stats(struct vm *vm)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	uint64_t sum = 0;

	assert_int_equal(vsmmu_get_stats(vm->vsmmu, &stats), 0);
	assert_int_equal(
		stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	for (int i = 0; i < VSMMU_DISCARD_COUNT; i++)
		sum += stats.discarded_by[i];
	assert_int_equal(stats.discarded, sum);
	assert_int_equal(stats.eventq_irqs, vm->irqs[VSMMU_IRQ_EVENTQ]);
	assert_int_equal(stats.gerror_irqs, vm->irqs[VSMMU_IRQ_GERROR]);
	return stats;
}

struct vsmmu_stats vm_stats_all(struct vm *vm)
{
	struct vsmmu_stats stats = vm_stats(vm);

	assert_int_equal(stats.sequenced, vm->produced);
	return stats;
}

struct vsmmu_stream_stats vm_stream(struct vm *vm, unsigned int n)
{
	struct vsmmu_stream_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_get_stream_stats(vm->vsmmu, vm->endpoints[n].vsid, &stats), 0);
	return stats;
}

unsigned int vm_reported(const struct vm *vm, enum vsmmu_report_code code)
{
	unsigned int count = 0;

	assert_true(vm->report_count <= VM_REPORTS);
	for (unsigned int i = 0; i < vm->report_count; i++)
		count += vm->reports[i].code == code;
	return count;
}
