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

static struct test_vmm *vmm;
static struct veventq_source source; /* the vEVENTQ's own */
static atomic_uint reads, dispatches, dispatches_before_us;

/* Return: a vSMMU whose one vEVENTQ is read by @read, and holds FAULTS events. */
static void set_up(ssize_t (*read)(void *ctx, void *buffer, size_t length))
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = 1, .vfio_fd = -1};
	struct vsmmu_config own = {.size = sizeof(own)};
	struct vsmmu_endpoint *endpoint;

	vmm = test_vmm_alloc();
	assert_int_equal(test_vmm_new(vmm, test_vmm_sim(vmm, NULL), &own), 0);
	assert_int_equal(vsmmu_sim_endpoint_new(vmm->host, 0, &config.dev_id), 0);
	assert_int_equal(vsmmu_endpoint_attach(vmm->vsmmu, &config, &endpoint), 0);
	source = vmm->vsmmu->sources.first->reader.source;
	vmm->vsmmu->sources.first->reader.source.read = read;
	test_vmm_store64(vmm, STRTAB + 64, 1 | 5 << 1 | CD);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 6);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, EVENTS | LOG2);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	for (unsigned int n = 0; n < FAULTS; n++)
		assert_int_equal(vsmmu_sim_fault(vmm->host, config.dev_id, &record), 0);
	atomic_store(&reads, 0);
	atomic_store(&dispatches, 0);
}

static ssize_t read_and_look(void *ctx, void *buffer, size_t length)
{
	atomic_fetch_add(&reads, 1);
	assert_int_equal(pthread_mutex_trylock(&vmm->vsmmu->event_lock), 0);
	pthread_mutex_unlock(&vmm->vsmmu->event_lock);
	return source.read(ctx, buffer, length);
}

TEST(no_register_access_waits_for_a_read)
{
	set_up(read_and_look);
	assert_int_equal(vsmmu_dispatch(vmm->vsmmu, UINT32_MAX), FAULTS);
	assert_true(atomic_load(&reads) > FAULTS / EVENTQ_BATCH);
	test_vmm_free(vmm);
}

/* The first dispatch goes on when somebody waits for the next one's lock. */
static ssize_t read_when_awaited(void *ctx, void *buffer, size_t length)
{
	if (!atomic_fetch_add(&reads, 1))
		assert_true(wait_until_awaited(&vmm->vsmmu->dispatch_lock));
	return source.read(ctx, buffer, length);
}

static void *take_dispatch_lock(void *unused)
{
	(void)unused;
	while (!atomic_load(&reads))
		usleep(100);
	fairlock_lock(&vmm->vsmmu->dispatch_lock);
	atomic_store(&dispatches_before_us, atomic_load(&dispatches));
	fairlock_unlock(&vmm->vsmmu->dispatch_lock);
	return NULL;
}

TEST(a_loop_of_dispatches_lets_others_in)
{
	pthread_t thread;

	set_up(read_when_awaited);
	assert_int_equal(pthread_create(&thread, NULL, take_dispatch_lock, NULL), 0);
	while (vsmmu_dispatch(vmm->vsmmu, 1) == 1)
		atomic_fetch_add(&dispatches, 1);
	pthread_join(thread, NULL);
	assert_int_equal(atomic_load(&dispatches), FAULTS);
	/* It waited while the first was under way, which may not have been counted yet. */
	assert_true(atomic_load(&dispatches_before_us) <= 1);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S9", trying_does_not_come_before_waiting),
		UNIT_TEST("S9", no_register_access_waits_for_a_read),
		UNIT_TEST("S9", a_loop_of_dispatches_lets_others_in),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
