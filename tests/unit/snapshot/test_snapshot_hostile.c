/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots that are damaged, made up or too new. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot_fixture.h"

static void damage_is_noticed(void **unused)
{
	static const uint8_t damages[] = {0x01, 0x80, 0xff};

	(void)unused;
	for (size_t i = 0; i < fixture.length; i++) {
		for (size_t j = 0; j < sizeof(damages); j++) {
			fixture.bytes[i] ^= damages[j];
			assert_int_equal(fixture_restore(fixture.bytes, fixture.length), -EBADMSG);
			fixture.bytes[i] ^= damages[j];
		}
	}
	fixture_assert_untouched();
	fixture_assert_still_good();
}

static void another_length_is_noticed(void **unused)
{
	uint8_t *longer = calloc(1, fixture.length + 1);

	(void)unused;
	assert_non_null(longer);
	memcpy(longer, fixture.bytes, fixture.length);
	assert_int_equal(fixture_restore(longer, fixture.length + 1), -EBADMSG);
	for (size_t length = 0; length < fixture.length; length++) {
		assert_int_equal(fixture_restore(fixture.bytes, length), -EBADMSG);
		/* And cut short on purpose. */
		memcpy(longer, fixture.bytes, length);
		if (length < FIXTURE_HEADER + 4)
			continue;
		fixture_seal(longer, length);
		assert_int_equal(fixture_restore(longer, length), -EBADMSG);
	}
	free(longer);
	fixture_assert_untouched();
	fixture_assert_still_good();
}

static void newer_versions_are_refused(void **unused)
{
	(void)unused;
	fixture_put(fixture.bytes + 8, SNAPSHOT_VERSION + 1, 4);
	fixture_seal(fixture.bytes, fixture.length);
	fixture_assert_refused(fixture.bytes, fixture.length, -EPROTONOSUPPORT);
	fixture_put(fixture.bytes + 8, 0, 4);
	fixture_seal(fixture.bytes, fixture.length);
	fixture_assert_refused(fixture.bytes, fixture.length, -EBADMSG);
}

struct value {
	enum tag tag;
	size_t offset;
	uint32_t value;
};

/* The place of a register's low half in its section. */
static size_t row(uint64_t offset)
{
	return register_row(offset) * sizeof(uint64_t);
}

static void values_out_of_range_are_refused(void **unused)
{
	const struct value bad[] = {
		{CONFIG, 0, 2},			 /* a flag */
		{CONFIG, 0, 0},			 /* an event path with a command queue */
		{CONFIG, 4, 20},		 /* eventq_log2_max */
		{CONFIG, 4, 0}, {CONFIG, 8, 20}, /* cmdq_log2_max */
		{CONFIG, 12, 21},		 /* ssid_bits */
		{IDENTITY, 0, 0x0d48101f},	 /* stage 2 */
		{IDENTITY, 0, 0x0d484012},	 /* no tables */
		{IDENTITY, 0, 0x0c40301a}, {IDENTITY, 0, 0x0e40301a}, /* stalls */
		{IDENTITY, 20, 0x10074},			      /* STALL_MAX */
		{IDENTITY, 24, 0x0043b000}, {IDENTITY, 28, 2},	      /* IIDR, AIDR */
		{IDENTITY, 4, 0x02730021},			      /* SIDSIZE 33 */
		{IDENTITY, 4, 0x02730004}, /* SIDSIZE that has no room for the vSIDs */
		{IDENTITY, 4, 0x02530010}, /* CMDQS other than config */
		{IDENTITY, 8, 1}, {IDENTITY, 12, 0x1c04}, /* BBML 3 */
		{IDENTITY, 20, 0x77},			  /* OAS 7 */
		{REGISTERS, row(SMMU_CR0), 5},		  /* what CR0ACK does not say */
		{REGISTERS, row(SMMU_CR0ACK), 5}, {REGISTERS, row(SMMU_CR0) + 4, 1},
		{REGISTERS, row(SMMU_CR1), 0x1000}, {REGISTERS, row(SMMU_CR2), 1},
		{REGISTERS, row(SMMU_GBPA), SMMU_GBPA_UPDATE}, {REGISTERS, row(SMMU_IRQ_CTRL), 8},
		{REGISTERS, row(SMMU_IRQ_CTRLACK), 0}, {REGISTERS, row(SMMU_GERROR), 2},
		{REGISTERS, row(SMMU_GERRORN), 0x80000000},
		{REGISTERS, row(SMMU_GERROR_IRQ_CFG0), 1},
		{REGISTERS, row(SMMU_GERROR_IRQ_CFG2), 0x40},
		{REGISTERS, row(SMMU_EVENTQ_IRQ_CFG1) + 4, 1},
		{REGISTERS, row(SMMU_STRTAB_BASE), 0x20},
		{REGISTERS, row(SMMU_STRTAB_BASE_CFG), 0x800},
		{REGISTERS, row(SMMU_EVENTQ_BASE) + 4, 0x80000000},
		{REGISTERS, row(SMMU_EVENTQ_PROD), 0x100000},
		{REGISTERS, row(SMMU_EVENTQ_CONS), 0x40000000},
		{REGISTERS, row(SMMU_CMDQ_BASE) + 4, 0x01000000},
		{REGISTERS, row(SMMU_CMDQ_PROD), 0x80000000},
		{REGISTERS, row(SMMU_CMDQ_CONS), 0x80000000}, {BATCH, 0, 3},
		{BATCH, 4, COMMAND_OP_SYNC}, {BATCH, 4, COMMAND_OP_CFGI_STE},
		{COUNTERS, 8, 77},	/* they do not add up */
		{STREAMS, 0, VSID + 1}, /* twice */
		{STREAMS, 4, VSID - 1}, /* not in order */
		{EVENTS, 0, 1},		/* a LOST header: then it is cut short */
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *at = fixture_section(bad[i].tag) + bad[i].offset;
		uint32_t before = fixture_get32(at);

		fixture_put(at, bad[i].value, 4);
		fixture_seal(fixture.bytes, fixture.length);
		if (fixture_restore(fixture.bytes, fixture.length) != -EBADMSG)
			fail_msg("section %d, offset %zu, %#x is taken", bad[i].tag, bad[i].offset,
				bad[i].value);
		fixture_put(at, before, 4);
	}
	fixture_assert_untouched();
	fixture_seal(fixture.bytes, fixture.length);
	fixture_assert_still_good();
}

static void change(const struct value *value)
{
	fixture_put(fixture_section(value->tag) + value->offset, value->value, 4);
	fixture_seal(fixture.bytes, fixture.length);
}

/* Registers of what the guest's SMMU does not have. */
static void what_is_not_there_is_not_on(void **unused)
{
	const uint32_t cr0 = SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN;
	const struct value no_msi = {IDENTITY, 0, 0x0d40101a};
	const struct {
		struct value value[2];
	} bad[] = {
		{{no_msi, {REGISTERS, row(SMMU_GERROR_IRQ_CFG0), 0x1000}}},
		{{no_msi, {REGISTERS, row(SMMU_GERROR_IRQ_CFG1), 1}}},
		{{no_msi, {REGISTERS, row(SMMU_GERROR_IRQ_CFG2), 1}}},
		{{no_msi, {REGISTERS, row(SMMU_EVENTQ_IRQ_CFG0), 0x1000}}},
		{{no_msi, {REGISTERS, row(SMMU_EVENTQ_IRQ_CFG1), 1}}},
		{{no_msi, {REGISTERS, row(SMMU_EVENTQ_IRQ_CFG2), 1}}},
		{{no_msi, {REGISTERS, row(SMMU_GERROR), SMMU_GERROR_MSI_CMDQ_ABT}}},
		{{no_msi, {REGISTERS, row(SMMU_GERRORN), SMMU_GERROR_MSI_GERROR_ABT}}},
		{{{REGISTERS, row(SMMU_CR0), cr0 | SMMU_CR0_ATSCHK},
			{REGISTERS, row(SMMU_CR0ACK), cr0 | SMMU_CR0_ATSCHK}}},
		{{{IDENTITY, 0, 0x0e40301a}, {IDENTITY, 20, 0x10074}}}, /* stalls, STALL_MAX 1 */
	};
	uint8_t *good = malloc(fixture.length);

	(void)unused;
	assert_non_null(good);
	memcpy(good, fixture.bytes, fixture.length);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		change(&bad[i].value[0]);
		change(&bad[i].value[1]);
		if (fixture_restore(fixture.bytes, fixture.length) != -EBADMSG)
			fail_msg("pair %zu is taken", i);
		memcpy(fixture.bytes, good, fixture.length);
	}
	free(good);
	fixture_assert_untouched();
	change(&no_msi);
	fixture_assert_still_good();
}

/* Unknown, missing, doubled or of another length. */
static void other_sections_are_refused(void **unused)
{
	(void)unused;
	for (uint8_t *at = fixture.bytes + FIXTURE_HEADER; at < fixture.bytes + fixture.length - 4;
		at += 8 + fixture_get32(at + 4)) {
		const uint32_t tag = fixture_get32(at), length = fixture_get32(at + 4);
		const uint32_t others[] = {0, tag + 1, tag - 1, 10, UINT32_MAX};
		const uint32_t lengths[] = {0, length - 1, length + 1, length + 8, UINT32_MAX};

		for (size_t i = 0; i < 5; i++) {
			fixture_put(at, others[i], 4);
			fixture_seal(fixture.bytes, fixture.length);
			assert_int_equal(fixture_restore(fixture.bytes, fixture.length), -EBADMSG);
			fixture_put(at, tag, 4);
			fixture_put(at + 4, lengths[i], 4);
			fixture_seal(fixture.bytes, fixture.length);
			assert_int_equal(fixture_restore(fixture.bytes, fixture.length), -EBADMSG);
			fixture_put(at + 4, length, 4);
		}
	}
	fixture_assert_untouched();
	fixture_seal(fixture.bytes, fixture.length);
	fixture_assert_still_good();
}

/* More commands than a batch holds. */
static void a_batch_has_a_limit(void **unused)
{
	const size_t more = (INVALIDATION_MAX + 1) * 16;
	uint8_t *bytes = calloc(1, fixture.length + more), *batch = fixture_section(BATCH);
	const uint32_t length = fixture_get32(batch - 4);
	const size_t before = (size_t)(batch - fixture.bytes) + length;

	(void)unused;
	assert_non_null(bytes);
	memcpy(bytes, fixture.bytes, before);
	fixture_put(bytes + before - length - 4, length + more, 4);
	for (size_t at = before; at < before + more; at += 16)
		bytes[at] = COMMAND_OP_TLBI_NH_ALL;
	memcpy(bytes + before + more, fixture.bytes + before, fixture.length - before);
	fixture_seal(bytes, fixture.length + more);
	fixture_assert_refused(bytes, fixture.length + more, -EBADMSG);
	free(bytes);
}

/* As many LOST headers as one with the greatest depth could come to, and one more. */
static void events_have_a_limit(void **unused)
{
	uint8_t *events = fixture_section(EVENTS), *bytes;
	const size_t before = (size_t)(events - fixture.bytes);
	struct vsmmu_stats stats;

	(void)unused;
	bytes = malloc(before + (SNAPSHOT_RECORDS + 1) * 8 + 4);
	assert_non_null(bytes);
	memcpy(bytes, fixture.bytes, before);
	for (uint32_t i = 0; i <= SNAPSHOT_RECORDS; i++) {
		fixture_put(bytes + before + (size_t)i * 8, 1, 4);
		fixture_put(bytes + before + (size_t)i * 8 + 4, i, 4);
	}
	for (uint32_t count = SNAPSHOT_RECORDS + 1; count >= SNAPSHOT_RECORDS; count--) {
		fixture_put(bytes + before - 4, count * 8, 4);
		fixture_seal(bytes, before + count * 8 + 4);
		if (count > SNAPSHOT_RECORDS)
			fixture_assert_refused(bytes, before + count * 8 + 4, -EBADMSG);
	}
	stats = test_vmm_stats(fixture.to.vmm);
	assert_int_equal(fixture_restore(bytes, before + SNAPSHOT_RECORDS * 8 + 4), 0);
	/* All of it goes in one go, for those who must be sure that it has gone. */
	assert_int_equal(vsmmu_reset(fixture.to.vmm->vsmmu), 0);
	assert_int_equal(test_vmm_stats(fixture.to.vmm).lost - stats.lost, SNAPSHOT_RECORDS);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(damage_is_noticed),
		FIXTURE_TEST(another_length_is_noticed),
		FIXTURE_TEST(newer_versions_are_refused),
		FIXTURE_TEST(values_out_of_range_are_refused),
		FIXTURE_TEST(what_is_not_there_is_not_on),
		FIXTURE_TEST(other_sections_are_refused),
		FIXTURE_TEST(a_batch_has_a_limit),
		FIXTURE_TEST(events_have_a_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
