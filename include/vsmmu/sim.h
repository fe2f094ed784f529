/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulator is a host without hardware. Its vEVENTQs behave as the kernel's do, down to the
 * errno of every read; its endpoints do DMA as the guest's stream table, CDs and translation tables
 * say, or fault when they are told to.
 *
 * It is a library of its own, libvsmmu-sim (pkg-config vsmmu-sim), for tests and for machines
 * without Arm hardware. Both libraries must come from the same build: see vsmmu_new(). Its
 * functions have no vSMMU to report to: a refusal is the error that they return. "@sim" is a host
 * of vsmmu_sim_new(); any other host, and a NULL, is -EINVAL.
 */
#ifndef VSMMU_SIM_H
#define VSMMU_SIM_H

#include <sys/types.h>

#include <vsmmu/access.h>
#include <vsmmu/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum vsmmu_sim_kernel - which kernel's read() the vEVENTQs imitate */
enum vsmmu_sim_kernel {
	VSMMU_SIM_KERNEL_NOW = 0,     /* with the fixes of mid-2026 */
	VSMMU_SIM_KERNEL_BEFORE_2026, /* a short buffer and ENOMEM both answer 0; EFAULT in a
				       * payload leaves a header alone and repeats the event */
};

/**
 * struct vsmmu_sim_config - a simulated host
 * @size: sizeof(struct vsmmu_sim_config)
 * @kernel: see enum vsmmu_sim_kernel
 * @first_sequence: number of the first event of every vEVENTQ (0 to INT_MAX); a kernel
 *	starts at 0, tests start just before the wrap
 * @memory_read: copy from the guest-physical memory that DMA reaches (stage 2); return a
 *	negative number where there is none. Called by vsmmu_sim_dma() alone, by one thread at
 *	a time; attaching and invalidating wait for it. Must not call back into a vSMMU nor the
 *	simulator. NULL: there is no memory at all
 * @memory_write: the same for writing
 * @memory_opaque: for both
 * @idr: IDR0 to IDR5 of the physical SMMUs, of which the fields count that Linux lists for
 *	IOMMU_GET_HW_INFO, and OAS; all 0 means: AArch64 tables of all granules, 20 bits of
 *	SubstreamID, two-level CD tables, 16-bit ASIDs, range invalidation, no stalls, 52-bit
 *	output addresses
 * @repeat_commands: it has the erratum for which invalidations must be sent twice: an array
 *	of commands has an effect only if the one before it, of the same vIOMMU, was the same
 *	and had none
 * @ats: the endpoints can do ATS, as far as commands go: they cache no translations
 * @vmid_per_viommu: each vIOMMU has a VMID and so a TLB of its own, as a later kernel may do;
 *	today's gives all vIOMMUs of a nesting parent the same
 * @reserved: 0
 */
struct vsmmu_sim_config {
	size_t size;
	enum vsmmu_sim_kernel kernel;
	uint32_t first_sequence;
	int (*memory_read)(void *opaque, uint64_t address, void *bytes, size_t length);
	int (*memory_write)(void *opaque, uint64_t address, const void *bytes, size_t length);
	void *memory_opaque;
	uint32_t idr[6];
	bool repeat_commands;
	bool ats;
	bool vmid_per_viommu;
	uint8_t reserved[5];
};

/**
 * vsmmu_sim_new() - make a simulated host
 * @out: where it goes; untouched on failure
 * @config: see there; NULL means all defaults
 *
 * Return: 0; -EINVAL for an @out that is NULL, a wrong size or a config that makes no sense; -E2BIG
 * for a member that this version does not know and that is not 0; -ENOMEM. Free it with
 * vsmmu_host_unref(). Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_new(struct vsmmu_host **out, const struct vsmmu_sim_config *config);

/**
 * vsmmu_sim_endpoint_new() - plug an endpoint into the simulated host
 * @sim: the simulated host
 * @physical_smmu: which physical SMMU it sits behind; any number
 * @dev_id: gets the id for struct vsmmu_endpoint_config
 *
 * Return: 0; -EINVAL; -ENOMEM. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_endpoint_new(
	struct vsmmu_host *sim, uint32_t physical_smmu, uint32_t *dev_id);

/**
 * vsmmu_sim_endpoint_set_group() - put an endpoint into an IOMMU group
 * @sim: the simulated host
 * @dev_id: which endpoint; it must not be attached, nor be attached just now
 * @group: any number: endpoints with the same one are in one group. Those that were never
 *	given one are each in a group of their own
 *
 * Endpoints that the hardware cannot keep apart, such as the functions of a device without
 * ACS, share what they are attached to. As in the kernel, the first attach of an endpoint is
 * -EINVAL while another one of its group is attached to another HWPT; but an endpoint that is
 * attached already may be replaced at any time, which takes the whole group along, so that the
 * last one wins; and only when the last one is detached are they all blocked. Stage 1 needs a
 * vDEVICE of each endpoint of the group on that vIOMMU, or attaching is -ENOENT.
 *
 * An endpoint that comes into a group goes through what the group has from then on.
 *
 * Return: 0; -EINVAL, also when the group is behind another physical SMMU; -ENOENT for an
 * unknown endpoint; -EBUSY while it is attached; -ENOMEM. Threads: any. Since: 0.1. Source:
 * Linux drivers/iommu/iommufd/device.c
 */
VSMMU_API int vsmmu_sim_endpoint_set_group(struct vsmmu_host *sim, uint32_t dev_id, uint32_t group);

/**
 * vsmmu_sim_parent_new() - allocate a nesting parent HWPT as a VMM does, by itself
 * @sim: the simulated host
 * @dev_id: an endpoint behind the physical SMMU that the parent is to be for
 * @hwpt_id: gets the id for struct vsmmu_endpoint_config, and for vsmmu_sim_attach()
 *
 * Does what IOMMU_HWPT_ALLOC with IOMMU_HWPT_ALLOC_NEST_PARENT does: it maps all of the memory.
 * Free it with vsmmu_sim_parent_free(); with the host it goes too.
 *
 * Return: 0; -EINVAL; -ENOENT for an unknown endpoint; -ENOMEM. Threads: any; waits as
 * vsmmu_sim_on_call() says. Since: 0.1
 */
VSMMU_API int vsmmu_sim_parent_new(struct vsmmu_host *sim, uint32_t dev_id, uint32_t *hwpt_id);

/**
 * vsmmu_sim_parent_free() - destroy a nesting parent HWPT
 * @sim: the simulated host
 * @hwpt_id: of vsmmu_sim_parent_new()
 *
 * Return: 0; -EBUSY while an endpoint is attached to it, or anything is made on it; -ENOENT where
 * there is no such parent; -EINVAL. Threads: any; waits as vsmmu_sim_on_call() says. Since: 0.1
 */
VSMMU_API int vsmmu_sim_parent_free(struct vsmmu_host *sim, uint32_t hwpt_id);

/**
 * vsmmu_sim_attach() - attach an endpoint as its VMM does, by itself
 * @sim: the simulated host
 * @dev_id: which endpoint
 * @pt_id: a nesting parent, or what the attach op was given: it replaces what was attached
 *	before; 0 to detach the endpoint, which is no error if nothing is attached
 *
 * Does what VFIO_DEVICE_ATTACH_IOMMUFD_PT and VFIO_DEVICE_DETACH_IOMMUFD_PT do: for what a VMM
 * attaches before and after an endpoint is behind a vSMMU, and for attach ops.
 *
 * Return: 0; -ENOENT for an unknown endpoint or @pt_id; -EINVAL, also for what is no HWPT, that of
 * another physical SMMU, or as vsmmu_sim_endpoint_set_group() says. Threads: any; waits as
 * vsmmu_sim_on_call() says. Since: 0.1. Source: Linux drivers/iommu/iommufd/device.c
 */
VSMMU_API int vsmmu_sim_attach(struct vsmmu_host *sim, uint32_t dev_id, uint32_t pt_id);

/**
 * vsmmu_sim_invalidate() - invalidate as a VMM does, by itself
 * @sim: the simulated host
 * @viommu_id: of vsmmu_endpoint_get_viommu()
 * @commands: two words for each, in host byte order (IHI 0070 chapter 4)
 * @count: of them, at least 1
 *
 * Does what IOMMU_HWPT_INVALIDATE does with commands of an SMMUv3's guest: what is not accepted
 * there is -EIO here, and then the commands in front of it may be done or not.
 *
 * Return: 0; -EIO; -ENOENT for an unknown @viommu_id; -EINVAL, also for more than 2^19 commands.
 * Threads: any. Since: 0.1. Source: Linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-iommufd.c,
 * arm_vsmmu_cache_invalidate()
 */
VSMMU_API int vsmmu_sim_invalidate(
	struct vsmmu_host *sim, uint32_t viommu_id, const uint64_t (*commands)[2], uint32_t count);

/**
 * vsmmu_sim_fault() - an endpoint's transaction faults
 * @sim: the simulated host
 * @dev_id: whose transaction
 * @record: the physical SMMU's event record; its StreamID is ignored, as the kernel
 *	replaces it by the vSID
 *
 * Does what the kernel's arm-smmu-v3 driver does: the event goes into the endpoint's
 * vEVENTQ if it is of a kind that is forwarded, not a stall, not of stage 2, and the
 * endpoint is attached to a nested HWPT with a vDEVICE; a full queue drops it and says
 * so in its LOST_EVENTS header; everything else is printed in the host's log, which
 * here is a counter.
 *
 * Return: 0 when the queue numbered the event, kept or dropped; -EOPNOTSUPP when the
 * host printed it; -ENOENT for an unknown endpoint; -EINVAL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_fault(
	struct vsmmu_host *sim, uint32_t dev_id, const struct vsmmu_event_record *record);

/**
 * vsmmu_sim_dma() - an endpoint reads or writes memory
 * @sim: the simulated host
 * @dev_id: which endpoint
 * @access: what it does; @vsid is not looked at
 * @bytes: what is written, or where what was read goes
 * @length: of it, at least 1; the hardware splits it at each 4 KiB
 *
 * Goes the way that hardware goes: the STE that is attached, the CD, the tables, each from
 * the SMMU's caches if it is there, stale or not, until the guest's invalidation reaches
 * it. A fault is recorded as vsmmu_sim_fault() would, unless the guest's CD forbids it;
 * where the guest has no memory that is a fault of stage 2, which the host prints. A fault
 * that the guest's CD makes invisible reads as zeroes, or loses what is written.
 *
 * Return: 0; -EFAULT when the endpoint saw an abort: the rest was not done; -ENOENT for an
 * unknown endpoint; -EINVAL for a NULL, a wrong size or an access that makes no sense; -E2BIG for a
 * member that this version does not know and that is not 0. Threads: any. Since: 0.1. Source: IHI
 * 0070 3.3, 15
 */
VSMMU_API int vsmmu_sim_dma(struct vsmmu_host *sim, uint32_t dev_id,
	const struct vsmmu_access *access, void *bytes, size_t length);

/**
 * vsmmu_sim_drop() - many of an endpoint's transactions fault, and no event is kept
 * @sim: the simulated host
 * @dev_id: whose transactions
 * @count: how many, 1 to INT_MAX
 *
 * The kernel does so when it has no memory for any of @count events that it would have
 * forwarded: each takes a number, and one LOST_EVENTS header tells of all of them. It
 * takes no longer for many than for one.
 *
 * Return: 0; -EOPNOTSUPP when the host would have printed them; -ENOENT for an unknown
 * endpoint; -EINVAL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_drop(struct vsmmu_host *sim, uint32_t dev_id, uint32_t count);

/**
 * struct vsmmu_sim_veventq - a vEVENTQ that no endpoint and no vSMMU has
 *
 * For a program that reads vEVENTQs by itself, or with <vsmmu/veventq.h>: bytes that come from no
 * kernel, and from no hardware. Its read and its fd are the source of a reader:
 *
 *	struct vsmmu_veventq_config config = {
 *		.size = sizeof(config),
 *		.flags = VSMMU_VEVENTQ_FLAG_SOURCE,
 *		.fd = vsmmu_sim_veventq_get_fd(queue),
 *		.read = vsmmu_sim_veventq_read,
 *		.opaque = queue,
 *		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
 *	};
 *
 * It promises what read(2) of the kernel's does, as far as a reader can tell:
 * - 0 for an empty queue, never -EAGAIN, and no end of file.
 * - Whole records, as many as fit. -EINVAL when not even the next one does, unless another one was
 *   handed out already.
 * - Numbers from the host's first_sequence on, INT_MAX then 0; an event that is dropped has one.
 * - One LOST_EVENTS header, always last, which tells the number of the last event that was dropped.
 *   It vanishes when an event is queued behind it: then the gap in the numbers tells. It can also
 *   come twice in one read, see vsmmu_sim_on_lost_copy().
 * - -ENOMEM for want of memory for that header, while poll says readable: 0 with
 *   VSMMU_SIM_KERNEL_BEFORE_2026.
 * - -EFAULT for a payload that cannot be copied, unless a record was handed out already; the event
 *   stays. With VSMMU_SIM_KERNEL_BEFORE_2026 a header alone is handed out, and the event
 *   comes again.
 * - The fd is readable while there is something to read, level-triggered.
 *
 * It does not promise: the contents of an event, which are the caller's, whether the kernel would
 * forward it or not; types other than Arm SMMUv3; anything of the fd but poll(): read() of it
 * breaks the queue; the kernel's timing, and its wake-ups beyond the state of the fd.
 *
 * vsmmu_sim_fail() and vsmmu_sim_on_lost_copy() on its host work on it.
 */
struct vsmmu_sim_veventq;

/**
 * vsmmu_sim_veventq_new() - make a vEVENTQ without an endpoint
 * @out: where it goes; untouched on failure
 * @sim: the simulated host; referenced
 * @depth: events that it holds, 1 to 2^19
 *
 * Return: 0; -EINVAL; -ENOMEM; -EMFILE and what eventfd() says. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_veventq_new(
	struct vsmmu_sim_veventq **out, struct vsmmu_host *sim, uint32_t depth);

/**
 * vsmmu_sim_veventq_free() - free it, close its fd
 * @veventq: may be NULL; nobody reads it any more
 *
 * Threads: any, with no other call for it under way. Since: 0.1
 */
VSMMU_API void vsmmu_sim_veventq_free(struct vsmmu_sim_veventq *veventq);

/**
 * vsmmu_sim_veventq_get_fd() - the fd to poll for POLLIN
 * @veventq: the vEVENTQ
 *
 * Return: an fd that the vEVENTQ owns; -EINVAL for a NULL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_veventq_get_fd(const struct vsmmu_sim_veventq *veventq);

/**
 * vsmmu_sim_veventq_read() - read(2) of a vEVENTQ
 * @veventq: a struct vsmmu_sim_veventq; void, so that it fits struct vsmmu_veventq_config
 * @buffer: where the records go; NULL is memory that faults
 * @length: of it
 *
 * Return: bytes, 0 for an empty queue, or -errno, as said above. Threads: any. Since: 0.1
 */
VSMMU_API ssize_t vsmmu_sim_veventq_read(void *veventq, void *buffer, size_t length);

/**
 * vsmmu_sim_veventq_report() - an event comes
 * @veventq: the vEVENTQ
 * @record: any 256 bits
 *
 * Return: 1 when it was queued, 0 when it was dropped: the queue is full, or without memory by
 * vsmmu_sim_fail(); -EINVAL for a NULL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_veventq_report(
	struct vsmmu_sim_veventq *veventq, const struct vsmmu_event_record *record);

/**
 * vsmmu_sim_veventq_drop() - many events come, and none is kept for want of memory
 * @veventq: the vEVENTQ
 * @count: how many, 1 to INT_MAX
 *
 * Return: 0; -EINVAL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_veventq_drop(struct vsmmu_sim_veventq *veventq, uint32_t count);

/** enum vsmmu_sim_failure - what can be made to go wrong, once each */
enum vsmmu_sim_failure {
	VSMMU_SIM_FAIL_EVENT_ALLOC = 1, /* no memory for the next event: dropped, not full */
	VSMMU_SIM_FAIL_LOST_COPY,	/* no memory to hand out the next LOST header: ENOMEM */
	VSMMU_SIM_FAIL_PAYLOAD_FAULT,	/* the copy of the next payload faults: EFAULT */
	VSMMU_SIM_FAIL_READ,		/* the next read fails with @error */
	VSMMU_SIM_FAIL_CALL,		/* the next object call (alloc, attach) fails with @error */
	VSMMU_SIM_FAIL_READ_ALWAYS, /* every read fails with @error; @after 0 and @error 0 end it */
	VSMMU_SIM_FAIL_INVALIDATE,  /* the next invalidation call fails with @error, having done
				     * less than the number of commands that it says */
};

/**
 * vsmmu_sim_fail() - arrange a failure
 * @sim: the simulated host
 * @failure: what shall fail
 * @after: how many times it still works before it fails
 * @error: positive errno, for FAIL_READ, FAIL_READ_ALWAYS, FAIL_CALL and FAIL_INVALIDATE
 *
 * Return: 0; -EINVAL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_fail(
	struct vsmmu_host *sim, enum vsmmu_sim_failure failure, uint32_t after, int error);

/**
 * vsmmu_sim_on_lost_copy() - run something just after a LOST header left its queue
 * @sim: the simulated host
 * @hook: called once, inside the read that hands the header out, with no lock held; may
 *	call vsmmu_sim_fault(). NULL takes it back
 * @opaque: for the hook
 *
 * The kernel hands a LOST header out with its lock dropped, so that more can be queued
 * behind it within the same read. This makes that race happen on demand.
 *
 * Return: 0; -EINVAL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_on_lost_copy(
	struct vsmmu_host *sim, void (*hook)(void *opaque), void *opaque);

/** enum vsmmu_sim_call - the calls that a vSMMU makes to its host, by what the kernel does */
enum vsmmu_sim_call {
	VSMMU_SIM_CALL_PARENT_ALLOC = 1, /* holds iova_rwsem */
	VSMMU_SIM_CALL_PARENT_DESTROY,	 /* holds iova_rwsem */
	VSMMU_SIM_CALL_FIRST_ATTACH,	 /* of an endpoint that is not attached; holds iova_rwsem */
	VSMMU_SIM_CALL_REPLACE,		 /* of one that is */
	VSMMU_SIM_CALL_DETACH,		 /* of one that is, else it is no call; holds iova_rwsem */
	VSMMU_SIM_CALL_VIOMMU_ALLOC,
	VSMMU_SIM_CALL_VDEVICE_ALLOC,
	VSMMU_SIM_CALL_NESTED_ALLOC,
	VSMMU_SIM_CALL_VEVENTQ_ALLOC,
	VSMMU_SIM_CALL_DESTROY, /* of anything but a parent */
	VSMMU_SIM_CALL_HW_INFO,
	VSMMU_SIM_CALL_INVALIDATE,
};

/**
 * vsmmu_sim_on_call() - run something at the beginning of each of the host's calls
 * @sim: the simulated host
 * @hook: called in the thread that makes the call, by many threads at a time if they make
 *	calls at a time. It may block for as long as it wants. 0 lets the call go on; a negative
 *	errno is what the call then returns, having done nothing. NULL takes the hook back
 * @opaque: for the hook
 *
 * For calls that fail, and for calls that take long. The hook runs with what the kernel holds
 * there. An attach or a detach holds the lock of the IOMMU group, so that others of the same
 * group wait until it returns. Those that enum vsmmu_sim_call says it of hold the iova_rwsem of
 * the guest's address space, of which each simulated host has one: in the kernel they map, pin
 * or unpin all of it, or change what may be mapped, so that one waits for the other. No other
 * call waits. The hook may call every function of this header, but none that can make a host
 * call which waits for what it holds. What vsmmu_sim_fail() has arranged is looked at after the
 * hook, and only if the call goes on.
 *
 * A call that will fail, for a bad id say, runs the hook as well; but attaching or detaching an
 * endpoint that does not exist does not.
 *
 * Calls that begin after vsmmu_sim_on_call() has returned see the new hook, and no call is
 * inside an older one any more: what that needed can be freed. So if the older one blocks, let
 * it go on first. Called from within a hook of the same host vsmmu_sim_on_call() waits for
 * nobody: this call and others may then still be inside the older one.
 *
 * Return: 0; -EINVAL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_on_call(
	struct vsmmu_host *sim, int (*hook)(void *opaque, enum vsmmu_sim_call call), void *opaque);

/**
 * struct vsmmu_sim_stats - what the simulated hardware and kernel did
 * @size: set by the caller to sizeof(struct vsmmu_sim_stats)
 * @numbered: events that got a sequence number: kept and dropped
 * @dropped: those of them that were dropped
 * @printed: events that the host's log got instead
 * @reads: calls of read()
 * @objects: objects alive (HWPTs, vIOMMUs, vDEVICEs, vEVENTQs); a clean teardown leaves 0
 * @commands: invalidation commands that it took
 * @command_calls: calls that brought them
 * @commands_refused: calls that had a command which the kernel refuses
 * @transactions: of vsmmu_sim_dma(), after splitting
 * @aborts: those of them that ended with one
 * @walks: translation table walks, which is what the TLB did not know
 * @parents: nesting parents that were allocated
 * @detaches: endpoints that were attached and then detached
 * @first_attaches: attaches of an endpoint that was not attached
 * @replaces: attaches of an endpoint that was, also to what it had already
 */
struct vsmmu_sim_stats {
	size_t size;
	uint64_t numbered;
	uint64_t dropped;
	uint64_t printed;
	uint64_t reads;
	uint64_t objects;
	uint64_t commands;
	uint64_t command_calls;
	uint64_t commands_refused;
	uint64_t transactions;
	uint64_t aborts;
	uint64_t walks;
	uint64_t parents;
	uint64_t detaches;
	uint64_t first_attaches;
	uint64_t replaces;
};

/**
 * vsmmu_sim_get_stats() - the producer's own counts
 * @sim: the simulated host
 * @stats: with @size set
 *
 * Return: 0; -EINVAL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_sim_get_stats(struct vsmmu_host *sim, struct vsmmu_sim_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
