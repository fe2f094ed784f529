/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration space of PCI: numbers and layout as in Linux' include/uapi/linux/pci_regs.h. */
#include "probe/facts_parse.h"

#define STANDARD_END   256
#define EXTENDED_END   4096
#define HEADER_END     64
#define STATUS	       0x06
#define STATUS_LIST    0x10 /* there is a list of capabilities */
#define TYPE	       0x0e
#define SECONDARY      0x19
#define SUBORDINATE    0x1a
#define LIST	       0x34
#define CAP_PCIE       0x10
#define CAP_PCIE_FLAGS 0x02
#define EXT_ACS	       0x0d
#define EXT_ATS	       0x0f
#define EXT_PRI	       0x13
#define EXT_PASID      0x1b

/* Source validation, request and completion redirect, upstream forwarding: REQ_ACS_FLAGS. */
#define ACS_NEEDED 0x1d

struct space {
	const uint8_t *bytes;
	size_t length;
};

static unsigned int read16(const struct space *space, size_t offset)
{
	if (offset + 2 > space->length)
		return 0;
	return space->bytes[offset] | (unsigned int)space->bytes[offset + 1] << 8;
}

/* Return: where the PCIe capability is; 0: there is none; -1: it cannot be seen. */
static int find_pcie(const struct space *space)
{
	size_t at;

	if (!(read16(space, STATUS) & STATUS_LIST))
		return 0;
	at = space->bytes[LIST] & ~3U;
	/* Each has 4 bytes at least, so a list with more of them goes in a circle. */
	for (unsigned int i = 0; at >= HEADER_END && i < (STANDARD_END - HEADER_END) / 4; i++) {
		if (at + 4 > space->length)
			return -1;
		if (space->bytes[at] == CAP_PCIE)
			return (int)at;
		at = space->bytes[at + 1] & ~3U;
	}
	return 0;
}

static void read_extension(
	struct probe_extension *extension, unsigned int control, unsigned int bit)
{
	extension->present = ANSWER_YES;
	extension->enabled = control >> bit & 1 ? ANSWER_YES : ANSWER_NO;
}

static void read_extended(const struct space *space, size_t at, struct pci_config *config)
{
	unsigned int control = read16(space, at + 6);

	switch (read16(space, at)) {
	case EXT_ATS:
		read_extension(&config->ats, control, 15);
		break;
	case EXT_PRI:
		/* PRI has its control register where the others have their capabilities. */
		read_extension(&config->pri, read16(space, at + 4), 0);
		break;
	case EXT_PASID:
		read_extension(&config->pasid, control, 0);
		config->pasid_bits = (int)(read16(space, at + 4) >> 8 & 0x1f);
		break;
	case EXT_ACS:
		read_extension(&config->acs, control, 0);
		/* A port need not have what it cannot violate: Linux asks for what it has. */
		config->acs_missing = (uint16_t)(ACS_NEEDED & read16(space, at + 4) & ~control);
		break;
	}
}

/* Return: whether the list was seen to its end. */
static bool walk_extended(const struct space *space, struct pci_config *config)
{
	size_t at = STANDARD_END;

	if (space->length == STANDARD_END)
		return true; /* the kernel itself has no access to more */
	for (unsigned int i = 0; i < (EXTENDED_END - STANDARD_END) / 8; i++) {
		unsigned int id, next;

		if (at + 8 > space->length)
			return false;
		id = read16(space, at);
		next = read16(space, at + 2) >> 4 & ~3U;
		if (id == 0xffff)
			return false; /* it does not answer any more */
		read_extended(space, at, config);
		if (!next)
			return true;
		if (next < STANDARD_END)
			return false;
		at = next;
	}
	return false;
}

static void absent(struct probe_extension *extension)
{
	if (extension->present == ANSWER_UNKNOWN)
		*extension = (struct probe_extension){ANSWER_NO, ANSWER_NO};
}

void pci_config_parse(const void *bytes, size_t length, struct pci_config *config)
{
	struct space space = {bytes, length};
	int pcie;

	*config = (struct pci_config){.header_type = -1,
		.secondary = -1,
		.subordinate = -1,
		.port_type = -1,
		.pasid_bits = -1};
	if (length < HEADER_END)
		return;
	/* A virtual function's vendor is all ones, too: PCIe 6.0, 9.3.4.1.1. Its type is not. */
	if (read16(&space, 0) == 0xffff && space.bytes[TYPE] == 0xff) {
		config->gone = true;
		return;
	}
	config->header_type = space.bytes[TYPE] & 0x7f;
	config->multifunction = space.bytes[TYPE] & 0x80;
	if (config->header_type == 1) {
		config->secondary = space.bytes[SECONDARY];
		config->subordinate = space.bytes[SUBORDINATE];
	}
	pcie = find_pcie(&space);
	if (pcie > 0)
		config->port_type = (int)(read16(&space, (size_t)pcie + CAP_PCIE_FLAGS) >> 4 & 15);
	else if (!pcie)
		config->port_type = -2;
	if (length < STANDARD_END || !walk_extended(&space, config))
		return;
	absent(&config->ats);
	absent(&config->pasid);
	absent(&config->pri);
	absent(&config->acs);
}
