/* SPDX-License-Identifier: BSD-2-Clause */
/* A fault as the choice of its causes sees it: an event, and what else is known of it. */
#ifndef CATALOGUE_FAULT_H
#define CATALOGUE_FAULT_H

#include <vsmmu/event.h>

/** enum context_kind - what often precedes a fault; bits, so that they can be collected */
enum context_kind {
	CONTEXT_RESET = 1,    /* a device, or the function that it is, was reset */
	CONTEXT_AER = 2,      /* an error of PCIe or of the hardware was reported */
	CONTEXT_UNBIND = 4,   /* a driver let go of its device, or the device is gone */
	CONTEXT_WATCHDOG = 8, /* a queue of a device has not moved for too long */
	CONTEXT_VFIO = 16,    /* a device went to or from a virtual machine */
	CONTEXT_LINK = 32,    /* the link of a device went down */
	CONTEXT_SUSPEND = 64, /* the machine slept, or began another kernel */
	CONTEXT_MEMORY = 128, /* the kernel had no memory left */
	CONTEXT_PANIC = 256,  /* the kernel itself failed */
};

/**
 * struct fault - an event and what is known about it
 * @event: the event
 * @known: bit n is set if enum vsmmu_event_field n is known
 * @empty: all words of the record are there, and are 0
 * @unassigned: the kernel says that it knows no device with this StreamID
 * @endpoints: how many endpoints have this StreamID; 0 if nobody knows
 * @repeats: how often the same fault of the same page came before
 * @before: bits of enum context_kind: what the log has just before
 */
struct fault {
	const struct vsmmu_event *event;
	uint64_t known;
	bool empty;
	bool unassigned;
	uint32_t endpoints;
	uint64_t repeats;
	uint32_t before;
};

#endif
