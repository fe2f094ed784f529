/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMMUv3 event records (Arm IHI 0070 7.3): the 32 bytes that an SMMU writes to its event queue, and
 * the fields in them. All functions here are pure: no state, no allocation, any thread.
 */
#ifndef VSMMU_EVENT_H
#define VSMMU_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>

#ifdef __cplusplus
extern "C" {
#endif

/** VSMMU_EVENT_RECORD_SIZE - bytes of one event record in memory */
#define VSMMU_EVENT_RECORD_SIZE 32

/** enum vsmmu_event_id - event numbers (IHI 0070 7.3.2 to 7.3.21) */
enum vsmmu_event_id {
	VSMMU_EVENT_F_UUT = 0x01,
	VSMMU_EVENT_C_BAD_STREAMID = 0x02,
	VSMMU_EVENT_F_STE_FETCH = 0x03,
	VSMMU_EVENT_C_BAD_STE = 0x04,
	VSMMU_EVENT_F_BAD_ATS_TREQ = 0x05,
	VSMMU_EVENT_F_STREAM_DISABLED = 0x06,
	VSMMU_EVENT_F_TRANSL_FORBIDDEN = 0x07,
	VSMMU_EVENT_C_BAD_SUBSTREAMID = 0x08,
	VSMMU_EVENT_F_CD_FETCH = 0x09,
	VSMMU_EVENT_C_BAD_CD = 0x0a,
	VSMMU_EVENT_F_WALK_EABT = 0x0b,
	VSMMU_EVENT_F_TRANSLATION = 0x10,
	VSMMU_EVENT_F_ADDR_SIZE = 0x11,
	VSMMU_EVENT_F_ACCESS = 0x12,
	VSMMU_EVENT_F_PERMISSION = 0x13,
	VSMMU_EVENT_F_TLB_CONFLICT = 0x20,
	VSMMU_EVENT_F_CFG_CONFLICT = 0x21,
	VSMMU_EVENT_E_PAGE_REQUEST = 0x24,
	VSMMU_EVENT_F_VMS_FETCH = 0x25,
	VSMMU_EVENT_IMPDEF_FIRST = 0xe0,
	VSMMU_EVENT_IMPDEF_LAST = 0xef,
};

/** enum vsmmu_event_class - what was being done when the fault happened (CLASS) */
enum vsmmu_event_class {
	VSMMU_EVENT_CLASS_CD = 0,
	VSMMU_EVENT_CLASS_TT = 1,
	VSMMU_EVENT_CLASS_IN = 2,
	VSMMU_EVENT_CLASS_RESERVED = 3,
};

/**
 * enum vsmmu_event_field - every field that some event has
 *
 * INPUT_ADDR and INPUT_PAGE are both the member input_addr: the second has bits
 * 63:12 only. The list may grow: count with vsmmu_event_field_name(), which gives
 * NULL after the last one.
 */
enum vsmmu_event_field {
	VSMMU_EVENT_FIELD_ID = 0,
	VSMMU_EVENT_FIELD_SSV,
	VSMMU_EVENT_FIELD_SSID,
	VSMMU_EVENT_FIELD_SID,
	VSMMU_EVENT_FIELD_REASON,
	VSMMU_EVENT_FIELD_GPCF,
	VSMMU_EVENT_FIELD_STAG,
	VSMMU_EVENT_FIELD_STALL,
	VSMMU_EVENT_FIELD_PNU,
	VSMMU_EVENT_FIELD_IND,
	VSMMU_EVENT_FIELD_RNW,
	VSMMU_EVENT_FIELD_NSIPA,
	VSMMU_EVENT_FIELD_S2,
	VSMMU_EVENT_FIELD_CLASS,
	VSMMU_EVENT_FIELD_TTRNW,
	VSMMU_EVENT_FIELD_ASSURED_ONLY,
	VSMMU_EVENT_FIELD_OVERLAY,
	VSMMU_EVENT_FIELD_DIRTY_BIT,
	VSMMU_EVENT_FIELD_IMPDEF,
	VSMMU_EVENT_FIELD_ATS_PRIV,
	VSMMU_EVENT_FIELD_ATS_EXEC,
	VSMMU_EVENT_FIELD_ATS_WRITE,
	VSMMU_EVENT_FIELD_ATS_READ,
	VSMMU_EVENT_FIELD_UX,
	VSMMU_EVENT_FIELD_UW,
	VSMMU_EVENT_FIELD_UR,
	VSMMU_EVENT_FIELD_PX,
	VSMMU_EVENT_FIELD_PW,
	VSMMU_EVENT_FIELD_PR,
	VSMMU_EVENT_FIELD_SPAN,
	VSMMU_EVENT_FIELD_INPUT_ADDR,
	VSMMU_EVENT_FIELD_INPUT_PAGE,
	VSMMU_EVENT_FIELD_IPA,
	VSMMU_EVENT_FIELD_FETCH_ADDR,
};

/**
 * struct vsmmu_event_record - one raw record
 * @word: the 32 bytes as four 64-bit words of this machine's byte order; bit 64 * n + b
 *	of the architecture's drawings is bit b of word n
 *
 * In memory and in a vEVENTQ, records are little endian: convert with
 * vsmmu_event_record_load() and vsmmu_event_record_store().
 */
struct vsmmu_event_record {
	uint64_t word[4];
};

/**
 * struct vsmmu_event - a record taken apart
 * @size: set by the caller to sizeof(struct vsmmu_event)
 * @id: event number, enum vsmmu_event_id or any other value
 * @class_: enum vsmmu_event_class
 * @ssv: @ssid is valid (C_BAD_SUBSTREAMID has no such bit; its @ssid always is)
 * @gpcf: the fetch failed a granule protection check
 * @stall: the transaction waits for CMD_RESUME with @stag
 * @pnu: 1 privileged, 0 unprivileged
 * @ind: 1 instruction, 0 data
 * @rnw: 1 read, 0 write
 * @nsipa: the IPA is Non-secure (Secure streams only)
 * @s2: 1 when the fault is one of stage 2
 * @ttrnw: with class TT: the access to the table was a read
 * @assured_only: F_PERMISSION: stage 2, by the AssuredOnly check alone
 * @overlay: F_PERMISSION: stage 2, by an overlay permission
 * @dirty_bit: F_PERMISSION: a dirty state update was needed and is disabled
 * @ats_priv: F_BAD_ATS_TREQ: privileged access was asked for
 * @ats_exec: F_BAD_ATS_TREQ: execution was asked for
 * @ats_write: F_BAD_ATS_TREQ: writing was asked for
 * @ats_read: F_BAD_ATS_TREQ: reading was asked for
 * @ux: E_PAGE_REQUEST: unprivileged execution is expected
 * @uw: E_PAGE_REQUEST: unprivileged writes are expected
 * @ur: E_PAGE_REQUEST: unprivileged reads are expected
 * @px: E_PAGE_REQUEST: privileged execution is expected
 * @pw: E_PAGE_REQUEST: privileged writes are expected
 * @pr: E_PAGE_REQUEST: privileged reads are expected
 * @span: E_PAGE_REQUEST: size in units of 4096 bytes; F_BAD_ATS_TREQ: in STUs
 * @reserved2: 0
 * @reason: IMPLEMENTATION DEFINED cause
 * @stag: tag of a stalled transaction
 * @impdef: IMPLEMENTATION DEFINED bits 127:112 of the translation faults
 * @ssid: SubstreamID (a PCIe PASID)
 * @sid: StreamID; in a record from a vEVENTQ the guest's StreamID
 * @input_addr: the address that the endpoint used, in bytes
 * @ipa: the IPA that faulted, in bytes, page aligned; UNKNOWN unless @s2
 * @fetch_addr: physical address of the failed fetch, in bytes
 * @reserved: the bits which the architecture does not define for @id, in place, so
 *	that encoding what was decoded gives the same 256 bits whatever they were
 *
 * A member whose field the id lacks is 0. Source: IHI 0070 7.3.
 */
struct vsmmu_event {
	size_t size;
	uint8_t id;
	uint8_t class_;
	bool ssv;
	bool gpcf;
	bool stall;
	bool pnu;
	bool ind;
	bool rnw;
	bool nsipa;
	bool s2;
	bool ttrnw;
	bool assured_only;
	bool overlay;
	bool dirty_bit;
	bool ats_priv;
	bool ats_exec;
	bool ats_write;
	bool ats_read;
	bool ux;
	bool uw;
	bool ur;
	bool px;
	bool pw;
	bool pr;
	uint8_t span;
	uint8_t reserved2;
	uint16_t reason;
	uint16_t stag;
	uint16_t impdef;
	uint32_t ssid;
	uint32_t sid;
	uint64_t input_addr;
	uint64_t ipa;
	uint64_t fetch_addr;
	uint64_t reserved[4];
};

/**
 * vsmmu_event_record_load() - read a record from memory
 * @bytes: VSMMU_EVENT_RECORD_SIZE bytes, little endian, of any alignment
 * @record: filled in
 *
 * Return: 0; -EINVAL for a NULL. Threads: any. Since: 0.1. Source: IHI 0070 7.3 (records are little
 * endian)
 */
VSMMU_API int vsmmu_event_record_load(const void *bytes, struct vsmmu_event_record *record);

/**
 * vsmmu_event_record_store() - write a record to memory
 * @record: what to write
 * @bytes: VSMMU_EVENT_RECORD_SIZE bytes, of any alignment; written little endian
 *
 * Return: 0; -EINVAL for a NULL. Threads: any. Since: 0.1. Source: IHI 0070 7.3
 */
VSMMU_API int vsmmu_event_record_store(const struct vsmmu_event_record *record, void *bytes);

/**
 * vsmmu_event_decode() - take a record apart
 * @record: any 256 bits
 * @event: with @size set; filled in up to that size
 *
 * Every record can be taken apart: the bits of an event that this version does not know end up in
 * @event->reserved.
 *
 * Return: 0; -EINVAL for a NULL or an @event of a wrong size. Threads: any. Since: 0.1.
 * Source: IHI 0070 7.3
 */
VSMMU_API int vsmmu_event_decode(
	const struct vsmmu_event_record *record, struct vsmmu_event *event);

/**
 * vsmmu_event_encode() - put a record together
 * @event: what to encode; start from a structure that is zero but for its @size, or from
 *	vsmmu_event_decode()
 * @record: filled in on success, untouched on failure
 *
 * Return: 0; -EINVAL when a value does not fit its field (an address must be aligned
 * as the field is), when a member is set whose field @event->id lacks, when @event->reserved
 * overlaps a defined field, or for a NULL or a wrong size; -E2BIG for a member that this version
 * does not know and that is not 0.
 * Threads: any. Since: 0.1. Source: IHI 0070 7.3
 */
VSMMU_API int vsmmu_event_encode(
	const struct vsmmu_event *event, struct vsmmu_event_record *record);

/**
 * enum vsmmu_event_refusal - why a guest must not see a record
 *
 * The list may grow: a program that does not know a reason refuses the record all the same.
 */
enum vsmmu_event_refusal {
	VSMMU_EVENT_REFUSAL_NONE = 0,
	VSMMU_EVENT_REFUSAL_ID,	       /* no event that Linux forwards to a guest */
	VSMMU_EVENT_REFUSAL_STALL,     /* Stall = 1: the guest could not resume it */
	VSMMU_EVENT_REFUSAL_STAGE2,    /* S2 = 1: the guest has no stage 2 */
	VSMMU_EVENT_REFUSAL_SUBSTREAM, /* a SubstreamID that the guest's SMMU cannot have */
};

/**
 * vsmmu_event_filter() - whether a guest may see a record, and the record as it may see it
 * @record: a record from a vEVENTQ. Cleaned when 0 is returned, else left as it is
 * @ssid_bits: IDR1.SSIDSIZE of the guest's SMMU, 0 to 20
 *
 * This is the check that a vSMMU makes of each record, for a VMM that fills its guest's event queue
 * by itself. Records come from the host's hardware through the host's kernel; a guest may see what
 * the architecture promises of an SMMU without stage 2, and nothing of the host. It clears all bits
 * that the architecture does not define for the event, IMPLEMENTATION DEFINED ones, STAG, NSIPA,
 * the TTRnW group, the IPA, and the SubstreamID with SSV = 0.
 *
 * It does not look at the StreamID: the caller knows which ones are the guest's.
 *
 * Return: 0; a positive enum vsmmu_event_refusal; -EINVAL for a NULL or more than 20 bits.
 * Threads: any. Since: 0.1. Source: IHI 0070 7.3; Linux drivers/iommu/arm/arm-smmu-v3/
 * arm-smmu-v3.c, arm_smmu_handle_event()
 */
VSMMU_API int vsmmu_event_filter(struct vsmmu_event_record *record, unsigned int ssid_bits);

/**
 * vsmmu_event_refusal_name() - a reason in words, for printing
 * @refusal: the reason
 *
 * Return: e.g. "stalled", a constant string; NULL for none and for a reason that this version
 * does not know.
 * Threads: any. Since: 0.1
 */
VSMMU_API const char *vsmmu_event_refusal_name(enum vsmmu_event_refusal refusal);

/**
 * vsmmu_event_name() - the architecture's name of an event
 * @id: event number
 *
 * Return: e.g. "F_TRANSLATION"; "IMPDEF" for 0xe0 to 0xef; "UNKNOWN" for reserved
 * numbers. A constant string, never NULL.
 * Threads: any. Since: 0.1. Source: IHI 0070 7.3
 */
VSMMU_API const char *vsmmu_event_name(uint8_t id);

/**
 * vsmmu_event_has() - whether records of an event have a field
 * @id: event number
 * @field: field
 *
 * Every id has ID; IMPDEF and reserved numbers have nothing else.
 *
 * Return: true or false; false for a field that this version does not know.
 * Threads: any. Since: 0.1. Source: IHI 0070 7.3
 */
VSMMU_API bool vsmmu_event_has(uint8_t id, enum vsmmu_event_field field);

/**
 * vsmmu_event_field_name() - short name of a field, for printing
 * @field: field, counted from 0
 *
 * Return: e.g. "sid", a constant string; NULL after the last field.
 * Threads: any. Since: 0.1
 */
VSMMU_API const char *vsmmu_event_field_name(enum vsmmu_event_field field);

/**
 * vsmmu_event_field_value() - the member that belongs to a field
 * @event: a decoded event
 * @field: field
 *
 * Return: its value; 0 for a field that this version does not know, and for a NULL.
 * Threads: any. Since: 0.1
 */
VSMMU_API uint64_t vsmmu_event_field_value(
	const struct vsmmu_event *event, enum vsmmu_event_field field);

#ifdef __cplusplus
}
#endif

#endif
