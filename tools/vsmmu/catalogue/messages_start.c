/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages about an SMMU's reset and start. */
#include "catalogue/messages.h"

/* The SMMU did not take over a register in the time that the driver gives it. */
#define NOT_ACKNOWLEDGED(id, text, does, then)                                                     \
	{                                                                                          \
		COMPLAINT(id, LINUX, text),                                                        \
			.what = "The driver wrote a register of the SMMU to " does                 \
				" and waited in vain for the SMMU to say that it is so. " then,    \
			.trust = "That the acknowledging register did not follow in time; reads "  \
				 "of all ones or of zero look the same.",                          \
			.culprits = {CULPRIT_FIRMWARE, CULPRIT_DEVICE, CULPRIT_VMM},               \
			CAUSES(CAUSE("the SMMU has no clock or power, or is still in reset: "      \
				     "firmware or "                                                \
				     "the SoC's power controller",                                 \
				       "whether other SMMUs of the machine start; firmware's "     \
				       "log"),                                                     \
				CAUSE("the address that firmware gives is not the SMMU's",         \
					"IORT or device tree against the SoC's manual; "           \
					"/proc/iomem"),                                            \
				CAUSE("in a virtual machine: a VMM without this SMMU, or one "     \
				      "that "                                                      \
				      "hangs",                                                     \
					"the VMM's options and log")),                             \
			.look = "the lines before: which step was the last that worked",           \
			.next = "Devices behind it have no DMA, or DMA that nobody checks. "       \
				"Update the "                                                      \
				"firmware; without it, only a kernel without this SMMU will do.",  \
			.section = "IHI 0070 6.3",                                                 \
	}

/* The kernel's own words, in two forms, when a driver gives up. */
#define PROBE_FAILED(id, from, text)                                                               \
	{                                                                                          \
		COMPLAINT(id, from, text),                                                         \
			.what = "The driver could not start this SMMU and has left it alone. "     \
				"Devices behind it have no driver that waits for it, or DMA that " \
				"nobody checks.",                                                  \
			.trust =                                                                   \
				"That it failed. The error is a number of errno(3): -16 is a "     \
				"resource that somebody else has, -19 or -6 a device that is not " \
				"there, -12 no memory, -22 what firmware says, -110 a time-out.",  \
			.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL, CULPRIT_VMM},          \
			CAUSES(CAUSE("what the line before it tells",                              \
				       "the lines of this SMMU just before"),                      \
				CAUSE("with -16: its registers overlap with those of another "     \
				      "device, such as its performance counters",                  \
					"/proc/iomem, and the IORT or device tree")),              \
			.look = "the lines of this SMMU just before",                              \
			.next = "Solve what the line before it tells. Until then "                 \
				"iommu.passthrough=1 does not help: the SMMU itself is not up.",   \
	}

#define NO_SMMU	  "The SMMU is not started."
#define LEFT_OVER "It may still run as it did before."

static const struct catalogue_entry entries[] = {
	PROBE_FAILED("probe-failed", KERNEL, "probe with driver %s failed with error %d"),
	PROBE_FAILED("probe-of-failed", KERNEL_OLDER, "probe of %s failed with error %d"),
	{
		COMPLAINT("region-taken", KERNEL, "can't request region for resource %s"),
		.what = "Another driver has the SMMU's registers, or a part of them. " NO_SMMU,
		.trust = "The addresses that it names.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("firmware that describes the SMMU twice, or another device, such as "
			     "its performance counters, within it",
			       "/proc/iomem at these addresses"),
			CAUSE("a driver that was loaded first and claims too much",
				"/proc/iomem at these addresses")),
		.look = "/proc/iomem, as root: who has these addresses",
		.next = "Report it to the firmware's maker with the IORT or the device tree.",
	},
	{
		COMPLAINT("smmu-was-enabled", LINUX, "SMMU currently enabled! Resetting...\n"),
		.what = "The SMMU was already on when the driver came: firmware, or a kernel "
			"before this one, left it so. The driver blocks all DMA and starts it "
			"anew.",
		.trust = "All of it. Usual in a crash kernel and after kexec.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("this is a crash kernel, or was started by kexec",
			       "/proc/cmdline: elfcorehdr="),
			CAUSE("firmware uses the SMMU, for a boot screen or for network boot",
				"the firmware's settings; reserved memory regions (RMR)")),
		.look = "events right after it: devices that still had DMA under way",
		.next = "Nothing, if nothing faults after it. If a screen or a network boot "
			"breaks, "
			"the firmware must describe its memory as RMR.",
		.section = "IHI 0070 6.3",
	},
	{
		COMPLAINT("gbpa-stuck", LINUX, "GBPA not responding to update\n"),
		.what = "The register that decides what happens to DMA while the SMMU is off "
			"(bypass or abort) did not take a new value.",
		.trust = "That the SMMU did not clear the register's Update bit in time.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_DEVICE, CULPRIT_VMM},
		CAUSES(CAUSE("the SMMU has no clock or power, or is in reset",
			       "the \"failed to\" lines after it"),
			CAUSE("a VMM's SMMU that does not implement GBPA",
				"the VMM and its version")),
		.look = "what fails after it",
		.next = "If the SMMU starts all the same, devices could reach memory unchecked for "
			"that time; otherwise look for what keeps it from running.",
		.section = "IHI 0070 6.3.14",
	},
	NOT_ACKNOWLEDGED(
		"cr0-clear-failed", "failed to clear cr0\n", "turn it off", NO_SMMU " " LEFT_OVER),
	NOT_ACKNOWLEDGED("cmdq-enable-failed", "failed to enable command queue\n",
		"start its command queue", NO_SMMU),
	NOT_ACKNOWLEDGED("evtq-enable-failed", "failed to enable event queue\n",
		"start its event queue", NO_SMMU),
	NOT_ACKNOWLEDGED("priq-enable-failed", "failed to enable PRI queue\n",
		"start its PRI queue", NO_SMMU),
	NOT_ACKNOWLEDGED("ats-check-failed", "failed to enable ATS check\n",
		"check translated requests", NO_SMMU),
	NOT_ACKNOWLEDGED("smmu-enable-failed", "failed to enable SMMU interface\n",
		"turn on translation", NO_SMMU),
	{
		COMPLAINT("impl-reset-failed", LINUX, "failed to reset impl\n"),
		.what = "The SMMU runs, but the part of it that is not of the architecture (such "
			"as Tegra241's CMDQV) could not be set up; the driver gives up on both.",
		.trust = "The lines before it say what failed.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_DEVICE},
		CAUSES(CAUSE("see the \"CMDQV\" or \"VINTF\" line before it", NULL)),
		.look = "the lines of tegra241-cmdqv before it",
		.next = "As a test, boot with tegra241_cmdqv.disable_cmdqv=y.",
		.section = "Linux arm_smmu_device_reset()",
	},
	{
		COMPLAINT("iommu-register-failed", LINUX, "Failed to register iommu\n"),
		.what = "The SMMU works, but the kernel's IOMMU core did not take it: devices "
			"behind it are not translated.",
		.trust = "That it failed; not why.",
		.culprits = {CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("another IOMMU driver of another kind is already registered for the "
			     "platform bus",
			       "messages of other IOMMUs before it"),
			CAUSE("no memory", "allocation failures before it")),
		.look = "the lines before it",
		.next = "Report it with the whole boot log.",
		.section = "Linux iommu_device_register()",
	},
	{
		COMPLAINT("mmio-too-small", LINUX, "MMIO region too small (%pr)\n"),
		.what = "Firmware gives the SMMU a smaller range of registers than it has, so the "
			"driver does not use it.",
		.trust = "The range is what firmware says.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_VMM},
		CAUSES(CAUSE("a device tree whose reg has 64 KiB instead of 128 KiB",
			       "reg of the SMMU's node"),
			CAUSE("an SMMU with one page of registers only, which firmware does not "
			      "name as such",
				"model in the IORT; cavium,cn9900-broken-page1-regspace")),
		.look = "the range",
		.next = "Correct the device tree or the firmware.",
		.section = "IHI 0070 6.1",
	},
	{
		COMPLAINT("mmio-too-small-size", XEN, "MMIO region too small (%lx)\n"),
		.what = "The device tree gives the SMMU a smaller range of registers than it has, "
			"so the driver does not use it.",
		.trust = "The size is what the device tree says.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_VMM},
		CAUSES(CAUSE("a reg of 64 KiB instead of 128 KiB", "reg of the SMMU's node")),
		.look = "the size",
		.next = "Correct the device tree.",
		.section = "IHI 0070 6.1",
	},
	{
		COMPLAINT("iommu-cells-missing", LINUX, "missing #iommu-cells property\n"),
		.what = "The SMMU's node in the device tree lacks a property that it must have.",
		.trust = "All of it.",
		.culprits = {CULPRIT_FIRMWARE},
		CAUSES(CAUSE("a device tree for another kind of IOMMU", "the SMMU's node")),
		.look = "the SMMU's node: #iommu-cells = <1>",
		.next = "Correct the device tree.",
		.section = "Linux Documentation/devicetree/bindings/iommu/arm,smmu-v3.yaml",
	},
	{
		COMPLAINT("iommu-cells-invalid", LINUX, "invalid #iommu-cells value (%d)\n"),
		.what = "The SMMU's node in the device tree says that a StreamID has another "
			"number of cells than one.",
		.trust = "The number is what the device tree says.",
		.culprits = {CULPRIT_FIRMWARE},
		CAUSES(CAUSE("a device tree that was made for an SMMUv2, which may have two",
			"the SMMU's node, and the iommus of devices")),
		.look = "the SMMU's node: #iommu-cells = <1>",
		.next = "Correct the device tree.",
		.section = "Linux Documentation/devicetree/bindings/iommu/arm,smmu-v3.yaml",
	},
	{
		MESSAGE("option", LINUX, "option %s\n"),
		.what = "The device tree asks for a workaround for this SMMU.",
		.trust = "All of it.",
	},
	{
		MESSAGE("option-mask", LINUX, "option mask 0x%x\n"),
		.what = "The workarounds that the driver uses for this SMMU, as bits of its own "
			"that differ between kernels. 0 is usual.",
		.trust = "The bits' meaning is that of this kernel's arm-smmu-v3.h.",
	},
};

const struct catalogue_table catalogue_start = CATALOGUE_TABLE(entries);
