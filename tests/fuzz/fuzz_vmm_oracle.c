/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where DMA may go. Hardware uses what its caches hold, so an access that succeeds must be
 * explained by tables that are there, or were at some time since everything was invalidated:
 * every mixture of them is tried. Right after an invalidation there is but one answer.
 */
#include <errno.h>
#include <string.h>

#include <vsmmu/tables.h>

#include "arch/event_filter.h"
#include "arch/queue.h"
#include "arch/regs.h"
#include "arch/translate.h"
#include "fuzz_vmm.h"

#define DEPTH_MAX 12
#define RUNS_MAX  4096
#define VSTE_AT	  UINT64_C(0) /* no guest memory is there */
#define SSIDS_MAX 4
#define RECORD	  UINT64_C(32)

/* One way through the versions of what is read. */
struct search {
	bool exact; /* only memory as it is now, with its hole */
	uint64_t vste[2];
	unsigned int choice[DEPTH_MAX], choices[DEPTH_MAX];
	unsigned int depth;
};

/* The @choice-th version of a range: now, then older ones. Return: how many there are. */
static unsigned int versions(unsigned int choice, uint64_t address, void *bytes, size_t length)
{
	const uint64_t begin = address - FUZZ_VMM_MEMORY, end = begin + length;
	unsigned int count = 1;

	fuzz_vmm_peek(fuzz_vmm.changes, address, bytes, length);
	for (unsigned int i = fuzz_vmm.changes; i-- > 0;) {
		const struct fuzz_vmm_change *change = &fuzz_vmm.journal[i];

		if (change->offset >= end || change->offset + change->length <= begin)
			continue;
		if (count++ == choice)
			fuzz_vmm_peek(i, address, bytes, length);
	}
	return count;
}

static int read_version(void *ctx, uint64_t address, void *bytes, size_t length)
{
	struct search *search = ctx;
	uint64_t offset = address - FUZZ_VMM_MEMORY;
	unsigned int depth;

	if (search->exact) {
		if (!fuzz_vmm_has(address, length))
			return -1;
		fuzz_vmm_peek(fuzz_vmm.changes, address, bytes, length);
		return 0;
	}
	if (offset >= FUZZ_VMM_SIZE || length > FUZZ_VMM_SIZE - offset ||
		search->depth == DEPTH_MAX)
		return -1;
	depth = search->depth++;
	search->choices[depth] = versions(search->choice[depth], address, bytes, length);
	return 0;
}

/* Hardware finds the STE that the library made of the guest's. */
static int read_hardware(void *ctx, uint64_t address, void *bytes, size_t length)
{
	const struct search *search = ctx;

	if (address >= VSTE_AT + ARCH_ENTRY_SIZE)
		return read_version(ctx, address, bytes, length);
	memset(bytes, 0, length);
	for (unsigned int i = 0; i < 2 * sizeof(uint64_t) && i < length; i++)
		((uint8_t *)bytes)[i] = (uint8_t)(search->vste[i / 8] >> 8 * (i % 8));
	return 0;
}

static void go(struct search *search, const struct arch_strtab *strtab,
	const struct arch_transaction *transaction, struct arch_result *result)
{
	const struct arch_memory guest = {.read = read_version, .ctx = search};
	const struct arch_memory hardware = {.read = read_hardware, .ctx = search};
	const struct arch_state state = {
		.features = fuzz_vmm.hardware, .strtab = {.base = VSTE_AT}, .enabled = true};
	struct arch_transaction physical = *transaction;
	uint64_t word[ARCH_ENTRY_WORDS];
	struct arch_fault fault;
	struct arch_ste ste;

	*result = (struct arch_result){.outcome = ARCH_TERMINATE_ABORT};
	search->depth = 0;
	if (!arch_strtab_fetch(strtab, &fuzz_vmm.guest, &guest, transaction->sid, word, &fault))
		return;
	arch_ste_parse(word, &fuzz_vmm.guest, &ste);
	arch_ste_host(&ste, &fuzz_vmm.guest, &fuzz_vmm.hardware, search->vste);
	physical.sid = 0;
	arch_translate(&state, &hardware, &physical, result);
}

/* Return: whether there is another way to go. */
static bool advance(struct search *search)
{
	for (unsigned int i = search->depth; i-- > 0;) {
		if (++search->choice[i] < search->choices[i])
			return true;
		search->choice[i] = 0;
	}
	return false;
}

static bool explains(const struct arch_strtab *strtab, const struct arch_transaction *transaction,
	uint64_t address)
{
	struct search search = {0};

	for (unsigned int runs = 0; runs < RUNS_MAX; runs++) {
		struct arch_result result;

		go(&search, strtab, transaction, &result);
		if (result.outcome == ARCH_PASS && result.address == address)
			return true;
		if (!advance(&search))
			return false;
	}
	/* Too many ways: not known to be wrong. */
	return true;
}

/* TLB entries belong to an ASID: any CD that has it may have brought them. */
static bool is_explained(const struct arch_transaction *transaction, uint64_t address)
{
	struct arch_transaction other = *transaction;

	if (fuzz_vmm.forgotten)
		return true;
	for (unsigned int i = 0; i < fuzz_vmm.strtabs; i++)
		if (explains(&fuzz_vmm.strtab[i], transaction, address))
			return true;
	for (unsigned int i = 0; i < fuzz_vmm.strtabs; i++)
		for (unsigned int v = 0; v < FUZZ_VMM_VSIDS; v++)
			for (uint32_t ssid = 0; ssid <= SSIDS_MAX; ssid++) {
				other.sid = fuzz_vmm_vsids[v];
				other.ssv = ssid > 0;
				other.ssid = ssid ? ssid - 1 : 0;
				if (explains(&fuzz_vmm.strtab[i], &other, address))
					return true;
			}
	return false;
}

static struct arch_transaction transaction_of(uint32_t vsid, const struct vsmmu_access *access)
{
	return (struct arch_transaction){
		.address = access->address,
		.sid = vsid,
		.ssv = access->flags & VSMMU_ACCESS_SSID,
		.ssid = access->flags & VSMMU_ACCESS_SSID ? access->ssid : 0,
		.access = {.write = access->flags & VSMMU_ACCESS_WRITE,
			.privileged = access->flags & VSMMU_ACCESS_PRIVILEGED,
			.instruction = access->flags & VSMMU_ACCESS_INSTRUCTION},
	};
}

int fuzz_vmm_dma(unsigned int n, const struct vsmmu_access *access, void *bytes, size_t length)
{
	const struct arch_transaction transaction = transaction_of(fuzz_vmm.vsid[n], access);
	const struct fuzz_vmm_registers now = fuzz_vmm_registers();
	struct fuzz_vmm_data data;
	int ret;

	fuzz_vmm.datas = 0;
	ret = vsmmu_sim_dma(fuzz_vmm.sim, fuzz_vmm.dev_id[n], access, bytes, length);
	FUZZ_CHECK(ret == 0 || ret == -EFAULT);
	FUZZ_CHECK(fuzz_vmm.datas <= 1);
	data = fuzz_vmm.data[0];
	if (fuzz_vmm.at_large)
		return ret;
	if (!fuzz_vmm.endpoint[n] || (!(now.cr0 & SMMU_CR0_SMMUEN) && now.gbpa & SMMU_GBPA_ABORT))
		FUZZ_CHECK(ret == -EFAULT && !fuzz_vmm.datas);
	if (!fuzz_vmm.datas)
		return ret;
	FUZZ_CHECK(data.length == length);
	if (!(now.cr0 & SMMU_CR0_SMMUEN))
		FUZZ_CHECK(data.address == access->address);
	else
		FUZZ_CHECK(is_explained(&transaction, data.address));
	return ret;
}

static void translate_exactly(const struct vsmmu_access *access, struct arch_result *result)
{
	const struct arch_transaction transaction = transaction_of(access->vsid, access);
	const struct fuzz_vmm_registers now = fuzz_vmm_registers();
	struct search search = {.exact = true};
	const struct arch_memory memory = {.read = read_version, .ctx = &search};
	const struct arch_state state = {
		.features = fuzz_vmm.guest,
		.strtab = now.strtab,
		.enabled = now.cr0 & SMMU_CR0_SMMUEN,
		.record_bad_sid = fuzz_vmm_read(SMMU_CR2, 4) & SMMU_CR2_RECINVSID,
		.gbpa_abort = now.gbpa & SMMU_GBPA_ABORT,
	};

	arch_translate(&state, &memory, &transaction, result);
}

/* One that the guest's SMMU does not have is none of its business. */
static bool has_foreign_ssid(const struct vsmmu_event_record *record)
{
	return record->word[0] & EVENT_WORD0_SSV &&
	       (!fuzz_vmm.guest.ssid_bits ||
		       (record->word[0] & EVENT_WORD0_SSID) >> 12 >> fuzz_vmm.guest.ssid_bits);
}

/* Of what a guest's SMMU records, this reaches the guest: Linux' driver forwards no more. */
static bool is_told(const struct arch_result *result)
{
	uint64_t vste[2];

	if (!result->recorded || has_foreign_ssid(&result->record))
		return false;
	switch (result->event) {
	case VSMMU_EVENT_C_BAD_STREAMID:
	case VSMMU_EVENT_F_STE_FETCH:
	case VSMMU_EVENT_C_BAD_STE:
		/* Hardware records C_BAD_STE in their place. */
		return arch_ste_host_bad(&fuzz_vmm.hardware, vste);
	case VSMMU_EVENT_F_STREAM_DISABLED:
	case VSMMU_EVENT_C_BAD_SUBSTREAMID:
	case VSMMU_EVENT_C_BAD_CD:
	case VSMMU_EVENT_F_TRANSLATION:
	case VSMMU_EVENT_F_ADDR_SIZE:
	case VSMMU_EVENT_F_ACCESS:
	case VSMMU_EVENT_F_PERMISSION:
		return true;
	default:
		return false;
	}
}

/* Where the next record will be, if the guest's queue is empty and works; else 0. One that the
 * guest has its own MSI overwrite is none. */
static uint64_t next_record(void)
{
	const struct fuzz_vmm_registers now = fuzz_vmm_registers();
	const unsigned int log2 = fuzz_vmm_eventq_log2(now.eventq_base);
	const uint64_t base = now.eventq_base & SMMU_QUEUE_BASE_ADDR & ~((RECORD << log2) - 1);
	const uint64_t address = base + RECORD * queue_index(now.eventq_prod, log2);

	if (!(now.cr0 & SMMU_CR0_EVENTQEN) || !queue_empty(now.eventq_prod, now.eventq_cons, log2))
		return 0;
	if ((now.gerror ^ now.gerrorn) & SMMU_GERROR_EVENTQ_ABT_ERR)
		return 0;
	if (now.eventq_msi < address + RECORD && now.eventq_msi + 4 > address)
		return 0;
	return fuzz_vmm_has(address, RECORD) ? address : 0;
}

static uint64_t events_so_far(void)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	FUZZ_CHECK(!vsmmu_get_stats(fuzz_vmm.vsmmu, &stats));
	return stats.delivered;
}

/* The guest is told of it just what its own SMMU would tell. */
static void check_told(const struct arch_result *result, uint64_t address, uint64_t before)
{
	struct vsmmu_event_record expected = result->record, record;
	uint8_t bytes[RECORD];

	fuzz_vmm_run(0);
	FUZZ_CHECK(events_so_far() - before == is_told(result));
	if (!is_told(result))
		return;
	(void)arch_event_filter(expected.word, SMMU_SSID_BITS_MAX);
	fuzz_vmm_peek(fuzz_vmm.changes, address, bytes, sizeof(bytes));
	vsmmu_event_record_load(bytes, &record);
	FUZZ_CHECK(!memcmp(&record, &expected, sizeof(record)));
}

void fuzz_vmm_compare(unsigned int n, const struct vsmmu_access *access, bool stream)
{
	const struct arch_transaction transaction = transaction_of(fuzz_vmm.vsid[n], access);
	struct search search = {.exact = true};
	uint8_t bytes[4] = {1, 2, 3, 4};
	struct arch_result result, wanted;
	struct vsmmu_access guest = *access;
	struct fuzz_vmm_registers now;
	uint64_t record, before;
	bool reached;
	int ret;

	if (!fuzz_vmm.endpoint[n])
		return;
	fuzz_vmm_run(0);
	fuzz_vmm_consume(UINT32_MAX);
	if (!(stream ? fuzz_vmm_invalidate_stream(fuzz_vmm.vsid[n]) : fuzz_vmm_invalidate_all()))
		return;
	/* It may have got another one by that, or have none: then it aborts, and nobody is told. */
	if (fuzz_vmm.vsid[n] != transaction.sid || transaction.sid == FUZZ_VMM_NO_VSID)
		return;
	/* Nor does it meet what the guest wants while the host refuses even to cut it off. */
	if (fuzz_vmm.at_large)
		return;
	now = fuzz_vmm_registers();
	if (!(now.cr0 & SMMU_CR0_SMMUEN))
		return;
	guest.vsid = fuzz_vmm.vsid[n];
	translate_exactly(&guest, &wanted);
	go(&search, &now.strtab, &transaction, &result);
	record = next_record();
	before = events_so_far();
	reached = result.outcome == ARCH_PASS && fuzz_vmm_has(result.address, sizeof(bytes));
	ret = fuzz_vmm_dma(n, access, bytes, sizeof(bytes));
	if (ret && fuzz_vmm.calls_may_fail)
		return;
	FUZZ_CHECK(!ret == (reached || result.outcome == ARCH_TERMINATE_RAZ_WI));
	FUZZ_CHECK(fuzz_vmm.datas == reached);
	if (reached)
		FUZZ_CHECK(fuzz_vmm.data[0].address == result.address &&
			   !memcmp(bytes, fuzz_vmm.memory + (result.address - FUZZ_VMM_MEMORY),
				   sizeof(bytes)));
	else if (!ret && !(access->flags & VSMMU_ACCESS_WRITE))
		FUZZ_CHECK(!(bytes[0] | bytes[1] | bytes[2] | bytes[3]));
	/* Hardware with other output addresses than the guest was told may find another fault. */
	if (record && !fuzz_vmm.reads_may_fail && !fuzz_vmm.calls_may_fail &&
		fuzz_vmm.guest.oas == fuzz_vmm.hardware.oas)
		check_told(&wanted, record, before);
}

/* Return: whether a look at the tables is about such an access. */
static bool can_be_looked_up(const struct vsmmu_access *access)
{
	return !(access->flags & ~(uint32_t)VSMMU_ACCESS_SSID) && access->address != VSMMU_NO_IOVA;
}

/* It must say what a translation says, without anybody else being told. */
static void look(const struct vsmmu_access *access, const struct arch_result *result)
{
	static const uint32_t outcomes[] = {
		VSMMU_LOOKUP_PASSES, VSMMU_LOOKUP_ABORTS, VSMMU_LOOKUP_IGNORED};
	const uint32_t prod = fuzz_vmm_read(SMMU_EVENTQ_PROD, 4);
	const bool ssv = access->flags & VSMMU_ACCESS_SSID;
	struct vsmmu_tables tables = {.size = sizeof(tables)};

	fuzz_vmm_enter();
	FUZZ_CHECK(!vsmmu_lookup(fuzz_vmm.vsmmu, access->vsid, ssv ? access->ssid : VSMMU_NO_SSID,
		access->address, &tables));
	fuzz_vmm_leave(FUZZ_VMM_TRANSLATE_READS_MAX, 0);
	FUZZ_CHECK(tables.outcome == outcomes[result->outcome]);
	FUZZ_CHECK(tables.recorded == result->recorded);
	FUZZ_CHECK(!memcmp(&tables.event, &result->record, sizeof(tables.event)));
	FUZZ_CHECK(result->outcome != ARCH_PASS || tables.output == result->address);
	FUZZ_CHECK(tables.walk_count <= VSMMU_LOOKUP_LEVELS);
	FUZZ_CHECK(fuzz_vmm_read(SMMU_EVENTQ_PROD, 4) == prod);
}

void fuzz_vmm_translate(const struct vsmmu_access *access)
{
	struct vsmmu_translation translation = {.size = sizeof(translation)};
	struct vsmmu_access last = *access;
	struct arch_result result, end;
	int ret;

	translate_exactly(access, &result);
	fuzz_vmm.translating = true;
	fuzz_vmm.translate_sid = access->vsid;
	if (can_be_looked_up(access))
		look(access, &result);
	fuzz_vmm_enter();
	ret = vsmmu_translate(fuzz_vmm.vsmmu, access, &translation);
	fuzz_vmm_leave(FUZZ_VMM_TRANSLATE_READS_MAX, 0);
	fuzz_vmm.translating = false;
	FUZZ_CHECK(ret == (result.outcome == ARCH_TERMINATE_ABORT ? -EFAULT : 0));
	if (ret)
		return;
	FUZZ_CHECK(translation.ignored == (result.outcome == ARCH_TERMINATE_RAZ_WI));
	if (translation.ignored) {
		FUZZ_CHECK(translation.length == FUZZ_VMM_PAGE - access->address % FUZZ_VMM_PAGE);
		return;
	}
	FUZZ_CHECK(translation.address == result.address && translation.length);
	last.address += translation.length - 1;
	translate_exactly(&last, &end);
	FUZZ_CHECK(end.outcome == ARCH_PASS);
	FUZZ_CHECK(end.address == result.address + translation.length - 1);
}
