/* SPDX-License-Identifier: BSD-2-Clause */
/* What a StreamID tells of itself. */
#include <stdio.h>

#include "endpoints/map.h"
#include "endpoints/pci_address.h"

bool requester_id_guess(uint32_t sid, char *buffer, size_t size)
{
	struct pci_address address = {.rid = (uint16_t)sid};
	char text[16];

	if (size)
		*buffer = '\0';
	if (address.rid < 8 || address.rid == UINT16_MAX)
		return false;
	if (address.rid < 0x100 && address.rid & 7)
		return false;
	pci_address_print(&address, text, sizeof(text));
	snprintf(buffer, size, "%s%s", text, sid > UINT16_MAX ? " of another segment" : "");
	return true;
}
