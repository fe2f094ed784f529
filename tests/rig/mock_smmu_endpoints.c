/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints that come, go and are renamed with events in flight; several SMMUs. */
#include <errno.h>

#include "mock_smmu.h"

#define DEPTH 32

static struct smmu_guest guest, neighbour;
static struct driver_domain domains[SMMU_MACHINE_ENDPOINTS];

static void open_guest(void *context, const struct smmu_guest_options *options)
{
	smmu_guest_open(&guest, context, options);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		if (guest.endpoint[n])
			mock_smmu_attach(&guest, n, &domains[n]);
}

static void unplug(unsigned int n)
{
	TAP_EQ(vsmmu_endpoint_detach(guest.endpoint[n]), 0);
	guest.endpoint[n] = NULL;
	TAP_EQ(mock_smmu_of(&guest)->endpoint[n].pt_id, 0);
}

static void endpoint_comes_and_goes_with_events_in_flight(void *context)
{
	unsigned int events = 0, stale = 0;
	struct vsmmu_stats stats;

	open_guest(context, NULL);
	for (unsigned int round = 1; round <= 4; round++) {
		unsigned int before = guest.records;

		TAP_EQ(mock_smmu_fault(&guest, 1, round), 0);
		TAP_EQ(mock_smmu_fault(&guest, 0, 2), 0);
		unplug(1);
		smmu_guest_run(&guest);
		/* Of the one that is there still. */
		TAP_EQ(guest.records, before + 2);
		mock_smmu_expect_event(&guest, 0);
		mock_smmu_expect_silence(&guest, 1);
		/* The guest goes on configuring what is not there. */
		TAP_EQ(driver_bypass(&guest.driver, guest.vsid[1]), 0);
		TAP_EQ(driver_attach(&guest.driver, guest.vsid[1], &domains[1]), 0);
		smmu_guest_attach(&guest, 1, guest.vsid[1]);
		mock_smmu_expect_event(&guest, 1);
		events += round + 2 + 2;
		stale += round;
	}
	stats = mock_smmu_expect_accounted(&guest, events);
	TAP_EQ(stats.discarded_by[VSMMU_DISCARD_STALE], stale);
	TAP_EQ(stats.discarded, stale);
	TAP_EQ(stats.lost, 0);
	smmu_guest_close(&guest);
}

/* The last one out takes the vIOMMU and the vEVENTQ with it, but the parent stays. */
static void last_endpoint_takes_its_veventq_along(void *context)
{
	unsigned int events = 0;
	struct vsmmu_stats stats;

	open_guest(context, NULL);
	for (unsigned int round = 0; round < 3; round++) {
		TAP_EQ(mock_smmu_fault(&guest, 0, 3), 0);
		TAP_EQ(mock_smmu_fault(&guest, 1, 2), 0);
		unplug(0);
		unplug(1);
		smmu_guest_run(&guest);
		events += 5;
		TAP_EQ(driver_cfgi_all(&guest.driver), 0);
		for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
			smmu_guest_attach(&guest, n, guest.vsid[n]);
			mock_smmu_expect_event(&guest, n);
			events++;
		}
	}
	stats = mock_smmu_expect_accounted(&guest, events);
	/* Those of the one that went first; the other's were its own still, or went along. */
	TAP_EQ(stats.discarded + stats.delivered, events);
	TAP_CHECK(stats.discarded >= 9, "stale events reached the guest");
	TAP_EQ(mock_smmu_of(&guest)->parents, 1);
	smmu_guest_close(&guest);
}

static void parent_is_kept_until_it_is_dropped(void *context)
{
	const struct mock_smmu *smmu;

	open_guest(context, NULL);
	smmu = mock_smmu_of(&guest);
	/* One that is in use stays. */
	TAP_EQ(vsmmu_drop_parents(guest.vsmmu), 0);
	mock_smmu_expect_event(&guest, 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		unplug(n);
	smmu_guest_attach(&guest, 0, guest.vsid[0]);
	mock_smmu_expect_event(&guest, 0);
	TAP_EQ(smmu->parents, 1);
	unplug(0);
	TAP_EQ(vsmmu_drop_parents(guest.vsmmu), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		smmu_guest_attach(&guest, n, guest.vsid[n]);
		mock_smmu_expect_event(&guest, n);
	}
	TAP_EQ(smmu->parents, 2);
	smmu_guest_close(&guest);
}

static void streamid_changes_with_events_in_flight(void *context)
{
	/* 0 as well, but there the mock takes it for no vSID, and makes no event. */
	static const uint32_t vsids[] = {0x3a0, 0x108, 0xffff, 1};
	unsigned int events = 0;
	struct vsmmu_stats stats;

	open_guest(context, NULL);
	TAP_EQ(vsmmu_endpoint_set_vsid(guest.endpoint[0], guest.vsid[1]), -EEXIST);
	mock_smmu_expect_event(&guest, 0);
	for (unsigned int i = 0; i < sizeof(vsids) / sizeof(vsids[0]); i++) {
		unsigned int before = guest.records;

		TAP_EQ(driver_attach(&guest.driver, vsids[i], &domains[0]), 0);
		TAP_EQ(mock_smmu_fault(&guest, 0, 3), 0);
		TAP_EQ(mock_smmu_fault(&guest, 1, 1), 0);
		TAP_EQ(vsmmu_endpoint_set_vsid(guest.endpoint[0], vsids[i]), 0);
		guest.vsid[0] = vsids[i];
		smmu_guest_run(&guest);
		TAP_EQ(guest.records, before + 1);
		TAP_EQ(SMMU_EVENT_SID(guest.record[before][0]), guest.vsid[1]);
		/* Under its new name, of which the kernel knows; and invalidations find it. */
		mock_smmu_expect_event(&guest, 0);
		TAP_EQ(driver_cfgi_cd_all(&guest.driver, vsids[i]), 0);
		TAP_EQ(mock_smmu_of(&guest)->handled, 1);
		events += 5;
	}
	TAP_EQ(vsmmu_endpoint_set_vsid(guest.endpoint[0], 0x10000), -EINVAL);
	mock_smmu_expect_event(&guest, 0);
	stats = mock_smmu_expect_accounted(&guest, events + 2);
	TAP_EQ(stats.discarded_by[VSMMU_DISCARD_STALE], 12);
	TAP_EQ(stats.invalidation_failures, 0);
	smmu_guest_close(&guest);
}

/* Its events cannot be read on while the guest's queue is full, nor told from the next one's. */
static void streamid_is_taken_while_its_events_wait(void *context)
{
	const struct smmu_guest_options options = {
		.driver = {.eventq_log2 = 3},
	};
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint = NULL;

	open_guest(context, &options);
	config.vsid = guest.vsid[1];
	config.dev_id = guest.machine->endpoint[1].dev_id;
	config.attach = guest.machine->endpoint[1].attach;
	config.attach_opaque = guest.machine->endpoint[1].opaque;
	TAP_EQ(mock_smmu_fault(&guest, 1, 20), 0);
	TAP_EQ(vsmmu_dispatch(guest.vsmmu, 0), 8);
	unplug(1);
	TAP_EQ(vsmmu_endpoint_attach(guest.vsmmu, &config, &endpoint), -EAGAIN);
	TAP_EQ(mock_smmu_of(&guest)->endpoint[1].pt_id, 0);
	smmu_guest_run(&guest);
	TAP_EQ(guest.records, 8);
	TAP_EQ(vsmmu_endpoint_attach(guest.vsmmu, &config, &endpoint), 0);
	mock_smmu_expect_event(&guest, 1);
	TAP_EQ(mock_smmu_expect_accounted(&guest, 21).discarded_by[VSMMU_DISCARD_STALE], 12);
	smmu_guest_close(&guest);
}

/* A machine reset while the kernel holds events: none is for the next driver. */
static void events_of_before_a_reset_are_nobodys(void *context)
{
	open_guest(context, &(struct smmu_guest_options){.vsmmu = {.veventq_depth = DEPTH}});
	TAP_EQ(mock_smmu_fault(&guest, 0, DEPTH + 7), 0);
	TAP_EQ(vsmmu_reset(guest.vsmmu), 0);
	TAP_EQ(driver_reset(&guest.driver), 0);
	smmu_guest_run(&guest);
	TAP_EQ(guest.records, 0);
	TAP_EQ(driver_read32(&guest.driver, MMIO_EVENTQ_PROD), 0);
	mock_smmu_expect_event(&guest, 0);
	TAP_EQ(mock_smmu_expect_accounted(&guest, DEPTH + 8).discarded_by[VSMMU_DISCARD_RESET],
		DEPTH);
	smmu_guest_close(&guest);
}

/* One endpoint's storm costs the other nothing in the kernel. */
static void isolated_endpoints_have_queues_of_their_own(void *context)
{
	struct vsmmu_stats stats;
	unsigned int seconds = 0;

	open_guest(context,
		&(struct smmu_guest_options){.vsmmu = {.isolate = true, .veventq_depth = DEPTH}});
	TAP_EQ(mock_smmu_fault(&guest, 0, 3 * DEPTH), 0);
	TAP_EQ(mock_smmu_fault(&guest, 1, 5), 0);
	smmu_guest_run(&guest);
	for (unsigned int i = 0; i < guest.records; i++)
		seconds += SMMU_EVENT_SID(guest.record[i][0]) == guest.vsid[1];
	TAP_EQ(seconds, 5);
	stats = mock_smmu_expect_accounted(&guest, 3 * DEPTH + 5);
	TAP_EQ(stats.lost, 2 * DEPTH);
	TAP_EQ(stats.delivered, DEPTH + 5);
	/* Both vIOMMUs have the TLB entries of one nesting parent; CDs are a stream's own. */
	TAP_EQ(driver_tlbi_all(&guest.driver), 0);
	TAP_EQ(smmu_guest_stats(&guest).invalidation_calls - stats.invalidation_calls, 1);
	TAP_EQ(driver_cfgi_cd_all(&guest.driver, guest.vsid[0]), 0);
	TAP_EQ(smmu_guest_stats(&guest).invalidation_calls - stats.invalidation_calls, 2);
	TAP_EQ(smmu_guest_stats(&guest).invalidation_failures, 0);
	smmu_guest_close(&guest);
}

static void shared_queue_loses_for_both(void *context)
{
	struct vsmmu_stats stats;

	open_guest(context, &(struct smmu_guest_options){.vsmmu = {.veventq_depth = DEPTH}});
	TAP_EQ(mock_smmu_fault(&guest, 0, 3 * DEPTH), 0);
	TAP_EQ(mock_smmu_fault(&guest, 1, 5), 0);
	smmu_guest_run(&guest);
	stats = mock_smmu_expect_accounted(&guest, 3 * DEPTH + 5);
	TAP_EQ(stats.delivered, DEPTH);
	TAP_EQ(stats.lost, 2 * DEPTH + 5);
	TAP_EQ(guest.driver.stats.overflows, 1);
	TAP_EQ(smmu_guest_stats(&guest).overflows, 1);
	smmu_guest_close(&guest);
}

/* Two guests with the same StreamID, each with half of the memory, on one iommufd. */
static void two_smmus_share_an_iommufd(void *context)
{
	const struct smmu_guest_options options = {.detached = true};
	struct smmu_machine *machine = context;
	struct smmu_machine halves[2] = {*machine, *machine};

	for (unsigned int i = 0; i < 2; i++) {
		halves[i].memory_size /= 2;
		halves[i].memory += i * halves[i].memory_size;
		halves[i].memory_gpa += i * halves[i].memory_size;
	}
	smmu_guest_open(&guest, &halves[0], &options);
	smmu_guest_open(&neighbour, &halves[1], &options);
	smmu_guest_attach(&guest, 0, 0x108);
	smmu_guest_attach(&neighbour, 1, 0x108);
	mock_smmu_attach(&guest, 0, &domains[0]);
	mock_smmu_attach(&neighbour, 1, &domains[1]);
	TAP_EQ(mock_smmu_fault(&guest, 0, 3), 0);
	TAP_EQ(mock_smmu_fault(&neighbour, 1, 4), 0);
	smmu_guest_run(&neighbour);
	smmu_guest_run(&guest);
	TAP_EQ(guest.records, 3);
	TAP_EQ(neighbour.records, 4);
	/* What one does to its own concerns the other in nothing. */
	TAP_EQ(mock_smmu_fault(&neighbour, 1, 2), 0);
	TAP_EQ(vsmmu_reset(guest.vsmmu), 0);
	mock_smmu_expect_silence(&guest, 0);
	smmu_guest_run(&neighbour);
	TAP_EQ(neighbour.records, 6);
	smmu_guest_close(&guest);
	mock_smmu_expect_event(&neighbour, 1);
	mock_smmu_expect_accounted(&neighbour, 7);
	smmu_guest_close(&neighbour);
}

static const struct tap_test tests[] = {
	{"endpoint_comes_and_goes_with_events_in_flight", "S6",
		endpoint_comes_and_goes_with_events_in_flight},
	{"last_endpoint_takes_its_veventq_along", "S6", last_endpoint_takes_its_veventq_along},
	{"parent_is_kept_until_it_is_dropped", "S6 D1", parent_is_kept_until_it_is_dropped},
	{"streamid_changes_with_events_in_flight", "S6", streamid_changes_with_events_in_flight},
	{"streamid_is_taken_while_its_events_wait", "S6", streamid_is_taken_while_its_events_wait},
	{"events_of_before_a_reset_are_nobodys", "S6", events_of_before_a_reset_are_nobodys},
	{"isolated_endpoints_have_queues_of_their_own", "S3 S6",
		isolated_endpoints_have_queues_of_their_own},
	{"shared_queue_loses_for_both", "S6", shared_queue_loses_for_both},
	{"two_smmus_share_an_iommufd", "S6", two_smmus_share_an_iommufd},
};
const struct mock_smmu_part mock_smmu_endpoints = {tests, sizeof(tests) / sizeof(tests[0])};
