/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine_real.h"

struct real_machine *machine_real_of(struct machine *machine)
{
	return machine->state;
}

static int machine_real_open(struct machine *machine)
{
	static struct real_machine real;
	int ret = real_machine_open(&real, MACHINE_ENDPOINTS);

	if (ret)
		return ret;
	machine->state = &real;
	machine->payload_size = VSMMU_EVENT_RECORD_SIZE;
	machine->type = VSMMU_VEVENTQ_ARM_SMMUV3;
	for (unsigned int n = 0; n < MACHINE_ENDPOINTS; n++) {
		machine->endpoint[n] = real_machine_endpoint(&real, n);
		real_machine_ste(&real, n, machine->ste[n]);
	}
	ret = real_machine_host(&real, &machine->host);
	machine->path_host = machine->host;
	return ret;
}

static void machine_real_close(struct machine *machine)
{
	vsmmu_host_unref(machine->host);
	real_machine_close(machine_real_of(machine));
}

static int machine_real_fault(struct machine *machine, unsigned int n, unsigned int count)
{
	return real_machine_fault(machine_real_of(machine), n, count);
}

static int machine_real_fault_dropped(struct machine *machine, unsigned int n)
{
	return real_machine_fault_dropped(machine_real_of(machine), n);
}

static int machine_real_fail_lost_copy(struct machine *machine)
{
	return real_machine_fail_lost_copy(machine_real_of(machine));
}

static ssize_t machine_real_read_and_drop(struct machine *machine, struct host_veventq *veventq,
	void *buffer, size_t length, unsigned int n)
{
	return real_machine_read_and_drop(machine_real_of(machine), veventq, buffer, length, n);
}

const struct machine_ops machine_real = {
	.lane = "real",
	.open = machine_real_open,
	.close = machine_real_close,
	.fault = machine_real_fault,
	.fault_dropped = machine_real_fault_dropped,
	.fail_lost_copy = machine_real_fail_lost_copy,
	.read_and_drop = machine_real_read_and_drop,
};
