/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver model on the simulator: what the conformance suite cannot ask of every machine.
 * Hosts that fail, several physical SMMUs, long queues, DMA in a thread of its own.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include "driver_fixture.h"

#define PATIENCE 60000 /* milliseconds */

/* One domain for all: what it forgets, all forget. */
TEST(endpoints_behind_several_smmus)
{
	struct guest *guest = guest_new(NULL, NULL, ENDPOINTS, 3);
	struct pages pages;

	make_pages(guest, &pages);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		attach(guest, n, &pages);
	for (unsigned int n = 0; n < ENDPOINTS; n++) {
		expect_copy(guest, n, &pages);
		expect_fault(guest, n, HOLE, SMMU_F_TRANSLATION);
	}
	assert_int_equal(driver_unmap(&pages.domain, FROM, PAGE), 0);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		expect_fault(guest, n, FROM, SMMU_F_TRANSLATION);
	assert_int_equal(test_vmm_stats(guest->vmm).invalidation_failures, 0);
	guest_free(guest);
}

/* The TLB really goes stale, so that the tests that see it forget prove something. */
TEST(without_invalidation_the_old_page_answers)
{
	struct guest *guest = guest_new(NULL, NULL, 1, 1);
	struct pages pages;

	make_pages(guest, &pages);
	attach(guest, 0, &pages);
	expect_copy(guest, 0, &pages);
	assert_int_equal(driver_unmap_stale(&pages.domain, FROM, PAGE), 0);
	expect_copy(guest, 0, &pages);
	assert_int_equal(driver_invalidate(&pages.domain, FROM, PAGE), 0);
	expect_fault(guest, 0, FROM, SMMU_F_TRANSLATION);
	guest_free(guest);
}

/* Of a call that fails the guest learns nothing, and nothing that it invalidated is left. */
TEST(host_failure_is_no_guests_error)
{
	struct guest *guest = guest_new(NULL, NULL, 1, 1);
	struct driver *driver = &guest->driver;
	struct pages pages;

	make_pages(guest, &pages);
	attach(guest, 0, &pages);
	for (unsigned int round = 0; round < 4; round++) {
		expect_copy(guest, 0, &pages);
		assert_int_equal(vsmmu_sim_fail(guest->sim, VSMMU_SIM_FAIL_INVALIDATE, 0,
					 round & 1 ? EIO : ETIMEDOUT),
			0);
		assert_int_equal(driver_unmap(&pages.domain, FROM, PAGE), 0);
		expect_fault(guest, 0, FROM, SMMU_F_TRANSLATION);
		map(&pages.domain, FROM, pages.from_gpa, DRIVER_READ);
	}
	assert_int_equal(driver->stats.gerrors, 0);
	assert_int_equal(driver->stats.timeouts, 0);
	assert_int_equal(test_vmm_stats(guest->vmm).command_errors, 0);
	assert_true(test_vmm_stats(guest->vmm).invalidation_failures >= 4);
	guest_free(guest);
}

/* An STE that the host cannot install closes the endpoint; the guest can repair that. */
TEST(host_failure_closes_the_endpoint)
{
	struct guest *guest = guest_new(NULL, NULL, 2, 1);
	struct driver *driver = &guest->driver;
	struct pages pages, other;

	make_pages(guest, &pages);
	make_pages(guest, &other);
	for (unsigned int n = 0; n < 2; n++)
		attach(guest, n, &pages);
	expect_copy(guest, 0, &pages);
	for (unsigned int after = 0; after < 2; after++) {
		assert_int_equal(vsmmu_sim_fail(guest->sim, VSMMU_SIM_FAIL_CALL, after, ENOMEM), 0);
		assert_int_equal(driver_replace(driver, VSID(0), &other.domain), 0);
		assert_int_equal(test_vmm_stats(guest->vmm).blocked, after + 1);
		expect_fault(guest, 0, FROM, 0);
		expect_copy(guest, 1, &pages);
		assert_int_equal(driver_cfgi_ste(driver, VSID(0), true), 0);
		expect_copy(guest, 0, &other);
		assert_int_equal(driver_replace(driver, VSID(0), &pages.domain), 0);
		expect_copy(guest, 0, &pages);
	}
	assert_int_equal(driver->stats.gerrors, 0);
	guest_free(guest);
}

TEST(event_queue_wraps_in_order)
{
	const struct driver_options options = {.eventq_log2 = 3, .cons_per_batch = true};
	const struct vsmmu_config config = {0};
	struct guest *guest = guest_new(&config, &options, 1, 1);
	struct pages pages;
	uint32_t word;

	make_pages(guest, &pages);
	attach(guest, 0, &pages);
	for (unsigned int i = 0; i < 300; i++)
		assert_int_equal(dma(guest, 0, HOLE + 8 * i, false, &word, 4), -EFAULT);
	run(guest);
	/* The guest's queue was full many a time; the kernel kept the rest. */
	assert_int_equal(guest->records, 300);
	for (unsigned int i = 0; i < 300; i++)
		assert_int_equal(guest->record[i][2], HOLE + 8 * i);
	assert_int_equal(guest->driver.stats.overflows, 0);
	guest_free(guest);
}

/* The driver looks at OVFLG when it takes events, and it changes once in 100 ms at most. */
TEST(driver_learns_of_lost_events)
{
	const struct driver_options options = {.eventq_log2 = 4};
	const struct vsmmu_config config = {.veventq_depth = 8};
	struct guest *guest = guest_new(&config, &options, 1, 1);
	struct pollfd fd = {.fd = vsmmu_get_event_fd(guest->vmm->vsmmu), .events = POLLIN};
	struct vsmmu_stats stats;
	struct pages pages;
	uint32_t word;

	make_pages(guest, &pages);
	attach(guest, 0, &pages);
	for (unsigned int round = 1; round <= 3; round++) {
		for (unsigned int i = 0; i < 20; i++)
			assert_int_equal(dma(guest, 0, HOLE + 8 * i, false, &word, 4), -EFAULT);
		run(guest);
		while (test_vmm_stats(guest->vmm).overflows < round) {
			assert_int_equal(poll(&fd, 1, PATIENCE), 1);
			run(guest);
		}
		expect_fault(guest, 0, HOLE, SMMU_F_TRANSLATION);
		assert_int_equal(guest->driver.stats.overflows, round);
		stats = test_vmm_stats(guest->vmm);
		assert_int_equal(stats.overflows, round);
	}
	assert_int_equal(stats.sequenced, 63);
	assert_int_equal(stats.lost, 36);
	assert_int_equal(stats.delivered, guest->records);
	/* Acknowledged: both flags are as one. */
	assert_int_equal(driver_read32(&guest->driver, MMIO_EVENTQ_PROD),
		driver_read32(&guest->driver, MMIO_EVENTQ_CONS));
	guest_free(guest);
}

/* Each is a chain of its own: 200 streams, then their PASIDs. */
TEST(many_streams_and_pasids)
{
	const struct vsmmu_config config = {.ssid_bits = 12};
	const struct driver_options options = {.ssid_bits = 12};
	struct guest *guest = guest_new(&config, &options, ENDPOINTS, 1);
	struct driver *driver = &guest->driver;
	struct pages pages;

	make_pages(guest, &pages);
	for (uint32_t sid = 0; sid < 200; sid++)
		assert_int_equal(driver_bypass(driver, (sid * 331) & 0xffff), 0);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		attach(guest, n, &pages);
	for (uint32_t ssid = 1; ssid < 3000; ssid += 177)
		assert_int_equal(driver_set_cd(driver, VSID(0), ssid, &pages.domain), 0);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		expect_copy(guest, n, &pages);
	assert_int_equal(driver_set_cd(driver, VSID(0), 1 << 12, &pages.domain), -EINVAL);
	assert_int_equal(driver_attach(driver, 1 << 16, &pages.domain), -EINVAL);
	assert_int_equal(driver->stats.gerrors, 0);
	assert_int_equal(sim_stats(guest).commands_refused, 0);
	guest_free(guest);
}

static unsigned int host_calls;

/* The space at the moment is one of two that map alike. */
static void dma_gets_through(struct guest *guest)
{
	uint8_t buffer[32];

	host_calls++;
	assert_int_equal(dma(guest, 0, FROM, false, buffer, sizeof(buffer)), 0);
	assert_int_equal(dma(guest, 0, TO, true, buffer, sizeof(buffer)), 0);
}

/* There is no moment between the host's calls in which an endpoint is without its space. */
TEST(replacing_leaves_no_gap)
{
	struct guest *guest = guest_new(NULL, NULL, 1, 1);
	struct pages a, b;

	make_pages(guest, &a);
	make_pages(guest, &b);
	attach(guest, 0, &a);
	host_calls = 0;
	guest->before_host_call = dma_gets_through;
	for (unsigned int round = 0; round < 3; round++) {
		assert_int_equal(driver_replace(&guest->driver, VSID(0), &b.domain), 0);
		assert_int_equal(driver_replace(&guest->driver, VSID(0), &a.domain), 0);
	}
	guest->before_host_call = NULL;
	/* An HWPT made, attached, the old one destroyed. */
	assert_true(host_calls >= 18);
	expect_copy(guest, 0, &a);
	assert_int_equal(guest->records, 0);
	guest_free(guest);
}

struct dma_thread {
	struct guest *guest;
	atomic_bool stop;
	atomic_uint copies;
	unsigned int failures;
};

static void *copy_on(void *opaque)
{
	struct dma_thread *thread = opaque;
	uint8_t buffer[32];

	while (!atomic_load(&thread->stop)) {
		thread->failures += dma(thread->guest, 0, FROM, false, buffer, 32) != 0;
		thread->failures += dma(thread->guest, 0, TO, true, buffer, 32) != 0;
		atomic_fetch_add(&thread->copies, 1);
	}
	return NULL;
}

/* From space to space and back while DMA runs: each access goes through one of them. */
TEST(dma_goes_on_while_the_ste_changes)
{
	struct guest *guest = guest_new(NULL, NULL, 2, 1);
	struct dma_thread thread = {.guest = guest};
	struct driver *driver = &guest->driver;
	struct pages a, b;
	pthread_t id;

	make_pages(guest, &a);
	make_pages(guest, &b);
	attach(guest, 0, &a);
	assert_int_equal(pthread_create(&id, NULL, copy_on, &thread), 0);
	for (unsigned int round = 0; round < 200 || atomic_load(&thread.copies) < 200; round++) {
		assert_int_equal(driver_replace(driver, VSID(0), &b.domain), 0);
		/* Other streams come and go meanwhile. */
		attach(guest, 1, &a);
		assert_int_equal(driver_replace(driver, VSID(0), &a.domain), 0);
		assert_int_equal(driver_clear(driver, VSID(1)), 0);
	}
	atomic_store(&thread.stop, true);
	pthread_join(id, NULL);
	assert_int_equal(thread.failures, 0);
	run(guest);
	assert_int_equal(guest->records, 0);
	assert_int_equal(test_vmm_stats(guest->vmm).sequenced, 0);
	assert_true(test_vmm_stats(guest->vmm).stes >= 400);
	guest_free(guest);
}

/* With the STE's V cleared on the way there is an abort, but never an access to elsewhere. */
TEST(attach_in_place_is_all_or_nothing)
{
	struct guest *guest = guest_new(NULL, NULL, 1, 1);
	struct pages a, b;

	make_pages(guest, &a);
	make_pages(guest, &b);
	for (unsigned int round = 0; round < 5; round++) {
		attach(guest, 0, &a);
		expect_copy(guest, 0, &a);
		attach(guest, 0, &b);
		expect_copy(guest, 0, &b);
	}
	assert_int_equal(guest->records, 0);
	guest_free(guest);
}

/* A guest that turns the SMMU off and on leaves no endpoint behind. */
TEST(disabled_and_enabled_again)
{
	struct guest *guest = guest_new(NULL, NULL, 2, 2);
	struct driver *driver = &guest->driver;
	struct pages pages;
	uint8_t buffer[16];

	make_pages(guest, &pages);
	attach(guest, 0, &pages);
	/* Its STE aborts since the table is there; that is to be said. */
	assert_int_equal(driver_cfgi_ste(driver, VSID(1), false), 0);
	for (unsigned int round = 0; round < 3; round++) {
		expect_copy(guest, 0, &pages);
		expect_fault(guest, 1, FROM, 0);
		assert_int_equal(driver_disable(driver), 0);
		assert_int_equal(driver_set_gbpa(driver, round & 1), 0);
		for (unsigned int n = 0; n < 2; n++)
			assert_int_equal(dma(guest, n, pages.from_gpa, false, buffer, 16),
				round & 1 ? -EFAULT : 0);
		assert_int_equal(driver_reset(driver), 0);
	}
	guest_free(guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S3 S6 S10", endpoints_behind_several_smmus),
		UNIT_TEST("S3 S8", without_invalidation_the_old_page_answers),
		UNIT_TEST("S3 P9 P10", host_failure_is_no_guests_error),
		UNIT_TEST("S4", host_failure_closes_the_endpoint),
		UNIT_TEST("S10", event_queue_wraps_in_order),
		UNIT_TEST("S10", driver_learns_of_lost_events),
		UNIT_TEST("S4 S10", many_streams_and_pasids),
		UNIT_TEST("S4 P11", replacing_leaves_no_gap),
		UNIT_TEST("S4 S9 P11", dma_goes_on_while_the_ste_changes),
		UNIT_TEST("S4", attach_in_place_is_all_or_nothing),
		UNIT_TEST("S4 P13", disabled_and_enabled_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
