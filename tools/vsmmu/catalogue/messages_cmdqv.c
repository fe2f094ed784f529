/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages about Tegra241's CMDQV: VINTFs (virtual interfaces) and their VCMDQs (queues). */
#include "catalogue/messages.h"

/* A note with debugging on. @head is "VINTFn: VCMDQn/LVCMDQn: ". */
#define STEP(id, text, meaning)                                                                    \
	{                                                                                          \
		MESSAGE(id, CMDQV, text),                                                          \
			.what = meaning,                                                           \
			.trust = "All of it. VINTF0 is the kernel's own; the others are guests'.", \
	}

static const struct catalogue_entry entries[] = {
	{
		MESSAGE("cmdqv-found", LINUX, "found companion CMDQV device: %s\n"),
		.what = "This SMMU has a CMDQV, and which device that is.",
		.trust = "All of it. \"Falling back\" may follow.",
	},
	{
		COMPLAINT("cmdqv-fallback", CMDQV, "Falling back to standard SMMU CMDQ\n"),
		.what = "The CMDQV is not used; the SMMU's own command queue does its work. All is "
			"right, but invalidations are slower and guests get no queues of their "
			"own.",
		.trust = "The line before it says why.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("it was switched off",
			       "tegra241_cmdqv.disable_cmdqv in /proc/cmdline"),
			CAUSE("firmware gives no registers for it (NVDA200C in the DSDT)",
				"\"no memory resource found\" before it"),
			CAUSE("no memory, or an interrupt that was refused",
				"\"failed to request irq\" and allocation failures before it")),
		.look = "the lines of the same device just before",
		.next = "Solve what the line before it tells of, if speed matters or guests are to "
			"have VCMDQs.",
		.section = "Linux tegra241_cmdqv_probe()",
	},
	{
		COMPLAINT(
			"cmdqv-no-memory-resource", CMDQV, "no memory resource found for CMDQV\n"),
		.what = "Firmware names a CMDQV and gives no registers for it. It is not used.",
		.trust = "All of it.",
		.culprits = {CULPRIT_FIRMWARE},
		CAUSES(CAUSE("an NVDA200C node of the DSDT without _CRS", "acpidump and iasl -d")),
		.look = "the NVDA200C node of the DSDT",
		.next = "Have firmware corrected.",
		.section = "Linux tegra241_cmdqv_probe()",
	},
	{
		COMPLAINT("cmdqv-resource-entry", "older " CMDQV,
			"failed to get memory resource entry\n"),
		.what = "Firmware names a CMDQV and gives no registers for it. It is not used.",
		.trust = "All of it.",
		.culprits = {CULPRIT_FIRMWARE},
		CAUSES(CAUSE("an NVDA200C node of the DSDT without _CRS", "acpidump and iasl -d")),
		.look = "the NVDA200C node of the DSDT",
		.next = "Have firmware corrected.",
		.section = "Linux tegra241_cmdqv_probe()",
	},
	{
		COMPLAINT("cmdqv-resource", "older " CMDQV, "failed to get memory resource: %d\n"),
		.what = "The kernel could not read the resources that firmware gives to the CMDQV. "
			"It is not used.",
		.trust = "The number is the kernel's error.",
		.culprits = {CULPRIT_FIRMWARE},
		CAUSES(CAUSE("an NVDA200C node of the DSDT that is wrong", "acpidump and iasl -d")),
		.look = "the NVDA200C node of the DSDT",
		.next = "Have firmware corrected.",
		.section = "Linux tegra241_cmdqv_probe()",
	},
	{
		COMPLAINT("cmdqv-no-irq", CMDQV, "no interrupt. errors will not be reported\n"),
		.what = "The CMDQV works, but an error of one of its queues is never noticed, and "
			"that queue stops for good.",
		.trust = "All of it.",
		.culprits = {CULPRIT_FIRMWARE},
		CAUSES(CAUSE("an NVDA200C node of the DSDT without an interrupt",
			"acpidump and iasl -d")),
		.look = "the NVDA200C node of the DSDT",
		.next = "Have firmware corrected.",
		.section = "Linux tegra241_cmdqv_probe()",
	},
	{
		COMPLAINT("cmdqv-ioremap", CMDQV, "failed to ioremap\n"),
		.what = "The kernel could not map the CMDQV's registers. It is not used.",
		.trust = "That it failed; not why.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE},
		CAUSES(CAUSE("no memory", "allocation failures before it"),
			CAUSE("an address that is memory, or nothing", "/proc/iomem")),
		.look = "the lines before it",
		.next = "Report it with /proc/iomem.",
		.section = "Linux tegra241_cmdqv_probe()",
	},
	{
		MESSAGE("cmdqv-disabled", CMDQV, "Detected disable_cmdqv=true\n"),
		.what = "The CMDQV was switched off on the kernel's command line.",
		.trust = "All of it.",
	},
	{
		COMPLAINT("cmdqv-irq-failed", CMDQV, "failed to request irq (%d): %d\n"),
		.what = "The kernel refused the driver the CMDQV's interrupt. It is not used.",
		.trust = "The first number is the interrupt, the second the kernel's error.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("the same interrupt is given to another device as well",
			"/proc/interrupts; irq: lines before it")),
		.look = "the lines of irq: and genirq: before it",
		.next = "Have firmware corrected.",
		.section = "Linux tegra241_cmdqv_probe()",
	},
	{
		COMPLAINT("cmdqv-vintf0-failed", CMDQV, "failed to init vintf0: %d\n"),
		.what = "The kernel could not set up its own queues of the CMDQV.",
		.trust = "The number is the kernel's error, -12 for no memory.",
		.culprits = {CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("no memory", "allocation failures before it")),
		.look = "the lines before it",
		.next = "As a test, boot with tegra241_cmdqv.disable_cmdqv=y.",
		.section = "Linux tegra241_cmdqv_init_structures()",
	},
	{
		COMPLAINT("cmdqv-no-vintf", CMDQV, "no more available vintf\n"),
		.what = "A guest asked for a CMDQV, and all virtual interfaces are in use.",
		.trust = "All of it.",
		.culprits = {CULPRIT_VMM},
		CAUSES(CAUSE("more guests, or virtual SMMUs, than the CMDQV has interfaces for",
			       "which guests run"),
			CAUSE("guests that ended and whose VMM still holds its file descriptors",
				"/proc/*/fd: /dev/iommu")),
		.look = "how many guests with a CMDQV run",
		.next = "Start this guest without a CMDQV, or end another one.",
		.section = "Linux tegra241_cmdqv_init_vintf_user()",
	},
	{
		COMPLAINT("cmdqv-error", CMDQV,
			"unexpected error reported. vintf_map: %016llx, vcmdq_map "
			"%08x:%08x:%08x:%08x\n"),
		.what = "Queues of the CMDQV stopped at a command error. Each bit of vintf_map is "
			"a virtual interface (bit 0 is the kernel's own), each of vcmdq_map a "
			"queue, the last word of the four having queues 0 to 31.",
		.trust = "All of it, at the time of the interrupt.",
		.culprits = {CULPRIT_GUEST_DRIVER, CULPRIT_DEVICE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a bit other than 0 of vintf_map: a guest's command was illegal, or a "
			     "device of the guest did not answer an ATC invalidation",
			       "the guest's own log: it is told"),
			CAUSE("bit 0: the kernel's own queue, as \"CMDQ error\" says",
				"\"CMDQ error\" after it")),
		.look = "whether bit 0 of vintf_map is set",
		.next = "If it is a guest's, the host is not affected: look in the guest.",
		.section = "Linux tegra241_cmdqv_isr()",
	},
	{
		COMPLAINT("cmdqv-switch-failed", CMDQV, "%sfailed to %sable, STATUS=0x%08X\n"),
		.what = "A part of the CMDQV, named at the line's begin, could not be switched on "
			"or off in time.",
		.trust = "Bit 0 of STATUS tells whether it is on.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_FIRMWARE, CULPRIT_GUEST_DRIVER},
		CAUSES(CAUSE("a queue that waits for a device to answer an ATC invalidation",
			       "AER, reset and link messages before it"),
			CAUSE("a queue that stopped at an error", "GERROR in the line after it"),
			CAUSE("a CMDQV without clock or power", "whether any part of it works")),
		.look = "the line with GERROR and CONS after it",
		.next = "If it is a guest's, its VCMDQ is lost until the guest ends; the host goes "
			"on.",
		.section = "Linux tegra241_cmdqv_write_config()",
	},
	{
		COMPLAINT("cmdqv-registers", CMDQV, "%sGERRORN=0x%X, GERROR=0x%X, CONS=0x%X\n"),
		.what = "How a queue of the CMDQV was when switching it on or off failed.",
		.trust =
			"GERROR that differs from GERRORN in bit 0 means that the queue stopped at "
			"a command error, whose code is in bits 24 to 30 of CONS.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_GUEST_DRIVER, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("code 3 in CONS: a device did not answer an ATC invalidation",
			       "AER, reset and link messages before it"),
			CAUSE("code 1: an illegal command", "the guest's driver, if it is a "
							    "guest's")),
		.look = "the code in CONS",
		.next = "vsmmu explain CONS and the number tells the code.",
		.section = "IHI 0070 7.1",
	},
	{
		COMPLAINT("cmdqv-uncleared", CMDQV, "%suncleared error detected, resetting\n"),
		.what = "A queue of the CMDQV had an error that nobody acknowledged when it was "
			"switched off or given to another user. The driver clears it.",
		.trust = "That there was an error; not which.",
		.culprits = {CULPRIT_GUEST_DRIVER, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a guest that ended with an error in its queue", "the guest's log"),
			CAUSE("what ran before this kernel left it so", "only at boot")),
		.look = "which queue it is, and who had it",
		.next = "Nothing: the queue is clean now.",
		.section = "Linux tegra241_vcmdq_hw_deinit()",
	},
	STEP("cmdqv-queue-allocated", "%sallocated\n", "A queue was made."),
	STEP("cmdqv-queue-deallocated", "%sdeallocated\n", "A queue was removed."),
	STEP("cmdqv-queue-stopped", "%sdeinited\n", "A queue was switched off."),
	STEP("cmdqv-queue-started", "%sinited\n", "A queue was switched on."),
	STEP("cmdqv-queue-user", "%sinited at host PA 0x%llx size 0x%lx\n",
		"A queue of a guest's was set up in the guest's memory."),
	STEP("cmdqv-queue-mapped", "%smapped\n", "A queue was given to a virtual interface."),
	STEP("cmdqv-queue-unmapped", "%sunmapped\n", "A queue was taken from a virtual interface."),
	STEP("cmdqv-vintf-deallocated", "VINTF%u: deallocated\n", "A virtual interface was freed."),
	STEP("cmdqv-vintf-allocated", "VINTF%u: allocated with vmid (%d)\n",
		"A virtual interface was given to a guest."),
	STEP("cmdqv-sid-allocated", "VINTF%u: allocated SID_REPLACE%d for pSID=%x, vSID=%x\n",
		"A guest's endpoint got an entry that replaces its StreamID (vSID) by the real "
		"one (pSID) in the guest's commands."),
	STEP("cmdqv-sid-deallocated", "VINTF%u: deallocated SID_REPLACE%d for pSID=%x\n",
		"A guest's endpoint lost the entry that replaces its StreamID in commands."),
};

const struct catalogue_table catalogue_cmdqv = CATALOGUE_TABLE(entries);
