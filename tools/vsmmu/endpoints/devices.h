/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices of a machine, as far as something names them. */
#ifndef ENDPOINTS_DEVICES_H
#define ENDPOINTS_DEVICES_H

#include "endpoints/pci_address.h"

#define DEVICES_MAX	16384
#define DEVICES_BUCKETS 1024

/* SMMUs are known by their address. */
#define SMMU_UNKNOWN UINT64_MAX

struct device {
	char name[64];
	char about[64];
	struct pci_address pci; /* with @is_pci */
	bool is_pci;
	bool listed;   /* is in a list of all PCI functions of the machine */
	bool alias;    /* a bridge may speak for it, as device 0 of its bus */
	int secondary; /* bus behind this bridge, or -1 */
	uint64_t smmu; /* which it is behind, or SMMU_UNKNOWN */
	int next;      /* in its bucket, or -1 */
};

struct devices {
	struct device *all;
	unsigned int count, room;
	unsigned int listed; /* PCI functions in a list of all */
	unsigned int named;  /* PCI functions that only a log names */
	int first[DEVICES_BUCKETS];
	uint8_t listed_buses[32], named_buses[32]; /* bits, without regard to the segment */
};

void devices_init(struct devices *devices);
void devices_free(struct devices *devices);

/*
 * The device of that name, made if it is not there; NULL without memory, or if there are too
 * many. @listed: in a list of all functions.
 */
struct device *devices_add(struct devices *devices, const char *name, bool listed);

const struct device *devices_get(const struct devices *devices, const char *name);

/* The next PCI function with a requester ID; begin with NULL. Segments are not looked at. */
const struct device *devices_of_rid(
	const struct devices *devices, uint16_t rid, const struct device *after);

static inline bool devices_have_bus(const uint8_t *buses, unsigned int bus)
{
	return buses[bus / 8] >> bus % 8 & 1;
}

#endif
