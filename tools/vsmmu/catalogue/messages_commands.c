/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages about the command queue. */
#include "catalogue/messages.h"

static const struct catalogue_entry entries[] = {
	{
		COMPLAINT("cmd-sync-timeout", LINUX,
			"CMD_SYNC timeout at 0x%08x [hwprod 0x%08x, hwcons 0x%08x]\n"),
		.what = "The driver waited a second for a CMD_SYNC and gave up: the SMMU has not "
			"finished the invalidations before it. The driver goes on, so an endpoint "
			"may still use translations that were taken away.",
		.trust = "hwprod is where the driver will put its next command, hwcons the command "
			 "that the SMMU will read next, both read after the wait; the first "
			 "number is the driver's own idea of hwprod. Their low bits are an index, "
			 "the bit above it is the wrap flag, and bits 24 to 30 of hwcons are an "
			 "error code.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE, CULPRIT_VMM},
		CAUSES(CAUSE("a device that no longer answers: the SMMU waits for its ATC "
			     "invalidation to complete",
			       "AER, hotplug, reset and link messages in the minute before; lspci "
			       "-vv: ATSCtl: Enable+"),
			CAUSE("the queue has stopped at a command error",
				"\"CMDQ error\" lines just before"),
			CAUSE("the SMMU has lost its clock, power or access to memory, which shows "
			      "in hwcons 0 or one that never moves",
				"power management, firmware and \"failed to\" messages at boot"),
			CAUSE("the SMMU had more to invalidate than it can in a second, or its "
			      "signal of completion was lost",
				"whether hwcons equals hwprod, so that nothing is left; what "
				"unmaps much memory at once"),
			CAUSE("in a virtual machine: a VMM that is slow with, or has lost, the "
			      "guest's commands",
				"the VMM's own log, and how busy the host was")),
		.look = "whether hwcons moves from one such line to the next, and what the log "
			"says of PCI errors before the first",
		.next = "If one device is suspect, unbind its driver or boot with pci=noats and "
			"see whether it stops. If hwcons stays 0, look at the firmware's "
			"description of this SMMU. Reboot before you trust the machine with data.",
		.section = "IHI 0070 4.7.3",
	},
	{
		COMPLAINT("cmd-sync-timeout-unplaced", LINUX_BEFORE "5.4; " XEN,
			"CMD_SYNC timeout\n"),
		.what = "The driver waited for a CMD_SYNC and gave up: the SMMU has not finished "
			"the invalidations before it. This form does not say how far the queue is.",
		.trust = "That it happened. Nothing tells whether the queue still moves.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE, CULPRIT_VMM},
		CAUSES(CAUSE("a device that no longer answers ATC invalidations",
			       "AER, hotplug, reset and link messages in the minute before"),
			CAUSE("the queue has stopped at a command error",
				"\"CMDQ error\" lines just before"),
			CAUSE("an MSI that completes the CMD_SYNC does not reach memory: the "
			      "firmware says that the SMMU is coherent and it is not",
				"\"IDR0.COHACC overridden\" at boot"),
			CAUSE("the SMMU has lost its clock or power", "power management messages")),
		.look = "what the log says of PCI errors and of command errors before the first",
		.next = "Use Linux 5.4 or later, whose message says how far the queue is.",
		.section = "IHI 0070 4.7.3",
	},
	{
		COMPLAINT("cmdq-timeout", LINUX, "CMDQ timeout\n"),
		.what = "The command queue is full and the SMMU took nothing from it for "
			"too long (a second in recent kernels). The driver keeps trying, with "
			"interrupts off between the tries.",
		.trust = "That the queue was full for that long.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_HOST_KERNEL, CULPRIT_VMM, CULPRIT_FIRMWARE},
		CAUSES(CAUSE("the queue has stopped at a command error",
			       "\"CMDQ error\" lines before"),
			CAUSE("the SMMU waits for a device that does not answer an ATC "
			      "invalidation",
				"AER, reset and link messages before"),
			CAUSE("the SMMU has lost its clock, power or access to the queue",
				"hwcons of \"CMD_SYNC timeout\" lines: does it move?"),
			CAUSE("in a virtual machine: the VMM does not process the queue",
				"the VMM's log; whether its threads run")),
		.look = "\"CMD_SYNC timeout\" and \"CMDQ error\" lines nearby",
		.next = "Explain those lines first: this one follows from them.",
		.section = "IHI 0070 3.5.1",
	},
	{
		COMPLAINT("cmdq-error", LINUX, "CMDQ error (cons 0x%08x): %s\n"),
		.what = "The SMMU found an error at a command and stopped the queue there until "
			"the driver acknowledges it.",
		.trust = "All of it: bits 24 to 30 of the number are the error code, its low bits "
			 "the index of the command that it stopped at. With an ATC invalidation "
			 "timeout that is the CMD_SYNC, not the invalidation.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_HOST_KERNEL, CULPRIT_GUEST_DRIVER,
			CULPRIT_VMM},
		CAUSES(CAUSE("code 3: a device did not answer an ATC invalidation in time: it is "
			     "dead, was reset or was unplugged",
			       "AER, reset and hotplug messages before; which endpoints have ATS"),
			CAUSE("code 1: a command that this SMMU does not have, or with a field "
			      "that is illegal: a driver's error, or an erratum",
				"the two words after \"skipping command in error state:\""),
			CAUSE("code 2: the SMMU could not read the command from memory: a queue "
			      "that is not where the SMMU thinks, or a memory error",
				"RAS, EDAC and MPAM messages; whether this SMMU is coherent")),
		.look = "the code, and the lines after this",
		.next = "See the entry of the code: vsmmu explain CONS and the number.",
		.section = "IHI 0070 7.1",
	},
	{
		COMPLAINT("cmdq-retry-fetch", LINUX, "retrying command fetch\n"),
		.what = "The SMMU could not read a command from memory; the driver acknowledges "
			"the error, so the SMMU reads it again.",
		.trust = "It says nothing of whether the second try worked: the same lines again "
			 "mean that it did not.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL, CULPRIT_DEVICE},
		CAUSES(CAUSE("a memory error at the queue", "RAS, EDAC and APEI messages"),
			CAUSE("the SMMU's own accesses are blocked: firmware, a security filter, "
			      "a granule protection check",
				"the firmware's log; whether it began at boot")),
		.look = "whether it repeats, and memory errors around it",
		.next = "Once may be a fluke. Repeated, the SMMU is of no use until a reboot: "
			"report it to the maker of the firmware.",
		.section = "IHI 0070 7.1",
	},
	{
		COMPLAINT("cmdq-skip-command", LINUX, "skipping command in error state:\n"),
		.what = "The SMMU refused a command as illegal. The driver prints its two words "
			"and puts a CMD_SYNC in its place, so what the command asked for was not "
			"done.",
		.trust = "The words are what memory holds. If they are a good command, the SMMU "
			 "read something else: stale or not coherent memory.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_GUEST_DRIVER, CULPRIT_VMM,
			CULPRIT_FIRMWARE},
		CAUSES(CAUSE("words that are zero: the slot was never written, or the SMMU read "
			     "it before the write reached memory: the queue is not coherent",
			       "\"IDR0.COHACC overridden\" at boot; dma-coherent of the SMMU"),
			CAUSE("a command that this SMMU does not implement",
				"the opcode; errata of this SMMU in the kernel's version"),
			CAUSE("in a virtual machine: a command that the host refused on behalf of "
			      "the guest, such as one that names an unknown StreamID",
				"the VMM's log")),
		.look = "the two words, decoded",
		.next = "Report the words with the kernel's version: a good driver sends no "
			"illegal command.",
		.section = "IHI 0070 4.1.3",
	},
	{
		COMPLAINT("raw-word", LINUX, "\t0x%016llx\n"),
		.what = "One word of a record, of an event or of a command: the line before the "
			"first word says of which.",
		.trust = "It is what memory holds.",
		.look = "the lines before it",
		.next = "vsmmu decode reads all words of a record together.",
		.section = "IHI 0070 7.3, 4.1",
	},
	{
		COMPLAINT("cmdq-unknown-opcode", LINUX_OLDER "; " XEN,
			"ignoring unknown CMDQ opcode 0x%x\n"),
		.what = "A part of the driver asked for a command that another part cannot build. "
			"It was not sent.",
		.trust = "The opcode.",
		.culprits = {CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a defect of the driver, or of a change made to it",
			"the kernel's version")),
		.look = "the opcode; whether the kernel has changes of its vendor",
		.next = "Report it to whom the kernel is from.",
		.section = "IHI 0070 4.1.1",
	},
	{
		COMPLAINT("cmdq-convert-failed", LINUX_OLDER "; " XEN,
			"failed to convert to CMD_SYNC\n"),
		.what = "After an illegal command the driver could not even put a CMD_SYNC in its "
			"place: the queue stays stopped.",
		.trust = "That the queue is stopped from here on.",
		.culprits = {CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a defect of the driver", "the kernel's version")),
		.look = "the command that was skipped, just before",
		.next = "Reboot, and report it to whom the kernel is from.",
		.section = "IHI 0070 7.1",
	},
};

const struct catalogue_table catalogue_commands = CATALOGUE_TABLE(entries);
