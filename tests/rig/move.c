/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests go over from vSMMU to vSMMU under the real arm-smmu-v3 driver: it lets go of a vDEVICE
 * whose stage 1 is attached, and replaces that by its like with no moment between. Endpoints do DMA
 * by themselves meanwhile, and cause events.
 */
#include <string.h>

#include "conformance/suite_smmu.h"
#include "dma_load.h"
#include "smmu_machine_real.h"

/* Instants of DMA within a move, moves, and the ns that both may take: more than they need. */
#define INSTANTS 640
#define MOVES	 40
#define PATIENCE (UINT64_C(60) * 1000000000)

#define ROUNDS 8
#define FAULTS 192 /* of a round */

static struct smmu_guest guest;
static struct dma_load load;

static struct edu *edu_of(unsigned int n)
{
	return &smmu_machine_real_of(guest.machine)->endpoint[n].edu;
}

/* Return: how many DMAs were seen to run before the move, and to be over after it. */
static unsigned int move_once(uint64_t *longest)
{
	const uint64_t begin = dma_load_now();
	const unsigned int before = load.dmas;
	uint64_t took;

	smmu_guest_move_live(&guest);
	took = dma_load_now() - begin;
	*longest = took > *longest ? took : *longest;
	dma_load_go_on(&load);
	return load.dmas - before;
}

static void dma_goes_on_in_moves(void *context)
{
	unsigned int instants = 0, moves = 0;
	uint64_t begin, took, longest = 0;

	smmu_guest_open(&guest, context, NULL);
	dma_load_open(&load, &guest, REAL_ENDPOINTS);
	begin = dma_load_now();
	dma_load_start(&load);
	for (; (instants < INSTANTS || moves < MOVES) && dma_load_now() - begin < PATIENCE; moves++)
		instants += move_once(&longest);
	took = dma_load_now() - begin;
	dma_load_end(&load);
	tap_note("%u endpoints, %u moves in %u ms, the longest took %u ms; %u DMAs, each of them "
		 "one instant, %u of these within a move",
		load.count, moves, (unsigned int)(took / 1000000),
		(unsigned int)(longest / 1000000), load.dmas, instants);
	TAP_CHECK(instants >= INSTANTS, "only %u instants", instants);
	TAP_CHECK(moves >= MOVES, "only %u moves", moves);
	smmu_guest_close(&guest);
}

/* All faults of one DMA, which come in the midst of moves: each once, in their order. */
static unsigned int fault_in_moves(unsigned int n)
{
	unsigned int moves = 0;

	smmu_guest_forget(&guest);
	edu_start_at(edu_of(n), SMMU_GUEST_HOLE, 0, EDU_STEP * FAULTS, false);
	do {
		smmu_guest_move_live(&guest);
		moves++;
	} while (edu_is_busy(edu_of(n)));
	smmu_guest_run(&guest);
	TAP_EQ(guest.records, FAULTS);
	for (unsigned int i = 0; i < FAULTS; i++) {
		TAP_EQ(SMMU_EVENT_SID(guest.record[i][0]), guest.vsid[n]);
		TAP_EQ(guest.record[i][2], SMMU_GUEST_HOLE + EDU_STEP * (uint64_t)i);
	}
	return moves;
}

static void move_with_faults(void *context, const struct smmu_guest_options *options)
{
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];
	struct vsmmu_stats stats;
	unsigned int moves = 0;

	smmu_guest_open(&guest, context, options);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		smmu_guest_make_space(&guest, &spaces[n], NULL);
		TAP_EQ(driver_attach(&guest.driver, guest.vsid[n], &spaces[n].domain), 0);
	}
	for (unsigned int i = 0; i < ROUNDS; i++)
		moves += fault_in_moves(i % 2);
	stats = smmu_guest_stats(&guest);
	tap_note("%u faults in %u moves", ROUNDS * FAULTS, moves);
	TAP_EQ(stats.sequenced, ROUNDS * FAULTS);
	TAP_EQ(stats.delivered, ROUNDS * FAULTS);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		smmu_guest_expect_space(&guest, n, &spaces[n]);
	smmu_guest_close(&guest);
}

static void events_in_moves_arrive_once(void *context)
{
	move_with_faults(context, NULL);
}

static void events_in_moves_arrive_once_isolated(void *context)
{
	const struct smmu_guest_options options = {.vsmmu = {.isolate = true}};

	move_with_faults(context, &options);
}

/* The guest goes on with all that it can do to its SMMU. */
static void a_moved_guest_goes_on(void *context)
{
	struct smmu_guest_space space, other;

	smmu_guest_open(&guest, context, NULL);
	smmu_guest_move_live(&guest);
	smmu_guest_make_space(&guest, &space, NULL);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[0], &space.domain), 0);
	smmu_guest_expect_space(&guest, 0, &space);
	smmu_guest_move_live(&guest);
	smmu_guest_expect_space(&guest, 0, &space);
	/* What is unmapped cannot be reached: invalidations go to the new vIOMMU. */
	TAP_EQ(driver_unmap(&space.domain, SMMU_GUEST_TO, 4096), 0);
	smmu_guest_expect_fault(&guest, 0, SMMU_GUEST_TO, true, VSMMU_EVENT_F_TRANSLATION);
	smmu_guest_make_space(&guest, &other, NULL);
	TAP_EQ(driver_replace(&guest.driver, guest.vsid[0], &other.domain), 0);
	smmu_guest_expect_space(&guest, 0, &other);
	TAP_EQ(vsmmu_endpoint_detach(guest.endpoint[0]), 0);
	smmu_guest_attach(&guest, 0, guest.vsid[0]);
	smmu_guest_expect_space(&guest, 0, &other);
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"dma_goes_on_in_moves", "S7", dma_goes_on_in_moves},
	{"events_in_moves_arrive_once", "S7 E6", events_in_moves_arrive_once},
	{"events_in_moves_arrive_once_isolated", "S7 E6", events_in_moves_arrive_once_isolated},
	{"a_moved_guest_goes_on", "S7", a_moved_guest_goes_on},
};

int main(void)
{
	struct smmu_machine machine = {.ops = &smmu_machine_real};

	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &suite_smmu_fixture, &machine);
}
