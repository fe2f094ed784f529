/* SPDX-License-Identifier: BSD-2-Clause */
/* Stream tables and STEs. */
#include "conformance/suite_smmu.h"

#include <string.h>

#include "conformance/dma_canary.h"
#include "lib/host_interposer.h"

static struct smmu_guest guest;

static void open_guest(void *context, const struct smmu_guest_options *options)
{
	smmu_guest_open(&guest, context, options);
}

static void attach_space(unsigned int n, struct smmu_guest_space *space)
{
	smmu_guest_make_space(&guest, space, NULL);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[n], &space->domain), 0);
}

static void table_works(void *context, const struct driver_options *options)
{
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];

	open_guest(context, &(struct smmu_guest_options){.driver = *options});
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		attach_space(n, &spaces[n]);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_space(&guest, n, &spaces[n]);
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

static void bypass_abort_and_stage_1_in_turn(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;

	open_guest(context, NULL);
	attach_space(0, &space);
	for (unsigned int round = 0; round < 2; round++) {
		smmu_guest_expect_space(&guest, 0, &space);
		TAP_EQ(driver_bypass(driver, guest.vsid[0]), 0);
		smmu_guest_expect_bypass(&guest, 0, &space);
		TAP_EQ(driver_abort(driver, guest.vsid[0]), 0);
		smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, 0);
		smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_TO, true, 0);
		smmu_guest_expect_fault(&guest, 0, space.from_gpa, false, 0);
		TAP_EQ(driver_attach(driver, guest.vsid[0], &space.domain), 0);
	}
	smmu_guest_close(&guest);
}

static void expect_mark(unsigned int n, uint64_t iova, const uint8_t *at)
{
	const struct vsmmu_access access = {.address = iova};
	int result;

	TAP_CHECK(
		dma_canary_write(guest.machine, n, &access, &result) == at, "not where it should");
	TAP_EQ(result, 0);
}

/* That there is no canary, as after an abort, means something only if there is one otherwise. */
static void marks_are_where_dma_gets_to(void *context)
{
	struct smmu_guest_space space;

	open_guest(context, NULL);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		attach_space(n, &space);
		expect_mark(n, SMMU_GUEST_TO + 0x120, space.to + 0x120);
		TAP_EQ(driver_bypass(&guest.driver, guest.vsid[n]), 0);
		expect_mark(n, space.from_gpa + 0x120, space.from + 0x120);
		TAP_EQ(driver_disable(&guest.driver), 0);
		expect_mark(n, space.to_gpa, space.to);
		TAP_EQ(driver_reset(&guest.driver), 0);
	}
	smmu_guest_close(&guest);
}

static void cleared_ste_is_reported(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;

	open_guest(context, NULL);
	attach_space(0, &space);
	TAP_EQ(driver_clear(driver, guest.vsid[0]), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_C_BAD_STE);
	TAP_EQ(driver_attach(driver, guest.vsid[0], &space.domain), 0);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

static void illegal_stes_are_reported(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;
	uint64_t good[DRIVER_STE_WORDS];

	open_guest(context, NULL);
	attach_space(0, &space);
	TAP_EQ(driver_make_ste(driver, guest.vsid[0], good), 0);
	const struct {
		const char *what;
		uint64_t clear, set;
	} cases[] = {
		{"stage 2", SMMU_STE0_CONFIG, SMMU_STE0_STAGE2},
		{"both stages", 0, SMMU_STE0_STAGE2},
		{"not valid", SMMU_STE0_V, 0},
	};
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bad[DRIVER_STE_WORDS];

		tap_note("%s", cases[i].what);
		memcpy(bad, good, sizeof(bad));
		bad[0] = (bad[0] & ~cases[i].clear) | cases[i].set;
		TAP_EQ(driver_write_ste(driver, guest.vsid[0], bad), 0);
		TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
		smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_C_BAD_STE);
		TAP_EQ(driver_write_ste(driver, guest.vsid[0], good), 0);
		TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
		smmu_guest_expect_space(&guest, 0, &space);
	}
	smmu_guest_close(&guest);
}

/* Fields that are the guest's to set, or software's, and that the host's kernel takes none of. */
static void ste_fields_beyond_the_kernels_are_no_fault(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;
	uint64_t ste[DRIVER_STE_WORDS];

	open_guest(context, NULL);
	attach_space(0, &space);
	TAP_EQ(driver_make_ste(driver, guest.vsid[0], ste), 0);
	ste[1] |= SMMU_STE1_SHCFG_INCOMING | UINT64_C(1) << 19 | UINT64_C(0xf) << 13;
	ste[2] |= 0xffff; /* S2VMID */
	ste[5] = ~UINT64_C(0);
	TAP_EQ(driver_write_ste(driver, guest.vsid[0], ste), 0);
	TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
	smmu_guest_expect_space(&guest, 0, &space);
	ste[0] = SMMU_STE0_V | SMMU_STE0_BYPASS | SMMU_STE0_CONTEXT | SMMU_STE0_CDMAX(31);
	TAP_EQ(driver_write_ste(driver, guest.vsid[0], ste), 0);
	TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
	smmu_guest_expect_bypass(&guest, 0, &space);
	TAP_EQ(smmu_guest_stats(&guest).blocked, 0);
	smmu_guest_close(&guest);
}

/* Two spaces that map the same pages at the same places, and DMA there all the time. */
static struct twins {
	struct smmu_guest_space space;
	struct driver_domain other;
	bool watched;
	unsigned int before[HOST_CALL_COUNT]; /* accesses, by the host's call that followed */
	unsigned int after_commands;
	unsigned int failed;
	int failed_before; /* the last; -1: after a command */
} twins;

static void make_twins(void)
{
	attach_space(0, &twins.space);
	TAP_EQ(driver_domain_init(&guest.driver, &twins.other, NULL), 0);
	TAP_EQ(driver_map(&twins.other, SMMU_GUEST_FROM, twins.space.from_gpa, 4096, DRIVER_READ),
		0);
	TAP_EQ(driver_map(&twins.other, SMMU_GUEST_TO, twins.space.to_gpa, 4096,
		       DRIVER_READ | DRIVER_WRITE),
		0);
}

/* No check ends the test here: it may be in the midst of the library, which has its locks. */
static void copy_with_twins(int before)
{
	if (smmu_guest_copies(guest.machine, 0, SMMU_GUEST_FROM, twins.space.from, SMMU_GUEST_TO,
		    twins.space.to, 32))
		return;
	twins.failed++;
	twins.failed_before = before;
}

static int copy_before_call(void *opaque, enum host_call call, uint32_t count)
{
	(void)opaque;
	(void)count;
	if (!twins.watched || call == HOST_CALL_VEVENTQ_CLOSE)
		return 0;
	twins.before[call]++;
	copy_with_twins((int)call);
	return 0;
}

static void copy_after_command(struct smmu_guest *of, uint64_t offset)
{
	(void)of;
	if (offset != MMIO_CMDQ_PROD)
		return;
	twins.after_commands++;
	copy_with_twins(-1);
}

/*
 * The driver changes one word of the STE: endpoints see the old space or the new, never none
 * and nothing else, between any two calls that the host gets for it.
 */
static void replacing_an_ste_loses_no_dma(void *context)
{
	struct smmu_machine *machine = context;
	struct driver *driver = &guest.driver;
	struct host_interposer *host = host_interposer_new(machine->host, 0);

	host->hook = copy_before_call;
	machine->host = &host->host;
	twins = (struct twins){.watched = false};
	open_guest(context, NULL);
	make_twins();
	twins.watched = true;
	guest.after_write = copy_after_command;
	for (unsigned int round = 0; round < 3; round++) {
		TAP_EQ(driver_replace(driver, guest.vsid[0], &twins.other), 0);
		TAP_EQ(driver_replace(driver, guest.vsid[0], &twins.space.domain), 0);
	}
	guest.after_write = NULL;
	twins.watched = false;
	TAP_CHECK(!twins.failed, "%u copies failed, the last one before call %d", twins.failed,
		twins.failed_before);
	TAP_EQ(twins.before[HOST_CALL_NESTED_ALLOC], 6);
	TAP_EQ(twins.before[HOST_CALL_ATTACH], 6);
	TAP_EQ(twins.before[HOST_CALL_DESTROY], 6);
	TAP_EQ(twins.before[HOST_CALL_DETACH], 0);
	TAP_CHECK(twins.before[HOST_CALL_INVALIDATE], "the CDs are cached still");
	TAP_CHECK(twins.after_commands >= 12, "only %u commands", twins.after_commands);
	smmu_guest_run(&guest);
	TAP_EQ(guest.records, 0);
	TAP_EQ(smmu_guest_stats(&guest).sequenced, 0);
	smmu_guest_close(&guest);
}

static void replaced_ste_is_in_force(void *context)
{
	struct smmu_guest_space old, new;
	struct driver *driver = &guest.driver;

	open_guest(context, NULL);
	attach_space(0, &old);
	smmu_guest_make_space(&guest, &new, NULL);
	smmu_guest_expect_space(&guest, 0, &old);
	TAP_EQ(driver_replace(driver, guest.vsid[0], &new.domain), 0);
	smmu_guest_expect_space(&guest, 0, &new);
	TAP_EQ(driver_attach(driver, guest.vsid[0], &old.domain), 0);
	smmu_guest_expect_space(&guest, 0, &old);
	smmu_guest_close(&guest);
}

/* The words of the STE stay as they are; what was cached of the CD behind it must not. */
static void cfgi_ste_forgets_the_cd(void *context)
{
	struct smmu_guest_space old, new;
	struct driver *driver = &guest.driver;
	uint64_t cd[DRIVER_CD_WORDS];

	open_guest(context, NULL);
	attach_space(0, &old);
	smmu_guest_make_space(&guest, &new, NULL);
	smmu_guest_expect_space(&guest, 0, &old);
	driver_make_cd(&new.domain, cd);
	TAP_EQ(driver_write_cd(driver, guest.vsid[0], 0, cd), 0);
	TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], false), 0);
	smmu_guest_expect_space(&guest, 0, &new);
	driver_make_cd(&old.domain, cd);
	TAP_EQ(driver_write_cd(driver, guest.vsid[0], 0, cd), 0);
	TAP_EQ(driver_cfgi_all(driver), 0);
	smmu_guest_expect_space(&guest, 0, &old);
	smmu_guest_close(&guest);
}

static void ranges_reach_all_their_streams(void *context)
{
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];
	const uint64_t bypass[DRIVER_STE_WORDS] = {SMMU_STE0_V | SMMU_STE0_BYPASS};
	struct driver *driver = &guest.driver;
	uint64_t ste[DRIVER_STE_WORDS];

	open_guest(context, NULL);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		attach_space(n, &spaces[n]);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		TAP_EQ(driver_write_ste(driver, guest.vsid[n], bypass), 0);
	/* 2^6 of them, aligned: 0x100 to 0x13f. */
	TAP_EQ(driver_cfgi_ste_range(driver, guest.vsid[0], 5), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_bypass(&guest, n, &spaces[n]);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		TAP_EQ(driver_make_ste(driver, guest.vsid[n], ste), 0);
		TAP_EQ(driver_write_ste(driver, guest.vsid[n], ste), 0);
	}
	TAP_EQ(driver_cfgi_all(driver), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_space(&guest, n, &spaces[n]);
	smmu_guest_close(&guest);
}

static void table_outside_memory_is_closed(void *context)
{
	struct driver *driver = &guest.driver;
	uint64_t good;

	open_guest(context, &(struct smmu_guest_options){
				    .driver = {.strtab = DRIVER_STRTAB_LINEAR, .sid_bits = 10}});
	good = driver->strtab;
	driver->strtab = UINT64_C(0x4000000000);
	TAP_EQ(driver_reset(driver), 0);
	smmu_guest_expect_fault(&guest, 0, guest.machine->memory_gpa, false, SMMU_F_STE_FETCH);
	driver->strtab = good;
	TAP_EQ(driver_reset(driver), 0);
	smmu_guest_expect_fault(&guest, 0, guest.machine->memory_gpa, false, 0);
	smmu_guest_close(&guest);
}

static void streams_beyond_the_table_are_reported(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;
	uint32_t cr2;

	open_guest(context, &(struct smmu_guest_options){
				    .driver = {.strtab = DRIVER_STRTAB_LINEAR, .sid_bits = 8}});
	smmu_guest_make_space(&guest, &space, NULL);
	smmu_guest_expect_fault(&guest, 0, space.from_gpa, false, SMMU_C_BAD_STREAMID);
	/* Only if the guest wants to know. */
	TAP_EQ(driver_write_acked(
		       driver, MMIO_CR0, MMIO_CR0ACK, MMIO_CR0_CMDQEN | MMIO_CR0_EVENTQEN),
		0);
	cr2 = driver_read32(driver, MMIO_CR2);
	driver_write32(driver, MMIO_CR2, cr2 & ~MMIO_CR2_RECINVSID);
	TAP_EQ(driver_write_acked(driver, MMIO_CR0, MMIO_CR0ACK,
		       MMIO_CR0_CMDQEN | MMIO_CR0_EVENTQEN | MMIO_CR0_SMMUEN),
		0);
	smmu_guest_expect_fault(&guest, 0, space.from_gpa, false, 0);
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"linear_table", "S4 S10", linear_table},
	{"two_level_table", "S4 S10", two_level_table},
	{"bypass_abort_and_stage_1_in_turn", "S4", bypass_abort_and_stage_1_in_turn},
	{"marks_are_where_dma_gets_to", "S4 S8", marks_are_where_dma_gets_to},
	{"cleared_ste_is_reported", "S4", cleared_ste_is_reported},
	{"illegal_stes_are_reported", "S4", illegal_stes_are_reported},
	{"ste_fields_beyond_the_kernels_are_no_fault", "S4 P12",
		ste_fields_beyond_the_kernels_are_no_fault},
	{"replacing_an_ste_loses_no_dma", "S4 P11", replacing_an_ste_loses_no_dma},
	{"replaced_ste_is_in_force", "S4", replaced_ste_is_in_force},
	{"cfgi_ste_forgets_the_cd", "S3 S4", cfgi_ste_forgets_the_cd},
	{"ranges_reach_all_their_streams", "S3 S4 P14", ranges_reach_all_their_streams},
	{"table_outside_memory_is_closed", "S4", table_outside_memory_is_closed},
	{"streams_beyond_the_table_are_reported", "S4", streams_beyond_the_table_are_reported},
};
const struct suite_smmu_part suite_smmu_streams = {tests, sizeof(tests) / sizeof(tests[0])};
