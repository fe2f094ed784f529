/* SPDX-License-Identifier: BSD-2-Clause */
/* The codes of SMMU_CMDQ_CONS.ERR: why the SMMU has stopped at a command. */
#include "catalogue/tables.h"

#define CODE(number_, title)                                                                       \
	.kind = CATALOGUE_COMMAND_ERROR, .number = (number_), .name = (title),                     \
	.section = "IHI 0070 6.3.28, 7.1"

static const struct catalogue_cause causes_of_none[] = {
	{.text = "a register that was read after somebody had acknowledged the error, or before "
		 "there was one",
		.look = "whether CMDQ_ERR (bit 0) is among the global errors"},
	{0},
};

static const struct catalogue_cause causes_of_ill[] = {
	{.text = "a queue that the SMMU reads before the driver's writes arrive: it is not "
		 "coherent though firmware says so. The command is then 0, or an old one",
		.look = "the two words of the command; dma-coherent in the device tree, COHACC in "
			"the IORT and in IDR0"},
	{.text = "a command for a feature that this SMMU does not have, or an erratum that the "
		 "kernel does not know",
		.look = "the opcode in bits 7:0 of the first word, and IDR0"},
	{.text = "in a guest: a command that its VMM, or the host's kernel, refuses",
		.look = "messages of the VMM"},
	{0},
};

static const struct catalogue_cause causes_of_abt[] = {
	{.text = "a queue in memory that the SMMU may not read, or that was freed",
		.look = "CMDQ_BASE, against /proc/iomem (as root)"},
	{.text = "a memory error: the memory answered with an abort",
		.look = "RAS, EDAC or APEI messages"},
	{0},
};

static const struct catalogue_cause causes_of_atc[] = {
	{.text = "a device with ATS that is dead, is being reset, or was unplugged, while the "
		 "kernel still invalidates its cache",
		.look = "AER, link down and reset messages before it; whether lspci still reads "
			"the device, or ff"},
	{.text = "a device that takes longer to answer than this SMMU waits",
		.look = "whether it comes under load only, and with one kind of device"},
	{.text = "a bridge or root port between them that holds the answer up",
		.look = "AER counters of the ports on the way (lspci -vv)"},
	{0},
};

static const struct catalogue_entry entries[] = {
	{
		CODE(0, "CERROR_NONE"),
		.aliases = NAMES("CMDQ_ERR_CERROR_NONE_IDX", "SMMU_CERROR_NONE", "No error"),
		.what = "There is no error. An SMMU never gives this code for one: it is what the "
			"field may hold at other times, when it means nothing.",
		.look = "the other bits of GERROR at that time",
		.next = "Look at the lines around it; this one tells nothing.",
		.culprits = {CULPRIT_HOST_KERNEL},
		.causes = causes_of_none,
	},
	{
		CODE(1, "CERROR_ILL"),
		.aliases = NAMES("CMDQ_ERR_CERROR_ILL_IDX", "SMMU_CERROR_ILL", "Illegal command"),
		.complaint = true,
		.what = "The SMMU does not know the command, or a field of it has a value that it "
			"does not allow. Linux prints the two words, and puts a CMD_SYNC in its "
			"place: what the command was to do is not done.",
		.look = "the two words behind \"skipping command in error state:\"; what firmware "
			"says of coherency",
		.next = "Decode the words: vsmmu decode does. All zero means that the SMMU read "
			"memory that the driver's writes had not reached. Report the words with "
			"what the driver printed at boot.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL, CULPRIT_VMM},
		.causes = causes_of_ill,
	},
	{
		CODE(2, "CERROR_ABT"),
		.aliases = NAMES(
			"CMDQ_ERR_CERROR_ABT_IDX", "SMMU_CERROR_ABT", "Abort on command fetch"),
		.complaint = true,
		.what = "The SMMU could not read the command: memory answered with an abort. "
			"Linux has it try again.",
		.look = "CMDQ_BASE; RAS, EDAC or APEI messages",
		.next = "If it comes again, the SMMU cannot reach the queue's memory. Report it "
			"to the maker of the firmware, with the machine's error records.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL, CULPRIT_DEVICE},
		.causes = causes_of_abt,
	},
	{
		CODE(3, "CERROR_ATC_INV_SYNC"),
		.aliases = NAMES("CMDQ_ERR_CERROR_ATC_INV_IDX", "SMMU_CERROR_ATC_INV_SYNC",
			"ATC invalidate timeout"),
		.complaint = true,
		.what = "A device with ATS did not answer that it has forgotten old translations. "
			"The SMMU stands at the CMD_SYNC that waited for it, and not at the "
			"command to blame.",
		.look = "AER, link down, hot-plug and reset messages before it; devices with "
			"ATSCtl: Enable+ (lspci -vv)",
		.next = "Find the device that is dead or in reset: the first PCIe error in the "
			"log names it mostly. Until it answers or its ATS is off, no invalidation "
			"is safe, and CMD_SYNC timeouts follow. Boot with pci=noats as a test.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_GUEST_DRIVER, CULPRIT_HOST_KERNEL},
		.causes = causes_of_atc,
	},
};

const struct catalogue_table catalogue_command_errors = CATALOGUE_TABLE(entries);
