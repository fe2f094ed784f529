/* SPDX-License-Identifier: BSD-2-Clause */
/* The suite: lists of tests, each run on a machine of its own. */
#ifndef CONFORMANCE_SUITE_H
#define CONFORMANCE_SUITE_H

#include "conformance/machine.h"
#include "tap.h"

struct suite_part {
	const struct tap_test *tests;
	size_t count;
};

extern const struct suite_part suite_queue; /* a vEVENTQ and the objects around it */
extern const struct suite_part suite_path;  /* from a fault to the guest's queue */
extern const struct suite_part suite_room;  /* in that queue, and who waits for it */

/* Gives each test a machine of its own; its context is a struct machine with ops set. */
extern const struct tap_fixture suite_fixture;

/* Runs all of them on machines of this kind. Return: exit code. */
int suite_run(const struct machine_ops *ops);

/* The machine of the test that runs. */
struct machine *suite_machine(void *context);

#endif
