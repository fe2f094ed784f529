/* SPDX-License-Identifier: BSD-2-Clause */
/* The bits of SMMU_GERROR. */
#include "catalogue/tables.h"

#define BIT(number_, title)                                                                        \
	.kind = CATALOGUE_GERROR, .number = (number_), .name = (title), .complaint = true,         \
	.section = "IHI 0070 6.3.19, 7.5"

/* Interrupts that were written as an MSI, and aborted. */
#define MSI_ABORTED                                                                                \
	" The write was aborted, and nobody repeats it: that one interrupt is lost. Later ones "   \
	"are tried again."
#define MSI_LOOK                                                                                   \
	"the MSI address that the driver gave the SMMU, against the ITS; what firmware says of "   \
	"the SMMU's DeviceID (IORT, msi-parent)"
#define MSI_NEXT                                                                                   \
	"Compare the SMMU's MSI address with the ITS that firmware describes. Wired interrupts, "  \
	"if the SMMU has them, avoid it. Report it with the IORT or the device tree."
#define MSI_CULPRITS                                                                               \
	{                                                                                          \
		CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL, CULPRIT_VMM                                 \
	}

static const struct catalogue_cause causes_of_abort[] = {
	{.text = "a queue in memory that the SMMU may not write, or that was freed",
		.look = "the queue's base address, against /proc/iomem (as root)"},
	{.text = "a memory error: the memory answered with an abort",
		.look = "RAS, EDAC or APEI messages"},
	{.text = "memory that belongs to the secure world, or a firewall of the chip that is "
		 "closed",
		.look = "whether it began with another version of the firmware"},
	{0},
};

static const struct catalogue_cause causes_of_msi[] = {
	{.text = "an MSI address that is no doorbell, or one that this SMMU cannot reach",
		.look = "the ITS that firmware names for the SMMU"},
	{.text = "an ITS or an interrupt controller that was reset, or is not powered",
		.look = "a resume or a reset just before"},
	{0},
};

static const struct catalogue_cause causes_of_cmdq[] = {
	{.text = "see the code in CMDQ_CONS.ERR: a device that did not answer an ATC invalidation "
		 "(3), a command that the SMMU does not know (1), or a queue that it could not "
		 "read (2)",
		.look = "the next lines of the driver: CMDQ error (cons ...)"},
	{0},
};

static const struct catalogue_cause causes_of_sfm[] = {
	{.text = "an error inside the SMMU, mostly of its memories (RAS)",
		.look = "its RAS registers, and messages of APEI and EDAC"},
	{0},
};

static const struct catalogue_cause causes_of_dpt[] = {
	{.text = "a device permission table that is wrong, or cannot be read",
		.look = "SMMU_DPT_CFG_FAR, which has address and kind"},
	{0},
};

static const struct catalogue_entry entries[] = {
	{
		BIT(0, "CMDQ_ERR"),
		.aliases = NAMES("GERROR_CMDQ_ERR"),
		.what = "The SMMU came to a command that it cannot carry out, and has stopped at "
			"it. CMDQ_CONS.ERR says why, CMDQ_CONS.RD where. It goes on when the "
			"driver acknowledges the error.",
		.look = "the code, in bits 30:24 of cons in \"CMDQ error (cons 0x...)\"; PCIe "
			"errors before it; CMD_SYNC timeouts after it",
		.next = "Look up the code: 1 is CERROR_ILL, 2 CERROR_ABT, 3 CERROR_ATC_INV_SYNC. "
			"While it lasts no invalidation is done, so devices may still use memory "
			"that was unmapped.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_HOST_KERNEL, CULPRIT_VMM},
		.causes = causes_of_cmdq,
	},
	{
		BIT(2, "EVENTQ_ABT_ERR"),
		.aliases = NAMES("GERROR_EVTQ_ABT_ERR", "EVTQ_ABT_ERR", "GERROR_EVENTQ_ABT_ERR"),
		.what = "An access of the SMMU to its event queue was aborted. Events may be "
			"lost, and records in the queue may be empty. No more events are recorded "
			"until the driver acknowledges the error.",
		.look = "EVENTQ_BASE; RAS, EDAC or APEI messages; whether empty records follow",
		.next = "If it comes again, the SMMU cannot reach the queue's memory: report it "
			"to the maker of the firmware. The faults that caused the events are not "
			"its cause.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL, CULPRIT_VMM, CULPRIT_DEVICE},
		.causes = causes_of_abort,
	},
	{
		BIT(3, "PRIQ_ABT_ERR"),
		.aliases = NAMES("GERROR_PRIQ_ABT_ERR"),
		.what = "An access of the SMMU to its queue of page requests was aborted. "
			"Requests may be lost: devices that wait for an answer (PRI) may hang.",
		.look = "PRIQ_BASE; RAS, EDAC or APEI messages; devices with PRI (lspci -vv)",
		.next = "Reset the devices that hang. If it comes again, the SMMU cannot reach "
			"the queue's memory: report it to the maker of the firmware.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL, CULPRIT_VMM, CULPRIT_DEVICE},
		.causes = causes_of_abort,
	},
	{
		BIT(4, "MSI_CMDQ_ABT_ERR"),
		.aliases = NAMES("GERROR_MSI_CMDQ_ABT_ERR"),
		.what = "The word that tells of a completed CMD_SYNC could not be written, though "
			"the command is complete. Nobody writes it again: a CMD_SYNC timeout "
			"follows.",
		.look = "CMDQ_BASE: Linux has this word written into the command queue itself; "
			"RAS, EDAC or APEI messages",
		.next = "Boot with arm_smmu_v3.disable_msipolling=1: Linux then does without this "
			"word. Report it with what firmware says of the SMMU's coherency.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL, CULPRIT_VMM},
		.causes = causes_of_abort,
	},
	{
		BIT(5, "MSI_EVENTQ_ABT_ERR"),
		.aliases = NAMES(
			"GERROR_MSI_EVTQ_ABT_ERR", "MSI_EVTQ_ABT_ERR", "GERROR_MSI_EVENTQ_ABT_ERR"),
		.what = "The interrupt that tells of new events could not be written." MSI_ABORTED
			" Events stay in the queue, unseen, until another interrupt comes.",
		.look = MSI_LOOK,
		.next = MSI_NEXT,
		.culprits = MSI_CULPRITS,
		.causes = causes_of_msi,
	},
	{
		BIT(6, "MSI_PRIQ_ABT_ERR"),
		.aliases = NAMES("GERROR_MSI_PRIQ_ABT_ERR"),
		.what = "The interrupt that tells of new page requests could not be "
			"written." MSI_ABORTED " Devices wait for an answer until another "
			"interrupt comes.",
		.look = MSI_LOOK,
		.next = MSI_NEXT,
		.culprits = MSI_CULPRITS,
		.causes = causes_of_msi,
	},
	{
		BIT(7, "MSI_GERROR_ABT_ERR"),
		.aliases = NAMES("GERROR_MSI_GERROR_ABT_ERR"),
		.what = "The interrupt that tells of global errors could not be "
			"written." MSI_ABORTED " This bit raises no interrupt itself, so it is "
			"seen beside another error only.",
		.look = MSI_LOOK,
		.next = MSI_NEXT " Other errors may have gone unseen.",
		.culprits = MSI_CULPRITS,
		.causes = causes_of_msi,
	},
	{
		BIT(8, "SFM_ERR"),
		.aliases = NAMES("GERROR_SFM_ERR", "MSI_SFM_ERR", "Service Failure Mode"),
		.what = "The SMMU has failed and is in Service Failure Mode. All traffic through "
			"it has stopped, and so have commands and events. Acknowledging the bit "
			"does not end it.",
		.look = "RAS registers of the SMMU; messages of APEI, EDAC and the BMC",
		.next = "Save what the error records say and reboot. If it comes again the "
			"hardware is to be replaced.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_FIRMWARE},
		.causes = causes_of_sfm,
	},
	{
		BIT(9, "CMDQP_ERR"),
		.aliases = NAMES("GERROR_CMDQP_ERR"),
		.what = "One of the enhanced command queues (ECMDQ) has stopped at an error. "
			"Which one, and why, is in ERR and ERR_REASON of each ECMDQ_CONS: the "
			"codes are those of CMDQ_CONS.ERR.",
		.look = "ERR_REASON of the ECMDQ_CONS registers",
		.next = "Look up the code. Linux of kernel.org has no driver for these queues, so "
			"report it to the maker of the kernel.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_HOST_KERNEL},
		.causes = causes_of_cmdq,
	},
	{
		BIT(10, "DPT_ERR"),
		.aliases = NAMES("GERROR_DPT_ERR"),
		.what = "A look-up in the device permission table failed, which says what memory "
			"an endpoint with ATS may use. F_TRANSL_FORBIDDEN is recorded for the "
			"access.",
		.look = "SMMU_DPT_CFG_FAR: address, level and kind of the failure",
		.next = "Report it to the authors of the software that has the table (a "
			"hypervisor, or the RMM).",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE, CULPRIT_DEVICE},
		.causes = causes_of_dpt,
	},
};

const struct catalogue_table catalogue_gerrors = CATALOGUE_TABLE(entries);
