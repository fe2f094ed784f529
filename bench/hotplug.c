/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's CMD_SYNCs while an endpoint comes or goes behind another physical SMMU, and the
 * host call of that takes long: allocating a nesting parent pins all of the guest's memory,
 * and a first attach or a detach waits for whoever does that.
 *
 * The vCPUs publish commands as Linux does (arm_smmu_cmdq_issue_cmdlist()): each puts its own
 * into the queue, and the first one to get there writes PROD for all of them.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <vsmmu/sim.h>

#include "host_spy.h"
#include "stage.h"

#define VCPUS	   8
#define TLBIS	   192 /* of a vCPU, before its CMD_SYNC: more wait than one write of PROD consumes */
#define CMDQ_LOG2  12
#define CALL_NS	   UINT64_C(2000000000) /* that the host call takes, as long as somebody waits */
#define GIVE_UP_NS (30 * CALL_NS)
#define LOOK_NS	   20000 /* between a vCPU's looks at CONS */

/* How far the host call is that shall take long. */
enum progress { IDLE, ARMED, UNDER_WAY, DONE };

struct vcpu {
	struct hotplug *hotplug;
	unsigned int number;
	uint64_t nanoseconds;
	pthread_t thread;
};

struct hotplug {
	struct stage stage;
	struct vmm *vmm;
	int stop_fd;

	pthread_mutex_t lock; /* of the call */
	pthread_cond_t changed;
	enum spied_call call;
	enum progress progress;

	/* The endpoint that comes and goes. */
	struct vsmmu_endpoint_config config;
	struct vsmmu_endpoint *endpoint;

	/* The guest's command queue: positions have a wrap bit. */
	struct vcpu vcpu[VCPUS];
	pthread_barrier_t filled;
	pthread_mutex_t fill_lock, publish_lock;
	uint32_t prod;
	uint32_t published;
	uint64_t begin; /* when the last ones were published, from which all of them count */
};

static const struct {
	const char *name;
	enum spied_call call;
	bool detaches;
} kinds[] = {
	{"parent_alloc", SPIED_PARENT_ALLOC, false},
	{"attach", SPIED_ATTACH, false},
	{"detach", SPIED_DETACH, true},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct timespec in_nanoseconds(uint64_t nanoseconds)
{
	uint64_t then = vmm_clock() + nanoseconds;

	return (struct timespec){
		.tv_sec = (time_t)(then / 1000000000), .tv_nsec = (long)(then % 1000000000)};
}

/* Under the lock. Return: 0, or ETIMEDOUT. */
static int wait_for(struct hotplug *hotplug, enum progress progress, uint64_t nanoseconds)
{
	const struct timespec until = in_nanoseconds(nanoseconds);
	int ret = 0;

	while (hotplug->progress < progress && !ret)
		ret = pthread_cond_clockwait(
			&hotplug->changed, &hotplug->lock, CLOCK_MONOTONIC, &until);
	return hotplug->progress < progress ? ret : 0;
}

static void advance(struct hotplug *hotplug, enum progress progress)
{
	hotplug->progress = progress;
	pthread_cond_broadcast(&hotplug->changed);
}

/* Within the host call, in the library's thread. */
static void before_call(void *opaque, enum spied_call call)
{
	struct hotplug *hotplug = opaque;

	pthread_mutex_lock(&hotplug->lock);
	if (hotplug->progress == ARMED && call == hotplug->call) {
		advance(hotplug, UNDER_WAY);
		(void)wait_for(hotplug, DONE, CALL_NS);
	}
	pthread_mutex_unlock(&hotplug->lock);
}

static void arm(struct hotplug *hotplug, enum spied_call call)
{
	pthread_mutex_lock(&hotplug->lock);
	hotplug->call = call;
	advance(hotplug, ARMED);
	pthread_mutex_unlock(&hotplug->lock);
}

static void *attach(void *opaque)
{
	struct hotplug *hotplug = opaque;

	bench_check(
		vsmmu_endpoint_attach(hotplug->vmm->vsmmu, &hotplug->config, &hotplug->endpoint),
		"attach");
	return NULL;
}

static void *detach(void *opaque)
{
	struct hotplug *hotplug = opaque;

	bench_check(vsmmu_endpoint_detach(hotplug->endpoint), "detach");
	return NULL;
}

/* The VMM's thread for the commands that a register write left over. */
static void *command_thread(void *opaque)
{
	struct hotplug *hotplug = opaque;
	struct pollfd fds[2] = {
		{.fd = vsmmu_get_command_fd(hotplug->vmm->vsmmu), .events = POLLIN},
		{.fd = hotplug->stop_fd, .events = POLLIN},
	};

	while (poll(fds, 2, -1) >= 0 && !fds[1].revents)
		vsmmu_run_commands(hotplug->vmm->vsmmu, 0);
	return NULL;
}

static uint32_t behind(const struct hotplug *hotplug, uint32_t position)
{
	return (hotplug->prod - position) & ((UINT32_C(2) << CMDQ_LOG2) - 1);
}

static void put(struct hotplug *hotplug, struct driver_command command)
{
	struct driver_queue *queue = &hotplug->vmm->driver.cmdq;
	const uint32_t index = hotplug->prod & ((UINT32_C(1) << CMDQ_LOG2) - 1);
	uint64_t *entry = (uint64_t *)(void *)(queue->entries + index * sizeof(command));

	driver_store(&entry[0], command.word[0]);
	driver_store(&entry[1], command.word[1]);
	hotplug->prod = (hotplug->prod + 1) & ((UINT32_C(2) << CMDQ_LOG2) - 1);
}

/* Return: the position after the CMD_SYNC. */
static uint32_t fill(struct vcpu *vcpu)
{
	struct hotplug *hotplug = vcpu->hotplug;
	uint32_t end;

	pthread_mutex_lock(&hotplug->fill_lock);
	for (unsigned int i = 0; i < TLBIS; i++)
		put(hotplug, vmm_tlbi(hotplug->vmm, vcpu->number * TLBIS + i));
	put(hotplug, (struct driver_command){{SMMU_CMD_SYNC | SMMU_SYNC_SEV, 0}});
	end = hotplug->prod;
	pthread_mutex_unlock(&hotplug->fill_lock);
	return end;
}

/* All of the round are in the queue, so whoever comes first publishes everything. */
static void publish(struct hotplug *hotplug)
{
	pthread_mutex_lock(&hotplug->publish_lock);
	if (hotplug->published != hotplug->prod) {
		hotplug->begin = vmm_clock();
		vsmmu_mmio_write(hotplug->vmm->vsmmu, MMIO_CMDQ_PROD, 4, hotplug->prod);
		hotplug->published = hotplug->prod;
	}
	pthread_mutex_unlock(&hotplug->publish_lock);
}

static bool is_done(const struct hotplug *hotplug, uint32_t end)
{
	uint64_t cons;

	vsmmu_mmio_read(hotplug->vmm->vsmmu, MMIO_CMDQ_CONS, 4, &cons);
	bench_check(MMIO_CMDQ_ERR(cons) ? -EPROTO : 0, "the command queue");
	return behind(hotplug, (uint32_t)cons) <= behind(hotplug, end);
}

static void *sync_thread(void *opaque)
{
	const struct timespec look = {.tv_nsec = LOOK_NS};
	struct vcpu *vcpu = opaque;
	struct hotplug *hotplug = vcpu->hotplug;
	uint32_t end = fill(vcpu);

	pthread_barrier_wait(&hotplug->filled);
	publish(hotplug);
	while (!is_done(hotplug, end)) {
		bench_check(vmm_clock() - hotplug->begin > GIVE_UP_NS ? -ETIMEDOUT : 0, "CMD_SYNC");
		nanosleep(&look, NULL);
	}
	vcpu->nanoseconds = vmm_clock() - hotplug->begin;
	return NULL;
}

static void start(pthread_t *thread, void *(*run)(void *opaque), void *opaque)
{
	bench_check(-pthread_create(thread, NULL, run, opaque), "thread");
}

/* A CMD_SYNC of each vCPU while the call lasts. */
static void run_vcpus(struct hotplug *hotplug, uint64_t *times)
{
	for (unsigned int i = 0; i < VCPUS; i++) {
		hotplug->vcpu[i] = (struct vcpu){.hotplug = hotplug, .number = i};
		start(&hotplug->vcpu[i].thread, sync_thread, &hotplug->vcpu[i]);
	}
	for (unsigned int i = 0; i < VCPUS; i++) {
		pthread_join(hotplug->vcpu[i].thread, NULL);
		times[i] = hotplug->vcpu[i].nanoseconds;
	}
}

/* An endpoint comes and goes, one or the other taking long. */
static void run_round(struct hotplug *hotplug, size_t kind, uint32_t dev_id, uint64_t *times)
{
	pthread_t thread;
	int ret;

	hotplug->config.dev_id = dev_id;
	if (kinds[kind].detaches)
		attach(hotplug);
	arm(hotplug, kinds[kind].call);
	start(&thread, kinds[kind].detaches ? detach : attach, hotplug);
	pthread_mutex_lock(&hotplug->lock);
	ret = wait_for(hotplug, UNDER_WAY, GIVE_UP_NS);
	pthread_mutex_unlock(&hotplug->lock);
	bench_check(-ret, kinds[kind].name);
	run_vcpus(hotplug, times);
	pthread_mutex_lock(&hotplug->lock);
	advance(hotplug, DONE);
	pthread_mutex_unlock(&hotplug->lock);
	pthread_join(thread, NULL);
	if (!kinds[kind].detaches)
		detach(hotplug);
}

static void open_stage(struct hotplug *hotplug, uint32_t *dev_id, size_t endpoints)
{
	const struct host_spy spy = {.before = before_call, .opaque = hotplug};
	struct stage *stage = &hotplug->stage;

	stage_plug(stage, true, 1, 1);
	stage->config.cmdq_log2 = CMDQ_LOG2;
	/* Each behind a physical SMMU that has nothing yet, not even a parent that was kept. */
	for (size_t i = 0; i < endpoints; i++)
		bench_check(vsmmu_sim_endpoint_new(stage->host, 1 + (uint32_t)i, &dev_id[i]),
			"endpoint");
	host_spy_begin(stage->host, &spy);
	stage_boot(stage);
	hotplug->vmm = stage->vmm;
	hotplug->prod = hotplug->published = stage->vmm->driver.cmdq.prod;
	hotplug->config = (struct vsmmu_endpoint_config){
		.size = sizeof(hotplug->config), .vsid = STAGE_VSID(1), .vfio_fd = -1};
	hotplug->stop_fd = eventfd(0, EFD_CLOEXEC);
	bench_check(hotplug->stop_fd < 0 ? -errno : 0, "eventfd");
	pthread_mutex_init(&hotplug->lock, NULL);
	pthread_cond_init(&hotplug->changed, NULL);
	pthread_mutex_init(&hotplug->fill_lock, NULL);
	pthread_mutex_init(&hotplug->publish_lock, NULL);
	pthread_barrier_init(&hotplug->filled, NULL, VCPUS);
}

void measure_hotplug(unsigned int syncs)
{
	const unsigned int rounds = (syncs + VCPUS - 1) / VCPUS;
	uint64_t *times = calloc((size_t)rounds * VCPUS, sizeof(*times));
	uint32_t *dev_id = calloc((size_t)rounds * KINDS, sizeof(*dev_id));
	static struct hotplug hotplug;
	pthread_t thread;

	if (!times || !dev_id)
		bench_check(-ENOMEM, "memory");
	open_stage(&hotplug, dev_id, rounds * KINDS);
	start(&thread, command_thread, &hotplug);
	for (size_t kind = 0; kind < KINDS; kind++) {
		for (unsigned int round = 0; round < rounds; round++)
			run_round(&hotplug, kind, dev_id[kind * rounds + round],
				&times[(size_t)round * VCPUS]);
		printf("%s_ms=%.4f\n", kinds[kind].name,
			(double)bench_quantile(times, rounds * VCPUS, 50) / 1000000);
		printf("%s_worst_ms=%.4f\n", kinds[kind].name,
			(double)times[rounds * VCPUS - 1] / 1000000);
	}
	printf("syncs=%u\n", rounds * VCPUS);
	bench_check(eventfd_write(hotplug.stop_fd, 1) ? -errno : 0, "eventfd");
	pthread_join(thread, NULL);
	free(times);
	free(dev_id);
}
