/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI addresses as text, and back. */
#include <inttypes.h>
#include <stdio.h>

#include "endpoints/pci_address.h"
#include "text/span.h"

/* Takes @least to @most hexadecimal digits, and the character behind them. */
static bool take(struct span *text, size_t least, size_t most, char end, uint64_t *value)
{
	struct span before = *text;
	size_t digits;

	if (!span_take_number(text, 16, value))
		return false;
	digits = before.length - text->length;
	if (digits < least || digits > most)
		return false;
	if (!end)
		return true;
	if (!text->length || text->at[0] != end)
		return false;
	*text = span_skip(*text, 1);
	return true;
}

size_t pci_address_parse(const char *text, size_t length, struct pci_address *address)
{
	struct span rest = {.at = text, .length = length};
	uint64_t segment, bus, device, function;
	struct span no_segment = rest;

	*address = (struct pci_address){.rid = 0};
	/* Linux numbers segments that no firmware knows from 0x10000 on. */
	address->has_segment = take(&rest, 4, 8, ':', &segment);
	if (address->has_segment)
		address->segment = (uint32_t)segment;
	else
		rest = no_segment;
	if (!take(&rest, 2, 2, ':', &bus) || !take(&rest, 2, 2, '.', &device) || device > 0x1f ||
		!take(&rest, 1, 1, '\0', &function) || function > 7)
		return 0;
	address->rid = (uint16_t)(bus << 8 | device << 3 | function);
	return length - rest.length;
}

void pci_address_print(const struct pci_address *address, char *buffer, size_t size)
{
	char segment[16] = "";

	if (address->has_segment)
		snprintf(segment, sizeof(segment), "%04" PRIx32 ":", address->segment);
	snprintf(buffer, size, "%s%02x:%02x.%x", segment, address->rid >> 8,
		address->rid >> 3 & 0x1f, address->rid & 7);
}
