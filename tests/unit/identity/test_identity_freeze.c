/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest that looks while an endpoint is being admitted waits until it is known what it adds. */
#include "identity_fixture.h"

#include <pthread.h>
#include <semaphore.h>

#include "smmu/vsmmu.h"

int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);

static struct identity_fixture fixture;
static _Thread_local bool is_vcpu;
static pthread_t vcpu;
static sem_t came; /* the vCPU is about to wait for the lock, or did not want it */
static uint32_t seen;

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
	if (is_vcpu && mutex == &fixture.vmm->vsmmu->control_lock)
		sem_post(&came);
	return __real_pthread_mutex_lock(mutex);
}

static void *guest_looks(void *opaque)
{
	uint64_t value;

	is_vcpu = true;
	vsmmu_mmio_read(fixture.vmm->vsmmu, SMMU_IDR5, 4, &value);
	seen = (uint32_t)value;
	sem_post(&came);
	return opaque;
}

/* The endpoint was admitted, and the identity does not say so yet. */
static int look_meanwhile(void *opaque, enum host_call call, uint32_t count)
{
	(void)opaque, (void)count;
	if (call != HOST_CALL_VDEVICE_ALLOC)
		return 0;
	assert_int_equal(pthread_create(&vcpu, NULL, guest_looks, NULL), 0);
	while (sem_wait(&came))
		;
	return 0;
}

TEST(who_looks_sees_the_endpoint_that_is_being_admitted)
{
	struct vsmmu_identity identity;

	fixture_new(&fixture, NULL);
	sem_init(&came, 0, 0);
	fixture.host->info[0].idr[5] = 0x13;
	fixture.host->hook = look_meanwhile;
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	assert_int_equal(pthread_join(vcpu, NULL), 0);
	identity = fixture_identity(&fixture);
	assert_true(identity.frozen);
	assert_int_equal(identity.granules, VSMMU_GRANULE_4K);
	assert_int_equal(seen, identity.idr[5]);
	sem_destroy(&came);
	fixture_free(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1 S6", who_looks_sees_the_endpoint_that_is_being_admitted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
