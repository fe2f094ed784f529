/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages about the SMMU's own interrupts. */
#include "catalogue/messages.h"

#define UNSEEN "DMA works, but "

/* An interrupt that firmware does not give. */
#define NO_IRQ(id, text, result)                                                                   \
	{                                                                                          \
		COMPLAINT(id, LINUX, text),                                                        \
			.what = UNSEEN result, .trust = "All of it.",                              \
			.culprits = {CULPRIT_FIRMWARE, CULPRIT_VMM},                               \
			CAUSES(CAUSE(                                                              \
				"firmware names neither the interrupt nor an ITS for the SMMU",    \
				"interrupts and msi-parent of its node; GSIVs and ID mapping of "  \
				"its "                                                             \
				"IORT node")),                                                     \
			.look = "/proc/interrupts: arm-smmu-v3",                                   \
			.next = "Have firmware corrected. Until then an absence of messages "      \
				"means "                                                           \
				"nothing.",                                                        \
			.section = "IHI 0070 3.18",                                                \
	}

/* An interrupt that the kernel would not give to the driver. */
#define IRQ_REFUSED(id, text, from, result)                                                        \
	{                                                                                          \
		COMPLAINT(id, from, text),                                                         \
			.what = "The kernel refused the driver an interrupt that firmware "        \
				"names. " UNSEEN result,                                           \
			.trust = "That it failed; not why.",                                       \
			.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},                       \
			CAUSES(CAUSE("the same interrupt is given to another device as well, or "  \
				     "with "                                                       \
				     "another trigger",                                            \
				       "/proc/interrupts; irq: lines before it"),                  \
				CAUSE("a number that the interrupt controller does not have",      \
					"the SMMU's node in IORT or device tree")),                \
			.look = "the lines of irq: and genirq: before it",                         \
			.next = "Have firmware corrected. Until then an absence of messages "      \
				"means "                                                           \
				"nothing.",                                                        \
			.section = "IHI 0070 3.18",                                                \
	}

static const struct catalogue_entry entries[] = {
	NO_IRQ("evtq-irq-missing", "no evtq irq - events will not be reported!\n",
		"faults of devices are never reported: nobody looks into the event queue."),
	NO_IRQ("gerror-irq-missing", "no gerr irq - errors will not be reported!\n",
		"errors of the SMMU itself are never reported, and a command error stops the "
		"command queue for good."),
	NO_IRQ("priq-irq-missing", "no priq irq - PRI will be broken\n",
		"page requests of devices are never answered."),
	IRQ_REFUSED("evtq-irq-failed", "failed to enable evtq irq\n", LINUX,
		"faults of devices are never reported."),
	IRQ_REFUSED("gerror-irq-failed", "failed to enable gerror irq\n", LINUX,
		"errors of the SMMU itself are never reported."),
	IRQ_REFUSED("priq-irq-failed", "failed to enable priq irq\n", LINUX,
		"page requests of devices are never answered."),
	IRQ_REFUSED("combined-irq-failed", "failed to enable combined irq\n", LINUX,
		"neither faults nor errors are reported."),
	IRQ_REFUSED("cmdq-sync-irq-failed", "failed to enable cmdq-sync irq\n", LINUX_OLDER,
		"a CMD_SYNC may seem to take long."),
	IRQ_REFUSED("unique-irqs-failed", "failed to setup unique irqs\n", XEN,
		"faults or errors may go unreported."),
	{
		COMPLAINT("irqs-disable-failed", LINUX, "failed to disable irqs\n"),
		.what = "The SMMU did not say that its interrupts are off. It is not started.",
		.trust = "That the acknowledging register did not follow in time.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_DEVICE, CULPRIT_VMM},
		CAUSES(CAUSE("the SMMU has no clock or power", "what failed before it")),
		.look = "the lines before it",
		.next = "Look for what keeps the SMMU from running: power, clock, its address.",
		.section = "IHI 0070 6.3",
	},
	{
		COMPLAINT("irqs-enable-failed", LINUX, "failed to enable irqs\n"),
		.what = "The SMMU did not say that its interrupts are on. It is started all the "
			"same, but faults may go unreported.",
		.trust = "That the acknowledging register did not follow in time.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_DEVICE, CULPRIT_VMM},
		CAUSES(CAUSE("an SMMU, or a VMM's, that does not implement all of IRQ_CTRL",
			"the VMM and its version; errata of the SMMU")),
		.look = "/proc/interrupts: whether arm-smmu-v3's lines ever count",
		.next = "Until it is solved an absence of messages means nothing.",
		.section = "IHI 0070 6.3",
	},
	{
		COMPLAINT("irqs-setup-failed", LINUX, "failed to setup irqs\n"),
		.what = "The SMMU's interrupts could not be set up. It is not started.",
		.trust = "The line before it says what failed.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_DEVICE, CULPRIT_VMM},
		CAUSES(CAUSE("what the line before it tells of", NULL)),
		.look = "the line before it",
		.next = "Solve what the line before it tells of.",
		.section = "Linux arm_smmu_device_reset()",
	},
	{
		MESSAGE("msi-domain-absent", LINUX,
			"msi_domain absent - falling back to wired irqs\n"),
		.what = "The SMMU could send MSIs, but firmware names no ITS for it. Its wired "
			"interrupts do as well.",
		.trust = "All of it. It matters only if a \"no ... irq\" line follows.",
	},
	{
		COMPLAINT("msi-alloc-failed", LINUX,
			"failed to allocate MSIs - falling back to wired irqs\n"),
		.what = "The ITS that firmware names for the SMMU gave it no MSIs, so its wired "
			"interrupts are used, if it has any.",
		.trust = "All of it. It matters only if a \"no ... irq\" line follows.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a device ID of the SMMU that the ITS cannot have",
			       "the SMMU's own ID mapping in the IORT; ITS lines at boot"),
			CAUSE("the ITS failed to start", "ITS lines at boot")),
		.look = "ITS and GICv3 lines at boot",
		.next = "Nothing, if wired interrupts are there; else have firmware corrected.",
		.section = "IHI 0070 3.18",
	},
};

const struct catalogue_table catalogue_irqs = CATALOGUE_TABLE(entries);
