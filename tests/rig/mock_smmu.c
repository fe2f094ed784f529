/* SPDX-License-Identifier: BSD-2-Clause */
/* A full vSMMU and its guest's driver on the real kernel's objects, with mock devices. */
#include "mock_smmu.h"

#include <string.h>

#include "injection.h"

static const struct mock_smmu_part *const parts[] = {
	&mock_smmu_registers,
	&mock_smmu_commands,
	&mock_smmu_invalidations,
	&mock_smmu_streams,
	&mock_smmu_endpoints,
	&mock_smmu_snapshots,
	&mock_smmu_threads,
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static int open_machine(void *context)
{
	struct smmu_machine *machine = context;

	memset(machine, 0, sizeof(*machine));
	machine->ops = &smmu_machine_mock;
	return machine->ops->open(machine);
}

static void close_machine(void *context)
{
	struct smmu_machine *machine = context;

	/* What a test that failed left behind. */
	injection_arm_self(0);
	smmu_guest_close_left();
	machine->ops->close(machine);
}

int main(void)
{
	static const struct tap_fixture fixture = {open_machine, close_machine};
	struct smmu_machine machine;
	size_t count = 0;

	for (unsigned int i = 0; i < PARTS; i++)
		count += parts[i]->count;
	tap_plan(count);
	for (unsigned int i = 0; i < PARTS; i++)
		tap_run(parts[i]->tests, parts[i]->count, &fixture, &machine);
	return tap_end();
}
