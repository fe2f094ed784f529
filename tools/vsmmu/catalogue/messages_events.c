/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages about events and page requests. */
#include "catalogue/causes.h"
#include "catalogue/messages.h"

/* A line that names an endpoint, in three forms by the event's kind. */
#define EVENT_LINE(id, text, has)                                                                  \
	{                                                                                          \
		COMPLAINT(id, LINUX " since 6.14", text),                                          \
			.what = "An event by its name, with the endpoint's name and " has,         \
			.trust = "UNKNOWN means only that the driver has no name for it, and "     \
				 "\"(unassigned sid)\" that the kernel knows no device with this " \
				 "StreamID. ssid is 0 also where there is none.",                  \
			.look = "the entry of the event's name, and the lines around this",        \
			.next = "vsmmu decode reads all lines of an event together.",              \
			.section = "IHI 0070 7.3",                                                 \
	}

static const struct catalogue_entry entries[] = {
	{
		COMPLAINT("event-received", LINUX, "event 0x%02x received:\n"),
		.what = "The SMMU recorded an event, whose four words follow. The number is the "
			"event's kind.",
		.trust = "All of it. The kernel prints ten events in five seconds at most, so what "
			 "is here may be a part.",
		.look = "the entry of the event's number, and the four words",
		.next = "vsmmu decode reads the words.",
		.section = "IHI 0070 7.3",
	},
	EVENT_LINE("event-address",
		"event: %s client: %s sid: %#x ssid: %#x iova: %#llx ipa: %#llx",
		"its addresses. ipa is valid for faults of stage 2 only."),
	EVENT_LINE("event-fetch", "event: %s client: %s sid: %#x ssid: %#x fetch_addr: %#llx",
		"the address of what the SMMU could not read."),
	EVENT_LINE("event-stream", "event: %s client: %s sid: %#x ssid: %#x", "its StreamID."),
	{
		COMPLAINT("event-detail", LINUX " since 6.14", "%s %s %s %s \"%s\"%s%s stag: %#x"),
		.aliases = NAMES("Input address caused fault", "Stage 1 translation table fetch"),
		.what = "The last line of F_TRANSLATION, F_ADDR_SIZE, F_ACCESS and F_PERMISSION: "
			"privilege, instruction or data, read or write, the stage, and what the "
			"SMMU wanted when it failed. Alone it says neither which of the four it "
			"was, nor which endpoint or address.",
		.trust = "With \"CD fetch\" or \"Stage 1 translation table fetch\" the fault is in "
			 "reading a table, not in the access itself. stag counts with \"stall\" "
			 "only.",
		.culprits = {CULPRIT_GUEST_DRIVER, CULPRIT_DEVICE, CULPRIT_HOST_KERNEL,
			CULPRIT_VMM},
		.causes = causes_detail,
		.look = "the line before it, which has the event's name, the endpoint and the "
			"address",
		.next = "Keep all lines of an event, with dmesg | grep -i smmu: vsmmu decode reads "
			"them together.",
		.section = "IHI 0070 7.3",
	},
	{
		COMPLAINT("evtq-overflow", LINUX, "EVTQ overflow detected -- events lost\n"),
		.what = "Events came faster than the driver took them from the queue, so the SMMU "
			"dropped some.",
		.trust = "Nobody can tell how many were lost, nor of which endpoints. What is in "
			 "the log is whole.",
		.culprits = {CULPRIT_GUEST_DRIVER, CULPRIT_DEVICE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("one endpoint that faults with every access, such as after its driver "
			     "was unbound, or in a crash kernel",
			       "the StreamID that most events have"),
			CAUSE("a CPU that was kept from running the driver's thread",
				"soft lockup and RCU stall messages")),
		.look = "the StreamID that most events around it have: vsmmu decode --summary",
		.next = "Stop that endpoint: unbind or reset it. The overflow then ends by itself.",
		.section = "IHI 0070 7.4",
	},
	{
		COMPLAINT("priq-overflow", LINUX, "PRIQ overflow detected -- requests lost\n"),
		.what = "Page requests came faster than they were taken from the PRI queue. The "
			"SMMU answers those that do not fit by itself, and devices may try again.",
		.trust = "That some were dropped; not which.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("a device that asks for more pages at a time than it was allowed to",
			       "lspci -vv: Page Request Allocation"),
			CAUSE("a CPU that was kept from running the driver's thread",
				"soft lockup and RCU stall messages")),
		.look = "which devices have PRI enabled",
		.next = "A device that does not recover needs a reset.",
		.section = "IHI 0070 8.1",
	},
	{
		COMPLAINT("pri-unexpected", LINUX, "unexpected PRI request received:\n"),
		.what = "A device asked for a page by PRI, which this driver never enables. The "
			"driver refuses it.",
		.trust = "All of it; the next line has the request.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("PRI left enabled in the device by firmware, or by what ran before a "
			     "kexec",
			       "lspci -vv: PRICtl: Enable+"),
			CAUSE("another program or hypervisor enabled it by itself",
				"setpci, VFIO users")),
		.look = "lspci -vv of the device with that StreamID",
		.next = "A reset of the function turns PRI off.",
		.section = "IHI 0070 8",
	},
	{
		COMPLAINT("pri-request", LINUX,
			"\tsid 0x%08x.0x%05x: [%u%s] %sprivileged %s%s%s access at iova "
			"0x%016llx\n"),
		.what = "The page request that the line before tells of: StreamID, PASID, group "
			"index and L for the last of its group, what access and to which page.",
		.trust = "All of it. A PASID of 0 also stands for none. Without R, W and X it is a "
			 "\"stop marker\": the device says that it is done with a PASID.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},
		CAUSES(CAUSE("see \"unexpected PRI request received:\"", NULL)),
		.look = "lspci -vv of the device with that StreamID: PRICtl",
		.next = "A reset of the function turns PRI off.",
		.section = "IHI 0070 8",
	},
};

const struct catalogue_table catalogue_events = CATALOGUE_TABLE(entries);
