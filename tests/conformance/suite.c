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
	const struct suite_part parts[] = {suite_queue, suite_path, suite_room};
	struct machine machine = {.ops = ops};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		count += parts[i].count;
	tap_plan(count);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		tap_run(parts[i].tests, parts[i].count, &suite_fixture, &machine);
	return tap_end();
}
