/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

#include <string.h>

#include "check.h"

/* Where it has its things, from the begin of RAM on. */
#define STRTAB	    0x0 /* 2^10 entries: 4 buses */
#define STRTAB_LOG2 10
#define CMDQ	    0x10000
#define CMDQ_LOG2   6
#define EVENTQ	    0x20000
#define EVENTQ_LOG2 7
#define CD	    0x30000
#define LEVEL_1	    0x31000
#define LEVEL_2	    0x32000
#define SYNC	    0x33000 /* CMD_SYNCs write their number here */
#define PAGE	    0x1000

#define CMD_CFGI_STE UINT64_C(0x03)
#define CMD_CFGI_ALL UINT64_C(0x04)
#define CMD_TLBI_ALL UINT64_C(0x30) /* NSNH */
#define CMD_SYNC     UINT64_C(0x46)
#define SIG_IRQ	     (UINT64_C(1) << 12)
#define MSI_WB	     (UINT64_C(0xf) << 24 | UINT64_C(3) << 22)

/* T0SZ = 25, tables in inner shareable write-back memory, EPD1, V, IPS: 40 bits, AA64, R, A,
 * ASET, ASID = 1 */
#define CD_0 (UINT64_C(0x0001e20240003500) | UINT64_C(1) << 31 | 25)

/* A table; a block that is accessed, inner shareable and for unprivileged writes too. */
#define PTE_TABLE 0x3
#define PTE_BLOCK 0x741

#define STE_STAGE_1 (UINT64_C(5) << 1 | 1)
#define STE_1	    (UINT64_C(1) << 2 | UINT64_C(1) << 4 | UINT64_C(3) << 6)

static void put(struct guest *guest, uint64_t offset, uint64_t value)
{
	__atomic_store_n((uint64_t *)(void *)(guest->vmm->ram + offset), value, __ATOMIC_RELEASE);
}

static void set(struct guest *guest, uint64_t offset, uint64_t value)
{
	vmm_write(guest->vmm, offset, 4, value);
}

static void write_tables(struct guest *guest)
{
	put(guest, LEVEL_1, (VMM_RAM + LEVEL_2) | PTE_TABLE);
	put(guest, LEVEL_2, VMM_RAM | PTE_BLOCK);
	put(guest, CD + 8, VMM_RAM + LEVEL_1);
	put(guest, CD + 24, 0xff); /* MAIR: write-back */
	put(guest, CD, CD_0);
}

static void issue(struct guest *guest, uint64_t low, uint64_t high)
{
	const uint64_t at = CMDQ + (guest->prod & ((1u << CMDQ_LOG2) - 1)) * 16;

	put(guest, at, low);
	put(guest, at + 8, high);
	guest->prod = (guest->prod + 1) & ((2u << CMDQ_LOG2) - 1);
	set(guest, VSMMU_REG_CMDQ_PROD, guest->prod);
}

void guest_move_eventq(struct guest *guest, uint64_t address)
{
	set(guest, VSMMU_REG_CR0, GUEST_SMMUEN | GUEST_CMDQEN);
	vmm_write(guest->vmm, VSMMU_REG_EVENTQ_BASE, 8, address | EVENTQ_LOG2);
	set(guest, VSMMU_REG_EVENTQ_PROD, 0);
	set(guest, VSMMU_REG_EVENTQ_CONS, 0);
	guest->cons = 0;
	set(guest, VSMMU_REG_CR0, GUEST_ON);
	CHECK(vmm_read(guest->vmm, VSMMU_REG_CR0ACK, 4) == GUEST_ON);
}

static void probe(struct guest *guest, struct vmm *vmm)
{
	memset(guest, 0, sizeof(*guest));
	guest->vmm = vmm;
	memset(vmm->ram, 0, GUEST_TO + PAGE);
	for (uint32_t n = 0; n < 6; n++)
		guest->idr[n] = (uint32_t)vmm_read(vmm, VSMMU_REG_IDR0 + 4 * n, 4);
	CHECK(guest->idr[0] & 1 << 1);	     /* S1P */
	CHECK((guest->idr[0] & 0xc) == 0x8); /* TTF: AArch64 */
	CHECK(guest->idr[5] & 1 << 4);	     /* GRAN4K */
	CHECK((guest->idr[5] & 7) >= 2);     /* OAS: 40 bits or more */
}

static void start(struct guest *guest)
{
	struct vmm *vmm = guest->vmm;

	write_tables(guest);
	set(guest, VSMMU_REG_CR0, 0);
	vmm_write(vmm, VSMMU_REG_STRTAB_BASE, 8, VMM_RAM + STRTAB);
	set(guest, VSMMU_REG_STRTAB_BASE_CFG, STRTAB_LOG2);
	vmm_write(vmm, VSMMU_REG_CMDQ_BASE, 8, (VMM_RAM + CMDQ) | CMDQ_LOG2);
	set(guest, VSMMU_REG_CMDQ_PROD, 0);
	set(guest, VSMMU_REG_CMDQ_CONS, 0);
	guest_want_irqs(guest, true, true);
	guest_move_eventq(guest, GUEST_EVENTQ);
	issue(guest, CMD_TLBI_ALL, 0);
	guest_invalidate_all(guest);
}

void guest_boot(struct guest *guest, struct vmm *vmm)
{
	probe(guest, vmm);
	start(guest);
}

void guest_number(struct guest *guest, unsigned int n, unsigned int bus)
{
	const uint64_t ste = STRTAB + ((uint64_t)bus << 8) * 64;

	put(guest, ste + 8, STE_1);
	put(guest, ste, (VMM_RAM + CD) | STE_STAGE_1);
	vmm_write_bus(guest->vmm, n, bus);
}

void guest_boot_numbered(
	struct guest *guest, struct vmm *vmm, unsigned int first, unsigned int second)
{
	probe(guest, vmm);
	guest_number(guest, 0, first);
	guest_number(guest, 1, second);
	start(guest);
}

void guest_want_irqs(struct guest *guest, bool eventq, bool gerror)
{
	set(guest, VSMMU_REG_IRQ_CTRL, (uint64_t)eventq << 2 | gerror);
}

void guest_forget(struct guest *guest, unsigned int bus)
{
	put(guest, STRTAB + ((uint64_t)bus << 8) * 64, 0);
}

static bool is_synced(struct vmm *vmm, const void *what)
{
	const struct guest *guest = what;

	return __atomic_load_n((uint32_t *)(void *)(vmm->ram + SYNC), __ATOMIC_ACQUIRE) ==
	       guest->syncs;
}

void guest_sync(struct guest *guest)
{
	guest->syncs++;
	issue(guest, CMD_SYNC | SIG_IRQ | MSI_WB | (uint64_t)guest->syncs << 32, VMM_RAM + SYNC);
	vmm_wait(guest->vmm, is_synced, guest);
}

void guest_sync_irq(struct guest *guest)
{
	issue(guest, CMD_SYNC | SIG_IRQ, 0);
}

void guest_invalidate(struct guest *guest, unsigned int bus)
{
	issue(guest, CMD_CFGI_STE | (uint64_t)bus << (8 + 32), 1);
	guest_sync(guest);
}

void guest_invalidate_all(struct guest *guest)
{
	issue(guest, CMD_CFGI_ALL, 31);
	guest_sync(guest);
}

static uint32_t index_of(uint32_t pointer)
{
	return pointer & ((2u << EVENTQ_LOG2) - 1);
}

bool guest_event_is_there(struct vmm *vmm, const void *what)
{
	const struct guest *guest = what;
	uint64_t prod = 0;

	return !vsmmu_mmio_read(vmm->vsmmu, VSMMU_REG_EVENTQ_PROD, 4, &prod) &&
	       index_of((uint32_t)prod) != index_of(guest->cons);
}

bool guest_has_event(struct guest *guest)
{
	bool has;

	vmm_lock(guest->vmm);
	has = guest_event_is_there(guest->vmm, guest);
	vmm_unlock(guest->vmm);
	return has;
}

struct vsmmu_event guest_take_event(struct guest *guest)
{
	struct vsmmu_event event = {.size = sizeof(event)};
	struct vsmmu_event_record record;
	uint32_t prod;

	vmm_wait(guest->vmm, guest_event_is_there, guest);
	prod = (uint32_t)vmm_read(guest->vmm, VSMMU_REG_EVENTQ_PROD, 4);
	vsmmu_event_record_load(
		guest->vmm->ram + EVENTQ +
			(guest->cons & ((1u << EVENTQ_LOG2) - 1)) * VSMMU_EVENT_RECORD_SIZE,
		&record);
	vsmmu_event_decode(&record, &event);
	guest->cons = index_of(guest->cons + 1) | (prod & 1u << 31);
	set(guest, VSMMU_REG_EVENTQ_CONS, guest->cons);
	return event;
}

static bool has_line(struct vmm *vmm, const void *what)
{
	return vmm->lines[*(const enum vsmmu_irq *)what];
}

void guest_wait_irq(struct guest *guest, enum vsmmu_irq irq)
{
	vmm_wait(guest->vmm, has_line, &irq);
	CHECK(vmm_take_line(guest->vmm, irq) == 1);
}

struct vsmmu_event guest_handle_event(struct guest *guest)
{
	guest_wait_irq(guest, VSMMU_IRQ_EVENTQ);
	/* An interrupt never finds the queue empty. */
	CHECK(guest_has_event(guest));
	return guest_take_event(guest);
}

static bool copies(struct guest *guest, unsigned int n, uint64_t base)
{
	static uint8_t pattern;
	uint8_t *from = guest->vmm->ram + GUEST_FROM, *to = guest->vmm->ram + GUEST_TO;

	memset(from, ++pattern, PAGE);
	memset(to, 0, PAGE);
	vmm_device_reads(guest->vmm, n, base + GUEST_FROM, 64);
	vmm_device_writes(guest->vmm, n, base + GUEST_TO, 64);
	return !memcmp(from, to, 64);
}

bool guest_copies(struct guest *guest, unsigned int n)
{
	return copies(guest, n, 0);
}

bool guest_copies_untranslated(struct guest *guest, unsigned int n)
{
	return copies(guest, n, VMM_RAM);
}

void guest_fault(struct guest *guest, unsigned int n, unsigned int page)
{
	vmm_device_writes(guest->vmm, n, GUEST_HOLE + (uint64_t)page * PAGE, 4);
}

bool guest_is_fault(const struct vsmmu_event *event, uint32_t vsid, unsigned int page)
{
	return event->id == VSMMU_EVENT_F_TRANSLATION && event->sid == vsid && !event->rnw &&
	       event->input_addr == GUEST_HOLE + (uint64_t)page * PAGE;
}
