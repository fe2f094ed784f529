/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of vsmmu-vm have a guest at a time. Checks that fail end the test; the console and the
 * messages are then printed.
 */
#ifndef RIG_VM_FIXTURE_H
#define RIG_VM_FIXTURE_H

#include <stdint.h>

#include "guest.h"
#include "tap.h"

#define BOOT_SECONDS 60 /* of our kernel; Debian's take twice as long at most */

extern struct guest guest;

/* Ends the guest that a test has left behind. */
extern const struct tap_fixture vm_fixture;

/* The last step of a test that leaves its guest to the next one, and the first of that one. */
void leave_guest(void);
void take_guest(void);

/* Finds @count endpoints of a kind, "edu" or "nvme", that are bound to vfio-pci. */
void find_endpoints(const char *kind, char bdf[][16], unsigned int count);

/* Boots, and waits until PID 1 takes commands. @more: arguments of the VMM, NULL at the end. */
void boot(const char *kernel, const char *append, const char *const *more);

/* Commands to PID 1, in printf's manner; they must be "ok" within @seconds. */
void command(unsigned int seconds, const char *format, ...) __attribute__((format(printf, 2, 3)));

void expect(const char *text, unsigned int seconds);
void expect_shown(const char *text); /* anywhere on the console, so far */
void expect_message(const char *text, unsigned int seconds);

/*
 * The kernel tells of this event record, word by word, since the last command that was given.
 * Source: Linux arm-smmu-v3.c, arm_smmu_dump_raw_event(), and before 6.14 arm_smmu_evtq_thread()
 */
void expect_event(const uint64_t words[4]);

/*
 * "vsmmu decode" finds in what the console has shown each event that the kernel has told of, and
 * among them, in this order, those that expect_event() saw since the machine's start.
 */
void expect_decoded(void);

/* Return: how many events the kernel has told of behind a place on the console. */
unsigned int count_events(size_t from);

/* The console has no line that no healthy guest prints. */
void expect_no_trouble(void);

/* Switches the machine off from within; the VMM must end well. */
void power_off(void);

/* A figure of the statistics that the VMM prints at its end. */
uint64_t statistic(const char *name);

/* Runs the VMM with arguments, NULL at the end, for which it has to end so, and say so. */
void refuses_to_start(const char *const *arguments, int status, const char *text);

#define REFUSES(status, text, ...)                                                                 \
	refuses_to_start((const char *const[]){__VA_ARGS__, NULL}, status, text)

#endif
