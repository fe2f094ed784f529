/* SPDX-License-Identifier: BSD-2-Clause */
/* The conformance suite on the real kernel's vEVENTQ, fed by its mock vIOMMU. */
#include <errno.h>

#include "conformance/suite.h"
#include "mock_machine.h"
#include "record_host.h"
#include "uapi/iommufd_test.h"

static int machine_mock_open(struct machine *machine)
{
	static struct mock_machine mock;
	int ret = mock_machine_open(&mock, MACHINE_ENDPOINTS);

	if (ret)
		return ret;
	machine->state = &mock;
	machine->payload_size = 4;
	machine->type = UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST;
	for (unsigned int n = 0; n < MACHINE_ENDPOINTS; n++)
		machine->endpoint[n] = mock_machine_endpoint(&mock, n);
	ret = mock_machine_host(&mock, &machine->host);
	if (ret)
		return ret;
	return record_host_new(&machine->path_host, machine->host);
}

static void machine_mock_close(struct machine *machine)
{
	vsmmu_host_unref(machine->path_host);
	vsmmu_host_unref(machine->host);
	mock_machine_close(machine->state);
}

static int machine_mock_fault(struct machine *machine, unsigned int n, unsigned int count)
{
	int ret = mock_machine_trigger(machine->state, n, count);

	/* As with hardware: an endpoint that forwards nothing faults all the same. */
	return ret == -ENOENT ? 0 : ret;
}

static int machine_mock_fault_dropped(struct machine *machine, unsigned int n)
{
	return mock_machine_trigger_dropped(machine->state, n);
}

static int machine_mock_fail_lost_copy(struct machine *machine)
{
	return mock_machine_fail_lost_copy(machine->state);
}

static ssize_t machine_mock_read_and_drop(struct machine *machine, struct host_veventq *veventq,
	void *buffer, size_t length, unsigned int n)
{
	return mock_machine_read_and_drop(machine->state, veventq, buffer, length, n);
}

static const struct machine_ops machine_mock = {
	.lane = "mock",
	.open = machine_mock_open,
	.close = machine_mock_close,
	.fault = machine_mock_fault,
	.fault_dropped = machine_mock_fault_dropped,
	.fail_lost_copy = machine_mock_fail_lost_copy,
	.read_and_drop = machine_mock_read_and_drop,
};

int main(void)
{
	return suite_run(&machine_mock);
}
