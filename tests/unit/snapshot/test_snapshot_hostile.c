/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots that are damaged, made up or too new. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/events/pending.h"
#include "snapshot_fixture.h"

TEST(damage_is_noticed)
{
	static const uint8_t damages[] = {0x01, 0x80, 0xff};

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

TEST(another_length_is_noticed)
{
	uint8_t *longer = calloc(1, fixture.length + 1);

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

TEST(newer_versions_are_refused)
{
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

TEST(values_out_of_range_are_refused)
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
		{COUNTERS, 8, 77},	       /* they do not add up */
		{STREAMS, 0, VSID + 1},	       /* twice */
		{STREAMS, 4, VSID - 1},	       /* not in order */
		{EVENTS, 4, VSID + ENDPOINTS}, /* no such stream */
	};

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
TEST(what_is_not_there_is_not_on)
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
TEST(other_sections_are_refused)
{
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
TEST(a_batch_has_a_limit)
{
	const size_t more = (INVALIDATION_MAX + 1) * 16;
	uint8_t *bytes = calloc(1, fixture.length + more), *batch = fixture_section(BATCH);
	const uint32_t length = fixture_get32(batch - 4);
	const size_t before = (size_t)(batch - fixture.bytes) + length;

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

/* @extra more records, copies of the first one, and a number of them in COUNTERS that fits. */
static uint8_t *with_more_events(uint32_t extra, size_t *length)
{
	const uint8_t *events = fixture_section(EVENTS);
	const size_t before = (size_t)(events - fixture.bytes);
	const uint32_t there = fixture_get32(events - 4) / VSMMU_EVENT_RECORD_SIZE;
	const uint32_t count = there + extra;
	uint8_t *bytes, *counters = fixture_section(COUNTERS);

	*length = before + (size_t)count * VSMMU_EVENT_RECORD_SIZE + 4;
	bytes = malloc(*length);
	assert_non_null(bytes);
	memcpy(bytes, fixture.bytes, fixture.length - 4);
	for (uint32_t i = there; i < count; i++)
		memcpy(bytes + before + (size_t)i * VSMMU_EVENT_RECORD_SIZE, events,
			VSMMU_EVENT_RECORD_SIZE);
	fixture_put(bytes + before - 4, count * VSMMU_EVENT_RECORD_SIZE, 4);
	counters = bytes + (counters - fixture.bytes);
	/* sequenced, and pending */
	fixture_put(counters, fixture_get32(counters) + extra, 8);
	fixture_put(counters + 4 * 8, count, 8);
	fixture_seal(bytes, *length);
	return bytes;
}

TEST(events_have_a_limit)
{
	const uint32_t there = FIXTURE_EVENTS - 1;
	struct vsmmu_stats stats;
	uint8_t *bytes;
	size_t length;

	bytes = with_more_events(PENDING_MAX + 1 - there, &length);
	fixture_assert_refused(bytes, length, -EBADMSG);
	free(bytes);
	bytes = with_more_events(PENDING_MAX - there, &length);
	assert_int_equal(fixture_restore(bytes, length), 0);
	free(bytes);
	stats = test_vmm_stats(fixture.to.vmm);
	assert_int_equal(stats.pending, PENDING_MAX);
	assert_int_equal(stats.sequenced, PENDING_MAX + 1);
	/* All of it goes in one go, for those who must be sure that it has gone. */
	assert_int_equal(vsmmu_reset(fixture.to.vmm->vsmmu), 0);
	stats = test_vmm_stats(fixture.to.vmm);
	assert_int_equal(stats.pending, 0);
	assert_int_equal(stats.discarded_by[VSMMU_DISCARD_RESET], PENDING_MAX);
}

/* The number of records and stats.pending are one number. */
TEST(events_are_as_many_as_the_counters_say)
{
	uint8_t *counters = fixture_section(COUNTERS);

	for (int change = -1; change <= 1; change += 2) {
		const uint32_t sequenced = fixture_get32(counters);
		const uint32_t pending = fixture_get32(counters + 32);

		assert_int_equal(pending, FIXTURE_EVENTS - 1);
		fixture_put(counters, sequenced + (uint32_t)change, 4);
		fixture_put(counters + 32, pending + (uint32_t)change, 4);
		fixture_seal(fixture.bytes, fixture.length);
		fixture_assert_refused(fixture.bytes, fixture.length, -EBADMSG);
		fixture_put(counters, sequenced, 4);
		fixture_put(counters + 32, pending, 4);
	}
	fixture_seal(fixture.bytes, fixture.length);
	fixture_assert_still_good();
}

#define SID	 ((uint64_t)VSID << 32)
#define STALL	 (UINT64_C(1) << 31)
#define RNW	 (UINT64_C(1) << 35)
#define S2	 (UINT64_C(1) << 39)
#define CLASS_TT (UINT64_C(1) << 40)
#define CLASS_IN (UINT64_C(2) << 40)
#define SSV	 (UINT64_C(1) << 11)
#define SSID(n)	 ((uint64_t)(n) << 12)

/* Each record is what the forwarder could have let through, or the snapshot is refused. */
TEST(each_event_is_judged)
{
	const struct {
		uint64_t word[4];
		int ret;
	} events[] = {
		{{SID | VSMMU_EVENT_F_TRANSLATION, RNW | CLASS_IN, 0x1000, 0}, 0},
		{{SID | VSMMU_EVENT_F_PERMISSION, RNW | CLASS_TT, UINT64_MAX, 0}, 0},
		/* What C_BAD_STE stood for, and C_BAD_STE itself. */
		{{SID | VSMMU_EVENT_C_BAD_STE, 0, 0, 0}, 0},
		{{SID | VSMMU_EVENT_C_BAD_STREAMID, 0, 0, 0}, 0},
		{{SID | VSMMU_EVENT_F_STE_FETCH, 0, 0, 0x00fffffffffffff8}, 0},
		/* FetchAddr out of range, or in an event that has none. */
		{{SID | VSMMU_EVENT_F_STE_FETCH, 0, 0, 0x0100000000000000}, -EBADMSG},
		{{SID | VSMMU_EVENT_F_STE_FETCH, 0, 0, 4}, -EBADMSG},
		{{SID | VSMMU_EVENT_C_BAD_STREAMID, 0, 0, 8}, -EBADMSG},
		{{SID | VSMMU_EVENT_C_BAD_STE, 0, 0, 8}, -EBADMSG},
		{{SID | VSMMU_EVENT_F_STE_FETCH, 1, 0, 8}, -EBADMSG},
		{{SID | VSMMU_EVENT_C_BAD_STREAMID, 0, 1, 0}, -EBADMSG},
		/* Another StreamID than an endpoint's. */
		{{(SID - (UINT64_C(1) << 32)) | VSMMU_EVENT_F_TRANSLATION, RNW | CLASS_IN, 0, 0},
			-EBADMSG},
		{{(SID + ((uint64_t)ENDPOINTS << 32)) | VSMMU_EVENT_F_TRANSLATION, RNW | CLASS_IN,
			 0, 0},
			-EBADMSG},
		{{UINT64_C(0xffffffff) << 32 | VSMMU_EVENT_C_BAD_STREAMID, 0, 0, 0}, -EBADMSG},
		/* A stall, stage 2, and an IPA. */
		{{SID | VSMMU_EVENT_F_TRANSLATION, STALL | RNW | CLASS_IN, 0x1000, 0}, -EBADMSG},
		{{SID | VSMMU_EVENT_F_TRANSLATION, S2 | RNW | CLASS_IN, 0x1000, 0}, -EBADMSG},
		{{SID | VSMMU_EVENT_F_TRANSLATION, RNW | CLASS_IN, 0x1000, 0x1000}, -EBADMSG},
		/* Reserved bits. */
		{{SID | 0x100 | VSMMU_EVENT_F_TRANSLATION, RNW | CLASS_IN, 0x1000, 0}, -EBADMSG},
		{{SID | VSMMU_EVENT_F_TRANSLATION, RNW | CLASS_IN | UINT64_C(1) << 63, 0x1000, 0},
			-EBADMSG},
		{{SID | VSMMU_EVENT_F_TRANSLATION, RNW | CLASS_IN, 0x1000, UINT64_C(1) << 63},
			-EBADMSG},
		/* A SubstreamID, which this guest's SMMU does not have. */
		{{SID | SSV | SSID(1) | VSMMU_EVENT_F_TRANSLATION, RNW | CLASS_IN, 0x1000, 0},
			-EBADMSG},
		{{SID | SSID(1) | VSMMU_EVENT_F_TRANSLATION, RNW | CLASS_IN, 0x1000, 0}, -EBADMSG},
		/* Ids that are none, or that no vEVENTQ has. */
		{{SID, 0, 0, 0}, -EBADMSG},
		{{SID | VSMMU_EVENT_F_UUT, 0, 0, 0}, -EBADMSG},
		{{SID | VSMMU_EVENT_F_CD_FETCH, 0, 0, 0}, -EBADMSG},
		{{SID | 0xff, 0, 0, 0}, -EBADMSG},
	};
	uint8_t *last = fixture_section(EVENTS) + (FIXTURE_EVENTS - 2) * VSMMU_EVENT_RECORD_SIZE;

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		int ret;

		for (int n = 0; n < 4; n++)
			fixture_put(last + 8 * n, events[i].word[n], 8);
		fixture_seal(fixture.bytes, fixture.length);
		ret = fixture_restore(fixture.bytes, fixture.length);
		if (ret != events[i].ret)
			fail_msg("event %zu: %d", i, ret);
		if (ret) {
			fixture_assert_untouched();
			continue;
		}
		/* As it is, it comes to the guest. */
		vsmmu_dispatch(fixture.to.vmm->vsmmu, 0);
		assert_int_equal(test_vmm_read(fixture.to.vmm, SMMU_EVENTQ_PROD), FIXTURE_EVENTS);
		for (uint64_t n = 0; n < 4; n++)
			assert_int_equal(test_vmm_load64(fixture.to.vmm,
						 EVENTQ + (FIXTURE_EVENTS - 1) * 32 + 8 * n),
				events[i].word[n]);
		/* A fresh one for the next. */
		machine_free(&fixture.to);
		fixture_machine_new(&fixture.to);
	}
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
		FIXTURE_TEST(events_are_as_many_as_the_counters_say),
		FIXTURE_TEST(each_event_is_judged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
