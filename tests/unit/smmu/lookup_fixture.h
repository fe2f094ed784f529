/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks at the guest's tables. Each is compared with vsmmu_translate(), and sees to it that nothing
 * has changed.
 */
#ifndef UNIT_LOOKUP_FIXTURE_H
#define UNIT_LOOKUP_FIXTURE_H

#include <errno.h>

#include <vsmmu/event.h>
#include <vsmmu/tables.h>

#include "translate_fixture.h"

#define BIT(n) (UINT64_C(1) << (n))

/* What a look must not change. */
struct traces {
	struct registers registers;
	struct vsmmu_stats stats;
	uint32_t prod;
	unsigned int writes, reports;
	bool frozen;
};

static inline struct traces traces_of(struct test_vmm *vmm)
{
	struct traces traces;

	memset(&traces, 0, sizeof(traces));
	memcpy(&traces.registers, &vmm->vsmmu->registers, sizeof(traces.registers));
	memcpy(&traces.stats, &vmm->vsmmu->stats, sizeof(traces.stats));
	traces.prod = atomic_load(&vmm->vsmmu->eventq.queue.prod);
	traces.writes = vmm->memory_writes;
	traces.reports = vmm->report_count;
	traces.frozen = atomic_load(&vmm->vsmmu->identity_is_frozen);
	return traces;
}

/* The event that a translation has recorded since, consumed; all 0 if there is none. */
static inline struct vsmmu_event_record recorded(struct test_vmm *vmm)
{
	const uint32_t cons = atomic_load(&vmm->vsmmu->eventq.queue.cons);
	const uint32_t prod = atomic_load(&vmm->vsmmu->eventq.queue.prod);
	struct vsmmu_event_record record = {0};

	if (prod == cons)
		return record;
	for (unsigned int i = 0; i < 4; i++)
		record.word[i] = test_vmm_load64(vmm, QUEUE + 32 * (cons & 3) + 8 * i);
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, (cons + 1) & 7);
	assert_int_equal(
		atomic_load(&vmm->vsmmu->eventq.queue.prod) & 7, (cons + 1) & 7); /* the only one */
	return record;
}

static inline void compare(
	struct test_vmm *vmm, const struct vsmmu_access *access, const struct vsmmu_tables *lookup)
{
	static const struct vsmmu_event_record none;
	struct vsmmu_event_record record;
	struct vsmmu_translation out;
	const int ret = run(vmm, access, &out);

	record = recorded(vmm);
	assert_memory_equal(&record, lookup->recorded ? &lookup->event : &none, sizeof(record));
	assert_int_equal(ret, lookup->outcome == VSMMU_LOOKUP_ABORTS ? -EFAULT : 0);
	if (ret)
		return;
	assert_int_equal(out.ignored, lookup->outcome == VSMMU_LOOKUP_IGNORED);
	if (out.ignored)
		return;
	assert_int_equal(lookup->outcome, VSMMU_LOOKUP_PASSES);
	assert_true(out.address == lookup->output);
	if (lookup->has_mapping)
		assert_true(((access->address + out.length) & (BIT(lookup->size_log2) - 1)) == 0);
}

/* Entries are where they are said to be, and descriptors follow each other. */
static inline void check_entries(struct test_vmm *vmm, const struct vsmmu_tables *lookup)
{
	if (lookup->has_l1std)
		assert_true(test_vmm_load64(vmm, lookup->l1std_address) == lookup->l1std);
	if (lookup->has_l1cd)
		assert_true(test_vmm_load64(vmm, lookup->l1cd_address) == lookup->l1cd);
	for (unsigned int i = 0; i < 8; i++) {
		if (lookup->has_ste)
			assert_true(test_vmm_load64(vmm, lookup->ste_address + 8 * i) ==
				    lookup->ste[i]);
		if (lookup->has_cd)
			assert_true(
				test_vmm_load64(vmm, lookup->cd_address + 8 * i) == lookup->cd[i]);
	}
	for (unsigned int i = 0; i < lookup->walk_count; i++)
		assert_int_equal(lookup->walk[i].level, lookup->walk[0].level + (int)i);
	for (unsigned int i = lookup->walk_count; i < VSMMU_LOOKUP_LEVELS; i++)
		assert_true(lookup->walk[i].address == 0 && lookup->walk[i].value == 0);
}

static inline struct vsmmu_tables look_at(
	struct test_vmm *vmm, uint32_t sid, uint32_t ssid, uint64_t iova)
{
	const struct traces before = traces_of(vmm);
	struct traces after;
	struct vsmmu_tables lookup;
	const struct vsmmu_access access = {.vsid = sid,
		.flags = ssid == VSMMU_NO_SSID ? 0 : VSMMU_ACCESS_SSID,
		.ssid = ssid == VSMMU_NO_SSID ? 0 : ssid,
		.address = iova};

	memset(&lookup, 0xa5, sizeof(lookup));
	lookup.size = sizeof(lookup);
	vmm->memory_reads = 0;
	assert_int_equal(vsmmu_lookup(vmm->vsmmu, sid, ssid, iova, &lookup), 0);
	assert_int_equal(lookup.size, sizeof(lookup));
	assert_true(vmm->memory_reads <= 9);
	after = traces_of(vmm);
	assert_memory_equal(&before, &after, sizeof(before));
	check_entries(vmm, &lookup);
	if (iova != VSMMU_NO_IOVA)
		compare(vmm, &access, &lookup);
	return lookup;
}

static inline struct vsmmu_tables look(struct test_vmm *vmm, uint64_t iova)
{
	return look_at(vmm, SID, VSMMU_NO_SSID, iova);
}

static inline struct vsmmu_event expect_event(const struct vsmmu_tables *lookup, uint8_t id)
{
	struct vsmmu_event event = {.size = sizeof(event)};

	assert_int_equal(lookup->outcome, VSMMU_LOOKUP_ABORTS);
	assert_true(lookup->recorded);
	vsmmu_event_decode(&lookup->event, &event);
	assert_int_equal(event.id, id);
	assert_true(event.rnw || !vsmmu_event_has(id, VSMMU_EVENT_FIELD_RNW));
	return event;
}

static inline void expect_no_event(const struct vsmmu_tables *lookup)
{
	static const struct vsmmu_event_record none;

	assert_memory_equal(&lookup->event, &none, sizeof(none));
	assert_false(lookup->recorded);
}

#endif
