/* SPDX-License-Identifier: BSD-2-Clause */
/* The causes of the four faults of translation. */
#include "catalogue/causes.h"
#include "catalogue/predicates.h"

const struct catalogue_cause causes_by_address[] = {
	{.applies = fault_is_msi,
		.text = "an MSI: its doorbell is not mapped, or no longer, or the endpoint's MSI "
			"address is stale (the write ends in 0x040, as the doorbell of an ITS or "
			"a GICv2m does)",
		.look = "the address in the endpoint's MSI capability (lspci -vv); whether its "
			"driver had freed its interrupts, or a reset or migration lost its MSI-X "
			"table"},
	{.applies = fault_is_msi_of_stage2,
		.text = "an MSI: its doorbell is not mapped for the guest, or no longer, or the "
			"endpoint's MSI address is stale (the write ends in 0x040, as a "
			"doorbell's address does; QEMU's is 0x8090040)",
		.look = "where the guest's firmware says that the doorbell is, and what the VMM "
			"maps there; Linux itself puts doorbells for virtual machines at "
			"0x8000000 to 0x80fffff"},
	{.applies = fault_is_near_zero,
		.text = "an address that was never set or was cleared: a descriptor ring after a "
			"reset, state lost in a migration, an MSI-X entry that was not programmed",
		.look = "a reset, resume or migration just before, and whether the driver sets "
			"all addresses up again after it"},
	{.applies = fault_is_all_ones,
		.text = "an address of all ones: a mapping that failed (DMA_MAPPING_ERROR) and "
			"was used all the same, or a descriptor that was read from a device that "
			"is gone",
		.look = "whether the driver checks dma_mapping_error(), and whether the device is "
			"still there"},
	{.applies = fault_is_poison,
		.text = "an address from memory that was freed or never filled in: it is what "
			"kernels fill such memory with",
		.look = "what a kernel with KASAN and CONFIG_DMA_API_DEBUG says"},
	{.applies = fault_is_kernel_pointer,
		.text = "a pointer of the kernel that the driver gave the endpoint instead of a "
			"DMA address",
		.look = "addresses in the driver that do not come from the DMA API"},
	{.applies = fault_is_user_pointer,
		.text = "a pointer of a program that the endpoint uses without a PASID, thus not "
			"as shared virtual addressing",
		.look = "whether the driver could bind the process (SVA), and what it does if not"},
	{.applies = fault_may_be_msi,
		.text = "perhaps an MSI whose doorbell is not mapped, or no longer: the address "
			"ends in 0x040, as a doorbell's does",
		.look = "the address in the endpoint's MSI capability (lspci -vv)"},
	{0},
};

const struct catalogue_cause causes_by_process[] = {
	{.applies = fault_is_stalled,
		.text = "page faults that nobody handles: SVA or its page fault handling was not "
			"enabled, or it failed, or the process of that PASID is gone",
		.look = "messages of SVA, iopf or the endpoint's driver before it, and programs "
			"that ended"},
	{.applies = fault_has_pasid,
		.text = "an address of a process that is not in memory: SVA without page faults "
			"(stalls, page requests), or the process of that PASID is gone, or has "
			"unmapped it",
		.look = "whether the program still ran, and whether its driver stops the endpoint "
			"before it ends"},
	{0},
};

const struct catalogue_cause causes_unassigned[] = {
	{.applies = fault_is_unassigned,
		.text = "the kernel knows no device with this StreamID, or no longer: firmware "
			"describes another one, or the device was removed while it was active",
		.look = "the StreamIDs that firmware describes (IORT, device tree)"},
	{0},
};

const struct catalogue_cause causes_by_log[] = {
	{.applies = fault_is_after_error,
		.text = "the error of PCIe or hardware just before: the endpoint is in a state "
			"that its driver does not expect",
		.look = "the first error in the log, not this fault"},
	{.applies = fault_is_after_reset,
		.text = "the reset just before: the endpoint, or its firmware, went on with what "
			"it had been told before",
		.look = "whether the driver stops DMA before the reset and sets up all rings "
			"after it"},
	{.applies = fault_is_after_unbind,
		.text = "a driver that let go of the endpoint just before while DMA was under way",
		.look = "whether the driver stops the endpoint, and waits, before it unmaps"},
	{.applies = fault_is_after_watchdog,
		.text = "an endpoint that hung, as the watchdog says: the fault may be of its "
			"recovery, or what stopped it",
		.look = "which of the two came first in the log"},
	{.applies = fault_is_after_vfio,
		.text = "the hand-over between host and virtual machine just before: DMA that its "
			"former owner had started",
		.look = "whether the endpoint was reset at the hand-over"},
	{.applies = fault_is_shared,
		.text = "another endpoint than the one that is named, as several share this "
			"StreamID",
		.look = "whether it ends when one of these endpoints is out of use"},
	{.applies = fault_is_burst,
		.text = "one fault that repeats: the endpoint tries the same page again and "
			"again, such as a descriptor that it cannot get past",
		.look = "the first of them, and what came just before it"},
	{0},
};

/* Stage 2 is the host's: the guest's own tables were in order. */
const struct catalogue_cause causes_by_stage2[] = {
	{.applies = fault_lacks_class,
		.text = "with QEMU before 9.1 the address itself: it leaves class and IPA 0, "
			"which otherwise means a context descriptor at IPA 0",
		.look = "the version of QEMU"},
	{.applies = fault_is_of_table,
		.text = "tables of the guest that are where its endpoint's memory is not mapped: "
			"its IOMMU driver gave the SMMU an address that is no memory of the "
			"guest's",
		.look = "the guest's memory map at that IPA"},
	{.applies = fault_is_stage2,
		.text = "the guest's stage 1 leads outside the memory that its VMM mapped, or a "
			"guest without an IOMMU gave the endpoint such an address",
		.look = "the guest's memory map at that IPA"},
	{.applies = fault_is_stage2,
		.text = "memory that was taken from the guest while the endpoint still used it: a "
			"balloon, a memory unplug, a BAR that moved",
		.look = "what the VMM unmapped just before"},
	{0},
};

const struct catalogue_cause causes_translation[] = {
	{.applies = fault_looks_physical,
		.text = "a physical address (of memory, or of another device's BAR) that the "
			"endpoint was given instead of a DMA address, by a driver or by firmware "
			"before it",
		.look = "whether the address is in /proc/iomem (as root)"},
	{.applies = fault_may_be_stage1,
		.text = "a buffer that was unmapped too early, or DMA beyond a buffer's end",
		.look = "what CONFIG_DMA_API_DEBUG says, and whether the addresses just before "
			"this one work"},
	{.applies = fault_may_be_physical,
		.text = "perhaps a physical address: Linux gives DMA addresses downward from 4 "
			"GiB, and this one is far below",
		.look = "whether the address is in /proc/iomem (as root)"},
	{.applies = fault_may_be_stage1,
		.text = "a driver that gave the endpoint an address that did not come from the "
			"DMA API",
		.look = "whether the address is in /proc/iomem (as root)"},
	{.applies = fault_may_be_stage1,
		.text = "firmware, or a system before this one (kexec, crash kernel), that left "
			"the endpoint running",
		.look = "whether it ends once the endpoint's driver is loaded"},
	{.applies = fault_is_near_zero,
		.text = "a PCIe message, such as MCTP, that a root port hands to the SMMU as an "
			"access to address 0 (known of some server chips)",
		.look = "whether it goes on while no driver uses the endpoint"},
	{0},
};

const struct catalogue_cause causes_address_size[] = {
	{.applies = fault_may_be_stage1,
		.text = "a page table entry that was overwritten, or is no entry at all: memory "
			"that was freed and used for something else",
		.look = "what a kernel with KASAN says, and other signs of corrupted memory"},
	{.applies = fault_may_be_stage1,
		.text = "an address that passes untranslated and is larger than this SMMU can "
			"output, or tables made for a larger SMMU",
		.look = "the SMMU's output size, which its driver prints at boot (oas)"},
	{0},
};

const struct catalogue_cause causes_access_flag[] = {
	{.applies = fault_may_be_stage1,
		.text = "page tables shared with a CPU (SVA) whose kernel has aged the page",
		.look = "whether the driver uses SVA, and whether its page faults are handled"},
	{.applies = fault_may_be_stage1,
		.text = "entries made without the access flag by somebody who counts on hardware "
			"to set it (HTTU), which this SMMU does not do",
		.look = "IDR0.HTTU, and who made the tables"},
	{0},
};

static bool is_stage1_fetch(const struct fault *fault)
{
	return fault_is_fetch(fault) && fault_may_be_stage1(fault);
}

static bool is_stage1_write(const struct fault *fault)
{
	return fault_is_write(fault) && fault_may_be_stage1(fault);
}

const struct catalogue_cause causes_permission[] = {
	{.applies = is_stage1_fetch,
		.text = "instructions fetched from memory that is mapped for data only",
		.look = "whether the endpoint should fetch instructions at all"},
	{.applies = is_stage1_write,
		.text = "a buffer that was mapped for reading only (DMA_TO_DEVICE) and that the "
			"endpoint wrote",
		.look = "the direction that the driver maps it with, and what "
			"CONFIG_DMA_API_DEBUG says"},
	{.applies = is_stage1_write,
		.text = "a ring or a descriptor that the endpoint should only read",
		.look = "the addresses of the rings that the driver set up"},
	{.applies = fault_is_stage2,
		.text = "memory that the guest's endpoints may only read: a ROM, a page that is "
			"shared or being migrated",
		.look = "what the VMM mapped there, and with which rights"},
	{.applies = fault_may_be_stage1,
		.text = "a buffer that was mapped for the other direction",
		.look = "the direction that the driver maps it with"},
	{0},
};
