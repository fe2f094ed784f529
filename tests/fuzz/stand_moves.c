/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest, an endpoint and a VMM do on the stand. */
#include "stand.h"

#include <errno.h>

#include "arch/queue.h"
#include "arch/regs.h"

/* Far enough never to come. */
#define NEVER UINT32_MAX

void stand_fault(struct stand *stand, unsigned int n, const struct vsmmu_event_record *record)
{
	int ret = vsmmu_sim_fault(stand->sim, stand->dev_id[n], record);

	FUZZ_CHECK(!ret || ret == -EOPNOTSUPP);
	stand->produced += !ret;
}

void stand_drop(struct stand *stand, unsigned int n, uint32_t count)
{
	int ret = vsmmu_sim_drop(stand->sim, stand->dev_id[n], count);

	FUZZ_CHECK(!ret || ret == -EOPNOTSUPP);
	stand->produced += ret ? 0 : count;
}

void stand_attach(struct stand *stand, unsigned int n, uint32_t vsid)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = stand->dev_id[n],
		.vfio_fd = -1,
	};
	struct vsmmu_endpoint *endpoint = NULL;
	int ret;

	/* A call that fails may take a vEVENTQ down that it had just made. */
	stand->uncounted = stand->uncounted || stand->reads_may_fail;
	stand_enter(stand);
	ret = vsmmu_endpoint_attach(stand->vsmmu, &config, &endpoint);
	FUZZ_CHECK(!ret == !!endpoint);
	if (!ret) {
		stand->vsid[n] = vsid;
		stand->endpoint[n] = endpoint;
	}
	stand_leave(stand);
}

void stand_detach(struct stand *stand, unsigned int n)
{
	struct vsmmu_endpoint *endpoint = stand->endpoint[n];

	stand->uncounted = stand->uncounted || stand->reads_may_fail;
	stand->endpoint[n] = NULL;
	stand_enter(stand);
	vsmmu_endpoint_detach(endpoint);
	stand_leave(stand);
}

void stand_write(struct stand *stand, uint64_t offset, uint32_t size, uint64_t value)
{
	bool legal = (size == 4 || size == 8) && offset % size == 0 && offset < SMMU_REG_SPACE;
	int ret = vsmmu_mmio_write(stand->vsmmu, offset, size, value);

	FUZZ_CHECK(ret == (legal ? 0 : -EINVAL));
}

void stand_enable(struct stand *stand, unsigned int log2, unsigned int page)
{
	const uint32_t irqs = SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN;
	uint64_t address = STAND_MEMORY + (uint64_t)page * 4096 % STAND_SIZE;

	stand_write(stand, SMMU_CR0, 4, 0);
	stand_write(stand, SMMU_EVENTQ_BASE, 8, address | SMMU_QUEUE_BASE_HINT | log2);
	stand_write(stand, SMMU_EVENTQ_PROD, 4, 0);
	stand_write(stand, SMMU_EVENTQ_CONS, 4, 0);
	stand_write(stand, SMMU_GERRORN, 4, stand_read(stand, SMMU_GERROR));
	stand_write(stand, SMMU_IRQ_CTRL, 4, irqs);
	stand_write(stand, SMMU_CR0, 4, SMMU_CR0_EVENTQEN | SMMU_CR0_SMMUEN);
}

void stand_consume(struct stand *stand, uint32_t records)
{
	uint32_t log2 = stand_read(stand, SMMU_EVENTQ_BASE) & SMMU_QUEUE_BASE_LOG2SIZE;
	uint32_t prod = stand_read(stand, SMMU_EVENTQ_PROD);
	uint32_t cons = stand_read(stand, SMMU_EVENTQ_CONS);
	uint32_t used;

	if (log2 > stand->log2_max)
		log2 = stand->log2_max;
	used = queue_distance(prod, cons, log2);
	cons = queue_advance(cons, records < used ? records : used, log2);
	stand_write(stand, SMMU_EVENTQ_CONS, 4, cons | (prod & SMMU_EVENTQ_PROD_OVFLG));
}

void stand_heal(struct stand *stand)
{
	for (int failure = VSMMU_SIM_FAIL_EVENT_ALLOC; failure < VSMMU_SIM_FAIL_READ_ALWAYS;
		failure++)
		FUZZ_CHECK(
			!vsmmu_sim_fail(stand->sim, (enum vsmmu_sim_failure)failure, NEVER, EIO));
	FUZZ_CHECK(!vsmmu_sim_fail(stand->sim, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0));
	FUZZ_CHECK(!vsmmu_sim_on_lost_copy(stand->sim, NULL, NULL));
	stand->reads_may_fail = false;
	stand->gone_size = 0;
}

/* Whatever the vEVENTQs hold is read and taken by the guest. */
static void drain(struct stand *stand)
{
	stand_heal(stand);
	stand_timer_expire();
	vsmmu_rearm(stand->vsmmu);
	stand_enable(stand, stand->log2_max, 0);
	do {
		stand_consume(stand, NEVER);
		stand_run(stand, 0);
	} while (stand_read(stand, SMMU_EVENTQ_PROD) != stand_read(stand, SMMU_EVENTQ_CONS));
}

void stand_settle(struct stand *stand)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	drain(stand);
	FUZZ_CHECK(!vsmmu_sim_get_stats(stand->sim, &sim));
	FUZZ_CHECK(sim.numbered == stand->produced);
	if (stand->uncounted)
		return;
	FUZZ_CHECK(stand->stats.sequenced == stand->produced);
	FUZZ_CHECK(stand->stats.lost == sim.dropped);
}

void stand_close(struct stand *stand)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	stand->may_write = false;
	vsmmu_free(stand->vsmmu);
	FUZZ_CHECK(!vsmmu_sim_get_stats(stand->sim, &sim));
	FUZZ_CHECK(!sim.objects);
	vsmmu_host_unref(stand->sim);
}
