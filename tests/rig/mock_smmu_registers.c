/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and interrupts, with endpoints attached to the real kernel's objects. */
#include <errno.h>

#include "mock_smmu.h"

#define SECURE_CR0 0x8020
#define NOBODY	   UINT64_C(0xfee00000) /* neither memory nor doorbell */

static struct smmu_guest guest;
static struct driver_domain domain;

static void open_guest(void *context, const struct smmu_guest_options *options)
{
	smmu_guest_open(&guest, context, options);
}

/* The mock is no SMMUv3: nothing is known, and the guest gets what the config says. */
static void identity_comes_from_the_config(void *context)
{
	struct smmu_machine *machine = context;
	const struct driver_features *features = &guest.driver.features;
	struct host_hw_info info;

	TAP_EQ(machine->host->ops->hw_info(machine->host, &machine->endpoint[0], &info),
		-EOPNOTSUPP);
	open_guest(context, &(struct smmu_guest_options){
				    .vsmmu = {.sid_bits = 12,
					    .ssid_bits = 3,
					    .eventq_log2_max = 9,
					    .cmdq_log2_max = 11,
					    .oas_bits = 40},
			    });
	TAP_EQ(features->sid_bits, 12);
	TAP_EQ(features->ssid_bits, 3);
	TAP_EQ(features->eventq_log2, 9);
	TAP_EQ(features->cmdq_log2, 11);
	TAP_EQ(features->oas_bits, 40);
	TAP_CHECK(features->msi, "no MSIs");
	TAP_CHECK(!features->ats && !features->hyp && !features->stalls, "more than was asked for");
	mock_smmu_attach(&guest, 0, &domain);
	mock_smmu_expect_event(&guest, 0);
	smmu_guest_close(&guest);
}

static void ats_needs_an_endpoint_that_can(void *context)
{
	struct smmu_machine *machine = context;
	const struct host_endpoint *endpoint = &machine->endpoint[0];
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.dev_id = endpoint->dev_id,
		.vfio_fd = endpoint->vfio_fd,
		.attach = endpoint->attach,
		.attach_opaque = endpoint->opaque,
	};
	struct vsmmu_endpoint *handle = NULL;

	open_guest(context,
		&(struct smmu_guest_options){.off = true, .detached = true, .vsmmu = {.ats = 1}});
	TAP_EQ(vsmmu_endpoint_attach(guest.vsmmu, &config, &handle), -ENODEV);
	TAP_CHECK(!handle, "an endpoint all the same");
	smmu_guest_close(&guest);
}

/* Right after a reset: everything is off, and endpoints bypass stage 1. */
static void reset_values(void *context)
{
	static const uint64_t zero[] = {MMIO_CR0, MMIO_CR0ACK, MMIO_CR1, MMIO_CR2, MMIO_STATUSR,
		MMIO_IRQ_CTRL, MMIO_IRQ_CTRLACK, MMIO_GERROR, MMIO_GERRORN, MMIO_STRTAB_BASE,
		MMIO_STRTAB_BASE_CFG, MMIO_CMDQ_BASE, MMIO_CMDQ_PROD, MMIO_CMDQ_CONS,
		MMIO_EVENTQ_BASE, MMIO_EVENTQ_PROD, MMIO_EVENTQ_CONS, MMIO_GERROR_IRQ_CFG0,
		MMIO_EVENTQ_IRQ_CFG0};
	struct driver *driver = &guest.driver;

	open_guest(context, &(struct smmu_guest_options){.off = true});
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
			TAP_EQ(driver_read32(driver, zero[i]), 0);
		TAP_EQ(driver_read32(driver, MMIO_GBPA) & (MMIO_GBPA_ABORT | MMIO_GBPA_UPDATE), 0);
		for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
			TAP_CHECK(mock_smmu_of(&guest)->endpoint[n].pt_id, "no access");
			mock_smmu_expect_silence(&guest, n);
		}
		TAP_EQ(driver_probe(driver), 0);
		TAP_EQ(driver_reset(driver), 0);
		mock_smmu_attach(&guest, 0, &domain);
		mock_smmu_expect_event(&guest, 0);
		TAP_EQ(vsmmu_reset(guest.vsmmu), 0);
	}
	smmu_guest_close(&guest);
}

static void cr0_is_acknowledged_when_the_kernel_has_done_it(void *context)
{
	const uint32_t queues = MMIO_CR0_EVENTQEN | MMIO_CR0_CMDQEN;
	struct driver *driver = &guest.driver;

	open_guest(context, NULL);
	mock_smmu_attach(&guest, 0, &domain);
	for (unsigned int round = 0; round < 3; round++) {
		driver_write32(driver, MMIO_CR0, queues);
		TAP_EQ(driver_read32(driver, MMIO_CR0ACK), queues);
		mock_smmu_expect_silence(&guest, 0);
		driver_write32(driver, MMIO_CR0, queues | MMIO_CR0_SMMUEN);
		TAP_EQ(driver_read32(driver, MMIO_CR0ACK), queues | MMIO_CR0_SMMUEN);
		mock_smmu_expect_event(&guest, 0);
	}
	/* PRIQEN and what is reserved is never acknowledged; VMW is not there. */
	driver_write32(driver, MMIO_CR0, UINT32_MAX);
	TAP_EQ(driver_read32(driver, MMIO_CR0), queues | MMIO_CR0_SMMUEN);
	TAP_EQ(driver_read32(driver, MMIO_CR0ACK), queues | MMIO_CR0_SMMUEN);
	driver_write32(driver, MMIO_IRQ_CTRL, UINT32_MAX);
	TAP_EQ(driver_read32(driver, MMIO_IRQ_CTRLACK), MMIO_IRQ_EVENTQ | MMIO_IRQ_GERROR);
	mock_smmu_expect_event(&guest, 0);
	smmu_guest_close(&guest);
}

static void what_is_in_use_is_read_only(void *context)
{
	static const uint64_t guarded[] = {MMIO_CR2, MMIO_STRTAB_BASE, MMIO_STRTAB_BASE + 4,
		MMIO_STRTAB_BASE_CFG, MMIO_CMDQ_BASE, MMIO_CMDQ_BASE + 4, MMIO_CMDQ_CONS,
		MMIO_EVENTQ_BASE, MMIO_EVENTQ_BASE + 4, MMIO_EVENTQ_PROD, MMIO_EVENTQ_IRQ_CFG0,
		MMIO_EVENTQ_IRQ_CFG1, MMIO_EVENTQ_IRQ_CFG2, MMIO_GERROR_IRQ_CFG0,
		MMIO_GERROR_IRQ_CFG1, MMIO_GERROR_IRQ_CFG2, MMIO_IDR0, MMIO_IDR1, MMIO_IDR3,
		MMIO_IDR5, MMIO_IIDR, MMIO_AIDR, MMIO_CR0ACK, MMIO_IRQ_CTRLACK, MMIO_GERROR,
		MMIO_STATUSR};
	struct driver *driver = &guest.driver;

	open_guest(context, NULL);
	mock_smmu_attach(&guest, 0, &domain);
	for (unsigned int i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
		uint32_t before = driver_read32(driver, guarded[i]);

		tap_note("offset %#llx", (unsigned long long)guarded[i]);
		driver_write32(driver, guarded[i], ~before);
		TAP_EQ(driver_read32(driver, guarded[i]), before);
	}
	TAP_EQ(driver_cfgi_all(driver), 0);
	mock_smmu_expect_event(&guest, 0);
	smmu_guest_close(&guest);
}

/* Secure registers and all that nobody defined; accesses that there are none of. */
static void unknown_registers_are_nothing(void *context)
{
	static const uint64_t unknown[] = {
		SECURE_CR0, 0x8000, 0xfc0, 0x0a8, 0x0ac, 0x120, 0xe00, 0x10000, 0x1fff8};
	struct driver *driver = &guest.driver;
	uint64_t value = 1;

	open_guest(context, NULL);
	mock_smmu_attach(&guest, 0, &domain);
	for (unsigned int i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		driver_write32(driver, unknown[i], UINT32_MAX);
		TAP_EQ(driver_read32(driver, unknown[i]), 0);
	}
	TAP_EQ(vsmmu_mmio_read(guest.vsmmu, MMIO_CR0 + 1, 4, &value), -EINVAL);
	TAP_EQ(value, 0);
	TAP_EQ(vsmmu_mmio_write(guest.vsmmu, MMIO_CR0, 2, 0), -EINVAL);
	TAP_EQ(vsmmu_mmio_write(guest.vsmmu, MMIO_STRTAB_BASE + 4, 8, 0), -EINVAL);
	TAP_EQ(vsmmu_mmio_read(guest.vsmmu, 0x20000, 4, &value), -EINVAL);
	mock_smmu_expect_event(&guest, 0);
	smmu_guest_close(&guest);
}

/* Linux' crash kernel: the SMMU is on, its tables belong to a kernel that is dead. */
static void another_driver_takes_over(void *context)
{
	const struct driver_options options = {.kdump = true};
	struct driver *driver = &guest.driver;
	struct driver_memory memory;

	open_guest(context, NULL);
	mock_smmu_attach(&guest, 0, &domain);
	mock_smmu_expect_event(&guest, 0);
	memory = driver->memory;
	driver_destroy(driver);
	driver_init(driver, driver->ops, driver->opaque, &memory, &options);
	driver->memory.used = memory.used;
	TAP_EQ(driver_probe(driver), 0);
	TAP_EQ(driver_reset(driver), 0);
	TAP_EQ(driver_read32(driver, MMIO_CR0ACK), MMIO_CR0_SMMUEN | MMIO_CR0_CMDQEN);
	TAP_CHECK(driver_read32(driver, MMIO_GBPA) & MMIO_GBPA_ABORT, "GBPA was not closed");
	/* The kernel forwards, the queue is off. */
	TAP_EQ(mock_smmu_fault(&guest, 0, 1), 0);
	smmu_guest_run(&guest);
	TAP_EQ(guest.records, 1);
	TAP_EQ(mock_smmu_expect_accounted(&guest, 2).discarded_by[VSMMU_DISCARD_DISABLED], 1);
	smmu_guest_close(&guest);
}

static void events_by_wire(void *context)
{
	open_guest(context, NULL);
	mock_smmu_attach(&guest, 0, &domain);
	for (unsigned int i = 1; i < 4; i++) {
		mock_smmu_expect_event(&guest, 0);
		TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], i);
	}
	/* One edge for what comes at once. */
	TAP_EQ(mock_smmu_fault(&guest, 0, 7), 0);
	smmu_guest_run(&guest);
	TAP_EQ(guest.records, 10);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 4);
	TAP_EQ(guest.irqs[VSMMU_IRQ_GERROR], 0);
	smmu_guest_close(&guest);
}

static const struct smmu_guest_options with_msis = {
	.driver = {.doorbell = SMMU_GUEST_DOORBELL, .msi_data = {0x21, 0x22, 0x23}},
};

static void events_and_errors_by_msi(void *context)
{
	const struct driver_command illegal = {{0xff, 0}};

	open_guest(context, &with_msis);
	mock_smmu_attach(&guest, 0, &domain);
	mock_smmu_expect_event(&guest, 0);
	TAP_EQ(guest.msis, 1);
	TAP_EQ(driver_issue_sync(&guest.driver, &illegal, 1), 0);
	TAP_EQ(guest.driver.stats.illegal_commands, 1);
	TAP_EQ(guest.msis, 2);
	TAP_EQ(smmu_guest_stats(&guest).msi_aborts, 0);
	smmu_guest_close(&guest);
}

static void msi_to_nowhere_is_a_global_error(void *context)
{
	struct driver *driver = &guest.driver;

	open_guest(context, &with_msis);
	mock_smmu_attach(&guest, 0, &domain);
	TAP_EQ(driver_write_acked(driver, MMIO_IRQ_CTRL, MMIO_IRQ_CTRLACK, MMIO_IRQ_GERROR), 0);
	driver_write64(driver, MMIO_EVENTQ_IRQ_CFG0, NOBODY);
	TAP_EQ(driver_write_acked(
		       driver, MMIO_IRQ_CTRL, MMIO_IRQ_CTRLACK, MMIO_IRQ_GERROR | MMIO_IRQ_EVENTQ),
		0);
	/* The wired line comes all the same, so the record does as well. */
	mock_smmu_expect_event(&guest, 0);
	TAP_EQ(driver->stats.msi_aborts, 1);
	TAP_EQ(driver->stats.gerrors, 1);
	TAP_EQ(guest.msis, 1);
	TAP_EQ(smmu_guest_stats(&guest).msi_aborts, 1);
	TAP_EQ(driver_read32(driver, MMIO_GERROR), driver_read32(driver, MMIO_GERRORN));
	smmu_guest_close(&guest);
}

static void no_interrupts_while_they_are_disabled(void *context)
{
	const struct driver_command illegal = {{0xff, 0}};

	open_guest(context, &(struct smmu_guest_options){.driver = {.polled = true}});
	mock_smmu_attach(&guest, 0, &domain);
	mock_smmu_expect_event(&guest, 0);
	TAP_EQ(driver_issue_sync(&guest.driver, &illegal, 1), 0);
	TAP_EQ(guest.driver.stats.illegal_commands, 1);
	for (unsigned int irq = 0; irq < IRQ_COUNT; irq++)
		TAP_EQ(guest.irqs[irq], 0);
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"identity_comes_from_the_config", "S1 S10", identity_comes_from_the_config},
	{"ats_needs_an_endpoint_that_can", "S1", ats_needs_an_endpoint_that_can},
	{"reset_values", "S1 S10", reset_values},
	{"cr0_is_acknowledged_when_the_kernel_has_done_it", "S1 S4 P13",
		cr0_is_acknowledged_when_the_kernel_has_done_it},
	{"what_is_in_use_is_read_only", "S1", what_is_in_use_is_read_only},
	{"unknown_registers_are_nothing", "S1 P15", unknown_registers_are_nothing},
	{"another_driver_takes_over", "S1 S10", another_driver_takes_over},
	{"events_by_wire", "S5", events_by_wire},
	{"events_and_errors_by_msi", "S5", events_and_errors_by_msi},
	{"msi_to_nowhere_is_a_global_error", "S5", msi_to_nowhere_is_a_global_error},
	{"no_interrupts_while_they_are_disabled", "S5", no_interrupts_while_they_are_disabled},
};
const struct mock_smmu_part mock_smmu_registers = {tests, sizeof(tests) / sizeof(tests[0])};
