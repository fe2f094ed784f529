/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An endpoint is an assigned device behind a vSMMU: the objects in the host that it needs, and its
 * StreamID. <vsmmu/smmu.h> includes this header, and says which calls wait for what, and that all
 * of them return -EDEADLK inside a callback.
 */
#ifndef VSMMU_ENDPOINT_H
#define VSMMU_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>
#include <vsmmu/report.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vsmmu;
struct vsmmu_adopted;
struct vsmmu_endpoint;

/** enum vsmmu_attach_purpose - what the endpoint can reach once it is attached */
enum vsmmu_attach_purpose {
	VSMMU_ATTACH_NOTHING = 0, /* a detach: the kernel gives it no memory either */
	VSMMU_ATTACH_ABORT,	  /* no memory; its accesses abort, and cause no events */
	VSMMU_ATTACH_BYPASS,	  /* the guest's memory, untranslated */
	VSMMU_ATTACH_STAGE1,	  /* what the guest's stage 1 translates to */
	VSMMU_ATTACH_PUT_BACK,	  /* all that its VMM maps: it has left the vSMMU */
};

/** VSMMU_NO_PASID - the device itself, in struct vsmmu_attachment */
#define VSMMU_NO_PASID 0xffffffffu

/**
 * struct vsmmu_attachment - an attachment that the library asks its VMM for
 * @size: sizeof(struct vsmmu_attachment) of the library: an older one has no members beyond it
 * @pt_id: the HWPT; 0 with VSMMU_ATTACH_NOTHING alone
 * @purpose: enum vsmmu_attach_purpose, which may grow: for an unknown one, go by @pt_id
 * @pasid: which PASID of the endpoint is attached; VSMMU_NO_PASID for the device itself, which it
 *	always is today
 * @reserved: 0
 */
struct vsmmu_attachment {
	size_t size;
	uint32_t pt_id;
	uint32_t purpose;
	uint32_t pasid;
	uint32_t reserved;
};

/**
 * struct vsmmu_endpoint_config - an assigned device
 * @size: sizeof(struct vsmmu_endpoint_config)
 * @vsid: its StreamID as the guest sees it; or VSMMU_NO_VSID while the guest has given it none, for
 *	instance to a PCI device behind a bridge whose buses have no numbers yet. Then the library
 *	asks @vsid of struct vsmmu_ops for it, and vsmmu_endpoint_set_vsid() may give it one
 * @dev_id: id in the host: of VFIO_DEVICE_BIND_IOMMUFD, or of vsmmu_sim_endpoint_new()
 * @vfio_fd: the VFIO device's fd, of /dev/vfio/devices/vfioN, which is duplicated. Write -1 when
 *	@attach is set, with @adopted, and in the simulator. A member that was left out is 0, which
 *	is standard input: the attach is refused with -ENOTTY, as that is no VFIO device
 * @attach: instead of @vfio_fd: attach the device to the HWPT that @attachment names, replacing in
 *	one step the one that was attached before; or detach it, which is no error when nothing is
 *	attached. @attachment is valid during the call. Return 0 or -errno. Called by the calls
 *	that <vsmmu/smmu.h> names at its top, MMIO of a vCPU among them, with the vSMMU's locks
 *	held: do not call back into the vSMMU, and take no lock that is held around such a call. The
 *	detach and the first attach that an endpoint begins with, and its last detach, may take
 *	seconds; no vCPU waits for them
 * @attach_opaque: the first argument of @attach
 * @adopted: an adopted vEVENTQ that carries this endpoint's events: the library then makes no host
 *	calls for the endpoint, and @dev_id, @vfio_fd and @attach are not used. @vsid must be a
 *	StreamID, as the VMM has made the vDEVICE. NULL otherwise
 * @parent_hwpt: a nesting parent HWPT that the VMM has allocated, with the guest's memory, for the
 *	endpoint's physical SMMU; 0: the library makes one for all endpoints that name none. The
 *	library neither allocates nor destroys the VMM's parent; all objects that it makes on it go
 *	with the last endpoint there, and until then the kernel refuses to destroy the parent, with
 *	-EBUSY. No other vSMMU may use the parent meanwhile, as the ASIDs of both guests would meet
 *	in one VMID. Not with @adopted
 * @put_back: the detach of the endpoint attaches it to @parent_hwpt, so that it reaches all that
 *	the VMM maps there, instead of leaving it attached to nothing. This happens after the
 *	endpoint has been cut off and has neither stage 1 nor a vDEVICE; if one of these steps
 *	fails, the endpoint is detached, with a report. An attach that fails puts nothing back. Only
 *	with @parent_hwpt
 * @reserved: 0
 * @opaque: a pointer of the VMM's own, for vsmmu_endpoint_get_opaque(), and for @vsid of struct
 *	vsmmu_ops, which tells endpoints apart by it
 */
struct vsmmu_endpoint_config {
	size_t size;
	uint64_t vsid;
	uint32_t dev_id;
	int vfio_fd;
	int (*attach)(void *opaque, const struct vsmmu_attachment *attachment);
	void *attach_opaque;
	struct vsmmu_adopted *adopted;
	uint32_t parent_hwpt;
	bool put_back;
	uint8_t reserved[3];
	void *opaque;
};

/**
 * vsmmu_endpoint_attach() - put an endpoint behind the vSMMU
 * @vsmmu: the vSMMU
 * @config: see there; copied
 * @out: the endpoint; untouched on failure
 *
 * Allocates the vIOMMU and vEVENTQ if the endpoint's nesting parent has none yet, and the parent if
 * the config names none and the library has none yet for the endpoint's physical SMMU. Endpoints
 * that name the same parent share its vIOMMU and vEVENTQ, except with config.isolate. Endpoints
 * with and without @parent_hwpt may be behind one vSMMU, and several parents behind one physical
 * SMMU. The device is first detached from whatever it is attached to, and attached to a HWPT of its
 * own that aborts. Then its vDEVICE is made, and it is attached to what the guest's registers and
 * stream table say for its StreamID now, or on a vSMMU of the event path alone to the guest's
 * memory, untranslated. At no moment does it reach more than that.
 *
 * An endpoint without a StreamID may do what GBPA says while CR0.SMMUEN is 0; while it is 1 its
 * accesses abort, and the guest gets no events of that. On a vSMMU of the event path alone it may
 * do what its VMM sets: see vsmmu_endpoint_set_ste(). The VMM is asked for the StreamID: see @vsid
 * of struct vsmmu_ops. Endpoints whose answer differs from what they have give that up first; then
 * all get their new ones, so that two may swap. If an answer is another endpoint's StreamID, a
 * stale one, or beyond IDR1.SIDSIZE (for which an attach returns -EEXIST, -EAGAIN and -EINVAL), its
 * endpoint is left without a StreamID, with a report VSMMU_REPORT_UNFIT for each such answer; it is
 * tried again each time the VMM is asked, and by vsmmu_run_commands() when a stale one becomes
 * free. The answer VSMMU_NO_VSID changes nothing, unless the StreamID that its endpoint has is the
 * answer for another one.
 *
 * Endpoints of one IOMMU group, such as functions of a slot without ACS, share what any of them is
 * attached to: a second one is refused with -EINVAL. An endpoint whose group has other devices
 * cannot have stage 1: -ENOENT.
 *
 * Return: 0; -EEXIST when @vsid is another endpoint's, or when the device is behind this vSMMU
 * already, with a report that says which; -EAGAIN when events of the last holder of @vsid are still
 * in a vEVENTQ that cannot be read on, as the guest's queue is full: try again when
 * VSMMU_REPORT_VSID_FREE comes; -EINVAL, also for a StreamID beyond IDR1.SIDSIZE, and for a
 * @parent_hwpt of another physical SMMU or one that is no nesting parent; -ENOENT for a
 *	@parent_hwpt
 * or @dev_id that this iommufd does not have; -ENOTTY for a @vfio_fd of another kind; -EBADF for
 * one that is not open, or when neither it nor @attach is there; -ENODEV when the endpoint's SMMU
 * cannot do what the guest was promised, with a report that says what; -E2BIG for a member that
 * this version does not know and that is not 0; -ENOMEM; or -errno of the host's call that failed,
 * -EOPNOTSUPP when the host cannot nest. After a failure nothing is left behind but perhaps a
 * parent, see vsmmu_drop_parents(), and the device is attached to nothing if the attach came so far
 * as to detach it; if the host fails in that too, a report says so. Threads: any; may take seconds.
 * Since: 0.1
 */
VSMMU_API int vsmmu_endpoint_attach(struct vsmmu *vsmmu, const struct vsmmu_endpoint_config *config,
	struct vsmmu_endpoint **out);

/**
 * vsmmu_endpoint_set_ste() - install a stream table entry
 * @endpoint: the endpoint
 * @ste: the first two 64-bit words of a canonical STE: V, Config, S1Fmt, S1ContextPtr,
 *	S1CDMax; S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS. Anything else is refused by
 *	the kernel with -EIO
 *
 * For a vSMMU with event_path_only, whose VMM reads the stream table itself; on any other the
 * guest's CFGI commands do this. The STE replaces the one that was installed with no gap, and stays
 * until the next one or vsmmu_reset(). Events flow once a stage 1 STE is installed.
 *
 * Return: 0; -EINVAL for a NULL; -EOPNOTSUPP on an adopted vEVENTQ's endpoint and on a vSMMU that
 * reads the stream table itself; -ENOENT after a vsmmu_endpoint_set_vsid() that failed, and for
 * stage 1 while the endpoint has no StreamID; -errno of the host: the old STE stays in force.
 * Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_endpoint_set_ste(struct vsmmu_endpoint *endpoint, const uint64_t ste[2]);

/**
 * vsmmu_endpoint_set_vsid() - give an endpoint another StreamID
 * @endpoint: the endpoint
 * @vsid: as the guest will see it from now on; VSMMU_NO_VSID takes its StreamID away
 *
 * Events of the old StreamID that wait are discarded, as for a detach; then the guest's STE of the
 * new one comes into force, or the one of vsmmu_endpoint_set_ste(). Meanwhile the endpoint has no
 * access. To set its present StreamID changes nothing, but tries again what the host refused
 * before. Without a StreamID it may do what an endpoint that was attached without one may.
 *
 * For an endpoint that was attached with VSMMU_NO_VSID, for which @vsid of struct vsmmu_ops is
 * asked, this holds until an answer differs. Any other endpoint is never asked for, even after its
 * StreamID was taken away.
 *
 * Return: 0; -EEXIST, -EAGAIN, -EINVAL as for an attach; -EOPNOTSUPP on an adopted vEVENTQ's
 * endpoint; -errno of the host: then the endpoint is without access until the next attempt
 * succeeds. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_endpoint_set_vsid(struct vsmmu_endpoint *endpoint, uint64_t vsid);

/**
 * vsmmu_endpoint_detach() - take an endpoint away
 * @endpoint: dead afterwards; may be NULL
 *
 * First the endpoint is attached to its HWPT that aborts, so that it has no access to memory and
 * the kernel stops forwarding; events that it had queued are discarded as they are read, and its
 * StreamID is free for others after that. Then it is detached, or with put_back attached to its
 * VMM's parent. If the host can neither cut it off nor detach it, a report says that it still has
 * access.
 *
 * Return: 0, or the first -errno of a host call: the endpoint is gone all the same. The destruction
 * of objects that could not be destroyed is tried again later. A DETACH that failed is not, as the
 * device may be somebody else's by then: it stays attached to the HWPT that aborts, and the objects
 * that it needs stay, until its VMM detaches or closes it, or attaches it again. Threads: any; may
 * take seconds. Since: 0.1
 */
VSMMU_API int vsmmu_endpoint_detach(struct vsmmu_endpoint *endpoint);

/**
 * vsmmu_endpoint_get_viommu() - the vIOMMU that has an endpoint's vDEVICE
 * @endpoint: the endpoint
 * @viommu_id: gets its id in the iommufd, or in the simulator
 *
 * For a VMM of the event path alone, which sends its guest's invalidations to the host by itself:
 * this is the hwpt_id of IOMMU_HWPT_INVALIDATE, and what vsmmu_sim_invalidate() takes. Commands
 * that name a StreamID go to the vIOMMU of its endpoint, and TLB invalidations once to that of any
 * endpoint of each nesting parent. The vIOMMU stays the library's, and an endpoint's is the same
 * from attach to detach, unless vsmmu_move() gives it another one.
 *
 * Return: 0; -EINVAL for a NULL; -EOPNOTSUPP on an adopted vEVENTQ's endpoint, whose vIOMMU is the
 * VMM's. Threads: any. Since: 0.1. Source: Linux include/uapi/linux/iommufd.h, struct
 * iommu_hwpt_invalidate
 */
VSMMU_API int vsmmu_endpoint_get_viommu(struct vsmmu_endpoint *endpoint, uint32_t *viommu_id);

/**
 * vsmmu_drop_parents() - let go of the guest's memory where no endpoint needs it
 * @vsmmu: the vSMMU
 *
 * The first endpoint behind a physical SMMU makes a nesting parent HWPT, which maps and pins all of
 * the guest's memory. The parent stays when its last endpoint goes, or when that first attach
 * fails, so that the next attach is quick. This call destroys parents without endpoints, and all
 * other objects that could not be destroyed so far, such as those on a VMM's own parent that its
 * last endpoint left behind.
 *
 * Return: 0; -EINVAL for a NULL; or the first -errno of the host: objects that it did not destroy
 * stay for another call. Threads: any; may take seconds. Since: 0.1
 */
VSMMU_API int vsmmu_drop_parents(struct vsmmu *vsmmu);

/**
 * vsmmu_endpoint_get_vsid() - the StreamID that an endpoint has now
 * @endpoint: the endpoint
 * @vsid: gets it
 *
 * After a vsmmu_endpoint_set_vsid() that failed in the host this is the StreamID that the endpoint
 * was to have. VSMMU_NO_VSID means that it has none.
 *
 * Return: 0; -EINVAL for a NULL. Threads: any; may wait for the host's ioctls. Since: 0.1
 */
VSMMU_API int vsmmu_endpoint_get_vsid(const struct vsmmu_endpoint *endpoint, uint64_t *vsid);

/**
 * vsmmu_endpoint_get_opaque() - the opaque pointer of an endpoint's config
 * @endpoint: the endpoint
 *
 * Return: the pointer; NULL for a NULL. Threads: any, also inside callbacks. Since: 0.1
 */
VSMMU_API void *vsmmu_endpoint_get_opaque(const struct vsmmu_endpoint *endpoint);

/**
 * struct vsmmu_endpoint_stats - counters of one endpoint since it was attached
 * @size: set by the caller to sizeof(struct vsmmu_endpoint_stats)
 * @delivered: events written into the guest's queue
 * @discarded: events read but not delivered, except those of an earlier StreamID that were read
 *	when the endpoint had another one already
 */
struct vsmmu_endpoint_stats {
	size_t size;
	uint64_t delivered;
	uint64_t discarded;
};

/**
 * vsmmu_endpoint_get_stats() - one endpoint's counters
 * @endpoint: the endpoint
 * @stats: with @size set; filled in up to that size
 *
 * Return: 0; -EINVAL for a NULL or a wrong size. Threads: any, at any time, also inside the report
 * op. Since: 0.1
 */
VSMMU_API int vsmmu_endpoint_get_stats(
	const struct vsmmu_endpoint *endpoint, struct vsmmu_endpoint_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
