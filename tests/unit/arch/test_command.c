/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands: which are legal, what they concern, and what the host kernel gets of them. */
#include <string.h>

#include "arch/command.h"
#include "lib/unit.h"

#define SSEC UINT64_C(0x400)
#define SSV  UINT64_C(0x800)
#define SID  UINT64_C(0x0000004200000000)

/* The features of the baseline: no ATS, no stalls, no PASIDs; range invalidation. */
static const struct arch_features plain = {
	.asid16 = true, .ril = true, .stall_model = ARCH_STALL_NONE};
static const struct arch_features full = {.asid16 = true,
	.ril = true,
	.ds = true,
	.ats = true,
	.stall_model = ARCH_STALL_OR_TERMINATE,
	.ssid_bits = 20};
static const struct arch_features bare = {.stall_model = ARCH_STALL_NONE};

static const struct legal {
	uint8_t opcode;
	enum command_kind kind;
	const char *name;
} legal[] = {
	{0x01, COMMAND_NOP, "PREFETCH_CONFIG"},
	{0x02, COMMAND_NOP, "PREFETCH_ADDR"},
	{0x03, COMMAND_STE, "CFGI_STE"},
	{0x04, COMMAND_STE_RANGE, "CFGI_STE_RANGE"},
	{0x05, COMMAND_FORWARD, "CFGI_CD"},
	{0x06, COMMAND_FORWARD, "CFGI_CD_ALL"},
	{0x10, COMMAND_FORWARD, "TLBI_NH_ALL"},
	{0x11, COMMAND_FORWARD, "TLBI_NH_ASID"},
	{0x12, COMMAND_FORWARD, "TLBI_NH_VA"},
	{0x13, COMMAND_FORWARD, "TLBI_NH_VAA"},
	{0x30, COMMAND_FORWARD, "TLBI_NSNH_ALL"},
	{0x40, COMMAND_FORWARD, "ATC_INV"},
	{0x44, COMMAND_IGNORE, "RESUME"},
	{0x45, COMMAND_IGNORE, "STALL_TERM"},
	{0x46, COMMAND_SYNC, "SYNC"},
};
#define LEGAL (sizeof(legal) / sizeof(legal[0]))

static enum command_kind classify(
	uint64_t word0, uint64_t word1, const struct arch_features *features)
{
	const uint64_t word[2] = {word0, word1};
	struct command_scope scope;

	return arch_command_classify(word, features, &scope);
}

static const struct legal *find_legal(unsigned int opcode)
{
	for (size_t i = 0; i < LEGAL; i++) {
		if (legal[i].opcode == opcode)
			return &legal[i];
	}
	return NULL;
}

TEST(every_opcode_has_its_kind)
{
	for (unsigned int opcode = 0; opcode < 256; opcode++) {
		const struct command_rule *rule = arch_command_rule((uint8_t)opcode);
		const struct legal *is = find_legal(opcode);

		assert_int_equal(classify(opcode, 0, &full), is ? is->kind : COMMAND_ILLEGAL);
		if (is)
			assert_string_equal(rule->name, is->name);
		else
			assert_int_equal(rule->fields, 0);
		if (opcode >= 0x80 && opcode <= 0x8f)
			assert_string_equal(rule->name, "IMPDEF");
	}
	assert_string_equal(arch_command_rule(0x00)->name, "RESERVED");
	assert_string_equal(arch_command_rule(0x2a)->name, "TLBI_S2_IPA");
	assert_string_equal(arch_command_rule(0x90)->name, "RESERVED");
}

TEST(opcodes_need_their_features)
{
	struct arch_features features = full;

	for (size_t i = 0; i < LEGAL; i++) {
		uint8_t opcode = legal[i].opcode;
		bool needs = opcode == 0x40 || opcode == 0x44 || opcode == 0x45;

		assert_int_equal(
			classify(opcode, 0, &plain), needs ? COMMAND_ILLEGAL : legal[i].kind);
	}
	features.ats = false;
	assert_int_equal(classify(0x40, 0, &features), COMMAND_ILLEGAL);
	assert_int_equal(classify(0x44, 0, &features), COMMAND_IGNORE);
	features.stall_model = ARCH_STALL_FORCED;
	assert_int_equal(classify(0x44, 0, &features), COMMAND_IGNORE);
	assert_int_equal(classify(0x45, 0, &features), COMMAND_IGNORE);
}

/* SSec = 1 is illegal where there is an SSec (4.1.6); elsewhere bit 10 is just reserved. */
TEST(secure_streams_are_illegal)
{
	static const uint8_t with[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x44, 0x45};

	for (size_t i = 0; i < LEGAL; i++) {
		bool has = memchr(with, legal[i].opcode, sizeof(with)) != NULL;

		assert_int_equal(classify(legal[i].opcode | SSEC, 0, &full),
			has ? COMMAND_ILLEGAL : legal[i].kind);
	}
}

static uint64_t fields_of(uint8_t opcode, int word)
{
	uint32_t fields = arch_command_rule(opcode)->fields;
	uint64_t mask = word ? 0 : 0xff;

	for (unsigned int id = 0; id < COMMAND_FIELDS; id++) {
		const struct command_field *field = &arch_command_fields[id];

		if (fields >> id & 1 && field->word == word)
			mask |= ~UINT64_C(0) >> (64 - field->width) << field->low;
	}
	return mask;
}

TEST(reserved_bits_change_nothing)
{
	for (size_t i = 0; i < LEGAL; i++) {
		uint8_t opcode = legal[i].opcode;
		uint64_t word[2] = {opcode | ~fields_of(opcode, 0), ~fields_of(opcode, 1)};
		uint64_t clean[2] = {opcode, 0};

		assert_int_equal(classify(word[0], word[1], &full), legal[i].kind);
		if (legal[i].kind != COMMAND_FORWARD)
			continue;
		assert_int_equal(arch_command_forward(word, &full, &full), COMMAND_REACH_EXACT);
		assert_int_equal(arch_command_forward(clean, &full, &full), COMMAND_REACH_EXACT);
		assert_memory_equal(word, clean, sizeof(word));
		assert_true(arch_command_kernel_accepts(word, &full));
	}
}

/* 4.4.1.1: NUM = SCALE = TTL = 0 with a granule, each as this SMMU sees it. */
TEST(reserved_ranges_are_illegal)
{
	static const uint64_t nums[] = {0, 1, 31};
	static const uint64_t scales[] = {0, 1, 31, 32, 39};

	for (unsigned int i = 0; i < 2 * 2 * 2 * 4 * 4 * 3 * 5; i++) {
		struct arch_features features = {.ril = i & 1, .ds = i >> 1 & 1};
		uint64_t opcode = i >> 2 & 1 ? 0x12 : 0x13;
		uint64_t tg = i >> 3 & 3, ttl = i >> 5 & 3;
		uint64_t num = nums[(i >> 7) % 3], scale = scales[(i >> 7) / 3];
		uint64_t seen = features.ds ? scale : scale % 32;
		bool any_level = !ttl || (ttl == 1 && tg == 2 && !features.ds);
		bool illegal = features.ril && tg && !num && !seen && any_level;

		assert_int_equal(
			classify(opcode | num << 12 | scale << 20, tg << 10 | ttl << 8, &features),
			illegal ? COMMAND_ILLEGAL : COMMAND_FORWARD);
	}
}

TEST(sync_says_how_to_signal)
{
	static const uint8_t shareability[] = {0, 0, 2, 3};
	struct command_sync sync;

	for (uint64_t cs = 0; cs < 4; cs++) {
		for (uint64_t msh = 0; msh < 4; msh++) {
			const uint64_t word[2] = {0x46 | cs << 12 | msh << 22 | 0xf << 24 |
							  UINT64_C(0x89abcdef) << 32,
				~UINT64_C(0)};

			assert_int_equal(classify(word[0], word[1], &plain),
				cs == 3 ? COMMAND_ILLEGAL : COMMAND_SYNC);
			memset(&sync, 0xff, sizeof(sync));
			arch_command_sync(word, &sync);
			assert_int_equal(sync.signal, cs == 3 ? COMMAND_SIGNAL_NONE : cs);
			assert_int_equal(sync.msi_addr, cs == 1 ? 0x00fffffffffffffc : 0);
			assert_int_equal(sync.msi_data, cs == 1 ? 0x89abcdef : 0);
			assert_int_equal(sync.msi_attr, cs == 1 ? 0xf : 0);
			assert_int_equal(sync.msi_shareability, cs == 1 ? shareability[msh] : 0);
		}
	}
}

TEST(scope_is_the_streams_named)
{
	static const uint8_t one[] = {0x01, 0x02, 0x03, 0x05, 0x06, 0x40, 0x44, 0x45};
	struct command_scope scope;

	for (size_t i = 0; i < LEGAL; i++) {
		const uint64_t word[2] = {legal[i].opcode | UINT64_C(0x89abcdef) << 32, 0};

		arch_command_classify(word, &full, &scope);
		if (memchr(one, legal[i].opcode, sizeof(one))) {
			assert_int_equal(scope.sid, 0x89abcdef);
			assert_int_equal(scope.count, 1);
		} else if (legal[i].opcode != 0x04) {
			assert_int_equal(scope.count, 0);
		}
	}
	for (uint64_t range = 0; range < 32; range++) {
		const uint64_t word[2] = {0x04 | UINT64_C(0xffffffff) << 32, range};

		assert_int_equal(arch_command_classify(word, &plain, &scope), COMMAND_STE_RANGE);
		assert_int_equal(scope.count, UINT64_C(1) << (range + 1));
		assert_int_equal(scope.sid + scope.count, UINT64_C(1) << 32);
	}
}

/* What Linux' driver sends goes on as it is, but for the VMID, which the kernel sets. */
TEST(forward_leaves_linux_commands_alone)
{
	static const struct arch_features pasids = {
		.asid16 = true, .ril = true, .ats = true, .ssid_bits = 10};
	static const uint64_t commands[][2] = {
		{0x30, 0},
		{0x10, 0},
		{0x0007000000000011, 0},
		{0x0007000000000012, 0x0000ffff80001001},	     /* without RIL */
		{0x0007000000a00012 | 31 << 12, 0x1000000000000701}, /* 4K, level 3, a range */
		{0x0007000000000012, 0x0000000000200601},	     /* one block of 2M */
		{0x0007000000000012 | 1 << 12, 0x0000000000010c00},  /* 64K, any level */
		{0x05 | SID | UINT64_C(0x3ff) << 12, 1},
		{0x06 | SID, 0},
		{0x40 | SID, 52},
		{0x40 | SID | SSV | UINT64_C(0x3ff) << 12, 0x0000700000000000 | 2},
		{0x40 | SID | SSV | 1 << 9, 52},
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		uint64_t word[2] = {commands[i][0], commands[i][1]};

		assert_int_equal(classify(word[0], word[1], &pasids), COMMAND_FORWARD);
		assert_true(arch_command_kernel_accepts(word, &pasids));
		assert_int_equal(arch_command_forward(word, &pasids, &pasids), COMMAND_REACH_EXACT);
		assert_memory_equal(word, commands[i], sizeof(word));
	}
}

struct forwarding {
	uint64_t from[2];
	const struct arch_features *guest;
	const struct arch_features *host;
	enum command_reach reach;
	uint64_t to[2];
};

TEST(forward_widens_rather_than_drops)
{
	static const struct forwarding all[] = {
		/* A VMID is the kernel's to choose. */
		{{0x0000ffff00000010}, &plain, &plain, COMMAND_REACH_EXACT, {0x10}},
		/* An ASID that the guest has and the host has not. */
		{{0x0100000000000011}, &plain, &bare, COMMAND_REACH_WIDER, {0x10}},
		{{0x0100000000000012, 0x5001}, &plain, &bare, COMMAND_REACH_WIDER, {0x13, 0x5001}},
		{{0x0142000000000011}, &bare, &plain, COMMAND_REACH_EXACT, {0x0042000000000011}},
		/* Ranges on a host without: NH_ASID would leave global entries. */
		{{0x0042000000001012, 0x5400}, &plain, &bare, COMMAND_REACH_WIDER, {0x10}},
		{{0x0000000000100013, 0x5400}, &plain, &bare, COMMAND_REACH_WIDER, {0x10}},
		{{0x0042000000000012, 0x5701}, &plain, &bare, COMMAND_REACH_WIDER,
			{0x0042000000000012, 0x5001}},
		{{0x0042000000000012, 0x5f01}, &plain, &bare, COMMAND_REACH_WIDER, {0x10}},
		/* Ranges that the guest's SMMU has not. */
		{{0x0042000003f1f012, 0x5f01}, &bare, &plain, COMMAND_REACH_EXACT,
			{0x0042000000000012, 0x5001}},
		/* SCALE of 6 bits, and level 1 of a 16-KiB granule, are of DS. */
		{{0x0000000002000013, 0x4400}, &full, &plain, COMMAND_REACH_WIDER, {0x10}},
		{{0x0000000000001013, 0x4900}, &full, &plain, COMMAND_REACH_WIDER, {0x10}},
		{{0x0000000000001013, 0x4900}, &plain, &plain, COMMAND_REACH_EXACT,
			{0x1013, 0x4800}},
		/* SubstreamIDs */
		{{0x0000004200007005, 1}, &full, &plain, COMMAND_REACH_WIDER, {0x06 | SID}},
		{{0x0000004200007005, 1}, &plain, &full, COMMAND_REACH_EXACT, {0x05 | SID, 1}},
		{{0x0000004200007a40, 0x34}, &full, &plain, COMMAND_REACH_NONE, {0}},
		/* ATC_INV: the size and the alignment of the address; SSID and Global need SSV. */
		{{0x0000004200007240, 0x7fff003f}, &full, &full, COMMAND_REACH_EXACT,
			{0x40 | SID, 0x34}},
		{{0x0000004200007a40, 0x7fff0004}, &full, &full, COMMAND_REACH_EXACT,
			{0x0000004200007a40, 0x7fff0004}},
		{{0x0000004200007a40, 0x7fff0005}, &full, &full, COMMAND_REACH_EXACT,
			{0x0000004200007a40, 0x7ffe0005}},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		uint64_t word[2] = {all[i].from[0], all[i].from[1]};

		assert_int_equal(
			arch_command_forward(word, all[i].guest, all[i].host), all[i].reach);
		if (all[i].reach == COMMAND_REACH_NONE)
			assert_memory_equal(word, all[i].from, sizeof(word));
		else
			assert_memory_equal(word, all[i].to, sizeof(word));
	}
}

TEST(substreams_beyond_the_hosts_are_widened)
{
	static const struct arch_features host = {.ats = true, .ssid_bits = 4};
	static const struct arch_features none = {.ats = true};
	uint64_t word[2] = {0x0000004200010005, 1};

	assert_int_equal(arch_command_forward(word, &full, &host), COMMAND_REACH_WIDER);
	assert_int_equal(word[0], 0x0000004200000006);
	assert_int_equal(word[1], 0);
	word[0] = 0x0000004200010840;
	word[1] = 0x1000;
	assert_int_equal(arch_command_forward(word, &full, &host), COMMAND_REACH_WIDER);
	assert_int_equal(word[0], 0x0000004200000040);
	word[0] = 0x0000004200000840;
	assert_int_equal(arch_command_forward(word, &full, &none), COMMAND_REACH_WIDER);
	assert_int_equal(word[0], 0x0000004200000040);
	/* PASID 0 of a guest that has PASIDs is not "no PASID". */
	word[0] = 0x0000004200000840;
	assert_int_equal(arch_command_forward(word, &full, &host), COMMAND_REACH_EXACT);
	assert_int_equal(word[0], 0x0000004200000840);
}

#define M(field) (UINT32_C(1) << COMMAND_FIELD_##field)

/* The mirror of the kernel's check, bit by bit, from a command with nothing set. */
TEST(kernel_takes_these_bits_only)
{
	static const struct {
		uint64_t opcode;
		uint32_t fields;
	} takes[] = {
		{0x05, M(SSID) | M(SID) | M(LEAF)},
		{0x06, M(SID)},
		{0x10, M(VMID)},
		{0x11, M(VMID) | M(ASID)},
		{0x12, M(VMID) | M(ASID) | M(LEAF) | M(ADDR)},
		{0x13, M(VMID) | M(LEAF) | M(ADDR)},
		{0x30, 0},
		{0x40, M(SSV) | M(SSID) | M(SID) | M(GLOBAL) | M(ATC_SIZE) | M(ADDR)},
	};
	const uint32_t substreams = M(SSV) | M(SSID) | M(GLOBAL);
	size_t next = 0;

	for (uint64_t opcode = 0; opcode < 256; opcode++) {
		const uint64_t clean[2] = {opcode, 0};
		bool taken =
			next < sizeof(takes) / sizeof(takes[0]) && takes[next].opcode == opcode;

		assert_int_equal(arch_command_kernel_accepts(clean, &full), taken);
		assert_int_equal(
			arch_command_kernel_accepts(clean, &bare), taken && opcode != 0x40);
		for (unsigned int bit = 8; taken && bit < 128; bit++) {
			uint64_t word[2] = {opcode, 0};
			bool in_full = false, in_bare = false;

			word[bit / 64] |= UINT64_C(1) << bit % 64;
			for (unsigned int id = 0; id < COMMAND_FIELDS; id++) {
				const struct command_field *field = &arch_command_fields[id];
				unsigned int low = field->word * 64u + field->low;

				if (!(takes[next].fields >> id & 1) || bit < low ||
					bit >= low + field->width)
					continue;
				in_full = true;
				in_bare = opcode != 0x40 && !(substreams >> id & 1) &&
					  (id != COMMAND_FIELD_ASID || bit < low + 8);
			}
			assert_int_equal(arch_command_kernel_accepts(word, &full), in_full);
			assert_int_equal(arch_command_kernel_accepts(word, &bare), in_bare);
		}
		next += taken;
	}
	for (uint64_t size = 0; size < 64; size++) {
		const uint64_t word[2] = {0x40, size};

		assert_int_equal(arch_command_kernel_accepts(word, &full), size <= 52);
	}
	for (uint64_t i = 0; i < 64; i++) { /* TTL, TG, NUM, SCALE[5] */
		const uint64_t word[2] = {0x12 | (i >> 4 & 1) << 12 | (i >> 5 & 1) << 25,
			(i & 3) << 8 | (i >> 2 & 3) << 10};
		bool range = i >> 4, ttl = i & 3, tg = i >> 2 & 3;
		bool takes_full = tg ? range || ttl : !range && !ttl;
		bool takes_plain = takes_full && !(i >> 5) && (i & 15) != (2 << 2 | 1);

		assert_int_equal(arch_command_kernel_accepts(word, &full), takes_full);
		assert_int_equal(arch_command_kernel_accepts(word, &plain), takes_plain);
		assert_int_equal(arch_command_kernel_accepts(word, &bare), i == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(every_opcode_has_its_kind),
		UNIT_TEST_PLAIN(opcodes_need_their_features),
		UNIT_TEST("P15", secure_streams_are_illegal),
		UNIT_TEST("P15", reserved_bits_change_nothing),
		UNIT_TEST_PLAIN(reserved_ranges_are_illegal),
		UNIT_TEST_PLAIN(sync_says_how_to_signal),
		UNIT_TEST("P14", scope_is_the_streams_named),
		UNIT_TEST_PLAIN(forward_leaves_linux_commands_alone),
		UNIT_TEST("P15", forward_widens_rather_than_drops),
		UNIT_TEST_PLAIN(substreams_beyond_the_hosts_are_widened),
		UNIT_TEST("P15", kernel_takes_these_bits_only),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
