/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines that say what a PCI function is: of lspci, and of the kernel when it finds it. */
#ifndef ENDPOINTS_LSPCI_H
#define ENDPOINTS_LSPCI_H

#include "endpoints/pci_address.h"
#include "text/span.h"

struct listed_function {
	struct pci_address address;
	bool has_id; /* @vendor, @id and @code are valid, else @text is */
	unsigned int vendor, id, code;
	struct span text;
	bool bridge;
};

/* "01:00.0 Ethernet controller [0200]: ...", with or without -n, -nn and -D. */
bool lspci_parse(struct span line, struct listed_function *function);

/* "pci 0000:01:00.0: [8086:1533] type 00 class 0x020000", anywhere in a line of a log. */
bool lspci_parse_kernel(struct span line, struct listed_function *function);

/* "/sys/kernel/iommu_groups/3/devices/0000:01:00.0", which find prints. */
bool lspci_parse_path(struct span line, struct listed_function *function);

#endif
