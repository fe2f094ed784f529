/* SPDX-License-Identifier: BSD-2-Clause */
/* An assigned device: its host objects and its stream. Under the control lock. */
#ifndef SMMU_ENDPOINT_H
#define SMMU_ENDPOINT_H

#include "smmu/vqueue.h"

struct vsmmu_endpoint {
	struct vsmmu_endpoint *next;
	struct vsmmu *vsmmu;
	struct host_endpoint host;
	uint32_t vsid;
	struct vqueue *vqueue;
	uint32_t vdevice_id; /* all 0 on an adopted vEVENTQ */
	uint32_t nested_id;  /* 0 while the parent is attached */
};

/* Attaches the parent, so that the kernel stops forwarding; the STE is gone. */
int endpoint_park(struct vsmmu_endpoint *endpoint);

/* Takes it and what only it used away. Return: first -errno; it is gone all the same. */
int endpoint_remove(struct vsmmu_endpoint *endpoint);

#endif
