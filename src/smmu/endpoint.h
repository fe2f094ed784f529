/* SPDX-License-Identifier: BSD-2-Clause */
/* An assigned device: its host objects and its stream. Under the control lock. */
#ifndef SMMU_ENDPOINT_H
#define SMMU_ENDPOINT_H

#include "smmu/viommu/viommu.h"

/* The HWPT that is attached to an endpoint. */
enum installed {
	INSTALLED_NOTHING = 0, /* the endpoint is being made, or is an adopted vEVENTQ's */
	INSTALLED_ABORT,       /* abort_id: no access to memory, no events */
	INSTALLED_BYPASS,      /* bypass_id: untranslated access to the guest's memory, no events */
	INSTALLED_NESTED,      /* nested_id, made of vste */
	INSTALLED_STRAY,       /* none of these: a move that failed could not be undone */
};

struct vsmmu_endpoint {
	struct vsmmu_endpoint *next;
	struct vsmmu *vsmmu;
	struct host_endpoint host;
	uint32_t parent_hwpt;	       /* its VMM's nesting parent, or 0 */
	bool put_back;		       /* attach it to that at the end, not to nothing */
	struct nesting_parent *parent; /* NULL on an adopted vEVENTQ, and before it has one */
	int (*attach)(void *opaque, const struct vsmmu_attachment *attachment); /* or NULL */
	void *attach_opaque;
	void *opaque;  /* its VMM's */
	uint64_t vsid; /* VSMMU_NO_VSID while it has none: then it has no vDEVICE either */

	/*
	 * The VMM is asked for the StreamID of an endpoint that was attached without one, a @late
	 * one: see ask.h. @wanted is an answer that the endpoint could not get, for the error
	 * @refused, else VSMMU_NO_VSID. While @vsid is still there beside it, the host has failed
	 * to take that away.
	 */
	bool late;
	bool unsure; /* the last answer was "not yet" */
	bool heir;   /* a saved stream that waits for its endpoint may be this one's */
	int refused;
	uint64_t wanted;
	uint64_t told; /* the last answer that was reported as refused, or VSMMU_NO_VSID */

	struct event_source *source;   /* of @viommu, or adopted */
	struct viommu *viommu;	       /* NULL on an adopted vEVENTQ: then it has no host objects */
	struct host_features hardware; /* of the SMMU that it is behind */

	uint32_t abort_id, bypass_id; /* on the parking vIOMMU; live as long as it does */
	/* 0 beside a @vsid after a change that failed: the StreamID is only reserved then. */
	uint32_t vdevice_id;
	uint32_t nested_id; /* 0 while none is attached */
	enum installed installed;
	uint64_t vste[2]; /* what nested_id was made of */

	/* Under the event lock: STREAM_NONE while @vsid is only reserved; counts of earlier ones */
	uint32_t stream;
	uint64_t delivered_before, discarded_before;

	bool blocked;	/* the host failed: what is installed is not what the guest wants */
	int error;	/* its -errno: whether to try again */
	int park_error; /* -errno of cutting it off, if even that failed */
	uint32_t round; /* of recovery, in which it was tried last */

	const char *bad;		      /* why the guest's STE could not be used, or NULL */
	bool ste_is_set;		      /* on an event path alone: its VMM's last one is */
	uint64_t ste[2];		      /* this */
	struct fault_override fault_override; /* the same as its stream's */
};

static inline bool endpoint_is_numbered(const struct vsmmu_endpoint *endpoint)
{
	return endpoint->vsid != VSMMU_NO_VSID;
}

#endif
