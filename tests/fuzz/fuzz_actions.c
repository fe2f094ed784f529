/* SPDX-License-Identifier: BSD-2-Clause */
/* The moves of a guest, an endpoint and a VMM on fuzz_events.h. */
#include "fuzz_events.h"

#include <errno.h>

#include "arch/queue.h"
#include "arch/regs.h"

/* Far enough never to come. */
#define NEVER UINT32_MAX

void fuzz_events_fault(
	struct fuzz_events *fuzz, unsigned int n, const struct vsmmu_event_record *record)
{
	int ret = vsmmu_sim_fault(fuzz->sim, fuzz->dev_id[n], record);

	FUZZ_CHECK(!ret || ret == -EOPNOTSUPP);
	fuzz->produced += !ret;
}

void fuzz_events_drop(struct fuzz_events *fuzz, unsigned int n, uint32_t count)
{
	int ret = vsmmu_sim_drop(fuzz->sim, fuzz->dev_id[n], count);

	FUZZ_CHECK(!ret || ret == -EOPNOTSUPP);
	fuzz->produced += ret ? 0 : count;
}

void fuzz_events_attach(struct fuzz_events *fuzz, unsigned int n, uint32_t vsid)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = fuzz->dev_id[n],
		.vfio_fd = -1,
	};
	struct vsmmu_endpoint *endpoint = NULL;
	int ret;

	/* A call that fails may take a vEVENTQ down that it had just made. */
	fuzz->uncounted = fuzz->uncounted || fuzz->reads_may_fail;
	fuzz_events_enter(fuzz);
	ret = vsmmu_endpoint_attach(fuzz->vsmmu, &config, &endpoint);
	FUZZ_CHECK(!ret == !!endpoint);
	if (!ret) {
		fuzz->vsid[n] = vsid;
		fuzz->endpoint[n] = endpoint;
	}
	fuzz_events_leave(fuzz);
}

void fuzz_events_detach(struct fuzz_events *fuzz, unsigned int n)
{
	struct vsmmu_endpoint *endpoint = fuzz->endpoint[n];

	fuzz->uncounted = fuzz->uncounted || fuzz->reads_may_fail;
	fuzz->endpoint[n] = NULL;
	fuzz_events_enter(fuzz);
	vsmmu_endpoint_detach(endpoint);
	fuzz_events_leave(fuzz);
}

void fuzz_events_write(struct fuzz_events *fuzz, uint64_t offset, uint32_t size, uint64_t value)
{
	bool legal = (size == 4 || size == 8) && offset % size == 0 && offset < SMMU_REG_SPACE;
	int ret = vsmmu_mmio_write(fuzz->vsmmu, offset, size, value);

	FUZZ_CHECK(ret == (legal ? 0 : -EINVAL));
}

void fuzz_events_enable(struct fuzz_events *fuzz, unsigned int log2, unsigned int page)
{
	const uint32_t irqs = SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN;
	uint64_t address = FUZZ_EVENTS_MEMORY + (uint64_t)page * 4096 % FUZZ_EVENTS_SIZE;

	fuzz_events_write(fuzz, SMMU_CR0, 4, 0);
	fuzz_events_write(fuzz, SMMU_EVENTQ_BASE, 8, address | SMMU_QUEUE_BASE_HINT | log2);
	fuzz_events_write(fuzz, SMMU_EVENTQ_PROD, 4, 0);
	fuzz_events_write(fuzz, SMMU_EVENTQ_CONS, 4, 0);
	fuzz_events_write(fuzz, SMMU_GERRORN, 4, fuzz_events_read(fuzz, SMMU_GERROR));
	fuzz_events_write(fuzz, SMMU_IRQ_CTRL, 4, irqs);
	fuzz_events_write(fuzz, SMMU_CR0, 4, SMMU_CR0_EVENTQEN | SMMU_CR0_SMMUEN);
}

void fuzz_events_consume(struct fuzz_events *fuzz, uint32_t records)
{
	uint32_t log2 = fuzz_events_read(fuzz, SMMU_EVENTQ_BASE) & SMMU_QUEUE_BASE_LOG2SIZE;
	uint32_t prod = fuzz_events_read(fuzz, SMMU_EVENTQ_PROD);
	uint32_t cons = fuzz_events_read(fuzz, SMMU_EVENTQ_CONS);
	uint32_t used;

	if (log2 > fuzz->log2_max)
		log2 = fuzz->log2_max;
	used = queue_distance(prod, cons, log2);
	cons = queue_advance(cons, records < used ? records : used, log2);
	fuzz_events_write(fuzz, SMMU_EVENTQ_CONS, 4, cons | (prod & SMMU_EVENTQ_PROD_OVFLG));
}

void fuzz_events_heal(struct fuzz_events *fuzz)
{
	for (int failure = VSMMU_SIM_FAIL_EVENT_ALLOC; failure < VSMMU_SIM_FAIL_READ_ALWAYS;
		failure++)
		FUZZ_CHECK(!vsmmu_sim_fail(fuzz->sim, (enum vsmmu_sim_failure)failure, NEVER, EIO));
	FUZZ_CHECK(!vsmmu_sim_fail(fuzz->sim, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0));
	FUZZ_CHECK(!vsmmu_sim_on_lost_copy(fuzz->sim, NULL, NULL));
	fuzz->reads_may_fail = false;
	fuzz->gone_size = 0;
}

/* All that the vEVENTQs hold is read and taken by the guest. */
static void drain(struct fuzz_events *fuzz)
{
	fuzz_events_heal(fuzz);
	fuzz_timer_expire();
	vsmmu_rearm(fuzz->vsmmu);
	fuzz_events_enable(fuzz, fuzz->log2_max, 0);
	do {
		fuzz_events_consume(fuzz, NEVER);
		fuzz_events_run(fuzz, 0);
	} while (fuzz_events_read(fuzz, SMMU_EVENTQ_PROD) !=
		 fuzz_events_read(fuzz, SMMU_EVENTQ_CONS));
}

void fuzz_events_settle(struct fuzz_events *fuzz)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	drain(fuzz);
	FUZZ_CHECK(!vsmmu_sim_get_stats(fuzz->sim, &sim));
	FUZZ_CHECK(sim.numbered == fuzz->produced);
	if (fuzz->uncounted)
		return;
	FUZZ_CHECK(fuzz->stats.sequenced == fuzz->produced);
	FUZZ_CHECK(fuzz->stats.lost == sim.dropped);
}

void fuzz_events_close(struct fuzz_events *fuzz)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	fuzz->may_write = false;
	vsmmu_free(fuzz->vsmmu);
	FUZZ_CHECK(!vsmmu_sim_get_stats(fuzz->sim, &sim));
	FUZZ_CHECK(!sim.objects);
	vsmmu_host_unref(fuzz->sim);
}
