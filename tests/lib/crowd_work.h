/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is done to a crowd's vSMMU from all sides at once: vCPUs that share a command queue,
 * one on the registers, one that takes events, devices that do DMA, a dispatcher, a thread for
 * commands left over, hotplug, a saver.
 */
#ifndef LIB_CROWD_WORK_H
#define LIB_CROWD_WORK_H

#include "lib/crowd.h"

enum crowd_mode {
	CROWD_STEADY,	 /* what a device reads is what its guest has mapped */
	CROWD_TOGGLING,	 /* CR0 and GBPA change */
	CROWD_RESETTING, /* the leader resets it, and lets reads fail */
};

/*
 * All of them, until the vCPUs have done their part and @leader has ended; @follower goes on as
 * long as !crowd_is_over(). Both may be NULL.
 */
void crowd_work(enum crowd_mode mode, void *(*leader)(void *), void *(*follower)(void *));
bool crowd_is_over(void);

/* Afterwards: one event of each outcome, and the sums. */
void crowd_deliver_and_discard(void);
void crowd_check_events(void);
void crowd_check_commands(void);

#endif
