/* SPDX-License-Identifier: BSD-2-Clause */
/* What a map is made of, for those who fill it. */
#ifndef ENDPOINTS_MAP_SOURCES_H
#define ENDPOINTS_MAP_SOURCES_H

#include "endpoints/device_tree.h"
#include "endpoints/devices.h"
#include "endpoints/map.h"
#include "endpoints/smmu_numbers.h"
#include "firmware/iort.h"

#define MAP_SOURCES_MAX 8
#define MAP_SMMUS_MAX	256

/* A description of the machine: an IORT or a device tree; the other one is empty. */
struct map_source {
	bool is_tree;
	struct iort iort;
	struct device_tree tree;
};

struct map_smmu {
	char name[64];
	uint64_t address;
};

#define MAP_ANSWERS	 64
#define MAP_NAMES_OF_ONE 4

/* An answer that was given, as the events of a storm ask the same again and again. */
struct map_answer {
	bool valid;
	bool described; /* a table has that SMMU */
	char smmu[64];
	uint32_t sid;
	unsigned int count;
	struct endpoint_name names[MAP_NAMES_OF_ONE];
};

struct endpoint_map {
	struct devices devices;
	bool all_listed; /* the listed PCI functions are all that the machine has */
	struct map_source sources[MAP_SOURCES_MAX];
	unsigned int source_count;
	struct map_smmu smmus[MAP_SMMUS_MAX]; /* whose name and address sysfs tells */
	unsigned int smmu_count;
	struct smmu_numbers numbers; /* that names of SMMUs had so far */
	struct map_answer answers[MAP_ANSWERS];
};

/* Forgets what was answered: something was added. */
void map_changed(struct endpoint_map *map);

/* Adds a table. Return: 0; -errno, and what is wrong in @why. */
int map_add_iort(
	struct endpoint_map *map, const void *bytes, size_t length, char *why, size_t size);
int map_add_tree(
	struct endpoint_map *map, const void *bytes, size_t length, char *why, size_t size);

void map_add_smmu(struct endpoint_map *map, const char *name, uint64_t address);

/*
 * Adds what a text has: dumps of an IORT, lines of lspci, lines of a kernel's log.
 * Return: how many things it had; -errno, and what is wrong in @why.
 */
int map_add_text(struct endpoint_map *map, const char *text, size_t length, char *why, size_t size);

/* Adds a file of any kind but a tar, as endpoint_map_add_file() does. */
int map_add_bytes(
	struct endpoint_map *map, const char *bytes, size_t length, char *why, size_t size);

/* Says what a PCI function is. @driver may be NULL. */
void device_describe(struct device *device, unsigned int vendor, unsigned int id,
	unsigned int class_code, const char *driver);
void device_set_driver(struct device *device, const char *driver);

/* Which SMMU a name means, by all that is known. */
struct smmu_ref map_smmu_ref(const struct endpoint_map *map, const char *name);

/* Keeps in mind that there is an SMMU of that name. */
void map_note_smmu(struct endpoint_map *map, const char *name);

#endif
