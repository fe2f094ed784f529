/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI addresses as text: "0000:01:00.0", or "01:00.0" where the segment is not told. */
#ifndef ENDPOINTS_PCI_ADDRESS_H
#define ENDPOINTS_PCI_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pci_address {
	bool has_segment;
	uint32_t segment;
	uint16_t rid; /* bus, device, function: the requester ID */
};

/* Return: how many characters the address at @text has, at most @length; 0 if it is none. */
size_t pci_address_parse(const char *text, size_t length, struct pci_address *address);

void pci_address_print(const struct pci_address *address, char *buffer, size_t size);

#endif
