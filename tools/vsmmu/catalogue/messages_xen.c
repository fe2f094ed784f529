/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages that only Xen's driver has. Its others are Linux', of about 5.8. */
#include "catalogue/messages.h"

static const struct catalogue_entry entries[] = {
	{
		COMPLAINT("xen-already-added", XEN, "Already added to SMMUv3\n"),
		.what = "A device was given to the SMMU twice; the second time is ignored.",
		.trust = "All of it.",
		.culprits = {CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a PCI device that dom0 announces again", "dom0's log")),
		.look = "what dom0 did with the device just before",
		.next = "Nothing, if the device works.",
	},
	{
		MESSAGE("xen-added", XEN, "Added master device (SMMUv3 %s StreamIds %u)\n"),
		.what = "A device is behind this SMMU, with so many StreamIDs.",
		.trust = "All of it.",
	},
	{
		COMPLAINT("xen-not-attached", XEN, "not attached to %pd\n"),
		.what = "A device was to be taken from a domain that does not have it.",
		.trust = "All of it.",
		.culprits = {CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a toolstack that takes a device away twice", "xl's log")),
		.look = "what the toolstack did with the device",
		.next = "Nothing, if the device is where it should be.",
	},
	{
		MESSAGE("xen-domain", XEN, "d%u: vmid 0x%x vtcr 0x%lx p2maddr 0x%lx\n"),
		.what = "A domain's page tables are used for its devices' DMA as well.",
		.trust = "All of it.",
	},
};

const struct catalogue_table catalogue_xen = CATALOGUE_TABLE(entries);
