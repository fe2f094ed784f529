/* SPDX-License-Identifier: BSD-2-Clause */
/* PASIDs: CD tables of one and two levels, S1DSS. */
#include "conformance/suite_smmu.h"

static struct smmu_guest guest;

/* @options: with the bits of the CD tables; the SMMU has what the machine has. */
static void open_guest(struct smmu_machine *machine, const struct driver_options *options)
{
	if (machine->ssid_bits < options->ssid_bits)
		tap_skip("endpoints with %u bits of SubstreamID", machine->ssid_bits);
	smmu_guest_open(&guest, machine,
		&(struct smmu_guest_options){
			.vsmmu = {.ssid_bits = machine->ssid_bits},
			.driver = *options,
		});
}

static int access_with(uint32_t ssid, uint64_t iova, bool write)
{
	const struct vsmmu_access access = {
		.flags = VSMMU_ACCESS_SSID | (write ? VSMMU_ACCESS_WRITE : 0),
		.ssid = ssid,
		.address = iova,
	};

	return smmu_guest_dma(&guest, 0, &access, 32);
}

static void expect_fault_with(uint32_t ssid, unsigned int id)
{
	const struct vsmmu_access access = {
		.flags = VSMMU_ACCESS_SSID,
		.ssid = ssid,
		.address = SMMU_GUEST_FROM,
	};

	smmu_guest_expect_access_fault(&guest, 0, &access, id);
	TAP_EQ(SMMU_EVENT_SSID(guest.record[guest.records - 1][0]), ssid);
}

static void expect_space_with(uint32_t ssid, struct smmu_guest_space *space)
{
	for (unsigned int i = 0; i < 32; i++) {
		space->from[i] = (uint8_t)(ssid + i);
		space->to[i] = 0;
	}
	TAP_EQ(access_with(ssid, SMMU_GUEST_FROM, false), 0);
	TAP_EQ(access_with(ssid, SMMU_GUEST_TO, true), 0);
	for (unsigned int i = 0; i < 32; i++)
		TAP_EQ(space->to[i], (uint8_t)(ssid + i));
}

static void substreams_work(struct smmu_machine *machine, const struct driver_options *options)
{
	const unsigned int bits = options->ssid_bits;
	const uint32_t ssids[] = {1, (1u << bits) / 2, (1u << bits) - 1};
	struct smmu_guest_space without, with[3];
	struct driver *driver = &guest.driver;

	open_guest(machine, options);
	smmu_guest_make_space(&guest, &without, NULL);
	TAP_EQ(driver_attach(driver, guest.vsid[0], &without.domain), 0);
	for (unsigned int i = 0; i < 3; i++) {
		smmu_guest_make_space(&guest, &with[i], NULL);
		TAP_EQ(driver_set_cd(driver, guest.vsid[0], ssids[i], &with[i].domain), 0);
	}
	smmu_guest_expect_space(&guest, 0, &without);
	for (unsigned int i = 0; i < 3; i++)
		expect_space_with(ssids[i], &with[i]);
	expect_fault_with(2, SMMU_C_BAD_CD);
	/* One goes, the others stay. */
	TAP_EQ(driver_set_cd(driver, guest.vsid[0], ssids[1], NULL), 0);
	expect_fault_with(ssids[1], SMMU_C_BAD_CD);
	expect_space_with(ssids[0], &with[0]);
	expect_space_with(ssids[2], &with[2]);
	smmu_guest_expect_space(&guest, 0, &without);
	smmu_guest_close(&guest);
}

static void substreams_of_a_linear_table(void *context)
{
	substreams_work(context, &(struct driver_options){.ssid_bits = 5});
	substreams_work(context, &(struct driver_options){.ssid_bits = 12, .cd_linear = true});
}

static void substreams_of_a_two_level_table(void *context)
{
	substreams_work(context, &(struct driver_options){.ssid_bits = 12});
	substreams_work(context, &(struct driver_options){.ssid_bits = 16});
	substreams_work(context, &(struct driver_options){.ssid_bits = 9, .cd_leaf_4k = true});
}

static void substreams_beyond_the_table(void *context)
{
	struct smmu_guest_space space;

	open_guest(context, &(struct driver_options){.ssid_bits = 4});
	smmu_guest_make_space(&guest, &space, NULL);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[0], &space.domain), 0);
	expect_fault_with(16, SMMU_C_BAD_SUBSTREAMID);
	smmu_guest_close(&guest);
}

static void cd_table_larger_than_the_smmu_knows(void *context)
{
	struct smmu_guest_space space;
	struct driver *driver = &guest.driver;
	uint64_t ste[DRIVER_STE_WORDS];

	open_guest(context, &(struct driver_options){.ssid_bits = 4});
	smmu_guest_make_space(&guest, &space, NULL);
	TAP_EQ(driver_attach(driver, guest.vsid[0], &space.domain), 0);
	TAP_EQ(driver_make_ste(driver, guest.vsid[0], ste), 0);
	ste[0] |= SMMU_STE0_CDMAX(31);
	TAP_EQ(driver_write_ste(driver, guest.vsid[0], ste), 0);
	TAP_EQ(driver_cfgi_ste(driver, guest.vsid[0], true), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_C_BAD_STE);
	smmu_guest_close(&guest);
}

static void transactions_without_substream(void *context)
{
	struct smmu_guest_space space, other;
	struct driver *driver = &guest.driver;

	open_guest(context, &(struct driver_options){.ssid_bits = 4});
	smmu_guest_make_space(&guest, &space, NULL);
	smmu_guest_make_space(&guest, &other, NULL);
	TAP_EQ(driver_attach(driver, guest.vsid[0], &space.domain), 0);
	TAP_EQ(driver_set_cd(driver, guest.vsid[0], 3, &other.domain), 0);
	TAP_EQ(driver_set_s1dss(driver, guest.vsid[0], SMMU_S1DSS_TERMINATE), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_FROM, false, SMMU_F_STREAM_DISABLED);
	expect_space_with(3, &other);
	TAP_EQ(driver_set_s1dss(driver, guest.vsid[0], SMMU_S1DSS_BYPASS), 0);
	smmu_guest_expect_bypass(&guest, 0, &space);
	expect_space_with(3, &other);
	TAP_EQ(driver_set_s1dss(driver, guest.vsid[0], SMMU_S1DSS_SSID0), 0);
	smmu_guest_expect_space(&guest, 0, &space);
	expect_fault_with(0, SMMU_F_STREAM_DISABLED);
	smmu_guest_close(&guest);
}

static void substreams_need_to_be_promised(void *context)
{
	struct smmu_machine *machine = context;
	struct smmu_guest_space space;

	if (!machine->ssid_bits)
		tap_skip("endpoints without SubstreamIDs");
	smmu_guest_open(&guest, machine, NULL);
	TAP_EQ(guest.driver.features.ssid_bits, 0);
	smmu_guest_make_space(&guest, &space, NULL);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[0], &space.domain), 0);
	TAP_CHECK(access_with(1, SMMU_GUEST_FROM, false) || !machine->sees_aborts,
		"a SubstreamID got through");
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"substreams_of_a_linear_table", "S4 S8", substreams_of_a_linear_table},
	{"substreams_of_a_two_level_table", "S4 S8", substreams_of_a_two_level_table},
	{"substreams_beyond_the_table", "S4 S8", substreams_beyond_the_table},
	{"cd_table_larger_than_the_smmu_knows", "S4", cd_table_larger_than_the_smmu_knows},
	{"transactions_without_substream", "S4 S8", transactions_without_substream},
	{"substreams_need_to_be_promised", "S1 S4", substreams_need_to_be_promised},
};
const struct suite_smmu_part suite_smmu_substreams = {tests, sizeof(tests) / sizeof(tests[0])};
