/* SPDX-License-Identifier: BSD-2-Clause */
/* A report tells a person one thing: what went wrong, and what to do about it. */
#ifndef VSMMU_REPORT_H
#define VSMMU_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>

#ifdef __cplusplus
extern "C" {
#endif

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
	VSMMU_REPORT_STREAM_ERROR = 3,	 /* a vEVENTQ broke its rules, or may not be one */
	VSMMU_REPORT_QUEUE_DISARMED = 4, /* reading failed for good; see vsmmu_rearm() */
	VSMMU_REPORT_QUEUE_BACKOFF = 5,	 /* the host's kernel is short of memory; retrying */
	VSMMU_REPORT_EVENTQ_ABORT = 6,	 /* the guest's event queue is not writable memory */
	VSMMU_REPORT_HOST_FAILED = 7,	 /* a host call failed in a detach, a reset or at the end */
	VSMMU_REPORT_UNFIT = 8, /* a call was refused for its arguments or the host's limits */
	VSMMU_REPORT_COMMAND_ERROR = 9, /* the guest's command queue stopped with an error */
	VSMMU_REPORT_STREAM_BAD = 10,	/* the guest's STE cannot be used: its DMA is aborted */
	VSMMU_REPORT_BLOCKED = 11,	/* the host failed: an endpoint was cut off from memory */
	VSMMU_REPORT_INVALIDATION = 12, /* the host refused an invalidation: more was invalidated */
	VSMMU_REPORT_VSID_FREE = 13,	/* a StreamID that got -EAGAIN is free now */
	VSMMU_REPORT_RECOVERED = 14,	/* the host works again: endpoints have their access back */
};

/** VSMMU_NO_VSID - vsid of a report or record that belongs to no stream */
#define VSMMU_NO_VSID 0xffffffffffffffffu

/**
 * struct vsmmu_report - one thing worth telling a person
 * @size: sizeof(struct vsmmu_report) of the library: members at or beyond it are not there
 * @code: stable number; a later version may have new ones, so have a default case
 * @severity: see enum vsmmu_severity
 * @vsid: the endpoint's guest StreamID, or VSMMU_NO_VSID
 * @suppressed: reports of this code that rate limiting has held back since the last one; those of
 *	VSID_FREE are never held back
 * @text: one line, which says what to do where a person must act; valid during the call
 */
struct vsmmu_report {
	size_t size;
	enum vsmmu_report_code code;
	enum vsmmu_severity severity;
	uint64_t vsid;
	uint64_t suppressed;
	const char *text;
};

/**
 * vsmmu_report_name() - short lower-case name of a report code, for logs and metrics
 * @code: e.g. VSMMU_REPORT_EVENTS_LOST
 *
 * Return: e.g. "events-lost", a constant string; "unknown" for a number that this version does not
 * know. Threads: any. Since: 0.1
 */
VSMMU_API const char *vsmmu_report_name(enum vsmmu_report_code code);

/**
 * vsmmu_severity_name() - lower-case name of a severity
 * @severity: e.g. VSMMU_WARNING
 *
 * Return: "info", "warning" or "error", a constant string; "unknown" for another number.
 * Threads: any. Since: 0.1
 */
VSMMU_API const char *vsmmu_severity_name(enum vsmmu_severity severity);

#ifdef __cplusplus
}
#endif

#endif
