/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of what only the simulator's kernel can be told to do, and of one that is busy. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/sim.h>
#include <vsmmu/snapshot.h>

#include "lib/migration.h"
#include "smmu/vsmmu.h"

static void save(struct test_vmm *vm)
{
	void *bytes;
	size_t length;

	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
}

/* The kernel's numbers go from INT_MAX to 0, and nothing is lost by it. */
TEST(numbers_wrap)
{
	for (uint32_t before = 0; before < 8; before++) {
		const struct vm_setup setup = {.first_sequence = INT_MAX - before};
		struct test_vmm *vm = vm_new(&setup), *to = vm_new(NULL);
		size_t length;
		void *bytes;

		vm_enable(vm, 5);
		vm_fault(vm, 0);
		vm_dispatch(vm);
		/* A gap in front of the first one that is saved, and one between them. */
		vm_lose(vm, 0, 1);
		vm_faults(vm, 0, 2);
		vm_lose(vm, 0, 2);
		vm_faults(vm, 0, 2);
		assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
		assert_int_equal(vsmmu_restore(to->vsmmu, bytes, length), 0);
		vsmmu_snapshot_free(bytes);
		to->irqs[VSMMU_IRQ_EVENTQ] += vm->irqs[VSMMU_IRQ_EVENTQ];
		vm_dispatch(to);
		assert_int_equal(vm_stats(to).sequenced, 8);
		assert_int_equal(vm_stats(to).delivered, 5);
		assert_int_equal(vm_stats(to).lost, 3);
		assert_int_equal(vm_stats(to).stream_errors, 0);
		vm_dispatch(vm);
		assert_int_equal(vm_stats_all(vm).delivered, 5);
		vm_free(vm);
		vm_free(to);
	}
}

/* A header that an old kernel left alone is no record: the event comes again. */
TEST(records_cut_short_come_again)
{
	const struct vm_setup setup = {.before_2026 = true};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 5);
	vm_faults(vm, 0, 4);
	assert_int_equal(vsmmu_sim_fail(vm->host, VSMMU_SIM_FAIL_PAYLOAD_FAULT, 2, 0), 0);
	save(vm);
	vm_dispatch(vm);
	vm_expect(vm, 0, 1, 4);
	assert_int_equal(vm_stats_all(vm).delivered, 4);
	assert_int_equal(vm_stats_all(vm).stream_errors, 1);
	vm_free(vm);
}

/* No memory for the LOST header: ENOMEM, or from old kernels nothing though there is some. */
TEST(shortage_of_memory_passes)
{
	for (int old = 0; old < 2; old++) {
		const struct vm_setup setup = {.before_2026 = old};
		struct test_vmm *vm = vm_new(&setup);

		vm_enable(vm, 5);
		vm_faults(vm, 0, 2);
		vm_lose(vm, 0, 3);
		assert_int_equal(vsmmu_sim_fail(vm->host, VSMMU_SIM_FAIL_LOST_COPY, 0, 0), 0);
		save(vm);
		assert_int_equal(vm_stats_all(vm).pending, 2);
		vm_dispatch(vm);
		assert_int_equal(vm_stats_all(vm).delivered, 2);
		assert_int_equal(vm_stats_all(vm).lost, 3);
		vm_free(vm);
	}
}

TEST(a_shortage_that_stays_is_told)
{
	struct test_vmm *vm = vm_new(NULL);
	size_t length;
	void *bytes;

	vm_enable(vm, 5);
	vm_faults(vm, 0, 2);
	assert_int_equal(vsmmu_sim_fail(vm->host, VSMMU_SIM_FAIL_READ_ALWAYS, 0, ENOMEM), 0);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), -ENOMEM);
	assert_int_equal(vsmmu_sim_fail(vm->host, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0), 0);
	vm_dispatch(vm);
	/* It backs off, or did so long ago. */
	while (vm_stats(vm).delivered < 2) {
		vm_wait(vm);
		vm_dispatch(vm);
	}
	assert_int_equal(vm_stats_all(vm).delivered, 2);
	vm_free(vm);
}

/* What was read ahead is delivered, whatever becomes of the vEVENTQ behind. */
TEST(pending_records_outlive_their_veventq)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 5);
	vm_faults(vm, 0, 3);
	save(vm);
	vm_faults(vm, 0, 2);
	assert_int_equal(vsmmu_sim_fail(vm->host, VSMMU_SIM_FAIL_READ_ALWAYS, 0, EIO), 0);
	assert_int_equal(vm_dispatch(vm), 3);
	vm_expect(vm, 0, 1, 3);
	assert_int_equal(vm_stats(vm).failed_reads, 1);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_QUEUE_DISARMED), 1);
	assert_int_equal(vsmmu_sim_fail(vm->host, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0), 0);
	assert_int_equal(vsmmu_rearm(vm->vsmmu), 1);
	assert_int_equal(vm_dispatch(vm), 2);
	vm_expect(vm, 0, 4, 2);
	vm_free(vm);
}

/* A vEVENTQ that fails after another one was read: that one's events are kept, and served. */
TEST(what_was_read_before_a_failure_is_kept)
{
	const struct vm_setup setup = {.endpoints = 2, .isolate = true};
	struct test_vmm *vm = vm_new(&setup);
	size_t length;
	void *bytes;

	vm_enable(vm, 5);
	vm_faults(vm, 0, 3);
	vm_faults(vm, 1, 3);
	/* One read of the first one, and one of the other. */
	assert_int_equal(vsmmu_sim_fail(vm->host, VSMMU_SIM_FAIL_READ, 2, EIO), 0);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), -EIO);
	assert_int_equal(vm_stats(vm).pending, 3);
	assert_int_equal(vm_dispatch(vm), 3);
	assert_int_equal(vm_stats(vm).delivered, 3);
	assert_int_equal(vsmmu_rearm(vm->vsmmu), 1);
	save(vm);
	assert_int_equal(vm_dispatch(vm), 3);
	assert_int_equal(vm_stats_all(vm).delivered, 6);
	vm_free(vm);
}

static ssize_t read_cut_short(void *ctx, void *buffer, size_t length)
{
	(void)ctx;
	(void)length;
	memset(buffer, 0, VEVENTQ_HEADER_SIZE);
	return VEVENTQ_HEADER_SIZE;
}

/* A kernel that gives the header of the same event again and again, and never the event. */
TEST(what_never_comes_is_given_up)
{
	struct test_vmm *vm = vm_new(NULL);
	struct veventq_source *source = &vm->vsmmu->sources.first->reader.source;
	const struct veventq_source real = *source;
	size_t length;
	void *bytes;

	vm_enable(vm, 4);
	vm_fault(vm, 0);
	source->read = read_cut_short;
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), -EPROTO);
	assert_true(vm_stats(vm).stream_errors > 1);
	assert_true(vm_stats(vm).stream_errors < 20);
	*source = real;
	save(vm);
	assert_int_equal(vm_dispatch(vm), 1);
	vm_expect(vm, 0, 1, 1);
	vm_free(vm);
}

/* One that cannot be read for good stays so, but what it still holds is saved. */
TEST(a_disarmed_veventq_is_saved)
{
	struct test_vmm *vm = vm_new(NULL);
	size_t length;
	void *bytes;

	vm_enable(vm, 5);
	vm_fault(vm, 0);
	vm_host_fail_read(vm, 0, EIO);
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).failed_reads, 1);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(vm_stats_all(vm).pending, 1);
	assert_int_equal(vm_dispatch(vm), 1);
	vm_expect(vm, 0, 1, 1);
	vm_fault(vm, 0);
	assert_false(vm_readable(vm));
	assert_int_equal(vsmmu_rearm(vm->vsmmu), 1);
	assert_int_equal(vm_dispatch(vm), 1);
	vm_free(vm);
}

static struct vsmmu_stats last_stats;

static int note_stats(void *opaque, enum vsmmu_sim_call call)
{
	struct test_vmm *vm = opaque;

	if (call == VSMMU_SIM_CALL_DESTROY)
		last_stats = vm_stats(vm);
	return 0;
}

TEST(teardown_counts_pending_records)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 5);
	vm_faults(vm, 0, 3);
	save(vm);
	vm_faults(vm, 0, 2);
	memset(&last_stats, 0, sizeof(last_stats));
	assert_int_equal(vsmmu_sim_on_call(vm->host, note_stats, vm), 0);
	vm_free(vm);
	assert_int_equal(last_stats.discarded_by[VSMMU_DISCARD_TEARDOWN], 5);
	assert_int_equal(last_stats.sequenced, 5);
	assert_int_equal(last_stats.pending, 0);
}

static unsigned int reads_to_fail;
static ssize_t (*working_read)(void *ctx, void *buffer, size_t length);

static ssize_t read_failing(void *ctx, void *buffer, size_t length)
{
	if (!reads_to_fail)
		return working_read(ctx, buffer, length);
	reads_to_fail--;
	errno = EIO;
	return -1;
}

/* Nothing goes to the guest any more, though reading works again when all was drained. */
TEST(teardown_writes_nothing)
{
	enum { TRIES = 8 };

	/* It is read at last by the last try, or when the vEVENTQ goes. */
	for (unsigned int fail = TRIES; fail <= TRIES + 1; fail++) {
		struct test_vmm *vm = vm_new(NULL);
		struct veventq_source *source = &vm->vsmmu->sources.first->reader.source;

		vm_enable(vm, 5);
		vm_faults(vm, 0, 3);
		working_read = source->read;
		source->read = read_failing;
		reads_to_fail = fail;
		memset(&last_stats, 0, sizeof(last_stats));
		assert_int_equal(vsmmu_sim_on_call(vm->host, note_stats, vm), 0);
		vm_free(vm);
		assert_int_equal(reads_to_fail, 0);
		assert_int_equal(last_stats.discarded_by[VSMMU_DISCARD_TEARDOWN], 3);
		assert_int_equal(last_stats.delivered, 0);
	}
}

/* No pulse, no record, no register that the guest can see. */
TEST(a_save_leaves_the_guest_alone)
{
	struct test_vmm *vm = vm_new(NULL);
	uint8_t *before = malloc(VM_SIZE);
	uint32_t prod;
	unsigned int writes, irqs;

	assert_non_null(before);
	vm_enable(vm, 5);
	vm_faults(vm, 0, 3);
	vm_dispatch(vm);
	vm_faults(vm, 0, 3);
	vm_lose(vm, 0, 2);
	memcpy(before, vm->memory, VM_SIZE);
	writes = vm->memory_writes;
	irqs = vm->irqs[VSMMU_IRQ_EVENTQ];
	prod = test_vmm_read(vm, SMMU_EVENTQ_PROD);
	save(vm);
	assert_memory_equal(before, vm->memory, VM_SIZE);
	assert_int_equal(vm->memory_writes, writes);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], irqs);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), prod);
	free(before);
	vm_free(vm);
}

#define STORM	    20000
#define PATIENCE_MS 10000

static atomic_bool guest_over;
static atomic_uint complaints;

static void *storm(void *opaque)
{
	struct test_vmm *vm = opaque;
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};

	for (unsigned int i = 0; i < STORM; i++)
		if (vsmmu_sim_fault(vm->host, vm->endpoints[i % 2].dev_id, &record))
			atomic_fetch_add(&complaints, 1);
	return NULL;
}

static void *saver(void *opaque)
{
	struct test_vmm *vm = opaque;
	size_t length;
	void *bytes;

	while (!atomic_load(&guest_over)) {
		if (vsmmu_save(vm->vsmmu, &bytes, &length))
			atomic_fetch_add(&complaints, 1);
		else
			vsmmu_snapshot_free(bytes);
	}
	return NULL;
}

static void *guest(void *opaque)
{
	struct test_vmm *vm = opaque;
	uint64_t prod;

	while (!atomic_load(&guest_over)) {
		vsmmu_mmio_read(vm->vsmmu, SMMU_EVENTQ_PROD, 4, &prod);
		vsmmu_mmio_write(vm->vsmmu, SMMU_EVENTQ_CONS, 4, prod);
	}
	return NULL;
}

static const struct vm_setup crowded = {.endpoints = 2, .smmus = 2};

/* For the thread sanitizer, and the sum. */
static void save_in_a_storm(struct test_vmm *vm, uint64_t all)
{
	pthread_t threads[3];
	void *(*const runs[])(void *opaque) = {storm, saver, guest};

	atomic_store(&guest_over, false);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, runs[i], vm), 0);
	/* On a busy machine the guest may make no room for a while. */
	while (vm_stats(vm).sequenced < all) {
		struct pollfd fd = {.fd = vsmmu_get_event_fd(vm->vsmmu), .events = POLLIN};

		assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
		vsmmu_dispatch(vm->vsmmu, 0);
	}
	atomic_store(&guest_over, true);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	vm->produced += STORM;
	assert_int_equal(atomic_load(&complaints), 0);
	assert_int_equal(vm_stats(vm).stream_errors, 0);
}

TEST(saving_disturbs_nobody)
{
	struct test_vmm *vm = vm_new(&crowded);

	vm_enable(vm, 6);
	save_in_a_storm(vm, STORM);
	vm_stats_all(vm);
	vm_free(vm);
}

/* What was restored is delivered while snapshots are taken. */
TEST(saving_disturbs_nobody_after_a_restore)
{
	struct test_vmm *vm = vm_new(&crowded);
	struct migration migration;

	vm_enable(vm, 6);
	vm_faults(vm, 0, STORM);
	vm_faults(vm, 1, STORM);
	vm = migration_move(vm, &migration, &crowded);
	assert_int_equal(vm_stats(vm).pending, 2 * STORM);
	save_in_a_storm(vm, 3 * STORM);
	assert_int_equal(migration_stats(vm, &migration).lost, 0);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E5", numbers_wrap),
		UNIT_TEST("S7 E4", records_cut_short_come_again),
		UNIT_TEST("S7 E3", shortage_of_memory_passes),
		UNIT_TEST("S7 E3", a_shortage_that_stays_is_told),
		UNIT_TEST("S7 E3", pending_records_outlive_their_veventq),
		UNIT_TEST("S7 E3", what_was_read_before_a_failure_is_kept),
		UNIT_TEST("S7 E4", what_never_comes_is_given_up),
		UNIT_TEST("S7", a_disarmed_veventq_is_saved),
		UNIT_TEST("S7 E11", teardown_counts_pending_records),
		UNIT_TEST("E11", teardown_writes_nothing),
		UNIT_TEST("S7", a_save_leaves_the_guest_alone),
		UNIT_TEST("S7 S9", saving_disturbs_nobody),
		UNIT_TEST("S7 S9", saving_disturbs_nobody_after_a_restore),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
