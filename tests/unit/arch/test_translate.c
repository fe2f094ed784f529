/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole way of a transaction: what comes out, which event, and which event first. */
#include "arch/translate.h"
#include "lib/rng.h"
#include "lib/pgtable.h"
#include "lib/unit.h"

#define SID    0x42
#define STRTAB (RAM_BASE + 0x80000)
#define STE    (STRTAB + 64 * SID)
#define CD     (RAM_BASE + 0x90000)
#define VA     UINT64_C(0x5000)

/* A space of 4 KiB pages with one at VA, its CD, an STE; and the SMMU that they are for. */
struct machine {
	struct pgtable pgtable;
	struct arch_state state;
	struct arch_transaction transaction;
};

static void machine_init(struct machine *machine)
{
	const struct mapped page = {.va = VA, .pa = 0x12345000, .index = 4};

	memset(machine, 0, sizeof(*machine));
	assert_true(pgtable_init(&machine->pgtable, 0, false, 25, false, 44, RAM_BASE));
	pgtable_map(&machine->pgtable, &page, AF | BIT(6));
	ram_set_entry(&ram, CD, machine->pgtable.word);
	ram_set_entry(&ram, STE, (uint64_t[8]){CD | 0xb, 0x5c});
	machine->state = (struct arch_state){
		.features = {.s1p = true,
			.ttf = 2,
			.ttendian = 2,
			.asid16 = true,
			.gran4k = true,
			.term_model = true,
			.oas = 44,
			.stall_model = ARCH_STALL_NONE,
			.sid_bits = 16},
		.strtab = {.base = STRTAB, .cfg = 8},
		.enabled = true,
		.record_bad_sid = true,
	};
	machine->transaction = (struct arch_transaction){.address = VA + 0x123, .sid = SID};
}

static struct arch_result run(struct machine *machine)
{
	struct arch_result result;

	memset(&result, 0xa5, sizeof(result));
	ram.reads = 0;
	arch_translate(&machine->state, &machine->pgtable.memory, &machine->transaction, &result);
	assert_true(ram.reads <= 9);
	return result;
}

/* The event, recorded or not, with an abort. */
static struct vsmmu_event expect(struct machine *machine, uint8_t id)
{
	const struct arch_result result = run(machine);
	struct vsmmu_event event = {.size = sizeof(event)};

	assert_int_equal(result.outcome, ARCH_TERMINATE_ABORT);
	assert_int_equal(result.event, id);
	assert_true(result.recorded);
	vsmmu_event_decode(&result.record, &event);
	assert_int_equal(event.id, id);
	assert_int_equal(event.sid, machine->transaction.sid);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(event.reserved[i], 0);
	return event;
}

static void expect_pass(struct machine *machine, uint64_t address)
{
	const struct arch_result result = run(machine);

	assert_int_equal(result.outcome, ARCH_PASS);
	assert_int_equal(result.event, 0);
	assert_false(result.recorded);
	assert_int_equal(result.address, address);
}

static void expect_silent_abort(struct machine *machine)
{
	const struct arch_result result = run(machine);

	assert_int_equal(result.outcome, ARCH_TERMINATE_ABORT);
	assert_int_equal(result.event, 0);
	assert_false(result.recorded);
}

TEST(a_good_transaction_passes)
{
	struct machine machine;

	machine_init(&machine);
	expect_pass(&machine, 0x12345123);
	machine.transaction.access.write = true;
	expect_pass(&machine, 0x12345123);
}

/* GBPA decides while SMMUEN = 0; what is wrong then is not recorded (3.4). */
TEST(a_disabled_smmu_asks_gbpa)
{
	struct machine machine;

	machine_init(&machine);
	machine.state.enabled = false;
	machine.transaction.ssv = true;
	expect_pass(&machine, VA + 0x123);
	assert_int_equal(ram.reads, 0);
	machine.transaction.address = BIT(44);
	expect_silent_abort(&machine);
	machine.transaction.address = VA;
	machine.state.gbpa_abort = true;
	expect_silent_abort(&machine);
	machine.state.enabled = true;
	machine.transaction.ssv = false;
	expect_pass(&machine, 0x12345000);
}

TEST(configuration_events_have_their_fields)
{
	struct machine machine;
	struct vsmmu_event event = {.size = sizeof(event)};

	machine_init(&machine);
	machine.state.features.ssid_bits = 8;
	machine.transaction.ssv = true;
	machine.transaction.ssid = 5;
	event = expect(&machine, VSMMU_EVENT_C_BAD_SUBSTREAMID);
	assert_int_equal(event.ssid, 5);
	ram_set_entry(&ram, STE, (uint64_t[8]){CD | 0xb | UINT64_C(8) << 59, 2});
	event = expect(&machine, VSMMU_EVENT_C_BAD_CD);
	assert_true(event.ssv);
	assert_int_equal(event.ssid, 5);
	ram.hole = CD + 5 * 64 + 8;
	event = expect(&machine, VSMMU_EVENT_F_CD_FETCH);
	assert_int_equal(event.fetch_addr, CD + 5 * 64);
	assert_true(event.ssv);
	machine.transaction.ssid = 0;
	event = expect(&machine, VSMMU_EVENT_F_STREAM_DISABLED);
	assert_false(event.ssv);
	machine.transaction.ssid = 5;
	ram.hole = STE;
	event = expect(&machine, VSMMU_EVENT_F_STE_FETCH);
	assert_int_equal(event.fetch_addr, STE);
	assert_int_equal(event.ssid, 5);
	ram.hole = 0;
	ram_set(&ram, STE, 0);
	event = expect(&machine, VSMMU_EVENT_C_BAD_STE);
	assert_int_equal(event.ssid, 5);
	machine.transaction.sid = 0x100;
	event = expect(&machine, VSMMU_EVENT_C_BAD_STREAMID);
	assert_int_equal(event.ssid, 5);
	machine.state.record_bad_sid = false;
	assert_false(run(&machine).recorded);
}

/* 7.3.9: without a SubstreamID it is CD 0 that could not be reached. */
TEST(a_missing_cd_0_is_a_bad_substream)
{
	struct machine machine;
	struct vsmmu_event event = {.size = sizeof(event)};

	machine_init(&machine);
	machine.state.features.ssid_bits = 8;
	machine.state.features.cd2l = true;
	machine.transaction.ssid = 7; /* without ssv: nonsense */
	ram_set_entry(&ram, STE, (uint64_t[8]){(CD + 0x1000) | 0x1b | UINT64_C(8) << 59, 2});
	event = expect(&machine, VSMMU_EVENT_C_BAD_SUBSTREAMID);
	assert_int_equal(event.ssid, 0);
	ram_set(&ram, CD + 0x1000, CD | 1);
	expect_pass(&machine, 0x12345123);
}

TEST(bypass_checks_the_address_and_the_substream)
{
	struct machine machine;
	struct vsmmu_event event = {.size = sizeof(event)};

	machine_init(&machine);
	ram_set_entry(&ram, STE, (uint64_t[8]){9});
	expect_pass(&machine, VA + 0x123);
	machine.transaction.address = BIT(44) | 5;
	event = expect(&machine, VSMMU_EVENT_F_ADDR_SIZE);
	assert_int_equal(event.class_, VSMMU_EVENT_CLASS_IN);
	assert_true(event.rnw);
	assert_false(event.s2);
	assert_int_equal(event.input_addr, BIT(44) | 5);
	machine.transaction.ssv = true;
	machine.transaction.ssid = 3;
	event = expect(&machine, VSMMU_EVENT_C_BAD_SUBSTREAMID);
	assert_int_equal(event.ssid, 3);
	/* Stage 1 that is bypassed for want of a SubstreamID is the same */
	machine.transaction.ssv = false;
	machine.state.features.ssid_bits = 8;
	ram_set_entry(&ram, STE, (uint64_t[8]){CD | 0xb | UINT64_C(8) << 59, 1});
	expect(&machine, VSMMU_EVENT_F_ADDR_SIZE);
	machine.transaction.address = VA;
	expect_pass(&machine, VA);
	assert_int_equal(ram.reads, 1);
}

TEST(an_abort_ste_is_silent)
{
	struct machine machine;

	machine_init(&machine);
	for (uint64_t config = 0; config < 4; config++) {
		ram_set_entry(&ram, STE, (uint64_t[8]){CD | config << 1 | 1});
		expect_silent_abort(&machine);
	}
}

/* A, R and S: outcome and record of the four faults that obey them, and of one that does not. */
TEST(the_cd_decides_about_faults)
{
	struct machine machine;

	machine_init(&machine);
	machine.state.features.term_model = false;
	machine.state.features.stall_model = ARCH_STALL_OR_TERMINATE;
	for (uint64_t ars = 0; ars < 8; ars++) {
		const bool s = ars & 1, r = ars & 2, a = ars & 4;
		struct arch_result result;
		uint64_t leaf;

		machine.pgtable.word[0] &= ~(UINT64_C(7) << 44);
		machine.pgtable.word[0] |= ars << 44;
		ram_set_entry(&ram, CD, machine.pgtable.word);
		leaf = pgtable_slot(&machine.pgtable, VA, 4);
		for (unsigned int i = 0; i < 4; i++) {
			static const uint64_t descriptor[] = {
				0, BIT(44) | AF | 3, 0x1000 | 3, 0x1000 | AF | 3};

			ram_set(&ram, leaf, descriptor[i]);
			result = run(&machine);
			assert_int_equal(result.event, VSMMU_EVENT_F_TRANSLATION + i);
			assert_int_equal(
				result.outcome, a ? ARCH_TERMINATE_ABORT : ARCH_TERMINATE_RAZ_WI);
			assert_int_equal(result.recorded, r || s);
		}
		ram.hole = leaf;
		result = run(&machine);
		assert_int_equal(result.event, VSMMU_EVENT_F_WALK_EABT);
		assert_int_equal(result.outcome, ARCH_TERMINATE_ABORT);
		assert_true(result.recorded);
		ram.hole = 0;
	}
}

TEST(faults_tell_the_access)
{
	struct machine machine;
	struct vsmmu_event event = {.size = sizeof(event)};

	machine_init(&machine);
	machine.state.features.attr_perms_ovr = true;
	for (uint64_t i = 0; i < 8 * 16; i++) {
		const struct arch_access access = {
			.write = i & 1, .privileged = i >> 1 & 1, .instruction = i >> 2 & 1};
		const unsigned int privcfg = i >> 3 & 3, instcfg = i >> 5 & 3;
		bool privileged = access.privileged, instruction = access.instruction;

		if (privcfg >= 2)
			privileged = privcfg == 3;
		if (instcfg >= 2)
			instruction = instcfg == 3;
		ram_set_entry(&ram, STE,
			(uint64_t[8]){CD | 0xb, (uint64_t)privcfg << 48 | (uint64_t)instcfg << 50});
		machine.transaction.access = access;
		machine.transaction.address = VA + 0x1abc;
		event = expect(&machine, VSMMU_EVENT_F_TRANSLATION);
		assert_int_equal(event.pnu, privileged);
		assert_int_equal(event.ind, instruction && !access.write);
		assert_int_equal(event.rnw, !access.write);
		assert_int_equal(event.class_, VSMMU_EVENT_CLASS_IN);
		assert_int_equal(event.input_addr, VA + 0x1abc);
		ram.hole = pgtable_slot(&machine.pgtable, VA, 4) + 8;
		event = expect(&machine, VSMMU_EVENT_F_WALK_EABT);
		assert_int_equal(event.pnu, privileged);
		assert_int_equal(event.class_, VSMMU_EVENT_CLASS_TT);
		assert_int_equal(event.fetch_addr, ram.hole);
		ram.hole = 0;
	}
	/* The overridden privilege is what permissions are checked against. */
	machine.transaction.access = (struct arch_access){.privileged = true};
	machine.transaction.address = VA;
	ram_set(&ram, pgtable_slot(&machine.pgtable, VA, 4), 0x1000 | AF | 3);
	ram_set_entry(&ram, STE, (uint64_t[8]){CD | 0xb});
	expect_pass(&machine, 0x1000);
	ram_set_entry(&ram, STE, (uint64_t[8]){CD | 0xb, UINT64_C(2) << 48});
	expect(&machine, VSMMU_EVENT_F_PERMISSION);
}

/* 7.3.22: everything is wrong; each event goes away when what it is about is put right. */
TEST(events_come_in_their_order)
{
	const uint64_t ste = (CD + 0x1000) | 0x1b | UINT64_C(8) << 59;
	struct machine machine;
	uint64_t leaf;

	machine_init(&machine);
	machine.state.features.ssid_bits = 8;
	machine.state.features.cd2l = true;
	leaf = pgtable_slot(&machine.pgtable, VA, 4);
	ram_set_entry(&ram, CD + 0x140, machine.pgtable.word);
	ram_set(&ram, CD + 0x140, machine.pgtable.word[0] & ~BIT(31));
	ram_set_entry(&ram, STE, (uint64_t[8]){(ste & ~UINT64_C(1)), 2});
	machine.transaction = (struct arch_transaction){.address = VA | BIT(50),
		.sid = 0x100 | SID,
		.ssid = 0x100,
		.ssv = true,
		.access = {.write = true}};
	ram.hole = STE;
	expect(&machine, VSMMU_EVENT_C_BAD_STREAMID);
	machine.transaction.sid = SID;
	expect(&machine, VSMMU_EVENT_F_STE_FETCH);
	ram.hole = CD + 0x1000;
	expect(&machine, VSMMU_EVENT_C_BAD_STE);
	ram_set(&ram, STE, ste);
	expect(&machine, VSMMU_EVENT_C_BAD_SUBSTREAMID);
	machine.transaction.ssid = 0;
	expect(&machine, VSMMU_EVENT_F_STREAM_DISABLED);
	machine.transaction.ssid = 5;
	expect(&machine, VSMMU_EVENT_F_CD_FETCH);
	ram_set(&ram, CD + 0x1000, CD | 1);
	ram.hole = CD + 0x140;
	expect(&machine, VSMMU_EVENT_F_CD_FETCH);
	ram.hole = leaf;
	expect(&machine, VSMMU_EVENT_C_BAD_CD);
	ram_set_entry(&ram, CD + 0x140, machine.pgtable.word);
	expect(&machine, VSMMU_EVENT_F_TRANSLATION);
	machine.transaction.address = VA;
	expect(&machine, VSMMU_EVENT_F_WALK_EABT);
	ram.hole = 0;
	ram_set(&ram, leaf, BIT(44) | 1);
	expect(&machine, VSMMU_EVENT_F_TRANSLATION);
	ram_set(&ram, leaf, BIT(44) | 3);
	expect(&machine, VSMMU_EVENT_F_ADDR_SIZE);
	ram_set(&ram, leaf, 0x1000 | 3);
	expect(&machine, VSMMU_EVENT_F_ACCESS);
	ram_set(&ram, leaf, 0x1000 | AF | 3);
	expect(&machine, VSMMU_EVENT_F_PERMISSION);
	ram_set(&ram, leaf, 0x1000 | AF | BIT(6) | 3);
	expect_pass(&machine, 0x1000);
}

/*
 * What an emulated SMMU raised through the real arm-smmu-v3 driver, for the same tables:
 * 39-bit addresses, IPS = 40, TTB1 disabled, one 4-byte DMA of StreamID 0x42 each.
 */
#define READ  UINT64_C(0x20800000000)
#define WRITE UINT64_C(0x20000000000)

static const struct real_case {
	uint8_t id;
	uint64_t va, descriptor, word1, ste0, ste1;
	unsigned int ssid_bits;
	bool write, cd_invalid;
} real_cases[] = {
	{.va = 0x100000, .descriptor = 0x80010743},
	{.va = 0x101000, .id = 0x10, .word1 = READ},
	{.va = 0x102000, .descriptor = 0x800107c3, .write = true, .id = 0x13, .word1 = WRITE},
	{.va = 0x103000, .descriptor = 0x80010343, .id = 0x12, .word1 = READ},
	{.va = 0x104000, .descriptor = BIT(44) | 0x443, .id = 0x11, .word1 = READ},
	{.va = 0x105000, .descriptor = 0x80010743, .cd_invalid = true, .id = 0x0a},
	{.va = 0x108000, .descriptor = 0x80010743, .ste1 = BIT(27), .id = 0x04},
	/*
	 * The emulated SMMU calls S1CDMax = 31 ILLEGAL though it has no substreams. By 5.2
	 * the field is then IGNORED: it takes an SMMU that has some.
	 */
	{.va = 0x107000, .descriptor = 0x80010743, .ste0 = UINT64_C(31) << 59},
	{.va = 0x107000, .ste0 = UINT64_C(31) << 59, .ssid_bits = 20, .id = 0x04},
};

TEST(real_tables_give_real_records)
{
	for (size_t i = 0; i < sizeof(real_cases) / sizeof(real_cases[0]); i++) {
		const struct real_case *real = &real_cases[i];
		const uint64_t cd0 = 25 | 1 << 8 | 1 << 10 | 3 << 12 | BIT(30) | BIT(31) |
				     UINT64_C(2) << 32 | BIT(41) | BIT(45) | BIT(46) | BIT(47) |
				     BIT(48);
		struct machine machine;
		struct arch_result result;

		machine_init(&machine);
		machine.state.features.ssid_bits = (uint8_t)real->ssid_bits;
		ram_clear(&ram, RAM_BASE);
		ram_set_entry(&ram, CD,
			(uint64_t[8]){real->cd_invalid ? cd0 & ~BIT(31) : cd0, RAM_BASE + 0x2000, 0,
				0xff});
		ram_set_entry(&ram, STE, (uint64_t[8]){CD | 0xb | real->ste0, 0xd4 | real->ste1});
		ram_set(&ram, RAM_BASE + 0x2000, (RAM_BASE + 0x3000) | 3);
		ram_set(&ram, RAM_BASE + 0x3000, (RAM_BASE + 0x4000) | 3);
		ram_set(&ram, RAM_BASE + 0x4000 + 8 * (real->va >> 12 & 511), real->descriptor);
		machine.transaction.address = real->va;
		machine.transaction.access.write = real->write;
		result = run(&machine);
		if (!real->id) {
			assert_int_equal(result.outcome, ARCH_PASS);
			assert_int_equal(result.address, RAM_BASE + 0x10000);
			continue;
		}
		assert_true(result.recorded);
		assert_int_equal(result.record.word[0], UINT64_C(0x4200000000) | real->id);
		assert_int_equal(result.record.word[1], real->word1);
		assert_int_equal(result.record.word[2], real->word1 ? real->va : 0);
		assert_int_equal(result.record.word[3], 0);
	}
}

TEST(random_machines_do_no_harm)
{
	struct rng rng = {.state = 8};
	unsigned int seen[256] = {0};
	struct machine machine;

	machine_init(&machine);
	for (unsigned int i = 0; i < 400000; i++) {
		struct arch_result result;
		struct vsmmu_event event = {.size = sizeof(event)};

		if (!(i % 50)) {
			machine_init(&machine);
			machine.state.features.ssid_bits = (uint8_t)rng_below(&rng, 21);
			machine.state.features.cd2l = i & 64;
			machine.state.features.st_level = i >> 8 & 1;
			machine.state.features.attr_perms_ovr = i >> 9 & 1;
		}
		/* A few wrong bits at a time, wherever something is. */
		for (unsigned int n = (unsigned int)rng_below(&rng, 4); n; n--) {
			static const uint64_t where[] = {STE, CD, CD + 0x40, STRTAB, RAM_BASE,
				RAM_BASE + 0x10000, RAM_BASE + 0x11000 + 8 * 5};
			const uint64_t at = where[rng_below(&rng, 7)] + 8 * rng_below(&rng, 2);

			ram_set(&ram, at, ram_get(&ram, at) ^ BIT(rng_below(&rng, 64)));
		}
		machine.state.strtab.cfg = (uint32_t)(rng_below(&rng, 20) ? 8 : rng_next(&rng));
		machine.state.enabled = rng_below(&rng, 50);
		machine.transaction.sid = (uint32_t)(rng_below(&rng, 20) ? SID : rng_next(&rng));
		machine.transaction.ssv = !rng_below(&rng, 4);
		machine.transaction.ssid = (uint32_t)(rng_next(&rng) >> rng_below(&rng, 64));
		machine.transaction.address = rng_below(&rng, 4) ? VA : rng_next(&rng);
		machine.transaction.access = (struct arch_access){i & 1, i & 2, i & 4};
		result = run(&machine);
		seen[result.event]++;
		if (result.outcome == ARCH_PASS)
			assert_int_equal(result.address >> 44, 0);
		if (!result.event) {
			assert_false(result.recorded);
			continue;
		}
		vsmmu_event_decode(&result.record, &event);
		assert_int_equal(event.id, result.event);
		assert_int_equal(event.sid, machine.transaction.sid);
		assert_false(event.stall || event.s2);
	}
	for (unsigned int id = 2; id < 0x14; id++) {
		if (id == 5 || id == 7 || (id > 0xb && id < 0x10))
			continue;
		assert_true(seen[id] > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(a_good_transaction_passes),
		UNIT_TEST_PLAIN(a_disabled_smmu_asks_gbpa),
		UNIT_TEST_PLAIN(configuration_events_have_their_fields),
		UNIT_TEST_PLAIN(a_missing_cd_0_is_a_bad_substream),
		UNIT_TEST_PLAIN(bypass_checks_the_address_and_the_substream),
		UNIT_TEST_PLAIN(an_abort_ste_is_silent),
		UNIT_TEST_PLAIN(the_cd_decides_about_faults),
		UNIT_TEST_PLAIN(faults_tell_the_access),
		UNIT_TEST_PLAIN(events_come_in_their_order),
		UNIT_TEST_PLAIN(real_tables_give_real_records),
		UNIT_TEST_PLAIN(random_machines_do_no_harm),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
