/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest sees only what it may of what comes from the host. */
#include <string.h>

#include "lib/vm.h"

static void put(struct test_vmm *vm, uint64_t word0, uint64_t word1, uint64_t word2, uint64_t word3)
{
	const struct vsmmu_event_record record = {.word = {word0, word1, word2, word3}};

	vm->produced += vm_host_fault(vm, 0, &record);
}

static void expect(struct test_vmm *vm, uint64_t word0, uint64_t word1, uint64_t word2)
{
	uint64_t word[4];

	assert_true(vm_consume(vm, word));
	assert_int_equal(word[0], word0 | (uint64_t)VM_VSID(0) << 32);
	assert_int_equal(word[1], word1);
	assert_int_equal(word[2], word2);
	assert_int_equal(word[3], 0);
}

TEST(reserved_bits_and_the_ipa_are_cleared)
{
	struct test_vmm *vm = vm_new(NULL);
	const uint64_t open1 = ~(UINT64_C(1) << 31 | UINT64_C(1) << 39); /* not Stall, not S2 */

	vm_enable(vm, 4);
	/* All bits that the host may set, and no SSV as the guest has no SubstreamIDs. */
	put(vm, 0xfffff710, open1, UINT64_MAX, UINT64_MAX);
	put(vm, 0xfffff704, open1, UINT64_MAX, UINT64_MAX);
	put(vm, 0xfffff706, open1, UINT64_MAX, UINT64_MAX);
	put(vm, 0xfffff70a, open1, UINT64_MAX, UINT64_MAX);
	vm_dispatch(vm);
	expect(vm, 0x10, UINT64_C(0x30e) << 32, UINT64_MAX); /* CLASS, RnW, InD, PnU */
	expect(vm, 0x04, 0, 0);
	expect(vm, 0x06, 0, 0);
	expect(vm, 0x0a, 0, 0);
	vm_expect_empty(vm);
	assert_int_equal(vm_stats_all(vm).discarded, 0);
	vm_free(vm);
}

TEST(all_ids_that_linux_forwards_arrive)
{
	static const uint8_t ids[] = {0x04, 0x06, 0x08, 0x0a, 0x10, 0x11, 0x12, 0x13};
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	for (size_t i = 0; i < sizeof(ids); i++)
		put(vm, ids[i], 0, 0, 0);
	vm_dispatch(vm);
	for (size_t i = 0; i < sizeof(ids); i++)
		expect(vm, ids[i], 0, 0);
	vm_free(vm);
}

TEST(substreams_are_those_that_the_guest_has)
{
	static const struct {
		uint32_t bits;
		uint32_t ssid;
		bool arrives;
	} cases[] = {{0, 0, false}, {0, 1, false}, {1, 1, true}, {1, 2, false}, {8, 255, true},
		{8, 256, false}, {20, 0xfffff, true}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct vm_setup setup = {.ssid_bits = cases[i].bits};
		struct test_vmm *vm = vm_new(&setup);
		uint64_t word0 = 0x10 | 1 << 11 | (uint64_t)cases[i].ssid << 12;

		vm_enable(vm, 4);
		put(vm, word0, 0, 0x1000, 0);
		vm_dispatch(vm);
		if (cases[i].arrives) {
			expect(vm, word0, 0, 0x1000);
		} else {
			vm_expect_empty(vm);
			assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_SUBSTREAM], 1);
			assert_int_equal(vm_stream(vm, 0).discarded, 1);
			assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_RECORD_REFUSED), 1);
			assert_int_equal(vm->reports[0].vsid, VM_VSID(0));
		}
		vm_free(vm);
	}
}

/* A refused record raises no interrupt and no OVFLG, and takes no slot. */
TEST(refusing_is_not_loss)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 1);
	for (int i = 0; i < 10; i++)
		put(vm, 0x10 | 1 << 11, 0, 0, 0);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 1);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(vm_stats_all(vm).discarded, 10);
	vm_expect(vm, 0, vm->serial, 1);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E12", reserved_bits_and_the_ipa_are_cleared),
		UNIT_TEST("E12", all_ids_that_linux_forwards_arrive),
		UNIT_TEST("E12", substreams_are_those_that_the_guest_has),
		UNIT_TEST("E12", refusing_is_not_loss),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
