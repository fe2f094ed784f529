/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An interrupt does not arrive after the guest has disabled it and seen that acknowledged
 * (IHI 0070 3.18, 6.3.16): a vCPU disables it while one is on its way.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <vsmmu/event.h>

#include "lib/blocked_thread.h"
#include "lib/test_vmm.h"

#define PATIENCE   60000 /* milliseconds */
#define VSID	   0x10u
#define STRTAB	   (TEST_VMM_MEMORY + 0x100000)
#define EVENTQ	   (TEST_VMM_MEMORY + 0x200000)
#define MSI_MEMORY (TEST_VMM_MEMORY + 0x300000)
#define STE_STAGE1 (UINT64_C(0xb) | (TEST_VMM_MEMORY + 0x400000))
#define LOG2	   4
#define IRQS	   (SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN)

enum way { BY_WIRE, BY_DOORBELL, BY_MEMORY };

static struct {
	struct test_vmm *vmm; /* its memory */
	struct vsmmu *vsmmu;
	struct vsmmu_host *sim;
	uint32_t dev_id;

	enum vsmmu_irq irq; /* the one that is tested */
	enum way way;	    /* its MSI, if it has one */
	unsigned int arrived;
	bool ended;	  /* before the interrupt had arrived */
	pthread_t driver; /* another vCPU */
	atomic_int drivers_tid, refused;
	atomic_bool acknowledged;
} test;

static void *disable(void *unused)
{
	uint64_t ack = IRQS;

	(void)unused;
	atomic_store(&test.drivers_tid, gettid());
	if (vsmmu_mmio_write(test.vsmmu, SMMU_IRQ_CTRL, 4, 0) ||
		vsmmu_mmio_read(test.vsmmu, SMMU_IRQ_CTRLACK, 4, &ack) || ack)
		atomic_store(&test.refused, 1);
	atomic_store(&test.acknowledged, true);
	return NULL;
}

/* The interrupt takes until the driver has either seen its disabling done or waits for it. */
static void arrive(void)
{
	if (test.arrived++)
		return;
	if (pthread_create(&test.driver, NULL, disable, NULL))
		return;
	for (unsigned int waited = 0; waited < PATIENCE; waited++) {
		test.ended = atomic_load(&test.acknowledged);
		if (test.ended || thread_is_blocked(atomic_load(&test.drivers_tid)))
			break;
		usleep(1000);
	}
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	if (test.way == BY_MEMORY && address == MSI_MEMORY)
		arrive();
	return test_vmm_memory_write(opaque, address, bytes, length);
}

static int msi(void *opaque, uint64_t address, uint32_t data)
{
	(void)opaque;
	(void)data;
	if (address != TEST_VMM_DOORBELL)
		return -1;
	arrive();
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	/* A line is pulsed in any case. */
	if (test.way == BY_WIRE && irq == test.irq)
		arrive();
}

static void write_register(uint64_t offset, uint32_t size, uint64_t value)
{
	assert_int_equal(vsmmu_mmio_write(test.vsmmu, offset, size, value), 0);
}

static void set_msi(uint64_t address)
{
	write_register(test.irq == VSMMU_IRQ_EVENTQ ? SMMU_EVENTQ_IRQ_CFG0 : SMMU_GERROR_IRQ_CFG0,
		8, address);
}

static void build(enum vsmmu_irq irq, enum way way)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = test_vmm_memory_read,
		.memory_write = memory_write,
		.irq_pulse = irq_pulse,
		.msi = msi,
	};
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops};
	struct vsmmu_endpoint_config endpoint = {
		.size = sizeof(endpoint), .vsid = VSID, .vfio_fd = -1};
	struct vsmmu_endpoint *handle;

	memset(&test, 0, sizeof(test));
	test.irq = irq;
	test.way = way;
	test.vmm = test_vmm_alloc();
	test.sim = test_vmm_sim(test.vmm, NULL);
	config.opaque = test.vmm;
	config.host = test.sim;
	assert_int_equal(vsmmu_new(&test.vsmmu, &config), 0);
	assert_int_equal(vsmmu_sim_endpoint_new(test.sim, 0, &endpoint.dev_id), 0);
	test.dev_id = endpoint.dev_id;
	test_vmm_store64(test.vmm, STRTAB + 64 * (uint64_t)VSID, STE_STAGE1);
	assert_int_equal(vsmmu_endpoint_attach(test.vsmmu, &endpoint, &handle), 0);
	write_register(SMMU_STRTAB_BASE, 8, STRTAB);
	write_register(SMMU_STRTAB_BASE_CFG, 4, 6);
	write_register(SMMU_EVENTQ_BASE, 8, EVENTQ | LOG2);
	if (way != BY_WIRE)
		set_msi(way == BY_DOORBELL ? TEST_VMM_DOORBELL : MSI_MEMORY);
	write_register(SMMU_IRQ_CTRL, 4, IRQS);
	write_register(SMMU_CR0, 4, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
}

static void demolish(void)
{
	vsmmu_free(test.vsmmu);
	vsmmu_host_unref(test.sim);
	test_vmm_free(test.vmm);
}

/* An event, which interrupts because the queue was empty, or because it cannot be written. */
static void cause(void)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	uint64_t value;

	assert_int_equal(vsmmu_mmio_read(test.vsmmu, SMMU_EVENTQ_PROD, 4, &value), 0);
	write_register(SMMU_EVENTQ_CONS, 4, value);
	assert_int_equal(vsmmu_mmio_read(test.vsmmu, SMMU_GERROR, 4, &value), 0);
	write_register(SMMU_GERRORN, 4, value);
	if (test.irq == VSMMU_IRQ_GERROR) {
		test.vmm->bad_begin = EVENTQ;
		test.vmm->bad_end = EVENTQ + 0x1000;
	}
	assert_int_equal(vsmmu_sim_fault(test.sim, test.dev_id, &record), 0);
	assert_int_equal(vsmmu_dispatch(test.vsmmu, 0), 1);
}

TEST(disabling_waits_for_the_interrupt)
{
	static const enum vsmmu_irq irqs[] = {VSMMU_IRQ_EVENTQ, VSMMU_IRQ_GERROR};

	for (unsigned int i = 0; i < 2; i++) {
		for (enum way way = BY_WIRE; way <= BY_MEMORY; way++) {
			build(irqs[i], way);
			cause();
			assert_int_equal(test.arrived, 1);
			assert_int_equal(pthread_join(test.driver, NULL), 0);
			assert_false(test.ended);
			assert_true(atomic_load(&test.acknowledged));
			assert_int_equal(atomic_load(&test.refused), 0);
			/* And there is none any more. */
			cause();
			assert_int_equal(test.arrived, 1);
			demolish();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S5 S9 E8", disabling_waits_for_the_interrupt),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
