/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ops table of a host: all that a vSMMU needs of it. The calls are those of iommufd,
 * one to one, so that the order rules live in src/smmu/ once and hold for every host.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdatomic.h>

#include <vsmmu/endpoint.h>
#include <vsmmu/host.h>

#include "veventq/reader.h"

/* An endpoint as the host sees it. Borrowed by each call. */
struct host_endpoint {
	uint32_t dev_id;
	int vfio_fd; /* -1 when attach is set, or on a host that needs none */
	/* Instead of vfio_fd, also to detach: struct vsmmu_endpoint_config. */
	int (*attach)(void *opaque, const struct vsmmu_attachment *attachment);
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
	void (*free)(struct vsmmu_host *host); /* stays the first member: see HOST_CONTRACT */
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
	/* Attach replaces what was attached before, atomically. The purpose is for the VMM. */
	int (*attach)(struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t pt_id,
		enum vsmmu_attach_purpose purpose);
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
};

/* Whether an error passes by itself: ETIMEDOUT, EBUSY, ENOMEM, EAGAIN, EINTR. */
bool host_error_passes(int error);

/* First member of each host's own structure. */
struct vsmmu_host {
	uint64_t contract; /* HOST_CONTRACT of the library that made it */
	atomic_uint refs;
	const struct host_ops *ops;
	/*
	 * Linux gives all vIOMMUs of a nesting parent its VMID (arm_vsmmu_init(), which says that
	 * this may change), so that a TLB invalidation through any of them reaches all. True: each
	 * has one of its own and must be told by itself.
	 */
	bool vmid_per_viommu;
};

/*
 * libvsmmu-sim makes hosts too, and a machine may have it from another build than libvsmmu. The
 * structures above are no ABI, so vsmmu_new() refuses a host of any other contract than its own.
 * vsmmu_host_ref() and vsmmu_host_unref() work with all of them: struct vsmmu_host up to @ops, and
 * the first member of struct host_ops, never move. A change of a structure's size changes the
 * contract by itself; a change of meaning has to raise HOST_CONTRACT_NUMBER.
 */
#ifndef HOST_CONTRACT_NUMBER
#define HOST_CONTRACT_NUMBER 2
#endif
#define HOST_CONTRACT                                                                              \
	((uint64_t)HOST_CONTRACT_NUMBER << 48 | (uint64_t)sizeof(struct vsmmu_host) << 36 |        \
		(uint64_t)sizeof(struct host_ops) << 24 | sizeof(struct host_veventq) << 12 |      \
		(sizeof(struct host_endpoint) + sizeof(struct host_hw_info)))

/* Begins a host with one reference, the caller's. */
static inline void host_init(struct vsmmu_host *host, const struct host_ops *ops)
{
	host->contract = HOST_CONTRACT;
	atomic_init(&host->refs, 1);
	host->ops = ops;
}

/* Lets an endpoint's attach op attach or detach it. Return: 0 or -errno of the op. */
static inline int host_attach_by_vmm(
	const struct host_endpoint *endpoint, uint32_t pt_id, enum vsmmu_attach_purpose purpose)
{
	const struct vsmmu_attachment attachment = {
		.size = sizeof(attachment),
		.pt_id = pt_id,
		.purpose = purpose,
		.pasid = VSMMU_NO_PASID,
	};

	return endpoint->attach(endpoint->opaque, &attachment);
}

/* vsmmu_host_ref() and vsmmu_host_unref(), for libvsmmu-sim too, which uses nothing of libvsmmu. */
static inline void host_ref(struct vsmmu_host *host)
{
	atomic_fetch_add_explicit(&host->refs, 1, memory_order_relaxed);
}

static inline void host_unref(struct vsmmu_host *host)
{
	/* Acquire and release: the thread that frees sees all writes of former holders. */
	if (atomic_fetch_sub_explicit(&host->refs, 1, memory_order_acq_rel) == 1)
		host->ops->free(host);
}

/* Return: whether this library may call the host's operations. */
static inline bool host_fits(const struct vsmmu_host *host)
{
	return host->contract == HOST_CONTRACT;
}

#endif
