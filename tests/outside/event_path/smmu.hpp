/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An SMMUv3 as a VMM has one of its own: ID registers, stream table, command queue, MSIs. Only what
 * has to do with the event queue goes to the library. Numbers are those of IHI 0070.
 */
#ifndef OUTSIDE_SMMU_HPP
#define OUTSIDE_SMMU_HPP

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <vsmmu/registers.h>
#include <vsmmu/smmu.h>
#include <vsmmu/snapshot.h>

#include "memory.hpp"

struct VsmmuDeleter {
	void operator()(vsmmu *p) const noexcept
	{
		vsmmu_free(p);
	}
};
using VsmmuPtr = std::unique_ptr<vsmmu, VsmmuDeleter>;

class Smmu
{
      public:
	/* Bits of CR0, IRQ_CTRL, GERROR. */
	static constexpr uint32_t smmuen = 1 << 0, eventqen = 1 << 2, cmdqen = 1 << 3;
	static constexpr uint32_t gerror_irqen = 1 << 0, eventq_irqen = 1 << 2;
	static constexpr uint32_t cmdq_err = 1 << 0, eventq_abt_err = 1 << 2;
	static constexpr unsigned int eventq_log2_max = 7, sid_bits = 8;

	struct State { /* migrates: the VMM's part and the library's */
		std::map<uint64_t, uint32_t> own;
		std::vector<uint8_t> snapshot;
	};

	Smmu(Memory &memory, vsmmu_host *host);
	Smmu(const Smmu &) = delete;
	Smmu &operator=(const Smmu &) = delete;

	void attach(uint32_t vsid, uint32_t dev_id);
	/* The device has a vIOMMU of the VMM's own, whose vEVENTQ @fd is. */
	void adopt(uint32_t vsid, int fd, uint32_t first_sequence);

	/* Registers as a vCPU's exit accesses them: 4 bytes, or 8 in two halves. */
	uint64_t read(uint64_t offset, unsigned int size) noexcept;
	void write(uint64_t offset, unsigned int size, uint64_t value) noexcept;

	/* Goes once round the VMM's loop. Return: whether something was to be done in @timeout_ms.
	 */
	bool loop(int timeout_ms);

	void reset();
	State save();
	void restore(const State &state);

	vsmmu *get() const noexcept
	{
		return library.get();
	}
	/* Calls that the library or the host refused, for which no guest is to blame. */
	unsigned int failures() const noexcept
	{
		return refused;
	}
	unsigned int wired(vsmmu_irq irq) const noexcept
	{
		return pulses.at(irq);
	}

      private:
	static int memory_write(
		void *opaque, uint64_t address, const void *bytes, size_t length) noexcept;
	static void irq_pulse(void *opaque, vsmmu_irq irq) noexcept;
	static void report(void *opaque, const vsmmu_report *report) noexcept;

	uint32_t read32(uint64_t offset) noexcept;
	void write32(uint64_t offset, uint32_t value) noexcept;
	uint64_t library_read(uint64_t offset) const noexcept;
	void cr0_write(uint32_t value) noexcept;
	void run_commands() noexcept;
	bool run_command(uint64_t low, uint64_t high) noexcept;
	void invalidate(uint32_t vsid, uint64_t low, uint64_t high) noexcept;
	void install(uint32_t vsid) noexcept;
	void install_all() noexcept;

	Memory &memory;
	std::map<uint64_t, uint32_t> own; /* registers that the library does not have */
	std::array<unsigned int, 3> pulses = {};
	unsigned int refused = 0;
	vsmmu_host *host;
	VsmmuPtr library;
	std::map<uint32_t, vsmmu_endpoint *> endpoints; /* by StreamID */
};

#endif
