/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages about memory for queues and tables. */
#include "catalogue/messages.h"

/* Memory that the kernel did not have. */
#define NO_MEMORY(id, from, text, whose, result)                                                   \
	{                                                                                          \
		COMPLAINT(id, from, text),                                                         \
			.what = "There was no memory for " whose ". " result,                      \
			.trust = "All of it. The memory must be in one piece, aligned to its "     \
				 "size, and "                                                      \
				 "where the SMMU can address it.",                                 \
			.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE},                       \
			CAUSES(CAUSE("free memory is short, or in pieces",                         \
				       "allocation failures before it; /proc/buddyinfo"),          \
				CAUSE("a crash kernel, which has little memory",                   \
					"/proc/cmdline: elfcorehdr=; crashkernel= of the first "   \
					"kernel"),                                                 \
				CAUSE("memory that the SMMU cannot address",                       \
					"the physical memory map")),                               \
			.look = "how much memory the kernel has",                                  \
			.next = "Give the kernel more memory (crashkernel= for a crash kernel).",  \
			.section = "IHI 0070 3.5.1, 3.3.1",                                        \
	}

static const struct catalogue_entry entries[] = {
	{
		MESSAGE("queue-allocated", LINUX, "allocated %u entries for %s\n"),
		.what = "How many entries a queue has: cmdq for commands, evtq for events, priq "
			"for page requests, vcmdqN for one of a CMDQV's.",
		.trust = "All of it. It is less than the SMMU allows if memory was short.",
	},
	NO_MEMORY("queue-alloc-failed", LINUX, "failed to allocate queue (0x%zx bytes) for %s\n",
		"one of the SMMU's queues, not even for a small one",
		"The SMMU is not started; a CMDQV falls back to the SMMU's own queue."),
	NO_MEMORY("queue-alloc-failed-unnamed", LINUX_BEFORE "5.3",
		"failed to allocate queue (0x%zx bytes)\n", "one of the SMMU's queues",
		"The SMMU is not started."),
	NO_MEMORY("l1-table-alloc-failed", LINUX, "failed to allocate l1 stream table (%u bytes)\n",
		"the stream table's first level", "The SMMU is not started."),
	NO_MEMORY("l2-table-alloc-failed", LINUX, "failed to allocate l2 stream table for SID %u\n",
		"the part of the stream table that has an endpoint's entry",
		"This endpoint gets no IOMMU, and its DMA is refused with C_BAD_STREAMID."),
	NO_MEMORY("linear-table-alloc-failed", LINUX,
		"failed to allocate linear stream table (%u bytes)\n", "the stream table",
		"The SMMU is not started."),
	NO_MEMORY("cd-table-alloc-failed", LINUX_OLDER,
		"failed to allocate context descriptor table\n",
		"an endpoint's context descriptors",
		"The endpoint gets no translation of its own."),
	NO_MEMORY("cd-alloc-failed", LINUX_OLDER, "failed to allocate context descriptor\n",
		"an endpoint's context descriptor", "The endpoint gets no translation of its own."),
	{
		COMPLAINT(
			"strtab-coverage", LINUX, "2-level strtab only covers %u/%u bits of SID\n"),
		.what = "The SMMU knows more StreamIDs than the driver's stream table has room "
			"for. Endpoints with higher ones are refused with C_BAD_STREAMID.",
		.trust = "The first number is how many bits are covered, the second how many the "
			 "SMMU has.",
		.culprits = {CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("an SMMU with more than 25 bits of StreamID", "the second number")),
		.look = "the highest StreamID that firmware gives to an endpoint",
		.next = "Nothing, if all StreamIDs are below the limit.",
		.section = "IHI 0070 3.3.1",
	},
	{
		COMPLAINT("xen-dma-alignment", XEN, "Fixing alignment for the DMA buffer\n"),
		.what = "Xen got memory for a queue or table that is not aligned to its size, and "
			"uses the aligned part of it.",
		.trust = "All of it.",
		.culprits = {CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("Xen's allocator does not align; it is harmless", NULL)),
		.look = "nothing in particular",
		.next = "Nothing.",
	},
	NO_MEMORY("xen-dma-alloc-failed", XEN, "DMA allocation failed\n",
		"one of the SMMU's queues or tables", "The SMMU is not started."),
};

const struct catalogue_table catalogue_tables = CATALOGUE_TABLE(entries);
