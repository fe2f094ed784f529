/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vSMMU is one guest-visible SMMUv3 and the events that reach it.
 *
 * Life: vsmmu_new(), then in any order vsmmu_endpoint_attach() and the guest's MMIO;
 * poll vsmmu_get_fd() and call vsmmu_dispatch() when it is readable; vsmmu_free().
 *
 * Threads: MMIO comes from any vCPU thread; vsmmu_dispatch(), attach, detach and reset
 * from any other; all of them may run at once. vsmmu_free() must be the last call, with
 * no other one under way.
 *
 * Which calls wait for the host's ioctls, and may call @attach of an endpoint: attach, detach,
 * set_ste, set_vsid, reset, restore, recover, vsmmu_run_commands() and free; on a vSMMU that reads
 * the stream table itself also vsmmu_mmio_write() of CR0, GBPA, CMDQ_PROD and GERRORN. vsmmu_new()
 * with a probe_dev_id and drop_parents make ioctls, too, and vsmmu_save() waits for those of the
 * others.
 * Attach, detach, drop_parents and free can take seconds, as they map or pin the guest's memory or
 * wait for whoever does; restore, set_vsid, adopt_veventq and drop_veventq wait for them, and no
 * other call ever does. All others wait for no more than locks that are held for a bounded time.
 */
#ifndef VSMMU_SMMU_H
#define VSMMU_SMMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>
#include <vsmmu/host.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vsmmu;
struct vsmmu_endpoint;
struct vsmmu_veventq_source;

/** enum vsmmu_irq - the vSMMU's interrupt lines; all are edges, never levels */
enum vsmmu_irq { VSMMU_IRQ_EVENTQ = 0, VSMMU_IRQ_GERROR, VSMMU_IRQ_CMD_SYNC, VSMMU_IRQ_COUNT };

/** enum vsmmu_severity - how much a report matters */
enum vsmmu_severity {
	VSMMU_INFO = 0, /* for the curious */
	VSMMU_WARNING,	/* something was lost or a guest misbehaves */
	VSMMU_ERROR,	/* a person must act: see the text */
};

/** enum vsmmu_report_code - stable numbers of what is reported */
enum vsmmu_report_code {
	VSMMU_REPORT_EVENTS_LOST = 1,	 /* the host's kernel dropped events */
	VSMMU_REPORT_RECORD_REFUSED = 2, /* the host gave a record that a guest may not see */
	VSMMU_REPORT_STREAM_ERROR = 3,	 /* a vEVENTQ broke its own rules, or may be none */
	VSMMU_REPORT_QUEUE_DISARMED = 4, /* reading failed for good; see vsmmu_rearm() */
	VSMMU_REPORT_QUEUE_BACKOFF = 5,	 /* the host's kernel is short of memory; retrying */
	VSMMU_REPORT_EVENTQ_ABORT = 6,	 /* the guest's event queue is not writable memory */
	VSMMU_REPORT_HOST_FAILED = 7,	 /* a host call failed in a detach, a reset or at the end */
	VSMMU_REPORT_UNFIT = 8, /* config, endpoint or snapshot does not go with the host */
	VSMMU_REPORT_COMMAND_ERROR = 9, /* the guest's command queue stopped with an error */
	VSMMU_REPORT_STREAM_BAD = 10,	/* the guest's STE cannot be used: its DMA is aborted */
	VSMMU_REPORT_BLOCKED = 11,	/* the host failed: an endpoint was cut off from memory */
	VSMMU_REPORT_INVALIDATION = 12, /* the host refused an invalidation: more was invalidated */
	VSMMU_REPORT_VSID_FREE = 13, /* a StreamID is free that an attach got -EAGAIN for */
	VSMMU_REPORT_RECOVERED = 14, /* the host works again: endpoints have their access back */
	VSMMU_REPORT_CODE_COUNT
};

/** VSMMU_NO_VSID - vsid of a report or record that belongs to no stream */
#define VSMMU_NO_VSID UINT64_MAX

/**
 * struct vsmmu_report - one thing worth telling a person
 * @code: stable number; new ones may come, so have a default case
 * @severity: see enum vsmmu_severity
 * @vsid: the endpoint's guest StreamID, or VSMMU_NO_VSID
 * @suppressed: reports of this code that rate limiting held back since the last one; none of
 *	VSID_FREE is held back
 * @text: one line, says what to do where a person must act; valid during the call
 */
struct vsmmu_report {
	enum vsmmu_report_code code;
	enum vsmmu_severity severity;
	uint64_t vsid;
	uint64_t suppressed;
	const char *text;
};

/**
 * struct vsmmu_ops - what the VMM supplies
 * @size: sizeof(struct vsmmu_ops)
 * @memory_write: copy @length bytes to guest-physical @address; return 0, or a negative
 *	number when that is not writable guest memory (all or nothing is not required).
 *	Must not block. Called with the vSMMU's event lock held: do not call back into it
 * @irq_pulse: raise one edge on @irq. Same rule as memory_write; writing to an eventfd
 *	that is an irqfd is the usual body
 * @report: may be NULL. Called in the thread of the call that found what it tells: any of
 *	this header's, vsmmu_new(), vsmmu_mmio_write() and vsmmu_translate() among them, or of
 *	<vsmmu/snapshot.h>; without the event lock, but with others of the vSMMU held. May call
 *	vsmmu_get_stats() and vsmmu_get_stream_stats(), nothing else, and never vsmmu_free()
 * @clock: nanoseconds of a monotonic clock, for rate limits; NULL means CLOCK_MONOTONIC
 * @memory_read: copy @length bytes from guest-physical @address; return 0, or a negative
 *	number when that is not guest memory. Must not block. Called with locks of the vSMMU
 *	held: do not call back into it. NULL makes a vSMMU of the event path alone, for a VMM
 *	that reads the guest's stream tables and command queue itself: see
 *	vsmmu_endpoint_set_ste()
 * @msi: send the MSI @data to @address, which is not guest memory: the doorbell of an ITS;
 *	return 0, or a negative number when nothing is there. Same rule as memory_write. May
 *	be NULL: then an MSI can only go to memory
 *
 * All get the opaque pointer of the config. The structure is copied.
 */
struct vsmmu_ops {
	size_t size;
	int (*memory_write)(void *opaque, uint64_t address, const void *bytes, size_t length);
	void (*irq_pulse)(void *opaque, enum vsmmu_irq irq);
	void (*report)(void *opaque, const struct vsmmu_report *report);
	uint64_t (*clock)(void *opaque);
	int (*memory_read)(void *opaque, uint64_t address, void *bytes, size_t length);
	int (*msi)(void *opaque, uint64_t address, uint32_t data);
};

/** enum vsmmu_loss_policy - how the guest learns that the host lost events */
enum vsmmu_loss_policy {
	VSMMU_LOSS_OVERFLOW = 0, /* EVENTQ_PROD.OVFLG, at most once in 100 ms; with an interrupt
				  * unless the queue is empty */
	VSMMU_LOSS_COUNT_ONLY,	 /* not at all; the counters know */
};

/**
 * struct vsmmu_config - one vSMMU
 * @size: sizeof(struct vsmmu_config)
 * @ops: what the VMM supplies
 * @opaque: for the ops
 * @host: referenced; NULL when only adopted fds are read
 * @eventq_log2_max: largest event queue, as IDR1.EVENTQS says it to the guest: 1 to 19;
 *	0 means 19 (524,288 records)
 * @ssid_bits: IDR1.SSIDSIZE that the guest sees, 0 to 20
 * @veventq_depth: depth of each vEVENTQ that is allocated, 524,288 at most; 0 means 65,536
 * @isolate: one vIOMMU and vEVENTQ for each endpoint, so that no endpoint's storm can
 *	cost another its events in the kernel, nor fill more than half of the guest's queue;
 *	else one for each physical SMMU
 * @loss_policy: OVFLG on a queue that is not full deviates from IHI 0070 7.4, on
 *	purpose: it is the guest's only way to learn of the loss
 * @report_burst: reports of one code within @report_interval_ns; 0 means 10
 * @report_interval_ns: 0 means 5 s
 *
 * The members below describe the SMMU to its guest, and have an effect only when the ops have
 * memory_read:
 *
 * @sid_bits: IDR1.SIDSIZE, 1 to 32; 0 means 16
 * @cmdq_log2_max: IDR1.CMDQS, 7 to 19; 0 means 19
 * @oas_bits: IDR5.OAS: 32, 36, 40, 42, 44, 48 or 52; 0 means 44
 * @no_msi: IDR0.MSI = 0: the guest cannot ask for MSIs. Linux and FreeBSD then complete
 *	CMD_SYNCs in slower ways, or not at all (FreeBSD)
 * @ats: IDR0.ATS. Only for endpoints that all can do ATS
 * @no_ril: no range invalidation, though the host may have it
 * @gbpa_abort: reset value of GBPA.ABORT: what endpoints may do while CR0.SMMUEN = 0 and the
 *	guest has not said otherwise; false is bypass, which firmware relies on
 * @probe_dev_id: an endpoint's id in the host, of which the host is asked what its SMMU can
 *	do (IOMMU_GET_HW_INFO); 0 means that the guest is promised what the simulator has, and
 *	that an endpoint whose SMMU has less is refused
 */
struct vsmmu_config {
	size_t size;
	const struct vsmmu_ops *ops;
	void *opaque;
	struct vsmmu_host *host;
	uint32_t eventq_log2_max;
	uint32_t ssid_bits;
	uint32_t veventq_depth;
	bool isolate;
	enum vsmmu_loss_policy loss_policy;
	uint32_t report_burst;
	uint64_t report_interval_ns;
	uint32_t sid_bits;
	uint32_t cmdq_log2_max;
	uint32_t oas_bits;
	bool no_msi;
	bool ats;
	bool no_ril;
	bool gbpa_abort;
	uint32_t probe_dev_id;
};

/**
 * vsmmu_new() - make a virtual SMMUv3, in its reset state
 * @out: where it goes; untouched on failure
 * @config: see there; copied
 *
 * All memory of the event path is allocated here and in vsmmu_endpoint_attach(), but for records
 * that a snapshot has to keep.
 *
 * Return: 0; -EINVAL for a config that makes no sense; -E2BIG for one of a later version that
 * asks for what this one does not know; -EPROTO for a host of a libvsmmu-sim that is not of the
 * same build as this library; -ENOMEM, -EMFILE; -errno of the host that was asked for
 * probe_dev_id. Since: 0.1
 */
VSMMU_API int vsmmu_new(struct vsmmu **out, const struct vsmmu_config *config);

/**
 * vsmmu_free() - take everything down in the order that the kernel wants
 * @vsmmu: may be NULL
 *
 * Polling stops, every endpoint still attached is detached (its handle is dead then),
 * what the vEVENTQs still held is drained and counted, then the host objects go.
 * Forbidden inside a callback. Since: 0.1
 */
VSMMU_API void vsmmu_free(struct vsmmu *vsmmu);

/**
 * vsmmu_get_fd() - the fd to poll for POLLIN: events wait
 * @vsmmu: the vSMMU
 *
 * It is readable exactly while vsmmu_dispatch() has something to do: not while the guest's
 * queue is full, which lasts until a quarter of it is free, nor, with isolate, for a vEVENTQ that
 * has its share of the queue, nor while a failing vEVENTQ is waited for. Level-triggered; fit for
 * poll and epoll.
 *
 * Return: an fd that the vSMMU owns. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_get_fd(const struct vsmmu *vsmmu);

/**
 * vsmmu_dispatch() - read events and propagate them into the guest's queue
 * @vsmmu: the vSMMU
 * @budget: records to read at most; 0 means 1024. Each vEVENTQ that has some gets its turn
 *
 * Never blocks. Return: records and losses handled, 0 when there was nothing to do;
 * call again when the fd is readable still. Threads: any but a vCPU's MMIO exit, where
 * it would only be slow. Since: 0.1
 */
VSMMU_API int vsmmu_dispatch(struct vsmmu *vsmmu, uint32_t budget);

/**
 * vsmmu_get_command_fd() - the fd to poll for POLLIN: commands wait
 * @vsmmu: the vSMMU
 *
 * The write that makes commands available consumes up to 1,024 of them before it returns, and
 * stops after the first CMD_CFGI_STE, _RANGE or _ALL that called the host. This fd tells of the
 * rest, and of what is to be tried again after the host failed; vsmmu_run_commands() does it.
 *
 * Return: an fd that the vSMMU owns. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_get_command_fd(const struct vsmmu *vsmmu);

/**
 * vsmmu_run_commands() - consume commands that a register write left over
 * @vsmmu: the vSMMU
 * @budget: commands at most; 0 means 1024
 *
 * Also gives endpoints back the access that a failing host had cost them, if the host works
 * again: it is tried after 100 ms, then twice as late each time up to 10 s, for errors that
 * pass by themselves (ETIMEDOUT, EBUSY, ENOMEM, EAGAIN, EINTR); VSMMU_REPORT_RECOVERED tells.
 *
 * May wait for the host's ioctls. Return: commands consumed. Threads: any, but one that also
 * attaches, detaches or restores makes the guest's commands wait for that. Since: 0.1.
 * Source: IHI 0070 chapter 4
 */
VSMMU_API int vsmmu_run_commands(struct vsmmu *vsmmu, uint32_t budget);

/**
 * vsmmu_recover() - try again at once whatever a failing host cost
 * @vsmmu: the vSMMU
 *
 * Endpoints that were cut off as a host call had failed, whatever its error, get what their
 * guest wants; everything that the hardware may have cached is invalidated before. Objects that
 * could not be destroyed are.
 *
 * Return: 0 when nothing is left to recover; else the first -errno of the host. Threads: any.
 * Since: 0.1
 */
VSMMU_API int vsmmu_recover(struct vsmmu *vsmmu);

/**
 * vsmmu_rearm() - read vEVENTQs again that a read error had disarmed
 * @vsmmu: the vSMMU
 *
 * Return: how many were rearmed. Since: 0.1
 */
VSMMU_API int vsmmu_rearm(struct vsmmu *vsmmu);

/**
 * vsmmu_mmio_read() - the guest reads a register
 * @vsmmu: the vSMMU
 * @offset: from the base of the 128-KiB register space
 * @size: 4 or 8 bytes, naturally aligned
 * @value: what it reads; unknown registers read as zero
 *
 * Return: 0; -EINVAL for an access that the architecture does not know (reads as zero).
 * Threads: any. Since: 0.1. Source: IHI 0070 6.2
 */
VSMMU_API int vsmmu_mmio_read(struct vsmmu *vsmmu, uint64_t offset, uint32_t size, uint64_t *value);

/**
 * vsmmu_mmio_write() - the guest writes a register
 * @vsmmu: the vSMMU
 * @offset: from the base of the 128-KiB register space
 * @size: 4 or 8 bytes, naturally aligned
 * @value: what it writes; unknown and read-only registers ignore it
 *
 * Writes of CR0, GBPA, CMDQ_PROD and GERRORN may wait for the host's ioctls; what each write
 * can cost at most stands in docs/embedding.md.
 *
 * Return: 0; -EINVAL for an access that the architecture does not know (ignored).
 * Threads: any. Since: 0.1. Source: IHI 0070 6.2
 */
VSMMU_API int vsmmu_mmio_write(struct vsmmu *vsmmu, uint64_t offset, uint32_t size, uint64_t value);

/**
 * vsmmu_reset() - the guest, or its machine, resets
 * @vsmmu: the vSMMU
 *
 * Endpoints are cut off first, so that the kernel stops forwarding; then what the vEVENTQs
 * hold is discarded and counted, never shown; the registers take their reset values, and
 * endpoints what GBPA's allows, or on a vSMMU of the event path alone the guest's memory,
 * untranslated. Events that the hardware still had in flight and that come later cannot be told
 * from new ones; they are discarded while the guest's queue is disabled.
 *
 * Return: 0, or the first -errno of a host call: the rest was reset all the same.
 * Since: 0.1
 */
VSMMU_API int vsmmu_reset(struct vsmmu *vsmmu);

/**
 * vsmmu_adopt_veventq() - read a vEVENTQ that the VMM allocated itself
 * @vsmmu: the vSMMU
 * @fd: the vEVENTQ's fd, of type Arm SMMUv3; duplicated. Note that O_NONBLOCK, which is set,
 *	is shared between the two
 * @out: handle for struct vsmmu_endpoint_config
 *
 * For a VMM that keeps its own vIOMMU code. Sequence numbers start unknown: loss before
 * the first record that we read cannot be seen. The handle lives until
 * vsmmu_drop_veventq() or vsmmu_free().
 *
 * The kernel has no call that tells what an fd is. A file that has a type (a regular file, a
 * socket, a pipe, a device) is refused; of an anonymous inode the name is looked at, which is
 * no ABI: another one than Linux gives today is a report STREAM_ERROR, no more. What then
 * comes out of it is checked like all records.
 *
 * Return: 0; -ENOTTY when it surely is no vEVENTQ; -EBADF, -EMFILE; -ENOMEM; -EINVAL without
 * @out. Since: 0.1
 */
VSMMU_API int vsmmu_adopt_veventq(struct vsmmu *vsmmu, int fd, struct vsmmu_veventq_source **out);

/**
 * vsmmu_drop_veventq() - stop reading an adopted vEVENTQ and close our fd of it
 * @vsmmu: the vSMMU
 * @source: dead afterwards
 *
 * Events that it held are drained and counted as discarded.
 *
 * Return: 0; -EBUSY while an endpoint uses it; -EINVAL when it is another vSMMU's.
 * Since: 0.1
 */
VSMMU_API int vsmmu_drop_veventq(struct vsmmu *vsmmu, struct vsmmu_veventq_source *source);

/**
 * struct vsmmu_endpoint_config - an assigned device
 * @size: sizeof(struct vsmmu_endpoint_config)
 * @vsid: its StreamID as the guest sees it
 * @dev_id: id in the host: of VFIO_DEVICE_BIND_IOMMUFD, or of vsmmu_sim_endpoint_new()
 * @vfio_fd: the VFIO device's fd, duplicated; -1 when @attach is set or in the simulator
 * @attach: instead of @vfio_fd: attach the device to HWPT @pt_id, replacing what was
 *	attached before; 0 means detach, also when nothing is. Return 0 or -errno. Called from
 *	the calls named at the top, a vCPU's MMIO among them, with the vSMMU's locks held: do
 *	not call back into it, and take no lock that is held around such a call. The detach and
 *	the first attach that an endpoint begins with, and its last detach, may take seconds;
 *	no vCPU waits for them
 * @attach_opaque: for @attach
 * @source: an adopted vEVENTQ that carries this endpoint's events: the library then makes
 *	no host calls for it, and @dev_id, @vfio_fd and @attach are not used
 */
struct vsmmu_endpoint_config {
	size_t size;
	uint32_t vsid;
	uint32_t dev_id;
	int vfio_fd;
	int (*attach)(void *opaque, uint32_t pt_id);
	void *attach_opaque;
	struct vsmmu_veventq_source *source;
};

/**
 * vsmmu_endpoint_attach() - put an endpoint behind the vSMMU
 * @vsmmu: the vSMMU
 * @config: see there; copied
 * @out: the endpoint; untouched on failure
 *
 * Allocates the parent HWPT, vIOMMU and vEVENTQ where the endpoint's physical SMMU has
 * none yet. Whatever the device is attached to is detached, and a HWPT of its own that aborts
 * comes first. Then its vDEVICE is made, and what the guest's registers and stream table say for
 * this StreamID now is attached: at no moment does the endpoint reach more than that. On a vSMMU
 * of the event path alone that is the guest's memory, untranslated.
 *
 * Endpoints of one IOMMU group, such as functions of a slot without ACS, all meet what any of
 * them is attached to: a second one is -EINVAL, and reported. Stage 1 is -ENOENT for one whose
 * group has other devices.
 *
 * Return: 0; -EEXIST when @vsid is taken; -EAGAIN when events of its last holder are
 * still in a vEVENTQ that cannot be read on, as the guest's queue is full: try again when
 * VSMMU_REPORT_VSID_FREE comes; -EINVAL, also for a StreamID beyond IDR1.SIDSIZE; -ENODEV when
 * its SMMU cannot do what the guest was promised, with a report that says what; -ENOMEM; or
 * -errno of the host's call that failed, -EOPNOTSUPP when the host cannot nest. On failure
 * nothing is left behind but perhaps a parent, see vsmmu_drop_parents(); if the host fails in
 * that too, a report says so. Since: 0.1
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
 * Replaces what was installed with no gap, and stays until the next one or vsmmu_reset(). Events
 * flow once a stage 1 STE is installed.
 * For a vSMMU of the event path alone, whose VMM reads the stream table itself; where the
 * ops have memory_read the guest's CFGI commands do this.
 *
 * Return: 0; -EINVAL for NULL; -EOPNOTSUPP on an adopted vEVENTQ's endpoint and on a vSMMU that
 * reads the stream table itself; -ENOENT after a vsmmu_endpoint_set_vsid() that failed; -errno of
 * the host: the old STE stays in force. Since: 0.1
 */
VSMMU_API int vsmmu_endpoint_set_ste(struct vsmmu_endpoint *endpoint, const uint64_t ste[2]);

/**
 * vsmmu_endpoint_set_vsid() - give an endpoint another StreamID
 * @endpoint: the endpoint
 * @vsid: as the guest will see it from now on
 *
 * Events of the old StreamID that wait are discarded, as for a detach; then the
 * guest's STE of the new one comes into force, or what vsmmu_endpoint_set_ste() set. Meanwhile
 * the endpoint has no access. Its present one is no change, but tries again what the host
 * refused before.
 *
 * Return: 0; -EEXIST, -EAGAIN, -EINVAL as for an attach; -EOPNOTSUPP on an adopted vEVENTQ's
 * endpoint; -errno of the host: then the endpoint is without access until the next
 * attempt succeeds. Since: 0.1
 */
VSMMU_API int vsmmu_endpoint_set_vsid(struct vsmmu_endpoint *endpoint, uint32_t vsid);

/**
 * vsmmu_endpoint_detach() - take an endpoint away
 * @endpoint: dead afterwards; may be NULL
 *
 * It is given what aborts first, so that it has no access to memory and the kernel stops
 * forwarding; events that it had queued are discarded as they are read, and @vsid is free for
 * others after that. Then it is detached. If the host can do neither, a report says that it has
 * access still.
 *
 * Return: 0, or the first -errno of a host call: the endpoint is gone all the same. Objects that
 * could not be destroyed are tried again later. A DETACH that failed is not, as the device may be
 * anybody's by then: it stays attached to what aborts until its VMM detaches or closes it, or
 * attaches it again, and those objects until then.
 * Since: 0.1
 */
VSMMU_API int vsmmu_endpoint_detach(struct vsmmu_endpoint *endpoint);

/**
 * vsmmu_drop_parents() - let go of the guest's memory where no endpoint needs it
 * @vsmmu: the vSMMU
 *
 * The first endpoint behind a physical SMMU makes a nesting parent HWPT, which maps and pins
 * all of the guest's memory. It stays when the last one goes, or that first attach fails, as the
 * next one comes sooner so; this call destroys those without endpoints, and what else could not
 * be destroyed so far.
 *
 * Return: 0, or the first -errno of the host: what it did not destroy stays for another call.
 * Threads: any; may take seconds. Since: 0.1
 */
VSMMU_API int vsmmu_drop_parents(struct vsmmu *vsmmu);

/** enum vsmmu_discard - why an event that the kernel delivered never reached the guest */
enum vsmmu_discard {
	VSMMU_DISCARD_DISABLED = 0,   /* EVENTQEN or SMMUEN was 0 */
	VSMMU_DISCARD_ABORT,	      /* EVENTQ_ABT_ERR active, or this write aborted */
	VSMMU_DISCARD_STALE,	      /* its endpoint was detached, or got another StreamID */
	VSMMU_DISCARD_RESET,	      /* read while the vSMMU was being reset */
	VSMMU_DISCARD_TEARDOWN,	      /* read while the vEVENTQ was being taken down */
	VSMMU_DISCARD_UNKNOWN_STREAM, /* no endpoint of that vEVENTQ has this StreamID */
	VSMMU_DISCARD_UNKNOWN_ID,     /* an event that the kernel never forwards */
	VSMMU_DISCARD_STALL,	      /* Stall = 1: cannot be resumed through a vEVENTQ */
	VSMMU_DISCARD_STAGE2,	      /* S2 = 1: the host's own business */
	VSMMU_DISCARD_SUBSTREAM,      /* a SubstreamID that the guest's SMMU does not have */
	VSMMU_DISCARD_COUNT
};

/**
 * struct vsmmu_stats - counters since vsmmu_new(); none ever goes back
 * @size: set by the caller to sizeof(struct vsmmu_stats)
 * @sequenced: how far the kernel's sequence numbers advanced, widened to 64 bits
 * @delivered: events written into the guest's queue
 * @lost: events that the kernel dropped
 * @discarded: events that were read but not delivered; the sum of @discarded_by
 * @pending: events that vsmmu_save() read ahead, or a snapshot brought, and that the guest's
 *	queue has not taken yet
 * @discarded_by: by reason
 * @stream_errors: ERROR items of the vEVENTQs
 * @reads: read() calls; @empty_reads gave 0; @memory_reads gave ENOMEM; @failed_reads
 *	gave another error and disarmed the queue
 * @eventq_irqs: pulses of VSMMU_IRQ_EVENTQ; @gerror_irqs of VSMMU_IRQ_GERROR
 * @overflows: times that OVFLG was toggled
 * @aborts: times that EVENTQ_ABT_ERR was raised
 * @pauses: dispatches that stopped because the guest's queue was full, or held a vEVENTQ's
 *	share of it
 * @reports_suppressed: reports that rate limiting held back
 * @commands: commands consumed from the guest's queue
 * @syncs: those of them that were CMD_SYNCs
 * @command_errors: times that CMDQ_ERR was raised
 * @cmd_sync_irqs: pulses of VSMMU_IRQ_CMD_SYNC: none for a CMD_SYNC that asks for an MSI
 * @msis: MSIs sent
 * @msi_aborts: MSIs whose address was nothing
 * @invalidations: commands given to the host
 * @invalidation_calls: host calls that took
 * @invalidation_failures: such calls that failed
 * @stes: STEs installed
 * @blocked: times that an endpoint was cut off because the host failed
 * @translation_events: events of vsmmu_translate() in the guest's queue, which are not in
 *	@delivered
 * @translation_drops: such events that found no room
 *
 * At any time sequenced == delivered + lost + discarded + pending. Not in it, as nobody
 * numbers them: losses in the physical SMMU's own queue, and merged events (STE.MEV).
 */
struct vsmmu_stats {
	size_t size;
	uint64_t sequenced;
	uint64_t delivered;
	uint64_t lost;
	uint64_t discarded;
	uint64_t pending;
	uint64_t discarded_by[VSMMU_DISCARD_COUNT];
	uint64_t stream_errors;
	uint64_t reads;
	uint64_t empty_reads;
	uint64_t memory_reads;
	uint64_t failed_reads;
	uint64_t eventq_irqs;
	uint64_t gerror_irqs;
	uint64_t overflows;
	uint64_t aborts;
	uint64_t pauses;
	uint64_t reports_suppressed;
	uint64_t commands;
	uint64_t syncs;
	uint64_t command_errors;
	uint64_t cmd_sync_irqs;
	uint64_t msis;
	uint64_t msi_aborts;
	uint64_t invalidations;
	uint64_t invalidation_calls;
	uint64_t invalidation_failures;
	uint64_t stes;
	uint64_t blocked;
	uint64_t translation_events;
	uint64_t translation_drops;
};

/**
 * vsmmu_get_stats() - the vSMMU's counters, one consistent set
 * @vsmmu: the vSMMU
 * @stats: with @size set; filled in up to that size
 *
 * Return: 0; -EINVAL. Threads: any, at any time. Since: 0.1
 */
VSMMU_API int vsmmu_get_stats(struct vsmmu *vsmmu, struct vsmmu_stats *stats);

/**
 * struct vsmmu_stream_stats - counters of one endpoint since it was attached
 * @size: set by the caller to sizeof(struct vsmmu_stream_stats)
 * @delivered: events written into the guest's queue
 * @discarded: events read but not delivered
 */
struct vsmmu_stream_stats {
	size_t size;
	uint64_t delivered;
	uint64_t discarded;
};

/**
 * vsmmu_get_stream_stats() - one endpoint's counters
 * @vsmmu: the vSMMU
 * @vsid: its StreamID
 * @stats: with @size set; filled in up to that size
 *
 * Return: 0; -ENOENT when no endpoint has that StreamID; -EINVAL. Threads: any.
 * Since: 0.1
 */
VSMMU_API int vsmmu_get_stream_stats(
	struct vsmmu *vsmmu, uint32_t vsid, struct vsmmu_stream_stats *stats);

/**
 * vsmmu_discard_name() - short lower-case name of a discard reason
 * @reason: e.g. VSMMU_DISCARD_STALE
 *
 * Return: e.g. "stale"; "unknown" for a number out of range. Since: 0.1
 */
VSMMU_API const char *vsmmu_discard_name(enum vsmmu_discard reason);

#ifdef __cplusplus
}
#endif

#endif
