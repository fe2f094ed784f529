/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of StreamIDs: found while they are there, however many, and not after. */
#include <errno.h>
#include <stdlib.h>

#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#include "lib/fail_nth.h"
#include "lib/rng.h"
#include "smmu/stream.h"
#include "lib/unit.h"

#define SEEDS 50
#define STEPS 2000
#define IDS   300

/* StreamIDs as machines have them: buses in a row, all bits, and whole tables alike. */
static uint32_t vsid_of(uint32_t n, uint64_t seed)
{
	switch (seed % 3) {
	case 0:
		return n << 8;
	case 1:
		return n;
	default:
		return n * UINT32_C(0x01000193) ^ (uint32_t)seed;
	}
}

TEST(streams_are_found_while_they_are_there)
{
	static uint32_t index_of[IDS]; /* or STREAM_NONE */

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct rng rng = {seed};
		struct stream_table table;
		uint32_t used = 0;

		assert_int_equal(stream_table_init(&table), 0);
		for (uint32_t n = 0; n < IDS; n++)
			index_of[n] = STREAM_NONE;
		for (int step = 0; step < STEPS; step++) {
			uint32_t n = (uint32_t)rng_below(&rng, IDS);
			uint32_t vsid = vsid_of(n, seed);

			assert_int_equal(stream_find(&table, vsid), index_of[n]);
			if (index_of[n] != STREAM_NONE) {
				assert_int_equal(table.entries[index_of[n]].vsid, vsid);
				stream_remove(&table, index_of[n]);
				index_of[n] = STREAM_NONE;
				used--;
			} else {
				assert_int_equal(stream_reserve(&table, vsid), 0);
				index_of[n] = stream_find(&table, vsid);
				assert_int_not_equal(index_of[n], STREAM_NONE);
				assert_int_equal(stream_probe(&table, vsid)->delivered, 0);
				used++;
			}
			assert_int_equal(table.used, used);
			assert_int_equal(table.live, 0);
			assert_true(used <= table.capacity);
		}
		for (uint32_t n = 0; n < IDS; n++)
			assert_int_equal(stream_find(&table, vsid_of(n, seed)), index_of[n]);
		stream_table_destroy(&table);
	}
}

TEST(a_table_that_cannot_grow_stays_as_it_is)
{
	struct stream_table table;
	uint32_t used;

	assert_int_equal(stream_table_init(&table), 0);
	while (table.used < table.capacity)
		assert_int_equal(stream_reserve(&table, table.used << 8), 0);
	used = table.used;
	/* Three allocations: any may fail. */
	for (unsigned int n = 1; n <= 3; n++) {
		fail_nth_arm(n);
		assert_int_equal(stream_reserve(&table, 0xabc00), -ENOMEM);
		fail_nth_arm(0);
		assert_int_equal(table.used, used);
		assert_int_equal(stream_find(&table, 0xabc00), STREAM_NONE);
		for (uint32_t i = 0; i < used; i++)
			assert_int_equal(stream_find(&table, i << 8), i);
	}
	assert_int_equal(stream_reserve(&table, 0xabc00), 0);
	for (uint32_t i = 0; i < used; i++)
		assert_int_equal(stream_find(&table, i << 8), i);
	assert_int_equal(stream_find(&table, 0xabc00), used);
	stream_table_destroy(&table);
}

/* Reserved, live, stale, gone: who is found, who is counted, who is swept. */
TEST(a_stream_has_its_states)
{
	static int one, other; /* stand for sources */
	struct event_source *source = (struct event_source *)&one;
	struct event_source *neighbour = (struct event_source *)&other;
	struct vsmmu_endpoint *endpoint = (struct vsmmu_endpoint *)&one;
	struct stream_table table;
	uint32_t index, vsid = 0;

	assert_int_equal(stream_table_init(&table), 0);
	for (uint32_t n = 0; n < 4; n++)
		assert_int_equal(stream_reserve(&table, n), 0);
	index = stream_find(&table, 1);
	assert_int_equal(stream_find_live(&table, 1), STREAM_NONE);
	for (uint32_t n = 1; n < 4; n++)
		stream_go_live(&table, stream_find(&table, n), endpoint,
			n == 3 ? neighbour : source, n == 3 ? 2 : 1);
	assert_int_equal(stream_find_live(&table, 1), index);
	assert_ptr_equal(table.entries[index].endpoint, endpoint);
	assert_int_equal(table.live, 3);
	assert_true(stream_probe(&table, 1)->key == stream_key(1, 1));
	assert_true(stream_probe(&table, 3)->key == stream_key(3, 2));
	stream_go_stale(&table, index);
	assert_true(stream_probe(&table, 1)->key == stream_key(1, 0));
	assert_null(table.entries[index].endpoint);
	assert_int_equal(table.live, 2);
	assert_int_equal(stream_find_live(&table, 1), STREAM_NONE);
	/* The number is still taken. */
	assert_int_equal(stream_find(&table, 1), index);
	assert_int_equal(stream_sweep(&table, neighbour, false, &vsid), 0);
	assert_int_equal(stream_find(&table, 1), index);
	table.entries[index].wanted = true;
	assert_int_equal(stream_sweep(&table, source, false, &vsid), 1);
	assert_int_equal(vsid, 1);
	assert_int_equal(stream_find(&table, 1), STREAM_NONE);
	/* The live ones only if asked for, and of nobody else. */
	assert_int_not_equal(stream_find_live(&table, 2), STREAM_NONE);
	assert_int_equal(stream_sweep(&table, source, true, &vsid), 0);
	assert_int_equal(stream_find(&table, 2), STREAM_NONE);
	assert_int_not_equal(stream_find_live(&table, 3), STREAM_NONE);
	assert_int_not_equal(stream_find(&table, 0), STREAM_NONE);
	assert_int_equal(table.live, 1);
	assert_int_equal(table.used, 2);
	stream_table_destroy(&table);
}

/* What was counted moves along when slots are made anew: at a removal, and as the table grows. */
TEST(counts_stay_with_their_streams)
{
	static int one; /* stands for a source */
	struct stream_table table;

	assert_int_equal(stream_table_init(&table), 0);
	for (uint32_t n = 0; n < 100; n++) {
		assert_int_equal(stream_reserve(&table, n << 8), 0);
		stream_go_live(
			&table, stream_find(&table, n << 8), NULL, (struct event_source *)&one, 7);
		stream_probe(&table, n << 8)->delivered = 1000 + n;
		if (n % 10 == 9)
			stream_remove(&table, stream_find(&table, (n - 5) << 8));
	}
	for (uint32_t n = 0; n < 100; n++) {
		if (n % 10 == 4)
			continue;
		assert_true(stream_probe(&table, n << 8)->delivered == 1000 + n);
		assert_true(stream_probe(&table, n << 8)->key == stream_key(n << 8, 7));
	}
	/* Whoever gets a number later begins anew. */
	assert_int_equal(stream_reserve(&table, 4 << 8), 0);
	assert_int_equal(stream_probe(&table, 4 << 8)->delivered, 0);
	stream_table_destroy(&table);
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	(void)address;
	(void)bytes;
	(void)length;
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

static const struct vsmmu_ops ops = {
	.size = sizeof(ops), .memory_write = memory_write, .irq_pulse = irq_pulse};

static int attach(struct vsmmu *vsmmu, struct vsmmu_host *sim, uint32_t vsid)
{
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = vsid, .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint = NULL;
	int ret;

	assert_int_equal(vsmmu_sim_endpoint_new(sim, 0, &config.dev_id), 0);
	fail_nth_arm(vsid >= 0x1000 ? vsid - 0x1000 : 0);
	ret = vsmmu_endpoint_attach(vsmmu, &config, &endpoint);
	fail_nth_arm(0);
	assert_int_equal(!ret, endpoint != NULL);
	return ret;
}

/* However full the table was, an attach that fails anywhere leaves nothing in the host. */
TEST(an_attach_without_memory_leaves_nothing)
{
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops, .event_path_only = true};
	struct vsmmu_sim_stats before = {.size = sizeof(before)}, after = before;
	struct vsmmu *vsmmu;
	struct vsmmu_host *sim;

	assert_int_equal(vsmmu_sim_new(&sim, NULL), 0);
	config.host = sim;
	config.isolate = true;
	config.veventq_depth = 4;
	assert_int_equal(vsmmu_new(&vsmmu, &config), 0);
	for (uint32_t vsid = 0; vsid < 16; vsid++)
		assert_int_equal(attach(vsmmu, sim, vsid), 0);
	vsmmu_sim_get_stats(sim, &before);
	for (uint32_t n = 1;; n++) {
		int ret = attach(vsmmu, sim, 0x1000 + n);

		if (!fail_nth_fired() && !ret)
			break;
		vsmmu_sim_get_stats(sim, &after);
		/* A failure may do no harm; then it is attached all the same. */
		if (ret)
			assert_int_equal(after.objects, before.objects);
		else
			before = after;
	}
	vsmmu_free(vsmmu);
	vsmmu_sim_get_stats(sim, &after);
	assert_int_equal(after.objects, 0);
	vsmmu_host_unref(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(streams_are_found_while_they_are_there),
		UNIT_TEST_PLAIN(a_table_that_cannot_grow_stays_as_it_is),
		UNIT_TEST("E10", a_stream_has_its_states),
		UNIT_TEST("E10", counts_stay_with_their_streams),
		UNIT_TEST("E11", an_attach_without_memory_leaves_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
