/* SPDX-License-Identifier: BSD-2-Clause */
/* Stream tables: where the STE of each StreamID is, and what is not a StreamID. */
#include <vsmmu/event.h>

#include "arch/strtab.h"
#include "lib/rng.h"
#include "lib/tables.h"
#include "lib/unit.h"

static struct ram ram;

static const struct arch_features plain = {.st_level = 1, .sid_bits = 16, .oas = 44};

static uint32_t cfg(unsigned int fmt, unsigned int split, unsigned int log2size)
{
	return fmt << 16 | split << 6 | log2size;
}

/* The address found, or the event that came instead. */
static uint64_t find(const struct arch_strtab *strtab, const struct arch_features *features,
	uint32_t sid, struct arch_fault *fault)
{
	const struct arch_memory memory = ram_memory(&ram);
	uint64_t address = 0;

	ram.reads = 0;
	if (arch_strtab_find(strtab, features, &memory, sid, &address, fault))
		assert_int_equal(fault->event, 0);
	else
		assert_int_not_equal(fault->event, 0);
	assert_true(ram.reads <= 1);
	return fault->event ? 0 : address;
}

TEST(linear_tables_end_at_their_size)
{
	struct arch_fault fault;

	ram_clear(&ram, RAM_BASE);
	for (unsigned int log2size = 0; log2size < 64; log2size++) {
		for (unsigned int sid_bits = 0; sid_bits <= 32; sid_bits++) {
			struct arch_strtab strtab = {
				.base = UINT64_C(1) << 43, .cfg = cfg(0, 0, log2size)};
			struct arch_features features = plain;
			uint64_t streams = UINT64_C(1)
					   << (log2size < sid_bits ? log2size : sid_bits);

			features.sid_bits = (uint8_t)sid_bits;
			assert_int_equal(arch_strtab_streams(&strtab, &features), streams);
			find(&strtab, &features, (uint32_t)(streams - 1), &fault);
			assert_int_not_equal(fault.event, VSMMU_EVENT_C_BAD_STREAMID);
			if (streams >> 32)
				continue;
			find(&strtab, &features, (uint32_t)streams, &fault);
			assert_int_equal(fault.event, VSMMU_EVENT_C_BAD_STREAMID);
			find(&strtab, &features, UINT32_MAX, &fault);
			assert_int_equal(fault.event, VSMMU_EVENT_C_BAD_STREAMID);
		}
	}
}

/* 6.3.24: by the literal LOG2SIZE, even one that reaches beyond SIDSIZE. */
TEST(linear_tables_are_aligned_to_their_size)
{
	struct arch_fault fault;

	for (unsigned int log2size = 0; log2size < 32; log2size++) {
		struct arch_strtab strtab = {
			.base = UINT64_C(0x40000fffffffffff), .cfg = cfg(0, 0, log2size)};
		uint64_t bytes = UINT64_C(64) << log2size;
		uint64_t base = UINT64_C(0xfffffffffff) / bytes * bytes;

		assert_int_equal(find(&strtab, &plain, 0, &fault), base);
		if (log2size)
			assert_int_equal(find(&strtab, &plain, 1, &fault), base + 64);
		assert_int_equal(ram.reads, 0);
	}
	assert_int_equal(
		find(&(struct arch_strtab){.base = UINT64_C(0xfffffffffff), .cfg = cfg(0, 0, 63)},
			&plain, 3, &fault),
		192);
}

/* FMT is RES0 without ST_LEVEL, and has reserved values. */
TEST(other_formats_are_linear)
{
	struct arch_features linear = plain;
	struct arch_fault fault;

	linear.st_level = 0;
	ram_clear(&ram, RAM_BASE);
	for (unsigned int fmt = 0; fmt < 4; fmt++) {
		struct arch_strtab strtab = {.base = RAM_BASE, .cfg = cfg(fmt, 8, 10)};

		assert_int_equal(find(&strtab, &linear, 3, &fault), RAM_BASE + 192);
		if (fmt != 1)
			assert_int_equal(find(&strtab, &plain, 3, &fault), RAM_BASE + 192);
	}
}

static unsigned int effective_split(unsigned int split)
{
	return split == 8 || split == 10 ? split : 6;
}

/* Each Span with each SPLIT, at the edges of what the two describe. */
TEST(spans_are_checked)
{
	const uint64_t l2 = UINT64_C(0x123fffffffc0);
	struct arch_features features = plain;
	struct arch_fault fault;

	features.oas = 52;
	for (unsigned int split = 0; split < 32; split++) {
		const unsigned int low = effective_split(split);
		struct arch_strtab strtab = {.base = RAM_BASE, .cfg = cfg(1, split, 16)};

		for (unsigned int span = 0; span < 32; span++) {
			const uint64_t entries = span ? UINT64_C(1) << (span - 1) : 0;
			const bool legal = span >= 1 && span <= 11 && span <= low + 1;

			ram_clear(&ram, RAM_BASE);
			/* Reserved bits are set, and are to be ignored. */
			ram_set(&ram, RAM_BASE + 8 * 5, UINT64_C(0xff00000000000020) | l2 | span);
			for (uint32_t i = 0; i < UINT32_C(1) << low; i++) {
				uint64_t at = find(&strtab, &features, (5U << low) + i, &fault);

				if (legal && i < entries)
					assert_int_equal(
						at, l2 / (64 * entries) * (64 * entries) + 64 * i);
				else
					assert_int_equal(fault.event, VSMMU_EVENT_C_BAD_STREAMID);
			}
			find(&strtab, &features, 6U << low, &fault);
			assert_int_equal(fault.event, VSMMU_EVENT_C_BAD_STREAMID);
		}
	}
}

/* 6.3.24: to the larger of 64 bytes and the level 1 table, by the literal LOG2SIZE. */
TEST(level_1_tables_are_aligned)
{
	const uint64_t unaligned = RAM_BASE + RAM_SIZE - 1;
	struct arch_fault fault;

	for (unsigned int split = 6; split <= 10; split += 2) {
		for (unsigned int log2size = 0; log2size <= 20; log2size++) {
			struct arch_strtab strtab = {
				.base = unaligned, .cfg = cfg(1, split, log2size)};
			uint64_t bytes = 8;

			if (log2size > split)
				bytes <<= log2size - split;
			if (bytes < 64)
				bytes = 64;
			ram_clear(&ram, RAM_BASE);
			ram_set(&ram, unaligned / bytes * bytes, 0x1000 | 1);
			assert_int_equal(find(&strtab, &plain, 0, &fault), 0x1000);
		}
	}
}

TEST(fetches_that_fail_are_f_ste_fetch)
{
	const struct arch_memory memory = ram_memory(&ram);
	struct arch_strtab strtab = {.base = RAM_BASE, .cfg = cfg(1, 6, 10)};
	struct arch_fault fault;
	uint64_t word[8];

	ram_clear(&ram, RAM_BASE);
	ram_set(&ram, RAM_BASE + 8, (RAM_BASE + 0x1000) | 7);
	assert_true(arch_strtab_fetch(&strtab, &plain, &memory, 65, word, &fault));
	assert_int_equal(ram.reads, 2);
	ram.hole = RAM_BASE + 8;
	assert_false(arch_strtab_fetch(&strtab, &plain, &memory, 65, word, &fault));
	assert_int_equal(fault.event, VSMMU_EVENT_F_STE_FETCH);
	assert_int_equal(fault.fetch_address, RAM_BASE + 8);
	ram.hole = RAM_BASE + 0x1040 + 63;
	assert_false(arch_strtab_fetch(&strtab, &plain, &memory, 65, word, &fault));
	assert_int_equal(fault.event, VSMMU_EVENT_F_STE_FETCH);
	assert_int_equal(fault.fetch_address, RAM_BASE + 0x1040);
	strtab.cfg = cfg(0, 0, 6);
	ram.hole = RAM_BASE + 0x80;
	assert_false(arch_strtab_fetch(&strtab, &plain, &memory, 2, word, &fault));
	assert_int_equal(fault.event, VSMMU_EVENT_F_STE_FETCH);
	assert_int_equal(fault.fetch_address, RAM_BASE + 0x80);
}

/* Nothing beyond OAS is read, and FetchAddr has no bits there (7.3.4). */
TEST(addresses_beyond_oas_are_f_ste_fetch)
{
	struct arch_strtab strtab = {.base = UINT64_C(0x100080000000), .cfg = cfg(0, 0, 6)};
	struct arch_fault fault;

	find(&strtab, &plain, 2, &fault);
	assert_int_equal(fault.event, VSMMU_EVENT_F_STE_FETCH);
	assert_int_equal(fault.fetch_address, 0x80000080);
	strtab.cfg = cfg(1, 6, 10);
	find(&strtab, &plain, 64, &fault);
	assert_int_equal(ram.reads, 0);
	assert_int_equal(fault.event, VSMMU_EVENT_F_STE_FETCH);
	assert_int_equal(fault.fetch_address, 0x80000008);
	strtab.base = RAM_BASE;
	ram_clear(&ram, RAM_BASE);
	ram_set(&ram, RAM_BASE, UINT64_C(0x100080001000) | 7);
	find(&strtab, &plain, 1, &fault);
	assert_int_equal(fault.event, VSMMU_EVENT_F_STE_FETCH);
	assert_int_equal(fault.fetch_address, 0x80001040);
}

TEST(ste_words_are_little_endian)
{
	const struct arch_memory memory = ram_memory(&ram);
	struct arch_strtab strtab = {.base = RAM_BASE, .cfg = cfg(0, 0, 6)};
	struct arch_fault fault;
	uint64_t word[8];

	ram_clear(&ram, RAM_BASE);
	for (unsigned int i = 0; i < 64; i++)
		ram.bytes[64 + i] = (uint8_t)i;
	assert_true(arch_strtab_fetch(&strtab, &plain, &memory, 1, word, &fault));
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(
			word[i], UINT64_C(0x0706050403020100) + UINT64_C(0x0808080808080808) * i);
}

TEST(random_registers_do_no_harm)
{
	const struct arch_memory memory = ram_memory(&ram);
	struct rng rng = {.state = 3};
	unsigned int found = 0;

	ram_clear(&ram, RAM_BASE);
	for (uint64_t at = 0; at < RAM_SIZE; at += 8)
		ram_set(&ram, RAM_BASE + at,
			RAM_BASE + (rng_next(&rng) & (RAM_SIZE - 1) & ~UINT64_C(0x3f)) +
				rng_below(&rng, 13));
	for (unsigned int i = 0; i < 300000; i++) {
		struct arch_strtab strtab = {.base = RAM_BASE + rng_below(&rng, RAM_SIZE),
			.cfg = (uint32_t)rng_next(&rng)};
		struct arch_features features = plain;
		struct arch_fault fault;
		uint64_t word[8];

		features.sid_bits = (uint8_t)rng_below(&rng, 33);
		if (i % 3) {
			strtab.cfg = cfg(
				1, (uint32_t)rng_below(&rng, 11), (uint32_t)rng_below(&rng, 20));
			features.sid_bits = 20;
		}
		ram.reads = 0;
		if (arch_strtab_fetch(&strtab, &features, &memory,
			    (uint32_t)rng_next(&rng) >> rng_below(&rng, 32), word, &fault))
			found++;
		else
			assert_true(fault.event == VSMMU_EVENT_C_BAD_STREAMID ||
				    fault.event == VSMMU_EVENT_F_STE_FETCH);
		assert_true(ram.reads <= 2);
	}
	assert_true(found > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(linear_tables_end_at_their_size),
		UNIT_TEST_PLAIN(linear_tables_are_aligned_to_their_size),
		UNIT_TEST_PLAIN(other_formats_are_linear),
		UNIT_TEST("S4", spans_are_checked),
		UNIT_TEST_PLAIN(level_1_tables_are_aligned),
		UNIT_TEST_PLAIN(fetches_that_fail_are_f_ste_fetch),
		UNIT_TEST_PLAIN(addresses_beyond_oas_are_f_ste_fetch),
		UNIT_TEST_PLAIN(ste_words_are_little_endian),
		UNIT_TEST_PLAIN(random_registers_do_no_harm),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
