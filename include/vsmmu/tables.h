/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's tables as the library reads them, and where a device's read of an address would lead:
 * for people who look for an error, and for their tools. A VMM that translates addresses for the
 * devices that it emulates uses <vsmmu/access.h>.
 */
#ifndef VSMMU_TABLES_H
#define VSMMU_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>
#include <vsmmu/event.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vsmmu;

/** VSMMU_NO_SSID - a read without SubstreamID, as nearly all are */
#define VSMMU_NO_SSID 0xffffffffu

/** VSMMU_NO_IOVA - no address: the STE and the CD are looked up, and no table is walked */
#define VSMMU_NO_IOVA 0xffffffffffffffffu

/** VSMMU_LOOKUP_LEVELS - descriptors that a walk has at most */
#define VSMMU_LOOKUP_LEVELS 5

/** enum vsmmu_lookup_outcome - what becomes of the read */
enum vsmmu_lookup_outcome {
	VSMMU_LOOKUP_OPEN = 0, /* with VSMMU_NO_IOVA: it depends on the address */
	VSMMU_LOOKUP_PASSES,   /* it reaches memory */
	VSMMU_LOOKUP_ABORTS,   /* the device sees an error */
	VSMMU_LOOKUP_IGNORED,  /* the device reads zeroes, as CD.A = 0 */
};

/**
 * struct vsmmu_descriptor - a descriptor of a translation table
 * @address: guest-physical
 * @value: in this machine's byte order, also if the guest's tables are big-endian
 * @level: -1 to 3
 * @reserved: set to 0
 */
struct vsmmu_descriptor {
	uint64_t address;
	uint64_t value;
	int32_t level;
	uint32_t reserved;
};

/**
 * struct vsmmu_tables - what there is for a StreamID, a SubstreamID and an address
 * @size: set by the caller to sizeof(struct vsmmu_tables)
 * @l1std_address: of the level 1 descriptor of a stream table of two levels, with @has_l1std
 * @l1std: this
 * @ste_address: of the STE, with @has_ste
 * @ste: this, as the guest has it now; the host may have been given an earlier one
 * @l1cd_address: of the level 1 descriptor of a CD table of two levels, with @has_l1cd
 * @l1cd: this
 * @cd_address: of the CD, with @has_cd
 * @cd: this
 * @installed_ste: the words of the STE that the host has for the endpoint; 0 while it has none from
 *	the guest, as when SMMUEN is 0. They may be of stage 1 and ILLEGAL, for an STE of the guest
 *	that cannot be used: by them the hardware records an event at the endpoint's next access
 * @walk: the descriptors that were read, from the first level on. The last one of a walk that
 *	failed is at fault, unless that is one that could not be read (F_WALK_EABT: @event has its
 *	address)
 * @output: guest-physical address of the IOVA, with VSMMU_LOOKUP_PASSES or @has_mapping
 * @event: the event that the read would cause, or all 0 for none; see vsmmu_event_decode()
 * @walk_count: how many descriptors @walk has
 * @outcome: enum vsmmu_lookup_outcome
 * @wanted: enum vsmmu_attach_purpose, as the guest's registers and STE have it: ABORT, BYPASS or
 *	STAGE1; ABORT too when there is no STE or it is a bad one
 * @installed: enum vsmmu_attach_purpose, as the host has it for the endpoint; NOTHING without one,
 *	and for one of an adopted vEVENTQ
 * @enabled: CR0.SMMUEN; without it no table is read, and GBPA decides
 * @has_endpoint: an endpoint has the StreamID
 * @blocked: the host failed, and the endpoint was cut off: see VSMMU_REPORT_BLOCKED
 * @has_l1std: it was read; so with the next three
 * @has_ste: see there
 * @has_l1cd: see there
 * @has_cd: see there
 * @has_mapping: the walk came to a page or block, whatever that permits; the members below tell it
 * @recorded: @event goes to the event queue, unless that is disabled or full; false if the guest
 *	has forbidden it by CD.R or CR2.RECINVSID
 * @size_log2: log2 of the size of the page or block
 * @attributes: of its memory, a byte of MAIR
 * @shareability: SH
 * @not_global: nG
 * @contiguous: the hint that it is one of several
 * @unprivileged: AP[1]: unprivileged access is allowed, as that of PCIe devices is
 * @read_only: AP[2]
 * @unprivileged_no_execute: UXN
 * @privileged_no_execute: PXN
 * @reserved: set to 0
 *
 * The last four count what table descriptors forbid as well (APTable, UXNTable, PXNTable).
 */
struct vsmmu_tables {
	size_t size;
	uint64_t l1std_address;
	uint64_t l1std;
	uint64_t ste_address;
	uint64_t ste[8];
	uint64_t l1cd_address;
	uint64_t l1cd;
	uint64_t cd_address;
	uint64_t cd[8];
	uint64_t installed_ste[2];
	struct vsmmu_descriptor walk[VSMMU_LOOKUP_LEVELS];
	uint64_t output;
	struct vsmmu_event_record event;
	uint32_t walk_count;
	uint32_t outcome;
	uint32_t wanted;
	uint32_t installed;
	bool enabled;
	bool has_endpoint;
	bool blocked;
	bool has_l1std;
	bool has_ste;
	bool has_l1cd;
	bool has_cd;
	bool has_mapping;
	bool recorded;
	uint8_t size_log2;
	uint8_t attributes;
	uint8_t shareability;
	bool not_global;
	bool contiguous;
	bool unprivileged;
	bool read_only;
	bool unprivileged_no_execute;
	bool privileged_no_execute;
	uint8_t reserved[6];
};

/**
 * vsmmu_lookup() - look at the guest's tables, and what the host has been given
 * @vsmmu: a vSMMU that is not of the event path alone
 * @vsid: StreamID; it needs no endpoint
 * @ssid: SubstreamID, 20 bits, or VSMMU_NO_SSID
 * @iova: an address as the device uses it, or VSMMU_NO_IOVA
 * @tables: filled in up to its size
 *
 * Goes the way of vsmmu_translate() for a read of data, unprivileged as those of PCIe devices are,
 * with at most 9 reads of memory; but changes nothing: no event is recorded, and nothing is
 * counted. The guest may run meanwhile, and change what is being read. Members that the way has not
 * come to are 0.
 *
 * Return: 0, whatever becomes of the read; -EOPNOTSUPP on a vSMMU of the event path alone; -EINVAL
 * for a NULL, a wrong size, or an @ssid of more than 20 bits; -EDEADLK as <vsmmu/smmu.h> says.
 * Threads: any; may wait for the host's ioctls. Since: 0.1. Source: IHI 0070 3.3, 5, 7.3
 */
VSMMU_API int vsmmu_lookup(struct vsmmu *vsmmu, uint32_t vsid, uint32_t ssid, uint64_t iova,
	struct vsmmu_tables *tables);

#ifdef __cplusplus
}
#endif

#endif
