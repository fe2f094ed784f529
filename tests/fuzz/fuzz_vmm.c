/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz_vmm.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "lib/host_interposer.h"
#include "arch/idr.h"
#include "arch/queue.h"
#include "arch/regs.h"
#include "smmu/endpoint.h"
#include "smmu/events/pending.h"

#define IDLE_MAX 1 /* calls in a row that find nothing although the fd is readable */
#define NEVER	 UINT32_MAX

struct fuzz_vmm fuzz_vmm;

/* Some beyond what a linear table of a page holds, one beyond SIDSIZE. */
const uint32_t fuzz_vmm_vsids[FUZZ_VMM_VSIDS] = {0, 1, 2, 0x3f, 0x140, 0x10001};

/* Reads of vEVENTQs are not in it: they have a budget of their own. */
static int before_call(void *opaque, enum host_call call, uint32_t count)
{
	(void)opaque;
	if (call == HOST_CALL_VEVENTQ_CLOSE)
		return 0;
	fuzz_vmm.calls++;
	/* Linux answers EINVAL to none. */
	FUZZ_CHECK(call != HOST_CALL_INVALIDATE || count);
	/* What takes things away does not fail, or it would be the host that leaks. */
	if (!fuzz_vmm.refusals || call == HOST_CALL_DETACH || call == HOST_CALL_DESTROY ||
		(fuzz_vmm.refuses_invalidations && call != HOST_CALL_INVALIDATE))
		return 0;
	fuzz_vmm.refusals--;
	return fuzz_vmm.refusal;
}

static void open_host(void)
{
	struct vsmmu_sim_config sim = fuzz_vmm.options.sim;
	struct host_interposer *host;

	sim.size = sizeof(sim);
	sim.memory_read = fuzz_vmm_stage2_read;
	sim.memory_write = fuzz_vmm_stage2_write;
	FUZZ_CHECK(!vsmmu_sim_new(&fuzz_vmm.sim, &sim));
	for (unsigned int n = 0; n < FUZZ_VMM_ENDPOINTS; n++)
		FUZZ_CHECK(!vsmmu_sim_endpoint_new(
			fuzz_vmm.sim, fuzz_vmm.options.two_smmus ? n % 2 : 0, &fuzz_vmm.dev_id[n]));
	for (unsigned int smmu = 0; smmu < 2; smmu++)
		FUZZ_CHECK(!vsmmu_sim_parent_new(
			fuzz_vmm.sim, fuzz_vmm.dev_id[smmu], &fuzz_vmm.parent[smmu]));
	host = host_interposer_new(fuzz_vmm.sim, 0);
	host->hook = before_call;
	fuzz_vmm.host = &host->host;
}

/* The guest is promised what the hardware has, though its endpoints may come later. */
static void probe(void)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .dev_id = fuzz_vmm.dev_id[0], .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint;

	FUZZ_CHECK(!vsmmu_endpoint_attach(fuzz_vmm.vsmmu, &config, &endpoint));
	FUZZ_CHECK(!vsmmu_freeze_identity(fuzz_vmm.vsmmu));
	FUZZ_CHECK(!vsmmu_endpoint_detach(endpoint));
}

struct vsmmu *fuzz_vmm_another(void)
{
	struct vsmmu_config config = fuzz_vmm.options.config;
	struct vsmmu *vsmmu;

	config.size = sizeof(config);
	config.ops = &fuzz_vmm_ops;
	config.host = fuzz_vmm.host;
	config.cmdq_log2_max = FUZZ_VMM_CMDQ_LOG2;
	config.eventq_log2_max = FUZZ_VMM_EVENTQ_LOG2;
	FUZZ_CHECK(!vsmmu_new(&vsmmu, &config));
	return vsmmu;
}

static void open_vsmmu(void)
{
	uint32_t idr[6];

	fuzz_vmm.vsmmu = fuzz_vmm_another();
	if (fuzz_vmm.options.probe)
		probe();
	for (unsigned int i = 0; i < 6; i++)
		idr[i] = (uint32_t)fuzz_vmm_read(SMMU_IDR0 + 4 * i, 4);
	arch_features_from_idr(idr, &fuzz_vmm.guest);
}

void fuzz_vmm_open(const struct fuzz_vmm_options *options)
{
	const uint32_t *idr = options->sim.idr[5] ? options->sim.idr : arch_idr_simulator;

	memset(&fuzz_vmm, 0, sizeof(fuzz_vmm));
	fuzz_vmm.options = *options;
	fuzz_vmm.resumes_left = FUZZ_VMM_RESUMES;
	arch_idr_host_features(idr, options->sim.ats, &fuzz_vmm.hardware);
	fuzz_vmm.hardware.oas = arch_address_bits(idr[5] & 7);
	fuzz_timer_reset();
	open_host();
	open_vsmmu();
}

static struct vsmmu_sim_stats sim_stats(void)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	FUZZ_CHECK(!vsmmu_sim_get_stats(fuzz_vmm.sim, &sim));
	return sim;
}

/* Nothing is on them any more but devices that were put back. */
static void free_parents(void)
{
	for (unsigned int n = 0; n < FUZZ_VMM_ENDPOINTS; n++)
		FUZZ_CHECK(!vsmmu_sim_attach(fuzz_vmm.sim, fuzz_vmm.dev_id[n], 0));
	for (unsigned int smmu = 0; smmu < 2; smmu++)
		FUZZ_CHECK(!vsmmu_sim_parent_free(fuzz_vmm.sim, fuzz_vmm.parent[smmu]));
}

static void close_machine(void)
{
	struct vsmmu_sim_stats sim;

	fuzz_vmm.inside = true;
	vsmmu_free(fuzz_vmm.vsmmu);
	fuzz_vmm.inside = false;
	fuzz_vmm.vsmmu = NULL;
	memset(fuzz_vmm.endpoint, 0, sizeof(fuzz_vmm.endpoint));
	free_parents();
	sim = sim_stats();
	FUZZ_CHECK(!sim.objects);
	/* We and the kernel agree on what a guest's commands become. */
	FUZZ_CHECK(!sim.commands_refused);
	fuzz_vmm.past += sim.numbered;
	vsmmu_host_unref(fuzz_vmm.host);
	fuzz_vmm.at_large = false;
	fuzz_vmm.overflow_at = 0;
}

void fuzz_vmm_close(void)
{
	fuzz_vmm_heal();
	close_machine();
}

void fuzz_vmm_replace(void)
{
	bool attached[FUZZ_VMM_ENDPOINTS];

	fuzz_vmm_heal();
	for (unsigned int n = 0; n < FUZZ_VMM_ENDPOINTS; n++)
		attached[n] = fuzz_vmm.endpoint[n] && fuzz_vmm.vsid[n] != FUZZ_VMM_NO_VSID;
	close_machine();
	fuzz_timer_reset();
	open_host();
	open_vsmmu();
	for (unsigned int n = 0; n < FUZZ_VMM_ENDPOINTS; n++) {
		if (!attached[n])
			continue;
		fuzz_vmm_attach(n, fuzz_vmm.vsid[n], 0);
		FUZZ_CHECK(fuzz_vmm.endpoint[n]);
	}
}

uint64_t fuzz_vmm_read(uint64_t offset, uint32_t size)
{
	uint64_t value;

	FUZZ_CHECK(!vsmmu_mmio_read(fuzz_vmm.vsmmu, offset, size, &value));
	FUZZ_CHECK(size == 8 || value <= UINT32_MAX);
	return value;
}

/* Every stream table that there was: hardware may still have cached what came of it. */
static void note_strtab(const struct arch_strtab *strtab)
{
	if (fuzz_vmm.strtabs &&
		!memcmp(&fuzz_vmm.strtab[fuzz_vmm.strtabs - 1].base, &strtab->base,
			sizeof(strtab->base)) &&
		fuzz_vmm.strtab[fuzz_vmm.strtabs - 1].cfg == strtab->cfg)
		return;
	if (fuzz_vmm.strtabs == FUZZ_VMM_STRTABS)
		fuzz_vmm.forgotten = true;
	else
		fuzz_vmm.strtab[fuzz_vmm.strtabs++] = *strtab;
}

struct fuzz_vmm_registers fuzz_vmm_registers(void)
{
	const struct fuzz_vmm_registers now = {
		.cr0 = (uint32_t)fuzz_vmm_read(SMMU_CR0, 4),
		.gbpa = (uint32_t)fuzz_vmm_read(SMMU_GBPA, 4),
		.irq_ctrl = (uint32_t)fuzz_vmm_read(SMMU_IRQ_CTRL, 4),
		.gerror = (uint32_t)fuzz_vmm_read(SMMU_GERROR, 4),
		.gerrorn = (uint32_t)fuzz_vmm_read(SMMU_GERRORN, 4),
		.strtab = {.base = fuzz_vmm_read(SMMU_STRTAB_BASE, 8),
			.cfg = (uint32_t)fuzz_vmm_read(SMMU_STRTAB_BASE_CFG, 4)},
		.eventq_base = fuzz_vmm_read(SMMU_EVENTQ_BASE, 8),
		.eventq_prod = (uint32_t)fuzz_vmm_read(SMMU_EVENTQ_PROD, 4),
		.eventq_cons = (uint32_t)fuzz_vmm_read(SMMU_EVENTQ_CONS, 4),
		.cmdq_base = fuzz_vmm_read(SMMU_CMDQ_BASE, 8),
		.cmdq_prod = (uint32_t)fuzz_vmm_read(SMMU_CMDQ_PROD, 4),
		.cmdq_cons = (uint32_t)fuzz_vmm_read(SMMU_CMDQ_CONS, 4),
		.gerror_msi = fuzz_vmm_read(SMMU_GERROR_IRQ_CFG0, 8) & SMMU_IRQ_CFG0_ADDR,
		.eventq_msi = fuzz_vmm_read(SMMU_EVENTQ_IRQ_CFG0, 8) & SMMU_IRQ_CFG0_ADDR,
	};

	note_strtab(&now.strtab);
	return now;
}

bool fuzz_vmm_error(void)
{
	return (fuzz_vmm_read(SMMU_GERROR, 4) ^ fuzz_vmm_read(SMMU_GERRORN, 4)) &
	       SMMU_GERROR_CMDQ_ERR;
}

static struct vsmmu_stats check_stats(void)
{
	struct vsmmu_stats now = {.size = sizeof(now)};
	uint64_t discarded = 0;

	FUZZ_CHECK(!vsmmu_get_stats(fuzz_vmm.vsmmu, &now));
	for (unsigned int i = 0; i < VSMMU_DISCARD_SLOTS; i++)
		discarded += now.discarded_by[i];
	FUZZ_CHECK(now.discarded == discarded && now.pending <= PENDING_MAX);
	FUZZ_CHECK(now.sequenced == now.delivered + now.lost + now.discarded + now.pending);
	fuzz_vmm.produced = fuzz_vmm.past + sim_stats().numbered;
	FUZZ_CHECK(fuzz_vmm.recounted || now.sequenced <= fuzz_vmm.produced);
	return now;
}

void fuzz_vmm_enter(void)
{
	fuzz_vmm.stats_before = check_stats();
	fuzz_vmm.before = fuzz_vmm_registers();
	fuzz_vmm.reads = fuzz_vmm.calls = fuzz_vmm.written = fuzz_vmm.foreign_writes = 0;
	memset(fuzz_vmm.pulses, 0, sizeof(fuzz_vmm.pulses));
	fuzz_vmm.inside = true;
}

/* OVFLG changes only when the last change was acknowledged, and once in 100 ms. */
static void check_overflow(const struct fuzz_vmm_registers *now, uint64_t changes)
{
	const uint32_t before = fuzz_vmm.before.eventq_prod;

	/* A guest may write the register too, while the queue is off. */
	if (!changes)
		return;
	FUZZ_CHECK(changes == 1 && ((now->eventq_prod ^ before) & SMMU_EVENTQ_PROD_OVFLG));
	FUZZ_CHECK(!((before ^ fuzz_vmm.before.eventq_cons) & SMMU_EVENTQ_PROD_OVFLG));
	FUZZ_CHECK(!fuzz_vmm.overflow_at ||
		   fuzz_timer_now() >= fuzz_vmm.overflow_at + FUZZ_VMM_OVERFLOW);
	fuzz_vmm.overflow_at = fuzz_timer_now();
}

static void check_queue(const struct fuzz_vmm_registers *now, const struct vsmmu_stats *stats)
{
	const struct vsmmu_stats *old = &fuzz_vmm.stats_before;
	const unsigned int log2 = fuzz_vmm_eventq_log2(fuzz_vmm.before.eventq_base);
	uint32_t advanced = queue_distance(now->eventq_prod, fuzz_vmm.before.eventq_prod, log2);

	FUZZ_CHECK(stats->sequenced >= old->sequenced && stats->delivered >= old->delivered);
	FUZZ_CHECK(stats->lost >= old->lost && stats->commands >= old->commands);
	FUZZ_CHECK(stats->delivered - old->delivered + stats->translation_events -
			   old->translation_events + stats->vmm_events - old->vmm_events ==
		   fuzz_vmm.written);
	FUZZ_CHECK(fuzz_vmm.foreign_writes <= stats->syncs - old->syncs);
	check_overflow(now, stats->overflows - old->overflows);
	if (!fuzz_vmm.written)
		return;
	FUZZ_CHECK(advanced == fuzz_vmm.written);
	if (fuzz_vmm.before.eventq_prod == fuzz_vmm.before.eventq_cons &&
		fuzz_vmm.before.irq_ctrl & SMMU_IRQ_CTRL_EVENTQ_IRQEN)
		FUZZ_CHECK(fuzz_vmm.pulses[VSMMU_IRQ_EVENTQ] ||
			   fuzz_vmm.vsmmu->irqs_noted >> VSMMU_IRQ_EVENTQ & 1);
}

/* Any call may change it: what the host refused once, a later one may make good. */
static void look_at_vsids(void)
{
	for (unsigned int n = 0; n < FUZZ_VMM_ENDPOINTS; n++) {
		uint64_t vsid;

		if (!fuzz_vmm.endpoint[n])
			continue;
		FUZZ_CHECK(!vsmmu_endpoint_get_vsid(fuzz_vmm.endpoint[n], &vsid));
		fuzz_vmm.vsid[n] = vsid <= UINT32_MAX && fuzz_vmm_is_live((uint32_t)vsid)
					   ? (uint32_t)vsid
					   : FUZZ_VMM_NO_VSID;
	}
}

void fuzz_vmm_leave(unsigned int reads, unsigned int calls)
{
	struct fuzz_vmm_registers now = fuzz_vmm_registers();
	struct vsmmu_stats stats = check_stats();

	fuzz_vmm.inside = false;
	look_at_vsids();
	FUZZ_CHECK(fuzz_vmm.reads <= reads && fuzz_vmm.calls <= calls);
	FUZZ_CHECK(!((now.gerror ^ now.gerrorn) & ~UINT32_C(0xb5)));
	if (fuzz_vmm.anything)
		fuzz_vmm.overflow_at = 0;
	else
		check_queue(&now, &stats);
	fuzz_vmm.anything = false;
	fuzz_vmm.cr0_written = 0;
}

void fuzz_vmm_write(uint64_t offset, uint32_t size, uint64_t value)
{
	bool legal = (size == 4 || size == 8) && offset % size == 0 && offset < SMMU_REG_SPACE;
	unsigned int writes = size == 8 ? 2 : 1;
	int ret;

	fuzz_vmm.cr0_written = offset == SMMU_CR0 ? (uint32_t)value : 0;
	if (offset == SMMU_CMDQ_PROD) {
		fuzz_vmm.rings++;
		fuzz_vmm.changed_at_ring = fuzz_vmm.changed;
	}
	fuzz_vmm_enter();
	ret = vsmmu_mmio_write(fuzz_vmm.vsmmu, offset, size, value);
	fuzz_vmm_leave(writes * FUZZ_VMM_READS_MAX, writes * FUZZ_VMM_CALLS_MAX);
	FUZZ_CHECK(ret == (legal ? 0 : -EINVAL));
}

static bool readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

void fuzz_vmm_run(uint32_t budget)
{
	unsigned int idle = 0;

	while (readable(vsmmu_get_event_fd(fuzz_vmm.vsmmu))) {
		int handled;

		fuzz_vmm_enter();
		handled = vsmmu_dispatch(fuzz_vmm.vsmmu, budget);
		/* It never waits for what the command path does, so it asks the host nothing. */
		fuzz_vmm_leave(0, 0);
		FUZZ_CHECK(handled >= 0);
		idle = handled ? 0 : idle + 1;
		FUZZ_CHECK(idle <= IDLE_MAX);
	}
}

void fuzz_vmm_run_commands(uint32_t budget)
{
	unsigned int idle = 0, total = 0;

	while (readable(vsmmu_get_command_fd(fuzz_vmm.vsmmu))) {
		int handled;

		fuzz_vmm_enter();
		handled = vsmmu_run_commands(fuzz_vmm.vsmmu, budget);
		fuzz_vmm_leave(FUZZ_VMM_ANY, FUZZ_VMM_ANY);
		FUZZ_CHECK(handled >= 0 && (!budget || (uint32_t)handled <= budget));
		total += (unsigned int)handled;
		idle = handled ? 0 : idle + 1;
		/* PROD does not move meanwhile. */
		FUZZ_CHECK(idle <= IDLE_MAX && total <= 2U << FUZZ_VMM_CMDQ_LOG2);
	}
}

bool fuzz_vmm_is_live(uint32_t vsid)
{
	return stream_find_live(&fuzz_vmm.vsmmu->streams, vsid) != STREAM_NONE;
}

void fuzz_vmm_attach(unsigned int n, uint32_t vsid, unsigned int how)
{
	const bool own = how & (FUZZ_VMM_ON_PARENT | FUZZ_VMM_PUT_BACK);
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = how & FUZZ_VMM_LATE ? VSMMU_NO_VSID : vsid,
		.dev_id = fuzz_vmm.dev_id[n],
		.vfio_fd = -1,
		.parent_hwpt = own ? fuzz_vmm.parent[n % 2] : 0,
		.put_back = how & FUZZ_VMM_PUT_BACK,
		.opaque = &fuzz_vmm.number[n],
	};
	struct vsmmu_endpoint *endpoint = NULL;
	int ret;

	fuzz_vmm_enter();
	ret = vsmmu_endpoint_attach(fuzz_vmm.vsmmu, &config, &endpoint);
	FUZZ_CHECK(!ret == !!endpoint);
	if (!ret) {
		fuzz_vmm.vsid[n] = vsid;
		fuzz_vmm.endpoint[n] = endpoint;
	}
	fuzz_vmm_leave(2 * FUZZ_VMM_ENDPOINTS, 64);
}

/* One that is put back reaches all; its VMM leaves it there no longer than to see that. */
void fuzz_vmm_detach(unsigned int n)
{
	struct vsmmu_endpoint *endpoint = fuzz_vmm.endpoint[n];
	const struct vsmmu_access access = {.size = sizeof(access), .address = FUZZ_VMM_MEMORY};
	const bool put_back = endpoint->put_back;
	uint8_t byte;
	int ret;

	fuzz_vmm.endpoint[n] = NULL;
	fuzz_vmm_enter();
	ret = vsmmu_endpoint_detach(endpoint);
	fuzz_vmm_leave(2, 64);
	if (!put_back)
		return;
	if (!ret && !fuzz_vmm.hole_size)
		FUZZ_CHECK(!vsmmu_sim_dma(
			fuzz_vmm.sim, fuzz_vmm.dev_id[n], &access, &byte, sizeof(byte)));
	ret = vsmmu_sim_attach(fuzz_vmm.sim, fuzz_vmm.dev_id[n], 0);
	FUZZ_CHECK(!ret || fuzz_vmm.calls_may_fail);
	fuzz_vmm.at_large = fuzz_vmm.at_large || ret;
}

void fuzz_vmm_heal(void)
{
	for (int failure = VSMMU_SIM_FAIL_EVENT_ALLOC; failure <= VSMMU_SIM_FAIL_INVALIDATE;
		failure++)
		if (failure != VSMMU_SIM_FAIL_READ_ALWAYS)
			FUZZ_CHECK(!vsmmu_sim_fail(
				fuzz_vmm.sim, (enum vsmmu_sim_failure)failure, NEVER, EIO));
	FUZZ_CHECK(!vsmmu_sim_fail(fuzz_vmm.sim, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0));
	fuzz_vmm.hole_size = 0;
	fuzz_vmm.refusals = 0;
}
