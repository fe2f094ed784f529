/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages about endpoints: their StreamIDs, domains, PASIDs and ATS. */
#include "catalogue/messages.h"

static const struct catalogue_entry entries[] = {
	{
		COMPLAINT("streamid-alias", LINUX,
			"Aliasing StreamID 0x%x (from %s) unsupported, expect DMA to be broken\n"),
		.what = "Two devices have the same StreamID, and the kernel cannot give them "
			"different address spaces. The second one, which this line is from, is "
			"left without an IOMMU.",
		.trust = "All of it: the device in brackets had the StreamID first.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_DEVICE},
		CAUSES(CAUSE("an ID mapping in IORT, or iommu-map or iommus in the device tree, "
			     "that gives the same StreamID twice",
			       "the mappings of both devices"),
			CAUSE("a bridge that replaces the requester ID of what is behind it",
				"lspci -tv: is one behind a PCIe-to-PCI bridge?")),
		.look = "what firmware says of both devices",
		.next = "Have firmware corrected; two devices that cannot be told apart must not "
			"be given to different guests.",
		.section = "IHI 0070 3.2",
	},
	{
		COMPLAINT(
			"streamid-in-tree", LINUX_OLDER, "stream %u already in tree from dev %s\n"),
		.what = "Two devices have the same StreamID, and the kernel cannot give them "
			"different address spaces. The second one is left without an IOMMU.",
		.trust = "All of it. The StreamID is decimal here.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_DEVICE},
		CAUSES(CAUSE("an ID mapping in IORT, or iommu-map or iommus in the device tree, "
			     "that gives the same StreamID twice",
			       "the mappings of both devices"),
			CAUSE("a bridge that replaces the requester ID of what is behind it",
				"lspci -tv: is one behind a PCIe-to-PCI bridge?")),
		.look = "what firmware says of both devices",
		.next = "Have firmware corrected; two devices that cannot be told apart must not "
			"be given to different guests.",
		.section = "IHI 0070 3.2",
	},
	{
		COMPLAINT("pasid-enable-failed", LINUX, "Failed to enable PASID\n"),
		.what = "The device has PASIDs, and turning them on failed. It works without.",
		.trust = "That it failed; not why.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_FIRMWARE},
		CAUSES(CAUSE("a bridge on the way does not pass PASIDs on (End-End TLP prefixes)",
			       "lspci -vv of the bridges: EETLPPrefix"),
			CAUSE("ACS is not such that requests reach the SMMU",
				"lspci -vv of the bridges: ACSCtl"),
			CAUSE("PASID was already enabled, by ATS that came first or by firmware",
				"lspci -vv: PASIDCtl: Enable+")),
		.look = "lspci -vv of the device and of each bridge above it",
		.next = "Nothing, unless SVA or a guest's PASIDs are wanted on this device.",
		.section = "Linux pci_enable_pasid()",
	},
	{
		COMPLAINT("ats-enable-failed", LINUX_OLDER "; " XEN,
			"Failed to enable ATS (STU %zu)\n"),
		.what = "The device has ATS, and turning it on failed. It works without, with its "
			"translations made in the SMMU. STU is the smallest page as a power of "
			"two.",
		.trust = "That it failed; not why.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a smallest page that the device does not take: virtual functions "
			     "must have the one of their physical function",
			       "lspci -vv: ATSCtl: Smallest Translation Unit"),
			CAUSE("ATS was already enabled, by firmware or before a kexec",
				"lspci -vv: ATSCtl: Enable+")),
		.look = "lspci -vv of the device: ATSCap, ATSCtl",
		.next = "Nothing, unless ATS is wanted.",
		.section = "Linux pci_enable_ats()",
	},
	{
		COMPLAINT("ats-not-supported", LINUX, "SMMU doesn't support ATS\n"),
		.what = "The device works with ATS only (a CXL device, say), and it cannot be had "
			"here. The device gets no IOMMU.",
		.trust = "It is said of the SMMU, but its root complex may be what lacks ATS.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_DEVICE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("firmware does not say that the root complex has ATS",
			       "ATS attribute of its IORT node; ats-supported in the device tree"),
			CAUSE("ATS is switched off", "/proc/cmdline: pci=noats"),
			CAUSE("an SMMU without ATS, or a kernel without CONFIG_PCI_ATS",
				"the SMMU's IDR0.ATS; the kernel's configuration")),
		.look = "what firmware says of the root complex",
		.next = "Have firmware corrected, or remove pci=noats.",
		.section = "IHI 0070 3.9.1",
	},
	{
		COMPLAINT("ats-always-not-supported", LINUX,
			"SMMU doesn't support ATS to be always on\n"),
		.what = "The device works with ATS only, also where it is not translated, and for "
			"that this SMMU lacks stage 1 or PASIDs. The device gets no IOMMU.",
		.trust = "All of it.",
		.culprits = {CULPRIT_DEVICE},
		CAUSES(CAUSE("an SMMU without PASIDs", "IDR1.SSIDSIZE of this SMMU")),
		.look = "which SMMU the device is behind",
		.next = "Another slot, behind another SMMU, may do.",
		.section = "IHI 0070 5.2, STE.S1DSS",
	},
	{
		COMPLAINT("sva-gcs", LINUX, "SVA devices ignore permission overlays and GCS\n"),
		.what = "The CPUs can restrict pages in ways (permission overlays, guarded control "
			"stacks) that the SMMU does not know: a device that shares a process's "
			"addresses may do more than the process itself.",
		.trust = "All of it; it is printed once.",
		.culprits = {CULPRIT_NONE},
		CAUSES(CAUSE("SVA on a machine with newer CPUs than its SMMU", NULL)),
		.look = "nothing in particular",
		.next = "Nothing, unless a process relies on these restrictions against its "
			"device.",
	},
	{
		COMPLAINT("rmr-bypass-failed", LINUX, "RMR SID(0x%x) bypass failed\n"),
		.what = "Firmware asks that a device's DMA goes on while the kernel starts (a "
			"reserved memory region), and the kernel could not arrange it for this "
			"StreamID. The device's DMA is blocked.",
		.trust = "All of it.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a StreamID that is beyond the stream table",
			       "the StreamID against the SMMU's bits"),
			CAUSE("no memory for its part of the stream table",
				"\"failed to allocate l2 stream table\" before it")),
		.look = "RMR nodes of the IORT",
		.next = "Have firmware corrected. A boot screen may stop, or a controller fail.",
		.section = "IORT (DEN 0049), RMR node",
	},
	{
		COMPLAINT("attach-other-smmu", LINUX_OLDER "; " XEN,
			"cannot attach to SMMU %s (upstream of %s)\n"),
		.what = "Two devices that are behind different SMMUs were to share one address "
			"space, which this kernel cannot do.",
		.trust = "All of it.",
		.culprits = {CULPRIT_VMM, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("VFIO or Xen was given devices of several SMMUs for one guest",
			"/sys/class/iommu: which devices are behind which")),
		.look = "which SMMU each device is behind",
		.next = "Use devices of one SMMU, or a kernel that gives each SMMU a domain.",
		.section = "Linux arm_smmu_attach_dev()",
	},
	{
		COMPLAINT("attach-ssid-bits", LINUX_OLDER,
			"cannot attach to incompatible domain (%u SSID bits != %u)\n"),
		.what = "A device was to share the address space of another one that has another "
			"number of PASIDs.",
		.trust = "All of it.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_VMM},
		CAUSES(CAUSE("devices of different kinds in one VFIO container",
			"lspci -vv: PASIDCap: Max PASID Width")),
		.look = "the numbers",
		.next = "Use a newer kernel, which has no such limit.",
		.section = "Linux arm_smmu_attach_dev()",
	},
	{
		COMPLAINT("attach-stall", LINUX_OLDER, "cannot attach to stall-%s domain\n"),
		.what = "A device that stalls at faults was to share the address space of one that "
			"does not, or the reverse.",
		.trust = "All of it.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_VMM},
		CAUSES(CAUSE("devices of different kinds in one VFIO container",
			"dma-can-stall of their nodes")),
		.look = "which of the devices can stall",
		.next = "Use a newer kernel, which has no such limit.",
		.section = "Linux arm_smmu_attach_dev()",
	},
	{
		COMPLAINT("attach-sva", LINUX_OLDER, "cannot attach - SVA enabled\n"),
		.what = "A device that shares addresses with a process was to get another address "
			"space of its own.",
		.trust = "All of it.",
		.culprits = {CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a driver that is unbound or given to VFIO while SVA is in use",
			"who has the device open")),
		.look = "which processes use the device",
		.next = "End those processes first.",
		.section = "Linux arm_smmu_attach_dev()",
	},
	{
		COMPLAINT(
			"sva-disable-bound", LINUX_OLDER, "cannot disable SVA, device is bound\n"),
		.what = "SVA was to be turned off for a device while processes still share their "
			"addresses with it.",
		.trust = "All of it.",
		.culprits = {CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a driver that goes before its users do", "who has the device open")),
		.look = "which processes use the device",
		.next = "End those processes first.",
		.section = "Linux arm_smmu_master_disable_sva()",
	},
	{
		COMPLAINT("its-index", IORT,
			"requested ITS ID index [%d] overruns ITS entries [%d]\n"),
		.what = "An ID mapping of the IORT leads to an ITS group and names a member that "
			"the group does not have.",
		.trust = "All of it.",
		.culprits = {CULPRIT_FIRMWARE},
		CAUSES(CAUSE("an error in the IORT", "its ITS group node")),
		.look = "the IORT: acpidump and iasl -d",
		.next = "Have firmware corrected.",
		.section = "IORT (DEN 0049), ITS group node",
	},
	{
		COMPLAINT("iort-properties", IORT, "Could not add device properties\n"),
		.what = "Firmware says that a device can stall or how many PASIDs it has, and "
			"the kernel could not note it. The device works without.",
		.trust = "That it failed; not why.",
		.culprits = {CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("no memory", "allocation failures before it")),
		.look = "the lines before it",
		.next = "Nothing, unless SVA is wanted on this device.",
		.section = "IORT (DEN 0049), named component node",
	},
	{
		MESSAGE("proximity", IORT, "SMMU-v3[%llx] Mapped to Proximity domain %d\n"),
		.what = "Which NUMA node an SMMU, named by its address, belongs to.",
		.trust = "It is what the IORT says.",
	},
};

const struct catalogue_table catalogue_endpoints = CATALOGUE_TABLE(entries);
