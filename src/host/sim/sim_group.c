/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which IOMMU group an endpoint is in. A group's number means nothing but itself; endpoints
 * that were given none are each alone.
 */
#include "host/sim/sim.h"

#include <errno.h>
#include <stdlib.h>

static void join(struct sim_endpoint *endpoint, struct sim_group *group)
{
	endpoint->group = group;
	endpoint->next = group->members;
	group->members = endpoint;
}

static void leave(struct sim_endpoint *endpoint)
{
	struct sim_endpoint **link = &endpoint->group->members;

	while (*link != endpoint)
		link = &(*link)->next;
	*link = endpoint->next;
}

void sim_group_init(struct sim_endpoint *endpoint)
{
	pthread_mutex_init(&endpoint->own_group.lock, NULL);
	join(endpoint, &endpoint->own_group);
}

void sim_group_free_all(struct sim *sim)
{
	struct sim_group *group;

	while ((group = sim->groups)) {
		sim->groups = group->next;
		pthread_mutex_destroy(&group->lock);
		free(group);
	}
}

struct sim_endpoint *sim_group_enter(struct sim *sim, uint32_t dev_id)
{
	struct sim_endpoint *endpoint;
	struct sim_group *group = NULL;

	pthread_mutex_lock(&sim->lock);
	endpoint = sim_object_get(sim, dev_id, SIM_ENDPOINT);
	if (endpoint) {
		endpoint->calls++;
		group = endpoint->group;
	}
	pthread_mutex_unlock(&sim->lock);
	if (group)
		pthread_mutex_lock(&group->lock);
	return endpoint;
}

void sim_group_leave(struct sim *sim, struct sim_endpoint *endpoint)
{
	struct sim_group *group = endpoint->group;

	pthread_mutex_lock(&sim->lock);
	endpoint->calls--;
	pthread_mutex_unlock(&sim->lock);
	pthread_mutex_unlock(&group->lock);
}

/* Return: the group with that number, made if need be; NULL without memory. */
static struct sim_group *get_group(struct sim *sim, uint32_t number)
{
	struct sim_group *group = sim->groups;

	while (group && group->number != number)
		group = group->next;
	if (group)
		return group;
	group = calloc(1, sizeof(*group));
	if (!group)
		return NULL;
	pthread_mutex_init(&group->lock, NULL);
	group->number = number;
	group->next = sim->groups;
	sim->groups = group;
	return group;
}

static int set_group(struct sim *sim, uint32_t dev_id, uint32_t number)
{
	struct sim_endpoint *endpoint = sim_object_get(sim, dev_id, SIM_ENDPOINT);
	struct sim_group *group;

	if (!endpoint)
		return -ENOENT;
	if (endpoint->attached || endpoint->calls)
		return -EBUSY;
	group = get_group(sim, number);
	if (!group)
		return -ENOMEM;
	/* A domain can serve one physical SMMU only. */
	if (group->members && group->members->physical_smmu != endpoint->physical_smmu)
		return -EINVAL;
	leave(endpoint);
	join(endpoint, group);
	sim_endpoint_follow(endpoint);
	return 0;
}

int vsmmu_sim_endpoint_set_group(struct vsmmu_host *host, uint32_t dev_id, uint32_t group)
{
	struct sim *sim;
	int ret;

	if (!sim_is(host))
		return -EINVAL;
	sim = sim_of(host);
	sim_lock_all(sim);
	ret = set_group(sim, dev_id, group);
	sim_unlock_all(sim);
	return ret;
}
