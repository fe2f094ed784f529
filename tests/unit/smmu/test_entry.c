/* SPDX-License-Identifier: BSD-2-Clause */
/* A VMM that calls back in, or gives a NULL, gets an error; nothing changes and nobody hangs. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <vsmmu/access.h>

#include "lib/entry_points.h"
#include "lib/fake_kernel.h"
#include "lib/test_vmm.h"
#include "smmu/vsmmu.h"

#define GUARD	   60 /* seconds; a deadlock ends the program */
#define VSID	   0x10u
#define CMDQ	   TEST_VMM_MEMORY
#define EVENTQ	   (TEST_VMM_MEMORY + 0x1000)
#define STRTAB	   (TEST_VMM_MEMORY + 0x2000)
#define ON	   (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)
#define IRQS	   (SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN)
#define ILLEGAL	   0
#define SYNC_IRQ   UINT64_C(0x1046)
#define STE_BYPASS UINT64_C(0x9)

enum op { MEMORY_READ, MEMORY_WRITE, IRQ_PULSE, MSI, CLOCK, REPORT, ATTACH, ASK, DELIVERED, OPS };

static struct {
	struct test_vmm *vmm;
	struct vsmmu_endpoint *endpoint;
	enum op armed; /* it calls back in */
	unsigned int called, refused;
	void (*within)(void); /* what it does instead */
} test;

/* All that a call could have changed and that can be seen without a lock. */
struct state {
	struct registers registers;
	uint32_t eventq_prod, eventq_cons, cmdq_prod, cmdq_cons;
	struct vsmmu_stats stats;
	const void *endpoints, *sources, *parents;
};

static struct state state_now(void)
{
	struct vsmmu *vsmmu = test.vmm->vsmmu;
	struct state state;

	memset(&state, 0, sizeof(state));
	memcpy(&state.registers, &vsmmu->registers, sizeof(state.registers));
	memcpy(&state.stats, &vsmmu->stats, sizeof(state.stats));
	state.eventq_prod = atomic_load(&vsmmu->eventq.queue.prod);
	state.eventq_cons = atomic_load(&vsmmu->eventq.queue.cons);
	state.cmdq_prod = atomic_load(&vsmmu->cmdq.queue.prod);
	state.cmdq_cons = atomic_load(&vsmmu->cmdq.queue.cons);
	state.endpoints = vsmmu->endpoints;
	state.sources = vsmmu->sources.first;
	state.parents = vsmmu->parents;
	return state;
}

/* Calls everything from inside @op. */
static void call_back_in(enum op op)
{
	const struct state before = state_now();
	struct state after;

	for (const struct entry_point *entry = entry_points; entry->name; entry++) {
		int ret = entry->call(test.vmm->vsmmu, test.endpoint);
		int wanted = entry->says_nothing ? 0 : -EDEADLK;

		/* No endpoint, while it is being made. */
		if (!test.endpoint && entry->of_endpoint)
			wanted = -EINVAL;
		if (!test.endpoint && entry->takes_null && !entry->says_nothing)
			wanted = 0;
		if (op == REPORT && entry->looks) {
			assert_true(ret == 0 || ret == -ENOENT);
			continue;
		}
		if (ret != wanted)
			fail_msg("%s gives %d within op %d", entry->name, ret, (int)op);
		test.refused++;
	}
	after = state_now();
	assert_memory_equal(&before, &after, sizeof(before));
}

static void enter(enum op op)
{
	if (op != test.armed)
		return;
	test.called++;
	if (test.within)
		test.within();
	else
		call_back_in(op);
}

static int memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	enter(MEMORY_READ);
	return test_vmm_memory_read(opaque, address, bytes, length);
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	enter(MEMORY_WRITE);
	return test_vmm_memory_write(opaque, address, bytes, length);
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
	enter(IRQ_PULSE);
}

static int msi(void *opaque, uint64_t address, uint32_t data)
{
	(void)opaque;
	(void)address;
	(void)data;
	enter(MSI);
	return 0;
}

static uint64_t clock_now(void *opaque)
{
	(void)opaque;
	enter(CLOCK);
	return 0;
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	(void)report;
	enter(REPORT);
}

static int attach(void *opaque, const struct vsmmu_attachment *attachment)
{
	enter(ATTACH);
	return fake_kernel_attach(opaque, attachment);
}

/* The guest has numbered its buses when it enables its SMMU. */
static uint64_t ask(void *opaque, void *endpoint_opaque)
{
	(void)opaque;
	(void)endpoint_opaque;
	enter(ASK);
	return VSID;
}

static void delivered(void *opaque, const void *records, uint32_t count)
{
	(void)opaque;
	(void)records;
	(void)count;
	enter(DELIVERED);
}

static const struct vsmmu_ops ops = {
	.size = sizeof(ops),
	.memory_read = memory_read,
	.memory_write = memory_write,
	.irq_pulse = irq_pulse,
	.report = report,
	.clock = clock_now,
	.msi = msi,
	.vsid = ask,
	.delivered = delivered,
};

static void start(struct vsmmu_host *host)
{
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops, .host = host};

	alarm(GUARD);
	test.vmm = test_vmm_alloc();
	config.opaque = test.vmm;
	assert_int_equal(vsmmu_new(&test.vmm->vsmmu, &config), 0);
}

static void end(void)
{
	test_vmm_free(test.vmm);
	memset(&test, 0, sizeof(test));
	alarm(0);
}

static void command(uint32_t at, uint64_t word0)
{
	test_vmm_store64(test.vmm, CMDQ + 16 * (uint64_t)at, word0);
	test_vmm_write(test.vmm, SMMU_CMDQ_PROD, at + 1);
}

/* The guest's stream 0 has no valid STE: an event. */
static void cause_event(void)
{
	const struct vsmmu_access access = {.size = sizeof(access)};
	struct vsmmu_translation translation = {.size = sizeof(translation)};

	assert_int_equal(vsmmu_translate(test.vmm->vsmmu, &access, &translation), -EFAULT);
}

/* A life in which every op is called, with every lock held at one time or another. */
static void live(uint32_t dev_id)
{
	struct vsmmu_endpoint_config config = {.size = sizeof(config),
		.vsid = VSMMU_NO_VSID,
		.dev_id = dev_id,
		.vfio_fd = -1,
		.attach = attach,
		.attach_opaque = &dev_id};
	const uint8_t record[VSMMU_EVENT_RECORD_SIZE] = {VSMMU_EVENT_F_TRANSLATION, [4] = VSID};
	struct vsmmu *vsmmu = test.vmm->vsmmu;
	void *bytes;
	size_t length;

	assert_int_equal(vsmmu_endpoint_attach(vsmmu, &config, &test.endpoint), 0);
	test_vmm_store64(test.vmm, STRTAB + 64 * VSID, STE_BYPASS);
	test_vmm_write64(test.vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(test.vmm, SMMU_STRTAB_BASE_CFG, 5);
	test_vmm_write64(test.vmm, SMMU_EVENTQ_BASE, EVENTQ | 4);
	test_vmm_write64(test.vmm, SMMU_CMDQ_BASE, CMDQ | 4);
	test_vmm_write64(test.vmm, SMMU_EVENTQ_IRQ_CFG0, TEST_VMM_DOORBELL);
	test_vmm_write64(test.vmm, SMMU_GERROR_IRQ_CFG0, TEST_VMM_DOORBELL);
	test_vmm_write(test.vmm, SMMU_IRQ_CTRL, IRQS);
	test_vmm_write(test.vmm, SMMU_CR0, ON);
	cause_event();
	fake_veventq_report(fake_veventq_id(0), record, sizeof(record));
	assert_int_equal(vsmmu_dispatch(vsmmu, 0), 1);
	command(0, SYNC_IRQ);
	command(1, ILLEGAL);
	assert_int_equal(vsmmu_save(vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(vsmmu_reset(vsmmu), 0);
	assert_int_equal(vsmmu_endpoint_detach(test.endpoint), 0);
	test.endpoint = NULL;
}

TEST(no_op_may_call_back)
{
	for (enum op op = 0; op < OPS; op++) {
		struct vsmmu_iommufd_config kernel = {.size = sizeof(kernel)};
		struct vsmmu_host *host;
		uint32_t dev_id;

		fake_kernel_start();
		kernel.iommufd = fake_kernel_iommufd();
		kernel.ioas_id = fake_kernel_ioas();
		assert_int_equal(vsmmu_iommufd_new(&host, &kernel), 0);
		fake_kernel_device(0, &dev_id);
		test.armed = op;
		start(host);
		live(dev_id);
		assert_true(test.called > 0);
		assert_true(test.refused > 0);
		end();
		vsmmu_host_unref(host);
		assert_int_equal(fake_kernel_objects(), 0);
		fake_kernel_stop();
	}
}

TEST(a_null_is_an_error)
{
	alarm(GUARD);
	for (const struct entry_point *entry = entry_points; entry->name; entry++) {
		int ret = entry->call(NULL, NULL);

		if (ret != (entry->takes_null ? 0 : -EINVAL))
			fail_msg("%s gives %d for NULL", entry->name, ret);
	}
	alarm(0);
}

TEST(no_result_without_a_place_for_it)
{
	struct vsmmu_endpoint_config endpoint = {.size = sizeof(endpoint), .vfio_fd = -1};
	const struct vsmmu_access access = {.size = sizeof(access)};
	struct vsmmu *vsmmu;
	size_t length;
	void *bytes;

	start(NULL);
	vsmmu = test.vmm->vsmmu;
	assert_int_equal(vsmmu_mmio_read(vsmmu, 0, 4, NULL), -EINVAL);
	assert_int_equal(vsmmu_get_stats(vsmmu, NULL), -EINVAL);
	assert_int_equal(vsmmu_translate(vsmmu, &access, NULL), -EINVAL);
	assert_int_equal(vsmmu_translate(vsmmu, NULL, NULL), -EINVAL);
	assert_int_equal(vsmmu_save(vsmmu, NULL, &length), -EINVAL);
	assert_int_equal(vsmmu_save(vsmmu, &bytes, NULL), -EINVAL);
	assert_int_equal(vsmmu_restore(vsmmu, NULL, 0), -EINVAL);
	assert_int_equal(vsmmu_endpoint_attach(vsmmu, &endpoint, NULL), -EINVAL);
	assert_int_equal(vsmmu_endpoint_attach(vsmmu, NULL, &test.endpoint), -EINVAL);
	assert_int_equal(vsmmu_adopted_new(vsmmu, 0, NULL), -EINVAL);
	assert_int_equal(vsmmu_adopted_free(vsmmu, NULL), -EINVAL);
	end();
}

/* Nobody waits for a call of another thread, which is nothing of this one's. */
static void *read_prod(void *ret)
{
	uint64_t value;

	*(int *)ret = vsmmu_mmio_read(test.vmm->vsmmu, SMMU_EVENTQ_PROD, 4, &value);
	return NULL;
}

static void ask_elsewhere(void)
{
	pthread_t thread;
	int ret = -1;

	assert_int_equal(pthread_create(&thread, NULL, read_prod, &ret), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(ret, 0);
	test.refused++;
}

static void enable(struct test_vmm *vmm)
{
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 5);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, EVENTQ | 4);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, IRQS);
	test_vmm_write(vmm, SMMU_CR0, ON);
}

TEST(another_thread_is_no_callback)
{
	start(NULL);
	test.armed = IRQ_PULSE;
	test.within = ask_elsewhere;
	enable(test.vmm);
	cause_event();
	assert_int_equal(test.refused, 1);
	end();
}

/* A second vSMMU of the same VMM, which calls the first one back. */
static struct test_vmm *other;
static int first_said, first_stats_said, other_said;

static int other_memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	uint64_t value;

	first_said = vsmmu_mmio_read(test.vmm->vsmmu, SMMU_EVENTQ_PROD, 4, &value);
	first_stats_said = vsmmu_get_stats(test.vmm->vsmmu, &stats);
	return test_vmm_memory_read(opaque, address, bytes, length);
}

static void ask_the_other(void)
{
	const struct vsmmu_access access = {.size = sizeof(access)};
	struct vsmmu_translation translation = {.size = sizeof(translation)};

	other_said = vsmmu_translate(other->vsmmu, &access, &translation);
}

static void chain(enum op first, int stats_wanted)
{
	struct vsmmu_ops other_ops = ops;
	struct vsmmu_config config = {.size = sizeof(config), .ops = &other_ops};

	other = test_vmm_alloc();
	config.opaque = other;
	other_ops.memory_read = other_memory_read;
	assert_int_equal(vsmmu_new(&other->vsmmu, &config), 0);
	start(NULL);
	enable(other);
	enable(test.vmm);
	first_said = first_stats_said = other_said = 1;
	test.armed = first;
	test.within = ask_the_other;
	cause_event();
	command(0, ILLEGAL);
	/* From the first one to the other is allowed: it says what it finds there. */
	assert_int_equal(other_said, -EFAULT);
	assert_int_equal(first_said, -EDEADLK);
	assert_int_equal(first_stats_said, stats_wanted);
	test.within = NULL;
	test.armed = OPS;
	/* When all of it is over, both may be called. */
	assert_int_equal(test_vmm_read(test.vmm, SMMU_EVENTQ_PROD), 1);
	assert_true(test_vmm_read(other, SMMU_EVENTQ_PROD) >= 1);
	test_vmm_free(other);
	end();
}

TEST(a_chain_through_another_vsmmu_is_found)
{
	chain(MEMORY_READ, -EDEADLK);
	chain(IRQ_PULSE, -EDEADLK);
}

TEST(report_may_look_at_counters_from_there_too)
{
	chain(REPORT, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("D7", no_op_may_call_back),
		UNIT_TEST("D7", a_null_is_an_error),
		UNIT_TEST("D7", no_result_without_a_place_for_it),
		UNIT_TEST("D7", another_thread_is_no_callback),
		UNIT_TEST("D7", a_chain_through_another_vsmmu_is_found),
		UNIT_TEST("D7", report_may_look_at_counters_from_there_too),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
