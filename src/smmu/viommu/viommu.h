/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's objects that endpoints share. Changed under the attach and control locks; who
 * has either of them may look.
 *
 *	nesting parent HWPT: the guest's memory, behind one physical SMMU; lives until
 *	|	vsmmu_free() or vsmmu_drop_parents(), as making it maps and pins all memory; a
 *	|	VMM's own parent is known here only while an endpoint is on it
 *	+-- parking vIOMMU, on which no vDEVICE ever is: an abort and a bypass HWPT for each
 *	|	endpoint. Attaching one of them ends the forwarding of events
 *	+-- vIOMMU with a vEVENTQ: vDEVICEs, and HWPTs that guests' STEs become; one for each
 *		parent, or with config.isolate for each endpoint
 */
#ifndef SMMU_VIOMMU_VIOMMU_H
#define SMMU_VIOMMU_VIOMMU_H

#include "smmu/host_features.h"
#include "smmu/vsmmu.h"

struct viommu;

struct nesting_parent {
	struct nesting_parent *next;
	struct viommu *viommus;
	uint32_t id;
	uint32_t parking_id;
	uint32_t endpoints; /* that are on it; under the attach lock alone */
	bool is_vmms;	    /* never destroyed here */
	struct host_features hardware;
	/* TLB entries of its VMID may be there that the guest has invalidated. */
	bool needs_tlb_inval;
};

struct viommu {
	struct viommu *next; /* of the parent's */
	struct nesting_parent *parent;
	uint32_t id;
	struct event_source source;
	/* CDs and ATC entries of its streams may be there that the guest has invalidated. */
	bool needs_cd_inval;
};

/* The public handle of a vEVENTQ that the VMM allocated itself. Under the attach lock. */
struct vsmmu_adopted {
	struct event_source source;
	struct vsmmu *vsmmu;
	ssize_t (*read)(void *opaque, void *buffer, size_t length); /* the VMM's, or NULL */
	void *opaque;
};

#endif
