/* SPDX-License-Identifier: BSD-2-Clause */
#include "vcpus.h"

#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define PAUSE	      500000 /* ns from one CMD_SYNC to the next: a guest does other things, too */
#define WAIT_FOR_MANY (UINT64_C(10) * 1000000000)

static void pause_for(long ns)
{
	nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

static void put(struct driver_queue *queue, uint64_t word0, uint64_t word1)
{
	const uint32_t index = queue->prod & ((UINT32_C(1) << queue->log2) - 1);
	uint64_t *entry = (uint64_t *)(void *)(queue->entries + 16 * (size_t)index);

	driver_store(&entry[0], word0);
	driver_store(&entry[1], word1);
	queue->prod = (queue->prod + 1) & ((UINT32_C(2) << queue->log2) - 1);
}

static bool has_passed(const struct vcpus *vcpus, uint32_t position)
{
	const uint32_t size = UINT32_C(1) << vcpus->guest->driver.cmdq.log2;
	uint64_t cons = 0;

	vsmmu_mmio_read(vcpus->guest->vsmmu, MMIO_CMDQ_CONS, 4, &cons);
	return (((uint32_t)cons - position) & (2 * size - 1)) < size;
}

/* At most four entries are in use, so there is always room. */
static struct span sync_once(struct vcpus *vcpus)
{
	struct driver_queue *queue = &vcpus->guest->driver.cmdq;
	struct span span;
	uint32_t end;

	pthread_mutex_lock(&vcpus->lock);
	put(queue, SMMU_CMD_TLBI_NSNH_ALL, 0);
	put(queue, SMMU_CMD_SYNC | SMMU_SYNC_SEV, 0);
	end = queue->prod;
	span.begin = span_now();
	vsmmu_mmio_write(vcpus->guest->vsmmu, MMIO_CMDQ_PROD, 4, end);
	pthread_mutex_unlock(&vcpus->lock);
	while (!has_passed(vcpus, end))
		sched_yield();
	span.end = span_now();
	return span;
}

static void *run_vcpu(void *opaque)
{
	struct vcpus *vcpus = opaque;
	unsigned int self;

	pthread_mutex_lock(&vcpus->lock);
	self = vcpus->next++;
	pthread_mutex_unlock(&vcpus->lock);
	while (!atomic_load(&vcpus->stop) && vcpus->count[self] < VCPUS_SYNCS) {
		vcpus->sync[self * VCPUS_SYNCS + vcpus->count[self]++] = sync_once(vcpus);
		atomic_fetch_add(&vcpus->done, 1);
		pause_for(PAUSE);
	}
	return NULL;
}

static void *run_io(void *opaque)
{
	struct vcpus *vcpus = opaque;
	struct vsmmu *vsmmu = vcpus->guest->vsmmu;
	struct pollfd fds[] = {
		{.fd = vcpus->stop_fd, .events = POLLIN},
		{.fd = vsmmu_get_event_fd(vsmmu), .events = POLLIN},
		{.fd = vsmmu_get_command_fd(vsmmu), .events = POLLIN},
	};

	while (!fds[0].revents) {
		if (poll(fds, 3, -1) <= 0)
			continue;
		if (fds[1].revents)
			vsmmu_dispatch(vsmmu, 0);
		if (fds[2].revents)
			vsmmu_run_commands(vsmmu, 0);
	}
	return NULL;
}

void vcpus_start(struct vcpus *vcpus, struct smmu_guest *guest)
{
	vcpus->guest = guest;
	vcpus->next = 0;
	memset(vcpus->count, 0, sizeof(vcpus->count));
	atomic_init(&vcpus->stop, false);
	atomic_init(&vcpus->done, 0);
	vcpus->stop_fd = eventfd(0, EFD_CLOEXEC);
	TAP_CHECK(vcpus->stop_fd >= 0, "no eventfd");
	TAP_EQ(pthread_mutex_init(&vcpus->lock, NULL), 0);
	TAP_EQ(pthread_create(&vcpus->io, NULL, run_io, vcpus), 0);
	for (unsigned int i = 0; i < VCPUS; i++)
		TAP_EQ(pthread_create(&vcpus->thread[i], NULL, run_vcpu, vcpus), 0);
}

void vcpus_wait(struct vcpus *vcpus, unsigned int count)
{
	const unsigned int before = atomic_load(&vcpus->done);
	const uint64_t begin = span_now();

	while (atomic_load(&vcpus->done) - before < count && span_now() - begin < WAIT_FOR_MANY)
		pause_for(1000000);
}

void vcpus_stop(struct vcpus *vcpus)
{
	struct driver_queue *queue = &vcpus->guest->driver.cmdq;

	atomic_store(&vcpus->stop, true);
	for (unsigned int i = 0; i < VCPUS; i++)
		pthread_join(vcpus->thread[i], NULL);
	eventfd_write(vcpus->stop_fd, 1);
	pthread_join(vcpus->io, NULL);
	close(vcpus->stop_fd);
	pthread_mutex_destroy(&vcpus->lock);
	queue->cons = queue->prod;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

struct vcpus_result vcpus_result(const struct vcpus *vcpus)
{
	static uint64_t took[VCPUS * VCPUS_SYNCS];
	struct vcpus_result result = {0};
	uint64_t longest = 0;

	for (unsigned int i = 0; i < VCPUS; i++) {
		for (unsigned int k = 0; k < vcpus->count[i]; k++) {
			const struct span *sync = &vcpus->sync[i * VCPUS_SYNCS + k];

			took[result.syncs] = sync->end - sync->begin;
			if (took[result.syncs] > longest) {
				longest = took[result.syncs];
				result.longest_at = sync->begin;
			}
			result.syncs++;
		}
	}
	if (!result.syncs)
		return result;
	qsort(took, result.syncs, sizeof(took[0]), compare);
	result.longest = (double)longest / 1e6;
	result.median = (double)took[result.syncs / 2] / 1e6;
	return result;
}

unsigned int vcpus_within(const struct vcpus *vcpus, const struct span *span)
{
	unsigned int within = 0;

	for (unsigned int i = 0; i < VCPUS; i++) {
		for (unsigned int k = 0; k < vcpus->count[i]; k++) {
			const struct span *sync = &vcpus->sync[i * VCPUS_SYNCS + k];

			within += sync->begin >= span->begin && sync->begin <= span->end;
		}
	}
	return within;
}
