/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines that say what a PCI function is. */
#include "endpoints/lspci.h"

static bool take_hex4(struct span *span, unsigned int *value)
{
	struct span before = *span;
	uint64_t number;

	if (!span_take_number(span, 16, &number) || before.length - span->length != 4)
		return false;
	*value = (unsigned int)number;
	return true;
}

/* "8086:1533" */
static bool take_id(struct span *span, struct listed_function *function)
{
	return take_hex4(span, &function->vendor) && span_take(span, ":") &&
	       take_hex4(span, &function->id);
}

/* -n: "0200: 8086:1533 (rev 03)" */
static bool is_numeric(struct span rest, struct listed_function *function)
{
	return take_hex4(&rest, &function->code) && span_take(&rest, ": ") &&
	       take_id(&rest, function);
}

/* -nn: "Ethernet controller [0200]: Intel Corporation I210 [8086:1533] (rev 03)" */
static bool is_both(struct span rest, struct listed_function *function)
{
	struct listed_function last = *function;
	struct span before;
	bool found = false;

	if (!span_take_until(&rest, " [", &before) || !take_hex4(&rest, &last.code) ||
		!span_take(&rest, "]: "))
		return false;
	while (span_take_until(&rest, "[", &before)) {
		struct span end = rest;

		if (!take_id(&end, &last) || !span_begins(end, "]"))
			continue;
		*function = last;
		found = true;
	}
	return found;
}

/* What scripts that list groups put in front of lspci's lines: "IOMMU Group 12 " */
static struct span skip_group(struct span line)
{
	struct span rest = span_trim(line);
	uint64_t number;

	if ((span_take(&rest, "IOMMU Group ") || span_take(&rest, "IOMMU group ")) &&
		span_take_number(&rest, 10, &number)) {
		span_take(&rest, ":");
		return span_trim(rest);
	}
	return span_trim(line);
}

bool lspci_parse(struct span line, struct listed_function *function)
{
	struct span rest = skip_group(line), kind;
	size_t length;

	*function = (struct listed_function){.has_id = false};
	length = pci_address_parse(rest.at, rest.length, &function->address);
	if (!length || length == rest.length || rest.at[length] != ' ')
		return false;
	rest = span_trim(span_skip(rest, length));
	function->text = rest;
	function->has_id = is_numeric(rest, function) || is_both(rest, function);
	if (function->has_id) {
		function->bridge = function->code >> 8 == 6;
		return true;
	}
	if (!span_take_until(&rest, ": ", &kind))
		return false;
	function->bridge = span_is(kind, "Host bridge") || span_is(kind, "PCI bridge");
	return true;
}

/* Linux drivers/pci/probe.c, pci_setup_device() */
bool lspci_parse_kernel(struct span line, struct listed_function *function)
{
	struct span before;
	uint64_t number;

	*function = (struct listed_function){.has_id = true};
	if (!span_take_until(&line, "pci ", &before) ||
		(before.length && !span_is_blank(before.at[before.length - 1])))
		return false;
	line = span_skip(line, pci_address_parse(line.at, line.length, &function->address));
	if (!span_take(&line, ": [") || !take_id(&line, function) || !span_take(&line, "] type ") ||
		!span_take_until(&line, " class 0x", &before) ||
		!span_take_number(&line, 16, &number))
		return false;
	function->code = number >> 8 & 0xffff;
	return true;
}

bool lspci_parse_path(struct span line, struct listed_function *function)
{
	struct span before;

	*function = (struct listed_function){.has_id = false};
	if (!span_take_until(&line, "/iommu_groups/", &before) ||
		!span_take_until(&line, "/devices/", &before))
		return false;
	return pci_address_parse(line.at, line.length, &function->address) > 0;
}
