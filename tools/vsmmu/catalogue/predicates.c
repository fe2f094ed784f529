/* SPDX-License-Identifier: BSD-2-Clause */
#include "catalogue/predicates.h"

#include "text/text.h"

/* GITS_TRANSLATER of an ITS and MSI_SETSPI_NS of a GICv2m both are here in their page. */
#define DOORBELL_OFFSET	 UINT64_C(0x040)
#define PAGE_OFFSET_MASK UINT64_C(0xfff)

/* Offsets into a structure whose address is 0 are smaller than the largest page. */
#define NEAR_ZERO UINT64_C(0x10000)

/* Linux gives addresses downward from 4 GiB, or from the top of what the endpoint can reach. */
#define FIRST_ABOVE_4G	UINT64_C(0x100000000)
#define LOW_MEMORY	UINT64_C(0x40000000)
#define LOW_MEMORY_END	UINT64_C(0xc0000000)
#define PHYSICAL_END	(UINT64_C(1) << 46)
#define TOP_OF_SPACE(n) ((UINT64_C(1) << (n)) - (UINT64_C(1) << ((n)-4)))

/* A page that faults so often has one fault that repeats, not many. */
#define BURST 8

static bool knows(const struct fault *fault, enum vsmmu_event_field field)
{
	return vsmmu_event_knows(fault->event, fault->known, field);
}

static bool is_set(const struct fault *fault, enum vsmmu_event_field field)
{
	return knows(fault, field) && vsmmu_event_field_value(fault->event, field);
}

static bool is_clear(const struct fault *fault, enum vsmmu_event_field field)
{
	return knows(fault, field) && !vsmmu_event_field_value(fault->event, field);
}

static bool is_class(const struct fault *fault, enum vsmmu_event_class class_)
{
	return knows(fault, VSMMU_EVENT_FIELD_CLASS) && fault->event->class_ == class_;
}

bool fault_is_stage2(const struct fault *fault)
{
	return is_set(fault, VSMMU_EVENT_FIELD_S2);
}

bool fault_may_be_stage1(const struct fault *fault)
{
	return !fault_is_stage2(fault);
}

bool fault_lacks_class(const struct fault *fault)
{
	return fault_is_stage2(fault) && is_class(fault, VSMMU_EVENT_CLASS_CD) &&
	       is_clear(fault, VSMMU_EVENT_FIELD_IPA);
}

bool fault_is_of_table(const struct fault *fault)
{
	return fault_is_stage2(fault) && !fault_lacks_class(fault) &&
	       (is_class(fault, VSMMU_EVENT_CLASS_CD) || is_class(fault, VSMMU_EVENT_CLASS_TT));
}

bool fault_is_write(const struct fault *fault)
{
	return is_clear(fault, VSMMU_EVENT_FIELD_RNW);
}

static bool may_be_write(const struct fault *fault)
{
	return !is_set(fault, VSMMU_EVENT_FIELD_RNW);
}

bool fault_is_fetch(const struct fault *fault)
{
	return is_set(fault, VSMMU_EVENT_FIELD_RNW) && is_set(fault, VSMMU_EVENT_FIELD_IND);
}

bool fault_is_stalled(const struct fault *fault)
{
	return is_set(fault, VSMMU_EVENT_FIELD_STALL);
}

bool fault_has_pasid(const struct fault *fault)
{
	return vsmmu_event_has_ssid(fault->event, fault->known);
}

/* Whether the address is known, and what went wrong was the translation of itself. */
static bool has_address(const struct fault *fault, uint64_t *address)
{
	*address = fault->event->input_addr;
	return knows(fault, VSMMU_EVENT_FIELD_INPUT_ADDR) && !fault_is_of_table(fault);
}

static bool is_doorbell(const struct fault *fault)
{
	uint64_t address;

	return has_address(fault, &address) && address >= NEAR_ZERO &&
	       (address & PAGE_OFFSET_MASK) == DOORBELL_OFFSET && !fault_has_pasid(fault);
}

bool fault_is_msi(const struct fault *fault)
{
	return is_doorbell(fault) && fault_is_write(fault) && fault_may_be_stage1(fault);
}

bool fault_is_msi_of_stage2(const struct fault *fault)
{
	return is_doorbell(fault) && fault_is_write(fault) && fault_is_stage2(fault);
}

bool fault_may_be_msi(const struct fault *fault)
{
	return is_doorbell(fault) && may_be_write(fault) && !fault_is_write(fault);
}

bool fault_is_near_zero(const struct fault *fault)
{
	uint64_t address;

	return has_address(fault, &address) && address < NEAR_ZERO;
}

/* All ones may be 64, 48 or 32 bits wide; the widest have an offset added, perhaps. */
bool fault_is_all_ones(const struct fault *fault)
{
	uint64_t address;

	if (!has_address(fault, &address))
		return false;
	return (address | PAGE_OFFSET_MASK) == UINT64_MAX || address == UINT32_MAX ||
	       address == (UINT64_C(1) << 48) - 1;
}

/* Debug options of kernels fill freed memory with such bytes, and its lists with 0xdead. */
bool fault_is_poison(const struct fault *fault)
{
	const uint64_t every_byte = UINT64_C(0x0101010101010101);
	uint64_t address;

	if (!has_address(fault, &address) || fault_is_near_zero(fault) || fault_is_all_ones(fault))
		return false;
	return (address & ~PAGE_OFFSET_MASK) ==
		       ((address >> 56) * every_byte & ~PAGE_OFFSET_MASK) ||
	       address >> 48 == 0xdead || (uint32_t)address == 0xdeadbeef;
}

bool fault_is_kernel_pointer(const struct fault *fault)
{
	uint64_t address;

	return has_address(fault, &address) && address >> 52 == 0xfff && !fault_is_all_ones(fault);
}

/* Linux puts the programs of arm64 near two thirds of 48 bits. */
bool fault_is_user_pointer(const struct fault *fault)
{
	uint64_t address;

	return has_address(fault, &address) && address >> 36 == 0xaaa && !fault_has_pasid(fault);
}

/* Whether it can be a physical address: the endpoint should use none at stage 1. */
static bool is_plain(const struct fault *fault, uint64_t *address)
{
	return has_address(fault, address) && fault_may_be_stage1(fault) &&
	       !fault_has_pasid(fault) && !is_doorbell(fault);
}

bool fault_looks_physical(const struct fault *fault)
{
	uint64_t address;

	if (!is_plain(fault, &address) || address < FIRST_ABOVE_4G || address >= PHYSICAL_END)
		return false;
	for (unsigned int bits = 33; bits <= 46; bits++)
		if (address >> bits == 0 && address >= TOP_OF_SPACE(bits))
			return false;
	return true;
}

bool fault_may_be_physical(const struct fault *fault)
{
	uint64_t address;

	return is_plain(fault, &address) && address >= LOW_MEMORY && address < LOW_MEMORY_END;
}

bool fault_is_unassigned(const struct fault *fault)
{
	return fault->unassigned;
}

bool fault_is_shared(const struct fault *fault)
{
	return fault->endpoints > 1;
}

bool fault_is_burst(const struct fault *fault)
{
	return fault->repeats >= BURST;
}

bool fault_is_after_reset(const struct fault *fault)
{
	return fault->before & CONTEXT_RESET;
}

bool fault_is_after_error(const struct fault *fault)
{
	return fault->before & CONTEXT_AER;
}

bool fault_is_after_unbind(const struct fault *fault)
{
	return fault->before & CONTEXT_UNBIND;
}

bool fault_is_after_watchdog(const struct fault *fault)
{
	return fault->before & CONTEXT_WATCHDOG;
}

bool fault_is_after_vfio(const struct fault *fault)
{
	return fault->before & CONTEXT_VFIO;
}
