/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages about what an SMMU says that it is. */
#include "catalogue/messages.h"

/* An SMMU that the driver cannot use. */
#define UNUSABLE(id, from, text, why, register)                                                    \
	{                                                                                          \
		COMPLAINT(id, from, text),                                                         \
			.what = "The driver cannot use this SMMU: " why,                           \
			.trust = "It is what the ID registers say; reads of zero or of all ones "  \
				 "look "                                                           \
				 "like it, too.",                                                  \
			.culprits = {CULPRIT_VMM, CULPRIT_FIRMWARE, CULPRIT_DEVICE},               \
			CAUSES(CAUSE("in a virtual machine: options of the VMM's SMMU",            \
				       "the VMM's options and version"),                           \
				CAUSE("the SMMU has no clock or power, so that its registers "     \
				      "read as "                                                   \
				      "nothing; or the address is not an SMMU's",                  \
					"IORT or device tree; other SMMUs of the machine"),        \
				CAUSE("an SMMU made for another use", "the SoC's manual")),        \
			.look = "the ID registers, if there is a way to read them",                \
			.next = "Devices behind it have no DMA, or DMA that nobody checks.",       \
			.section = "IHI 0070 " register,                                           \
	}

static const struct catalogue_entry entries[] = {
	{
		MESSAGE("features", LINUX, "oas %lu-bit (features 0x%08x)\n"),
		.what = "The driver has found the SMMU: how many bits its physical addresses have, "
			"and what it can do, as bits of the driver's own.",
		.trust = "The bits' meaning is that of this kernel's arm-smmu-v3.h. Features that "
			 "the kernel was built without are missing.",
	},
	{
		MESSAGE("features-ias", LINUX_OLDER "; " XEN,
			"ias %lu-bit, oas %lu-bit (features 0x%08x)\n"),
		.what = "The driver has found the SMMU: how many bits its input and physical "
			"addresses have, and what it can do, as bits of the driver's own.",
		.trust = "The bits' meaning is that of this kernel's arm-smmu-v3.h. Features that "
			 "the kernel was built without are missing.",
	},
	UNUSABLE("endianness", LINUX, "unknown/unsupported TT endianness!\n",
		"it reads page tables in a byte order that this kernel does not write.", "6.3.1"),
	UNUSABLE("no-translation", LINUX, "no translation support!\n",
		"it says that it has neither stage 1 nor stage 2.", "6.3.1"),
	UNUSABLE("no-stage2", XEN, "no stage-2 translation support!\n",
		"it says that it has no stage 2, and Xen uses nothing else. QEMU's SMMU has one "
		"since 8.1: -global arm-smmuv3.stage=2.",
		"6.3.1"),
	UNUSABLE("no-aarch64-tables", LINUX, "AArch64 table format not supported!\n",
		"it knows page tables of 32-bit Arm only.", "6.3.1"),
	UNUSABLE("embedded", LINUX, "embedded implementation not supported\n",
		"its queues or its stream table are in memory of its own.", "6.3.2"),
	UNUSABLE("cmdq-too-small", LINUX, "command queue size <= %d entries not supported\n",
		"its command queue cannot hold a batch of the driver's.", "6.3.2"),
	UNUSABLE("cmdq-unit-length", LINUX_BEFORE "5.4; " XEN,
		"unit-length command queue not supported\n",
		"its command queue has a single entry.", "6.3.2"),
	{
		MESSAGE("oas-unknown", LINUX,
			"unknown output address size. Truncating to 48-bit\n"),
		.what = "The SMMU has a size of physical addresses that is newer than this kernel, "
			"which uses 48 bits of it.",
		.trust = "All of it. It matters only to addresses above 256 TiB.",
	},
	{
		COMPLAINT("cohacc", LINUX, "IDR0.COHACC overridden by FW configuration (%s)\n"),
		.what = "The SMMU says one thing of whether its accesses to memory are coherent "
			"with the CPUs' caches, firmware says another, and the driver believes "
			"firmware.",
		.trust = "The word in brackets is what firmware says.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_VMM},
		CAUSES(CAUSE("false: firmware forgets to say so; slower, and harmless",
			       "dma-coherent of the SMMU's node; COHACC override in the IORT"),
			CAUSE("true: firmware knows of a coherent interconnect, or is wrong: "
			      "then queues and tables are read stale",
				"all-zero events, illegal commands of zeros, CMD_SYNC timeouts")),
		.look = "the word in brackets",
		.next = "With true and any of those signs, have firmware corrected.",
		.section = "IHI 0070 6.3.1, 3.15",
	},
	{
		COMPLAINT("cohacc-property", LINUX_OLDER,
			"IDR0.COHACC overridden by dma-coherent property (%s)\n"),
		.what = "The SMMU says one thing of whether its accesses to memory are coherent "
			"with the CPUs' caches, the device tree says another, and the driver "
			"believes the device tree.",
		.trust = "The word in brackets is what the device tree says.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_VMM},
		CAUSES(CAUSE("false: the property was forgotten; slower, and harmless",
			       "dma-coherent of the SMMU's node"),
			CAUSE("true: it may be wrong: then queues and tables are read stale",
				"all-zero events, illegal commands of zeros, CMD_SYNC timeouts")),
		.look = "the word in brackets",
		.next = "With true and any of those signs, have the device tree corrected.",
		.section = "IHI 0070 6.3.1, 3.15",
	},
	{
		COMPLAINT("httu", LINUX,
			"IDR0.HTTU features(0x%x) overridden by FW configuration (0x%x)\n"),
		.what = "The SMMU says that it can update access and dirty flags by itself, "
			"firmware says something else, and the driver believes firmware. A virtual "
			"machine's dirty tracking and SVA may lack a feature.",
		.trust = "The first number is the SMMU's word, the second firmware's.",
		.culprits = {CULPRIT_FIRMWARE},
		CAUSES(CAUSE("an IORT older than the flag, which leaves it 0",
			"the revision of the IORT")),
		.look = "HTTU override of the SMMU's node in the IORT",
		.next = "Harmless but for what it takes away; a newer firmware may say it right.",
		.section = "IHI 0070 3.13",
	},
	{
		COMPLAINT("dma-mask", LINUX, "failed to set DMA mask for table walker\n"),
		.what = "The kernel could not promise the SMMU memory that it can address, for its "
			"queues and tables.",
		.trust = "That it failed; allocations may succeed all the same.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("memory that lies above what the SMMU can address",
			"the physical memory map; dma-ranges of the SMMU's parent")),
		.look = "where memory is, and the size of addresses in the SMMU's first line",
		.next = "Report it with the memory map.",
		.section = "IHI 0070 6.3",
	},
	{
		MESSAGE("shared-contexts", LINUX, "%d shared contexts\n"),
		.what = "How many processes SVA can share with devices, printed with debugging on.",
		.trust = "All of it.",
	},
};

const struct catalogue_table catalogue_identity = CATALOGUE_TABLE(entries);
