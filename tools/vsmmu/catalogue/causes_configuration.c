/* SPDX-License-Identifier: BSD-2-Clause */
/* The causes of configuration errors: what is wrong with an entry, or keeps it from being read. */
#include "catalogue/causes.h"
#include "catalogue/predicates.h"

const struct catalogue_cause causes_bad_streamid[] = {
	{.applies = fault_is_unassigned,
		.text = "the kernel knows no device with this StreamID: firmware (IORT, device "
			"tree) maps the endpoint to another StreamID or SMMU, or does not "
			"describe it",
		.look = "the ID mappings of the IORT, or iommu-map of the device tree, for this "
			"StreamID"},
	{.list = causes_by_log},
	{.text = "no device on this bus is known to this SMMU, so that its stream table has no "
		 "second level there (with Linux nearly always)",
		.look = "the devices that it knows: ls /sys/class/iommu/*/devices"},
	{.text = "a requester ID that firmware does not describe: a bridge's alias, a phantom "
		 "function, a non-transparent bridge, a controller in endpoint mode",
		.look = "the bridges and their bus numbers (lspci -t)"},
	{.text = "an endpoint for which no driver was loaded yet: before 6.15 Linux sets a stream "
		 "up only then; firmware may have left it running",
		.look = "whether it ends once its driver is loaded"},
	{.text = "a StreamID beyond the stream table, which is as large as IDR1.SIDSIZE or "
		 "smaller",
		.look = "LOG2SIZE of STRTAB_BASE_CFG, and IDR1.SIDSIZE"},
	{0},
};

const struct catalogue_cause causes_bad_ste[] = {
	{.list = causes_unassigned},
	{.list = causes_by_log},
	{.text = "the endpoint is active though no driver set its stream up: firmware that left "
		 "it running, or a device that is not described",
		.look = "whether it ends once its driver is loaded"},
	{.text = "a field of the entry that this SMMU does not support; under a VMM, one that the "
		 "guest set and the real SMMU does not have, such as more PASID bits",
		.look = "the SMMU's ID registers"},
	{.text = "an entry that the SMMU read before it was written: its reads are not coherent, "
		 "or a CFGI command is missing",
		.look = "what firmware says of coherency (dma-coherent, COHACC)"},
	{0},
};

const struct catalogue_cause causes_bad_cd[] = {
	{.applies = fault_has_pasid,
		.text = "a PASID that was not bound, or no longer: SVA was taken down, or the "
			"process ended, while the endpoint still worked for it",
		.look = "whether a program ended just before, and whether its driver stops the "
			"endpoint first"},
	{.list = causes_by_log},
	{.text = "DMA before the driver enabled translation, or after it took it down",
		.look = "messages of the endpoint's driver around it"},
	{.text = "in a guest: an endpoint that its kernel lets pass untranslated "
		 "(iommu.passthrough=1, S1DSS), which its VMM did not tell the host",
		.look = "whether it ends without iommu.passthrough=1"},
	{.text = "a field that this SMMU does not support: a page size, an address size, stalls",
		.look = "the SMMU's ID registers"},
	{.text = "a descriptor that was changed without a CFGI_CD, or read before it was written, "
		 "as the SMMU's reads are not coherent",
		.look = "what firmware says of coherency (dma-coherent, COHACC)"},
	{0},
};

const struct catalogue_cause causes_fetch[] = {
	{.applies = fault_is_after_error,
		.text = "the error of the hardware that was reported just before",
		.look = "that report"},
	{.text = "a table that was freed, or that is not in readable memory",
		.look = "whether the address is in /proc/iomem (as root)"},
	{.text = "a memory error: the memory answered with an abort",
		.look = "RAS, EDAC or APEI messages"},
	{.text = "memory that the SMMU may not read, as it belongs to the secure world, or a "
		 "firewall of the chip is closed",
		.look = "whether it began with another version of the firmware"},
	{0},
};

const struct catalogue_cause causes_ats_request[] = {
	{.list = causes_unassigned},
	{.list = causes_by_log},
	{.text = "ATS enabled in the endpoint but not in its stream table entry: by firmware, by "
		 "a reset that restored it, or as the stream is not translated "
		 "(iommu.passthrough=1)",
		.look = "ATSCtl in lspci -vv, and whether it ends with pci=noats"},
	{.text = "a request that was under way while the driver switched ATS off, or the SMMU",
		.look = "whether it comes only when a driver goes or the machine shuts down"},
	{0},
};

const struct catalogue_cause causes_ats_translated[] = {
	{.list = causes_unassigned},
	{.list = causes_by_log},
	{.text = "ATS enabled in the endpoint but not in its stream table entry: by firmware, by "
		 "a reset that restored it, or as the stream is not translated "
		 "(iommu.passthrough=1)",
		.look = "ATSCtl in lspci -vv, and whether it ends with pci=noats"},
	{.text = "translations that the endpoint still holds from before: of another system "
		 "(kexec), or of a driver that switched ATS off",
		.look = "whether it ends after a reset of the endpoint"},
	{.text = "an endpoint, a bridge or a root port that marks transactions as translated "
		 "though ATS is off: suspect it",
		.look = "whether it goes on with pci=noats"},
	{.text = "a device permission table that does not allow it, where there is one (IDR3.DPT)",
		.look = "DPT_ERR among the global errors"},
	{0},
};
