/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of objects and their lifetimes (Linux drivers/iommu/iommufd/main.c). */
#include "host/sim/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_MIN 64

static int grow(struct sim *sim)
{
	uint32_t size = sim->objects_size ? 2 * sim->objects_size : TABLE_MIN;
	struct sim_object **objects = realloc(sim->objects, size * sizeof(*objects));

	if (!objects)
		return -ENOMEM;
	memset(objects + sim->objects_size, 0, (size - sim->objects_size) * sizeof(*objects));
	sim->objects = objects;
	sim->objects_size = size;
	return 0;
}

void *sim_object_new(struct sim *sim, enum sim_object_type type, size_t size)
{
	/* Ids are the kernel's xarray's: from 1, and a freed one is the next to be used. */
	uint32_t id = sim->objects_lowest ? sim->objects_lowest : 1;
	struct sim_object *object;

	while (id < sim->objects_size && sim->objects[id])
		id++;
	if (id >= sim->objects_size && grow(sim))
		return NULL;
	object = calloc(1, size);
	if (!object)
		return NULL;
	object->type = type;
	object->id = id;
	sim->objects[id] = object;
	sim->objects_lowest = id + 1;
	sim->objects_alive += type != SIM_ENDPOINT;
	return object;
}

/* The object and what it alone refers to. */
static void release(struct sim_object *object)
{
	switch (object->type) {
	case SIM_ENDPOINT:
		free(((struct sim_endpoint *)object)->contexts);
		pthread_mutex_destroy(&((struct sim_endpoint *)object)->own_group.lock);
		break;
	case SIM_PARENT:
		free(((struct sim_parent *)object)->vmid.tlb);
		break;
	case SIM_VIOMMU:
		free(((struct sim_viommu *)object)->own_vmid.tlb);
		break;
	default:
		break;
	}
	free(object);
}

void sim_object_free(struct sim *sim, struct sim_object *object)
{
	sim->objects[object->id] = NULL;
	if (object->id < sim->objects_lowest)
		sim->objects_lowest = object->id;
	sim->objects_alive -= object->type != SIM_ENDPOINT;
	release(object);
}

struct sim_object *sim_object_find(struct sim *sim, uint32_t id)
{
	return id < sim->objects_size ? sim->objects[id] : NULL;
}

void *sim_object_get(struct sim *sim, uint32_t id, enum sim_object_type type)
{
	struct sim_object *object = sim_object_find(sim, id);

	return object && object->type == type ? object : NULL;
}

static void destroy_vdevice(struct sim_vdevice *vdevice)
{
	struct sim_vdevice **link = &vdevice->viommu->vdevices;

	while (*link != vdevice)
		link = &(*link)->next;
	*link = vdevice->next;
	vdevice->endpoint->vdevice = NULL;
	vdevice->viommu->object.users--;
}

static void destroy_veventq(struct sim_veventq_object *veventq)
{
	sim_veventq_destroy(&veventq->queue);
	veventq->viommu->veventq = NULL;
	veventq->viommu->object.users--;
}

int sim_object_destroy(struct sim *sim, uint32_t id)
{
	struct sim_object *object = sim_object_find(sim, id);

	if (!object)
		return -ENOENT;
	if (object->users)
		return -EBUSY;
	switch (object->type) {
	case SIM_ENDPOINT:
		return -EBUSY; /* VFIO's own reference, iommufd_device_bind() */
	case SIM_PARENT:
		break;
	case SIM_VIOMMU:
		((struct sim_viommu *)object)->parent->object.users--;
		break;
	case SIM_VDEVICE:
		destroy_vdevice((struct sim_vdevice *)object);
		break;
	case SIM_NESTED:
		((struct sim_nested *)object)->viommu->object.users--;
		break;
	case SIM_VEVENTQ:
		destroy_veventq((struct sim_veventq_object *)object);
		break;
	}
	sim_object_free(sim, object);
	return 0;
}

void sim_object_free_all(struct sim *sim)
{
	for (uint32_t id = 1; id < sim->objects_size; id++) {
		struct sim_object *object = sim->objects[id];

		if (!object)
			continue;
		if (object->type == SIM_VEVENTQ)
			sim_veventq_destroy(&((struct sim_veventq_object *)object)->queue);
		release(object);
	}
	free(sim->objects);
}
