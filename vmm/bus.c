/* SPDX-License-Identifier: BSD-2-Clause */
/* Hands accesses to their devices; one is the PCIe host, with bus 0 and the windows of BARs. */
#include <string.h>

#include <vsmmu/registers.h>

#include "vm.h"

#define SLOT_SHIFT     15
#define FUNCTION_SHIFT 12

/* The bridge between the CPUs and bus 0, with no registers of its own: 1b36:0008 of Red Hat. */
static void access_host_bridge(struct bus_access *access)
{
	static const uint8_t config[16] = {0x36, 0x1b, 0x08, [10] = 0x00, 0x06};

	if (access->write)
		return;
	access->value = 0;
	if (access->offset + access->size <= sizeof(config))
		memcpy(&access->value, config + access->offset, access->size);
}

/* Each slot has a function 0 at most. */
static void access_ecam(struct vm *vm, struct bus_access *access)
{
	const uint64_t slot = access->offset >> SLOT_SHIFT;
	const bool other = access->offset >> FUNCTION_SHIFT & 7;

	access->offset &= (1u << FUNCTION_SHIFT) - 1;
	if (other || access->size > 4)
		access->value = UINT64_MAX;
	else if (slot)
		vfio_access_config(&vm->device[slot - 1], access);
	else
		access_host_bridge(access);
}

static void access_bars(struct vm *vm, struct bus_access *access)
{
	for (unsigned int n = 0; n < DEVICES_MAX; n++)
		if (vfio_access_memory(&vm->device[n], access))
			return;
	access->value = UINT64_MAX;
}

void bus_access(struct vm *vm, struct bus_access *access)
{
	static const struct {
		uint64_t base, size;
		void (*access)(struct vm *vm, struct bus_access *access);
	} regions[] = {
		{MAP_SMMU, VSMMU_REGISTER_SPACE, smmu_access},
		{MAP_UART, MAP_UART_SIZE, uart_access},
		{MAP_ECAM, MAP_ECAM_SIZE, access_ecam},
		{MAP_MEM32, MAP_MEM32_SIZE, access_bars},
		{MAP_MEM64, MAP_MEM64_SIZE, access_bars},
	};

	for (size_t n = 0; n < sizeof(regions) / sizeof(regions[0]); n++) {
		access->offset = access->address - regions[n].base;
		if (access->offset < regions[n].size &&
			access->size <= regions[n].size - access->offset) {
			regions[n].access(vm, access);
			return;
		}
	}
	access->value = UINT64_MAX;
}
