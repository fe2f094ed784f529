/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest: a small driver of an SMMUv3 that knows registers and its own memory, and of the VMM
 * nothing but its exits. Numbers are those of IHI 0070.
 */
#ifndef OUTSIDE_GUEST_H
#define OUTSIDE_GUEST_H

#include <vsmmu/event.h>

#include "vmm.h"

#define GUEST_SMMUEN   (1u << 0)
#define GUEST_EVENTQEN (1u << 2)
#define GUEST_CMDQEN   (1u << 3)
#define GUEST_ON       (GUEST_SMMUEN | GUEST_EVENTQEN | GUEST_CMDQEN)

/*
 * Pages for devices. Stage 1 maps them at these addresses, which are also those from the begin of
 * RAM on; and nothing at GUEST_HOLE and beyond.
 */
#define GUEST_FROM UINT64_C(0x100000)
#define GUEST_TO   UINT64_C(0x101000)
#define GUEST_HOLE UINT64_C(0x400000)

struct guest {
	struct vmm *vmm;
	uint32_t idr[6];
	uint32_t prod; /* of the command queue, with wrap */
	uint32_t cons; /* of the event queue, with wrap and OVACKFLG */
	uint32_t syncs;
};

/* Reads the ID registers and sets up all that a driver does, until the SMMU is on. */
void guest_boot(struct guest *guest, struct vmm *vmm);
/* Boots after the buses of both devices got these numbers. */
void guest_boot_numbered(
	struct guest *guest, struct vmm *vmm, unsigned int first, unsigned int second);

/* The interrupts that it wants; IRQ_CTRL. */
void guest_want_irqs(struct guest *guest, bool eventq, bool gerror);

/* Makes its SMMU use another event queue from now on, at any address. */
void guest_move_eventq(struct guest *guest, uint64_t address);
#define GUEST_EVENTQ (VMM_RAM + 0x20000)

/* The bridge above device @n gets the number, and a stream table entry follows; no command yet. */
void guest_number(struct guest *guest, unsigned int n, unsigned int bus);
/* Makes that STE invalid. */
void guest_forget(struct guest *guest, unsigned int bus);

/* CFGI_STE of the StreamID that a device on the bus has; CFGI_ALL; both with a CMD_SYNC. */
void guest_invalidate(struct guest *guest, unsigned int bus);
void guest_invalidate_all(struct guest *guest);

/* A CMD_SYNC that tells by writing to memory, which is waited for; and one that interrupts. */
void guest_sync(struct guest *guest);
void guest_sync_irq(struct guest *guest);

/* Waits for the next event, by polling, and takes it. */
struct vsmmu_event guest_take_event(struct guest *guest);
bool guest_has_event(struct guest *guest);
bool guest_event_is_there(struct vmm *vmm, const void *guest); /* for vmm_wait() */
/* Waits for the interrupt that tells of an event, and takes it. */
struct vsmmu_event guest_handle_event(struct guest *guest);

/* Waits for an edge of @irq. */
void guest_wait_irq(struct guest *guest, enum vsmmu_irq irq);

/*
 * Whether device @n copies from page to page at once, by the addresses of stage 1, or by
 * guest-physical ones.
 */
bool guest_copies(struct guest *guest, unsigned int n);
bool guest_copies_untranslated(struct guest *guest, unsigned int n);

/* The device writes into the hole. */
void guest_fault(struct guest *guest, unsigned int n, unsigned int page);
/* Whether the event is that of it. */
bool guest_is_fault(const struct vsmmu_event *event, uint32_t vsid, unsigned int page);

#endif
