/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has a StreamID: what all sources say, put together. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoints/map_sources.h"
#include "text/span.h"

#define CANDIDATES_MAX 64

struct candidate {
	struct endpoint_name name;
	unsigned int voters; /* bits: the sources that name it */
};

struct search {
	struct endpoint_map *map;
	struct smmu_ref smmu;
	struct candidate found[CANDIDATES_MAX];
	unsigned int count; /* of those that were found, which may be more */
	unsigned int voter;
	unsigned int knowing; /* bits: the sources that know this SMMU */
};

static void add(struct search *search, const char *name, const char *about, bool certain)
{
	struct candidate *candidate = search->found;
	unsigned int kept = search->count < CANDIDATES_MAX ? search->count : CANDIDATES_MAX;

	for (unsigned int i = 0; i < kept; i++, candidate++) {
		if (!strcmp(candidate->name.name, name)) {
			candidate->name.certain = candidate->name.certain && certain;
			candidate->voters |= search->voter;
			return;
		}
	}
	search->count++;
	if (kept == CANDIDATES_MAX)
		return;
	*candidate = (struct candidate){.voters = search->voter};
	span_print(span_of(name), candidate->name.name, sizeof(candidate->name.name));
	span_print(span_of(about), candidate->name.about, sizeof(candidate->name.about));
	candidate->name.certain = certain;
}

/* Whether what is known of the device speaks against this SMMU. */
static bool is_elsewhere(const struct search *search, const struct device *device)
{
	return search->smmu.kind == SMMU_REF_ADDRESS && device->smmu != SMMU_UNKNOWN &&
	       device->smmu != search->smmu.value;
}

/* A device of which a table says so, unless what else is known speaks against it. */
static void add_device(struct search *search, const struct device *device, bool certain)
{
	certain = certain && !is_elsewhere(search, device);
	/* A table may be of another day: buses are renumbered. */
	if (device->is_pci && search->map->all_listed && !device->listed)
		certain = false;
	add(search, device->name, device->about, certain);
}

/* The table tells the segment, if the list does not. */
static void add_function(
	struct search *search, const struct stream_user *user, const struct device *device)
{
	struct device copy = *device;

	if (user->pci.has_segment)
		copy.pci.has_segment = true;
	pci_address_print(&copy.pci, copy.name, sizeof(copy.name));
	add_device(search, &copy, user->certain);
}

static bool is_of(const struct map_source *source, const struct stream_user *user,
	const struct device *device, uint32_t sid)
{
	if (!device->is_pci || (device->pci.rid & user->mask) != (user->pci.rid & user->mask))
		return false;
	if (user->pci.has_segment && device->pci.segment != user->pci.segment)
		return false;
	/* Of all functions of a segment those that have no stream of their own. */
	return source->is_tree || user->mask || iort_function_has(&source->iort, &device->pci, sid);
}

/* Functions that are known to be there. Return: how many. */
static unsigned int add_known(struct search *search, const struct map_source *source,
	const struct stream_user *user, uint32_t sid)
{
	const struct devices *devices = &search->map->devices;
	const struct device *device = NULL;
	unsigned int known = 0;

	if (user->mask == UINT16_MAX) {
		while ((device = devices_of_rid(devices, user->pci.rid, device))) {
			if (is_of(source, user, device, sid) && ++known)
				add_function(search, user, device);
		}
		return known;
	}
	for (unsigned int i = 0; i < devices->count; i++) {
		if (is_of(source, user, &devices->all[i], sid) && ++known)
			add_function(search, user, &devices->all[i]);
	}
	return known;
}

/* Functions of conventional PCI for which a bridge speaks, as device 0 of the bus behind it. */
static unsigned int add_aliases(struct search *search, const struct stream_user *user)
{
	const struct devices *devices = &search->map->devices;
	unsigned int known = 0;

	for (unsigned int i = 0; !(user->pci.rid & 0xff) && i < devices->count; i++) {
		const struct device *device = &devices->all[i];

		if (!device->alias || (device->pci.rid ^ user->pci.rid) >> 8 ||
			(user->pci.has_segment && device->pci.segment != user->pci.segment))
			continue;
		add_device(search, device, false);
		known++;
	}
	return known;
}

/* A PCI function, or several that the SMMU cannot tell apart. */
static void add_functions(struct search *search, const struct map_source *source,
	const struct stream_user *user, uint32_t sid)
{
	char name[64], about[96] = "";

	if (add_known(search, source, user, sid) + add_aliases(search, user))
		return;
	if (user->mask)
		pci_address_print(&user->pci, name, sizeof(name));
	else
		snprintf(name, sizeof(name), "every device of segment %04" PRIx32,
			user->pci.segment);
	if (*user->name)
		snprintf(about, sizeof(about), "behind %s", user->name);
	add(search, name, about,
		user->certain && !search->map->all_listed &&
			(!user->mask || user->mask == UINT16_MAX));
}

static void ask_source(struct search *search, const struct map_source *source, uint32_t sid)
{
	struct stream_user users[CANDIDATES_MAX];
	unsigned int count;
	bool knows;

	if (source->is_tree)
		count = device_tree_users(
			&source->tree, search->smmu, sid, users, CANDIDATES_MAX, &knows);
	else
		count = iort_stream_users(
			&source->iort, search->smmu, sid, users, CANDIDATES_MAX, &knows);
	if (knows)
		search->knowing |= search->voter;
	for (unsigned int i = 0; i < count && i < CANDIDATES_MAX; i++) {
		if (users[i].is_pci)
			add_functions(search, source, &users[i], sid);
		else
			add(search, users[i].name, "", users[i].certain);
	}
}

/* Without a table: the functions whose requester ID it would be. */
static void ask_devices(struct search *search, uint32_t sid)
{
	const struct device *device = NULL;

	while ((device = devices_of_rid(&search->map->devices, (uint16_t)sid, device))) {
		if (!is_elsewhere(search, device))
			add_device(search, device, false);
	}
}

/* The certain ones first. */
static int compare(const void *a, const void *b)
{
	const struct endpoint_name *first = &((const struct candidate *)a)->name;
	const struct endpoint_name *second = &((const struct candidate *)b)->name;

	if (first->certain != second->certain)
		return first->certain ? -1 : 1;
	return strcmp(first->name, second->name);
}

static void look(struct search *search, uint32_t sid)
{
	for (unsigned int i = 0; i < search->map->source_count; i++) {
		search->voter = 1U << i;
		ask_source(search, &search->map->sources[i], sid);
	}
	search->voter = 0;
	if (!search->count && !search->knowing)
		ask_devices(search, sid);
	for (unsigned int i = 0; i < search->count && i < CANDIDATES_MAX; i++) {
		struct candidate *candidate = &search->found[i];

		/* Each table that has this SMMU must agree. */
		if (search->knowing & ~candidate->voters)
			candidate->name.certain = false;
	}
	qsort(search->found, search->count < CANDIDATES_MAX ? search->count : CANDIDATES_MAX,
		sizeof(search->found[0]), compare);
}

static void give(const struct search *search, struct endpoint_name *names, unsigned int max)
{
	for (unsigned int i = 0; i < search->count && i < max; i++) {
		if (i < CANDIDATES_MAX)
			names[i] = search->found[i].name;
		else
			names[i] = (struct endpoint_name){.name = "another"};
	}
}

static struct map_answer *answer_of(struct endpoint_map *map, const char *smmu, uint32_t sid)
{
	return &map->answers[(sid ^ sid >> 8 ^ strlen(smmu)) % MAP_ANSWERS];
}

static bool is_answer(const struct map_answer *answer, const char *smmu, uint32_t sid)
{
	return answer->valid && answer->sid == sid && !strcmp(answer->smmu, smmu);
}

/* Looks, and keeps the answer in mind. */
static const struct map_answer *look_anew(
	struct search *search, struct endpoint_map *map, const char *smmu, uint32_t sid)
{
	struct map_answer *answer = answer_of(map, smmu, sid);

	map_note_smmu(map, smmu);
	*search = (struct search){.map = map, .smmu = map_smmu_ref(map, smmu)};
	look(search, sid);
	*answer = (struct map_answer){
		.valid = strlen(smmu) < sizeof(answer->smmu),
		.described = search->knowing,
		.sid = sid,
		.count = search->count,
	};
	span_print(span_of(smmu), answer->smmu, sizeof(answer->smmu));
	give(search, answer->names, MAP_NAMES_OF_ONE);
	return answer;
}

unsigned int endpoint_map_find(struct endpoint_map *map, const char *smmu, uint32_t sid,
	struct endpoint_name *names, unsigned int max)
{
	const struct map_answer *answer;
	struct search search;

	if (!map)
		return 0;
	answer = answer_of(map, smmu, sid);
	if (is_answer(answer, smmu, sid) &&
		(answer->count <= MAP_NAMES_OF_ONE || max <= MAP_NAMES_OF_ONE)) {
		for (unsigned int i = 0; i < answer->count && i < max; i++)
			names[i] = answer->names[i];
		return answer->count;
	}
	answer = look_anew(&search, map, smmu, sid);
	give(&search, names, max);
	return answer->count;
}

bool endpoint_map_guess(struct endpoint_map *map, const char *smmu, uint32_t sid,
	const char *client, bool unknown, char *buffer, size_t size)
{
	unsigned int bus = sid >> 8 & 0xff;
	const struct map_answer *answer;
	const struct devices *devices;
	struct search search;

	if (size)
		*buffer = '\0';
	if (*client)
		return false;
	if (!map)
		return requester_id_guess(sid, buffer, size);
	devices = &map->devices;
	answer = answer_of(map, smmu, sid);
	if (!is_answer(answer, smmu, sid))
		answer = look_anew(&search, map, smmu, sid);
	if (answer->count || answer->described)
		return false;
	if (map->all_listed && !devices_have_bus(devices->listed_buses, bus))
		return false;
	if (!map->all_listed && devices->named && !unknown &&
		!devices_have_bus(devices->named_buses, bus) &&
		!devices_have_bus(devices->listed_buses, bus))
		return false;
	return requester_id_guess(sid, buffer, size);
}
