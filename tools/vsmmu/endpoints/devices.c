/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices of a machine: a hash table by name, and by requester ID for PCI functions. */
#include <stdlib.h>
#include <string.h>

#include "endpoints/devices.h"
#include "text/span.h"

void devices_init(struct devices *devices)
{
	*devices = (struct devices){.all = NULL};
	for (unsigned int i = 0; i < DEVICES_BUCKETS; i++)
		devices->first[i] = -1;
}

void devices_free(struct devices *devices)
{
	free(devices->all);
	devices_init(devices);
}

static unsigned int bucket_of(const char *name, bool is_pci, uint16_t rid)
{
	unsigned int hash = 5381;

	if (is_pci)
		return rid % DEVICES_BUCKETS;
	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash % DEVICES_BUCKETS;
}

/* Return: whether the name is a PCI address, which without a segment may be of any. */
static bool parse(const char *name, struct pci_address *address)
{
	size_t length = strlen(name);

	return length && pci_address_parse(name, length, address) == length;
}

static bool is_same(const struct device *device, const char *name, bool is_pci,
	const struct pci_address *address)
{
	if (device->is_pci != is_pci)
		return false;
	if (!is_pci)
		return !strcmp(device->name, name);
	/* lspci leaves out the segment if all functions are in segment 0. */
	return device->pci.rid == address->rid && device->pci.segment == address->segment;
}

static struct device *find(const struct devices *devices, const char *name, unsigned int bucket,
	bool is_pci, const struct pci_address *address)
{
	for (int i = devices->first[bucket]; i >= 0; i = devices->all[i].next) {
		if (is_same(&devices->all[i], name, is_pci, address))
			return &devices->all[i];
	}
	return NULL;
}

const struct device *devices_get(const struct devices *devices, const char *name)
{
	struct pci_address address;
	bool is_pci = parse(name, &address);

	return find(devices, name, bucket_of(name, is_pci, address.rid), is_pci, &address);
}

static bool have_room(struct devices *devices)
{
	unsigned int room = devices->room ? 2 * devices->room : 64;
	struct device *all;

	if (devices->count < devices->room)
		return true;
	if (devices->count >= DEVICES_MAX)
		return false;
	all = realloc(devices->all, room * sizeof(*all));
	if (!all)
		return false;
	devices->all = all;
	devices->room = room;
	return true;
}

static void note_bus(struct devices *devices, struct device *device, bool listed)
{
	unsigned int bus = device->pci.rid >> 8;

	if (listed && !device->listed) {
		devices->listed++;
		devices->listed_buses[bus / 8] |= (uint8_t)(1 << bus % 8);
		device->listed = true;
	} else if (!listed) {
		devices->named++;
		devices->named_buses[bus / 8] |= (uint8_t)(1 << bus % 8);
	}
}

struct device *devices_add(struct devices *devices, const char *name, bool listed)
{
	struct pci_address address;
	bool is_pci = parse(name, &address);
	unsigned int bucket = bucket_of(name, is_pci, address.rid);
	struct device *device = find(devices, name, bucket, is_pci, &address);

	if (!device) {
		if (!have_room(devices))
			return NULL;
		device = &devices->all[devices->count];
		*device = (struct device){
			.pci = address,
			.is_pci = is_pci,
			.secondary = -1,
			.smmu = SMMU_UNKNOWN,
			.next = devices->first[bucket],
		};
		if (is_pci)
			pci_address_print(&address, device->name, sizeof(device->name));
		else
			span_print(span_of(name), device->name, sizeof(device->name));
		devices->first[bucket] = (int)devices->count++;
	}
	if (is_pci && address.has_segment && !device->pci.has_segment) {
		device->pci.has_segment = true;
		pci_address_print(&address, device->name, sizeof(device->name));
	}
	if (is_pci)
		note_bus(devices, device, listed);
	return device;
}

const struct device *devices_of_rid(
	const struct devices *devices, uint16_t rid, const struct device *after)
{
	int i = after ? after->next : devices->first[bucket_of("", true, rid)];

	for (; i >= 0; i = devices->all[i].next) {
		if (devices->all[i].is_pci && devices->all[i].pci.rid == rid)
			return &devices->all[i];
	}
	return NULL;
}
