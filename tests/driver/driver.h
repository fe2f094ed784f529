/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's SMMUv3 driver. It programs the device through its registers and its own memory
 * only, in the order and with the commands of Linux' drivers/iommu/arm/arm-smmu-v3, and
 * shares no header with the library: who links it sees the device as a guest does.
 *
 * Not for several threads at once, but driver_interrupt(), which any thread may call, also
 * in the midst of one of this driver's register accesses. No call waits for ever: what the
 * device does not do within options.timeout_ms gives -ETIMEDOUT.
 *
 *	driver_init(), driver_probe(), driver_reset();
 *	driver_domain_init(), driver_map(), driver_attach(), ... driver_run() after interrupts
 *	driver_disable(), driver_destroy()
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/smmuv3.h"

#define DRIVER_STE_WORDS	 8
#define DRIVER_CD_WORDS		 8
#define DRIVER_BATCH_COMMANDS	 63
#define DRIVER_MEMORY_LOG2_LEAST 6
#define DRIVER_MEMORY_CLASSES	 40

/**
 * struct driver_ops - the device and the machine around it
 * @read: a register, of 4 or 8 bytes
 * @write: the same
 * @idle: may be NULL; called in each turn of a poll: the place to dispatch events and to run
 *	commands where no other thread does that
 * @event: may be NULL; gets each record that the event thread takes off the queue
 */
struct driver_ops {
	uint64_t (*read)(void *opaque, uint64_t offset, unsigned int size);
	void (*write)(void *opaque, uint64_t offset, unsigned int size, uint64_t value);
	void (*idle)(void *opaque);
	void (*event)(void *opaque, const uint64_t record[4]);
};

enum driver_irq { DRIVER_IRQ_EVENTQ = 0, DRIVER_IRQ_GERROR, DRIVER_IRQ_CMD_SYNC, DRIVER_IRQ_COUNT };

/** enum driver_sync_mode - how the end of a CMD_SYNC is noticed */
enum driver_sync_mode {
	DRIVER_SYNC_AUTO = 0, /* as Linux: MSIPOLL with MSI and COHACC, else CONS */
	DRIVER_SYNC_CONS,     /* SIG_SEV, CONS is polled */
	DRIVER_SYNC_MSIPOLL,  /* SIG_IRQ whose MSI goes into the queue entry, which is polled */
	DRIVER_SYNC_IRQ,      /* SIG_IRQ, the wired interrupt is waited for */
};

enum driver_strtab_format { DRIVER_STRTAB_AUTO = 0, DRIVER_STRTAB_LINEAR, DRIVER_STRTAB_2LVL };

/**
 * struct driver_options - what a user of Linux' driver has no say in; all 0 is as Linux
 * @strtab: AUTO: two levels if the SMMU has them and more than 8 bits of StreamID
 * @split: of two-level stream tables: 6, 8 or 10; 0 means 8
 * @sid_bits: that the stream table covers, at most IDR1.SIDSIZE; 0 means all
 * @cmdq_log2: 0 means at most 256 entries of those that the device allows
 * @eventq_log2: 0 means at most 128 entries
 * @ssid_bits: that CD tables cover, at most IDR1.SSIDSIZE; 0 means no SubstreamIDs
 * @cd_linear: one level even where the SMMU has two
 * @cd_leaf_4k: leaves of 64 CDs, else of 1024
 * @sync: see there
 * @no_ril: do not use range invalidation
 * @no_ats: do not use ATS
 * @cons_per_batch: EVENTQ_CONS is written once per turn of the event thread, not per record
 * @polled: there are no interrupts: driver_run() looks at the queue and at GERROR itself, and
 *	so do polls for a command's end at GERROR
 * @halves: registers of 64 bits are written as two of 32
 * @kdump: a crash kernel: event queue off again in the end
 * @doorbell: where MSIs go; 0 means wired interrupts
 * @msi_data: of the MSIs
 * @timeout_ms: 0 means 1000, as Linux
 */
struct driver_options {
	enum driver_strtab_format strtab;
	uint8_t split;
	uint8_t sid_bits;
	uint8_t cmdq_log2;
	uint8_t eventq_log2;
	uint8_t ssid_bits;
	bool cd_linear;
	bool cd_leaf_4k;
	enum driver_sync_mode sync;
	bool no_ril;
	bool no_ats;
	bool cons_per_batch;
	bool polled;
	bool halves;
	bool kdump;
	uint64_t doorbell;
	uint32_t msi_data[DRIVER_IRQ_COUNT];
	unsigned int timeout_ms;
};

/* Guest memory, all of it the driver's; blocks have sizes of 2^n and are aligned to them. */
struct driver_memory {
	uint8_t *base;
	uint64_t gpa;
	size_t size;
	size_t used;
	uint64_t free[DRIVER_MEMORY_CLASSES]; /* first free block's gpa, 0: none */
};

/* What the ID registers said. */
struct driver_features {
	uint32_t idr[6];
	uint8_t sid_bits, ssid_bits;
	uint8_t cmdq_log2, eventq_log2;
	uint8_t oas_bits;
	bool two_level, cd_two_level;
	bool ats, msi, ril, asid16, coherent, sev, hyp;
	bool stalls, attr_types_ovr;
	uint32_t granules; /* bits 12, 14, 16 */
};

struct driver_queue {
	uint8_t *entries;
	uint64_t gpa;
	unsigned int log2;
	uint32_t prod, cons; /* the driver's copies, with wrap bits and overflow flags */
};

struct driver_cd_table {
	uint64_t gpa;	/* of the CDs, or of the first level; 0: none */
	uint8_t log2;	/* of the number of CDs: S1CDMax */
	uint8_t format; /* S1Fmt: 0 linear, 1 two levels of 4 KiB, 2 of 64 KiB */
};

/* A StreamID that was attached to something. */
struct driver_stream {
	uint32_t sid;
	struct driver_domain *domain; /* of transactions without a SubstreamID; NULL: none */
	struct driver_cd_table cds;
};

struct driver_stats {
	uint64_t commands, syncs, timeouts;
	uint64_t events, overflows;
	uint64_t gerrors, illegal_commands, fetch_aborts, atc_timeouts, eventq_aborts, msi_aborts;
};

struct driver {
	const struct driver_ops *ops;
	void *opaque;
	struct driver_options options;
	struct driver_memory memory;
	struct driver_features features;
	struct driver_stats stats;
	enum driver_sync_mode sync; /* never AUTO after the probe */
	bool ril, ats;

	struct driver_queue cmdq, eventq;
	atomic_bool irq[DRIVER_IRQ_COUNT];

	uint64_t strtab;	      /* linear, or the first level */
	unsigned int sid_bits, split; /* split 0: linear */
	struct driver_stream *streams;
	size_t stream_count;
	uint32_t asid_next;
};

/*
 * @memory: base, gpa and size set; gpa is not 0, and a multiple of the largest table's size,
 * which 1 MiB usually is. Keeps @ops and @opaque. No register access yet.
 */
void driver_init(struct driver *driver, const struct driver_ops *ops, void *opaque,
	const struct driver_memory *memory, const struct driver_options *options);
/* Frees what is not guest memory; no register access. */
void driver_destroy(struct driver *driver);

/*
 * arm_smmu_device_hw_probe(): reads the ID registers. Return: 0, or -ENXIO for a device
 * that Linux refuses.
 */
int driver_probe(struct driver *driver);

/*
 * arm_smmu_device_reset(): queues and stream table (made in the first reset, kept in later
 * ones), interrupts, SMMUEN. Return: 0, -ENOMEM, -ETIMEDOUT.
 */
int driver_reset(struct driver *driver);

/* arm_smmu_device_disable() with its interrupts. The tables stay as they are. */
int driver_disable(struct driver *driver);

/* GBPA of a disabled SMMU. Return: 0 or -ETIMEDOUT. */
int driver_set_gbpa(struct driver *driver, bool abort);

/* An interrupt, wired or as an MSI with options.msi_data. Touches no register. */
void driver_interrupt(struct driver *driver, enum driver_irq irq);
/* An MSI to options.doorbell. Return: whether the driver knows it. */
bool driver_msi(struct driver *driver, uint64_t address, uint32_t data);

/*
 * What the interrupts asked for: the GERROR handler and the event thread. Return: records
 * that the event thread took.
 */
unsigned int driver_run(struct driver *driver);
/* arm_smmu_evtq_thread(), interrupt or not, for at most @records. Return: records taken. */
unsigned int driver_take_events(struct driver *driver, unsigned int records);
/* arm_smmu_gerror_handler(), interrupt or not. Return: the errors that were active. */
uint32_t driver_handle_gerror(struct driver *driver);

/* Registers. */
uint32_t driver_read32(struct driver *driver, uint64_t offset);
uint64_t driver_read64(struct driver *driver, uint64_t offset);
void driver_write32(struct driver *driver, uint64_t offset, uint32_t value);
void driver_write64(struct driver *driver, uint64_t offset, uint64_t value);
/* Writes CR0 or IRQ_CTRL and waits for its ACK. */
int driver_write_acked(struct driver *driver, uint64_t offset, uint64_t ack, uint32_t value);

/* A block of zeroed guest memory; NULL when there is no more. @gpa may be NULL. */
void *driver_alloc(struct driver *driver, size_t size, uint64_t *gpa);
void driver_free(struct driver *driver, uint64_t gpa, size_t size);
/* Asserts nothing: NULL when [@gpa, @gpa + @size) is not the driver's memory. */
void *driver_at(struct driver *driver, uint64_t gpa, size_t size);
/* A word as the device sees it: little endian, at once. */
uint64_t driver_load(const uint64_t *word);
void driver_store(uint64_t *word, uint64_t value);

/* Commands as they are; they need not be legal. All return 0 or -ETIMEDOUT. */
struct driver_command {
	uint64_t word[2];
};
/* Into the queue; waits for room if there is none. */
int driver_issue(struct driver *driver, const struct driver_command *commands, size_t count);
/* The same with a CMD_SYNC behind them, in one write of PROD if they fit; waits for its end. */
int driver_issue_sync(struct driver *driver, const struct driver_command *commands, size_t count);
int driver_sync(struct driver *driver);

/* Collects; what does not fit any more is issued. */
struct driver_batch {
	struct driver_command command[DRIVER_BATCH_COMMANDS];
	size_t count;
	int error;
};
void driver_batch_add(
	struct driver *driver, struct driver_batch *batch, uint64_t word0, uint64_t word1);
int driver_batch_submit(struct driver *driver, struct driver_batch *batch);

/* Single commands, each with its CMD_SYNC. */
int driver_cfgi_ste(struct driver *driver, uint32_t sid, bool leaf);
int driver_cfgi_ste_range(struct driver *driver, uint32_t sid, unsigned int range);
int driver_cfgi_all(struct driver *driver);
int driver_cfgi_cd(struct driver *driver, uint32_t sid, uint32_t ssid, bool leaf);
int driver_cfgi_cd_all(struct driver *driver, uint32_t sid);
int driver_tlbi_all(struct driver *driver); /* NSNH_ALL */
int driver_tlbi_asid(struct driver *driver, uint32_t asid);

enum driver_prot {
	DRIVER_READ = 1 << 0,
	DRIVER_WRITE = 1 << 1,
	DRIVER_NOEXEC = 1 << 2,
	DRIVER_PRIVILEGED = 1 << 3, /* unprivileged accesses are refused */
	DRIVER_NO_AF = 1 << 4,	    /* access flag clear: F_ACCESS */
	DRIVER_NO_BLOCK = 1 << 5,   /* pages only */
};

/**
 * struct driver_domain_options - all 0: 4-KiB pages, TTBR0, 48 bits
 * @page_log2: 12, 14, 16
 * @address_bits: 64 - TxSZ
 * @upper: TTBR1 as well: addresses whose upper bits are ones
 * @no_lower: no TTBR0 (EPD0)
 * @asid: 0: the next one
 * @ips_bits: output addresses; 0 means as the SMMU has it
 * @quiet: CD.R = 0: faults are not recorded
 */
struct driver_domain_options {
	uint8_t page_log2;
	uint8_t address_bits;
	bool upper;
	bool no_lower;
	uint32_t asid;
	uint8_t ips_bits;
	bool quiet;
};

/* An address space. */
struct driver_domain {
	struct driver *driver;
	uint32_t asid;
	uint8_t page_log2;
	uint8_t address_bits;
	uint8_t ips_bits;
	bool quiet;
	uint8_t start;	  /* level of the first table */
	uint64_t root[2]; /* 0: EPDx */
};

/* Return: 0; -EINVAL for what the SMMU cannot do; -ENOMEM. */
int driver_domain_init(struct driver *driver, struct driver_domain *domain,
	const struct driver_domain_options *options);
/* Frees its tables; to be detached and invalidated before. */
void driver_domain_destroy(struct driver_domain *domain);

/*
 * Blocks where addresses and size allow. No invalidation: nothing was there before. Return:
 * 0; -EEXIST, with what went before mapped, when something was; -EINVAL; -ENOMEM.
 */
int driver_map(struct driver_domain *domain, uint64_t iova, uint64_t gpa, uint64_t size,
	unsigned int prot);
/*
 * With TLBI and SYNC, ATC_INV where there is ATS. Return: 0; -ENOENT when part of it was not
 * mapped, -EINVAL when part of a block was named: the rest is unmapped and invalidated.
 */
int driver_unmap(struct driver_domain *domain, uint64_t iova, uint64_t size);
/* The same without the invalidation, which a guest must not do. */
int driver_unmap_stale(struct driver_domain *domain, uint64_t iova, uint64_t size);
int driver_invalidate(struct driver_domain *domain, uint64_t iova, uint64_t size);
/* The descriptor that maps @iova or would: NULL if there is no table down to @level. */
uint64_t *driver_descriptor(struct driver_domain *domain, uint64_t iova, unsigned int level);

/*
 * Streams. STEs and CDs are written as arm_smmu_write_entry() does: if one word decides, with
 * no moment in which the entry is unusable; else with V cleared, the rest, V last; CFGI after
 * each step. Tables of the second level come when they are needed. Return: 0; -ENOMEM;
 * -EINVAL for a StreamID or SubstreamID beyond the table; -ETIMEDOUT.
 */
/* Stage 1. The CD of SubstreamID 0 is written in place, with V cleared if another was there. */
int driver_attach(struct driver *driver, uint32_t sid, struct driver_domain *domain);
/* The same through a CD table made afresh: one word of the STE changes. CDs of other
 * SubstreamIDs do not move along. */
int driver_replace(struct driver *driver, uint32_t sid, struct driver_domain *domain);
int driver_bypass(struct driver *driver, uint32_t sid);
int driver_abort(struct driver *driver, uint32_t sid);
/* V = 0 */
int driver_clear(struct driver *driver, uint32_t sid);
/* Stage 1 with S1DSS as given (0: terminate, 1: bypass, 2: SubstreamID 0). */
int driver_set_s1dss(struct driver *driver, uint32_t sid, unsigned int s1dss);
/* A PASID; NULL takes it away (CD.V = 0). Needs options.ssid_bits. Does not write the STE: the
 * stream is attached already. */
int driver_set_cd(struct driver *driver, uint32_t sid, uint32_t ssid, struct driver_domain *domain);

/* What the above would write. */
void driver_make_cd(const struct driver_domain *domain, uint64_t cd[DRIVER_CD_WORDS]);
/* Makes the CD table if there is none, not the CD. */
int driver_make_ste(struct driver *driver, uint32_t sid, uint64_t ste[DRIVER_STE_WORDS]);

/* For tests of what no driver does: as given, in one go, no CFGI. */
int driver_write_ste(struct driver *driver, uint32_t sid, const uint64_t ste[DRIVER_STE_WORDS]);
int driver_write_cd(
	struct driver *driver, uint32_t sid, uint32_t ssid, const uint64_t cd[DRIVER_CD_WORDS]);
/* Where they are; with the second-level table made. NULL: beyond the table, or no memory. */
uint64_t *driver_ste(struct driver *driver, uint32_t sid);
uint64_t *driver_cd(struct driver *driver, uint32_t sid, uint32_t ssid);
/* Valid until another one is named for the first time. */
struct driver_stream *driver_stream(struct driver *driver, uint32_t sid);

#endif
