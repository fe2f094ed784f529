/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two functions of one slot, which the kernel cannot isolate from each other: iommufd gives the
 * translation of either to both (drivers/iommu/iommufd/device.c, struct iommufd_group). The guest
 * has mapped the same addresses to other pages for each, and one of them may be behind the vSMMU.
 * These tests run on machines whose endpoints are such functions.
 *
 * The kernel attaches a stage 1 HWPT to a group only if each of its devices has a vDEVICE on that
 * vIOMMU, else it says ENOENT (arm_smmu_attach_prepare_vmaster() for each of them). Where a test
 * wants stage 1, it makes the other function's vDEVICE by itself.
 */
#include <errno.h>
#include <string.h>

#include "conformance/suite_smmu.h"
#include "lib/host_interposer.h"

enum { A, B };

#define UNTOUCHED   0xa5
#define MATE_VSID   0x3f0 /* that no endpoint of the guest has */
#define OBJECTS_MAX 256	  /* of a test's host; their ids count up from 1 */

static struct smmu_guest guest;
static struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];
static uint32_t mate; /* vDEVICE of a function that is not behind the vSMMU */

static void make_spaces(void)
{
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_make_space(&guest, &spaces[n], NULL);
}

static void write_ste(unsigned int n)
{
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[n], &spaces[n].domain), 0);
}

static void open_guest(struct smmu_machine *machine, bool off)
{
	const struct smmu_guest_options options = {.detached = true, .off = off};

	mate = 0;
	smmu_guest_open(&guest, machine, &options);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		guest.vsid[n] = SMMU_GUEST_VSID(n);
	if (off)
		return;
	make_spaces();
	/* Without an STE the library may ask for one that makes an event, which is stage 1. */
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		TAP_EQ(driver_abort(&guest.driver, guest.vsid[n]), 0);
}

static int attach(unsigned int n)
{
	const struct host_endpoint *endpoint = &guest.machine->endpoint[n];
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = guest.vsid[n],
		.dev_id = endpoint->dev_id,
		.vfio_fd = endpoint->vfio_fd,
	};

	return vsmmu_endpoint_attach(guest.vsmmu, &config, &guest.endpoint[n]);
}

static void expect_refused(unsigned int n)
{
	const unsigned int reports = guest.reports[VSMMU_REPORT_UNFIT];
	const int ret = attach(n);

	TAP_CHECK(ret < 0, "the attach of function %u gives %d", n, ret);
	TAP_CHECK(!guest.endpoint[n], "a failed attach gave a handle");
	TAP_CHECK(guest.reports[VSMMU_REPORT_UNFIT] > reports, "nobody is told why");
	TAP_CHECK(strstr(guest.refusal, "IOMMU group"), "the report says \"%s\"", guest.refusal);
}

static int make_vdevice(unsigned int n, uint32_t viommu_id, uint32_t vsid, uint32_t *id)
{
	struct smmu_machine *machine = guest.machine;

	return machine->host->ops->vdevice_alloc(
		machine->host, &machine->endpoint[n], viommu_id, vsid, id);
}

static void destroy(uint32_t id)
{
	struct vsmmu_host *host = guest.machine->host;

	TAP_EQ(host->ops->destroy(host, id), 0);
}

/* Function @n gets a vDEVICE on the vIOMMU of the other one: there its StreamID is taken. */
static void name_mate(unsigned int n)
{
	for (uint32_t viommu_id = 1; viommu_id < OBJECTS_MAX; viommu_id++) {
		int ret = make_vdevice(n, viommu_id, guest.vsid[!n], &mate);

		if (!ret)
			destroy(mate);
		if (ret != -EEXIST)
			continue;
		TAP_EQ(make_vdevice(n, viommu_id, MATE_VSID, &mate), 0);
		return;
	}
	TAP_CHECK(false, "no vIOMMU has a vDEVICE for StreamID %#x", guest.vsid[!n]);
}

/* A vIOMMU cannot go while it has this one. */
static void forget_mate(void)
{
	if (mate)
		destroy(mate);
	mate = 0;
}

static void close_guest(void)
{
	forget_mate();
	smmu_guest_close(&guest);
}

static bool is_untouched(const struct smmu_guest_space *space)
{
	for (size_t i = 0; i < space->page; i++)
		if (space->to[i] != UNTOUCHED)
			return false;
	return true;
}

/* Function @n copies from its own page to its own page, and not to the other's. */
static void expect_own_pages(unsigned int n)
{
	const struct smmu_guest_space *others = &spaces[!n];

	memset(others->to, UNTOUCHED, others->page);
	smmu_guest_expect_space(&guest, n, &spaces[n]);
	TAP_CHECK(is_untouched(others), "function %u wrote to the other's page", n);
}

static void second_of_a_group_is_refused(void *context)
{
	open_guest(context, false);
	TAP_EQ(attach(A), 0);
	TAP_EQ(driver_bypass(&guest.driver, guest.vsid[A]), 0);
	smmu_guest_expect_bypass(&guest, A, &spaces[A]);
	expect_refused(B);
	tap_note("\"%s\"", guest.refusal);
	smmu_guest_expect_bypass(&guest, A, &spaces[A]);
	smmu_guest_close(&guest);
}

/*
 * The kernel refuses the guest's STE, as nobody can give the other function a vDEVICE. The
 * endpoint then reaches nothing, also not what it had before.
 */
static void stage_1_that_a_group_cannot_have_aborts(void *context)
{
	open_guest(context, false);
	TAP_EQ(attach(A), 0);
	TAP_EQ(driver_bypass(&guest.driver, guest.vsid[A]), 0);
	smmu_guest_expect_bypass(&guest, A, &spaces[A]);
	write_ste(A);
	TAP_EQ(guest.reports[VSMMU_REPORT_BLOCKED], 1);
	TAP_CHECK(strstr(guest.refusal, "IOMMU group"), "the report says \"%s\"", guest.refusal);
	smmu_guest_expect_fault(&guest, A, spaces[A].to_gpa, true, 0);
	smmu_guest_expect_fault(&guest, A, SMMU_GUEST_TO, true, 0);
	TAP_EQ(driver_bypass(&guest.driver, guest.vsid[A]), 0);
	smmu_guest_expect_bypass(&guest, A, &spaces[A]);
	smmu_guest_close(&guest);
}

/*
 * The host attaches a translating STE for one that makes an event, which the kernel refuses then
 * too: the endpoint aborts all the same, without the event. Later the group can have it.
 */
static void bad_ste_of_a_group_aborts(void *context)
{
	open_guest(context, false);
	TAP_EQ(attach(A), 0);
	TAP_EQ(driver_bypass(&guest.driver, guest.vsid[A]), 0);
	smmu_guest_expect_bypass(&guest, A, &spaces[A]);
	TAP_EQ(driver_clear(&guest.driver, guest.vsid[A]), 0);
	smmu_guest_expect_fault(&guest, A, spaces[A].to_gpa, true, 0);
	TAP_EQ(guest.reports[VSMMU_REPORT_BLOCKED], 0);
	name_mate(B);
	TAP_EQ(driver_cfgi_ste(&guest.driver, guest.vsid[A], true), 0);
	smmu_guest_expect_fault(&guest, A, spaces[A].to_gpa, true, SMMU_C_BAD_STE);
	close_guest();
}

/* This holds whatever the attach of the second one says. */
static void first_of_a_group_keeps_its_translation(void *context)
{
	open_guest(context, false);
	TAP_EQ(attach(A), 0);
	tap_note("without STEs the second function's attach gives %d", attach(B));
	if (!guest.endpoint[B])
		name_mate(B);
	write_ste(A);
	expect_own_pages(A);
	if (!guest.endpoint[B])
		tap_note("beside stage 1 the second function's attach gives %d", attach(B));
	expect_own_pages(A);
	/* The guest's STEs of the second one do not concern it. */
	write_ste(B);
	expect_own_pages(A);
	TAP_EQ(driver_abort(&guest.driver, guest.vsid[B]), 0);
	expect_own_pages(A);
	close_guest();
}

/*
 * While the SMMU is off and GBPA lets all through, both would have the same translation, which
 * the kernel has no objection to; then the guest turns its SMMU on.
 */
static void group_keeps_its_first_while_smmuen_toggles(void *context)
{
	struct driver *driver = &guest.driver;

	open_guest(context, true);
	TAP_EQ(attach(A), 0);
	tap_note("before the driver, the second function's attach gives %d", attach(B));
	if (!guest.endpoint[B])
		name_mate(B);
	TAP_EQ(driver_probe(driver), 0);
	TAP_EQ(driver_reset(driver), 0);
	make_spaces();
	write_ste(A);
	write_ste(B);
	expect_own_pages(A);
	for (unsigned int i = 0; i < 2; i++) {
		TAP_EQ(driver_disable(driver), 0);
		smmu_guest_expect_bypass(&guest, A, &spaces[A]);
		if (!guest.endpoint[B])
			tap_note("with SMMUEN = 0 it gives %d", attach(B));
		smmu_guest_expect_bypass(&guest, A, &spaces[A]);
		TAP_EQ(driver_reset(driver), 0);
		expect_own_pages(A);
	}
	close_guest();
}

static void unplug(unsigned int n)
{
	forget_mate();
	TAP_EQ(vsmmu_endpoint_detach(guest.endpoint[n]), 0);
	guest.endpoint[n] = NULL;
	TAP_EQ(driver_abort(&guest.driver, guest.vsid[n]), 0);
}

/* Function @n gets in, and the other one does not. */
static void plug_alone(unsigned int n)
{
	TAP_EQ(attach(n), 0);
	expect_refused(!n);
	name_mate(!n);
	write_ste(n);
	expect_own_pages(n);
}

static void second_of_a_group_comes_when_the_first_is_gone(void *context)
{
	open_guest(context, false);
	plug_alone(A);
	unplug(A);
	plug_alone(B);
	unplug(B);
	plug_alone(A);
	TAP_EQ(guest.records, 0);
	close_guest();
}

/*
 * Stands before each of the library's calls, also those of vsmmu_free() after a test that failed,
 * and tries whether another function gets in.
 */
static struct guard {
	struct smmu_machine *machine;
	struct host_interposer *host;
	uint32_t parent_id; /* what function B is attached to if it gets in */
	unsigned int attaches, detaches;
	unsigned int tries, breaches; /* of function B */
	bool held;		      /* by function A, as far as the library's calls say */
} guard;

/* The kernel says no as long as function A is attached to something else. */
static void try_other(void)
{
	struct vsmmu_host *host = guard.host->inner;
	const struct host_endpoint *endpoint = &guard.machine->endpoint[B];

	guard.tries++;
	if (host->ops->attach(host, endpoint, guard.parent_id, VSMMU_ATTACH_PUT_BACK))
		return;
	guard.breaches++;
	host->ops->detach(host, endpoint);
}

static int guard_call(void *opaque, enum host_call call, uint32_t count)
{
	(void)opaque;
	(void)count;
	guard.attaches += call == HOST_CALL_ATTACH;
	guard.detaches += call == HOST_CALL_DETACH;
	if (guard.held)
		try_other();
	return 0;
}

static void guard_open(struct smmu_machine *machine)
{
	guard = (struct guard){.machine = machine, .host = host_interposer_new(machine->host, 0)};
	guard.host->hook = guard_call;
	machine->host = &guard.host->host;
	TAP_EQ(guard.host->inner->ops->parent_alloc(
		       guard.host->inner, &machine->endpoint[B], &guard.parent_id),
		0);
}

/*
 * Neither a new StreamID nor anything that the guest does lets go of the device: each DETACH
 * waits for whoever maps memory, and is a moment in which another function may get in.
 */
static void endpoint_is_held_from_attach_to_detach(void *context)
{
	const uint32_t vsid = 0x3a0;
	struct driver *driver = &guest.driver;

	guard_open(context);
	open_guest(context, false);
	TAP_EQ(attach(A), 0);
	name_mate(B);
	write_ste(A);
	expect_own_pages(A);
	guard.held = true;
	guard.attaches = 0;
	guard.detaches = 0;
	TAP_EQ(driver_abort(driver, guest.vsid[A]), 0);
	TAP_EQ(driver_attach(driver, vsid, &spaces[A].domain), 0);
	TAP_EQ(vsmmu_endpoint_set_vsid(guest.endpoint[A], vsid), 0);
	guest.vsid[A] = vsid;
	expect_own_pages(A);
	/* The record's StreamID is checked, too. */
	smmu_guest_expect_fault(&guest, A, SMMU_GUEST_HOLE, true, SMMU_F_TRANSLATION);
	TAP_EQ(driver_disable(driver), 0);
	TAP_EQ(driver_set_gbpa(driver, true), 0);
	TAP_EQ(driver_reset(driver), 0);
	expect_own_pages(A);
	TAP_EQ(vsmmu_reset(guest.vsmmu), 0);
	smmu_guest_expect_bypass(&guest, A, &spaces[A]);
	try_other();
	guard.held = false;
	tap_note("%u attaches, %u detaches; %u of %u tries of another function got in",
		guard.attaches, guard.detaches, guard.breaches, guard.tries);
	TAP_CHECK(guard.attaches, "the library attached nothing");
	TAP_EQ(guard.breaches, 0);
	TAP_EQ(guard.detaches, 0);
	forget_mate();
	TAP_EQ(vsmmu_endpoint_detach(guest.endpoint[A]), 0);
	/* Now the group is free. */
	guard.breaches = 0;
	try_other();
	TAP_EQ(guard.breaches, 1);
	TAP_EQ(guard.host->inner->ops->destroy(guard.host->inner, guard.parent_id), 0);
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"second_of_a_group_is_refused", "P24 S6 D2", second_of_a_group_is_refused},
	{"stage_1_that_a_group_cannot_have_aborts", "P24 S6 D2",
		stage_1_that_a_group_cannot_have_aborts},
	{"bad_ste_of_a_group_aborts", "P24 S4 S6 D2", bad_ste_of_a_group_aborts},
	{"first_of_a_group_keeps_its_translation", "P24 S6 D2",
		first_of_a_group_keeps_its_translation},
	{"group_keeps_its_first_while_smmuen_toggles", "P24 S6 D2",
		group_keeps_its_first_while_smmuen_toggles},
	{"second_of_a_group_comes_when_the_first_is_gone", "P24 S6 D2",
		second_of_a_group_comes_when_the_first_is_gone},
	{"endpoint_is_held_from_attach_to_detach", "P24 S6 D2",
		endpoint_is_held_from_attach_to_detach},
};

const struct suite_smmu_part suite_smmu_groups = {tests, sizeof(tests) / sizeof(tests[0])};
