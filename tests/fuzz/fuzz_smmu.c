/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that programs a full vSMMU, more or less as a driver would, with live memory:
 * registers, commands, tables; while its endpoints do DMA, come and go, the host fails, and
 * the VMM saves and restores. fuzz_vmm.h says who knows what must be true after each step.
 *
 * Input: the machine (4 bytes), then moves, each a number and what it takes.
 * make_corpus.py has the same list of moves.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "arch/command.h"
#include "arch/idr.h"
#include "arch/queue.h"
#include "arch/regs.h"
#include "fuzz_smmu.h"

#define MOVES_MAX  400
#define FAULTS_MAX 2000

static unsigned int faults_left;

static const uint32_t registers[] = {SMMU_CR0, SMMU_CR1, SMMU_CR2, SMMU_GBPA, SMMU_IRQ_CTRL,
	SMMU_GERRORN, SMMU_GERROR_IRQ_CFG0, SMMU_GERROR_IRQ_CFG1, SMMU_GERROR_IRQ_CFG2,
	SMMU_STRTAB_BASE, SMMU_STRTAB_BASE_CFG, SMMU_CMDQ_BASE, SMMU_CMDQ_BASE + 4, SMMU_CMDQ_PROD,
	SMMU_CMDQ_CONS, SMMU_EVENTQ_BASE, SMMU_EVENTQ_BASE + 4, SMMU_EVENTQ_PROD, SMMU_EVENTQ_CONS,
	SMMU_EVENTQ_IRQ_CFG0, SMMU_EVENTQ_IRQ_CFG1, SMMU_EVENTQ_IRQ_CFG2};

static uint64_t take_page(struct fuzz_input *input)
{
	return FUZZ_VMM_MEMORY + fuzz_take(input, 1) % FUZZ_VMM_PAGES * FUZZ_VMM_PAGE;
}

static void write_register(struct fuzz_input *input)
{
	uint32_t offset = registers[fuzz_take(input, 1) % (sizeof(registers) / sizeof(uint32_t))];

	fuzz_vmm_write(offset, 4, fuzz_take(input, 4));
}

static void write_any(struct fuzz_input *input)
{
	uint64_t offset = fuzz_take(input, 3);
	uint32_t size = (uint32_t)fuzz_take(input, 1);

	fuzz_vmm_write(offset, size, fuzz_take(input, 8));
}

static void read_any(struct fuzz_input *input)
{
	uint64_t offset = fuzz_take(input, 3);
	uint32_t size = (uint32_t)fuzz_take(input, 1);
	bool legal = (size == 4 || size == 8) && offset % size == 0 && offset < SMMU_REG_SPACE;
	uint64_t value = 1;

	FUZZ_CHECK(vsmmu_mmio_read(fuzz_vmm.vsmmu, offset, size, &value) == (legal ? 0 : -EINVAL));
	if (!legal)
		FUZZ_CHECK(!value);
	else if (size == 8)
		FUZZ_CHECK(
			value == (fuzz_vmm_read(offset, 4) | fuzz_vmm_read(offset + 4, 4) << 32));
}

static void enable(struct fuzz_input *input)
{
	unsigned int cmdq = (unsigned int)fuzz_take(input, 1);
	unsigned int eventq = (unsigned int)fuzz_take(input, 1);
	unsigned int strtab = (unsigned int)fuzz_take(input, 1);
	unsigned int shape = (unsigned int)fuzz_take(input, 2);

	fuzz_vmm_enable(cmdq, eventq, strtab, shape, (uint32_t)fuzz_take(input, 1));
}

static void write_cr0(struct fuzz_input *input)
{
	fuzz_vmm_write(SMMU_CR0, 4, fuzz_take(input, 1));
}

static void write_gbpa(struct fuzz_input *input)
{
	fuzz_vmm_write(
		SMMU_GBPA, 4, SMMU_GBPA_UPDATE | (fuzz_take(input, 1) & 1 ? SMMU_GBPA_ABORT : 0));
}

static void acknowledge(struct fuzz_input *input)
{
	(void)input;
	fuzz_vmm_write(SMMU_GERRORN, 4, fuzz_vmm_read(SMMU_GERROR, 4));
}

static void consume(struct fuzz_input *input)
{
	uint32_t records = (uint32_t)fuzz_take(input, 1);

	fuzz_vmm_consume(records == 0xff ? UINT32_MAX : records);
}

static void poke(struct fuzz_input *input)
{
	uint64_t address = FUZZ_VMM_MEMORY + fuzz_take(input, 3) % FUZZ_VMM_SIZE;

	fuzz_vmm_store(address & ~UINT64_C(7), fuzz_take(input, 8));
}

/* One bit of what stands there. */
static void flip(struct fuzz_input *input)
{
	uint64_t address = FUZZ_VMM_MEMORY + fuzz_take(input, 3) % FUZZ_VMM_SIZE;
	uint8_t byte;

	fuzz_vmm_peek(fuzz_vmm.changes, address, &byte, 1);
	byte ^= (uint8_t)(1U << (fuzz_take(input, 1) & 7));
	fuzz_vmm_poke(address, &byte, 1);
}

static void put_ste(struct fuzz_input *input)
{
	uint32_t vsid = take_vsid(input);
	uint64_t config = fuzz_take(input, 1), context = take_page(input);
	uint64_t format = fuzz_take(input, 1), word1 = fuzz_take(input, 4), address;

	if (!fuzz_vmm_find_ste(vsid, &address))
		return;
	fuzz_vmm_store(address,
		(config & 15) | (format & 3) << 4 | context | (uint64_t)(format >> 2 & 31) << 59);
	fuzz_vmm_store(address + 8, word1);
	if (config >> 7)
		fuzz_vmm_store(address + 8 * (config >> 4 & 7), fuzz_take(input, 8));
}

/* A descriptor of a two-level table: span and page. */
static void put_l1std(struct fuzz_input *input)
{
	uint64_t table = fuzz_vmm_read(SMMU_STRTAB_BASE, 8) & SMMU_STRTAB_BASE_BITS;
	uint64_t index = fuzz_take(input, 1), span = fuzz_take(input, 1);

	fuzz_vmm_store((table & ~UINT64_C(63)) + 8 * index, take_page(input) | (span & 31));
}

static void put_cd(struct fuzz_input *input)
{
	uint64_t address = take_page(input) + 64 * (fuzz_take(input, 1) & 63);
	uint64_t sizes = fuzz_take(input, 4), bits = fuzz_take(input, 2);
	uint64_t asid = fuzz_take(input, 1);

	/* TxSZ, TGx and EPDx as they come; V, IPS, AA64; A, R, S and others of the rest. */
	fuzz_vmm_store(address, sizes | UINT64_C(1) << 31 | (bits & 7) << 32 | UINT64_C(1) << 41 |
					(bits >> 3 & 0x1fff) << 35 | asid << 48);
	fuzz_vmm_store(address + 8, take_page(input));
	fuzz_vmm_store(address + 16, take_page(input));
	fuzz_vmm_store(address + 24, fuzz_take(input, 1));
}

static void put_pte(struct fuzz_input *input)
{
	uint64_t address = take_page(input) + 8 * (fuzz_take(input, 2) & 0x1ff);
	uint64_t low = fuzz_take(input, 2), high = fuzz_take(input, 1);

	fuzz_vmm_store(address, (low & 0xfff) | take_page(input) | high << 52);
}

static void map(struct fuzz_input *input)
{
	static const uint64_t attributes[] = {0x440, 0x4c0, 0x400, 0xc40, 0x40 /* no access flag */,
		0x440 | UINT64_C(3) << 53, 0x441, 0x480};
	uint32_t vsid = take_vsid(input);
	unsigned int page = (unsigned int)fuzz_take(input, 1);
	uint64_t va = fuzz_take(input, 1) << 12, pa = take_page(input);
	unsigned int how = (unsigned int)fuzz_take(input, 1);

	fuzz_vmm_map(vsid, page, va, pa, attributes[how & 7], how >> 3 & 3);
}

static void command_any(struct fuzz_input *input)
{
	uint64_t word[2];

	word[0] = fuzz_take(input, 8);
	word[1] = fuzz_take(input, 8);
	fuzz_vmm_put_command(word);
}

static void command(struct fuzz_input *input)
{
	static const uint8_t opcodes[] = {COMMAND_OP_PREFETCH_CONFIG, COMMAND_OP_CFGI_STE,
		COMMAND_OP_CFGI_STE_RANGE, COMMAND_OP_CFGI_CD, COMMAND_OP_CFGI_CD_ALL,
		COMMAND_OP_TLBI_NH_ALL, COMMAND_OP_TLBI_NH_ASID, COMMAND_OP_TLBI_NH_VA,
		COMMAND_OP_TLBI_NH_VAA, COMMAND_OP_TLBI_NSNH_ALL, COMMAND_OP_ATC_INV,
		COMMAND_OP_SYNC, COMMAND_OP_RESUME};
	unsigned int which = (unsigned int)fuzz_take(input, 1);
	uint64_t word[2] = {opcodes[which % sizeof(opcodes)], fuzz_take(input, 4)};

	switch (word[0]) {
	case COMMAND_OP_CFGI_STE:
	case COMMAND_OP_CFGI_STE_RANGE:
	case COMMAND_OP_CFGI_CD:
	case COMMAND_OP_CFGI_CD_ALL:
	case COMMAND_OP_ATC_INV:
		word[0] |= (uint64_t)take_vsid(input) << 32;
		break;
	case COMMAND_OP_SYNC:
		/* CS, and where the MSI goes */
		word[0] |= fuzz_take(input, 1) << 12 | UINT64_C(0x1234) << 32;
		word[1] = take_page(input) + (word[1] & 0xffc);
		break;
	default:
		/* ASID; NUM and SCALE */
		word[0] |= fuzz_take(input, 1) << 48 | (fuzz_take(input, 2) & 0x7ff) << 12;
		break;
	}
	fuzz_vmm_put_command(word);
}

/* Many of one kind with one ring of PROD: more than a register write consumes. */
static void flood(struct fuzz_input *input)
{
	const struct fuzz_vmm_registers now = fuzz_vmm_registers();
	const unsigned int log2 = fuzz_vmm_cmdq_log2(now.cmdq_base);
	uint32_t count = (uint32_t)fuzz_take(input, 2);
	uint64_t base, word = fuzz_take(input, 1);

	base = now.cmdq_base & SMMU_QUEUE_BASE_ADDR & ~((UINT64_C(16) << log2) - 1);
	for (uint32_t i = 0; i < count && i < queue_size(log2); i++) {
		fuzz_vmm_store(base + 16 * (uint64_t)queue_index(now.cmdq_prod + i, log2), word);
		fuzz_vmm_store(base + 16 * (uint64_t)queue_index(now.cmdq_prod + i, log2) + 8, 31);
	}
	fuzz_vmm_write(SMMU_CMDQ_PROD, 4, queue_advance(now.cmdq_prod, count, log2));
}

static void run_commands(struct fuzz_input *input)
{
	fuzz_vmm_run_commands((uint32_t)fuzz_take(input, 1));
}

static void run(struct fuzz_input *input)
{
	fuzz_vmm_run((uint32_t)fuzz_take(input, 1));
}

void fuzz_smmu_take_access(struct fuzz_input *input, uint32_t vsid, struct vsmmu_access *access)
{
	uint32_t flags = (uint32_t)fuzz_take(input, 1);
	uint64_t where = fuzz_take(input, 3);

	*access = (struct vsmmu_access){
		.size = sizeof(*access),
		.vsid = vsid,
		.flags = flags & 15,
	};
	if (access->flags & VSMMU_ACCESS_WRITE)
		access->flags &= ~(uint32_t)VSMMU_ACCESS_INSTRUCTION;
	if (access->flags & VSMMU_ACCESS_SSID)
		access->ssid = (uint32_t)fuzz_take(input, 1);
	access->address = where & 0xffffff;
	if (flags & 16)
		access->address += FUZZ_VMM_MEMORY;
	if (flags & 32)
		access->address |= UINT64_C(0xff) << 56;
	if (flags & 64)
		access->address |= UINT64_C(0xffffff) << 32;
	if (flags & 128)
		access->address |= fuzz_take(input, 4) << 24;
	/* Within a page: then it is one transaction. */
	if ((access->address & (FUZZ_VMM_PAGE - 1)) > FUZZ_VMM_PAGE - FUZZ_VMM_DATA_MAX)
		access->address -= FUZZ_VMM_DATA_MAX;
}

static void dma(struct fuzz_input *input)
{
	unsigned int n = take_endpoint(input);
	size_t length = fuzz_take(input, 1) % FUZZ_VMM_DATA_MAX + 1;
	uint8_t bytes[FUZZ_VMM_DATA_MAX] = {1, 2, 3, 4, 5, 6, 7};
	struct vsmmu_access access;

	fuzz_smmu_take_access(input, fuzz_vmm.vsid[n], &access);
	fuzz_vmm_dma(n, &access, bytes, length);
}

/* Over pages: only that nothing worse happens. */
static void long_dma(struct fuzz_input *input)
{
	unsigned int n = take_endpoint(input);
	size_t length = (size_t)fuzz_take(input, 2) % (4 * FUZZ_VMM_PAGE) + 1;
	uint8_t *bytes = fuzz_alloc(length);
	struct vsmmu_access access;
	int ret;

	memset(bytes, 0x5a, length);
	fuzz_smmu_take_access(input, fuzz_vmm.vsid[n], &access);
	ret = vsmmu_sim_dma(fuzz_vmm.sim, fuzz_vmm.dev_id[n], &access, bytes, length);
	/* -EINVAL: it would go beyond the last address. */
	FUZZ_CHECK(ret == 0 || ret == -EFAULT || (ret == -EINVAL && length - 1 > ~access.address));
	if (!fuzz_vmm.endpoint[n])
		FUZZ_CHECK(ret);
	free(bytes);
}

static void compare(struct fuzz_input *input)
{
	unsigned int which = (unsigned int)fuzz_take(input, 1), n = which % FUZZ_VMM_ENDPOINTS;
	struct vsmmu_access access;

	fuzz_smmu_take_access(input, fuzz_vmm.vsid[n], &access);
	fuzz_vmm_compare(n, &access, which >> 4 & 1);
}

static void translate(struct fuzz_input *input)
{
	uint32_t vsid = take_vsid(input);
	struct vsmmu_access access;

	fuzz_smmu_take_access(input, vsid, &access);
	fuzz_vmm_translate(&access);
}

/* An STE that allows nothing: once the SYNC is complete, nothing goes. */
static void stop_stream(struct fuzz_input *input)
{
	unsigned int n = take_endpoint(input), valid = (unsigned int)fuzz_take(input, 1) & 1;
	uint8_t bytes[4] = {0};
	struct vsmmu_access access;

	fuzz_smmu_take_access(input, fuzz_vmm.vsid[n], &access);
	if (!fuzz_vmm.endpoint[n] || !fuzz_vmm_stop_stream(fuzz_vmm.vsid[n], valid) ||
		!(fuzz_vmm_read(SMMU_CR0, 4) & SMMU_CR0_SMMUEN) || fuzz_vmm.at_large)
		return;
	FUZZ_CHECK(fuzz_vmm_dma(n, &access, bytes, sizeof(bytes)) == -EFAULT && !fuzz_vmm.datas);
}

static void lose_memory(struct fuzz_input *input)
{
	fuzz_vmm.hole = fuzz_take(input, 2) * 16 % FUZZ_VMM_SIZE;
	fuzz_vmm.hole_size = fuzz_take(input, 2) * 16;
}

static void fault(struct fuzz_input *input)
{
	unsigned int n = take_endpoint(input), count = (unsigned int)fuzz_take(input, 1);
	struct vsmmu_event_record record = {
		.word = {fuzz_take(input, 1), UINT64_C(0x20800000000), 0x100000, 0},
	};

	for (; count && faults_left; count--, faults_left--)
		vsmmu_sim_fault(fuzz_vmm.sim, fuzz_vmm.dev_id[n], &record);
}

static void (*const moves[])(struct fuzz_input *) = {write_register, write_any, read_any, enable,
	write_cr0, write_gbpa, acknowledge, consume, poke, flip, put_ste, put_l1std, put_cd,
	put_pte, map, command_any, command, flood, run_commands, run, dma, long_dma, compare,
	translate, stop_stream, fuzz_vmm_reset, fuzz_smmu_attach, fuzz_smmu_detach,
	fuzz_smmu_set_vsid, fuzz_smmu_fail, fuzz_smmu_heal, fuzz_smmu_expire, lose_memory, fault,
	fuzz_vmm_migrate, fuzz_vmm_resume, fuzz_vmm_corrupt, fuzz_smmu_recover,
	fuzz_smmu_attach_anyhow, fuzz_smmu_number, fuzz_smmu_take_vsid_away, fuzz_smmu_record_event,
	fuzz_smmu_take_irqs, fuzz_vmm_move};

static void open_board(struct fuzz_input *input)
{
	static const uint32_t few[6] = {0x0d40000c, 0x20, 0, 0, 0, 0x10};
	static const uint32_t first[] = {0, INT_MAX, INT_MAX - 1, INT_MAX - 40};
	unsigned int flags = (unsigned int)fuzz_take(input, 2);
	unsigned int depth = (unsigned int)fuzz_take(input, 1);
	unsigned int attached = (unsigned int)fuzz_take(input, 1);
	struct fuzz_vmm_options options = {
		.two_smmus = flags & 1,
		.probe = flags >> 1 & 1,
	};

	options.config.isolate = flags >> 2 & 1;
	options.config.no_msi = flags >> 4 & 1;
	options.config.gbpa_abort = flags >> 5 & 1;
	options.config.no_ril = flags >> 6 & 1;
	options.sim.ats = flags >> 7 & 1;
	options.config.ats = options.sim.ats;
	options.sim.repeat_commands = flags >> 8 & 1;
	options.sim.kernel = flags >> 9 & 1 ? VSMMU_SIM_KERNEL_BEFORE_2026 : VSMMU_SIM_KERNEL_NOW;
	options.sim.first_sequence = first[flags >> 10 & 3];
	options.config.ssid_bits = flags >> 12 & 1 ? 8 : 0;
	options.config.oas_bits = flags >> 14 & 1 ? 44 : 52;
	/* An SMMU that has little; the guest is promised no more. */
	if (flags >> 13 & 1) {
		memcpy(options.sim.idr, few, sizeof(few));
		options.probe = true;
		options.config.ssid_bits = 0;
		options.config.oas_bits = 32;
	}
	/* Where a CD can make faults invisible (TERM_MODEL = 0), and the guest may know. */
	if (flags >> 15 & 1) {
		if (!options.sim.idr[5])
			memcpy(options.sim.idr, arch_idr_simulator, sizeof(options.sim.idr));
		options.sim.idr[0] &= ~(UINT32_C(1) << 26);
		options.probe = true;
	}
	/* What endpoints have that are there before the guest looks; and interrupts taken later. */
	if (flags >> 3 & 1) {
		options.config.defer_irqs = true;
		options.config.ssid_bits = VSMMU_AUTO;
	}
	options.config.veventq_depth = depth + 1;
	options.config.report_burst = 1000;
	fuzz_vmm_open(&options);
	for (unsigned int n = 0; n < FUZZ_VMM_ENDPOINTS; n++)
		if (attached >> n & 1)
			fuzz_vmm_attach(n, fuzz_vmm_vsids[n], 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};

	faults_left = FAULTS_MAX;
	open_board(&input);
	for (unsigned int i = 0; input.left && i < MOVES_MAX; i++)
		moves[fuzz_take(&input, 1) % (sizeof(moves) / sizeof(moves[0]))](&input);
	fuzz_vmm_close();
	return 0;
}
