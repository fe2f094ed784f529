/* SPDX-License-Identifier: BSD-2-Clause */
/* The real arm-smmu-v3 driver with edu endpoints as a machine of the full SMMU's suite. */
#include "smmu_machine_real.h"

#include <errno.h>
#include <string.h>

#include "injection.h"

struct real_machine *smmu_machine_real_of(struct smmu_machine *machine)
{
	return machine->state;
}

/* Each edu reads its canary while the whole memory is open to it, as no guest's is yet. */
static int load_canaries(struct smmu_machine *machine, struct real_machine *real)
{
	const struct host_ops *ops = machine->host->ops;
	int ret = 0, failed;

	memcpy(real->memory, machine->canary, sizeof(machine->canary));
	for (unsigned int n = 0; !ret && n < SMMU_MACHINE_ENDPOINTS; n++) {
		ret = ops->attach(
			machine->host, &machine->endpoint[n], real->ioas_id, VSMMU_ATTACH_PUT_BACK);
		if (!ret)
			edu_start_at(&real->endpoint[n].edu, REAL_MEMORY + n * SMMU_MACHINE_CANARY,
				SMMU_MACHINE_BUFFER, SMMU_MACHINE_CANARY, false);
	}
	for (unsigned int n = 0; !ret && n < SMMU_MACHINE_ENDPOINTS; n++) {
		ret = edu_wait(&real->endpoint[n].edu);
		failed = ops->detach(machine->host, &machine->endpoint[n]);
		ret = ret ? ret : failed;
	}
	memset(real->memory, 0, sizeof(machine->canary));
	return ret;
}

static int open_with(struct smmu_machine *machine,
	int (*open_real)(struct real_machine *real, unsigned int endpoints))
{
	static struct real_machine real;
	int ret = open_real(&real, SMMU_MACHINE_ENDPOINTS);

	if (ret)
		return ret;
	/* The guest's own tables are the only ones here. */
	memset(real.memory, 0, REAL_MEMORY_SIZE);
	machine->state = &real;
	machine->memory = real.memory;
	machine->memory_gpa = REAL_MEMORY;
	machine->memory_size = REAL_MEMORY_SIZE;
	/* tests/rig/deviations: large-table, unprivileged */
	machine->small_tables = true;
	machine->all_privileged = true;
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		machine->endpoint[n] = real_machine_endpoint(&real, n);
	ret = real_machine_host(&real, &machine->host);
	if (ret)
		goto fail_real;
	ret = load_canaries(machine, &real);
	if (ret)
		goto fail_host;
	return 0;
fail_host:
	vsmmu_host_unref(machine->host);
fail_real:
	real_machine_close(&real);
	return ret;
}

static int smmu_machine_real_open(struct smmu_machine *machine)
{
	return open_with(machine, real_machine_open);
}

static int smmu_machine_group_open(struct smmu_machine *machine)
{
	return open_with(machine, real_machine_open_group);
}

static void smmu_machine_real_close(struct smmu_machine *machine)
{
	vsmmu_host_unref(machine->host);
	real_machine_close(smmu_machine_real_of(machine));
}

static int smmu_machine_real_dma(struct smmu_machine *machine, unsigned int n,
	const struct vsmmu_access *access, size_t length)
{
	struct edu *edu = &smmu_machine_real_of(machine)->endpoint[n].edu;

	if (access->flags & ~(uint32_t)VSMMU_ACCESS_WRITE)
		return -EOPNOTSUPP;
	edu_start_at(edu, access->address, 0, (uint32_t)length, access->flags & VSMMU_ACCESS_WRITE);
	return edu_wait(edu);
}

static int smmu_machine_real_write_canary(
	struct smmu_machine *machine, unsigned int n, const struct vsmmu_access *access)
{
	struct edu *edu = &smmu_machine_real_of(machine)->endpoint[n].edu;

	if (access->flags != VSMMU_ACCESS_WRITE)
		return -EOPNOTSUPP;
	edu_start_at(edu, access->address, SMMU_MACHINE_BUFFER, SMMU_MACHINE_CANARY, true);
	return edu_wait(edu);
}

static int smmu_machine_real_settle(struct smmu_machine *machine)
{
	return real_machine_settle(smmu_machine_real_of(machine));
}

/* The kernel finds no memory for its copy of the commands; it has no other error to give. */
static int smmu_machine_real_fail_invalidation(struct smmu_machine *machine, int error)
{
	(void)machine;
	(void)error;
	return injection_arm_self(1);
}

const struct smmu_machine_ops smmu_machine_real = {
	.lane = "real",
	.open = smmu_machine_real_open,
	.close = smmu_machine_real_close,
	.dma = smmu_machine_real_dma,
	.write_canary = smmu_machine_real_write_canary,
	.settle = smmu_machine_real_settle,
	.fail_invalidation = smmu_machine_real_fail_invalidation,
};

const struct smmu_machine_ops smmu_machine_group = {
	.lane = "real",
	.open = smmu_machine_group_open,
	.close = smmu_machine_real_close,
	.dma = smmu_machine_real_dma,
	.write_canary = smmu_machine_real_write_canary,
	.settle = smmu_machine_real_settle,
	.fail_invalidation = smmu_machine_real_fail_invalidation,
};
