/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulator's DMA against arch_translate() of the same structures in memory, with
 * nothing cached; and DMA from threads while what it goes through changes.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "sim_dma_fixture.h"

#define ROUNDS	  20000
#define SEED	  UINT64_C(0x51d)
#define ROUNDS_MT 1500
#define READERS	  3

/* A way to go wrong or right: what is random is so one field at a time, or all of it. */
struct scene {
	struct pgtable pgtable;
	uint64_t ste[2];
	uint64_t cd[8];
	struct arch_transaction transaction;
};

static const uint32_t idr[6] = {0x09481008, 0x520, 0, 0x400, 0, 0x74}; /* OAS: 44 bits */

static struct arch_features sim_features(void)
{
	struct arch_features features;

	arch_idr_host_features(idr, false, &features);
	features.oas = 44;
	return features;
}

static uint64_t flip(struct rng *rng, uint64_t word)
{
	return rng_below(rng, 3) ? word : word ^ BIT(rng_below(rng, 64));
}

static void make_scene(struct rng *rng, struct scene *scene)
{
	static const uint32_t ssids[] = {0, 1, 2, 7, 8, 0xfffff};
	const uint64_t format = rng_below(rng, 3);
	const uint64_t outputs[] = {DATA, DATA, DATA, NOWHERE, BIT(43), BIT(46)};
	const unsigned int g = (unsigned int)rng_below(rng, 3);
	const bool upper = rng_below(rng, 2);
	struct pgtable *pgtable = &scene->pgtable;
	struct mapped page = {.va = VA, .pa = outputs[rng_below(rng, 6)], .index = 4};
	uint64_t slot;

	assert_true(pgtable_init(
		pgtable, g, upper, 16 + (unsigned int)rng_below(rng, 24), false, 44, RAM_BASE));
	page.va = pgtable_sign(pgtable) | 0x20000;
	page.pa &= ~(BIT(pgtable->granule->bits) - 1);
	for (uint64_t i = 0; i < 64; i++)
		ram_set(&ram, DATA + 8 * i, rng_next(rng));
	pgtable_map(pgtable, &page, RW ^ (rng_below(rng, 3) ? 0 : BIT(5 + rng_below(rng, 6))));
	slot = pgtable_slot(pgtable, page.va,
		pgtable->start + (unsigned int)rng_below(rng, 5 - pgtable->start));
	ram_set(&ram, slot, flip(rng, ram_get(&ram, slot)));

	memcpy(scene->cd, pgtable->word, sizeof(scene->cd));
	scene->cd[0] = (scene->cd[0] & ~(UINT64_C(7) << 32)) | rng_below(rng, 8) << 32;
	if (!rng_below(rng, 3))
		scene->cd[0] ^= BIT(45 + rng_below(rng, 2));
	scene->cd[0] = flip(rng, scene->cd[0]);
	if (!rng_below(rng, 4))
		scene->cd[1 + rng_below(rng, 3)] ^= BIT(rng_below(rng, 64));
	for (uint64_t i = 0; i < 8; i++)
		ram_set_entry(&ram, CD_TABLE + 64 * i, scene->cd);
	ram_set(&ram, L1CD, flip(rng, CD_TABLE | 1));

	scene->ste[0] = STE_S1 | (format ? L1CD : CD_TABLE) | format << 4;
	scene->ste[0] |= rng_below(rng, 2) ? UINT64_C(3) << 59 : 0;
	scene->ste[0] = flip(rng, scene->ste[0]);
	scene->ste[1] = rng_below(rng, 4);
	if (!rng_below(rng, 8))
		scene->ste[1] |= BIT(27 + rng_below(rng, 3));
	scene->transaction = (struct arch_transaction){
		.address = page.va + rng_below(rng, 0xff8),
		.sid = VSID,
		.ssv = !rng_below(rng, 3),
		.ssid = ssids[rng_below(rng, 6)],
		.access = {.write = rng_below(rng, 2), .privileged = rng_below(rng, 2)},
	};
	scene->transaction.access.instruction =
		!scene->transaction.access.write && !rng_below(rng, 3);
	if (!rng_below(rng, 4))
		scene->transaction.address ^= BIT(rng_below(rng, 64));
}

static bool is_forwarded(uint8_t id)
{
	return id >= VSMMU_EVENT_F_TRANSLATION || id == VSMMU_EVENT_C_BAD_STE ||
	       id == VSMMU_EVENT_C_BAD_CD || id == VSMMU_EVENT_F_STREAM_DISABLED ||
	       id == VSMMU_EVENT_C_BAD_SUBSTREAMID;
}

/* What the simulator must do, and then does. Return: the event's id, 0 for none. */
static unsigned int compare(
	struct sim_fixture *s, const struct scene *scene, unsigned int *outcomes)
{
	const struct arch_transaction *transaction = &scene->transaction;
	const struct arch_memory memory = ram_memory(&ram);
	const struct arch_access *access = &transaction->access;
	const struct arch_state state = {
		.features = sim_features(),
		.strtab = {.base = STRTAB, .cfg = 7},
		.enabled = true,
	};
	const uint64_t printed = stats_of(s).printed;
	struct vsmmu_event_record record;
	struct arch_result result;
	static uint8_t before[DATA_SIZE];
	uint8_t bytes[8], old[8];
	bool memory_fails;
	int ret;

	ram_set_entry(&ram, STRTAB + 64 * VSID,
		(uint64_t[8]){scene->ste[0] & 1 ? scene->ste[0] : 1, scene->ste[1]});
	arch_translate(&state, &memory, transaction, &result);
	memory_fails =
		result.outcome == ARCH_PASS && ram_read(&ram, result.address, old, sizeof(old)) < 0;
	memcpy(before, &ram.bytes[DATA - RAM_BASE], sizeof(before));
	memset(bytes, 0x77, sizeof(bytes));
	ret = dma_by(s, s->endpoint.dev_id,
		(access->write ? VSMMU_ACCESS_WRITE : 0) |
			(access->privileged ? VSMMU_ACCESS_PRIVILEGED : 0) |
			(access->instruction ? VSMMU_ACCESS_INSTRUCTION : 0) |
			(transaction->ssv ? VSMMU_ACCESS_SSID : 0),
		transaction->ssid, transaction->address, bytes, sizeof(bytes));

	outcomes[result.outcome]++;
	assert_int_equal(ret, result.outcome == ARCH_TERMINATE_ABORT || memory_fails ? -EFAULT : 0);
	if (result.outcome == ARCH_PASS && !memory_fails) {
		uint8_t now[8];

		assert_true(ram_read(&ram, result.address, now, sizeof(now)) >= 0);
		assert_memory_equal(now, access->write ? bytes : old, sizeof(now));
		assert_memory_equal(bytes, now, sizeof(now));
	} else {
		assert_memory_equal(before, &ram.bytes[DATA - RAM_BASE], sizeof(before));
	}
	if (result.outcome == ARCH_TERMINATE_RAZ_WI && !access->write)
		assert_memory_equal(bytes, (uint8_t[8]){0}, sizeof(bytes));
	if (memory_fails || (result.recorded && !is_forwarded(result.event))) {
		assert_int_equal(stats_of(s).printed, printed + 1);
		expect_silence(s);
		return result.event ? result.event : 0xff;
	}
	assert_int_equal(stats_of(s).printed, printed);
	if (!result.recorded) {
		expect_silence(s);
		return 0;
	}
	assert_true(next_event(s, &record));
	assert_memory_equal(record.word, result.record.word, sizeof(record.word));
	expect_silence(s);
	return result.event;
}

TEST(it_does_what_the_architecture_says)
{
	static const uint8_t must[] = {
		0, 0x04, 0x06, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0xff};
	const struct vsmmu_sim_config config = {
		.idr = {idr[0], idr[1], idr[2], idr[3], idr[4], idr[5]}};
	struct sim_fixture *s = dma_build(&config);
	struct rng rng = {.state = SEED};
	unsigned int events[256] = {0};
	unsigned int outcomes[3] = {0};
	unsigned int passed;
	struct scene scene;
	uint64_t walks;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint32_t old = s->nested;

		make_scene(&rng, &scene);
		/* Whatever the kernel refuses is not the hardware's business. */
		if (new_nested(s, scene.ste[0], scene.ste[1], &s->nested)) {
			s->nested = old;
			continue;
		}
		assert_int_equal(
			s->ops->attach(s->host, &s->endpoint, s->nested, VSMMU_ATTACH_STAGE1), 0);
		assert_int_equal(s->ops->destroy(s->host, old), 0);
		invalidate(s, NH_ALL, 0);
		invalidate(s, CFGI_CD_ALL, 0);
		passed = outcomes[ARCH_PASS];
		events[compare(s, &scene, outcomes)]++;
		if (outcomes[ARCH_PASS] == passed)
			continue;
		/* The other privilege finds the same mapping, and needs no walk for it. */
		walks = stats_of(s).walks;
		scene.transaction.access.privileged = !scene.transaction.access.privileged;
		events[compare(s, &scene, outcomes)]++;
		assert_int_equal(stats_of(s).walks, walks);
	}
	for (unsigned int i = 0; i < sizeof(must); i++)
		if (events[must[i]] < 30)
			fail_msg("seed %#llx: only %u cases of %#x", (unsigned long long)SEED,
				events[must[i]], must[i]);
	for (unsigned int i = 0; i < 3; i++)
		assert_true(outcomes[i] > 100);
	tear_down(s);
}

/* Threads */

struct hammer {
	struct sim_fixture *s;
	_Atomic uint64_t floor; /* no page older than this may be seen */
	atomic_bool done;
	atomic_uint bad;
	atomic_uint loads;
};

/* VA moves round by round; in the page's first word stands in which. */
static void *hammer_loads(void *arg)
{
	struct hammer *hammer = arg;

	while (!atomic_load(&hammer->done)) {
		const uint64_t floor = atomic_load(&hammer->floor);
		const uint64_t seen = load(hammer->s, VA);

		/* Aborted: while the STE was an abort */
		if (seen != ABORTED && seen < floor)
			atomic_fetch_add(&hammer->bad, 1);
		atomic_fetch_add(&hammer->loads, 1);
	}
	return NULL;
}

/*
 * Once an invalidation has returned, nobody goes by the old mapping, whoever was in the
 * middle of what. The guest's memory is the test's: its words change under a lock of its own.
 */
static pthread_mutex_t ram_lock = PTHREAD_MUTEX_INITIALIZER;

static int locked_read(void *ctx, uint64_t address, void *bytes, size_t n)
{
	int ret;

	pthread_mutex_lock(&ram_lock);
	ret = ram_read(ctx, address, bytes, n);
	pthread_mutex_unlock(&ram_lock);
	return ret;
}

TEST(an_invalidation_waits_for_transactions)
{
	const struct vsmmu_sim_config config = {
		.size = sizeof(config), .memory_read = locked_read, .memory_opaque = &ram};
	struct hammer hammer = {0};
	pthread_t readers[READERS];
	struct pgtable pgtable;
	uint32_t abort_id;

	dma_pgtable(&pgtable);
	map_page(&pgtable, VA, DATA, RW);
	hammer.s = build(&config, 64);
	install(hammer.s, CD_TABLE | STE_S1, 0);
	assert_int_equal(new_nested(hammer.s, STE_ABORT, 0, &abort_id), 0);
	for (unsigned int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, hammer_loads, &hammer), 0);
	for (uint64_t round = 1; round <= ROUNDS_MT; round++) {
		const uint64_t pa = DATA + round % 8 * PAGE;

		pthread_mutex_lock(&ram_lock);
		ram_set(&ram, pa, round);
		map_page(&pgtable, VA, pa, RW);
		pthread_mutex_unlock(&ram_lock);
		invalidate(hammer.s, round % 2 ? NH_VAA : NH_ALL, round % 2 ? VA : 0);
		atomic_store(&hammer.floor, round);
		if (round % 16)
			continue;
		assert_int_equal(hammer.s->ops->attach(hammer.s->host, &hammer.s->endpoint,
					 abort_id, VSMMU_ATTACH_ABORT),
			0);
		invalidate(hammer.s, CFGI_CD_ALL, 0);
		assert_int_equal(hammer.s->ops->attach(hammer.s->host, &hammer.s->endpoint,
					 hammer.s->nested, VSMMU_ATTACH_STAGE1),
			0);
	}
	while (atomic_load(&hammer.loads) < 100)
		sched_yield();
	atomic_store(&hammer.done, true);
	for (unsigned int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(atomic_load(&hammer.bad), 0);
	assert_int_equal(load(hammer.s, VA), ROUNDS_MT);
	assert_int_equal(stats_of(hammer.s).printed, 0);
	assert_int_equal(stats_of(hammer.s).numbered, 0);
	assert_int_equal(hammer.s->ops->destroy(hammer.s->host, abort_id), 0);
	tear_down(hammer.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S8", it_does_what_the_architecture_says),
		UNIT_TEST("S8 S9", an_invalidation_waits_for_transactions),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
