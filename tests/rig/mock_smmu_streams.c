/* SPDX-License-Identifier: BSD-2-Clause */
/* Stream tables, SMMUEN and GBPA made into the real kernel's nested HWPTs. */
#include <errno.h>
#include <unistd.h>
#include <string.h>

#include "injection.h"
#include "mock_smmu.h"

/* Linux STRTAB_STE_0_NESTING_ALLOWED and STRTAB_STE_1_NESTING_ALLOWED */
#define STE0_KERNEL UINT64_C(0xf80fffffffffffff)
#define STE1_KERNEL UINT64_C(0x00000000380000ff)

static struct smmu_guest guest;
static struct driver_domain domains[SMMU_MACHINE_ENDPOINTS];

static struct mock_smmu *open_guest(void *context, const struct smmu_guest_options *options)
{
	smmu_guest_open(&guest, context, options);
	return mock_smmu_of(&guest);
}

static void attach_both(void)
{
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_attach(&guest, n, &domains[n]);
}

/* It was destroyed; or the kernel still needs it. */
static int destroy(uint32_t id)
{
	struct vsmmu_host *host = guest.machine->host;

	return host->ops->destroy(host, id);
}

/*
 * Endpoint @n got a nested HWPT in the place of @old, with one attach and nothing in
 * between.
 */
static void expect_replaced(unsigned int n, const struct mock_smmu_endpoint *old)
{
	const struct mock_smmu_endpoint *now = &mock_smmu_of(&guest)->endpoint[n];

	TAP_EQ(now->attaches, old->attaches + 1);
	TAP_EQ(now->detaches, old->detaches);
	TAP_CHECK(now->pt_id && now->pt_id != old->pt_id, "still the same HWPT");
	TAP_EQ(destroy(now->pt_id), -EBUSY);
}

static void table_works(void *context, const struct driver_options *options)
{
	open_guest(context, &(struct smmu_guest_options){.driver = *options});
	attach_both();
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_expect_event(&guest, n);
	TAP_EQ(smmu_guest_stats(&guest).blocked, 0);
	smmu_guest_close(&guest);
}

static void linear_table(void *context)
{
	table_works(
		context, &(struct driver_options){.strtab = DRIVER_STRTAB_LINEAR, .sid_bits = 10});
}

static void two_level_table(void *context)
{
	for (uint8_t split = 6; split <= 10; split += 2)
		table_works(context,
			&(struct driver_options){.strtab = DRIVER_STRTAB_2LVL, .split = split});
}

/* What the endpoint meets is in the words; that there is one object each, in the kernel. */
static void each_ste_replaces_the_one_before(void *context)
{
	struct mock_smmu *smmu = open_guest(context, NULL);
	struct mock_smmu_endpoint *endpoint = &smmu->endpoint[0], old;
	struct driver *driver = &guest.driver;
	uint64_t stes;

	mock_smmu_attach(&guest, 0, &domains[0]);
	for (unsigned int round = 0; round < 3; round++) {
		stes = smmu_guest_stats(&guest).stes;
		old = *endpoint;
		TAP_EQ(driver_bypass(driver, guest.vsid[0]), 0);
		expect_replaced(0, &old);
		TAP_EQ(destroy(old.pt_id), -ENOENT);
		TAP_EQ(smmu->last_vste[0], SMMU_STE0_V | SMMU_STE0_BYPASS);
		old = *endpoint;
		TAP_EQ(driver_abort(driver, guest.vsid[0]), 0);
		expect_replaced(0, &old);
		TAP_EQ(destroy(old.pt_id), -ENOENT);
		TAP_EQ(smmu->last_vste[0], SMMU_STE0_V);
		old = *endpoint;
		TAP_EQ(driver_attach(driver, guest.vsid[0], &domains[0]), 0);
		TAP_EQ(smmu->last_vste[0] & (SMMU_STE0_V | SMMU_STE0_CONFIG),
			SMMU_STE0_V | SMMU_STE0_STAGE1);
		TAP_EQ(endpoint->detaches, old.detaches);
		TAP_EQ(destroy(old.pt_id), -ENOENT);
		mock_smmu_expect_event(&guest, 0);
		TAP_CHECK(smmu_guest_stats(&guest).stes >= stes + 3, "STEs not counted");
	}
	smmu_guest_close(&guest);
}

/* In the midst of it, and with no moment in which the kernel has nothing to forward by. */
static void event_after_each_write(struct smmu_guest *of, uint64_t offset)
{
	unsigned int *events = of->state;

	(void)offset;
	TAP_EQ(mock_smmu_fault(of, 0, 1), 0);
	++*events;
}

static void one_word_changes_in_one_step(void *context)
{
	struct mock_smmu *smmu = open_guest(context, NULL);
	struct driver_domain other;
	struct mock_smmu_endpoint old;
	struct driver *driver = &guest.driver;
	unsigned int events = 0;

	mock_smmu_attach(&guest, 0, &domains[0]);
	TAP_EQ(driver_domain_init(driver, &other, NULL), 0);
	guest.state = &events;
	guest.after_write = event_after_each_write;
	for (unsigned int round = 0; round < 3; round++) {
		old = smmu->endpoint[0];
		TAP_EQ(driver_replace(driver, guest.vsid[0], round & 1 ? &domains[0] : &other), 0);
		expect_replaced(0, &old);
		TAP_EQ(destroy(old.pt_id), -ENOENT);
	}
	/* The same words again are no change at all. */
	old = smmu->endpoint[0];
	TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
	TAP_EQ(smmu->endpoint[0].attaches, old.attaches);
	guest.after_write = NULL;
	smmu_guest_run(&guest);
	TAP_CHECK(events >= 6, "only %u accesses", events);
	TAP_EQ(guest.records, events);
	TAP_EQ(mock_smmu_expect_accounted(&guest, events).delivered, events);
	smmu_guest_close(&guest);
}

/* Fields that are the guest's to set and that the kernel takes none of. */
static void only_canonical_words_reach_the_kernel(void *context)
{
	struct mock_smmu *smmu = open_guest(context, NULL);
	struct driver *driver = &guest.driver;
	uint64_t ste[DRIVER_STE_WORDS], random = 1;

	mock_smmu_attach(&guest, 0, &domains[0]);
	TAP_EQ(driver_make_ste(driver, guest.vsid[0], ste), 0);
	ste[1] |= SMMU_STE1_SHCFG_INCOMING | UINT64_C(1) << 19 | UINT64_C(0xf) << 13;
	ste[2] |= 0xffff; /* S2VMID */
	ste[5] = UINT64_MAX;
	TAP_EQ(driver_write_ste(driver, guest.vsid[0], ste), 0);
	TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
	TAP_EQ(smmu->last_vste[0] & SMMU_STE0_CONTEXT, ste[0] & SMMU_STE0_CONTEXT);
	mock_smmu_expect_event(&guest, 0);
	/* A bypass has no S1 fields, whatever stands there. */
	ste[0] = SMMU_STE0_V | SMMU_STE0_BYPASS | SMMU_STE0_CONTEXT | SMMU_STE0_CDMAX(31);
	TAP_EQ(driver_write_ste(driver, guest.vsid[0], ste), 0);
	TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
	TAP_EQ(smmu->last_vste[0], SMMU_STE0_V | SMMU_STE0_BYPASS);
	TAP_EQ(smmu->last_vste[1], 0);
	for (unsigned int i = 0; i < 200; i++) {
		for (unsigned int word = 0; word < DRIVER_STE_WORDS; word++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
			ste[word] = random ^ random >> 29;
		}
		ste[0] |= SMMU_STE0_V;
		TAP_EQ(driver_write_ste(driver, guest.vsid[0], ste), 0);
		TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
		TAP_CHECK(smmu->endpoint[0].pt_id, "cut off");
	}
	TAP_EQ(smmu->ste0 & ~STE0_KERNEL, 0);
	TAP_EQ(smmu->ste1 & ~STE1_KERNEL, 0);
	TAP_EQ(smmu_guest_stats(&guest).blocked, 0);
	smmu_guest_close(&guest);
}

/* Neither StreamID is ever named by a command. */
static void smmuen_and_gbpa_hold_for_every_endpoint(void *context)
{
	struct mock_smmu *smmu = open_guest(context, NULL);
	struct driver *driver = &guest.driver;
	unsigned int records = 0;
	struct mock_smmu_endpoint old[SMMU_MACHINE_ENDPOINTS];

	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
			TAP_EQ(mock_smmu_fault(&guest, n, 1), 0);
			records++;
		}
		smmu_guest_run(&guest);
		TAP_EQ(guest.records, records);
		/* Each change is one replace, by something that was there already. */
		memcpy(old, smmu->endpoint, sizeof(old));
		TAP_EQ(driver_set_gbpa(driver, false), 0);
		TAP_EQ(driver_disable(driver), 0);
		for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
			mock_smmu_expect_bypass(&guest, n);
			TAP_EQ(smmu->endpoint[n].attaches, old[n].attaches + 1);
		}
		TAP_EQ(driver_set_gbpa(driver, true), 0);
		for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
			mock_smmu_expect_abort(&guest, n);
			TAP_EQ(smmu->endpoint[n].attaches, old[n].attaches + 2);
		}
		TAP_EQ(guest.records, records);
		TAP_EQ(driver_reset(driver), 0);
	}
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		TAP_EQ(smmu->endpoint[n].detaches, 1);
	TAP_EQ(mock_smmu_expect_accounted(&guest, records).discarded, 0);
	smmu_guest_close(&guest);
}

static void gbpa_abort_is_in_force_from_the_first_moment(void *context)
{
	struct mock_smmu *smmu = open_guest(
		context, &(struct smmu_guest_options){.vsmmu = {.gbpa_abort = true}, .off = true});

	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		TAP_EQ(smmu->endpoint[n].attaches, 1);
		mock_smmu_expect_abort(&guest, n);
	}
	/* Without Update it is no change. */
	driver_write32(&guest.driver, MMIO_GBPA, 0);
	TAP_EQ(smmu->endpoint[0].attaches, 1);
	TAP_EQ(driver_set_gbpa(&guest.driver, false), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_expect_bypass(&guest, n);
	smmu_guest_close(&guest);
}

/* Both STEs change in memory. Return: as bits, whose change has come into force. */
static unsigned int changed_by(int (*command)(struct driver *driver))
{
	static bool abort;
	const uint64_t ste[DRIVER_STE_WORDS] = {
		SMMU_STE0_V | (abort ? SMMU_STE0_ABORT : SMMU_STE0_BYPASS)};
	struct mock_smmu *smmu = mock_smmu_of(&guest);
	struct mock_smmu_endpoint old[SMMU_MACHINE_ENDPOINTS];
	unsigned int changed = 0;

	/* All alike before. */
	TAP_EQ(driver_cfgi_all(&guest.driver), 0);
	memcpy(old, smmu->endpoint, sizeof(old));
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		TAP_EQ(driver_write_ste(&guest.driver, guest.vsid[n], ste), 0);
	abort = !abort;
	TAP_EQ(command(&guest.driver), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		if (smmu->endpoint[n].attaches == old[n].attaches)
			continue;
		expect_replaced(n, &old[n]);
		changed |= 1u << n;
	}
	return changed;
}

static int range_of_both(struct driver *driver)
{
	/* 2^6, aligned: 0x100 to 0x13f. */
	return driver_cfgi_ste_range(driver, guest.vsid[0], 5);
}

static int range_of_the_first(struct driver *driver)
{
	/* 2^3: 0x108 to 0x10f; bits below the size are not looked at. */
	return driver_cfgi_ste_range(driver, guest.vsid[0] + 5, 2);
}

static int range_of_the_second(struct driver *driver)
{
	return driver_cfgi_ste_range(driver, guest.vsid[1], 3);
}

static int range_of_neither(struct driver *driver)
{
	return driver_cfgi_ste_range(driver, 0x200, 7);
}

static int range_of_2_to_the_31(struct driver *driver)
{
	return driver_cfgi_ste_range(driver, 0, 30);
}

static void ranges_reach_those_that_they_name(void *context)
{
	open_guest(context, NULL);
	attach_both();
	for (unsigned int round = 0; round < 2; round++) {
		TAP_EQ(changed_by(range_of_both), 3);
		TAP_EQ(changed_by(range_of_the_first), 1);
		TAP_EQ(changed_by(range_of_the_second), 2);
		TAP_EQ(changed_by(range_of_neither), 0);
		TAP_EQ(changed_by(range_of_2_to_the_31), 3);
		TAP_EQ(changed_by(driver_cfgi_all), 3);
	}
	smmu_guest_close(&guest);
}

static void illegal_stes_are_closed(void *context)
{
	struct mock_smmu *smmu = open_guest(context, NULL);
	struct driver *driver = &guest.driver;
	uint64_t good[DRIVER_STE_WORDS];
	const uint64_t bad[] = {0, SMMU_STE0_V | SMMU_STE0_STAGE2,
		SMMU_STE0_V | SMMU_STE0_STAGE1 | SMMU_STE0_STAGE2, SMMU_STE0_STAGE1};

	mock_smmu_attach(&guest, 0, &domains[0]);
	TAP_EQ(driver_make_ste(driver, guest.vsid[0], good), 0);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t ste[DRIVER_STE_WORDS];
		struct mock_smmu_endpoint old = smmu->endpoint[0];

		memcpy(ste, good, sizeof(ste));
		ste[0] = bad[i];
		TAP_EQ(driver_write_ste(driver, guest.vsid[0], ste), 0);
		TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
		expect_replaced(0, &old);
		/* Neither stage 1 of this guest's, nor bypass. */
		TAP_CHECK((smmu->last_vste[0] & SMMU_STE0_CONFIG) != SMMU_STE0_BYPASS,
			"an ILLEGAL STE became a bypass");
		TAP_CHECK(smmu->last_vste[0] != good[0], "an ILLEGAL STE became stage 1");
		TAP_EQ(guest.reports[VSMMU_REPORT_STREAM_BAD] > i, 1);
		TAP_EQ(driver_write_ste(driver, guest.vsid[0], good), 0);
		TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
		mock_smmu_expect_event(&guest, 0);
	}
	TAP_EQ(smmu_guest_stats(&guest).command_errors, 0);
	TAP_EQ(smmu_guest_stats(&guest).blocked, 0);
	smmu_guest_close(&guest);
}

static void table_outside_memory_is_closed(void *context)
{
	struct mock_smmu *smmu = open_guest(context, NULL);
	struct driver *driver = &guest.driver;
	uint64_t good;

	attach_both();
	good = driver->strtab;
	driver->strtab = UINT64_C(0x4000000000);
	TAP_EQ(driver_reset(driver), 0);
	TAP_CHECK((smmu->last_vste[0] & SMMU_STE0_CONFIG) != SMMU_STE0_BYPASS, "open");
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		TAP_CHECK(smmu->endpoint[n].pt_id, "no HWPT of its own");
	driver->strtab = good;
	TAP_EQ(driver_reset(driver), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_expect_event(&guest, n);
	TAP_EQ(smmu_guest_stats(&guest).blocked, 0);
	smmu_guest_close(&guest);
}

/*
 * Each place where the kernel can fail on the way from one STE to the next: the endpoint
 * has the new one, or has no access and its VMM knows; the guest's next CFGI brings it back.
 */
static void kernel_that_fails_in_the_midst(void *context)
{
	const uint64_t bypass[DRIVER_STE_WORDS] = {SMMU_STE0_V | SMMU_STE0_BYPASS};
	struct mock_smmu *smmu = open_guest(context, NULL);
	struct driver *driver = &guest.driver;
	unsigned int nth = 0, failures = 0;
	struct mock_smmu_endpoint old;
	int fd, left;

	mock_smmu_attach(&guest, 0, &domains[0]);
	do {
		struct vsmmu_stats before, after;

		TAP_EQ(driver_attach(driver, guest.vsid[0], &domains[0]), 0);
		mock_smmu_expect_event(&guest, 0);
		TAP_EQ(driver_write_ste(driver, guest.vsid[0], bypass), 0);
		before = smmu_guest_stats(&guest);
		old = smmu->endpoint[0];
		fd = injection_open_self();
		TAP_CHECK(fd >= 0, "no fail-nth: %d", fd);
		TAP_EQ(injection_arm(fd, ++nth), 0);
		TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
		left = injection_left(fd);
		TAP_EQ(injection_arm(fd, 0), 0);
		close(fd);
		after = smmu_guest_stats(&guest);
		TAP_EQ(after.command_errors, 0);
		TAP_EQ(guest.reports[VSMMU_REPORT_BLOCKED], after.blocked);
		if (after.blocked == before.blocked) {
			TAP_CHECK(smmu->endpoint[0].pt_id != old.pt_id, "the old one");
		} else {
			TAP_EQ(after.blocked, before.blocked + 1);
			mock_smmu_expect_abort(&guest, 0);
			failures++;
		}
		TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
		TAP_EQ(smmu->last_vste[0], bypass[0]);
		TAP_EQ(destroy(smmu->endpoint[0].pt_id), -EBUSY);
	} while (!left && nth < 60);
	tap_note("%u of %u places cut the endpoint off", failures, nth - 1);
	TAP_CHECK(left && failures >= 3, "the kernel hardly failed");
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"linear_table", "S4 S10", linear_table},
	{"two_level_table", "S4 S10", two_level_table},
	{"each_ste_replaces_the_one_before", "S4 P11", each_ste_replaces_the_one_before},
	{"one_word_changes_in_one_step", "S4 P11", one_word_changes_in_one_step},
	{"only_canonical_words_reach_the_kernel", "S4 P12", only_canonical_words_reach_the_kernel},
	{"smmuen_and_gbpa_hold_for_every_endpoint", "S4 P13",
		smmuen_and_gbpa_hold_for_every_endpoint},
	{"gbpa_abort_is_in_force_from_the_first_moment", "S4 P13",
		gbpa_abort_is_in_force_from_the_first_moment},
	{"ranges_reach_those_that_they_name", "S3 S4 P14", ranges_reach_those_that_they_name},
	{"illegal_stes_are_closed", "S4", illegal_stes_are_closed},
	{"table_outside_memory_is_closed", "S4", table_outside_memory_is_closed},
	{"kernel_that_fails_in_the_midst", "S4 P10", kernel_that_fails_in_the_midst},
};
const struct mock_smmu_part mock_smmu_streams = {tests, sizeof(tests) / sizeof(tests[0])};
