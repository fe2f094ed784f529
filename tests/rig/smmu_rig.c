/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a full SMMU only the real driver and DMA that runs by itself can show: the ID
 * registers, STEs replaced under DMA, storms, and snapshots with events still in the kernel.
 */
#include "smmu_rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <vsmmu/snapshot.h>

#include "dma_load.h"
#include "smmu_machine_real.h"

#define STORM 1024 /* faults of a DMA as large as edu can do */
#define DEPTH 64

/* Instants of DMA that a test wants, and the ns that it may take: far more than it needs. */
#define INSTANTS 640
#define PATIENCE (UINT64_C(40) * 1000000000)

static struct smmu_guest guest, successor;
static struct dma_load load;

static struct edu *edu_of(unsigned int n)
{
	return &smmu_machine_real_of(guest.machine)->endpoint[n].edu;
}

static void attach_space(unsigned int n, struct smmu_guest_space *space)
{
	smmu_guest_make_space(&guest, space, NULL);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[n], &space->domain), 0);
}

/* The fields of struct iommu_hw_info_arm_smmuv3 that are as the hardware has them. */
static void identity_is_the_hardwares(void *context)
{
	static const uint32_t same[6] = {
		[0] = 0x0760100c, /* TERM_MODEL, STALL_MODEL, TTENDIAN, ASID16, TTF */
		[3] = 0x00001c00, /* BBML, RIL */
		[5] = 0x00000cf0, /* VAX, DS, granules */
	};
	struct smmu_machine *machine = context;
	struct host_hw_info info;

	TAP_EQ(machine->host->ops->hw_info(machine->host, &machine->endpoint[0], &info), 0);
	smmu_guest_open(&guest, machine, NULL);
	for (unsigned int i = 0; i < 6; i++)
		TAP_EQ(guest.driver.features.idr[i] & same[i], info.idr[i] & same[i]);
	/* What is not the guest's to use, though this hardware has it. */
	TAP_CHECK(info.idr[0] & 1, "no stage 2?");
	TAP_EQ(guest.driver.features.idr[0] & 1, 0);
	smmu_guest_close(&guest);
}

/*
 * One STE of the endpoint whose DMA is due next. Return: whether that DMA was seen to run
 * before, and to be over after: then its instant was in the midst of this.
 */
static bool replace_next(void)
{
	struct dma_load_member *member = dma_load_next(&load);
	const unsigned int before = member->dmas;
	const bool runs = edu_is_busy(member->edu);

	dma_load_replace(&load, member);
	dma_load_go_on(&load);
	return runs && member->dmas > before;
}

/* DMA comes in the midst of the kernel's own work: no moment is without translation. */
static void stes_are_replaced_while_dma_runs(void *context)
{
	unsigned int instants = 0, replaced = 0;
	uint64_t begin, time;

	smmu_guest_open(&guest, context, NULL);
	dma_load_open(&load, &guest, REAL_ENDPOINTS);
	begin = dma_load_now();
	dma_load_start(&load);
	while (instants < INSTANTS && dma_load_now() - begin < PATIENCE)
		instants += replace_next();
	time = dma_load_now() - begin;
	dma_load_end(&load);
	for (unsigned int i = 0; i < load.count; i++)
		replaced += load.member[i].replaced;
	tap_note("%u endpoints, %u DMAs, each of them one instant; %u of these instants in the "
		 "midst of a replacement of the endpoint's own STE; %u STEs replaced in %u ms",
		load.count, load.dmas, instants, replaced, (unsigned int)(time / 1000000));
	TAP_CHECK(instants >= INSTANTS, "only %u instants", instants);
	smmu_guest_close(&guest);
}

/* An endpoint comes and goes, and the others' DMA does not notice. */
static void endpoint_comes_and_goes_while_dma_runs(void *context)
{
	struct smmu_guest_space space;
	unsigned int times = 0;
	uint64_t begin;

	smmu_guest_open(&guest, context, NULL);
	dma_load_open(&load, &guest, 1);
	attach_space(1, &space);
	begin = dma_load_now();
	dma_load_start(&load);
	while (load.dmas < INSTANTS && dma_load_now() - begin < PATIENCE) {
		TAP_EQ(vsmmu_endpoint_detach(guest.endpoint[1]), 0);
		smmu_guest_attach(&guest, 1, guest.vsid[1]);
		times++;
		dma_load_go_on(&load);
	}
	tap_note("%u times in %u ms, under %u DMAs of %u others, each of them one instant", times,
		(unsigned int)((dma_load_now() - begin) / 1000000), load.dmas, load.count);
	TAP_CHECK(load.dmas >= INSTANTS, "only %u DMAs", load.dmas);
	TAP_CHECK(times >= 20, "only %u times", times);
	dma_load_end(&load);
	smmu_guest_expect_space(&guest, 1, &space);
	smmu_guest_close(&guest);
}

/* Faults where nothing is mapped; they stay in the kernel. */
static void storm(unsigned int n, unsigned int count)
{
	edu_start_at(edu_of(n), SMMU_GUEST_HOLE, 0, EDU_STEP * count, false);
	TAP_EQ(edu_wait(edu_of(n)), 0);
	TAP_EQ(guest.machine->ops->settle(guest.machine), 0);
}

static unsigned int records_of(const struct smmu_guest *of, uint32_t vsid)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < of->records && i < SMMU_GUEST_RECORDS; i++)
		count += SMMU_EVENT_SID(of->record[i][0]) == vsid;
	return count;
}

static void expect_balance(const struct vsmmu_stats *stats, uint64_t produced)
{
	tap_note("sequenced %llu delivered %llu lost %llu discarded %llu pending %llu",
		(unsigned long long)stats->sequenced, (unsigned long long)stats->delivered,
		(unsigned long long)stats->lost, (unsigned long long)stats->discarded,
		(unsigned long long)stats->pending);
	TAP_EQ(stats->sequenced, produced);
	TAP_EQ(stats->sequenced,
		stats->delivered + stats->lost + stats->discarded + stats->pending);
}

static void storms_are_isolated(void *context)
{
	const struct smmu_guest_options options = {
		.vsmmu = {.isolate = true, .veventq_depth = DEPTH},
	};
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];
	struct vsmmu_stats stats;

	smmu_guest_open(&guest, context, &options);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		attach_space(n, &spaces[n]);
	storm(0, STORM);
	storm(1, 10);
	storm(0, STORM);
	smmu_guest_run(&guest);
	/* All of the quiet one's, and none of them lost in the other's flood. */
	TAP_EQ(records_of(&guest, guest.vsid[1]), 10);
	stats = smmu_guest_stats(&guest);
	expect_balance(&stats, 2 * STORM + 10);
	TAP_EQ(stats.lost, 2 * STORM - DEPTH);
	/* And what it does goes on. */
	smmu_guest_expect_space(&guest, 1, &spaces[1]);
	smmu_guest_close(&guest);
}

/* Two domains with the same pages; @other's CD and tables are its own. */
static void make_twin(const struct smmu_guest_space *space, struct driver_domain *other)
{
	TAP_EQ(driver_domain_init(&guest.driver, other, NULL), 0);
	TAP_EQ(driver_map(other, SMMU_GUEST_FROM, space->from_gpa, 4096, DRIVER_READ), 0);
	TAP_EQ(driver_map(other, SMMU_GUEST_TO, space->to_gpa, 4096, DRIVER_READ | DRIVER_WRITE),
		0);
}

static unsigned int replace_while_dma_runs(
	unsigned int n, struct smmu_guest_space *space, struct driver_domain *other)
{
	unsigned int replaced = 0;

	while (edu_is_busy(edu_of(n))) {
		TAP_EQ(driver_replace(
			       &guest.driver, guest.vsid[n], replaced % 2 ? &space->domain : other),
			0);
		replaced++;
	}
	return replaced;
}

static void *dispatch_all_the_time(void *opaque)
{
	const atomic_bool *stop = opaque;

	while (!atomic_load(stop))
		vsmmu_dispatch(guest.vsmmu, 0);
	return NULL;
}

/*
 * One thread dispatches, the other replaces STEs; one endpoint storms, the other works: its two
 * DMAs are two instants, for more see stes_are_replaced_while_dma_runs().
 */
static void threads_share_the_work(void *context)
{
	const unsigned int faults = 96; /* that the guest's queue has room for */
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];
	struct driver_domain other;
	struct vsmmu_stats stats;
	unsigned int replaced;
	atomic_bool stop;
	pthread_t thread;

	smmu_guest_open(&guest, context, NULL);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		attach_space(n, &spaces[n]);
	make_twin(&spaces[0], &other);
	atomic_init(&stop, false);
	TAP_EQ(pthread_create(&thread, NULL, dispatch_all_the_time, &stop), 0);
	memset(spaces[0].from, 0x5a, EDU_DMA_MAX);
	edu_start_at(edu_of(1), SMMU_GUEST_HOLE, 0, EDU_STEP * faults, false);
	edu_start_at(edu_of(0), SMMU_GUEST_FROM, 0, EDU_DMA_MAX, false);
	replaced = replace_while_dma_runs(0, &spaces[0], &other);
	edu_start_at(edu_of(0), SMMU_GUEST_TO, 0, EDU_DMA_MAX, true);
	replaced += replace_while_dma_runs(0, &spaces[0], &other);
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	TAP_EQ(edu_wait(edu_of(1)), 0);
	smmu_guest_run(&guest);
	tap_note("%u STEs replaced, with one storm and two DMAs, each of them one instant, in it",
		replaced);
	TAP_CHECK(!memcmp(spaces[0].from, spaces[0].to, EDU_DMA_MAX), "the copy differs");
	TAP_EQ(records_of(&guest, guest.vsid[1]), faults);
	stats = smmu_guest_stats(&guest);
	expect_balance(&stats, faults);
	TAP_EQ(stats.delivered, faults);
	smmu_guest_close(&guest);
}

static void continue_space(struct smmu_guest_space *space)
{
	space->domain.driver = &successor.driver;
}

/*
 * The guest goes on behind another vSMMU on the same iommufd: memory and driver are as they
 * were, the rest is in the snapshot.
 */
static void move_guest(struct smmu_machine *machine, const struct smmu_guest_options *options)
{
	struct smmu_guest_options off = *options;
	size_t length = 0;
	void *bytes;

	TAP_EQ(vsmmu_save(guest.vsmmu, &bytes, &length), 0);
	tap_note("a snapshot of %zu bytes", length);
	vsmmu_free(guest.vsmmu);
	guest.vsmmu = NULL;
	off.off = true;
	smmu_guest_open(&successor, machine, &off);
	successor.driver = guest.driver;
	successor.driver.opaque = &successor;
	guest.driver.streams = NULL;
	TAP_EQ(vsmmu_restore(successor.vsmmu, bytes, length), 0);
	vsmmu_snapshot_free(bytes);
}

static void close_moved(void)
{
	smmu_guest_close(&successor);
	smmu_guest_close(&guest);
}

static void snapshot_moves_a_guest(void *context)
{
	static const struct smmu_guest_options options = {.off = false};
	struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];
	struct driver_command tlbi = {.word = {SMMU_CMD_TLBI_NSNH_ALL}};
	struct vsmmu_stats stats;

	smmu_guest_open(&guest, context, &options);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		attach_space(n, &spaces[n]);
		smmu_guest_expect_space(&guest, n, &spaces[n]);
	}
	TAP_EQ(driver_bypass(&guest.driver, guest.vsid[1]), 0);
	storm(0, 3);
	/* Consumed, and on its way to the hardware with the next SYNC. */
	TAP_EQ(driver_unmap_stale(&spaces[0].domain, SMMU_GUEST_TO, 4096), 0);
	TAP_EQ(driver_issue(&guest.driver, &tlbi, 1), 0);
	move_guest(context, &options);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		continue_space(&spaces[n]);
	TAP_EQ(driver_sync(&successor.driver), 0);
	smmu_guest_run(&successor);
	TAP_EQ(successor.records, 3);
	for (unsigned int i = 0; i < 3; i++) {
		TAP_EQ(SMMU_EVENT_ID(successor.record[i][0]), SMMU_F_TRANSLATION);
		TAP_EQ(SMMU_EVENT_SID(successor.record[i][0]), SMMU_GUEST_VSID(0));
		TAP_EQ(successor.record[i][2], SMMU_GUEST_HOLE + EDU_STEP * i);
	}
	smmu_guest_forget(&successor);
	smmu_guest_expect_bypass(&successor, 1, &spaces[1]);
	smmu_guest_expect_fault(&successor, 0, SMMU_GUEST_TO, true, SMMU_F_TRANSLATION);
	smmu_guest_expect_fault(&successor, 0, SMMU_GUEST_FROM, true, SMMU_F_PERMISSION);
	TAP_EQ(driver_attach(&successor.driver, SMMU_GUEST_VSID(1), &spaces[1].domain), 0);
	smmu_guest_expect_space(&successor, 1, &spaces[1]);
	stats = smmu_guest_stats(&successor);
	expect_balance(&stats, 5);
	TAP_EQ(stats.delivered, 5);
	close_moved();
}

/* What the kernel held at the save, and what it had lost by then, are accounted for after. */
static void snapshot_between_two_storms(void *context)
{
	static const struct smmu_guest_options options = {
		.vsmmu = {.veventq_depth = DEPTH},
		.driver = {.eventq_log2 = 8},
	};
	struct smmu_guest_space space;
	struct vsmmu_stats stats;

	smmu_guest_open(&guest, context, &options);
	attach_space(0, &space);
	storm(0, STORM);
	move_guest(context, &options);
	continue_space(&space);
	storm(0, STORM);
	smmu_guest_run(&successor);
	stats = smmu_guest_stats(&successor);
	expect_balance(&stats, 2 * STORM);
	TAP_EQ(stats.delivered, 2 * DEPTH);
	TAP_EQ(stats.lost, 2 * STORM - 2 * DEPTH);
	TAP_EQ(records_of(&successor, SMMU_GUEST_VSID(0)), 2 * DEPTH);
	smmu_guest_expect_space(&successor, 0, &space);
	close_moved();
}

static const struct tap_test tests[] = {
	{"identity_is_the_hardwares", "S1", identity_is_the_hardwares},
	{"stes_are_replaced_while_dma_runs", "S4 S9 P11", stes_are_replaced_while_dma_runs},
	{"endpoint_comes_and_goes_while_dma_runs", "S6 S9", endpoint_comes_and_goes_while_dma_runs},
	{"threads_share_the_work", "S9", threads_share_the_work},
	{"storms_are_isolated", "S6", storms_are_isolated},
	{"snapshot_moves_a_guest", "S7 S3", snapshot_moves_a_guest},
	{"snapshot_between_two_storms", "S7", snapshot_between_two_storms},
};
const struct suite_smmu_part smmu_rig = {tests, sizeof(tests) / sizeof(tests[0])};
