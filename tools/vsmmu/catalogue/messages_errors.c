/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages about global errors. */
#include "catalogue/messages.h"

/* An interrupt of the SMMU's that was lost. The queue that it is about is read at the next one. */
#define MSI_ABORTED(id, text, lost)                                                                \
	{                                                                                          \
		COMPLAINT(id, LINUX, text),                                                        \
			.what = "The SMMU could not write the MSI of its " lost                    \
				", so that interrupt is lost.",                                    \
			.trust = "That a write to the MSI's address was aborted. The address is "  \
				 "what "                                                           \
				 "the driver set at boot.",                                        \
			.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL, CULPRIT_VMM},          \
			CAUSES(CAUSE("the ITS that firmware names for this SMMU is not the one "   \
				     "that it "                                                    \
				     "can write to",                                               \
				       "the SMMU's ID mapping in IORT, msi-parent in the device "  \
				       "tree"),                                                    \
				CAUSE("the SMMU's MSI went while the interrupt controller was "    \
				      "off, around "                                               \
				      "suspend, kexec or a crash kernel's start",                  \
					"suspend, kexec and kdump messages before")),              \
			.look = "/proc/interrupts: whether arm-smmu-v3's lines count",             \
			.next = "If it repeats, events are seen late or never: have firmware "     \
				"corrected; "                                                      \
				"an SMMU without an msi-parent uses wired interrupts.",            \
			.section = "IHI 0070 7.5, 3.18",                                           \
	}

static const struct catalogue_entry entries[] = {
	{
		COMPLAINT("global-error", LINUX,
			"unexpected global error reported (0x%08x), this could be serious\n"),
		.what = "The SMMU reports an error that belongs to no single transaction. Each bit "
			"of the number is one kind; the lines after this name them.",
		.trust = "The bits are those that were active when the driver looked; several may "
			 "have one origin.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE},
		CAUSES(CAUSE("bit 0: a command error: see the \"CMDQ error\" line after it", NULL),
			CAUSE("bit 2 or 3: the event or PRI queue could not be written",
				"the queue's address, and memory errors"),
			CAUSE("bits 4 to 7: an MSI of the SMMU was aborted",
				"the ITS that firmware names for it"),
			CAUSE("bit 8: the SMMU itself has failed", "RAS messages")),
		.look = "the lines that follow, which belong to it",
		.next = "vsmmu explain GERROR and the number names the bits.",
		.section = "IHI 0070 7.5",
	},
	{
		COMPLAINT("service-failure", LINUX, "device has entered Service Failure Mode!\n"),
		.what = "The SMMU has found an internal error that it cannot recover from, and "
			"stopped. The driver turns it off: no device behind it has DMA any more.",
		.trust = "Nothing that this SMMU did shortly before is to be relied on.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_FIRMWARE},
		CAUSES(CAUSE("an uncorrectable error in the SMMU's own memories, or in memory that "
			     "it must read",
			       "RAS, EDAC, APEI and BERT messages; the BMC's event log"),
			CAUSE("power or clock lost", "power management messages")),
		.look = "the machine's hardware error log",
		.next = "Reboot; have the hardware looked at if it comes again.",
		.section = "IHI 0070 7.5",
	},
	MSI_ABORTED("gerror-msi-aborted", "GERROR MSI write aborted\n", "global error interrupt"),
	MSI_ABORTED("priq-msi-aborted", "PRIQ MSI write aborted\n", "PRI queue"),
	MSI_ABORTED("evtq-msi-aborted", "EVTQ MSI write aborted\n", "event queue"),
	MSI_ABORTED("cmdq-msi-aborted", "CMDQ MSI write aborted\n", "command queue (CMD_SYNC)"),
	{
		COMPLAINT("priq-write-aborted", LINUX,
			"PRIQ write aborted -- events may have been lost\n"),
		.what = "The SMMU could not write a page request into its PRI queue, and writes no "
			"more until the driver acknowledges the error.",
		.trust = "That requests are missing. Nobody can tell which.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE, CULPRIT_DEVICE},
		CAUSES(CAUSE("a memory error at the queue", "RAS, EDAC and APEI messages"),
			CAUSE("the SMMU's own writes are blocked: firmware, a security filter",
				"whether it is so from the boot on")),
		.look = "whether it repeats",
		.next = "Devices that wait for those pages need a reset.",
		.section = "IHI 0070 7.5",
	},
	{
		COMPLAINT("evtq-write-aborted", LINUX,
			"EVTQ write aborted -- events may have been lost\n"),
		.what = "The SMMU could not write an event into its queue, and writes no more "
			"until the driver acknowledges the error.",
		.trust = "That events are missing. All-zero events around it are slots that were "
			 "never written.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE, CULPRIT_DEVICE},
		CAUSES(CAUSE("a memory error at the queue", "RAS, EDAC and APEI messages"),
			CAUSE("the SMMU's own writes are blocked: firmware, a security filter, a "
			      "granule protection check",
				"whether it is so from the boot on")),
		.look = "whether it repeats, and whether events still come",
		.next = "Repeated, faults of devices go unseen: reboot, and report it to the maker "
			"of the firmware.",
		.section = "IHI 0070 7.5, 7.2",
	},
};

const struct catalogue_table catalogue_errors = CATALOGUE_TABLE(entries);
