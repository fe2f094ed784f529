/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest: what its driver writes into memory and registers, and what it finds there. */
#ifndef OUTSIDE_GUEST_HPP
#define OUTSIDE_GUEST_HPP

#include <optional>

#include <vsmmu/event.h>

#include "smmu.hpp"

class Guest
{
      public:
	/* The guest has 2^7 events, 2^7 commands, 2^8 STEs, a CD with a table of 2-MiB blocks. */
	static constexpr uint64_t strtab = Memory::base, cmdq = Memory::base + 0x10000;
	static constexpr uint64_t eventq = Memory::base + 0x20000, cd = Memory::base + 0x30000;
	static constexpr uint64_t table = Memory::base + 0x40000, msi = Memory::base + 0x50000;
	static constexpr unsigned int log2 = 7;
	/* Devices find [0, 2 MiB) mapped to the begin of memory, and nothing else. */
	static constexpr uint64_t mapped = 0x100000, unmapped = 0x300000;
	static constexpr uint32_t msi_data = 0x1234;

	Guest(Memory &memory, Smmu &smmu) : memory(memory), smmu(&smmu)
	{
	}

	void move_to(Smmu &other)
	{
		smmu = &other;
	}

	void boot()
	{
		cons = prod = 0;
		memory.put(table, Memory::base | 0x441); /* a block: AF, AP[1] */
		/* ASID = 1, A, R, AA64, IPS: 44 bits, V, EPD1, T0SZ: 39 bits, from level 2 on */
		memory.put(cd, 0x00016204c0000027);
		memory.put(cd + 8, table);
		smmu->write(VSMMU_REG_CR0, 4, 0);
		smmu->write(VSMMU_REG_IRQ_CTRL, 4, 0);
		smmu->write(VSMMU_REG_STRTAB_BASE, 8, strtab);
		smmu->write(VSMMU_REG_CMDQ_BASE, 8, cmdq | log2);
		smmu->write(VSMMU_REG_CMDQ_PROD, 4, 0);
		smmu->write(VSMMU_REG_CMDQ_CONS, 4, 0);
		set_eventq(eventq);
		smmu->write(VSMMU_REG_EVENTQ_IRQ_CFG0, 8, msi);
		smmu->write(VSMMU_REG_EVENTQ_IRQ_CFG1, 4, msi_data);
		smmu->write(VSMMU_REG_IRQ_CTRL, 4, Smmu::eventq_irqen | Smmu::gerror_irqen);
		smmu->write(VSMMU_REG_CR0, 4, on);
	}

	void set_eventq(uint64_t address)
	{
		smmu->write(VSMMU_REG_EVENTQ_BASE, 8, address | log2);
		smmu->write(VSMMU_REG_EVENTQ_PROD, 4, 0);
		smmu->write(VSMMU_REG_EVENTQ_CONS, 4, 0);
		cons = 0;
	}

	void command(uint64_t low)
	{
		memory.put(cmdq + (prod & ((1 << log2) - 1)) * 16, low);
		memory.put(cmdq + (prod & ((1 << log2) - 1)) * 16 + 8, 0);
		prod = (prod + 1) & ((2 << log2) - 1);
		smmu->write(VSMMU_REG_CMDQ_PROD, 4, prod);
	}

	/* Return: whether it is done, and without an error. */
	bool sync()
	{
		command(0x46);
		return smmu->read(VSMMU_REG_CMDQ_CONS, 4) == prod;
	}

	/* The stream goes through the CD from now on. */
	bool translate(uint32_t vsid)
	{
		memory.put(strtab + vsid * 64, cd | 5 << 1 | 1); /* Config: stage 1; V */
		command(static_cast<uint64_t>(vsid) << 32 | 0x03);
		return sync();
	}

	/* Maps another block of memory there; the SMMU may know the old one still. */
	void remap(uint64_t block)
	{
		memory.put(table, block | 0x441);
	}

	bool forget_translations()
	{
		command(0x30); /* TLBI_NSNH_ALL */
		return sync();
	}

	uint64_t read(uint64_t offset, unsigned int size = 4)
	{
		return smmu->read(offset, size);
	}
	void write(uint64_t offset, uint64_t value)
	{
		smmu->write(offset, 4, value);
	}

	/* Takes an interrupt. Return: whether there was an interrupt: an MSI. */
	bool take_msi()
	{
		const bool there = memory.word(msi) == msi_data;

		memory.put(msi, 0);
		return there;
	}

	bool overflowed()
	{
		return (read(VSMMU_REG_EVENTQ_PROD) ^ ovackflg) >> 31;
	}

	/* Takes the next event of the queue; OVFLG is acknowledged with it, as Linux does. */
	std::optional<vsmmu_event> take_event()
	{
		const uint32_t at = static_cast<uint32_t>(read(VSMMU_REG_EVENTQ_PROD));
		uint8_t bytes[VSMMU_EVENT_RECORD_SIZE];
		vsmmu_event_record record;
		vsmmu_event event = {.size = sizeof(event)};

		if ((at & ((2 << log2) - 1)) == cons)
			return {};
		memory.read(
			eventq + (cons & ((1 << log2) - 1)) * sizeof(bytes), bytes, sizeof(bytes));
		vsmmu_event_record_load(bytes, &record);
		vsmmu_event_decode(&record, &event);
		cons = (cons + 1) & ((2 << log2) - 1);
		ovackflg = at & UINT32_C(1) << 31;
		smmu->write(VSMMU_REG_EVENTQ_CONS, 4, cons | ovackflg);
		return event;
	}

	static constexpr uint32_t on = Smmu::smmuen | Smmu::eventqen | Smmu::cmdqen;

      private:
	Memory &memory;
	Smmu *smmu;
	uint32_t prod = 0, cons = 0, ovackflg = 0;
};

#endif
