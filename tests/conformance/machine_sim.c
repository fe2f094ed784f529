/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <vsmmu/sim.h>

#include "conformance/machine.h"

static int machine_sim_open(struct machine *machine)
{
	int ret = vsmmu_sim_new(&machine->host, NULL);

	machine->path_host = machine->host;
	machine->payload_size = 32;
	machine->type = VSMMU_VEVENTQ_ARM_SMMUV3;
	for (unsigned int n = 0; !ret && n < MACHINE_ENDPOINTS; n++) {
		machine->endpoint[n].vfio_fd = -1;
		machine->ste[n][0] = 0xb; /* V, stage 1 */
		machine->ste[n][1] = 0;
		ret = vsmmu_sim_endpoint_new(machine->host, 0, &machine->endpoint[n].dev_id);
	}
	return ret;
}

static void machine_sim_close(struct machine *machine)
{
	vsmmu_host_unref(machine->host);
}

static int machine_sim_fault_one(struct machine *machine, unsigned int n)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(0x20800000000),
			0x100000 + 4 * machine->faults++, 0},
	};
	int ret = vsmmu_sim_fault(machine->host, machine->endpoint[n].dev_id, &record);

	/* As with hardware: what the host prints instead is no failure of the endpoint. */
	return ret == -EOPNOTSUPP ? 0 : ret;
}

static int machine_sim_fault(struct machine *machine, unsigned int n, unsigned int count)
{
	int ret = 0;

	while (!ret && count--)
		ret = machine_sim_fault_one(machine, n);
	return ret;
}

static int machine_sim_fault_dropped(struct machine *machine, unsigned int n)
{
	int ret = vsmmu_sim_fail(machine->host, VSMMU_SIM_FAIL_EVENT_ALLOC, 0, 0);

	return ret ? ret : machine_sim_fault_one(machine, n);
}

static int machine_sim_fail_lost_copy(struct machine *machine)
{
	return vsmmu_sim_fail(machine->host, VSMMU_SIM_FAIL_LOST_COPY, 0, 0);
}

struct drop {
	struct machine *machine;
	unsigned int n;
	int ret;
};

static void machine_sim_drop(void *opaque)
{
	struct drop *drop = opaque;

	drop->ret = machine_sim_fault_dropped(drop->machine, drop->n);
}

static ssize_t machine_sim_read_and_drop(struct machine *machine, struct host_veventq *veventq,
	void *buffer, size_t length, unsigned int n)
{
	struct drop drop = {.machine = machine, .n = n, .ret = -ENODATA};
	ssize_t got;

	if (vsmmu_sim_on_lost_copy(machine->host, machine_sim_drop, &drop))
		return -EINVAL;
	got = veventq->source.read(veventq->source.ctx, buffer, length);
	return drop.ret ? drop.ret : got;
}

const struct machine_ops machine_sim = {
	.lane = "sim",
	.open = machine_sim_open,
	.close = machine_sim_close,
	.fault = machine_sim_fault,
	.fault_dropped = machine_sim_fault_dropped,
	.fail_lost_copy = machine_sim_fail_lost_copy,
	.read_and_drop = machine_sim_read_and_drop,
};
