/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of what only the simulator's kernel can be told to do, and of one that is busy. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <vsmmu/sim.h>
#include <vsmmu/snapshot.h>

#include "lib/migration.h"
#include "smmu/events/backlog.h"
#include "smmu/snapshot/format.h"

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
		assert_false(backlog_is_empty(vm->vsmmu->viommus));
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
	assert_int_equal(vm_stats_all(vm).delivered, 2);
	vm_free(vm);
}

/* What was read ahead is delivered, whatever becomes of the vEVENTQ behind. */
TEST(a_backlog_outlives_its_queue)
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

static uint32_t backlog_records(const struct backlog *backlog)
{
	size_t vmm;

	return backlog_count(backlog->bytes + backlog->begin, backlog->end - backlog->begin, &vmm);
}

/* Saved again and again before a guest that takes nothing: memory for it has an end. */
TEST(a_backlog_has_a_limit)
{
	const struct vm_setup setup = {.depth = 8};
	struct test_vmm *vm = vm_new(&setup);
	const struct viommu *viommu = vm->vsmmu->viommus;

	vm_enable(vm, 1);
	vm_faults(vm, 0, 2);
	vm_dispatch(vm);
	/* 8 and a LOST header fit twice; the third time they are counted as lost. */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_EVENTS_LOST), 0);
		vm_faults(vm, 0, 9);
		save(vm);
		assert_int_equal(backlog_records(viommu->backlog), i ? 18 : 9);
	}
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_EVENTS_LOST), 1);
	vm_expect(vm, 0, 1, 2);
	/* What the guest takes makes room behind them. */
	vm_dispatch(vm);
	vm_faults(vm, 0, 1);
	save(vm);
	assert_int_equal(backlog_records(viommu->backlog), 17);
	for (uint64_t serial = 3; serial <= 18; serial += 2) {
		if (serial == 11)
			serial++;
		vm_expect(vm, 0, serial, 2);
		vm_dispatch(vm);
	}
	vm_dispatch(vm);
	vm_expect(vm, 0, 30, 1);
	assert_int_equal(vm_stats_all(vm).delivered, 2 + 16 + 1);
	assert_int_equal(vm_stats_all(vm).lost, 3 * 1 + 8);
	assert_null(viommu->backlog);
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
	struct veventq_source *source = &vm->vsmmu->viommus->reader.source;
	const struct veventq_source real = *source;
	size_t length;
	void *bytes;

	source->read = read_cut_short;
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), -EPROTO);
	assert_true(vm_stats(vm).stream_errors > 1);
	assert_true(vm_stats(vm).stream_errors < 20);
	*source = real;
	save(vm);
	vm_free(vm);
}

/* Saved once more when the guest has had a part of it: what is left makes room for more. */
TEST(a_backlog_that_was_begun_takes_more)
{
	const struct vm_setup setup = {.depth = 8};
	struct test_vmm *vm = vm_new(&setup);
	const struct viommu *viommu = vm->vsmmu->viommus;

	vm_enable(vm, 1);
	vm_faults(vm, 0, 8);
	save(vm);
	assert_int_equal(vm_dispatch(vm), 2);
	assert_true(viommu->backlog->begin > 0);
	vm_faults(vm, 0, 8);
	save(vm);
	assert_int_equal(viommu->backlog->begin, 0);
	for (uint64_t serial = 1; serial <= 16; serial += 2) {
		vm_expect(vm, 0, serial, 2);
		vm_dispatch(vm);
	}
	assert_int_equal(vm_stats_all(vm).delivered, 16);
	assert_true(backlog_is_empty(viommu));
	vm_free(vm);
}

/* One that cannot be read for good is not in the poll set, and no more is its backlog. */
TEST(a_disarmed_queue_keeps_its_backlog)
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
	assert_false(vm_readable(vm));
	assert_int_equal(vsmmu_rearm(vm->vsmmu), 1);
	assert_int_equal(vm_dispatch(vm), 1);
	vm_expect(vm, 0, 1, 1);
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

static const struct vm_setup crowded = {.endpoints = 2, .smmus = 2, .no_fair_share = true};

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
		struct pollfd fd = {.fd = vsmmu_get_fd(vm->vsmmu), .events = POLLIN};

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

/* What was restored is emptied and goes while snapshots are taken. */
TEST(saving_disturbs_nobody_after_a_restore)
{
	struct test_vmm *vm = vm_new(&crowded);
	struct migration migration;

	vm_enable(vm, 6);
	vm_faults(vm, 0, STORM);
	vm_faults(vm, 1, STORM);
	vm = migration_move(vm, &migration, &crowded);
	assert_true(viommu_restored_waits(vm->vsmmu));
	save_in_a_storm(vm, 3 * STORM);
	vsmmu_dispatch(vm->vsmmu, 0);
	assert_null(vm->vsmmu->restored);
	assert_int_equal(migration_stats(vm, &migration).lost, 0);
	vm_free(vm);
}

/* More than goes into a snapshot: what is left out counts as lost there, and here it is not. */
TEST(a_snapshot_has_a_limit)
{
	enum { MORE = 100 };
	const struct vm_setup setup = {.endpoints = 2, .smmus = 2};
	struct test_vmm *vm = vm_new(&setup), *to = vm_new(&setup);
	struct uapi_iommufd_vevent_header header = {.flags = UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS};
	struct viommu *other = vm->vsmmu->viommus->next;
	struct vsmmu_stats stats;
	size_t length;
	void *bytes;

	/* Of the queue that is saved last there is also an event. */
	vm_fault(vm, 0);
	save(vm);
	assert_int_equal(backlog_new(vm->vsmmu->viommus), 0);
	for (uint32_t i = 0; i < SNAPSHOT_RECORDS; i++) {
		header.sequence = i;
		assert_int_equal(
			backlog_append(vm->vsmmu->viommus->backlog, &header, VEVENTQ_HEADER_SIZE),
			0);
	}
	for (uint32_t i = 0; i < MORE; i++) {
		header.sequence = 1 + i;
		assert_int_equal(backlog_append(other->backlog, &header, VEVENTQ_HEADER_SIZE), 0);
	}
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_EVENTS_LOST), 1);
	assert_int_equal(vsmmu_restore(to->vsmmu, bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	vm_dispatch(to);
	stats = vm_stats(to);
	assert_int_equal(stats.sequenced, SNAPSHOT_RECORDS + 1 + MORE);
	assert_int_equal(stats.lost, stats.sequenced);
	assert_int_equal(stats.stream_errors, 0);
	vm_dispatch(vm);
	stats = vm_stats(vm);
	assert_int_equal(stats.sequenced, SNAPSHOT_RECORDS + 1 + MORE);
	assert_int_equal(stats.discarded, 1);
	vm_free(vm);
	vm_free(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E5", numbers_wrap),
		UNIT_TEST("S7 E4", records_cut_short_come_again),
		UNIT_TEST("S7 E3", shortage_of_memory_passes),
		UNIT_TEST("S7", a_shortage_that_stays_is_told),
		UNIT_TEST("S7", a_backlog_outlives_its_queue),
		UNIT_TEST("S7", a_backlog_has_a_limit),
		UNIT_TEST("S7 E4", what_never_comes_is_given_up),
		UNIT_TEST("S7", a_backlog_that_was_begun_takes_more),
		UNIT_TEST("S7", a_disarmed_queue_keeps_its_backlog),
		UNIT_TEST("S7 E6", a_snapshot_has_a_limit),
		UNIT_TEST("S7 S9", saving_disturbs_nobody),
		UNIT_TEST("S7 S9", saving_disturbs_nobody_after_a_restore),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
