/* SPDX-License-Identifier: BSD-2-Clause */
#include "board.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "lib/forward_host.h"
#include "arch/idr.h"
#include "arch/queue.h"
#include "arch/regs.h"

#define IDLE_MAX 1 /* calls in a row that find nothing although the fd is readable */
#define NEVER	 UINT32_MAX

struct board board;

/* Some beyond what a linear table of a page holds, one beyond SIDSIZE. */
const uint32_t board_vsids[BOARD_VSIDS] = {0, 1, 2, 0x3f, 0x140, 0x10001};

/* Reads of vEVENTQs are not in it: they have a budget of their own. */
static int before_call(void *opaque, enum forward_call call, uint32_t count)
{
	(void)opaque;
	board.calls++;
	/* Linux answers EINVAL to none. */
	FUZZ_CHECK(call != FORWARD_INVALIDATE || count);
	/* What takes things away does not fail, or it would be the host that leaks. */
	if (!board.refusals || call == FORWARD_DETACH || call == FORWARD_DESTROY ||
		(board.refuses_invalidations && call != FORWARD_INVALIDATE))
		return 0;
	board.refusals--;
	return board.refusal;
}

static void open_host(void)
{
	struct vsmmu_sim_config sim = board.options.sim;

	sim.size = sizeof(sim);
	sim.memory_read = board_stage2_read;
	sim.memory_write = board_stage2_write;
	FUZZ_CHECK(!vsmmu_sim_new(&board.sim, &sim));
	for (unsigned int n = 0; n < BOARD_ENDPOINTS; n++)
		FUZZ_CHECK(!vsmmu_sim_endpoint_new(
			board.sim, board.options.two_smmus ? n % 2 : 0, &board.dev_id[n]));
	board.host = forward_host_new(board.sim, before_call, NULL);
	FUZZ_CHECK(board.host);
}

static void open_vsmmu(void)
{
	struct vsmmu_config config = board.options.config;
	uint32_t idr[6];

	config.size = sizeof(config);
	config.ops = &board_ops;
	config.host = board.host;
	config.cmdq_log2_max = BOARD_CMDQ_LOG2;
	config.eventq_log2_max = BOARD_EVENTQ_LOG2;
	config.probe_dev_id = board.options.probe ? board.dev_id[0] : 0;
	FUZZ_CHECK(!vsmmu_new(&board.vsmmu, &config));
	for (unsigned int i = 0; i < 6; i++)
		idr[i] = (uint32_t)board_read(SMMU_IDR0 + 4 * i, 4);
	arch_features_from_idr(idr, &board.guest);
}

void board_open(const struct board_options *options)
{
	const uint32_t *idr = options->sim.idr[5] ? options->sim.idr : arch_idr_simulator;

	memset(&board, 0, sizeof(board));
	board.options = *options;
	board.resumes_left = BOARD_RESUMES;
	arch_idr_host_features(idr, options->sim.ats, &board.hardware);
	board.hardware.oas = arch_address_bits(idr[5] & 7);
	stand_timer_reset();
	open_host();
	open_vsmmu();
}

static struct vsmmu_sim_stats sim_stats(void)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	FUZZ_CHECK(!vsmmu_sim_get_stats(board.sim, &sim));
	return sim;
}

static void close_machine(void)
{
	struct vsmmu_sim_stats sim;

	board.inside = true;
	vsmmu_free(board.vsmmu);
	board.inside = false;
	board.vsmmu = NULL;
	memset(board.endpoint, 0, sizeof(board.endpoint));
	sim = sim_stats();
	FUZZ_CHECK(!sim.objects);
	/* We and the kernel agree on what a guest's commands become. */
	FUZZ_CHECK(!sim.commands_refused);
	board.past += sim.numbered;
	vsmmu_host_unref(board.host);
}

void board_close(void)
{
	board_heal();
	close_machine();
}

void board_replace(void)
{
	bool attached[BOARD_ENDPOINTS];

	board_heal();
	for (unsigned int n = 0; n < BOARD_ENDPOINTS; n++)
		attached[n] = board.endpoint[n] && board.vsid[n] != BOARD_NO_VSID;
	close_machine();
	stand_timer_reset();
	open_host();
	open_vsmmu();
	for (unsigned int n = 0; n < BOARD_ENDPOINTS; n++) {
		if (!attached[n])
			continue;
		board_attach(n, board.vsid[n]);
		FUZZ_CHECK(board.endpoint[n]);
	}
}

uint64_t board_read(uint64_t offset, uint32_t size)
{
	uint64_t value;

	FUZZ_CHECK(!vsmmu_mmio_read(board.vsmmu, offset, size, &value));
	FUZZ_CHECK(size == 8 || value <= UINT32_MAX);
	return value;
}

/* Every stream table that there was: hardware may still have cached what came of it. */
static void note_strtab(const struct arch_strtab *strtab)
{
	if (board.strtabs &&
		!memcmp(&board.strtab[board.strtabs - 1].base, &strtab->base,
			sizeof(strtab->base)) &&
		board.strtab[board.strtabs - 1].cfg == strtab->cfg)
		return;
	if (board.strtabs == BOARD_STRTABS)
		board.forgotten = true;
	else
		board.strtab[board.strtabs++] = *strtab;
}

struct board_registers board_registers(void)
{
	const struct board_registers now = {
		.cr0 = (uint32_t)board_read(SMMU_CR0, 4),
		.gbpa = (uint32_t)board_read(SMMU_GBPA, 4),
		.irq_ctrl = (uint32_t)board_read(SMMU_IRQ_CTRL, 4),
		.gerror = (uint32_t)board_read(SMMU_GERROR, 4),
		.gerrorn = (uint32_t)board_read(SMMU_GERRORN, 4),
		.strtab = {.base = board_read(SMMU_STRTAB_BASE, 8),
			.cfg = (uint32_t)board_read(SMMU_STRTAB_BASE_CFG, 4)},
		.eventq_base = board_read(SMMU_EVENTQ_BASE, 8),
		.eventq_prod = (uint32_t)board_read(SMMU_EVENTQ_PROD, 4),
		.eventq_cons = (uint32_t)board_read(SMMU_EVENTQ_CONS, 4),
		.cmdq_base = board_read(SMMU_CMDQ_BASE, 8),
		.cmdq_prod = (uint32_t)board_read(SMMU_CMDQ_PROD, 4),
		.cmdq_cons = (uint32_t)board_read(SMMU_CMDQ_CONS, 4),
		.gerror_msi = board_read(SMMU_GERROR_IRQ_CFG0, 8) & SMMU_IRQ_CFG0_ADDR,
		.eventq_msi = board_read(SMMU_EVENTQ_IRQ_CFG0, 8) & SMMU_IRQ_CFG0_ADDR,
	};

	note_strtab(&now.strtab);
	return now;
}

bool board_error(void)
{
	return (board_read(SMMU_GERROR, 4) ^ board_read(SMMU_GERRORN, 4)) & SMMU_GERROR_CMDQ_ERR;
}

static struct vsmmu_stats check_stats(void)
{
	struct vsmmu_stats now = {.size = sizeof(now)};
	uint64_t discarded = 0;

	FUZZ_CHECK(!vsmmu_get_stats(board.vsmmu, &now));
	for (unsigned int i = 0; i < VSMMU_DISCARD_COUNT; i++)
		discarded += now.discarded_by[i];
	FUZZ_CHECK(now.discarded == discarded && !now.pending);
	FUZZ_CHECK(now.sequenced == now.delivered + now.lost + now.discarded + now.pending);
	board.produced = board.past + sim_stats().numbered;
	FUZZ_CHECK(board.recounted || now.sequenced <= board.produced);
	return now;
}

void board_enter(void)
{
	board.stats_before = check_stats();
	board.before = board_registers();
	board.reads = board.calls = board.written = board.foreign_writes = 0;
	memset(board.pulses, 0, sizeof(board.pulses));
	board.inside = true;
}

static void check_queue(const struct board_registers *now, const struct vsmmu_stats *stats)
{
	const struct vsmmu_stats *old = &board.stats_before;
	const unsigned int log2 = board_eventq_log2(board.before.eventq_base);
	uint32_t advanced = queue_distance(now->eventq_prod, board.before.eventq_prod, log2);

	FUZZ_CHECK(stats->sequenced >= old->sequenced && stats->delivered >= old->delivered);
	FUZZ_CHECK(stats->lost >= old->lost && stats->commands >= old->commands);
	FUZZ_CHECK(stats->delivered - old->delivered + stats->translation_events -
			   old->translation_events ==
		   board.written);
	FUZZ_CHECK(board.foreign_writes <= stats->syncs - old->syncs);
	if (!board.written)
		return;
	FUZZ_CHECK(advanced == board.written);
	if (board.before.eventq_prod == board.before.eventq_cons && !board.options.config.msi &&
		board.before.irq_ctrl & SMMU_IRQ_CTRL_EVENTQ_IRQEN)
		FUZZ_CHECK(board.pulses[VSMMU_IRQ_EVENTQ]);
}

void board_leave(unsigned int reads, unsigned int calls)
{
	struct board_registers now = board_registers();
	struct vsmmu_stats stats = check_stats();

	board.inside = false;
	FUZZ_CHECK(board.reads <= reads && board.calls <= calls);
	FUZZ_CHECK(!((now.gerror ^ now.gerrorn) & ~UINT32_C(0xb5)));
	if (!board.anything)
		check_queue(&now, &stats);
	board.anything = false;
	board.cr0_written = 0;
}

void board_write(uint64_t offset, uint32_t size, uint64_t value)
{
	bool legal = (size == 4 || size == 8) && offset % size == 0 && offset < SMMU_REG_SPACE;
	unsigned int writes = size == 8 ? 2 : 1;
	int ret;

	board.cr0_written = offset == SMMU_CR0 ? (uint32_t)value : 0;
	if (offset == SMMU_CMDQ_PROD) {
		board.rings++;
		board.changed_at_ring = board.changed;
	}
	board_enter();
	ret = vsmmu_mmio_write(board.vsmmu, offset, size, value);
	board_leave(writes * BOARD_READS_MAX, writes * BOARD_CALLS_MAX);
	FUZZ_CHECK(ret == (legal ? 0 : -EINVAL));
}

static bool readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

void board_run(uint32_t budget)
{
	unsigned int idle = 0;

	while (readable(vsmmu_get_fd(board.vsmmu))) {
		int handled;

		board_enter();
		handled = vsmmu_dispatch(board.vsmmu, budget);
		/* It never waits for what the command path does, so it asks the host nothing. */
		board_leave(0, 0);
		FUZZ_CHECK(handled >= 0);
		idle = handled ? 0 : idle + 1;
		FUZZ_CHECK(idle <= IDLE_MAX);
	}
}

void board_run_commands(uint32_t budget)
{
	unsigned int idle = 0, total = 0;

	while (readable(vsmmu_get_command_fd(board.vsmmu))) {
		int handled;

		board_enter();
		handled = vsmmu_run_commands(board.vsmmu, budget);
		board_leave(BOARD_ANY, BOARD_ANY);
		FUZZ_CHECK(handled >= 0 && (!budget || (uint32_t)handled <= budget));
		total += (unsigned int)handled;
		idle = handled ? 0 : idle + 1;
		/* PROD does not move meanwhile. */
		FUZZ_CHECK(idle <= IDLE_MAX && total <= 2U << BOARD_CMDQ_LOG2);
	}
}

bool board_is_live(uint32_t vsid)
{
	struct vsmmu_stream_stats stats = {.size = sizeof(stats)};

	return !vsmmu_get_stream_stats(board.vsmmu, vsid, &stats);
}

void board_attach(unsigned int n, uint32_t vsid)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = board.dev_id[n],
		.vfio_fd = -1,
	};
	struct vsmmu_endpoint *endpoint = NULL;
	int ret;

	board_enter();
	ret = vsmmu_endpoint_attach(board.vsmmu, &config, &endpoint);
	FUZZ_CHECK(!ret == !!endpoint);
	if (!ret) {
		board.vsid[n] = vsid;
		board.endpoint[n] = endpoint;
	}
	board_leave(2 * BOARD_ENDPOINTS, 64);
}

void board_detach(unsigned int n)
{
	struct vsmmu_endpoint *endpoint = board.endpoint[n];

	board.endpoint[n] = NULL;
	board_enter();
	vsmmu_endpoint_detach(endpoint);
	board_leave(2, 64);
}

void board_heal(void)
{
	for (int failure = VSMMU_SIM_FAIL_EVENT_ALLOC; failure <= VSMMU_SIM_FAIL_INVALIDATE;
		failure++)
		if (failure != VSMMU_SIM_FAIL_READ_ALWAYS)
			FUZZ_CHECK(!vsmmu_sim_fail(
				board.sim, (enum vsmmu_sim_failure)failure, NEVER, EIO));
	FUZZ_CHECK(!vsmmu_sim_fail(board.sim, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0));
	board.hole_size = 0;
	board.refusals = 0;
}
