/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints by name: which devices have a StreamID, from what describes the machine (firmware's
 * IORT, a device tree, sysfs), what lists its devices (lspci), and what its log says.
 *
 * Files may be anybody's and may lie, or be of another machine: nothing in them is trusted. What
 * they say is certain only where nothing contradicts it.
 */
#ifndef ENDPOINTS_MAP_H
#define ENDPOINTS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint_map;
struct root;

/**
 * struct endpoint_name - an endpoint that has a StreamID
 * @name: as the kernel names the device: "0000:01:00.0", "fd880000.usb"; or as firmware names
 *	it: "\_SB.USB0", "every device of segment 0002"
 * @about: what it is, as far as that is known: "8086:1533 Ethernet controller, igb"; else ""
 * @certain: a description of this machine says so, and nothing contradicts it. Else it may be
 *	this one: say "may be"
 */
struct endpoint_name {
	char name[64];
	char about[64];
	bool certain;
};

/* Return: an empty map, or NULL. */
struct endpoint_map *endpoint_map_new(void);
void endpoint_map_free(struct endpoint_map *map);

/**
 * endpoint_map_add_file() - a file that describes the machine, or lists its devices
 * @map: the map
 * @path: a binary IORT (/sys/firmware/acpi/tables/IORT), the text that acpidump, iasl -d, xxd or
 *	hexdump -C made of one, a flattened device tree (/sys/firmware/fdt, a .dtb), the output of
 *	lspci with or without -n, -nn, -D, -k, a kernel's log, a folder like the root of a host, or
 *	the tar of vsmmu probe --collect. Told apart by what is in them; several may be added
 * @why: what is wrong, for the user; with success too, if what is there is damaged. Else ""
 * @size: bytes at @why
 *
 * Return: 0; -EINVAL: it is none of these; or why it could not be read.
 */
int endpoint_map_add_file(struct endpoint_map *map, const char *path, char *why, size_t size);

/**
 * endpoint_map_add_root() - a host: its sysfs, its firmware's tables, its log
 * @map: the map
 * @root: root_open(NULL): this host
 * @why: as for endpoint_map_add_file(): with success it says what is missing, e.g. that only
 *	root may read the IORT, so that no name will be certain. Else ""
 * @size: bytes at @why
 *
 * Return: 0; -ENOENT or -EACCES if there is nothing at all.
 */
int endpoint_map_add_root(struct endpoint_map *map, struct root *root, char *why, size_t size);

/**
 * endpoint_map_add_name() - a device, or an SMMU, that the log names
 * @map: the map
 * @name: e.g. "0000:01:00.0", of a line "Adding to iommu group 3"; or "arm-smmu-v3.2.auto": who
 *	has seen the names of all SMMUs of an IORT knows which is which
 *
 * Alone it makes no name certain: which StreamID the device has is a guess.
 */
void endpoint_map_add_name(struct endpoint_map *map, const char *name);

/**
 * endpoint_map_find() - who has a StreamID
 * @map: the map, or NULL: nobody is known
 * @smmu: the SMMU, as the log names it: "arm-smmu-v3.2.auto", "fc900000.iommu",
 *	"/smmuv3@9050000"; "" if it does not
 * @sid: the StreamID
 * @names: the first @max of them: the certain ones first, and then by name
 *
 * Quick enough to be called for each event of a log.
 *
 * Return: how many endpoints have it or may have it.
 */
unsigned int endpoint_map_find(struct endpoint_map *map, const char *smmu, uint32_t sid,
	struct endpoint_name *names, unsigned int max);

/* What a device is that the log names. Return: whether that is known; else @about is "". */
bool endpoint_map_about(const struct endpoint_map *map, const char *name, char *about, size_t size);

/**
 * requester_id_guess() - the PCI function that a StreamID would be, if it were a requester ID
 * @sid: the StreamID
 * @buffer: e.g. "09:00.0", or "06:00.0 of another segment" for one above 16 bits, whose upper
 *	part mostly tells the segments apart that share an SMMU
 * @size: bytes at @buffer; 32 are enough
 *
 * The rule: the lower 16 bits are bus, device and function, unless
 * - they are 0 to 7, the host bridge of bus 0, which makes no transactions of its own;
 * - they are another bus 0 function than 0: endpoints there have one function, and small
 *   numbers are those of platform devices;
 * - they are all ones: a read from nowhere.
 *
 * Return: whether it can be one; else @buffer is "".
 */
bool requester_id_guess(uint32_t sid, char *buffer, size_t size);

/**
 * endpoint_map_guess() - does so with all that is known
 * @map: the map, or NULL
 * @smmu: as for endpoint_map_find()
 * @sid: the StreamID
 * @client: the endpoint as the log names it, or ""
 * @unknown: the kernel, or the SMMU, has no device with that StreamID: "(unassigned sid)" or
 *	C_BAD_STREAMID
 *
 * For events whose endpoint has no name, neither in the log nor in the map. There is no guess
 * - with a client: the log has said who it was;
 * - if endpoint_map_find() finds somebody;
 * - if a table describes that SMMU: then the StreamID is nobody's;
 * - if there is a list of all PCI functions (lspci, sysfs) that has none on that bus;
 * - if the log names PCI functions, none of that bus, and @unknown is false: a device that the
 *   kernel knows is among them, one that it does not know is not.
 *
 * Return: whether there is one.
 */
bool endpoint_map_guess(struct endpoint_map *map, const char *smmu, uint32_t sid,
	const char *client, bool unknown, char *buffer, size_t size);

#endif
