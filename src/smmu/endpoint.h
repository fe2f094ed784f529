/* SPDX-License-Identifier: BSD-2-Clause */
/* An assigned device: its host objects and its stream. Under the control lock. */
#ifndef SMMU_ENDPOINT_H
#define SMMU_ENDPOINT_H

#include "smmu/viommu/viommu.h"

struct vsmmu_endpoint {
	struct vsmmu_endpoint *next;
	struct vsmmu *vsmmu;
	struct host_endpoint host;
	uint32_t vsid;
	struct viommu *viommu;
	struct host_features hardware; /* of the SMMU that it is behind */
	/* 0 on an adopted vEVENTQ, and without a StreamID after a failed change of it: then
	 * it has no entry in the stream table, and nothing is installed. */
	uint32_t vdevice_id;
	uint32_t nested_id;		 /* 0 while none is attached */
	uint8_t installed;		 /* enum installed */
	bool blocked;			 /* the host failed: what is installed is not the guest's */
	uint64_t vste[2];		 /* what nested_id was made of */
	const char *bad;		 /* why the guest's STE could not be used, or NULL */
	bool ste_is_set;		 /* on an event path alone: its VMM's last one is */
	uint64_t ste[2];		 /* this */
	struct fault_override fault_override; /* the same as its stream's */
};

/* Takes it and what only it used away. Return: first -errno; it is gone all the same. */
int endpoint_remove(struct vsmmu_endpoint *endpoint);

/*
 * endpoint_build.c: finds or makes parent, vIOMMU and vEVENTQ of its physical SMMU, and
 * makes its vDEVICE; attaches nothing. Return: 0 or -errno, nothing left.
 */
int endpoint_build(struct vsmmu_endpoint *endpoint);

/* What is left of that after its vDEVICE has gone. Return: first -errno. */
int endpoint_unbuild(struct vsmmu_endpoint *endpoint);

/* endpoint_vsid.c: 0; -EINVAL, reported; -EEXIST; -EAGAIN while events of its last holder
 * may still come. */
int endpoint_claim_vsid(struct vsmmu *vsmmu, uint32_t vsid);

/* Under its StreamID, which has been claimed. Return: 0 or -ENOMEM. */
int endpoint_add_stream(struct vsmmu_endpoint *endpoint);

/* It never had an event. */
void endpoint_drop_stream(struct vsmmu_endpoint *endpoint);

/* Events that come from now on are stale; the StreamID is free once they are read. */
void endpoint_retire_stream(struct vsmmu_endpoint *endpoint);

#endif
