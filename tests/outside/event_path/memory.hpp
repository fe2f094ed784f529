/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's memory. */
#ifndef OUTSIDE_MEMORY_HPP
#define OUTSIDE_MEMORY_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

class Memory
{
      public:
	static constexpr uint64_t base = 0x40000000;
	static constexpr size_t size = 4 << 20;

	bool read(uint64_t address, void *bytes, size_t length) const noexcept
	{
		if (!holds(address, length))
			return false;
		std::memcpy(bytes, ram.data() + (address - base), length);
		return true;
	}

	bool write(uint64_t address, const void *bytes, size_t length) noexcept
	{
		if (!holds(address, length))
			return false;
		std::memcpy(ram.data() + (address - base), bytes, length);
		return true;
	}

	/* 64 bits, little endian as all that an SMMU reads; 0 where nothing is. */
	uint64_t word(uint64_t address) const noexcept
	{
		uint8_t bytes[8] = {};
		uint64_t value = 0;

		read(address, bytes, sizeof(bytes));
		for (int i = 7; i >= 0; i--)
			value = value << 8 | bytes[i];
		return value;
	}

	void put(uint64_t address, uint64_t value) noexcept
	{
		uint8_t bytes[8];

		for (uint8_t &byte : bytes) {
			byte = static_cast<uint8_t>(value);
			value >>= 8;
		}
		write(address, bytes, sizeof(bytes));
	}

      private:
	static bool holds(uint64_t address, size_t length) noexcept
	{
		return address >= base && address - base <= size &&
		       length <= size - (address - base);
	}

	std::vector<uint8_t> ram = std::vector<uint8_t>(size);
};

#endif
