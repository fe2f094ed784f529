/* SPDX-License-Identifier: BSD-2-Clause */
/* vEVENTQs that no vIOMMU has, for programs that read by themselves. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "host/sim/sim.h"
#include "veventq/decoder.h"

struct vsmmu_sim_veventq {
	struct sim *sim;
	struct sim_veventq queue;
};

/* It counts as an object, so that a program can see what it has left. */
static void count_object(struct sim *sim, int change)
{
	pthread_mutex_lock(&sim->lock);
	sim->objects_alive += (uint64_t)change;
	pthread_mutex_unlock(&sim->lock);
}

int vsmmu_sim_veventq_new(struct vsmmu_sim_veventq **out, struct vsmmu_host *host, uint32_t depth)
{
	struct vsmmu_sim_veventq *veventq;
	int ret;

	if (!out || !sim_is(host) || !depth || depth > VEVENTQ_DEPTH_MAX)
		return -EINVAL;
	veventq = calloc(1, sizeof(*veventq));
	if (!veventq)
		return -ENOMEM;
	veventq->sim = sim_of(host);
	ret = sim_veventq_init(
		&veventq->queue, &veventq->sim->reads, depth, veventq->sim->first_sequence);
	if (ret) {
		free(veventq);
		return ret;
	}
	host_ref(host);
	count_object(veventq->sim, 1);
	*out = veventq;
	return 0;
}

void vsmmu_sim_veventq_free(struct vsmmu_sim_veventq *veventq)
{
	if (!veventq)
		return;
	sim_veventq_destroy(&veventq->queue);
	count_object(veventq->sim, -1);
	host_unref(&veventq->sim->host);
	free(veventq);
}

int vsmmu_sim_veventq_get_fd(const struct vsmmu_sim_veventq *veventq)
{
	return veventq ? veventq->queue.fd : -EINVAL;
}

ssize_t vsmmu_sim_veventq_read(void *veventq, void *buffer, size_t length)
{
	return veventq ? sim_veventq_read(
				 &((struct vsmmu_sim_veventq *)veventq)->queue, buffer, length)
		       : -EINVAL;
}

int vsmmu_sim_veventq_report(
	struct vsmmu_sim_veventq *veventq, const struct vsmmu_event_record *record)
{
	bool kept, no_memory;
	struct sim *sim;

	if (!veventq || !record)
		return -EINVAL;
	sim = veventq->sim;
	pthread_mutex_lock(&sim->lock);
	no_memory = sim_failures_take(&sim->reads.failures, VSMMU_SIM_FAIL_EVENT_ALLOC);
	kept = sim_veventq_push(&veventq->queue, record, no_memory);
	sim->numbered++;
	sim->dropped += !kept;
	sim->printed += no_memory;
	pthread_mutex_unlock(&sim->lock);
	return kept;
}

int vsmmu_sim_veventq_drop(struct vsmmu_sim_veventq *veventq, uint32_t count)
{
	struct sim *sim;

	if (!veventq || !count || count > INT_MAX)
		return -EINVAL;
	sim = veventq->sim;
	pthread_mutex_lock(&sim->lock);
	sim->numbered += count;
	sim->dropped += count;
	sim->printed += count;
	sim_veventq_drop(&veventq->queue, count);
	pthread_mutex_unlock(&sim->lock);
	return 0;
}
