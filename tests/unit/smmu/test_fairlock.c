/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that has a lock again and again lets those in that wait for it. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "smmu/vsmmu.h"
#include "lib/test_vmm.h"

#define EVENTS	 (TEST_VMM_MEMORY + 0x200000)
#define STRTAB	 (TEST_VMM_MEMORY + 0x300000)
#define CD	 (TEST_VMM_MEMORY + 0x400000)
#define LOG2	 12
#define FAULTS	 4000
#define PATIENCE 60000 /* milliseconds */

static struct fairlock fair;
static atomic_bool taken, enough;

static void *take(void *unused)
{
	(void)unused;
	fairlock_lock(&fair);
	atomic_store(&taken, true);
	while (!atomic_load(&enough))
		usleep(1000);
	fairlock_unlock(&fair);
	return NULL;
}

static bool is_awaited(struct fairlock *lock)
{
	if (pthread_mutex_trylock(&lock->gate))
		return true;
	pthread_mutex_unlock(&lock->gate);
	return false;
}

/* Any thread. Return: false when nobody came. */
static bool wait_until_awaited(struct fairlock *lock)
{
	for (unsigned int waited = 0; waited < PATIENCE; waited++) {
		if (is_awaited(lock))
			return true;
		usleep(1000);
	}
	return false;
}

TEST(trying_does_not_come_before_waiting)
{
	pthread_t thread;

	fairlock_init(&fair);
	assert_true(fairlock_trylock(&fair));
	assert_false(fairlock_trylock(&fair));
	assert_int_equal(pthread_create(&thread, NULL, take, NULL), 0);
	assert_true(wait_until_awaited(&fair));
	assert_false(atomic_load(&taken));
	fairlock_unlock(&fair);
	/* It waits, or it has it by now. */
	assert_false(fairlock_trylock(&fair));
	atomic_store(&enough, true);
	fairlock_lock(&fair);
	assert_true(atomic_load(&taken));
	fairlock_unlock(&fair);
	pthread_join(thread, NULL);
	assert_true(fairlock_trylock(&fair));
	fairlock_unlock(&fair);
	fairlock_destroy(&fair);
}

/* A batch of events is written with the event lock held. */
static struct test_vmm *vmm;
static atomic_uint batches, batches_when_awaited;
static atomic_int dispatched;

static int write_batch(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	if (atomic_fetch_add(&batches, 1) == 2 && wait_until_awaited(&vmm->vsmmu->event_lock))
		atomic_store(&batches_when_awaited, atomic_load(&batches));
	return test_vmm_memory_write(opaque, address, bytes, length);
}

static void no_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque, (void)irq;
}

static void *dispatch_all(void *unused)
{
	(void)unused;
	atomic_store(&dispatched, vsmmu_dispatch(vmm->vsmmu, UINT32_MAX));
	return NULL;
}

TEST(a_dispatch_lets_others_in)
{
	static const struct vsmmu_ops ops = {.size = sizeof(ops),
		.memory_read = test_vmm_memory_read,
		.memory_write = write_batch,
		.irq_pulse = no_pulse};
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = 1, .vfio_fd = -1};
	struct vsmmu_config own = {.size = sizeof(own), .ops = &ops};
	struct vsmmu_endpoint *endpoint;
	uint32_t passed;
	pthread_t thread;

	vmm = test_vmm_alloc();
	own.opaque = vmm;
	own.host = vmm->host = test_vmm_sim(vmm, NULL);
	assert_int_equal(vsmmu_sim_endpoint_new(vmm->host, 0, &config.dev_id), 0);
	assert_int_equal(vsmmu_new(&vmm->vsmmu, &own), 0);
	assert_int_equal(vsmmu_endpoint_attach(vmm->vsmmu, &config, &endpoint), 0);
	test_vmm_store64(vmm, STRTAB + 64, 1 | 5 << 1 | CD);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 6);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, EVENTS | LOG2);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	for (unsigned int n = 0; n < FAULTS; n++)
		assert_int_equal(vsmmu_sim_fault(vmm->host, config.dev_id, &record), 0);
	assert_int_equal(pthread_create(&thread, NULL, dispatch_all, NULL), 0);
	while (atomic_load(&batches) < 3)
		usleep(100);
	fairlock_lock(&vmm->vsmmu->event_lock);
	passed = atomic_load(&batches) - atomic_load(&batches_when_awaited);
	fairlock_unlock(&vmm->vsmmu->event_lock);
	pthread_join(thread, NULL);
	assert_int_equal(atomic_load(&dispatched), FAULTS);
	assert_true(atomic_load(&batches) > 10);
	assert_int_equal(passed, 0);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S9", trying_does_not_come_before_waiting),
		UNIT_TEST("S9", a_dispatch_lets_others_in),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
