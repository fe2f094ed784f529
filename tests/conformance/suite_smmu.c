/* SPDX-License-Identifier: BSD-2-Clause */
/* The suite of the full SMMU: what a guest's driver does, and what endpoints' DMA meets. */
#include "conformance/suite_smmu.h"

#include <string.h>

#include "conformance/dma_canary.h"

static const struct suite_smmu_part *const parts[] = {
	&suite_smmu_registers,
	&suite_smmu_commands,
	&suite_smmu_streams,
	&suite_smmu_tables,
	&suite_smmu_substreams,
	&suite_smmu_endpoints,
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static int open_machine(void *context)
{
	struct smmu_machine *machine = context;
	const struct smmu_machine_ops *ops = machine->ops;

	memset(machine, 0, sizeof(*machine));
	machine->ops = ops;
	dma_canary_make(machine);
	return ops->open(machine);
}

static void close_machine(void *context)
{
	struct smmu_machine *machine = context;

	/* A test that failed left its vSMMU behind. */
	smmu_guest_close_left();
	machine->ops->close(machine);
}

const struct tap_fixture suite_smmu_fixture = {open_machine, close_machine};

int suite_smmu_run(const struct smmu_machine_ops *ops)
{
	struct smmu_machine machine = {.ops = ops};
	size_t count = 0;

	for (unsigned int i = 0; i < PARTS; i++)
		count += parts[i]->count;
	tap_plan(count);
	for (unsigned int i = 0; i < PARTS; i++)
		tap_run(parts[i]->tests, parts[i]->count, &suite_smmu_fixture, &machine);
	return tap_end();
}
