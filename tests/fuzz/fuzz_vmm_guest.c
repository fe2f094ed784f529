/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's driver, as the fuzzer's input moves it. */
#include "arch/command.h"
#include "arch/queue.h"
#include "arch/regs.h"
#include "fuzz_vmm.h"

#define COMMAND	   16
#define TRIES	   3
#define STE_ABORT  UINT64_C(1) /* V, Config 0 */
#define STE_STAGE1 UINT64_C(0xb)
#define RANGE_ALL  UINT64_C(31)
#define CD_T0SZ	   UINT64_C(25) /* 39 bits: three levels of 4 KiB tables */
#define CD_BITS	   (UINT64_C(1) << 30 | UINT64_C(1) << 31 | UINT64_C(5) << 32 | UINT64_C(1) << 41)
#define CD_RECORD  (UINT64_C(1) << 45 | UINT64_C(1) << 46)
#define TABLE	   UINT64_C(3)
#define FMT_2LEVEL (UINT32_C(1) << 16)

static uint64_t page_address(unsigned int page)
{
	return FUZZ_VMM_MEMORY + page % FUZZ_VMM_PAGES * FUZZ_VMM_PAGE;
}

static void set_up_table(unsigned int page, unsigned int shape)
{
	static const unsigned int splits[] = {6, 8, 10, 6};
	const unsigned int split = splits[shape >> 11 & 3];
	uint32_t cfg = shape >> 7 & 15;

	if (shape >> 6 & 1) {
		cfg = FMT_2LEVEL | split << 6 | 16;
		for (unsigned int i = 0; i < FUZZ_VMM_VSIDS; i++)
			fuzz_vmm_store(
				page_address(page) + 8 * (uint64_t)(fuzz_vmm_vsids[i] >> split),
				page_address(page + 1 + i) | (split + 1));
	}
	fuzz_vmm_write(SMMU_STRTAB_BASE, 8, page_address(page));
	fuzz_vmm_write(SMMU_STRTAB_BASE_CFG, 4, cfg);
}

void fuzz_vmm_enable(unsigned int cmdq_page, unsigned int eventq_page, unsigned int strtab_page,
	unsigned int shape, uint32_t cr0)
{
	fuzz_vmm_write(SMMU_CR0, 4, 0);
	fuzz_vmm_write(SMMU_CR2, 4, shape >> 14 & 1 ? SMMU_CR2_RECINVSID : 0);
	set_up_table(strtab_page, shape);
	fuzz_vmm_write(
		SMMU_CMDQ_BASE, 8, page_address(cmdq_page) | SMMU_QUEUE_BASE_HINT | (shape & 7));
	fuzz_vmm_write(SMMU_CMDQ_PROD, 4, 0);
	fuzz_vmm_write(SMMU_CMDQ_CONS, 4, 0);
	fuzz_vmm_write(SMMU_GERRORN, 4, fuzz_vmm_read(SMMU_GERROR, 4));
	fuzz_vmm_write(SMMU_EVENTQ_BASE, 8,
		page_address(eventq_page) | SMMU_QUEUE_BASE_HINT | (shape >> 3 & 7));
	fuzz_vmm_write(SMMU_EVENTQ_PROD, 4, 0);
	fuzz_vmm_write(SMMU_EVENTQ_CONS, 4, 0);
	if (shape >> 13 & 1) {
		fuzz_vmm_write(SMMU_EVENTQ_IRQ_CFG0, 8, page_address(eventq_page + 1));
		fuzz_vmm_write(SMMU_GERROR_IRQ_CFG0, 8, page_address(eventq_page + 1) + 8);
	}
	fuzz_vmm_write(SMMU_IRQ_CTRL, 4, SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN);
	fuzz_vmm_write(SMMU_CR0, 4, SMMU_CR0_CMDQEN);
	fuzz_vmm_write(SMMU_CR0, 4, cr0);
}

void fuzz_vmm_consume(uint32_t records)
{
	const struct fuzz_vmm_registers now = fuzz_vmm_registers();
	const unsigned int log2 = fuzz_vmm_eventq_log2(now.eventq_base);
	uint32_t used, cons;

	used = queue_distance(now.eventq_prod, now.eventq_cons, log2);
	cons = queue_advance(now.eventq_cons, records < used ? records : used, log2);
	fuzz_vmm_write(SMMU_EVENTQ_CONS, 4, cons | (now.eventq_prod & SMMU_EVENTQ_PROD_OVFLG));
}

void fuzz_vmm_put_command(const uint64_t word[2])
{
	const struct fuzz_vmm_registers now = fuzz_vmm_registers();
	const unsigned int log2 = fuzz_vmm_cmdq_log2(now.cmdq_base);
	uint64_t at;

	at = (now.cmdq_base & SMMU_QUEUE_BASE_ADDR & ~((UINT64_C(16) << log2) - 1)) +
	     16 * (uint64_t)queue_index(now.cmdq_prod, log2);
	fuzz_vmm_store(at, word[0]);
	fuzz_vmm_store(at + 8, word[1]);
	fuzz_vmm_write(SMMU_CMDQ_PROD, 4, queue_advance(now.cmdq_prod, 1, log2));
}

/* All of what stands in the queue. Return: whether it is empty, and works. */
static bool finish(void)
{
	struct fuzz_vmm_registers now;
	uint32_t left;

	fuzz_vmm_run_commands(0);
	now = fuzz_vmm_registers();
	if (!(now.cr0 & SMMU_CR0_CMDQEN) || fuzz_vmm_error())
		return false;
	left = queue_distance(now.cmdq_prod, now.cmdq_cons, fuzz_vmm_cmdq_log2(now.cmdq_base));
	/* Nothing is ever left over, but where PROD makes no sense. */
	FUZZ_CHECK(!left || left > queue_size(fuzz_vmm_cmdq_log2(now.cmdq_base)));
	return !left;
}

/* As many as fit. Return: how many, 0 if there is no memory. */
static unsigned int put(const uint64_t (*command)[2], unsigned int count)
{
	const struct fuzz_vmm_registers now = fuzz_vmm_registers();
	const unsigned int log2 = fuzz_vmm_cmdq_log2(now.cmdq_base);
	const uint64_t base =
		now.cmdq_base & SMMU_QUEUE_BASE_ADDR & ~(((uint64_t)COMMAND << log2) - 1);

	if (count > queue_size(log2))
		count = queue_size(log2);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t at = base + COMMAND * (uint64_t)queue_index(now.cmdq_prod + i, log2);

		if (!fuzz_vmm_has(at, COMMAND))
			return 0;
		fuzz_vmm_store(at, command[i][0]);
		fuzz_vmm_store(at + 8, command[i][1]);
	}
	fuzz_vmm_write(SMMU_CMDQ_PROD, 4, queue_advance(now.cmdq_prod, count, log2));
	return count;
}

/* Return: whether all were consumed. */
static bool submit(const uint64_t (*command)[2], unsigned int count)
{
	if (!finish())
		return false;
	while (count) {
		unsigned int some = put(command, count);

		if (!some)
			return false;
		/* They are legal and in memory, so nothing may stop the queue but a lost ATC_INV.
		 */
		if (!finish()) {
			FUZZ_CHECK(fuzz_vmm.calls_may_fail && fuzz_vmm.options.config.ats);
			return false;
		}
		command += some;
		count -= some;
	}
	return true;
}

bool fuzz_vmm_submit(const uint64_t (*command)[2], unsigned int count)
{
	static const uint64_t sync[1][2] = {{COMMAND_OP_SYNC, 0}};

	return submit(command, count) && submit(sync, 1);
}

/* Configuration and all of the TLB. Return: whether that was the last that happened. */
static bool invalidate(uint64_t cfgi, uint64_t range)
{
	const uint64_t all[3][2] = {
		{cfgi, range}, {COMMAND_OP_TLBI_NSNH_ALL, 0}, {COMMAND_OP_SYNC, 0}};

	for (unsigned int i = 0; i < TRIES; i++) {
		unsigned int rings;

		if (!finish())
			return false;
		rings = fuzz_vmm.rings;
		if (!submit(all, 3))
			return false;
		/* Else the events of a SYNC, or the commands, may have been put over tables. */
		if (fuzz_vmm.changed_at_ring == fuzz_vmm.changed && fuzz_vmm.rings == rings + 1)
			return true;
	}
	return false;
}

bool fuzz_vmm_invalidate_all(void)
{
	if (!invalidate(COMMAND_OP_CFGI_STE_RANGE, RANGE_ALL))
		return false;
	fuzz_vmm.changes = 0;
	fuzz_vmm.strtabs = 0;
	fuzz_vmm.forgotten = false;
	return true;
}

bool fuzz_vmm_invalidate_stream(uint32_t vsid)
{
	return invalidate(COMMAND_OP_CFGI_STE | (uint64_t)vsid << 32, 1);
}

static int read_memory(void *ctx, uint64_t address, void *bytes, size_t length)
{
	(void)ctx;
	if (!fuzz_vmm_has(address, length))
		return -1;
	fuzz_vmm_peek(fuzz_vmm.changes, address, bytes, length);
	return 0;
}

bool fuzz_vmm_find_ste(uint32_t vsid, uint64_t *address)
{
	const struct arch_memory memory = {.read = read_memory};
	const struct fuzz_vmm_registers now = fuzz_vmm_registers();
	struct arch_fault fault;

	return arch_strtab_find(&now.strtab, &fuzz_vmm.guest, &memory, vsid, address, &fault);
}

bool fuzz_vmm_stop_stream(uint32_t vsid, bool valid)
{
	const uint64_t cfgi[1][2] = {{COMMAND_OP_CFGI_STE | (uint64_t)vsid << 32, 1}};
	const uint64_t word = valid ? STE_ABORT : 0;
	uint64_t address, after;
	uint8_t bytes[8];

	if (!finish() || !fuzz_vmm_find_ste(vsid, &address) ||
		!fuzz_vmm_has(address, ARCH_ENTRY_SIZE))
		return false;
	fuzz_vmm_store(address, word);
	if (!fuzz_vmm_submit(cfgi, 1))
		return false;
	/* Unless the command itself, or an event, was put there. */
	fuzz_vmm_peek(fuzz_vmm.changes, address, bytes, sizeof(bytes));
	after = record_load_word(bytes, 0);
	return after == word;
}

void fuzz_vmm_map(uint32_t vsid, unsigned int page, uint64_t va, uint64_t pa, uint64_t attributes,
	uint64_t asid)
{
	const uint64_t cd = page_address(page);
	uint64_t table = page_address(page + 1), ste;

	if (!fuzz_vmm_find_ste(vsid, &ste))
		return;
	fuzz_vmm_store(ste, STE_STAGE1 | cd);
	fuzz_vmm_store(ste + 8, 0);
	fuzz_vmm_store(cd, CD_T0SZ | CD_BITS | CD_RECORD | asid << 48);
	fuzz_vmm_store(cd + 8, table);
	fuzz_vmm_store(cd + 24, UINT64_C(0xff));
	for (unsigned int level = 1; level < 3; level++) {
		uint64_t next = page_address(page + 1 + level);

		fuzz_vmm_store(table + 8 * (va >> (39 - 9 * level) & 0x1ff), next | TABLE);
		table = next;
	}
	fuzz_vmm_store(
		table + 8 * (va >> 12 & 0x1ff), (pa & ~(FUZZ_VMM_PAGE - 1)) | attributes | TABLE);
}
