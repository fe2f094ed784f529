/* SPDX-License-Identifier: BSD-2-Clause */
#include "conformance/suite.h"

#include <string.h>

#include "conformance/guest.h"

static int suite_open(void *context)
{
	struct machine *machine = context;
	const struct machine_ops *ops = machine->ops;

	memset(machine, 0, sizeof(*machine));
	machine->ops = ops;
	return ops->open(machine);
}

static void suite_close(void *context)
{
	struct machine *machine = context;

	/* A test that failed left its vSMMU behind. */
	guest_close_left();
	machine->ops->close(machine);
}

struct machine *suite_machine(void *context)
{
	return context;
}

const struct tap_fixture suite_fixture = {suite_open, suite_close};

int suite_run(const struct machine_ops *ops)
{
	struct machine machine = {.ops = ops};

	tap_plan(suite_queue_count + suite_path_count);
	tap_run(suite_queue, suite_queue_count, &suite_fixture, &machine);
	tap_run(suite_path, suite_path_count, &suite_fixture, &machine);
	return tap_end();
}
