/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vSMMU is one guest-visible SMMUv3 and the events that reach it.
 *
 * Life: vsmmu_new(); then, in any order, vsmmu_endpoint_attach() and the guest's MMIO; poll
 * vsmmu_get_event_fd() and call vsmmu_dispatch() when it is readable; vsmmu_free() at the end.
 *
 * Threads: any thread may make any call at any time, where a function does not say otherwise: MMIO
 * comes from the vCPUs' threads, and vsmmu_dispatch(), attach, detach and reset from others, all at
 * once. vsmmu_free() must be the last call, with no other one under way.
 *
 * Waiting: attach, detach, set_ste, set_vsid, reset, restore, move, recover, vsmmu_run_commands() and
 * free wait for ioctls of the host, and may call @attach of an endpoint; so does, on a vSMMU that
 * reads the stream table itself, vsmmu_mmio_write() of CR0, GBPA, CMDQ_PROD and GERRORN.
 * drop_parents makes ioctls as well. vsmmu_save(), vsmmu_lookup(), get_identity, get_vsid of an
 * endpoint, and whatever freezes the identity (the first write of a register, the first read of an
 * ID register) wait for ioctls that other calls make. Attach, detach, drop_parents and free can
 * take seconds, as they map or pin the guest's memory, or wait for somebody who does; restore,
 * move, set_vsid, set_host, adopted_new and adopted_free wait for these, and no other call ever
 * does. All other calls wait only for locks that are held for a bounded time.
 *
 * Callbacks: a call that takes a vSMMU, or an object of one, returns -EDEADLK and does nothing when
 * its thread is inside a callback of that vSMMU: one of the ops, @attach of an endpoint, or @read
 * of an adopted vEVENTQ; also when the callback got there through another vSMMU, whose calls are
 * allowed. vsmmu_free() then does nothing either, and the vSMMU is leaked. None of this is
 * reported, as locks are held. vsmmu_endpoint_get_opaque() is always allowed, vsmmu_get_stats() and
 * vsmmu_endpoint_get_stats() inside @report. A guest can point a queue, a table or an MSI at the
 * SMMU's own registers: if the VMM's memory ops reach its MMIO, they pass on the error of
 * vsmmu_mmio_read() or vsmmu_mmio_write(), and the guest sees an abort.
 */
#ifndef VSMMU_SMMU_H
#define VSMMU_SMMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/adopted.h>
#include <vsmmu/api.h>
#include <vsmmu/endpoint.h>
#include <vsmmu/host.h>
#include <vsmmu/identity.h>
#include <vsmmu/report.h>
#include <vsmmu/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vsmmu;
struct vsmmu_event_record;

/** enum vsmmu_irq - the vSMMU's interrupt lines; all are edges, never levels */
enum vsmmu_irq { VSMMU_IRQ_EVENTQ = 0, VSMMU_IRQ_GERROR, VSMMU_IRQ_CMD_SYNC };

/**
 * vsmmu_irq_name() - name of an interrupt line, as the device tree has it
 * @irq: e.g. VSMMU_IRQ_EVENTQ
 *
 * Return: "eventq", "gerror" or "cmdq-sync", a constant string; "unknown" for another number.
 * Threads: any. Since: 0.1. Source: Linux Documentation/devicetree/bindings/iommu/arm,smmu-v3.yaml
 */
VSMMU_API const char *vsmmu_irq_name(enum vsmmu_irq irq);

/**
 * struct vsmmu_ops - what the VMM supplies
 * @size: sizeof(struct vsmmu_ops)
 * @memory_write: copy @length bytes to guest-physical @address; return 0, or a negative
 *	number when that is not writable guest memory (all or nothing is not required). When it
 *	returns, the guest's vCPUs must see the bytes, as a new PROD, an MSI or an interrupt then
 *	announces them. An MSI is 4 aligned bytes that a guest may poll: they must be written by
 *	one store. Event records need not be, as no guest looks beyond PROD. Called with the event
 *	lock held
 * @irq_pulse: raise one edge on @irq, usually by writing to an eventfd that is an irqfd. With
 *	config.defer_irqs: arrange for a call of vsmmu_take_irqs(), whichever @irq it is, for
 *	instance by writing to an eventfd or scheduling a bottom half. Called with the event lock
 *	held
 * @report: print or log a report. May be NULL. Called in the thread of the call that had
 *	something to report: any call that takes the vSMMU may, also vsmmu_mmio_write() of a vCPU.
 *	Called without the event lock, but with other locks of the vSMMU held. It may call
 *	vsmmu_get_stats() and vsmmu_endpoint_get_stats(), and no other function of the library on
 *	this vSMMU
 * @clock: return nanoseconds of a monotonic clock, for rate limits; NULL means CLOCK_MONOTONIC.
 *	Called with the same locks as @report
 * @memory_read: copy @length bytes from guest-physical @address; return 0, or a negative
 *	number when that is not guest memory. Each aligned group of 8 bytes must be read by one
 *	load: a guest may change a descriptor while vsmmu_translate() walks its tables, and half of
 *	the old one with half of the new one is an address that nobody meant. memcpy() does so on
 *	all known 64-bit machines; a loop over bytes does not. Nothing more is required: the words
 *	of an STE, a CD or a command may be from different moments, and the library looks at a
 *	copy. Called with locks of the vSMMU held, but not the event lock. May be NULL only with
 *	event_path_only, and is not used then
 * @msi: send the MSI @data to @address, which is not guest memory, but for instance the doorbell
 *	of an ITS; return 0, or a negative number when there is nothing at @address. Called with
 *	the event lock held. May be NULL: then an MSI can only go to memory
 * @vsid: return the StreamID that the guest has given to an endpoint by now, or VSMMU_NO_VSID for
 *	"not yet"; @endpoint_opaque is the @opaque of the endpoint's config. Called for every
 *	endpoint that was attached with VSMMU_NO_VSID, and for no other: at each CMD_CFGI_STE,
 *	_RANGE and _ALL and when CR0.SMMUEN becomes 1, before either acts on streams, and in
 *	vsmmu_restore(). All of these endpoints are asked for each time, as a guest may renumber
 *	several buses, so it should be cheap: a look at a bus number. It must neither block nor
 *	call back: it is called with the vSMMU's command and control locks held, in
 *	vsmmu_mmio_write(), vsmmu_run_commands() and vsmmu_restore(), so it must take no lock that
 *	is held around such a call. May be NULL: then only vsmmu_endpoint_set_vsid() gives
 *	endpoints a StreamID. Not called with event_path_only, as the VMM then reads these commands
 *	itself
 * @delivered: look at @count event records, 1 at least, that were just written to the guest's
 *	event queue: VSMMU_EVENT_RECORD_SIZE bytes each, little-endian, as the guest finds them. For
 *	a log of what the guest was told: read one with vsmmu_event_record_load(). Called once for
 *	each batch, in the queue's order, whoever recorded the events: the hardware,
 *	vsmmu_translate() or vsmmu_record_event(). When the guest's memory takes only the first
 *	records of a batch, it is called for these, and not at all if it takes none. By then the
 *	guest may have read them, but has no interrupt for them yet. @records is valid until it
 *	returns. Called with the event lock held. May be NULL
 *
 * All ops get the opaque pointer of the config. The structure is copied.
 *
 * No op may block: neither on a lock that any thread holds around a call of this library, nor on a
 * thread that makes such a call. Nearly every register access of the guest waits for the event
 * lock, so an op that is called with that lock held keeps vCPUs waiting. An op may only leave by
 * returning: an exception of C++, a panic of Rust or a longjmp() out of it would leave locks held
 * for good, so catch it inside.
 */
struct vsmmu_ops {
	size_t size;
	int (*memory_write)(void *opaque, uint64_t address, const void *bytes, size_t length);
	void (*irq_pulse)(void *opaque, enum vsmmu_irq irq);
	void (*report)(void *opaque, const struct vsmmu_report *report);
	uint64_t (*clock)(void *opaque);
	int (*memory_read)(void *opaque, uint64_t address, void *bytes, size_t length);
	int (*msi)(void *opaque, uint64_t address, uint32_t data);
	uint64_t (*vsid)(void *opaque, void *endpoint_opaque);
	void (*delivered)(void *opaque, const void *records, uint32_t count);
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
 * @host: the host, which is referenced; NULL when only adopted fds are read, or while the host is
 *	not known: see vsmmu_set_host()
 * @eventq_log2_max: largest event queue, as IDR1.EVENTQS says it to the guest: 1 to 19;
 *	0 means 19 (524,288 records)
 * @ssid_bits: IDR1.SSIDSIZE that the guest sees, 0 to 20; or VSMMU_AUTO, but not with
 *	@event_path_only: what the SMMUs of all attached endpoints have, 0 while there is none
 * @veventq_depth: depth of each vEVENTQ that is allocated, 524,288 at most; 0 means 65,536
 * @isolate: one vIOMMU and vEVENTQ for each endpoint, so that no endpoint's storm can
 *	cost another its events in the kernel, nor fill more than half of the guest's queue;
 *	else one for each physical SMMU
 * @event_path_only: the vSMMU is the event path alone, for a VMM that has SMMU registers of its
 *	own and reads the guest's stream tables and command queue itself: see
 *	vsmmu_endpoint_set_ste(). Without it, the ops must have memory_read
 * @defer_irqs: interrupts are noted until vsmmu_take_irqs() takes them, for a VMM that cannot
 *	raise a line in just any thread with locks of the library held
 * @reserved: 0
 * @loss_policy: OVFLG on a queue that is not full deviates from IHI 0070 7.4, on
 *	purpose: it is the guest's only way to learn of the loss
 * @report_burst: reports of one code within @report_interval_ns; 0 means 10
 * @report_interval_ns: 0 means 5 s
 *
 * The members below are what the guest is told of its SMMU; with @event_path_only they have no
 * effect. An endpoint that cannot do what they ask for is refused: see <vsmmu/identity.h>.
 *
 * @sid_bits: IDR1.SIDSIZE, 1 to 32; 0 means 16
 * @cmdq_log2_max: IDR1.CMDQS, 7 to 19; 0 means 19
 * @oas_bits: IDR5.OAS: 32, 36, 40, 42, 44, 48 or 52 (not without VSMMU_GRANULE_64K); 0 means 44.
 *	VSMMU_AUTO: the least that the SMMUs of all attached endpoints have, 44 while there is
 *	none; Linux does not promise that it reports OAS correctly
 * @ats: IDR0.ATS, 0 or 1; VSMMU_AUTO: 1 if all attached endpoints can do ATS, 0 while there is none
 * @granules: IDR5.GRAN4K, GRAN16K and GRAN64K, as bits of enum vsmmu_granule; 0 means those that
 *	the SMMUs of all attached endpoints have, all three while there is none
 * @asid_bits: IDR0.ASID16, as 8 or 16; 0 means 16 if the SMMUs of all attached endpoints have it,
 *	and while there is none
 * @no_msi: IDR0.MSI = 0: the guest cannot ask for MSIs. Linux and FreeBSD then complete
 *	CMD_SYNCs in slower ways, or not at all (FreeBSD)
 * @no_ril: IDR3.RIL = 0: no range invalidation, even if the hardware has it
 * @gbpa_abort: reset value of GBPA.ABORT: what endpoints may do while CR0.SMMUEN = 0 and the
 *	guest has not said otherwise; false is bypass, which firmware relies on
 * @reserved2: 0
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
	bool event_path_only;
	bool defer_irqs;
	uint8_t reserved;
	enum vsmmu_loss_policy loss_policy;
	uint32_t report_burst;
	uint64_t report_interval_ns;
	uint32_t sid_bits;
	uint32_t cmdq_log2_max;
	uint32_t oas_bits;
	uint32_t ats;
	uint32_t granules;
	uint32_t asid_bits;
	bool no_msi;
	bool no_ril;
	bool gbpa_abort;
	uint8_t reserved2[5];
};

/**
 * vsmmu_new() - make a virtual SMMUv3, in its reset state
 * @out: where it goes; untouched on failure
 * @config: see there; copied
 *
 * All memory of the event path is allocated here and in vsmmu_endpoint_attach(), but for records
 * that a snapshot has to keep.
 *
 * The report of a refusal comes before vsmmu_new() returns.
 *
 * Return: 0; -EINVAL for a config that makes no sense; -E2BIG for one of a later version that
 * asks for something this version does not know; -EPROTO for a host of a libvsmmu-sim that is not
 * of the same build as this library; -ENOMEM, -EMFILE. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_new(struct vsmmu **out, const struct vsmmu_config *config);

/**
 * vsmmu_free() - take everything down in the order that the kernel wants
 * @vsmmu: may be NULL
 *
 * Polling stops, every endpoint still attached is detached (its handle is dead then),
 * what the vEVENTQs still held is drained and counted, then the host objects go.
 * Inside a callback of this vSMMU it does nothing, and the vSMMU is leaked. Threads: any, with no
 * other call under way. Since: 0.1
 */
VSMMU_API void vsmmu_free(struct vsmmu *vsmmu);

/**
 * vsmmu_get_event_fd() - the fd to poll for POLLIN: events wait
 * @vsmmu: the vSMMU
 *
 * It is readable exactly while vsmmu_dispatch() has something to do: not while the guest's
 * queue is full, which lasts until a quarter of it is free, nor, with isolate, for a vEVENTQ that
 * has its share of the queue, nor while a failing vEVENTQ is waited for. Level-triggered; fit for
 * poll and epoll.
 *
 * Return: an fd that the vSMMU owns. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_get_event_fd(const struct vsmmu *vsmmu);

/**
 * vsmmu_dispatch() - read events and propagate them into the guest's queue
 * @vsmmu: the vSMMU
 * @budget: records to read at most; 0 means 1024. Each vEVENTQ that has some gets its turn
 *
 * Never blocks. Return: records and losses handled, 0 when there was nothing to do;
 * call again while the fd is readable; -EINVAL; -EDEADLK. Threads: any; in a vCPU's MMIO exit it
 * would only be slow. Since: 0.1
 */
VSMMU_API int vsmmu_dispatch(struct vsmmu *vsmmu, uint32_t budget);

/**
 * vsmmu_get_command_fd() - the fd to poll for POLLIN: commands wait
 * @vsmmu: the vSMMU
 *
 * The write that makes commands available consumes up to 1,024 of them before it returns, and
 * stops after the first CMD_CFGI_STE, _RANGE or _ALL that called the host. This fd is readable
 * while there are more commands, or while something is to be tried again after the host failed:
 * call vsmmu_run_commands().
 *
 * Return: an fd that the vSMMU owns. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_get_command_fd(const struct vsmmu *vsmmu);

/**
 * vsmmu_run_commands() - consume commands that a register write left over
 * @vsmmu: the vSMMU
 * @budget: commands at most; 0 means 1024
 *
 * It also gives endpoints the access back that they lost when the host failed, if the host works
 * again. Errors that may pass by themselves (ETIMEDOUT, EBUSY, ENOMEM, EAGAIN, EINTR) are tried
 * again after 100 ms, then after twice as long each time, up to 10 s; VSMMU_REPORT_RECOVERED says
 * that it worked.
 *
 * May wait for the host's ioctls. Return: commands consumed. Threads: any but one that also
 * attaches, detaches, restores or saves, or waits for such a thread (a lock that is held around
 * those calls is enough): the guest's commands would wait for the VMM's memory to be mapped.
 * Since: 0.1.
 * Source: IHI 0070 chapter 4
 */
VSMMU_API int vsmmu_run_commands(struct vsmmu *vsmmu, uint32_t budget);

/**
 * vsmmu_recover() - give back at once the access that endpoints lost when the host failed
 * @vsmmu: the vSMMU
 *
 * Endpoints that were cut off because a host call failed, whatever its error, get what their guest
 * wants, after everything that the hardware may have cached has been invalidated. Objects that
 * could not be destroyed are destroyed. What fails again is returned, not reported.
 *
 * Return: 0 when nothing is left to recover; else the first -errno of the host. Threads: any.
 * Since: 0.1
 */
VSMMU_API int vsmmu_recover(struct vsmmu *vsmmu);

/**
 * vsmmu_rearm() - read vEVENTQs again that a read error had disarmed
 * @vsmmu: the vSMMU
 *
 * Return: how many were rearmed; -EINVAL for a NULL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_rearm(struct vsmmu *vsmmu);

/**
 * vsmmu_mmio_read() - the guest reads a register
 * @vsmmu: the vSMMU
 * @offset: from the base of the 128-KiB register space
 * @size: 4 or 8 bytes, naturally aligned
 * @value: what it reads; unknown registers read as zero
 *
 * Return: 0; -EINVAL for an access that the architecture does not know, which reads as zero and is
 * not reported, and for a NULL. Threads: any. Since: 0.1. Source: IHI 0070 6.2
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
 * Return: 0; -EINVAL for an access that the architecture does not know, which is ignored and not
 * reported, and for a NULL. Threads: any. Since: 0.1. Source: IHI 0070 6.2
 */
VSMMU_API int vsmmu_mmio_write(struct vsmmu *vsmmu, uint64_t offset, uint32_t size, uint64_t value);

/**
 * vsmmu_take_irqs() - take the interrupts that were noted
 * @vsmmu: a vSMMU with config.defer_irqs
 * @lines: gets 1 << enum vsmmu_irq of each line to pulse now; untouched on failure
 *
 * With defer_irqs, VSMMU_IRQ_EVENTQ, VSMMU_IRQ_GERROR and the wired VSMMU_IRQ_CMD_SYNC are only
 * noted, if the guest has them enabled; ops.irq_pulse is called for the first one that is noted,
 * and then not again until this call. This call looks again: it drops an interrupt that IRQ_CTRL
 * has disabled since, one of an event queue that is empty or off by now, and one of errors that
 * were all acknowledged. For the others it sends the MSIs, by ops.memory_write or ops.msi in this
 * thread, and puts the lines into @lines. An interrupt that was disabled and enabled again
 * meanwhile is delivered, to its present address. Nothing is lost between two calls: an interrupt
 * that comes too late for this call is noted again, with another call of ops.irq_pulse.
 *
 * The MSI of a CMD_SYNC is never deferred, as its guest waits for it. A reset forgets the
 * interrupts that were noted. A snapshot does not contain them: vsmmu_restore() notes again those
 * that follow from the registers, but no CMD_SYNC, so take interrupts before vsmmu_save().
 *
 * A VMM with one big lock takes it around this call and the pulses, as around the guest's register
 * accesses: then no interrupt comes after the guest has seen it disabled.
 *
 * Return: 0, also when there are none; -EOPNOTSUPP without config.defer_irqs; -EINVAL for a NULL.
 * Threads: any. Since: 0.1. Source: IHI 0070 3.18
 */
VSMMU_API int vsmmu_take_irqs(struct vsmmu *vsmmu, uint32_t *lines);

/**
 * vsmmu_record_event() - record an event of the VMM's own in the guest's queue
 * @vsmmu: the vSMMU
 * @record: see <vsmmu/event.h>; an event of a device that the VMM emulates and translates for by
 *	itself (vsmmu_translate() records the faults that it finds)
 *
 * The record is cleaned as records of the host are: bits that the architecture does not define for
 * its id become 0, as do those that mean nothing with Stall = 0 and S2 = 0 (STAG, NSIPA, IPA,
 * GPCF), those that are IMPLEMENTATION DEFINED, and SubstreamID with SSV = 0. Any StreamID is
 * taken. The record is treated as one of hardware (IHI 0070 7.2, 7.4), also on a vSMMU of the event
 * path alone: it is dropped with EVENTQEN or SMMUEN = 0 and while an EVENTQ_ABT_ERR is not
 * acknowledged; a full queue drops it and signals the overflow. Events that vEVENTQs hold, or that
 * wait after a restore, may reach the guest before it or after it.
 *
 * stats.vmm_events and stats.vmm_drops count it, and no other counter.
 *
 * Return: 0; -ENOBUFS when it was dropped, which is not reported; -EINVAL for a NULL, for Stall =
 * 1, which nobody could resume, for S2 = 1, for a SubstreamID beyond IDR1.SSIDSIZE, and for an id
 * that the architecture does not have, with VSMMU_REPORT_RECORD_REFUSED. Threads: any. Since: 0.1.
 * Source: IHI 0070 7.3
 */
VSMMU_API int vsmmu_record_event(struct vsmmu *vsmmu, const struct vsmmu_event_record *record);

/**
 * vsmmu_reset() - the guest, or its machine, resets
 * @vsmmu: the vSMMU
 *
 * Endpoints are cut off first, so that the kernel stops forwarding; then the events that vEVENTQs
 * hold are discarded and counted, never delivered; then the registers take their reset values, and
 * endpoints may do what GBPA's reset value allows, or on a vSMMU of the event path alone reach the
 * guest's memory, untranslated. Events that the hardware still had in flight and that come later
 * cannot be told from new ones; they are discarded while the guest's queue is disabled.
 *
 * Return: 0; -EINVAL for a NULL; or the first -errno of a host call: the rest was reset all the
 * same. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_reset(struct vsmmu *vsmmu);

#ifdef __cplusplus
}
#endif

#endif
