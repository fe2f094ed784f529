/* SPDX-License-Identifier: BSD-2-Clause */
/* Probe, reset, the registers' protocols, interrupts. */
#include "conformance/suite_smmu.h"

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

static void probe_sees_what_was_promised(void *context)
{
	const struct smmu_machine *machine = context;
	const struct driver_features *features = &guest.driver.features;

	open_guest(context, &(struct smmu_guest_options){
				    .vsmmu = {.sid_bits = 12,
					    .ssid_bits = machine->ssid_bits,
					    .eventq_log2_max = 9,
					    .cmdq_log2_max = 11,
					    .oas_bits = 40},
			    });
	TAP_EQ(features->sid_bits, 12);
	TAP_EQ(features->ssid_bits, machine->ssid_bits);
	TAP_EQ(features->eventq_log2, 9);
	TAP_EQ(features->cmdq_log2, 11);
	TAP_EQ(features->oas_bits, 40);
	TAP_CHECK(features->msi, "no MSIs");
	TAP_CHECK(features->coherent, "not coherent");
	TAP_CHECK(!features->ats, "ATS that nobody asked for");
	TAP_CHECK(!features->hyp, "EL2 in a guest's SMMU");
	TAP_CHECK(features->two_level, "no two-level stream tables");
	TAP_CHECK(!features->stalls, "stalls that cannot be resumed");
	TAP_EQ(guest.driver.sync, DRIVER_SYNC_MSIPOLL);
	smmu_guest_close(&guest);
}

static void reset_enables_everything(void *context)
{
	struct driver *driver = &guest.driver;

	open_guest(context, NULL);
	TAP_EQ(driver_read32(driver, MMIO_CR0ACK),
		MMIO_CR0_SMMUEN | MMIO_CR0_EVENTQEN | MMIO_CR0_CMDQEN);
	TAP_EQ(driver_read32(driver, MMIO_IRQ_CTRLACK), MMIO_IRQ_EVENTQ | MMIO_IRQ_GERROR);
	TAP_EQ(driver_read32(driver, MMIO_GERROR), driver_read32(driver, MMIO_GERRORN));
	TAP_EQ(driver_read32(driver, MMIO_CMDQ_CONS), driver_read32(driver, MMIO_CMDQ_PROD));
	TAP_EQ(driver_read32(driver, MMIO_EVENTQ_PROD), 0);
	TAP_EQ(driver->stats.syncs, 2);
	TAP_EQ(driver->stats.timeouts, 0);
	TAP_EQ(smmu_guest_stats(&guest).syncs, 2);
	smmu_guest_close(&guest);
}

static void registers_can_be_written_in_halves(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;
	uint64_t both;

	open_guest(context, &(struct smmu_guest_options){.driver = {.halves = true}});
	attach_space(0, &space);
	smmu_guest_expect_space(&guest, 0, &space);
	/* FreeBSD reads PROD and CONS at once. */
	TAP_EQ(vsmmu_mmio_read(guest.vsmmu, MMIO_CMDQ_PROD, 8, &both), 0);
	TAP_EQ((uint32_t)both, driver_read32(driver, MMIO_CMDQ_PROD));
	TAP_EQ(both >> 32, driver_read32(driver, MMIO_CMDQ_CONS));
	smmu_guest_close(&guest);
}

static void bases_are_read_only_while_in_use(void *context)
{
	static const uint64_t bases[] = {MMIO_STRTAB_BASE, MMIO_CMDQ_BASE, MMIO_EVENTQ_BASE};
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;
	uint64_t before;

	open_guest(context, NULL);
	attach_space(0, &space);
	for (unsigned int i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		before = driver_read64(driver, bases[i]);
		driver_write64(driver, bases[i], 0);
		TAP_EQ(driver_read64(driver, bases[i]), before);
	}
	before = driver_read32(driver, MMIO_CR2);
	driver_write32(driver, MMIO_CR2, 0);
	TAP_EQ(driver_read32(driver, MMIO_CR2), before);
	before = driver_read32(driver, MMIO_STRTAB_BASE_CFG);
	driver_write32(driver, MMIO_STRTAB_BASE_CFG, 0);
	TAP_EQ(driver_read32(driver, MMIO_STRTAB_BASE_CFG), before);
	TAP_EQ(driver_cfgi_all(driver), 0);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

/* Firmware relies on bypass; nothing but GBPA has been written yet. */
static void gbpa_holds_before_the_first_driver(void *context)
{
	struct smmu_guest_space pages = {.page = 0};

	open_guest(context, &(struct smmu_guest_options){.off = true});
	smmu_guest_make_pages(&guest, &pages);
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
			smmu_guest_expect_bypass(&guest, n, &pages);
		TAP_EQ(driver_set_gbpa(&guest.driver, true), 0);
		for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
			smmu_guest_expect_fault(&guest, n, pages.from_gpa, false, 0);
		TAP_EQ(driver_set_gbpa(&guest.driver, false), 0);
	}
	smmu_guest_close(&guest);
}

static void gbpa_without_update_is_no_change(void *context)
{
	struct smmu_guest_space pages = {.page = 0};

	open_guest(
		context, &(struct smmu_guest_options){.vsmmu = {.gbpa_abort = true}, .off = true});
	smmu_guest_make_pages(&guest, &pages);
	driver_write32(&guest.driver, MMIO_GBPA, 0);
	smmu_guest_expect_fault(&guest, 0, pages.from_gpa, false, 0);
	smmu_guest_close(&guest);
}

/* The second endpoint's StreamID is never named, nor has it an STE until there is a table. */
static void smmuen_holds_for_every_endpoint(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;

	open_guest(context, NULL);
	smmu_guest_expect_fault(&guest, 1, guest.machine->memory_gpa, false, SMMU_C_BAD_STREAMID);
	attach_space(0, &space);
	TAP_EQ(driver_disable(driver), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_bypass(&guest, n, &space);
	TAP_EQ(driver_set_gbpa(driver, true), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_fault(&guest, n, space.from_gpa, false, 0);
	TAP_EQ(driver_reset(driver), 0);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_expect_fault(&guest, 1, space.from_gpa, false, 0);
	smmu_guest_close(&guest);
}

static void machine_reset_and_boot_again(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;

	open_guest(context, NULL);
	attach_space(0, &space);
	smmu_guest_expect_space(&guest, 0, &space);
	TAP_EQ(vsmmu_reset(guest.vsmmu), 0);
	TAP_EQ(driver_read32(driver, MMIO_CR0), 0);
	TAP_EQ(driver_read32(driver, MMIO_CR0ACK), 0);
	TAP_EQ(driver_read32(driver, MMIO_IRQ_CTRL), 0);
	TAP_EQ(driver_read32(driver, MMIO_GERROR), 0);
	smmu_guest_expect_bypass(&guest, 0, &space);
	TAP_EQ(driver_reset(driver), 0);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_close(&guest);
}

/* A kernel that crashed left the SMMU on; the next one has tables of its own. */
static void crash_kernel_takes_over(void *context)
{
	const struct driver_options options = {.kdump = true};
	struct smmu_guest_space old, new;
	struct driver *driver = &guest.driver;
	struct driver_memory memory;

	open_guest(context, NULL);
	attach_space(0, &old);
	memory = driver->memory;
	driver_destroy(driver);
	/* What the old one has is not given out again. */
	driver_init(driver, driver->ops, driver->opaque, &memory, &options);
	driver->memory.used = memory.used;
	smmu_guest_expect_space(&guest, 0, &old);
	TAP_EQ(driver_probe(driver), 0);
	TAP_EQ(driver_reset(driver), 0);
	TAP_EQ(driver_read32(driver, MMIO_CR0ACK), MMIO_CR0_SMMUEN | MMIO_CR0_CMDQEN);
	TAP_CHECK(driver_read32(driver, MMIO_GBPA) & MMIO_GBPA_ABORT, "GBPA was not closed");
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_TO, true, 0);
	smmu_guest_expect_fault(&guest, 0, old.from_gpa, false, 0);
	attach_space(0, &new);
	smmu_guest_expect_space(&guest, 0, &new);
	/* Its event queue is off. */
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_HOLE, false, 0);
	smmu_guest_close(&guest);
}

static void events_by_wire(void *context)
{
	struct smmu_guest_space space;

	open_guest(context, NULL);
	attach_space(0, &space);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_HOLE, false, SMMU_F_TRANSLATION);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_HOLE, true, SMMU_F_TRANSLATION);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 2);
	smmu_guest_close(&guest);
}

static const struct smmu_guest_options with_msis = {
	.driver = {.doorbell = SMMU_GUEST_DOORBELL, .msi_data = {0x21, 0x22, 0x23}},
};

static void events_by_msi(void *context)
{
	struct smmu_guest_space space;

	open_guest(context, &with_msis);
	attach_space(0, &space);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_HOLE, false, SMMU_F_TRANSLATION);
	TAP_EQ(guest.msis, 1);
	smmu_guest_close(&guest);
}

static void errors_by_msi(void *context)
{
	const struct driver_command illegal = {{0xff, 0}};
	struct driver *driver = &guest.driver;

	open_guest(context, &with_msis);
	TAP_EQ(driver_issue_sync(driver, &illegal, 1), 0);
	TAP_EQ(guest.msis, 1);
	TAP_EQ(driver->stats.illegal_commands, 1);
	smmu_guest_close(&guest);
}

static void no_interrupts_while_they_are_disabled(void *context)
{
	const struct driver_command illegal = {{0xff, 0}};
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;

	open_guest(context, &(struct smmu_guest_options){.driver = {.polled = true}});
	attach_space(0, &space);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_HOLE, false, SMMU_F_TRANSLATION);
	TAP_EQ(driver_issue_sync(driver, &illegal, 1), 0);
	TAP_EQ(driver->stats.illegal_commands, 1);
	for (unsigned int irq = 0; irq < IRQ_COUNT; irq++)
		TAP_EQ(guest.irqs[irq], 0);
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"probe_sees_what_was_promised", "S1 S10", probe_sees_what_was_promised},
	{"reset_enables_everything", "S1 S2 S10", reset_enables_everything},
	{"registers_can_be_written_in_halves", "S1", registers_can_be_written_in_halves},
	{"bases_are_read_only_while_in_use", "S1", bases_are_read_only_while_in_use},
	{"gbpa_holds_before_the_first_driver", "S1 S4 P13", gbpa_holds_before_the_first_driver},
	{"gbpa_without_update_is_no_change", "S1", gbpa_without_update_is_no_change},
	{"smmuen_holds_for_every_endpoint", "S4 P13", smmuen_holds_for_every_endpoint},
	{"machine_reset_and_boot_again", "S1 S10", machine_reset_and_boot_again},
	{"crash_kernel_takes_over", "S4 S10", crash_kernel_takes_over},
	{"events_by_wire", "S5", events_by_wire},
	{"events_by_msi", "S5", events_by_msi},
	{"errors_by_msi", "S5", errors_by_msi},
	{"no_interrupts_while_they_are_disabled", "S5", no_interrupts_while_they_are_disabled},
};
const struct suite_smmu_part suite_smmu_registers = {tests, sizeof(tests) / sizeof(tests[0])};
