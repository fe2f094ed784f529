/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ops table of a host: all that a vSMMU needs of it. The calls are those of iommufd,
 * one to one, so that the order rules live in src/smmu/ once and hold for every host.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdatomic.h>

#include <vsmmu/host.h>

#include "veventq/reader.h"

/* An endpoint as the host sees it. Borrowed by each call. */
struct host_endpoint {
	uint32_t dev_id;
	int vfio_fd; /* -1 when attach is set, or on a host that needs none */
	int (*attach)(void *opaque, uint32_t pt_id); /* instead of vfio_fd; pt_id 0 detaches */
	void *opaque;
};

/* A vEVENTQ that the host allocated. fd polls readable while the queue holds something. */
struct host_veventq {
	uint32_t id;
	int fd;
	uint32_t type;
	uint32_t first_sequence;
	struct veventq_source source;
};

/* The physical SMMU behind an endpoint, as far as it is known (IOMMU_GET_HW_INFO). */
struct host_hw_info {
	uint32_t idr[6];      /* raw: arch/idr.h knows which fields may be used */
	bool ats;	      /* the endpoint can do ATS */
	bool repeat_commands; /* ERRATA_REPEAT_TLBI_CFGI: every batch must be sent twice */
};

struct host_ops {
	const char *name;

	/* Each returns 0 or -errno as the kernel's ioctl does; *out is set on success only. */
	int (*parent_alloc)(
		struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t *out);
	int (*viommu_alloc)(struct vsmmu_host *host, const struct host_endpoint *endpoint,
		uint32_t parent_id, uint32_t *out);
	int (*vdevice_alloc)(struct vsmmu_host *host, const struct host_endpoint *endpoint,
		uint32_t viommu_id, uint32_t vsid, uint32_t *out);
	/* ste: the first two words of a stream table entry, canonical (facts: Linux
	 * arm_smmu_validate_vste()). */
	int (*nested_alloc)(struct vsmmu_host *host, const struct host_endpoint *endpoint,
		uint32_t viommu_id, const uint64_t ste[2], uint32_t *out);
	/* Attach replaces what was attached before, atomically. */
	int (*attach)(
		struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t pt_id);
	int (*detach)(struct vsmmu_host *host, const struct host_endpoint *endpoint);

	/* The fd is non-blocking and close-on-exec; on failure nothing is left. */
	int (*veventq_alloc)(struct vsmmu_host *host, uint32_t viommu_id, uint32_t depth,
		struct host_veventq *out);
	/* Closes the fd; the object stays until destroy(), which is EBUSY before. */
	void (*veventq_close)(struct vsmmu_host *host, struct host_veventq *veventq);

	/* -EOPNOTSUPP: it is no SMMUv3 (the kernel's mock). */
	int (*hw_info)(struct vsmmu_host *host, const struct host_endpoint *endpoint,
		struct host_hw_info *out);
	/*
	 * Invalidates what the guest of a vIOMMU has cached in the hardware, all complete on
	 * return: @count > 0 commands in host byte order, two words each. *@handled is what the
	 * host says that it handled, which after a failure may be too many: do not build on it.
	 */
	int (*invalidate)(struct vsmmu_host *host, uint32_t viommu_id, const uint64_t (*command)[2],
		uint32_t count, uint32_t *handled);

	int (*destroy)(struct vsmmu_host *host, uint32_t id);
	void (*free)(struct vsmmu_host *host);
};

/* Whether an error passes by itself: ETIMEDOUT, EBUSY, ENOMEM, EAGAIN, EINTR. */
bool host_error_passes(int error);

/* First member of each host's own structure. */
struct vsmmu_host {
	const struct host_ops *ops;
	atomic_uint refs;
	/*
	 * Linux gives all vIOMMUs of a nesting parent its VMID (arm_vsmmu_init(), which says that
	 * this may change), so that a TLB invalidation through any of them reaches all. True: each
	 * has one of its own and must be told by itself.
	 */
	bool vmid_per_viommu;
};

#endif
