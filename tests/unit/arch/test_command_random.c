/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random commands of random guests on random hosts: the kernel takes what it is given, and
 * that invalidates at least what the guest asked for. What a command invalidates is told by
 * a model of caches that is written apart from src/arch.
 */
#include <string.h>

#include "arch/command.h"
#include "lib/rng.h"
#include "lib/unit.h"

#define SSV    UINT64_C(0x800)
#define ROUNDS 4000000

/* Something that hardware may have cached: a TLB entry, or a table entry on the way to it. */
struct cached {
	uint32_t sid, ssid; /* for CDs and ATC entries */
	bool table, global, pasid;
	uint16_t asid;
	unsigned int tg, level, log2;
	uint64_t address;
};

static bool hits_va(
	const uint64_t word[2], const struct arch_features *features, const struct cached *entry)
{
	uint64_t address = word[1] >> 12 << 12, num = word[0] >> 12 & 31, size;
	unsigned int scale = word[0] >> 20 & (features->ds ? 63 : 31);
	unsigned int tg = features->ril ? word[1] >> 10 & 3 : 0, ttl = word[1] >> 8 & 3;

	if (tg == 2 && ttl == 1 && !features->ds)
		ttl = 0;
	if (entry->table && (word[1] & 1))
		return false;
	if (!tg)
		return (address ^ entry->address) >> entry->log2 == 0;
	if (tg != entry->tg || (ttl && (entry->table ? entry->level >= ttl : entry->level != ttl)))
		return false;
	size = (num + 1) << (scale < 39 ? scale : 39) << (10 + 2 * tg);
	if (entry->address >= address)
		return entry->address - address < size;
	return address - entry->address < UINT64_C(1) << entry->log2;
}

/* Does an SMMU with these features drop the entry at this command? (4.3, 4.4.2, 4.5.1) */
static bool hits(
	const uint64_t word[2], const struct arch_features *features, const struct cached *entry)
{
	uint16_t asid = (uint16_t)(word[0] >> 48 & (features->asid16 ? 0xffff : 0xff));
	uint32_t ssid = (uint32_t)(word[0] >> 12) & ((UINT32_C(1) << features->ssid_bits) - 1);
	bool same_stream = entry->sid == word[0] >> 32;
	unsigned int size = word[1] & 63;

	switch ((uint8_t)word[0]) {
	case 0x05:
		return same_stream && ssid == entry->ssid && !(entry->table && (word[1] & 1));
	case 0x06:
		return same_stream;
	case 0x10:
	case 0x30:
		return true;
	case 0x11:
		return asid == entry->asid && !entry->global;
	case 0x12:
		return (asid == entry->asid || entry->global) && hits_va(word, features, entry);
	case 0x13:
		return hits_va(word, features, entry);
	case 0x40:
		if (!same_stream || (size < 52 && (entry->address ^ word[1]) >> 12 >> size != 0))
			return false;
		return !features->ssid_bits || !(word[0] & SSV) ||
		       (entry->pasid && (entry->ssid == ssid || (word[0] & 1 << 9)));
	default:
		fail_msg("not forwarded: %#llx", (unsigned long long)word[0]);
		return false;
	}
}

static void random_features(struct rng *rng, struct arch_features *features)
{
	static const uint8_t bits[] = {0, 0, 1, 8, 20};
	uint64_t random = rng_next(rng);

	*features = (struct arch_features){.asid16 = random & 1,
		.ril = random & 2,
		.ds = random & 4,
		.ats = random & 8,
		.ssid_bits = bits[(random >> 8) % 5]};
}

static void random_command(struct rng *rng, uint64_t word[2])
{
	static const uint8_t opcodes[] = {
		0x05, 0x06, 0x10, 0x11, 0x12, 0x12, 0x12, 0x13, 0x13, 0x13, 0x30, 0x40, 0x40};

	for (int i = 0; i < 2; i++) {
		word[i] = rng_next(rng);
		for (uint64_t sparse = rng_below(rng, 4); sparse; sparse--)
			word[i] &= rng_next(rng);
	}
	if (rng_below(rng, 2)) /* aligned, as ranges are of sane guests */
		word[1] &= ~UINT64_C(0x1fffff000);
	if (rng_below(rng, 16))
		word[0] = (word[0] & ~UINT64_C(0xff)) | opcodes[rng_below(rng, sizeof(opcodes))];
}

/* Near enough to what the command names that it is often hit. */
static void random_entry(struct rng *rng, const uint64_t word[2], struct cached *entry)
{
	uint64_t random = rng_next(rng);
	unsigned int named = word[1] >> 10 & 3;

	*entry = (struct cached){
		.sid = (uint32_t)(word[0] >> 32) ^ (random % 8 == 0),
		.ssid = (uint32_t)(word[0] >> 12) & (0xfffffu >> (random >> 3) % 21),
		.table = random >> 8 & 1,
		.global = !(random >> 9 & 3),
		.pasid = random >> 11 & 3,
		.asid = (uint16_t)(word[0] >> 48) & (random >> 13 & 1 ? 0xff : 0xffff),
		.tg = named && random >> 14 & 3 ? named : 1 + (unsigned int)(random >> 16) % 3,
		.level = 1 + (unsigned int)(random >> 20) % 3,
	};
	if (entry->table)
		entry->level--;
	entry->log2 = 10 + 2 * entry->tg + (3 - entry->level) * (7 + 2 * entry->tg);
	entry->address = (word[1] >> 12 << 12) + ((random >> 24 & 0xffff) << random % 12);
	entry->address = entry->address >> entry->log2 << entry->log2;
}

/* Whatever a guest sends: the kernel takes it, and it covers what was asked. */
TEST(random_commands_are_taken_and_covered)
{
	struct rng rng = {.state = 7};
	unsigned int asked = 0, wider = 0, illegal = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct arch_features guest, host;
		struct command_scope scope;
		uint64_t from[2], to[2], again[2];
		enum command_reach reach;

		random_features(&rng, &guest);
		random_features(&rng, &host);
		if (rng_below(&rng, 2))
			host = guest;
		random_command(&rng, from);
		memcpy(to, from, sizeof(to));
		reach = arch_command_forward(to, &guest, &host);
		if (reach != COMMAND_REACH_NONE)
			assert_true(arch_command_kernel_accepts(to, &host));
		if (arch_command_classify(from, &guest, &scope) != COMMAND_FORWARD) {
			illegal++;
			continue;
		}
		if (reach == COMMAND_REACH_NONE) {
			assert_int_equal((uint8_t)from[0], 0x40);
			assert_false(host.ats);
			continue;
		}
		wider += reach == COMMAND_REACH_WIDER;
		memcpy(again, to, sizeof(again));
		assert_int_equal(arch_command_forward(again, &host, &host), COMMAND_REACH_EXACT);
		assert_memory_equal(again, to, sizeof(to));
		for (int tries = 0; tries < 4; tries++) {
			struct cached entry;

			random_entry(&rng, from, &entry);
			if (!hits(from, &guest, &entry))
				continue;
			asked++;
			assert_true(hits(to, &host, &entry));
		}
	}
	assert_true(asked > ROUNDS / 2);
	assert_true(wider > ROUNDS / 20);
	assert_true(illegal > ROUNDS / 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("P9 P15", random_commands_are_taken_and_covered),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
