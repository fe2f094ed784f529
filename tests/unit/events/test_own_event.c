/* SPDX-License-Identifier: BSD-2-Clause */
/* Events that the VMM records itself, beside those that a vEVENTQ brings. */
#include <errno.h>
#include <string.h>

#include "arch/event_filter.h"
#include "lib/migration.h"
#include "smmu/vsmmu.h"

#define EMULATED 0x90u /* StreamID of a device that is no endpoint */
#define ABT_ERR	 SMMU_GERROR_EVENTQ_ABT_ERR
#define STALL	 (UINT64_C(1) << 31)
#define STAGE2	 (UINT64_C(1) << 39)
#define SSV	 (UINT64_C(1) << 11)

static struct vsmmu_event_record fault_of(uint64_t address)
{
	struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION | (uint64_t)EMULATED << 32, 0, address}};

	return record;
}

static int record_at(struct test_vmm *vm, uint64_t address)
{
	const struct vsmmu_event_record record = fault_of(address);

	return vsmmu_record_event(vm->vsmmu, &record);
}

static void expect_own(struct test_vmm *vm, uint64_t address)
{
	uint64_t word[4];

	assert_true(vm_consume(vm, word));
	assert_true(word[0] == fault_of(address).word[0]);
	assert_true(word[2] == address);
}

TEST(it_arrives_with_an_interrupt_and_counts_apart)
{
	struct test_vmm *vm = vm_new(NULL);
	struct vsmmu_stats stats;

	vm_enable(vm, 4);
	assert_int_equal(record_at(vm, 0x1000), 0);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(record_at(vm, 0x2000), 0);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	expect_own(vm, 0x1000);
	expect_own(vm, 0x2000);
	vm_expect(vm, 0, 1, 1);
	vm_expect_empty(vm);
	stats = vm_stats_all(vm);
	assert_int_equal(stats.vmm_events, 2);
	assert_int_equal(stats.vmm_drops, 0);
	assert_int_equal(stats.delivered, 1);
	assert_int_equal(stats.translation_events + stats.translation_drops, 0);
	assert_int_equal(vm_stream(vm, 0).delivered, 1);
	assert_int_equal(vm->report_count, 0);
	vm_free(vm);
}

/* As hardware drops them (7.2, 7.4). */
TEST(it_is_dropped_where_hardware_would)
{
	struct test_vmm *vm = vm_new(NULL);

	assert_int_equal(record_at(vm, 0), -ENOBUFS);
	vm_enable(vm, 1);
	assert_int_equal(record_at(vm, 0x1000), 0);
	assert_int_equal(record_at(vm, 0x2000), 0);
	assert_false(vm_overflow_pending(vm));
	assert_int_equal(record_at(vm, 0x3000), -ENOBUFS);
	assert_true(vm_overflow_pending(vm));
	vm_overflow_ack(vm);
	expect_own(vm, 0x1000);
	expect_own(vm, 0x2000);
	vm->bad_end = UINT64_MAX;
	assert_int_equal(record_at(vm, 0x4000), -ENOBUFS);
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), ABT_ERR);
	assert_int_equal(vm->report_count, 1);
	assert_int_equal(vm->reports[0].code, VSMMU_REPORT_EVENTQ_ABORT);
	vm->bad_end = 0;
	/* Nothing before the guest has acknowledged it. */
	assert_int_equal(record_at(vm, 0x5000), -ENOBUFS);
	test_vmm_write(vm, SMMU_GERRORN, ABT_ERR);
	assert_int_equal(record_at(vm, 0x6000), 0);
	expect_own(vm, 0x6000);
	vm_disable(vm);
	assert_int_equal(record_at(vm, 0x7000), -ENOBUFS);
	assert_int_equal(vm_stats_all(vm).vmm_events, 3);
	assert_int_equal(vm_stats_all(vm).vmm_drops, 5);
	assert_int_equal(vm_stats_all(vm).discarded, 0);
	vm_free(vm);
}

TEST(what_no_guest_may_see_is_refused_and_reported_once)
{
	static const struct {
		uint64_t word0, word1;
	} bad[] = {
		{VSMMU_EVENT_F_TRANSLATION, STALL},
		{VSMMU_EVENT_F_PERMISSION, STAGE2},
		{VSMMU_EVENT_F_WALK_EABT, STAGE2},
		{VSMMU_EVENT_F_TRANSLATION | SSV | 16 << 12, 0},
		{VSMMU_EVENT_C_BAD_CD | SSV | 16 << 12, 0},
		{VSMMU_EVENT_F_CD_FETCH | SSV | 16 << 12, 0},
		{0, 0},
		{0x0e, 0},
		{0x26, 0},
		{0xe0, 0},
		{0xff, 0},
	};
	const struct vm_setup setup = {.ssid_bits = 4, .report_burst = 20};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 4);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct vsmmu_event_record record = {
			.word = {bad[i].word0 | (uint64_t)EMULATED << 32, bad[i].word1}};

		assert_int_equal(vsmmu_record_event(vm->vsmmu, &record), -EINVAL);
		assert_int_equal(vm->report_count, i + 1);
		assert_int_equal(vm->reports[i].code, VSMMU_REPORT_RECORD_REFUSED);
		assert_true(vm->reports[i].vsid == EMULATED);
		assert_null(strstr(vm->reports[i].text, "(null)"));
	}
	assert_int_equal(vsmmu_record_event(vm->vsmmu, NULL), -EINVAL);
	vm_expect_empty(vm);
	assert_int_equal(vm_stats_all(vm).vmm_events + vm_stats_all(vm).vmm_drops, 0);
	vm_free(vm);
}

/* Every id, with all bits set that may be: defined fields stay, and no other bit. */
TEST(undefined_bits_do_not_reach_the_guest)
{
	const struct vm_setup setup = {.ssid_bits = 20};
	struct test_vmm *vm = vm_new(&setup);
	unsigned int known = 0;

	vm_enable(vm, 6);
	for (unsigned int id = 0; id < 0x100; id++) {
		struct vsmmu_event_record record = {
			.word = {(~UINT64_C(0xff) & ~SSV) | id, ~STALL & ~STAGE2, UINT64_MAX,
				UINT64_MAX}};
		const struct vsmmu_event_record given = record;
		struct vsmmu_event event = {.size = sizeof(event)};
		uint64_t word[4];

		if (vsmmu_record_event(vm->vsmmu, &record))
			continue;
		known++;
		assert_memory_equal(&record, &given, sizeof(record));
		assert_true(vm_consume(vm, word));
		memcpy(record.word, word, sizeof(word));
		vsmmu_event_decode(&record, &event);
		assert_int_equal(event.id, id);
		assert_true(event.sid == UINT32_MAX);
		assert_int_equal(event.reserved[0] | event.reserved[1] | event.reserved[2] |
					 event.reserved[3],
			0);
		assert_int_equal(event.stag | event.nsipa | event.s2 | event.stall | event.gpcf, 0);
		assert_true(event.ipa == 0 && event.impdef == 0);
		assert_int_equal(event.ssid, id == VSMMU_EVENT_C_BAD_SUBSTREAMID ? 0xfffff : 0);
		if (arch_event_rules[id % EVENT_RULES].plain0 && id < EVENT_RULES)
			assert_true(arch_event_is_clean(word, 20));
	}
	/* 7.3 has so many. */
	assert_int_equal(known, 19);
	vm_free(vm);
}

TEST(a_substream_stays_where_it_is_valid)
{
	const struct vm_setup setup = {.ssid_bits = 4};
	struct test_vmm *vm = vm_new(&setup);
	static const uint8_t ids[] = {VSMMU_EVENT_F_ACCESS, VSMMU_EVENT_F_CD_FETCH};

	vm_enable(vm, 4);
	for (unsigned int i = 0; i < sizeof(ids); i++) {
		const struct vsmmu_event_record record = {.word = {ids[i] | SSV | 15 << 12}};
		uint64_t word[4];

		assert_int_equal(vsmmu_record_event(vm->vsmmu, &record), 0);
		assert_true(vm_consume(vm, word));
		assert_true(word[0] == record.word[0]);
	}
	vm_free(vm);
}

/* Events of both kinds, and a guest that is too slow for either. */
TEST(the_sum_of_the_others_holds)
{
	const struct vm_setup setup = {.depth = 16};
	struct test_vmm *vm = vm_new(&setup);
	uint64_t recorded = 0, dropped = 0, consumed = 0;
	struct vsmmu_stats stats;

	vm_enable(vm, 3);
	for (unsigned int round = 0; round < 500; round++) {
		uint64_t word[4];
		int ret;

		vm_faults(vm, 0, round % 3);
		ret = record_at(vm, (uint64_t)round << 12);
		assert_true(ret == 0 || ret == -ENOBUFS);
		recorded += !ret;
		dropped += ret != 0;
		if (round % 4)
			vm_dispatch(vm);
		for (unsigned int i = 0; i < round * 7 % 11 % 4; i++)
			consumed += vm_consume(vm, word);
		if (vm_overflow_pending(vm))
			vm_overflow_ack(vm);
		vm_stats(vm);
	}
	do {
		vm_dispatch(vm);
		consumed += vm_consume_all(vm);
	} while (vm_readable(vm));
	stats = vm_stats_all(vm);
	assert_int_equal(stats.vmm_events, recorded);
	assert_int_equal(stats.vmm_drops, dropped);
	assert_true(recorded > 100 && dropped > 10);
	assert_int_equal(consumed, stats.delivered + stats.vmm_events);
	vm_free(vm);
}

TEST(a_snapshot_takes_its_counters_along)
{
	struct test_vmm *vm = vm_new(NULL);
	struct migration migration;

	vm_enable(vm, 1);
	for (unsigned int i = 0; i < 5; i++)
		record_at(vm, 0x1000);
	vm = migration_move(vm, &migration, NULL);
	assert_int_equal(record_at(vm, 0), -ENOBUFS);
	expect_own(vm, 0x1000);
	assert_int_equal(record_at(vm, 0x1000), 0);
	assert_int_equal(migration_stats(vm, &migration).vmm_events, 3);
	assert_int_equal(migration_stats(vm, &migration).vmm_drops, 4);
	vm_free(vm);
}

TEST(a_whole_vsmmu_takes_it_too)
{
	struct test_vmm *vmm = test_vmm_alloc();

	assert_int_equal(test_vmm_new(vmm, NULL, NULL), 0);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, TEST_VMM_MEMORY | 4);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	assert_int_equal(record_at(vmm, 0x1000), -ENOBUFS);
	test_vmm_write(vmm, SMMU_CR0, VM_ON);
	assert_int_equal(record_at(vmm, 0x1000), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), 1);
	assert_true(test_vmm_load64(vmm, TEST_VMM_MEMORY) == fault_of(0x1000).word[0]);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(test_vmm_stats(vmm).vmm_events, 1);
	assert_int_equal(test_vmm_stats(vmm).vmm_drops, 1);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E6 E8", it_arrives_with_an_interrupt_and_counts_apart),
		UNIT_TEST("E7 P5 P6", it_is_dropped_where_hardware_would),
		UNIT_TEST("E12", what_no_guest_may_see_is_refused_and_reported_once),
		UNIT_TEST("E12", undefined_bits_do_not_reach_the_guest),
		UNIT_TEST("E12", a_substream_stays_where_it_is_valid),
		UNIT_TEST("E6", the_sum_of_the_others_holds),
		UNIT_TEST("E6 S7", a_snapshot_takes_its_counters_along),
		UNIT_TEST("E7", a_whole_vsmmu_takes_it_too),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
