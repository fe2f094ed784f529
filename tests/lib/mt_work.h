/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that work on mt_vmm's vSMMU from all sides at once: vCPUs that share a command queue,
 * one on the registers, one that takes events, devices that do DMA, a dispatcher, a thread for
 * commands left over, hotplug, a saver.
 */
#ifndef LIB_MT_WORK_H
#define LIB_MT_WORK_H

#include "lib/mt_vmm.h"

enum mt_work_mode {
	MT_WORK_STEADY,	   /* what a device reads is what its guest has mapped */
	MT_WORK_TOGGLING,  /* CR0 and GBPA change */
	MT_WORK_RESETTING, /* the leader resets it, and lets reads fail */
	MT_WORK_FAILING,   /* CR0 and GBPA change, the host fails but can always cut off */
	MT_WORK_BROKEN,	   /* CR0 and GBPA change, the host may fail in everything */
};

/*
 * All of them, until the vCPUs have done their part and @leader has ended; @follower goes on as
 * long as !mt_work_is_over(). Both may be NULL.
 */
void mt_work(enum mt_work_mode mode, void *(*leader)(void *), void *(*follower)(void *));
bool mt_work_is_over(void);

/* Afterwards: one event of each outcome, and the sums. */
void mt_work_deliver_and_discard(void);
void mt_work_check_events(void);
void mt_work_check_commands(void);

#endif
