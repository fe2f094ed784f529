/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulated host: iommufd's objects, what the arm-smmu-v3 driver does with them, and
 * the physical SMMUs behind it.
 *
 * Lock order: sim_group.lock, then sim.iova_lock, then sim.hardware_lock, then sim.lock, then
 * sim_veventq.lock, then sim_failures.lock; no other lock is taken with sim_calls.lock held.
 *
 * Attaching and detaching hold sim_group.lock throughout, as the kernel holds igroup->lock, so
 * that what they find of the endpoint is still so after the hook on calls. The calls that take
 * iova_rwsem there hold iova_lock throughout. The hook runs with these two at most, so that no
 * other call waits for it.
 *
 * A transaction holds hardware_lock until its data has moved or
 * its event is queued, so that what was attached or invalidated is so for all that comes later;
 * with it, and no other lock, the guest's memory is called. A fault holds sim.lock until its event
 * is queued, as the driver holds its streams_mutex; a read takes sim_veventq.lock alone, and the
 * hook on a LOST header's copy runs with none of them.
 */
#ifndef HOST_SIM_SIM_H
#define HOST_SIM_SIM_H

#include <pthread.h>

#include <vsmmu/sim.h>

#include "arch/features.h"
#include "host/host.h"
#include "host/sim/sim_call.h"
#include "host/sim/sim_context.h"
#include "host/sim/sim_tlb.h"
#include "host/sim/sim_veventq.h"

enum sim_object_type {
	SIM_ENDPOINT = 0, /* a device that VFIO bound; user space cannot destroy it */
	SIM_PARENT,	  /* a stage 2 HWPT */
	SIM_VIOMMU,
	SIM_VDEVICE,
	SIM_NESTED, /* a stage 1 HWPT */
	SIM_VEVENTQ,
};

/* First member of each object. All are freed with free(). */
struct sim_object {
	enum sim_object_type type;
	uint32_t id;
	uint32_t users; /* objects and open fds that need it; while there are any: EBUSY */
};

/* A VMID tags the entries of the TLB; here it has a TLB to itself. */
struct sim_vmid {
	struct sim_tlb *tlb; /* under the hardware lock; NULL until it is used */
};

struct sim_parent {
	struct sim_object object;
	uint32_t physical_smmu;
	struct sim_vmid vmid;
};

struct sim_viommu {
	struct sim_object object;
	struct sim_parent *parent;
	struct sim_vdevice *vdevices;
	struct sim_veventq_object *veventq; /* one for each type: there is but one type */
	struct sim_vmid *vmid;	  /* the parent's or, with host.vmid_per_viommu, its own */
	struct sim_vmid own_vmid; /* unused otherwise */
	uint64_t unheeded;	  /* digest of the last invalidation if it did nothing, or 0 */
};

struct sim_vdevice {
	struct sim_object object;
	struct sim_viommu *viommu;
	struct sim_endpoint *endpoint;
	struct sim_vdevice *next; /* of the vIOMMU's */
	uint32_t vsid;
};

struct sim_nested {
	struct sim_object object;
	struct sim_viommu *viommu;
	uint32_t config; /* STE.Config that is in force */
	uint64_t ste[2];
};

struct sim_veventq_object {
	struct sim_object object;
	struct sim_viommu *viommu;
	struct sim_veventq queue;
};

/* Where an endpoint's events go, as it was when it was attached: struct arm_smmu_vmaster. */
struct sim_vmaster {
	struct sim_viommu *viommu; /* NULL: nowhere. Kept alive by the attached HWPT */
	uint32_t vsid;
};

/* Endpoints that the hardware cannot tell apart: struct iommufd_group. Changed with both locks. */
struct sim_group {
	pthread_mutex_t lock; /* of calls that attach and detach members, from end to end */
	struct sim_endpoint *members;
	struct sim_object *hwpt; /* a parent or nested HWPT, or NULL */
	uint32_t attached;	 /* members that user space attached; 0 without hwpt */
	uint32_t number;	 /* of those that vsmmu_sim_endpoint_set_group() made: */
	struct sim_group *next;
};

struct sim_endpoint {
	struct sim_object object;
	uint32_t physical_smmu;
	struct sim_vdevice *vdevice;
	struct sim_vmaster vmaster;
	uint32_t calls; /* that have its group's lock or wait for it: it stays in that group */
	/* Changed with both locks held: */
	struct sim_group own_group; /* which it is in until it is put into another one */
	struct sim_group *group;
	struct sim_endpoint *next;     /* of the group's */
	bool attached;		       /* by user space itself; changed with the group's lock too */
	struct sim_object *hwpt;       /* the group's; NULL too if it came later and does not fit */
	uint64_t ste[2];	       /* what the HWPT makes of the STE */
	struct sim_contexts *contexts; /* under the hardware lock; NULL until it is used */
};

struct sim {
	struct vsmmu_host host;
	uint32_t first_sequence;
	int (*memory_read)(void *opaque, uint64_t address, void *bytes, size_t length);
	int (*memory_write)(void *opaque, uint64_t address, const void *bytes, size_t length);
	void *memory_opaque;
	uint32_t idr[6];
	bool repeat_commands;
	struct arch_features features; /* of every physical SMMU */
	atomic_uint_fast64_t transactions;
	atomic_uint_fast64_t aborts;
	atomic_uint_fast64_t walks;
	pthread_mutex_t iova_lock;     /* iova_rwsem of the IOAS, of writers: it guards nothing */
	pthread_mutex_t hardware_lock; /* of what endpoints are attached to, and all caches */
	pthread_mutex_t lock;	       /* of all that follows, but reads */
	struct sim_object **objects;   /* by id; [0] is never used */
	uint32_t objects_size;
	uint32_t objects_lowest;  /* no id below it is free */
	uint64_t objects_alive;	  /* endpoints not counted */
	struct sim_group *groups; /* all that have a number */
	uint64_t numbered;
	uint64_t dropped;
	uint64_t printed;
	uint64_t commands;
	uint64_t command_calls;
	uint64_t commands_refused;
	uint64_t parents;
	uint64_t detaches;
	uint64_t first_attaches;
	uint64_t replaces;
	struct sim_reads reads;
	struct sim_calls calls;
};

extern const struct host_ops sim_ops;

static inline struct sim *sim_of(struct vsmmu_host *host)
{
	return (struct sim *)host;
}

/* Any other host is a misuse. */
static inline bool sim_is(const struct vsmmu_host *host)
{
	return host && host->ops == &sim_ops;
}

/* Return: 0, or the -errno that vsmmu_sim_fail() arranged for this call. */
static inline int sim_fail_call(struct sim *sim)
{
	return -sim_failures_take(&sim->reads.failures, VSMMU_SIM_FAIL_CALL);
}

/* For what changes the hardware and the kernel's view of it together. */
static inline void sim_lock_all(struct sim *sim)
{
	pthread_mutex_lock(&sim->hardware_lock);
	pthread_mutex_lock(&sim->lock);
}

static inline void sim_unlock_all(struct sim *sim)
{
	pthread_mutex_unlock(&sim->lock);
	pthread_mutex_unlock(&sim->hardware_lock);
}

/*
 * sim.c: what the driver does with an event, with sim.lock held. Return: 0, or -EOPNOTSUPP
 * if it was printed.
 */
int sim_fault(struct sim *sim, const struct sim_endpoint *endpoint,
	const struct vsmmu_event_record *record);

/* sim_object.c: with sim.lock held */

/* Return: a zeroed object of @size bytes with the lowest free id; NULL without memory. */
void *sim_object_new(struct sim *sim, enum sim_object_type type, size_t size);

/* Takes the object off the table and frees it; what it refers to is the caller's business. */
void sim_object_free(struct sim *sim, struct sim_object *object);

/* Return: the object, or NULL when there is none. */
struct sim_object *sim_object_find(struct sim *sim, uint32_t id);

/* Return: the object, or NULL when there is none of that type. */
void *sim_object_get(struct sim *sim, uint32_t id, enum sim_object_type type);

/* IOMMU_DESTROY. Return: 0, -ENOENT or -EBUSY. */
int sim_object_destroy(struct sim *sim, uint32_t id);

/* Frees all objects, whoever still refers to them. */
void sim_object_free_all(struct sim *sim);

/* sim_attach.c: host operations */
int sim_attach(struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t pt_id,
	enum vsmmu_attach_purpose purpose);
int sim_detach(struct vsmmu_host *host, const struct host_endpoint *endpoint);

/* Sends it through the HWPT of the group that it has come into. With both locks held. */
void sim_endpoint_follow(struct sim_endpoint *endpoint);

/* sim_group.c: with sim.lock held */
void sim_group_init(struct sim_endpoint *endpoint);
void sim_group_free_all(struct sim *sim);

/*
 * Takes the lock of an endpoint's group; no other lock is held. Return: the endpoint, or NULL
 * when there is none.
 */
struct sim_endpoint *sim_group_enter(struct sim *sim, uint32_t dev_id);
void sim_group_leave(struct sim *sim, struct sim_endpoint *endpoint);

/* sim_invalidate.c: a host operation */
int sim_invalidate(struct vsmmu_host *host, uint32_t viommu_id, const uint64_t (*command)[2],
	uint32_t count, uint32_t *handled);

#endif
