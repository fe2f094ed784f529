/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strict unmaps on several vCPUs at once: each invalidates what it has unmapped, and waits for
 * a CMD_SYNC. As Linux does it (arm_smmu_cmdq_issue_cmdlist()): a vCPU that finds no owner
 * becomes the owner, waits until the owner before it has published, and then publishes all that
 * is in the queue with one write of CMDQ_PROD, whoever put it there. Nobody else publishes
 * before that write returns.
 *
 * An exit and a host call take their time in sleep, SLOWER times as long as on a machine: so a
 * machine with few CPUs can show many vCPUs, and what the library computes counts for nothing.
 * All of an exit's time passes before the register is accessed. Some of it afterwards would let
 * the vCPUs whose CMD_SYNCs are done put their next commands in before the owner has returned,
 * and look better: more would be gathered.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "host_spy.h"
#include "stage.h"

#define SLOWER	   100
#define EXIT_NS	   4000
#define CALL_NS	   6000
#define PAGES	   16 /* of an unmap */
#define GIVE_UP_NS UINT64_C(60000000000)

struct vcpu {
	struct vcpus *all;
	unsigned int number;
	pthread_t thread;
	bool waiting;	/* for a CMD_SYNC: its entries must not be overwritten, */
	uint32_t begin; /* from this one on */

	/* Within a write of PROD, and in all of them. */
	unsigned int calls, calls_most;
	uint64_t prod_writes, cons_reads, host_calls, hold_ns;
	uint64_t *latency_ns;
};

struct vcpus {
	unsigned int count;
	unsigned int unmaps; /* of each */
	bool ranges;	     /* one TLBI for all pages, else one for each */
	bool msi;	     /* is polled for, else CONS is */

	struct stage stage;
	struct vmm *vmm;
	struct vcpu vcpu[VCPUS_MAX];
	pthread_barrier_t ready;

	pthread_mutex_t lock; /* of the guest's driver */
	pthread_cond_t changed;
	uint32_t prod; /* of what is in the queue, with its wrap bit */
	bool owned;
	bool publishing;
};

/* Whose thread this is; NULL while the guest boots. */
static _Thread_local struct vcpu *self;

static void take_time(uint64_t nanoseconds)
{
	const uint64_t slow = nanoseconds * SLOWER;
	const struct timespec time = {
		.tv_sec = (time_t)(slow / 1000000000), .tv_nsec = (long)(slow % 1000000000)};

	nanosleep(&time, NULL);
}

static void before_call(void *opaque, enum spied_call call)
{
	(void)opaque;
	if (!self)
		return;
	bench_check(call == SPIED_INVALIDATE ? 0 : -EPROTO, "a host call that is no invalidation");
	self->calls++;
	take_time(CALL_NS);
}

static void write_prod(struct vcpu *vcpu, uint32_t prod)
{
	const uint64_t begin = vmm_clock();

	vcpu->calls = 0;
	take_time(EXIT_NS);
	vsmmu_mmio_write(vcpu->all->vmm->vsmmu, MMIO_CMDQ_PROD, 4, prod);
	vcpu->hold_ns += vmm_clock() - begin;
	vcpu->prod_writes++;
	vcpu->host_calls += vcpu->calls;
	if (vcpu->calls > vcpu->calls_most)
		vcpu->calls_most = vcpu->calls;
}

static uint32_t read_cons(struct vcpu *vcpu)
{
	uint64_t cons;

	take_time(EXIT_NS);
	vsmmu_mmio_read(vcpu->all->vmm->vsmmu, MMIO_CMDQ_CONS, 4, &cons);
	bench_check(MMIO_CMDQ_ERR(cons) ? -EPROTO : 0, "the command queue");
	vcpu->cons_reads++;
	return (uint32_t)cons;
}

static uint32_t queue_size(const struct vcpus *all)
{
	return UINT32_C(1) << all->vmm->driver.cmdq.log2;
}

/* How many entries from @position to what was put last. */
static uint32_t behind(const struct vcpus *all, uint32_t position)
{
	return (all->prod - position) & (2 * queue_size(all) - 1);
}

static uint64_t *entry_at(const struct vcpus *all, uint32_t position)
{
	const uint32_t index = position & (queue_size(all) - 1);

	return (uint64_t *)(void *)(all->vmm->driver.cmdq.entries +
				    index * sizeof(struct driver_command));
}

/* Return: where. */
static uint32_t put(struct vcpus *all, struct driver_command command)
{
	const uint32_t position = all->prod;
	uint64_t *entry = entry_at(all, position);

	driver_store(&entry[0], command.word[0]);
	driver_store(&entry[1], command.word[1]);
	all->prod = (all->prod + 1) & (2 * queue_size(all) - 1);
	return position;
}

static void put_tlbis(struct vcpu *vcpu)
{
	const unsigned int page = vcpu->number * PAGES;

	if (vcpu->all->ranges) {
		struct driver_command range = vmm_tlbi(vcpu->all->vmm, page);

		range.word[0] |= SMMU_CMD_NUM(PAGES - 1);
		range.word[1] |= SMMU_CMD_TG(1) | SMMU_CMD_LEAF;
		put(vcpu->all, range);
		return;
	}
	for (unsigned int i = 0; i < PAGES; i++)
		put(vcpu->all, vmm_tlbi(vcpu->all->vmm, page + i));
}

/* Its MSI, of data 0, overwrites the first half of its first word, where the opcode is. */
static uint32_t put_sync(struct vcpus *all)
{
	const uint32_t index = all->prod & (queue_size(all) - 1);

	if (!all->msi)
		return put(all, (struct driver_command){{SMMU_CMD_SYNC | SMMU_SYNC_SEV, 0}});
	return put(
		all, (struct driver_command){{SMMU_CMD_SYNC | SMMU_SYNC_IRQ | SMMU_SYNC_MSH_INNER |
						      SMMU_SYNC_MSI_OIWB,
			     all->vmm->driver.cmdq.gpa + index * sizeof(struct driver_command)}});
}

static bool has_room(const struct vcpus *all)
{
	uint32_t used = 0;

	for (unsigned int i = 0; i < all->count; i++)
		if (all->vcpu[i].waiting && behind(all, all->vcpu[i].begin) > used)
			used = behind(all, all->vcpu[i].begin);
	return used + PAGES + 1 <= queue_size(all);
}

static void wait_for_change(struct vcpus *all)
{
	const uint64_t then = vmm_clock() + GIVE_UP_NS;
	const struct timespec until = {
		.tv_sec = (time_t)(then / 1000000000), .tv_nsec = (long)(then % 1000000000)};

	bench_check(-pthread_cond_clockwait(&all->changed, &all->lock, CLOCK_MONOTONIC, &until),
		"a CMD_SYNC");
}

/* By the owner, with the lock held. */
static void publish(struct vcpu *vcpu)
{
	struct vcpus *all = vcpu->all;
	uint32_t prod;

	while (all->publishing)
		wait_for_change(all);
	/* Whoever comes from here on is, or has, the next owner. */
	all->owned = false;
	all->publishing = true;
	prod = all->prod;
	pthread_mutex_unlock(&all->lock);
	write_prod(vcpu, prod);
	pthread_mutex_lock(&all->lock);
	all->publishing = false;
	pthread_cond_broadcast(&all->changed);
}

/* The VMM has written guest memory, maybe an MSI. */
static void written(struct vmm *vmm)
{
	struct vcpus *all = vmm->watcher;

	pthread_mutex_lock(&all->lock);
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
}

static void wait_for_msi(struct vcpus *all, uint32_t sync)
{
	pthread_mutex_lock(&all->lock);
	while ((uint32_t)driver_load(entry_at(all, sync)))
		wait_for_change(all);
	pthread_mutex_unlock(&all->lock);
}

static void wait_for_cons(struct vcpu *vcpu, uint32_t sync)
{
	struct vcpus *all = vcpu->all;
	bool done = false;

	while (!done) {
		const uint32_t cons = read_cons(vcpu);

		pthread_mutex_lock(&all->lock);
		done = behind(all, cons) < behind(all, sync);
		pthread_mutex_unlock(&all->lock);
	}
}

static void unmap(struct vcpu *vcpu)
{
	struct vcpus *all = vcpu->all;
	uint32_t sync;

	pthread_mutex_lock(&all->lock);
	while (!has_room(all))
		wait_for_change(all);
	vcpu->begin = all->prod;
	vcpu->waiting = true;
	put_tlbis(vcpu);
	sync = put_sync(all);
	if (!all->owned) {
		all->owned = true;
		publish(vcpu);
	}
	pthread_mutex_unlock(&all->lock);
	if (all->msi)
		wait_for_msi(all, sync);
	else
		wait_for_cons(vcpu, sync);
	pthread_mutex_lock(&all->lock);
	vcpu->waiting = false;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
}

static void *run_vcpu(void *opaque)
{
	struct vcpu *vcpu = opaque;

	self = vcpu;
	/* Or each sleep is 50 us longer. */
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	pthread_barrier_wait(&vcpu->all->ready);
	for (unsigned int i = 0; i < vcpu->all->unmaps; i++) {
		const uint64_t begin = vmm_clock();

		unmap(vcpu);
		vcpu->latency_ns[i] = vmm_clock() - begin;
	}
	return NULL;
}

static void print_results(struct vcpus *all, uint64_t *latency_ns)
{
	const uint32_t unmaps = all->count * all->unmaps;
	struct vcpu sum = {.number = 0};

	for (unsigned int i = 0; i < all->count; i++) {
		const struct vcpu *vcpu = &all->vcpu[i];

		sum.prod_writes += vcpu->prod_writes;
		sum.cons_reads += vcpu->cons_reads;
		sum.host_calls += vcpu->host_calls;
		sum.hold_ns += vcpu->hold_ns;
		if (vcpu->calls_most > sum.calls_most)
			sum.calls_most = vcpu->calls_most;
	}
	printf("unmaps=%u\nprod_writes=%llu\ncons_reads=%llu\nhost_calls=%llu\n"
	       "hold_calls=%u\nhold_us=%.2f\nlatency_us=%.2f\n",
		unmaps, (unsigned long long)sum.prod_writes, (unsigned long long)sum.cons_reads,
		(unsigned long long)sum.host_calls, sum.calls_most,
		(double)sum.hold_ns / (double)sum.prod_writes / SLOWER / 1000,
		(double)bench_quantile(latency_ns, unmaps, 50) / SLOWER / 1000);
}

static void check_stats(const struct vcpus *all, const struct vsmmu_stats *before)
{
	const struct vsmmu_stats now = vmm_stats(all->vmm);
	const uint64_t unmaps = (uint64_t)all->count * all->unmaps;

	if (now.syncs - before->syncs != unmaps || now.command_errors ||
		now.invalidations - before->invalidations != unmaps * (all->ranges ? 1 : PAGES))
		bench_check(-EPROTO, "invalidations");
}

void measure_vcpus(unsigned int count, bool ranges, bool msi, unsigned int unmaps)
{
	static struct vcpus all;
	const struct host_spy spy = {.before = before_call};
	uint64_t *latency_ns = calloc((size_t)count * unmaps, sizeof(*latency_ns));
	struct vsmmu_stats before;

	if (!latency_ns)
		bench_check(-ENOMEM, "memory");
	all = (struct vcpus){.count = count, .unmaps = unmaps, .ranges = ranges, .msi = msi};
	stage_plug(&all.stage, true, 1, 1);
	host_spy_begin(all.stage.host, &spy);
	stage_boot(&all.stage);
	all.vmm = all.stage.vmm;
	all.prod = all.vmm->driver.cmdq.prod;
	pthread_mutex_init(&all.lock, NULL);
	pthread_cond_init(&all.changed, NULL);
	pthread_barrier_init(&all.ready, NULL, count);
	all.vmm->watcher = &all;
	all.vmm->written = written;
	before = vmm_stats(all.vmm);
	for (unsigned int i = 0; i < count; i++) {
		struct vcpu *vcpu = &all.vcpu[i];

		*vcpu = (struct vcpu){.all = &all, .number = i};
		vcpu->latency_ns = &latency_ns[(size_t)i * unmaps];
		bench_check(-pthread_create(&vcpu->thread, NULL, run_vcpu, vcpu), "thread");
	}
	for (unsigned int i = 0; i < count; i++)
		pthread_join(all.vcpu[i].thread, NULL);
	check_stats(&all, &before);
	print_results(&all, latency_ns);
	free(latency_ns);
}
