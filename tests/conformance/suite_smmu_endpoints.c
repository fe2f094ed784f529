/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints that come, go and are renamed; several SMMUs on one host. */
#include "conformance/suite_smmu.h"

#include <errno.h>
#include <string.h>

#include "conformance/dma_canary.h"

static struct smmu_guest guest, neighbour;

static void open_guest(void *context, const struct smmu_guest_options *options)
{
	smmu_guest_open(&guest, context, options);
}

static void attach_space(unsigned int n, struct smmu_guest_space *space)
{
	smmu_guest_make_space(&guest, space, NULL);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[n], &space->domain), 0);
}

static void expect_nothing_is_reached(struct smmu_machine *machine, unsigned int n, uint64_t iova)
{
	const struct vsmmu_access access = {.address = iova};
	int result;

	TAP_CHECK(!dma_canary_write(machine, n, &access, &result), "a write got through");
	TAP_CHECK(!result || result == -EFAULT, "%d", result);
}

/* Then it gets neither past an SMMU nor through what was its stage 1. Nothing is dispatched. */
static void unplug(unsigned int n, const struct smmu_guest_space *space)
{
	TAP_EQ(vsmmu_endpoint_detach(guest.endpoint[n]), 0);
	guest.endpoint[n] = NULL;
	expect_nothing_is_reached(guest.machine, n, space->to_gpa);
	expect_nothing_is_reached(guest.machine, n, SMMU_GUEST_TO);
}

static void endpoint_comes_and_goes_while_others_work(void *context)
{
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];

	open_guest(context, NULL);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		attach_space(n, &spaces[n]);
	for (unsigned int round = 0; round < 2; round++) {
		unplug(1, &spaces[1]);
		smmu_guest_expect_space(&guest, 0, &spaces[0]);
		/* The guest goes on configuring what is not there. */
		TAP_EQ(driver_bypass(&guest.driver, guest.vsid[1]), 0);
		TAP_EQ(driver_attach(&guest.driver, guest.vsid[1], &spaces[1].domain), 0);
		smmu_guest_attach(&guest, 1, guest.vsid[1]);
		/* Its STE has been there before it. */
		smmu_guest_expect_space(&guest, 1, &spaces[1]);
		smmu_guest_expect_space(&guest, 0, &spaces[0]);
	}
	smmu_guest_close(&guest);
}

/* Also those that were past stage 1 when they went, and all of a vSMMU that goes. */
static void endpoints_reach_nothing_when_they_are_gone(void *context)
{
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];

	open_guest(context, NULL);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		attach_space(n, &spaces[n]);
	TAP_EQ(driver_bypass(&guest.driver, guest.vsid[0]), 0);
	smmu_guest_expect_bypass(&guest, 0, &spaces[0]);
	unplug(0, &spaces[0]);
	smmu_guest_attach(&guest, 0, guest.vsid[0]);
	smmu_guest_expect_bypass(&guest, 0, &spaces[0]);
	TAP_EQ(driver_disable(&guest.driver), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_bypass(&guest, n, &spaces[n]);
	unplug(1, &spaces[1]);
	TAP_EQ(driver_reset(&guest.driver), 0);
	smmu_guest_attach(&guest, 1, guest.vsid[1]);
	smmu_guest_expect_space(&guest, 1, &spaces[1]);
	TAP_EQ(guest.records, 0);
	smmu_guest_close(&guest);
	expect_nothing_is_reached(context, 0, spaces[0].to_gpa);
	expect_nothing_is_reached(context, 1, spaces[1].to_gpa);
	expect_nothing_is_reached(context, 1, SMMU_GUEST_TO);
}

static void endpoint_comes_before_the_driver(void *context)
{
	struct smmu_guest_space space;

	open_guest(context, &(struct smmu_guest_options){.detached = true});
	smmu_guest_attach(&guest, 0, SMMU_GUEST_VSID(0));
	/* The SMMU is on, and its table has nothing for the newcomer. */
	smmu_guest_expect_fault(&guest, 0, guest.machine->memory_gpa, false, SMMU_C_BAD_STREAMID);
	smmu_guest_expect_fault(&guest, 0, guest.machine->memory_gpa, true, SMMU_C_BAD_STREAMID);
	attach_space(0, &space);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

static void endpoint_gets_another_streamid(void *context)
{
	const uint32_t vsid = 0x3a0;
	struct smmu_guest_space old, new;

	open_guest(context, NULL);
	attach_space(0, &old);
	smmu_guest_make_space(&guest, &new, NULL);
	TAP_EQ(driver_attach(&guest.driver, vsid, &new.domain), 0);
	smmu_guest_expect_space(&guest, 0, &old);
	TAP_EQ(vsmmu_endpoint_set_vsid(guest.endpoint[0], guest.vsid[1]), -EEXIST);
	smmu_guest_expect_space(&guest, 0, &old);
	TAP_EQ(vsmmu_endpoint_set_vsid(guest.endpoint[0], vsid), 0);
	guest.vsid[0] = vsid;
	smmu_guest_expect_space(&guest, 0, &new);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_HOLE, false, SMMU_F_TRANSLATION);
	/* Invalidations of the new name reach it. */
	TAP_EQ(driver_unmap(&new.domain, SMMU_GUEST_FROM, 4096), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
	TAP_EQ(driver_bypass(&guest.driver, vsid), 0);
	smmu_guest_expect_bypass(&guest, 0, &old);
	smmu_guest_close(&guest);
}

/* The guest has numbered its buses, and says so with the next STE. */
static void number(uint32_t first, uint32_t second, struct smmu_guest_space *spaces)
{
	guest.number[0] = guest.vsid[0] = first;
	guest.number[1] = guest.vsid[1] = second;
	for (unsigned int n = 0; n < 2; n++) {
		TAP_EQ(driver_bypass(&guest.driver, SMMU_GUEST_VSID(n)), 0);
		TAP_EQ(driver_attach(&guest.driver, SMMU_GUEST_VSID(n), &spaces[n].domain), 0);
	}
}

static void expect_late(unsigned int n, const struct smmu_guest_space *space)
{
	smmu_guest_expect_space(&guest, n, space);
	smmu_guest_expect_fault(&guest, n, SMMU_GUEST_HOLE, false, SMMU_F_TRANSLATION);
}

static void streamids_come_late(void *context)
{
	const uint32_t one = SMMU_GUEST_VSID(0), other = SMMU_GUEST_VSID(1);
	struct smmu_guest_space spaces[2];

	open_guest(context, &(struct smmu_guest_options){.detached = true});
	for (unsigned int n = 0; n < 2; n++) {
		guest.number[n] = VSMMU_NO_VSID;
		smmu_guest_make_space(&guest, &spaces[n], NULL);
		smmu_guest_attach_late(&guest, n);
		expect_nothing_is_reached(guest.machine, n, spaces[n].to_gpa);
	}
	TAP_EQ(driver_disable(&guest.driver), 0);
	smmu_guest_expect_bypass(&guest, 0, &spaces[0]);
	TAP_EQ(driver_reset(&guest.driver), 0);
	number(one, other, spaces);
	expect_late(0, &spaces[0]);
	expect_late(1, &spaces[1]);
	/* They swap. */
	number(other, one, spaces);
	expect_late(0, &spaces[1]);
	expect_late(1, &spaces[0]);
	smmu_guest_move(&guest);
	expect_late(0, &spaces[1]);
	expect_late(1, &spaces[0]);
	/* Where the guest comes to, one is told later. */
	guest.number[0] = VSMMU_NO_VSID;
	smmu_guest_move(&guest);
	expect_nothing_is_reached(guest.machine, 0, spaces[1].to_gpa);
	expect_nothing_is_reached(guest.machine, 0, SMMU_GUEST_TO);
	expect_late(1, &spaces[0]);
	TAP_EQ(vsmmu_endpoint_set_vsid(guest.endpoint[0], other), 0);
	expect_late(0, &spaces[1]);
	TAP_EQ(vsmmu_endpoint_set_vsid(guest.endpoint[0], VSMMU_NO_VSID), 0);
	expect_nothing_is_reached(guest.machine, 0, SMMU_GUEST_TO);
	smmu_guest_close(&guest);
}

/* Faults that the endpoint left behind are nobody's. */
static void faults_in_flight_end_with_their_endpoint(void *context)
{
	const struct vsmmu_access access = {.size = sizeof(access), .address = SMMU_GUEST_HOLE};
	struct smmu_guest_space space;
	struct vsmmu_stats stats;

	open_guest(context, NULL);
	attach_space(0, &space);
	for (unsigned int i = 0; i < 3; i++)
		guest.machine->ops->dma(guest.machine, 0, &access, 4);
	TAP_EQ(guest.machine->ops->settle(guest.machine), 0);
	unplug(0, &space);
	smmu_guest_attach(&guest, 0, guest.vsid[0]);
	smmu_guest_run(&guest);
	TAP_EQ(guest.records, 0);
	stats = smmu_guest_stats(&guest);
	TAP_EQ(stats.discarded_by[VSMMU_DISCARD_STALE], 3);
	TAP_EQ(stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

static void sync_drains_events_first(void *context)
{
	const struct vsmmu_access access = {.size = sizeof(access), .address = SMMU_GUEST_HOLE};
	struct smmu_guest_space space;

	open_guest(context, NULL);
	attach_space(0, &space);
	guest.machine->ops->dma(guest.machine, 0, &access, 4);
	TAP_EQ(guest.machine->ops->settle(guest.machine), 0);
	/* Nobody dispatches: the event is in the guest's queue when the SYNC is over. */
	TAP_EQ(driver_sync(&guest.driver), 0);
	driver_run(&guest.driver);
	TAP_EQ(guest.records, 1);
	smmu_guest_close(&guest);
}

static void isolated_endpoints_work(void *context)
{
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];

	open_guest(context, &(struct smmu_guest_options){.vsmmu = {.isolate = true}});
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		attach_space(n, &spaces[n]);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		smmu_guest_expect_space(&guest, n, &spaces[n]);
		smmu_guest_expect_fault(&guest, n, SMMU_GUEST_HOLE, false, SMMU_F_TRANSLATION);
	}
	/* An ASID is invalidated in all vIOMMUs. */
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[1], &spaces[0].domain), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_space(&guest, n, &spaces[0]);
	TAP_EQ(driver_unmap(&spaces[0].domain, SMMU_GUEST_FROM, 4096), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_fault(&guest, n, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
	smmu_guest_close(&guest);
}

/* With an event that the kernel still held, and an invalidation that no SYNC had sent. */
static void guest_goes_on_after_a_snapshot(void *context)
{
	const struct vsmmu_access access = {.size = sizeof(access), .address = SMMU_GUEST_HOLE};
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];
	struct driver *driver = &guest.driver;
	struct driver_command tlbi = {{SMMU_CMD_TLBI_NH_ASID, 0}};
	struct vsmmu_stats stats;

	open_guest(context, NULL);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		attach_space(n, &spaces[n]);
		smmu_guest_expect_space(&guest, n, &spaces[n]);
	}
	guest.machine->ops->dma(guest.machine, 0, &access, 4);
	TAP_EQ(guest.machine->ops->settle(guest.machine), 0);
	TAP_EQ(driver_unmap_stale(&spaces[0].domain, SMMU_GUEST_FROM, 4096), 0);
	tlbi.word[0] |= SMMU_CMD_ASID(spaces[0].domain.asid);
	TAP_EQ(driver_issue(driver, &tlbi, 1), 0);
	smmu_guest_move(&guest);
	smmu_guest_run(&guest);
	TAP_EQ(guest.records, 1);
	TAP_EQ(guest.record[0][2], SMMU_GUEST_HOLE);
	TAP_EQ(driver_sync(driver), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
	smmu_guest_expect_space(&guest, 1, &spaces[1]);
	TAP_EQ(driver_unmap(&spaces[1].domain, SMMU_GUEST_FROM, 4096), 0);
	smmu_guest_move(&guest);
	smmu_guest_expect_fault(&guest, 1, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
	stats = smmu_guest_stats(&guest);
	TAP_EQ(stats.sequenced, 3);
	TAP_EQ(stats.delivered, 3);
	TAP_EQ(stats.commands, driver->stats.commands);
	smmu_guest_close(&guest);
}

/* Two guests, each with half of the memory, the same StreamIDs and ASIDs. */
static void two_smmus_share_a_host(void *context)
{
	const struct smmu_guest_options options = {.detached = true};
	struct smmu_machine *machine = context;
	struct smmu_machine halves[2] = {*machine, *machine};
	struct smmu_guest_space spaces[2];

	for (unsigned int i = 0; i < 2; i++) {
		halves[i].memory_size /= 2;
		halves[i].memory += i * halves[i].memory_size;
		halves[i].memory_gpa += i * halves[i].memory_size;
	}
	smmu_guest_open(&guest, &halves[0], &options);
	smmu_guest_open(&neighbour, &halves[1], &options);
	smmu_guest_attach(&guest, 0, 0x108);
	smmu_guest_attach(&neighbour, 1, 0x108);
	smmu_guest_make_space(&guest, &spaces[0], NULL);
	smmu_guest_make_space(&neighbour, &spaces[1], NULL);
	TAP_EQ(spaces[0].domain.asid, spaces[1].domain.asid);
	TAP_EQ(driver_attach(&guest.driver, 0x108, &spaces[0].domain), 0);
	TAP_EQ(driver_attach(&neighbour.driver, 0x108, &spaces[1].domain), 0);
	smmu_guest_expect_space(&guest, 0, &spaces[0]);
	smmu_guest_expect_space(&neighbour, 1, &spaces[1]);
	TAP_EQ(driver_unmap(&spaces[0].domain, SMMU_GUEST_FROM, 4096), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
	TAP_EQ(neighbour.records, 0);
	smmu_guest_expect_space(&neighbour, 1, &spaces[1]);
	TAP_EQ(vsmmu_reset(guest.vsmmu), 0);
	smmu_guest_expect_space(&neighbour, 1, &spaces[1]);
	smmu_guest_close(&guest);
	smmu_guest_expect_space(&neighbour, 1, &spaces[1]);
	smmu_guest_close(&neighbour);
}

/* A nesting parent of the VMM's, with every endpoint attached to it, as before a guest starts. */
static uint32_t open_on_parent(struct smmu_machine *machine)
{
	const struct host_ops *ops = machine->host->ops;
	uint32_t parent;

	TAP_EQ(ops->parent_alloc(machine->host, &machine->endpoint[0], &parent), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		TAP_EQ(ops->attach(
			       machine->host, &machine->endpoint[n], parent, VSMMU_ATTACH_PUT_BACK),
			0);
	open_guest(machine, &(struct smmu_guest_options){.detached = true});
	guest.parent_hwpt = parent;
	return parent;
}

static void endpoints_are_on_their_vmms_parent(void *context)
{
	struct smmu_machine *machine = context;
	struct vsmmu_host *host = machine->host;
	const uint32_t parent = open_on_parent(machine);
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];

	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		guest.put_back = n == 0;
		smmu_guest_attach(&guest, n, SMMU_GUEST_VSID(n));
		attach_space(n, &spaces[n]);
		smmu_guest_expect_space(&guest, n, &spaces[n]);
	}
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_HOLE, false, SMMU_F_TRANSLATION);
	/* Taken away while endpoints are on it. */
	TAP_EQ(host->ops->destroy(host, parent), -EBUSY);
	unplug(1, &spaces[1]);
	smmu_guest_expect_space(&guest, 0, &spaces[0]);
	TAP_EQ(host->ops->destroy(host, parent), -EBUSY);

	/* Put back it reaches all memory. */
	TAP_EQ(vsmmu_endpoint_detach(guest.endpoint[0]), 0);
	guest.endpoint[0] = NULL;
	smmu_guest_expect_bypass(&guest, 0, &spaces[0]);
	TAP_EQ(host->ops->destroy(host, parent), -EBUSY);
	TAP_EQ(host->ops->detach(host, &machine->endpoint[0]), 0);
	TAP_EQ(host->ops->destroy(host, parent), 0);
	smmu_guest_close(&guest);
}

/* What the guest invalidates while no endpoint is on it, the parent's VMID may still have cached.
 */
static void a_parent_of_the_vmms_has_nothing_stale(void *context)
{
	struct smmu_machine *machine = context;
	struct vsmmu_host *host = machine->host;
	const uint32_t parent = open_on_parent(machine);
	struct smmu_guest_space space;

	smmu_guest_attach(&guest, 0, SMMU_GUEST_VSID(0));
	attach_space(0, &space);
	smmu_guest_expect_space(&guest, 0, &space);
	unplug(0, &space);
	TAP_EQ(driver_unmap(&space.domain, SMMU_GUEST_FROM, 4096), 0);
	smmu_guest_attach(&guest, 0, SMMU_GUEST_VSID(0));
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_F_TRANSLATION);
	unplug(0, &space);
	/* The endpoint that its VMM never gave to the guest. */
	TAP_EQ(host->ops->detach(host, &machine->endpoint[1]), 0);
	TAP_EQ(host->ops->destroy(host, parent), 0);
	smmu_guest_close(&guest);
}

static void a_parent_that_is_none_is_refused(void *context)
{
	struct smmu_machine *machine = context;
	struct vsmmu_host *host = machine->host;
	const uint32_t parent = open_on_parent(machine);
	const uint32_t unfit[] = {parent + 1000, machine->endpoint[1].dev_id};
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = SMMU_GUEST_VSID(0),
		.dev_id = machine->endpoint[0].dev_id,
		.vfio_fd = machine->endpoint[0].vfio_fd,
	};
	struct vsmmu_endpoint *endpoint = NULL;

	for (unsigned int i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
		config.parent_hwpt = unfit[i];
		TAP_EQ(vsmmu_endpoint_attach(guest.vsmmu, &config, &endpoint), -ENOENT);
		TAP_EQ(guest.reports[VSMMU_REPORT_UNFIT], i + 1);
	}
	TAP_CHECK(!endpoint, "attached");
	/* The devices have what their VMM had attached. */
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		TAP_EQ(host->ops->detach(host, &machine->endpoint[n]), 0);
	TAP_EQ(host->ops->destroy(host, parent), 0);
	smmu_guest_close(&guest);
}

static struct vsmmu_identity identity_now(void)
{
	struct vsmmu_identity identity = {.size = sizeof(identity)};

	TAP_EQ(vsmmu_get_identity(guest.vsmmu, &identity), 0);
	return identity;
}

static void unplug_all(void)
{
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		if (guest.endpoint[n])
			TAP_EQ(vsmmu_endpoint_detach(guest.endpoint[n]), 0);
	memset(guest.endpoint, 0, sizeof(guest.endpoint));
}

/* The guest is told what the first devices can do, and finds that again when they come back. */
static void identity_is_the_endpoints_until_the_guest_looks(void *context)
{
	const struct vsmmu_config config = {
		.ats = VSMMU_AUTO, .ssid_bits = VSMMU_AUTO, .oas_bits = VSMMU_AUTO};
	struct smmu_guest_space space;
	struct vsmmu_identity none, theirs;

	open_guest(context,
		&(struct smmu_guest_options){.off = true, .detached = true, .vsmmu = config});
	none = identity_now();
	TAP_CHECK(!none.frozen && !none.ats && !none.ssid_bits, "promised with nobody there");
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_attach(&guest, n, SMMU_GUEST_VSID(n));
	theirs = identity_now();
	unplug_all();
	TAP_CHECK(!memcmp(identity_now().idr, none.idr, sizeof(none.idr)), "they left something");
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_attach(&guest, n, SMMU_GUEST_VSID(n));
	TAP_CHECK(!identity_now().frozen, "frozen before anybody has looked");
	TAP_EQ(driver_probe(&guest.driver), 0);
	TAP_CHECK(!memcmp(guest.driver.features.idr, theirs.idr, sizeof(theirs.idr)),
		"the guest reads something else");
	TAP_EQ(driver_reset(&guest.driver), 0);
	unplug_all();
	TAP_CHECK(identity_now().frozen, "not frozen");
	TAP_CHECK(!memcmp(identity_now().idr, theirs.idr, sizeof(theirs.idr)), "it changed");
	smmu_guest_attach(&guest, 0, SMMU_GUEST_VSID(0));
	attach_space(0, &space);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"endpoint_comes_and_goes_while_others_work", "S6",
		endpoint_comes_and_goes_while_others_work},
	{"endpoints_reach_nothing_when_they_are_gone", "S4 S6",
		endpoints_reach_nothing_when_they_are_gone},
	{"endpoint_comes_before_the_driver", "S4 S6 P13 P21", endpoint_comes_before_the_driver},
	{"endpoint_gets_another_streamid", "S6", endpoint_gets_another_streamid},
	{"streamids_come_late", "S4 S6 S7", streamids_come_late},
	{"faults_in_flight_end_with_their_endpoint", "S6 P20",
		faults_in_flight_end_with_their_endpoint},
	{"sync_drains_events_first", "S2 S3", sync_drains_events_first},
	{"identity_is_the_endpoints_until_the_guest_looks", "S1 S6",
		identity_is_the_endpoints_until_the_guest_looks},
	{"isolated_endpoints_work", "S3 S6", isolated_endpoints_work},
	{"guest_goes_on_after_a_snapshot", "S7", guest_goes_on_after_a_snapshot},
	{"two_smmus_share_a_host", "S6", two_smmus_share_a_host},
	{"endpoints_are_on_their_vmms_parent", "S4 S6", endpoints_are_on_their_vmms_parent},
	{"a_parent_of_the_vmms_has_nothing_stale", "S3 S6", a_parent_of_the_vmms_has_nothing_stale},
	{"a_parent_that_is_none_is_refused", "S6", a_parent_that_is_none_is_refused},
};
const struct suite_smmu_part suite_smmu_endpoints = {tests, sizeof(tests) / sizeof(tests[0])};
