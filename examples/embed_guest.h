/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest of the examples: what its SMMU driver writes into memory and registers, here with the
 * calls that a VMM makes when a vCPU exits. Numbers are those of IHI 0070.
 */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <vsmmu/registers.h>
#include <vsmmu/smmu.h>

/* The machine: memory, an ITS' doorbell, one endpoint. */
enum { RAM = 0x40000000, RAM_SIZE = 2 << 20, DOORBELL = 0x08020040, VSID = 0x42 };

/* Where the guest has its things: 2^7 STEs, 2^8 commands, 2^7 events, a CD, a table. */
enum { STRTAB = 0x0, CMDQ = 0x10000, EVENTQ = 0x20000, CD = 0x30000, TABLE = 0x40000 };

/* Of 2 MiB from IOVA 0 on, which are RAM's, and of nothing else it has a mapping. */
enum { GOOD_IOVA = 0x100000, BAD_IOVA = 0x300000 };

static inline void put(uint8_t *ram, size_t offset, uint64_t value)
{
	value = htole64(value);
	memcpy(ram + offset, &value, sizeof(value));
}

/*
 * A device's STE aborts until the SMMU is on, as Linux has it. The register write consumes commands
 * up to the CFGI_STE: the rest, with the interrupt for which the last one asks, is left to
 * vsmmu_run_commands().
 */
static inline void guest_boots(uint8_t *ram, struct vsmmu *vsmmu)
{
	put(ram, STRTAB + VSID * 64, 1); /* V; Config: abort */
	vsmmu_mmio_write(vsmmu, VSMMU_REG_STRTAB_BASE, 8, RAM + STRTAB);
	vsmmu_mmio_write(vsmmu, VSMMU_REG_STRTAB_BASE_CFG, 4, 7);
	vsmmu_mmio_write(vsmmu, VSMMU_REG_CMDQ_BASE, 8, (RAM + CMDQ) | 8);
	vsmmu_mmio_write(vsmmu, VSMMU_REG_EVENTQ_BASE, 8, (RAM + EVENTQ) | 7);
	vsmmu_mmio_write(vsmmu, VSMMU_REG_EVENTQ_IRQ_CFG0, 8, DOORBELL);
	vsmmu_mmio_write(vsmmu, VSMMU_REG_IRQ_CTRL, 4, 1 << 2); /* EVENTQ_IRQEN */
	vsmmu_mmio_write(
		vsmmu, VSMMU_REG_CR0, 4, 1 << 3 | 1 << 2 | 1 << 0); /* CMDQEN, EVENTQEN, SMMUEN */

	put(ram, TABLE, RAM | 0x441); /* a block: AF, AP[1] for unprivileged access */
	/* ASID = 1, A, R, AA64, IPS = 44 bits, V, EPD1, T0SZ = 39: level 2 is the first one */
	put(ram, CD, UINT64_C(0x00016204c0000027));
	put(ram, CD + 8, RAM + TABLE);
	put(ram, STRTAB + VSID * 64, (RAM + CD) | 5 << 1 | 1); /* Config: stage 1; V */
	put(ram, CMDQ, (uint64_t)VSID << 32 | 0x03);	       /* CFGI_STE */
	put(ram, CMDQ + 16, 0x30);			       /* TLBI_NSNH_ALL */
	put(ram, CMDQ + 32, 1 << 12 | 0x46);		       /* SYNC, CS: SIG_IRQ */
	vsmmu_mmio_write(vsmmu, VSMMU_REG_CMDQ_PROD, 4, 3);
}

/*
 * Event @number of its queue, which has not wrapped yet. Return: whether it tells of a write to
 * BAD_IOVA.
 */
static inline bool guest_takes_event(const uint8_t *ram, struct vsmmu *vsmmu, uint32_t number)
{
	struct vsmmu_event_record record;
	struct vsmmu_event event = {.size = sizeof(event)};

	vsmmu_event_record_load(ram + EVENTQ + number * VSMMU_EVENT_RECORD_SIZE, &record);
	vsmmu_event_decode(&record, &event);
	printf("%s: stream 0x%" PRIx32 ", address 0x%" PRIx64 "\n", vsmmu_event_name(event.id),
		event.sid, event.input_addr);
	vsmmu_mmio_write(vsmmu, VSMMU_REG_EVENTQ_CONS, 4, number + 1);
	return event.id == VSMMU_EVENT_F_TRANSLATION && event.sid == VSID && !event.rnw &&
	       event.input_addr == BAD_IOVA;
}
